//! Tests about the house itself: the order of stages, the length of files and functions, what a rule page
//! must bring and what adding one touches.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;

/// Compilers of the build script, compiled a second time so that tests can call them.
#[path = "../../rules/build"]
#[allow(dead_code, unreachable_pub)]
pub(crate) mod compiler {
    pub mod controls;
    pub mod credentials;
    pub mod fault;
    pub mod literals;
    pub mod page;
    pub mod pages;
}

/// Stages by their place in the flow: each may use those before it.
const STAGES: [(&str, u8); 7] =
    [("walk", 1), ("matcher", 2), ("parse", 3), ("extract", 4), ("graph", 5), ("judge", 6), ("report", 7)];
/// Rooms that every stage may use and that use no stage.
const ROOMS: [&str; 8] = ["span", "error", "facts", "config", "catalogue", "finding", "cli", "store"];
/// What is allowed all the same, with the reason.
const EXCEPTIONS: [(&str, &str, &str); 4] = [
    ("catalogue", "graph", "the type of a judge names what it reads"),
    ("catalogue", "judge", "the compiled table of rules points at the judges"),
    ("config", "parse", "the roles that a path can be given are named where they are found"),
    ("cli", "report", "the formats that may be typed are named where they are written"),
];
const MAX_FILE: usize = 600;
const MAX_FUNCTION: usize = 90;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// `src/judge/condition/eval.rs` → `judge`, `condition`, `eval`.
fn module_path(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let mut parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        parts.pop();
    }
    parts
}

/// Every path that a file names, resolved to begin at the crate; `use` trees are written out.
#[derive(Default)]
struct Names {
    module: Vec<String>,
    found: Vec<Vec<String>>,
    reexported: Vec<Vec<String>>,
}

impl Names {
    fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let head = path.first()?.as_str();
        let mut base = self.module.clone();
        let mut rest = path;
        match head {
            "crate" | "nhiscan" => return Some(path[1..].to_vec()),
            "self" => rest = &path[1..],
            "super" => {}
            _ => return None,
        }
        while rest.first().is_some_and(|part| part == "super") {
            base.pop()?;
            rest = &rest[1..];
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    fn tree(&mut self, tree: &syn::UseTree, mut before: Vec<String>, public: bool) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before, public);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, before.clone(), public)),
            leaf => {
                let name = match leaf {
                    syn::UseTree::Name(name) => Some(name.ident.to_string()),
                    syn::UseTree::Rename(rename) => Some(rename.ident.to_string()),
                    _ => None,
                };
                before.extend(name.filter(|name| name != "self"));
                if let Some(path) = self.resolve(&before) {
                    if public {
                        self.reexported.push(path.clone());
                    }
                    self.found.push(path);
                }
            }
        }
    }
}

fn only_for_tests(attributes: &[syn::Attribute]) -> bool {
    let says = |attribute: &syn::Attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|what| what == "test")
    };
    attributes.iter().any(says)
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if only_for_tests(&module.attrs) || module.content.is_none() {
            return;
        }
        self.module.push(module.ident.to_string());
        syn::visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !only_for_tests(&item.attrs) {
            self.tree(&item.tree, Vec::new(), !matches!(item.vis, syn::Visibility::Inherited));
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        if !only_for_tests(&function.attrs) {
            syn::visit::visit_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.found.extend(self.resolve(&parts));
        syn::visit::visit_path(self, path);
    }
}

/// The names of every file of `src`, by module path.
fn all_names() -> Vec<(Vec<String>, Names)> {
    rust_files("src")
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let module = module_path(file);
            let mut names = Names { module: module.clone(), ..Names::default() };
            names.visit_file(&syn::parse_file(&text).unwrap());
            (module, names)
        })
        .collect()
}

