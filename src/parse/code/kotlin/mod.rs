//! Kotlin: statements and declarations. Expressions are in [`expression`].

mod expression;

use tree_sitter::Node as Tree;

use self::expression::{arguments, value};
use super::ast::{Call, Class, Function, Import, Param, Stmt, StmtKind};
use super::lowering::{Child, Lowering, Rung, expression as expr, ladder, operation, undeclared};
use crate::parse::value::{Expr, Node, Value};

/// Lowers a whole file.
pub(super) fn module<'t>(l: &mut Lowering<'t>, root: Tree<'t>) -> Vec<Stmt> {
    block(l, root)
}

/// The statements or members of a block; a lone statement is a block of its own.
fn block<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Stmt> {
    let mut out = Vec::new();
    match node.kind() {
        "block" | "source_file" | "class_body" | "enum_class_body" | "ERROR" => {
            for child in l.children(node) {
                l.deeper_statement(child.node, &mut out, |l, out| statement(l, child.node, out));
            }
        }
        _ => l.deeper_statement(node, &mut out, |l, out| statement(l, node, out)),
    }
    out
}

fn statement<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    match node.kind() {
        "import" => import(l, node),
        "class_declaration" | "object_declaration" | "companion_object" => out.extend(class(l, node)),
        "function_declaration" | "secondary_constructor" => {
            let declared = function(l, node);
            out.push(l.stmt(node, StmtKind::Function(declared)));
        }
        "property_declaration" => out.extend(property(l, node)),
        "enum_entry" => out.extend(entry(l, node)),
        "assignment" => out.extend(assignment(l, node)),
        "return_expression" => {
            let what = l.children(node).into_iter().rfind(|c| c.field != "label").map(|c| value(l, c.node));
            out.push(l.stmt(node, StmtKind::Return(what)));
        }
        "throw_expression" => {
            let what = l.only(node).map(|n| value(l, n));
            out.push(l.stmt(node, StmtKind::Raise(what)));
        }
        "if_expression" => branch(l, node, out),
        "for_statement" | "while_statement" | "do_while_statement" => repeat(l, node, out),
        "try_expression" => attempt(l, node, out),
        "when_expression" => switch(l, node, out),
        "block" | "anonymous_initializer" | "labeled_expression" | "ERROR" => {
            for child in l.children(node).into_iter().filter(|c| c.node.kind() != "label") {
                out.extend(block(l, child.node));
            }
        }
        "package_header" | "type_alias" | "file_annotation" | "getter" | "setter" | "shebang" | "modifiers" => {}
        _ => {
            let what = value(l, node);
            out.push(l.stmt(node, StmtKind::Expr(what)));
        }
    }
}

fn import<'t>(l: &mut Lowering<'t>, node: Tree<'t>) {
    let span = l.span(node);
    let mut names = l.children(node).into_iter().map(|c| c.node);
    let Some(path) = names.next().map(|n| l.text(n)) else { return };
    let alias = names.next().map(|n| l.text(n));
    let (module, name) = match l.text(node).trim_end().ends_with('*') {
        true => (path, "*"),
        false => path.rsplit_once('.').unwrap_or((path, path)),
    };
    l.imports.push(Import {
        local: alias.unwrap_or(name).into(),
        module: module.into(),
        name: Some(name.into()),
        span,
    });
}

/// Annotations of a declaration.
fn decorators<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    let mut found = Vec::new();
    for modifiers in l.children(node).into_iter().filter(|c| c.node.kind() == "modifiers") {
        for child in l.children(modifiers.node).into_iter().filter(|c| c.node.kind() == "annotation") {
            for inner in l.children(child.node) {
                match inner.node.kind() {
                    "constructor_invocation" => found.extend(constructed(l, inner.node)),
                    "user_type" => found.push(l.reference(inner.node)),
                    _ => {}
                }
            }
        }
    }
    found
}

/// `Type(arguments)` of an annotation or base class.
fn constructed<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Value> {
    let children = l.children(node);
    let callee = type_name(l, children.first()?.node);
    let list = children.get(1)?.node;
    let args = arguments(l, list);
    Some(expr(l.span(node), Expr::Call(Call { callee, args, args_span: l.span(list) })))
}

