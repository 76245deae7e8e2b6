//! Every call of a module with what it is and which name holds its result.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::args::Args;
use super::model::{FRAMEWORKS, Framework, Sdk};
use super::names::{At, Name, Names};
use super::walk::{self, Visit};
use crate::parse::code::ast::{Call, Language, Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Node, Value};
use crate::span::Span;

/// A call.
pub(super) struct Site<'m> {
    pub(super) call: &'m Call,
    pub(super) span: Span,
    pub(super) stmt: &'m Stmt,
    pub(super) at: At,
    /// What is called, if imports say so.
    pub(super) name: Option<Name<'m>>,
    /// Name in code that holds the result; empty when nothing does.
    pub(super) symbol: String,
    /// Key under which it stands in a map (`tools: { runShell: tool(…) }`).
    pub(super) key: Option<&'m str>,
}

impl<'m> Site<'m> {
    pub(super) fn args(&self, names: &Names<'m>) -> Args<'m> {
        Args::of(self.call, self.at, names)
    }
}

impl Site<'_> {
    /// Whether it is what decorates, or stands in front of a declaration in a language where nothing is made there.
    /// Modules of scripts are put together in a decorator: `@Module({ imports: [McpModule.forRoot(…)] })`.
    pub(super) fn decorates(&self, language: Language) -> bool {
        match &self.stmt.kind {
            StmtKind::Class(class) if matches!(language, Language::TypeScript | Language::JavaScript) => {
                class.decorators.iter().any(|d| d.span == self.span)
            }
            StmtKind::Function(_) | StmtKind::Class(_) => true,
            _ => false,
        }
    }
}

/// All calls, outer before inner.
pub(super) fn sites<'m>(module: &'m Module, names: &Names<'m>) -> Vec<Site<'m>> {
    let mut collect = Collect { names, sites: Vec::new(), functions: 0, classes: 0 };
    walk::statements(&module.body, At::default(), &mut collect);
    collect.sites
}

struct Collect<'n, 'm> {
    names: &'n Names<'m>,
    sites: Vec<Site<'m>>,
    functions: usize,
    classes: usize,
}

impl<'m> Visit<'m> for Collect<'_, 'm> {
    // Indices count as they did when the names were collected: the walk is the same.
    fn function(&mut self, _: &'m crate::parse::code::ast::Function, _: Span, _: At) -> Option<usize> {
        self.functions += 1;
        Some(self.functions - 1)
    }

    fn class(&mut self, _: &'m crate::parse::code::ast::Class, _: Span, _: At) -> Option<usize> {
        self.classes += 1;
        Some(self.classes - 1)
    }

    fn call(&mut self, call: &'m Call, span: Span, stmt: &'m Stmt, at: At) {
        let name = self.names.call_of(call, at);
        let (symbol, key) = holder(stmt, span, at, self.names);
        self.sites.push(Site { call, span, stmt, at, name, symbol, key });
    }
}

/// The name that holds what stands at `span` of `stmt`, and the key of the map it stands in.
fn holder<'m>(stmt: &'m Stmt, span: Span, at: At, names: &Names<'m>) -> (String, Option<&'m str>) {
    let (symbol, key) = held(stmt, span, at, names);
    (symbol, key.filter(|key| !key.is_empty()))
}

fn held<'m>(stmt: &'m Stmt, span: Span, at: At, names: &Names<'m>) -> (String, Option<&'m str>) {
    match &stmt.kind {
        StmtKind::Assign { targets, value, .. } => {
            let Some((path, key)) = within(value, span) else { return Default::default() };
            let target = targets.iter().find_map(|t| target_of(t, value, span));
            let Some(target) = target else { return (String::new(), key) };
            let symbol = owned(target, at, names);
            (if path.is_empty() { symbol } else { format!("{symbol}.{path}") }, key)
        }
        StmtKind::With { items, .. } => {
            let held = items.iter().find(|(v, _)| within(v, span).is_some_and(|(path, _)| path.is_empty()));
            let target = held.and_then(|(_, name)| name.as_ref()).and_then(Value::as_reference);
            (target.map(|t| owned(t, at, names)).unwrap_or_default(), None)
        }
        StmtKind::Return(Some(value)) => {
            let Some((path, key)) = within(value, span) else { return Default::default() };
            let symbol = at.function.map(|f| names.functions[f].symbol.clone()).unwrap_or_default();
            (if path.is_empty() { symbol } else { String::new() }, key)
        }
        StmtKind::Expr(value) => (String::new(), within(value, span).and_then(|(_, key)| key)),
        _ => Default::default(),
    }
}

