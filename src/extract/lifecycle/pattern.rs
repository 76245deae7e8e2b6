//! Which calls issue and which revoke: patterns of the models against what callees lead to.

use crate::catalogue::lifecycles::Lifecycle;
use crate::extract::glob::glob;
use crate::extract::request;
use crate::parse::Value;
use crate::parse::code::resolve::Resolved;
use crate::parse::code::{CallSite, Code};
use crate::parse::value::Expr;

/// The calls of a module with what their callees lead to.
pub(super) struct Calls<'c, 'm> {
    pub(super) code: &'c Code<'m>,
    leads: Vec<Resolved<'m>>,
    /// Method and URL of those that are requests.
    requests: Vec<Option<(String, String)>>,
}

impl<'c, 'm> Calls<'c, 'm> {
    pub(super) fn new(code: &'c Code<'m>) -> Self {
        let leads: Vec<Resolved<'m>> = code.calls.iter().map(|site| code.callee(site)).collect();
        let requests = code.calls.iter().zip(&leads).map(|(site, leads)| request::http(code, site, leads)).collect();
        Self { code, leads, requests }
    }

    /// What the callee of `site` leads to.
    pub(super) fn leads(&self, site: &CallSite<'m>) -> &Resolved<'m> {
        &self.leads[self.index(site)]
    }

    fn index(&self, site: &CallSite<'m>) -> usize {
        let index = self.code.calls.iter().position(|s| std::ptr::eq(s.call, site.call));
        index.expect("a site of this module")
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'c CallSite<'m>, &Resolved<'m>)> {
        self.code.calls.iter().zip(&self.leads)
    }

    /// Whether `site` issues what `lifecycle` describes.
    pub(super) fn issues(&self, lifecycle: &Lifecycle, site: &CallSite<'m>, leads: &Resolved<'m>) -> bool {
        self.any(lifecycle.issue, lifecycle, site, leads)
            || self.requests(lifecycle.http, site, leads)
            || self.states(lifecycle.sql, lifecycle.sql_needs, site, leads)
    }

    /// Whether `leads` is one of `patterns`.
    pub(super) fn any(
        &self,
        patterns: &[&str],
        lifecycle: &Lifecycle,
        site: &CallSite<'m>,
        leads: &Resolved<'m>,
    ) -> bool {
        patterns.iter().any(|pattern| self.matches(pattern, lifecycle, site, leads))
    }

    fn matches(&self, pattern: &str, lifecycle: &Lifecycle, site: &CallSite<'m>, leads: &Resolved<'m>) -> bool {
        let Some((module, name)) = pattern.split_once(':') else { return false };
        if !glob(name, &leads.name) {
            return false;
        }
        match module {
            "?" => leads.module.is_empty() && self.hinted(lifecycle, name, leads),
            _ => leads.within(module) && self.served(lifecycle, site, leads),
        }
    }

    /// Whether the client was made for the service (`boto3.client("iam")`), as far as that can be read.
    fn served(&self, lifecycle: &Lifecycle, site: &CallSite<'m>, leads: &Resolved<'m>) -> bool {
        let (Some(service), Some(made)) = (lifecycle.service, leads.made_by) else { return true };
        let named = made.positional(0).or_else(|| made.keyword("service_name"));
        named.and_then(|value| self.code.text(value, site.scope)).is_none_or(|name| name == service)
    }

    /// A receiver that cannot be followed must at least be named after the service.
    fn hinted(&self, lifecycle: &Lifecycle, name: &str, leads: &Resolved<'m>) -> bool {
        let tail = name.trim_start_matches('*');
        let receiver = leads.name.strip_suffix(tail).unwrap_or("");
        if receiver.is_empty() {
            return false;
        }
        let mut words = receiver.split(['.', '_']).map(str::to_ascii_lowercase);
        let imported = || {
            let within = |module: &str, package: &str| {
                Resolved { module: module.to_owned(), ..Resolved::default() }.within(package)
            };
            let imports = &self.code.module.imports;
            imports.iter().any(|import| lifecycle.modules.iter().any(|package| within(&import.module, package)))
        };
        words.any(|word| lifecycle.hints.iter().any(|hint| word.starts_with(hint) || word.ends_with(hint)))
            || imported()
    }

    pub(super) fn requests(&self, patterns: &[&str], site: &CallSite<'m>, leads: &Resolved<'m>) -> bool {
        if patterns.is_empty() {
            return false;
        }
        if !request::is_verb(leads.last()) {
            return false;
        }
        let Some((method, shape)) = &self.requests[self.index(site)] else { return false };
        let mut known = patterns.iter().filter_map(|pattern| pattern.split_once(' '));
        known.any(|(verb, path)| verb == method && request::holds_path(shape, path))
    }

    pub(super) fn states(&self, patterns: &[&str], needs: &[&str], site: &CallSite<'m>, leads: &Resolved<'m>) -> bool {
        if patterns.is_empty() {
            return false;
        }
        let Some(statement) = request::sql(self.code, site, leads) else { return false };
        patterns.iter().any(|begin| statement.starts_with(begin))
            && (needs.is_empty() || needs.iter().any(|n| statement.contains(n)))
    }

    /// The argument `name`: keyword, key of an options object, or field of a request body.
    pub(super) fn argument(&self, name: &str, site: &CallSite<'m>) -> Option<&'m Value> {
        let nested = |value: &'m Value| {
            let value = self.code.literal(value, site.scope);
            // A struct of options is a call with named arguments.
            if let Some(options) = value.as_call() {
                return options.keyword(name);
            }
            let fields = || value.entries().iter().find_map(|e| self.code.literal(&e.value, site.scope).get(name));
            value.get(name).or_else(fields)
        };
        let direct = site.call.args.iter().find(|a| a.name.as_deref() == Some(name)).map(|a| &a.value);
        direct.or_else(|| site.call.args.iter().find_map(|a| nested(&a.value)))
    }

    /// The argument that sets the end of what `site` issues.
    pub(super) fn end_argument(&self, lifecycle: &Lifecycle, site: &CallSite<'m>) -> Option<&'m Value> {
        let named = lifecycle.end_arguments.iter().find_map(|name| self.argument(name, site));
        if named.is_some() || lifecycle.sql.is_empty() {
            return named;
        }
        let statement = request::sql(self.code, site, self.leads(site))?;
        lifecycle.end_arguments.iter().any(|end| statement.contains(end)).then(|| site.call.positional(0)).flatten()
    }

    /// Whether options reach the call that cannot be seen (`**kwargs`, a parameter as the body).
    pub(super) fn has_spread(&self, site: &CallSite<'m>) -> bool {
        let hidden = |value: &'m Value| {
            let value = self.code.literal(value, site.scope);
            match value.as_expr() {
                Some(Expr::Spread(inner)) => {
                    !matches!(self.code.literal(inner, site.scope).node, crate::parse::value::Node::Map(_))
                }
                _ => value.entries().iter().any(|e| matches!(&*e.key, "**" | "...")),
            }
        };
        site.call.args.iter().any(|a| {
            hidden(&a.value)
                || a.name.as_deref() == Some("json")
                    && a.value.as_reference().is_some()
                    && hidden_body(self.code.literal(&a.value, site.scope))
        })
    }
}

fn hidden_body(value: &Value) -> bool {
    value.entries().is_empty()
}
