//! The planted repository: every true case is reported, no look-alike is, and the reports are
//! snapshots to be read.

use serde_json::Value;

use super::command::{Demo, demo};

/// Rule, file and a part of the line that is reported.
const TRUE: &[(&str, &str, &str)] = &[
    ("secrets/key-in-source", "desk/triage.py", "AsyncOpenAI(api_key="),
    ("secrets/key-in-dotenv", ".env.production", "OPENAI_API_KEY="),
    ("secrets/database-url", "compose.yaml", "desk_agent:"),
    ("sharing/one-value-many-environments", ".env.production", "OPENAI_API_KEY="),
    ("sharing/shared-identity", "deploy/k8s/agents.yaml", "serviceAccountName: desk-agents"),
    ("sharing/default-service-account", "deploy/k8s/agents.yaml", "research-agent"),
    ("lifecycle/token-never-revoked", "desk/sessions.py", "desk-index"),
    ("lifecycle/token-never-revoked", "desk/sessions.py", "desk-export"),
    ("lifecycle/jwt-without-expiry", "desk/sessions.py", "jwt.encode"),
    ("privilege/administrator-policy", "deploy/terraform/agents.tf", "AdministratorAccess"),
    ("privilege/wildcard-policy", "deploy/terraform/agents.tf", "s3:*"),
    ("privilege/cluster-admin", "deploy/k8s/rbac.yaml", "cluster-admin"),
    ("delegation/token-passthrough", "desk/order_server.py", "http.get"),
    ("approval/ungated-shell-tool", "desk/triage.py", "run_diagnostics"),
    ("approval/ungated-shell-tool", "web/lib/agent.ts", "shell = tool"),
    ("approval/ungated-destructive-tool", "desk/refunds.py", "purge_customer"),
    ("approval/decision-ignored", "desk/supplies.py", "\"write-off\", item"),
    ("approval/ungated-handoff", "desk/supplies.py", "handoffs=[triage]"),
    ("approval/auto-approve", ".claude/settings.json", "bypassPermissions"),
    ("audit/tracing-disabled", "desk/triage.py", "set_tracing_disabled"),
    ("exposure/untrusted-trigger", ".github/workflows/answer.yml", "issue_comment"),
    ("exposure/unauthenticated-endpoint", "desk/order_server.py", ""),
    ("exposure/unpinned-server", ".mcp.json", "tickets"),
];

/// File and a part of a line about which nothing may be reported at warning or above.
const LOOK_ALIKES: &[(&str, &str)] = &[
    ("desk/clients.py", ""),
    ("desk/manual_server.py", ""),
    ("desk/research.py", ""),
    (".env.example", ""),
    ("tests/test_triage.py", ""),
    (".github/workflows/mend.yml", ""),
    (".github/workflows/review.yml", ""),
    ("desk/triage.py", "restart_service("),
    ("desk/refunds.py", "pay_refund("),
    ("desk/supplies.py", "def delete_listing"),
    ("desk/supplies.py", "httpx.post"),
    ("desk/sessions.py", "explicit_max_ttl"),
    ("desk/sessions.py", "desk-manuals"),
    ("desk/sessions.py", "\"exp\""),
    ("web/lib/agent.ts", "openingHours"),
    ("compose.yaml", "REFUNDS_DB_PASSWORD"),
    ("deploy/k8s/agents.yaml", "name: manuals"),
    ("deploy/k8s/rbac.yaml", "read-pods"),
    ("deploy/terraform/agents.tf", "s3:GetObject"),
    (".mcp.json", "manuals-mcp@2.3.1"),
    (".claude/settings.json", "Bash(pytest"),
];

fn findings(demo: &Demo) -> Vec<Value> {
    let json: Value = serde_json::from_str(&demo.formats[1].1).unwrap();
    json["findings"].as_array().unwrap().clone()
}

fn text<'v>(finding: &'v Value, pointer: &str) -> &'v str {
    finding.pointer(pointer).and_then(Value::as_str).unwrap()
}

