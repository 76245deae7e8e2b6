//! Arguments of `nhiscan scan`, and those it shares with other commands that read a tree.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::request::{FailOn, Mode, Request};
use crate::finding::{Confidence, Level};
use crate::report::Format;

/// What to read.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Files and folders; the current folder when none. `-` reads standard input.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Read what is staged in git instead of the files on disk.
    #[arg(long, conflicts_with = "diff")]
    pub staged: bool,
    /// Report only what the change since this revision (its common ancestor with HEAD) brings in; of the
    /// inventory, what it does to agents.
    #[arg(long, value_name = "BASE")]
    pub diff: Option<String>,
    /// The path to assume for standard input.
    #[arg(long, value_name = "NAME")]
    pub stdin_name: Option<String>,
    /// Use the text engine alone and parse nothing.
    #[arg(long)]
    pub text_only: bool,
    /// Read configuration from this file instead of the `nhiscan.toml` at the root.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Number of threads; one a core when absent.
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Show no progress bar.
    #[arg(long)]
    pub no_progress: bool,
    /// Print to standard error what was read and where the time went.
    #[arg(long)]
    pub statistics: bool,
}

/// How to report.
#[derive(Debug, Args)]
pub struct ViewArgs {
    /// Format on standard output; text when neither this nor an output is given.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Also write a format to a file; may be repeated.
    #[arg(long, value_name = "FORMAT=PATH")]
    pub output: Vec<OutputArg>,
    /// Report this level and above; by default text and markdown show warnings, others everything.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub min_level: Option<Level>,
    /// Report this confidence and above.
    #[arg(long, value_enum, value_name = "CONFIDENCE")]
    pub min_confidence: Option<Confidence>,
}

/// `nhiscan scan`.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// What to read.
    #[command(flatten)]
    pub read: ReadArgs,
    /// How to report.
    #[command(flatten)]
    pub view: ViewArgs,
    /// Exit with 1 when a finding has this level or a worse one.
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
    pub fail_on: FailOn,
    /// Leave out what this baseline holds.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Exit with 2 when a file could not be read, parsed or finished.
    #[arg(long)]
    pub strict: bool,
}

/// A format and the file that it is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputArg {
    /// The format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for OutputArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Format::value_variants().iter().map(|f| f.slug()).collect::<Vec<_>>().join(", ");
        let (format, path) = text.split_once('=').ok_or("write it as FORMAT=PATH, for example sarif=out.sarif")?;
        let format = Format::from_str(format, false)
            .map_err(|_| format!("`{format}` is no format; choose one of {}", known()))?;
        if path.is_empty() {
            return Err("the path after `=` is empty".into());
        }
        Ok(Self { format, path: path.into() })
    }
}

impl ReadArgs {
    /// What these arguments mean.
    #[must_use]
    pub fn request(self) -> Request {
        let mode = match (self.staged, self.diff) {
            (true, _) => Mode::Staged,
            (false, Some(base)) => Mode::Diff(base),
            (false, None) => Mode::Tree,
        };
        Request {
            roots: self.paths,
            mode,
            stdin_name: self.stdin_name,
            text_only: self.text_only,
            config: self.config,
            threads: self.threads.map_or(0, NonZeroUsize::get),
            ..Request::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_names_a_format_and_a_path_that_may_hold_an_equals_sign() {
        let arg = OutputArg::from_str("sarif=out/a=b.sarif").unwrap();
        assert_eq!(arg, OutputArg { format: Format::Sarif, path: "out/a=b.sarif".into() });
        assert!(OutputArg::from_str("sarif").unwrap_err().contains("FORMAT=PATH"));
        assert!(OutputArg::from_str("xml=a").unwrap_err().contains("sarif"));
        assert!(OutputArg::from_str("sarif=").is_err());
    }
}
