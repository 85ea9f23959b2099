//! What the ids in constraints mean: resources, tags, templates, sets of them.

use crate::index::ResourceIndex;
use crate::model::Work;
use cluster::{Configuration, References, ResourceSet, Role, Score};
use std::collections::BTreeMap;

/// Names for several resources at once, and what references stand for.
pub(super) struct Catalogue<'c> {
    several: BTreeMap<&'c str, Vec<&'c str>>,
    pub(super) references: References<'c>,
}

/// What an id in a constraint means.
pub(super) enum Meaning<'s> {
    Resource(ResourceIndex),
    Several(&'s [&'s str]),
}

/// A resource set, tags and templates in it replaced by what they stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Set<'c> {
    pub(super) id: &'c str,
    pub(super) is_sequential: bool,
    /// Whether members follow the next one, not the one before (the outdated `ordering`).
    pub(super) is_reversed: bool,
    pub(super) role: Option<Role>,
    pub(super) score: Option<Score>,
    pub(super) members: Vec<&'c str>,
}

impl<'c> Catalogue<'c> {
    /// The names of `configuration`; a template's before a tag's.
    pub(super) fn of(configuration: &'c Configuration) -> Self {
        let mut several: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for primitive in configuration.primitives() {
            if let Some(template) = &primitive.template {
                several.entry(template).or_default().push(&primitive.id);
            }
        }
        for tag in &configuration.tags {
            if !tag.members.is_empty() {
                let members = tag.members.iter().map(String::as_str);
                several.entry(&tag.id).or_insert_with(|| members.collect());
            }
        }
        Self { several, references: References::of(configuration) }
    }

    /// What `id` means; `None` when there is nothing of that name.
    pub(super) fn meaning<'s>(&'s self, work: &Work<'_>, id: &str) -> Option<Meaning<'s>> {
        match work.named(id) {
            Some(found) => Some(Meaning::Resource(found)),
            None => self.several.get(id).map(|members| Meaning::Several(members)),
        }
    }

    /// The sets of a constraint. When one member means nothing, tags in none of them are replaced.
    pub(super) fn sets(&self, work: &Work<'_>, sets: &'c [ResourceSet]) -> Vec<Set<'c>> {
        let resolved: Vec<_> =
            sets.iter().filter_map(|set| self.references.resource_set(set)).collect();
        let expanded: Option<Vec<Set<'c>>> =
            resolved.iter().map(|set| Some(read(set, self.expanded(work, set)?))).collect();
        expanded.unwrap_or_else(|| {
            let plain = |set: &&'c ResourceSet| set.members.iter().map(String::as_str).collect();
            resolved.iter().map(|set| read(set, plain(set))).collect()
        })
    }

    fn expanded(&self, work: &Work<'_>, set: &'c ResourceSet) -> Option<Vec<&'c str>> {
        let mut members = Vec::new();
        for id in &set.members {
            if work.named(id).is_some() {
                members.push(id.as_str());
            } else {
                members.extend(self.several.get(id.as_str())?);
            }
        }
        Some(members)
    }
}

fn read<'c>(set: &'c ResourceSet, members: Vec<&'c str>) -> Set<'c> {
    let ordering = set.extra.attribute("ordering");
    Set {
        id: &set.id,
        is_sequential: set.sequential.unwrap_or(true),
        is_reversed: ordering.is_some_and(|ordering| ordering != "group"),
        role: any_as_none(set.role),
        score: set.score,
        members,
    }
}

/// In constraints, `Started` means any role.
pub(super) fn any_as_none(role: Option<Role>) -> Option<Role> {
    role.filter(|role| *role != Role::Started)
}
