//! Which sites of a file declare agents. Input: its scene, with tools and servers. Output: [`Agent`] facts:
//! what each is given is read beside, in `given`, what runs say in `runs`, whom they hand work to in
//! `handoffs`.

use super::args::Args;
use super::decorated;
use super::gates;
use super::given::declare;
use super::handoffs::team;
use super::model::{AgentForm, FRAMEWORKS, Framework, Sdk};
use super::names::{At, own_statements};
use super::origin::is_own;
use super::runs::runs;
use super::scene::Scene;
use super::sites::{inside_package, matches, method_matches, owned};
use crate::facts::{Agent, Sym};
use crate::parse::code::ast::{Class, Language, StmtKind};
use crate::parse::value::{Expr, Value};
use crate::span::Span;

/// Finds every agent, then what runs say about them.
pub(super) fn read(scene: &mut Scene<'_, '_>) {
    let found = sites(scene);
    // Their symbols first, so that agents can name each other in any order.
    for one in &found {
        let agent = Agent { name: Sym::new(&one.name), symbol: Sym::new(&one.symbol), ..Agent::default() };
        if one.form.form != "team" {
            scene.add_agent(one.span, agent);
            scene.agent_site.entry(one.symbol.clone()).or_insert(one.site);
        }
    }
    let mut at = 0;
    for one in &found {
        if one.form.form == "team" {
            team(scene, one);
        } else {
            let agent = declare(scene, one);
            scene.agents[at].1 = agent;
            at += 1;
        }
    }
    nodes(scene);
    runs(scene);
}

/// Nodes of a graph that another module puts together: a function in which a model is bound to tools.
fn nodes(scene: &mut Scene<'_, '_>) {
    if !scene.agents.is_empty() {
        return;
    }
    let Some(framework) = FRAMEWORKS.iter().find(|f| f.slug == "langgraph") else { return };
    for group in 0..scene.groups.len() {
        let site = &scene.sites[scene.groups[group].site];
        let around = std::iter::successors(site.at.function, |&f| scene.names.functions[f].at.function);
        let function = around.into_iter().find(|&f| !scene.names.functions[f].function.name.is_empty());
        let Some(function) = function.filter(|_| matches!(site.call.method(), Some("bind_tools" | "bindTools"))) else {
            continue;
        };
        let def = &scene.names.functions[function];
        let (symbol, name, span) = (def.symbol.clone(), def.function.name.to_string(), site.span);
        let items: Vec<_> = scene.items(scene.groups[group].tools).into_iter().filter(|i| is_tool(scene, i)).collect();
        if items.is_empty() || scene.agent_by.contains_key(&symbol) {
            continue;
        }
        let mut agent = Agent {
            name: Sym::new(&name),
            framework: Sym::new(framework.slug),
            symbol: Sym::new(&symbol),
            tracing: Sym::new("unknown"),
            ..Agent::default()
        };
        for item in items {
            super::given::give(scene, &mut agent, framework, item);
        }
        scene.add_agent(span, agent);
    }
}

/// Whether what a model is bound to can be run: a class is only the form of its answer, a parameter anything.
fn is_tool(scene: &Scene<'_, '_>, item: &super::items::Item<'_>) -> bool {
    let Some(path) = item.value.as_reference() else { return item.value.as_call().is_some() };
    let root = path.split('.').next().unwrap_or(path);
    let last = path.rsplit('.').next().unwrap_or(path);
    let shaped = last.starts_with(char::is_uppercase) && last.contains(char::is_lowercase);
    !shaped
        && scene.names.class(path).is_none()
        && (scene.names.function(path, item.at).is_some()
            || scene.names.import(root).is_some()
            || scene.canonical(path, item.at, item.value.span.start).is_some_and(|symbol| scene.known(&symbol)))
}

/// A declaration.
pub(super) struct Declared {
    pub(super) framework: &'static Framework,
    pub(super) form: &'static AgentForm,
    pub(super) site: usize,
    pub(super) class: Option<usize>,
    pub(super) symbol: String,
    pub(super) name: String,
    pub(super) span: Span,
}

