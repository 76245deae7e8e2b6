//! The kinds of fact (see the vocabulary in the crate documentation). Plain data: strings interned,
//! places complete, no parser types, so that facts can be printed, stored, shipped and merged.

use serde::{Deserialize, Serialize};

use super::schema::record;
use super::{Place, Sym};

/// What a reference points at; the graph joins references with what declares them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefKind {
    /// A name in code: `module.symbol` of this repository, as the file sees it (`researcher`,
    /// `self.researcher()`, or qualified through an import: `app.tools.delete_file`).
    Symbol,
    /// An environment variable.
    Env,
    /// A secret in a store: `secrets.X` of a pipeline, `secret/key` of Kubernetes, a Vault path, a
    /// Secrets Manager name.
    Secret,
    /// A credential literal: the fingerprint of its value.
    Value,
    /// A file of the repository, relative to its root.
    Path,
    /// An identity by name: a ServiceAccount, a role ARN, a user.
    Identity,
    /// A Terraform address (`aws_iam_role.agent`) or CloudFormation logical id.
    Address,
    /// A container image, without its digest.
    Image,
    /// A tool server by its configured name, command or URL.
    Server,
    /// A name given in data (a sub-agent's name in YAML, a tool's name in a hook).
    Name,
}

/// A reference made by a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ref {
    /// What kind of thing is named.
    pub kind: RefKind,
    /// The name.
    pub name: Sym,
    /// Where the reference stands.
    pub at: Place,
}

/// One environment variable of a workload or tool server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EnvVar {
    /// Its name.
    pub name: Sym,
    /// What it is set from, when that is a reference (a secret, a literal credential, another
    /// variable); none for a plain literal that is no credential.
    pub from: Option<Ref>,
    /// Where it is set.
    pub at: Place,
}

/// A named option with its value as written, for limits and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Setting {
    /// The option.
    pub name: Sym,
    /// Its value.
    pub value: Sym,
    /// Where it is set.
    pub at: Place,
}

record! {
    /// A file that was read.
    pub struct File: "file" {
        /// Path relative to the root, with `/`.
        pub path: Sym,
        /// Format, as a slug (`python`, `yaml`, `dotenv`, `text` …).
        pub format: Sym,
        /// `product`, `test`, `example`, `documentation`, `fixture`, `cassette`, `vendored`,
        /// `generated` or `lab`.
        pub role: Sym,
        /// Why it has that role.
        pub role_reason: Sym,
        /// `tracked`, `untracked`, `ignored` (git), or `plain` (no git).
        pub git: Sym,
        /// Environment that the path names (`dev`, `staging`, `prod` …).
        pub environment: Option<Sym>,
        also {
            /// Inline suppressions: `nhiscan: ignore[rule] reason until=DATE`, by line.
            pub suppressions: Vec<Suppression>,
        }
    }
}

/// An inline suppression comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The line it speaks of: its own, or the next when it stands alone.
    pub line: u32,
    /// Where the comment stands.
    pub at: Place,
    /// Rule ids named.
    pub rules: Vec<Sym>,
    /// The reason given.
    pub reason: Sym,
    /// `until=YYYY-MM-DD`, if given.
    pub until: Option<Sym>,
}

record! {
    /// A program that lets a model choose actions.
    pub struct Agent: "agent" {
        /// Name as written in the source; the variable when none is given.
        pub name: Sym,
        /// Framework slug (`openai-agents`, `langgraph`, `mcp-server`, `claude-code` …).
        pub framework: Sym,
        /// Name in code that holds it (`researcher`, `Crew.researcher`); empty for configuration.
        pub symbol: Sym,
        /// Model named, if it stands there.
        pub model: Option<Sym>,
        /// Entry of a configuration file that it is built from (`researcher` of `agents.yaml`).
        pub config: Option<Sym>,
        /// `on`, `off` or `unknown`: whether its actions are traced, as far as its own code says.
        pub tracing: Sym,
        /// Whether the run has an end: a limit set here or by the framework's default.
        pub limited: Option<bool>,
        /// Names of its own tools, as far as they are known here.
        pub tool_names: Vec<Sym>,
        /// Whether it can start by an event (pipeline, schedule, message) and not a person.
        pub unattended: bool,
        also {
            /// Tools, tool sets and tool servers it is given.
            pub tools: Vec<Ref>,
            /// Sub-agents, handoffs, team members.
            pub handoffs: Vec<Ref>,
            /// Environment variables, literals and secrets that it or its model client reads.
            pub credentials: Vec<Ref>,
            /// Gates on the agent, graph or run: (tool name or `*`, what gates it).
            pub gates: Vec<Setting>,
            /// Gates that are void: (tool name or `*`, why).
            pub void_gates: Vec<Setting>,
            /// Run limits.
            pub limits: Vec<Setting>,
        }
    }
}

