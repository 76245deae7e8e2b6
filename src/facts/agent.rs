//! Facts about agents: what they are, what they may call, what gates and ends that, and where they listen,
//! log and hand work to.

use super::schema::record;
use super::{EnvVar, Place, Ref, Setting, Sym};

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
            /// Tools that run without a question whatever `gates` says of all tools.
            pub allowed: Vec<Sym>,
            /// Gates that are void: (tool name or `*`, why).
            pub void_gates: Vec<Setting>,
            /// Run limits.
            pub limits: Vec<Setting>,
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
            /// The server of another module that it is attached to.
            pub server: Option<Ref>,
            /// Symbols it calls in this repository, one level (effects are joined by the graph).
            pub calls: Vec<Ref>,
            /// Those of them that are only handed a fixed command.
            pub fixed: Vec<Sym>,
            /// Where each effect is seen.
            pub effect_places: Vec<Setting>,
            /// A call of its body that acts on what the model chose, and of which nothing more is known.
            pub unseen: Option<Sym>,
            /// Effects that its own name and arguments claim, with what they are handed to: they count where
            /// nothing else shows what that does.
            pub claimed: Vec<Setting>,
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

impl Switch {
    /// A setting that the client or framework obeys from where it stands, with what it does and what it covers.
    #[must_use]
    pub fn obeyed(client: &str, key: &str, value: &str, (effect, covers): (&str, &str)) -> Self {
        Self {
            client: Sym::new(client),
            key: Sym::new(key),
            value: Sym::new(value),
            effect: Sym::new(effect),
            covers: Sym::new(covers),
            honoured: Sym::new("yes"),
        }
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
        /// the workload at the same place starts; `started`: the tool server of another module that `symbol`
        /// names; `bound`: no endpoint, but what a tool server that is started elsewhere was told of it.
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
        /// How callers are authenticated; none when nothing was found, or only what hangs on a setting.
        pub authentication: Option<Sym>,
        /// The setting without which callers are not authenticated.
        pub only_if: Option<Sym>,
        /// Whether the code says that it goes on without that setting, and does not only leave the check out.
        pub goes_on: bool,
        /// Path or route.
        pub route: Option<Sym>,
        also {
            /// The function of another module that authenticates callers.
            pub guard: Option<Ref>,
        }
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