#[test]
fn every_true_case_is_reported() {
    let found = findings(&demo());
    let is = |f: &Value, (rule, path, line): (&str, &str, &str)| {
        text(f, "/rule") == rule && text(f, "/place/path") == path && text(f, "/place/excerpt").contains(line)
    };
    let missed: Vec<_> = TRUE.iter().filter(|&&case| !found.iter().any(|f| is(f, case))).collect();
    assert!(missed.is_empty(), "not reported: {missed:#?}");
}

#[test]
fn no_look_alike_is_reported() {
    let found = findings(&demo());
    let is = |f: &Value, (path, line): (&str, &str)| {
        text(f, "/level") != "note" && text(f, "/place/path") == path && text(f, "/place/excerpt").contains(line)
    };
    let wrong: Vec<_> =
        found.iter().filter(|f| LOOK_ALIKES.iter().any(|&case| is(f, case))).map(|f| f.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_family_has_a_true_case() {
    let families: std::collections::BTreeSet<&str> =
        TRUE.iter().map(|(rule, ..)| rule.split('/').next().unwrap()).collect();
    assert_eq!(families.len(), 8, "{families:?}");
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // Snapshots hold no counts.
    settings.add_filter(r"(?m)^\d+ (error|warning|note).*$", "[what was found, and what is held back]");
    settings
}

#[test]
fn text_reads_well() {
    let demo = demo();
    settings().bind(|| insta::assert_snapshot!("planted_text", demo.formats[0].1));
}

/// Locations as a reader writes them: `path:line:column-column message`.
fn shorten(value: &mut Value) {
    if let Some(physical) = value.get("physicalLocation") {
        let region = &physical["region"];
        let path = text(physical, "/artifactLocation/uri");
        let place = format!("{path}:{}:{}-{}", region["startLine"], region["startColumn"], region["endColumn"]);
        let id = value.get("id").map_or(String::new(), |id| format!("({id}) "));
        let message = value.pointer("/message/text").and_then(Value::as_str).unwrap_or_default();
        *value = format!("{id}{place} {message}").trim_end().into();
        return;
    }
    if let Some(location) = value.get_mut("location") {
        shorten(location);
        *value = location.take();
        return;
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, value)| shorten(value)),
        _ => {}
    }
}

#[test]
fn sarif_results_read_well() {
    let demo = demo();
    let mut results = demo.sarif["runs"][0]["results"].clone();
    shorten(&mut results);
    for result in results.as_array_mut().unwrap() {
        let result = result.as_object_mut().unwrap();
        result.remove("ruleIndex");
        // References say catalogue and id; their guids are checked elsewhere.
        for taxon in result["taxa"].as_array_mut().unwrap() {
            *taxon = format!("{}: {}", text(taxon, "/toolComponent/name"), text(taxon, "/id")).into();
        }
    }
    let shown = serde_json::to_string_pretty(&results).unwrap();
    settings().bind(|| insta::assert_snapshot!("planted_sarif_results", shown));
}

#[test]
fn a_sarif_rule_reads_well() {
    let demo = demo();
    let rules = demo.sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let mut rule = rules.iter().find(|r| r["id"] == "lifecycle/token-never-revoked").unwrap().clone();
    let rule = rule.as_object_mut().unwrap();
    let page = rule["help"].as_object_mut().unwrap().remove("markdown").unwrap();
    for relation in rule["relationships"].as_array_mut().unwrap() {
        let target = format!("{}: {}", text(relation, "/target/toolComponent/name"), text(relation, "/target/id"));
        *relation = format!("{} {target}", text(relation, "/kinds/0")).into();
    }
    let shown = format!("{}\n\n{}", serde_json::to_string_pretty(&rule).unwrap(), page.as_str().unwrap());
    settings().bind(|| insta::assert_snapshot!("planted_sarif_rule", shown));
}
