//! Policy engines in front of a gateway's tools. Input: code or configuration that makes a gateway. Output:
//! a [`Policy`]: asked at each call, and obeyed unless its mode says that it is only written down.

use crate::extract::Sink;
use crate::facts::{Policy, Sym};
use crate::parse::Value;
use crate::parse::code::Code;
use crate::parse::value::Expr;

/// The mode in which a gateway goes on whatever its engine says
/// (<https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-enforcement-modes.html>, read 2026-11-25).
const WATCHES: &str = "LOG_ONLY";

/// The policy of AgentCore's gateway `name` with its configuration as far as it says a mode.
pub(in crate::extract) fn policy(name: &str, mode: Option<&str>) -> Policy {
    Policy {
        engine: "gateway".into(),
        form: "asked".into(),
        name: "policy engine".into(),
        moment: "call".into(),
        decision_used: mode != Some(WATCHES),
        function: Sym::new(name),
        ..Policy::default()
    }
}

/// The mode in which it obeys.
const OBEYS: &str = "ENFORCE";

/// Calls that make or change a gateway with a policy engine. One that watches first and is changed later in the
/// same file obeys in the end.
pub(super) fn read(code: &Code<'_>, text: &str, sink: &mut Sink<'_>) {
    let mut all = Vec::new();
    for site in &code.calls {
        let Some(given) =
            site.call.option("policyEngineConfiguration").or_else(|| site.call.option("policy_engine_configuration"))
        else {
            continue;
        };
        let given = code.literal(given, site.scope);
        let Some(mode) = given.get("mode").or_else(|| given.as_call().and_then(|c| c.keyword("mode"))) else {
            continue;
        };
        let mode = code.literal(mode, site.scope);
        let written = mode.as_str().or_else(|| last(mode));
        let called = site.call.callee.span.text(text).rsplit('.').next().unwrap_or("gateway");
        all.push((mode.span, called, written));
    }
    for (index, &(span, called, written)) in all.iter().enumerate() {
        let changes = |called: &str| called.to_ascii_lowercase().starts_with("update");
        let later = all[index + 1..].iter().any(|&(_, called, mode)| changes(called) && mode == Some(OBEYS));
        sink.add(span, policy(called, if later { Some(OBEYS) } else { written }));
    }
}

/// `PolicyEngineMode.LOG_ONLY`.
fn last(value: &Value) -> Option<&str> {
    match value.as_expr()? {
        Expr::Reference(path) => path.rsplit('.').next(),
        _ => None,
    }
}
