//! The colocations that count for a resource: its own, and those of what it is inside of.

use crate::index::ResourceIndex;
use crate::model::{Kind, Work};
use cluster::Score;

/// The side of a colocation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The resource follows.
    Follows,
    /// The resource leads.
    Leads,
}

/// The colocations in which `resource` follows, most important first.
pub(super) fn follows(work: &Work<'_>, resource: ResourceIndex) -> Vec<usize> {
    let mut list = Vec::new();
    Chain { work, from: resource, side: Side::Follows }.collect(resource, &mut list);
    list
}

/// The colocations in which `resource` leads, most important first.
pub(super) fn leads(work: &Work<'_>, resource: ResourceIndex) -> Vec<usize> {
    let mut list = Vec::new();
    Chain { work, from: resource, side: Side::Leads }.collect(resource, &mut list);
    list
}

struct Chain<'w, 'a> {
    work: &'w Work<'a>,
    from: ResourceIndex,
    side: Side,
}

impl Chain<'_, '_> {
    fn own(&self, resource: ResourceIndex) -> &[usize] {
        match self.side {
            Side::Follows => &self.work.drafts[resource].follows,
            Side::Leads => &self.work.drafts[resource].leads,
        }
    }

    fn insert(&self, list: &mut Vec<usize>, colocation: usize) {
        match self.side {
            Side::Follows => self.work.insert_follow(list, colocation),
            Side::Leads => self.work.insert_lead(list, colocation),
        }
    }

    fn add_own(&self, resource: ResourceIndex, list: &mut Vec<usize>) {
        let own = self.own(resource);
        if list.is_empty() {
            list.extend_from_slice(own);
            return;
        }
        for colocation in own {
            self.insert(list, *colocation);
        }
    }

    /// Adds what `resource` contributes: [`Self::from`] itself, something around it, or another
    /// member of its group.
    fn collect(&self, resource: ResourceIndex, list: &mut Vec<usize>) {
        match self.work.at.resources[resource].kind {
            Kind::Primitive => self.of_primitive(resource, list),
            Kind::Group => self.of_group(resource, list),
            Kind::Clone(_) => {
                self.add_own(resource, list);
                self.of_parent(resource, list);
            }
            Kind::Bundle(_) => self.of_bundle(resource, list),
        }
    }

    fn of_parent(&self, resource: ResourceIndex, list: &mut Vec<usize>) {
        if let Some(parent) = self.work.at.resources[resource].parent {
            self.collect(parent, list);
        }
    }

    fn of_primitive(&self, resource: ResourceIndex, list: &mut Vec<usize>) {
        if resource == self.from {
            self.add_own(resource, list);
            self.of_parent(resource, list);
            return;
        }
        // Another member of the group: what people said of it counts for the whole group.
        for colocation in self.own(resource) {
            if !self.work.colocations[*colocation].is_implied {
                self.insert(list, *colocation);
            }
        }
    }

    /// The group's colocations count for the group, and for the member that the others follow
    /// (when it follows) or that comes last (when it leads).
    fn of_group(&self, group: ResourceIndex, list: &mut Vec<usize>) {
        let members = &self.work.at.resources[group].children;
        let end = match self.side {
            Side::Follows => members.first(),
            Side::Leads => members.last(),
        };
        let Some(end) = end else { return };
        if self.from == group || self.from == *end {
            self.add_own(group, list);
            self.of_parent(group, list);
            for member in members.iter().filter(|member| **member != self.from) {
                self.collect(*member, list);
            }
        } else if self.side == Side::Follows {
            self.of_later_member(group, list);
        }
    }

    /// Behind a member that is not managed, and so does not go where the group goes, the others
    /// heed themselves what the group must.
    fn of_later_member(&self, group: ResourceIndex, list: &mut Vec<usize>) {
        let resources = &self.work.at.resources;
        let members = &resources[group].children;
        let earlier = || members.iter().take_while(|member| **member != self.from);
        if earlier().all(|member| resources[*member].is_managed) {
            return;
        }
        for colocation in self.own(group) {
            if self.work.colocations[*colocation].score == Score::INFINITY {
                self.insert(list, *colocation);
            }
        }
    }

    /// A bundle's colocations count for its containers, and for what is inside when roles are
    /// chosen.
    fn of_bundle(&self, bundle: ResourceIndex, list: &mut Vec<usize>) {
        let work = self.work;
        let is_container = work.replica_of(self.from).is_some_and(|(around, _)| around == bundle);
        if self.from == bundle || is_container {
            self.add_own(bundle, list);
            return;
        }
        let layout = work.at.resources[bundle].bundle();
        let Some(child) = layout.and_then(|layout| layout.child) else { return };
        if !work.at.resources[child].is_promotable() || work.at.top_of(self.from, false) != child {
            return;
        }
        let chooses_roles = if self.from == child {
            work.drafts[child].chooses_promoted
        } else {
            work.drafts[self.from].is_placed
        };
        if chooses_roles {
            self.add_own(bundle, list);
        }
    }
}
