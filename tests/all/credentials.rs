//! Recall and false alarms on a sample of the documented credentials; `examples/credentials.rs` prints
//! the whole of it.

use std::collections::BTreeSet;

#[path = "../measure/mod.rs"]
#[allow(dead_code)]
mod measure;

use measure::negatives;
use measure::placing::{OWN_FILES, PLACEMENTS};

/// Each kind in one placement of this many: its number decides which, so that together they meet all.
const STRIDE: usize = 12;

#[test]
fn documented_credentials_are_found_where_people_put_them() {
    let kinds = measure::documented();
    let cells = measure::recall(&kinds, 1, |kind, placement, _| (kind + placement) % STRIDE == 0);
    let mut share = measure::Share::default();
    let mut missed = BTreeSet::new();
    for cell in &cells {
        share.add(cell.hit);
        if !cell.hit {
            missed.insert(format!("{} in {}", kinds[cell.kind].kind, cell.placement));
        }
    }
    assert!(cells.len() > kinds.len(), "the sample meets every kind");
    assert!(share.percent() >= measure::RECALL_FLOOR, "{:.1} % of the sample are found: {missed:#?}", share.percent());
}

#[test]
fn what_is_no_credential_is_not_reported() {
    let set = negatives::all();
    let alarms = negatives::alarms(&set, 1);
    let mut share = measure::Share::default();
    let mut wrong = BTreeSet::new();
    for alarm in &alarms {
        share.add(alarm.alarm);
        if alarm.alarm {
            wrong.insert(format!("line {} ({}) in {}", alarm.negative + 1, set[alarm.negative].class, alarm.path));
        }
    }
    assert!(share.percent() <= measure::FALSE_ALARM_CEILING, "{:.2} % are reported: {wrong:#?}", share.percent());
}

#[test]
fn the_sets_are_well_formed() {
    let kinds = measure::documented();
    let names: BTreeSet<&str> = kinds.iter().map(|kind| kind.kind.as_str()).collect();
    assert_eq!(names.len(), kinds.len(), "a kind is there twice");
    let placements: BTreeSet<&str> = PLACEMENTS.iter().chain(OWN_FILES).map(|placement| placement.name).collect();
    for kind in &kinds {
        assert!(["documented", "sdk", "example"].contains(&kind.form.as_str()), "{}: {}", kind.kind, kind.form);
        assert!(kind.source.starts_with("https://"), "{}: no source", kind.kind);
        assert!(
            kind.only.iter().chain(&kind.also).all(|name| placements.contains(name.as_str())),
            "{}: no such placement",
            kind.kind
        );
        let (one, other) =
            (measure::making::value(&kind.shape, &kind.kind, 1), measure::making::value(&kind.shape, &kind.kind, 2));
        assert_ne!(one, other, "{}: its values are all the same", kind.kind);
        assert!(!one.contains("<") || one.contains("<?"), "{}: a part of its shape is not understood", kind.kind);
    }
}

#[test]
fn files_of_the_measure_are_product_code() {
    let value = measure::making::value("<alnum:40>", "role", 1);
    let sample = measure::placing::Sample::new("acme", None, value);
    let (names, files): (Vec<_>, Vec<_>) = PLACEMENTS
        .iter()
        .chain(OWN_FILES)
        .filter_map(|placement| Some((placement.name, placement.put(&sample)?)))
        .unzip();
    for (name, role) in names.iter().zip(measure::scanning::roles(&files)) {
        assert_eq!(role.as_str(), "product", "{name}");
    }
}
