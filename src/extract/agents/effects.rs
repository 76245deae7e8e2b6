//! What a function can do. Input: its body. Output: effects with the calls that show them, what asks a
//! person before, and the functions of the repository that it calls.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::args::Args;
use super::checks;
use super::commands::{CLOUD_PROGRAMS, open_command, program};
use super::model::{EFFECTS, EffectForm};
use super::names::{At, Names};
use super::sites::{self, glob};
use super::walk::{self, Visit};
use super::{sql, taking};
use crate::parse::code::ast::{Call, Function, Language, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// What a function can do.
#[derive(Debug, Clone, Default)]
pub(super) struct Doing {
    /// Effects, each with the first call that shows it.
    pub(super) effects: BTreeMap<&'static str, (Span, String)>,
    /// What asks a person or a policy in the body or as a decorator.
    pub(super) asks: Option<String>,
    /// Functions of other files that are called, as the file sees them.
    pub(super) calls: Vec<(String, Span)>,
    /// Calls of others that by their name take something away: a client's `delete_issue`.
    pub(super) removes: Vec<(Span, String)>,
}

impl Doing {
    fn join(&mut self, other: Doing, callee: &Callee) {
        for (effect, (_, call)) in other.effects {
            // What a function is given decides what it runs: a helper that is handed a fixed command or
            // statement runs that.
            let fixed = effect == "execute" && callee.fixed || effect == "sql" && !callee.chosen;
            if !fixed {
                self.effects.entry(effect).or_insert((callee.span, call));
            }
        }
        self.asks = self.asks.take().or(other.asks);
        self.calls.extend(other.calls);
        self.removes.extend(other.removes);
    }
}

/// A call of a function of the same file.
#[derive(Debug)]
struct Callee {
    index: usize,
    span: Span,
    /// It is handed a command that is fixed.
    fixed: bool,
    /// An argument begins with what the caller's own caller chose.
    chosen: bool,
}

/// What a function does by itself, and which functions of its file it calls.
#[derive(Debug, Default)]
pub(super) struct Own {
    doing: Doing,
    callees: Vec<Callee>,
}

/// What `function` does; functions of the same file that it calls are looked into `depth` levels.
pub(super) fn doing<'m>(function: &'m Function, at: At, names: &Names<'m>, depth: u8) -> Doing {
    let Some(index) = names.index(function) else { return doing_in(&function.body, at, names, depth) };
    joined(index, names, depth)
}

/// What the statements of a block do.
pub(super) fn doing_in<'m>(body: &'m [Stmt], inside: At, names: &Names<'m>, depth: u8) -> Doing {
    let own = own(body, inside, names);
    let mut found = own.doing;
    if let Some(depth) = depth.checked_sub(1) {
        for callee in &own.callees {
            found.join(joined(callee.index, names, depth), callee);
        }
    }
    found
}

/// What the function at `index` and those that it calls do; SQL that one of them holds to reading is none.
fn joined(index: usize, names: &Names<'_>, depth: u8) -> Doing {
    let mut seen = Vec::new();
    let mut found = called(index, names, depth, &mut seen);
    if found.effects.contains_key("sql")
        && seen.iter().any(|&f| checks::reads_only(&names.functions[f].function.body, names))
    {
        found.effects.remove("sql");
    }
    found
}

fn called(index: usize, names: &Names<'_>, depth: u8, seen: &mut Vec<usize>) -> Doing {
    seen.push(index);
    let known = names.own.borrow().get(&index).cloned();
    let own = known.unwrap_or_else(|| {
        let def = &names.functions[index];
        let inside = At { function: Some(index), class: def.at.class };
        let mut own = own(&def.function.body, inside, names);
        own.doing.asks = asked(def.function, names).or(own.doing.asks);
        let own = Rc::new(own);
        names.own.borrow_mut().insert(index, Rc::clone(&own));
        own
    });
    let mut found = own.doing.clone();
    if let Some(depth) = depth.checked_sub(1) {
        for callee in own.callees.iter().filter(|callee| callee.index != index) {
            found.join(called(callee.index, names, depth, seen), callee);
        }
    }
    found
}

