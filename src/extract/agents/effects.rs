//! What a function can do. Input: its body. Output: effects with the calls that show them, what asks a
//! person before, and the functions of the repository that it calls.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::commands::open_command;
use super::effect_forms::{self, begins_with_parameter};
use super::model::EFFECTS;
use super::names::{At, Names, own_statements};
use super::origin::{full_name, is_own, is_standard, join};
use super::taking::Removing;
use super::walk::{self, Visit};
use super::{argv, checks, passing, request, taking};
use crate::extract::vocabulary::acts;
use crate::parse::code::ast::{Call, Function, Stmt, StmtKind};
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
    /// Those of them that are handed something else than a fixed command.
    pub(super) open: Vec<String>,
    /// Those of them that are only handed a fixed command.
    pub(super) fixed: Vec<String>,
    /// Calls of others that by their name take something away: a client's `delete_issue`.
    pub(super) removes: Vec<(Span, Removing)>,
    /// The first call that acts by its name, is handed what the caller chose, and does what is not seen here.
    pub(super) unseen: Option<String>,
    /// The first call to another module that is handed code whole and by its name runs it, or has it run.
    pub(super) hands_code: Option<(Span, String)>,
}

impl Doing {
    /// Notes a function of another file that is called, once.
    pub(super) fn calls(&mut self, name: String, span: Span) {
        if self.calls.iter().all(|(known, _)| *known != name) {
            self.calls.push((name, span));
        }
    }

    /// Notes a call that by its name takes something away, once.
    fn removes(&mut self, span: Span, call: Removing) {
        if self.removes.iter().all(|(_, known)| known.shown != call.shown) {
            self.removes.push((span, call));
        }
    }

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
        other.calls.into_iter().for_each(|(name, span)| self.calls(name, span));
        if callee.sure {
            self.fixed.extend(other.open);
        } else if !callee.fixed {
            self.open.extend(other.open);
        }
        self.fixed.extend(other.fixed);
        other.removes.into_iter().for_each(|(span, call)| self.removes(span, call));
        self.unseen = self.unseen.take().or(other.unseen);
        if callee.chosen {
            self.hands_code = self.hands_code.take().or(other.hands_code);
        }
    }
}

/// A call of a function of the same file.
#[derive(Debug)]
struct Callee {
    index: usize,
    span: Span,
    /// It is handed a command that is fixed.
    fixed: bool,
    /// Nothing beside that can make another of it.
    sure: bool,
    /// An argument begins with what the caller's own caller chose.
    chosen: bool,
}

/// What a function does by itself, and which functions of its file it calls.
#[derive(Debug, Default)]
pub(super) struct Own {
    doing: Doing,
    callees: Vec<Callee>,
}

