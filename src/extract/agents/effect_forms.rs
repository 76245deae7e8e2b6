//! What a call shows by the effects model. Input: the call with its full name, and what is looked for. Output: the
//! effects of the forms that name it and hold for what it is given, and whether it asks a person.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::args::Args;
use super::commands::{CLOUD_PROGRAMS, leading, open_command, program};
use super::model::{EFFECTS, EffectForm};
use super::names::{At, Names};
use super::sites::glob;
use super::{sql, walk};
use crate::parse::code::ast::{Call, Language};
use crate::parse::value::{Expr, Value};

/// The effects among those `looked_for` that a call shows by one of the forms, in the order of the model.
pub(super) fn of<'m>(
    call: &'m Call,
    full: Option<&str>,
    at: At,
    names: &Names<'m>,
    looked_for: impl Fn(&str) -> bool,
) -> Vec<&'static str> {
    let mut shown = Vec::new();
    let mut args = None;
    for form in PATTERNS.of(call.method(), full) {
        let form = &EFFECTS.call[form];
        if shown.contains(&form.effect) || !looked_for(form.effect) || !speaks(form.languages, names.language) {
            continue;
        }
        let args = args.get_or_insert_with(|| Args::of(call, at, names));
        if named(form, call, full) && (holds(form, args, at, names) || spread(form, call, at, names)) {
            shown.push(form.effect);
        }
    }
    shown
}

/// What a call that asks a person is called as a gate.
pub(super) fn asking(call: &Call, full: Option<&str>) -> Option<&'static str> {
    let ask = EFFECTS.ask.iter().find(|a| {
        let by_name = call.method().is_some_and(|m| a.methods.iter().any(|pattern| glob(pattern, m)));
        by_name || full.is_some_and(|full| a.calls.iter().any(|p| same_call(p, full)))
    });
    ask.map(|a| a.gate)
}

/// Effect forms by the last segment of what they name, so that few are looked at for a call.
struct Patterns {
    by_last: FxHashMap<&'static str, Vec<usize>>,
    open: Vec<(&'static str, usize)>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut patterns = Patterns { by_last: FxHashMap::default(), open: Vec::new() };
    for (form, effect) in EFFECTS.call.iter().enumerate() {
        for pattern in effect.calls.iter().chain(effect.methods) {
            let last = pattern.rsplit(['.', ':']).next().unwrap_or(pattern);
            if last.contains('*') {
                patterns.open.push((last, form));
            } else {
                patterns.by_last.entry(last).or_default().push(form);
            }
        }
    }
    patterns
});

impl Patterns {
    /// Forms that a call may have, in the order of the model.
    fn of(&self, method: Option<&str>, full: Option<&str>) -> Vec<usize> {
        let last = full.and_then(|f| f.rsplit(['.', ':']).next());
        let mut forms: Vec<usize> =
            [method, last].into_iter().flatten().filter_map(|l| self.by_last.get(l)).flatten().copied().collect();
        if let Some(last) = last {
            forms.extend(
                self.open.iter().filter(|(pattern, _)| *pattern == "*" || glob(pattern, last)).map(|(_, form)| *form),
            );
        }
        forms.sort_unstable();
        forms.dedup();
        forms
    }
}

fn speaks(languages: &[&str], language: Language) -> bool {
    languages.is_empty() || languages.contains(&language.slug())
}

fn named(form: &EffectForm, call: &Call, full: Option<&str>) -> bool {
    let loose = !form.methods.is_empty()
        && call.path().is_none_or(|p| p.contains('.'))
        && call.method().is_some_and(|m| form.methods.contains(&m))
        && (!form.values.contains(&"$sql") || sql::on_connection(call));
    loose || full.is_some_and(|full| form.calls.iter().any(|pattern| same_call(pattern, full)))
}

/// Whether `full` is what `pattern` says: the same first and last segments (a `*` at an end of the
/// last), the segments between in order, others may lie between.
fn same_call(pattern: &str, full: &str) -> bool {
    // Most patterns end otherwise, and to take them apart costs more than all the rest.
    if !pattern.ends_with('*') && pattern.as_bytes().last() != full.as_bytes().last() {
        return false;
    }
    let (module, path) = pattern.split_once(':').map_or(("", pattern), |(m, p)| (m, p));
    let path_of = |text| match module {
        "" => Some(text),
        module => {
            let (found, path): (&str, &str) = full.split_once(':')?;
            glob(module, found).then_some(path)
        }
    };
    let Some(full) = path_of(full) else { return false };
    let (head, last) = path.rsplit_once('.').unwrap_or(("", path));
    let (before, found) = full.rsplit_once('.').unwrap_or(("", full));
    if !(last == "*" || glob(last, found)) {
        return false;
    }
    let mut rest = before.split('.').filter(|s| !s.is_empty());
    let mut first = true;
    head.split('.').filter(|s| !s.is_empty() && *s != "*").all(|wanted| {
        let hit = if first && module.is_empty() {
            rest.next().is_some_and(|s| s == wanted)
        } else {
            rest.any(|s| s == wanted)
        };
        first = false;
        hit
    })
}

