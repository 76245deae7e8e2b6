//! What a command line fetches before it starts: package or image, and the version it is pinned to.
//! Input: the words of a command. Output: a [`Launch`].

/// What is fetched at start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Launch {
    /// Package or image without its version; none when nothing is fetched or it cannot be told.
    pub(crate) package: Option<String>,
    /// Version, range, tag or digest as written.
    pub(crate) version: Option<String>,
    /// Whether the version is exact; none when nothing is fetched.
    pub(crate) pinned: Option<bool>,
    /// Environment variables handed on by name (`docker run -e NAME`).
    pub(crate) env: Vec<String>,
}

/// Reads a command with its arguments.
pub(crate) fn launch(words: &[String]) -> Launch {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    read(&words, 0)
}

fn read(words: &[&str], depth: u8) -> Launch {
    // `env A=b npx …`, `cmd /c npx …`, `sh -c "npx …"`: the launcher is the first word that is one.
    for (at, word) in words.iter().enumerate().take(12) {
        let rest = &words[at + 1..];
        match program(word).as_str() {
            "npx" | "bunx" | "pnpx" => return npm(rest),
            "pnpm" | "yarn" if rest.first() == Some(&"dlx") => return npm(&rest[1..]),
            "npm" if matches!(rest.first(), Some(&("exec" | "x"))) => return npm(&rest[1..]),
            "bun" if rest.first() == Some(&"x") => return npm(&rest[1..]),
            "uvx" => return python(rest, "--from"),
            "uv" => return uv(rest),
            "pipx" if rest.first() == Some(&"run") => return python(&rest[1..], "--spec"),
            "docker" | "podman" | "nerdctl" => return container(rest),
            "deno" => return deno(rest),
            "dnx" => return npm(rest),
            "go" if rest.first() == Some(&"run") => return go(&rest[1..]),
            "sh" | "bash" | "zsh" if depth == 0 => {
                let script = rest.iter().find(|w| !w.starts_with('-')).copied().unwrap_or("");
                let inner: Vec<&str> = script.split_whitespace().filter(|w| *w != "exec").collect();
                return read(&inner, 1);
            }
            "node" | "python" | "python3" | "java" | "ruby" | "tsx" | "ts-node" => return Launch::default(),
            _ => {}
        }
    }
    Launch::default()
}

/// The base name of a program, as absolute paths of Windows and home folders are common.
pub(crate) fn program(word: &str) -> String {
    let base = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
    [".exe", ".cmd", ".bat", ".ps1"].iter().find_map(|e| base.strip_suffix(e)).unwrap_or(&base).to_owned()
}

fn npm(words: &[&str]) -> Launch {
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            "-p" | "--package" => return words.next().map_or_else(Launch::default, |w| npm_spec(w)),
            "-c" | "--call" | "--registry" | "--prefix" | "--source" | "--version" => {
                words.next();
            }
            _ if word.starts_with("--package=") => return npm_spec(&word["--package=".len()..]),
            _ if word.starts_with('-') => {}
            _ => return npm_spec(word),
        }
    }
    Launch::default()
}

fn npm_spec(spec: &str) -> Launch {
    if is_local(spec) {
        return Launch::default();
    }
    if spec.contains("://") || spec.starts_with("github:") || spec.starts_with("git+") {
        return at_revision(spec, spec.rsplit_once('#'));
    }
    let scope = usize::from(spec.starts_with('@'));
    match spec[scope..].split_once('@') {
        Some((name, version)) => fetched(&spec[..scope + name.len()], Some(version)),
        None => fetched(spec, None),
    }
}

fn uv(words: &[&str]) -> Launch {
    match words {
        ["tool", "run", rest @ ..] | ["x", rest @ ..] => python(rest, "--from"),
        // The project's own lock file pins what it runs; only what is added here floats.
        [.., "run", _] | ["run", ..] | [_, _, "run", ..] => {
            let with: Vec<&str> = pairs(words, "--with");
            let floating = with.iter().map(|spec| python_spec(spec)).find(|launch| launch.pinned == Some(false));
            floating.or_else(|| with.first().map(|spec| python_spec(spec))).unwrap_or_default()
        }
        _ => Launch::default(),
    }
}

/// The values of a flag, `--with a` and `--with=a`.
fn pairs<'w>(words: &[&'w str], flag: &str) -> Vec<&'w str> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if *word == flag {
            found.extend(words.get(at + 1).copied());
        } else if let Some(value) = word.strip_prefix(flag).and_then(|rest| rest.strip_prefix('=')) {
            found.push(value);
        }
    }
    found
}

