//! Go: statements and declarations. Expressions are in [`expression`].

mod expression;

use tree_sitter::Node as Tree;

use self::expression::{value, values};
use super::ast::{Class, Function, Import, Param, Stmt, StmtKind};
use super::lowering::{Child, Lowering, Rung, ladder, operation, undeclared};
use crate::parse::value::{Node, Value};
use crate::span::Span;

/// Lowers a whole file.
pub(super) fn module<'t>(l: &mut Lowering<'t>, root: Tree<'t>) -> Vec<Stmt> {
    block(l, root)
}

fn block<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Stmt> {
    let mut out = Vec::new();
    for child in l.children(node) {
        l.deeper_statement(child.node, &mut out, |l, out| statement(l, child.node, out));
    }
    out
}

fn body<'t>(l: &mut Lowering<'t>, node: Tree<'t>, field: &str) -> Vec<Stmt> {
    l.field(node, field).map_or_else(Vec::new, |b| block(l, b))
}

fn statement<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    match node.kind() {
        "import_declaration" => imports(l, node),
        "function_declaration" | "method_declaration" => {
            let declared = function(l, node);
            out.push(l.stmt(node, StmtKind::Function(declared)));
        }
        "type_declaration" => types(l, node, out),
        "const_declaration" | "var_declaration" | "var_spec_list" => {
            for child in l.children(node) {
                statement(l, child.node, out);
            }
        }
        "const_spec" | "var_spec" => out.extend(spec(l, node)),
        "short_var_declaration" | "assignment_statement" => out.extend(assignment(l, node)),
        "expression_statement" | "go_statement" => {
            if let Some(inner) = l.only(node) {
                let what = value(l, inner);
                out.push(l.stmt(node, StmtKind::Expr(what)));
            }
        }
        "defer_statement" => {
            if let Some(inner) = l.only(node) {
                let what = value(l, inner);
                out.push(l.stmt(node, StmtKind::Defer(what)));
            }
        }
        "return_statement" => {
            let what = l.only(node).map(|n| one(l, n));
            out.push(l.stmt(node, StmtKind::Return(what)));
        }
        "if_statement" => branch(l, node, out),
        "for_statement" => repeat(l, node, out),
        "expression_switch_statement" | "type_switch_statement" | "select_statement" => switch(l, node, out),
        "block" | "statement_list" | "ERROR" => out.extend(block(l, node)),
        "labeled_statement" => {
            for child in l.children(node).into_iter().filter(|c| c.field != "label") {
                statement(l, child.node, out);
            }
        }
        "break_statement" | "continue_statement" | "goto_statement" => out.push(l.stmt(node, StmtKind::Jump)),
        "inc_statement" | "dec_statement" | "send_statement" | "receive_statement" => {
            let kept = values(l, node);
            out.push(l.stmt(node, StmtKind::Other(kept)));
        }
        "package_clause" | "empty_statement" | "fallthrough_statement" => {}
        _ => {
            let what = value(l, node);
            out.push(l.stmt(node, StmtKind::Expr(what)));
        }
    }
}

/// An expression list of one is that one.
fn one<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Value {
    if list.kind() != "expression_list" {
        return value(l, list);
    }
    let mut all = values(l, list);
    match all.len() {
        1 => all.remove(0),
        _ => Value::new(l.span(list), Node::List(all)),
    }
}

fn imports<'t>(l: &mut Lowering<'t>, node: Tree<'t>) {
    for Child { node, .. } in l.children(node) {
        match node.kind() {
            "import_spec_list" => imports(l, node),
            "import_spec" => {
                let Some(path) = l.field(node, "path") else { continue };
                let module = l.text(path).trim_matches(['"', '`']);
                let (local, name) = match l.field(node, "name").map(|n| l.text(n)) {
                    Some(".") => ("*", Some("*".into())),
                    Some(alias) => (alias, None),
                    None => (package_name(module), None),
                };
                let span = l.span(node);
                l.imports.push(Import { local: local.into(), module: module.into(), name, span });
            }
            _ => {}
        }
    }
}

/// The name that a package most likely has: its last segment without version and `go-`.
fn package_name(path: &str) -> &str {
    let is_version = |s: &str| s.len() > 1 && s.starts_with('v') && s[1..].bytes().all(|b| b.is_ascii_digit());
    let segment = path.rsplit('/').find(|s| !is_version(s)).unwrap_or(path);
    let segment = segment.split_once(".v").map_or(segment, |(name, _)| name);
    segment.trim_start_matches("go-").trim_end_matches("-go")
}

