//! Commands of well-known programs, word by word. Input: a call and what it is given. Output: whether it takes
//! something away for good, or runs inside another machine what it is told: `("kubectl", ["delete", name])`.

use super::effect_forms::begins_with_parameter;
use super::names::{At, Names};
use crate::parse::code::ast::Call;
use crate::parse::value::{Expr, Node, Value};

/// Programs with the words by which they take away: a whole word, or the beginning of one (`delete-`).
const TAKING: &[(&str, &[&str])] = &[
    ("kubectl", &["delete", "drain"]),
    ("oc", &["delete", "drain"]),
    ("helm", &["uninstall", "delete"]),
    ("terraform", &["destroy", "apply"]),
    ("tofu", &["destroy", "apply"]),
    ("pulumi", &["destroy", "up"]),
    ("aws", &["delete-", "terminate-", "rm", "rb", "deregister-", "remove-", "purge-"]),
    ("gcloud", &["delete"]),
    ("gsutil", &["rm", "rb"]),
    ("az", &["delete", "purge"]),
    ("doctl", &["delete"]),
    ("flyctl", &["destroy"]),
    ("fly", &["destroy"]),
    ("gh", &["delete"]),
    ("heroku", &["apps:destroy", "destroy"]),
    ("velero", &["delete"]),
    ("argocd", &["delete"]),
];

/// Programs that run a command elsewhere, with the word that says so.
const ENTERING: &[(&str, &str)] = &[("kubectl", "exec"), ("oc", "exec"), ("kubectl", "run")];

/// What starts programs, by parts of its name.
const STARTS: [&str; 9] = ["exec", "run", "spawn", "popen", "command", "cmd", "shell", "check_", "call"];

/// Words of a command that are looked at.
const WORDS: usize = 24;

/// A word of a command: what stands there, or what somebody fills in.
enum Word<'v> {
    Text(&'v str),
    /// Whether the caller of the function chooses it.
    Open(bool),
}

/// Whether the command of a call takes something away for good: it says so, or the caller chooses the whole command
/// of a program that can.
pub(super) fn destroys<'m>(call: &'m Call, at: At, names: &Names<'m>) -> bool {
    let words = words(call, at, names);
    let Some((program, rest)) = split(&words) else { return false };
    let Some((_, taking)) = TAKING.iter().find(|(name, _)| *name == program) else { return false };
    // The first word behind the program that is no option is what it does.
    if let Some(Word::Open(true)) = rest.first() {
        return matches!(program, "kubectl" | "oc" | "helm" | "terraform" | "tofu" | "aws" | "gcloud" | "az");
    }
    rest.iter().any(|word| match word {
        Word::Text(text) => taking.iter().any(|t| if t.ends_with('-') { text.starts_with(t) } else { text == t }),
        Word::Open(_) => false,
    }) && !rest
        .iter()
        .any(|word| matches!(word, Word::Text(text) if text.starts_with("--dry-run") || *text == "--help"))
}

/// Whether a command runs in a container what the caller chooses.
pub(super) fn enters<'m>(call: &'m Call, at: At, names: &Names<'m>) -> bool {
    let words = words(call, at, names);
    let Some((program, rest)) = split(&words) else { return false };
    let enters = |verb: &str| ENTERING.iter().any(|(name, word)| *name == program && *word == verb);
    let Some(found) = rest.iter().position(|word| matches!(word, Word::Text(text) if enters(text))) else {
        return false;
    };
    let behind = &rest[found..];
    let told = behind.iter().position(|word| matches!(word, Word::Text("--")));
    told.is_some_and(|at| behind[at..].iter().any(|word| matches!(word, Word::Open(_))))
}

