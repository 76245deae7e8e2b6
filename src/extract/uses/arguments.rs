//! Arguments of tools that are written to a log whole, where calls of all tools pass: hooks, dispatchers and
//! loops over what a model asks for; and environments or headers in full.

use super::level::Floor;
use super::log::{logs, named_level};
use super::shown::shown;
use super::{Body, Seen};
use crate::extract::vocabulary::{self, REQUESTS};
use crate::parse::Value;
use crate::parse::code::CallSite;
use crate::parse::code::ast::{Function, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part, is_looped, values_of};
use crate::parse::value::Expr;
use crate::span::Span;

/// Names that hold the arguments of a call whatever is around them.
const NAMES: &[&str] = &[
    "tool_input",
    "tool_args",
    "tool_arguments",
    "tool_kwargs",
    "toolInput",
    "toolArgs",
    "toolArguments",
    "function_args",
    "functionArgs",
    "function_arguments",
    "call_args",
];

/// Fields of what a model asks for that hold its arguments.
const FIELDS: &[&str] = &["arguments", "args", "input"];

/// Parameters of a dispatcher that hold the arguments.
const PARAMETERS: &[&str] = &["arguments", "args", "kwargs", "input", "params", "inputs", "input_data"];

/// Parameters by which a function shows that it is told which tool to call.
const TOOL_NAMES: &[&str] = &["name", "tool_name", "toolName", "tool", "function_name", "functionName"];

/// Finds every log call of `body` that shows all arguments of a call.
pub(super) fn read(body: &Body<'_, '_>, text: &str, floor: Floor, add: &mut dyn FnMut(Seen)) {
    let dispatches = body.function.is_some_and(|f| dispatches(f) || vocabulary::records_tools(&f.name));
    let passed = passed_on(body);
    let handed = body.function.is_some_and(|f| f.params.iter().any(|p| REQUESTS.iter().any(|name| p.binds(name))));
    for (site, leads) in body.calls.iter().filter(|(site, leads)| logs(site, leads) || appends(site)) {
        let method = leads.last();
        let level = site.call.method().and_then(named_level).unwrap_or(method);
        let fails = matches!(level, "warning" | "warn" | "error" | "critical");
        if matches!(level, "debug" | "trace" | "exception") || !floor.writes(leads) {
            continue;
        }
        let mut parts = Vec::new();
        site.call.args.iter().for_each(|a| shown(&a.value, &mut parts));
        // A line that was put together before.
        for part in parts.clone() {
            let line = body.code.literal(part, site.scope);
            if !std::ptr::eq(line, part) && matches!(line.as_expr(), Some(Expr::Template(_) | Expr::Operation(..))) {
                shown(line, &mut parts);
            }
        }
        // The one call of an answer that was forced is output with a schema, and no tool runs.
        let passes = dispatches || handed || is_looped(body.stmts, site.value.span);
        let whole = parts.into_iter().find(|part| {
            passes && holds_all(part, body.function.filter(|_| dispatches))
                || in_loop(part, body.stmts, site.value.span)
                || part.as_reference().is_some_and(|path| passed.contains(&path) || handed && is_request(body, path))
                || environment(part)
        });
        if let Some(part) = whole {
            let console = matches!(method, "print" | "pprint" | "pp")
                || leads.path().starts_with("console.")
                || body.code.calls.iter().any(draws);
            add(Seen {
                form: "log",
                at: part.span,
                callee: site.call.callee.span,
                passes: if environment(part) { "environment" } else { "arguments" },
                service: match (console, unreadable(body.stmts, text, site.value.span) || fails && whole_request(part))
                {
                    (true, _) => "console".into(),
                    (_, true) => "unreadable".into(),
                    _ => "log".into(),
                },
                from: None,
                env: None,
                base: None,
            });
        }
    }
}

/// Whether a value is a request of the model as a whole: one that is complained about did not run.
fn whole_request(value: &Value) -> bool {
    value.as_reference().is_some_and(|path| REQUESTS.contains(&path))
}

/// Whether a parameter is a request of the model, unless its type says that its arguments are not in it.
fn is_request(body: &Body<'_, '_>, path: &str) -> bool {
    let param = body.function.and_then(|f| f.params.iter().find(|param| param.binds(path)));
    let bare = |ty: &str| ty.contains('{') && !["arg", "input", "param"].iter().any(|word| ty.contains(word));
    REQUESTS.contains(&path) && param.is_some_and(|param| !param.annotation.as_deref().is_some_and(bare))
}

/// Methods that run one tool.
const RUNS: &[&str] = &["run_async", "arun", "ainvoke", "invoke", "run", "execute", "call", "run_json", "_arun"];

