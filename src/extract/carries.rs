//! What carries a value: names that hold it or a part of it, inside one function. Input: the function's
//! statements and where the value comes from. Output: [`Carriers`], which answers for any other value.

use std::collections::BTreeSet;

use crate::parse::Value;
use crate::parse::code::ast::{Call, Stmt, StmtKind};
use crate::parse::code::query::{bindings_of, blocks_of, parts_of, values_of};
use crate::parse::value::{Expr, Node};
use crate::span::Span;

/// Rounds over the statements; a chain of names that runs against their order is not longer.
const ROUNDS: usize = 4;

/// The names that hold the value.
#[derive(Debug, Clone)]
pub(crate) struct Carriers {
    /// Where it comes from.
    sources: Vec<Span>,
    /// Whether what is computed from a source at once is taken for it (`client.send(new Create(…))`).
    wide: bool,
    /// Whether a part of it carries it too (`response["key"]`, `headers.get("x")`).
    parts: bool,
    /// Whether what any call makes of it carries it (`extract_code(answer)`).
    made: bool,
    /// Which fields and keys carry it, where not all do.
    fields: Option<fn(&str) -> bool>,
    /// Whether whatever is made with it is taken for it: a condition, a call that is handed it, a comparison.
    mixed: bool,
    /// It is kept in an element of something (`answers[0] = …`).
    stored: bool,
    names: BTreeSet<String>,
}

/// Of a call, with any part of it: what the other ways of following begin with.
const PLAIN: Carriers = Carriers {
    sources: Vec::new(),
    wide: false,
    parts: true,
    made: false,
    fields: None,
    mixed: false,
    stored: false,
    names: BTreeSet::new(),
};

impl Carriers {
    /// Follows what the call at `issue` gives through the statements of its function.
    pub(crate) fn issued(body: &[Stmt], issue: Span) -> Self {
        Self { sources: vec![issue], wide: true, ..PLAIN }.followed(body)
    }

    /// Follows what stands at `sources` or comes in under `names`.
    pub(crate) fn given(body: &[Stmt], sources: Vec<Span>, names: impl IntoIterator<Item = String>) -> Self {
        Self { sources, names: names.into_iter().collect(), ..PLAIN }.followed(body)
    }

    /// Follows text: what is put together from it shows it, but of a record that holds it only the fields
    /// which `fields` knows do, and what a call gives back for it does not.
    pub(crate) fn shown(
        body: &[Stmt],
        sources: Vec<Span>,
        names: impl IntoIterator<Item = String>,
        fields: fn(&str) -> bool,
    ) -> Self {
        Self { sources, fields: Some(fields), names: names.into_iter().collect(), ..PLAIN }.followed(body)
    }

    /// Follows what stands at `sources` as a whole: one field of it is something else.
    pub(crate) fn whole(body: &[Stmt], sources: Vec<Span>) -> Self {
        Self { sources, parts: false, ..PLAIN }.followed(body)
    }

    /// Follows what the calls at `sources` give, and whatever is made of it.
    pub(crate) fn derived(body: &[Stmt], sources: Vec<Span>) -> Self {
        Self { sources, wide: true, made: true, ..PLAIN }.followed(body)
    }

    /// Follows the answer of the call at `asked`, and all that is made with it.
    pub(crate) fn answered(body: &[Stmt], asked: Span) -> Self {
        Self { sources: vec![asked], mixed: true, ..PLAIN }.followed(body)
    }

    /// Whether it is kept in an attribute or a collection.
    pub(crate) fn escapes(&self) -> bool {
        self.stored || self.names.iter().any(|name| name.contains('.'))
    }

    fn followed(mut self, body: &[Stmt]) -> Self {
        let carriers = &mut self;
        for _ in 0..ROUNDS {
            let before = carriers.names.len();
            carriers.block(body);
            if carriers.names.len() == before {
                break;
            }
        }
        self
    }