record! {
    /// What runs an agent: Deployment, function, compose service, CI job, process.
    pub struct Workload: "workload" {
        /// Its name.
        pub name: Sym,
        /// `deployment`, `statefulset`, `daemonset`, `cronjob`, `job`, `pod`, `lambda`, `ecs-task`,
        /// `compose-service`, `ci-job`, `image`, `process`, `agent-resource` …
        pub form: Sym,
        /// Kubernetes namespace.
        pub namespace: Option<Sym>,
        /// Image without digest.
        pub image: Option<Sym>,
        /// Directory that its image or package is built from, relative to the root.
        pub build_context: Option<Sym>,
        /// Dockerfile that it is built with, relative to the root.
        pub dockerfile: Option<Sym>,
        /// Files that it starts, relative to the root when they can be found.
        pub entry: Vec<Sym>,
        /// Command line as written.
        pub command: Option<Sym>,
        /// Why it is taken for an agent's workload by its own text (image, name, SDK action); none
        /// when only links can tell.
        pub agent_hint: Option<Sym>,
        /// Whether a ServiceAccount token is mounted; none when not said.
        pub automount: Option<bool>,
        also {
            /// The identity it runs as.
            pub runs_as: Option<Ref>,
            /// Environment variables.
            pub env: Vec<EnvVar>,
            /// Env files read, relative to the root; secrets mounted whole.
            pub env_from: Vec<Ref>,
        }
    }
}

record! {
    /// What a system authenticates: role, user, service account, token, OAuth client.
    pub struct Identity: "identity" {
        /// `aws-role`, `aws-user`, `gcp-service-account`, `azure-managed-identity`,
        /// `kubernetes-service-account`, `github-token`, `github-app`, `github-pat`, `oauth-client`,
        /// `database-user`, `spiffe`, `person` …
        pub form: Sym,
        /// Account, cluster, tenant, host or namespace; empty when unknown.
        pub realm: Sym,
        /// Name inside the realm, as written.
        pub name: Sym,
        /// Terraform address or logical id, when it is declared here.
        pub address: Option<Sym>,
        /// Environment, when the source says so.
        pub environment: Option<Sym>,
        /// Declared here (and not only referred to).
        pub declared: bool,
        /// A person's identity.
        pub human: bool,
        /// The platform's default identity, shared by whatever names none.
        pub default: bool,
    }
}

record! {
    /// What proves an identity. Never holds the value.
    pub struct Credential: "credential" {
        /// Provider slug (`openai`, `aws`, `postgres` …), or `generic`.
        pub provider: Sym,
        /// Model id of the credential kind (`openai-project-key`).
        pub form: Sym,
        /// Human name of the kind ("OpenAI project key").
        pub title: Sym,
        /// `literal`, `environment`, `manager`, `encrypted`, `workload-identity`.
        pub held: Sym,
        /// Keyed fingerprint of the value; only for literals.
        pub fingerprint: Option<Sym>,
        /// The name it is bound to: variable, key path, environment variable; empty when none.
        pub name: Sym,
        /// Where it stands: `source`, `config`, `agent-config`, `instructions`, `notebook`, `image`,
        /// `pipeline`, `dotenv`, `terraform`, `manifest`, `command-line`, `documentation`, `log`,
        /// `text`.
        pub context: Sym,
        /// `high`, `medium` or `low`: how sure it is that this is a live-looking credential.
        pub confidence: Sym,
        /// Reasons for doubt (`checksum`, `local-host`, `dictionary-password`, `sequence` …).
        pub doubts: Vec<Sym>,
        /// Whether the kind ends by itself; none when not known.
        pub expires: Option<bool>,
        /// Meant to be public (ingestion keys, publishable keys, client ids): no finding.
        pub public: bool,
        /// Host of a connection URL.
        pub host: Option<Sym>,
        /// Environment named by the path or the name.
        pub environment: Option<Sym>,
    }
}

