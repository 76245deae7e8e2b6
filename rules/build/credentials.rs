//! `rules/models/credentials/*.toml` → `credentials.rs` in the build's output: the static table of
//! [`Kind`](nhiscan::catalogue::credential::Kind), and the literals that the match engine must look
//! for. A misspelt key, an unknown class, a shape that cannot be read or an id given twice stops the
//! build.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use super::fault::{Build, Fault, line_of};
use super::literals::{Gate, Literal};

#[path = "../../src/catalogue/shape.rs"]
mod shape;

/// One file: a provider with its kinds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    provider: String,
    name: String,
    source: String,
    checked: String,
    /// How the forms are known, unless a kind says otherwise.
    form: Option<String>,
    #[serde(default)]
    revoke: String,
    #[serde(default)]
    instead: String,
    kind: Vec<Kind>,
    /// Literals for other engines; read by `literals.rs`.
    #[serde(default, rename = "gate")]
    _gate: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    id: String,
    title: String,
    shape: String,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    prefix: Vec<String>,
    #[serde(default)]
    infix: Vec<String>,
    #[serde(default)]
    keywords: Vec<String>,
    /// `url`, `pem`, `jwt`, `header`, `line` or `assignment`: found by code, from these literals.
    reader: Option<String>,
    #[serde(default)]
    literals: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default)]
    alphabet: String,
    length: Option<Length>,
    pattern: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    entropy: f32,
    #[serde(default)]
    public: bool,
    expires: Option<bool>,
    revoke: Option<String>,
    instead: Option<String>,
    source: Option<String>,
    checked: Option<String>,
    form: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum Length {
    Exact(u16),
    Range([u16; 2]),
}

/// Writes the table and returns the literals of all kinds.
pub fn compile(build: &Build) -> Result<Vec<Literal>, Fault> {
    let mut code = String::from("/// Every kind, by file and position.\npub static KINDS: &[Kind] = &[\n");
    let mut literals = Vec::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut index = 0u16;
    for path in build.files("models/credentials", "toml")? {
        let text = build.read(&path)?;
        let provider: Provider = toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))?;
        for kind in &provider.kind {
            let at = line_of(&text, 0, &kind.id);
            if let Some(other) = seen.insert(kind.id.clone(), path.display().to_string()) {
                return Err(Fault::new(&path, at, format!("`{}` is also in {other}; one needs another id", kind.id)));
            }
            emit(&mut code, &provider, kind)
                .map_err(|error| Fault::new(&path, at, format!("`{}`: {error}", kind.id)))?;
            literals.extend(wanted(kind, index, (&path, &text)));
            index += 1;
        }
    }
    code.push_str("];\n");
    build.write("credentials.rs", &code)?;
    Ok(literals)
}

fn emit(code: &mut String, provider: &Provider, kind: &Kind) -> Result<(), String> {
    for shape in std::iter::once(&kind.shape).chain(&kind.near) {
        shape::parse(shape)?;
    }
    let found_by = found_by(kind)?;
    let alphabet = match kind.alphabet.as_str() {
        "" if kind.reader.is_some() || kind.pattern.is_some() => shape::class("graphic"),
        name => shape::class(name),
    }
    .ok_or_else(|| format!("alphabet `{}` is not a class; the classes are in src/catalogue/shape.rs", kind.alphabet))?;
    let (low, high) = match kind.length {
        Some(Length::Exact(n)) => (n, n),
        Some(Length::Range([low, high])) => (low, high),
        None if kind.reader.is_some() => (0, u16::MAX),
        None => return Err("`length` is missing: fewest and most characters after the prefix".into()),
    };
    let checksum = match kind.checksum.as_deref() {
        None => "None",
        Some("crc32-base62") => "Crc32Base62",
        Some("crc32-hex") => "Crc32Hex",
        Some(other) => return Err(format!("checksum `{other}` is not known; use crc32-base62 or crc32-hex")),
    };
    let prefixes = if kind.infix.is_empty() { &kind.prefix } else { &kind.infix };
    let source = kind.source.as_ref().unwrap_or(&provider.source);
    let checked = kind.checked.as_ref().unwrap_or(&provider.checked);
    let date = checked.len() == 10 && checked.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if !source.starts_with("https://") || !(date || checked == "not yet") {
        return Err("`source` must be a public page, and `checked` the date it was read or \"not yet\"".into());
    }
    let known = known(kind.form.as_ref().or(provider.form.as_ref()).map(String::as_str), date)?;
    let keywords: Vec<String> = kind.keywords.iter().map(|k| squashed(k)).collect();
    let revoke = kind.revoke.as_ref().unwrap_or(&provider.revoke);
    let instead = kind.instead.as_ref().unwrap_or(&provider.instead);
    writeln!(
        code,
        "Kind {{ id: {:?}, provider: {:?}, provider_name: {:?}, title: {:?}, found_by: FoundBy::{found_by}, \
         prefixes: &{prefixes:?}, keywords: &{keywords:?}, env: &{:?}, alphabet: {alphabet:#x}, \
         length: ({low}, {high}), pattern: {:?}, checksum: Checksum::{checksum}, entropy: {:?}f32, public: {}, \
         expires: {:?}, revoke: {revoke:?}, instead: {instead:?}, source: {source:?}, checked: {checked:?}, \
         known: Known::{known}, shape: {:?}, near: &{:?} }},",
        kind.id,
        provider.provider,
        provider.name,
        kind.title,
        kind.env,
        kind.pattern,
        kind.entropy,
        kind.public,
        kind.expires,
        kind.shape,
        kind.near,
    )
    .map_err(|e| e.to_string())
}

