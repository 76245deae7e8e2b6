//! SARIF 2.1.0 through the types of `serde-sarif`. One run for each file, since hosts refuse several
//! runs of one category. No snippets: a region is enough for a host that has the source, and no
//! excerpt can leak what a mask missed.

pub(super) mod limits;
mod results;
mod rules;
mod taxonomies;

use std::io::{self, Write};

use serde_json::json;
use serde_sarif::sarif::{
    Invocation, Message, Notification, ReportingDescriptor, ReportingDescriptorReference, Run, RunAutomationDetails,
    Sarif, Tool, ToolComponent, Version,
};

use super::{Report, prose};
use crate::error::{Notice, NoticeKind};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Of the tool itself, fixed for ever.
const GUID: &str = "6f0d3f0e-6d0c-5d53-8a53-0d4a6b1f7c11";

/// Writes the log and a line end.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(report))?;
    out.write_all(b"\n")
}

fn log(report: &Report<'_>) -> Sarif {
    // What the limits left out is said first, since notices have a limit themselves.
    let (kept, mut notices) = limits::cut(report);
    notices.extend(report.notices.iter().take(limits::NOTICES).cloned());
    let crashed = report.notices.iter().any(|n| n.kind == NoticeKind::Crash);
    let run = Run::builder()
        .tool(Tool::builder().driver(driver(report, &notices)).build())
        .results(kept.iter().map(|finding| results::result(report, finding)).collect::<Vec<_>>())
        .taxonomies(taxonomies::used(report.rules))
        .invocations(vec![invocation(&notices, crashed)])
        .automation_details(RunAutomationDetails::builder().id(format!("nhiscan/{}/", report.scope)).build())
        .column_kind(json!("utf16CodeUnits"))
        .build();
    Sarif::builder().schema(SCHEMA).version(json!(Version::V2_1_0)).runs(vec![run]).build()
}

fn driver(report: &Report<'_>, notices: &[Notice]) -> ToolComponent {
    ToolComponent::builder()
        .name("nhiscan")
        .guid(GUID)
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .version(env!("CARGO_PKG_VERSION"))
        .information_uri(env!("CARGO_PKG_HOMEPAGE"))
        .language("en-US")
        .rules(report.rules.iter().map(|rule| rules::descriptor(rule)).collect::<Vec<_>>())
        .notifications(notification_kinds(notices))
        .supported_taxonomies(taxonomies::references(report.rules))
        .build()
}

/// Descriptors of the kinds of notice that occur.
fn notification_kinds(notices: &[Notice]) -> Vec<ReportingDescriptor> {
    let mut kinds: Vec<NoticeKind> = notices.iter().map(|n| n.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds.iter().map(|kind| ReportingDescriptor::builder().id(kind.slug()).build()).collect()
}

/// A run that judged what it could is successful; one that lost a file to a bug of ours is not.
fn invocation(notices: &[Notice], crashed: bool) -> Invocation {
    Invocation::builder()
        .execution_successful(!crashed)
        .tool_execution_notifications(notices.iter().map(notification).collect::<Vec<_>>())
        .build()
}

fn notification(notice: &Notice) -> Notification {
    let level = match notice.kind {
        NoticeKind::Crash => "error",
        NoticeKind::Unreadable | NoticeKind::Parse | NoticeKind::Budget | NoticeKind::Setup | NoticeKind::Limit => {
            "warning"
        }
        NoticeKind::Encoding | NoticeKind::Link | NoticeKind::Special | NoticeKind::Suppression => "note",
    };
    let descriptor = ReportingDescriptorReference::builder().id(notice.kind.slug()).build();
    let message = Message::builder().text(prose::sentence(&notice.message)).build();
    let builder = Notification::builder().message(message).level(json!(level)).descriptor(descriptor);
    if notice.path.is_empty() {
        return builder.build();
    }
    builder.locations(vec![results::file_location(&notice.path, notice.line)]).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::RULES;
    use crate::facts::{Place, Sym};
    use crate::finding::complete::complete;
    use crate::finding::{Draft, Finding, Step};
    use crate::report::HeldBack;

    /// The log of one finding with `places` related places and of `notices`.
    fn log_of(what: &str, places: u32, notices: &[Notice]) -> serde_json::Value {
        let at = |line| Place { line, start: line, end: line + 1, ..Place::default() };
        let mut draft = Draft::new(at(1), what);
        draft.related = (2..2 + places).map(|line| Step { at: at(line), says: Sym::new("here too") }).collect();
        let findings: Vec<Finding> = complete(&RULES[0], vec![draft], &|_| None);
        let rules: Vec<_> = RULES.iter().collect();
        let report = Report {
            scope: "scan",
            roots: Vec::new(),
            files: &[Sym::new("a.py")],
            rules: &rules,
            findings: findings.iter().collect(),
            held_back: HeldBack::default(),
            notices,
        };
        serde_json::to_value(log(&report)).unwrap()["runs"][0].take()
    }

    #[test]
    fn notices_become_notifications_and_a_crash_is_no_success() {
        let broken = Notice { path: "b c.yaml".into(), line: 3, kind: NoticeKind::Parse, message: "not YAML".into() };
        let run = log_of("x", 0, std::slice::from_ref(&broken));
        let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!((&notification["level"], &notification["descriptor"]["id"]), (&json!("warning"), &json!("parse")));
        let place = &notification["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "b%20c.yaml");
        assert_eq!(place["region"]["startLine"], 3);
        assert_eq!(run["tool"]["driver"]["notifications"][0]["id"], "parse");
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
        let run = log_of("x", 0, &[Notice { kind: NoticeKind::Crash, ..broken }]);
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        assert_eq!(run["invocations"][0]["toolExecutionNotifications"][0]["level"], "error");
    }

    #[test]
    fn no_more_places_and_notices_than_hosts_keep_and_the_rest_is_said() {
        let notice = |n: usize| Notice::file(format!("{n}.py"), NoticeKind::Parse, "not valid");
        let many: Vec<Notice> = (0..limits::NOTICES + 5).map(notice).collect();
        let run = log_of("x", 130, &many);
        assert_eq!(run["results"][0]["relatedLocations"].as_array().unwrap().len(), limits::PLACES);
        let said = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(said.len(), limits::NOTICES + 2);
        assert!(said[0].to_string().contains("5 notices are left out"), "{}", said[0]);
        assert!(said[1].to_string().contains("30 further places"), "{}", said[1]);
        let mut lost = many;
        lost.push(Notice::file("z.py", NoticeKind::Crash, "crashed"));
        assert_eq!(log_of("x", 0, &lost)["invocations"][0]["executionSuccessful"], false);
    }

    #[test]
    fn only_our_own_links_look_like_links() {
        let run = log_of("`[x](http://evil.example)` is wrong", 1, &[]);
        let text = run["results"][0]["message"]["text"].as_str().unwrap();
        assert!(text.contains("[x] (http://evil.example)"), "{text}");
        assert!(text.contains("](1)"), "{text}");
    }

    #[test]
    fn a_taxonomy_is_called_as_its_catalogue() {
        let run = log_of("x", 0, &[]);
        for taxonomy in run["taxonomies"].as_array().unwrap() {
            let catalogue = crate::catalogue::CATALOGUES.iter().find(|c| taxonomy["guid"] == c.guid).unwrap();
            assert_eq!(taxonomy["name"], catalogue.name);
            assert!(!taxonomy["taxa"].as_array().unwrap().is_empty(), "{}", catalogue.name);
        }
    }
}