/// A type's name without its arguments.
fn type_name<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Value {
    let end = l.children(node).into_iter().find(|c| c.node.kind() == "type_arguments").map(|c| c.node.start_byte());
    let span = crate::span::Span::new(node.start_byte(), end.unwrap_or(node.end_byte()));
    super::lowering::reference(span, span.text(l.source))
}

fn class<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let name = l.field(node, "name");
    let decorators = decorators(l, node);
    let (mut bases, mut body) = (Vec::new(), Vec::new());
    for child in l.children(node) {
        match child.node.kind() {
            "primary_constructor" => body.extend(components(l, child.node)),
            "delegation_specifiers" => {
                for specifier in l.children(child.node) {
                    for base in l.children(specifier.node) {
                        match base.node.kind() {
                            "constructor_invocation" => bases.extend(constructed(l, base.node)),
                            "user_type" => bases.push(type_name(l, base.node)),
                            _ => {}
                        }
                    }
                }
            }
            "class_body" | "enum_class_body" => body.extend(block(l, child.node)),
            _ => {}
        }
    }
    let class = Class {
        name: name.map_or("Companion", |n| l.text(n)).into(),
        name_span: l.span(name.unwrap_or(node)),
        bases,
        decorators,
        body,
    };
    Some(l.stmt(node, StmtKind::Class(class)))
}

/// Parameters of the primary constructor are fields.
fn components<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Stmt> {
    let mut fields = Vec::new();
    for list in l.children(node).into_iter().filter(|c| c.node.kind() == "class_parameters") {
        for Child { node, .. } in l.children(list.node) {
            let inner = l.children(node).into_iter().filter(|c| c.node.kind() != "modifiers");
            let inner: Vec<Child<'t>> = inner.collect();
            let Some(name) = inner.first() else { continue };
            let annotation = inner.get(1).map(|t| l.text(t.node).into());
            let targets = vec![l.reference(name.node)];
            let value = match inner.get(2) {
                Some(default) => value(l, default.node),
                None => undeclared(node.end_byte()),
            };
            fields.push(l.stmt(node, StmtKind::Assign { targets, value, annotation }));
        }
    }
    fields
}

fn entry<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let children = l.children(node);
    let name = children.iter().find(|c| c.node.kind() == "identifier")?;
    let list = children.iter().find(|c| c.node.kind() == "value_arguments");
    let value = match list {
        Some(list) => {
            let items = arguments(l, list.node).into_iter().map(|a| a.value).collect();
            Value::new(l.span(list.node), Node::List(items))
        }
        None => undeclared(node.end_byte()),
    };
    Some(l.stmt(node, StmtKind::Assign { targets: vec![l.reference(name.node)], value, annotation: None }))
}

fn function<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Function {
    let span = l.span(node);
    let name = l.field(node, "name");
    let decorators = decorators(l, node);
    let (mut parameters, mut body) = (Vec::new(), Vec::new());
    for child in l.children(node) {
        match child.node.kind() {
            "function_value_parameters" => parameters = params(l, child.node),
            "function_body" => body = function_body(l, child.node),
            "block" => body = block(l, child.node),
            _ => {}
        }
    }
    Function {
        name: name.map_or("", |n| l.text(n)).into(),
        name_span: name.map_or(span, |n| l.span(n)),
        span,
        params: parameters,
        decorators,
        body,
        doc: None,
    }
}

/// A block, or `= expression`.
fn function_body<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Stmt> {
    match l.only(node) {
        Some(inner) if inner.kind() == "block" => block(l, inner),
        Some(inner) => {
            let returned = value(l, inner);
            vec![Stmt { span: returned.span, kind: StmtKind::Return(Some(returned)) }]
        }
        None => Vec::new(),
    }
}

/// Parameters with their defaults, which stand beside them.
fn params<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Param> {
    let mut found: Vec<Param> = Vec::new();
    for Child { node, .. } in l.children(list) {
        match node.kind() {
            "parameter" => {
                let inner = l.children(node);
                let Some(name) = inner.first() else { continue };
                let annotation = inner.get(1).map(|t| l.text(t.node).into());
                found.push(Param { name: l.text(name.node).into(), annotation, default: None, pattern: Vec::new() });
            }
            "parameter_modifiers" => {}
            _ => {
                let default = value(l, node);
                if let Some(last) = found.last_mut() {
                    last.default = Some(default);
                }
            }
        }
    }
    found
}

