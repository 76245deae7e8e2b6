//! Policy as code. Input: a module, or a file in which policies are written. Output: [`Policy`] facts: each
//! place where a decision is asked, with when it is asked, whether it is obeyed, what happens when the
//! policy cannot answer, and what the question holds; and each policy that is written.

mod ask;
mod decision;
mod failure;
mod files;
mod gateway;
mod moment;
mod question;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use self::decision::Used;
use self::failure::Failure;
use super::{Reader, Sink};
use crate::catalogue::policies::Ask;
use crate::facts::{Policy, Sym};
use crate::matcher::Topic;
use crate::parse::code::ast::{Function, Module, Stmt};
use crate::parse::code::index::ScopeKind;
use crate::parse::code::{CallSite, Code, ScopeId};
use crate::parse::{Document, Kind};
use crate::span::Span;

pub use files::{FILES, is_policy};
pub(super) use gateway::policy as gateway_policy;

/// Reads where policies are asked out of source code and notebooks.
pub const READER: Reader = Reader { name: "policies", reads, read };

fn reads(document: &Document<'_>) -> bool {
    matches!(document.kind, Kind::Code(_) | Kind::Notebook) && document.hits.has(Topic::Policy)
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(module) = document.module() else { return };
    let code = Code::new(module);
    gateway::read(&code, &document.text, sink);
    let asked = asked(&code);
    if asked.is_empty() {
        return;
    }
    let tools = super::agents::tool_symbols(module);
    let moments = moment::Moments::new(&code, &tools);
    for one in &asked {
        let fact = Policy {
            engine: one.ask.engine.into(),
            form: "asked".into(),
            name: written(one.site.call.callee.span.text(&document.text)),
            moment: moments.of(one.site).into(),
            fails_open: one.failure.is_some(),
            why_open: one.failure.as_ref().map(|f| f.why.into()),
            decision_used: one.used != Used::Ignored,
            question_seen: one.question.seen,
            asks_about: one.question.names.iter().map(|name| Sym::new(name)).collect(),
            function: code.symbol(one.site.scope).into(),
            opens_at: one.failure.as_ref().map(|f| sink.place(f.at)),
        };
        sink.add(one.site.call.callee.span, fact);
    }
}

/// A callee as written, on one line.
fn written(text: &str) -> Sym {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Sym::from(line.chars().take(100).collect::<String>())
}

/// A place where a decision is asked, by itself or through a function of the file that hands it on.
struct Asked<'c, 'm> {
    site: &'c CallSite<'m>,
    ask: &'static Ask,
    used: Used,
    failure: Option<Failure>,
    question: question::Question,
}

/// How often a decision is handed on from one function to the next.
const HANDED_ON: usize = 3;

/// Every place of a module where a decision is asked.
fn asked<'c, 'm>(code: &'c Code<'m>) -> Vec<Asked<'c, 'm>> {
    let mut all: Vec<Asked<'c, 'm>> = Vec::new();
    for site in &code.calls {
        if let Some(ask) = ask::of(code, site) {
            let question = question::of(code, ask, site);
            all.push(look(code, site, ask, question));
        }
    }
    let mut from = 0;
    for _ in 0..HANDED_ON {
        let upto = all.len();
        let mut more = Vec::new();
        for one in &all[from..upto] {
            if one.used == Used::Returned {
                for site in callers(code, one.site) {
                    if all.iter().chain(&more).all(|known| !std::ptr::eq(known.site, site)) {
                        more.push(look(code, site, one.ask, one.question.clone()));
                    }
                }
            }
        }
        from = upto;
        if more.is_empty() {
            break;
        }
        all.extend(more);
    }
    settle(code, &mut all);
    all
}

fn look<'c, 'm>(
    code: &'c Code<'m>,
    site: &'c CallSite<'m>,
    ask: &'static Ask,
    question: question::Question,
) -> Asked<'c, 'm> {
    let (function, body) = body(code, site.scope);
    let decision = decision::Decision::of(body, site.value.span);
    let failure = failure::of(function, body, &decision, ask);
    let used = decision.used(body, ask);
    Asked { site, ask, used, failure, question }
}

/// A decision that is handed on and that every caller of the file lets fall is ignored.
fn settle<'c, 'm>(code: &'c Code<'m>, all: &mut [Asked<'c, 'm>]) {
    for at in (0..all.len()).rev() {
        if all[at].used != Used::Returned {
            continue;
        }
        let through: Vec<Used> = callers(code, all[at].site)
            .filter_map(|site| all.iter().find(|a| std::ptr::eq(a.site, site)))
            .map(|a| a.used)
            .collect();
        if !through.is_empty() && through.iter().all(|used| *used == Used::Ignored) {
            all[at].used = Used::IgnoredLater;
        }
    }
}

/// The calls of the function around `site`, which hands its decision on.
fn callers<'c, 'm>(code: &'c Code<'m>, site: &CallSite<'m>) -> impl Iterator<Item = &'c CallSite<'m>> {
    let innermost = match code.kind(function_scope(code, site.scope)) {
        ScopeKind::Function(function) if !function.name.is_empty() => Some(&*function.name),
        _ => None,
    };
    code.calls.iter().filter(move |caller| {
        let Some(name) = innermost else { return false };
        if caller.call.method() != Some(name) {
            return false;
        }
        let leads = code.callee(caller);
        let own = caller.call.path().is_some_and(|p| p == name || p.starts_with("self.") || p.starts_with("this."));
        leads.module.is_empty() && (own || code.calls.iter().any(|made| made.call.method() == class_name(code, site)))
    })
}

fn class_name<'m>(code: &Code<'m>, site: &CallSite<'m>) -> Option<&'m str> {
    code.class(site.scope).map(|class| &*class.name)
}

/// The innermost function scope around `scope`, lambdas too; the module when there is none.
fn function_scope(code: &Code<'_>, scope: ScopeId) -> ScopeId {
    let function = |s: &ScopeId| matches!(code.kind(*s), ScopeKind::Function(_));
    code.outwards(scope).find(function).unwrap_or(crate::parse::code::index::MODULE)
}

fn body<'m>(code: &Code<'m>, scope: ScopeId) -> (Option<&'m Function>, &'m [Stmt]) {
    match code.kind(function_scope(code, scope)) {
        ScopeKind::Function(function) => (Some(function), &function.body),
        _ => (None, &code.module.body),
    }
}

/// The calls of a module that ask a policy and obey it, with what a card calls the gate: a function that
/// makes one is gated by the policy.
pub(super) fn obeyed(module: &Module) -> FxHashMap<Span, String> {
    let code = Code::new(module);
    let all = asked(&code);
    let handed: BTreeSet<u32> = all
        .iter()
        .filter(|one| one.used == Used::Returned && callers(&code, one.site).next().is_some())
        .map(|one| one.site.value.span.start)
        .collect();
    let holds = |one: &&Asked<'_, '_>| match one.used {
        Used::Obeyed | Used::Unknown => true,
        // Whoever calls the function decides; those of the file are looked at themselves.
        Used::Returned => !handed.contains(&one.site.value.span.start),
        Used::Ignored | Used::IgnoredLater => false,
    };
    all.iter().filter(holds).map(|one| (one.site.value.span, format!("policy ({})", one.ask.title))).collect()
}
