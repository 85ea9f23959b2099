//! Where the site says that nobody has to look whether a resource is active.

use crate::State;
use cluster::{Constraint, Discovery, Location, LocationTarget, Preference};

impl State {
    /// Whether a probe has to answer before `primitive` counts as inactive on the node named `node`.
    ///
    /// It need not where the site gives its word that it cannot be there: `enable-startup-probes` is
    /// off, or a location constraint that names the node says `resource-discovery=never`, or one
    /// that names another says `exclusive`. Rules and patterns are not taken for such a word: they
    /// may mean something else by the time that it matters.
    pub(crate) fn is_looked_for(&self, primitive: &str, node: &str) -> bool {
        if !self.configuration.is_property_on("enable-startup-probes") {
            return false;
        }
        let words: Vec<(&str, Discovery)> = self
            .configuration
            .constraints
            .iter()
            .filter_map(|constraint| match constraint {
                Constraint::Location(location) if self.is_about(location, primitive) => {
                    word(location)
                }
                _ => None,
            })
            .collect();
        let says = |meant: Discovery| words.contains(&(node, meant));
        let is_exclusive = words.iter().any(|(_, discovery)| *discovery == Discovery::Exclusive);
        !says(Discovery::Never) && (!is_exclusive || says(Discovery::Exclusive))
    }

    fn is_about(&self, location: &Location, primitive: &str) -> bool {
        let names = |id: &str| {
            let around = self.configuration.resource(id);
            id == primitive || around.is_some_and(|around| around.ids().contains(&primitive))
        };
        match &location.target {
            LocationTarget::Resource(id) => match self.configuration.tag(id) {
                Some(tag) => tag.members.iter().any(|member| names(member)),
                None => names(id),
            },
            LocationTarget::Sets(sets) => {
                sets.iter().flat_map(|set| &set.members).any(|member| names(member))
            }
            LocationTarget::Pattern(_) => false,
        }
    }
}

/// Which node it names, and what it says of looking there.
fn word(location: &Location) -> Option<(&str, Discovery)> {
    match &location.preference {
        Preference::Node { node, .. } => Some((node, location.discovery?)),
        Preference::Rules(_) => None,
    }
}
