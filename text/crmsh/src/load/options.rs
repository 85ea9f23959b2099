//! Options, defaults and nodes: what a text says is added to what is there.

use super::Loader;
use crate::element::set_comments;
use crate::statement::{Located, OptionKind, Statement};
use cluster::{AttributeSet, Configuration, NodeEntry, Object};

impl<'a> Loader<'a> {
    pub(super) fn options(
        &mut self,
        located: &'a Located<Statement>,
        kind: OptionKind,
        mut new: AttributeSet,
    ) {
        if new.id.is_empty() {
            new.id = self.block_meant(kind, &new);
        }
        let id = new.id.clone();
        self.names.reserve(&id);
        let old = sets(self.old, kind).iter().find(|set| set.id == id);
        let mut block = match sets(&self.base, kind).iter().find(|set| set.id == id) {
            Some(base) => base.clone(),
            None => AttributeSet::new(id.clone()),
        };
        extend(&mut block, new);
        set_comments(&mut block.extra, &located.comments);
        self.names.block(&id, &mut block, old);
        // The next statement about this block goes on from here.
        let all = sets_mut(&mut self.base, kind);
        match all.iter_mut().find(|set| set.id == id) {
            Some(place) => *place = block.clone(),
            None => all.push(block.clone()),
        }
        self.put(
            located,
            match kind {
                OptionKind::Property => Object::Properties(block),
                OptionKind::ResourceDefaults => Object::ResourceDefaults(block),
                OptionKind::OperationDefaults => Object::OperationDefaults(block),
            },
        );
    }

    /// The block that is meant when none is named: the usual one, or the one that another tool
    /// made in its place. Values under a rule never join those without, or under another.
    fn block_meant(&mut self, kind: OptionKind, new: &AttributeSet) -> String {
        let usual = match kind {
            OptionKind::Property => "cib-bootstrap-options",
            OptionKind::ResourceDefaults => "rsc-options",
            OptionKind::OperationDefaults => "op-options",
        };
        let there = sets(&self.base, kind);
        let fits = |set: &&AttributeSet| set.rule.is_none() && new.rule.is_none();
        let named = there.iter().find(|set| set.id == usual);
        let meant = match named {
            Some(set) => Some(set).filter(fits),
            None => there.iter().find(fits),
        };
        match (meant, named) {
            (Some(set), _) => set.id.clone(),
            (None, None) => usual.to_owned(),
            (None, Some(_)) => {
                let is_free = |id: &String| there.iter().all(|set| set.id != *id);
                (0..).map(|n| format!("{usual}-{n}")).find(is_free).unwrap_or_default()
            }
        }
    }

    /// A node that is there keeps its id: that is what the membership calls it, and a text may have
    /// been written elsewhere.
    pub(super) fn node(&mut self, located: &'a Located<Statement>, new: &NodeEntry) {
        let mut node = match self.base.nodes.iter().find(|node| node.name == new.name) {
            Some(node) => node.clone(),
            None => {
                let id = if new.id.is_empty() { &new.name } else { &new.id };
                NodeEntry { id: id.clone(), ..NodeEntry::default() }
            }
        };
        node.name.clone_from(&new.name);
        node.kind = new.kind.clone().or(node.kind);
        node.description = new.description.clone().or(node.description);
        extend_all(&mut node.attributes, &new.attributes);
        extend_all(&mut node.utilization, &new.utilization);
        set_comments(&mut node.extra, &located.comments);
        let old = self.old.nodes.iter().find(|old| old.name == node.name);
        let old = old.map_or((&[][..], &[][..]), |old| (&old.attributes, &old.utilization));
        // Blocks of nodes are named after the node's name, as crmsh has it: ids may be numbers.
        let name = node.name.clone();
        self.names.blocks((&name, "instance_attributes"), &mut node.attributes, old.0);
        self.names.blocks((&name, "utilization"), &mut node.utilization, old.1);
        match self.base.nodes.find_mut(|place| place.name == node.name) {
            Some(place) => *place = node.clone(),
            None => self.base.nodes.push(node.clone()),
        }
        self.put(located, Object::Node(node));
    }
}

/// Adds blocks to those that are there: to the one of the same id, or of the same place.
fn extend_all(there: &mut Vec<AttributeSet>, new: &[AttributeSet]) {
    for (index, set) in new.iter().enumerate() {
        let named = there.iter().position(|old| !set.id.is_empty() && old.id == set.id);
        let place = if set.id.is_empty() { Some(index) } else { named };
        match place.and_then(|index| there.get_mut(index)) {
            Some(old) if set.id_ref.is_none() => extend(old, set.clone()),
            _ => there.push(set.clone()),
        }
    }
}

/// Values of `new` take the place of those of the same name.
fn extend(there: &mut AttributeSet, new: AttributeSet) {
    there.id_ref = new.id_ref.or_else(|| there.id_ref.take());
    there.score = new.score.or(there.score);
    there.rule = new.rule.or_else(|| there.rule.take());
    for pair in new.pairs {
        let is_same = |old: &&mut cluster::Nvpair| !pair.name.is_empty() && old.name == pair.name;
        match there.pairs.iter_mut().find(is_same) {
            Some(old) => {
                old.value = pair.value;
                if !pair.id.is_empty() {
                    old.id = pair.id;
                }
            }
            None => there.pairs.push(pair),
        }
    }
}

fn sets(configuration: &Configuration, kind: OptionKind) -> &[AttributeSet] {
    match kind {
        OptionKind::Property => &configuration.properties,
        OptionKind::ResourceDefaults => &configuration.resource_defaults,
        OptionKind::OperationDefaults => &configuration.operation_defaults,
    }
}

fn sets_mut(configuration: &mut Configuration, kind: OptionKind) -> &mut Vec<AttributeSet> {
    match kind {
        OptionKind::Property => &mut configuration.properties,
        OptionKind::ResourceDefaults => &mut configuration.resource_defaults,
        OptionKind::OperationDefaults => &mut configuration.operation_defaults,
    }
}
