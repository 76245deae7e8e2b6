//! What the clouds' permissions, roles and pipelines mean, compiled in from `rules/models/cloud/`.
//! Input: actions and roles as written. Output: what they can do.

mod names;

pub use names::{
    Trade, WEAK, agent_hint, agent_word, bounds, deploying_principal, is_strong, is_subject, model_gateway,
    stock_image, strongest, trade,
};

include!(concat!(env!("OUT_DIR"), "/cloud.rs"));

/// What is known of one AWS service's actions; all lower case.
#[derive(Debug)]
struct Service {
    prefix: &'static str,
    star_only: &'static [&'static str],
    reads: &'static [&'static str],
    writes: &'static [&'static str],
    permissions: &'static [&'static str],
}

/// A managed policy of AWS.
#[derive(Debug)]
pub struct Managed {
    /// Its name.
    pub name: &'static str,
    /// `administrator`, `full` or `read`.
    pub width: &'static str,
    /// Wildcards that it amounts to.
    pub actions: &'static [&'static str],
}

/// A pipeline action that runs an agent.
#[derive(Debug)]
pub struct AgentAction {
    /// `owner/name`, lower case.
    pub uses: &'static str,
    /// Framework slug.
    pub framework: &'static str,
    /// Inputs for a provider key.
    pub keys: &'static [&'static str],
    /// Inputs for a person's own token.
    pub person: &'static [&'static str],
    /// Inputs for a token of the source host.
    pub github: &'static [&'static str],
    /// Inputs that say workload identity is used.
    pub federation: &'static [&'static str],
    /// Inputs with a command line or settings.
    pub args: &'static [&'static str],
    /// Inputs that let strangers in when they are `*`.
    pub open: &'static [&'static str],
    /// A switch that the action always sets.
    pub always: Option<&'static str>,
    /// Whether it asks for write access of whoever started it.
    pub checks: bool,
}

/// A program on a command line that is an agent.
#[derive(Debug)]
pub struct AgentProgram {
    /// The program and words that follow it, in this order.
    pub words: &'static [&'static str],
    /// Framework slug.
    pub framework: &'static str,
}

/// A flag that switches approval or a sandbox off.
#[derive(Debug)]
pub struct CommandSwitch {
    /// The flag as written.
    pub flag: &'static str,
    /// Framework slug.
    pub framework: &'static str,
    /// Effect of the fact `Switch`.
    pub effect: &'static str,
    /// What it covers.
    pub covers: &'static str,
}

/// What an AWS action gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reads or lists.
    Read,
    /// Writes, deletes or executes.
    Write,
    /// Changes permissions.
    Permissions,
}

const READING: &[&str] = &[
    "get",
    "list",
    "describe",
    "batchget",
    "batchdescribe",
    "batchlist",
    "batchcheck",
    "query",
    "scan",
    "search",
    "retrieve",
    "lookup",
    "view",
    "check",
    "head",
    "select",
    "estimate",
    "simulate",
    "test",
    "validate",
    "verify",
    "discover",
    "filter",
    "preview",
    "read",
    "detect",
    "analyze",
    "compare",
    "download",
    "count",
];

fn service(action: &str) -> Option<(&'static Service, &str)> {
    let (prefix, name) = action.split_once(':')?;
    let at = SERVICES.binary_search_by(|s| s.prefix.cmp(prefix)).ok()?;
    Some((&SERVICES[at], name))
}

/// Whether `pattern`, where `*` and `?` are wildcards, covers `text`. Both lower case.
#[must_use]
pub fn covers(pattern: &str, text: &str) -> bool {
    let (p, t) = (pattern.as_bytes(), text.as_bytes());
    let (mut i, mut j, mut star) = (0, 0, None);
    while j < t.len() {
        match p.get(i) {
            Some(b'*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(&c) if c == b'?' || c == t[j] => {
                i += 1;
                j += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                i = at + 1;
                j = from + 1;
            }
        }
    }
    p[i..].iter().all(|&c| c == b'*')
}

fn any(patterns: &[&str], text: &str) -> bool {
    patterns.iter().any(|p| covers(p, text))
}

