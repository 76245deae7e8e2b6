//! Clients of tool servers and coding agents, compiled in from `rules/models/clients/`. Input: a path.
//! Output: what the file configures and which of its keys are switches.

use crate::facts::Switch;

include!(concat!(env!("OUT_DIR"), "/clients.rs"));

/// A coding agent or desktop client.
#[derive(Debug)]
pub struct Client {
    /// Framework slug.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    files: &'static [ConfigFile],
    switches: &'static [ClientSwitch],
}

/// A file that a client reads.
#[derive(Debug)]
pub struct ConfigFile {
    paths: &'static [&'static str],
    /// Key paths of maps or lists of tool servers; `*` stands for any key.
    pub servers: &'static [&'static [&'static str]],
    /// Key path of the secrets that the user is asked for.
    pub inputs: &'static [&'static str],
    /// Key path of hooks.
    pub hooks: &'static [&'static str],
    /// Key path of rules for which a person is asked.
    pub asks: &'static [&'static str],
    /// Key path of the tools that the agent is given.
    pub tools: &'static [&'static str],
    /// Whether the file declares an agent of its own (a sub-agent), and not the client.
    pub agent: bool,
}

/// A setting that opens or closes something.
#[derive(Debug)]
pub struct ClientSwitch {
    paths: &'static [&'static str],
    /// Its key path: `*` stands for any key, `[]` for each item of a list.
    pub key: &'static [&'static str],
    /// Keys that a `*` may stand for; empty for all.
    pub keys: &'static [&'static str],
    /// Environment variables that do the same.
    env: &'static [&'static str],
    values: &'static [&'static str],
    exact: bool,
    /// Whether the value is a list of words in one text.
    pub words: bool,
    /// Key path of what makes it harmless; empty when nothing does.
    pub unless_key: &'static [&'static str],
    /// Values there that do.
    pub unless_values: &'static [&'static str],
    /// As in the fact.
    pub effect: &'static str,
    /// As in the fact.
    pub covers: &'static str,
    /// As in the fact.
    pub honoured: &'static str,
}

impl ClientSwitch {
    /// Whether `value` is one that the switch is about. `*` alone stands for any, unless the values are
    /// meant literally.
    #[must_use]
    pub fn is(&self, value: &str) -> bool {
        self.values.iter().any(|known| *known == value || (!self.exact && *known == "*" && self.effect == "harden"))
    }

    /// The words that set it, where it is one: no truth value, and nothing that stands for others.
    pub fn spoken(&self) -> impl Iterator<Item = &'static str> {
        self.values.iter().copied().filter(|value| !matches!(*value, "true" | "false" | "*"))
    }
}

/// What the file at `path` configures, with the client that reads it.
pub fn files(path: &str) -> impl Iterator<Item = (&'static Client, &'static ConfigFile)> {
    CLIENTS.iter().flat_map(move |client| {
        client.files.iter().filter(move |file| matches(file.paths, path)).map(move |file| (client, file))
    })
}

/// The switches that may stand in the file at `path`.
pub fn switches(path: &str) -> impl Iterator<Item = (&'static Client, &'static ClientSwitch)> {
    CLIENTS.iter().flat_map(move |client| {
        client.switches.iter().filter(move |switch| matches(switch.paths, path)).map(move |switch| (client, switch))
    })
}

/// The switches that open something by one word in a settings file of a client's own folder, with that folder: what
/// a script may write.
pub fn in_folders() -> impl Iterator<Item = (&'static str, &'static Client, &'static ClientSwitch)> {
    CLIENTS.iter().flat_map(|client| client.switches.iter().map(move |switch| (client, switch))).filter_map(
        |(client, switch)| {
            let opens = matches!(switch.effect, "auto-approve" | "sandbox-off");
            let settings = |path: &&&str| path.starts_with('.') && !path.contains('*');
            let (folder, _) = switch.paths.iter().find(settings)?.split_once('/')?;
            let named = switch.key.last().is_some_and(|key| !matches!(*key, "[]" | "*"));
            (opens && named).then_some((folder, client, switch))
        },
    )
}

/// The switches that the environment variable `name` is when it is set to `value`.
#[must_use]
pub fn environment(name: &str, value: &str) -> Vec<Switch> {
    let all = CLIENTS.iter().flat_map(|client| client.switches.iter().map(move |switch| (client, switch)));
    all.filter(|(_, switch)| switch.env.contains(&name) && switch.is(value))
        .map(|(client, switch)| Switch::obeyed(client.slug, name, value, (switch.effect, switch.covers)))
        .collect()
}

/// Whether any client reads the file at `path`.
#[must_use]
pub fn reads(path: &str) -> bool {
    files(path).next().is_some() || switches(path).next().is_some()
}

fn matches(patterns: &[&str], path: &str) -> bool {
    patterns.iter().any(|pattern| ends_with(path, pattern))
}

/// The folder that the file at `path` configures a client for; none when no client reads it.
#[must_use]
pub fn base(path: &'static str) -> Option<&'static str> {
    let files = CLIENTS.iter().flat_map(|client| client.files.iter().map(|file| file.paths));
    let switches = CLIENTS.iter().flat_map(|client| client.switches.iter().map(|switch| switch.paths));
    let pattern = files.chain(switches).flatten().find(|pattern| ends_with(path, pattern))?;
    let segments = pattern.split('/').count();
    Some(path.rsplitn(segments + 1, '/').nth(segments).unwrap_or(""))
}

/// Whether the last segments of `path` are those of `pattern`, in which `*` stands for part of one.
fn ends_with(path: &str, pattern: &str) -> bool {
    let mut segments = path.rsplit('/');
    pattern.rsplit('/').all(|wanted| segments.next().is_some_and(|segment| fits(segment, wanted)))
}

fn fits(segment: &str, wanted: &str) -> bool {
    match wanted.split_once('*') {
        None => segment == wanted,
        Some((before, after)) => {
            segment.len() >= before.len() + after.len() && segment.starts_with(before) && segment.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_last_segments() {
        let slug = |path: &str| files(path).next().map(|(client, _)| client.slug);
        assert_eq!(slug("a/b/.cursor/mcp.json"), Some("cursor"));
        assert_eq!(slug(".claude/agents/review.md"), Some("claude-code"));
        assert_eq!(slug("x.code-workspace"), Some("vscode"));
        assert_eq!(slug("a/mcp.json"), None);
        assert_eq!(slug("my.mcp.json"), None);
    }

    #[test]
    fn files_of_one_folder_have_one_base() {
        assert_eq!(base("a/b/.claude/settings.json"), Some("a/b"));
        assert_eq!(base("a/b/.mcp.json"), Some("a/b"));
        assert_eq!(base(".mcp.json"), Some(""));
        assert_eq!(base("a/x.json"), None);
    }

    #[test]
    fn variables_switch_too() {
        assert_eq!(environment("GOOSE_MODE", "auto").len(), 1);
        assert!(environment("GOOSE_MODE", "approve").is_empty());
    }
}
