//! Input that is made to hurt: every other file is judged all the same, the run ends as any run
//! does, memory stays bounded, and what was lost is said.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use nhiscan::catalogue::fake::expand;

use crate::command::nhiscan;

/// Peak resident memory that the whole set may take.
const LARGEST_MIB: u64 = 600;
/// A run may take this long; the release build needs a fraction of it, a debug build on a busy
/// machine is slower.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 240 } else { 20 });

/// Endings that some parser is behind.
const FORMATS: &[&str] = &[
    "json",
    "yaml",
    "toml",
    "tf",
    "py",
    "ts",
    "tsx",
    "js",
    "env",
    "xml",
    "ini",
    "dockerfile",
    "ipynb",
    "go",
    "java",
    "cs",
    "kt",
    "md",
    "sh",
];

/// A line with a credential; each `n` gives another.
fn secret(n: usize) -> String {
    format!("OPENAI_API_KEY={}\n", expand(&format!("{{{{fake:openai-project-key#{}}}}}", n + 1)))
}

fn put(root: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

/// Lays out the set; returns the paths of the files that hold a credential.
fn lay_out(root: &Path) -> Vec<String> {
    let mut holders = Vec::new();
    let mut hold = |path: &str, bytes: &[u8]| {
        put(root, path, bytes);
        holders.push(path.to_owned());
    };
    let mut line = "x, ".repeat(20 << 20).into_bytes();
    let middle = line.len() / 2;
    let in_the_middle = format!(" {}", secret(1).trim());
    line[middle..middle + in_the_middle.len()].copy_from_slice(in_the_middle.as_bytes());
    hold("one-line.txt", &line);
    for format in FORMATS {
        for (name, open) in [("square", "["), ("curly", "{"), ("round", "("), ("keys", "{\"a\":"), ("items", "- ")] {
            put(root, &format!("nested/{name}.{format}"), open.repeat(100_000));
        }
        put(root, &format!("noise/latin.{format}"), [b"caf\xe9 = [\n".as_slice(), &secret(9).into_bytes()].concat());
        put(
            root,
            &format!("noise/bytes.{format}"),
            (0..40_000u32).map(|n| (n * 7 % 255) as u8 | 1).collect::<Vec<u8>>(),
        );
    }
    // With the words of an SDK and of a role in front, every parser is asked.
    let words = "langgraph openai crewai mcpServers serviceAccountName AdministratorAccess aws_iam_role";
    for format in FORMATS {
        for (name, open) in
            [("square", "["), ("flow", "{a: [b, "), ("keys", "{\"a\":"), ("string", "f\"{"), ("angle", "<a>")]
        {
            put(root, &format!("admitted/{name}.{format}"), format!("# {words}\nx = {}", open.repeat(100_000)));
        }
    }
    put(root, "admitted/chain.py", format!("import openai, crewai\nx = a{}\n", ".b()".repeat(100_000)));
    put(root, "admitted/calls.py", format!("import openai, crewai\n{}", "x = f(a, b=1)\n".repeat(70_000)));
    put(root, "admitted/operators.ts", format!("import 'openai'\nx = {}", "+ - * / ? : ".repeat(80_000)));
    hold("after.env", secret(2).as_bytes());
    hold("wide.env", &secret(3).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    put(root, "large.yaml", format!("serviceAccountName: agent\n{}", "filler: x\n".repeat(1 << 20)));
    let aliases: String = (1..30)
        .map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1))
        .collect();
    put(root, "bombs/alias.yaml", format!("a0: &a0 [x, x]\n{aliases}"));
    let entities: String =
        (1..30).map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10))).collect();
    put(root, "bombs/entity.xml", format!("<!DOCTYPE x [<!ENTITY e0 \"lol\">{entities}]><x>&e29;</x>"));
    put(root, "bombs/indent.yaml", (0..5000).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>());
    put(root, "bombs/operators.py", format!("x = {}1\n", "1 + ".repeat(200_000)));
    put(root, "bombs/ternary.ts", format!("const x = {}1;\n", "a ? b : ".repeat(50_000)));
    put(root, "bombs/prefixes.txt", format!("{} ", "sk-proj-").repeat(400_000));
    put(root, "bombs/assignments.py", "api_key = ''; ".repeat(200_000));
    put(root, "bombs/quotes.json", "\"".repeat(1_000_000));
    // What costs the square of its length when each is looked at beside all others.
    put(root, "bombs/names.env", "API_KEY=".repeat(100_000));
    put(root, "bombs/ignored.py", "# nhiscan: ignore[secrets/key-in-source] why\n".repeat(50_000));
    hold("bombs/keys.env", (0..3_000).map(|n| secret(100 + n)).collect::<String>().as_bytes());
    put(root, "bombs/interpolation.tf", format!("a = \"{}\"\n", "${".repeat(50_000)));
    let deep = "d/".repeat(300);
    hold(&format!("{deep}agent.env"), secret(4).as_bytes());
    holders.sort();
    holders
}