fn python(words: &[&str], from: &str) -> Launch {
    if let Some(spec) = pairs(words, from).first() {
        return python_spec(spec);
    }
    let mut words = words.iter();
    while let Some(&word) = words.next() {
        match word {
            "--with" | "--python" | "-p" | "--index-url" | "--extra-index-url" | "--index" | "--directory"
            | "--refresh-package" | "--pip-args" | "--env-file" => {
                words.next();
            }
            _ if word.starts_with('-') => {}
            _ => return python_spec(word),
        }
    }
    Launch::default()
}

fn python_spec(spec: &str) -> Launch {
    if is_local(spec) || spec.ends_with(".py") {
        return Launch::default();
    }
    if spec.contains("://") {
        let revision = spec.rsplit_once('@').filter(|(before, _)| before.matches('/').count() > 2);
        return at_revision(spec, revision);
    }
    for sign in ["===", "==", "@", ">=", "~=", "<=", "!=", ">", "<"] {
        if let Some((name, version)) = spec.split_once(sign) {
            let name = name.split('[').next().unwrap_or(name).trim();
            let mut launch = fetched(name, Some(version.trim()));
            if !matches!(sign, "===" | "==" | "@") {
                launch.version = Some(format!("{sign}{}", version.trim()));
                launch.pinned = Some(false);
            }
            return launch;
        }
    }
    fetched(spec.split('[').next().unwrap_or(spec), None)
}

fn container(words: &[&str]) -> Launch {
    const WITH_VALUE: &[&str] = &[
        "-e",
        "--env",
        "--env-file",
        "-v",
        "--volume",
        "--mount",
        "--name",
        "-p",
        "--publish",
        "--network",
        "--net",
        "-u",
        "--user",
        "-w",
        "--workdir",
        "--platform",
        "-l",
        "--label",
        "--entrypoint",
        "--add-host",
        "--cap-add",
        "--cap-drop",
        "-m",
        "--memory",
        "--cpus",
        "--gpus",
        "-h",
        "--hostname",
        "--pull",
        "--security-opt",
        "--shm-size",
        "--tmpfs",
        "--device",
        "--ulimit",
        "--restart",
        "--log-driver",
        "--log-opt",
        "--context",
        "-H",
    ];
    let mut launch = Launch::default();
    let Some(run) = words.iter().position(|w| *w == "run") else { return launch };
    if words[..run].iter().any(|w| matches!(*w, "compose" | "mcp" | "sandbox")) {
        return launch;
    }
    let mut words = words[run + 1..].iter();
    while let Some(&word) = words.next() {
        if let Some(variable) = word.strip_prefix("--env=") {
            launch.env.push(variable.to_owned());
        } else if matches!(word, "-e" | "--env") {
            launch.env.extend(words.next().map(|v| (*v).to_owned()));
        } else if WITH_VALUE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') {
            let image = image(word);
            return Launch { env: launch.env, ..image };
        }
    }
    launch
}

/// An image; one without registry and folder is most likely built here.
pub(crate) fn image(reference: &str) -> Launch {
    if let Some((name, digest)) = reference.split_once('@') {
        return Launch {
            package: Some(name.to_owned()),
            version: Some(digest.to_owned()),
            pinned: Some(digest.starts_with("sha256:")),
            env: Vec::new(),
        };
    }
    let folder = reference.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match reference[folder..].split_once(':') {
        Some((name, tag)) => (&reference[..folder + name.len()], Some(tag)),
        None => (reference, None),
    };
    if folder == 0 && tag.is_none_or(|t| t == "latest" || t == "local" || t == "dev") || name.starts_with("localhost") {
        return Launch { package: Some(name.to_owned()), version: tag.map(str::to_owned), ..Launch::default() };
    }
    let floats = |tag: &str| matches!(tag, "latest" | "main" | "master" | "edge" | "nightly" | "stable" | "dev");
    Launch {
        package: Some(name.to_owned()),
        version: tag.map(str::to_owned),
        pinned: Some(tag.is_some_and(|t| !floats(t))),
        env: Vec::new(),
    }
}

fn deno(words: &[&str]) -> Launch {
    let Some(spec) = words.iter().skip(1).find(|w| !w.starts_with('-')) else { return Launch::default() };
    if let Some(spec) = spec.strip_prefix("npm:").or_else(|| spec.strip_prefix("jsr:")) {
        return npm_spec(spec.trim_start_matches('/'));
    }
    if spec.starts_with("https://") {
        let after = spec.split_once('@').map(|(name, rest)| (name, rest.split('/').next().unwrap_or(rest)));
        return at_revision(spec, after);
    }
    Launch::default()
}

fn go(words: &[&str]) -> Launch {
    let Some(spec) = words.iter().find(|w| !w.starts_with('-')) else { return Launch::default() };
    match spec.split_once('@') {
        Some((name, version)) if name.contains('.') => fetched(name, Some(version.trim_start_matches('v'))),
        _ => Launch::default(),
    }
}

fn at_revision(spec: &str, cut: Option<(&str, &str)>) -> Launch {
    match cut {
        Some((name, revision)) => fetched(name, Some(revision)),
        None => fetched(spec, None),
    }
}

