//! What an `id-ref` stands for.

use crate::{
    AttributeSet, Configuration, Constraint, Expression, Nvpair, OperationSettings, Preference,
    Primitive, Resource, ResourceSet, Rule,
};
use std::collections::BTreeMap;

/// Everything in a configuration that another element may stand for by naming its id (`id-ref`).
/// Of two with the same id the first in document order is meant. Each look-up gives nothing when
/// what is named is not there, or when nothing in the configuration refers to anything.
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
        // Most configurations refer to nothing: a look is enough then, at a tenth of the cost.
        let mut refers = false;
        visit(configuration, &mut |target| refers |= target.stands_for_another());
        if refers {
            visit(configuration, &mut |target| references.put(target));
        }
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

    fn put(&mut self, target: Target<'a>) {
        match target {
            Target::Set(set) => put(&mut self.sets, &set.id, set),
            Target::Pair(pair) => put(&mut self.pairs, &pair.id, pair),
            Target::Rule(rule) => put(&mut self.rules, &rule.id, rule),
            Target::Operation(operation) => put(&mut self.operations, &operation.id, operation),
            Target::Operations(primitive) => {
                if let Some(id) = primitive.operations_id() {
                    self.operation_blocks.entry(id).or_insert(&primitive.operations);
                }
            }
            Target::ResourceSet(set) => put(&mut self.resource_sets, &set.id, set),
        }
    }
}

/// An element that can refer to another of its kind, or be referred to.
#[derive(Clone, Copy)]
enum Target<'a> {
    Set(&'a AttributeSet),
    Pair(&'a Nvpair),
    Rule(&'a Rule),
    Operation(&'a OperationSettings),
    /// The block of a primitive's operations.
    Operations(&'a Primitive),
    ResourceSet(&'a ResourceSet),
}

impl Target<'_> {
    fn stands_for_another(self) -> bool {
        match self {
            Self::Set(set) => set.id_ref.is_some(),
            Self::Pair(pair) => pair.id_ref.is_some(),
            Self::Rule(rule) => rule.id_ref.is_some(),
            Self::Operation(operation) => operation.id_ref.is_some(),
            Self::Operations(primitive) => primitive.operations_ref().is_some(),
            Self::ResourceSet(set) => set.id_ref.is_some(),
        }
    }
}

/// Shows `see` all targets of a configuration, in document order.
fn visit<'a>(configuration: &'a Configuration, see: &mut impl FnMut(Target<'a>)) {
    visit_sets(&configuration.properties, see);
    for node in &configuration.nodes {
        visit_sets(&node.attributes, see);
        visit_sets(&node.utilization, see);
    }
    configuration.resources.iter().for_each(|resource| visit_resource(resource, see));
    configuration.constraints.iter().for_each(|constraint| visit_constraint(constraint, see));
    visit_sets(&configuration.resource_defaults, see);
    visit_sets(&configuration.operation_defaults, see);
}

fn visit_resource<'a>(resource: &'a Resource, see: &mut impl FnMut(Target<'a>)) {
    match resource {
        Resource::Primitive(primitive) | Resource::Template(primitive) => {
            visit_primitive(primitive, see);
        }
        Resource::Group(group) => {
            visit_sets(&group.parameters, see);
            visit_sets(&group.meta, see);
            group.members.iter().for_each(|member| visit_primitive(member, see));
        }
        Resource::Clone(clone) => {
            visit_sets(&clone.parameters, see);
            visit_sets(&clone.meta, see);
            visit_resource(&clone.child, see);
        }
        Resource::Bundle(bundle) => {
            visit_sets(&bundle.parameters, see);
            visit_sets(&bundle.meta, see);
            bundle.primitive.iter().for_each(|primitive| visit_primitive(primitive, see));
        }
    }
}

fn visit_primitive<'a>(primitive: &'a Primitive, see: &mut impl FnMut(Target<'a>)) {
    visit_sets(&primitive.parameters, see);
    visit_sets(&primitive.meta, see);
    visit_sets(&primitive.utilization, see);
    see(Target::Operations(primitive));
    for operation in &primitive.operations {
        see(Target::Operation(operation));
        visit_sets(&operation.parameters, see);
        visit_sets(&operation.meta, see);
    }
}

fn visit_sets<'a>(sets: &'a [AttributeSet], see: &mut impl FnMut(Target<'a>)) {
    for set in sets {
        see(Target::Set(set));
        set.rule.iter().for_each(|rule| visit_rules(rule, see));
        set.pairs.iter().for_each(|pair| see(Target::Pair(pair)));
    }
}

fn visit_rules<'a>(rule: &'a Rule, see: &mut impl FnMut(Target<'a>)) {
    see(Target::Rule(rule));
    for expression in &rule.expressions {
        if let Expression::Rule(rule) = expression {
            visit_rules(rule, see);
        }
    }
}

fn visit_constraint<'a>(constraint: &'a Constraint, see: &mut impl FnMut(Target<'a>)) {
    if let Constraint::Location(location) = constraint
        && let Preference::Rules(rules) = &location.preference
    {
        rules.iter().for_each(|rule| visit_rules(rule, see));
    }
    constraint.sets().iter().for_each(|set| see(Target::ResourceSet(set)));
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
