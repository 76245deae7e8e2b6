//! What is no secret, whatever its name and form. Input: a value. Output: the reason, or none.
//!
//! Placeholders, templates, lookups and vendors' example keys are never reported, at any level. Doubts
//! (a sequence inside a value of the right form) are another thing: see [`sequence`](super::sequence).

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::{published, random};

/// Words that only placeholders hold, whatever stands around them.
const WORDS: &[&str] = &[
    "your",
    "xxxx",
    "changeme",
    "change-me",
    "change_me",
    "placeholder",
    "example",
    "redacted",
    "replace",
    "insert",
    "dummy",
    "notreal",
    "not-real",
    "not_real",
    "not-a-real",
    "sample",
    "todo",
    "fixme",
    "goes-here",
    "goeshere",
    "_here",
    "-here",
    "put-",
    "put_",
    "masked",
    "foobar",
    "not-needed",
    "not_needed",
    "notneeded",
    "no-key",
    "no_key",
    "nokey",
    "fake",
    "mock",
    "invalid",
    "hidden",
    "secret-here",
    "tobereplaced",
    "to-be-",
    "to_be_",
    "set-me",
    "set_me",
    "fill-in",
    "fill_in",
    "fillme",
    "unused",
    "anything",
    "whatever",
    "enter_",
    "enter-",
    "my-secret",
    "my_secret",
    "mysecret",
    "my-api",
    "my_api",
    "myapikey",
    "my-key",
    "my_key",
    "my-token",
    "my_token",
    "mytoken",
    "mypassword",
    "my-password",
    "my_password",
    "test-key",
    "test_key",
    "testkey",
    "test-token",
    "test_token",
    "testtoken",
    "test-api",
    "test_api",
    "test-secret",
    "test_secret",
    "testsecret",
    "supersecret",
    "super-secret",
    "super_secret",
    "some-",
    "some_",
    "demo-",
    "demo_",
    "optional",
    "required",
    "default-",
    "default_",
    "deadbeef",
    "generate",
    "openssl rand",
    "secret-key",
    "secret_key",
    "api-key",
    "api_key",
    "apikey",
    "access-token",
    "access_token",
    "secret-value",
    "secret_value",
    "not-set",
    "not_set",
    "unset",
    "undefined",
    "dev-secret",
    "dev_secret",
    "local-dev",
    "do-not-use",
    "donotuse",
    "insecure",
    "ollama",
    "lm-studio",
    "abc123",
    "correct horse",
];

/// Whole values that say there is none, or that are the word for the thing.
const WHOLE: &[&str] = &[
    "none",
    "null",
    "nil",
    "true",
    "false",
    "empty",
    "na",
    "n/a",
    "tbd",
    "string",
    "str",
    "text",
    "password",
    "passwd",
    "secret",
    "token",
    "key",
    "test",
    "abc",
    "xxx",
    "foo",
    "bar",
    "baz",
    "value",
    "...",
    "***",
    "credential",
    "credentials",
    "bearer",
    "basic",
    "apikey",
    "required",
    "boolean",
    "number",
    "object",
    "any",
    "file",
    "env",
    "environment",
    "keyring",
    "auto",
    "user",
    "username",
    "admin",
    "root",
    "pass",
    "pwd",
    "p",
    "pw",
    "demo",
    "hello",
    "world",
    "random",
    "disabled",
    "enabled",
    "default",
    "yes",
    "no",
    "on",
    "off",
    "int",
    "bytes",
    "base64",
    "unknown",
];

static ANY_WORD: LazyLock<AhoCorasick> = LazyLock::new(|| any(WORDS));
static ANY_COMPUTED: LazyLock<AhoCorasick> = LazyLock::new(|| any(COMPUTED));

/// One search for all of `words`; built at the first value, in the form that is built fastest.
fn any(words: &[&str]) -> AhoCorasick {
    let built = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(words);
    built.expect("a few short words make an automaton")
}

/// Marks of a value that is computed or fetched.
const COMPUTED: &[&str] = &[
    "${",
    "{{",
    "}}",
    "$(",
    "#{",
    "<%",
    "%(",
    "@@",
    "os.environ",
    "os.getenv",
    "process.env",
    "getenv",
    "import.meta",
    "vault:",
    "op://",
    "secretkeyref",
    "secretsmanager",
    "keyvault",
    "secretmanager",
    "ssm:",
    "/secrets/",
    "env(",
    "env.",
    "env:",
    "secrets.",
    "config.",
    "settings.",
    "arn:aws",
    "file:",
    "file(",
    "ref+",
    "!ref",
    "!getatt",
    "!sub",
    "resolve:",
    "valuefrom",
    "parameters(",
    "variables(",
    "data.",
    "var.",
    "local.",
    "module.",
    "self.",
    "this.",
    "args.",
    "params.",
    "options.",
    "props.",
    "request.",
    "req.",
    "ctx.",
    "context.",
    "input(",
    "prompt(",
    "getpass",
    "://localhost",
    "f\"",
    "keychain",
    "$env:",
    "%env",
    "infisical",
    "doppler run",
    "credstore",
    "gcp:",
    "aws:",
];

