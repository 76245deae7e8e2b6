//! Which files of the repository a command line starts. Input: its words, the folder that it is built
//! from and what is copied where. Output: candidate paths, most likely first: whoever knows the files of
//! the repository takes those that exist.

use super::listening::{INTERPRETERS, SERVERS};
use crate::facts::Sym;

/// Where things are while the command runs.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// Folder that is built from, relative to the root; `.` for the root itself.
    pub(crate) context: String,
    /// Folder that the command starts in, absolute.
    pub(crate) workdir: String,
    /// What was copied: source relative to the context, destination absolute.
    pub(crate) copies: Vec<(String, String)>,
}

/// Words that only start something else.
const WRAPPERS: &[&str] = &[
    "python3.11",
    "python3.12",
    "python3.13",
    "uv",
    "poetry",
    "pipenv",
    "pdm",
    "hatch",
    "run",
    "exec",
    "sh",
    "bash",
    "-c",
    "-lc",
    "-u",
    "-e",
    "-x",
    "--",
    "npx",
    "env",
    "tini",
    "dumb-init",
    "opentelemetry-instrument",
    "ddtrace-run",
    "newrelic-admin",
    "run-program",
    "--no-dev",
    "--frozen",
    "--no-sync",
    "coverage",
    "streamlit",
    "chainlit",
    "fastapi",
    "dev",
    "fastmcp",
    "mcp",
    "python3.10",
];

/// Programs that work off queues, whose argument names a module as servers' does: `celery -A app.worker`.
const WORKERS: &[&str] = &["celery", "arq", "rq", "taskiq", "dramatiq"];

fn is_server(program: &str) -> bool {
    SERVERS.contains(&program) || WORKERS.contains(&program)
}

/// Candidates for the files that `words` start.
pub(crate) fn entries(words: &[String], around: &Surroundings) -> Vec<Sym> {
    let mut paths = Vec::new();
    let all: Vec<&str> =
        words.iter().flat_map(|w| w.split_whitespace()).map(|w| w.trim_matches(['"', '\'', ';'])).collect();
    for command in all.split(|w| matches!(*w, "&&" | "||" | "|" | ";")) {
        started(command, around, &mut paths);
    }
    let mut seen = Vec::new();
    for path in paths {
        if !seen.contains(&path) && seen.len() < 16 {
            seen.push(path);
        }
    }
    seen.into_iter().map(Sym::from).collect()
}

