//! Compiles `rules/models/frameworks/*.toml` into `frameworks.rs`. Input: the models. Output: one static
//! table of the types in `src/extract/agents/schema.rs`.

use std::fmt::Write;

use crate::fault::{Build, Fault};

type Text = String;
type List<T> = Vec<T>;

/// Writes a value as the Rust expression that the table holds.
trait Emit {
    fn emit(&self, out: &mut String);
}

impl Emit for String {
    fn emit(&self, out: &mut String) {
        let _ = write!(out, "{self:?}");
    }
}

impl Emit for bool {
    fn emit(&self, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

impl<T: Emit> Emit for Vec<T> {
    fn emit(&self, out: &mut String) {
        out.push_str("&[");
        for item in self {
            item.emit(out);
            out.push(',');
        }
        out.push(']');
    }
}

macro_rules! model {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident { $( $(#[$fmeta:meta])* pub $field:ident : $ty:ty, )* }
    )+) => { $(
        $(#[$meta])*
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name { $( $(#[$fmeta])* pub $field: $ty, )* }

        impl super::Emit for $name {
            fn emit(&self, out: &mut String) {
                out.push_str(concat!(stringify!($name), "{"));
                $( out.push_str(concat!(stringify!($field), ":")); super::Emit::emit(&self.$field, out); out.push(','); )*
                out.push('}');
            }
        }
    )+ };
}

#[path = "../../src/extract/agents/schema.rs"]
mod schema;

/// Slugs of languages that a model may name.
const LANGUAGES: &[&str] = &["python", "typescript", "javascript", "go", "java", "csharp", "kotlin"];

#[path = "../../src/catalogue/effects.rs"]
#[allow(dead_code, reason = "judges ask more of the table than whether it has a name")]
mod effects;

pub fn compile(build: &Build) -> Result<(), Fault> {
    let mut models: Vec<schema::Framework> = Vec::new();
    for path in build.files("models/frameworks", "toml")? {
        let text = build.read(&path)?;
        let mut model: schema::Framework =
            toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))?;
        check(&model).map_err(|message| Fault::new(&path, 0, message))?;
        model.case.clear();
        models.push(model);
    }
    let mut out = String::from("/// Every framework model, by file name.\npub static FRAMEWORKS: &[Framework] = ");
    models.emit(&mut out);
    out.push_str(";\n");
    let path = build.rules.join("models/effects.toml");
    let text = build.read(&path)?;
    let written: schema::Effects = toml::from_str(&text).map_err(|error| Fault::toml(&path, &text, 1, &error))?;
    if let Some(unknown) = written.call.iter().find(|e| effects::effect_of(&e.effect).is_none()) {
        return Err(Fault::new(&path, 0, format!("unknown effect {:?}", unknown.effect)));
    }
    out.push_str("/// What calls do.\npub static EFFECTS: Effects = ");
    written.emit(&mut out);
    out.push_str(";\n");
    build.write("frameworks.rs", &out)
}

fn check(model: &schema::Framework) -> Result<(), String> {
    if model.slug.is_empty() || model.title.is_empty() || model.checked.is_empty() || model.sources.is_empty() {
        return Err("a model names its slug, title, sources and the date they were checked".into());
    }
    if model.case.is_empty() {
        return Err("a model has test cases: [[case]]".into());
    }
    for sdk in &model.sdk {
        if sdk.packages.is_empty() || sdk.versions.is_empty() {
            return Err("each [[sdk]] names its packages and versions".into());
        }
        if let Some(unknown) = sdk.languages.iter().find(|l| !LANGUAGES.contains(&l.as_str())) {
            return Err(format!("unknown language {unknown:?}"));
        }
        let own = sdk.agent.iter().flat_map(|a| a.own.iter().chain(&a.named)).flat_map(|o| &o.effects);
        if let Some(unknown) =
            sdk.tool.iter().flat_map(|t| &t.effects).chain(own).find(|e| effects::effect_of(e).is_none())
        {
            return Err(format!("unknown effect {unknown:?}"));
        }
    }
    Ok(())
}
