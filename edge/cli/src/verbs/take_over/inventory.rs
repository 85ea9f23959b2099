//! What runs where.

use crate::picture::Picture;
use cluster::Role;
use std::collections::BTreeMap;

/// The roles of services, by primitive and node. Fence devices are left out: to run means another
/// thing for them, and nothing is lost when they are started anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inventory(BTreeMap<(String, String), Role>);

impl Inventory {
    /// Of what a picture shows.
    pub(crate) fn of(picture: &Picture) -> Self {
        let situation = picture.situation();
        let mut found = BTreeMap::new();
        for (_, resource) in situation.resources.iter() {
            let Some(definition) = &resource.definition else { continue };
            if !resource.is_primitive() || resource.agent.is_fencing() {
                continue;
            }
            for node in &resource.running_on {
                let place = (definition.id.clone(), situation.nodes[*node].name.clone());
                // Of several instances on a node the highest role counts.
                let role = found.entry(place).or_insert(resource.role);
                *role = (*role).max(resource.role);
            }
        }
        Self(found)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// How `now` is different from it, a line each; empty where it is the same.
    pub(crate) fn differences(&self, now: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((resource, node), role) in &self.0 {
            match now.0.get(&(resource.clone(), node.clone())) {
                Some(there) if there == role => {}
                Some(there) => {
                    lines.push(format!("{resource} was {role} on {node} and is {there}"));
                }
                None => {
                    lines.push(format!("{resource} was {role} on {node} and is not found there"));
                }
            }
        }
        let new = now.0.iter().filter(|(place, _)| !self.0.contains_key(place));
        lines.extend(new.map(|((resource, node), role)| {
            format!("{resource} is {role} on {node} and was not there")
        }));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_as_it_was_is_told() {
        let of = |items: &[(&str, &str, Role)]| {
            let place = |(resource, node, role): &(&str, &str, Role)| {
                (((*resource).to_owned(), (*node).to_owned()), *role)
            };
            Inventory(items.iter().map(place).collect())
        };
        let before = of(&[
            ("a", "n1", Role::Started),
            ("b", "n1", Role::Promoted),
            ("c", "n2", Role::Started),
        ]);
        assert!(before.differences(&before).is_empty());
        let after = of(&[
            ("a", "n1", Role::Started),
            ("b", "n1", Role::Unpromoted),
            ("c", "n1", Role::Started),
        ]);
        assert_eq!(
            before.differences(&after),
            [
                "b was Promoted on n1 and is Unpromoted",
                "c was Started on n2 and is not found there",
                "c is Started on n1 and was not there",
            ]
        );
    }
}