/// Whether the action accepts no resource but `*`. A wildcard does when every action under it is known
/// to.
#[must_use]
pub fn star_only(action: &str) -> bool {
    let action = action.to_lowercase();
    service(&action).is_some_and(|(s, name)| any(s.star_only, name))
}

/// Whether `*` as its resource does little harm.
#[must_use]
pub fn harmless(action: &str) -> bool {
    any(HARMLESS, &action.to_lowercase())
}

/// Whether the action is a wildcard over everything or over a whole service.
#[must_use]
pub fn whole_service(action: &str) -> bool {
    action == "*" || action.split_once(':').is_some_and(|(_, name)| name.bytes().all(|b| b == b'*'))
}

/// What the action gives. A wildcard gives the most that its name can stand for.
#[must_use]
pub fn access(action: &str) -> Access {
    let written = action;
    let action = action.to_lowercase();
    if whole_service(&action) {
        return Access::Permissions;
    }
    let Some((_, name)) = action.split_once(':') else { return Access::Write };
    if let Some((s, name)) = service(&action) {
        if any(s.permissions, name) {
            return Access::Permissions;
        }
        if any(s.writes, name) {
            return Access::Write;
        }
        if any(s.reads, name) {
            return Access::Read;
        }
    }
    let reads = READING.iter().any(|verb| name.starts_with(verb)) || reads_of_something(written);
    if reads { Access::Read } else { Access::Write }
}

/// Whether a wildcard stands before a verb of reading and what it reads: `*GetDistribution*`. The case tells the verb
/// from a part of a word (`*Listener`, `*get*`), and no action that changes something has such a verb inside.
fn reads_of_something(action: &str) -> bool {
    let Some((_, name)) = action.split_once(":*") else { return false };
    ["Get", "BatchGet", "List", "Describe"]
        .iter()
        .any(|verb| name.strip_prefix(verb).is_some_and(|read| read.starts_with(|c: char| c.is_ascii_uppercase())))
}

/// The escalation actions that `action`, possibly a wildcard, stands for.
pub fn escalations(action: &str) -> impl Iterator<Item = &'static str> {
    let action = action.to_lowercase();
    // `organizations:*` of the table means what changes something there.
    let writes = access(&action) > Access::Read;
    ESCALATION.iter().copied().filter(move |e| covers(&action, e) || (writes && covers(e, &action)))
}

/// Whether the action, possibly a wildcard, hands out secrets.
#[must_use]
pub fn reads_secrets(action: &str) -> bool {
    let action = action.to_lowercase();
    SECRETS.iter().any(|s| covers(&action, s))
}

/// The managed policy of that name. `None` for one that is not known to be wide or narrow.
#[must_use]
pub fn managed(name: &str) -> Option<&'static Managed> {
    MANAGED.iter().find(|m| m.name == name)
}

/// Whether a service principal runs agents.
#[must_use]
pub fn agent_principal(principal: &str) -> bool {
    AGENT_PRINCIPALS.contains(&principal)
}

/// The action that runs an agent, by what stands behind `uses:` without its ref.
#[must_use]
pub fn agent_action(uses: &str) -> Option<&'static AgentAction> {
    let uses = uses.to_lowercase();
    AGENT_ACTIONS.iter().find(|a| a.uses == uses)
}

/// Whether strangers can cause the pipeline event.
#[must_use]
pub fn stranger_event(event: &str) -> bool {
    STRANGERS.contains(&event)
}

/// Whether only a program that asks a model reads the environment variable.
#[must_use]
pub fn agent_env(name: &str) -> bool {
    AGENT_ENV.contains(&name)
}

/// Whether a role of Google Cloud, Azure or Kubernetes is an administrator's.
#[must_use]
pub fn administrator_role(system: &str, role: &str) -> bool {
    match system {
        "gcp" => GCP_ADMINISTRATOR,
        "azure" => AZURE_ADMINISTRATOR,
        _ => KUBERNETES_ADMINISTRATOR,
    }
    .contains(&role)
}

/// Whether a role of Google Cloud or Azure leads to other, wider identities.
#[must_use]
pub fn escalation_role(system: &str, role: &str) -> bool {
    match system {
        "gcp" => GCP_ESCALATION,
        "azure" => AZURE_ESCALATION,
        _ => KUBERNETES_WIDE,
    }
    .contains(&role)
}

