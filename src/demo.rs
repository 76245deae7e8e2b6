//! The planted repository, compiled in. Input: an empty folder. Output: a small repository in it with
//! every fault and its look-alike, the fakes expanded: in our own tree no credential stands.

use std::fs;
use std::path::Path;

use crate::catalogue::fake;
use crate::error::Error;

include!(concat!(env!("OUT_DIR"), "/planted.rs"));

/// Path and text of every file, fakes expanded.
pub fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(|(path, text)| (*path, fake::expand(text)))
}

/// Lays the repository out in `folder`, which must be empty or not there yet.
///
/// # Errors
/// When `folder` holds something or cannot be written.
pub fn lay_out(folder: &Path) -> Result<(), Error> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::Path {
            path: folder.to_owned(),
            reason: "there is something in it already".into(),
            step: "name an empty or a new folder",
        });
    }
    for (path, text) in files() {
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| Error::Write { path, reason: error.to_string() })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fake_of_the_planted_repository_is_known() {
        for (path, text) in files() {
            assert!(!text.contains("{{fake:"), "{path} names a fake that no model has");
        }
        assert!(FILES.iter().any(|(_, text)| text.contains("{{fake:")));
    }
}