fn own<'m>(body: &'m [Stmt], inside: At, names: &Names<'m>) -> Own {
    let mut found = Own::default();
    walk::statements(body, inside, &mut Look { names, found: &mut found, inside });
    found
}

/// A decorator that asks, a parameter that the body tests, or a setting without which nothing is written.
fn asked(function: &Function, names: &Names<'_>) -> Option<String> {
    if names.switched.iter().any(|s| function.span.contains(*s)) {
        return Some("write switch".to_owned());
    }
    for ask in EFFECTS.ask {
        for decorator in &function.decorators {
            let path = decorator.as_call().map_or_else(|| decorator.as_reference(), Call::path);
            let last = path.and_then(|p| p.rsplit('.').next());
            if last.is_some_and(|l| ask.decorators.contains(&l)) {
                return Some(format!("@{}", path.unwrap_or("")));
            }
        }
        let param = function.params.iter().find(|p| ask.parameters.iter().any(|a| p.binds(a)));
        if let Some(param) = param
            && tests(&function.body, &param.name)
        {
            return Some(format!("{} {}", ask.gate, param.name));
        }
    }
    None
}

/// Whether a condition of the body looks at `name`.
fn tests(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    super::names::own_statements(body, &mut |stmt| {
        if let StmtKind::If { condition, .. } = &stmt.kind {
            walk::each(condition, &mut |v| found |= v.as_reference() == Some(name));
        }
    });
    found
}

struct Look<'l, 'n, 'm> {
    names: &'n Names<'m>,
    found: &'l mut Own,
    inside: At,
}

impl<'m> Visit<'m> for Look<'_, '_, 'm> {
    // Functions inside have the numbers they got when the names were collected.
    fn function(&mut self, function: &'m Function, _: Span, _: At) -> Option<usize> {
        self.names.index(function)
    }

    fn call(&mut self, call: &'m Call, span: Span, _: &'m Stmt, at: At) {
        let at = At { function: at.function.or(self.inside.function), class: at.class };
        let full = full_name(call, at, self.names);
        let candidates = PATTERNS.of(call.method(), full.as_deref());
        let mut args = None;
        for form in candidates {
            let form = &EFFECTS.call[form];
            if self.found.doing.effects.contains_key(form.effect) || !speaks(form.languages, self.names.language) {
                continue;
            }
            let args = args.get_or_insert_with(|| Args::of(call, at, self.names));
            let fits = named(form, call, full.as_deref()) && holds(form, args, at, self.names);
            if fits && !self.guarded(form.effect, call, at) {
                let shown = call.path().or(call.method()).unwrap_or("").to_owned();
                self.found.doing.effects.insert(form.effect, (span, shown));
            }
        }
        if let Some(by) = self.names.policies.get(&span) {
            self.found.doing.asks.get_or_insert_with(|| by.clone());
        }
        if self.found.doing.asks.is_none() {
            let ask = EFFECTS.ask.iter().find(|a| {
                let by_name = call.method().is_some_and(|m| a.methods.iter().any(|pattern| glob(pattern, m)));
                by_name || full.as_deref().is_some_and(|full| a.calls.iter().any(|p| same_call(p, full)))
            });
            self.found.doing.asks = ask.map(|a| a.gate.to_owned());
        }
        if let Some(shown) = taking::removing(call, full.as_deref(), at, self.names) {
            self.found.doing.removes.push((span, shown));
        }
        self.callee(call, span, at);
    }
}

impl<'m> Look<'_, '_, 'm> {
    /// Whether the function checks what it runs: an expression held to a set of characters, SQL held to reading.
    fn guarded(&self, effect: &str, call: &Call, at: At) -> bool {
        let Some(function) = at.function else { return false };
        let body = &self.names.functions[function].function.body;
        match effect {
            "execute" => matches!(call.method(), Some("eval" | "exec" | "Function")) && checks::whitelists(body),
            _ => false,
        }
    }

