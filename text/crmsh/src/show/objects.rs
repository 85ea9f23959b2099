//! What there is to show, and in which order.

use crate::element;
use cib::{Part, elements};
use cluster::{
    AttributeSet, Configuration, Constraint, Element, Expression, Preference, Primitive, Resource,
    Rule,
};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// An object with its place in the text.
pub(super) struct Shown<'a> {
    pub(super) rank: Rank,
    pub(super) keyword: &'static str,
    /// Its place among its kind: the id.
    pub(super) place: Cow<'a, str>,
    pub(super) part: Part,
    body: Body<'a>,
}

/// What it is. Most objects become elements when it is their turn: all at once would be the largest
/// thing in memory.
enum Body<'a> {
    Primitive(&'a Primitive),
    Constraint(&'a Constraint),
    /// Of what is inside it, the ids.
    Element(Element),
}

/// Types of objects, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Node,
    Template,
    Primitive,
    Bundle,
    Group,
    Master,
    Clone,
    Tag,
    Constraint,
    Ticket,
    Property,
    ResourceDefaults,
    OperationDefaults,
    Role,
    Target,
    Alert,
}

/// Every object on its own, but for the levels of fencing, which are one statement: what is inside
/// a group, clone or bundle is one, too.
pub(super) fn objects(configuration: &Configuration) -> Vec<Shown<'_>> {
    let mut all =
        Vec::with_capacity(configuration.resources.len() + configuration.constraints.len());
    for resource in &configuration.resources {
        if let Resource::Primitive(primitive) = resource {
            all.push(Shown::primitive(primitive));
            continue;
        }
        let mut resource = elements::resource(resource);
        let mut inside = Vec::new();
        element::take_apart(&mut resource, &mut inside);
        let resources = std::iter::once(resource).chain(inside);
        all.extend(resources.map(|resource| Shown::of(Part::Resources, resource)));
    }
    all.extend(configuration.constraints.iter().map(Shown::constraint));
    let mut add = |part: Part, element: Element| all.push(Shown::of(part, element));
    for node in &configuration.nodes {
        add(Part::Nodes, elements::node(node));
    }
    for tag in &configuration.tags {
        add(Part::Tags, elements::tag(tag));
    }
    for set in &configuration.properties {
        add(Part::Properties, elements::set("cluster_property_set", set));
    }
    for set in &configuration.resource_defaults {
        add(Part::ResourceDefaults, elements::set("meta_attributes", set));
    }
    for set in &configuration.operation_defaults {
        add(Part::OperationDefaults, elements::set("meta_attributes", set));
    }
    for (section, element) in &configuration.opaque {
        let is_part = |part: &Part| part.opaque() == Some(*section);
        let part = Part::ALL.into_iter().find(is_part).unwrap_or(Part::Alerts);
        add(part, element.clone());
    }
    all.sort_by(|a, b| (a.rank, &a.place).cmp(&(b.rank, &b.place)));
    all
}

impl<'a> Shown<'a> {
    fn primitive(primitive: &'a Primitive) -> Self {
        let (rank, keyword) = kind(Part::Resources, "primitive");
        let (place, body) = (Cow::Borrowed(primitive.id.as_str()), Body::Primitive(primitive));
        Self { rank, keyword, place, part: Part::Resources, body }
    }

    fn constraint(constraint: &'a Constraint) -> Self {
        let name = match constraint {
            Constraint::Location(_) => "rsc_location",
            Constraint::Colocation(_) => "rsc_colocation",
            Constraint::Order(_) => "rsc_order",
            Constraint::Ticket(_) => "rsc_ticket",
        };
        let (rank, keyword) = kind(Part::Constraints, name);
        let (place, body) = (Cow::Borrowed(constraint.id()), Body::Constraint(constraint));
        Self { rank, keyword, place, part: Part::Constraints, body }
    }

    fn of(part: Part, element: Element) -> Self {
        let (rank, keyword) = kind(part, &element.name);
        let place = Cow::Owned(element::id(&element).to_owned());
        Self { rank, keyword, place, part, body: Body::Element(element) }
    }

