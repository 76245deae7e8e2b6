//! Loops that approve whatever a run asks for. Input: the scene and its module. Output: gates of the file
//! that such a loop makes void.

use super::effects::doing_in;
use super::names::At;
use super::scene::Scene;
use super::walk;
use crate::facts::Sym;
use crate::parse::code::ast::{Module, Stmt, StmtKind};
use crate::parse::value::Value;

const WHY: &str = "a loop approves every request";

/// Marks gates void that a loop over all interruptions answers.
pub(super) fn read<'m>(scene: &mut Scene<'_, 'm>, module: &'m Module) {
    if !nods(scene, &module.body, At::default()) {
        return;
    }
    for (_, tool) in &mut scene.tools {
        let asked = tool.gate.is_some_and(|g| matches!(&*g, "needs_approval" | "needsApproval"));
        if asked {
            tool.gate = None;
            tool.void_gate = Some(Sym::new(WHY));
        }
    }
    for (_, agent) in &mut scene.agents {
        let (answered, kept) = std::mem::take(&mut agent.gates).into_iter().partition(|g| {
            matches!(&*g.value, "require_approval" | "requireApproval" | "needs_approval" | "needsApproval")
        });
        agent.gates = kept;
        let answered: Vec<_> = answered;
        agent.void_gates.extend(answered.into_iter().map(|mut gate: crate::facts::Setting| {
            gate.value = Sym::new(WHY);
            gate
        }));
    }
}

/// Whether a loop over interruptions approves each of them, unconditionally and asking nobody.
fn nods<'m>(scene: &Scene<'_, 'm>, body: &'m [Stmt], at: At) -> bool {
    body.iter().any(|stmt| match &stmt.kind {
        StmtKind::Loop { header: Some(header), body, .. } if over_interruptions(header) => {
            approves(body) && doing_in(body, at, &scene.names, 1).asks.is_none()
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
        StmtKind::Expr(value) => value.as_call().is_some_and(|c| c.method() == Some("approve")),
        _ => false,
    })
}