/// What a body hands to whichever tool was named to it: `session.call_tool(name, args)`, `tool.ainvoke(args)`.
fn passed_on<'m>(body: &Body<'_, 'm>) -> Vec<&'m str> {
    let mut found = Vec::new();
    for (site, _) in &body.calls {
        let Some((owner, method)) = site.call.path().and_then(|path| path.rsplit_once('.')) else { continue };
        let given = match method {
            "call_tool" | "callTool" => {
                let record = site.call.positional(0).filter(|first| first.get("name").is_some());
                let name = record.and_then(|r| r.get("name")).or_else(|| site.call.positional(0));
                let name = name.or_else(|| site.call.keyword("name")).filter(|name| name.as_str().is_none());
                let arguments = site.call.option("arguments").or_else(|| record.and_then(|r| r.get("arguments")));
                name.and(arguments.or_else(|| site.call.positional(1).filter(|_| record.is_none())))
            }
            _ if RUNS.contains(&method) && is_any_tool(owner) => site.call.positional(0),
            _ => None,
        };
        let whole = |path: &&str| {
            let last = path.rsplit('.').next().unwrap_or(path);
            NAMES.contains(&last) || PARAMETERS.contains(&last)
        };
        found.extend(given.and_then(Value::as_reference).filter(whole));
    }
    found
}

/// A name for whichever tool was picked, and none of one tool: `tool`, `llm_tool`, `selectedTool`.
fn is_any_tool(name: &str) -> bool {
    let words = vocabulary::words(name);
    const ANY: [&str; 10] =
        ["llm", "selected", "matching", "matched", "target", "this", "the", "mcp", "current", "chosen"];
    words
        .split_last()
        .is_some_and(|(last, before)| last == "tool" && before.iter().all(|word| ANY.contains(&word.as_str())))
}

/// Whether a call has all logs of the program drawn on the terminal of who runs it.
/// <https://rich.readthedocs.io/en/stable/logging.html> (2026-11-25)
fn draws(site: &CallSite<'_>) -> bool {
    let handlers = (site.call.path() == Some("logging.basicConfig")).then(|| site.call.keyword("handlers")).flatten();
    let rich = |handler: &Value| handler.as_call().and_then(|call| call.method()) == Some("RichHandler");
    handlers.is_some_and(|list| !list.items().is_empty() && list.items().iter().all(rich))
}

/// Whether `at` stands where what a model wrote could not be read, or not be written down: in a handler of an error
/// of a parser or a writer, or of a `try` that does nothing else.
fn unreadable(stmts: &[Stmt], text: &str, at: Span) -> bool {
    stmts.iter().filter(|stmt| stmt.span.contains(at)).any(|stmt| {
        if let StmtKind::Try { body, handlers, .. } = &stmt.kind
            && let Some(index) = handlers.iter().position(|h| h.iter().any(|s| s.span.contains(at)))
        {
            let before = index.checked_sub(1).and_then(|i| handlers.get(i)).and_then(|h| h.last()).or(body.last());
            let from = before.map_or(stmt.span.start, |last| last.span.end);
            let to = handlers.get(index).and_then(|h| h.first()).map_or(from, |first| first.span.start);
            let caught = text.get(from as usize..to as usize).unwrap_or("");
            let parses = body.iter().any(parses);
            let named =
                ["DecodeError", "SyntaxError", "ValueError", "TypeError"].iter().any(|error| caught.contains(error));
            if parses && (named || body.len() == 1) {
                return true;
            }
        }
        blocks_of(stmt).into_iter().any(|block| unreadable(block, text, at))
    })
}

fn parses(stmt: &Stmt) -> bool {
    let mut found = false;
    for value in values_of(stmt) {
        each_part(value, &mut |value| {
            found |= value.as_call().and_then(|call| call.path()).is_some_and(|path| {
                matches!(
                    path,
                    "json.loads" | "JSON.parse" | "orjson.loads" | "ast.literal_eval" | "json5.loads" | "json.dumps"
                )
            });
        });
    }
    found || blocks_of(stmt).into_iter().flatten().any(parses)
}

/// Whether a call adds to a file that is called a log.
fn appends(site: &CallSite<'_>) -> bool {
    let adds = matches!(site.call.method(), Some("appendFile" | "appendFileSync"));
    let file = site.call.positional(0);
    adds && file.is_some_and(|file| {
        let mut named = false;
        each_part(file, &mut |value| {
            let name = value.as_reference().or_else(|| value.as_str()).unwrap_or("").to_ascii_lowercase();
            named |= name.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| matches!(w, "log" | "logs" | "audit"))
                || name.ends_with("logfile")
                || name.ends_with("logpath")
                || name.ends_with("call_file");
        });
        named
    })
}

fn dispatches(function: &Function) -> bool {
    let decorated = function.decorators.iter().any(|d| {
        let path = d.as_call().map_or_else(|| d.as_reference(), |c| c.path());
        path.and_then(|p| p.rsplit('.').next())
            .is_some_and(|l| matches!(l, "call_tool" | "wrap_tool_call" | "before_tool" | "after_tool"))
    });
    decorated || vocabulary::dispatches(&function.name)
}

