//! `nhiscan.toml`: what a repository says about its own scan. Input: the file at the root, or the one
//! named on the command line. Output: [`Config`]. It may narrow what is read and judged, never execute
//! anything; on a change it is read from the base, so that a change cannot switch off its own check.

use std::collections::BTreeMap;
use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Deserialize;
use toml::Spanned;

use crate::catalogue::RULES;
use crate::error::Error;
use crate::parse::Role;

/// The file's name at the root of a scan.
pub const NAME: &str = "nhiscan.toml";

/// Settings of a repository.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Paths that are not read.
    pub exclude: GlobSet,
    /// Rules that are not reported, by id.
    pub disabled: Vec<&'static str>,
    /// Roles that paths are given, whatever they look like; the last match wins.
    pub roles: Vec<(GlobSet, Role)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    exclude: Vec<Spanned<String>>,
    disable: Vec<Spanned<String>>,
    roles: BTreeMap<Spanned<String>, Spanned<String>>,
}

impl Config {
    /// Reads `text`, the content of `path`.
    ///
    /// # Errors
    /// When it is no TOML, or names a key, rule, role or pattern that does not exist.
    pub fn read(path: &str, text: &str) -> Result<Self, Error> {
        let fault = |at: usize, reason: String, step: &str| {
            let before = text.get(..at).unwrap_or("");
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count());
            Error::Config {
                path: path.to_owned(),
                line: u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX),
                column: u32::try_from(column + 1).unwrap_or(u32::MAX),
                reason,
                step: step.to_owned(),
            }
        };
        let written: Written = toml::from_str(text).map_err(|e| {
            let at = e.span().map_or(0, |span| span.start);
            fault(at, e.message().to_owned(), "the keys are exclude, disable and [roles]")
        })?;
        let glob = |pattern: &Spanned<String>| {
            Glob::new(pattern.get_ref()).map_err(|e| {
                fault(pattern.span().start, e.to_string(), "write it as in .gitignore, for example legacy/**")
            })
        };
        let mut exclude = GlobSetBuilder::new();
        for pattern in &written.exclude {
            exclude.add(glob(pattern)?);
        }
        let mut config = Self { exclude: set(&exclude), ..Self::default() };
        for id in &written.disable {
            let known = RULES.iter().find(|r| r.id == id.get_ref() || r.aliases.contains(&id.get_ref().as_str()));
            let missing =
                || fault(id.span().start, format!("no rule `{}`", id.get_ref()), "`nhiscan rules` lists them");
            config.disabled.push(known.ok_or_else(missing)?.id);
        }
        for (pattern, role) in &written.roles {
            let known = Role::ALL.iter().find(|r| r.slug() == role.get_ref());
            let names = || Role::ALL.map(Role::slug).join(", ");
            let missing = || {
                fault(role.span().start, format!("no role `{}`", role.get_ref()), &format!("choose one of {}", names()))
            };
            let mut one = GlobSetBuilder::new();
            one.add(glob(pattern)?);
            config.roles.push((set(&one), *known.ok_or_else(missing)?));
        }
        Ok(config)
    }

    /// Reads the file at `path`, when the user named it, or at `root`, when there is one.
    ///
    /// # Errors
    /// As [`Self::read`]; also when a file that the user named cannot be read.
    pub fn load(path: Option<&Path>, root: &Path) -> Result<Self, Error> {
        let found = path.map_or_else(|| root.join(NAME), Path::to_owned);
        match std::fs::read_to_string(&found) {
            Ok(text) => Self::read(&found.display().to_string(), &text),
            Err(_) if path.is_none() => Ok(Self::default()),
            Err(error) => {
                Err(Error::Path { path: found, reason: error.to_string(), step: "check the path given to --config" })
            }
        }
    }

    /// The role given to `path`, if any.
    #[must_use]
    pub fn role(&self, path: &str) -> Option<Role> {
        self.roles.iter().rev().find(|(paths, _)| paths.is_match(path)).map(|&(_, role)| role)
    }
}

fn set(globs: &GlobSetBuilder) -> GlobSet {
    globs.build().expect("each pattern was compiled already")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_narrows_paths_rules_and_roles() {
        let rule = RULES[0].id;
        let text = format!("exclude = [\"legacy/**\"]\ndisable = [\"{rule}\"]\n[roles]\n\"labs/**\" = \"lab\"\n");
        let config = Config::read(NAME, &text).unwrap();
        assert!(config.exclude.is_match("legacy/a/b.py") && !config.exclude.is_match("src/a.py"));
        assert_eq!(config.disabled, [rule]);
        assert_eq!(config.role("labs/x/y.py"), Some(Role::Lab));
        assert_eq!(config.role("src/y.py"), None);
    }

    #[test]
    fn faults_name_their_place() {
        let place = |text: &str| match Config::read(NAME, text) {
            Err(Error::Config { line, column, reason, .. }) => (line, column, reason),
            other => panic!("{other:?}"),
        };
        assert_eq!((place("exclude = []\nexclde = []").0, place("exclude = []\nexclde = []").1), (2, 1));
        let (line, column, reason) = place("disable = [\n  \"secrets/nothing\",\n]");
        assert_eq!((line, column), (2, 3));
        assert!(reason.contains("secrets/nothing"), "{reason}");
        assert!(place("[roles]\n\"a\" = \"toy\"").2.contains("toy"));
        assert!(place("exclude = [\"a[\"]").2.contains('['));
    }
}