    /// The object as an element.
    pub(super) fn element(&self) -> Element {
        match &self.body {
            Body::Primitive(primitive) => elements::primitive(primitive),
            Body::Constraint(constraint) => elements::constraint(constraint),
            Body::Element(element) => element.clone(),
        }
    }

    /// The element, where the object is a group or clone.
    pub(super) fn container(&self) -> Option<&Element> {
        let Body::Element(element) = &self.body else { return None };
        Some(element).filter(|_| matches!(self.rank, Rank::Group | Rank::Clone | Rank::Master))
    }
}

fn kind(part: Part, name: &str) -> (Rank, &'static str) {
    match (part, name) {
        (Part::Properties, _) => (Rank::Property, "property"),
        (Part::ResourceDefaults, _) => (Rank::ResourceDefaults, "rsc_defaults"),
        (Part::OperationDefaults, _) => (Rank::OperationDefaults, "op_defaults"),
        (_, "node") => (Rank::Node, "node"),
        (_, "template") => (Rank::Template, "rsc_template"),
        (_, "primitive") => (Rank::Primitive, "primitive"),
        (_, "bundle") => (Rank::Bundle, "bundle"),
        (_, "group") => (Rank::Group, "group"),
        (_, "master") => (Rank::Master, "ms"),
        (_, "clone") => (Rank::Clone, "clone"),
        (_, "tag") => (Rank::Tag, "tag"),
        (_, "rsc_location") => (Rank::Constraint, "location"),
        (_, "rsc_colocation") => (Rank::Constraint, "colocation"),
        (_, "rsc_order") => (Rank::Constraint, "order"),
        (_, "rsc_ticket") => (Rank::Ticket, "rsc_ticket"),
        (_, "acl_role") => (Rank::Role, "role"),
        (_, "acl_target") => (Rank::Target, "acl_target"),
        (_, "acl_group") => (Rank::Target, "acl_group"),
        (_, "acl_user") => (Rank::Target, "user"),
        _ => (Rank::Alert, "alert"),
    }
}

/// The ids that something refers to: these are always printed.
pub(super) fn references(objects: &[Shown<'_>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for object in objects {
        match &object.body {
            Body::Primitive(primitive) => of_primitive(primitive, &mut found),
            Body::Constraint(constraint) => of_constraint(constraint, &mut found),
            Body::Element(element) => of_element(element, &mut found),
        }
    }
    found
}

fn of_element(element: &Element, found: &mut BTreeSet<String>) {
    found.extend(element.attribute("id-ref").map(str::to_owned));
    element.elements().for_each(|child| of_element(child, found));
}

fn of_primitive(primitive: &Primitive, found: &mut BTreeSet<String>) {
    for sets in [&primitive.parameters, &primitive.meta, &primitive.utilization] {
        of_sets(sets, found);
    }
    found.extend(primitive.operations_ref().map(str::to_owned));
    for operation in &primitive.operations {
        found.extend(operation.id_ref.clone());
        of_sets(&operation.parameters, found);
        of_sets(&operation.meta, found);
    }
}

fn of_sets(sets: &[AttributeSet], found: &mut BTreeSet<String>) {
    for set in sets {
        found.extend(set.id_ref.clone());
        set.rule.iter().for_each(|rule| of_rule(rule, found));
        found.extend(set.pairs.iter().filter_map(|pair| pair.id_ref.clone()));
    }
}

fn of_rule(rule: &Rule, found: &mut BTreeSet<String>) {
    found.extend(rule.id_ref.clone());
    for expression in &rule.expressions {
        if let Expression::Rule(rule) = expression {
            of_rule(rule, found);
        }
    }
}

fn of_constraint(constraint: &Constraint, found: &mut BTreeSet<String>) {
    if let Constraint::Location(location) = constraint
        && let Preference::Rules(rules) = &location.preference
    {
        rules.iter().for_each(|rule| of_rule(rule, found));
    }
    found.extend(constraint.sets().iter().filter_map(|set| set.id_ref.clone()));
}
