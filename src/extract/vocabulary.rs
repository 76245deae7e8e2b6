//! Names that readers of several worlds know something by. Input: a name as it is written. Output: whether it
//! is one of a request of the model, of a dispatcher, of a logger.

/// Names of what a model asks for.
pub(crate) const REQUESTS: &[&str] = &[
    "tool_call",
    "toolCall",
    "tool_use",
    "toolUse",
    "function_call",
    "functionCall",
    "tool_calls",
    "toolCalls",
    "function_calls",
    "functionCalls",
];

/// What is done with a tool in the names of functions through which every call of one passes.
const DISPATCHERS: &[&str] =
    &["call", "execute", "run", "invoke", "handle", "dispatch", "before", "after", "on", "pre", "post", "wrap", "use"];

/// Whether a function is called like one through which every call of a tool passes: `call_tool`, `beforeTool`.
pub(crate) fn dispatches(name: &str) -> bool {
    let words = words(name);
    let joined = |word: &str| word.strip_suffix("tool").is_some_and(|verb| DISPATCHERS.contains(&verb));
    words.windows(2).any(|pair| DISPATCHERS.contains(&&*pair[0]) && matches!(&*pair[1], "tool" | "tools"))
        || words.iter().any(|word| joined(word))
}

/// Verbs of functions that run what a model asks for.
const RUNNERS: &[&str] =
    &["call", "execute", "run", "invoke", "handle", "dispatch", "process", "perform", "do", "parallel", "exec"];

/// Whether a function is called like one that runs what a model asks for: `execute_tool_calls`, `callFunction`.
pub(crate) fn runs_requests(name: &str) -> bool {
    let words = words(name);
    let is = |word: Option<&String>, of: &[&str]| word.is_some_and(|word| of.contains(&word.as_str()));
    let asked = ["call", "calls", "request", "requests", "use", "uses", "by", "async", "sync", "safely"];
    let end = words.iter().rposition(|word| ["tool", "tools", "function", "functions"].contains(&word.as_str()));
    end.is_some_and(|end| {
        let rest = words.get(end + 1);
        (rest.is_none() || is(rest, &asked)) && words[..end].iter().any(|word| RUNNERS.contains(&word.as_str()))
    })
}

/// Whether a call that is handed tools says by its name that a model answers it: `chat_with_tools`, `llm_call`,
/// `getCompletion`, `generateMessage`.
pub(crate) fn asks_with_tools(name: &str) -> bool {
    const ASKS: &[&str] = &[
        "chat",
        "complete",
        "completion",
        "completions",
        "generate",
        "llm",
        "respond",
        "response",
        "predict",
        "converse",
        "message",
        "messages",
        "ask",
        "model",
        "stream",
        "gpt",
        "claude",
        "inference",
        "acompletion",
        "achat",
        "agenerate",
        "ainvoke",
        "query",
    ];
    const MAKES: &[&str] = &[
        "build",
        "format",
        "convert",
        "count",
        "record",
        "log",
        "mock",
        "parse",
        "prepare",
        "make",
        "to",
        "from",
        "is",
        "validate",
        "render",
        "add",
        "set",
        "create_",
        "estimate",
        "normalize",
        "transform",
        "print",
        "emit",
        "on",
    ];
    let words = words(name);
    words.first().is_some_and(|first| !MAKES.contains(&first.as_str()))
        && words.iter().any(|word| ASKS.contains(&word.as_str()))
}

/// Whether a function is called like one that notes every call of a tool: `trackToolCall`, `log_tool_use`.
pub(crate) fn records_tools(name: &str) -> bool {
    let words = words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&&**word));
    has(&["tool", "tools"]) && has(&["track", "log", "record", "audit", "trace"])
}

/// Verbs of calls that make others do something.
const ACTS: &[&str] = &[
    "apply", "call", "command", "dispatch", "eval", "exec", "execute", "invoke", "patch", "perform", "post", "publish",
    "put", "run", "send", "spawn", "submit", "upload",
];

/// Whether a call says by its name that it makes another do something: `send_command`, `runTask`.
pub(crate) fn acts(name: &str) -> bool {
    words(name).iter().any(|word| ACTS.contains(&word.as_str()))
}

/// The words of a name, in small letters.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && small {
            words.push(String::new());
        }
        small = !c.is_uppercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a receiver is called like a logger: `log`, `self._logger`, `audit_log`, `console`.
pub(crate) fn is_logger(receiver: &str) -> bool {
    let last = receiver.rsplit('.').next().unwrap_or(receiver).trim_start_matches('_');
    let lower = last.to_ascii_lowercase();
    matches!(lower.as_str(), "log" | "logger" | "logging" | "console" | "slog" | "klog" | "logrus")
        || lower.ends_with("logger")
        || lower.starts_with("logger_")
        || lower.ends_with("_log")
        || last.ends_with("Log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_of_requests_are_known_by_their_names() {
        for name in
            ["execute_tool", "_handle_tool_calls", "callTool", "process_function_call", "executeToolCall", "run_tools"]
        {
            assert!(runs_requests(name), "{name}");
        }
        for name in ["parse_tool_calls", "format_tools", "tool_call_started", "get_tool", "call_model", "functions"] {
            assert!(!runs_requests(name), "{name}");
        }
    }

    #[test]
    fn names_are_known_however_they_are_written() {
        assert!(
            ["call_tool", "beforeTool", "_execute_tool_call", "on_tool_start", "calltool"]
                .iter()
                .all(|n| dispatches(n))
        );
        assert!(!["toolbar", "tool_names", "load_toolkit", "action_tools", "useToolbar"].iter().any(|n| dispatches(n)));
        assert!(records_tools("trackToolCall") && records_tools("log_tool_use") && !records_tools("toolbox_logo"));
        assert!(["log", "self._logger", "audit_log", "console", "auditLog"].iter().all(|n| is_logger(n)));
        assert!(!["catalog", "dialog", "client"].iter().any(|n| is_logger(n)));
    }
}