    /// The attributes of the object that hold it (`self.token`).
    pub(crate) fn kept(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).filter(|n| n.starts_with("self.") || n.starts_with("this."))
    }

    /// Whether `path` is one of the names or reached through one.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.names
            .iter()
            .any(|name| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || self.reaches(rest)))
    }

    /// Whether what `rest` adds to a name still carries it.
    fn reaches(&self, rest: &str) -> bool {
        let last = rest.rsplit('.').next().unwrap_or(rest);
        rest.starts_with('.') && self.fields.is_none_or(|known| known(last))
    }

    /// Whether a part with this key carries what the whole does.
    fn keyed(&self, key: Option<&Value>) -> bool {
        let Some(known) = self.fields else { return true };
        key.and_then(Value::as_str).is_none_or(known)
    }

    /// Whether the method gives back what its receiver is, with or without a change of form.
    fn gives_back(&self, call: &Call) -> bool {
        if self.fields.is_none() {
            return true;
        }
        match call.method() {
            Some("get" | "pop" | "getItem") => self.keyed(call.positional(0)),
            Some(method) => matches!(
                method,
                "strip"
                    | "rstrip"
                    | "lstrip"
                    | "trim"
                    | "copy"
                    | "decode"
                    | "encode"
                    | "get_secret_value"
                    | "toString"
                    | "items"
                    | "entries"
            ),
            None => false,
        }
    }

    /// Whether the first segment of `path` is that of a name.
    pub(crate) fn shares_root(&self, path: &str) -> bool {
        let root = |p: &str| p.split('.').next().map(str::to_owned);
        !matches!(root(path).as_deref(), Some("self" | "this"))
            && self.names.iter().any(|name| root(name) == root(path))
    }

    /// Whether `value` is, holds or is made of what was issued.
    pub(crate) fn carries(&self, value: &Value) -> bool {
        let source = |span: &Span| if self.wide { value.span.contains(*span) } else { value.span == *span };
        if !matches!(value.as_expr(), Some(Expr::Function(_))) && self.sources.iter().any(source) {
            return true;
        }
        if self.mixed {
            let function = matches!(value.as_expr(), Some(Expr::Function(_)));
            let named = value.as_reference().is_some_and(|path| self.holds(path));
            return self.sources.contains(&value.span)
                || named
                || !function && parts_of(value).into_iter().any(|part| self.carries(part));
        }
        match &value.node {
            Node::Map(_) if self.fields.is_some_and(|known| masks(value, known)) => false,
            Node::List(_) | Node::Map(_) => parts_of(value).into_iter().any(|v| self.carries(v)),
            Node::Expr(expr) => match &**expr {
                Expr::Reference(path) => self.holds(path),
                Expr::Index(_, key) if self.fields.is_some() && is_slice(key) => false,
                Expr::Index(base, key) => self.parts && self.keyed(Some(key)) && self.carries(base),
                Expr::Call(call) => {
                    let receiver = match call.callee.as_expr() {
                        Some(Expr::Reference(path)) => {
                            path.rsplit_once('.').is_some_and(|(receiver, _)| self.holds(receiver))
                        }
                        Some(Expr::Operation(_, operands)) => operands.first().is_some_and(|base| self.carries(base)),
                        _ => false,
                    };
                    receiver && self.parts && self.gives_back(call)
                        || (self.made || self.keeps_arguments(call.method()))
                            && call.args.iter().any(|a| self.carries(&a.value))
                }
                Expr::Operation(op, operands) if &**op == "." => {
                    self.fields.is_none() && operands.first().is_some_and(|base| self.carries(base))
                }
                Expr::Operation(op, _) if matches!(&**op, "==" | "!=" | "is" | "is not" | "in" | "not in" | "not") => {
                    false
                }
                // A question about it, or a copy with something taken out, does not show it.
                Expr::Operation(op, _)
                    if self.fields.is_some()
                        && matches!(
                            &**op,
                            "!" | "===" | "!==" | "<" | ">" | "<=" | ">=" | "typeof" | "void" | "for"
                        ) =>
                {
                    false
                }
                // What is asked first is not given.
                Expr::Operation(op, operands) if self.fields.is_some() && matches!(&**op, "&&" | "and") => {
                    operands.last().is_some_and(|v| self.carries(v))
                }
                Expr::Choice { options, .. } => options.iter().any(|v| self.carries(v)),
                Expr::Function(_) => false,
                _ => parts_of(value).into_iter().any(|v| self.carries(v)),
            },
            _ => false,
        }
    }

    fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            if matches!(stmt.kind, StmtKind::Function(_) | StmtKind::Class(_)) {
                continue;
            }
            for (target, value) in bindings_of(stmt) {
                if self.carries(value) {
                    self.add(target);
                }
            }
            for value in values_of(stmt) {
                self.collected(value);
            }
            for inner in blocks_of(stmt) {
                self.block(inner);
            }
        }
    }

    /// `tokens.append(token)`, `(t := issue())`.
    fn collected(&mut self, value: &Value) {
        match value.as_expr() {
            Some(Expr::Call(call)) if !self.mixed => {
                let takes = matches!(
                    call.method(),
                    Some("append" | "add" | "extend" | "update" | "push" | "set" | "setdefault" | "put")
                );
                if takes
                    && call.args.iter().any(|a| self.carries(&a.value))
                    && let Some((receiver, _)) = call.path().and_then(|path| path.rsplit_once('.'))
                    && (self.fields.is_none() || is_record(receiver))
                {
                    self.names.insert(receiver.to_owned());
                }
            }
            Some(Expr::Operation(op, operands))
                if &**op == ":=" && operands.len() == 2 && self.carries(&operands[1]) =>
            {
                self.add(&operands[0]);
            }
            _ => {}
        }
        for part in parts_of(value) {
            self.collected(part);
        }
    }

    fn add(&mut self, target: &Value) {
        match &target.node {
            Node::List(_) | Node::Map(_) => parts_of(target).into_iter().for_each(|t| self.add(t)),
            Node::Expr(expr) => match &**expr {
                // An error beside the value is not the value.
                Expr::Reference(path) if matches!(&**path, "err" | "_") => {}
                Expr::Reference(path) if self.mixed && matches!(&**path, "error" | "e") => {}
                Expr::Reference(path) => {
                    self.names.insert(path.to_string());
                }
                Expr::Index(..) if self.mixed => self.stored = true,
                Expr::Index(base, _) | Expr::Spread(base) => self.add(base),
                _ => {}
            },
            _ => {}
        }
    }
}