impl Own {
    /// Notes a function that is called; again only where it is handed something of another kind.
    fn calls(&mut self, callee: Callee) {
        let same = |c: &Callee| {
            (c.index, c.fixed, c.sure, c.chosen) == (callee.index, callee.fixed, callee.sure, callee.chosen)
        };
        if !self.callees.iter().any(same) {
            self.callees.push(callee);
        }
    }
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
    let held = |f: usize| {
        let runs = names.own.borrow().get(&f).and_then(|own| own.doing.effects.get("sql").map(|(span, _)| *span));
        checks::reads_only(names.functions[f].function, runs, names)
    };
    if found.effects.contains_key("sql") && seen.iter().any(|&f| held(f)) {
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
        let others = own.callees.iter().filter(|callee| callee.index != index);
        for callee in others.take_while(|_| names.step(0)) {
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
    checks::permits(&function.body)
}

/// Whether a condition of the body looks at `name`.
fn tests(body: &[Stmt], name: &str) -> bool {
    let mut found = false;
    own_statements(body, &mut |stmt| {
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
        let known = &self.found.doing.effects;
        let shows = effect_forms::of(call, full.as_deref(), at, self.names, |effect| !known.contains_key(effect));
        for effect in shows {
            if !self.guarded(effect, call, at) {
                let shown = call.path().or(call.method()).unwrap_or("").to_owned();
                self.found.doing.effects.insert(effect, (span, shown));
            }
        }
        let spoken = [
            ("delete", argv::destroys(call, at, self.names) || request::deletes(call, self.names)),
            ("execute", argv::enters(call, at, self.names)),
        ];
        for (effect, _) in spoken.iter().filter(|(_, shows)| *shows) {
            let shown = call.path().or(call.method()).unwrap_or("").to_owned();
            self.found.doing.effects.entry(effect).or_insert((span, shown));
        }
        if let Some(by) = self.names.policies.get(&span) {
            self.found.doing.asks.get_or_insert_with(|| by.clone());
        }
        if self.found.doing.asks.is_none() {
            self.found.doing.asks = effect_forms::asking(call, full.as_deref()).map(str::to_owned);
        }
        if let Some(removing) = taking::removing(call, full.as_deref(), at, self.names) {
            self.found.doing.removes(span, removing);
        }
        let does_nothing = self.found.doing.effects.is_empty() && self.found.doing.unseen.is_none();
        if does_nothing && self.is_unseen(call, at) {
            self.found.doing.unseen = call.path().or(call.method()).map(str::to_owned);
        }
        if self.found.doing.hands_code.is_none() {
            self.found.doing.hands_code = passing::hands_code(call, at, self.names).map(|to| (span, to));
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

    /// Whether a call acts by its name on what the caller chose, and is none of this file's or the language's own.
    fn is_unseen(&self, call: &Call, at: At) -> bool {
        if call.args.is_empty()
            || !call.method().is_some_and(acts)
            || call.path().is_some_and(|path| self.names.function(path, at).is_some())
        {
            return false;
        }
        let before = call.callee.span.start;
        let module = call.path().and_then(|path| self.names.resolve(path, at, before)).map(|name| name.module);
        if module.is_some_and(is_standard) {
            return false;
        }
        let mut chosen = false;
        for arg in &call.args {
            walk::each(&arg.value, &mut |value| chosen |= begins_with_parameter(value, at, self.names));
        }
        chosen
    }

    /// Notes the function that is called: of this file, or of another.
    fn callee(&mut self, call: &'m Call, span: Span, at: At) {
        let Some(path) = call.path() else { return };
        let command = ["command", "cmd", "args"].iter().find_map(|k| call.keyword(k)).or_else(|| call.positional(0));
        let own = self.names.function(path, at);
        // What a function is not given it does not run, unless it sees the caller's names or an object's fields.
        let closure = own.is_some_and(|index| self.names.functions[index].at.function.is_some());
        let bare = call.args.is_empty() && !path.contains('.') && !closure;
        let command = command.map(|value| self.names.constant(value, at));
        let whole = command.is_some_and(|(value, at)| {
            matches!(value.node, Node::List(_)) && !open_command(value, self.names, at) || filled(value, self.names, at)
        });
        let fixed = bare || whole || command.is_some_and(|(value, _)| literal(value));
        let chosen = call.args.iter().any(|a| {
            let (value, at) = self.names.constant(&a.value, at);
            begins_with_parameter(value, at, self.names)
        });
        // A name that is handed over with what the caller chose is a program, and the rest its words.
        let sure = bare || whole || fixed && !chosen;
        let callee = |index| Callee { index, span, fixed, sure, chosen };
        if let Some(index) = own {
            self.found.calls(callee(index));
            return;
        }
        // A function handed to a runner: `asyncio.to_thread(f, …)`, `executor.submit(f)`.
        let handed = call.args.iter().filter_map(|a| a.value.as_reference()).filter_map(|p| self.names.function(p, at));
        handed.for_each(|index| self.found.calls(callee(index)));
        let before = call.callee.span.start;
        let made = self.names.made(path, at, before);
        let resolved = self.names.resolve(path, at, before).filter(|name| !made.contains(name));
        for name in resolved.into_iter().chain(made).filter(|name| is_own(name.module, self.names.language)) {
            let name = join(name.module, &name.path);
            let doing = &mut self.found.doing;
            if sure && !doing.fixed.contains(&name) {
                doing.fixed.push(name.clone());
            } else if !fixed && !doing.open.contains(&name) {
                doing.open.push(name.clone());
            }
            self.found.doing.calls(name, span);
        }
    }
}

/// A text that begins with a program and is filled with nothing that the caller chose.
fn filled<'m>(value: &'m Value, names: &Names<'m>, at: At) -> bool {
    let Some(Expr::Template(parts)) = value.as_expr() else { return false };
    let begins = parts.first().and_then(Value::as_str).is_some_and(|text| text.trim_start().contains(' '));
    let chosen = |part: &'m Value| {
        let (part, at) = names.constant(part, at);
        let mut found = false;
        walk::each(part, &mut |v| {
            let root = v.as_reference().map(|path| path.split('.').next().unwrap_or(path));
            found |= root.is_some_and(|root| names.parameter(root, at).is_some());
        });
        found
    };
    begins && !parts.iter().any(chosen)
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
