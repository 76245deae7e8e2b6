//! The shape of `rules/models/frameworks/*.toml`: what an agent framework looks like in code. This
//! file is read twice: by the build, which checks the models and writes them as one static table, and
//! by the crate, where `Text` is `&'static str` and `List<T>` is `&'static [T]`.
//!
//! **Patterns** name what is called, decorated with or derived from, after imports are resolved:
//! `Agent` is that name of one of the packages; `Runner.run` a method of it (also on an instance);
//! `*.as_agent` a method of anything of the packages; `langgraph.prebuilt:create_react_agent`
//! restricts the module by its tail; `~bind_tools` is a method of that name on whatever object, in a
//! file that imports the framework; `*Tool` is every name that ends so; `!bash` is an imported module
//! itself.
//!
//! **Argument paths** say where in a call something stands: `name` (keyword or key of an options
//! object), `0` (positional), `params.command` (inside a map), `self` (the receiver of a method).
//! Builder steps and fields of a class body are arguments too.
//!
//! **Values** are compared as written: `true`, `false`, `null`, text, or the last segment of a
//! reference or call.

use super::{List, Text};

model! {
    /// A framework.
    pub struct Framework {
        /// Slug, as in the inventory.
        pub slug: Text,
        /// Name in prose.
        pub title: Text,
        /// The date on which the sources were read.
        pub checked: Text,
        /// Public sources: vendor documentation, published packages.
        pub sources: List<Text>,
        /// Literals that admit a file to parsing.
        pub gate: List<Literals>,
        /// What it looks like, language by language.
        pub sdk: List<Sdk>,
        /// The model's own tests.
        pub case: List<Case>,
    }

    /// Literals for the match engine.
    pub struct Literals {
        /// What they are for.
        pub topic: Text,
        /// The literals.
        pub literals: List<Text>,
        /// Their frequency was looked at.
        pub frequent: bool,
        /// Compared with case.
        pub cased: bool,
    }

    /// A framework in one or more languages.
    pub struct Sdk {
        /// Languages by slug.
        pub languages: List<Text>,
        /// Packages, modules or namespaces that identify it (their submodules too).
        pub packages: List<Text>,
        /// Versions that this holds for.
        pub versions: Text,
        /// What changed between versions.
        pub note: Text,
        /// Agents.
        pub agent: List<AgentForm>,
        /// Tools.
        pub tool: List<ToolForm>,
        /// Clients of tool servers.
        pub server: List<ServerForm>,
        /// Where an agent or tool server listens.
        pub endpoint: List<EndpointForm>,
        /// Gates that are objects of their own: middleware, hooks, wrappers, decorators.
        pub approval: List<ApprovalForm>,
        /// Calls that run an agent.
        pub run: List<RunForm>,
        /// Settings that switch approval, a sandbox or tracing.
        pub switch: List<SwitchForm>,
        /// Wrappers around an agent in a list of handoffs: `handoff(agent)`.
        pub handoff: List<HandoffForm>,
        /// Calls that give back what a model writes.
        pub answer: List<Text>,
    }

    /// How an agent is declared.
    pub struct AgentForm {
        /// Constructors and factories.
        pub call: List<Text>,
        /// Where a function is that makes the agent, for calls that register it; what the model says of
        /// arguments is then about the call in that function, `name` about both.
        pub factory: List<Text>,
        /// Base classes.
        pub base: List<Text>,
        /// Decorators of a function that is the agent.
        pub decorator: List<Text>,
        /// `agent` (when empty), `team`, `graph`, `server` or `host`. A team is not listed: it says who hands
        /// off to whom. A graph is listed when its file shows a model or tools, a host when tools are attached
        /// to it.
        pub form: Text,
        /// Packages that show a model, for a graph (`langchain_*` for all that begin so).
        pub evidence: List<Text>,
        /// At least one of these arguments must be there.
        pub needs: List<Text>,
        /// Where its name is.
        pub name: List<Text>,
        /// Where its model is.
        pub model: List<Text>,
        /// Where the entry of a configuration file is that it is built from.
        pub config: List<Text>,
        /// Where its tools are.
        pub tools: List<Text>,
        /// Which of these lists names tools that run without a question, whatever gates the rest.
        pub allowed: List<Text>,
        /// Tools of the framework that its lists speak of by their bare names.
        pub named: List<OwnTool>,
        /// Where sub-agents, handoffs or members are.
        pub handoffs: List<Text>,
        /// Where it is written, pair by pair or as a chain `a > b > c`, who hands off to whom.
        pub flows: List<Text>,
        /// What kind of handoff these are.
        pub handoff_form: Text,
        /// Where tool servers are.
        pub servers: List<Text>,
        /// Arguments that limit a run.
        pub limits: List<Text>,
        /// A limit that the framework sets by itself, as `name=value`.
        pub limit_default: Text,
        /// A run has no end unless a limit is given.
        pub endless: bool,
        /// Gates among its arguments.
        pub gates: List<GateArg>,
        /// Where middleware, hooks, interventions are.
        pub middleware: List<Text>,
        /// Arguments that switch tracing off.
        pub tracing_off: List<ArgValue>,
        /// Arguments that switch tracing on.
        pub tracing_on: List<ArgValue>,
        /// Environment variables that its default model client reads.
        pub env: List<Text>,
        /// Tools that it has without being given them.
        pub own: List<OwnTool>,
    }

    /// A tool that an agent has by itself.
    pub struct OwnTool {
        /// Its name.
        pub name: Text,
        /// What it can do.
        pub effects: List<Text>,
        /// It is there only when this argument has one of the values (or any, without values).
        pub when: List<ArgValue>,
        /// It is not there when one of these holds.
        pub unless: List<ArgValue>,
        /// It is sandboxed when one of these holds.
        pub sandbox: List<ArgValue>,
    }

    /// An argument with values that matter.
    pub struct ArgValue {
        /// The argument.
        pub arg: Text,
        /// Values; any when empty.
        pub values: List<Text>,
    }

    /// A gate among arguments.
    pub struct GateArg {
        /// Where it is.
        pub arg: List<Text>,
        /// `flag` (when empty: a truth value, or a predicate that says whether to ask), `approver` (a
        /// function that decides), `by-tool` (a map from tool to decision), `names` (a list of
        /// tools), `nodes` (a list of graph nodes), `by-decision` (a map from decision to tools), `asks`
        /// (functions, of which one asks for approval).
        pub shape: Text,
        /// Values that mean the same as leaving it out: no gate, and no fault of its own.
        pub off: List<Text>,
        /// Values that switch a gate off openly.
        pub void: List<Text>,
        /// What an approver returns to let a call pass.
        pub always: List<Text>,
        /// It is asked before the list of tools that run without a question is looked at.
        pub first: bool,
        /// Left out, it asks too.
        pub default: bool,
    }

    /// How a tool is declared.
    pub struct ToolForm {
        /// Constructors and factories.
        pub call: List<Text>,
        /// Decorators.
        pub decorator: List<Text>,
        /// Base classes.
        pub base: List<Text>,
        /// Objects or modules that are tools as they stand (`google_search`).
        pub object: List<Text>,
        /// Where its name is.
        pub name: List<Text>,
        /// Where the function behind it is.
        pub function: List<Text>,
        /// Methods that hold the body of a derived class.
        pub methods: List<Text>,
        /// What a tool of the framework can do.
        pub effects: List<Text>,
        /// Written by the framework.
        pub builtin: bool,
        /// Runs in a sandbox.
        pub sandboxed: bool,
        /// Runs in a sandbox when one of these holds.
        pub sandbox: List<ArgValue>,
        /// Runs on the host when one of these holds, whatever else is said.
        pub host: List<ArgValue>,
        /// It is a tool only when one of these holds.
        pub when: List<ArgValue>,
        /// It only reads when one of these holds.
        pub quiet: List<ArgValue>,
        /// What it can do besides when an argument says so.
        pub also: List<OwnTool>,
        /// A gate that it always has.
        pub gated: Text,
        /// Gates among its arguments.
        pub gates: List<GateArg>,
        /// Where the agent is that it wraps.
        pub agent: List<Text>,
        /// Where the tools are that it groups or wraps.
        pub tools: List<Text>,
        /// The receiver of the method is what it is attached to (`@agent.tool`, `server.registerTool`).
        pub attaches: bool,
    }

    /// A client of a tool server.
    pub struct ServerForm {
        /// Constructors.
        pub call: List<Text>,
        /// `stdio`, `http`, `sse`, `websocket`; empty when the arguments say it.
        pub transport: Text,
        /// Where a map or list of servers is.
        pub many: List<Text>,
        /// Where another object of this framework holds its parameters.
        pub params: List<Text>,
        /// Where its name is.
        pub name: List<Text>,
        /// Where its command is.
        pub command: List<Text>,
        /// Where the arguments of the command are.
        pub args: List<Text>,
        /// Where its environment is.
        pub env: List<Text>,
        /// Where its address is.
        pub url: List<Text>,
        /// Where headers or a token are.
        pub headers: List<Text>,
        /// Gates on all of its tools.
        pub gates: List<GateArg>,
        /// It is only the parameters of another: no server of its own.
        pub part: bool,
    }

    /// Where a tool server or agent listens.
    pub struct EndpointForm {
        /// Calls that start listening or make an application to be served; a method's receiver is the
        /// server.
        pub call: List<Text>,
        /// `mcp`, `a2a`, `agent-http`, or `http`: a server that is an agent's only by what it serves.
        pub form: Text,
        /// Transport when nothing says it.
        pub transport: Text,
        /// Where the transport is.
        pub transport_arg: List<Text>,
        /// Where the host is (also on the server's constructor).
        pub host: List<Text>,
        /// Host when nothing says it.
        pub host_default: Text,
        /// Where an address with a port is (`:8080`).
        pub address: List<Text>,
        /// Arguments that make it public whatever it binds.
        pub public: List<ArgValue>,
        /// Where the route is.
        pub route: List<Text>,
        /// Where authentication is (also on the server's constructor).
        pub auth: List<Text>,
        /// Callers are always authenticated, and how.
        pub authenticated: Text,
    }

    /// A gate that is an object of its own.
    pub struct ApprovalForm {
        /// Constructors and methods.
        pub call: List<Text>,
        /// Base classes.
        pub base: List<Text>,
        /// Decorators on the tool's function.
        pub decorator: List<Text>,
        /// What it is called in the inventory; the pattern when empty.
        pub gate: Text,
        /// Where the tools it names are, or its decision.
        pub gates: List<GateArg>,
        /// A gate that asks nobody, and why.
        pub void: Text,
    }

    /// A call that runs an agent.
    pub struct RunForm {
        /// Functions and methods.
        pub call: List<Text>,
        /// Where the agent is; `callee` when it is what is called.
        pub agent: List<Text>,
        /// Arguments that limit the run.
        pub limits: List<Text>,
        /// Gates of the run.
        pub gates: List<GateArg>,
        /// Arguments that switch tracing off.
        pub tracing_off: List<ArgValue>,
    }

    /// A setting in code.
    pub struct SwitchForm {
        /// Functions and constructors.
        pub call: List<Text>,
        /// Where its value is.
        pub arg: List<Text>,
        /// Values that switch; any when empty.
        pub values: List<Text>,
        /// An attribute that is assigned (`interpreter.auto_run`).
        pub assign: List<Text>,
        /// Environment variables that are set in code.
        pub env: List<Text>,
        /// What it does: `auto-approve`, `sandbox-off`, `tracing-off`, `tracing-on`, `harden`.
        pub effect: Text,
        /// What it covers.
        pub covers: Text,
    }

    /// A wrapper around the agent that is handed to.
    pub struct HandoffForm {
        /// Functions and methods.
        pub call: List<Text>,
        /// Where the agent is that is handed to.
        pub to: List<Text>,
        /// Where the agent is that hands off; the enclosing agent when empty.
        pub from: List<Text>,
        /// What kind of handoff.
        pub form: Text,
    }

    /// A test of the model: code as the vendor's documentation has it, in our own words.
    pub struct Case {
        /// What it shows.
        pub title: Text,
        /// File name, which decides the language.
        pub file: Text,
        /// The code.
        pub code: Text,
        /// Facts that must be there: kind, name, then `key=value` pairs.
        pub facts: List<Text>,
        /// Facts that must not be there.
        pub absent: List<Text>,
    }

    /// What calls do (`rules/models/effects.toml`).
    pub struct Effects {
        /// The date on which the entries were checked.
        pub checked: Text,
        /// Public sources.
        pub sources: List<Text>,
        /// Modules of Python's standard library and clients that are imported everywhere: never of the
        /// repository.
        pub standard: List<Text>,
        /// Calls with an effect.
        pub call: List<EffectForm>,
        /// Calls that ask a person, and decorators and parameters that do.
        pub ask: List<AskForm>,
        /// Clients of models that read their key from the environment.
        pub client: List<ClientForm>,
        /// Published tool servers whose tools are known.
        pub server: List<ServerEffect>,
    }

    /// What the tools of published servers can do on the machine that starts them.
    pub struct ServerEffect {
        /// Packages.
        pub packages: List<Text>,
        /// The effects.
        pub effects: List<Text>,
        /// Public source.
        pub source: Text,
    }

    /// A client of models.
    pub struct ClientForm {
        /// Classes and functions, or the provider that a model's name begins with.
        pub names: List<Text>,
        /// Variables that it reads when it is given no key.
        pub env: List<Text>,
    }

    /// Calls that have an effect.
    pub struct EffectForm {
        /// The effect.
        pub effect: Text,
        /// Languages by slug; all when empty.
        pub languages: List<Text>,
        /// What is called, as `module.path` (`module:path` in JavaScript); `*` at an end of the last
        /// segment. Steps between an object and its method may be left out.
        pub calls: List<Text>,
        /// Methods by name, on whatever object: only names that mean one thing.
        pub methods: List<Text>,
        /// Only when this argument is there …
        pub arg: List<Text>,
        /// … and begins with one of these (letter case aside); `$param` is a value that comes from a
        /// parameter, `$literal` a literal.
        pub values: List<Text>,
    }

    /// What asks a person before going on.
    pub struct AskForm {
        /// What it is called in the inventory.
        pub gate: Text,
        /// Calls, as in [`EffectForm`].
        pub calls: List<Text>,
        /// Methods, on whatever object.
        pub methods: List<Text>,
        /// Decorators by the last segment of their name.
        pub decorators: List<Text>,
        /// Parameters that the body tests.
        pub parameters: List<Text>,
    }
}