fn sites(scene: &Scene<'_, '_>) -> Vec<Declared> {
    let mut all = Vec::new();
    for (index, site) in scene.sites.iter().enumerate() {
        if site.decorates(scene.names.language) {
            continue;
        }
        let is = |sdk: &Sdk, form: &AgentForm| {
            site.name.as_ref().is_some_and(|name| matches(name, sdk, form.call)) || method_matches(site.call, form.call)
        };
        let Some((framework, _, form)) = form_of(scene, is) else { continue };
        // `super().__init__(…)` and methods of an instance are no declarations.
        let args = site.args(&scene.names);
        // An expression that nothing holds is an agent that nobody runs.
        let dropped = scene.names.language == Language::Python
            && form.form.is_empty()
            && matches!(&site.stmt.kind, StmtKind::Expr(value) if value.span == site.span);
        let empty = dropped || !form.needs.is_empty() && form.needs.iter().all(|n| args.get(n, &scene.names).is_none());
        if empty || (form.form == "graph" && !graph_has_model(scene, index, form)) {
            continue;
        }
        let symbol = scene.symbol(site);
        if form.form == "host" && scene.attached.iter().all(|(owner, ..)| *owner != symbol) {
            continue;
        }
        let given = args.text(form.name, &scene.names);
        let name = given.unwrap_or_else(|| unnamed(scene, index, form, &symbol));
        let span = match form.form {
            "graph" => builder(scene, index).unwrap_or_else(|| declaration(scene, index)),
            _ => declaration(scene, index),
        };
        all.push(Declared { framework, form, site: index, class: None, symbol, name, span });
    }
    all.extend((0..scene.sites.len()).filter_map(|index| registered(scene, index)));
    all.extend((0..scene.sites.len()).filter_map(|index| own_server(scene, index)));
    for (index, def) in scene.names.classes.iter().enumerate() {
        let base = def.class.bases.iter().find_map(|base| {
            let name = scene.names.value(base, At::default(), u32::MAX, 4)?;
            form_of(scene, |sdk, form| matches(&name, sdk, form.base))
        });
        let base = base.or_else(|| marked(scene, def.class).map(|(found, _)| found));
        if let Some((framework, _, form)) = base {
            if !form.needs.is_empty() && !takes(def.class, form.needs) {
                continue;
            }
            let args = Args::of_class(def.class, At { function: None, class: Some(index) }, &scene.names);
            let symbol = def.class.name.to_string();
            let name = args.text(form.name, &scene.names).unwrap_or_else(|| symbol.clone());
            all.push(Declared { framework, form, site: usize::MAX, class: Some(index), symbol, name, span: def.span });
        }
    }
    for (index, def) in scene.names.functions.iter().enumerate() {
        let decorated = def.function.decorators.iter().find_map(|decorator| {
            let name = match decorator.as_expr()? {
                Expr::Call(call) => scene.names.call_of(call, def.at)?,
                Expr::Reference(path) => scene.names.resolve(path, def.at, decorator.span.start)?,
                _ => return None,
            };
            form_of(scene, |sdk, form| matches(&name, sdk, form.decorator))
        });
        if let Some((framework, _, form)) = decorated {
            let symbol = def.symbol.clone();
            let name = def.function.name.to_string();
            all.push(Declared {
                framework,
                form,
                site: usize::MAX - 1 - index,
                class: None,
                symbol,
                name,
                span: def.function.name_span,
            });
        }
    }
    all
}

/// An agent whose class is registered together with a function that makes it.
fn registered(scene: &Scene<'_, '_>, index: usize) -> Option<Declared> {
    let site = &scene.sites[index];
    let (framework, form) = scene.sdks.iter().find_map(|(framework, sdk)| {
        let form = sdk.agent.iter().find(|f| !f.factory.is_empty() && method_matches(site.call, f.call))?;
        Some((*framework, form))
    })?;
    let args = site.args(&scene.names);
    let function = gates::function(args.first(form.factory, &scene.names)?, &scene.names)?;
    let mut made = None;
    own_statements(&function.body, &mut |stmt| {
        if let StmtKind::Return(Some(value)) | StmtKind::Expr(value) = &stmt.kind {
            made = made.or(scene.site_at.get(&value.span).copied());
        }
    });
    let made = made?;
    // A class of this file is listed by itself; each of several registrations is an agent of its own.
    let path = site.call.path();
    let own = path.and_then(|p| p.split('.').next()).is_some_and(|class| scene.names.class(class).is_some());
    if own && scene.sites.iter().filter(|s| s.call.path() == path).count() == 1 {
        return None;
    }
    let inner = scene.sites[made].args(&scene.names);
    inner.first(form.needs, &scene.names)?;
    let name = args.text(form.name, &scene.names).or_else(|| inner.text(form.name, &scene.names));
    let class = scene.sites[made].call.method().unwrap_or("agent");
    let symbol = scene.symbol(site);
    let name = name.unwrap_or_else(|| class.to_owned());
    Some(Declared { framework, form, site: made, class: None, symbol, name, span: declaration(scene, index) })
}

