//! Where a credential stands. Input: a document. Output: the context slug of its facts, what a value may
//! be without quotes there, and the environment that path or name speak of.

use super::assign::Bare;
use super::names;
use crate::matcher::Topic;
use crate::parse::{Document, Kind, Part, Role};

/// File names of coding agents' and tool clients' configuration, lower case.
const AGENT_CONFIG: &[&str] = &[
    "mcp.json",
    ".mcp.json",
    "claude_desktop_config.json",
    "gemini-extension.json",
    "opencode.json",
    "opencode.jsonc",
    "cline_mcp_settings.json",
    "mcp_settings.json",
    "mcp-config.json",
    "mcp_config.json",
    "mcp_servers.json",
    "mcp.yaml",
    "mcp_agent.config.yaml",
    "mcp_agent.secrets.yaml",
    ".claude.json",
    "smithery.yaml",
    "librechat.yaml",
];

const AGENT_FOLDERS: &[&str] = &[
    ".claude/",
    ".cursor/",
    ".codex/",
    ".gemini/",
    ".roo/",
    ".windsurf/",
    ".kiro/",
    ".continue/",
    ".goose/",
    ".opencode/",
    ".amazonq/",
    ".zed/",
    ".cline/",
];

/// Instruction files of coding agents, lower case.
const INSTRUCTIONS: &[&str] = &[
    "claude.md",
    "claude.local.md",
    "agents.md",
    "agent.md",
    "gemini.md",
    "skill.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
    "copilot-instructions.md",
    ".goosehints",
    "qwen.md",
    "conventions.md",
    "warp.md",
];

/// Where the tests of a file begin that holds its own, as Rust has it.
/// <https://doc.rust-lang.org/book/ch11-03-test-organization.html>
pub(super) fn tests_from(document: &Document<'_>) -> Option<usize> {
    const MARK: &str = "#[cfg(test)]";
    let rust = document.path.ends_with(".rs");
    let mut marks = document.text.match_indices(MARK).filter(|_| rust);
    let opens = |at: usize| {
        let rest = document.text[at + MARK.len()..].trim_start();
        let module = rest.lines().find(|line| !line.trim_start().starts_with("#["))?.trim_start();
        let module = module.strip_prefix("pub(crate) ").unwrap_or(module);
        (module.starts_with("mod ") && module.contains('{')).then_some(at)
    };
    marks.find_map(|(at, _)| opens(at))
}

/// The context slug.
pub(super) fn context(document: &Document<'_>) -> &'static str {
    if document.part != Part::Whole || document.kind == Kind::Notebook {
        return "notebook";
    }
    let path = document.path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let inside = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    let instruction_folder =
        ["prompts/", ".cursor/rules/", ".claude/agents/", ".claude/commands/", ".claude/skills/", "skills/"]
            .iter()
            .any(|f| inside(f));
    let prose = matches!(document.kind, Kind::Markdown | Kind::Text);
    if INSTRUCTIONS.contains(&name)
        || extension == "mdc"
        || (prose
            && (instruction_folder
                || name.contains("system_prompt")
                || name.contains("system-prompt")
                || name.contains("systemprompt")))
    {
        return "instructions";
    }
    let structured = matches!(document.kind, Kind::Json | Kind::Yaml | Kind::Toml);
    if AGENT_CONFIG.contains(&name)
        || (structured && AGENT_FOLDERS.iter().any(|f| inside(f)))
        || (document.kind == Kind::Json
            && document.hits.has(Topic::AgentConfig)
            && document.text.contains("\"mcpServers\""))
    {
        return "agent-config";
    }
    if is_pipeline(&path, name) {
        return "pipeline";
    }
    match document.kind {
        Kind::Dockerfile => "image",
        Kind::Dotenv => "dotenv",
        Kind::Hcl => "terraform",
        _ if matches!(extension, "tfvars" | "tfstate" | "tf") || name.ends_with(".tfvars.json") => "terraform",
        Kind::Yaml if document.text.contains("apiVersion:") && document.text.contains("kind:") => "manifest",
        Kind::Yaml if name.starts_with("docker-compose") || name.starts_with("compose.") => "manifest",
        Kind::Yaml | Kind::Json if document.text.contains("AWS::") && document.text.contains("Resources") => "manifest",
        Kind::Shell => "command-line",
        Kind::Code(_) => "source",
        _ if extension == "log" || inside("logs/") => "log",
        Kind::Markdown => "documentation",
        _ if matches!(extension, "rst" | "adoc" | "txt" | "mdx") && document.role == Role::Documentation => {
            "documentation"
        }
        // A page that runs nothing is text for its reader; in one that does, the value may be its script's.
        _ if matches!(extension, "html" | "htm") => {
            if document.text.contains("<script") {
                "source"
            } else {
                "documentation"
            }
        }
        Kind::Yaml | Kind::Json | Kind::Toml | Kind::Ini | Kind::Xml => "config",
        _ if matches!(extension, "pem" | "key" | "p8" | "ppk")
            || ["id_rsa", "id_ed25519", "id_ecdsa"].contains(&name) =>
        {
            "config"
        }
        _ if matches!(extension, "bat" | "cmd" | "ps1" | "psm1" | "sh" | "fish") => "command-line",
        _ if CODE.contains(&extension) => "source",
        _ => "text",
    }
}

fn is_pipeline(path: &str, name: &str) -> bool {
    path.contains(".github/workflows/")
        || path.contains(".github/actions/")
        || path.contains(".circleci/")
        || matches!(
            name,
            ".gitlab-ci.yml"
                | "jenkinsfile"
                | "azure-pipelines.yml"
                | "azure-pipelines.yaml"
                | "cloudbuild.yaml"
                | "cloudbuild.yml"
                | "bitbucket-pipelines.yml"
                | ".travis.yml"
                | "buildspec.yml"
                | "buildspec.yaml"
                | ".drone.yml"
                | "action.yml"
                | "action.yaml"
        )
}

/// Extensions of languages that no grammar here lowers.
const CODE: &[&str] = &[
    "rb", "php", "rs", "c", "h", "cc", "cpp", "hpp", "cs", "go", "java", "kt", "kts", "swift", "scala", "lua", "pl",
    "pm", "r", "jl", "dart", "ex", "exs", "erl", "clj", "cljs", "vue", "svelte", "astro", "html", "htm", "css", "scss",
    "less", "sql", "groovy", "gradle", "m", "mm", "zig", "nim", "hs", "ml", "fs", "vb", "py", "pyi", "js", "mjs",
    "cjs", "jsx", "ts", "tsx", "mts", "cts", "proto", "graphql", "sol", "move", "bicep", "tf", "ipynb", "jsonl", "csv",
    "tsv", "svg",
];

/// What may stand for a value without quotes.
pub(super) fn bare(document: &Document<'_>) -> Bare {
    match document.kind {
        Kind::Code(_) | Kind::Json | Kind::Toml | Kind::Hcl | Kind::Xml | Kind::Notebook => Bare::Never,
        Kind::Dotenv | Kind::Ini => Bare::Line,
        Kind::Yaml => Bare::Colon,
        Kind::Shell | Kind::Dockerfile | Kind::Markdown => Bare::Word,
        Kind::Text => {
            let extension = document.file_name().rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
            if CODE.contains(&extension.as_str()) { Bare::Never } else { Bare::Word }
        }
    }
}

/// Whether a path is one of a program that looks for secrets or takes them out: what its tests hold are samples,
/// and must look like the real thing.
pub(super) fn looks_for_secrets(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace('-', "_");
    [
        "leak_detect",
        "secret_detect",
        "secrets_detect",
        "secret_scan",
        "secrets_scan",
        "secrets_guard",
        "secret_guard",
        "redact",
    ]
    .iter()
    .any(|word| path.contains(word))
}

/// Whether a path is one where a program is tried: tests, demonstrations, inputs of a fuzzer.
pub(super) fn tries(path: &str) -> bool {
    let mut words = path.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| ["test", "tests", "fuzz", "corpus", "fixtures", "spec", "examples", "example"].contains(&word))
}