record! {
    /// An identity may do actions on resources under conditions.
    pub struct Grant: "grant" {
        /// `aws`, `kubernetes`, `github`, `gcp`, `azure`, `database`, `oauth`.
        pub system: Sym,
        /// `allow` or `deny`.
        pub effect: Sym,
        /// The policy, role or statement that grants.
        pub source: Sym,
        /// Actions or verbs as written.
        pub actions: Vec<Sym>,
        /// Resources as written.
        pub resources: Vec<Sym>,
        /// Actions that are wildcards over a service or everything (`*`, `s3:*`).
        pub wildcard_actions: Vec<Sym>,
        /// Whether a resource is `*` although an action could name one.
        pub any_resource: bool,
        /// Everything may be done: administrator policy, `*` on `*`, cluster-admin, owner.
        pub administrator: bool,
        /// Whether some action writes, deletes, executes or changes permissions.
        pub writes: bool,
        /// Whether conditions narrow it.
        pub conditional: bool,
        /// Actions on any resource by which the holder widens its own rights (`iam:passrole`,
        /// `impersonate/users`).
        pub escalation: Vec<Sym>,
        /// Whether it hands out secrets that are not named one by one.
        pub reads_secrets: bool,
        /// A policy of the vendor (`AdministratorAccess`, `cluster-admin`), by name.
        pub managed_policy: Option<Sym>,
        /// Why the holder is taken for an agent's identity by this text alone (`role name`,
        /// `trusted by bedrock` …); none when only links can tell.
        pub agent_hint: Option<Sym>,
        /// The variable of its Terraform module that has to be left unset for the open resource; none
        /// when the resource stands there without a condition.
        pub unless: Option<Sym>,
        also {
            /// Who holds it.
            pub holder: Option<Ref>,
        }
    }
}

record! {
    /// Who may become an identity, or start what runs as it.
    pub struct Trust: "trust" {
        /// `assume-role`, `oidc`, `trigger`, `impersonation`.
        pub form: Sym,
        /// Principals or events as written (`pull_request_target`, `bedrock.amazonaws.com`, `*`).
        pub principals: Vec<Sym>,
        /// Whether anybody outside the organisation can use it.
        pub anyone: bool,
        /// What narrows it (association check, label, environment, condition); none when nothing.
        pub gate: Option<Sym>,
        also {
            /// The identity or workload that is reached.
            pub target: Option<Ref>,
        }
    }
}

record! {
    /// A place where a credential, lease, session or identity is created.
    pub struct Issuance: "issuance" {
        /// Model id (`vault-token`, `aws-access-key`, `jwt` …).
        pub form: Sym,
        /// Human name ("Vault token").
        pub title: Sym,
        /// The call as written (`client.auth.token.create`).
        pub call: Sym,
        /// The variable that holds what was issued.
        pub held_in: Option<Sym>,
        /// Lifetime in seconds, when it can be read.
        pub lifetime: Option<i64>,
        /// Whether it ends by itself: by the service, or by a lifetime set here.
        pub ends_itself: Option<bool>,
        /// `all-paths`, `some-paths`, `none`, `automatic`, `escapes` or `unknown`.
        pub revocation: Sym,
        /// Why the revocation is what it is (`budget`, `returned to the caller`, …).
        pub revocation_reason: Option<Sym>,
        /// `module`, `function` or `resource`.
        pub scope: Sym,
        /// The function it stands in; empty at module level.
        pub function: Sym,
        /// Whether the issued value (also) reaches a place that is not seen here.
        pub escapes: bool,
        also {
            /// Identity that it is issued for.
            pub identity: Option<Ref>,
            /// Revocations found.
            pub revoked_at: Vec<Place>,
            /// Exits on which it is not revoked.
            pub open_exits: Vec<Place>,
        }
    }
}

