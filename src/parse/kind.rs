//! Path and content → [`Kind`] of document.

use super::code::ast::Language;

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
            Self::Code(Language::Python) => "python",
            Self::Code(Language::TypeScript) => "typescript",
            Self::Code(Language::JavaScript) => "javascript",
            Self::Code(Language::Go) => "go",
            Self::Code(Language::Java) => "java",
            Self::Code(Language::CSharp) => "csharp",
            Self::Code(Language::Kotlin) => "kotlin",
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
