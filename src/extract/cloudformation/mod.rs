//! CloudFormation and SAM templates, as YAML or JSON, written or synthesised. Input: documents with
//! `Resources`. Output: roles with grants and trusts, keys, functions, tasks, Bedrock agents and
//! AgentCore resources; intrinsic functions stay references by logical id.

mod agents;
mod identities;

use memchr::memmem;

use super::written::{intrinsic, name, written};
use super::{Reader, Sink};
use crate::catalogue::cloud;
use crate::facts::{EnvVar, Owner, Ref, RefKind, Sym};
use crate::parse::{Document, Kind, Value};
use crate::span::Span;

/// Reads templates.
pub const READER: Reader = Reader { name: "cloudformation", reads, read };

fn reads(document: &Document<'_>) -> bool {
    const TYPES: &[&str] =
        &["AWS::IAM::", "AWS::Lambda::Function", "AWS::Serverless::", "AWS::Bedrock", "AWS::ECS::TaskDefinition"];
    let has = |needle: &str| memmem::find(document.text.as_bytes(), needle.as_bytes()).is_some();
    matches!(document.kind, Kind::Yaml | Kind::Json) && has("Resources") && TYPES.iter().any(|t| has(t))
}

/// One resource.
struct Resource<'v> {
    id: &'v str,
    id_span: Span,
    kind: &'v str,
    properties: &'v Value,
}

/// One template.
struct Template<'v> {
    resources: Vec<Resource<'v>>,
    globals: Option<&'v Value>,
    parameters: Option<&'v Value>,
    text: &'v str,
    folder: &'v str,
    path: &'v str,
}

fn read(document: &Document<'_>, sink: &mut Sink<'_>) {
    for root in document.values() {
        let Some(list) = root.get("Resources") else { continue };
        let resources = list.entries().iter().filter_map(|entry| {
            let kind = entry.value.get("Type")?.as_str()?;
            let properties = entry.value.get("Properties")?;
            Some(Resource { id: &entry.key, id_span: entry.key_span, kind, properties })
        });
        let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let globals = root.at(&["Globals", "Function"]);
        let template = Template {
            resources: resources.collect(),
            globals,
            parameters: root.get("Parameters"),
            text: &document.text,
            folder,
            path: document.path,
        };
        identities::read(&template, sink);
        template.resources.iter().for_each(|resource| agents::read(&template, resource, sink));
    }
}

impl<'v> Template<'v> {
    /// The parameter that a value is a reference to, with what it is unless the stack is given another.
    fn default_of(&self, value: &Value) -> Option<(String, &'v Value)> {
        let id = intrinsic(value).filter(|(function, _)| *function == "Ref").and_then(|_| logical_id(value))?;
        let default = self.parameters?.get(&id)?.get("Default")?;
        Some((id, default))
    }
}

impl<'v> Resource<'v> {
    /// A property's name for the resource, else its logical id.
    fn named(&self, key: &str, text: &str) -> (Sym, Span) {
        self.properties.get(key).map_or((Sym::new(self.id), self.id_span), |v| (name(v, text), v.span))
    }

    fn owner(&self, template: &Template<'_>, workload: Sym, sink: &mut Sink<'_>) {
        let Some(tags) = self.properties.get("Tags") else { return };
        let listed = tags.items().iter().filter_map(|t| Some((written(t.get("Key")?, template.text), t.get("Value")?)));
        let mapped = tags.entries().iter().map(|e| (e.key.to_string(), &e.value));
        for (key, value) in listed.chain(mapped) {
            if matches!(key.to_lowercase().as_str(), "owner" | "team" | "squad" | "contact") {
                let owners = vec![name(value, template.text)];
                sink.add(value.span, Owner { pattern: workload, owners, source: Sym::new("tag") });
            }
        }
    }
}

/// A reference to an identity: a logical id, else a name or ARN.
fn identity(value: &Value, text: &str, sink: &Sink<'_>) -> Option<Ref> {
    let at = sink.place(value.span);
    if let Some(id) = logical_id(value) {
        return Some(Ref { kind: RefKind::Address, name: Sym::new(&id), at });
    }
    let name = name(value, text);
    (!name.is_empty()).then_some(Ref { kind: RefKind::Identity, name, at })
}

/// The logical id that `Ref`, `GetAtt` or a `Sub` of one hole names.
fn logical_id(value: &Value) -> Option<String> {
    let (function, argument) = intrinsic(value)?;
    let whole = match function {
        "Ref" => argument.scalar()?.to_owned(),
        "GetAtt" => argument.scalar().or_else(|| argument.items().first()?.scalar())?.to_owned(),
        "Sub" => argument.scalar()?.strip_prefix("${")?.strip_suffix('}')?.to_owned(),
        _ => return None,
    };
    let id = whole.split('.').next()?.to_owned();
    (!id.contains("::") && !id.contains('$')).then_some(id)
}

/// Environment variables of a function.
fn variables(map: Option<&Value>, text: &str, sink: &Sink<'_>) -> Vec<EnvVar> {
    let entries = map.map_or(&[][..], Value::entries);
    let env = |entry: &crate::parse::value::Entry| {
        let from = dynamic_secret(&entry.value, text).map(|name| Ref {
            kind: RefKind::Secret,
            name,
            at: sink.place(entry.value.span),
        });
        EnvVar { name: Sym::new(&entry.key), from, at: sink.place(entry.key_span) }
    };
    entries.iter().map(env).collect()
}

/// `{{resolve:secretsmanager:name:…}}`, or a reference to a secret's resource.
fn dynamic_secret(value: &Value, text: &str) -> Option<Sym> {
    let written = written(value, text);
    let rest = written.split("{{resolve:").nth(1)?;
    let mut parts = rest.split([':', '}']);
    let service = parts.next()?;
    matches!(service, "secretsmanager" | "ssm-secure" | "ssm").then(|| Sym::new(parts.next().unwrap_or("")))
}

/// Why a resource is taken for an agent's: a word of its name or of its logical id.
fn hint(what: &str, resource: &Resource<'_>, name: &str) -> Option<String> {
    let found = [cloud::agent_hint(what, name), cloud::agent_hint("logical id", resource.id)];
    cloud::strongest(found)
}

#[cfg(test)]
mod tests;
