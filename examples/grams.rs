//! Counts folded 4-grams of a source tree and writes `rules/models/grams.bin`: for each slot of the
//! match engine's filter, how often the 4-grams that fall into it occur, as `8 * log2(1 + n)` with
//! `n` a count per 64 MiB of text. `cargo run --release --example grams -- DIR FILE`.

#[allow(dead_code, unreachable_pub, reason = "a module of the library, of which only a part is used here")]
#[path = "../src/matcher/gram.rs"]
mod gram;

use std::path::Path;

/// At most this much of one file, so that no single data file decides.
const HEAD: usize = 256 * 1024;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(dir), Some(out)) = (args.next(), args.next()) else {
        return Err(std::io::Error::other("usage: grams DIR FILE"));
    };
    let mut counts = vec![0u64; gram::SLOTS];
    let mut bytes = 0u64;
    count(Path::new(&dir), &mut counts, &mut bytes)?;
    let scale = (64.0 * 1024.0 * 1024.0) / bytes.max(1) as f64;
    let table: Vec<u8> = counts.iter().map(|&n| ((n as f64 * scale + 1.0).log2() * 8.0).round() as u8).collect();
    std::fs::write(out, table)
}

fn count(dir: &Path, counts: &mut [u64], bytes: &mut u64) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && entry.file_name() != ".git" {
            count(&entry.path(), counts, bytes)?;
        } else if kind.is_file() {
            let data = std::fs::read(entry.path())?;
            let text = &data[..data.len().min(HEAD)];
            if memchr::memchr(0, &text[..text.len().min(8192)]).is_some() {
                continue;
            }
            *bytes += text.len() as u64;
            for four in text.windows(4) {
                let x = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
                counts[gram::slot(gram::fold(x))] += 1;
            }
        }
    }
    Ok(())
}
