//! What was typed ([`clap`] types) and, in [`request`], what it means.

pub mod request;
mod scan;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use scan::{OutputArg, ReadArgs, ScanArgs, ViewArgs};

/// Which identity each AI agent runs as, what it may do, how its credentials end, and what is wrong
/// with that: from the repository alone.
#[derive(Debug, Parser)]
#[command(name = "nhiscan", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: When,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge files, folders or a git change.
    Scan(ScanArgs),
    /// Show each agent: its identity, credentials, permissions, tools, gates and owner.
    Inventory(InventoryArgs),
    /// Print what was understood, as JSON Lines, without any secret value.
    Facts(FactsArgs),
    /// List the rules.
    Rules(RulesArgs),
    /// List the kinds of credential.
    Credentials(CredentialsArgs),
    /// Explain a rule, show which rules stand for a control, or say why a value was or was not reported.
    Explain(ExplainArgs),
    /// Write a baseline of what is there now, so that later runs report only what is new.
    Baseline(BaselineArgs),
    /// Lay out a small planted repository and scan it.
    Demo(DemoArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

/// When to do something that depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// `nhiscan inventory`.
#[derive(Debug, Args)]
pub struct InventoryArgs {
    /// What to read.
    #[command(flatten)]
    pub read: ReadArgs,
    /// How to write it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: InventoryFormat,
}

/// Formats of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum InventoryFormat {
    /// Cards for people.
    #[default]
    Text,
    /// `nhiscan-inventory/1`.
    Json,
    /// One line an agent.
    Table,
    /// Agents under the agents that hand work to them, with their tools.
    Tree,
}

/// `nhiscan facts`.
#[derive(Debug, Args)]
pub struct FactsArgs {
    /// What to read.
    #[command(flatten)]
    pub read: ReadArgs,
}

/// `nhiscan rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// How to write it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: RulesFormat,
}

/// Formats of the list of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum RulesFormat {
    /// A table.
    #[default]
    Text,
    /// One object a rule.
    Json,
    /// An index by question, and the coverage of the OWASP NHI Top 10.
    Markdown,
}

/// `nhiscan credentials`.
#[derive(Debug, Args)]
pub struct CredentialsArgs {
    /// How to write it.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: CredentialsFormat,
}

/// Formats of the list of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum CredentialsFormat {
    /// One line a kind.
    #[default]
    Text,
    /// The page `docs/credentials.md`.
    Markdown,
}

/// `nhiscan explain`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("subject").required(true).args(["rule", "control", "place"]))]
pub struct ExplainArgs {
    /// A rule, as in `lifecycle/token-never-revoked`, or its last part.
    pub rule: Option<String>,
    /// A control, as in `NHI7:2025` or `NHI7`.
    #[arg(long, value_name = "ID")]
    pub control: Option<String>,
    /// A place, as in `src/app.py:12`, or a file: why each value there was or was not taken for a credential.
    #[arg(long = "match", alias = "explain-match", value_name = "PATH[:LINE]")]
    pub place: Option<String>,
}

/// `nhiscan baseline`.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// What to read.
    #[command(flatten)]
    pub read: ReadArgs,
    /// The file to write; standard output when absent.
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `nhiscan demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// An empty or new folder to lay it out in; a temporary one, removed at the end, when absent.
    pub dir: Option<PathBuf>,
    /// How to report.
    #[command(flatten)]
    pub view: ViewArgs,
}

/// `nhiscan completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