/// The target that gets what stands at `span`: the whole, or its part of a tuple.
fn target_of<'m>(target: &'m Value, value: &'m Value, span: Span) -> Option<&'m str> {
    if let Some(path) = target.as_reference() {
        return Some(path);
    }
    let at = value.items().iter().position(|item| item.span.contains(span));
    match at {
        Some(at) => target.items().get(at)?.as_reference(),
        None => target.items().first().or_else(|| target.entries().first().map(|e| &e.value))?.as_reference(),
    }
}

/// A target as the rest of the module names it: `self.x` by its class, a local by its function.
pub(super) fn owned(target: &str, at: At, names: &Names<'_>) -> String {
    if let Some(rest) = ["self.", "this.", "cls."].iter().find_map(|p| target.strip_prefix(p)) {
        return at.class.map_or_else(|| rest.to_owned(), |c| format!("{}.{rest}", names.classes[c].class.name));
    }
    match (at.function, at.class) {
        (Some(f), _) if names.functions[f].symbol.is_empty() => target.to_owned(),
        (Some(f), _) => format!("{}.{target}", names.functions[f].symbol),
        (None, Some(c)) => format!("{}.{target}", names.classes[c].class.name),
        (None, None) => target.to_owned(),
    }
}

/// Where `span` lies in `value` as long as that is the value itself: an alternative, an element of a
/// list or map (then the path of keys), the argument of a wrapper. None when it is inside a call.
fn within(value: &Value, span: Span) -> Option<(String, Option<&str>)> {
    if value.span == span {
        return Some((String::new(), None));
    }
    if !value.span.contains(span) {
        return None;
    }
    match &value.node {
        Node::Map(entries) => entries.iter().find_map(|e| {
            let (rest, key) = within(&e.value, span)?;
            let path = if rest.is_empty() { e.key.to_string() } else { format!("{}.{rest}", e.key) };
            Some((path, key.or(Some(&e.key))))
        }),
        // An element of a list has no key, whatever key the list stands under.
        Node::List(items) => items.iter().enumerate().find_map(|(i, item)| {
            let (rest, key) = within(item, span)?;
            Some((if rest.is_empty() { i.to_string() } else { format!("{i}.{rest}") }, key.or(Some(""))))
        }),
        Node::Expr(expr) => match &**expr {
            Expr::Choice { options, .. } => options.iter().find_map(|o| within(o, span)),
            Expr::Operation(op, parts) if matches!(&**op, "await" | "as" | "for") => within(parts.first()?, span),
            // `x = Agent(…).with(…)`: the chain is held by x, so is every step of it.
            Expr::Call(call) => match call.callee.as_expr()? {
                Expr::Operation(op, parts) if &**op == "." => within(parts.first()?, span),
                _ => {
                    let (_, key) = call.args.iter().find_map(|a| within(&a.value, span))?;
                    key.filter(|key| !key.is_empty()).map(|key| (format!("?{key}"), Some(key)))
                }
            },
            _ => None,
        },
        _ => None,
    }
}

/// The frameworks that a module imports.
pub(super) fn active(module: &Module) -> Vec<(&'static Framework, &'static Sdk)> {
    let language = module.language.slug();
    let imports = |sdk: &Sdk| module.imports.iter().any(|i| belongs(&i.module, sdk));
    FRAMEWORKS
        .iter()
        .flat_map(|framework| framework.sdk.iter().map(move |sdk| (framework, sdk)))
        .filter(|(_, sdk)| sdk.languages.contains(&language) && imports(sdk))
        .collect()
}

/// SDKs by the words of their patterns, for names that come in with a whole namespace.
static WORDS: LazyLock<FxHashMap<&'static str, Vec<&'static Sdk>>> = LazyLock::new(|| {
    let mut words: FxHashMap<&'static str, Vec<&'static Sdk>> = FxHashMap::default();
    for sdk in FRAMEWORKS.iter().flat_map(|framework| framework.sdk) {
        let agents = sdk.agent.iter().flat_map(|form| [form.call, form.base, form.decorator]);
        let tools = sdk.tool.iter().flat_map(|form| [form.call, form.decorator, form.base, form.object]);
        let gates = sdk.approval.iter().flat_map(|form| [form.call, form.base, form.decorator]);
        let rest = sdk.server.iter().map(|f| f.call).chain(sdk.endpoint.iter().map(|f| f.call));
        let more = sdk
            .run
            .iter()
            .map(|f| f.call)
            .chain(sdk.switch.iter().map(|f| f.call))
            .chain(sdk.handoff.iter().map(|f| f.call));
        for pattern in agents.chain(tools).chain(gates).chain(rest).chain(more).flatten() {
            let path = pattern.rsplit_once(':').map_or(*pattern, |(_, path)| path);
            for word in path.trim_start_matches(['~', '!']).split('.').filter(|w| !w.contains('*')) {
                words.entry(word).or_default().push(sdk);
            }
        }
    }
    words
});

