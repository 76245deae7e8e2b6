//! The elements of a list. Input: the scene and the value that is given for a list of tools or agents. Output:
//! its [`Item`]s: through names, sums, comprehensions, what is appended, functions that return lists and
//! toolkits that give theirs.

use super::args::{Args, Found};
use super::names::At;
use super::scene::{DEPTH, Scene};
use crate::parse::code::ast::Call;
use crate::parse::value::{Expr, Node, Value};

/// What an element of a list of tools or agents is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'m> {
    pub(super) value: &'m Value,
    pub(super) at: At,
    /// Its key in a map.
    pub(super) key: Option<&'m str>,
}

/// Whether a map is a tool that is written out: an options object without the factory around it.
pub(super) fn written_out(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    has("execute") || has("inputSchema") || has("description") && (has("parameters") || has("schema"))
}

/// Whether a method gives the tools of what it is called on.
fn is_toolkit(call: &Call) -> bool {
    const METHODS: &[&str] = &[
        "get_tools",
        "to_tool_list",
        "getTools",
        "list_tools_sync",
        "values",
        "tools",
        "aget_tools",
        "to_tool_list_async",
        "concat",
        "listTools",
        "as_tools",
        "filtered",
        "prefixed",
        "renamed",
        "prepared",
    ];
    let gives = call.method().is_some_and(|m| METHODS.contains(&m)) && call.path().is_none_or(|p| p.contains('.'));
    gives || matches!(call.method(), Some("mcp_server_tools" | "load_mcp_tools"))
}