record! {
    /// A call that exercises a credential or permission.
    pub struct Use: "use" {
        /// The call as written.
        pub call: Sym,
        /// `model-client`, `cloud`, `http`, `database`, `token-forward`, `token-check` (the
        /// caller's token is shown to its issuer), `log`, `prompt`.
        pub form: Sym,
        /// Service or host.
        pub service: Sym,
        /// Action in the service's terms (`s3:PutObject`), when known.
        pub action: Option<Sym>,
        /// What is handed over (`user-token`, `secret`, `arguments`, `environment`).
        pub passes: Vec<Sym>,
        /// The enclosing function; empty at module level.
        pub function: Sym,
        also {
            /// The credential used.
            pub credential: Option<Ref>,
            /// Where what is handed over comes from.
            pub from: Option<Place>,
            /// What the address is put together from, when that is a name and no host stands there: a
            /// constant, a setting, a function.
            pub base: Option<Sym>,
        }
    }
}

record! {
    /// What an agent can call.
    pub struct Tool: "tool" {
        /// Name as the model sees it.
        pub name: Sym,
        /// Framework slug.
        pub framework: Sym,
        /// Name in code that holds it, qualified as the file sees it.
        pub symbol: Sym,
        /// `execute`, `write`, `delete`, `send`, `pay`, `network`, `read`, `secrets`, `cloud`,
        /// `database`: from its body and type.
        pub effects: Vec<Sym>,
        /// What gates it, on the tool itself; none when nothing was found.
        pub gate: Option<Sym>,
        /// A gate on the tool that is void, and why.
        pub void_gate: Option<Sym>,
        /// Runs in a sandbox (container, remote interpreter).
        pub sandboxed: bool,
        /// Built in by a framework, and not written in this repository.
        pub builtin: bool,
        also {
            /// Symbols it calls in this repository, one level (effects are joined by the graph).
            pub calls: Vec<Ref>,
            /// Where each effect is seen.
            pub effect_places: Vec<Setting>,
        }
    }
}

record! {
    /// A tool server (MCP) that an agent or client starts or calls.
    pub struct Server: "server" {
        /// Its configured name.
        pub name: Sym,
        /// Framework slug of the client that is configured (`claude-code`, `vscode`, `openai-agents`).
        pub client: Sym,
        /// `stdio`, `http`, `sse`.
        pub transport: Sym,
        /// Command line as written, credentials masked.
        pub command: Option<Sym>,
        /// URL without credentials or query.
        pub url: Option<Sym>,
        /// Package or image that is fetched at start.
        pub package: Option<Sym>,
        /// Version or digest it is pinned to.
        pub version: Option<Sym>,
        /// Fetched at start without an exact version; none when nothing is fetched or it is unknown.
        pub unpinned: Option<bool>,
        /// Whether it is handed a credential.
        pub holds_credential: bool,
        /// Tools allowed without a question (`*` for all).
        pub auto_approved: Vec<Sym>,
        /// Whether it listens on or is reached over the local machine only.
        pub local: bool,
        /// What its tools can do, when its package is known.
        pub effects: Vec<Sym>,
        also {
            /// Its environment and headers.
            pub env: Vec<EnvVar>,
            /// Name in code that holds it.
            pub symbol: Option<Sym>,
        }
    }
}

record! {
    /// A setting that switches approval, a sandbox or a trace on or off.
    pub struct Switch: "switch" {
        /// Framework or client slug.
        pub client: Sym,
        /// The key or flag as written.
        pub key: Sym,
        /// Its value as written.
        pub value: Sym,
        /// `auto-approve`, `sandbox-off`, `tracing-off`, `tracing-on`, `gate`, `harden`.
        pub effect: Sym,
        /// What it covers: `shell`, `edit`, `tools`, `servers`, `all`, or a tool's name.
        pub covers: Sym,
        /// Whether the client honours it from this place: `yes`, `no` or `unknown`.
        pub honoured: Sym,
    }
}