/// Why `value` is no secret; none when it may be one.
pub(super) fn no_secret(value: &str) -> Option<&'static str> {
    let lower = value.to_ascii_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if bare.is_empty() {
        return Some("no letter or digit");
    }
    if WHOLE.contains(&bare) || WHOLE.contains(&lower.as_str()) {
        return Some("a word for the thing");
    }
    if ANY_COMPUTED.is_match(&lower) || is_variable(value) {
        return Some("computed or fetched");
    }
    let angle = value.find('<').is_some_and(|open| value[open..].contains('>'));
    // In a long text drawn at random a short word stands by chance, and so do some equal characters.
    let random = value.len() >= LONG && random::looks_random(value);
    if angle || ANY_WORD.find_iter(&lower).any(|word| !random || is_meant(&lower, word.range())) {
        return Some("placeholder");
    }
    if repeats(value, if random { 8 } else { 5 }) {
        return Some("repeated characters");
    }
    if published::is_known(value) {
        return Some("example key of public documentation");
    }
    None
}

/// How long a text must be for a short word in it to be chance.
const LONG: usize = 40;

/// Whether a word inside a random text was written on purpose: a long one, or one that stands alone.
fn is_meant(text: &str, word: Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let inside = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
    let alone = !inside(word.start.checked_sub(1).and_then(|at| bytes.get(at))) && !inside(bytes.get(word.end));
    word.len() >= 6 || alone || &text[word] == "xxxx"
}

/// `$NAME`, `%NAME%`, `{name}`, `[name]`, `%s`: a variable or a slot.
fn is_variable(value: &str) -> bool {
    let name =
        |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    value
        .strip_prefix('$')
        .is_some_and(|v| name(v.trim_start_matches('@')) && !v.starts_with(|c: char| c.is_ascii_digit()))
        || value.strip_prefix('%').and_then(|v| v.strip_suffix('%')).is_some_and(name)
        || value.strip_prefix('[').and_then(|v| v.strip_suffix(']')).is_some_and(|v| name(&v.replace(' ', "_")))
        || value.strip_prefix("__").and_then(|v| v.strip_suffix("__")).is_some_and(name)
        || value
            .find('{')
            .is_some_and(|open| value[open..].find('}').is_some_and(|len| name(&value[open + 1..open + len])))
        || matches!(value, "%s" | "%d" | "%v" | "%q" | "?" | "*")
}

/// The same character `least` times in a row, or hardly any different ones. The `A` of a long value is
/// often the zeros of encoded bytes.
fn repeats(value: &str, least: usize) -> bool {
    let bytes = value.as_bytes();
    let zeros = bytes.len() >= 60;
    let mut run = 1;
    for pair in bytes.windows(2) {
        let counts = pair[0] == pair[1] && pair[0] != b'=' && !(zeros && pair[0] == b'A');
        run = if counts { run + 1 } else { 1 };
        if run >= least {
            return true;
        }
    }
    let mut seen = [false; 256];
    bytes.iter().for_each(|b| seen[usize::from(b.to_ascii_lowercase())] = true);
    let different = seen.iter().filter(|s| **s).count();
    value.contains("...") || value.contains('…') || (bytes.len() >= 12 && different <= 5)
}

/// Whether the text behind a value says that it was cut short: `sk-abc…`, `sk-abc***`.
pub(super) fn cut_short(rest: &str) -> bool {
    ["...", "..", "…", "***", "\\u2026", "xxx", "<", "[...", " ..."].iter().any(|mark| {
        rest.starts_with(mark)
            && (*mark != ".." || !rest.starts_with("../"))
            && (*mark != "<" || !rest.starts_with("</"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_templates_and_lookups_are_no_secrets() {
        for value in [
            "your-api-key",
            "YOUR_TOKEN_HERE",
            "xxxxxxxx",
            "<token>",
            "changeme",
            "${TOKEN}",
            "{{ token }}",
            "$TOKEN",
            "%TOKEN%",
            "os.environ['X']",
            "process.env.X",
            "op://vault/item/field",
            "vault:secret/data/x#y",
            "********",
            "none",
            "{api_key}",
            "[password]",
            "__TOKEN__",
            "sk-...",
            "arn:aws:secretsmanager:eu-west-1:1:secret:x",
        ] {
            assert!(no_secret(value).is_some(), "{value}");
        }
        let kind = crate::catalogue::credential::by_id("openai-project-key").unwrap();
        for variant in 0..300 {
            assert_eq!(no_secret(&crate::catalogue::fake::value(kind, variant)), None);
        }
    }

    #[test]
    fn a_chance_word_in_a_long_random_text_makes_no_placeholder() {
        let random = crate::catalogue::fake::from_shape("<alnum:30>", "chance", 1);
        let (head, tail) = random.split_at(15);
        let long = |middle: &str| format!("{head}{random}{middle}{random}{tail}");
        for middle in ["fake", "Mock", "todo", "aaaaaa"] {
            assert_eq!(no_secret(&long(middle)), None, "{middle}");
            assert!(no_secret(&format!("{head}{middle}")).is_some(), "{middle}");
        }
        for middle in ["-fake-", "_your_", "example", "xxxx", "aaaaaaaaaa"] {
            assert!(no_secret(&long(middle)).is_some(), "{middle}");
        }
    }
}
