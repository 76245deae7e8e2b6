//! `nhiscan credentials`: the kinds of credential that are known.

use std::process::ExitCode;

use nhiscan::catalogue::credential::KINDS;
use nhiscan::catalogue::docs;
use nhiscan::cli::{CredentialsArgs, CredentialsFormat};
use nhiscan::error::Error;

use super::say;

/// Lists them.
pub(crate) fn list(args: &CredentialsArgs) -> Result<ExitCode, Error> {
    say::stdout(|out| match args.format {
        CredentialsFormat::Text => {
            let width = KINDS.iter().map(|kind| kind.id.len()).max().unwrap_or(0);
            KINDS.iter().try_for_each(|kind| writeln!(out, "{:width$}  {}", kind.id, kind.title))
        }
        CredentialsFormat::Markdown => write!(out, "{}", docs::credentials()),
    })?;
    Ok(ExitCode::SUCCESS)
}
