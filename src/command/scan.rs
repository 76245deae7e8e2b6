//! `nhiscan scan`: findings of a run in every format that was asked for, and an exit code.

use std::process::ExitCode;

use nhiscan::catalogue::{RULES, Rule};
use nhiscan::cli::request::{Mode, Request};
use nhiscan::cli::{OutputArg, ScanArgs, ViewArgs};
use nhiscan::error::{Error, Notice, NoticeKind};
use nhiscan::finding::Level;
use nhiscan::report::{self, Format, Report, View};
use nhiscan::{Run, scan};

use super::{reading, say};

/// Scans, reports and says how it ended.
pub(crate) fn run(args: ScanArgs) -> Result<ExitCode, Error> {
    let (progress, statistics) = (!args.read.no_progress, args.read.statistics);
    let mut request = reading::request(args.read)?;
    request.baseline = args.baseline;
    let counter = request.progress.clone();
    let run = reading::with_progress(&counter, progress, || scan(&request))?;
    let fail_on = args.fail_on.level();
    write(&args.view, fail_on, &request, &run)?;
    if statistics {
        reading::statistics(&run.understood.statistics);
    }
    Ok(exit(&run, &args.view, fail_on, args.strict))
}

/// Writes files first, then standard output: whoever waits for its end finds the files there.
pub(crate) fn write(view: &ViewArgs, fail_on: Option<Level>, request: &Request, run: &Run) -> Result<(), Error> {
    let rules: Vec<&'static Rule> = RULES.iter().collect();
    let mut limits: Vec<Notice> = Vec::new();
    for OutputArg { format, path } in &view.output {
        let report = seen(*format, view, fail_on, request, run, &rules);
        limits.extend(report::limits(*format, &report));
        say::file(path, |out| report::write(*format, &report, out))?;
    }
    if let Some(format) = view.format.or(view.output.is_empty().then_some(Format::Text)) {
        let report = seen(format, view, fail_on, request, run, &rules);
        limits.extend(report::limits(format, &report));
        say::stdout(|out| report::write(format, &report, out))?;
    }
    say::notices(&run.understood.notices);
    limits.dedup();
    say::notices(&limits);
    Ok(())
}

fn seen<'a>(
    format: Format,
    view: &ViewArgs,
    fail_on: Option<Level>,
    request: &Request,
    run: &'a Run,
    rules: &'a [&'static Rule],
) -> Report<'a> {
    let (findings, held_back) = View::new(format, view.min_level, view.min_confidence, fail_on).of(&run.findings);
    Report {
        scope: match request.mode {
            Mode::Tree => "scan",
            Mode::Staged => "staged",
            Mode::Diff(_) => "diff",
        },
        roots: roots(request),
        files: &run.understood.graph.paths,
        rules,
        findings,
        held_back,
        notices: &run.understood.notices,
    }
}

fn roots(request: &Request) -> Vec<String> {
    if request.roots.is_empty() {
        return vec![".".into()];
    }
    request.roots.iter().map(|root| root.to_string_lossy().replace('\\', "/")).collect()
}

/// 0, 1 or 2. Findings that the user asked not to see do not fail a run, nor do rules in preview.
fn exit(run: &Run, view: &ViewArgs, fail_on: Option<Level>, strict: bool) -> ExitCode {
    let lost = |notice: &Notice| !matches!(notice.kind, NoticeKind::Limit | NoticeKind::Suppression);
    if strict && run.understood.notices.iter().any(lost) {
        say::stderr(["--strict: something could not be judged (see the notices above)".to_owned()]);
        return ExitCode::from(2);
    }
    let Some(threshold) = fail_on else { return ExitCode::SUCCESS };
    let shown = View::new(Format::Json, view.min_level, view.min_confidence, fail_on).of(&run.findings).0;
    let fails = shown.iter().any(|finding| finding.level >= threshold && finding.rule.status != "preview");
    ExitCode::from(u8::from(fails))
}

#[cfg(test)]
mod tests {
    use nhiscan::facts::Place;
    use nhiscan::finding::Draft;
    use nhiscan::finding::complete::complete;

    use super::*;

    #[test]
    fn a_rule_in_preview_fails_no_run() {
        let view = ViewArgs { format: None, output: Vec::new(), min_level: None, min_confidence: None };
        let code = |status: &'static str| {
            let rule = RULES.iter().find(|rule| rule.id == "secrets/key-in-source").unwrap();
            let rule = Box::leak(Box::new(Rule { status, ..*rule }));
            let findings = complete(rule, vec![Draft::new(Place::default(), "x")], &|_| None);
            assert_eq!(findings[0].level, Level::Error);
            exit(&Run { findings, ..Run::default() }, &view, Some(Level::Error), false)
        };
        assert_eq!(code("preview"), ExitCode::SUCCESS);
        assert_eq!(code("stable"), ExitCode::from(1));
    }
}
