//! Input: `rules/controls/*.json` (catalogues), `rules/controls/map/` (families of finding, labels that
//! are no ids) and `rules/controls/not-visible.toml`. Output: `controls.rs` with `CATALOGUES`, `LABELS`
//! and `NOT_VISIBLE`, and [`Controls`] for the pages.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use super::fault::{Build, Fault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    id: String,
    name: String,
    version: String,
    organization: String,
    source_url: String,
    guid: String,
    #[serde(default, rename = "license")]
    _license: String,
    #[serde(default, rename = "note")]
    _note: String,
    #[serde(default, rename = "partial")]
    _partial: bool,
    controls: Vec<ControlEntry>,
}

#[derive(Deserialize)]
struct ControlEntry {
    id: String,
    title: String,
    short: String,
    url: String,
    guid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    #[serde(rename = "about")]
    _about: String,
    families: Vec<Family>,
}

/// One family of finding with the controls it bears on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    id: String,
    #[serde(rename = "title")]
    _title: String,
    evidence: String,
    classes: Vec<Target>,
    controls: Vec<Target>,
    supporting: Vec<Target>,
    #[serde(default, rename = "why")]
    _why: String,
    #[serde(default, rename = "caution")]
    _caution: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Target {
    catalogue: String,
    id: String,
    #[serde(default)]
    when: Option<String>,
}

#[derive(Deserialize)]
struct LabelFile {
    aliases: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    framework: String,
    label: String,
    said: String,
    status: String,
    why: String,
    means: Vec<Meaning>,
    does_not_mean: Vec<Meaning>,
}

#[derive(Deserialize)]
struct Meaning {
    catalogue: String,
    id: String,
    reason: String,
}

/// A control's place in the generated tables.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Index of the catalogue.
    pub catalogue: usize,
    /// Index of the control in it.
    pub control: usize,
}

/// A control that a rule bears on.
#[derive(Clone)]
pub struct Mapped {
    /// The control.
    pub at: At,
    /// SARIF relationship kind.
    pub kind: &'static str,
    /// Context gate.
    pub when: Option<String>,
}

/// Everything that pages can refer to.
pub struct Controls {
    ids: Vec<String>,
    known: BTreeMap<(String, String), At>,
    families: BTreeMap<String, Vec<Mapped>>,
}

impl Controls {
    /// The control named `catalogue:id`.
    pub fn find(&self, name: &str) -> Result<At, String> {
        let Some((catalogue, id)) = name.split_once(':') else {
            return Err(format!("control `{name}` is not written as `catalogue:id`"));
        };
        self.get(catalogue, id).ok_or_else(|| match self.ids.iter().any(|known| known == catalogue) {
            true => format!("unknown control `{id}` in catalogue `{catalogue}`"),
            false => format!("unknown catalogue `{catalogue}`; known: {}", self.ids.join(", ")),
        })
    }

    /// The controls of a family of the finding map.
    pub fn family(&self, name: &str) -> Result<&[Mapped], String> {
        self.families.get(name).map(Vec::as_slice).ok_or_else(|| {
            let known: Vec<&str> = self.families.keys().map(String::as_str).collect();
            format!("unknown family `{name}` of rules/controls/map/finding-map.json; known: {}", known.join(", "))
        })
    }

    /// The id of a catalogue.
    pub fn catalogue(&self, at: At) -> &str {
        &self.ids[at.catalogue]
    }

    fn get(&self, catalogue: &str, id: &str) -> Option<At> {
        self.known.get(&(catalogue.to_owned(), id.to_owned())).copied()
    }
}

/// Writes `controls.rs`.
pub fn compile(build: &Build) -> Result<(), Fault> {
    let (controls, catalogues) = read(build)?;
    let mut out = String::new();
    write_catalogues(&catalogues, &mut out);
    write_labels(build, &controls, &mut out)?;
    write_not_visible(build, &controls, &mut out)?;
    build.write("controls.rs", &out)
}

/// Reads and checks the controls, for the pages.
pub fn load(build: &Build) -> Result<Controls, Fault> {
    read(build).map(|(controls, _)| controls)
}

fn read(build: &Build) -> Result<(Controls, Vec<CatalogueFile>), Fault> {
    let mut catalogues: Vec<CatalogueFile> = Vec::new();
    let mut guids = BTreeMap::new();
    let mut known = BTreeMap::new();
    let folder = build.rules.join("controls");
    for path in build.files("controls", "json")?.iter().filter(|path| path.parent() == Some(&folder)) {
        let file: CatalogueFile = json(build, path)?;
        for guid in std::iter::once(&file.guid).chain(file.controls.iter().map(|control| &control.guid)) {
            if guids.insert(guid.clone(), ()).is_some() {
                return Err(Fault::new(path, 0, format!("guid {guid} stands twice")));
            }
        }
        for (control, entry) in file.controls.iter().enumerate() {
            let at = At { catalogue: catalogues.len(), control };
            if known.insert((file.id.clone(), entry.id.clone()), at).is_some() {
                return Err(Fault::new(path, 0, format!("control {} stands twice", entry.id)));
            }
        }
        catalogues.push(file);
    }
    let ids = catalogues.iter().map(|file| file.id.clone()).collect();
    let mut controls = Controls { ids, known, families: BTreeMap::new() };
    read_map(build, &mut controls)?;
    Ok((controls, catalogues))
}

