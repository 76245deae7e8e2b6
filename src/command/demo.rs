//! `nhiscan demo`: a newcomer's first command.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nhiscan::cli::request::Request;
use nhiscan::cli::{DemoArgs, ViewArgs};
use nhiscan::error::Error;
use nhiscan::{demo, scan};

use super::{reading, say};

/// Lays the planted repository out, scans it and reports. Findings are what it is for: exit 0.
pub(crate) fn run(args: DemoArgs) -> Result<ExitCode, Error> {
    match args.dir {
        Some(dir) => {
            look(&dir, &args.view)?;
            say::stderr([format!("the repository stays in {}", dir.display())]);
        }
        None => {
            let dir = Temporary::new();
            look(&dir.0, &args.view)?;
        }
    }
    say::stderr(["next: `nhiscan explain RULE` for any rule above, `nhiscan scan PATH` for your own code".to_owned()]);
    Ok(ExitCode::SUCCESS)
}

fn look(dir: &Path, view: &ViewArgs) -> Result<(), Error> {
    demo::lay_out(dir)?;
    let request = Request { roots: vec![dir.to_owned()], key: reading::key()?, ..Request::default() };
    let run = scan(&request)?;
    super::scan::write(view, None, &request, &run)
}

/// A folder that goes away again, whatever happens.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("nhiscan-demo-{}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
