//! TypeScript and JavaScript, with and without JSX: statements. Input: a syntax tree of any of the
//! three grammars. Output: [`Stmt`]s; expressions are in [`expression`].

mod class;
mod expression;
mod import;
mod pattern;

use tree_sitter::Node as Tree;

use self::expression::{function, value};
use self::pattern::pattern;
use super::ast::{Stmt, StmtKind};
use super::lowering::{Child, Lowering, ladder, operation, reference, undeclared};
use crate::parse::value::{Expr, Value};

/// Lowers a whole file.
pub(super) fn module<'t>(l: &mut Lowering<'t>, root: Tree<'t>) -> Vec<Stmt> {
    block(l, root)
}

/// The statements of a block; a lone statement is a block of its own.
fn block<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Vec<Stmt> {
    let mut out = Vec::new();
    match node.kind() {
        "statement_block" | "program" | "ERROR" | "class_static_block" => {
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
        "expression_statement" => {
            if let Some(inner) = l.only(node) {
                effect(l, inner, out);
            }
        }
        "lexical_declaration" | "variable_declaration" | "using_declaration" => declarations(l, node, out),
        "import_statement" => import::record(l, node),
        "export_statement" => export(l, node, out),
        "function_declaration" | "generator_function_declaration" => {
            let declared = function(l, node, "");
            out.push(l.stmt(node, StmtKind::Function(declared)));
        }
        "class_declaration" | "abstract_class_declaration" | "class" => out.extend(class::class(l, node)),
        "enum_declaration" => out.extend(class::enumeration(l, node)),
        "return_statement" => {
            let what = l.only(node).map(|n| value(l, n));
            out.push(l.stmt(node, StmtKind::Return(what)));
        }
        "throw_statement" => {
            let what = l.only(node).map(|n| value(l, n));
            out.push(l.stmt(node, StmtKind::Raise(what)));
        }
        "if_statement" => branch(l, node, out),
        "for_statement" => counted(l, node, out),
        "for_in_statement" | "while_statement" | "do_statement" => repeat(l, node, out),
        "try_statement" => attempt(l, node, out),
        "switch_statement" => switch(l, node, out),
        "break_statement" | "continue_statement" => out.push(l.stmt(node, StmtKind::Jump)),
        "statement_block" | "ERROR" => out.extend(block(l, node)),
        "labeled_statement" | "with_statement" => out.extend(body(l, node, "body")),
        "internal_module" | "module" => out.extend(body(l, node, "body")),
        "interface_declaration"
        | "type_alias_declaration"
        | "function_signature"
        | "ambient_declaration"
        | "empty_statement"
        | "debugger_statement"
        | "import_alias"
        | "hash_bang_line" => {}
        _ => effect(l, node, out),
    }
}

/// An expression for its effect; an assignment is a statement of its own.
fn effect<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    match node.kind() {
        "assignment_expression" => out.extend(assignment(l, node)),
        "augmented_assignment_expression" => {
            let (Some(left), Some(right)) = (l.field(node, "left"), l.field(node, "right")) else { return };
            let operator = l.field(node, "operator").map_or("+=", |o| l.text(o));
            let target = value(l, left);
            let added = value(l, right);
            let value = operation(l.span(node), operator, vec![target.clone(), added]);
            out.push(l.stmt(node, StmtKind::Assign { targets: vec![target], value, annotation: None }));
        }
        "sequence_expression" => {
            for Child { node, .. } in l.children(node) {
                l.deeper_statement(node, out, |l, out| effect(l, node, out));
            }
        }
        "internal_module" => out.extend(body(l, node, "body")),
        _ => {
            let what = value(l, node);
            out.push(l.stmt(node, StmtKind::Expr(what)));
        }
    }
}

/// `a = b = value`.
fn assignment<'t>(l: &mut Lowering<'t>, node: Tree<'t>) -> Option<Stmt> {
    let mut targets = Vec::new();
    let mut at = node;
    let given = loop {
        targets.push(pattern(l, l.field(at, "left")?));
        let right = l.field(at, "right")?;
        if right.kind() != "assignment_expression" {
            break named(l, right, &targets);
        }
        at = right;
    };
    import::dynamic(l, &targets, &given);
    Some(l.stmt(node, StmtKind::Assign { targets, value: given, annotation: None }))
}

/// `const a = 1, b = 2`; without a value there is nothing to say.
fn declarations<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    for Child { node, .. } in l.children(node) {
        let (Some(name), Some(given)) = (l.field(node, "name"), l.field(node, "value")) else { continue };
        let targets = vec![pattern(l, name)];
        let value = named(l, given, &targets);
        let annotation = l.field(node, "type").map(|t| type_text(l, t));
        import::dynamic(l, &targets, &value);
        out.push(l.stmt(node, StmtKind::Assign { targets, value, annotation }));
    }
}

/// The value assigned to `targets`; a function without a name takes that of a plain target, as it
/// does at run time.
fn named<'t>(l: &mut Lowering<'t>, node: Tree<'t>, targets: &[Value]) -> Value {
    let mut given = value(l, node);
    if let ([target], crate::parse::value::Node::Expr(expr)) = (targets, &mut given.node)
        && let (Some(name), Expr::Function(function)) = (target.as_reference(), &mut **expr)
        && function.name.is_empty()
    {
        function.name = name.rsplit('.').next().unwrap_or(name).into();
        function.name_span = target.span;
    }
    given
}

