//! Settings in code that switch approval, a sandbox or tracing. Input: the scene and its module.
//! Output: [`Switch`] and tracing [`Sink`](crate::facts::Sink) facts.

use super::args::{Args, says};
use super::model::{Framework, SwitchForm};
use super::scene::Scene;
use super::sites::{Site, matches};
use super::walk;
use crate::facts::{Sink, Switch, Sym};
use crate::parse::code::ast::{Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// Finds every setting.
pub(super) fn read(scene: &mut Scene<'_, '_>, module: &Module) {
    calls(scene);
    assignments(scene, &module.body);
    idle(scene);
    traced(scene);
    let off = |switch: &Switch| switch.effect == "tracing-off";
    for (span, switch) in scene.switches.iter_mut().filter(|(_, switch)| off(switch)) {
        if asks_for_trace(&module.body, *span) {
            switch.honoured = Sym::new("unknown");
        }
    }
}

/// Whether what stands at `span` runs only by the answer to a question about tracing: somebody who wants a
/// trace can have it (`if not is_tracing_enabled(): …`).
fn asks_for_trace(body: &[Stmt], span: Span) -> bool {
    body.iter().filter(|stmt| stmt.span.contains(span)).any(|stmt| {
        let asked = match &stmt.kind {
            StmtKind::If { condition, .. } => speaks_of_trace(condition),
            _ => false,
        };
        let inner = match &stmt.kind {
            StmtKind::Function(function) => asks_for_trace(&function.body, span),
            StmtKind::Class(class) => asks_for_trace(&class.body, span),
            _ => false,
        };
        asked || inner || walk::blocks(stmt).into_iter().any(|block| asks_for_trace(block, span))
    })
}

fn speaks_of_trace(condition: &Value) -> bool {
    let mut found = false;
    walk::each(condition, &mut |value| {
        let named = value.as_reference().or_else(|| value.as_str());
        found |= named.is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            ["tracing", "trace", "telemetry"].iter().any(|word| name.contains(word)) && !name.contains("traceback")
        });
    });
    found
}

/// A sandbox that the environment switches off bounds nothing where the agents of the file run nothing.
fn idle(scene: &mut Scene<'_, '_>) {
    let runs = |client: Sym| {
        let here = scene.sdks.iter().any(|(framework, _)| framework.slug == client.as_str());
        !here
            || scene
                .tools
                .iter()
                .any(|(_, tool)| tool.framework == client && tool.effects.iter().any(|e| *e == "execute"))
    };
    let off = |s: &Switch| s.effect == "sandbox-off" && s.key.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let idle: Vec<Sym> = scene.switches.iter().filter(|(_, s)| off(s) && !runs(s.client)).map(|(_, s)| s.key).collect();
    scene.switches.retain(|(_, switch)| !(off(switch) && idle.contains(&switch.key)));
}

fn calls(scene: &mut Scene<'_, '_>) {
    for index in 0..scene.sites.len() {
        let site = &scene.sites[index];
        let Some(name) = &site.name else { continue };
        if restored(scene, site) {
            continue;
        }
        let forms: Vec<(&Framework, &SwitchForm)> = scene
            .sdks
            .iter()
            .flat_map(|(framework, sdk)| {
                sdk.switch.iter().filter(|f| matches(name, sdk, f.call)).map(move |f| (*framework, f))
            })
            .collect();
        let span = site.span;
        for (framework, form) in forms {
            let site = &scene.sites[index];
            let args = Args::of(site.call, site.at, &scene.names);
            if form.arg.is_empty() {
                add(scene, framework, form, form.call.first().unwrap_or(&""), "", span);
                continue;
            }
            let Some((path, found)) = form.arg.iter().find_map(|p| args.get(p, &scene.names).map(|f| (*p, f))) else {
                continue;
            };
            let (value, _) = scene.names.usual(found.value, found.at);
            if form.values.is_empty() || says(value, form.values) {
                let key = if path.starts_with(|c: char| c.is_ascii_digit()) {
                    site.call.method().unwrap_or(path)
                } else {
                    path
                };
                let (key, written) = (key.to_owned(), value.scalar().unwrap_or("").to_owned());
                add(scene, framework, form, &key, &written, span);
            }
        }
    }
}

/// Whether a later call of the same function gives the setting back what it was, which is no literal: it holds
/// for what stands between.
fn restored(scene: &Scene<'_, '_>, site: &Site<'_>) -> bool {
    let literal = |site: &Site<'_>| site.call.positional(0).is_some_and(|value| value.scalar().is_some());
    let again = |other: &&Site<'_>| {
        other.span.start > site.span.end && other.at.function == site.at.function && other.name == site.name
    };
    site.at.function.is_some()
        && literal(site)
        && scene.sites.iter().filter(again).any(|other| other.call.positional(0).is_some() && !literal(other))
}

/// `interpreter.auto_run = True`, `os.environ["BYPASS"] = "true"`, anywhere in the module.
fn assignments(scene: &mut Scene<'_, '_>, body: &[Stmt]) {
    for stmt in body {
        if let StmtKind::Assign { targets, value, .. } = &stmt.kind {
            for target in targets {
                assigned(scene, target, value, stmt.span);
            }
        }
        match &stmt.kind {
            StmtKind::Function(function) => assignments(scene, &function.body),
            StmtKind::Class(class) => assignments(scene, &class.body),
            _ => {}
        }
        for block in walk::blocks(stmt) {
            assignments(scene, block);
        }
    }
}

