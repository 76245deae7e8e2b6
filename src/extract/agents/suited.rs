//! Whether a text is worth parsing for agents. Input: code in which a literal of a framework stands.
//! Output: whether it imports an SDK and also writes something that the model of this SDK describes;
//! half of what imports an SDK is its own inside, or helpers and types beside an agent.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::model::{FRAMEWORKS, Sdk};

/// What starts a server of tools, whoever made it.
const STARTS: &[&str] = &[
    "mcp.run(",
    "mcp.run_async(",
    "server.run(transport",
    "server.run_async(transport",
    "app.run(transport",
    ".run_http_async(",
    ".run_sse_async(",
    ".run_streamable_http_async(",
    "streamable-http\"",
    "transport=\"sse\"",
    "transport=\"http\"",
    ".http_app(",
    ".sse_app(",
    ".streamable_http_app(",
];

/// Whether `text` may hold something that a framework model of `language` describes. May say yes where
/// there is nothing; what it misses is nothing that a reader would find.
pub(super) fn suits(text: &str, language: &str) -> bool {
    // Tools and the start of a server that another module makes: no SDK need be imported.
    if language == "python"
        && (text.match_indices(".tool").any(|(at, _)| decorates(&text[..at]))
            || ["@tool\n", "@tool(", "@mcp_tool"].iter().any(|form| text.contains(form))
            || STARTS.iter().any(|s| text.contains(s)))
    {
        return true;
    }
    if language == "go"
        && ["mcp.Tool{", "mcp.NewTool(", "Tool("].iter().any(|form| text.contains(form))
        && text.contains("mcp")
    {
        return true;
    }
    if matches!(language, "typescript" | "javascript")
        && [".registerTool(", "erver.tool(", "mcp.tool("].iter().any(|form| text.contains(form))
    {
        return true;
    }
    let table = &*TABLE;
    let mut imported = vec![false; table.sdks.len()];
    let mut written = table.anything.clone();
    for found in table.automaton.find_overlapping_iter(text) {
        let entry = &table.entries[found.pattern().as_usize()];
        let seen = match entry.what {
            What::Package => imports(text, found.start(), found.end(), entry.open),
            What::Word => uses(text, found.start(), found.end(), entry.open),
            What::Variable => true,
        };
        if !seen {
            continue;
        }
        for &sdk in &entry.sdks {
            let here = table.sdks[sdk].languages.contains(&language);
            let (mine, other) = match entry.what {
                What::Package => (&mut imported, &written),
                What::Word => (&mut written, &imported),
                What::Variable if here => return true,
                What::Variable => continue,
            };
            mine[sdk] = true;
            if here && other[sdk] {
                return true;
            }
        }
    }
    false
}

/// Whether a decorator's name goes up to the end of `before`: `@server` of `@server.tool()`.
fn decorates(before: &str) -> bool {
    let name = before.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
    name.len() < before.len() && name.ends_with('@')
}

/// What a text of the table says where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// The name of a package.
    Package,
    /// The last word of what a model calls, decorates or derives from.
    Word,
    /// An environment variable that is a switch whatever is imported.
    Variable,
}

struct Entry {
    what: What,
    /// Whether the text may go on before and behind.
    open: (bool, bool),
    sdks: Vec<usize>,
}

struct Table {
    automaton: AhoCorasick,
    entries: Vec<Entry>,
    sdks: Vec<&'static Sdk>,
    /// Of each SDK, whether it describes calls whatever they are called.
    anything: Vec<bool>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let sdks: Vec<&'static Sdk> = FRAMEWORKS.iter().flat_map(|framework| framework.sdk).collect();
    let mut texts = std::collections::BTreeMap::<(&str, What, (bool, bool)), Vec<usize>>::new();
    let mut anything = vec![false; sdks.len()];
    for (at, sdk) in sdks.iter().enumerate() {
        for package in sdk.packages {
            let open = (false, package.ends_with('*'));
            texts.entry((package.trim_end_matches('*'), What::Package, open)).or_default().push(at);
        }
        for pattern in patterns(sdk) {
            let word = pattern.rsplit(['.', ':', '!', '~']).next().unwrap_or(pattern);
            let open = (word.starts_with('*'), word.ends_with('*'));
            match word.trim_matches('*') {
                "" => anything[at] = true,
                word => texts.entry((word, What::Word, open)).or_default().push(at),
            }
        }
        for variable in sdk.switch.iter().flat_map(|form| form.env) {
            texts.entry((variable, What::Variable, (false, false))).or_default().push(at);
        }
    }
    let automaton = AhoCorasick::new(texts.keys().map(|key| key.0)).expect("words of models make an automaton");
    let entries = texts.into_iter().map(|((_, what, open), mut sdks)| {
        sdks.dedup();
        Entry { what, open, sdks }
    });
    Table { automaton, entries: entries.collect(), sdks, anything }
});

