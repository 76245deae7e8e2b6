//! Fields of an object that hold a credential though their names do not say so. Input: a module. Output: [`Fields`],
//! which answers for a path.

use std::collections::BTreeSet;

use super::incoming::is_credential;
use crate::extract::carries::masks;
use crate::extract::vocabulary::words;
use crate::parse::Value;
use crate::parse::code::ast::{Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part, values_of};
use crate::parse::value::{Expr, Node};

/// Words that a field has in its name when it may be what a service is shown.
const WORDS: [&str; 8] = ["token", "key", "secret", "auth", "bearer", "credential", "credentials", "pat"];

/// Fields of objects: `self.token` that goes out in `Authorization`, `self.headers` with a credential in them.
#[derive(Debug, Default)]
pub(super) struct Fields<'m>(BTreeSet<&'m str>);

impl<'m> Fields<'m> {
    pub(super) fn of(body: &'m [Stmt]) -> Self {
        let mut found = BTreeSet::new();
        read(body, &mut found);
        Self(found)
    }

    pub(super) fn hold(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}

fn read<'m>(body: &'m [Stmt], found: &mut BTreeSet<&'m str>) {
    for stmt in body {
        if let StmtKind::Assign { targets, value, .. } = &stmt.kind {
            for target in targets {
                match target.as_expr() {
                    Some(Expr::Reference(path)) if is_headers(path) && carries_login(value) => {
                        found.insert(path);
                    }
                    // `self.session.headers["Authorization"] = …`
                    Some(Expr::Index(base, key)) if is_header(key) => {
                        sent(value, found);
                        let kept = base.as_reference().filter(|path| is_headers(path) && value.as_str().is_none());
                        found.extend(kept);
                    }
                    _ => {}
                }
            }
        }
        for value in values_of(stmt) {
            each_part(value, &mut |part| {
                let entries = part.entries().iter().filter(|entry| is_login(&entry.key));
                entries.for_each(|entry| sent(&entry.value, found));
            });
        }
        blocks_of(stmt).into_iter().for_each(|block| read(block, found));
    }
}

/// The fields that a value of such a header is made of.
fn sent<'m>(value: &'m Value, found: &mut BTreeSet<&'m str>) {
    each_part(value, &mut |part| {
        let field = part.as_reference().filter(|path| path.starts_with("self.") || path.starts_with("this."));
        found.extend(field.filter(|path| {
            let last = path.rsplit('.').next().unwrap_or(path);
            words(last).iter().any(|word| WORDS.contains(&word.as_str()))
        }));
    });
}

/// A header by which a caller shows who it is, and no cookie.
fn is_login(name: &str) -> bool {
    is_credential(name) && !name.eq_ignore_ascii_case("cookie")
}

fn is_header(key: &Value) -> bool {
    key.as_str().is_some_and(is_login)
}

/// `self.headers`, `this.defaultHeaders`.
fn is_headers(path: &str) -> bool {
    (path.starts_with("self.") || path.starts_with("this.")) && path.to_ascii_lowercase().ends_with("headers")
}

/// Whether a record of headers is written here with a credential that is no text.
fn carries_login(value: &Value) -> bool {
    let Node::Map(entries) = &value.node else { return false };
    let held = |value: &Value| value.as_str().is_none() && !matches!(value.node, Node::Null);
    !masks(value, is_login) && entries.iter().any(|entry| is_login(&entry.key) && held(&entry.value))
}

#[cfg(test)]
mod tests {
    use super::super::tests::python;

    #[test]
    fn a_field_that_goes_out_as_a_login() {
        let class = "import logging\nlog = logging.getLogger(__name__)\nclass C:\n  def auth(self):\n    log.info(f'with {self.token}')\n    return {'Authorization': f'Bearer {self.token}'}\n";
        assert_eq!(python(class), ["log  -"]);
        assert!(python(&class.replace("'Authorization'", "'X-Page'")).is_empty());
        assert!(python(&class.replace("{self.token}')\n    return", "{self.name}')\n    return")).is_empty());
        let headers = "import logging\nlog = logging.getLogger(__name__)\nclass C:\n  def __init__(self):\n    self.headers = {'Authorization': 'Bearer ' + self.api_key}\n  def call(self):\n    log.info('headers: %s', self.headers)\n";
        assert_eq!(python(headers), ["log  -"]);
        assert!(python(&headers.replace("'Bearer ' + self.api_key", "'***'")).is_empty());
        let local = "import logging\nlog = logging.getLogger(__name__)\nclass C:\n  def call(self):\n    headers = {'Authorization': 'Bearer ' + self.api_key}\n    log.info(headers)\n";
        assert_eq!(python(local), ["log  -"]);
        assert!(python(&local.replace("log.info(headers)", "log.info(sorted(headers))")).is_empty());
        let both = "import logging\nlog = logging.getLogger(__name__)\nclass C:\n  def call(self):\n    url = self.api_key and self.url\n    log.info(url)\n";
        assert!(python(both).is_empty());
    }
}
