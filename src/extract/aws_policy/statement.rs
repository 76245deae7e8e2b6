//! The statements of an AWS policy, whatever it is written in: JSON, YAML, HCL, a Python dict, a
//! TypeScript object. Input: a [`Value`]. Output: [`Statement`]s.

use crate::extract::written::{intrinsic, written};
use crate::parse::Value;
use crate::parse::value::{Expr, Node};
use crate::span::Span;

/// Statements of one policy that are read.
const MOST: usize = 200;

/// A name as written with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// The name.
    pub(crate) text: String,
    /// Its place.
    pub(crate) span: Span,
    /// The variable that has to be left unset for it: `var.arns` in `length(var.arns) > 0 ? var.arns : ["*"]`.
    pub(crate) unless: Option<String>,
}

impl Item {
    fn new(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span, unless: None }
    }
}

/// One statement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    /// The whole statement.
    pub(crate) span: Span,
    /// `Sid`, if any.
    pub(crate) sid: Option<String>,
    /// `Effect` is `Deny`.
    pub(crate) deny: bool,
    /// Actions; for `NotAction` the one action `*`.
    pub(crate) actions: Vec<Item>,
    /// Everything but a list is allowed.
    pub(crate) inverted: bool,
    /// Resources; for `NotResource` the one resource `*`.
    pub(crate) resources: Vec<Item>,
    /// Principals, the kind of principal left out.
    pub(crate) principals: Vec<Item>,
    /// Principals are federated (OIDC, SAML, Cognito).
    pub(crate) federated: bool,
    /// Condition keys with their values: `aws:SourceAccount`, `["…"]`.
    pub(crate) conditions: Vec<(String, Vec<String>)>,
}

/// What the parts of a statement are called.
struct Keys {
    effect: &'static [&'static str],
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    resources: &'static [&'static str],
    not_resources: &'static [&'static str],
    sid: &'static [&'static str],
    principals: &'static [&'static str],
}

/// The policy language itself, then Terraform's data source and CDK's properties.
const KEYS: Keys = Keys {
    effect: &["Effect", "effect"],
    actions: &["Action", "actions", "Actions"],
    not_actions: &["NotAction", "not_actions", "notActions"],
    resources: &["Resource", "resources", "Resources"],
    not_resources: &["NotResource", "not_resources", "notResources"],
    sid: &["Sid", "sid"],
    principals: &["Principal", "principals"],
};

/// Whether a value is a policy document: it has statements with an effect or actions.
pub(crate) fn is_policy(value: &Value) -> bool {
    let Some(list) = value.get("Statement") else { return false };
    let mut found = Vec::new();
    flatten(list, 0, &mut found);
    found.iter().any(|s| is_statement(s))
}

fn is_statement(value: &Value) -> bool {
    let has = |keys: &[&str]| keys.iter().any(|k| value.get(k).is_some());
    has(&["Effect"]) && (has(&["Action", "NotAction"]) || has(&["Principal"]))
}

/// The statements of a policy document.
pub(crate) fn statements(policy: &Value, text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    for list in policy.get_all("Statement") {
        flatten(list, 0, &mut found);
    }
    found.into_iter().filter(|s| is_statement(s)).take(MOST).map(|s| statement(s, text)).collect()
}

/// The statements of a Terraform `aws_iam_policy_document`.
pub(crate) fn document_statements(document: &Value, text: &str) -> Vec<Statement> {
    let blocks = document.get_all("statement").flat_map(Value::one_or_many);
    let dynamic = document.get_all("dynamic").flat_map(|d| d.get_all("statement")).filter_map(|s| s.get("content"));
    blocks.chain(dynamic).filter(|s| !s.entries().is_empty()).take(MOST).map(|s| statement(s, text)).collect()
}

