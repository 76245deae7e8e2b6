//! What a body checks before it runs what it is given. Input: the statements of a function. Output: whether
//! an expression is held to a set of characters, and whether SQL is held to reading.

use super::names::{Names, own_statements};
use super::walk;
use crate::parse::code::ast::{Call, Function, Param, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// Words with which SQL statements begin.
const VERBS: [&str; 17] = [
    "select", "with", "insert", "update", "delete", "drop", "alter", "truncate", "create", "replace", "grant", "merge",
    "pragma", "explain", "show", "describe", "exec",
];

/// Parts of the names of what looks at SQL before it runs, or opens a database for reading.
const CHECKS: [&str; 18] = [
    "readonly",
    "read_only",
    "is_safe",
    "issafe",
    "is_select",
    "isselect",
    "validate",
    "sanitize",
    "forbidden",
    "allowed",
    "allowlist",
    "whitelist",
    "mutat",
    "allow_write",
    "allowwrite",
    "query_only",
    "guard",
    "sqlglot",
];

/// Words by which a question says that it holds what it is asked to a list of what may run.
const PERMITS: [&str; 5] = ["allowed", "allowlist", "allow_list", "whitelist", "permitted"];

/// The allow-list that a body asks and obeys: `if not is_command_allowed(command): raise …`. A list of what may not
/// run bounds nothing, since an interpreter gets past it.
pub(super) fn permits(body: &[Stmt]) -> Option<String> {
    let mut found = None;
    own_statements(body, &mut |stmt| {
        let StmtKind::If { condition, then, .. } = &stmt.kind else { return };
        let Some(Expr::Operation(op, operands)) = condition.as_expr() else { return };
        let asked = operands.first().and_then(Value::as_call).filter(|_| matches!(&**op, "not" | "!"));
        let Some(method) = asked.filter(|call| !call.args.is_empty()).and_then(Call::method) else { return };
        let name = method.to_ascii_lowercase();
        let says = PERMITS.iter().any(|word| name.contains(word)) && !name.contains("disallowed");
        let leaves = then.last().is_some_and(|last| matches!(last.kind, StmtKind::Raise(_) | StmtKind::Return(_)));
        if says && leaves && found.is_none() {
            found = Some(format!("allow-list `{method}`"));
        }
    });
    found
}

/// Every value of a body, nested functions left out.
fn each<'m>(body: &'m [Stmt], see: &mut impl FnMut(&'m Value)) {
    own_statements(body, &mut |stmt| {
        for value in walk::values(stmt) {
            walk::each(value, see);
        }
        if let StmtKind::With { items, .. } = &stmt.kind {
            items.iter().filter_map(|(_, name)| name.as_ref()).for_each(|name| walk::each(name, see));
        }
    });
}

/// Whether a body lets only certain characters into what it computes: an expression without letters calls
/// nothing.
pub(super) fn whitelists(body: &[Stmt]) -> bool {
    let mut found = false;
    each(body, &mut |value| {
        // `/^[0-9+*-]+$/.test(expression)`
        found |= value.as_str().is_some_and(|text| text.starts_with("/^[")) && is_class(value);
        found |= match value.as_expr() {
            Some(Expr::Call(call)) => call.args.iter().any(|a| is_class(pattern(call, &a.value))) || subset(call),
            // `"".join(c for c in expression if c in allowed)`
            Some(Expr::Operation(op, parts)) if &**op == "for" => {
                let each = parts.first().and_then(Value::as_reference);
                each.is_some()
                    && each == parts.get(1).and_then(Value::as_reference)
                    && parts
                        .iter()
                        .skip(3)
                        .any(|p| matches!(p.as_expr(), Some(Expr::Operation(op, _)) if &**op == "in"))
            }
            // `set(expression) <= allowed`
            Some(Expr::Operation(op, parts)) if matches!(&**op, "<=" | "-") => {
                parts.first().and_then(Value::as_call).is_some_and(|c| c.path() == Some("set"))
            }
            _ => false,
        };
    });
    found
}

/// `all(c in "0123456789+-" for c in expression)`, `set(expression).issubset(allowed)`.
fn subset(call: &Call) -> bool {
    match call.method() {
        Some("issubset") => true,
        Some("all") => {
            let element = call.positional(0).and_then(|v| match v.as_expr()? {
                Expr::Operation(op, parts) if &**op == "for" => parts.first(),
                _ => None,
            });
            element.is_some_and(|e| matches!(e.as_expr(), Some(Expr::Operation(op, _)) if &**op == "in"))
        }
        _ => false,
    }
}

/// The text of a pattern; one that replaces the first place only stays what it is.
fn pattern<'v>(call: &Call, value: &'v Value) -> &'v Value {
    match value.as_expr() {
        Some(Expr::Operation(op, parts)) if &**op == "regex" => parts
            .first()
            .filter(|text| {
                let flags = text.as_str().and_then(|t| t.rsplit('/').next()).unwrap_or("");
                call.method() != Some("replace") || flags.contains('g')
            })
            .unwrap_or(value),
        _ => value,
    }
}

