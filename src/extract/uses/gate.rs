//! Whether code is worth parsing for what it logs. Input: its text. Output: whether a call that looks like
//! a log stands near the word for a credential.

use memchr::memmem;

/// How a log call begins.
const CALLS: [&str; 12] = [
    "console.",
    "logger.",
    "logging.",
    "log.",
    "print(",
    "log(",
    "log_info(",
    "log_warn",
    "log_error(",
    "LOGGER.",
    "slog.",
    ".Log",
];
/// Words of credentials, lower case.
const WORDS: [&str; 9] =
    ["api_key", "apikey", "token", "secret", "password", "authorization", "headers", "credential", "env"];
/// How far a call's arguments are looked at.
const ARGUMENTS: usize = 120;
/// How many calls of one file are looked at.
const MOST: usize = 400;

/// Whether `text` may write a credential to a log: a log call whose arguments name one, in a file that
/// has such a word elsewhere too (it has to come from somewhere).
pub(super) fn may_log_secret(text: &str) -> bool {
    CALLS.iter().any(|call| {
        memmem::find_iter(text.as_bytes(), call.as_bytes()).take(MOST).any(|at| {
            let from = at + call.len();
            let to = text.floor_char_boundary((from + ARGUMENTS).min(text.len()));
            text.get(from..to).is_some_and(names_credential)
        })
    })
}

/// Whether `text` may show a caller's token to whoever issued it.
pub(super) fn may_check_token(text: &str) -> bool {
    let has = |word: &str| memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    has("Authorization") && (has("verify_token") || has("TokenVerifier") || has("verifyAccessToken"))
}

/// Whether the first line of `arguments` (or the few that a short call spans) shows a variable that is
/// called after a credential: the word stands in a hole or outside the quotes.
fn names_credential(arguments: &str) -> bool {
    let lower = arguments.to_ascii_lowercase();
    WORDS.iter().any(|word| {
        memmem::find_iter(lower.as_bytes(), word.as_bytes()).any(|at| {
            let before = &lower[..at];
            let hole = before.rfind('{').is_some_and(|open| !before[open..].contains('}'));
            let quotes = before.matches(['"', '\'', '`']).count();
            hole || quotes.is_multiple_of(2)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_call_with_a_credentials_name_is_worth_parsing() {
        for text in [
            "logger.debug('Environment', `API Key: ${apiKeyParsed}`);",
            "console.log('Headers:', headers);",
            "logging.info(f\"Processing environment variable: {env_key} = {value}\")",
            "print(f'Password: {password}')",
        ] {
            assert!(may_log_secret(text), "{text}");
        }
        for text in ["print('done')", "logger.info('the token is missing')", "password = read()", "console.log('ä', x)"]
        {
            assert!(!may_log_secret(text), "{text}");
        }
    }
}