    /// Notes the function that is called: of this file, or of another.
    fn callee(&mut self, call: &'m Call, span: Span, at: At) {
        let Some(path) = call.path() else { return };
        let command = ["command", "cmd", "args"].iter().find_map(|k| call.keyword(k)).or_else(|| call.positional(0));
        let fixed = command.is_some_and(|value| {
            let (value, at) = self.names.constant(value, at);
            literal(value) || matches!(value.node, Node::List(_)) && !open_command(value, self.names, at)
        });
        let chosen = call.args.iter().any(|a| {
            let (value, at) = self.names.constant(&a.value, at);
            begins_with_parameter(value, at, self.names)
        });
        let callee = |index| Callee { index, span, fixed, chosen };
        if let Some(index) = self.names.function(path, at) {
            self.found.callees.push(callee(index));
            return;
        }
        // A function handed to a runner: `asyncio.to_thread(f, …)`, `executor.submit(f)`.
        let handed = call.args.iter().filter_map(|a| a.value.as_reference()).filter_map(|p| self.names.function(p, at));
        self.found.callees.extend(handed.map(callee));
        if let Some(name) = self.names.resolve(path, at, call.callee.span.start)
            && is_own(name.module, self.names.language)
        {
            self.found.doing.calls.push((join(name.module, &name.path), span));
        }
    }
}

/// Effect forms by the last segment of what they name, so that few are looked at for a call.
struct Patterns {
    by_last: FxHashMap<&'static str, Vec<usize>>,
    open: Vec<(&'static str, usize)>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut patterns = Patterns { by_last: FxHashMap::default(), open: Vec::new() };
    for (form, effect) in EFFECTS.call.iter().enumerate() {
        for pattern in effect.calls.iter().chain(effect.methods) {
            let last = pattern.rsplit(['.', ':']).next().unwrap_or(pattern);
            if last.contains('*') {
                patterns.open.push((last, form));
            } else {
                patterns.by_last.entry(last).or_default().push(form);
            }
        }
    }
    patterns
});

impl Patterns {
    /// Forms that a call may have, in the order of the model.
    fn of(&self, method: Option<&str>, full: Option<&str>) -> Vec<usize> {
        let last = full.and_then(|f| f.rsplit(['.', ':']).next());
        let mut forms: Vec<usize> =
            [method, last].into_iter().flatten().filter_map(|l| self.by_last.get(l)).flatten().copied().collect();
        if let Some(last) = last {
            forms.extend(
                self.open.iter().filter(|(pattern, _)| *pattern == "*" || glob(pattern, last)).map(|(_, form)| *form),
            );
        }
        forms.sort_unstable();
        forms.dedup();
        forms
    }
}

/// Whether a module may be one of this repository.
pub(super) fn is_own(module: &str, language: Language) -> bool {
    match language {
        Language::Python => {
            let root = module.split('.').next().unwrap_or(module);
            root.is_empty() || !STDLIB.contains(&root)
        }
        Language::TypeScript | Language::JavaScript => module.starts_with(['.', '~', '#']) || module.starts_with("@/"),
        // Go's own packages have no host in front.
        Language::Go => module.split('/').next().is_some_and(|host| host.contains('.')),
        _ => true,
    }
}

/// Modules of Python's standard library and clients that are imported everywhere: never of the
/// repository.
pub(super) const STDLIB: &[&str] = &[
    "os",
    "sys",
    "re",
    "json",
    "time",
    "math",
    "random",
    "asyncio",
    "subprocess",
    "shutil",
    "pathlib",
    "logging",
    "typing",
    "datetime",
    "collections",
    "functools",
    "itertools",
    "uuid",
    "hashlib",
    "base64",
    "io",
    "tempfile",
    "urllib",
    "http",
    "socket",
    "threading",
    "dataclasses",
    "enum",
    "abc",
    "contextlib",
    "inspect",
    "importlib",
    "traceback",
    "warnings",
    "csv",
    "copy",
    "string",
    "textwrap",
    "secrets",
    "smtplib",
    "email",
    "sqlite3",
    "requests",
    "httpx",
    "aiohttp",
    "pydantic",
    "dotenv",
    "boto3",
    "botocore",
    "numpy",
    "pandas",
    "openai",
    "anthropic",
    "rich",
    "click",
    "yaml",
    "fastapi",
    "streamlit",
];

