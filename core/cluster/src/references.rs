//! What an `id-ref` stands for.

use crate::{
    AttributeSet, Configuration, Constraint, Expression, Nvpair, OperationSettings, Preference,
    Primitive, Resource, ResourceSet, Rule,
};
use std::collections::BTreeMap;

/// Everything in a configuration that another element may stand for by naming its id (`id-ref`).
/// Of two with the same id the first in document order is meant. Each look-up gives nothing when
/// what is named is not there.
#[derive(Clone, Debug, Default)]
pub struct References<'a> {
    sets: BTreeMap<&'a str, &'a AttributeSet>,
    pairs: BTreeMap<&'a str, &'a Nvpair>,
    rules: BTreeMap<&'a str, &'a Rule>,
    operations: BTreeMap<&'a str, &'a OperationSettings>,
    operation_blocks: BTreeMap<&'a str, &'a [OperationSettings]>,
    resource_sets: BTreeMap<&'a str, &'a ResourceSet>,
}

impl<'a> References<'a> {
    /// The index of `configuration`.
    pub fn of(configuration: &'a Configuration) -> Self {
        let mut references = Self::default();
        references.sets(&configuration.properties);
        for node in &configuration.nodes {
            references.sets(&node.attributes);
            references.sets(&node.utilization);
        }
        for resource in &configuration.resources {
            references.resource(resource);
        }
        for constraint in &configuration.constraints {
            references.constraint(constraint);
        }
        references.sets(&configuration.resource_defaults);
        references.sets(&configuration.operation_defaults);
        references
    }

    /// The set that `set` stands for: itself, or the one it names.
    pub fn set(&self, set: &'a AttributeSet) -> Option<&'a AttributeSet> {
        resolve(&self.sets, set, set.id_ref.as_deref())
    }

    /// The pair that `pair` refers to: itself, or the one it names.
    pub fn pair(&self, pair: &'a Nvpair) -> Option<&'a Nvpair> {
        resolve(&self.pairs, pair, pair.id_ref.as_deref())
    }

    /// The rule that `rule` stands for: itself, or the one it names.
    pub fn rule<'b>(&'b self, rule: &'b Rule) -> Option<&'b Rule> {
        resolve(&self.rules, rule, rule.id_ref.as_deref())
    }

    /// The operation that `operation` stands for: itself, or the one it names.
    pub fn operation(&self, operation: &'a OperationSettings) -> Option<&'a OperationSettings> {
        resolve(&self.operations, operation, operation.id_ref.as_deref())
    }

    /// The operations of `primitive`: its own, or those of the block that its own block names.
    pub fn operations(&self, primitive: &'a Primitive) -> Option<&'a [OperationSettings]> {
        match primitive.operations_ref() {
            Some(id) => self.operation_blocks.get(id).copied(),
            None => Some(&primitive.operations),
        }
    }

    /// The resource set that `set` stands for: itself, or the one it names.
    pub fn resource_set(&self, set: &'a ResourceSet) -> Option<&'a ResourceSet> {
        resolve(&self.resource_sets, set, set.id_ref.as_deref())
    }

    fn resource(&mut self, resource: &'a Resource) {
        match resource {
            Resource::Primitive(primitive) | Resource::Template(primitive) => {
                self.primitive(primitive);
            }
            Resource::Group(group) => {
                self.sets(&group.parameters);
                self.sets(&group.meta);
                group.members.iter().for_each(|member| self.primitive(member));
            }
            Resource::Clone(clone) => {
                self.sets(&clone.parameters);
                self.sets(&clone.meta);
                self.resource(&clone.child);
            }
            Resource::Bundle(bundle) => {
                self.sets(&bundle.parameters);
                self.sets(&bundle.meta);
                bundle.primitive.iter().for_each(|primitive| self.primitive(primitive));
            }
        }
    }

    fn primitive(&mut self, primitive: &'a Primitive) {
        self.sets(&primitive.parameters);
        self.sets(&primitive.meta);
        self.sets(&primitive.utilization);
        if let Some(id) = primitive.operations_id() {
            self.operation_blocks.entry(id).or_insert(&primitive.operations);
        }
        for operation in &primitive.operations {
            put(&mut self.operations, &operation.id, operation);
            self.sets(&operation.parameters);
            self.sets(&operation.meta);
        }
    }

    fn sets(&mut self, sets: &'a [AttributeSet]) {
        for set in sets {
            put(&mut self.sets, &set.id, set);
            set.rule.iter().for_each(|rule| self.rules(rule));
            for pair in &set.pairs {
                put(&mut self.pairs, &pair.id, pair);
            }
        }
    }

    fn rules(&mut self, rule: &'a Rule) {
        put(&mut self.rules, &rule.id, rule);
        for expression in &rule.expressions {
            if let Expression::Rule(rule) = expression {
                self.rules(rule);
            }
        }
    }

    fn constraint(&mut self, constraint: &'a Constraint) {
        if let Constraint::Location(location) = constraint
            && let Preference::Rules(rules) = &location.preference
        {
            rules.iter().for_each(|rule| self.rules(rule));
        }
        for set in constraint.sets() {
            put(&mut self.resource_sets, &set.id, set);
        }
    }
}

/// Elements that only stand for another have no id of their own.
fn put<'a, T>(index: &mut BTreeMap<&'a str, &'a T>, id: &'a str, item: &'a T) {
    if !id.is_empty() {
        index.entry(id).or_insert(item);
    }
}

/// One step is all there is: what is referred to is an element with contents, not a reference.
fn resolve<'b, T>(
    index: &BTreeMap<&str, &'b T>,
    item: &'b T,
    id_ref: Option<&str>,
) -> Option<&'b T> {
    match id_ref {
        Some(id) => index.get(id).copied(),
        None => Some(item),
    }
}
