//! How one issuance ends, as far as its function (and those of the same file that it returns to) say.

use super::flow::{self, How, Outcome, Subject};
use super::pattern::Calls;
use crate::catalogue::lifecycles::Lifecycle;
use crate::extract::carries::Carriers;
use crate::parse::Value;
use crate::parse::code::ast::{Function, Language, Stmt};
use crate::parse::code::index::ScopeKind;
use crate::parse::code::resolve::Resolved;
use crate::parse::code::{CallSite, ScopeId};
use crate::span::Span;

/// A value returned by a function is followed into its callers this far.
const MAX_RETURNS: u32 = 2;

/// Places shown for one issuance.
const MAX_PLACES: usize = 5;

/// How an issuance ends.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    /// `all-paths`, `some-paths`, `none`, `escapes` or `unknown`.
    pub(super) revocation: &'static str,
    pub(super) reason: Option<String>,
    /// The value also reaches a place that is not seen here.
    pub(super) escapes: bool,
    pub(super) revoked_at: Vec<Span>,
    pub(super) open_exits: Vec<Span>,
}

impl Ending {
    fn new(revocation: &'static str, reason: Option<String>) -> Self {
        Self { revocation, reason, escapes: false, revoked_at: Vec::new(), open_exits: Vec::new() }
    }

    /// From worst to best.
    fn rank(&self) -> usize {
        let order = ["none", "some-paths", "unknown", "escapes", "all-paths"];
        order.iter().position(|r| *r == self.revocation).unwrap_or(0)
    }
}

/// How what `site` issues ends.
pub(super) fn of(calls: &Calls<'_, '_>, lifecycle: &Lifecycle, site: &CallSite<'_>) -> Ending {
    Inquiry { calls, lifecycle }.at(site, 0)
}

struct Inquiry<'q, 'c, 'm> {
    calls: &'q Calls<'c, 'm>,
    lifecycle: &'q Lifecycle,
}

/// Statements of a function that only hands on what a service answers.
const THIN: usize = 5;

/// Methods that end the life of an object.
const CLOSERS: &[&str] = &[
    "__exit__",
    "__aexit__",
    "close",
    "aclose",
    "stop",
    "shutdown",
    "cleanup",
    "teardown",
    "dispose",
    "destroy",
    "__del__",
    "revoke",
    "logout",
    "[Symbol.dispose]",
    "[Symbol.asyncDispose]",
];

impl<'m> Inquiry<'_, '_, 'm> {
    fn at(&self, site: &CallSite<'m>, returns: u32) -> Ending {
        let code = self.calls.code;
        let home = self.home(site.scope);
        let (body, function): (&[Stmt], Option<&'m Function>) = match code.kind(home) {
            ScopeKind::Function(f) => (&f.body, Some(f)),
            _ => (&code.module.body, None),
        };
        let carriers = Carriers::issued(body, site.value.span);
        let (revokes, others) = self.revocations(site, home, &carriers);
        let subject = Subject {
            issue: site.value.span,
            revokes: &revokes,
            carriers: &carriers,
            raises: code.module.language != Language::Go,
        };
        let outcome = flow::analyse(body, &subject);
        let mut ending = self.judge(site, function, &carriers, &revokes, others, &outcome, returns);
        ending.escapes |= self.handed_on(site, home, &carriers, &revokes);
        ending
    }

    /// The scope of the function, lambda or module whose statements hold the call.
    fn home(&self, scope: ScopeId) -> ScopeId {
        let code = self.calls.code;
        code.outwards(scope).find(|&s| !matches!(code.kind(s), ScopeKind::Class(_))).unwrap_or(scope)
    }