impl<'m> Scene<'_, 'm> {
    /// The elements of a list of tools or agents.
    pub(super) fn items(&self, found: Found<'m>) -> Vec<Item<'m>> {
        let mut all = Vec::new();
        self.collect(found.value, found.at, None, DEPTH, &mut all);
        all
    }

    fn collect(&self, value: &'m Value, at: At, key: Option<&'m str>, depth: u8, all: &mut Vec<Item<'m>>) {
        if depth == 0 || !self.names.step(0) {
            return;
        }
        let item = Item { value, at, key };
        match &value.node {
            Node::List(items) => items.iter().for_each(|v| self.collect(v, at, None, depth - 1, all)),
            Node::Map(_) if self.objects.contains_key(&value.span) => all.push(item),
            // A record of servers among tools is none of them.
            Node::Map(_) if value.get("mcpServers").is_some() => {}
            Node::Map(entries) => {
                let schema =
                    value.get("type").is_some_and(|t| t.as_str().is_some()) || value.get("description").is_some();
                if schema && key.is_none() || written_out(value) {
                    all.push(item);
                    return;
                }
                for entry in entries {
                    self.collect(&entry.value, at, Some(&entry.key), depth - 1, all);
                }
            }
            Node::Expr(expr) => match &**expr {
                Expr::Spread(inner) => self.collect(inner, at, None, depth - 1, all),
                Expr::Choice { options, .. } => options.iter().for_each(|v| self.collect(v, at, key, depth - 1, all)),
                Expr::Operation(op, parts) if matches!(&**op, "+" | "|") => {
                    parts.iter().for_each(|v| self.collect(v, at, key, depth - 1, all));
                }
                Expr::Operation(op, parts) if &**op == "for" => self.comprehension(parts, at, depth - 1, all),
                Expr::Reference(path) => self.named(path, item, depth, all),
                Expr::Call(call) => self.called(call, item, depth, all),
                _ => all.push(item),
            },
            Node::Text(_) => all.push(item),
            _ => {}
        }
    }

    /// `[f(x) for x in xs]`: the element when it is a call, the list when it is the variable.
    fn comprehension(&self, parts: &'m [Value], at: At, depth: u8, all: &mut Vec<Item<'m>>) {
        let [element, target, over, ..] = parts else { return };
        let path =
            element.as_reference().or_else(|| element.as_call().and_then(Call::path).filter(|p| p.contains('.')));
        let root = path.map(|path| path.split('.').next().unwrap_or(path));
        if root.is_some() && root == target.as_reference() {
            self.collect(over, at, None, depth, all);
            return;
        }
        let wraps =
            element.as_call().is_some_and(|c| c.args.iter().any(|a| a.value.as_reference() == target.as_reference()));
        if wraps { self.collect(over, at, None, depth, all) } else { self.collect(element, at, None, depth, all) }
    }

    /// A name: the list it holds with what is appended to it, or one thing.
    fn named(&self, path: &'m str, item: Item<'m>, depth: u8, all: &mut Vec<Item<'m>>) {
        let Some(assign) = self.names.assign(path, item.at, item.value.span.start) else {
            let handed = self.handed(path, item.at, item.value.span);
            if handed.is_empty() {
                all.push(item);
            }
            handed.into_iter().for_each(|found| self.collect(found.value, found.at, None, depth - 1, all));
            return;
        };
        let container = |v: &Value| match &v.node {
            Node::List(_) => true,
            Node::Map(entries) => entries.iter().all(|e| !matches!(e.value.node, Node::Text(_))) || entries.is_empty(),
            Node::Expr(e) => match &**e {
                Expr::Operation(op, _) => matches!(&**op, "+" | "for" | "|"),
                Expr::Choice { .. } => true,
                Expr::Call(call) => matches!(call.path(), Some("list" | "tuple")),
                _ => false,
            },
            _ => false,
        };
        if container(assign.value) {
            let open = assign.span;
            if self.open.borrow().contains(&open) {
                return;
            }
            self.open.borrow_mut().push(open);
            for bound in self.names.bound(path, assign, item.value.span.start) {
                self.collect(bound.value, bound.at, None, depth - 1, all);
            }
            self.appended(path, item.at, depth, all);
            self.open.borrow_mut().pop();
            return;
        }
        match assign.value.as_expr() {
            Some(Expr::Reference(next)) if **next != *path => {
                self.collect(assign.value, assign.at, item.key, depth - 1, all);
            }
            Some(Expr::Call(call)) if self.returned_list(call, assign.at).is_some() || is_toolkit(call) => {
                self.collect(assign.value, assign.at, item.key, depth - 1, all);
            }
            _ => all.push(item),
        }
    }

    fn appended(&self, path: &str, at: At, depth: u8, all: &mut Vec<Item<'m>>) {
        if !self.names.step(self.sites.len()) {
            return;
        }
        for site in &self.sites {
            let Some((list, method)) = site.call.path().and_then(|p| p.rsplit_once('.')) else { continue };
            if list == path
                && matches!(method, "append" | "extend" | "push" | "insert" | "add")
                && (site.at.function == at.function || at.function.is_none() || site.at.function.is_none())
                && let Some(last) = site.call.args.last()
            {
                self.collect(&last.value, site.at, None, depth - 1, all);
            }
        }
        for assign in self.names.assigned(path) {
            if let Some(Expr::Operation(op, parts)) = assign.value.as_expr()
                && &**op == "+="
            {
                parts.iter().skip(1).for_each(|v| self.collect(v, assign.at, None, depth - 1, all));
            }
        }
    }

    fn called(&self, call: &'m Call, item: Item<'m>, depth: u8, all: &mut Vec<Item<'m>>) {
        if matches!(call.path(), Some("list" | "tuple" | "set" | "sorted")) {
            call.args.iter().take(1).for_each(|a| self.collect(&a.value, item.at, None, depth - 1, all));
            return;
        }
        if matches!(call.path(), Some("Object.values" | "Object.entries")) {
            call.args.iter().take(1).for_each(|a| self.collect(&a.value, item.at, None, depth - 1, all));
            return;
        }
        // `tools.map(toSchema)`: what is made of each element stands for it.
        if matches!(call.method(), Some("map" | "filter" | "slice" | "flat"))
            && let Some(list) = self.gone_through(call, item)
        {
            self.collect(list.value, list.at, None, depth - 1, all);
            return;
        }
        if let Some(list) = self.returned_list(call, item.at) {
            list.into_iter().for_each(|found| self.collect(found.value, found.at, None, depth - 1, all));
            return;
        }
        let toolkit = is_toolkit(call);
        // Functions that turn a server or its parameters into tools.
        if matches!(call.method(), Some("mcp_server_tools" | "load_mcp_tools"))
            && let Some(given) = call.args.first()
        {
            self.collect(&given.value, item.at, item.key, depth - 1, all);
            return;
        }
        let receiver = Args::of(call, item.at, &self.names).receiver();
        if toolkit && let Some(found) = receiver {
            let base = match found.value.as_reference() {
                Some(path) => self.receiver_item(path, found, item.key),
                None => Some(Item { value: found.value, at: found.at, key: item.key }),
            };
            if let Some(base) = base {
                self.collect_receiver(base, depth, all);
                return;
            }
        }
        all.push(item);
    }

    /// The list that `list.map(…)` goes through, where it stands in this file.
    fn gone_through(&self, call: &'m Call, item: Item<'m>) -> Option<Found<'m>> {
        if let Some(Expr::Operation(_, parts)) = call.callee.as_expr() {
            return Some(Found { value: parts.first()?, at: item.at });
        }
        let (path, _) = call.path()?.rsplit_once('.')?;
        let assign = self.names.assign(path, item.at, item.value.span.start)?;
        let list = matches!(assign.value.node, Node::List(_) | Node::Map(_))
            || assign.value.as_call().is_some_and(|call| call.path().is_some_and(|path| path.starts_with("Object.")));
        list.then_some(Found { value: assign.value, at: assign.at })
    }

    /// `toolkit.get_tools` → `toolkit`, as the value that is assigned to it.
    fn receiver_item(&self, path: &str, found: Found<'m>, key: Option<&'m str>) -> Option<Item<'m>> {
        let (owner, _) = path.rsplit_once('.')?;
        let assign = self.names.assign(owner, found.at, found.value.span.start)?;
        Some(Item { value: assign.value, at: assign.at, key })
    }

    fn collect_receiver(&self, base: Item<'m>, depth: u8, all: &mut Vec<Item<'m>>) {
        match base.value.node {
            Node::Map(_) | Node::List(_) => self.collect(base.value, base.at, base.key, depth - 1, all),
            _ => all.push(base),
        }
    }

    /// The lists that a function of this file returns.
    fn returned_list(&self, call: &Call, at: At) -> Option<Vec<Found<'m>>> {
        let index = self.names.function(call.path()?, at)?;
        let inside = At { function: Some(index), class: self.names.functions[index].at.class };
        let mut lists = Vec::new();
        for value in self.returns(index) {
            let (value, at) = self.names.constant(value, inside);
            let list = matches!(value.node, Node::List(_))
                || matches!(value.as_expr(), Some(Expr::Operation(op, _)) if matches!(&**op, "+" | "for"));
            if list {
                lists.push(Found { value, at });
            }
        }
        (!lists.is_empty()).then_some(lists)
    }
}