/// A server of tools whose class another module of the repository derives from one: its name says so, and here
/// tools are attached to it, or it is run or mounted.
fn own_server(scene: &Scene<'_, '_>, index: usize) -> Option<Declared> {
    let site = &scene.sites[index];
    let name = site.name.as_ref()?;
    if scene.names.language != Language::Python || !matches!(site.stmt.kind, StmtKind::Assign { .. }) {
        return None;
    }
    let class = name.path.rsplit('.').next().filter(|class| class.starts_with(|c: char| c.is_ascii_uppercase()))?;
    let symbol = scene.symbol(site);
    let says = |text: &str| text.to_ascii_lowercase().contains("mcp");
    let held = symbol.rsplit('.').next().unwrap_or(&symbol);
    if !is_own(name.module, scene.names.language) || scene.sdk_of(name) || !says(class) && !says(held) {
        return None;
    }
    let used = || {
        scene.sites.iter().any(|other| {
            let path = other.call.path().and_then(|p| p.rsplit_once('.'));
            path.is_some_and(|(owner, method)| {
                SERVES.contains(&method)
                    && scene.instance(owner, other.at, other.span.start).as_deref() == Some(symbol.as_str())
            })
        })
    };
    if scene.attached.iter().all(|(owner, ..)| *owner != symbol) && !used() {
        return None;
    }
    let (framework, form) = server_form()?;
    let args = site.args(&scene.names);
    let name = args.text(form.name, &scene.names).unwrap_or_else(|| unnamed(scene, index, form, &symbol));
    Some(Declared { framework, form, site: index, class: None, symbol, name, span: declaration(scene, index) })
}

/// What is done to a server of tools and to no client of one.
const SERVES: &[&str] =
    &["mount", "import_server", "add_tool", "custom_route", "http_app", "streamable_http_app", "sse_app"];

/// The form of a server of tools that a call makes.
fn server_form() -> Option<(&'static Framework, &'static AgentForm)> {
    let framework = super::model::FRAMEWORKS.iter().find(|f| f.slug == "mcp-server")?;
    let sdk = framework.sdk.iter().find(|sdk| sdk.languages.contains(&"python"))?;
    sdk.agent.iter().find(|form| form.form == "server").map(|form| (framework, form))
}

pub(super) fn form_of(
    scene: &Scene<'_, '_>,
    is: impl Fn(&Sdk, &AgentForm) -> bool,
) -> Option<(&'static Framework, &'static Sdk, &'static AgentForm)> {
    scene.sdks.iter().find_map(|(framework, sdk)| {
        sdk.agent
            .iter()
            .find(|form| !matches!(form.form, "loop" | "runner" | "auto") && is(sdk, form))
            .map(|form| (*framework, *sdk, form))
    })
}

/// A form with where it is described.
type Described = (&'static Framework, &'static Sdk, &'static AgentForm);

/// The form that an annotation of a class or interface says it has, and the annotation.
pub(super) fn marked<'m>(scene: &Scene<'_, 'm>, class: &'m Class) -> Option<(Described, &'m Value)> {
    class.decorators.iter().find_map(|decorator| {
        let name = decorated::named(decorator, At::default(), &scene.names)?;
        form_of(scene, |sdk, form| matches(&name, sdk, form.decorator)).map(|found| (found, decorator))
    })
}

/// Whether a method of a class takes one of these, or the class has such a field.
fn takes(class: &Class, needs: &[&str]) -> bool {
    class.body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Function(method) => method.params.iter().any(|p| needs.contains(&&*p.name)),
        StmtKind::Assign { targets, .. } => {
            targets.iter().any(|t| t.as_reference().is_some_and(|p| needs.contains(&p)))
        }
        _ => false,
    })
}

/// The first line of a declaration: the function when it is all that the function returns and the
/// function is marked as one, else the statement.
fn declaration(scene: &Scene<'_, '_>, index: usize) -> Span {
    let site = &scene.sites[index];
    if let (StmtKind::Return(_), Some(function)) = (&site.stmt.kind, site.at.function) {
        let def = &scene.names.functions[function];
        let marks = |decorator: &Value| {
            let path = decorator.as_call().map_or_else(|| decorator.as_reference(), |c| c.path());
            let name = path.and_then(|p| scene.names.resolve(p, def.at, decorator.span.start));
            name.is_some_and(|name| scene.sdk_of(&name))
        };
        if def.function.decorators.iter().any(marks) {
            return def.function.name_span;
        }
    }
    if matches!(site.stmt.kind, StmtKind::Assign { .. }) && site.key.is_none() { site.stmt.span } else { site.span }
}

