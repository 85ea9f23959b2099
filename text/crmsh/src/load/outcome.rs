//! The configuration as a text leaves it.

use super::{Loader, Mode};
use crate::diagnostic::Diagnostic;
use cluster::{Configuration, Edit, Object};

/// Options that the cluster writes, not people: a text without them does not take them away.
const KEPT_OPTIONS: [&str; 4] =
    ["dc-version", "cluster-infrastructure", "cluster-name", "have-watchdog"];

/// What stays of a configuration that is replaced: its nodes, and what the cluster itself wrote.
pub(super) fn remainder(old: &Configuration) -> Configuration {
    let mut properties = old.properties.clone();
    for set in &mut properties {
        set.pairs.retain(|pair| KEPT_OPTIONS.contains(&pair.name.as_str()));
    }
    properties.retain(|set| !set.pairs.is_empty());
    Configuration {
        version: old.version,
        nodes: old.nodes.clone(),
        properties,
        extra: old.extra.clone(),
        ..Configuration::default()
    }
}

impl Loader<'_> {
    /// What the edits make of what is there.
    pub(super) fn outcome(&mut self) -> Result<Configuration, Diagnostic> {
        let mut outcome = self.base.clone();
        if self.mode == Mode::Replace {
            assemble(&mut outcome, &self.edits);
        } else if let Err(refusal) = outcome.apply(&self.edits) {
            let id = match &refusal {
                cluster::Refusal::Unknown { id }
                | cluster::Refusal::Taken { id, .. }
                | cluster::Refusal::InUse { id, .. }
                | cluster::Refusal::Changed { id } => id,
            };
            let position = self.about.get(id).map(|about| about[0].position).unwrap_or_default();
            return Err(Diagnostic::error(position, refusal.to_string(), ""));
        }
        if self.mode == Mode::Replace {
            self.arrange_sections(&mut outcome);
        }
        Ok(outcome)
    }
}

/// A whole configuration at once. One object after the other would be looked for among all those
/// before it.
fn assemble(outcome: &mut Configuration, edits: &[Edit]) {
    let version = outcome.version;
    for edit in edits {
        match edit {
            Edit::Put(object) => add(outcome, object.as_ref().clone()),
            edit => {
                // Orders come last, removals name nothing that is left.
                let _ = outcome.apply(std::slice::from_ref(edit));
            }
        }
    }
    outcome.version = version;
    outcome.version.epoch += 1;
    outcome.version.num_updates = 0;
}

fn add(outcome: &mut Configuration, object: Object) {
    match object {
        Object::Resource(resource) => outcome.resources.push(resource),
        Object::Constraint(constraint) => outcome.constraints.push(constraint),
        Object::Tag(tag) => outcome.tags.push(tag),
        Object::FencingLevel(level) => outcome.fencing_levels.push(level),
        Object::Opaque(section, element) => outcome.opaque.push((section, element)),
        object => {
            // Nodes and options may have stayed; there are few of them.
            let _ = outcome.apply(&[Edit::Put(Box::new(object))]);
        }
    }
}