/// A pattern that is one class of characters without letters: `[^0-9+*/(). -]`, `^[\d\s+-]+$`.
fn is_class(value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    let inner = text.trim_start_matches(['/', '^']);
    let Some((class, rest)) = inner.strip_prefix('[').and_then(|t| t.rsplit_once(']')) else { return false };
    let removes = class.starts_with('^');
    let keeps =
        text.starts_with(['^', '/']) && rest.contains('$') || text.starts_with('[') && matches!(rest, "+" | "*");
    let letters = class.contains("a-z") || class.contains("A-Z") || class.contains("\\w");
    class.contains(|c: char| c.is_ascii_digit()) | class.contains("\\d") && !letters && (removes || keeps)
}

/// Whether a body, or how its file opens the database, holds SQL to reading or to known statements. `runs` is where
/// the body itself runs what it is given: what stands behind that, or only chooses how the result is shown, holds
/// nothing.
pub(super) fn reads_only(function: &Function, runs: Option<Span>, names: &Names<'_>) -> bool {
    let mut found = false;
    // What a caller has to ask for holds nobody who does not.
    let offered: Vec<&str> = function.params.iter().filter(|p| is_offered(p)).map(|p| &*p.name).collect();
    let mut idle = Vec::new();
    if let Some(runs) = runs {
        idlers(&function.body, runs, &mut idle);
    }
    held(&function.body, &offered, &mut |value| {
        found |= checks(value)
            && !value.as_reference().is_some_and(|path| offered.contains(&path))
            && !runs.is_some_and(|runs| value.span.start >= runs.end)
            && !idle.iter().any(|span| span.contains(value.span));
    });
    found
        || *names.opens_reading.get_or_init(|| {
            let mut found = false;
            for assign in &names.assigns {
                walk::each(assign.value, &mut |value| found |= opens_reading(value));
            }
            found
        })
}

/// The places before `runs` that ask what a statement is and hold it to nothing: the conditions of branches that
/// neither leave nor hold the call, and, where no branch does, the values that are kept for later.
fn idlers(body: &[Stmt], runs: Span, idle: &mut Vec<Span>) {
    let (mut kept, mut bounded) = (Vec::new(), false);
    own_statements(body, &mut |stmt| match &stmt.kind {
        StmtKind::If { condition, then, otherwise } if stmt.span.start < runs.start => {
            if stmt.span.contains(runs) && !condition.span.contains(runs) || refuses(then) || refuses(otherwise) {
                bounded = true;
            } else {
                idle.push(condition.span);
            }
        }
        StmtKind::Assign { value, .. } if is_question(value) => kept.push(value.span),
        _ => {}
    });
    if !bounded {
        idle.append(&mut kept);
    }
}

/// Whether a value asks how a text begins: what it answers holds nothing until a branch obeys it.
fn is_question(value: &Value) -> bool {
    let mut found = false;
    walk::each(value, &mut |part| {
        let asks = part.as_call().and_then(Call::method);
        found |= asks.is_some_and(|name| matches!(name, "startswith" | "startsWith" | "match" | "test" | "search"));
    });
    found
}

/// Whether a block leaves the function or throws.
fn refuses(block: &[Stmt]) -> bool {
    let mut found = false;
    own_statements(block, &mut |stmt| found |= matches!(stmt.kind, StmtKind::Raise(_) | StmtKind::Return(_)));
    found
}

/// Whether a parameter is off unless a caller sets it, or is named as one that callers set.
fn is_offered(param: &Param) -> bool {
    match &param.default {
        Some(value) => value.as_bool() == Some(false) || matches!(value.node, Node::Null),
        None => param.name.to_ascii_lowercase().replace('_', "").contains("readonly"),
    }
}