/// A module and a path in it, as facts name them.
pub(super) fn join(module: &str, path: &str) -> String {
    match (module, path) {
        (module, "") => module.to_owned(),
        (module, path) if module.ends_with('.') => format!("{module}{path}"),
        (module, path) => format!("{module}.{path}"),
    }
}

/// What is called, by its full name: `module.path` (`module:path` in the languages whose modules are no
/// dotted names), `builtins.name` for what nobody defines or imports.
fn full_name(call: &Call, at: At, names: &Names<'_>) -> Option<String> {
    if let Some(name) = names.call_of(call, at) {
        let module = name.module.strip_prefix("node:").unwrap_or(name.module);
        return Some(match names.language {
            Language::Python => join(module, &name.path),
            _ => format!("{module}:{}", if name.path.is_empty() { "default" } else { &name.path }),
        });
    }
    let path = call.path()?;
    let root = path.split('.').next().unwrap_or(path);
    let known = names.function(path, at).is_some()
        || names.parameter(root, at).is_some()
        || names.assign(root, at, u32::MAX).is_some();
    (!known && names.import(root).is_none()).then(|| format!("builtins.{path}"))
}

fn speaks(languages: &[&str], language: Language) -> bool {
    let slug = crate::parse::Kind::Code(language).slug();
    languages.is_empty() || languages.contains(&slug)
}

/// A literal, or a list or map of literals.
fn literal(value: &Value) -> bool {
    match &value.node {
        Node::List(items) => items.iter().all(literal),
        Node::Map(entries) => entries.iter().all(|e| literal(&e.value)),
        Node::Null => true,
        _ => value.scalar().is_some(),
    }
}

fn named(form: &EffectForm, call: &Call, full: Option<&str>) -> bool {
    let loose = !form.methods.is_empty()
        && call.path().is_none_or(|p| p.contains('.'))
        && call.method().is_some_and(|m| form.methods.contains(&m))
        && (form.effect != "sql" || sql::on_connection(call));
    loose || full.is_some_and(|full| form.calls.iter().any(|pattern| same_call(pattern, full)))
}

/// Whether `full` is what `pattern` says: the same first and last segments (a `*` at an end of the
/// last), the segments between in order, others may lie between.
fn same_call(pattern: &str, full: &str) -> bool {
    let (module, path) = pattern.split_once(':').map_or(("", pattern), |(m, p)| (m, p));
    let path_of = |text| match module {
        "" => Some(text),
        module => {
            let (found, path): (&str, &str) = full.split_once(':')?;
            glob(module, found).then_some(path)
        }
    };
    let Some(full) = path_of(full) else { return false };
    let (head, last) = path.rsplit_once('.').unwrap_or(("", path));
    let (before, found) = full.rsplit_once('.').unwrap_or(("", full));
    if !(last == "*" || glob(last, found)) {
        return false;
    }
    let mut rest = before.split('.').filter(|s| !s.is_empty());
    let mut first = true;
    head.split('.').filter(|s| !s.is_empty() && *s != "*").all(|wanted| {
        let hit = if first && module.is_empty() {
            rest.next().is_some_and(|s| s == wanted)
        } else {
            rest.any(|s| s == wanted)
        };
        first = false;
        hit
    })
}

/// Whether the argument that the form looks at has one of its values.
fn holds<'m>(form: &EffectForm, args: &Args<'m>, at: At, names: &Names<'m>) -> bool {
    if form.arg.is_empty() {
        return true;
    }
    form.arg.iter().filter_map(|path| args.get(path, names)).any(|found| {
        let (value, value_at) = names.constant(found.value, found.at);
        form.values.iter().any(|wanted| match *wanted {
            "$param" => begins_with_parameter(value, if value_at == found.at { at } else { value_at }, names),
            "$sql" => {
                begins_with_parameter(value, if value_at == found.at { at } else { value_at }, names)
                    && sql::names_sql(found.value).or_else(|| sql::names_sql(value)).is_some()
            }
            "$literal" => value.scalar().is_some(),
            "$kept" => !temporary(found.value, value),
            "$computed" => value.scalar().is_none(),
            "$command" => open_command(value, names, value_at),
            "$cloud-command" => program(value, names, value_at).is_some_and(|p| CLOUD_PROGRAMS.contains(&p)),
            text => leading(value).is_some_and(|l| starts(l, text)),
        })
    })
}