/// Whether a role of Google Cloud or Azure hands out secrets.
#[must_use]
pub fn secrets_role(system: &str, role: &str) -> bool {
    match system {
        "gcp" => GCP_SECRETS,
        "azure" => AZURE_SECRETS,
        _ => return false,
    }
    .contains(&role)
}

/// Whether a role shipped with Kubernetes only reads.
#[must_use]
pub fn reading_cluster_role(role: &str) -> bool {
    KUBERNETES_READ.contains(&role)
}

/// The pairs of Kubernetes by which a holder widens its rights: `verb/resource@group`, the core group
/// without a name.
#[must_use]
pub fn cluster_escalations() -> &'static [&'static str] {
    KUBERNETES_ESCALATION
}

/// Whether the action is one that policies name and AWS does not have: it gives nothing.
#[must_use]
pub fn no_action(action: &str) -> bool {
    action.eq_ignore_ascii_case("bedrock:InvokeAgentAlias")
}

/// Whether the action asks a model or an agent.
#[must_use]
pub fn asks_model(action: &str) -> bool {
    let action = action.to_lowercase();
    if no_action(&action) {
        return false;
    }
    ["bedrock:invoke", "bedrock:converse", "bedrock:retrieve", "bedrock-agentcore:invoke", "sagemaker:invokeendpoint"]
        .iter()
        .any(|start| action.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_does_not_exist_asks_nothing() {
        assert!(asks_model("bedrock:InvokeAgent"));
        assert!(!asks_model("bedrock:InvokeAgentAlias"));
    }

    #[test]
    fn actions_without_resource_level_are_known() {
        assert!(star_only("s3:ListAllMyBuckets"));
        assert!(star_only("ecr:GetAuthorizationToken"));
        assert!(star_only("ec2:DescribeInstances"));
        assert!(star_only("cloudwatch:PutMetricData"));
        assert!(!star_only("s3:GetObject"));
        assert!(!star_only("secretsmanager:GetSecretValue"));
        assert!(!star_only("s3:*"));
        assert!(!star_only("madeup:Thing"));
    }

    #[test]
    fn what_a_service_tells_of_the_content_of_a_call_does_no_harm() {
        for action in ["translate:TranslateText", "comprehend:DetectEntities", "textract:AnalyzeDocument"] {
            assert!(harmless(action), "{action}");
        }
        for action in ["translate:*", "comprehend:StartPiiEntitiesDetectionJob", "rekognition:IndexFaces"] {
            assert!(!harmless(action), "{action}");
        }
    }

    #[test]
    fn access_follows_the_table_before_the_verb() {
        assert_eq!(access("bedrock:InvokeModel"), Access::Read);
        assert_eq!(access("lambda:InvokeFunction"), Access::Write);
        assert_eq!(access("s3:GetObject"), Access::Read);
        assert_eq!(access("iam:PassRole"), Access::Permissions);
        assert_eq!(access("s3:PutBucketPolicy"), Access::Permissions);
        assert_eq!(access("bedrock-agentcore:*"), Access::Permissions);
        assert_eq!(access("cloudfront:*GetDistribution*"), Access::Read);
        for changes in ["events:*get*", "elasticloadbalancing:*Listener*", "athena:*QueryExecution", "s3:*Object"] {
            assert!(access(changes) > Access::Read, "{changes}");
        }
    }

    #[test]
    fn wildcards_cover_and_escalate() {
        assert!(covers("s3:get*", "s3:getobject") && !covers("s3:get*", "s3:putobject"));
        assert!(covers("*", "") && covers("a*b*c", "axxbyyc") && !covers("a?c", "ac"));
        assert_eq!(escalations("iam:Pass*").collect::<Vec<_>>(), ["iam:passrole"]);
        assert!(escalations("s3:*").next().is_none() && escalations("organizations:List*").next().is_none());
        assert!(reads_secrets("secretsmanager:*") && !reads_secrets("secretsmanager:ListSecrets"));
    }

    #[test]
    fn services_are_sorted_for_the_search() {
        assert!(SERVICES.is_sorted_by_key(|s| s.prefix));
        assert!(MANAGED.iter().all(|m| ["administrator", "full", "read"].contains(&m.width)));
    }
}
