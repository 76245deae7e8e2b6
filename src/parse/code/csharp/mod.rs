//! C#: statements and declarations. Expressions are in [`expression`].

mod expression;

use tree_sitter::Node as Tree;

use self::expression::{arguments, created, name_text, value};
use super::ast::{Class, Function, Import, Param, Stmt, StmtKind};
use super::lowering::{Child, Lowering, expression as expr, ladder, undeclared};
use crate::parse::code::ast::Call;
use crate::parse::value::{Expr, Value};

/// Lowers a whole file.
pub(super) fn module<'t>(l: &mut Lowering<'t>, root: Tree<'t>) -> Vec<Stmt> {
    block(l, root)
}

/// The statements or members of a block; a lone statement is a block of its own.
fn block<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Stmt> {
    match node.kind() {
        "block" | "compilation_unit" | "declaration_list" | "ERROR" => {
            let children = l.children(node);
            sequence(l, &children)
        }
        "arrow_expression_clause" => {
            let returned = l.only(node).map(|n| value(l, n));
            vec![l.stmt(node, StmtKind::Return(returned))]
        }
        _ => {
            let mut out = Vec::new();
            l.deeper_statement(node, &mut out, |l, out| statement(l, node, out));
            out
        }
    }
}

/// Statements in order; `using var x = …;` opens a block that holds the rest of them.
fn sequence<'t>(l: &mut Lowering<'t>, children: &[Child<'t>]) -> Vec<Stmt> {
    let mut out = Vec::new();
    for (index, child) in children.iter().enumerate() {
        let node = child.node;
        if node.kind() == "local_declaration_statement" && is_using(l.text(node)) {
            let mut opened = Vec::new();
            statement(l, node, &mut opened);
            let items = opened.into_iter().filter_map(|s| match s.kind {
                StmtKind::Assign { mut targets, value, .. } => Some((value, targets.pop())),
                _ => None,
            });
            let items: Vec<(Value, Option<Value>)> = items.collect();
            l.deeper_statement(node, &mut out, |l, out| {
                let body = sequence(l, &children[index + 1..]);
                out.push(l.stmt(node, StmtKind::With { items, body }));
            });
            return out;
        }
        l.deeper_statement(node, &mut out, |l, out| statement(l, node, out));
    }
    out
}

fn is_using(text: &str) -> bool {
    text.strip_prefix("await").unwrap_or(text).trim_start().starts_with("using ")
}

fn body<'t>(l: &mut Lowering<'t>, node: Tree<'t>, field: &str) -> Vec<Stmt> {
    l.field(node, field).map_or_else(Vec::new, |b| block(l, b))
}

fn statement<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    match node.kind() {
        "using_directive" => import(l, node),
        "namespace_declaration" => out.extend(body(l, node, "body")),
        "file_scoped_namespace_declaration"
        | "global_statement"
        | "checked_statement"
        | "unsafe_statement"
        | "lock_statement"
        | "preproc_if"
        | "preproc_else"
        | "preproc_elif"
        | "labeled_statement"
        | "block"
        | "ERROR" => {
            let inner = l.children(node).into_iter().filter(|c| !matches!(c.field, "name" | "condition"));
            let inner: Vec<Child<'t>> = inner.collect();
            out.extend(sequence(l, &inner));
        }
        "class_declaration"
        | "interface_declaration"
        | "record_declaration"
        | "struct_declaration"
        | "enum_declaration" => {
            out.extend(class(l, node));
        }
        "method_declaration" | "constructor_declaration" | "local_function_statement" => {
            let declared = function(l, node);
            out.push(l.stmt(node, StmtKind::Function(declared)));
        }
        "field_declaration" | "local_declaration_statement" => {
            for child in l.children(node).into_iter().filter(|c| c.node.kind() == "variable_declaration") {
                variables(l, child.node, out);
            }
        }
        "variable_declaration" => variables(l, node, out),
        "property_declaration" => out.extend(property(l, node)),
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
        "foreach_statement" | "while_statement" | "do_statement" => {
            let target = l.field(node, "left").map(|n| value(l, n));
            let header = l.field(node, "right").or_else(|| l.field(node, "condition")).map(|n| value(l, n));
            let repeated = body(l, node, "body");
            out.push(l.stmt(node, StmtKind::Loop { target, header, body: repeated }));
        }
        "try_statement" => attempt(l, node, out),
        "using_statement" => using(l, node, out),
        "switch_statement" => switch(l, node, out),
        "break_statement" | "continue_statement" | "goto_statement" => out.push(l.stmt(node, StmtKind::Jump)),
        "modifier"
        | "attribute_list"
        | "extern_alias_directive"
        | "global_attribute"
        | "empty_statement"
        | "delegate_declaration"
        | "event_field_declaration" => {}
        _ => effect(l, node, out),
    }
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

