//! The signs that say whose a file is and what wrote it.

use super::{Role, Seen};

pub(super) type Said = Option<(Role, &'static str)>;

impl Seen<'_> {
    /// Whether one of the folders is called as `is` says.
    pub(super) fn folder(&self, is: impl Fn(&str) -> bool) -> bool {
        self.folders.split('/').any(|folder| !folder.is_empty() && is(folder))
    }

    pub(super) fn ending(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// The name without its last ending.
    pub(super) fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name, |(stem, _)| stem)
    }

    pub(super) fn ends(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.name.ends_with(ending))
    }

    pub(super) fn is(&self, names: &[&str]) -> bool {
        names.contains(&self.name)
    }
}

/// Somebody else's code, copied in.
pub(super) fn vendored(file: &Seen<'_>) -> Said {
    const FOLDERS: &[&str] = &[
        "3rd_party",
        "3rdparty",
        "_vendor",
        "bower_components",
        "carthage",
        "dist-packages",
        "jspm_packages",
        "node_modules",
        "pods",
        "site-packages",
        "third-party",
        "third_party",
        "thirdparty",
        "vendored",
    ];
    if file.folder(|folder| FOLDERS.contains(&folder)) {
        return Some((Role::Vendored, "in a folder of other people's code"));
    }
    // A vendor may also be somebody who sells things: other people's code comes in folders.
    let below = file.folders.split('/').skip_while(|folder| *folder != "vendor").count();
    if below > 2 || (file.folders.starts_with("vendor/") && below > 1) {
        return Some((Role::Vendored, "in a vendor folder"));
    }
    let yarn = [".yarn/releases", ".yarn/plugins", ".yarn/cache"].iter().any(|end| file.folders.ends_with(end));
    yarn.then_some((Role::Vendored, "a copy of the package manager"))
}

/// A secret scanner's own rules, allow lists, baselines and reports: they quote what they look for.
pub(super) fn scanner(file: &Seen<'_>) -> Said {
    const STARTS: &[&str] = &[
        ".detect-secrets",
        ".gitguardian",
        ".gitleaks",
        ".secretlintrc",
        ".secretlintignore",
        ".secrets.baseline",
        ".talismanrc",
        ".trufflehog",
        ".whispers",
        "gitleaks.",
        "gitleaks-",
        "kingfisher.",
        "nosey-parker",
        "noseyparker",
        "secrets.baseline",
        "trufflehog",
    ];
    let data = ["toml", "yaml", "yml", "json", "baseline", "txt", "ini"].contains(&file.ending());
    if STARTS.iter().any(|start| file.name.starts_with(start)) && (data || file.name.starts_with('.')) {
        return Some((Role::Lab, "rules or baseline of a secret scanner"));
    }
    if file.ends(&[".sarif", ".sarif.json"]) {
        return Some((Role::Generated, "a scanner's report"));
    }
    let head = file.head;
    let says = match file.ending() {
        "toml" => head.contains("[[rules]]") && head.contains("regex"),
        "json" | "baseline" => head.contains("\"plugins_used\"") && head.contains("\"name\": \""),
        "yaml" | "yml" => {
            head.trim_start().starts_with("rules:")
                && head.contains("\n  ")
                && (head.contains("patterns:") || head.contains("pattern:") || head.contains("pattern-either:"))
                && head.contains("languages:")
        }
        _ => false,
    };
    says.then_some((Role::Lab, "content is rules or a baseline of a scanner"))
}

/// Recorded exchanges and snapshots.
pub(super) fn cassette(file: &Seen<'_>) -> Said {
    const FOLDERS: &[&str] = &[
        "__cassettes__",
        "__image_snapshots__",
        "__recordings__",
        "__snapshots__",
        "approvaltests",
        "cassette",
        "cassettes",
        "http_recordings",
        "recordings",
        "vcr",
        "vcr_cassettes",
    ];
    if file.folder(|folder| FOLDERS.contains(&folder)) {
        return Some((Role::Cassette, "in a folder of recordings or snapshots"));
    }
    let recorded = [".snap", ".har", ".cassette", ".cassette.yaml", ".approved.txt", ".verified.txt", ".ambr"];
    if file.ends(&recorded) {
        return Some((Role::Cassette, "a recording or snapshot by its name"));
    }
    let head = file.head.trim_start();
    let says = match file.ending() {
        "yaml" | "yml" => head.starts_with("interactions:") && head.contains("request:"),
        "json" => head.starts_with('{') && head.contains("\"http_interactions\""),
        _ => false,
    };
    says.then_some((Role::Cassette, "content is a recorded exchange"))
}

