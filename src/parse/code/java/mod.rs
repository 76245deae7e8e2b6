//! Java: statements and declarations. Expressions are in [`expression`].

mod expression;

use tree_sitter::Node as Tree;

use self::expression::{annotation, value, values};
use super::ast::{Class, Function, Import, Param, Stmt, StmtKind};
use super::lowering::{Child, Lowering, ladder, reference, undeclared};
use crate::parse::value::Value;

/// Lowers a whole file.
pub(super) fn module<'t>(l: &mut Lowering<'t>, root: Tree<'t>) -> Vec<Stmt> {
    block(l, root)
}

/// The statements or members of a block; a lone statement is a block of its own.
fn block<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Stmt> {
    let mut out = Vec::new();
    match node.kind() {
        "block"
        | "program"
        | "class_body"
        | "interface_body"
        | "constructor_body"
        | "enum_body_declarations"
        | "ERROR" => {
            for child in l.children(node) {
                l.deeper_statement(child.node, &mut out, |l, out| statement(l, child.node, out));
            }
        }
        _ => l.deeper_statement(node, &mut out, |l, out| statement(l, node, out)),
    }
    out
}

fn body<'t>(l: &mut Lowering<'t>, node: Tree<'t>, field: &str) -> Vec<Stmt> {
    l.field(node, field).map_or_else(Vec::new, |b| block(l, b))
}

fn statement<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    match node.kind() {
        "import_declaration" => import(l, node),
        "class_declaration" | "interface_declaration" | "record_declaration" | "enum_declaration" => {
            out.extend(class(l, node))
        }
        "method_declaration" | "constructor_declaration" | "compact_constructor_declaration" => {
            let declared = function(l, node);
            out.push(l.stmt(node, StmtKind::Function(declared)));
        }
        "field_declaration" | "local_variable_declaration" | "constant_declaration" => variables(l, node, out),
        "expression_statement" => {
            if let Some(inner) = l.only(node) {
                effect(l, inner, out);
            }
        }
        "return_statement" | "yield_statement" => {
            let what = l.only(node).map(|n| value(l, n));
            out.push(l.stmt(node, StmtKind::Return(what)));
        }
        "throw_statement" => {
            let what = l.only(node).map(|n| value(l, n));
            out.push(l.stmt(node, StmtKind::Raise(what)));
        }
        "if_statement" => branch(l, node, out),
        "for_statement" => counted(l, node, out),
        "enhanced_for_statement" | "while_statement" | "do_statement" => {
            let target = l.field(node, "name").map(|n| l.reference(n));
            let header = l.field(node, "value").or_else(|| l.field(node, "condition")).map(|n| value(l, n));
            let repeated = body(l, node, "body");
            out.push(l.stmt(node, StmtKind::Loop { target, header, body: repeated }));
        }
        "try_statement" | "try_with_resources_statement" => attempt(l, node, out),
        "switch_expression" => switch(l, node, out),
        "break_statement" | "continue_statement" => out.push(l.stmt(node, StmtKind::Jump)),
        "block"
        | "static_initializer"
        | "synchronized_statement"
        | "labeled_statement"
        | "ERROR"
        | "enum_body_declarations" => {
            for child in l.children(node).into_iter().filter(|c| c.node.kind() != "identifier") {
                statement_or_block(l, child.node, out);
            }
        }
        "package_declaration" | "module_declaration" | "annotation_type_declaration" | "modifiers" => {}
        "assert_statement" => {
            let kept = values(l, node);
            out.push(l.stmt(node, StmtKind::Other(kept)));
        }
        _ => effect(l, node, out),
    }
}

fn statement_or_block<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    if node.kind() == "block" { out.extend(block(l, node)) } else { statement(l, node, out) }
}

fn effect<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let assigned = node.kind() == "assignment_expression" && l.field(node, "operator").is_none_or(|o| l.text(o) == "=");
    match (assigned, l.field(node, "left"), l.field(node, "right")) {
        (true, Some(left), Some(right)) => {
            let targets = vec![value(l, left)];
            let value = value(l, right);
            out.push(l.stmt(node, StmtKind::Assign { targets, value, annotation: None }));
        }
        _ => {
            let what = value(l, node);
            out.push(l.stmt(node, StmtKind::Expr(what)));
        }
    }
}

fn import<'t>(l: &mut Lowering<'t>, node: Tree<'t>) {
    let children = l.children(node);
    let Some(path) = children.first().map(|c| l.text(c.node)) else { return };
    let wildcard = children.iter().any(|c| c.node.kind() == "asterisk");
    let (module, name) = if wildcard { (path, "*") } else { path.rsplit_once('.').unwrap_or((path, path)) };
    let span = l.span(node);
    l.imports.push(Import { local: name.into(), module: module.into(), name: Some(name.into()), span });
}

/// Annotations of a declaration.
fn decorators<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    let mut found = Vec::new();
    for modifiers in l.children(node).into_iter().filter(|c| c.node.kind() == "modifiers") {
        for child in l.children(modifiers.node) {
            found.push(annotation(l, child.node));
        }
    }
    found
}

