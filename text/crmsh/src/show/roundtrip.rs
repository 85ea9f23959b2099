//! Whether a text says all there is about an object.
//!
//! It is read back and compared, ids that nobody refers to aside. So nothing is lost in silence:
//! what the language has no words for shows as XML.

use crate::element;
use crate::parser::parse;
use crate::statement::{Container, OptionKind, Statement};
use cluster::{Constraint, Element, Extra, ExtraNode, Group, NodeEntry, Object, Resource};

/// Whether reading `text` gives `object` again.
pub(super) fn says_all(text: &str, object: &Object) -> bool {
    let Ok(statements) = parse(text) else { return false };
    let [statement] = statements.as_slice() else { return false };
    read_back(&statement.value).is_some_and(|read| alike(&read, &bare(object)))
}

/// Elements of which the id is made up, when they are not the object itself.
const PARTS: [&str; 16] = [
    "nvpair",
    "rule",
    "expression",
    "date_expression",
    "date_spec",
    "duration",
    "op",
    "instance_attributes",
    "meta_attributes",
    "utilization",
    "resource_set",
    "fencing-level",
    "acl_permission",
    "recipient",
    "attribute",
    "cluster_property_set",
];

/// The object without what other statements say: the insides of groups, clones and bundles, and
/// comments above it.
fn bare(object: &Object) -> Element {
    let mut object = object.clone();
    element::take_comments(&mut object);
    if let Object::Constraint(Constraint::Order(order)) = &mut object
        && order.score.is_some()
    {
        order.kind = Some(order.effective_kind());
        order.score = None;
    }
    let mut element = element::of_object(&object);
    without_insides(&mut element);
    element
}

fn without_insides(element: &mut Element) {
    if !["group", "clone", "bundle"].contains(&element.name.as_str()) {
        return;
    }
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child
            && ["primitive", "group"].contains(&child.name.as_str())
        {
            let id = child.attribute("id").unwrap_or_default();
            *child = element::new("inside", &[("id", id)]);
        }
    }
}

/// The element that a statement stands for.
fn read_back(statement: &Statement) -> Option<Element> {
    let mut element = match statement {
        Statement::Node(node) => {
            let id = if node.id.is_empty() { &node.name } else { &node.id };
            element::of_object(&Object::Node(NodeEntry { id: id.clone(), ..node.clone() }))
        }
        Statement::Primitive(primitive) => {
            of_resource(Resource::Primitive(primitive.as_ref().clone()))
        }
        Statement::Template(primitive) => {
            of_resource(Resource::Template(primitive.as_ref().clone()))
        }
        Statement::Bundle(bundle) => of_resource(Resource::Bundle(bundle.clone())),
        Statement::Group(group) => container("group", group),
        Statement::Clone(clone) => container("clone", clone),
        Statement::Constraint(constraint) => {
            element::of_object(&Object::Constraint(constraint.as_ref().clone()))
        }
        Statement::Options(kind, set) => element::of_object(&match kind {
            OptionKind::Property => Object::Properties(set.clone()),
            OptionKind::ResourceDefaults => Object::ResourceDefaults(set.clone()),
            OptionKind::OperationDefaults => Object::OperationDefaults(set.clone()),
        }),
        Statement::Tag(tag) => element::of_object(&Object::Tag(tag.clone())),
        Statement::Opaque(section, element) => {
            element::of_object(&Object::Opaque(*section, element.clone()))
        }
        Statement::FencingLevels(levels) => {
            let [level] = levels.as_slice() else { return None };
            element::of_object(&Object::FencingLevel(level.clone()))
        }
        Statement::Monitor(..) | Statement::Xml(_) => return None,
    };
    without_insides(&mut element);
    Some(element)
}

fn of_resource(resource: Resource) -> Element {
    element::of_object(&Object::Resource(resource))
}

fn container(name: &str, container: &Container) -> Element {
    let group = Group {
        id: container.id.clone(),
        description: container.description.clone(),
        members: Vec::new(),
        parameters: container.parameters.clone(),
        meta: container.meta.clone(),
        extra: Extra::default(),
    };
    let mut element = of_resource(Resource::Group(group));
    name.clone_into(&mut element.name);
    for member in &container.members {
        element::push(&mut element, element::new("inside", &[("id", &member.text)]));
    }
    element
}

/// Whether two elements say the same, in whatever order their attributes stand.
fn alike(left: &Element, right: &Element) -> bool {
    left.name == right.name
        && meaning(left) == meaning(right)
        && children(left).len() == children(right).len()
        && children(left).iter().zip(children(right)).all(|pair| match pair {
            (ExtraNode::Element(left), ExtraNode::Element(right)) => alike(left, right),
            (left, right) => *left == right,
        })
}

/// The child nodes that say something: an empty `operations` does not. Kinds of children may stand
/// in any sequence, children of one kind may not.
fn children(element: &Element) -> Vec<&ExtraNode> {
    let name = |child: &&ExtraNode| match child {
        ExtraNode::Element(child) => child.name.clone(),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => String::new(),
    };
    let says_something = |child: &&ExtraNode| match child {
        ExtraNode::Element(child) => child.name != "operations" || !child.extra.is_empty(),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => true,
    };
    let mut children: Vec<_> = element.extra.children.iter().filter(says_something).collect();
    if element.name != "rule" {
        children.sort_by_key(name);
    }
    children
}

/// Attributes in order of their names, without made-up ids and without what goes unsaid.
fn meaning(element: &Element) -> Vec<(&str, &str)> {
    let is_part = PARTS.contains(&element.name.as_str());
    let mut attributes: Vec<(&str, &str)> = element
        .extra
        .attributes
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|attribute| match (*attribute, element.name.as_str()) {
            (("id", _), _) => !is_part,
            (("score", "INFINITY") | ("boolean-op", "and"), "rule") => false,
            (("boolean-op", _), "rule") => element.elements().count() > 1,
            _ => true,
        })
        .collect();
    attributes.sort_unstable();
    attributes
}