/// Written by a program, by its name or folder.
pub(super) fn generated_name(file: &Seen<'_>) -> Said {
    const LOCKS: &[&str] = &[
        "bun.lockb",
        "cargo.lock",
        "go.sum",
        "go.work.sum",
        "gradle.lockfile",
        "npm-shrinkwrap.json",
        "package-lock.json",
        "packages.lock.json",
        "pnpm-lock.yaml",
        "project.assets.json",
        ".terraform.lock.hcl",
    ];
    const FOLDERS: &[&str] = &[
        ".aws-sam",
        ".next",
        ".nuxt",
        ".output",
        ".svelte-kit",
        ".terraform",
        "__generated__",
        "__pycache__",
        "coverage",
        "dist",
        "generated",
        "htmlcov",
    ];
    const ENDINGS: &[&str] = &[
        ".bundle.js",
        ".chunk.js",
        ".css.map",
        ".designer.cs",
        ".g.cs",
        ".g.dart",
        ".gen.go",
        ".gen.ts",
        ".js.map",
        ".min.css",
        ".min.js",
        ".min.mjs",
        ".pb.cc",
        ".pb.go",
        ".pb.gw.go",
        ".pb.h",
        "_grpc.pb.go",
        "_pb.d.ts",
        "_pb.js",
        "_pb2.py",
        "_pb2.pyi",
        "_pb2_grpc.py",
    ];
    if file.ending() == "lock" || file.is(LOCKS) {
        return Some((Role::Generated, "a lock file"));
    }
    if file.ends(ENDINGS)
        || file.name.contains(".generated.")
        || file.stem().ends_with("_generated")
        || file.name.starts_with("zz_generated")
    {
        return Some((Role::Generated, "generated or minified by its name"));
    }
    file.folder(|folder| FOLDERS.contains(&folder)).then_some((Role::Generated, "in a folder of build results"))
}

/// Data that tests read.
pub(super) fn fixture(file: &Seen<'_>) -> Said {
    const FOLDERS: &[&str] = &[
        "__fixtures__",
        "__mocks__",
        "fixture",
        "fixtures",
        "golden",
        "goldens",
        "mock_data",
        "mock-data",
        "mocks",
        "test-data",
        "test-fixtures",
        "test_data",
        "test_fixtures",
        "testassets",
        "testdata",
        "testfixtures",
        "testresources",
    ];
    if file.folder(|folder| FOLDERS.contains(&folder)) {
        return Some((Role::Fixture, "in a folder of test data"));
    }
    let named = file.ends(&[".evalset.json", ".fixture.json", ".golden", ".fixture.ts", ".mock.ts", ".mock.json"]);
    named.then_some((Role::Fixture, "test data by its name"))
}

/// Written by a program, by what its first lines say or look like.
pub(super) fn generated_text(file: &Seen<'_>) -> Said {
    let mut comments = file.head.lines().take(12).map(str::trim_start).filter(|line| is_comment(line));
    if comments.any(says_generated) {
        return Some((Role::Generated, "its first lines say that a program wrote it"));
    }
    let packed = ["js", "mjs", "cjs", "css"].contains(&file.ending());
    let longest = || file.head.lines().map(str::len).max().unwrap_or(0);
    (packed && file.head.len() > 1500 && longest() > 1200).then_some((Role::Generated, "minified"))
}

fn is_comment(line: &str) -> bool {
    ["#", "//", "/*", "*", "<!--", "--", ";", "\"\"\"", "'''", "{/*", "{{/*"]
        .iter()
        .any(|start| line.starts_with(start))
}

fn says_generated(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    let generated = line.contains("generated") || line.contains("auto-gen") || line.contains("autogen");
    line.contains("@generated")
        || line.contains("code generated by")
        || (generated && (line.contains("do not edit") || line.contains("do not modify")))
        || ["automatically generated", "auto-generated", "autogenerated", "auto generated"].iter().any(|mark| {
            line.contains(mark) && (line.contains("file") || line.contains("code") || line.contains(" by "))
        })
}