fn class<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let name = l.field(node, "name")?;
    let mut bases = Vec::new();
    for field in ["superclass", "interfaces"] {
        if let Some(list) = l.field(node, field) {
            types(l, list, &mut bases);
        }
    }
    let mut fields = l.field(node, "parameters").map_or_else(Vec::new, |p| components(l, p));
    let decorators = decorators(l, node);
    if let Some(inside) = l.field(node, "body") {
        if inside.kind() == "enum_body" {
            for child in l.children(inside) {
                match child.node.kind() {
                    "enum_constant" => fields.extend(constant(l, child.node)),
                    _ => fields.extend(block(l, child.node)),
                }
            }
        } else {
            fields.extend(block(l, inside));
        }
    }
    let class = Class { name: l.text(name).into(), name_span: l.span(name), bases, decorators, body: fields };
    Some(l.stmt(node, StmtKind::Class(class)))
}

fn types<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Value>) {
    for Child { node, .. } in l.children(node) {
        match node.kind() {
            "type_list" => types(l, node, out),
            "generic_type" => out.extend(l.only(node).map(|n| l.reference(n))),
            _ => out.push(l.reference(node)),
        }
    }
}

/// A record's components are its fields.
fn components<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Stmt> {
    let mut fields = Vec::new();
    for Child { node, .. } in l.children(list) {
        let Some(name) = l.field(node, "name") else { continue };
        let targets = vec![l.reference(name)];
        let annotation = l.field(node, "type").map(|t| l.text(t).into());
        fields.push(l.stmt(node, StmtKind::Assign { targets, value: undeclared(node.end_byte()), annotation }));
    }
    fields
}

fn constant<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let name = l.field(node, "name")?;
    let targets = vec![l.reference(name)];
    let value = l.field(node, "arguments").map_or_else(
        || undeclared(node.end_byte()),
        |a| {
            let items = values(l, a);
            Value::new(l.span(a), crate::parse::value::Node::List(items))
        },
    );
    Some(l.stmt(node, StmtKind::Assign { targets, value, annotation: None }))
}

fn function<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Function {
    let span = l.span(node);
    let name = l.field(node, "name");
    let params = l.field(node, "parameters").map_or_else(Vec::new, |p| params(l, p));
    let decorators = decorators(l, node);
    Function {
        name: name.map_or("", |n| l.text(n)).into(),
        name_span: name.map_or(span, |n| l.span(n)),
        span,
        params,
        decorators,
        body: body(l, node, "body"),
        doc: None,
    }
}

/// Parameters of a method or lambda.
fn params<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Param> {
    if list.kind() == "identifier" {
        return vec![Param { name: l.text(list).into(), annotation: None, default: None, pattern: Vec::new() }];
    }
    let mut found = Vec::new();
    for Child { node, .. } in l.children(list) {
        let declarator = l.children(node).into_iter().find(|c| c.node.kind() == "variable_declarator");
        let name = match node.kind() {
            "identifier" => Some(node),
            _ => l.field(declarator.map_or(node, |d| d.node), "name"),
        };
        let Some(name) = name else { continue };
        let annotation = l.field(node, "type").map(|t| l.text(t).into());
        found.push(Param { name: l.text(name).into(), annotation, default: None, pattern: Vec::new() });
    }
    found
}

fn variables<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let annotation: Option<Box<str>> = l.field(node, "type").map(|t| l.text(t)).filter(|t| *t != "var").map(Into::into);
    for child in l.children(node).into_iter().filter(|c| c.field == "declarator") {
        let Some(name) = l.field(child.node, "name") else { continue };
        let targets = vec![l.reference(name)];
        let value = match l.field(child.node, "value") {
            Some(given) => value(l, given),
            None => undeclared(child.node.end_byte()),
        };
        out.push(l.stmt(child.node, StmtKind::Assign { targets, value, annotation: annotation.clone() }));
    }
}

fn branch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut rungs = Vec::new();
    let mut otherwise = Vec::new();
    let mut at = Some(node);
    while let Some(arm) = at {
        if arm.kind() != "if_statement" {
            otherwise = block(l, arm);
            break;
        }
        let condition = l.field(arm, "condition").map_or_else(|| undeclared(arm.start_byte()), |c| value(l, c));
        rungs.push((l.span(arm), condition, body(l, arm, "consequence")));
        at = l.field(arm, "alternative");
    }
    out.append(&mut ladder(rungs, otherwise));
}

fn counted<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let children = l.children(node);
    for child in children.iter().filter(|c| c.field == "init") {
        statement(l, child.node, out);
    }
    let header = l.field(node, "condition").map(|n| value(l, n));
    let mut repeated = body(l, node, "body");
    for child in children.iter().filter(|c| c.field == "update") {
        effect(l, child.node, &mut repeated);
    }
    out.push(l.stmt(node, StmtKind::Loop { target: None, header, body: repeated }));
}

