//! Python: statements. Input: a syntax tree. Output: [`Stmt`]s; expressions are in [`expression`].

mod expression;
mod import;

use tree_sitter::Node as Tree;

use self::expression::{arguments, value, values};
use super::ast::{Class, Function, Param, Stmt, StmtKind};
use super::lowering::{Child, Lowering, Rung, ladder, operation, undeclared};
use crate::parse::value::{Node, Value};
use crate::span::Span;

/// Lowers a whole file.
pub(super) fn module<'t>(l: &mut Lowering<'t>, root: Tree<'t>) -> Vec<Stmt> {
    block(l, root, false)
}

fn block<'t>(l: &mut Lowering<'t>, node: Tree<'t>, in_class: bool) -> Vec<Stmt> {
    let mut out = Vec::new();
    for child in l.children(node) {
        l.deeper_statement(child.node, &mut out, |l, out| statement(l, child.node, in_class, out));
    }
    out
}

/// The block in `field`; nothing when the field is missing.
fn body<'t>(l: &mut Lowering<'t>, node: Tree<'t>, field: &str) -> Vec<Stmt> {
    l.field(node, field).map_or_else(Vec::new, |b| block(l, b, false))
}

fn statement<'t>(l: &mut Lowering<'t>, node: Tree<'t>, in_class: bool, out: &mut Vec<Stmt>) {
    match node.kind() {
        "expression_statement" => {
            for child in l.children(node) {
                effect(l, child.node, in_class, out);
            }
        }
        "import_statement" | "import_from_statement" | "future_import_statement" => import::record(l, node),
        "function_definition" => out.extend(function(l, node, node, Vec::new())),
        "class_definition" => out.extend(class(l, node, node, Vec::new())),
        "decorated_definition" => decorated(l, node, out),
        "return_statement" => {
            let what = l.only(node).map(|n| value(l, n));
            out.push(l.stmt(node, StmtKind::Return(what)));
        }
        "raise_statement" => {
            let what = l.only(node).map(|n| value(l, n));
            out.push(l.stmt(node, StmtKind::Raise(what)));
        }
        "if_statement" => branch(l, node, out),
        "for_statement" | "while_statement" => repeat(l, node, out),
        "try_statement" => attempt(l, node, out),
        "with_statement" => with(l, node, out),
        "match_statement" => switch(l, node, out),
        "break_statement" | "continue_statement" => out.push(l.stmt(node, StmtKind::Jump)),
        "block" | "ERROR" => out.extend(block(l, node, in_class)),
        "pass_statement" | "global_statement" | "nonlocal_statement" | "type_alias_statement" => {}
        "assert_statement" | "delete_statement" | "print_statement" | "exec_statement" => {
            let kept = values(l, node);
            out.push(l.stmt(node, StmtKind::Other(kept)));
        }
        _ => {
            let what = value(l, node);
            out.push(l.stmt(node, StmtKind::Expr(what)));
        }
    }
}

/// An expression statement: assignment, or an expression for its effect.
fn effect<'t>(l: &mut Lowering<'t>, node: Tree<'t>, in_class: bool, out: &mut Vec<Stmt>) {
    match node.kind() {
        "assignment" => out.extend(assignment(l, node, in_class)),
        "augmented_assignment" => {
            let (Some(left), Some(right)) = (l.field(node, "left"), l.field(node, "right")) else { return };
            let operator = l.field(node, "operator").map_or("+=", |o| l.text(o));
            let target = value(l, left);
            let added = value(l, right);
            let value = operation(l.span(node), operator, vec![target.clone(), added]);
            out.push(l.stmt(node, StmtKind::Assign { targets: vec![target], value, annotation: None }));
        }
        _ => {
            let what = value(l, node);
            out.push(l.stmt(node, StmtKind::Expr(what)));
        }
    }
}

/// `a = b = value`, `x: T = value`; a declaration without a value only inside a class.
fn assignment<'t>(l: &mut Lowering<'t>, node: Tree<'t>, in_class: bool) -> Option<Stmt> {
    let mut targets = vec![];
    let mut at = node;
    let mut annotation = None;
    let value = loop {
        targets.push(value(l, l.field(at, "left")?));
        if let Some(ty) = l.field(at, "type") {
            annotation = Some(l.text(ty).into());
        }
        match l.field(at, "right") {
            Some(next) if next.kind() == "assignment" => at = next,
            Some(right) => break value(l, right),
            None if in_class => break undeclared(node.end_byte()),
            None => return None,
        }
    };
    import::dynamic(l, &targets, &value);
    Some(l.stmt(node, StmtKind::Assign { targets, value, annotation }))
}