/// The namespace among `wildcards` that brings `word` in, as far as a model names it.
pub(super) fn namespace<'m>(wildcards: &[&'m str], word: &str, language: Language) -> Option<&'m str> {
    let known = WORDS.get(word)?;
    let language = language.slug();
    let brings = |module: &str| known.iter().any(|sdk| sdk.languages.contains(&language) && belongs(module, sdk));
    wildcards.iter().copied().find(|module| brings(module))
}

/// Whether a module is one of the packages, or inside one.
pub(super) fn belongs(module: &str, sdk: &Sdk) -> bool {
    sdk.packages.iter().any(|package| inside_package(module, package))
}

/// Whether `module` is `package` or inside it; a package that ends in `*` is a prefix.
pub(super) fn inside_package(module: &str, package: &str) -> bool {
    if let Some(prefix) = package.strip_suffix('*') {
        return module.starts_with(prefix);
    }
    module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', ':']))
}

/// Whether `name` is what one of `patterns` says; see the schema for their form.
pub(super) fn matches(name: &Name<'_>, sdk: &Sdk, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| fits(name, pattern)) && belongs(name.module, sdk)
}

/// Whether the method called is one of the `~method` patterns, on whatever receiver.
pub(super) fn method_matches(call: &Call, patterns: &[&str]) -> bool {
    patterns.iter().filter_map(|p| p.strip_prefix('~')).any(|pattern| match (pattern.contains('.'), call.path()) {
        (true, Some(path)) => path.strip_suffix(pattern).is_some_and(|before| before.ends_with('.')),
        (true, None) => call.method() == pattern.rsplit('.').next(),
        (false, path) => call.method() == Some(pattern) && path.is_none_or(|p| p.contains('.')),
    })
}

fn fits(name: &Name<'_>, pattern: &str) -> bool {
    // Nearly every pattern ends here: where it does not end in a star, the last bytes are the same.
    if let (Some(last), Some(found)) = (pattern.as_bytes().last(), name.path.as_bytes().last())
        && *last != b'*'
        && last != found
    {
        return false;
    }
    let pattern = match pattern.split_once(':') {
        None => pattern,
        Some((module, rest)) => {
            let tail = name.module.strip_suffix(module);
            if !tail.is_some_and(|t| t.is_empty() || t.ends_with(['.', '/'])) {
                return false;
            }
            rest
        }
    };
    if let Some(object) = pattern.strip_prefix('!') {
        let tail = name.module.strip_suffix(object).is_some_and(|t| t.is_empty() || t.ends_with(['.', '/']));
        return name.path == object || (name.path.is_empty() && tail);
    }
    let (owner, last) = pattern.rsplit_once('.').map_or((None, pattern), |(o, l)| (Some(o), l));
    let (mut before, found) = name.path.rsplit_once('.').map_or(("", &*name.path), |(b, f)| (b, f));
    if !glob(last, found) {
        return false;
    }
    match owner {
        None => before.is_empty() || before.chars().next().is_some_and(char::is_lowercase),
        Some("*") => true,
        Some(owner) => {
            // The owner may stand anywhere before: builder steps lie between.
            if owner.contains('.') {
                return before.ends_with(owner);
            }
            loop {
                let (rest, segment) = before.rsplit_once('.').map_or(("", before), |(r, s)| (r, s));
                if segment == owner {
                    return true;
                }
                if rest.is_empty() {
                    return before == owner || name.module.rsplit(['.', '/']).next() == Some(owner);
                }
                before = rest;
            }
        }
    }
}

/// `*` at one end of a pattern stands for anything.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.as_bytes() {
        [b'*', ..] => text.len() >= pattern.len() && text.ends_with(&pattern[1..]),
        [.., b'*'] => text.starts_with(&pattern[..pattern.len() - 1]),
        _ => pattern == text,
    }
}
