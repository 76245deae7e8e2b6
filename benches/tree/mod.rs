//! A generated tree of known size: folders of plain source, configuration and prose, made from a fixed
//! seed, with the planted repository among them once in a thousand files. The same number of files
//! gives the same bytes everywhere.

use std::fs;
use std::io;
use std::path::Path;

/// One copy of the planted repository for so many files.
const PLANTED_EVERY: usize = 1000;
const FOLDER: usize = 50;

const WORDS: &[&str] = &[
    "order", "client", "request", "value", "index", "config", "result", "handle", "stream", "parse", "token", "user",
    "session", "name", "count", "buffer", "reader", "writer", "select", "update", "invoice", "region", "report",
    "table", "column", "filter", "query", "service", "worker", "queue", "message", "event", "widget", "layout", "page",
    "label", "customer", "address", "payment", "status", "history", "archive", "folder", "source", "target", "version",
    "option",
];

/// Writes a tree of about `files` files below `root`.
pub(crate) fn write(root: &Path, files: usize) -> io::Result<()> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for at in 0..files {
        if at % PLANTED_EVERY == PLANTED_EVERY / 2 {
            let folder = root.join(format!("services/desk{at}"));
            nhiscan::demo::lay_out(&folder).map_err(|error| io::Error::other(error.to_string()))?;
        }
        let folder = root.join(format!("part{}", at / FOLDER));
        if at % FOLDER == 0 {
            fs::create_dir_all(&folder)?;
        }
        let (name, text) = file(&mut dice, at);
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

fn file(dice: &mut Dice, at: usize) -> (String, String) {
    let lines = 20 + dice.below(180);
    let (ending, line): (&str, fn(&mut Dice) -> String) = match dice.below(10) {
        0..=3 => ("py", python),
        4..=6 => ("ts", typescript),
        7 => ("md", prose),
        8 => ("yaml", yaml),
        _ => ("go", go),
    };
    let text: String = (0..lines).map(|_| line(dice) + "\n").collect();
    (format!("{}_{at}.{ending}", dice.word()), text)
}

fn python(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!("def {}_{}({}, {}=None):", dice.word(), dice.word(), dice.word(), dice.word()),
        1 => format!("    {} = {}.{}({}[\"{}\"])", dice.word(), dice.word(), dice.word(), dice.word(), dice.word()),
        2 => format!("    # the {} of a {} is kept until the {} ends", dice.word(), dice.word(), dice.word()),
        _ => format!("    return {{\"{}\": {}, \"{}\": {}}}", dice.word(), dice.below(1000), dice.word(), dice.word()),
    }
}

fn typescript(dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => format!(
            "export const {} = ({}: string) => {}.{}({});",
            dice.word(),
            dice.word(),
            dice.word(),
            dice.word(),
            dice.word()
        ),
        1 => format!("  if ({}.{} > {}) return {};", dice.word(), dice.word(), dice.below(100), dice.word()),
        _ => format!("import {{ {} }} from './{}/{}';", dice.word(), dice.word(), dice.word()),
    }
}

fn go(dice: &mut Dice) -> String {
    format!("\t{}, err := {}.{}(ctx, {})", dice.word(), dice.word(), dice.word(), dice.word())
}

fn yaml(dice: &mut Dice) -> String {
    format!("{}_{}: {}", dice.word(), dice.below(100_000), dice.word())
}

fn prose(dice: &mut Dice) -> String {
    (0..10).map(|_| dice.word()).collect::<Vec<_>>().join(" ")
}

/// A small generator of numbers (splitmix64): enough for words, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn word(&mut self) -> &'static str {
        WORDS[usize::try_from(self.below(WORDS.len() as u64)).unwrap_or(0)]
    }
}
