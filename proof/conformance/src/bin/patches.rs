//! `cargo run --release -p conformance --bin patches [CASE...]`: patches between recorded CIBs and
//! what random changes make of them. Each has to give what it was made for, and be the one that the
//! installed `crm_diff` makes, where there is one; differences are shown.

use base::Rng;
use cib::{Base, Change, Order, Patch};
use cluster::{Element, ExtraNode};
use std::path::Path;
use std::process::{Command, ExitCode};

/// How often each CIB is changed.
const CHANGES: u64 = 4;
/// The feature set of the CIBs: older ones are compared in another format.
const FEATURE_SET: &str = "3.16.1";

#[derive(Debug, Default)]
struct Totals {
    made: usize,
    wrong: usize,
    compared: usize,
    /// Those of the other that do not give what they were made for, mostly because of twins.
    lossy: usize,
    other: usize,
}

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let Some(cases) = conformance::cases() else {
        eprintln!("CONFORMANCE does not name a folder with clusters in scheduler/xml");
        return ExitCode::from(2);
    };
    let mut totals = Totals::default();
    for case in cases.iter().filter(|case| wanted.is_empty() || wanted.contains(&case.name)) {
        let Ok(old) = cib::read_element(&case.text) else {
            println!("{}: cannot be read", case.name);
            continue;
        };
        let old = prepared(old);
        for seed in 0..CHANGES {
            let mut new = old.clone();
            fuzz::mutate(&mut new, &mut Rng::new(seed));
            let name = format!("{} {seed}", case.name);
            try_patch(&name, &old, &prepared(new), &mut totals);
        }
    }
    let Totals { made, wrong, compared, lossy, other } = totals;
    println!("{made} patches, {wrong} give something else than they were made for");
    println!(
        "{compared} compared with crm_diff: {lossy} of its own do not fit, {other} are others"
    );
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The tree with the feature set, and without text, of which patches know nothing.
fn prepared(mut root: Element) -> Element {
    fn without_text(element: &mut Element) {
        element.extra.children.retain(|child| !matches!(child, ExtraNode::Text(_)));
        for child in &mut element.extra.children {
            if let ExtraNode::Element(child) = child {
                without_text(child);
            }
        }
    }
    without_text(&mut root);
    root.extra.attributes.retain(|(name, _)| name != "crm_feature_set");
    root.extra.attributes.push(("crm_feature_set".to_owned(), FEATURE_SET.to_owned()));
    root
}

fn try_patch(name: &str, old: &Element, new: &Element, totals: &mut Totals) {
    let Ok(patch) = Patch::between(old, new, Order::Matters) else { return };
    totals.made += 1;
    let sent = Patch::from_element(&patch.to_element());
    let applied = sent.and_then(|sent| sent.apply(old, Base::Any));
    if applied.as_ref() != Ok(new) {
        totals.wrong += 1;
        println!("{name}: gives something else: {:?}", applied.err());
    }
    let Some(theirs) = peer(old, new) else { return };
    totals.compared += 1;
    if patch.changes == theirs.changes {
        return;
    }
    if theirs.apply(old, Base::Any).as_ref() == Ok(new) {
        totals.other += 1;
        show_difference(name, &patch.changes, &theirs.changes);
    } else {
        totals.lossy += 1;
    }
}

fn show_difference(name: &str, ours: &[Change], theirs: &[Change]) {
    let at = ours.iter().zip(theirs).position(|(one, other)| one != other);
    let at = at.unwrap_or_else(|| ours.len().min(theirs.len()));
    println!("{name}: change {at}\n  ours:   {:?}\n  theirs: {:?}", ours.get(at), theirs.get(at));
}

/// What the installed `crm_diff` makes, read as ours is.
fn peer(old: &Element, new: &Element) -> Option<Patch> {
    let folder = std::env::temp_dir();
    let file = |name: &str| folder.join(format!("systole-patches-{}-{name}", std::process::id()));
    let (before, after) = (file("old"), file("new"));
    let write = |path: &Path, element| std::fs::write(path, cib::write_element(element)).ok();
    write(&before, old)?;
    write(&after, new)?;
    let mut command = Command::new("crm_diff");
    let run =
        command.arg("-o").arg(&before).arg("-n").arg(&after).env("LC_ALL", "C.UTF-8").output();
    let _ = std::fs::remove_file(&before);
    let _ = std::fs::remove_file(&after);
    let run = run.ok()?;
    let text = String::from_utf8(run.stdout).ok()?;
    match run.status.code() {
        Some(0) => Some(Patch::default()),
        Some(1) => {
            let mut diff = cib::read_element(&text).ok()?;
            // What it says of versions that are no numbers is no number, either.
            diff.extra.children.remove(0);
            Patch::from_element(&diff).ok()
        }
        _ => None,
    }
}