fn attempt<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut guarded = body(l, node, "body");
    let (mut handlers, mut finally) = (Vec::new(), Vec::new());
    for child in l.children(node) {
        match child.node.kind() {
            "catch_clause" => handlers.push(body(l, child.node, "body")),
            "finally_clause" => finally = l.only(child.node).map_or_else(Vec::new, |b| block(l, b)),
            _ => {}
        }
    }
    if let Some(list) = l.field(node, "resources") {
        let items = resources(l, list);
        guarded = vec![l.stmt(node, StmtKind::With { items, body: guarded })];
        if handlers.is_empty() && finally.is_empty() {
            return out.append(&mut guarded);
        }
    }
    out.push(l.stmt(node, StmtKind::Try { body: guarded, handlers, finally }));
}

fn resources<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<(Value, Option<Value>)> {
    let mut items = Vec::new();
    for Child { node, .. } in l.children(list) {
        let name = l.field(node, "name").map(|n| l.reference(n));
        let opened = match l.field(node, "value") {
            Some(given) => value(l, given),
            None => reference(l.span(node), l.text(node)),
        };
        items.push((opened, name));
    }
    items
}

fn switch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let subject = l.field(node, "condition").map_or_else(|| undeclared(node.start_byte()), |s| value(l, s));
    let mut cases = Vec::new();
    if let Some(clauses) = l.field(node, "body") {
        for clause in l.children(clauses) {
            let mut case = Vec::new();
            for child in l.children(clause.node).into_iter().filter(|c| c.node.kind() != "switch_label") {
                l.deeper_statement(child.node, &mut case, |l, case| statement_or_block(l, child.node, case));
            }
            cases.push(case);
        }
    }
    out.push(l.stmt(node, StmtKind::Switch { subject, cases, labels: Vec::new() }));
}

#[cfg(test)]
mod tests {
    use crate::parse::code::ast::Language;
    use crate::parse::code::show;

    fn shown(source: &str) -> String {
        show::shown(Language::Java, "A.java", source)
    }

    #[test]
    fn classes_with_annotations() {
        assert_eq!(
            shown(
                "@Service public class A extends B<T> implements C, D { private final String k = \"v\"; String u; @Tool(\"does\") T m(@P(\"x\") String a, int... b) { return f(a); } A() { } }"
            ),
            "@Service class A(B, C, D){k: String = 'v'; u: String = ?Unsupported; @Tool('does') fn m(a: String, b){return f(a)}; fn A(){}}"
        );
        assert_eq!(
            shown("record R(String a, int b) { }"),
            "class R(){a: String = ?Unsupported; b: int = ?Unsupported}"
        );
        assert_eq!(
            shown("@Tool(name = \"n\", description = \"d\") interface I { String chat(String m); }"),
            "@Tool(name='n', description='d') class I(){fn chat(m: String){}}"
        );
    }

    #[test]
    fn statements() {
        let body = |code: &str| {
            shown(&format!("class A {{ void f() {{ {code} }} }}"))
                .replace("class A(){fn f()", "")
                .trim_end_matches('}')
                .to_owned()
        };
        assert_eq!(body("var x = new T<>(1); x.y = 2;"), "{x = T(1); x.y = 2");
        assert_eq!(
            body("try (var c = open()) { g(); } catch (E e) { h(); } finally { i(); }"),
            "{try {with open() as c {g()}} except {h()} finally {i()"
        );
        assert_eq!(body("if (a) b(); else if (c) { d(); }"), "{if a {b()} else {if c {d()} else {");
        assert_eq!(
            body("for (String s : xs) { break; } for (int i = 0; i < 2; i++) g(i);"),
            "{loop s in xs {jump}; i: int = 0; loop _ in <(i, 2) {g(i); ++(i)"
        );
        assert_eq!(body("switch (x) { case 1: g(); break; default: h(); }"), "{switch x {g(); jump} {h()");
        assert_eq!(body("throw new E(\"x\");"), "{raise E('x')");
    }

    #[test]
    fn values() {
        let value = |code: &str| {
            shown(&format!("class A {{ Object x = {code}; }}"))
                .replace("class A(){x: Object = ", "")
                .trim_end_matches('}')
                .to_owned()
        };
        assert_eq!(
            value("A.builder().key(System.getenv(\"K\")).build()"),
            ".(.(A.builder(), key)(System.getenv('K')), build)()"
        );
        assert_eq!(value("\"a\" + \"b\" + c"), "+('a', 'b', c)");
        assert_eq!(value("a ? b : (T) c"), "if(a; b, c)");
        assert_eq!(value("x -> g(x)"), "fn (x){return g(x)");
        assert_eq!(value("this.a.b(Foo::bar, new int[]{1, 2}, xs[0], !c)"), "this.a.b(Foo.bar, [1, 2], xs[0], not(c))");
        assert_eq!(value("List.of(\"a\", null, true, -1)"), "List.of('a', null, true, -1)");
    }

    #[test]
    fn imports() {
        let module = show::parsed(Language::Java, "A.java", "import a.b.C; import static a.D.e; import f.*;");
        let all: Vec<_> = module
            .imports
            .iter()
            .map(|i| format!("{}={}:{}", i.local, i.module, i.name.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(all, ["C=a.b:C", "e=a.D:e", "*=f:*"]);
    }
}
