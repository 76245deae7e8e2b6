//! Loops that approve whatever a run asks for. Input: the scene and its module. Output: gates of the file
//! that such a loop makes void.

use super::effects::doing_in;
use super::gates::SOMETIMES;
use super::names::At;
use super::scene::Scene;
use super::walk;
use crate::facts::Sym;
use crate::parse::code::ast::{Module, Stmt, StmtKind};
use crate::parse::value::{Expr, Value};

const WHY: &str = "a loop approves every request";

/// Marks gates void that a loop over all interruptions answers.
pub(super) fn read<'m>(scene: &mut Scene<'_, 'm>, module: &'m Module) {
    if !nods(scene, &module.body, At::default()) && !answers(scene) && !scripted(scene, module) {
        return;
    }
    for (_, tool) in &mut scene.tools {
        let asked = tool.gate.is_some_and(asks);
        if asked {
            tool.gate = None;
            tool.void_gate = Some(Sym::new(WHY));
        }
    }
    for (_, agent) in &mut scene.agents {
        let (answered, kept) = std::mem::take(&mut agent.gates).into_iter().partition(|g| asks(g.value));
        agent.gates = kept;
        let answered: Vec<_> = answered;
        agent.void_gates.extend(answered.into_iter().map(|mut gate: crate::facts::Setting| {
            gate.value = Sym::new(WHY);
            gate
        }));
    }
}

/// Consent on the console that the file itself switches off.
pub(super) fn bypassed(scene: &mut Scene<'_, '_>) {
    let off = |s: &crate::facts::Switch| &*s.key == "BYPASS_TOOL_CONSENT" && &*s.effect == "auto-approve";
    if !scene.switches.iter().any(|(_, switch)| off(switch)) {
        return;
    }
    for (_, tool) in &mut scene.tools {
        if tool.gate.is_some_and(|g| g.starts_with("console consent")) {
            tool.gate = None;
            tool.void_gate = Some(Sym::new("BYPASS_TOOL_CONSENT is set"));
        }
    }
}

/// Whether a gate is one that a run hands to its caller.
fn asks(gate: Sym) -> bool {
    let name = gate.strip_suffix(SOMETIMES).unwrap_or(&gate);
    matches!(name, "require_approval" | "requireApproval" | "needs_approval" | "needsApproval" | "toolApproval")
}

/// Whether the file itself answers requests for approval, and always with yes: `approved: true` in an
/// answer, and no answer that says or computes anything else.
fn scripted(scene: &Scene<'_, '_>, module: &Module) -> bool {
    if !scene.sdks.iter().any(|(framework, _)| framework.slug == "vercel-ai-sdk") {
        return false;
    }
    let (mut yes, mut other) = (false, false);
    let mut see = |value: &Value| {
        for entry in value.entries().iter().filter(|e| &*e.key == "approved") {
            match entry.value.as_bool() {
                Some(true) => yes = true,
                _ => other = true,
            }
        }
    };
    for arg in scene.sites.iter().flat_map(|site| &site.call.args) {
        walk::each(&arg.value, &mut see);
    }
    yes && !other && doing_in(&module.body, At::default(), &scene.names, 1).asks.is_none()
}

/// Whether a listener approves whatever is asked: `session.on("tool_approval_requested", …)`.
fn answers(scene: &Scene<'_, '_>) -> bool {
    scene.sites.iter().filter(|s| matches!(s.call.method(), Some("on" | "addListener"))).any(|site| {
        let event = site.call.positional(0).and_then(Value::as_str);
        let listener = site.call.positional(1).and_then(Value::as_expr);
        match (event, listener) {
            (Some("tool_approval_requested"), Some(Expr::Function(function))) => {
                let inside = At { function: scene.names.index(function).or(site.at.function), class: site.at.class };
                approves(&function.body) && doing_in(&function.body, inside, &scene.names, 1).asks.is_none()
            }
            _ => false,
        }
    })
}

/// Whether a loop over interruptions approves each of them, unconditionally and asking nobody.
fn nods<'m>(scene: &Scene<'_, 'm>, body: &'m [Stmt], at: At) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        // `while result.interruptions: for one in result.interruptions: …`: the outer loop may not be the one.
        StmtKind::Loop { header: Some(header), body, .. } if over_interruptions(header) && approves(body) => {
            doing_in(body, at, &scene.names, 1).asks.is_none()
        }
        StmtKind::Function(function) => {
            let inside = At { function: scene.names.index(function).or(at.function), class: at.class };
            nods(scene, &function.body, inside)
        }
        StmtKind::Class(class) => {
            nods(scene, &class.body, At { function: None, class: scene.names.class(&class.name) })
        }
        _ => walk::blocks(stmt).into_iter().any(|block| nods(scene, block, at)),
    })
}

fn over_interruptions(header: &Value) -> bool {
    let path = header.as_call().map_or_else(|| header.as_reference(), |c| c.path());
    path.is_some_and(|p| {
        let last = p.rsplit('.').next().unwrap_or(p).to_ascii_lowercase();
        last.ends_with("interruptions") || last == "approval_requests" || last == "approvals"
    })
}

/// Whether a statement of the loop itself approves: one under a condition may have asked.
fn approves(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Expr(value) => approved(value),
        _ => false,
    })
}

/// `x.approve(…)`, awaited or with steps after it.
fn approved(value: &Value) -> bool {
    match value.as_expr() {
        Some(Expr::Call(call)) if call.method() == Some("approve") => true,
        Some(Expr::Call(call)) => approved(&call.callee),
        Some(Expr::Operation(op, parts)) if matches!(&**op, "await" | "." | "void") => {
            parts.first().is_some_and(approved)
        }
        _ => false,
    }
}