/// How the form is known; what was never looked up cannot say more than that.
fn known(form: Option<&str>, looked_up: bool) -> Result<&'static str, String> {
    match (form, looked_up) {
        (None, false) => Ok("Unchecked"),
        (Some("documented") | None, true) => Ok("Documented"),
        (Some("source"), true) => Ok("Source"),
        (Some("seen"), true) => Ok("Seen"),
        (Some("unstated"), true) => Ok("Unstated"),
        (Some(form), true) => Err(format!("form `{form}` is none of documented, source, seen, unstated")),
        (Some(_), false) => Err("`form` needs the date in `checked` on which its source was read".into()),
    }
}

fn found_by(kind: &Kind) -> Result<&'static str, String> {
    let ways = [!kind.prefix.is_empty(), !kind.infix.is_empty(), kind.reader.is_some()];
    match (ways, kind.reader.as_deref()) {
        ([true, false, false], _) => Ok("Prefix"),
        ([false, true, false], _) => Ok("Infix"),
        ([false, false, false], _) if !kind.keywords.is_empty() => Ok("Name"),
        ([false, false, true], Some("url")) => Ok("Url"),
        ([false, false, true], Some("pem")) => Ok("Pem"),
        ([false, false, true], Some("jwt")) => Ok("Jwt"),
        ([false, false, true], Some("header")) => Ok("Header"),
        ([false, false, true], Some("line")) => Ok("Line"),
        ([false, false, true], Some("assignment")) => Ok("Assignment"),
        _ => Err("give exactly one of `prefix`, `infix`, `reader`, or `keywords` alone".into()),
    }
}

/// Keywords are compared with names that have lost case and separators.
fn squashed(keyword: &str) -> String {
    keyword.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn wanted(kind: &Kind, model: u16, (page, source): (&Path, &str)) -> Vec<Literal> {
    let own = source.find(&format!("\"{}\"", kind.id)).unwrap_or(0);
    let credential = |text: &str, gate: Gate, cased: bool| Literal {
        text: text.to_owned(),
        topic: "credential".into(),
        gate,
        cased,
        frequent: kind.reader.is_some(),
        models: vec![model],
        page: page.to_owned(),
        line: line_of(source, own, text),
    };
    let mut all: Vec<Literal> = Vec::new();
    all.extend(kind.prefix.iter().map(|p| credential(p, Gate::Prefix, true)));
    all.extend(kind.infix.iter().map(|p| credential(p, Gate::Infix, true)));
    // Kinds known by name need no literals of their own, since those of the assignment reader find the name;
    // they have some where the name holds no word for a credential.
    let gate = |literal: &str| match kind.reader.as_deref() {
        Some("url") if literal.ends_with("//") => Gate::Url,
        Some("jwt") => Gate::Prefix,
        Some("assignment") | None if literal.ends_with(|c: char| c.is_ascii_alphanumeric()) => Gate::Name,
        _ => Gate::Free,
    };
    // A capital in a name's literal is the beginning of its last word (`adminKey: `).
    let cased = |literal: &str| match kind.reader.as_deref() {
        Some("jwt") => true,
        Some("assignment") => literal.bytes().any(|b| b.is_ascii_uppercase()),
        _ => false,
    };
    all.extend(kind.literals.iter().map(|l| credential(l, gate(l), cased(l))));
    all
}
