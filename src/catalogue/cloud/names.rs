//! What the names of workloads, roles and images say: an agent, another trade, a stock program. Input: a name.
//! Output: a hint with the word that it rests on, or the trade.

use super::{
    CONTROLLERS, DEPLOYER_PRINCIPALS, DEPLOYERS, OTHER_AGENTS, STAND_INS, STRONG_WORDS, SUBJECT_WORDS, WEAK_WORDS,
};

/// The word of `name` that hints at an agent, and whether it is a strong one.
#[must_use]
pub fn agent_word(name: &str) -> Option<(String, bool)> {
    let words = words(name);
    if words.iter().any(|w| STAND_INS.contains(&w.as_str())) {
        return None;
    }
    if let Some(strong) = words.iter().find(|w| STRONG_WORDS.contains(&w.as_str())) {
        return Some((strong.clone(), true));
    }
    if words.windows(2).any(|pair| pair == ["spring", "ai"]) {
        return Some(("spring-ai".to_owned(), true));
    }
    let joined = words.concat();
    let other = |trade: &&str| words.iter().any(|w| w == trade) || (trade.len() > 5 && joined.contains(*trade));
    if OTHER_AGENTS.iter().any(other) {
        return None;
    }
    let weak: Vec<String> = words.into_iter().filter(|w| WEAK_WORDS.contains(&w.as_str())).collect();
    let agent = weak.iter().position(|w| !SUBJECT_WORDS.contains(&w.as_str())).unwrap_or(0);
    weak.into_iter().nth(agent).map(|w| (w, false))
}

/// Whether a name is that of a gateway which passes requests on to models: it holds their keys and chooses nothing.
#[must_use]
pub fn model_gateway(name: &str) -> bool {
    let words = words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    has(&["litellm"])
        || has(&["proxy", "gateway", "router"]) && has(&["llm", "model", "models", "ai", "openai", "inference"])
}

/// Whether an image is a stock one of a program that is no agent, whatever runs it is called: a database, a proxy, a
/// server of models, which answers agents and is none.
#[must_use]
pub fn stock_image(image: &str) -> bool {
    const STOCK: [&str; 28] = [
        "alpine",
        "busybox",
        "caddy",
        "haproxy",
        "httpd",
        "lmdeploy",
        "localai",
        "mariadb",
        "memcached",
        "minio",
        "mongo",
        "mysql",
        "nginx",
        "ollama",
        "pause",
        "pgvector",
        "postgres",
        "postgresql",
        "rabbitmq",
        "redis",
        "sglang",
        "tei",
        "text-embeddings-inference",
        "text-generation-inference",
        "traefik",
        "tritonserver",
        "vllm-openai",
        "vllm-tpu",
    ];
    // A chart's value is called after what it holds: `{{ .Values.redis.image }}`.
    if image.contains("{{") {
        return image.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| STOCK.contains(&word));
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    STOCK.contains(&last.split([':', '@']).next().unwrap_or(last))
}

/// Why a name is taken for an agent's, as the text of `agent_hint`.
#[must_use]
pub fn agent_hint(what: &str, name: &str) -> Option<String> {
    let literal = without_holes(name);
    if let Some((word, true)) = agent_word(&literal) {
        return Some(format!("{what}: {word}"));
    }
    // What fills a hole is called so, which says little of the whole name.
    let (word, _) = agent_word(&literal).or_else(|| agent_word(name))?;
    Some(format!("{what}: {word}{WEAK}"))
}

/// Ends a hint that rests on a word which other programs are called by too.
pub const WEAK: &str = " (weak)";

/// Whether a hint is more than a word that other programs are called by too.
#[must_use]
pub fn is_strong(hint: &str) -> bool {
    !hint.ends_with(WEAK)
}

/// Whether a hint rests on a word that names what a program is about, and not that it is an agent.
#[must_use]
pub fn is_subject(hint: &str) -> bool {
    let word = hint.strip_suffix(WEAK).and_then(|hint| hint.rsplit(' ').next());
    word.is_some_and(|word| SUBJECT_WORDS.contains(&word))
}

/// The first strong one of the hints that were found, else the first.
pub fn strongest(found: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    // Strong before weak; the first of equals.
    found.into_iter().flatten().min_by_key(|hint| !is_strong(hint))
}

/// What a program that is no agent does for a living.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trade {
    /// Runs infrastructure with a policy that its project publishes.
    Controller,
    /// Builds and deploys.
    Deployer,
}

/// The trade that a name tells.
#[must_use]
pub fn trade(name: &str) -> Option<Trade> {
    let words = words(&without_holes(name)).join(" ");
    let spaced = format!(" {} ", words.trim());
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| spaced.contains(&format!(" {phrase} ")));
    if says(CONTROLLERS) { Some(Trade::Controller) } else { says(DEPLOYERS).then_some(Trade::Deployer) }
}

