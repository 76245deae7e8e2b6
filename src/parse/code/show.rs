//! A short notation for lowered code, so that tests can say what they expect in one line.

use super::ast::{Function, Language, Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Parses and shows every statement on a line of its own.
pub(super) fn shown(language: Language, path: &str, source: &str) -> String {
    let module = parsed(language, path, source);
    stmts(&module.body)
}

pub(super) fn parsed(language: Language, path: &str, source: &str) -> Module {
    let (module, notice) = super::parse(language, path, source);
    assert_eq!(notice, None);
    let module = module.expect("the language has a lowering");
    assert_eq!(module.errors, []);
    module
}

fn stmts(body: &[Stmt]) -> String {
    body.iter().map(stmt).collect::<Vec<_>>().join("\n")
}

fn block(body: &[Stmt]) -> String {
    format!("{{{}}}", body.iter().map(stmt).collect::<Vec<_>>().join("; "))
}

fn stmt(stmt: &Stmt) -> String {
    match &stmt.kind {
        StmtKind::Function(f) => function(f),
        StmtKind::Class(c) => {
            format!("{}class {}({}){}", decorators(&c.decorators), c.name, values(&c.bases), block(&c.body))
        }
        StmtKind::Assign { targets, value: v, annotation } => {
            let targets = targets.iter().map(value).collect::<Vec<_>>().join(" = ");
            let annotation = annotation.as_ref().map_or(String::new(), |a| format!(": {a}"));
            format!("{targets}{annotation} = {}", value(v))
        }
        StmtKind::Expr(v) => value(v),
        StmtKind::Return(v) => format!("return {}", v.as_ref().map_or(String::new(), value)),
        StmtKind::Raise(v) => format!("raise {}", v.as_ref().map_or(String::new(), value)),
        StmtKind::If { condition, then, otherwise } => {
            format!("if {} {} else {}", value(condition), block(then), block(otherwise))
        }
        StmtKind::Loop { target, header, body } => {
            let part = |v: &Option<Value>| v.as_ref().map_or("_".into(), value);
            format!("loop {} in {} {}", part(target), part(header), block(body))
        }
        StmtKind::Try { body, handlers, finally } => {
            let handlers: String = handlers.iter().map(|h| format!(" except {}", block(h))).collect();
            format!("try {}{handlers} finally {}", block(body), block(finally))
        }
        StmtKind::With { items, body } => {
            let items = items.iter().map(|(v, name)| match name {
                Some(name) => format!("{} as {}", value(v), value(name)),
                None => value(v),
            });
            format!("with {} {}", items.collect::<Vec<_>>().join(", "), block(body))
        }
        StmtKind::Switch { subject, cases, .. } => {
            format!("switch {}{}", value(subject), cases.iter().map(|c| format!(" {}", block(c))).collect::<String>())
        }
        StmtKind::Defer(v) => format!("defer {}", value(v)),
        StmtKind::Jump => "jump".into(),
        StmtKind::Other(kept) => format!("other({})", values(kept)),
    }
}

fn decorators(of: &[Value]) -> String {
    of.iter().map(|d| format!("@{} ", value(d))).collect()
}

fn function(f: &Function) -> String {
    let params = f.params.iter().map(|p| {
        let annotation = p.annotation.as_ref().map_or(String::new(), |a| format!(": {a}"));
        let default = p.default.as_ref().map_or(String::new(), |d| format!(" = {}", value(d)));
        format!("{}{annotation}{default}", p.name)
    });
    let params = params.collect::<Vec<_>>().join(", ");
    format!("{}fn {}({params}){}", decorators(&f.decorators), f.name, block(&f.body))
}

fn values(of: &[Value]) -> String {
    of.iter().map(value).collect::<Vec<_>>().join(", ")
}

/// One value: text in `'…'`, references bare, `T[…]` templates, `or(…)`, `+(…)`.
fn value(v: &Value) -> String {
    match &v.node {
        Node::Null => "null".into(),
        Node::Bool(b) => b.to_string(),
        Node::Number(n) => n.to_string(),
        Node::Text(t) => format!("'{t}'"),
        Node::List(items) => format!("[{}]", values(items)),
        Node::Map(entries) => {
            let entries = entries.iter().map(|e| format!("{}: {}", e.key, value(&e.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Node::Unknown(why) => format!("?{why:?}"),
        Node::Expr(expr) => match &**expr {
            Expr::Reference(path) => path.to_string(),
            Expr::Call(call) => {
                let args = call.args.iter().map(|a| match &a.name {
                    Some(name) => format!("{name}={}", value(&a.value)),
                    None => value(&a.value),
                });
                format!("{}({})", value(&call.callee), args.collect::<Vec<_>>().join(", "))
            }
            Expr::Index(base, index) => format!("{}[{}]", value(base), value(index)),
            Expr::Template(parts) => format!("T[{}]", values(parts)),
            Expr::Choice { condition: None, options } => format!("or({})", values(options)),
            Expr::Choice { condition: Some(c), options } => format!("if({}; {})", value(c), values(options)),
            Expr::Operation(op, operands) => format!("{op}({})", values(operands)),
            Expr::Function(f) => function(f),
            Expr::Spread(inner) => format!("*{}", value(inner)),
            Expr::Alias(name) => format!("&{name}"),
        },
    }
}

/// Every span of the module, for tests that look at all of them.
pub(super) fn spans(module: &Module) -> Vec<Span> {
    let mut found: Vec<Span> = module.imports.iter().map(|i| i.span).chain(module.errors.iter().copied()).collect();
    module.body.iter().for_each(|s| stmt_spans(s, &mut found));
    found
}

fn stmt_spans(stmt: &Stmt, out: &mut Vec<Span>) {
    out.push(stmt.span);
    super::query::values_of(stmt).into_iter().for_each(|v| value_spans(v, out));
    super::query::blocks_of(stmt).into_iter().flatten().for_each(|s| stmt_spans(s, out));
}

fn value_spans(value: &Value, out: &mut Vec<Span>) {
    out.push(value.span);
    value.entries().iter().for_each(|e| out.push(e.key_span));
    super::query::parts_of(value).into_iter().for_each(|v| value_spans(v, out));
    if let Some(Expr::Function(f)) = value.as_expr() {
        f.body.iter().for_each(|s| stmt_spans(s, out));
    }
}
