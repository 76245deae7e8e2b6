//! Objects of settings that are shown whole. Input: a module. Output: [`Objects`], which answers whether a value
//! shows all fields of one that has a credential among them.

use std::collections::{BTreeMap, BTreeSet};

use super::named::names_secret;
use crate::parse::Value;
use crate::parse::code::Code;
use crate::parse::code::ast::{Call, Class, Stmt, StmtKind};
use crate::parse::code::query::{blocks_of, each_part, values_of};
use crate::parse::value::Expr;

/// Bases and decorators of classes whose text shows every field.
/// <https://docs.python.org/3/library/dataclasses.html>, <https://docs.pydantic.dev/latest/concepts/models/>
/// (2026-11-25).
const SHOWING: [&str; 3] = ["BaseModel", "BaseSettings", "dataclass"];

/// Methods of a class that read an object of it out of something.
const READERS: [&str; 4] = ["model_validate", "model_validate_json", "parse_obj", "parse_raw"];

/// Methods that give all fields of an object.
const DUMPS: [&str; 5] = ["model_dump", "model_dump_json", "dict", "json", "__str__"];

/// Names under which an object of settings stands, with what is known of it.
#[derive(Debug, Default)]
pub(super) struct Objects<'m> {
    /// Owners of a field that is named after a credential and read as it is: `config` of `config.api_key`.
    read: BTreeSet<&'m str>,
    /// Owners of which a field is opened that masks itself.
    sealed: BTreeSet<&'m str>,
    /// Names, with the class that they are made of.
    made: BTreeMap<&'m str, &'m str>,
    /// Classes of this module that show every field, a credential among them.
    showing: BTreeSet<&'m str>,
    /// Classes of this module that do not.
    silent: BTreeSet<&'m str>,
    /// Names of objects that were read out of something by pydantic.
    validated: BTreeSet<&'m str>,
}

impl<'m> Objects<'m> {
    pub(super) fn of(code: &Code<'m>) -> Self {
        let mut found = Self::default();
        if code.module.language != crate::parse::code::ast::Language::Python {
            return found;
        }
        found.block(&code.module.body);
        for (function, _) in code.functions() {
            for param in &function.params {
                found.typed(&param.name, param.annotation.as_deref());
            }
        }
        found
    }

    /// Whether `value`, as a log writes it, shows the credential of an object.
    pub(super) fn shows(&self, value: &Value) -> bool {
        match value.as_expr() {
            Some(Expr::Reference(path)) => match path.strip_suffix(".__dict__") {
                Some(owner) => self.holds(owner),
                None => {
                    let known = self.made.get(&**path).is_some_and(|class| self.showing.contains(class));
                    known || self.validated.contains(&**path) && self.holds(path)
                }
            },
            Some(Expr::Call(call)) => self.dumped(call).is_some_and(|owner| self.holds(owner)),
            _ => false,
        }
    }

    /// Whether an object holds a credential that no type of it masks.
    fn holds(&self, owner: &str) -> bool {
        let class = self.made.get(owner);
        let known = class.is_some_and(|class| self.showing.contains(class));
        let silent = class.is_some_and(|class| self.silent.contains(class));
        known || !silent && self.read.contains(owner) && !self.sealed.contains(owner)
    }

