//! JSON formats are what their documentation says.

use serde_json::Value;

use super::command::{demo, run};

#[test]
fn findings_are_valid_under_their_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/nhiscan-findings-1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document: Value = serde_json::from_str(&demo().formats[1].1).unwrap();
    let errors: Vec<String> = validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");

    // The schema describes every field that is written, and can refuse.
    let described = |pointer: &str, object: &Value| {
        for key in object.as_object().unwrap().keys() {
            assert!(
                schema.pointer(&format!("{pointer}/properties/{key}")).is_some(),
                "{pointer} does not describe {key}"
            );
        }
    };
    described("", &document);
    described("/$defs/finding", &document["findings"][0]);
    described("/$defs/place", &document["findings"][0]["place"]);
    described("/$defs/control", &document["findings"][0]["controls"][0]);
    let mut broken = document.clone();
    broken["findings"][0]["level"] = "worst".into();
    assert!(!validator.is_valid(&broken));
}

#[test]
fn facts_are_json_lines_with_a_header() {
    let demo = demo();
    let (name, lines) = &demo.formats[4];
    assert_eq!(*name, "jsonl");
    let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let header = lines.next().unwrap();
    assert_eq!(header["schema"], "facts/0");
    let kinds: std::collections::BTreeSet<String> = lines.map(|f| f["fact"].as_str().unwrap().to_owned()).collect();
    for kind in ["file", "agent", "tool", "credential", "workload", "identity", "grant", "issuance"] {
        assert!(kinds.contains(kind), "no {kind} in {kinds:?}");
    }
}

/// Exit code, standard output and standard error of the command.
fn said(args: &[&str]) -> (Option<i32>, String, String) {
    let out = run(args);
    (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
}

#[test]
fn why_a_value_was_or_was_not_reported_is_said_without_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.py");
    let value = nhiscan::catalogue::fake::expand("{{fake:groq-api-key}}");
    let text = format!("client = Groq(api_key=\"{value}\")\napi_key = \"your-key-goes-here\"\npage = 1\n");
    std::fs::write(&file, text).unwrap();
    let path = file.display().to_string();
    let (code, all, _) = said(&["explain", "--match", &path]);
    assert_eq!(code, Some(0));
    assert!(all.contains("app.py:1:24: api_key: reported as groq-api-key"), "{all}");
    assert!(!all.contains(": reported as generic-secret"), "{all}");
    assert!(all.contains("not reported as generic-secret: placeholder"), "{all}");
    assert!(!all.contains(&value[..12]), "{all}");
    let (_, second, _) = said(&["explain", "--match", &format!("{path}:2")]);
    assert!(second.contains(":2:") && !second.contains(":1:"), "{second}");
    let (_, third, _) = said(&["explain", "--match", &format!("{path}:3")]);
    assert!(third.contains("nothing was looked at"), "{third}");
    let (code, _, error) = said(&["explain", "--match", &format!("{path}.none")]);
    assert!(code == Some(2) && error.contains("PATH:LINE"), "{error}");
}

/// Where a reading of the bytes alone and a scan part: each of these said something else before both were one.
#[test]
fn explain_reads_what_a_scan_reads_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).display().to_string()
    };
    let value = nhiscan::catalogue::fake::expand("{{fake:groq-api-key}}");
    let line = format!("client = Groq(api_key=\"{value}\")\n");
    let (seen, scanner, ignored) = (put("app.py", &line), put("gitleaks.toml", &line), put("left.py", &line));
    put(".nhiscanignore", "left.py\n");
    let root = folder.path().display().to_string();
    let (_, scanned, _) = said(&["scan", "--format", "json", "--fail-on", "none", &root]);
    let scanned: Value = serde_json::from_str(&scanned).unwrap();
    let paths: Vec<&str> =
        scanned["findings"].as_array().unwrap().iter().map(|f| f["place"]["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"app.py") && paths.iter().all(|path| *path == "app.py"), "{paths:?}");
    for (path, reported) in [(&seen, true), (&scanner, false), (&ignored, false)] {
        let (code, all, _) = said(&["explain", "--match", path]);
        assert_eq!(code, Some(0));
        assert_eq!(all.contains(": reported as"), reported, "{all}");
    }
    assert!(said(&["explain", "--match", &ignored]).1.contains("does not read it"));
    let large = format!("{}\n{line}", "x = 1\n".repeat(1_500_000));
    let (_, all, notices) = said(&["explain", "--match", &put("large.py", &large)]);
    assert!(all.contains("large.py:1500002:24: api_key: reported as groq-api-key"), "{all}");
    assert!(notices.is_empty() || notices.contains("notice"), "{notices}");
}

#[cfg(unix)]
#[test]
fn explain_opens_no_pipe_and_follows_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("app.py"), "api_key = 1\n").unwrap();
    std::os::unix::fs::symlink(path("app.py"), path("link.py")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path("pipe.py")).status().unwrap().success());
    for (name, why) in [("link.py", "does not follow links"), ("pipe.py", "no regular file")] {
        let (code, all, _) = said(&["explain", "--match", &path(name).display().to_string()]);
        assert!(code == Some(0) && all.contains(why), "{all}");
    }
}

#[test]
fn a_rule_and_a_control_can_be_explained() {
    let (code, page, _) = said(&["explain", "token-never-revoked"]);
    assert_eq!(code, Some(0));
    assert!(page.contains("lifecycle/token-never-revoked") && page.contains("NIST"), "{page}");
    let (_, control, _) = said(&["explain", "--control", "nhi7"]);
    assert!(control.contains("NHI7:2025") && control.contains("Rules:"), "{control}");
    let (_, label, _) = said(&["explain", "--control", "NHI-03"]);
    assert!(label.contains("not canonical"), "{label}");
    let (code, _, error) = said(&["explain", "token-never-revokd"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("did you mean `lifecycle/token-never-revoked`"), "{error}");
    let (_, rules, _) = said(&["rules", "--format", "json"]);
    let rules: Value = serde_json::from_str(&rules).unwrap();
    assert_eq!(rules["rules"].as_array().unwrap().len(), nhiscan::catalogue::RULES.len());
}