fn property<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let (mut target, mut annotation, mut given) = (None, None, None);
    for child in l.children(node) {
        match child.node.kind() {
            "variable_declaration" => {
                let inner = l.children(child.node).into_iter().filter(|c| c.node.kind() != "annotation");
                let inner: Vec<Child<'t>> = inner.collect();
                target = inner.first().map(|n| l.reference(n.node));
                annotation = inner.get(1).map(|t| l.text(t.node).into());
            }
            "multi_variable_declaration" => {
                let names = l.children(child.node).into_iter().map(|c| l.reference(c.node)).collect();
                target = Some(Value::new(l.span(child.node), Node::List(names)));
            }
            "property_delegate" => given = l.only(child.node),
            "modifiers" | "getter" | "setter" | "type_constraints" | "type_parameters" | "nullable_type" => {}
            _ if target.is_some() => given = Some(child.node),
            _ => {}
        }
    }
    let value = given.map_or_else(|| undeclared(node.end_byte()), |g| value(l, g));
    Some(l.stmt(node, StmtKind::Assign { targets: vec![target?], value, annotation }))
}

fn assignment<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let target = value(l, l.field(node, "left")?);
    let mut given = value(l, l.field(node, "right")?);
    let operator = l.field(node, "operator").map_or("=", |o| l.text(o));
    if operator != "=" {
        given = operation(l.span(node), operator, vec![target.clone(), given]);
    }
    Some(l.stmt(node, StmtKind::Assign { targets: vec![target], value: given, annotation: None }))
}

/// The branches of an `if`: what stands beside its condition, in order.
fn arms<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Tree<'t>> {
    l.children(node).into_iter().filter(|c| c.field != "condition").map(|c| c.node).collect()
}

fn branch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut rungs: Vec<Rung> = Vec::new();
    let mut otherwise = Vec::new();
    let mut at = Some(node);
    while let Some(arm) = at.take() {
        let condition = l.field(arm, "condition").map_or_else(|| undeclared(arm.start_byte()), |c| value(l, c));
        let branches = arms(l, arm);
        let then = branches.first().map_or_else(Vec::new, |b| block(l, *b));
        rungs.push((l.span(arm), condition, then));
        match branches.get(1) {
            Some(next) if next.kind() == "if_expression" => at = Some(*next),
            Some(last) => otherwise = block(l, *last),
            None => {}
        }
    }
    out.append(&mut ladder(rungs, otherwise));
}

fn repeat<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let (mut target, mut header, mut body) = (None, l.field(node, "condition").map(|c| value(l, c)), Vec::new());
    for child in l.children(node).into_iter().filter(|c| c.field != "condition") {
        match child.node.kind() {
            "variable_declaration" => target = l.only(child.node).map(|n| l.reference(n)),
            "block" => body = block(l, child.node),
            "annotation" | "label" | "multi_variable_declaration" => {}
            _ if node.kind() == "for_statement" && header.is_none() => header = Some(value(l, child.node)),
            _ => body = block(l, child.node),
        }
    }
    out.push(l.stmt(node, StmtKind::Loop { target, header, body }));
}

fn attempt<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let (mut guarded, mut handlers, mut finally) = (Vec::new(), Vec::new(), Vec::new());
    for child in l.children(node) {
        let inner = |l: &mut Lowering<'t>| {
            let found = l.children(child.node).into_iter().rfind(|c| c.node.kind() == "block");
            found.map_or_else(Vec::new, |b| block(l, b.node))
        };
        match child.node.kind() {
            "block" => guarded = block(l, child.node),
            "catch_block" => handlers.push(inner(l)),
            "finally_block" => finally = inner(l),
            _ => {}
        }
    }
    out.push(l.stmt(node, StmtKind::Try { body: guarded, handlers, finally }));
}