/// A type annotation without its colon.
fn type_text<'t>(l: &Lowering<'t>, node: Tree<'t>) -> Box<str> {
    l.text(node).trim_start_matches(':').trim().into()
}

fn export<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    if l.field(node, "source").is_some() {
        return import::reexport(l, node);
    }
    if let Some(declaration) = l.field(node, "declaration") {
        let from = out.len();
        statement(l, declaration, out);
        let decorators: Vec<Value> = class::decorators(l, node);
        if let (false, Some(Stmt { kind: StmtKind::Class(class), .. })) = (decorators.is_empty(), out.get_mut(from)) {
            class.decorators.splice(0..0, decorators);
        }
        return;
    }
    let Some(given) = l.field(node, "value") else { return };
    let target = reference(l.span(given), "default");
    let value = value(l, given);
    out.push(l.stmt(node, StmtKind::Assign { targets: vec![target], value, annotation: None }));
}

fn branch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    // `else if` nests in the tree; a long ladder is walked down and built from its foot.
    let mut arms = vec![node];
    let mut otherwise = Vec::new();
    while let Some(rest) = arms.last().and_then(|&arm| l.field(arm, "alternative")).and_then(|e| l.only(e)) {
        if rest.kind() != "if_statement" {
            otherwise = block(l, rest);
            break;
        }
        arms.push(rest);
    }
    let mut rungs = Vec::new();
    for arm in arms {
        let condition = l.field(arm, "condition").map_or_else(|| undeclared(arm.start_byte()), |c| value(l, c));
        rungs.push((l.span(arm), condition, body(l, arm, "consequence")));
    }
    out.append(&mut ladder(rungs, otherwise));
}

/// `for (init; condition; step)`: the first goes before the loop, the last ends its body.
fn counted<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    if let Some(first) = l.field(node, "initializer") {
        statement(l, first, out);
    }
    let condition = l.field(node, "condition").filter(|c| c.is_named() && c.kind() != "empty_statement");
    let header = condition.map(|c| value(l, c));
    let mut repeated = body(l, node, "body");
    if let Some(step) = l.field(node, "increment") {
        effect(l, step, &mut repeated);
    }
    out.push(l.stmt(node, StmtKind::Loop { target: None, header, body: repeated }));
}

fn repeat<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let target = l.field(node, "left").map(|n| pattern(l, n));
    let header = l.field(node, "right").or_else(|| l.field(node, "condition")).map(|n| value(l, n));
    let repeated = body(l, node, "body");
    out.push(l.stmt(node, StmtKind::Loop { target, header, body: repeated }));
}

fn attempt<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let guarded = body(l, node, "body");
    let handlers = l.field(node, "handler").map(|h| body(l, h, "body"));
    let finally = l.field(node, "finalizer").map_or_else(Vec::new, |f| body(l, f, "body"));
    out.push(l.stmt(node, StmtKind::Try { body: guarded, handlers: handlers.into_iter().collect(), finally }));
}

fn switch<'t>(l: &mut Lowering<'t>, node: Tree<'t>, out: &mut Vec<Stmt>) {
    let subject = l.field(node, "value").map_or_else(|| undeclared(node.start_byte()), |s| value(l, s));
    let (mut cases, mut labels) = (Vec::new(), Vec::new());
    if let Some(clauses) = l.field(node, "body") {
        for clause in l.children(clauses) {
            let label = l.field(clause.node, "value").map(|n| value(l, n));
            labels.push(label.iter().filter_map(|v| v.as_str().map(Box::from)).collect());
            let mut case = Vec::new();
            for child in l.children(clause.node).into_iter().filter(|c| c.field == "body") {
                l.deeper_statement(child.node, &mut case, |l, case| statement(l, child.node, case));
            }
            cases.push(case);
        }
    }
    out.push(l.stmt(node, StmtKind::Switch { subject, cases, labels }));
}

#[cfg(test)]
mod tests {
    use crate::parse::code::ast::Language;
    use crate::parse::code::show;

    /// Shown by the three grammars, which must agree on what they share.
    fn shown(source: &str) -> String {
        let all = [(Language::TypeScript, "a.ts"), (Language::TypeScript, "a.tsx"), (Language::JavaScript, "a.js")]
            .map(|(language, path)| show::shown(language, path, source));
        assert_eq!(all[0], all[1]);
        assert_eq!(all[0], all[2]);
        all.into_iter().next().unwrap()
    }

    fn typed(source: &str) -> String {
        show::shown(Language::TypeScript, "a.ts", source)
    }

