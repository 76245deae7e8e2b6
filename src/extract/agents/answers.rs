//! What a model writes and the program then runs as code or as a command. Input: the scene. Output: an
//! [`Agent`] for each function that does so, with one [`Tool`] at the call that runs the answer: a model that
//! is asked for code which is run chooses actions, with or without a list of tools.

use std::collections::BTreeSet;

use super::effects::{doing, doing_in};
use super::names::At;
use super::origin::full_name;
use super::scene::Scene;
use super::sites::{Site, matches, method_matches};
use super::{effect_forms, names};
use crate::extract::carries::Carriers;
use crate::facts::{Agent, RefKind, Sym, Tool};
use crate::parse::code::ast::{Module, Stmt, StmtKind};
use crate::parse::value::Value;
use crate::span::Span;

/// How many functions an answer is handed up through.
const ROUNDS: usize = 3;

/// Words without which nothing is run.
const RUNS: [&str; 9] =
    ["exec(", "eval(", "subprocess", "os.system", "popen", "runcode", "child_process", "execSync", "new Function("];

/// Words without which no model is asked.
const ASKS: [&str; 14] = [
    "completions.create",
    "responses.create",
    "messages.create",
    "completion(",
    "generate_content",
    "generateContent",
    "generateText",
    "converse(",
    "invoke(",
    "_llm",
    "llm_",
    "llm.",
    "_gpt",
    "agent.predict(",
];

/// Whether a text may run what a model writes.
pub(super) fn mentioned(text: &str) -> bool {
    let has = |word: &&str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    RUNS.iter().any(has) && ASKS.iter().any(has)
}

/// A body of statements: a function's, or the module's.
struct Body<'m> {
    /// Index of the function.
    function: Option<usize>,
    at: At,
    stmts: &'m [Stmt],
}

/// Finds every answer that is run.
pub(super) fn read<'m>(scene: &mut Scene<'_, 'm>, module: &'m Module) {
    let bodies = bodies(scene, module);
    let mut answering: BTreeSet<usize> = BTreeSet::new();
    let mut run: Vec<(usize, Span, String)> = Vec::new();
    for _ in 0..ROUNDS {
        let before = answering.len();
        run.clear();
        for (index, body) in bodies.iter().enumerate() {
            let asked = asked(scene, body, &answering);
            if asked.is_empty() {
                continue;
            }
            let answers = Carriers::derived(body.stmts, asked);
            if let Some(function) = body.function
                && returns(body.stmts, &answers)
            {
                answering.insert(function);
            }
            run.extend(sites_of(scene, body).filter_map(|site| Some((index, site.span, runs(scene, site, &answers)?))));
        }
        if answering.len() == before {
            break;
        }
    }
    for (index, span, call) in run {
        add(scene, &bodies[index], span, &call);
    }
}

fn bodies<'m>(scene: &Scene<'_, 'm>, module: &'m Module) -> Vec<Body<'m>> {
    let top = Body { function: None, at: At::default(), stmts: &module.body };
    let functions = scene.names.functions.iter().enumerate().map(|(index, def)| Body {
        function: Some(index),
        at: At { function: Some(index), class: def.at.class },
        stmts: &def.function.body,
    });
    std::iter::once(top).chain(functions).collect()
}

fn sites_of<'s, 'm>(scene: &'s Scene<'_, 'm>, body: &Body<'m>) -> impl Iterator<Item = &'s Site<'m>> {
    let function = body.function;
    scene.sites.iter().filter(move |site| site.at.function == function)
}

/// The calls of a body that give back what a model writes.
fn asked<'m>(scene: &Scene<'_, 'm>, body: &Body<'m>, answering: &BTreeSet<usize>) -> Vec<Span> {
    let asks = |site: &&Site<'m>| {
        let own = site.call.path().and_then(|path| scene.names.function(path, site.at));
        own.map_or_else(|| asks_model(scene, site), |function| answering.contains(&function))
    };
    sites_of(scene, body).filter(asks).map(|site| site.span).collect()
}

fn asks_model(scene: &Scene<'_, '_>, site: &Site<'_>) -> bool {
    let by_sdk = scene.sdks.iter().any(|(_, sdk)| match &site.name {
        Some(name) => matches(name, sdk, sdk.answer),
        None => method_matches(site.call, sdk.answer),
    });
    by_sdk || site.call.path().is_some_and(is_called_so)
}