fn function<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Function {
    let span = l.span(node);
    let name = l.field(node, "name");
    let mut parameters = l.field(node, "receiver").map_or_else(Vec::new, |r| params(l, r));
    parameters.extend(l.field(node, "parameters").map_or_else(Vec::new, |p| params(l, p)));
    Function {
        name: name.map_or("", |n| l.text(n)).into(),
        name_span: name.map_or(span, |n| l.span(n)),
        span,
        params: parameters,
        decorators: Vec::new(),
        body: body(l, node, "body"),
        doc: None,
    }
}

fn params<'t>(l: &mut Lowering<'t>, list: Tree<'t>) -> Vec<Param> {
    let mut found = Vec::new();
    for Child { node, .. } in l.children(list) {
        let annotation: Option<Box<str>> = l.field(node, "type").map(|t| l.text(t).trim_start_matches('*').into());
        for name in l.children(node).into_iter().filter(|c| c.field == "name" && c.node.is_named()) {
            let name = l.text(name.node).into();
            found.push(Param { name, annotation: annotation.clone(), default: None, pattern: Vec::new() });
        }
    }
    found
}

fn types<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    for Child { node, .. } in l.children(node) {
        let (Some(name), Some(ty)) = (l.field(node, "name"), l.field(node, "type")) else { continue };
        if ty.kind() != "struct_type" {
            continue;
        }
        let mut fields = Vec::new();
        for list in l.children(ty) {
            for field in l.children(list.node) {
                fields.extend(struct_field(l, field.node));
            }
        }
        let class = Class {
            name: l.text(name).into(),
            name_span: l.span(name),
            bases: Vec::new(),
            decorators: Vec::new(),
            body: fields,
        };
        out.push(l.stmt(node, StmtKind::Class(class)));
    }
}

fn struct_field<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let targets: Vec<Value> =
        l.children(node).into_iter().filter(|c| c.field == "name").map(|c| l.reference(c.node)).collect();
    let annotation = l.field(node, "type").map(|t| l.text(t).into());
    let value = undeclared(node.end_byte());
    (!targets.is_empty()).then(|| l.stmt(node, StmtKind::Assign { targets, value, annotation }))
}

fn spec<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let names: Vec<Tree<'t>> =
        l.children(node).into_iter().filter(|c| c.field == "name" && c.node.is_named()).map(|c| c.node).collect();
    let given = l.field(node, "value");
    let annotation: Option<Box<str>> = l.field(node, "type").map(|t| l.text(t).trim_start_matches('*').into());
    if given.is_none() && annotation.is_none() {
        return None;
    }
    let value = given.map_or_else(|| undeclared(node.end_byte()), |v| one(l, v));
    let targets = targets(names.into_iter().map(|n| l.reference(n)).collect());
    Some(l.stmt(node, StmtKind::Assign { targets, value, annotation }))
}

/// Several names on the left are one pattern, as in the other languages.
fn targets(mut all: Vec<Value>) -> Vec<Value> {
    if all.len() == 1 {
        return vec![all.remove(0)];
    }
    let span = all.iter().map(|v| v.span).reduce(Span::to).unwrap_or_default();
    vec![Value::new(span, Node::List(all))]
}

fn assignment<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let left = values(l, l.field(node, "left")?);
    let mut value = one(l, l.field(node, "right")?);
    let operator = l.field(node, "operator").map_or("=", |o| l.text(o));
    if let ([target], false) = (left.as_slice(), operator == "=") {
        value = operation(l.span(node), operator, vec![target.clone(), value]);
    }
    Some(l.stmt(node, StmtKind::Assign { targets: targets(left), value, annotation: None }))
}

/// `if init; condition { … } else if …`: what is initialised stands before the statement.
fn branch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let mut rungs: Vec<Rung> = Vec::new();
    let mut otherwise = Vec::new();
    let mut at = Some(node);
    while let Some(arm) = at {
        if arm.kind() != "if_statement" {
            otherwise = block(l, arm);
            break;
        }
        if let Some(first) = l.field(arm, "initializer") {
            statement(l, first, out);
        }
        let condition = l.field(arm, "condition").map_or_else(|| undeclared(arm.start_byte()), |c| value(l, c));
        rungs.push((l.span(arm), condition, body(l, arm, "consequence")));
        at = l.field(arm, "alternative");
    }
    out.append(&mut ladder(rungs, otherwise));
}

fn repeat<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let (mut target, mut header, mut after) = (None, None, None);
    for Child { node, field } in l.children(node) {
        match node.kind() {
            "range_clause" => {
                target = l.field(node, "left").map(|n| one(l, n));
                header = l.field(node, "right").map(|n| value(l, n));
            }
            "for_clause" => {
                if let Some(first) = l.field(node, "initializer") {
                    statement(l, first, out);
                }
                header = l.field(node, "condition").map(|n| value(l, n));
                after = l.field(node, "update");
            }
            _ if field != "body" => header = Some(value(l, node)),
            _ => {}
        }
    }
    let mut repeated = body(l, node, "body");
    if let Some(step) = after {
        statement(l, step, &mut repeated);
    }
    // `for { … }` runs until it is left.
    let header = header.or_else(|| Some(Value::new(Span::new(node.start_byte(), node.start_byte()), Node::Bool(true))));
    out.push(l.stmt(node, StmtKind::Loop { target, header, body: repeated }));
}