/// The rooms that a path leads to: the one it names, and the one that what it names was re-exported from.
fn rooms<'a>(path: &'a [String], reexports: &'a BTreeMap<(String, String), String>) -> Vec<&'a str> {
    let Some(room) = path.first() else { return Vec::new() };
    let mut found = vec![room.as_str()];
    let further = path.get(1).and_then(|name| reexports.get(&(room.clone(), name.clone())));
    found.extend(further.map(String::as_str));
    found
}

#[test]
fn stages_use_only_what_comes_before_them() {
    let files = all_names();
    let mut reexports = BTreeMap::new();
    for (module, names) in &files {
        for path in &names.reexported {
            if let Some((room, (from, name))) = module.first().zip(path.first().zip(path.last()))
                && room != from
            {
                reexports.insert((room.clone(), name.clone()), from.clone());
            }
        }
    }
    let stage = |room: &str| STAGES.iter().find(|(name, _)| *name == room).map(|(_, at)| *at);
    let mut wrong = BTreeSet::new();
    for (module, names) in &files {
        let Some(own) = module.first().map(String::as_str) else { continue };
        if stage(own).is_none() && !ROOMS.contains(&own) {
            continue;
        }
        for path in &names.found {
            for used in rooms(path, &reexports) {
                let allowed = match (stage(own), stage(used)) {
                    _ if own == used => true,
                    (_, None) => true,
                    (Some(own), Some(used)) => used < own,
                    (None, Some(_)) => EXCEPTIONS.iter().any(|(from, to, _)| *from == own && *to == used),
                };
                if !allowed {
                    wrong.insert(format!("src/{} uses {}", module.join("/"), path.join("::")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "stages only use lower ones (DESIGN: the house): {wrong:#?}");
}

#[test]
fn files_and_functions_stay_short() {
    let mut long = Vec::new();
    for file in ["src", "rules", "tests"].into_iter().flat_map(rust_files) {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let shown = file.strip_prefix(root()).unwrap().display().to_string();
        if lines.len() > MAX_FILE {
            long.push(format!("{shown}: {} lines; which two things is it?", lines.len()));
        }
        for (at, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "async "];
            let head = words.iter().fold(code, |code, word| code.strip_prefix(word).unwrap_or(code));
            if !head.starts_with("fn ") || code.ends_with('}') {
                continue;
            }
            let close = format!("{}}}", &line[..line.len() - code.len()]);
            let length = lines[at..].iter().position(|line| *line == close).map_or(0, |end| end + 1);
            if length > MAX_FUNCTION {
                long.push(format!("{shown}:{}: a function of {length} lines", at + 1));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn every_rule_shows_both_sides_in_each_format_that_it_flags() {
    let mut missing = Vec::new();
    for rule in nhiscan::catalogue::RULES {
        let path = root().join(format!("rules/{}.md", rule.id));
        let text = fs::read_to_string(&path).unwrap();
        let page = compiler::page::Page::parse(rule.id, &text).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", rule.id));
        let formats = |flagged: bool| -> BTreeSet<String> {
            let cases = page.cases.iter().filter(|case| case.flagged == flagged);
            cases.flat_map(|case| case.files.iter().map(|(_, language, _)| language.clone())).collect()
        };
        let (yes, no) = (formats(true), formats(false));
        missing.extend(yes.difference(&no).map(|format| format!("{}: no look-alike in {format}", rule.id)));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A copy of `rules/` without the models, which pages do not need.
fn copy_of_rules(target: &Path) -> compiler::fault::Build {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            if path.is_dir() {
                if name != "models" {
                    copy(&path, &to.join(name));
                }
            } else {
                fs::copy(&path, to.join(name)).unwrap();
            }
        }
    }
    copy(&root().join("rules"), &target.join("rules"));
    copy(&root().join("src/judge"), &target.join("src/judge"));
    let out = target.join("out");
    fs::create_dir_all(&out).unwrap();
    compiler::fault::Build { rules: target.join("rules"), out }
}

const NEW_PAGE: &str = r#"+++
severity   = "low"
confidence = "low"
scope      = "file"
status     = "preview"
since      = "0.1.0"
map        = "wildcard-iam"
maestro    = "L4"

[match]
fact    = "grant"
when    = "grant.conditional"
message = "`{grant.source}` is conditional"
+++
# A grant has conditions

## Why it matters

It shows that a page is all that a rule needs.

## How to fix

Nothing is to be done.

## When it is wrong

Always.

## Flagged

```hcl file=iam.tf
resource "aws_iam_policy" "a" {} #! conditional-grant
```

## Not flagged

```hcl file=iam.tf
resource "aws_iam_policy" "a" {}
```

## References

- None.
"#;

#[test]
fn adding_a_rule_page_touches_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let build = copy_of_rules(folder.path());
    fs::write(build.rules.join("privilege/conditional-grant.md"), NEW_PAGE).unwrap();
    compiler::pages::compile(&build).unwrap();
    let rules = fs::read_to_string(build.out.join("rules.rs")).unwrap();
    assert!(rules.contains("id: \"privilege/conditional-grant\""));
    let tests = fs::read_to_string(build.out.join("page_tests.rs")).unwrap();
    assert!(tests.contains("mod privilege_conditional_grant {") && tests.contains("fn not_flagged_1()"));
}

#[test]
fn a_wrong_page_stops_the_build_and_names_its_line() {
    let judge = "[match]\nfact    = \"grant\"\nwhen    = \"grant.conditional\"\nmessage = \"`{grant.source}` is conditional\"\n";
    for (from, to, said) in [
        ("severity   = \"low\"", "severty    = \"low\"", "conditional-grant.md:2: unknown field `severty`"),
        ("severity   = \"low\"", "severity   = \"lower\"", "conditional-grant.md:2: severity `lower`"),
        ("\"wildcard-iam\"", "\"wildcard-iamb\"", "conditional-grant.md:7: unknown family"),
        ("\"L4\"", "\"L9\"", "conditional-grant.md:8: unknown control `L9`"),
        ("\"L4\"", "\"L4\"\ncontrols = [\"cwe:CWE-0\"]", "conditional-grant.md:9: unknown control `CWE-0`"),
        (judge, "judge = \"nobody\"\n", "conditional-grant.md:10: judge `nobody`"),
        (judge, "", "exactly one of"),
        ("#! conditional-grant", "#! conditional-grunt", "conditional-grant.md:32: the marker names"),
        (" #! conditional-grant", "", "conditional-grant.md:31: a flagged example marks its line"),
        ("## How to fix", "## How to mend", "expected `How to fix`"),
        ("```hcl file=iam.tf", "```hcl", "names its file"),
        ("## References", "## Sources", "expected `References`"),
    ] {
        assert!(NEW_PAGE.contains(from), "{from}");
        let folder = tempfile::tempdir().unwrap();
        let build = copy_of_rules(folder.path());
        let page = NEW_PAGE.replacen(from, to, 1);
        fs::write(build.rules.join("privilege/conditional-grant.md"), page).unwrap();
        let fault = compiler::pages::compile(&build).unwrap_err().to_string();
        assert!(fault.contains(said), "{to}: {fault}");
    }
}

/// No vendor's shape stands in the tree: pages and test data write `{{fake:…}}`.
#[test]
fn no_credential_stands_in_the_tree() {
    let request = nhiscan::cli::request::Request { roots: vec![root().to_path_buf()], ..Default::default() };
    let understood = nhiscan::understand(&request).unwrap();
    let findings = nhiscan::judge::run(&understood.graph);
    let found: Vec<String> = findings
        .iter()
        .filter(|finding| finding.rule.family() == "secrets" && finding.rule.id != "secrets/possible-key")
        .map(|finding| format!("{}:{}: {}", finding.path, finding.draft.at.line, finding.draft.what))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}
