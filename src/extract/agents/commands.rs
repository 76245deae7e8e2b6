//! Commands that a body starts. Input: the value of a command. Output: whether somebody else decides what
//! runs, and which program it is.

use super::handed::statements;
use super::names::{At, Names};
use crate::parse::value::{Expr, Node, Value};

/// Programs that run what they are told.
const INTERPRETERS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "fish",
    "cmd",
    "cmd.exe",
    "powershell",
    "pwsh",
    "python",
    "python3",
    "node",
    "deno",
    "bun",
    "ruby",
    "perl",
    "php",
    "ssh",
    "sudo",
    "env",
    "xargs",
    "docker",
    "osascript",
    "Rscript",
    "npx",
    "uvx",
];

/// Programs that change a cloud or cluster.
pub(super) const CLOUD_PROGRAMS: &[&str] = &[
    "kubectl",
    "helm",
    "terraform",
    "tofu",
    "aws",
    "gcloud",
    "az",
    "pulumi",
    "oc",
    "flyctl",
    "doctl",
    "ansible-playbook",
];

/// Whether a command is not fixed: computed as a whole, put together from text and values, or given to
/// a program that runs what it is told. A fixed program with computed arguments is none.
pub(super) fn open_command<'m>(value: &'m Value, names: &Names<'m>, at: At) -> bool {
    open(value, names, at, 4)
}

fn open<'m>(value: &'m Value, names: &Names<'m>, at: At, depth: u8) -> bool {
    if depth == 0 {
        return true;
    }
    match &value.node {
        Node::Text(text) => {
            let mut words = text.split_whitespace();
            words.next().is_some_and(|w| INTERPRETERS.contains(&w)) && words.next().is_none()
        }
        Node::List(items) => list(items, names, at, depth),
        Node::Expr(expr) => match &**expr {
            // `command + [argument]` begins with what `command` begins with; a text put together is open.
            Expr::Operation(op, parts) if &**op == "+" => match parts.first().and_then(|f| listed(f, names, at)) {
                Some((first, first_at)) => {
                    let computed = |value: &Value| names.constant(value, at).0.scalar().is_none();
                    let rest = parts.iter().skip(1).any(|part| match &names.constant(part, at).0.node {
                        Node::List(items) => items.iter().any(computed),
                        _ => computed(part),
                    });
                    open(first, names, first_at, depth - 1) || rest && waits_for_code(first)
                }
                None => true,
            },
            Expr::Choice { options, .. } => options.iter().any(|option| {
                let (option, at) = names.constant(option, at);
                open(option, names, at, depth - 1)
            }),
            Expr::Spread(inner) => match listed(inner, names, at) {
                Some((inner, at)) => open(inner, names, at, depth - 1),
                None => true,
            },
            // The last of several steps that make a list: `command += [argument]`.
            Expr::Operation(op, parts) if &**op == "+=" => {
                let first = parts.first().and_then(|target| {
                    let path = target.as_reference()?;
                    names.assigned(path).find(|a| a.at.function == at.function && matches!(a.value.node, Node::List(_)))
                });
                first.is_none_or(|a| open(a.value, names, a.at, depth - 1))
            }
            // One of several commands that stand in a table: `LOOKUPS[system]`.
            Expr::Index(table, _) => {
                let (table, at) = names.constant(table, at);
                let rows = table.entries();
                rows.is_empty() || rows.iter().any(|row| open(&row.value, names, at, depth - 1))
            }
            // A program that the maker of the tool was handed is fixed for whoever calls the tool.
            Expr::Reference(path) => !handed_to_maker(path, names, at),
            _ => true,
        },
        _ => false,
    }
}

/// Whether a name is a parameter of a function around this one, and none of its own, and says that it holds the
/// place of a program: what stands around a callback may be the tool itself.
fn handed_to_maker(path: &str, names: &Names<'_>, at: At) -> bool {
    let root = path.split('.').next().unwrap_or(path);
    let Some(function) = at.function else { return false };
    let own = |f: usize| names.functions[f].function.params.iter().any(|p| p.binds(root));
    let name = root.to_ascii_lowercase();
    let program = ["_path", "_bin", "_binary", "_exe", "executable"].iter().any(|end| name.ends_with(end));
    program && !own(function) && names.parameter(root, at).is_some() && !interprets(path)
}

/// Whether a name holds the place of one known program (`adb_path`), and not of whatever somebody names.
fn is_place_of_program(path: &str) -> bool {
    const ANY: [&str; 10] = ["file", "script", "exe", "program", "app", "binary", "tool", "command", "target", "input"];
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let program = ["_path", "_bin", "_binary", "_executable", "_exe"].iter().find_map(|end| last.strip_suffix(end));
    program.is_some_and(|name| !ANY.iter().any(|any| name.contains(any)) && !interprets(name))
}

