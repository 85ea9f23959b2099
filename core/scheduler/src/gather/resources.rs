//! The tree of resources, as configured.

use super::Reader;
use super::birth::Birth;
use super::remote::guests;
use crate::index::ResourceIndex;
use crate::model::Kind;
use cluster::{Agent, Group, OperationSettings, Primitive, Resource, Role};
use std::borrow::Cow;

impl<'a> Reader<'a> {
    /// Adds all configured resources, and the connections that they imply.
    pub(super) fn resources(&mut self) {
        let resources = &self.at.facts.configuration.resources;
        for resource in resources {
            let added = match resource {
                Resource::Primitive(primitive) => self.primitive(primitive, None, None),
                Resource::Group(group) => self.group(group, None, None),
                Resource::Clone(clone) => self.clone_of(clone, None),
                Resource::Bundle(bundle) => self.bundle(bundle),
                Resource::Template(_) => None,
            };
            self.at.top.extend(added);
        }
        for connection in resources.iter().flat_map(guests) {
            let primitive = Cow::Owned(connection.primitive());
            let added = self.defined(primitive, None, None);
            self.at.top.push(added);
        }
        for resource in self.at.top.clone() {
            self.enter_container(resource);
            self.join_connection(resource);
        }
        let resources = &self.at.resources;
        self.at.top.sort_by_key(|resource| -resources[*resource].settings.priority);
    }

    /// Adds a primitive, what its template says included; nothing when there is no such template.
    pub(super) fn primitive(
        &mut self,
        primitive: &'a Primitive,
        number: Option<u32>,
        parent: Option<ResourceIndex>,
    ) -> Option<ResourceIndex> {
        let definition = self.with_template(primitive)?;
        Some(self.defined(definition, number, parent))
    }

    /// Adds a primitive whose definition is complete.
    pub(super) fn defined(
        &mut self,
        definition: Cow<'a, Primitive>,
        number: Option<u32>,
        parent: Option<ResourceIndex>,
    ) -> ResourceIndex {
        self.bear(Birth {
            id: definition.id.clone(),
            number,
            parent,
            kind: Kind::Primitive,
            agent: definition.agent.clone(),
            definition: Some(definition),
            meta: &[],
            parameters: &[],
            container: None,
        })
    }

    /// Adds a group with its members. A group without any is no error: they may come later.
    pub(super) fn group(
        &mut self,
        group: &'a Group,
        number: Option<u32>,
        parent: Option<ResourceIndex>,
    ) -> Option<ResourceIndex> {
        let index = self.bear(Birth {
            id: group.id.clone(),
            number,
            parent,
            kind: Kind::Group,
            agent: Agent::default(),
            definition: None,
            meta: &group.meta,
            parameters: &group.parameters,
            container: None,
        });
        for member in &group.members {
            self.primitive(member, number, Some(index));
        }
        Some(index)
    }

    pub(super) fn with_template(&self, primitive: &'a Primitive) -> Option<Cow<'a, Primitive>> {
        let Some(name) = &primitive.template else { return Some(Cow::Borrowed(primitive)) };
        let template = self.at.facts.configuration.template(name)?;
        let mut whole = primitive.clone();
        whole.agent = template.agent.clone();
        whole.parameters = joined(&template.parameters, &primitive.parameters);
        whole.meta = joined(&template.meta, &primitive.meta);
        whole.utilization = joined(&template.utilization, &primitive.utilization);
        whole.operations = self.joined_operations(template, primitive);
        // The operations are resolved: the block is no longer to be looked up.
        whole.extra.children.clear();
        Some(Cow::Owned(whole))
    }

    /// The primitive's own operations, then those of the template for other tasks and roles.
    fn joined_operations(
        &self,
        template: &'a Primitive,
        primitive: &'a Primitive,
    ) -> Vec<OperationSettings> {
        let references = &self.at.references;
        let of = |primitive: &'a Primitive| references.operations(primitive).unwrap_or_default();
        let mut operations = of(primitive).to_vec();
        let own: Vec<(String, Option<Role>)> = operations.iter().map(task_and_role).collect();
        let inherited =
            of(template).iter().filter(|operation| !own.contains(&task_and_role(operation)));
        operations.extend(inherited.cloned());
        operations
    }

    /// Puts a resource, and what is inside of it, into the container that it names.
    pub(super) fn enter_container(&mut self, resource: ResourceIndex) {
        for child in self.at.resources[resource].children.clone() {
            self.enter_container(child);
        }
        let state = &self.at.resources[resource];
        let named = state.meta.get("container").filter(|name| **name != state.id);
        let container = named.and_then(|name| self.at.resource(name));
        if let Some(container) = container.filter(|container| *container != resource)
            && state.container.is_none()
        {
            self.at.resources[resource].container = Some(container);
            self.at.resources[container].launched.push(resource);
        }
    }
}

fn joined<T: Clone>(first: &[T], then: &[T]) -> Vec<T> {
    first.iter().chain(then).cloned().collect()
}

/// What an operation of a primitive replaces in its template: the same task in the same role.
fn task_and_role(operation: &OperationSettings) -> (String, Option<Role>) {
    let role = operation.role.filter(|role| !matches!(role, Role::Started | Role::Unpromoted));
    (operation.name.clone(), role)
}