    /// The object of which a call gives all fields: `config.model_dump()`, `asdict(config)`, `vars(config)`.
    fn dumped<'v>(&self, call: &'v Call) -> Option<&'v str> {
        let path = call.path()?;
        if matches!(path, "vars" | "asdict" | "dataclasses.asdict") {
            return call.positional(0)?.as_reference();
        }
        let (owner, method) = path.rsplit_once('.')?;
        let whole = call.keyword("exclude").is_none() && call.keyword("include").is_none();
        (DUMPS.contains(&method) && whole && method != "json").then_some(owner)
    }

    fn typed(&mut self, name: &'m str, annotation: Option<&'m str>) {
        let class = annotation.map(|ty| ty.trim_matches(['"', '\'']).split('|').next().unwrap_or(ty).trim());
        let class = class.map(|ty| ty.strip_prefix("Optional[").and_then(|t| t.strip_suffix(']')).unwrap_or(ty));
        if let Some(class) = class {
            self.make(name, class);
        }
    }

    /// What goes by one name in several functions is not known.
    fn make(&mut self, name: &'m str, class: &'m str) {
        let known = self.made.entry(name).or_insert(class);
        if *known != class {
            *known = "";
        }
    }

    fn block(&mut self, body: &'m [Stmt]) {
        for stmt in body {
            match &stmt.kind {
                StmtKind::Class(class) => self.class(class),
                StmtKind::Assign { targets, value, annotation } => {
                    for name in targets.iter().filter_map(Value::as_reference) {
                        self.typed(name, annotation.as_deref());
                        self.assigned(name, value);
                    }
                }
                _ => {}
            }
            for value in values_of(stmt) {
                each_part(value, &mut |part| self.fields(part));
            }
            blocks_of(stmt).into_iter().for_each(|block| self.block(block));
        }
    }

    fn assigned(&mut self, name: &'m str, value: &'m Value) {
        let Some(path) = value.as_call().and_then(Call::path) else { return };
        match path.rsplit_once('.') {
            Some((class, method)) if READERS.contains(&method) => {
                self.make(name, class);
                self.validated.insert(name);
            }
            None => {
                self.make(name, path);
            }
            _ => {}
        }
    }

    fn fields(&mut self, part: &'m Value) {
        let path = match part.as_expr() {
            Some(Expr::Reference(path)) => path,
            Some(Expr::Call(call)) => match call.path() {
                Some(path) => path,
                None => return,
            },
            _ => return,
        };
        let sealed = path.strip_suffix(".get_secret_value");
        let Some((owner, field)) = sealed.unwrap_or(path).rsplit_once('.') else { return };
        if names_secret(field) {
            if sealed.is_some() {
                self.sealed.insert(owner)
            } else {
                self.read.insert(owner)
            };
        }
    }

    fn class(&mut self, class: &'m Class) {
        let named = |value: &Value| {
            let path = value.as_call().map_or_else(|| value.as_reference(), Call::path);
            path.is_some_and(|path| SHOWING.contains(&path.rsplit('.').next().unwrap_or(path)))
        };
        let shows = class.bases.iter().chain(&class.decorators).any(named);
        let own = class.body.iter().any(|stmt| {
            matches!(&stmt.kind, StmtKind::Function(f) if matches!(&*f.name, "__repr__" | "__str__" | "__repr_args__"))
        });
        let open = class.body.iter().any(|stmt| {
            let StmtKind::Assign { targets, value, annotation } = &stmt.kind else { return false };
            let text = annotation.as_deref().is_some_and(|ty| ty.contains("str") && !ty.contains("Secret"));
            let hidden = value.as_call().and_then(|call| call.keyword("repr").or(call.keyword("exclude"))).is_some();
            text && !hidden && targets.iter().filter_map(Value::as_reference).any(names_secret)
        });
        if shows && open && !own {
            self.showing.insert(&class.name);
        } else if own || !open {
            self.silent.insert(&class.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::python;

    #[test]
    fn settings_that_are_shown_whole() {
        let class = "import logging\nfrom dataclasses import dataclass\nlog = logging.getLogger(__name__)\n@dataclass\nclass Config:\n  url: str\n  api_key: str = ''\n";
        let made = "def f():\n  config = Config('a', 'b')\n  log.info(f'with {config}')\n";
        assert_eq!(python(&format!("{class}{made}")), ["log  -"]);
        let masked = class.replace("api_key: str = ''", "api_key: str = field(repr=False)");
        assert!(python(&format!("{masked}{made}")).is_empty());
        let own = format!("{class}  def __repr__(self):\n    return self.url\n");
        assert!(python(&format!("{own}{made}")).is_empty());
        assert!(python(&format!("{class}{}", made.replace("{config}", "{config.url}"))).is_empty());
        let two = format!("{class}{made}def g(config: Page):\n  log.info(config)\n");
        assert!(python(&two).is_empty(), "one name, two classes");
        assert!(python(&format!("{}{made}", class.replace("@dataclass\n", ""))).is_empty());
    }

    #[test]
    fn settings_of_another_module() {
        let source = "import logging\nlog = logging.getLogger(__name__)\nclass A:\n  def start(self, text):\n    self.config = Config.model_validate_json(text)\n    log.info(f'config: {self.config}')\n    if not self.config.api_key:\n      raise ValueError\n";
        assert_eq!(python(source), ["log  -"]);
        assert!(python(&source.replace("self.config.api_key", "self.config.api_key.get_secret_value()")).is_empty());
        assert!(python(&source.replace("Config.model_validate_json(text)", "load(text)")).is_empty());
        let dumped = source.replace("{self.config}", "{self.config.model_dump()}");
        assert_eq!(python(&dumped), ["log  -"]);
        assert!(python(&dumped.replace("dump()", "dump(exclude={'api_key'})")).is_empty());
    }
}