fn decorated<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut decorators = Vec::new();
    for child in l.children(node) {
        match child.node.kind() {
            "decorator" => {
                let inner = l.only(child.node);
                decorators.extend(inner.map(|n| value(l, n)));
            }
            "function_definition" => out.extend(function(l, child.node, node, std::mem::take(&mut decorators))),
            "class_definition" => out.extend(class(l, child.node, node, std::mem::take(&mut decorators))),
            _ => {}
        }
    }
}

fn function<'t>(l: &mut Lowering<'t>, node: Tree<'t>, whole: Tree<'t>, decorators: Vec<Value>) -> Option<Stmt> {
    let name = l.field(node, "name")?;
    let params = l.field(node, "parameters").map_or_else(Vec::new, |p| params(l, p));
    let mut body = body(l, node, "body");
    let doc = take_doc(&mut body);
    let function = Function {
        name: l.text(name).into(),
        name_span: l.span(name),
        span: l.span(whole),
        params,
        decorators,
        body,
        doc,
    };
    Some(l.stmt(whole, StmtKind::Function(function)))
}

/// Takes a leading documentation string off the body.
fn take_doc(body: &mut Vec<Stmt>) -> Option<Box<str>> {
    let StmtKind::Expr(Value { node: Node::Text(text), .. }) = &body.first()?.kind else { return None };
    let text = text.clone();
    body.remove(0);
    Some(text)
}

fn class<'t>(l: &mut Lowering<'t>, node: Tree<'t>, whole: Tree<'t>, decorators: Vec<Value>) -> Option<Stmt> {
    let name = l.field(node, "name")?;
    let bases = l
        .field(node, "superclasses")
        .map_or_else(Vec::new, |s| arguments(l, s).into_iter().filter(|a| a.name.is_none()).map(|a| a.value).collect());
    let body = l.field(node, "body").map_or_else(Vec::new, |b| block(l, b, true));
    let class = Class { name: l.text(name).into(), name_span: l.span(name), bases, decorators, body };
    Some(l.stmt(whole, StmtKind::Class(class)))
}

/// Parameters of a function or lambda; separators are left out, stars stay part of the name.
fn params<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Param> {
    let mut found = Vec::new();
    for Child { node, .. } in l.children(node) {
        let name = match node.kind() {
            "default_parameter" | "typed_default_parameter" => l.field(node, "name"),
            "typed_parameter" => l.only(node),
            "identifier" | "list_splat_pattern" | "dictionary_splat_pattern" | "tuple_pattern" => Some(node),
            _ => None,
        };
        let Some(name) = name else { continue };
        let annotation = l.field(node, "type").map(|t| l.text(t).into());
        let default = l.field(node, "value").map(|v| value(l, v));
        found.push(Param { name: l.text(name).into(), annotation, default, pattern: Vec::new() });
    }
    found
}

fn branch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut rungs = vec![rung(l, node)];
    let mut otherwise = Vec::new();
    for child in l.children(node) {
        match child.node.kind() {
            "elif_clause" => rungs.push(rung(l, child.node)),
            "else_clause" => otherwise = body(l, child.node, "body"),
            _ => {}
        }
    }
    out.append(&mut ladder(rungs, otherwise));
}

fn rung<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Rung {
    let condition = l.field(node, "condition").map_or_else(|| undeclared(node.start_byte()), |c| value(l, c));
    (l.span(node), condition, body(l, node, "consequence"))
}

fn repeat<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let target = l.field(node, "left").map(|n| value(l, n));
    let header = l.field(node, "right").or_else(|| l.field(node, "condition")).map(|n| value(l, n));
    let repeated = body(l, node, "body");
    out.push(l.stmt(node, StmtKind::Loop { target, header, body: repeated }));
    if let Some(after) = l.field(node, "alternative") {
        out.extend(body(l, after, "body"));
    }
}