record! {
    /// Policy as code: a policy that is written, or a place where one is asked.
    pub struct Policy: "policy" {
        /// `opa`, `cedar`, `openfga`, `spicedb`, `casbin`, `permit`, `oso`, `cerbos`, `guardrail`, `gateway`.
        pub engine: Sym,
        /// `written` or `asked`.
        pub form: Sym,
        /// Package or file of a policy that is written, the call that asks.
        pub name: Sym,
        /// `call`, `start-up`, `login` or `unknown`: when it is asked.
        pub moment: Sym,
        /// Whether the call goes on when the policy errors.
        pub fails_open: bool,
        /// What lets it go on.
        pub why_open: Option<Sym>,
        /// Whether the decision is looked at.
        pub decision_used: bool,
        /// Whether all of the question could be read here.
        pub question_seen: bool,
        /// Which of agent, user, action, resource the question names.
        pub asks_about: Vec<Sym>,
        /// The enclosing function; empty at module level.
        pub function: Sym,
        also {
            /// The place that lets a call go on when the policy errors.
            pub opens_at: Option<Place>,
        }
    }
}

record! {
    /// An agent giving work, context or credentials to another.
    pub struct Handoff: "handoff" {
        /// `handoff`, `sub-agent`, `agent-as-tool`, `team`, `graph-edge`, `remote`.
        pub form: Sym,
        /// What is passed on: `context`, `credentials`, `user`.
        pub passes: Vec<Sym>,
        /// What gates it; none when nothing was found.
        pub gate: Option<Sym>,
        /// Whether it has an end.
        pub ends: Option<bool>,
        also {
            /// Who hands off.
            pub from: Option<Ref>,
            /// To whom.
            pub to: Option<Ref>,
        }
    }
}

record! {
    /// Where an agent or tool server listens.
    pub struct Endpoint: "endpoint" {
        /// `mcp`, `a2a`, `agent-http`; `http`: a server of what its file imports; `command`: a server that
        /// the workload at the same place starts.
        pub form: Sym,
        /// Framework slug.
        pub framework: Sym,
        /// Name in code of the server.
        pub symbol: Sym,
        /// `stdio`, `http`, `sse`, `websocket` or `unknown`.
        pub transport: Sym,
        /// Address it binds, as written.
        pub host: Option<Sym>,
        /// Whether it can be reached from other machines: `yes`, `no` or `unknown`.
        pub reachable: Sym,
        /// How callers are authenticated; none when nothing was found.
        pub authentication: Option<Sym>,
        /// Path or route.
        pub route: Option<Sym>,
    }
}

record! {
    /// Where actions are logged, and under whose name.
    pub struct Sink: "sink" {
        /// `tracing`, `log`, `audit-log`, `cloud-log`.
        pub form: Sym,
        /// Service or logger.
        pub name: Sym,
        /// `on` or `off`.
        pub state: Sym,
        /// Framework slug that it belongs to; empty when general.
        pub framework: Sym,
        /// What it covers: `process`, `agent` (symbol), `run`.
        pub covers: Sym,
    }
}

record! {
    /// Who answers for files or a workload.
    pub struct Owner: "owner" {
        /// Path pattern (CODEOWNERS), or the workload.
        pub pattern: Sym,
        /// Owners as written.
        pub owners: Vec<Sym>,
        /// `codeowners`, `label`, `tag`.
        pub source: Sym,
    }
}

record! {
    /// A name that is bound to something, for links across files after the text is gone.
    pub struct Binding: "binding" {
        /// Name in this file (`API_KEY`, `Settings.key`, `create_agent`).
        pub symbol: Sym,
        /// `constant`, `import`, `export`, `environment`, `parameter`, `factory`, `secret-name`,
        /// `alias`, `module-argument` (a variable that a call of a Terraform module sets), `list` (the
        /// literal holds the symbols of its members, comma separated), `function` (a plain function that does something: then the literal holds its
        /// effects, and after a semicolon what asks a person before), `guard` (the literal says how
        /// servers of this file authenticate callers).
        pub form: Sym,
        /// The literal for a constant that is no credential (at most 200 characters).
        pub literal: Option<Sym>,
        also {
            /// What it is bound to.
            pub to: Option<Ref>,
        }
    }
}