/// `using X.Y;` brings in everything of a namespace, `using A = B.C;` one name.
fn import<'t>(l: &mut Lowering<'t>, node: Tree<'t>) {
    let span = l.span(node);
    let alias = l.field(node, "name").map(|n| l.text(n));
    let Some(path) = l.children(node).into_iter().rfind(|c| c.field != "name").map(|c| l.text(c.node)) else { return };
    let (local, module, name) = match alias {
        Some(alias) => {
            let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
            (alias, module, name)
        }
        None => ("*", path, "*"),
    };
    l.imports.push(Import { local: local.into(), module: module.into(), name: Some(name.into()), span });
}

/// Attributes of a declaration.
fn decorators<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Value> {
    let mut found = Vec::new();
    for list in l.children(node).into_iter().filter(|c| c.node.kind() == "attribute_list") {
        for child in l.children(list.node).into_iter().filter(|c| c.node.kind() == "attribute") {
            found.extend(attribute(l, child.node));
        }
    }
    found
}

fn attribute<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Value> {
    let callee = l.reference(l.field(node, "name")?);
    let Some(list) = l.children(node).into_iter().find(|c| c.node.kind() == "attribute_argument_list") else {
        return Some(callee);
    };
    let args = arguments(l, list.node);
    Some(expr(l.span(node), Expr::Call(Call { callee, args, args_span: l.span(list.node) })))
}

fn class<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let name = l.field(node, "name")?;
    let mut bases = Vec::new();
    let mut fields = Vec::new();
    for child in l.children(node) {
        match child.node.kind() {
            "base_list" => {
                for base in l.children(child.node).into_iter().filter(|c| c.node.kind() != "argument_list") {
                    let ty = l.field(base.node, "type").unwrap_or(base.node);
                    bases.push(name_text(l, ty));
                }
            }
            "parameter_list" => fields.extend(components(l, child.node)),
            _ => {}
        }
    }
    let decorators = decorators(l, node);
    if let Some(inside) = l.field(node, "body") {
        if inside.kind() == "enum_member_declaration_list" {
            for child in l.children(inside) {
                let (Some(key), Some(given)) = (l.field(child.node, "name"), l.field(child.node, "value")) else {
                    continue;
                };
                let targets = vec![l.reference(key)];
                let value = value(l, given);
                fields.push(l.stmt(child.node, StmtKind::Assign { targets, value, annotation: None }));
            }
        } else {
            fields.extend(block(l, inside));
        }
    }
    let class = Class { name: l.text(name).into(), name_span: l.span(name), bases, decorators, body: fields };
    Some(l.stmt(node, StmtKind::Class(class)))
}