fn read_map(build: &Build, controls: &mut Controls) -> Result<(), Fault> {
    let path = build.rules.join("controls/map/finding-map.json");
    let map: MapFile = json(build, &path)?;
    for family in map.families {
        let class = if family.evidence == "absence" { "relevant" } else { "superset" };
        let classes = family.classes.iter().map(|target| (target, class));
        let rest = family.controls.iter().chain(&family.supporting).map(|target| (target, "relevant"));
        let mut mapped = Vec::new();
        for (target, kind) in classes.chain(rest) {
            let at = controls.get(&target.catalogue, &target.id).ok_or_else(|| {
                let what = format!("family {}: unknown control {}:{}", family.id, target.catalogue, target.id);
                Fault::new(&path, 0, what)
            })?;
            mapped.push(Mapped { at, kind, when: target.when.clone() });
        }
        controls.families.insert(family.id, mapped);
    }
    Ok(())
}

fn json<T: serde::de::DeserializeOwned>(build: &Build, path: &Path) -> Result<T, Fault> {
    let text = build.read(path)?;
    serde_json::from_str(&text).map_err(|error| Fault::new(path, error.line(), error.to_string()))
}

fn write_catalogues(catalogues: &[CatalogueFile], out: &mut String) {
    for (at, file) in catalogues.iter().enumerate() {
        let _ = writeln!(out, "static CONTROLS_{at}: [Control; {}] = [", file.controls.len());
        for c in &file.controls {
            let _ = writeln!(
                out,
                "    Control {{ id: {:?}, title: {:?}, short: {:?}, url: {:?}, guid: {:?} }},",
                c.id, c.title, c.short, c.url, c.guid
            );
        }
        out.push_str("];\n");
    }
    let _ = writeln!(out, "/// Every catalogue, by id.\npub static CATALOGUES: [Catalogue; {}] = [", catalogues.len());
    for (at, f) in catalogues.iter().enumerate() {
        let _ = writeln!(
            out,
            "    Catalogue {{ id: {:?}, name: {:?}, version: {:?}, organization: {:?}, url: {:?}, guid: {:?}, controls: &CONTROLS_{at} }},",
            f.id, f.name, f.version, f.organization, f.source_url, f.guid
        );
    }
    out.push_str("];\n");
}

/// The Rust expression of a reference to a control, as `catalogue, control` fields.
pub fn fields(at: At) -> String {
    format!("catalogue: &CATALOGUES[{0}], control: &CONTROLS_{0}[{1}]", at.catalogue, at.control)
}

fn write_labels(build: &Build, controls: &Controls, out: &mut String) -> Result<(), Fault> {
    let path = build.rules.join("controls/map/aliases.json");
    let file: LabelFile = json(build, &path)?;
    let meanings = |list: &[Meaning]| -> Result<String, Fault> {
        let mut text = String::new();
        for m in list {
            let at = controls
                .get(&m.catalogue, &m.id)
                .ok_or_else(|| Fault::new(&path, 0, format!("unknown control {}:{}", m.catalogue, m.id)))?;
            let _ = write!(text, "Meaning {{ {}, reason: {:?} }}, ", fields(at), m.reason);
        }
        Ok(text)
    };
    out.push_str("/// Labels that are no control ids.\npub static LABELS: &[Label] = &[\n");
    for l in &file.aliases {
        let (means, not) = (meanings(&l.means)?, meanings(&l.does_not_mean)?);
        let _ = writeln!(
            out,
            "    Label {{ framework: {:?}, label: {:?}, said: {:?}, status: {:?}, why: {:?}, means: &[{means}], does_not_mean: &[{not}] }},",
            l.framework, l.label, l.said, l.status, l.why
        );
    }
    out.push_str("];\n");
    Ok(())
}

fn write_not_visible(build: &Build, controls: &Controls, out: &mut String) -> Result<(), Fault> {
    let path = build.rules.join("controls/not-visible.toml");
    let text = build.read(&path)?;
    let reasons: BTreeMap<String, String> = toml::from_str(&text).map_err(|e| Fault::toml(&path, &text, 1, &e))?;
    out.push_str(
        "/// Controls that source code cannot show, with the reason.\npub static NOT_VISIBLE: &[Meaning] = &[\n",
    );
    for (name, reason) in &reasons {
        let at = controls.find(name).map_err(|message| {
            let line = text.lines().position(|line| line.contains(name.as_str())).map_or(0, |at| at + 1);
            Fault::new(&path, line, message)
        })?;
        let _ = writeln!(out, "    Meaning {{ {}, reason: {reason:?} }},", fields(at));
    }
    out.push_str("];\n");
    Ok(())
}
