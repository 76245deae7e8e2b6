//! What a file is for, in a whole run: the fact says it with the reason, and findings step down for it.

use std::fs;

use nhiscan::catalogue::fake::expand;
use nhiscan::cli::request::Request;
use nhiscan::facts::FileId;
use nhiscan::finding::Level;
use nhiscan::{scan, understand};

/// A folder with these files and twelve examples of agents.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Request) {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, expand(text)).unwrap();
    };
    files.iter().for_each(|(path, text)| put(path, text));
    for n in 0..12 {
        put(&format!("examples/a{n}.py"), &format!("from agents import Agent\n\na{n} = Agent(name=\"a{n}\")\n"));
    }
    let request = Request { roots: vec![folder.path().to_owned()], ..Request::default() };
    (folder, request)
}

/// Role and reason of a file.
fn role(request: &Request, path: &str) -> (&'static str, &'static str) {
    let graph = understand(request).unwrap().graph;
    let at = graph.paths.iter().position(|known| known == path).unwrap_or_else(|| panic!("no facts of {path}"));
    let file = graph.file(FileId(u32::try_from(at).unwrap())).unwrap();
    (file.role.as_str(), file.role_reason.as_str())
}

const KEY: &str = "OPENAI_API_KEY=\"{{fake:openai-project-key}}\"\n";

#[test]
fn the_reason_of_a_role_is_part_of_the_fact() {
    let (_folder, request) = folder(&[("tests/desk.env", KEY), ("desk.env", KEY)]);
    assert_eq!(role(&request, "desk.env"), ("product", "nothing says otherwise"));
    let (found, reason) = role(&request, "tests/desk.env");
    assert!(matches!(found, "test" | "fixture") && !reason.is_empty(), "{found}: {reason}");
}

#[test]
fn below_a_readme_that_says_so_everything_is_a_lab() {
    let lab = [("lab/README.md", "# Damn Vulnerable Desk\n"), ("lab/app/desk.env", KEY), ("app/other.env", "A=1\n")];
    let (_folder, request) = folder(&lab);
    assert_eq!(role(&request, "lab/app/desk.env"), ("lab", "the README says that this is vulnerable on purpose"));
    let lowered = scan(&request).unwrap().findings;
    let of_lab = lowered.iter().find(|finding| finding.path == "lab/app/desk.env").unwrap();
    assert!(of_lab.level < Level::Error, "{of_lab:?}");
}

#[test]
fn examples_are_the_product_of_a_repository_that_is_made_of_them() {
    let copied = "the repository is made of examples, which people copy";
    let (_folder, request) = folder(&[]);
    assert_eq!(role(&request, "examples/a0.py"), ("product", copied));
    let beside: Vec<(String, &str)> = (0..4).map(|n| (format!("src/b{n}.py"), "x = 1\n")).collect();
    let beside: Vec<(&str, &str)> = beside.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let (_folder, request) = folder(&beside);
    assert_eq!(role(&request, "examples/a0.py").0, "example");
}