/// Parameters of a primary constructor are fields.
fn components<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Stmt> {
    let mut fields = Vec::new();
    for Child { node, .. } in l.children(list) {
        let Some(name) = l.field(node, "name").filter(|_| node.kind() == "parameter") else { continue };
        let targets = vec![l.reference(name)];
        let annotation = l.field(node, "type").map(|t| l.text(t).into());
        fields.push(l.stmt(node, StmtKind::Assign { targets, value: undeclared(node.end_byte()), annotation }));
    }
    fields
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
    let plain = |name: &str| Param { name: name.into(), annotation: None, default: None, pattern: Vec::new() };
    if list.kind() != "parameter_list" {
        return vec![plain(l.text(list))];
    }
    let mut found = Vec::new();
    for Child { node, .. } in l.children(list).into_iter().filter(|c| c.node.kind() == "parameter") {
        let Some(name) = l.field(node, "name") else { continue };
        let annotation = l.field(node, "type").map(|t| l.text(t).into());
        let mut rest = l.children(node).into_iter().filter(|c| !matches!(c.node.kind(), "attribute_list" | "modifier"));
        let default = rest.rfind(|c| c.field.is_empty()).map(|c| value(l, c.node));
        found.push(Param { annotation, default, ..plain(l.text(name)) });
    }
    found
}

fn variables<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let declared = l.field(node, "type").filter(|t| l.text(*t) != "var");
    let annotation: Option<Box<str>> = l.field(node, "type").map(|t| l.text(t)).filter(|t| *t != "var").map(Into::into);
    for child in l.children(node).into_iter().filter(|c| c.node.kind() == "variable_declarator") {
        let Some(name) = l.field(child.node, "name") else { continue };
        let given = l
            .children(child.node)
            .into_iter()
            .rfind(|c| c.field.is_empty() && c.node.kind() != "bracketed_argument_list");
        let targets = vec![l.reference(name)];
        let value = match given {
            Some(given) if given.node.kind() == "implicit_object_creation_expression" => {
                created(l, given.node, declared)
            }
            Some(given) => value(l, given.node),
            None => undeclared(child.node.end_byte()),
        };
        out.push(l.stmt(child.node, StmtKind::Assign { targets, value, annotation: annotation.clone() }));
    }
}

fn property<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let targets = vec![l.reference(l.field(node, "name")?)];
    let annotation = l.field(node, "type").map(|t| l.text(t).into());
    let given = l.field(node, "value");
    let given = given.and_then(|v| if v.kind() == "arrow_expression_clause" { l.only(v) } else { Some(v) });
    let value = given.map_or_else(|| undeclared(node.end_byte()), |v| value(l, v));
    Some(l.stmt(node, StmtKind::Assign { targets, value, annotation }))
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
    for child in children.iter().filter(|c| c.field == "initializer" && c.node.is_named()) {
        statement(l, child.node, out);
    }
    let header = l.field(node, "condition").map(|n| value(l, n));
    let mut repeated = body(l, node, "body");
    for child in children.iter().filter(|c| c.field == "update" && c.node.is_named()) {
        effect(l, child.node, &mut repeated);
    }
    out.push(l.stmt(node, StmtKind::Loop { target: None, header, body: repeated }));
}

fn attempt<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let guarded = body(l, node, "body");
    let (mut handlers, mut finally) = (Vec::new(), Vec::new());
    for child in l.children(node) {
        match child.node.kind() {
            "catch_clause" => handlers.push(body(l, child.node, "body")),
            "finally_clause" => finally = l.only(child.node).map_or_else(Vec::new, |b| block(l, b)),
            _ => {}
        }
    }
    out.push(l.stmt(node, StmtKind::Try { body: guarded, handlers, finally }));
}

fn using<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut items = Vec::new();
    for child in l.children(node).into_iter().filter(|c| c.field != "body") {
        if child.node.kind() != "variable_declaration" {
            items.push((value(l, child.node), None));
            continue;
        }
        let mut opened = Vec::new();
        variables(l, child.node, &mut opened);
        for stmt in opened {
            if let StmtKind::Assign { mut targets, value, .. } = stmt.kind {
                items.push((value, targets.pop()));
            }
        }
    }
    let inside = body(l, node, "body");
    out.push(l.stmt(node, StmtKind::With { items, body: inside }));
}

