//! Names of variables, fields and parameters. Input: a name. Output: whether what it names is a credential.

/// Endings of names that hold a credential and nothing else, lower case without separators.
const ENDINGS: &[&str] = &[
    "apikey",
    "accesstoken",
    "refreshtoken",
    "bearertoken",
    "clientsecret",
    "secretaccesskey",
    "secretkey",
    "authtoken",
    "privatekey",
    "password",
    "apitoken",
    "jwttoken",
    "secretstring",
    "connectionstring",
    "signingkey",
    "webhooksecret",
    "sharedsecret",
];

/// Beginnings that make a name a question or a count.
const PREFIXES: &[&str] = &[
    "has", "is", "no", "num", "max", "min", "missing", "mask", "hide", "redact", "use", "require", "valid", "new",
    "forgot", "reset",
];

/// Whether a variable, field or parameter of this name holds a credential.
pub(super) fn names_secret(name: &str) -> bool {
    let first = name.split(['_', '-']).next().unwrap_or(name).to_ascii_lowercase();
    let flat: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let asks =
        PREFIXES.iter().any(|p| first == *p || name.strip_prefix(p).is_some_and(|r| r.starts_with(char::is_uppercase)));
    !asks && (ENDINGS.iter().any(|ending| flat.ends_with(ending)) || names_id_token(name))
}

/// Whether a name is that of an OpenID Connect ID token, which many services take for its bearer's login. The words
/// have to stand apart: `invalid_token` ends in the same letters.
fn names_id_token(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(lower.as_str(), "id_token" | "id-token" | "idtoken")
        || lower.ends_with("_id_token")
        || lower.ends_with("-id-token")
        || name.ends_with("IdToken")
}

/// Beginnings of variables that Vite, Next.js, Create React App, Expo, Nuxt, SvelteKit and Astro, and Gatsby write
/// into the scripts which every visitor is sent, as their documentation says (2026-11-25).
const BUNDLED: [&str; 7] =
    ["VITE_", "NEXT_PUBLIC_", "REACT_APP_", "EXPO_PUBLIC_", "NUXT_PUBLIC_", "PUBLIC_", "GATSBY_"];

/// Whether an environment variable of this name holds a credential.
pub(super) fn env_secret(name: &str) -> bool {
    if BUNDLED.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    let words: Vec<&str> = upper.split('_').collect();
    let last = words.last().copied().unwrap_or("");
    names_secret(name)
        || matches!(last, "KEY" | "TOKEN" | "SECRET" | "PASSWORD" | "PAT" | "PASSWD")
            && !(last == "KEY" && is_lookup(&words))
            && !upper.contains("PUBLIC")
            && !upper.contains("MAX")
}

/// Words before `KEY` that make it one under which something is looked up, sorted or stored.
const LOOKUPS: &[&str] = &[
    "CACHE",
    "SORT",
    "PARTITION",
    "PRIMARY",
    "FOREIGN",
    "DICT",
    "GROUP",
    "ORDER",
    "INDEX",
    "LOOKUP",
    "ROUTING",
    "IDEMPOTENCY",
    "DEDUPE",
    "OBJECT",
    "COLUMN",
    "FIELD",
    "ROW",
    "MAP",
];

/// Whether the words of a name that ends in `KEY` speak of a place in a table and of no credential.
fn is_lookup(words: &[&str]) -> bool {
    let before = words.len().checked_sub(2).and_then(|at| words.get(at));
    before.is_none_or(|word| LOOKUPS.contains(word))
}

/// Whether a name ends in `KEY` and says of no kind of credential that it is one: it may as well be a key under
/// which something is looked up, which its use shows.
pub(super) fn is_lookup_name(name: &str) -> bool {
    !names_secret(name) && name.to_ascii_uppercase().ends_with("KEY")
}
