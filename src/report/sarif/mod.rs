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
    let (kept, mut limit_notices) = limits::cut(report);
    let mut notices = report.notices.to_vec();
    notices.append(&mut limit_notices);
    let run = Run::builder()
        .tool(Tool::builder().driver(driver(report, &notices)).build())
        .results(kept.iter().map(|finding| results::result(report, finding)).collect::<Vec<_>>())
        .taxonomies(taxonomies::used(report.rules))
        .invocations(vec![invocation(&notices)])
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
fn invocation(notices: &[Notice]) -> Invocation {
    let crashed = notices.iter().any(|n| n.kind == NoticeKind::Crash);
    Invocation::builder()
        .execution_successful(!crashed)
        .tool_execution_notifications(notices.iter().take(limits::NOTICES).map(notification).collect::<Vec<_>>())
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
