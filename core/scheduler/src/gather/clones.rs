//! Clones and their instances.

use super::Reader;
use super::birth::Birth;
use super::meta::{MOST_INSTANCES, MOST_PER_NODE, clone_settings};
use crate::index::ResourceIndex;
use crate::model::Kind;
use cluster::{Agent, AttributeSet, Clone, Group, Primitive, Resource};

/// What a clone's instances are made from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body<'a> {
    /// A primitive.
    Primitive(&'a Primitive),
    /// A group.
    Group(&'a Group),
}

/// A clone, wherever it comes from.
pub(super) struct CloneOf<'a, 'm> {
    pub(super) id: String,
    pub(super) parent: Option<ResourceIndex>,
    pub(super) meta: &'m [AttributeSet],
    pub(super) parameters: &'a [AttributeSet],
    pub(super) body: Body<'a>,
}

impl<'a> Reader<'a> {
    /// Adds a configured clone.
    pub(super) fn clone_of(
        &mut self,
        clone: &'a Clone,
        parent: Option<ResourceIndex>,
    ) -> Option<ResourceIndex> {
        let body = match &*clone.child {
            Resource::Primitive(primitive) => Body::Primitive(primitive),
            Resource::Group(group) => Body::Group(group),
            Resource::Clone(_) | Resource::Bundle(_) | Resource::Template(_) => return None,
        };
        let (id, meta, parameters) = (clone.id.clone(), &*clone.meta, &*clone.parameters);
        self.cloned(CloneOf { id, parent, meta, parameters, body })
    }

    /// Adds a clone with its instances.
    pub(super) fn cloned(&mut self, clone: CloneOf<'a, '_>) -> Option<ResourceIndex> {
        let agent = Agent::default();
        let meta = self.meta(clone.meta, &agent, clone.parent);
        let nodes = u32::try_from(self.at.nodes.len()).unwrap_or(u32::MAX);
        let mut settings = clone_settings(&meta, nodes);
        if settings.is_promotable && !self.follow_only(clone.body, &["ocf"]) {
            self.warn(&clone.id, "is left out: only OCF agents can be promoted");
            return None;
        }
        if settings.is_unique && !self.follow_only(clone.body, &["ocf", "stonith"]) {
            self.warn(&clone.id, "has instances that cannot be told apart: only OCF agents can be");
            (settings.is_unique, settings.node_max) = (false, 1);
            settings.max = settings.max.min(nodes);
        }
        settings.max = self.granted(&clone.id, "clone-max", settings.max);
        let index = self.bear(Birth {
            id: clone.id,
            number: None,
            parent: clone.parent,
            kind: Kind::Clone(settings),
            agent,
            definition: None,
            meta: clone.meta,
            parameters: clone.parameters,
            container: None,
        });
        self.bodies.insert(index, clone.body);
        self.at.resources[index].settings.is_unique = settings.is_unique;
        let own = &mut self.at.resources[index].meta;
        // A little stickiness keeps instances where they are when nothing else speaks for it.
        own.entry("resource-stickiness".to_owned()).or_insert_with(|| "1".to_owned());
        let is_unique = if settings.is_unique { "true" } else { "false" };
        own.insert("globally-unique".to_owned(), is_unique.to_owned());
        // One at the least, even if none is wanted: what is found running needs a name.
        for _ in 0..settings.max.max(1) {
            self.add_instance(index)?;
        }
        Some(index)
    }

    /// Whether the agents of all primitives in a clone follow one of these standards.
    fn follow_only(&self, body: Body<'a>, standards: &[&str]) -> bool {
        let follows = |primitive: &Primitive| {
            let template = primitive.template.as_ref();
            let template = template.and_then(|name| self.at.facts.configuration.template(name));
            let class = &template.unwrap_or(primitive).agent.class;
            standards.iter().any(|standard| class.eq_ignore_ascii_case(standard))
        };
        match body {
            Body::Primitive(primitive) => follows(primitive),
            Body::Group(group) => group.members.iter().all(follows),
        }
    }

    /// How many instances a clone or bundle gets of those it asks for.
    pub(super) fn granted(&mut self, id: &str, option: &str, wanted: u32) -> u32 {
        let nodes = u32::try_from(self.at.nodes.len()).unwrap_or(u32::MAX).max(1);
        let most = nodes.saturating_mul(MOST_PER_NODE).max(MOST_INSTANCES);
        let granted = wanted.min(most).min(nodes.saturating_add(self.spare));
        if granted < wanted {
            self.warn(id, &format!("has {option}={wanted}, of which {granted} count"));
        }
        self.spare = self.spare.saturating_sub(granted.saturating_sub(nodes));
        granted
    }

    /// Adds the next instance of a clone; one too many is there to be stopped only.
    pub(super) fn add_instance(&mut self, clone: ResourceIndex) -> Option<ResourceIndex> {
        let body = *self.bodies.get(&clone)?;
        let settings = *self.at.resources[clone].clone_settings()?;
        let number = u32::try_from(self.at.resources[clone].children.len()).ok()?;
        if number >= settings.max.max(MOST_INSTANCES).saturating_mul(2) {
            return None;
        }
        let instance = match body {
            Body::Primitive(primitive) => self.primitive(primitive, Some(number), Some(clone)),
            Body::Group(group) => self.group(group, Some(number), Some(clone)),
        }?;
        if number >= settings.max {
            self.mark_removed(instance);
        }
        let most = settings.max.to_string();
        self.at.resources[instance].meta.insert("clone-max".to_owned(), most);
        Some(instance)
    }

    fn mark_removed(&mut self, resource: ResourceIndex) {
        self.at.resources[resource].is_removed = true;
        for child in self.at.resources[resource].children.clone() {
            self.mark_removed(child);
        }
    }
}
