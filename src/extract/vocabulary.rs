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

/// The words of a name, in small letters.
fn words(name: &str) -> Vec<String> {
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
    matches!(lower.as_str(), "log" | "logger" | "logging" | "console")
        || lower.ends_with("logger")
        || lower.ends_with("_log")
        || last.ends_with("Log")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_written() {
        assert!(
            ["call_tool", "beforeTool", "_execute_tool_call", "on_tool_start", "calltool"]
                .iter()
                .all(|n| dispatches(n))
        );
        assert!(!["toolbar", "tool_names", "load_toolkit", "action_tools", "useToolbar"].iter().any(|n| dispatches(n)));
        assert!(["log", "self._logger", "audit_log", "console", "auditLog"].iter().all(|n| is_logger(n)));
        assert!(!["catalog", "dialog", "client"].iter().any(|n| is_logger(n)));
    }
}
