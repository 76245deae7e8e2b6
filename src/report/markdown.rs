//! A summary for a pull request or job page. Hosts refuse summaries over 1 MiB: ours ends before.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Report, clean, prose};
use crate::finding::Finding;

/// Bytes after which findings are only counted.
const LIMIT: usize = 900 * 1024;

/// Writes the summary.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = format!("## nhiscan: {}\n\n", prose::levels(&report.findings));
    let mut worst = report.findings.clone();
    worst.sort_by_key(|f| std::cmp::Reverse((f.level, f.rule.severity)));
    if !worst.is_empty() {
        page.push_str("| Level | Finding | Where | What to do |\n|---|---|---|---|\n");
    }
    let mut written = 0;
    for finding in &worst {
        let line = row(report, finding);
        if page.len() + line.len() > LIMIT {
            break;
        }
        page.push_str(&line);
        written += 1;
    }
    if written < worst.len() {
        let _ = writeln!(page, "\n{} more are not listed here.", worst.len() - written);
    }
    page.push_str(&held_back(report));
    page.push_str(&notices(report, LIMIT.saturating_sub(page.len())));
    out.write_all(page.as_bytes())
}

fn row(report: &Report<'_>, finding: &Finding) -> String {
    let at = &finding.draft.at;
    let controls: Vec<String> = prose::leading(&finding.controls).take(4).map(|m| cell(m.control.id)).collect();
    format!(
        "| {} | **{}**<br>{}<br><sub>{}</sub> | {} | {} |\n",
        prose::level(finding.level),
        cell(finding.rule.id),
        cell(&prose::sentence(&finding.draft.what)),
        controls.join(" · "),
        cell(&format!("{}:{}", report.path(at.file), at.line)),
        cell(&prose::help(finding)),
    )
}

fn held_back(report: &Report<'_>) -> String {
    let held = &report.held_back;
    let mut said: Vec<String> =
        held.below_level.iter().rev().map(|(l, n)| prose::count(*n, prose::level(*l))).collect();
    for (n, why) in [
        (held.below_confidence, "below the confidence asked for"),
        (held.suppressed, "suppressed with a reason"),
        (held.baseline, "in the baseline"),
    ] {
        if n > 0 {
            said.push(format!("{n} {why}"));
        }
    }
    if said.is_empty() { String::new() } else { format!("\nNot shown: {}.\n", said.join(", ")) }
}

fn notices(report: &Report<'_>, room: usize) -> String {
    if report.notices.is_empty() {
        return String::new();
    }
    let mut page = format!(
        "\n<details><summary>{} could not be judged fully</summary>\n\n",
        prose::count(report.notices.len(), "place")
    );
    for notice in report.notices.iter().take(200) {
        let line = format!("- {} ({}): {}\n", cell(&notice.path), notice.kind.slug(), cell(&notice.message));
        if page.len() + line.len() + 100 > room {
            break;
        }
        page.push_str(&line);
    }
    page.push_str("\n</details>\n");
    page
}

/// `text` inside a table cell: nothing in it is markup, a mention or a link.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_hostile_name_is_only_text() {
        assert_eq!(cell("a|b <img> @me `x` [l](u)\n"), "a\\|b &lt;img&gt; &#64;me \\`x\\` \\[l\\](u)\\\\u{a}");
    }
}