/// Whether a value is all the arguments of a call. In a dispatcher its own parameter is.
fn holds_all(value: &Value, dispatcher: Option<&Function>) -> bool {
    match value.as_expr() {
        Some(Expr::Reference(path)) => {
            let mut segments = path.rsplit('.');
            let last = segments.next().unwrap_or("");
            let before = segments.next();
            let of_request = before.is_some_and(|b| REQUESTS.contains(&b) || b == "function" || b == "params");
            if NAMES.contains(&last) || of_request && FIELDS.contains(&last) && before != Some("params") {
                return true;
            }
            dispatcher.is_some_and(|function| {
                let own = PARAMETERS.contains(&&**path) && function.params.iter().any(|p| p.binds(path));
                let told = function.params.iter().any(|p| TOOL_NAMES.iter().any(|n| p.binds(n)));
                own && told || path.ends_with("params.arguments") || path.ends_with("message.arguments")
            })
        }
        Some(Expr::Index(base, key)) => {
            let field = key.as_str().is_some_and(|k| FIELDS.contains(&k));
            let base = base.as_reference().and_then(|p| p.rsplit('.').next());
            field && base.is_some_and(|b| REQUESTS.contains(&b))
        }
        // `toolExecutionRequest.arguments()` of Java.
        Some(Expr::Call(call)) => {
            let owner = call.path().and_then(|path| path.strip_suffix(".arguments"));
            owner.is_some_and(|owner| {
                let last = owner.rsplit('.').next().unwrap_or(owner);
                REQUESTS.contains(&last) || last.to_ascii_lowercase().ends_with("toolexecutionrequest")
            })
        }
        _ => false,
    }
}

/// Whether a value is the arguments of what a loop around `at` goes over: `for call in reply.tool_calls`.
fn in_loop(value: &Value, body: &[Stmt], at: Span) -> bool {
    body.iter().filter(|stmt| stmt.span.contains(at)).any(|stmt| match &stmt.kind {
        StmtKind::Loop { target: Some(target), header: Some(header), body } => {
            let over = header.as_reference().and_then(|p| p.rsplit('.').next()).is_some_and(|l| REQUESTS.contains(&l));
            let one = target.as_reference().unwrap_or("");
            let own = match value.as_expr() {
                // The request as a whole has its arguments in it.
                Some(Expr::Reference(path)) => path.strip_prefix(one).is_some_and(|rest| {
                    rest.is_empty()
                        || rest.starts_with('.') && rest.rsplit('.').next().is_some_and(|l| FIELDS.contains(&l))
                }),
                Some(Expr::Index(base, key)) => {
                    base.as_reference() == Some(one) && key.as_str().is_some_and(|k| FIELDS.contains(&k))
                }
                _ => false,
            };
            over && own || in_loop(value, body, at)
        }
        StmtKind::Function(_) | StmtKind::Class(_) => false,
        _ => blocks_of(stmt).into_iter().any(|block| in_loop(value, block, at)),
    })
}

/// The whole environment of the process.
fn environment(value: &Value) -> bool {
    matches!(value.as_reference(), Some("os.environ" | "process.env"))
        || value.as_call().is_some_and(|c| {
            matches!(c.path(), Some("os.environ.items" | "os.environ.copy"))
                || matches!(c.path(), Some("dict")) && c.positional(0).is_some_and(environment)
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{python, script, uses};
    use crate::parse::code::ast::Language;

    #[test]
    fn what_is_handed_to_whichever_tool_was_named() {
        let source = "import logging\nlog = logging.getLogger(__name__)\nasync def ask(self, name, args):\n  log.info(f'{name} {args}')\n  return await self.session.call_tool(name, args)\n";
        assert_eq!(python(source), ["log log -"]);
        assert!(python(&source.replace("call_tool(name", "call_tool('search'")).is_empty());
        assert!(python(&source.replace("log.info", "log.debug")).is_empty());
        let picked = source.replace("self.session.call_tool(name, args)", "llm_tool.run_async(args)");
        assert_eq!(python(&picked), ["log log -"]);
        assert!(python(&picked.replace("llm_tool", "search_tool")).is_empty());
        let script_source = "async function ask(name, args) { console.log('calling', args); return client.callTool({ name, arguments: args }); }";
        assert_eq!(script(script_source), ["log console -"]);
    }

    #[test]
    fn a_request_as_a_whole() {
        let source = "import logging\nlog = logging.getLogger(__name__)\ndef each(delta):\n  for tool_call in delta.tool_calls:\n    log.info(f'asked: {tool_call}')\n    run(tool_call)\n";
        assert_eq!(python(source), ["log log -"]);
        assert!(python(&source.replace("{tool_call}'", "{tool_call.id}'")).is_empty());
        assert_eq!(python(&source.replace("log.info", "log.error")), ["log unreadable -"], "it did not run");
        let typed = "function after(toolCall: { id: string; input: unknown }) { for (;;) { logger.info(JSON.stringify(toolCall)); } }";
        assert_eq!(script(typed), ["log log -"]);
        assert!(script(&typed.replace("input: unknown", "name: string")).is_empty());
    }

    #[test]
    fn the_request_of_langchain4j() {
        let source = "class A { void run(List<ToolExecutionRequest> all) { for (var toolExecutionRequest : all) { log.info(\"calling {} with {}\", toolExecutionRequest.name(), toolExecutionRequest.arguments()); } } }";
        assert_eq!(uses(Language::Java, source), ["log log -"]);
        assert!(uses(Language::Java, &source.replace(".arguments()", ".id()")).is_empty());
    }
}