/// Runs the command and looks at its peak memory while it runs.
fn watched(root: &Path) -> (Output, u64, Duration) {
    let started = Instant::now();
    let log = tempfile::NamedTempFile::new().unwrap();
    let out = tempfile::NamedTempFile::new().unwrap();
    let mut child = nhiscan()
        .args(["scan", "--format", "json", "--no-progress"])
        .arg(root)
        .stdout(out.reopen().unwrap())
        .stderr(log.reopen().unwrap())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        let about = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high =
            about.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(high.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(started.elapsed() < LONGEST, "still running after {LONGEST:?}");
        std::thread::sleep(Duration::from_millis(10));
    };
    let output = Output { status, stdout: fs::read(out.path()).unwrap(), stderr: fs::read(log.path()).unwrap() };
    (output, peak / 1024, started.elapsed())
}

#[test]
fn hostile_input_costs_notices_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let holders = lay_out(root);
    let (output, peak, _) = watched(root);
    let text = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "a run with findings; {log}");
    assert!(peak < LARGEST_MIB, "{peak} MiB");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    for path in holders {
        assert!(text.contains(&path), "nothing was found in {path}");
    }
    let notices = report["notices"].as_array().unwrap();
    assert!(!notices.is_empty());
    let crashed: Vec<_> = notices.iter().filter(|notice| notice["kind"] == "crash").collect();
    assert!(crashed.is_empty(), "{crashed:?}");
    for path in ["large.yaml", "bombs/names.env"] {
        let said = notices.iter().any(|notice| notice["path"] == path && notice["kind"] == "budget");
        assert!(said, "what of {path} was not judged is said");
    }
    let latin = notices.iter().filter(|notice| notice["kind"] == "encoding").count();
    assert_eq!(latin, FORMATS.len(), "each Latin-1 text is said");
}

#[cfg(unix)]
#[test]
fn links_pipes_and_names_cannot_lead_astray() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    let outside = tempfile::tempdir().unwrap();
    put(outside.path(), "outside.env", secret(11));
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    put(root, "a/inside.env", secret(12));
    symlink("..", root.join("a/up")).unwrap();
    symlink("self", root.join("self")).unwrap();
    symlink(outside.path(), root.join("out")).unwrap();
    symlink("/dev/zero", root.join("zero.env")).unwrap();
    let piped = std::process::Command::new("mkfifo").arg(root.join("pipe.env")).status().unwrap();
    assert!(piped.success());
    put(root, "locked.env", secret(13));
    fs::set_permissions(root.join("locked.env"), fs::Permissions::from_mode(0o000)).unwrap();
    let locked = fs::read(root.join("locked.env")).is_err();
    put(root, "evil\u{1b}[2J\u{202e}.env", secret(14));
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"caf\xe9.env")), secret(15)).unwrap();
    let output = nhiscan().args(["scan", "--no-progress"]).arg(root).stdin(Stdio::null()).output().unwrap();
    let (text, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(!text.contains("\u{1b}[2J") && !log.contains("\u{1b}[2J"), "a name reached the terminal as it is");
    let both = format!("{text}{log}");
    assert!(
        both.contains("inside.env") && both.contains("evil\\u{1b}[2J\\u{202e}.env") && both.contains("caf\\xe9.env"),
        "{both}"
    );
    assert!(!text.contains("outside.env"));
    for (path, word) in [("out", "link leads out"), ("zero.env", "link leads out"), ("pipe.env", "not a regular file")]
    {
        assert!(log.lines().any(|line| line.contains(path) && line.contains(word)), "{path}: {log}");
    }
    assert!(!locked || log.lines().any(|line| line.contains("locked.env") && line.contains("cannot be read")), "{log}");
}