/// Whether the argument that the form looks at has one of its values.
fn holds<'m>(form: &EffectForm, args: &Args<'m>, at: At, names: &Names<'m>) -> bool {
    if form.arg.is_empty() {
        return true;
    }
    form.arg.iter().filter_map(|path| args.get(path, names)).any(|found| {
        let (value, value_at) = names.constant(found.value, found.at);
        form.values.iter().any(|wanted| match *wanted {
            "$param" => begins_with_parameter(value, if value_at == found.at { at } else { value_at }, names),
            "$sql" => {
                begins_with_parameter(value, if value_at == found.at { at } else { value_at }, names)
                    && sql::names_sql(found.value).or_else(|| sql::names_sql(value)).is_some()
            }
            "$literal" => value.scalar().is_some(),
            "$kept" => !temporary(found.value, value),
            "$computed" => value.scalar().is_none(),
            "$command" => open_command(value, names, value_at),
            "$cloud-command" => program(value, names, value_at).is_some_and(|p| CLOUD_PROGRAMS.contains(&p)),
            text => leading(value).is_some_and(|l| starts(l, text)),
        })
    })
}

/// Whether a command is handed over word by word from a list: `create_subprocess_exec(*args)`.
fn spread<'m>(form: &EffectForm, call: &'m Call, at: At, names: &Names<'m>) -> bool {
    let first = call.args.first().filter(|arg| arg.name.is_none()).and_then(|arg| arg.value.as_expr());
    let Some(Expr::Spread(list)) = first else { return false };
    let (value, at) = names.constant(list, at);
    // A name that is neither made here nor handed in goes over a list of commands.
    let known =
        value.as_reference().is_none_or(|path| names.parameter(path.split('.').next().unwrap_or(path), at).is_some());
    // What a function of this file puts together begins with what that one says.
    let built = value.as_call().and_then(Call::path).is_some_and(|path| names.function(path, at).is_some());
    known && !built && form.arg.contains(&"0") && form.values.contains(&"$command") && open_command(value, names, at)
}

/// Whether a path is a file that the function made for itself.
fn temporary(written: &Value, value: &Value) -> bool {
    let mut found = false;
    let temp = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.contains("temp") && !lower.contains("template") || lower.contains("tmp")
    };
    for one in [written, value] {
        walk::each(one, &mut |v| found |= v.as_reference().is_some_and(temp) || v.as_str().is_some_and(temp));
    }
    found
}

fn starts(text: &str, prefix: &str) -> bool {
    let text = text.trim_start();
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// Whether a value is, or begins with, something that the caller of the function chooses.
pub(super) fn begins_with_parameter(value: &Value, at: At, names: &Names<'_>) -> bool {
    match value.as_expr() {
        Some(Expr::Reference(path)) => {
            let root = path.split('.').next().unwrap_or(path);
            names.parameter(root, at).is_some()
                && !matches!(root, "self" | "this" | "cls" | "ctx" | "context" | "config")
        }
        Some(Expr::Template(parts)) => parts.first().is_some_and(|p| begins_with_parameter(p, at, names)),
        Some(Expr::Operation(op, parts)) if matches!(&**op, "+" | "." | "as") => {
            parts.first().is_some_and(|p| begins_with_parameter(p, at, names))
        }
        Some(Expr::Call(call)) => {
            let receiver = call.path().and_then(|p| p.split_once('.')).map(|(root, _)| root);
            receiver.is_some_and(|r| names.parameter(r, at).is_some() && !matches!(r, "self" | "this" | "cls"))
                || call.positional(0).is_some_and(|a| begins_with_parameter(a, at, names))
        }
        Some(Expr::Index(base, _)) => begins_with_parameter(base, at, names),
        Some(Expr::Choice { options, .. }) => options.iter().any(|o| begins_with_parameter(o, at, names)),
        _ => false,
    }
}