/// The list that a value is or names.
fn listed<'m>(value: &'m Value, names: &Names<'m>, at: At) -> Option<(&'m Value, At)> {
    let (value, at) = names.constant(value, at);
    let made = value.as_expr().is_some_and(|e| matches!(e, Expr::Operation(op, _) if matches!(&**op, "+" | "+=")));
    (made || matches!(value.node, Node::List(_))).then_some((value, at))
}

fn list<'m>(items: &'m [Value], names: &Names<'m>, at: At, depth: u8) -> bool {
    let Some(first) = items.first() else { return false };
    if let Some(Expr::Spread(inner)) = first.as_expr() {
        return listed(inner, names, at).is_none_or(|(inner, at)| open(inner, names, at, depth - 1));
    }
    let computed = items.iter().skip(1).any(|i| names.constant(i, at).0.scalar().is_none());
    let (program, program_at) = names.constant(first, at);
    if let Some(program) = program.as_str() {
        return computed && INTERPRETERS.contains(&program.rsplit(['/', '\\']).next().unwrap_or(program));
    }
    // `[sys.executable, path]` runs the file it is given, and code follows a flag.
    let code = items.iter().skip(1).any(|i| i.as_str().is_some_and(|text| CODE_FLAGS.contains(&text)));
    let runs = [first, program].iter().any(|v| v.as_reference().is_some_and(interprets));
    if runs || code {
        return computed;
    }
    let handed = [(first, at), (program, program_at)];
    let fixed = |path: &str, at: At| handed_to_maker(path, names, at) || is_place_of_program(path);
    if handed.iter().any(|(v, at)| v.as_reference().is_some_and(|path| fixed(path, *at))) {
        return false;
    }
    if first.as_reference().is_some_and(|path| one_of_fixed(path, names, at)) {
        return false;
    }
    !chosen_here(first, at, names) && !chosen_here(program, program_at, names)
}

/// Whether a list is an interpreter and the flag before its code: `["bash", "-c"]`.
fn waits_for_code(list: &Value) -> bool {
    let words: Vec<&str> = list.items().iter().filter_map(Value::as_str).collect();
    let runs = words.first().is_some_and(|w| INTERPRETERS.contains(&w.rsplit(['/', '\\']).next().unwrap_or(w)));
    runs && words.len() > 1 && words.last().is_some_and(|word| CODE_FLAGS.contains(word))
}

/// Flags after which an interpreter takes code.
const CODE_FLAGS: &[&str] = &["-c", "-e", "-lc", "/c", "/C", "--eval", "-Command"];

/// Whether a name says that it holds an interpreter.
fn interprets(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    path == "sys.executable" || ["python", "shell", "bash", "interpreter"].iter().any(|word| last.contains(word))
}

/// A program that is looked up under a name written here: `shutil.which("dot")`, `os.environ.get("DOT", "dot")`,
/// a function of this file that is handed nothing.
fn chosen_here(value: &Value, at: At, names: &Names<'_>) -> bool {
    match value.as_expr() {
        // A program that the configuration or the object names is fixed for the model.
        Some(Expr::Reference(path)) => ["self.", "this.", "settings.", "config."].iter().any(|o| path.starts_with(o)),
        // What stands in a table that the module itself reads: `settings["script"]`.
        Some(Expr::Index(table, key)) => {
            let held = table.as_reference().is_some_and(|root| {
                names.parameter(root, at).is_none() && names.assigned(root).all(|a| a.at.function.is_none())
            });
            held && key.as_str().is_some_and(|name| !interprets(name))
        }
        Some(Expr::Call(call)) => {
            let Some(path) = call.path() else { return false };
            let named = || call.args.iter().all(|a| names.constant(&a.value, at).0.scalar().is_some());
            path == "shutil.which"
                || matches!(path, "os.environ.get" | "os.getenv") && named()
                || call.args.is_empty() && names.function(path, at).is_some()
        }
        Some(Expr::Operation(op, parts)) if matches!(&**op, "or" | "||" | "??") => {
            parts.iter().all(|p| fixed_text(p) || chosen_here(p, at, names))
        }
        Some(Expr::Choice { options, .. }) => options.iter().all(|o| fixed_text(o) || chosen_here(o, at, names)),
        _ => false,
    }
}

/// Whether a name goes through lists of programs that are written here: `for program in ["libreoffice", "soffice"]`.
fn one_of_fixed(path: &str, names: &Names<'_>, at: At) -> bool {
    let Some(function) = at.function else { return false };
    let mut loops = Vec::new();
    statements(&names.functions[function].function.body, &mut loops);
    let fixed = |list: &Value| matches!(list.node, Node::List(_)) && list.items().iter().all(fixed_text);
    loops.iter().filter(|each| each.target.as_reference() == Some(path)).any(|each| match each.over.as_reference() {
        Some(held) => {
            let mut lists = names.assigned(held).filter(|a| a.at.function == at.function).peekable();
            lists.peek().is_some() && lists.all(|a| fixed(a.value))
        }
        None => fixed(each.over) && !each.over.items().is_empty(),
    })
}

