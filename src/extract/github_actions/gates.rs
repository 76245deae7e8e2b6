//! What narrows who can start a job: conditions on the author, the actor, a label, the repository of a
//! pull request, and steps that ask for rights.

use super::Step;

/// The gate of a condition: each alternative must have one, or be for an event that strangers cannot
/// cause; of parts that must all hold, one is enough.
pub(super) fn of_condition(condition: &str) -> Option<String> {
    let condition = condition.trim().trim_start_matches("${{").trim_end_matches("}}");
    gated(condition, 0).and_then(|found| match found {
        Gated::By(gate) => Some(gate),
        Gated::Unreachable => None,
    })
}

enum Gated {
    By(String),
    /// The alternative is for an event that strangers cannot cause.
    Unreachable,
}

fn gated(condition: &str, depth: usize) -> Option<Gated> {
    let condition = unwrapped(condition);
    if depth > 20 {
        return None;
    }
    let alternatives = split(condition, "||");
    if alternatives.len() > 1 {
        let all: Option<Vec<Gated>> = alternatives.iter().map(|part| gated(part, depth + 1)).collect();
        let by = |found: Gated| if let Gated::By(gate) = found { Some(gate) } else { None };
        let mut all = all?.into_iter();
        return Some(all.find_map(by).map_or(Gated::Unreachable, Gated::By));
    }
    let parts = split(condition, "&&");
    if parts.len() > 1 {
        let mut found: Vec<Gated> = parts.iter().filter_map(|part| gated(part, depth + 1)).collect();
        let best = found.iter().position(|g| matches!(g, Gated::By(_))).unwrap_or(0);
        return (!found.is_empty()).then(|| found.swap_remove(best));
    }
    atom(condition)
}

/// One comparison or call.
fn atom(text: &str) -> Option<Gated> {
    let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let lower = flat.to_lowercase();
    let by = |gate: &str| Some(Gated::By(gate.to_owned()));
    if lower.contains("author_association") {
        return by("author association");
    }
    if lower.contains("label.name==") || lower.contains("labels.*.name") || lower.contains(".label.name)") {
        return by("label");
    }
    let excluded = lower.starts_with('!') || lower.contains("!=");
    let actors = [
        "github.actor",
        "github.triggering_actor",
        "sender.login",
        "user.login",
        "comment.user",
        "github.event.sender",
    ];
    if !excluded && actors.iter().any(|a| lower.contains(a)) && (lower.contains("==") || lower.contains("contains(")) {
        return by("actor");
    }
    if lower.contains("head.repo.full_name==github.repository")
        || lower.contains("head.repo.fork==false")
        || lower.contains("!github.event.pull_request.head.repo.fork")
    {
        return by("same repository");
    }
    if lower.contains("needs.")
        && !lower.contains("needs.*")
        && !excluded
        && (lower.contains(".outputs.") || lower.contains("==true"))
    {
        let says = ["perm", "auth", "allow", "access", "member", "trust", "write", "team", "maintainer"];
        if says.iter().any(|word| lower.contains(word)) {
            return by("a check in an earlier job");
        }
    }
    let event = lower.strip_prefix("github.event_name==")?.trim_matches(['\'', '"']);
    (!crate::catalogue::cloud::stranger_event(event)).then_some(Gated::Unreachable)
}

/// Whether an event passes a condition: one that names events lets no other pass.
pub(super) fn can_reach(condition: &str, event: &str) -> bool {
    let flat: String = condition.chars().filter(|c| !c.is_whitespace()).collect();
    let flat = flat.replace('"', "'");
    let named: Vec<&str> = flat
        .match_indices("github.event_name==")
        .filter_map(|(at, found)| flat[at + found.len()..].strip_prefix('\'')?.split('\'').next())
        .collect();
    if flat.contains(&format!("github.event_name!='{event}'")) {
        return false;
    }
    // An alternative without an event's name is open to all.
    named.is_empty()
        || named.contains(&event)
        || split(unwrapped(&flat), "||").iter().any(|part| !part.contains("github.event_name=="))
}

/// The text without parentheses around the whole.
fn unwrapped(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        if !balanced(inner) {
            break;
        }
        text = inner.trim();
    }
    text
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// The parts of `text` between `operator` outside parentheses and quotes.
fn split<'t>(text: &'t str, operator: &str) -> Vec<&'t str> {
    let (mut depth, mut quoted, mut from) = (0_i32, false, 0);
    let mut out = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            _ if depth == 0 && !quoted && at >= from && text.as_bytes()[at..].starts_with(operator.as_bytes()) => {
                out.push(&text[from..at]);
                from = at + operator.len();
            }
            _ => {}
        }
    }
    out.push(&text[from..]);
    out
}

/// A step that asks whether the actor has rights.
pub(super) fn of_step(step: &Step<'_>, text: &str) -> Option<&'static str> {
    const ACTIONS: &[&str] = &[
        "check-user-permission",
        "check-actor-permissions",
        "repo-permission-check",
        "get-user-teams-membership",
        "actions-team-membership",
        "check-permissions",
        "verify-permissions",
        "user-permission",
        "check-membership",
    ];
    const CALLS: &[&str] = &[
        "getCollaboratorPermissionLevel",
        "/permission",
        "checkMembershipForUser",
        "author_association",
        "getMembershipForUser",
    ];
    if step.uses.is_some_and(|(action, ..)| ACTIONS.iter().any(|a| action.contains(a))) {
        return Some("a permission check");
    }
    let script = step.body.get("run").or_else(|| step.body.at(&["with", "script"]))?;
    let source = script.span.text(text);
    let asks = CALLS.iter().any(|c| source.contains(c) && (*c != "/permission" || source.contains("collaborators")));
    asks.then_some("a permission check")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(condition: &str) -> Option<String> {
        of_condition(condition)
    }

    #[test]
    fn every_alternative_needs_its_gate() {
        let both = "github.event.label.name == 'fix' || (contains(github.event.comment.body, '@bot') && github.event.comment.author_association == 'OWNER')";
        assert_eq!(gate(both).as_deref(), Some("label"));
        let one = "contains(github.event.comment.body, '@bot') || github.event.comment.author_association == 'OWNER'";
        assert_eq!(gate(one), None);
        let manual = "${{ github.event_name == 'workflow_dispatch' || github.actor == 'alice' }}";
        assert_eq!(gate(manual).as_deref(), Some("actor"));
    }

    #[test]
    fn leaving_one_actor_out_is_no_gate() {
        assert_eq!(gate("github.actor != 'dependabot[bot]'"), None);
        assert_eq!(gate("contains(github.event.issue.body, '@claude')"), None);
        assert_eq!(gate("contains(fromJSON('[\"a\",\"b\"]'), github.actor)").as_deref(), Some("actor"));
    }

    #[test]
    fn a_condition_that_names_events_lets_no_other_pass() {
        assert!(!can_reach("github.event_name == 'push'", "issue_comment"));
        assert!(can_reach("github.event_name == 'push' || contains(x, 'y')", "issue_comment"));
        assert!(can_reach("contains(x, 'y')", "issues"));
        assert!(!can_reach("github.event_name != 'issues'", "issues"));
    }
}
