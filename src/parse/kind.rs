//! Path and content → [`Kind`] of document.

use super::code::ast::Language;
use crate::walk::names::is_dotenv;

/// The format of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Source code in a language that can be lowered.
    Code(Language),
    /// YAML, any number of documents.
    Yaml,
    /// JSON, JSONC, JSON5-like loose forms.
    Json,
    /// TOML.
    Toml,
    /// HCL: Terraform, Packer, OpenTofu.
    Hcl,
    /// dotenv under any name.
    Dotenv,
    /// INI, properties, `.npmrc`, `.pypirc`, AWS credentials.
    Ini,
    /// Dockerfile or Containerfile.
    Dockerfile,
    /// Jupyter notebook; its parts are documents of their own.
    Notebook,
    /// Shell script, batch file, PowerShell.
    Shell,
    /// XML.
    Xml,
    /// Markdown and other prose.
    Markdown,
    /// A language without lowering, logs, plain text: raw text facts only.
    Text,
}

impl Kind {
    /// The slug in facts and options.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Code(language) => language.slug(),
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Hcl => "hcl",
            Self::Dotenv => "dotenv",
            Self::Ini => "ini",
            Self::Dockerfile => "dockerfile",
            Self::Notebook => "notebook",
            Self::Shell => "shell",
            Self::Xml => "xml",
            Self::Markdown => "markdown",
            Self::Text => "text",
        }
    }
}

/// Endings and the kinds they name.
const BY_ENDING: &[(&str, Kind)] = &[
    ("bash", Kind::Shell),
    ("bat", Kind::Shell),
    ("cfg", Kind::Ini),
    ("cjs", Kind::Code(Language::JavaScript)),
    ("cmd", Kind::Shell),
    ("code-workspace", Kind::Json),
    ("conf", Kind::Ini),
    ("config", Kind::Xml),
    ("containerfile", Kind::Dockerfile),
    ("cs", Kind::Code(Language::CSharp)),
    ("csproj", Kind::Xml),
    ("cts", Kind::Code(Language::TypeScript)),
    ("dockerfile", Kind::Dockerfile),
    ("fish", Kind::Shell),
    ("go", Kind::Code(Language::Go)),
    ("har", Kind::Json),
    ("hcl", Kind::Hcl),
    ("htm", Kind::Xml),
    ("html", Kind::Xml),
    ("ini", Kind::Ini),
    ("ipynb", Kind::Notebook),
    ("java", Kind::Code(Language::Java)),
    ("js", Kind::Code(Language::JavaScript)),
    ("json", Kind::Json),
    ("json5", Kind::Json),
    ("jsonc", Kind::Json),
    ("jsonl", Kind::Json),
    ("jsx", Kind::Code(Language::JavaScript)),
    ("ksh", Kind::Shell),
    ("kt", Kind::Code(Language::Kotlin)),
    ("kts", Kind::Code(Language::Kotlin)),
    ("markdown", Kind::Markdown),
    ("md", Kind::Markdown),
    ("mdc", Kind::Markdown),
    ("mdx", Kind::Markdown),
    ("mjs", Kind::Code(Language::JavaScript)),
    ("mts", Kind::Code(Language::TypeScript)),
    ("ndjson", Kind::Json),
    ("nomad", Kind::Hcl),
    ("plist", Kind::Xml),
    ("prompt", Kind::Markdown),
    ("properties", Kind::Ini),
    ("ps1", Kind::Shell),
    ("psm1", Kind::Shell),
    ("py", Kind::Code(Language::Python)),
    ("pyi", Kind::Code(Language::Python)),
    ("pyw", Kind::Code(Language::Python)),
    ("rst", Kind::Markdown),
    ("service", Kind::Ini),
    ("sh", Kind::Shell),
    ("tf", Kind::Hcl),
    ("tfstate", Kind::Json),
    ("tfvars", Kind::Hcl),
    ("tofu", Kind::Hcl),
    ("toml", Kind::Toml),
    ("ts", Kind::Code(Language::TypeScript)),
    ("tsx", Kind::Code(Language::TypeScript)),
    ("webmanifest", Kind::Json),
    ("xml", Kind::Xml),
    ("yaml", Kind::Yaml),
    ("yml", Kind::Yaml),
    ("zsh", Kind::Shell),
];

/// Whole names, in lower case, and the kinds they name.
const BY_NAME: &[(&str, Kind)] = &[
    (".babelrc", Kind::Json),
    (".bash_profile", Kind::Shell),
    (".bashrc", Kind::Shell),
    (".boto", Kind::Ini),
    (".clinerules", Kind::Markdown),
    (".condarc", Kind::Yaml),
    (".cursorrules", Kind::Markdown),
    (".editorconfig", Kind::Ini),
    (".envrc", Kind::Shell),
    (".eslintrc", Kind::Json),
    (".gitconfig", Kind::Ini),
    (".netrc", Kind::Text),
    (".npmrc", Kind::Ini),
    (".pgpass", Kind::Text),
    (".profile", Kind::Shell),
    (".pypirc", Kind::Ini),
    (".s3cfg", Kind::Ini),
    (".windsurfrules", Kind::Markdown),
    (".yarnrc", Kind::Ini),
    (".zshrc", Kind::Shell),
    // Prose in name only, so that it is read whatever words it holds.
    ("codeowners", Kind::Markdown),
    ("credentials", Kind::Ini),
    ("kubeconfig", Kind::Yaml),
    ("pip.conf", Kind::Ini),
    ("pipfile", Kind::Toml),
    ("pipfile.lock", Kind::Json),
    ("poetry.lock", Kind::Toml),
    ("uv.lock", Kind::Toml),
    ("cargo.lock", Kind::Toml),
    ("procfile", Kind::Shell),
    ("readme", Kind::Markdown),
    ("web.config", Kind::Xml),
];

