//! Policies as Terraform writes them: `jsonencode`, heredocs, data sources, locals.

use super::{Block, Module};
use crate::extract::aws_policy::statement::{self, Statement};
use crate::extract::embedded;
use crate::parse::Value;
use crate::parse::value::Expr;

/// A policy that a value stands for.
pub(super) enum Policy {
    /// Its statements.
    Read(Vec<Statement>),
    /// It is written in another file: the address.
    Elsewhere(String),
}

/// How deep a choice lies in a choice.
const DEPTH: u8 = 6;

/// The policy that an attribute holds.
pub(super) fn of(value: &Value, module: &Module<'_>) -> Option<Policy> {
    chosen(value, module, DEPTH)
}

fn chosen(value: &Value, module: &Module<'_>, depth: u8) -> Option<Policy> {
    let depth = depth.checked_sub(1)?;
    let value = module.resolved(value);
    if let Some(path) = value.as_reference() {
        return referred(path, module);
    }
    match value.as_expr() {
        Some(Expr::Call(call)) => {
            let inner = call.args.first().map(|a| module.resolved(&a.value))?;
            // `jsonencode({…})`, `file("policy.json")`, `templatefile(…)`: the last two are read as files.
            let map = Some(inner).filter(|v| statement::is_policy(v))?;
            Some(Policy::Read(statement::statements(map, module.text)))
        }
        Some(Expr::Choice { options, .. }) => options.iter().find_map(|option| chosen(option, module, depth)),
        _ => {
            let json = embedded::json(value, module.text).filter(statement::is_policy)?;
            // Spans of the heredoc lie in the file, so the names are read from it.
            Some(Policy::Read(statement::statements(&json, module.text)))
        }
    }
}

fn referred(path: &str, module: &Module<'_>) -> Option<Policy> {
    let address = super::cut(path)?;
    if !address.starts_with("data.aws_iam_policy_document.") {
        return None;
    }
    Some(match module.block(&address) {
        Some(block) => Policy::Read(document(block, module)),
        None => Policy::Elsewhere(address),
    })
}

/// The statements of a data source, with those of the documents that it builds upon.
pub(super) fn document(block: &Block<'_>, module: &Module<'_>) -> Vec<Statement> {
    let mut out = statement::document_statements(block.body, module.text);
    for key in ["source_policy_documents", "override_policy_documents"] {
        for part in block.body.get(key).map_or(&[][..], Value::items) {
            let other = part.as_reference().and_then(super::cut).and_then(|a| module.block(&a));
            if let Some(other) = other.filter(|o| o.address != block.address) {
                out.extend(statement::document_statements(other.body, module.text));
            }
        }
    }
    out
}
