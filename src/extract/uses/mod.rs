//! What code does with credentials it holds: passes its caller's token on, writes a credential or all
//! arguments of a tool to a log, puts one into a prompt or a tool's result. Input: a module. Output: [`Use`] facts, within a
//! function and the constants around it.

mod answers;
mod arguments;
mod caller;
mod fields;
mod fresh;
mod gate;
mod incoming;
mod itself;
mod level;
mod log;
mod named;
mod objects;
mod prompt;
mod secret;
mod shown;
#[cfg(test)]
mod tests;

use self::secret::Secrets;
use super::{Reader, Sink};
use crate::facts::{Ref, RefKind, Sym, Use};
use crate::matcher::Topic;
use crate::parse::code::ast::{Function, Stmt};
use crate::parse::code::index::{MODULE, ScopeKind};
use crate::parse::code::resolve::Resolved;
use crate::parse::code::{CallSite, Code, ScopeId};
use crate::parse::{Document, Kind, Part};
use crate::span::Span;

/// Reads uses out of source code and notebooks.
pub const READER: Reader = Reader { name: "uses", reads, read };

fn reads(document: &Document<'_>) -> bool {
    let code =
        matches!(document.kind, Kind::Code(_)) && document.part != Part::ProseCells || document.part == Part::CodeCells;
    // Dear to ask alone: what was parsed for another reader is read for this one too, and what has a log
    // call near the word for a credential, or may ask an issuer about a token.
    code && (document.parsed.get() || gate::may_log_secret(&document.text) || gate::may_check_token(&document.text))
}

/// Whether a script is one that an administrator runs by hand, with options, and no agent stands in it.
fn by_hand(document: &Document<'_>) -> bool {
    let has = |word: &str| memchr::memmem::find(document.text.as_bytes(), word.as_bytes()).is_some();
    let options = [
        "argparse",
        "import click",
        "import typer",
        "getpass",
        "commander",
        "yargs",
        "sys.argv",
        // A login in the browser, whose tokens somebody takes home.
        "webbrowser.open",
        "run_local_server",
    ];
    !document.hits.has(Topic::Framework) && options.iter().any(|word| has(word))
}

/// Whether a script is a part of a page that runs in the browser, whose console only the person in front of it reads:
/// a component with a state or an effect of React, which servers do not run.
fn in_browser(document: &Document<'_>) -> bool {
    let has = |word: &str| memchr::memmem::find(document.text.as_bytes(), word.as_bytes()).is_some();
    (document.path.ends_with("sx") || has("\"use client\"") || has("'use client'"))
        && ["useState(", "useEffect(", "useState<"].iter().any(|hook| has(hook))
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(module) = document.module() else { return };
    let code = Code::new(module);
    let secrets = Secrets::new(&code);
    let by_hand = by_hand(document) || in_browser(document);
    let floor = level::Floor::of(&code);
    let bodies = bodies(&code);
    let handed = caller::handed_on(&bodies);
    let wrappers = log::wrappers(&bodies);
    for body in bodies {
        log::read(&body, &secrets, &wrappers, by_hand, floor, &mut |seen| add(seen, &body, document, sink));
        arguments::read(&body, &document.text, floor, &mut |seen| add(seen, &body, document, sink));
        prompt::read(&body, &secrets, &mut |seen| add(seen, &body, document, sink));
        caller::read(&body, &handed, &mut |seen| add(seen, &body, document, sink));
    }
}

/// The statements of one function, or of the module.
struct Body<'c, 'm> {
    code: &'c Code<'m>,
    scope: ScopeId,
    function: Option<&'m Function>,
    stmts: &'m [Stmt],
    /// Its calls with what their callees lead to; those of functions inside it are left out.
    calls: Vec<(CallSite<'m>, Resolved<'m>)>,
}

fn bodies<'c, 'm>(code: &'c Code<'m>) -> Vec<Body<'c, 'm>> {
    let body = |scope, function: Option<&'m Function>, stmts: &'m [Stmt]| Body {
        code,
        scope,
        function,
        stmts,
        calls: Vec::new(),
    };
    let mut all = vec![body(MODULE, None, &code.module.body)];
    all.extend(code.functions().map(|(function, scope)| body(scope, Some(function), &function.body)));
    let mut slot = std::collections::BTreeMap::new();
    for (index, body) in all.iter().enumerate() {
        slot.insert(body.scope, index);
    }
    for site in &code.calls {
        let home = code.outwards(site.scope).find(|&s| !matches!(code.kind(s), ScopeKind::Class(_))).unwrap_or(MODULE);
        if let Some(body) = slot.get(&home).and_then(|&index| all.get_mut(index)) {
            body.calls.push((*site, code.callee(site)));
        }
    }
    all
}

/// One use that was seen.
struct Seen {
    form: &'static str,
    /// The narrowest place that shows it.
    at: Span,
    callee: Span,
    passes: &'static str,
    service: String,
    from: Option<Span>,
    /// The environment variable that it comes from.
    env: Option<(String, Span)>,
    /// What the address begins with, when that is a name.
    base: Option<String>,
}

fn add(seen: Seen, body: &Body<'_, '_>, document: &Document<'_>, sink: &mut Sink<'_>) {
    let call = seen.callee.text(&document.text).split_whitespace().collect::<Vec<_>>().join(" ");
    let credential = seen.env.map(|(name, span)| Ref { kind: RefKind::Env, name: name.into(), at: sink.place(span) });
    let from = seen.from.map(|span| sink.place(span));
    let fact = Use {
        call: Sym::from(call.chars().take(100).collect::<String>()),
        form: seen.form.into(),
        service: seen.service.into(),
        action: None,
        passes: vec![seen.passes.into()],
        function: body.code.symbol(body.scope).into(),
        credential,
        from,
        base: seen.base.map(Sym::from),
    };
    sink.add(seen.at, fact);
}
