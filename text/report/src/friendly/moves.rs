//! What people moved or banned by hand, as long as that counts.

use super::page::Page;
use cluster::{Constraint, Location, Preference, Score};
use scheduler::Situation;

/// Writes which resources are held where they are by a move or a ban, and how that ends.
pub(super) fn write(page: &mut Page, situation: &Situation<'_>) {
    let constraints = &situation.facts.configuration.constraints;
    let moved: Vec<(&str, String)> = constraints
        .iter()
        .filter_map(|constraint| match constraint {
            Constraint::Location(location) => Some((location.moved_by_hand()?, location)),
            _ => None,
        })
        .map(|(resource, location)| (resource, words(resource, location)))
        .collect();
    if moved.is_empty() {
        return;
    }
    page.heading("Moved by hand");
    let width = Page::column(moved.iter().map(|(resource, _)| *resource));
    for (resource, words) in &moved {
        page.entry(resource, width, words);
    }
}

fn words(resource: &str, location: &Location) -> String {
    let end = format!("`crm resource clear {resource}` ends that");
    match &location.preference {
        Preference::Node { node, score } if *score < Score::ZERO => {
            format!("kept away from {node}; {end}")
        }
        Preference::Node { node, .. } => format!("held on {node}; {end}"),
        Preference::Rules(_) => format!("for as long as its rule says; {end}"),
    }
}