/// One statement from a map.
pub(crate) fn statement(value: &Value, text: &str) -> Statement {
    let first = |keys: &[&str]| keys.iter().find_map(|k| value.get(k));
    let names = |keys: &[&str]| first(keys).map_or_else(Vec::new, |v| items(v, text));
    let mut out =
        Statement { span: value.span, sid: first(KEYS.sid).map(|v| written(v, text)), ..Statement::default() };
    out.deny = first(KEYS.effect).is_some_and(|e| written(e, text).to_ascii_lowercase().ends_with("deny"));
    out.actions = names(KEYS.actions);
    if let Some(not) = first(KEYS.not_actions) {
        out.inverted = true;
        out.actions.push(Item::new("*", not.span));
    }
    out.resources = names(KEYS.resources);
    if let Some(not) = first(KEYS.not_resources) {
        out.resources.push(Item::new("*", not.span));
    }
    for principals in KEYS.principals.iter().flat_map(|k| value.get_all(k)) {
        read_principals(principals, text, &mut out);
    }
    out.conditions = conditions(value, text);
    out
}

/// Flat list of the maps that a list of statements can hold: through `concat`, alternatives, spreads.
fn flatten<'v>(value: &'v Value, depth: usize, out: &mut Vec<&'v Value>) {
    if depth > 12 || out.len() >= MOST {
        return;
    }
    match &value.node {
        Node::Map(_) => match intrinsic(value) {
            Some(("If", branches)) => branches.items().iter().for_each(|i| flatten(i, depth + 1, out)),
            _ => out.push(value),
        },
        Node::List(items) => items.iter().for_each(|i| flatten(i, depth + 1, out)),
        Node::Expr(expr) => match &**expr {
            Expr::Call(call) => call.args.iter().for_each(|a| flatten(&a.value, depth + 1, out)),
            Expr::Choice { options, .. } => options.iter().for_each(|o| flatten(o, depth + 1, out)),
            Expr::Spread(inner) => flatten(inner, depth + 1, out),
            Expr::Operation(_, operands) => operands.iter().for_each(|o| flatten(o, depth + 1, out)),
            _ => {}
        },
        _ => {}
    }
}

/// The names that a scalar or list can hold: through `concat`, alternatives, spreads.
pub(crate) fn items(value: &Value, text: &str) -> Vec<Item> {
    let mut out = Vec::new();
    collect(value, text, 0, &mut out);
    out
}

fn collect(value: &Value, text: &str, depth: usize, out: &mut Vec<Item>) {
    if depth > 12 || out.len() >= 2000 {
        return;
    }
    if let Some((function, argument)) = intrinsic(value) {
        match (function, argument.items()) {
            ("If", [_, branches @ ..]) => branches.iter().for_each(|i| collect(i, text, depth + 1, out)),
            _ => out.push(Item::new(written(value, text), value.span)),
        }
        return;
    }
    match &value.node {
        Node::List(list) => list.iter().for_each(|i| collect(i, text, depth + 1, out)),
        Node::Null => {}
        Node::Expr(expr) => match &**expr {
            Expr::Call(call) if call.method().is_some_and(|m| LISTS.contains(&m)) => {
                call.args.iter().for_each(|a| collect(&a.value, text, depth + 1, out));
            }
            Expr::Choice { condition, options } => {
                let from = out.len();
                options.iter().for_each(|o| collect(o, text, depth + 1, out));
                fallback(condition.as_ref(), options, out.get_mut(from..).unwrap_or_default());
            }
            Expr::Spread(inner) => collect(inner, text, depth + 1, out),
            Expr::Operation(op, operands) if matches!(&**op, "+" | "|") && operands.iter().any(is_list) => {
                operands.iter().for_each(|o| collect(o, text, depth + 1, out));
            }
            _ => out.push(Item::new(written(value, text), value.span)),
        },
        _ => out.push(Item::new(written(value, text), value.span)),
    }
}

/// Says of a `*` among alternatives which variable has to be unset for it: the one that the condition and
/// another alternative name.
fn fallback(condition: Option<&Value>, options: &[Value], out: &mut [Item]) {
    let Some(condition) = condition else { return };
    let mut asked = Vec::new();
    variables(condition, 0, &mut asked);
    let mut given = Vec::new();
    options.iter().for_each(|option| variables(option, 0, &mut given));
    let [only] = asked.as_slice() else { return };
    if given.contains(only) {
        out.iter_mut().filter(|item| item.text == "*").for_each(|item| item.unless = Some(only.clone()));
    }
}