/// Where the graph begins that is compiled at a site.
fn builder(scene: &Scene<'_, '_>, index: usize) -> Option<Span> {
    let site = &scene.sites[index];
    let (owner, _) = site.call.path()?.rsplit_once('.')?;
    let begun = scene.names.assign(owner, site.at, site.span.start)?;
    let constructed = begun.value.as_call().is_some() && begun.at.function == site.at.function;
    (constructed && begun.span.start < site.span.start).then_some(begun.span)
}

/// A name for an agent without one: the variable, the function, the file's word for it.
fn unnamed(scene: &Scene<'_, '_>, index: usize, form: &AgentForm, symbol: &str) -> String {
    let site = &scene.sites[index];
    let variable = symbol.rsplit('.').next().unwrap_or(symbol);
    if form.form == "graph" && symbol.contains('#') {
        let builder = site.call.path().and_then(|p| p.rsplit('.').nth(1));
        return builder.unwrap_or("graph").to_owned();
    }
    if symbol.contains('#') {
        let function = std::iter::successors(site.at.function, |&f| scene.names.functions[f].at.function)
            .map(|f| &*scene.names.functions[f].function.name)
            .find(|n| !n.is_empty());
        let key = site.key.or(function);
        return key.map_or_else(|| site.call.method().unwrap_or("agent").to_owned(), str::to_owned);
    }
    if variable == "default" {
        return site.call.method().unwrap_or("agent").to_owned();
    }
    if variable.is_empty() {
        return site.call.method().unwrap_or("agent").to_owned();
    }
    variable.trim_start_matches(['_', '?']).to_owned()
}

/// Whether a compiled graph has something that lets a model choose.
fn graph_has_model(scene: &Scene<'_, '_>, index: usize, form: &AgentForm) -> bool {
    !graph_groups(scene, index).is_empty()
        || shows_model(&scene.modules, form.evidence)
        || scene.sites.iter().any(|s| {
            s.name
                .as_ref()
                .is_some_and(|n| form_of(scene, |sdk, f| f.form.is_empty() && matches(n, sdk, f.call)).is_some())
        })
}

/// Lists of tools that belong to the graph compiled at a site: those in its nodes, else, when the file
/// has one graph, all.
pub(super) fn graph_groups(scene: &Scene<'_, '_>, index: usize) -> Vec<usize> {
    let site = &scene.sites[index];
    let builder = site.call.path().and_then(|p| p.rsplit_once('.')).map(|(owner, _)| owner);
    let graphs = scene.sites.iter().filter(|s| s.call.method() == Some("compile") && s.name.is_some()).count();
    let all: Vec<usize> = (0..scene.groups.len()).collect();
    let Some(builder) = builder.filter(|_| graphs > 1) else { return all };
    let mut nodes = Vec::new();
    for node in scene.sites.iter().filter(|s| matches!(s.call.method(), Some("add_node" | "addNode"))) {
        let same = node.call.path().and_then(|p| p.rsplit_once('.')).is_some_and(|(owner, _)| owner == builder);
        if same && (node.at.function == site.at.function) {
            nodes.extend(node.call.args.iter().map(|a| (&a.value, node.at)));
        }
    }
    all.into_iter()
        .filter(|&g| {
            let group = &scene.sites[scene.groups[g].site];
            nodes.iter().any(|(value, at)| {
                let path = value.as_reference();
                value.span.contains(group.span)
                    || path.is_some_and(|p| {
                        scene.names.function(p, *at).is_some_and(|f| encloses(scene, f, group.at.function))
                    })
                    || path.is_some_and(|p| !group.symbol.is_empty() && owned(p, *at, &scene.names) == group.symbol)
            })
        })
        .collect()
}

fn encloses(scene: &Scene<'_, '_>, outer: usize, inner: Option<usize>) -> bool {
    std::iter::successors(inner, |&f| scene.names.functions[f].at.function).any(|f| f == outer)
}

/// Whether a module of `sites` belongs to a package that shows a model.
fn shows_model(modules: &[&str], evidence: &[&str]) -> bool {
    const NO_MODEL: &[&str] = &[
        "langchain_core",
        "langchain_community",
        "langchain_text_splitters",
        "@langchain/core",
        "@langchain/langgraph",
        "langchain_protocol",
    ];
    modules.iter().any(|module| {
        let root = module.split('.').next().unwrap_or(module);
        !NO_MODEL.contains(&root)
            && !NO_MODEL.iter().any(|n| n.contains('/') && module.starts_with(n))
            && evidence.iter().any(|package| inside_package(module, package))
    })
}