    #[allow(clippy::too_many_arguments, reason = "everything that is known of one place, asked once")]
    fn judge(
        &self,
        site: &CallSite<'m>,
        function: Option<&'m Function>,
        carriers: &Carriers,
        revokes: &[Span],
        rotates: bool,
        outcome: &Outcome,
        returns: u32,
    ) -> Ending {
        if outcome.exhausted {
            return Ending::new("unknown", Some("budget".into()));
        }
        let open: Vec<_> = outcome.exits.iter().filter(|e| e.is_open()).collect();
        let returned = open.iter().any(|e| e.how == How::Returns);
        if revokes.is_empty() {
            if returned || outcome.yields {
                return self.returned(function, site, returns);
            }
            if let Some(closer) = self.closer(site, carriers) {
                return Ending::new("escapes", Some(format!("kept on the object, whose `{closer}` revokes it")));
            }
            return match rotates {
                true => Ending::new("unknown", Some("another one is revoked here: a rotation".into())),
                false => Ending::new("none", None),
            };
        }
        let mut ending = match open.iter().all(|e| e.how == How::Returns) {
            _ if open.is_empty() => Ending::new("all-paths", None),
            true => self.returned(function, site, returns),
            false => Ending::new("some-paths", None),
        };
        ending.revoked_at = revokes.iter().copied().take(MAX_PLACES).collect();
        ending.open_exits = open.iter().filter(|e| e.how != How::Returns).map(|e| e.at).collect();
        ending.open_exits.sort_unstable();
        ending.open_exits.truncate(MAX_PLACES);
        ending
    }

    /// What the callers in this file do with what the function returns; the worst of them counts.
    fn returned(&self, function: Option<&'m Function>, site: &CallSite<'m>, returns: u32) -> Ending {
        let escapes = || Ending { escapes: true, ..Ending::new("escapes", Some("returned to the caller".into())) };
        let Some(function) = function.filter(|f| !f.name.is_empty() && returns < MAX_RETURNS) else { return escapes() };
        let name = &*function.name;
        let callers = self.calls.each().filter(|(caller, leads)| {
            let calls_it =
                leads.module.is_empty() && matches!(leads.name.strip_suffix(name), Some("" | "self." | "this."));
            calls_it && !function.span.contains(caller.value.span) && caller.call.args_span != site.call.args_span
        });
        let worst =
            callers.map(|(caller, _)| (self.at(caller, returns + 1), caller)).min_by_key(|(ending, _)| ending.rank());
        let Some((mut ending, caller)) = worst else {
            let Some(beside) = self.beside(function, site) else { return escapes() };
            let reason = format!("returned to the caller, who is offered `{beside}` too");
            return Ending { escapes: true, ..Ending::new("unknown", Some(reason)) };
        };
        let symbol = self.calls.code.symbol(caller.scope);
        let place = if symbol.is_empty() { "the module".to_owned() } else { format!("`{symbol}`") };
        ending.reason = Some(format!("returned to {place}"));
        ending
    }

