//! Which file a module name means, as Python packages and TypeScript relative imports name them.

use rustc_hash::FxHashMap;

use crate::facts::{FileId, Sym};

const EXTENSIONS: &[&str] = &["py", "ts", "tsx", "js", "jsx", "mjs", "mts", "cjs", "cts", "ipynb"];
const INDEX: &[&str] = &["__init__", "index"];

/// Code files by their path without extension (and without `__init__` or `index`).
#[derive(Debug, Default)]
pub(super) struct Modules {
    by_stem: FxHashMap<&'static str, Vec<FileId>>,
    by_tail: FxHashMap<&'static str, Vec<(&'static str, FileId)>>,
    /// Files of the languages that put one class in a file, by its name.
    by_class: FxHashMap<&'static str, Vec<(&'static str, FileId)>>,
}

impl Modules {
    pub(super) fn new(paths: &[Sym]) -> Self {
        let mut modules = Self::default();
        for (at, path) in paths.iter().enumerate() {
            let file = FileId::new(at);
            if let Some(stem) = path.as_str().strip_suffix(".java").or_else(|| path.as_str().strip_suffix(".kt")) {
                modules.by_class.entry(stem.rsplit('/').next().unwrap_or(stem)).or_default().push((stem, file));
            }
            let Some(stem) = stem(path.as_str()) else { continue };
            modules.by_stem.entry(stem).or_default().push(file);
            let tail = stem.rsplit('/').next().unwrap_or(stem);
            modules.by_tail.entry(tail).or_default().push((stem, file));
        }
        modules
    }

    /// The file that `module` means when it is imported in the file at `from`.
    pub(super) fn file(&self, from: &str, module: &str) -> Option<FileId> {
        if module.starts_with("./") || module.starts_with("../") {
            return self.at(&join(from, module));
        }
        if let Some(rest) = module.strip_prefix('.') {
            let up = rest.bytes().take_while(|&b| b == b'.').count();
            let name = rest[up..].replace('.', "/");
            return self.at(&join(from, &format!("./{}{name}", "../".repeat(up))));
        }
        let slashed = if module.contains('/') {
            module.trim_start_matches(['@', '~', '/']).into()
        } else {
            module.replace('.', "/")
        };
        self.nearest(from, &slashed)
    }

    /// The file of the class that `name` (`com.example.Tools`, or `./Tools` of the same folder) means in the file at
    /// `from`.
    pub(super) fn class(&self, from: &str, name: &str) -> Option<FileId> {
        if name.starts_with("./") {
            let path = join(from, name);
            let found = self.by_class.get(path.rsplit('/').next()?)?;
            return found.iter().find(|(stem, _)| *stem == path).map(|&(_, file)| file);
        }
        let tail = name.replace('.', "/");
        let shared = |stem: &str| stem.split('/').zip(from.split('/')).take_while(|(a, b)| a == b).count();
        let found = self.by_class.get(tail.rsplit('/').next()?)?.iter();
        let fits =
            found.filter(|(stem, _)| stem.strip_suffix(&*tail).is_some_and(|b| b.is_empty() || b.ends_with('/')));
        fits.max_by_key(|(stem, file)| (shared(stem), std::cmp::Reverse(*file))).map(|&(_, file)| file)
    }

    fn at(&self, path: &str) -> Option<FileId> {
        let bare = stem(path).unwrap_or(path);
        let folder = path.strip_suffix("/index").unwrap_or(path);
        [path, bare, folder].iter().find_map(|p| self.by_stem.get(p)?.first().copied())
    }

    /// The file whose stem ends with `tail` and shares most folders with `from`.
    fn nearest(&self, from: &str, tail: &str) -> Option<FileId> {
        let last = tail.rsplit('/').next()?;
        let shared = |stem: &str| stem.split('/').zip(from.split('/')).take_while(|(a, b)| a == b).count();
        self.by_tail
            .get(last)?
            .iter()
            .filter(|(stem, _)| {
                stem.ends_with(tail)
                    && (stem.len() == tail.len() || stem.as_bytes()[stem.len() - tail.len() - 1] == b'/')
            })
            .max_by_key(|(stem, file)| (shared(stem), std::cmp::Reverse(stem.len()), std::cmp::Reverse(*file)))
            .map(|&(_, file)| file)
    }
}

/// The modules that a qualified name may begin with, longest first: `a.b.C.m` is `C.m` of `a.b`, or `m` of
/// `a.b.C`.
pub(super) fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let (before, _) = rest.rsplit_once('.')?;
        rest = before;
        (!before.is_empty() && !before.ends_with(['.', '/'])).then_some(before)
    })
}

fn stem(path: &str) -> Option<&str> {
    let (stem, extension) = path.rsplit_once('.')?;
    if !EXTENSIONS.contains(&extension) {
        return None;
    }
    Some(INDEX.iter().find_map(|i| stem.strip_suffix(i)?.strip_suffix('/')).unwrap_or(stem))
}

/// `relative` (beginning with `./` or `../`) seen from the file at `from`.
pub(super) fn join(from: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules() -> (Modules, Vec<Sym>) {
        let paths: Vec<Sym> =
            ["a/app/__init__.py", "a/app/tools.py", "b/app/tools.py", "web/src/lib/tools.ts", "web/src/agent/index.ts"]
                .into_iter()
                .map(Sym::new)
                .collect();
        (Modules::new(&paths), paths)
    }

    #[test]
    fn modules_are_found_as_languages_name_them() {
        let (modules, paths) = modules();
        let path = |from: &str, module: &str| modules.file(from, module).map(|f| paths[f.0 as usize].as_str());
        assert_eq!(path("a/main.py", "app.tools"), Some("a/app/tools.py"));
        assert_eq!(path("b/main.py", "app.tools"), Some("b/app/tools.py"));
        assert_eq!(path("b/app/agent.py", ".tools"), Some("b/app/tools.py"));
        assert_eq!(path("a/app/sub/agent.py", "..tools"), Some("a/app/tools.py"));
        assert_eq!(path("a/main.py", "app"), Some("a/app/__init__.py"));
        assert_eq!(path("web/src/agent/index.ts", "../lib/tools"), Some("web/src/lib/tools.ts"));
        assert_eq!(path("web/src/agent/index.ts", "../lib/tools.js"), Some("web/src/lib/tools.ts"));
        assert_eq!(path("web/src/main.ts", "./agent"), Some("web/src/agent/index.ts"));
        assert_eq!(path("web/src/main.ts", "./agent/index"), Some("web/src/agent/index.ts"));
        assert_eq!(path("web/src/main.ts", "@/lib/tools"), Some("web/src/lib/tools.ts"));
        assert_eq!(path("a/main.py", "os.path"), None);
    }

    #[test]
    fn a_class_is_found_by_its_package_and_beside_its_user() {
        let paths: Vec<Sym> = ["src/main/java/demo/Tools.java", "src/main/java/demo/Main.java", "other/demo/Tools.kt"]
            .map(Sym::new)
            .into();
        let modules = Modules::new(&paths);
        let path = |from: &str, name: &str| modules.class(from, name).map(|f| paths[f.0 as usize].as_str());
        assert_eq!(path("src/main/java/demo/Main.java", "./Tools"), Some("src/main/java/demo/Tools.java"));
        assert_eq!(path("src/main/java/web/Api.java", "demo.Tools"), Some("src/main/java/demo/Tools.java"));
        assert_eq!(path("src/main/java/web/Api.java", "./Tools"), None);
        assert_eq!(path("src/main/java/web/Api.java", "else.Tools"), None);
    }
}