fn switch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let subject = l.field(node, "value").map_or_else(|| undeclared(node.start_byte()), |s| value(l, s));
    let mut cases = Vec::new();
    if let Some(sections) = l.field(node, "body") {
        for section in l.children(sections) {
            let inner = l.children(section.node).into_iter();
            let inner: Vec<Child<'t>> =
                inner.filter(|c| c.node.kind().ends_with("_statement") || c.node.kind() == "block").collect();
            cases.push(sequence(l, &inner));
        }
    }
    out.push(l.stmt(node, StmtKind::Switch { subject, cases, labels: Vec::new() }));
}

#[cfg(test)]
mod tests {
    use crate::parse::code::ast::Language;
    use crate::parse::code::show;

    fn shown(source: &str) -> String {
        show::shown(Language::CSharp, "A.cs", source)
    }

    #[test]
    fn classes_with_attributes() {
        assert_eq!(
            shown(
                "namespace N; [S(\"x\", Name = \"n\")] public class A(T t) : B<T>, C { private readonly string k = \"v\"; public string U { get; set; } = \"u\"; [KernelFunction] public async Task<T> M([D(\"d\")] string a, int b = 2) => await F(a); }"
            ),
            "@S('x', Name='n') class A(B, C){t: T = ?Unsupported; k: string = 'v'; U: string = 'u'; @KernelFunction fn M(a: string, b: int = 2){return F(a)}}"
        );
        assert_eq!(shown("enum E { A = 1, B }"), "class E(){A = 1}");
    }

    #[test]
    fn statements() {
        assert_eq!(shown("var x = new T(1); x.Y = 2;"), "x = T(1)\nx.Y = 2");
        assert_eq!(shown("{ F(); using var c = Open(); G(c); }"), "F()\nwith Open() as c {G(c)}");
        assert_eq!(shown("using (var c = Open()) { G(); }"), "with Open() as c {G()}");
        assert_eq!(shown("try { F(); } catch (E e) { G(); } finally { H(); }"), "try {F()} except {G()} finally {H()}");
        assert_eq!(shown("if (a) B(); else if (c) { D(); }"), "if a {B()} else {if c {D()} else {}}");
        assert_eq!(shown("foreach (var s in xs) { break; }"), "loop s in xs {jump}");
        assert_eq!(
            shown("switch (x) { case 1: G(); break; default: H(); break; }"),
            "switch x {G(); jump} {H(); jump}"
        );
        assert_eq!(shown("throw new E(\"x\"); return;"), "raise E('x')\nreturn ");
    }

    #[test]
    fn values() {
        let value = |code: &str| shown(&format!("x = {code};")).replace("x = ", "");
        assert_eq!(value("new T(a, name: \"n\") { Key = k, [\"d\"] = 1 }"), "T(a, name='n', Key=k, d=1)");
        assert_eq!(value("new List<string> { \"a\", \"b\" }"), "List('a', 'b')");
        assert_eq!(value("new() { Key = k }"), "new(Key=k)");
        assert_eq!(value("$\"a{b}c\" + @\"d\" + \"e\""), "+(T['a', b, 'c'], 'd', 'e')");
        assert_eq!(
            value("a?.B<T>(1).C ?? Environment.GetEnvironmentVariable(\"K\")!"),
            "or(.(a.B(1), C), Environment.GetEnvironmentVariable('K'))"
        );
        assert_eq!(value("c ? (T)a : b as T"), "if(c; a, b)");
        assert_eq!(
            value("xs[0].F(y => G(y), !z, new[] { 1, 2 }, [3])"),
            ".(xs[0], F)(fn (y){return G(y)}, not(z), [1, 2], [3])"
        );
        assert_eq!(value("new { a = 1, b }"), "{a: 1, b: b}");
        assert_eq!(value("\"\"\"raw\"\"\""), "'raw'");
    }

    #[test]
    fn imports() {
        let module = show::parsed(Language::CSharp, "A.cs", "using A.B; using C = D.E; using static F.G;");
        let all: Vec<_> = module
            .imports
            .iter()
            .map(|i| format!("{}={}:{}", i.local, i.module, i.name.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(all, ["*=A.B:*", "C=D:E", "*=F.G:*"]);
    }
}
