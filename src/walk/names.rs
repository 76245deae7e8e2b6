//! Names that matter before anything is read: dotenv files, and the configuration of agents and of
//! clients of the Model Context Protocol. Both are read even where git ignores them.

/// Endings after which a name that speaks of `env` is still code or another format.
const OTHER_FORMATS: &[&str] = &[
    "astro",
    "bash",
    "bat",
    "c",
    "cc",
    "cfg",
    "cmd",
    "conf",
    "cpp",
    "cs",
    "css",
    "csv",
    "dart",
    "ex",
    "exs",
    "fish",
    "go",
    "h",
    "hcl",
    "hpp",
    "htm",
    "html",
    "ini",
    "ipynb",
    "java",
    "jpg",
    "js",
    "json",
    "json5",
    "jsonc",
    "jsx",
    "key",
    "kt",
    "kts",
    "less",
    "lock",
    "log",
    "lua",
    "md",
    "mdx",
    "mjs",
    "cjs",
    "mts",
    "cts",
    "pem",
    "php",
    "pl",
    "plist",
    "png",
    "properties",
    "proto",
    "ps1",
    "py",
    "pyi",
    "r",
    "rb",
    "rs",
    "rst",
    "scala",
    "scss",
    "sh",
    "sql",
    "svelte",
    "svg",
    "swift",
    "tf",
    "tfvars",
    "toml",
    "ts",
    "tsx",
    "vue",
    "xml",
    "yaml",
    "yml",
    "zig",
    "zsh",
    "tpl",
    "j2",
    "mdc",
];

/// Folders that hold the configuration of one agent or client.
const AGENT_FOLDERS: &[&str] = &[
    ".amazonq",
    ".claude",
    ".cline",
    ".clinerules",
    ".codeium",
    ".codex",
    ".continue",
    ".cursor",
    ".gemini",
    ".goose",
    ".idea",
    ".junie",
    ".kilocode",
    ".kiro",
    ".opencode",
    ".qwen",
    ".roo",
    ".trae",
    ".vscode",
    ".windsurf",
    ".zed",
];

/// Whether the file named `name` holds `NAME=value` lines for an environment: `.env`, `.env.local`,
/// `prod.env`, `env.h100`, `dev.env.bak_1`, `.dev.vars`.
#[must_use]
pub fn is_dotenv(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if matches!(name.as_str(), ".flaskenv" | "dotenv" | "env.example" | "env.sample" | "env.template" | "env_file") {
        return true;
    }
    if let Some(rest) = name.strip_prefix(".dev.vars").or_else(|| name.strip_prefix(".prod.vars")) {
        return rest.is_empty() || rest.starts_with('.');
    }
    let last = name.rsplit('.').next().unwrap_or("");
    if OTHER_FORMATS.contains(&last) {
        return false;
    }
    if let Some(rest) = name.strip_prefix(".env") {
        return rest.is_empty() || rest.starts_with(['.', '-', '_']) || rest.bytes().all(|b| b.is_ascii_digit());
    }
    let word = ["env.", "env-", "env_", "dotenv."].iter().any(|start| name.starts_with(start));
    if word {
        let template =
            ["example", "sample", "template", "dist", "default", "local"].iter().any(|end| name.ends_with(end));
        return name.starts_with("env.") || name.starts_with("dotenv.") || template;
    }
    let example = name.ends_with("_env") || name.ends_with("-env");
    if example {
        return ["example", "sample", "template", "dot", "default"].iter().any(|start| name.starts_with(start));
    }
    name.ends_with(".env") || name.contains(".env.") || name.contains(".env_") || name.contains(".env-")
}

/// Whether `path` (with `/`) is a file in which an agent or an MCP client is configured.
#[must_use]
pub fn is_agent_config(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_ascii_lowercase();
    let ending = name.rsplit('.').next().unwrap_or("");
    if !matches!(ending, "json" | "jsonc" | "json5" | "toml" | "yaml" | "yml") {
        return false;
    }
    if folders.split('/').any(is_agent_folder) {
        return true;
    }
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or("");
    stem == "mcp"
        || ["mcp_", "mcp-"].iter().any(|start| stem.starts_with(start))
        || ["_mcp", "-mcp", "mcpservers", "mcp_settings", "mcp_config"].iter().any(|end| stem.ends_with(end))
        || matches!(
            name.as_str(),
            ".claude.json"
                | "claude_desktop_config.json"
                | "gemini-extension.json"
                | "opencode.json"
                | "opencode.jsonc"
                | ".opencode.json"
                | "librechat.yaml"
                | ".aider.conf.yml"
        )
}

/// Whether a folder of this name holds the configuration of one agent or client.
#[must_use]
pub fn is_agent_folder(name: &str) -> bool {
    AGENT_FOLDERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotenv_goes_by_many_names() {
        for name in [
            ".env",
            ".env.local",
            ".ENV",
            "env.h100",
            "dev.env.bak_1",
            "prod.env",
            ".env.example",
            ".env-prod",
            ".env_backup",
            "env.example",
            "example.env",
            ".dev.vars",
            ".dev.vars.staging",
            "env-example",
            "example_env",
            ".env2",
            "service.env.template",
            ".env.production.local",
        ] {
            assert!(is_dotenv(name), "{name}");
        }
        for name in [
            "env.py",
            "env.d.ts",
            ".envrc",
            "env.ts",
            ".environment",
            "environment",
            "envoy.yaml",
            ".env.ts",
            "settings.env.json",
            "env_utils.go",
            "venv",
            "python-env",
            "environments.md",
            ".env.md",
        ] {
            assert!(!is_dotenv(name), "{name}");
        }
    }

    #[test]
    fn agent_configuration_is_known_by_folder_or_name() {
        for path in [
            ".mcp.json",
            "a/mcp.json",
            ".cursor/mcp.json",
            ".claude/settings.local.json",
            ".codex/config.toml",
            "cline_mcp_settings.json",
            "mcp_config.json",
            "x/claude_desktop_config.json",
            "mcp-servers.yaml",
            ".kiro/settings/mcp.json",
        ] {
            assert!(is_agent_config(path), "{path}");
        }
        for path in ["package.json", "src/mcp.py", "config.yaml", "mcp.md", "tsconfig.json", ".claude/notes.md"] {
            assert!(!is_agent_config(path), "{path}");
        }
    }
}