/// The kind of the file at `path`, whose text begins with `head`.
#[must_use]
pub fn of(path: &str, head: &str) -> Kind {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    if is_dotenv(&name) {
        return Kind::Dotenv;
    }
    if is_dockerfile(&name) {
        return Kind::Dockerfile;
    }
    if let Some(&(_, kind)) = BY_NAME.iter().find(|(known, _)| *known == name) {
        return kind;
    }
    let ending = plain_ending(&name);
    if let Ok(at) = BY_ENDING.binary_search_by(|(known, _)| known.cmp(&ending)) {
        return by_content(BY_ENDING[at].1, &name, head);
    }
    unnamed(path, &name, head)
}

/// Where a name that says one thing is widely used for another, the content decides.
fn by_content(kind: Kind, name: &str, head: &str) -> Kind {
    let start = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    match kind {
        // Qt's translations and video streams are called `.ts` too.
        Kind::Code(Language::TypeScript) if start.starts_with("<?xml") || start.starts_with("<!DOCTYPE TS") => {
            Kind::Xml
        }
        Kind::Ini if start.starts_with("<?xml") => Kind::Xml,
        Kind::Ini if start.starts_with('{') => Kind::Json,
        Kind::Xml if name.ends_with(".config") && !start.starts_with('<') => shape(start).unwrap_or(Kind::Ini),
        kind => kind,
    }
}

/// A file whose name says nothing: the first line, the folder, or the look of it.
fn unnamed(path: &str, name: &str, head: &str) -> Kind {
    if let Some(kind) = shebang(head) {
        return kind;
    }
    let folder = path.rsplit('/').nth(1).unwrap_or("");
    match (folder, name) {
        (".aws", _) | (".git", "config") => return Kind::Ini,
        (".kube", "config") => return Kind::Yaml,
        (".docker", "config") => return Kind::Json,
        _ => {}
    }
    if name.starts_with("license") || name.ends_with(".txt") || name.ends_with(".log") {
        return Kind::Text;
    }
    if matches!(name, "env" | "environment" | "envs" | "secrets" | ".secrets" | ".vars") && looks_like_dotenv(head) {
        return Kind::Dotenv;
    }
    let start = head.trim_start();
    let bare = !name.trim_start_matches('.').contains('.');
    if bare { shape(start).unwrap_or(Kind::Text) } else { Kind::Text }
}

/// What bare text looks like; only what cannot be mistaken.
fn shape(start: &str) -> Option<Kind> {
    if start.starts_with("<?xml") {
        Some(Kind::Xml)
    } else if start.starts_with("{\"") || start.starts_with("{\n") || start.starts_with("{\r\n") {
        Some(Kind::Json)
    } else if start.starts_with("apiVersion:") || start.starts_with("---\n") {
        Some(Kind::Yaml)
    } else {
        None
    }
}

/// The ending that names the format: `x.yaml.j2`, `x.json.example` and `x.py.bak` are what stands
/// before.
fn plain_ending(name: &str) -> &str {
    const AROUND: &[&str] = &[
        "bak", "backup", "default", "disabled", "dist", "example", "gotmpl", "j2", "jinja", "jinja2", "old", "orig",
        "sample", "save", "template", "tmpl", "tpl", "txt",
    ];
    let mut endings = name.rsplit('.');
    let last = endings.next().unwrap_or("");
    if name.len() == last.len() {
        return "";
    }
    if !AROUND.contains(&last) {
        // `mcp.json-example`
        let before = last.rsplit_once(['-', '_']).filter(|(_, around)| AROUND.contains(around));
        return before.map_or(last, |(ending, _)| ending);
    }
    // Without a second ending there is nothing that stands before.
    let rest = &name[..name.len() - last.len() - 1];
    match endings.next() {
        Some(before) if before.len() < rest.len() && (last != "txt" || before == "json") => before,
        _ => last,
    }
}

/// Whether the file at `path` is a copy that was set aside (`index.ts.bak`, `main.py~`): nobody compiles or
/// runs it.
#[must_use]
pub fn set_aside(path: &str) -> bool {
    const ASIDE: &[&str] = &[".bak", ".backup", ".old", ".orig", ".save", "~"];
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    ASIDE.iter().any(|ending| name.ends_with(ending))
}

