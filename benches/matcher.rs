//! The match engine over source text: the files of `NHISCAN_CORPUS` (at most 64 MiB of them), else this
//! repository's own. What counting line ends in the same bytes costs
//! stands beside it, as the floor.

#![allow(clippy::print_stderr, reason = "a bench says what it ran on")]

use std::path::Path;

use divan::counter::BytesCount;
use nhiscan::matcher::Matcher;

fn main() {
    divan::main();
}

fn corpus() -> Vec<Vec<u8>> {
    let root = std::env::var("NHISCAN_CORPUS").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned() + "/src");
    let mut files = Vec::new();
    let mut left = 64 << 20;
    collect(Path::new(&root), &mut files, &mut left);
    files
}

fn collect(folder: &Path, files: &mut Vec<Vec<u8>>, left: &mut usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.ends_with(".git") {
            collect(&path, files, left);
        } else if let Ok(text) = std::fs::read(&path)
            && memchr::memchr(0, &text[..text.len().min(8192)]).is_none()
            && text.len() <= *left
        {
            *left -= text.len();
            files.push(text);
        }
    }
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn scan(bencher: divan::Bencher<'_, '_>) {
    let files = corpus();
    let bytes: usize = files.iter().map(Vec::len).sum();
    let hits: usize = files.iter().map(|text| Matcher::scan(text).found.len()).sum();
    eprintln!("{} files, {bytes} bytes, {hits} hits", files.len());
    bencher.counter(BytesCount::new(bytes)).bench(|| files.iter().map(|t| Matcher::scan(t).found.len()).sum::<usize>());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn newlines(bencher: divan::Bencher<'_, '_>) {
    let files = corpus();
    let bytes: usize = files.iter().map(Vec::len).sum();
    let count = |text: &Vec<u8>| memchr::memchr_iter(b'\n', text).count();
    bencher.counter(BytesCount::new(bytes)).bench(|| files.iter().map(count).sum::<usize>());
}