/// The input variables (`var.x`) that an expression names, each once.
fn variables(value: &Value, depth: usize, out: &mut Vec<String>) {
    if depth > 12 {
        return;
    }
    let mut add = |path: &str| {
        let name: Vec<&str> = path.split('.').take(2).collect();
        if let ["var", name] = name[..]
            && !out.iter().any(|known| known == name)
        {
            out.push(name.to_owned());
        }
    };
    match value.as_expr() {
        Some(Expr::Reference(path)) => add(path),
        Some(Expr::Template(parts)) => parts.iter().for_each(|v| variables(v, depth + 1, out)),
        Some(Expr::Operation(_, parts)) => parts.iter().for_each(|v| variables(v, depth + 1, out)),
        Some(Expr::Call(call)) => call.args.iter().for_each(|a| variables(&a.value, depth + 1, out)),
        Some(Expr::Index(base, _)) => variables(base, depth + 1, out),
        Some(Expr::Spread(inner)) => variables(inner, depth + 1, out),
        _ => value.items().iter().for_each(|v| variables(v, depth + 1, out)),
    }
}

/// Functions whose result holds what their arguments hold.
const LISTS: &[&str] = &["concat", "flatten", "compact", "distinct", "toset", "tolist", "list", "coalescelist"];

fn is_list(value: &Value) -> bool {
    matches!(value.node, Node::List(_)) || value.as_call().is_some()
}

/// `"*"`, `{AWS: …}`, Terraform's `principals { type, identifiers }`, CDK's `new ServicePrincipal("x")`.
fn read_principals(value: &Value, text: &str, out: &mut Statement) {
    if let (Some(kind), Some(identifiers)) = (value.get("type"), value.get("identifiers")) {
        out.federated |= kind.as_str() == Some("Federated");
        out.principals.extend(items(identifiers, text));
        return;
    }
    match &value.node {
        Node::Map(entries) => {
            for entry in entries {
                out.federated |= &*entry.key == "Federated";
                out.principals.extend(items(&entry.value, text));
            }
        }
        Node::List(list) => list.iter().for_each(|v| read_principals(v, text, out)),
        Node::Expr(expr) => match &**expr {
            Expr::Call(call) => {
                let class = call.method().unwrap_or("");
                out.federated |=
                    class.contains("Federated") || class.contains("WebIdentity") || class.contains("OpenId");
                let any = class.starts_with("AnyPrincipal") || class.starts_with("StarPrincipal");
                let text =
                    if any { "*".to_owned() } else { call.positional(0).map_or(String::new(), |v| written(v, text)) };
                out.principals.push(Item::new(text, value.span));
            }
            _ => out.principals.push(Item::new(written(value, text), value.span)),
        },
        Node::Null => {}
        _ => out.principals.push(Item::new(written(value, text), value.span)),
    }
}

/// `{StringEquals: {key: value}}`, or Terraform's `condition { test, variable, values }`.
fn conditions(value: &Value, text: &str) -> Vec<(String, Vec<String>)> {
    conditions_of(["Condition", "condition", "conditions"].iter().flat_map(|key| value.get_all(key)), text)
}

/// The conditions of blocks. How a login was made that must *not* be says nothing of who may come.
pub(crate) fn conditions_of<'v>(blocks: impl Iterator<Item = &'v Value>, text: &str) -> Vec<(String, Vec<String>)> {
    let values = |v: &Value| items(v, text).into_iter().map(|i| i.text).collect::<Vec<_>>();
    let mut out = Vec::new();
    let says = |operator: &str, key: &str| !(operator.contains("Not") && key.ends_with(":amr"));
    for block in blocks.flat_map(Value::one_or_many) {
        if let (Some(variable), Some(allowed)) = (block.get("variable"), block.get("values")) {
            let variable = written(variable, text);
            if says(block.get("test").and_then(Value::as_str).unwrap_or(""), &variable) {
                out.push((variable, values(allowed)));
            }
            continue;
        }
        for operator in block.entries() {
            for test in operator.value.entries() {
                // A key that is put together keeps its quotes.
                let key = test.key.trim_matches('"');
                if says(&operator.key, key) {
                    out.push((key.to_owned(), values(&test.value)));
                }
            }
            if operator.value.entries().is_empty() {
                out.push((operator.key.to_string(), values(&operator.value)));
            }
        }
    }
    out
}