/// Whether a value at `at` shows what one looks like: the `example` of a schema or catalogue, or what a comment
/// gives after "for example".
pub(super) fn is_shown(text: &str, name: &str, at: usize) -> bool {
    if ["example", "examples"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return true;
    }
    let line = text[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    let comment = ["#", "//", "*", "--", ";"].iter().any(|mark| line.starts_with(mark));
    let says = |words: &&str| line.to_ascii_lowercase().contains(*words);
    comment && ["for example", "e.g.", "for instance", "such as"].iter().any(says)
}

/// Whether the signature at `at` signs a link by which one blob can be read and nothing else: how files are shared.
/// <https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas>
pub(super) fn is_link_to_read(text: &str, at: usize) -> bool {
    let Some(query) = query_around(text, at) else { return false };
    let has = |wanted: &str| query.split('&').any(|part| part.trim_start_matches("amp;") == wanted);
    has("sr=b") && has("sp=r")
}

/// Whether the id of a key at `at` stands in a link that was signed for a time: it names who signed, and opens nothing.
/// <https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html> (2026-11-25)
pub(super) fn signs_a_link(text: &str, at: usize) -> bool {
    let Some(query) = query_around(text, at) else { return false };
    let has = |name: &str| query.split('&').any(|part| part.trim_start_matches("amp;").starts_with(name));
    has("Signature=") && has("Expires=") || has("X-Amz-Signature=")
}

/// The query of the link around `at`.
fn query_around(text: &str, at: usize) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '`');
    let start = text[..at].rfind(ends).map_or(0, |end| end + 1);
    let end = text[at..].find(ends).map_or(text.len(), |end| at + end);
    text.get(start..end)?.split_once('?').map(|(_, query)| query)
}

/// Files that list hashes or patterns of secrets: baselines and rules of scanners.
pub(super) fn is_of_a_scanner(document: &Document<'_>) -> bool {
    let name = document.file_name().to_ascii_lowercase();
    name.contains(".secrets.baseline")
        || name.contains("gitleaks")
        || name.starts_with("trufflehog")
        || name == ".talismanrc"
        || name.contains("detect-secrets")
}

/// Lock files and the like: hashes by the thousand and never a name that matters.
pub(super) fn is_lock(document: &Document<'_>) -> bool {
    let name = document.file_name();
    matches!(
        name,
        "package-lock.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "poetry.lock"
            | "uv.lock"
            | "Cargo.lock"
            | "go.sum"
            | "Pipfile.lock"
            | "composer.lock"
            | "Gemfile.lock"
            | "bun.lock"
            | "flake.lock"
            | "pdm.lock"
            | ".terraform.lock.hcl"
            | "pixi.lock"
    ) || name.ends_with(".min.js")
        || name.ends_with(".min.css")
        || name.ends_with(".map")
}

/// The environment that the words of a path or name speak of.
pub(super) fn environment(text: &str) -> Option<&'static str> {
    names::words(text).iter().rev().find_map(|word| match word.as_str() {
        "prod" | "production" | "live" | "prd" => Some("prod"),
        "staging" | "stage" | "stg" | "preprod" | "uat" => Some("staging"),
        "dev" | "development" | "devel" | "local" => Some("dev"),
        "test" | "tests" | "testing" | "qa" => Some("test"),
        _ => None,
    })
}