/// `Dockerfile`, `Dockerfile.gpu`, `Containerfile`, `docker-file.dev`, `Dockerfile-prod`.
fn is_dockerfile(name: &str) -> bool {
    ["dockerfile", "containerfile"].iter().any(|known| {
        name.strip_prefix(known).is_some_and(|rest| {
            let ending = rest.rsplit('.').next().unwrap_or("");
            let apart = rest.is_empty() || rest.starts_with(['.', '-', '_']);
            apart
                && !matches!(
                    ending,
                    "md" | "py"
                        | "go"
                        | "ts"
                        | "js"
                        | "rs"
                        | "java"
                        | "cs"
                        | "toml"
                        | "json"
                        | "yaml"
                        | "yml"
                        | "dockerignore"
                        | "sh"
                        | "txt"
                )
        })
    })
}

fn shebang(head: &str) -> Option<Kind> {
    let line = head.strip_prefix("#!")?.lines().next()?;
    let mut words = line.split(|c: char| c.is_whitespace() || c == '/').filter(|word| !word.is_empty());
    let program =
        words.by_ref().find(|word| !matches!(*word, "usr" | "bin" | "local" | "env" | "-S" | "sbin" | "opt"))?;
    let rest: Vec<&str> = words.collect();
    let is = |start: &str| {
        program.starts_with(start) || (program == "uv" && rest.iter().any(|word| word.starts_with(start)))
    };
    if is("python") || (program == "uv" && rest.contains(&"run")) {
        Some(Kind::Code(Language::Python))
    } else if program.starts_with("ts-node") || program == "tsx" || program == "deno" || program == "bun" {
        Some(Kind::Code(Language::TypeScript))
    } else if program.starts_with("node") {
        Some(Kind::Code(Language::JavaScript))
    } else if matches!(program, "sh" | "bash" | "zsh" | "dash" | "ksh" | "ash" | "fish" | "pwsh") {
        Some(Kind::Shell)
    } else {
        None
    }
}

/// Whether every line is empty, a comment or `NAME=value`.
fn looks_like_dotenv(head: &str) -> bool {
    let whole_lines = head.rsplit_once('\n').map_or(head, |(lines, _)| lines);
    let mut assignments = 0;
    for line in whole_lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, _)) = line.split_once('=') else { return false };
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')) {
            return false;
        }
        assignments += 1;
    }
    assignments > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str) -> &'static str {
        of(path, "").slug()
    }

    #[test]
    fn endings_are_sorted_for_the_search() {
        assert!(BY_ENDING.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn names_say_the_kind() {
        for (path, expected) in [
            ("src/agent.py", "python"),
            ("web/App.tsx", "typescript"),
            ("a/.env.production.local", "dotenv"),
            ("env.h100", "dotenv"),
            ("Dockerfile", "dockerfile"),
            ("docker/Dockerfile.gpu", "dockerfile"),
            ("Containerfile", "dockerfile"),
            ("agent.dockerfile", "dockerfile"),
            ("docs/dockerfile.md", "markdown"),
            ("Dockerfile.dockerignore", "text"),
            (".mcp.json", "json"),
            ("x.code-workspace", "json"),
            ("terraform.tfstate", "json"),
            ("terraform.tfstate.backup", "json"),
            ("prod.auto.tfvars", "hcl"),
            (".npmrc", "ini"),
            (".aws/credentials", "ini"),
            (".aws/config", "ini"),
            (".kube/config", "yaml"),
            ("nb.ipynb", "notebook"),
            ("docker-compose.yml", "yaml"),
            ("values.yaml.example", "yaml"),
            ("config.json.sample", "json"),
            ("mcp-config.json-example", "json"),
            ("run.bat", "shell"),
            (".envrc", "shell"),
            ("CLAUDE.md", "markdown"),
            (".cursor/rules/x.mdc", "markdown"),
            ("requirements.txt", "text"),
            ("main.rs", "text"),
            ("prompt.example", "text"),
            ("LICENSE", "text"),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }

    #[test]
    fn copies_that_were_set_aside_are_known_by_their_ending() {
        for path in ["lib/index.ts.bak", "a/main.py~", "agent.go.orig", "tool.py.OLD"] {
            assert!(set_aside(path), "{path}");
        }
        for path in ["lib/index.ts", "orig.py", "old/agent.py", "app.py.example", "bak"] {
            assert!(!set_aside(path), "{path}");
        }
    }

    #[test]
    fn content_says_it_where_the_name_does_not() {
        for (path, head, expected) in [
            ("bin/agent", "#!/usr/bin/env python3\nimport os\n", "python"),
            ("bin/agent", "#!/usr/bin/env -S uv run --script\n", "python"),
            ("bin/run", "#!/bin/bash -e\n", "shell"),
            ("bin/run", "#!/usr/bin/env node\n", "javascript"),
            ("secrets", "# keys\nexport A_KEY=1\nB=2\n", "dotenv"),
            ("secrets", "a list of\nwords\n", "text"),
            ("manifest", "apiVersion: v1\nkind: Secret\n", "yaml"),
            ("settings", "{\"a\": 1}", "json"),
            ("app.config", "<configuration/>", "xml"),
            ("de.ts", "<?xml version='1.0'?><TS/>", "xml"),
        ] {
            assert_eq!(of(path, head).slug(), expected, "{path}");
        }
    }
}