/// Files that look like anybody's code, whose names lead back to themselves or on in very many ways.
fn circles(root: &Path) {
    put(
        root,
        "vault.py",
        "import hvac\nclient = hvac.Client()\nttl = ttl or 3600\nclient.auth.token.create(ttl=ttl)\n",
    );
    let module = "import hvac\nclient = hvac.Client()\nspan = span * 60\nclient.auth.token.create(ttl=span)\n";
    put(root, "span.py", module);
    let nodes = "tools = ToolNode(tools)\none = ToolNode(two)\ntwo = ToolNode(one)\n";
    let given = "agent = create_react_agent(model, tools)\nother = create_react_agent(model, [one, two])\n";
    put(root, "nodes.py", format!("from langgraph.prebuilt import ToolNode, create_react_agent\n{nodes}{given}"));
    let handed = "billing = handoff(billing)\ntriage = Agent(name=\"triage\", handoffs=[billing])\n";
    put(root, "handed.py", format!("from agents import Agent, handoff\n{handed}"));
    let role = "resource \"aws_iam_role\" \"agent\" {\n  assume_role_policy = local.p\n}\n";
    put(root, "role.tf", format!("locals {{\n  p = true ? local.p : \"\"\n}}\n{role}"));
    let job = |i: usize| format!("  j{i}:\n    runs-on: x\n    needs: j{}\n    steps: [{{run: make}}]\n", i + 1);
    let jobs: String = (0..3_000).map(job).collect();
    let last = "  j3000:\n    runs-on: x\n    steps: [{uses: anthropics/claude-code-action@v1}]\n";
    put(root, ".github/workflows/chain.yml", format!("on: issue_comment\njobs:\n{jobs}{last}"));
    let returns = "    if x:\n        return f()\n".repeat(40);
    put(root, "returns.py", format!("from agents import Agent\ndef f():\n{returns}a = Agent(name=\"a\", tools=f())\n"));
    let (many_a, many_b) = (["a"; 300].join(", "), ["b"; 300].join(", "));
    let lists = format!("a = [{many_b}]\nb = [{many_a}]\nagent = Agent(name=\"x\", tools=a)\n");
    put(root, "lists.py", format!("from agents import Agent\n{lists}"));
    let lists = format!("let a = [{many_b}];\nlet b = [{many_a}];\nnew Agent({{ name: \"x\", tools: a }});\n");
    put(root, "lists.ts", format!("import {{ Agent }} from \"@openai/agents\";\n{lists}"));
    let either = "c ? m : d ? n : ".repeat(300);
    let ternaries =
        format!("let m = {either}m;\nlet n = {either}m;\nnew Agent({{ name: \"x\", tools: [m] }});\nm.run(n);\n");
    put(root, "ternaries.ts", format!("import {{ Agent }} from \"@openai/agents\";\n{ternaries}"));
}

#[test]
fn names_that_lead_back_to_themselves_end() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    circles(root);
    put(root, "planted.env", secret(21));
    let (output, peak, _) = watched(root);
    let text = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "a run with findings; {log}");
    assert!(peak < LARGEST_MIB, "{peak} MiB");
    assert!(text.contains("planted.env"), "nothing was found in planted.env");
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let notices = report["notices"].as_array().unwrap();
    let said = |path: &str| notices.iter().any(|n| n["path"] == path && n["kind"] == "budget");
    assert!(said("lists.py") && said("lists.ts"), "names that were not followed to the end are said: {notices:?}");
    assert!(notices.iter().all(|notice| notice["kind"] != "crash"), "{notices:?}");
}
