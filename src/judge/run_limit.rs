//! Runs without an end. Input: agents with their tools and credentials. Output: one draft an agent whose
//! run nothing ends, and which can do something meanwhile.

use crate::catalogue::effects::{EFFECTS, Weight};
use crate::facts::Sym;
use crate::finding::{AgentLink, Confidence, Draft, Step};
use crate::graph::{AgentNode, Graph, ToolUse};

use super::template::names;
use super::tools::{in_tests, openly};
use super::words;

/// `lifecycle/no-run-limit`.
pub fn judge(graph: &Graph, out: &mut Vec<Draft>) {
    for node in graph.agents() {
        let agent = graph.agent(node);
        let fact = graph.fact(node.fact);
        if agent.limited != Some(false) || in_tests(graph, fact.at) {
            continue;
        }
        let tools = effectful(graph, node);
        // The key of its model is held by every agent, and says nothing of what it could do meanwhile.
        let writes = node.tools.iter().any(|t| graph.is_open(t) && t.effects.iter().any(|e| *e == "write"));
        let holds = writes || node.credential_names.iter().any(|name| !is_for_the_model(name));
        if tools.is_empty() && !holds {
            continue;
        }
        let loops = agent.framework == "tool-loop";
        let why = if loops {
            "its loop ends only when the model stops asking for tools"
        } else {
            "no limit is set, and its framework has none"
        };
        let able = match tools.as_slice() {
            [] if writes => "it writes files".to_owned(),
            [] => "it holds credentials".to_owned(),
            all => format!("it may call {}", names(all.iter().map(|t| t.name.as_str()))),
        };
        let mut draft =
            Draft::new(fact.at, format!("nothing ends a run of agent `{}`: {why}, while {able}", agent.name));
        draft.evidence = tools
            .iter()
            .map(|t| Step {
                at: t.at,
                says: Sym::from(format!("`{}` can {}", t.name, names(t.effects.iter().map(|e| e.as_str())))),
            })
            .take(words::MAX_STEPS)
            .collect();
        draft.confidence = tools.is_empty().then_some(Confidence::Low);
        draft.about = vec![node.fact];
        draft.agent = AgentLink::Linked;
        draft.symbol = agent.name;
        out.push(draft);
    }
}

/// Words of names under which the key of a model is read.
const MODELS: [&str; 16] = [
    "OPENAI",
    "ANTHROPIC",
    "CLAUDE",
    "GOOGLE",
    "GEMINI",
    "GROQ",
    "MISTRAL",
    "COHERE",
    "BEDROCK",
    "AWS_",
    "OPENROUTER",
    "TOGETHER",
    "DEEPSEEK",
    "NVIDIA",
    "LLM",
    "MODEL",
];

fn is_for_the_model(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    MODELS.iter().any(|word| name.contains(word))
}

/// Tools that change something and that nobody is asked about: a gate ends a run too.
fn effectful<'g>(graph: &'g Graph, node: &'g AgentNode) -> Vec<&'g ToolUse> {
    let harmful = || EFFECTS.iter().filter(|effect| effect.weight >= Weight::Irreversible);
    node.tools.iter().filter(|used| harmful().any(|effect| openly(graph, used, effect))).collect()
}