fn attempt<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut guarded = body(l, node, "body");
    let (mut handlers, mut finally) = (Vec::new(), Vec::new());
    for child in l.children(node) {
        match child.node.kind() {
            "except_clause" | "except_group_clause" => handlers.push(inner_block(l, child.node)),
            "else_clause" => guarded.extend(body(l, child.node, "body")),
            "finally_clause" => finally = inner_block(l, child.node),
            _ => {}
        }
    }
    out.push(l.stmt(node, StmtKind::Try { body: guarded, handlers, finally }));
}

/// The block among the children of a clause that has no field for it.
fn inner_block<'t>(l: &mut Lowering<'t>, clause: Tree<'t>) -> Vec<Stmt> {
    let found = l.children(clause).into_iter().rev().find(|c| c.node.kind() == "block");
    found.map_or_else(Vec::new, |b| block(l, b.node, false))
}

fn with<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut items = Vec::new();
    for clause in l.children(node).into_iter().filter(|c| c.node.kind() == "with_clause") {
        for item in l.children(clause.node) {
            let Some(opened) = l.field(item.node, "value") else { continue };
            with_item(l, opened, &mut items);
        }
    }
    let inside = body(l, node, "body");
    out.push(l.stmt(node, StmtKind::With { items, body: inside }));
}

/// `open() as f`; in parentheses several of them look like a tuple.
fn with_item<'t>(l: &mut Lowering<'t>, opened: Tree<'t>, items: &mut Vec<(Value, Option<Value>)>) {
    match opened.kind() {
        "as_pattern" => {
            let children = l.children(opened);
            let target = l.field(opened, "alias").and_then(|a| l.only(a)).map(|n| value(l, n));
            if let Some(first) = children.first() {
                items.push((value(l, first.node), target));
            }
        }
        "tuple" => {
            for child in l.children(opened) {
                with_item(l, child.node, items);
            }
        }
        _ => items.push((value(l, opened), None)),
    }
}

fn switch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let subject = l.field(node, "subject").map_or_else(|| undeclared(node.start_byte()), |s| value(l, s));
    let (mut cases, mut labels) = (Vec::new(), Vec::new());
    if let Some(clauses) = l.field(node, "body") {
        for clause in l.children(clauses) {
            let patterns = l.children(clause.node).into_iter().filter(|c| c.node.kind() == "case_pattern");
            labels.push(patterns.flat_map(|p| texts(l.text(p.node))).collect());
            cases.push(body(l, clause.node, "consequence"));
        }
    }
    out.push(l.stmt(node, StmtKind::Switch { subject, cases, labels }));
}

/// The texts of a pattern: `"a" | "b"`.
fn texts(pattern: &str) -> Vec<Box<str>> {
    let text = |part: &str| {
        let quoted = ['"', '\''].into_iter().find_map(|q| part.strip_prefix(q)?.strip_suffix(q));
        quoted.map(Box::from)
    };
    pattern.split('|').filter_map(|part| text(part.trim())).collect()
}

/// The span that a text between two nodes has.
fn between(from: Tree<'_>, to: Tree<'_>) -> Span {
    Span::new(from.end_byte(), to.start_byte().max(from.end_byte()))
}

#[cfg(test)]
mod tests {
    use crate::parse::code::ast::Language;
    use crate::parse::code::show;

    fn shown(source: &str) -> String {
        show::shown(Language::Python, "a.py", source)
    }

    #[test]
    fn functions_classes_and_decorators() {
        let source = "@tool(name='x')\nasync def f(a: int = 1, *args, b, **kw) -> str:\n    \"\"\"Doc.\"\"\"\n    return await g(a)\n\
            @dataclass\nclass C(Base, metaclass=M):\n    key: str\n    url: str = 'u'\n    def m(self): pass";
        assert_eq!(
            shown(source),
            "@tool(name='x') fn f(a: int = 1, *args, b, **kw){return g(a)}\n\
             @dataclass class C(Base){key: str = ?Unsupported; url: str = 'u'; fn m(self){}}"
        );
    }

    #[test]
    fn assignments_with_chains_tuples_and_operators() {
        assert_eq!(shown("a = b = f()"), "a = b = f()");
        assert_eq!(shown("a, self.b = 1, -2"), "[a, self.b] = [1, -2]");
        assert_eq!(shown("x['k'] += 'v'"), "x['k'] = +=(x['k'], 'v')");
        assert_eq!(shown("x: int"), "");
        assert_eq!(shown("if (n := f()): pass"), "if :=(n, f()) {} else {}");
    }