/// `token[:8]` shows less than the credential.
fn is_slice(index: &Value) -> bool {
    matches!(index.as_expr(), Some(Expr::Operation(op, _)) if &**op == "slice")
}

/// `{...headers, Authorization: "***"}`: a text or a constant stands where the credential would, here or in
/// a part of the record (`{...config, client: {...config.client, secret: MASK}}`).
pub(crate) fn masks(value: &Value, known: fn(&str) -> bool) -> bool {
    match &value.node {
        Node::Map(entries) => entries.iter().any(|entry| {
            let credential = known(&entry.key) || entry.key.eq_ignore_ascii_case("authorization");
            credential && (is_text(&entry.value) || is_mask(&entry.value)) || masks(&entry.value, known)
        }),
        Node::Expr(expr) => match &**expr {
            Expr::Choice { options, .. } => options.iter().any(|option| masks(option, known)),
            _ => false,
        },
        _ => false,
    }
}

/// A text, or a choice among texts (`config.password ? "***" : "not set"`).
fn is_text(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Choice { options, .. }) => !options.is_empty() && options.iter().all(is_text),
        _ => value.as_str().is_some(),
    }
}

/// A constant whose name says that it stands for what is not shown.
fn is_mask(value: &Value) -> bool {
    let name = value.as_reference().map(|path| path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase());
    name.is_some_and(|name| ["redact", "mask", "hidden", "placeholder", "censor"].iter().any(|w| name.contains(w)))
}

/// Whether a name is one of a record or list that is put together, and not of a client.
fn is_record(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    const RECORDS: [&str; 15] = [
        "header", "param", "payload", "data", "body", "config", "option", "kwargs", "args", "env", "lines", "parts",
        "cmd", "command", "argv",
    ];
    RECORDS.iter().any(|word| last.contains(word))
}

impl Carriers {
    /// Calls that give back what they are given: conversions, and constructors when `wide` (a client made
    /// with a credential is no text that shows it).
    fn keeps_arguments(&self, method: Option<&str>) -> bool {
        let Some(method) = method else { return false };
        if self.fields.is_some() && matches!(method, "send" | "resolve" | "json" | "parse" | "loads") {
            return false;
        }
        let conversions = [
            "str",
            "dict",
            "list",
            "tuple",
            "dumps",
            "loads",
            "stringify",
            "parse",
            "format",
            "json",
            "jsonify",
            "send",
            "asdict",
            "resolve",
            "assign",
            "fromEntries",
        ];
        self.wide && method.starts_with(|c: char| c.is_ascii_uppercase()) || conversions.contains(&method)
    }
}