fn fetched(name: &str, version: Option<&str>) -> Launch {
    let name = bare(name);
    let known = !name.is_empty() && !name.contains(['$', '{', '<', '…']);
    Launch {
        package: known.then_some(name),
        version: version.map(str::to_owned),
        pinned: known.then(|| version.is_some_and(is_exact)),
        env: Vec::new(),
    }
}

/// An address without user information.
fn bare(name: &str) -> String {
    match name.split_once("://") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..host_end].rsplit_once('@').map_or(&rest[..host_end], |(_, host)| host);
            format!("{scheme}://{host}{}", &rest[host_end..])
        }
        None => name.to_owned(),
    }
}

/// A whole version number or a revision; no range, tag or branch.
pub(crate) fn is_exact(version: &str) -> bool {
    let number = version.strip_prefix('v').unwrap_or(version);
    let revision = version.len() >= 7 && version.len() <= 40 && version.bytes().all(|b| b.is_ascii_hexdigit());
    let parts = number.split(['.', '-', '+']).count();
    let clean = number.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_'));
    let wild = number.split('.').any(|part| part == "x");
    revision || (number.starts_with(|c: char| c.is_ascii_digit()) && parts >= 2 && clean && !wild)
}

fn is_local(spec: &str) -> bool {
    spec.is_empty()
        || spec.starts_with(['.', '/', '~', '\\'])
        || spec.starts_with("file:")
        || spec.get(1..3) == Some(":\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let launch = launch(&words);
        format!(
            "{} {} {}",
            launch.package.as_deref().unwrap_or("-"),
            launch.version.as_deref().unwrap_or("-"),
            launch.pinned.map_or("-", |p| if p { "pinned" } else { "floats" })
        )
    }

    #[test]
    fn packages_of_npm() {
        assert_eq!(shown("npx -y @modelcontextprotocol/server-github"), "@modelcontextprotocol/server-github - floats");
        assert_eq!(shown("npx @scope/a@1.2.3 --port 1"), "@scope/a 1.2.3 pinned");
        assert_eq!(shown("npx a@latest"), "a latest floats");
        assert_eq!(shown("npx a@^1.2.0"), "a ^1.2.0 floats");
        assert_eq!(shown("npx a@1"), "a 1 floats");
        assert_eq!(shown("npx --package=b@2.0.0 b-mcp"), "b 2.0.0 pinned");
        assert_eq!(shown("C:\\nodejs\\npx.cmd -y a"), "a - floats");
        assert_eq!(shown("cmd /c npx -y a"), "a - floats");
        assert_eq!(shown("npx ./local"), "- - -");
        assert_eq!(shown("pnpm dlx a@1.0.0"), "a 1.0.0 pinned");
        assert_eq!(shown("bunx -y a"), "a - floats");
    }

    #[test]
    fn packages_of_python() {
        assert_eq!(shown("/home/u/.local/bin/uvx mcp-server-git --repository ."), "mcp-server-git - floats");
        assert_eq!(shown("uvx mcp[cli]==1.2.3"), "mcp 1.2.3 pinned");
        assert_eq!(shown("uvx --from git+https://github.com/a/b@main b"), "git+https://github.com/a/b main floats");
        assert_eq!(shown("uvx a@latest"), "a latest floats");
        assert_eq!(shown("uvx a>=1.2"), "a >=1.2 floats");
        assert_eq!(shown("pipx run a==0.1"), "a 0.1 pinned");
        assert_eq!(shown("uv run --with mcp==1.0.0 --with fastmcp server.py"), "fastmcp - floats");
        assert_eq!(shown("uv --directory x run server.py"), "- - -");
        assert_eq!(shown("python -m server"), "- - -");
        assert_eq!(shown("env A=1 uvx --python 3.12 b"), "b - floats");
    }

    #[test]
    fn images_and_addresses() {
        assert_eq!(
            shown("docker run -i --rm -e TOKEN ghcr.io/github/github-mcp-server"),
            "ghcr.io/github/github-mcp-server - floats"
        );
        assert_eq!(shown("docker run mcp/fetch:1.0"), "mcp/fetch 1.0 pinned");
        assert_eq!(shown("docker run mcp/fetch:latest"), "mcp/fetch latest floats");
        assert_eq!(shown("docker run -v a:b r.io:5000/x@sha256:00"), "r.io:5000/x sha256:00 pinned");
        assert_eq!(shown("docker run -i my-server"), "my-server - -");
        assert_eq!(shown("docker compose run x"), "- - -");
        assert_eq!(shown("deno run -A jsr:@a/b@1.0.0"), "@a/b 1.0.0 pinned");
        assert_eq!(shown("go run github.com/a/b@latest"), "github.com/a/b latest floats");
    }
}