fn switch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    if let Some(first) = l.field(node, "initializer") {
        statement(l, first, out);
    }
    let subject = l.field(node, "value").map_or_else(|| undeclared(node.start_byte()), |s| value(l, s));
    let mut cases = Vec::new();
    for clause in l.children(node) {
        if matches!(clause.node.kind(), "expression_case" | "type_case" | "default_case" | "communication_case") {
            let mut case = Vec::new();
            for child in l.children(clause.node) {
                if matches!(child.field, "" | "communication") {
                    l.deeper_statement(child.node, &mut case, |l, case| statement(l, child.node, case));
                }
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
        show::shown(Language::Go, "a.go", &format!("package p\n{source}"))
    }

    #[test]
    fn declarations() {
        assert_eq!(
            shown("const a, b = 1, \"x\"\nvar c T\nvar d = f()"),
            "[a, b] = [1, 'x']\nc: T = ?Unsupported\nd = f()"
        );
        assert_eq!(
            shown("func (s *S) M(a, b int, c ...string) (T, error) { return f(a), nil }"),
            "fn M(s: S, a: int, b: int, c: string){return [f(a), null]}"
        );
        assert_eq!(
            shown("type S struct { A, B string; C *T }"),
            "class S(){A = B: string = ?Unsupported; C: *T = ?Unsupported}"
        );
    }

    #[test]
    fn statements() {
        let body = |code: &str| shown(&format!("func f() {{\n{code}\n}}"));
        assert_eq!(
            body("x, err := g()\nif err != nil { return err }"),
            "fn f(){[x, err] = g(); if !=(err, null) {return err} else {}}"
        );
        assert_eq!(
            body("if x := g(); x { h() } else if y { i() } else { j() }"),
            "fn f(){x = g(); if x {h()} else {if y {i()} else {j()}}}"
        );
        assert_eq!(body("defer c.Close()\ngo h()"), "fn f(){defer c.Close(); h()}");
        assert_eq!(body("defer func() { g() }()"), "fn f(){defer fn (){g()}()}");
        assert_eq!(body("for i, v := range xs { g(v) }"), "fn f(){loop [i, v] in xs {g(v)}}");
        assert_eq!(
            body("for i := 0; i < 3; i++ { break }\nfor { g() }"),
            "fn f(){i = 0; loop _ in <(i, 3) {jump; other(i)}; loop _ in true {g()}}"
        );
        assert_eq!(body("switch x { case 1: g(); default: h() }"), "fn f(){switch x {g()} {h()}}");
        assert_eq!(body("x += 1"), "fn f(){x = +=(x, 1)}");
    }

    #[test]
    fn values() {
        let value = |code: &str| shown(&format!("var x = {code}")).replace("x = ", "");
        assert_eq!(
            value("&api.Req{TTL: \"1h\", L: []string{\"a\", `b`}, M: map[string]any{\"k\": T{1}}}"),
            "api.Req(TTL='1h', L=['a', 'b'], M={k: T(1)})"
        );
        assert_eq!(value("c.Auth().Token().Create(r)"), ".(.(c.Auth(), Token)(), Create)(r)");
        assert_eq!(value("\"a\\n\" + b + `c`"), "+('a\n', b, 'c')");
        assert_eq!(value("[]T{{A: 1}, {A: 2}}"), "[{A: 1}, {A: 2}]");
        assert_eq!(value("s[0].f(xs...)"), ".(s[0], f)(*xs)");
        assert_eq!(value("!a && (b || -1 < c)"), "and(not(a), or(b, <(-1, c)))");
        assert_eq!(value("func(a T) { g() }"), "fn (a: T){g()}");
    }

    #[test]
    fn imports_get_the_packages_name() {
        let source = "package p\nimport (\n \"os\"\n v \"github.com/hashicorp/vault/api\"\n \"github.com/golang-jwt/jwt/v5\"\n . \"x/y\"\n \"gopkg.in/yaml.v3\"\n \"github.com/a/go-redis\"\n)";
        let module = show::parsed(Language::Go, "a.go", source);
        let all: Vec<_> = module.imports.iter().map(|i| format!("{}={}", i.local, i.module)).collect();
        assert_eq!(
            all,
            [
                "os=os",
                "v=github.com/hashicorp/vault/api",
                "jwt=github.com/golang-jwt/jwt/v5",
                "*=x/y",
                "yaml=gopkg.in/yaml.v3",
                "redis=github.com/a/go-redis"
            ]
        );
    }
}
