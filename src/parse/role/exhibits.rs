//! Repositories that are made of examples. Input: the sources. Output: which of them hold next to no code
//! but examples: what people copy from there is the product, and no illustration of one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Role;
use crate::walk::Sources;

/// Files of code in the languages that agents are written in.
const CODE: [&str; 13] = ["py", "ipynb", "ts", "tsx", "js", "mjs", "go", "java", "kt", "cs", "rs", "rb", "scala"];
/// Fewer files of code say nothing of a repository.
const FEWEST: usize = 10;

/// The repositories of a run that are made of examples.
#[derive(Debug, Clone, Default)]
pub struct Exhibits(Vec<usize>);

impl Exhibits {
    /// Counts the code of each repository: nine of ten files in folders of examples make it one of examples.
    #[must_use]
    pub fn find(sources: &Sources) -> Self {
        let mut code: BTreeMap<usize, Vec<Cow<'_, str>>> = BTreeMap::new();
        for source in &sources.list {
            // A folder of examples that is scanned alone says nothing of the repository around it.
            if sources.repositories.get(source.repository).is_some_and(|r| !r.inside.is_empty()) {
                continue;
            }
            let path = sources.path_in_repository(source);
            if path.rsplit_once('.').is_some_and(|(_, ending)| CODE.contains(&ending)) {
                code.entry(source.repository).or_default().push(path);
            }
        }
        Self(code.into_iter().filter(|(_, paths)| is_of_examples(paths)).map(|(repository, _)| repository).collect())
    }

    /// The role that an example of `repository` has in truth.
    #[must_use]
    pub fn role(&self, repository: usize, role: (Role, &'static str)) -> (Role, &'static str) {
        if role.0 == Role::Example && self.0.contains(&repository) {
            (Role::Product, "the repository is made of examples, which people copy")
        } else {
            role
        }
    }
}

/// Whether nine of ten of these files are examples; those that are neither example nor product say nothing.
fn is_of_examples(paths: &[Cow<'_, str>]) -> bool {
    let (mut products, mut examples) = (0, 0);
    for path in paths {
        match super::of(path, "").0 {
            Role::Product => products += 1,
            Role::Example => examples += 1,
            _ => {}
        }
        // Most repositories are not, and one in ten of their files says so.
        if products * 10 > paths.len() {
            return false;
        }
    }
    let all = products + examples;
    all >= FEWEST && examples * 10 >= all * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role_in(files: &[(&str, usize)]) -> Role {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, count) in files {
            for at in 0..*count {
                let file = folder.path().join(format!("{path}/f{at}.py"));
                std::fs::create_dir_all(file.parent().expect("a parent")).expect("created");
                std::fs::write(file, "").expect("written");
            }
        }
        let request = crate::cli::request::Request { roots: vec![folder.path().into()], ..Default::default() };
        let sources = crate::walk::sources(&request).expect("walked");
        Exhibits::find(&sources).role(sources.list[0].repository, (Role::Example, "in a folder of examples")).0
    }

    #[test]
    fn samples_are_the_product_of_a_repository_of_samples() {
        assert_eq!(role_in(&[("samples/python", 12), ("tests", 5)]), Role::Product);
        assert_eq!(role_in(&[("examples", 12), ("src", 4)]), Role::Example);
        assert_eq!(role_in(&[("examples", 3)]), Role::Example);
    }
}