/// Everything that is a fact by itself; runs and approvals only say more of agents of the same file.
fn patterns(sdk: &'static Sdk) -> impl Iterator<Item = &'static str> {
    let agents = sdk.agent.iter().flat_map(|form| [form.call, form.base, form.decorator]);
    let tools = sdk.tool.iter().flat_map(|form| [form.call, form.decorator, form.base, form.object]);
    let servers = sdk.server.iter().map(|form| form.call);
    let endpoints = sdk.endpoint.iter().map(|form| form.call);
    let switches = sdk.switch.iter().flat_map(|form| [form.call, form.assign]);
    let handoffs = sdk.handoff.iter().map(|form| form.call);
    agents.chain(tools).chain(servers).chain(endpoints).chain(switches).chain(handoffs).flatten().copied()
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Whether a package's name stands where an import names it.
fn imports(text: &str, start: usize, end: usize, open: (bool, bool)) -> bool {
    let bytes = text.as_bytes();
    let after = bytes.get(end);
    if !open.1 && (is_word(after) || after == Some(&b'-')) {
        return false;
    }
    match bytes[..start].last() {
        Some(b'"' | b'\'' | b'`') => true,
        Some(b' ' | b'\t') => {
            let before = text[..start].trim_end_matches([' ', '\t']);
            ["from", "import", "static", "using", ","].iter().any(|word| before.ends_with(word))
        }
        // Go and Java name what lies inside a package by its path.
        Some(b'/') => true,
        _ => false,
    }
}

/// Whether a word stands where something is made, decorated, derived from or renamed, not where it is
/// only imported or a type.
fn uses(text: &str, start: usize, end: usize, open: (bool, bool)) -> bool {
    let bytes = text.as_bytes();
    if !open.0 && is_word(start.checked_sub(1).and_then(|at| bytes.get(at))) {
        return false;
    }
    let more = if open.1 { bytes[end..].iter().take_while(|b| is_word(Some(b))).count() } else { 0 };
    let end = end + more;
    if is_word(bytes.get(end)) {
        return false;
    }
    let rest = text[end..].trim_start_matches([' ', '\t']);
    if rest.starts_with(['(', '[', '<', '{', ')', '=', '?', '!']) || rest.starts_with("as ") {
        return true;
    }
    let before = text[..start].trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let before = before.trim_end();
    before.ends_with(['@', '(', '[', ':', '=', '&'])
        || ["extends", "implements", "new", "return"].iter().any(|word| before.ends_with(word))
        || before.ends_with(',') && rest.starts_with([',', ']', ')', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_and_a_use_of_the_same_sdk() {
        let python = |text: &str| suits(text, "python");
        assert!(python("from pydantic_ai import Agent\nagent = Agent('x')"));
        assert!(python("from pydantic_ai import Agent\nagent = Agent[Deps, str]('x')"));
        assert!(python("from agents import function_tool\n@function_tool\ndef f(): ..."));
        assert!(python("import agents as a\nx = a.Agent(name='é')"));
        assert!(python("from crewai.tools import BaseTool\nclass T(BaseTool):\n  pass"));
        assert!(!python("from pydantic_ai.messages import ModelMessage\nx: list[ModelMessage] = []"));
        assert!(!python("from elsewhere import Agent\nAgent('we like pydantic_ai')"));
        assert!(!python("pydantic_ai = 1\nAgent()"));
    }

    #[test]
    fn a_language_has_its_own_sdks() {
        let text = "import { Agent } from '@openai/agents'; const a = new Agent({ name: 'ü' })";
        assert!(suits(text, "typescript") && !suits(text, "go"));
        assert!(!suits("import type { Agent } from '@openai/agents'; export function f(a: number) {}", "typescript"));
    }

    #[test]
    fn every_case_of_a_model_with_facts_suits() {
        for case in FRAMEWORKS.iter().flat_map(|framework| framework.case).filter(|case| !case.facts.is_empty()) {
            let language = match case.file.rsplit('.').next() {
                Some("py") => "python",
                Some("ts" | "tsx") => "typescript",
                Some("js" | "mjs") => "javascript",
                Some("go") => "go",
                Some("java") => "java",
                Some("cs") => "csharp",
                Some("kt") => "kotlin",
                _ => continue,
            };
            assert!(suits(case.code, language), "{}: {}", case.title, case.code);
        }
    }
}