/// The name of a program that runs what it is given as arguments, not what they say.
fn fixed_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !INTERPRETERS.contains(&text.rsplit(['/', '\\']).next().unwrap_or(text)))
}

/// The program that a command starts.
pub(super) fn program<'v>(value: &'v Value, names: &Names<'_>, at: At) -> Option<&'v str> {
    let text = match &value.node {
        Node::List(items) => items.first()?.as_str()?,
        Node::Expr(expr) => match &**expr {
            Expr::Operation(op, parts) if &**op == "+" => return program(parts.first()?, names, at),
            _ => leading(value)?,
        },
        _ => value.as_str()?,
    };
    text.split_whitespace().next().map(|w| w.rsplit('/').next().unwrap_or(w))
}

/// The text that a value begins with.
pub(super) fn leading(value: &Value) -> Option<&str> {
    match &value.node {
        Node::Text(text) => Some(text),
        Node::Expr(expr) => match &**expr {
            Expr::Template(parts) | Expr::Operation(_, parts) => leading(parts.first()?),
            Expr::Call(call) => leading(call.positional(0)?),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::code;
    use crate::parse::code::ast::Language;

    fn is_open(source: &str) -> bool {
        let (module, _) = code::parse(Language::Python, "a.py", source);
        let module = module.expect("python");
        let names = Names::new(&module);
        let (index, def) = names
            .functions
            .iter()
            .enumerate()
            .find(|(_, def)| &*def.function.name == "run")
            .expect("a function named run");
        let at = At { function: Some(index), class: def.at.class };
        let cmd = names.assigned("cmd").next().expect("a command");
        open_command(cmd.value, &names, at)
    }

    #[test]
    fn a_program_that_the_maker_of_a_tool_is_handed_is_fixed() {
        let of = |program: &str| {
            format!(
                "def make(adb_path, python_path, path):\n    def run(path):\n        cmd = {program}\n        return start(cmd)\n    return run\n"
            )
        };
        let open = |program: &str| {
            let source = of(program);
            let (module, _) = code::parse(Language::Python, "a.py", &source);
            let module = module.expect("python");
            let names = Names::new(&module);
            let run = names.functions.iter().position(|def| &*def.function.name == "run").expect("run");
            let value = names.assigned("cmd").next().expect("a command").value;
            open_command(value, &names, At { function: Some(run), class: None })
        };
        assert!(!open("adb_path"));
        assert!(open("path") && open("python_path"));
    }

    #[test]
    fn a_program_that_the_object_or_the_file_finds_is_fixed() {
        let class = "class P:\n    def __init__(self):\n        self.dot = self.find()\n    def find(self):\n        return 'dot'\n";
        for cmd in ["[self.dot, '-n', path]", "[find(), path]", "[shutil.which('dot') or 'dot', path]", "['dot', path]"]
        {
            let source =
                format!("{class}    def run(self, path):\n        cmd = {cmd}\n\ndef find():\n    return 'dot'\n");
            assert!(!is_open(&source), "{cmd}");
        }
        let rows = |row: &str| {
            format!(
                "def run(path, system):\n    rows = {{'a': ['which', 'code'], 'b': {row}}}\n    cmd = rows[system]\n"
            )
        };
        assert!(!is_open(&rows("['where', 'code']")) && is_open(&rows("[path, 'code']")));
        let table = "table = load()\ndef run(path, given):\n    cmd = ";
        assert!(!is_open(&format!("{table}[table['script'], path]\n")));
        assert!(
            is_open(&format!("{table}[given['script'], path]\n"))
                && is_open(&format!("{table}[table['python'], path]\n"))
        );
        let tried = |list: &str| {
            format!(
                "def run(path, given):\n    tried = []\n    tried = {list}\n    for one in tried:\n        cmd = [one, path]\n"
            )
        };
        assert!(!is_open(&tried("['libreoffice', 'soffice']")));
        assert!(is_open(&tried("['bash', 'soffice']")) && is_open(&tried("given")));
        for cmd in
            ["[path, '-n']", "[self.python, path]", "[self.dot, '-c', path]", "['bash', path]", "[pick(path), '-n']"]
        {
            let source =
                format!("{class}    def run(self, path):\n        cmd = {cmd}\n\ndef pick(x):\n    return x\n");
            assert!(is_open(&source), "{cmd}");
        }
    }
}