/// Whether a call says by its name that a model answers it: `call_llm(…)`, `self.llm.ask(…)`, `agent.predict(…)`.
/// Programs wrap their clients, and what they run then comes from such a wrapper of another module.
fn is_called_so(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (owner, verb) = lower.rsplit_once('.').unwrap_or(("", &lower));
    let owner = owner.rsplit('.').next().unwrap_or(owner).trim_start_matches('_');
    let asks = verb.split('_').any(|word| matches!(word, "llm" | "gpt" | "chatgpt" | "claude"))
        && verb
            .split('_')
            .any(|word| matches!(word, "call" | "ask" | "query" | "prompt" | "invoke" | "run" | "get" | "generate"));
    let model = matches!(owner, "llm" | "agent" | "llm_client" | "chat_model" | "model_client");
    asks || model
        && matches!(verb, "ask" | "predict" | "chat" | "generate" | "complete" | "completion" | "invoke" | "ainvoke")
}

fn returns(stmts: &[Stmt], answers: &Carriers) -> bool {
    let mut found = false;
    names::own_statements(stmts, &mut |stmt| {
        if let StmtKind::Return(Some(value)) = &stmt.kind {
            found |= answers.carries(value);
        }
    });
    found
}

/// The call by which a site runs what the answers carry: itself, or the function of the file that does.
fn runs<'m>(scene: &Scene<'_, 'm>, site: &Site<'m>, answers: &Carriers) -> Option<String> {
    let command =
        |name: &Option<Box<str>>| name.as_deref().is_none_or(|n| matches!(n, "args" | "cmd" | "command" | "code"));
    let given = |value: &Value| answers.carries(value);
    if !site.call.args.iter().take(2).any(|arg| command(&arg.name) && given(&arg.value)) {
        return None;
    }
    let names = &scene.names;
    let full = full_name(site.call, site.at, names);
    if !effect_forms::of(site.call, full.as_deref(), site.at, names, |effect| effect == "execute").is_empty() {
        return site.call.path().map(str::to_owned);
    }
    let callee = &names.functions[names.function(site.call.path()?, site.at)?];
    // What a tool does is said of the tool.
    if scene.tool_by.contains_key(&callee.symbol) {
        return None;
    }
    let body = doing(callee.function, callee.at, names, 0);
    body.effects.get("execute").filter(|_| body.asks.is_none()).map(|(_, call)| call.clone())
}

fn add(scene: &mut Scene<'_, '_>, body: &Body<'_>, span: Span, call: &str) {
    let (owner, place) = body.function.map_or((String::new(), span), |function| {
        let def = &scene.names.functions[function];
        (def.symbol.clone(), def.function.name_span)
    });
    let known = scene.agent_by.get(&owner).and_then(|agents| agents.first()).copied().filter(|_| !owner.is_empty());
    // A tool that runs what its own model answers, or a loop that hands the answer to a tool, is known to run it.
    let runs = |name: &Sym| {
        scene
            .tool_by
            .get(name.as_str())
            .is_some_and(|&tool| scene.tools[tool].1.effects.iter().any(|e| *e == "execute"))
    };
    if scene.tool_by.contains_key(&owner)
        || known.is_some_and(|agent| scene.agents[agent].1.tools.iter().any(|tool| runs(&tool.name)))
    {
        return;
    }
    let line = (scene.place)(span).line;
    let symbol = format!("{call}#{line}");
    let mut tool = Tool {
        name: Sym::new(call),
        framework: Sym::new("tool-loop"),
        symbol: Sym::new(&symbol),
        effects: vec![Sym::new("execute")],
        effect_places: vec![scene.setting("execute", "runs what the model answers", span)],
        ..Tool::default()
    };
    tool.gate = doing_in(body.stmts, body.at, &scene.names, 1).asks.map(Sym::from);
    scene.add_tool(span, tool);
    let reference = scene.reference(RefKind::Symbol, &symbol, span);
    if let Some(index) = known {
        let agent = &mut scene.agents[index].1;
        agent.tools.push(reference);
        agent.tool_names.push(Sym::new(call));
        return;
    }
    let agent = Agent {
        name: Sym::new(owner.rsplit('.').next().unwrap_or(&owner)),
        framework: Sym::new("tool-loop"),
        symbol: Sym::new(if owner.is_empty() { &symbol } else { &owner }),
        tracing: Sym::new("unknown"),
        tools: vec![reference],
        tool_names: vec![Sym::new(call)],
        ..Agent::default()
    };
    scene.add_agent(place, agent);
}
