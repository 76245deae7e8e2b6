//! Stage 6, how we say it. Input: a finished run. Output: bytes in a format.

use clap::ValueEnum;

/// A format of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people, in a terminal.
    #[default]
    Text,
    /// `nhiscan-findings/1`, one document.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// A summary for people, in a pull request or job page.
    Markdown,
}

impl Format {
    /// Its name on the command line.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Markdown => "markdown",
        }
    }
}