/// Whether a path is a file that the function made for itself.
fn temporary(written: &Value, value: &Value) -> bool {
    let mut found = false;
    let temp = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.contains("temp") && !lower.contains("template") || lower.contains("tmp")
    };
    for one in [written, value] {
        walk::each(one, &mut |v| found |= v.as_reference().is_some_and(temp) || v.as_str().is_some_and(temp));
    }
    found
}

fn starts(text: &str, prefix: &str) -> bool {
    let text = text.trim_start();
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// The text that a value begins with.
pub(super) fn leading(value: &Value) -> Option<&str> {
    match &value.node {
        Node::Text(text) => Some(text),
        Node::Expr(expr) => match &**expr {
            Expr::Template(parts) | Expr::Operation(_, parts) => leading(parts.first()?),
            Expr::Call(call) => leading(call.positional(0)?),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is, or begins with, something that the caller of the function chooses.
pub(super) fn begins_with_parameter(value: &Value, at: At, names: &Names<'_>) -> bool {
    match value.as_expr() {
        Some(Expr::Reference(path)) => {
            let root = path.split('.').next().unwrap_or(path);
            names.parameter(root, at).is_some()
                && !matches!(root, "self" | "this" | "cls" | "ctx" | "context" | "config")
        }
        Some(Expr::Template(parts)) => parts.first().is_some_and(|p| begins_with_parameter(p, at, names)),
        Some(Expr::Operation(op, parts)) if matches!(&**op, "+" | "." | "as") => {
            parts.first().is_some_and(|p| begins_with_parameter(p, at, names))
        }
        Some(Expr::Call(call)) => {
            let receiver = call.path().and_then(|p| p.split_once('.')).map(|(root, _)| root);
            receiver.is_some_and(|r| names.parameter(r, at).is_some() && !matches!(r, "self" | "this" | "cls"))
                || call.positional(0).is_some_and(|a| begins_with_parameter(a, at, names))
        }
        Some(Expr::Index(base, _)) => begins_with_parameter(base, at, names),
        Some(Expr::Choice { options, .. }) => options.iter().any(|o| begins_with_parameter(o, at, names)),
        _ => false,
    }
}

/// Whether every way out of a function returns one of `values` (`true`, `null`, a called name, or
/// `key=value` of a map or call).
pub(super) fn always_returns<'m>(function: &'m Function, values: &[&str], names: &Names<'m>, at: At) -> bool {
    let mut returns = Vec::new();
    let mut raises = false;
    super::names::own_statements(&function.body, &mut |stmt| match &stmt.kind {
        StmtKind::Return(value) => returns.push(value.as_ref()),
        StmtKind::Raise(_) => raises = true,
        _ => {}
    });
    let says = |value: Option<&'m Value>| {
        value.is_some_and(|value| {
            let (value, at) = names.constant(value, at);
            values.iter().any(|wanted| match wanted.split_once('=') {
                Some((key, text)) => super::args::inside(super::args::Found { value, at }, key, names)
                    .is_some_and(|f| super::args::says(f.value, &[text])),
                None => super::args::says(value, &[wanted]),
            })
        })
    };
    !raises && !returns.is_empty() && returns.into_iter().all(says)
}

/// Whether a module of `sites` belongs to a package that shows a model.
pub(super) fn shows_model(modules: &[&str], evidence: &[&str]) -> bool {
    const NO_MODEL: &[&str] = &[
        "langchain_core",
        "langchain_community",
        "langchain_text_splitters",
        "@langchain/core",
        "@langchain/langgraph",
        "langchain_protocol",
    ];
    modules.iter().any(|module| {
        let root = module.split('.').next().unwrap_or(module);
        !NO_MODEL.contains(&root)
            && !NO_MODEL.iter().any(|n| n.contains('/') && module.starts_with(n))
            && evidence.iter().any(|package| sites::inside_package(module, package))
    })
}