/// Every value of a body but those of blocks that run only where one of the parameters `offered` is given.
fn held<'m>(body: &'m [Stmt], offered: &[&str], see: &mut impl FnMut(&'m Value)) {
    for stmt in body {
        if let StmtKind::If { condition, otherwise, .. } = &stmt.kind
            && condition.as_reference().is_some_and(|path| offered.contains(&path))
        {
            held(otherwise, offered, see);
            continue;
        }
        for value in walk::values(stmt) {
            walk::each(value, see);
        }
        if let StmtKind::With { items, .. } = &stmt.kind {
            items.iter().filter_map(|(_, name)| name.as_ref()).for_each(|name| walk::each(name, see));
        }
        walk::blocks(stmt).into_iter().for_each(|block| held(block, offered, see));
    }
}

fn checks(value: &Value) -> bool {
    if let Some(text) = value.as_str() {
        let lower = text.trim().trim_end_matches(['(', ' ']).to_ascii_lowercase();
        return VERBS.contains(&lower.as_str())
            || lower.contains("\\b") && VERBS.iter().any(|verb| lower.contains(verb))
            || lower.contains('|') && VERBS.iter().filter(|verb| lower.contains(**verb)).count() > 1
            || lower.contains("only select")
            || reading(&lower);
    }
    let named = |path: &str| {
        let lower = path.to_ascii_lowercase();
        CHECKS.iter().any(|check| lower.contains(check))
    };
    match value.as_expr() {
        Some(Expr::Reference(path)) => named(path),
        Some(Expr::Call(call)) => call.method().is_some_and(named) || opens_reading(value),
        _ => false,
    }
}

/// `read_only=True`, `"file:x?mode=ro"`.
fn opens_reading(value: &Value) -> bool {
    if let Some(text) = value.as_str() {
        return reading(&text.to_ascii_lowercase());
    }
    let Some(call) = value.as_call() else { return false };
    call.args.iter().any(|arg| {
        let name = arg.name.as_deref().unwrap_or("").to_ascii_lowercase();
        matches!(&*name, "read_only" | "readonly") && arg.value.as_bool() != Some(false)
    })
}

fn reading(lower: &str) -> bool {
    ["mode=ro", "read only", "readonly", "read-only", "read_only", "query_only"].iter().any(|word| lower.contains(word))
}

/// Words, without underscores, of a setting that lets tools write.
const SWITCHES: [&str; 12] = [
    "readonly",
    "allowwrite",
    "allowmutat",
    "allowdelet",
    "allowdestruct",
    "enablewrite",
    "writeenabled",
    "writesenabled",
    "enabledelet",
    "enablemutat",
    "enabledestruct",
    "writemode",
];

/// Whether a condition asks a setting that lets tools write.
pub(super) fn asks_switch(condition: &Value) -> bool {
    let mut found = false;
    walk::each(condition, &mut |value| {
        let path = value.as_reference().or_else(|| value.as_call().and_then(Call::path));
        found |= path.is_some_and(|path| {
            let plain = path.to_ascii_lowercase().replace(['_', '-'], "");
            SWITCHES.iter().any(|word| plain.contains(word))
        });
    });
    found
}

/// The blocks of a module that run only when a setting lets tools write.
pub(super) fn switched(body: &[Stmt], found: &mut Vec<crate::span::Span>) {
    switched_in(body, &[], found);
}