fn switch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let (mut subject, mut cases) = (undeclared(node.start_byte()), Vec::new());
    for child in l.children(node) {
        match child.node.kind() {
            "when_subject" => {
                let inner = l.children(child.node).into_iter().next_back();
                subject = inner.map_or_else(|| undeclared(node.start_byte()), |n| value(l, n.node));
            }
            "when_entry" => {
                let inner = l.children(child.node).into_iter().rfind(|c| c.field != "condition");
                cases.push(inner.map_or_else(Vec::new, |b| block(l, b.node)));
            }
            _ => {}
        }
    }
    out.push(l.stmt(node, StmtKind::Switch { subject, cases, labels: Vec::new() }));
}

#[cfg(test)]
mod tests {
    use crate::parse::code::ast::Language;
    use crate::parse::code::show;

    fn shown(source: &str) -> String {
        show::shown(Language::Kotlin, "A.kt", source)
    }

    #[test]
    fn classes_and_functions() {
        assert_eq!(
            shown(
                "@Service\nclass A(private val k: String, n: Int = 1) : B(k), C {\n val u: String = \"u\"\n @Tool(\"does\")\n suspend fun m(a: String, b: Int = 2): T = f(a)\n companion object {\n val x = 1\n }\n}"
            ),
            "@Service class A(B(k), C){k: String = ?Unsupported; n: Int = 1; u: String = 'u'; @Tool('does') fn m(a: String, b: Int = 2){return f(a)}; class Companion(){x = 1}}"
        );
        assert_eq!(
            shown("enum class E(val v: String) { A(\"a\"), B(\"b\") }"),
            "class E(){v: String = ?Unsupported; A = ['a']; B = ['b']}"
        );
    }

    #[test]
    fn statements() {
        let body = |code: &str| shown(&format!("fun f() {{\n{code}\n}}")).replace("fn f()", "");
        assert_eq!(body("var x = g()\nx = 2\nx += 1"), "{x = g(); x = 2; x = +=(x, 1)}");
        assert_eq!(body("if (a) b() else if (c) { d() } else e()"), "{if a {b()} else {if c {d()} else {e()}}}");
        assert_eq!(body("try { a() } catch (e: E) { b() } finally { c() }"), "{try {a()} except {b()} finally {c()}}");
        assert_eq!(body("for (x in xs) { g(x) }\nwhile (a) { g() }"), "{loop x in xs {g(x)}; loop _ in a {g()}}");
        assert_eq!(body("when (x) { 1 -> g()\n else -> { h() } }"), "{switch x {g()} {h()}}");
        assert_eq!(body("return g()"), "{return g()}");
        assert_eq!(body("throw E(\"x\")"), "{raise E('x')}");
    }

    #[test]
    fn values() {
        let value = |code: &str| shown(&format!("val x = {code}")).replace("x = ", "");
        assert_eq!(value("A(k = \"v\", *xs) { g(it) }"), "A(k='v', *xs, fn (){g(it)})");
        assert_eq!(value("a.b(1)?.c?.d(2)"), ".(a.b(1), c.d)(2)");
        assert_eq!(value("System.getenv(\"K\") ?: \"d\""), "or(System.getenv('K'), 'd')");
        assert_eq!(value("\"a${b}c$d\" + \"e\""), "+(T['a', b, 'c', d], 'e')");
        assert_eq!(value("m[\"k\"]!!"), "m['k']");
        assert_eq!(value("mapOf(\"a\" to 1, \"b\" to c)"), "mapOf(to('a', 1), to('b', c))");
        assert_eq!(value("if (a) b else c"), "if(a; b, c)");
        assert_eq!(value("!a && -1 < b"), "and(not(a), <(-1, b))");
        assert_eq!(value("{ y: T -> g(y) }"), "fn (y: T){g(y)}");
    }

    #[test]
    fn imports() {
        let module = show::parsed(Language::Kotlin, "A.kt", "import a.b.C\nimport a.D as E\nimport f.*\n");
        let all: Vec<_> = module
            .imports
            .iter()
            .map(|i| format!("{}={}:{}", i.local, i.module, i.name.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(all, ["C=a.b:C", "E=a:D", "*=f:*"]);
    }
}