    #[test]
    fn control_flow() {
        assert_eq!(shown("if a: f()\nelif b: g()\nelse: h()"), "if a {f()} else {if b {g()} else {h()}}");
        assert_eq!(
            shown("try:\n  a()\nexcept E as e:\n  b()\nelse:\n  c()\nfinally:\n  d()"),
            "try {a(); c()} except {b()} finally {d()}"
        );
        assert_eq!(shown("with a() as x, b: f()"), "with a() as x, b {f()}");
        assert_eq!(shown("async with (a() as x, b()): f()"), "with a() as x, b() {f()}");
        assert_eq!(shown("for i in xs:\n  break\nelse:\n  f()"), "loop i in xs {jump}\nf()");
        assert_eq!(shown("while True: f()"), "loop _ in true {f()}");
        assert_eq!(shown("match x:\n  case 1: a()\n  case _: b()"), "switch x {a()} {b()}");
        assert_eq!(shown("raise E('x') from e"), "raise E('x')");
        assert_eq!(shown("def f():\n  yield x\n  return\n  del y"), "fn f(){yield(x); return ; other(y)}");
    }

    #[test]
    fn values() {
        assert_eq!(shown("f(a, *b, k={'x': 1, **y})"), "f(a, *b, k={x: 1, **: *y})");
        assert_eq!(shown("[*t.get()]"), "[*t.get()]");
        assert_eq!(shown("[*T().get(), a]"), "[*.(T(), get)(), a]");
        assert_eq!(shown("[*T().get()]"), "[*.(T(), get)()]");
        assert_eq!(shown("f'a{b}c' 'd'"), "T['a', b, 'c', 'd']");
        assert_eq!(shown("('a' 'b')"), "'ab'");
        assert_eq!(shown("'a' + 'b'"), "'ab'");
        assert_eq!(shown("'a' + b + 'c'"), "+('a', b, 'c')");
        assert_eq!(shown("a or b or 'c'"), "or(a, b, 'c')");
        assert_eq!(shown("a if c else b"), "if(c; a, b)");
        assert_eq!(shown("a and not b"), "and(a, not(b))");
        assert_eq!(shown("a not  in b"), "not in(a, b)");
        assert_eq!(shown("os.environ['X']"), "os.environ['X']");
        assert_eq!(shown("a.b(1).c.d(2)"), ".(a.b(1), c.d)(2)");
        assert_eq!(shown("[f(x) for x in xs if x]"), "for(f(x), x, xs, x)");
        assert_eq!(shown("f(x for x in xs)"), "f(for(x, x, xs))");
        assert_eq!(shown("lambda x, y=1: g(x)"), "fn (x, y = 1){return g(x)}");
        assert_eq!(shown("x = {1, 2}, None, True, 1.5"), "x = [[1, 2], null, true, 1.5]");
        assert_eq!(shown("y = x[1:2], f'{{}}', r'\\n', '\\n'"), "y = [x[slice(1, 2)], '{}', '\\n', '\n']");
        assert_eq!(shown("d[a, b]"), "d[[a, b]]");
    }

    #[test]
    fn text_spans_cover_the_content_or_the_token() {
        let source = "a = 'key'\nb = 'x\\ty'\nc = 'p' 'q'";
        let module = show::parsed(Language::Python, "a.py", source);
        let spans: Vec<_> = module.body.iter().map(|s| assigned(s).span.text(source)).collect();
        assert_eq!(spans, ["key", "'x\\ty'", "'p' 'q'"]);
    }

    fn assigned(stmt: &super::Stmt) -> &super::Value {
        let super::StmtKind::Assign { value, .. } = &stmt.kind else { panic!("an assignment") };
        value
    }

    #[test]
    fn imports_wherever_they_stand() {
        let source = "from __future__ import annotations\nimport os, a.b as c\nfrom . import z\ndef f():\n  from ..x.y import (p as q, *)\n\
            m = importlib.import_module('dyn')\n"
            .replace(", *)", ")\n  from s import *");
        let module = show::parsed(Language::Python, "a.py", &source);
        let all: Vec<_> = module
            .imports
            .iter()
            .map(|i| format!("{}={}:{}", i.local, i.module, i.name.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(
            all,
            ["annotations=__future__:annotations", "os=os:-", "c=a.b:-", "z=.:z", "q=..x.y:p", "*=s:*", "m=dyn:-"]
        );
    }
}