/// Whether a policy is called a permissions boundary, which bounds what others give and gives nothing.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html> (2026-11-25)
#[must_use]
pub fn bounds(policy: &str) -> bool {
    let words = words(&without_holes(policy));
    words.windows(2).any(|pair| matches!(pair, [a, b] if a.starts_with("permission") && b == "boundary"))
}

/// Whether a principal of a trust builds and deploys.
#[must_use]
pub fn deploying_principal(principal: &str) -> bool {
    DEPLOYER_PRINCIPALS.iter().any(|known| principal == *known || principal.ends_with(&format!("/{known}")))
}

/// A name without its `${…}` and `{{ … }}`.
fn without_holes(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find("${").into_iter().chain(rest.find("{{")).min() {
        out.push_str(&rest[..at]);
        out.push(' ');
        let closing = if rest[at..].starts_with("${") { "}" } else { "}}" };
        rest = rest[at..].find(closing).map_or("", |end| &rest[at + end + closing.len()..]);
    }
    out + rest
}

/// A name in lower-case words: split at punctuation, where a capital follows a small letter, and before
/// the last capital of a run that a small letter follows (`MCPServer`).
fn words(name: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut small = false;
    let mut large = 0_usize;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_run = large > 1 && c.is_uppercase() && rest.peek().is_some_and(|next| next.is_lowercase());
        large = if c.is_uppercase() { large + 1 } else { 0 };
        let boundary = !c.is_alphanumeric() || (c.is_uppercase() && small) || ends_run;
        if boundary && out.last().is_some_and(|w| !w.is_empty()) {
            out.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = out.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_images_are_known_by_their_last_part() {
        assert!(stock_image("nginx") && stock_image("docker.io/library/redis:8") && stock_image("postgres@sha256:0"));
        assert!(!stock_image("registry.example/nginx/research-agent:1.0"));
        assert!(stock_image("{{ .Values.postgres.image }}") && !stock_image("{{ .Values.agent.image }}"));
    }

    #[test]
    fn what_watches_a_cluster_is_of_that_trade() {
        assert_eq!(trade("prometheus-server"), Some(Trade::Controller));
        assert_eq!(trade("ClusterRole/otel-collector"), Some(Trade::Controller));
        assert_eq!(trade("research-agent"), None);
    }

    #[test]
    fn a_name_hints_at_an_agent_unless_the_trade_is_another() {
        assert_eq!(agent_hint("role name", "BedrockAgentRole").as_deref(), Some("role name: bedrock"));
        assert_eq!(agent_hint("name", "order-agent").as_deref(), Some("name: agent (weak)"));
        assert_eq!(agent_hint("name", "ai-agent").as_deref(), Some("name: agent (weak)"));
        assert!(agent_hint("name", "rag-server").is_some_and(|hint| is_subject(&hint)));
        assert!(!agent_hint("name", "ai-agent").is_some_and(|hint| is_subject(&hint)) && !is_subject("name: mcp"));
        assert_eq!(agent_hint("name", "datadog-agent"), None);
        assert_eq!(agent_hint("name", "spire-agent"), None);
        assert_eq!(agent_hint("name", "spring-ai-admin").as_deref(), Some("name: spring-ai"));
        assert_eq!(agent_hint("name", "CloudWatchAgentServerRole"), None);
        assert_eq!(agent_hint("name", "management-console"), None);
        assert_eq!(agent_hint("name", "{{ include \"kagent.name\" . }}-db").as_deref(), Some("name: kagent (weak)"));
        assert_eq!(agent_hint("name", "${var.prefix}-mcp").as_deref(), Some("name: mcp"));
    }

    #[test]
    fn a_name_tells_the_trade() {
        for (name, expected) in [
            ("aws_load_balancer_controller_policy", Some(Trade::Controller)),
            ("AWSLoadBalancerControllerIAMPolicy", Some(Trade::Controller)),
            ("aws_iam_role.external_secrets_role", Some(Trade::Controller)),
            ("KarpenterControllerRole", Some(Trade::Controller)),
            ("CICDRole", Some(Trade::Deployer)),
            ("github-actions-deploy", Some(Trade::Deployer)),
            ("cdk-hnb659fds-cfn-exec-role", Some(Trade::Deployer)),
            ("AwsCustomResource", Some(Trade::Deployer)),
            ("research-agent-role", None),
            ("employment-records", None),
            ("${var.pipeline}-agent", None),
        ] {
            assert_eq!(trade(name), expected, "{name}");
        }
        assert!(deploying_principal("arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"));
        assert!(!deploying_principal("lambda.amazonaws.com"));
    }

    #[test]
    fn what_serves_a_model_or_stands_in_for_one_is_no_agent() {
        assert_eq!(agent_hint("name", "onyx-mock-llm"), None);
        assert_eq!(agent_hint("name", "mock-agent"), None);
        assert_eq!(agent_hint("name", "vllm"), None);
        assert_eq!(agent_hint("name", "ollama-server"), None);
        assert_eq!(agent_hint("name", "MCPServerRole").as_deref(), Some("name: mcp"));
    }
}
