//! The signs that say what a file is for.

use super::signs::Said;
use super::{Role, Seen};

/// Folders of tests.
const TEST_FOLDERS: &[&str] = &[
    "__tests__",
    "acceptance",
    "androidtest",
    "cypress",
    "e2e",
    "eval",
    "evals",
    "functionaltest",
    "integrationtest",
    "load-test",
    "load-tests",
    "load_test",
    "load_tests",
    "loadtest",
    "loadtests",
    "mocks",
    "__mocks__",
    "playwright",
    "test",
    "testing",
    "tests",
    "testhelpers",
    "testsuite",
    "testutil",
    "testutils",
    "unittest",
    "unittests",
];

/// Tests.
pub(super) fn test(file: &Seen<'_>) -> Said {
    let folder = |folder: &str| {
        TEST_FOLDERS.contains(&folder)
            || [
                "_test",
                "_tests",
                "-test",
                "-tests",
                ".test",
                ".tests",
                ".integrationtests",
                ".unittests",
                "-e2e",
                "_e2e",
            ]
            .iter()
            .any(|end| folder.ends_with(end))
            || ["tests-", "tests_", "test-utils", "test_utils", "test-helpers", "test_helpers", "e2e-"]
                .iter()
                .any(|start| folder.starts_with(start))
    };
    if file.folder(folder) {
        return Some((Role::Test, "in a folder of tests"));
    }
    let script = ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts"].contains(&file.ending());
    let spec = |kind: &str| script && file.stem().ends_with(kind);
    if spec(".test")
        || spec(".spec")
        || spec(".e2e")
        || file.ends(&["_test.go", "_spec.rb", "_test.rb", ".test.json", "_test.exs", "_test.dart"])
    {
        return Some((Role::Test, "a test by its name"));
    }
    let classes = ["Test", "Tests", "IT", "TestCase"];
    let stem = file.original.rsplit_once('.').map_or(file.original, |(stem, _)| stem);
    let compiled = ["java", "kt", "cs", "scala", "groovy", "swift", "php"].contains(&file.ending());
    if compiled && classes.iter().any(|class| stem.len() > class.len() && stem.ends_with(class)) {
        return Some((Role::Test, "a test class by its name"));
    }
    if file.is(&["conftest.py", "pytest.ini", "tox.ini", "noxfile.py"])
        || ["jest.", "vitest.", "playwright."].iter().any(|tool| file.name.starts_with(tool))
    {
        return Some((Role::Test, "configuration of a test runner"));
    }
    // A script that tries something out is called `test_…` too: only the content makes it a test.
    let named = file.ending() == "py"
        && (file.name.starts_with("test_") || file.stem().ends_with("_test") || file.stem().ends_with("_tests"));
    let says = [
        "import pytest",
        "import unittest",
        "from unittest",
        "from pytest",
        "\ndef test_",
        "async def test_",
        "(TestCase)",
    ];
    let ran = file.folder(|folder| matches!(folder, "integration" | "integration-tests" | "integration_tests"));
    (named && (ran || says.iter().any(|mark| file.head.contains(mark))))
        .then_some((Role::Test, "a test by name and content"))
}

/// Text that an agent obeys is part of the product, whatever its ending.
pub(super) fn instruction(file: &Seen<'_>) -> Said {
    const NAMES: &[&str] = &[
        ".clinerules",
        ".cursorrules",
        ".goosehints",
        ".windsurfrules",
        "agent.md",
        "agents.md",
        "claude.local.md",
        "claude.md",
        "copilot-instructions.md",
        "gemini.md",
        "instructions.md",
        "llms.txt",
        "prompt.md",
        "skill.md",
        "soul.md",
        "system.md",
        "system_prompt.md",
        "system-prompt.md",
        "warp.md",
        "qwen.md",
        "crush.md",
        "tools.md",
        "memory.md",
    ];
    let prose = is_prose(file);
    if file.is(NAMES) || file.ends(&[".prompt.md", ".prompt", ".mdc", ".instructions.md", ".agent.md", ".chatmode.md"])
    {
        return Some((Role::Product, "an agent's instructions"));
    }
    let agents = |folder: &str| {
        crate::walk::names::is_agent_folder(folder) || matches!(folder, ".agents" | ".agent" | "prompts" | "prompt")
    };
    (prose && file.folder(agents)).then_some((Role::Product, "an agent's instructions"))
}

/// Prose, and what stands beside it to illustrate it.
pub(super) fn documentation(file: &Seen<'_>) -> Said {
    const FOLDERS: &[&str] =
        &[".vitepress", "_posts", "blog", "doc", "docs", "documentation", "docusaurus", "website", "wiki"];
    if is_prose(file) {
        return Some((Role::Documentation, "prose"));
    }
    file.folder(|folder| FOLDERS.contains(&folder)).then_some((Role::Documentation, "in a folder of documentation"))
}

fn is_prose(file: &Seen<'_>) -> bool {
    ["md", "mdx", "markdown", "rst", "adoc", "asciidoc", "org", "textile"].contains(&file.ending())
        || file.is(&[
            "readme",
            "readme.txt",
            "changelog",
            "changelog.txt",
            "license",
            "license.txt",
            "contributing",
            "notice",
            "authors",
        ])
}

/// Examples. A repository of examples is judged by the paths inside it, not by its name.
pub(super) fn example(file: &Seen<'_>) -> Said {
    const FOLDERS: &[&str] = &[
        // A benchmark is not shipped, but its agents run for real.
        "benchmark",
        "benchmarks",
        "cookbook",
        "course",
        "courses",
        "cookbooks",
        "demo",
        "demos",
        "example",
        "examples",
        "exercises",
        "getting-started",
        "getting_started",
        "how-to",
        "how-tos",
        "howto",
        "lesson",
        "lessons",
        "playground",
        "playgrounds",
        "quickstart",
        "quickstarts",
        "recipes",
        "sample",
        "samples",
        "snippets",
        "tutorial",
        "tutorials",
        "walkthrough",
        "walkthroughs",
        "workshop",
        "workshops",
    ];
    // `.env.example` names a form to fill in; what stands in it is as real as elsewhere.
    if file.folder(|folder| {
        FOLDERS.contains(&folder)
            || [
                "-example",
                "-examples",
                "_example",
                "_examples",
                "-sample",
                "-samples",
                "_samples",
                "-demo",
                "_demo",
                "-course",
                "_course",
                "-tutorial",
                "-tutorials",
                "-quickstart",
            ]
            .iter()
            .any(|end| folder.ends_with(end))
            || ["example-", "example_", "examples-", "examples_", "samples-", "sample-", "demo-", "tutorial-"]
                .iter()
                .any(|start| folder.starts_with(start))
    }) {
        return Some((Role::Example, "in a folder of examples"));
    }
    let code =
        ["py", "ts", "tsx", "js", "mjs", "jsx", "go", "java", "cs", "kt", "ipynb", "rs", "rb"].contains(&file.ending());
    let stem = file.stem();
    // A lone `demo.py` or `demo.ipynb` is the program itself where a project is small.
    let named = matches!(stem, "example" | "examples" | "quickstart" | "tutorial")
        || ["example_", "example-", "demo_", "demo-", "sample_", "tutorial_", "quickstart_"]
            .iter()
            .any(|start| stem.starts_with(start))
        || ["_example", "-example", "_examples", ".example", "_demo", "-demo", "_quickstart", "_tutorial", "-tutorial"]
            .iter()
            .any(|end| stem.ends_with(end));
    (code && named).then_some((Role::Example, "an example by its name"))
}