/// `offered` are the parameters that a caller sets to be held: no setting.
fn switched_in(body: &[Stmt], offered: &[&str], found: &mut Vec<crate::span::Span>) {
    for stmt in body {
        match &stmt.kind {
            StmtKind::If { condition, .. }
                if asks_switch(condition) && !condition.as_reference().is_some_and(|path| offered.contains(&path)) =>
            {
                found.push(stmt.span);
            }
            StmtKind::Function(function) => {
                let offered: Vec<&str> = function
                    .params
                    .iter()
                    .filter(|p| p.name.to_ascii_lowercase().replace('_', "").contains("readonly") && is_offered(p))
                    .map(|p| &*p.name)
                    .collect();
                switched_in(&function.body, &offered, found);
            }
            StmtKind::Class(class) => switched_in(&class.body, offered, found),
            _ => {}
        }
        walk::blocks(stmt).into_iter().for_each(|block| switched_in(block, offered, found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::code;
    use crate::parse::code::ast::Language;

    fn body(source: &str) -> Vec<Stmt> {
        code::parse(Language::Python, "a.py", source).0.expect("python").body
    }

    #[test]
    fn sets_of_characters_are_seen_and_letters_are_not_enough() {
        for source in [
            "x = re.sub(r'[^0-9+*/(). -]', '', expression)",
            "if not re.match(r'^[0-9+*/(). -]+$', expression):\n    raise ValueError()",
            "ok = all(c in '0123456789+-' for c in expression)",
            "if set(expression) <= ALLOWED:\n    pass",
            "x = ''.join(c for c in expression if c in '0123456789+-')",
        ] {
            assert!(whitelists(&body(source)), "{source}");
        }
        for source in ["x = re.sub(r'[^a-zA-Z0-9()]', '', expression)", "x = expression.replace('^', '**')", "all(xs)"]
        {
            assert!(!whitelists(&body(source)), "{source}");
        }
    }

    #[test]
    fn scripts_strip_what_is_no_number_in_steps() {
        let held = |steps: &str| {
            let source = format!(
                "function f(e) {{\n  try {{\n    const clean = e{steps};\n    return new Function(clean)();\n  }} catch {{}}\n}}"
            );
            let module = code::parse(Language::TypeScript, "a.ts", &source).0.expect("script");
            let names = Names::new(&module);
            whitelists(&names.functions[0].function.body)
        };
        assert!(held(r#".replace(/x/g, "*").replace(/[^0-9+\-*/().%\s]/g, "").replace(/%/g, "/100")"#));
        assert!(!held(r#".replace(/[^0-9+\-*/().%\s]/, "")"#), "only the first is taken out");
        assert!(!held(r#".replace(/[^a-zA-Z0-9()]/g, "")"#));
        assert!(!held(r#".replace(/x/g, "*")"#));
    }

    #[test]
    fn settings_that_let_tools_write_are_seen() {
        let switched = |source: &str| {
            let mut found = Vec::new();
            super::switched(&body(source), &mut found);
            found.len()
        };
        assert_eq!(switched("if not args.allow_write:\n    raise ValueError()"), 1);
        assert_eq!(switched("def f():\n    if config.read_only_mode:\n        return 1"), 1);
        assert_eq!(switched("def f(sql, force_readonly=False):\n    if force_readonly:\n        begin()"), 0);
        assert_eq!(switched("if ready:\n    pass"), 0);
    }

    #[test]
    fn sql_may_be_held_to_reading() {
        let seen = |source: &str| {
            let (module, _) = code::parse(Language::Python, "a.py", source);
            let module = module.expect("python");
            let names = Names::new(&module);
            reads_only(names.functions[0].function, None, &names)
        };
        let seen = |source: &str| {
            let body: String = source.lines().map(|line| format!("    {line}\n")).collect();
            seen(&format!("def f(query, force_readonly=False):\n{body}"))
        };
        let whole = |source: &str| {
            let (module, _) = code::parse(Language::Python, "a.py", source);
            let module = module.expect("python");
            let names = Names::new(&module);
            reads_only(names.functions[0].function, None, &names)
        };
        assert!(whole("conn = sqlite3.connect('file:x?mode=ro', uri=True)\ndef f(query):\n    pass\n"));
        assert!(!seen("run(query, force_readonly=force_readonly)"));
        assert!(!seen("if force_readonly:\n    cursor.execute('BEGIN TRANSACTION READ ONLY')\ncursor.execute(query)"));
        assert!(seen("if not query.lower().startswith('select'):\n    raise ValueError()"));
        assert!(seen("if any(w in query for w in ['DROP', 'DELETE']):\n    raise ValueError()"));
        assert!(seen("conn = sqlite3.connect('file:x?mode=ro', uri=True)"));
        assert!(seen("con = duckdb.connect('x', read_only=True)"));
        assert!(seen("check = is_safe_query(query)"));
        assert!(!seen("cursor.execute(query)\nrows = cursor.fetchall()"));
    }

    #[test]
    fn a_guard_stands_before_what_runs_and_refuses() {
        let seen = |source: &str| {
            let at = source.find("run(query)").expect("the call");
            let runs = Span::new(at, at + "run(query)".len());
            let (module, _) = code::parse(Language::Python, "a.py", source);
            let module = module.expect("python");
            let names = Names::new(&module);
            reads_only(names.functions[0].function, Some(runs), &names)
        };
        let ask = "query.lower().startswith('select')";
        assert!(seen(&format!("def f(query):\n    if not {ask}:\n        raise ValueError()\n    run(query)\n")));
        assert!(seen(&format!("def f(query):\n    ok = {ask}\n    if not ok:\n        return 'no'\n    run(query)\n")));
        assert!(seen(&format!("def f(query):\n    if {ask}:\n        run(query)\n")));
        assert!(!seen(&format!("def f(query):\n    run(query)\n    if {ask}:\n        return rows()\n")));
        assert!(!seen(&format!("def f(query):\n    if {ask}:\n        log(query)\n    run(query)\n")));
        assert!(!seen(&format!("def f(query):\n    ok = {ask}\n    run(query)\n    if ok:\n        return rows()\n")));
    }
}
