//! Which environment a path names.

use crate::walk::names::is_dotenv;

/// What environments are called, and the one name each is known by.
const NAMES: &[(&str, &str)] = &[
    ("dev", "dev"),
    ("develop", "dev"),
    ("development", "dev"),
    ("local", "local"),
    ("localhost", "local"),
    ("non-prod", "dev"),
    ("non_prod", "dev"),
    ("nonprod", "dev"),
    ("pre-prod", "staging"),
    ("pre_prod", "staging"),
    ("preprod", "staging"),
    ("preview", "preview"),
    ("prd", "prod"),
    ("prod", "prod"),
    ("production", "prod"),
    ("qa", "test"),
    ("sit", "test"),
    ("stage", "staging"),
    ("staging", "staging"),
    ("stg", "staging"),
    ("test", "test"),
    ("uat", "staging"),
];

/// Folders whose folders are environments.
const PARENTS: &[&str] = &[
    "clusters",
    "env",
    "environment",
    "environments",
    "envs",
    "live",
    "overlays",
    "stacks",
    "stages",
    "tenants",
    "vars",
    "values",
    "workspaces",
    "accounts",
    "tfvars",
];

/// The environment that `path` names: `dev`, `staging`, `prod`, `test`, `local` or `preview`. Only
/// where a name can mean one: the name of a configuration file, or a folder of such files; a Python
/// module called `dev.py` says nothing.
#[must_use]
pub fn environment_of(path: &str) -> Option<&'static str> {
    let path = path.to_ascii_lowercase();
    let mut names: Vec<&str> = path.split('/').collect();
    let name = names.pop()?;
    let configures = is_configuration(name);
    // `test` in a name speaks of tests more often than of an environment.
    let takes_test = is_dotenv(name) || name.ends_with("tfvars") || name.starts_with("appsettings.");
    if configures && let Some(found) = in_name(name).filter(|found| *found != "test" || takes_test) {
        return Some(found);
    }
    for at in (0..names.len()).rev() {
        let known = at.checked_sub(1).is_some_and(|parent| PARENTS.contains(&names[parent]));
        // `test` and `tests` are folders of tests unless their parent says otherwise.
        let found =
            if known { in_name(names[at]) } else { whole(names[at]).filter(|found| configures && *found != "test") };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn whole(word: &str) -> Option<&'static str> {
    NAMES.iter().find(|(name, _)| *name == word).map(|(_, known)| *known)
}

/// The last word of `name` that is an environment: `values-prod.yaml`, `.env.production.local` is
/// production.
fn in_name(name: &str) -> Option<&'static str> {
    let words = || name.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(whole);
    let joined = NAMES.iter().find(|(known, _)| known.contains(['-', '_']) && name.contains(known));
    if let Some((_, known)) = joined {
        return Some(known);
    }
    words().find(|found| *found != "local").or_else(|| words().next())
}

fn is_configuration(name: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "bicep",
        "bicepparam",
        "cfg",
        "conf",
        "config",
        "env",
        "hcl",
        "ini",
        "json",
        "json5",
        "jsonc",
        "properties",
        "tf",
        "tfbackend",
        "tfstate",
        "tfvars",
        "toml",
        "tofu",
        "xml",
        "yaml",
        "yml",
    ];
    let ending = name.rsplit('.').next().unwrap_or("");
    is_dotenv(name) || ENDINGS.contains(&ending) || name.starts_with("dockerfile") || name.starts_with("containerfile")
}
