//! What models of calls (`models/lifecycles/`, `models/policies/`) share: how they name languages, calls and
//! requests, and what every entry must say of itself. Each check gives the fault's message.

/// Slugs of the languages; scripts are one.
const LANGUAGES: [&str; 6] = ["python", "typescript", "go", "java", "csharp", "kotlin"];

/// A public source, and when it was read.
pub fn read(source: &str, checked: &str) -> Result<(), String> {
    match source.starts_with("https://") && checked.len() == 10 {
        true => Ok(()),
        false => Err("needs a public `source` and the date it was `checked`".into()),
    }
}

/// Languages that are known.
pub fn languages(languages: &[String]) -> Result<(), String> {
    match languages.iter().find(|language| !LANGUAGES.contains(&language.as_str())) {
        Some(language) => Err(format!("language `{language}` is not known")),
        None => Ok(()),
    }
}

/// Calls, as `module:name`.
pub fn calls<'c>(mut calls: impl Iterator<Item = &'c String>) -> Result<(), String> {
    match calls.find(|call| !call.contains(':')) {
        Some(call) => Err(format!("`{call}` is not written as `module:name`")),
        None => Ok(()),
    }
}

/// HTTP requests, as `METHOD /path`.
pub fn requests<'r>(mut requests: impl Iterator<Item = &'r String>) -> Result<(), String> {
    match requests.find(|request| !request.contains(" /")) {
        Some(request) => Err(format!("`{request}` is not written as `METHOD /path`")),
        None => Ok(()),
    }
}