fn split<'w, 'v>(words: &'w [Word<'v>]) -> Option<(&'v str, &'w [Word<'v>])> {
    let (first, rest) = words.split_first()?;
    let Word::Text(first) = first else { return None };
    Some((first.rsplit('/').next().unwrap_or(first), rest))
}

/// The words of the command that a call starts: none where the call is not one that starts programs.
fn words<'m>(call: &'m Call, at: At, names: &Names<'m>) -> Vec<Word<'m>> {
    let method = call.method().unwrap_or("").to_ascii_lowercase();
    if !STARTS.iter().any(|part| method.contains(part)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let given = call.keyword("args").or_else(|| call.keyword("cmd")).or_else(|| call.keyword("command"));
    match given {
        Some(value) => add(value, at, names, &mut found, 4),
        None => {
            for arg in call.args.iter().filter(|arg| arg.name.is_none()) {
                add(&arg.value, at, names, &mut found, 4);
            }
        }
    }
    found
}

fn add<'m>(value: &'m Value, at: At, names: &Names<'m>, found: &mut Vec<Word<'m>>, depth: u8) {
    if found.len() >= WORDS || depth == 0 {
        return;
    }
    let (known, known_at) = names.constant(value, at);
    match &known.node {
        Node::Text(text) => found.extend(text.split_whitespace().take(WORDS).map(Word::Text)),
        Node::List(items) => items.iter().for_each(|item| add(item, known_at, names, found, depth - 1)),
        // Options of the call.
        Node::Map(_) => {}
        Node::Expr(expr) => match &**expr {
            Expr::Spread(inner) => add(inner, known_at, names, found, depth - 1),
            Expr::Template(parts) => parts.iter().for_each(|part| add(part, known_at, names, found, depth - 1)),
            Expr::Operation(op, parts) if &**op == "+" => {
                parts.iter().for_each(|part| add(part, known_at, names, found, depth - 1));
            }
            Expr::Call(call) if matches!(call.path(), Some("shlex.split" | "list" | "shellQuote.parse")) => {
                call.positional(0).into_iter().for_each(|inner| add(inner, known_at, names, found, depth - 1));
            }
            _ => found.push(Word::Open(begins_with_parameter(known, known_at, names))),
        },
        _ => found.push(Word::Open(false)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::effects::doing;
    use super::super::names::{At, Names};
    use crate::parse::code;
    use crate::parse::code::ast::Language;

    fn effects(language: Language, source: &str) -> Vec<&'static str> {
        let (module, _) = code::parse(language, "a", source);
        let module = module.expect("code");
        let names = Names::new(&module);
        let def = names.functions.iter().find(|def| &*def.function.name == "act").expect("a function named act");
        doing(def.function, At { function: None, class: def.at.class }, &names, 2).effects.into_keys().collect()
    }

    #[test]
    fn programs_take_away_by_their_words() {
        for body in [
            "subprocess.run(['kubectl', 'delete', kind, name])",
            "args = ['uninstall', name]\n    run_command('helm', args)",
            "cmd = ['aws', 's3', 'rm', path]\n    subprocess.check_output(cmd)",
            "subprocess.run(['terraform', 'destroy', '-auto-approve'])",
            "subprocess.run(['kubectl', *name.split()])",
            "requests.request('DELETE', f'{BASE}/items/{name}')",
            "self._request('DELETE', '/items/' + name)",
            "service.events().delete(calendarId='a', eventId=name).execute()",
        ] {
            let source =
                format!("import subprocess, requests\ndef act(self, service, kind, name, path):\n    {body}\n");
            assert!(effects(Language::Python, &source).contains(&"delete"), "{body}");
        }
        let source = "async function act(name) { execFileSafe('kubectl', ['delete', 'pod', name]); }";
        assert!(effects(Language::TypeScript, source).contains(&"delete"));
        let source = "async function act(name) { return api(`/items/${name}`, { method: 'DELETE' }); }";
        assert!(effects(Language::TypeScript, source).contains(&"delete"));
        let source = "async function act(name) { const fs = await import('fs/promises'); await fs.rm(name); }";
        assert!(effects(Language::TypeScript, source).contains(&"delete"));
        let source = "def act(name, command):\n    run(['kubectl', 'exec', name, '--', command])\n";
        assert!(effects(Language::Python, source).contains(&"execute"));
    }

    #[test]
    fn reading_and_preparing_take_nothing_away() {
        for body in [
            "subprocess.run(['kubectl', 'get', kind, name])",
            "subprocess.run(['kubectl', 'delete', kind, name, '--dry-run=client'])",
            "subprocess.run(['terraform', 'plan'])",
            "subprocess.run(['git', 'commit', '-m', 'delete'])",
            "print(['kubectl', 'delete', name])",
            "requests.request('GET', f'{BASE}/items/{name}')",
            "service.events().list(calendarId='a').execute()",
            "app.route('/x', methods=['DELETE'])",
        ] {
            let source =
                format!("import subprocess, requests\ndef act(self, service, kind, name, path):\n    {body}\n");
            assert!(!effects(Language::Python, &source).contains(&"delete"), "{body}");
        }
    }

    #[test]
    fn a_list_of_words_is_a_command() {
        let source = "import asyncio, shlex\nasync def act(command):\n    args = shlex.split(command)\n    await asyncio.create_subprocess_exec(*args)\n";
        assert_eq!(effects(Language::Python, source), ["execute"]);
        let source = "import asyncio\nasync def act(path):\n    args = ['git', 'log', path]\n    await asyncio.create_subprocess_exec(*args)\n";
        assert!(effects(Language::Python, source).is_empty());
        let source = "import asyncio\ndef build(path):\n    return ['git', 'log', path]\nasync def act(path):\n    cmd = build(path)\n    await asyncio.create_subprocess_exec(*cmd)\n";
        assert!(effects(Language::Python, source).is_empty());
    }
}
