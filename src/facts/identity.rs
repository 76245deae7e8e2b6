//! Facts about identities: what runs as whom, holding which credential, issued and used how, with which
//! rights, and who owns it.

use super::schema::record;
use super::{EnvVar, Place, Ref, Sym};

record! {
    /// What runs an agent: Deployment, function, compose service, CI job, process.
    pub struct Workload: "workload" {
        /// Its name.
        pub name: Sym,
        /// `deployment`, `statefulset`, `daemonset`, `cronjob`, `job`, `pod`, `lambda`, `custom-resource`, `ecs-task`,
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
        /// `text`, `test` (the tests that a file of the product holds).
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
        /// The variable of its Terraform module that has to be left unset for the open resource, or the
        /// parameter of its template of which the managed policy is the default; none when it stands there
        /// without a condition.
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
        /// `assume-role`, `oidc`, `federated-credential`, `trigger`, `impersonation`.
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