fn assigned(scene: &mut Scene<'_, '_>, target: &Value, value: &Value, span: Span) {
    let variable = match target.as_expr() {
        Some(Expr::Index(base, key))
            if matches!(base.as_reference(), Some("os.environ" | "environ" | "process.env")) =>
        {
            key.as_str()
        }
        Some(Expr::Reference(path)) => path.strip_prefix("process.env."),
        _ => None,
    };
    let attribute = target.as_reference().filter(|p| p.contains('.'));
    let found: Vec<(&Framework, &SwitchForm)> = super::model::FRAMEWORKS
        .iter()
        .flat_map(|framework| framework.sdk.iter().flat_map(|s| s.switch).map(move |form| (framework, form)))
        .filter(|(framework, form)| {
            let by_env = variable.is_some_and(|v| form.env.contains(&v));
            let active = scene.sdks.iter().any(|(f, _)| f.slug == framework.slug);
            let by_path = active
                && attribute.is_some_and(|p| form.assign.iter().any(|a| p == *a || p.ends_with(&format!(".{a}"))));
            (by_env || by_path) && (form.values.is_empty() || says(value, form.values))
        })
        .collect();
    for (framework, form) in found {
        let key = variable.or(attribute).unwrap_or("").to_owned();
        let written = value.scalar().unwrap_or("").to_owned();
        add(scene, framework, form, &key, &written, span);
    }
}

/// The switches that the environment variable `name` is when an image, a compose file or a dotenv sets it
/// to `value`: only those that open something, since nothing here says what would be the default.
pub(crate) fn set_outside(name: &str, value: &str) -> Vec<Switch> {
    let forms = super::model::FRAMEWORKS
        .iter()
        .flat_map(|framework| framework.sdk.iter().flat_map(|s| s.switch).map(move |form| (framework, form)));
    let opens = |form: &SwitchForm| {
        matches!(form.effect, "auto-approve" | "sandbox-off")
            && form.env.contains(&name)
            && form.values.contains(&value)
    };
    let mut found: Vec<Switch> = Vec::new();
    for (framework, form) in forms.filter(|(_, form)| opens(form)) {
        let switch = Switch::obeyed(
            framework.slug,
            name,
            value,
            (form.effect, if form.covers.is_empty() { "all" } else { form.covers }),
        );
        if !found.contains(&switch) {
            found.push(switch);
        }
    }
    found
}

fn add(scene: &mut Scene<'_, '_>, framework: &Framework, form: &SwitchForm, key: &str, value: &str, span: Span) {
    let switch = Switch::obeyed(
        framework.slug,
        key,
        value,
        (form.effect, if form.covers.is_empty() { "all" } else { form.covers }),
    );
    if scene.switches.iter().any(|(s, known)| *s == span && known.key == switch.key) {
        return;
    }
    if let Some(state) = form.effect.strip_prefix("tracing-") {
        let sink = Sink {
            form: Sym::new("tracing"),
            name: Sym::new(key),
            state: Sym::new(state),
            framework: Sym::new(framework.slug),
            covers: Sym::new(if form.covers == "run" { "run" } else { "process" }),
        };
        scene.tracing.push((span, sink));
    }
    scene.switches.push((span, switch));
}

/// Tracing that is switched for the whole process holds for every agent of the framework here.
fn traced(scene: &mut Scene<'_, '_>) {
    let states: Vec<(Sym, Sym)> = scene
        .tracing
        .iter()
        .filter(|(_, s)| s.covers.as_str() == "process")
        .map(|(_, s)| (s.framework, s.state))
        .collect();
    for (_, agent) in &mut scene.agents {
        if agent.tracing.as_str() == "unknown"
            && let Some((_, state)) = states.iter().find(|(framework, _)| *framework == agent.framework)
        {
            agent.tracing = *state;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::extract::trial;
    use crate::facts::{Fact, Switch};
    use crate::parse::Kind;
    use crate::parse::code::ast::Language;

    #[test]
    fn a_question_about_tracing_leaves_the_switch_to_whoever_answers() {
        let honoured = |guard: &str| {
            let text = format!(
                "from agents import Agent, set_tracing_disabled\ndef setup():\n    {guard}\n        set_tracing_disabled(True)\na = Agent(name='a')\n"
            );
            let facts = trial::facts_of_parsed(&super::super::AGENTS, "a.py", Kind::Code(Language::Python), &text);
            let off = facts.iter().filter_map(Fact::get::<Switch>).find(|s| s.effect == "tracing-off");
            off.map(|s| s.honoured.to_string())
        };
        assert_eq!(honoured("if not is_tracing_enabled():").as_deref(), Some("unknown"));
        assert_eq!(honoured("if not os.getenv('APP_TRACING'):").as_deref(), Some("unknown"));
        assert_eq!(honoured("if quiet:").as_deref(), Some("yes"));
    }

    #[test]
    fn a_switch_that_is_put_back_holds_for_what_stands_between() {
        let off = |last: &str| {
            let text = format!(
                "from agents import Agent, set_tracing_disabled\na = Agent(name='a')\ndef tools(provider):\n    before = provider.disabled\n    set_tracing_disabled(True)\n    try:\n        return a.tools()\n    finally:\n        {last}\n"
            );
            let facts = trial::facts_of_parsed(&super::super::AGENTS, "a.py", Kind::Code(Language::Python), &text);
            facts.iter().filter_map(Fact::get::<Switch>).any(|s| s.effect == "tracing-off")
        };
        assert!(!off("set_tracing_disabled(before)"));
        assert!(off("provider.close()"));
    }
}
