//! The planted repository of `testdata/planted`, for `nhiscan demo`: its files as a static table, fakes
//! not yet expanded.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::fault::{Build, Fault};

pub fn compile(build: &Build) -> Result<(), Fault> {
    let root = build.rules.with_file_name("testdata").join("planted");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let mut table = String::from("static FILES: &[(&str, &str)] = &[\n");
    for file in &files {
        let relative = file.strip_prefix(&root).expect("it was found below the root");
        let shown = relative.to_string_lossy().replace('\\', "/");
        let _ = writeln!(table, "    ({shown:?}, include_str!({:?})),", file.display().to_string());
    }
    table.push_str("];\n");
    build.write("planted.rs", &table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