    #[test]
    fn declarations_and_assignments() {
        assert_eq!(shown("export const a = 1, b = f(); let c"), "a = 1\nb = f()");
        assert_eq!(shown("const { a, b: c, d = 1, ...e } = f()"), "{a: a, b: c, d: d, ...: *e} = f()");
        assert_eq!(shown("const [x, y] = z"), "[x, y] = z");
        assert_eq!(shown("a.b = c['d'] = null"), "a.b = c['d'] = null");
        assert_eq!(shown("export default f({ x })"), "default = f({x: x})");
        assert_eq!(shown("n += 1"), "n = +=(n, 1)");
        assert_eq!(typed("const a: Agent<T> = new Agent<T>({ k: 'v' } as X)!"), "a: Agent<T> = Agent({k: 'v'})");
    }

    #[test]
    fn functions_and_classes() {
        assert_eq!(
            shown("export async function f(a, { b, c: d }, ...e) { await g() }"),
            "fn f(a, { b, c: d }, ...e){g()}"
        );
        assert_eq!(shown("const f = async x => g(x)"), "f = fn f(x){return g(x)}");
        assert_eq!(shown("f(function () { return 1 })"), "f(fn (){return 1})");
        assert_eq!(shown("class A extends B { x = 1; m() { this.#y.z() } }"), "class A(B){x = 1; fn m(){this.#y.z()}}");
        assert_eq!(
            typed("@D() export class A<T> extends B<T> implements C { private k: string; @E m(a?: number, b = 2) {} }"),
            "@D() class A(B, C){k: string = ?Unsupported; @E fn m(a: number, b = 2){}}"
        );
        assert_eq!(typed("enum E { A = 'a', B }"), "class E(){A = 'a'}");
        assert_eq!(typed("interface I { a: string } type T = string; declare const x: T"), "");
    }

    #[test]
    fn control_flow() {
        assert_eq!(shown("if (a) b(); else if (c) { d() } else e()"), "if a {b()} else {if c {d()} else {e()}}");
        assert_eq!(shown("try { a() } catch (e) { b() } finally { c() }"), "try {a()} except {b()} finally {c()}");
        assert_eq!(shown("for (const x of xs) { break }"), "loop x in xs {jump}");
        assert_eq!(shown("for (let i = 0; i < 2; i++) f(i)"), "i = 0\nloop _ in <(i, 2) {f(i); ++(i)}");
        assert_eq!(shown("while (true) { f() } do g(); while (x)"), "loop _ in true {f()}\nloop _ in x {g()}");
        assert_eq!(shown("switch (x) { case 1: a(); break; default: b() }"), "switch x {a(); jump} {b()}");
        assert_eq!(shown("throw new Error('x'); return"), "raise Error('x')\nreturn ");
    }

    #[test]
    fn values() {
        assert_eq!(shown("x = `a${b}\\n` + 'c'"), "x = +(T['a', b, '\n'], 'c')");
        assert_eq!(shown("x = 'a' + \"b\" + `c`"), "x = 'abc'");
        assert_eq!(shown("x = a ?? b ?? 'c'"), "x = or(a, b, 'c')");
        assert_eq!(shown("x = a || b"), "x = or(a, b)");
        assert_eq!(shown("x = a ? b : c"), "x = if(a; b, c)");
        assert_eq!(shown("x = a && !b"), "x = and(a, not(b))");
        assert_eq!(shown("x = process.env['K'] ?? process.env.K"), "x = or(process.env['K'], process.env.K)");
        assert_eq!(shown("a?.b(1).c.d(2)"), ".(a.b(1), c.d)(2)");
        assert_eq!(
            shown("x = { 'a-b': 1, [`c`]: 2, d, ...e, f() { g() }, h: async () => {} }"),
            "x = {a-b: 1, c: 2, d: d, ...: *e, f: fn f(){g()}, h: fn h(){}}"
        );
        assert_eq!(shown("f(-1, null, undefined, true, ...xs, /r/)"), "f(-1, null, null, true, *xs, regex('/r/'))");
        assert_eq!(shown("tag`a`"), "tag('a')");
        assert_eq!(
            show::shown(Language::TypeScript, "a.tsx", "x = <A.B k={v} on>{f()} text <C/></A.B>"),
            "x = A.B(k=v, on=true, f(), C())"
        );
    }

    #[test]
    fn imports_wherever_they_stand() {
        let source = "import a, { b as c, d } from 'm'; import * as e from \"n\"; export { f as g } from './o'; export * from './p'\n\
            function h() { const i = require('q'); const { j, k: l } = require('r') }\nasync () => { const s = await import('t') }";
        let module = show::parsed(Language::TypeScript, "a.ts", source);
        let all: Vec<_> = module
            .imports
            .iter()
            .map(|i| format!("{}={}:{}", i.local, i.module, i.name.as_deref().unwrap_or("-")))
            .collect();
        let expected =
            ["a=m:default", "c=m:b", "d=m:d", "e=n:-", "g=./o:f", "*=./p:*", "i=q:-", "j=r:j", "l=r:k", "s=t:-"];
        assert_eq!(all, expected);
    }

    #[test]
    fn long_ladders_and_sums_need_no_depth() {
        let ladder = format!("{}{{ last() }}", "if (a) { b() } else ".repeat(2_000));
        assert!(shown(&ladder).contains("last()"));
        let sum = format!("x = {}'end'", "'a' + ".repeat(2_000));
        assert!(shown(&sum).ends_with("aend'"));
    }
}