fn started(command: &[&str], around: &Surroundings, paths: &mut Vec<String>) {
    let served = command.iter().any(|w| is_server(base(w)));
    for (at, word) in command.iter().enumerate() {
        if command.get(at.wrapping_sub(1)).is_some_and(|before| *before == "-m") && !is_server(word) {
            module(word, around, paths);
            return;
        }
        if is_script(word) {
            file(word, around, paths);
            if !word.ends_with(".sh") {
                return;
            }
            // An entry point script mostly ends by running what follows it.
            continue;
        }
        if served && let Some((name, _)) = word.split_once(':').filter(|(name, _)| is_module(name)) {
            module(name, around, paths);
            return;
        }
        let known = WRAPPERS.contains(&base(word))
            || INTERPRETERS.contains(&base(word))
            || word.starts_with('-')
            || word.contains('=')
            || is_server(base(word));
        if !known && at > 0 && !served {
            return;
        }
    }
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_script(word: &str) -> bool {
    let ending = word.rsplit('.').next().unwrap_or("");
    matches!(ending, "py" | "js" | "mjs" | "cjs" | "ts" | "mts" | "tsx" | "sh")
        && !word.starts_with('-')
        && word.len() > ending.len() + 1
}

fn is_module(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
}

fn module(name: &str, around: &Surroundings, paths: &mut Vec<String>) {
    if !is_module(name) {
        return;
    }
    let path = name.replace('.', "/");
    for form in [
        format!("{path}.py"),
        format!("{path}/__main__.py"),
        format!("src/{path}.py"),
        format!("src/{path}/__main__.py"),
        format!("{path}/__init__.py"),
    ] {
        file(&form, around, paths);
    }
}

/// A path inside the image or folder, led back to the repository.
fn file(word: &str, around: &Surroundings, paths: &mut Vec<String>) {
    let inside = normal(&if word.starts_with('/') { word.to_owned() } else { format!("{}/{word}", around.workdir) });
    for (source, target) in around.copies.iter().rev().filter(|(source, _)| !source.contains('*')) {
        let target = normal(target);
        let inside_target = |path: &str| {
            path.strip_prefix(&target)
                .and_then(
                    |r| if target.is_empty() { Some(r) } else { r.strip_prefix('/').or(r.is_empty().then_some(r)) },
                )
                .map(str::to_owned)
        };
        let Some(rest) = inside_target(&inside) else { continue };
        let is_file = base(source).contains('.') && base(source).len() > 1 && !base(source).starts_with('.');
        if rest.is_empty() || base(source) == rest {
            paths.push(joined(&around.context, source));
        } else if !is_file {
            paths.push(joined(&around.context, &format!("{source}/{rest}")));
        }
    }
    let workdir = normal(&around.workdir);
    let relative = inside.strip_prefix(&workdir).map_or(inside.as_str(), |r| r.trim_start_matches('/'));
    paths.push(joined(&around.context, relative));
    // What is built into `dist` stands in `src`.
    if let Some(rest) = relative.strip_prefix("dist/").or_else(|| relative.strip_prefix("build/"))
        && let Some(stem) = rest.strip_suffix(".js").or_else(|| rest.strip_suffix(".mjs"))
    {
        paths.push(joined(&around.context, &format!("src/{stem}.ts")));
    }
}

/// `folder` and `path` as one path relative to the root, without `.` and `..`; the root is `.`.
pub(crate) fn joined(folder: &str, path: &str) -> String {
    let whole = normal(&format!("{folder}/{path}"));
    if whole.is_empty() { ".".to_owned() } else { whole }
}

/// Segments without empty ones, `.` and what `..` takes back; never leaves the root.
fn normal(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    kept.join("/")
}

/// The folder that an image is built from, when what it copies says so: a source that repeats the end of
/// the Dockerfile's own folder is relative to the folder above that end.
pub(crate) fn context_of(folder: &str, sources: &[&str]) -> Option<String> {
    let mut above = folder;
    while !above.is_empty() {
        above = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        let own = format!("{folder}/");
        if sources.iter().any(|source| format!("{}/", joined(above, source)).starts_with(&own)) {
            return Some(if above.is_empty() { ".".to_owned() } else { above.to_owned() });
        }
    }
    None
}

/// The folder of a file, `.` for the root.
pub(crate) fn folder(path: &str) -> String {
    path.rsplit_once('/').map_or_else(|| ".".to_owned(), |(folder, _)| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(line: &str, context: &str) -> String {
        let around = Surroundings { context: context.into(), ..Surroundings::default() };
        entries(&[line.to_owned()], &around).first().map_or_else(String::new, |s| s.to_string())
    }

    #[test]
    fn what_command_lines_start() {
        assert_eq!(first("python -m desk.triage", "."), "desk/triage.py");
        assert_eq!(first("python main.py --port 1", "apps/a"), "apps/a/main.py");
        assert_eq!(first("uv run uvicorn app.main:app --host 0.0.0.0", "."), "app/main.py");
        assert_eq!(first("sh -c \"alembic upgrade head && python -u src/worker.py\"", "."), "src/worker.py");
        assert_eq!(first("node dist/index.js", "web"), "web/dist/index.js");
        assert_eq!(first("gunicorn -k uvicorn.workers.UvicornWorker api.app:app", "."), "api/app.py");
        assert_eq!(first("npm start", "."), "");
        assert_eq!(first("nginx -c x.conf", "."), "");
    }

    #[test]
    fn what_is_copied_says_where_an_image_is_built() {
        let sources = ["pyproject.toml", "samples/crewai/poem/src"];
        assert_eq!(context_of("python/samples/crewai/poem", &sources).as_deref(), Some("python"));
        assert_eq!(context_of("containers/app", &["./containers/app/entrypoint.sh"]).as_deref(), Some("."));
        assert_eq!(context_of("apps/web", &["src", "."]), None);
    }

    #[test]
    fn copies_lead_back_to_the_repository() {
        let around = Surroundings {
            context: "services/a".into(),
            workdir: "/app".into(),
            copies: vec![("src".into(), "/app".into()), ("run.py".into(), "/app/".into())],
        };
        let found = entries(&["python".into(), "/app/agent/main.py".into()], &around);
        assert!(found.iter().any(|s| *s == "services/a/src/agent/main.py"), "{found:?}");
        assert!(entries(&["python run.py".into()], &around).iter().any(|s| *s == "services/a/run.py"));
    }
}