    /// The public function beside a thin wrapper, in its class or module, that revokes what its callers
    /// name: issuing and revoking are both the caller's business.
    fn beside(&self, wrapper: &Function, site: &CallSite<'m>) -> Option<&'m str> {
        let code = self.calls.code;
        let class = |scope| code.class(scope).map(|class| class.name_span);
        if wrapper.body.len() > THIN {
            return None;
        }
        let revoking = self.calls.each().filter(|(call, leads)| {
            class(call.scope) == class(site.scope) && self.calls.any(self.lifecycle.revoke, self.lifecycle, call, leads)
        });
        let mut others = revoking.filter_map(|(call, _)| code.function(call.scope));
        others
            .find(|f| {
                f.span != wrapper.span && f.body.len() <= THIN && !f.params.is_empty() && !f.name.starts_with('_')
            })
            .map(|f| &*f.name)
            .filter(|name| !name.is_empty())
    }

    /// The method of the same class that revokes what is kept on the object.
    fn closer(&self, site: &CallSite<'m>, carriers: &Carriers) -> Option<&'m str> {
        carriers.kept().next()?;
        let class = self.calls.code.class(site.scope)?;
        let revoking = self.calls.each().filter(|(call, leads)| self.is_revocation(call, leads));
        let methods = revoking.filter_map(|(call, _)| {
            let method = self.calls.code.function(call.scope)?;
            let same = self.calls.code.class(call.scope).is_some_and(|c| std::ptr::eq(c, class));
            (same && CLOSERS.contains(&&*method.name)).then_some(&*method.name)
        });
        methods.into_iter().next()
    }

    /// Calls in the function that revoke what `site` issued, and whether others revoke something else
    /// of the kind.
    fn revocations(&self, site: &CallSite<'m>, home: ScopeId, carriers: &Carriers) -> (Vec<Span>, bool) {
        let (mut revokes, mut others) = (Vec::new(), false);
        let helpers = self.helpers(home);
        for (call, leads) in self.calls.each() {
            if call.value.span == site.value.span || !self.calls.code.outwards(call.scope).any(|s| s == home) {
                continue;
            }
            let given = call.call.args.iter().any(|a| carriers.carries(&a.value));
            if self.revokes(call, leads, site, carriers, given) || given && self.is_helper(&helpers, leads) {
                revokes.push(call.value.span);
            } else if self.registers(call, carriers, &helpers) {
                revokes.push(call.value.span);
            } else if self.kept_helper(&helpers, leads, carriers) {
                revokes.push(call.value.span);
            } else {
                others |= self.calls.any(self.lifecycle.revoke, self.lifecycle, call, leads) && ends(call);
            }
        }
        (revokes, others)
    }

    fn revokes(
        &self,
        call: &CallSite<'m>,
        leads: &Resolved<'m>,
        site: &CallSite<'m>,
        carriers: &Carriers,
        given: bool,
    ) -> bool {
        let (calls, lifecycle) = (self.calls, self.lifecycle);
        if given && ends(call) && (calls.any(lifecycle.revoke, lifecycle, call, leads) || is_named_revoke(leads)) {
            return true;
        }
        if calls.any(lifecycle.revoke_receiver, lifecycle, call, leads) {
            let receiver = call.call.path().and_then(|p| p.rsplit_once('.')).map_or("", |(receiver, _)| receiver);
            return carriers.holds(receiver) || carriers.shares_root(receiver) || self.same_receiver(call, site);
        }
        let subject = lifecycle.revoke_subject.iter().filter_map(|s| s.split_once(' ')).any(|(pattern, argument)| {
            let same = |a: &Value, b: &Value| {
                a.as_str().is_some() && a.as_str() == b.as_str()
                    || a.as_reference().is_some() && a.as_reference() == b.as_reference()
            };
            let both = call.call.option(argument).zip(site.call.option(argument));
            calls.any(&[pattern], lifecycle, call, leads) && both.is_some_and(|(a, b)| same(a, b))
        });
        subject
            || calls.requests(lifecycle.revoke_http, call, leads)
            || calls.states(lifecycle.revoke_sql, &[], call, leads)
    }

    /// `client.auth.token.create()` and `client.auth.token.revoke_self()`: children go with their parent.
    fn same_receiver(&self, call: &CallSite<'m>, site: &CallSite<'m>) -> bool {
        let receiver = |site: &CallSite<'m>| {
            let path = site.call.path()?;
            let segments = if path.starts_with("self.") || path.starts_with("this.") { 2 } else { 1 };
            Some(path.split('.').take(segments).collect::<Vec<_>>().join("."))
        };
        receiver(call).is_some() && receiver(call) == receiver(site)
    }

    fn is_revocation(&self, call: &CallSite<'m>, leads: &Resolved<'m>) -> bool {
        let (calls, lifecycle) = (self.calls, self.lifecycle);
        ends(call) && calls.any(lifecycle.revoke, lifecycle, call, leads)
            || calls.any(lifecycle.revoke_receiver, lifecycle, call, leads)
            || calls.requests(lifecycle.revoke_http, call, leads)
            || calls.states(lifecycle.revoke_sql, &[], call, leads)
    }

    /// Functions and classes of the file that revoke something of the kind, by name.
    fn helpers(&self, home: ScopeId) -> Vec<&'m str> {
        let code = self.calls.code;
        let revoking = self.calls.each().filter(|(call, leads)| self.is_revocation(call, leads));
        let mut names: Vec<&str> = revoking
            .filter(|(call, _)| {
                !code.outwards(call.scope).any(|s| s == home) || home == crate::parse::code::index::MODULE
            })
            .flat_map(|(call, _)| {
                let function = code.function(call.scope).map(|f| &*f.name);
                let class =
                    function.filter(|f| matches!(*f, "__exit__" | "__aexit__")).and_then(|_| code.class(call.scope));
                function.into_iter().chain(class.map(|c| &*c.name))
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn is_helper(&self, helpers: &[&str], leads: &Resolved<'m>) -> bool {
        let local =
            leads.name.strip_prefix("self.").or_else(|| leads.name.strip_prefix("this.")).unwrap_or(&leads.name);
        leads.module.is_empty() && helpers.contains(&local)
    }

    /// `self.cleanup()`, where the object keeps what was issued.
    fn kept_helper(&self, helpers: &[&str], leads: &Resolved<'m>, carriers: &Carriers) -> bool {
        let own = leads.name.starts_with("self.") || leads.name.starts_with("this.");
        own && carriers.kept().next().is_some() && self.is_helper(helpers, leads)
    }

    /// `stack.callback(client.auth.token.revoke, token)`: the revoking function itself is handed over.
    fn registers(&self, call: &CallSite<'m>, carriers: &Carriers, helpers: &[&str]) -> bool {
        let mut args = call.call.args.iter().map(|a| &a.value);
        let named = args.clone().find_map(|value| {
            let path = value.as_reference()?;
            let leads = self.calls.code.resolve(path, call.scope, value.span.start);
            let (calls, lifecycle) = (self.calls, self.lifecycle);
            let alone = calls.any(lifecycle.revoke_receiver, lifecycle, call, &leads);
            let with_value = calls.any(lifecycle.revoke, lifecycle, call, &leads) || self.is_helper(helpers, &leads);
            (alone || with_value).then_some(alone)
        });
        let callback = matches!(
            call.call.method(),
            Some(
                "callback"
                    | "push_async_callback"
                    | "register"
                    | "addCleanup"
                    | "add_cleanup"
                    | "addfinalizer"
                    | "add_finalizer"
                    | "finalize"
                    | "partial"
            )
        );
        callback && named.is_some_and(|alone| alone || args.any(|value| carriers.carries(value)))
    }

    /// Whether the value is handed to a call that is not a revocation, or put where others read it.
    fn handed_on(&self, site: &CallSite<'m>, home: ScopeId, carriers: &Carriers, revokes: &[Span]) -> bool {
        let code = self.calls.code;
        let kept = carriers.kept().next().is_some() || carriers.holds("os.environ") || carriers.holds("process.env");
        let given = self.calls.each().any(|(call, _)| {
            let here = code.outwards(call.scope).any(|s| s == home);
            let other = call.value.span != site.value.span
                && !revokes.contains(&call.value.span)
                && !call.value.span.contains(site.value.span);
            here && other && call.call.args.iter().any(|a| carriers.carries(&a.value))
        });
        kept || given
    }
}

/// `update_access_key(Status="Active")` ends nothing.
fn ends(call: &CallSite<'_>) -> bool {
    call.call.option("Status").and_then(Value::as_str).is_none_or(|status| status == "Inactive")
}

/// A function of another file that is named after revoking, given what was issued.
fn is_named_revoke(leads: &Resolved<'_>) -> bool {
    let name = leads.last().trim_start_matches('_').to_ascii_lowercase();
    name.starts_with("revoke") && name != "revokeobjecturl" || name.ends_with("_revoke")
}
