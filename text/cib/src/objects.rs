//! Objects of the configuration, one at a time: the unit of `cibadmin` and of typed edits.

use crate::constraints::{self, constraint, constraint_element};
use crate::error::{CibError, Doubts, Fault};
use crate::giving::Giving;
use crate::markup;
use crate::resources::{self, resource, resource_element};
use crate::sets::{set, set_element, set_elements};
use crate::tag::{Child, Tag};
use crate::topology::{self, level_element, tag_element};
use crate::wording;
use base::suggest;
use cluster::{Element, NodeEntry, Object, ObjectKind, Section};

/// The parts of a configuration, as `cibadmin --scope` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Cluster options.
    Properties,
    /// Nodes.
    Nodes,
    /// Resources, templates, bundles.
    Resources,
    /// Constraints.
    Constraints,
    /// Defaults for resources.
    ResourceDefaults,
    /// Defaults for operations.
    OperationDefaults,
    /// Levels of fence devices.
    FencingTopology,
    /// Access rules.
    Acls,
    /// Tags.
    Tags,
    /// Alerts.
    Alerts,
}

impl Part {
    /// All parts, in the order in which they are written.
    pub const ALL: [Self; 10] = [
        Self::Properties,
        Self::Nodes,
        Self::Resources,
        Self::Constraints,
        Self::ResourceDefaults,
        Self::OperationDefaults,
        Self::FencingTopology,
        Self::Acls,
        Self::Tags,
        Self::Alerts,
    ];

    /// The element that holds the part: `crm_config`, `nodes`, `resources`, ...
    pub const fn name(self) -> &'static str {
        match self {
            Self::Properties => "crm_config",
            Self::Nodes => "nodes",
            Self::Resources => "resources",
            Self::Constraints => "constraints",
            Self::ResourceDefaults => "rsc_defaults",
            Self::OperationDefaults => "op_defaults",
            Self::FencingTopology => "fencing-topology",
            Self::Acls => "acls",
            Self::Tags => "tags",
            Self::Alerts => "alerts",
        }
    }

    /// The part of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// The part to which elements of this name belong; none for `meta_attributes`, which two have.
    pub fn of_element(name: &str) -> Option<Self> {
        let belongs = |part: &Self| part.members().contains(&name);
        Self::ALL.into_iter().find(belongs).filter(|_| name != "meta_attributes")
    }

    /// Whether a configuration always shows the part, even empty.
    pub(crate) const fn is_always_there(self) -> bool {
        matches!(self, Self::Properties | Self::Nodes | Self::Resources | Self::Constraints)
    }

    /// The part that objects of this kind stand in; none where that is not one part for all.
    pub const fn of(kind: ObjectKind) -> Option<Self> {
        match kind {
            ObjectKind::Properties => Some(Self::Properties),
            ObjectKind::Node => Some(Self::Nodes),
            ObjectKind::Resource => Some(Self::Resources),
            ObjectKind::Constraint => Some(Self::Constraints),
            ObjectKind::ResourceDefaults => Some(Self::ResourceDefaults),
            ObjectKind::OperationDefaults => Some(Self::OperationDefaults),
            ObjectKind::Tag => Some(Self::Tags),
            ObjectKind::FencingLevel => Some(Self::FencingTopology),
            ObjectKind::Opaque => None,
        }
    }

    /// The kind of objects that stand in it.
    pub const fn kind(self) -> ObjectKind {
        match self {
            Self::Properties => ObjectKind::Properties,
            Self::Nodes => ObjectKind::Node,
            Self::Resources => ObjectKind::Resource,
            Self::Constraints => ObjectKind::Constraint,
            Self::ResourceDefaults => ObjectKind::ResourceDefaults,
            Self::OperationDefaults => ObjectKind::OperationDefaults,
            Self::Tags => ObjectKind::Tag,
            Self::FencingTopology => ObjectKind::FencingLevel,
            Self::Acls | Self::Alerts => ObjectKind::Opaque,
        }
    }

    /// Where parts without a type of their own, or with some, keep such elements.
    pub const fn opaque(self) -> Option<Section> {
        match self {
            Self::Resources => Some(Section::Resources),
            Self::Constraints => Some(Section::Constraints),
            Self::FencingTopology => Some(Section::FencingTopology),
            Self::Acls => Some(Section::Acls),
            Self::Tags => Some(Section::Tags),
            Self::Alerts => Some(Section::Alerts),
            Self::Properties | Self::Nodes | Self::ResourceDefaults | Self::OperationDefaults => {
                None
            }
        }
    }

    /// The elements that belong into the part.
    pub(crate) const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Properties => &["cluster_property_set"],
            Self::Nodes => &["node"],
            Self::Resources => &["primitive", "group", "clone", "master", "template", "bundle"],
            Self::Constraints => &["rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket"],
            Self::ResourceDefaults | Self::OperationDefaults => &["meta_attributes"],
            Self::FencingTopology => &["fencing-level"],
            Self::Acls => &["acl_role", "acl_target", "acl_group", "acl_user"],
            Self::Tags => &["tag"],
            Self::Alerts => &["alert"],
        }
    }
}

/// What an element of a part turned out to be.
pub(crate) enum Claim<'a> {
    /// An object.
    Object(Box<Object>),
    /// Nothing that belongs there; it is kept as it came.
    Nothing(Tag<'a>),
}

/// Makes an object of an element of `part`.
pub(crate) fn claim<'a>(part: Part, tag: Tag<'a>, doubts: &mut Doubts) -> Result<Claim<'a>, Fault> {
    let name = tag.name;
    if !part.members().contains(&name)
        && let Some(near) = suggest::closest(name, part.members().iter().copied())
    {
        let what = format!("<{name}> is unknown in {}", part.name());
        doubts.push(tag.fault(what, format!("did you mean <{near}>?")));
    }
    if part == Part::Resources && resources::TYPED.contains(&name) {
        // These have wordings inside, and of their own, already.
        return Ok(Claim::Object(Box::new(Object::Resource(resource(tag, doubts)?))));
    }
    let read = tag.clone();
    let mut object = match (part, name) {
        (Part::Properties, "cluster_property_set") => Object::Properties(set(tag, doubts)?),
        (Part::Nodes, "node") => Object::Node(node(tag, doubts)?),
        (Part::Constraints, name) if constraints::TYPED.contains(&name) => {
            Object::Constraint(constraint(tag, doubts)?)
        }
        (Part::ResourceDefaults, "meta_attributes") => Object::ResourceDefaults(set(tag, doubts)?),
        (Part::OperationDefaults, "meta_attributes") => {
            Object::OperationDefaults(set(tag, doubts)?)
        }
        (Part::FencingTopology, "fencing-level") => topology::level(tag, doubts)?,
        (Part::Tags, "tag") => topology::tag(tag, doubts)?,
        (part, _) => match part.opaque() {
            Some(section) => Object::Opaque(section, tag.into_element()),
            None => return Ok(Claim::Nothing(tag)),
        },
    };
    let wording = wording::of(&read, &object_tag(&object));
    object.extra_mut().wording = wording;
    Ok(Claim::Object(Box::new(object)))
}

fn node(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<NodeEntry, Fault> {
    let mut node = NodeEntry {
        id: tag.required("id")?,
        name: tag.required("uname")?,
        kind: tag.take("type"),
        description: tag.take("description"),
        ..NodeEntry::default()
    };
    tag.sort_out(|child| {
        let sets = match child.name {
            "instance_attributes" => &mut node.attributes,
            "utilization" => &mut node.utilization,
            _ => return Ok(Some(child)),
        };
        sets.push(set(child, doubts)?);
        Ok(None)
    })?;
    node.extra = tag.into_extra();
    Ok(node)
}

/// Reads objects: an element such as `<primitive>`, or several inside a section, a
/// `<configuration>` or a `<cib>` (whose status is passed over).
///
/// `part` says where the objects are to go; without it the element's name decides, which is
/// enough for all but `meta_attributes`.
///
/// # Errors
/// As [`crate::read`], and when an element is no object or belongs elsewhere.
pub fn read_object(text: &str, part: Option<Part>) -> Result<Vec<Object>, CibError> {
    let collected = markup::parse(text).and_then(|tag| {
        let (objects, doubts) = collect_all(tag, part)?;
        doubts.into_iter().next().map_or(Ok(objects), Err)
    });
    collected.map_err(|fault| fault.locate(text))
}

/// Makes objects of a plain tree, as [`read_object`] does of a text, and says what is wrong but was
/// kept as it came.
///
/// # Errors
/// When something is missing without which nothing can be made of an object, and when an element
/// is no object or belongs elsewhere. There is no text, and so no line.
pub fn objects_of(
    element: &Element,
    part: Option<Part>,
) -> Result<(Vec<Object>, Vec<CibError>), CibError> {
    let located = |fault: Fault| fault.locate("");
    let (objects, doubts) = collect_all(Tag::of(element), part).map_err(located)?;
    Ok((objects, doubts.into_iter().map(located).collect()))
}

fn collect_all(tag: Tag<'_>, part: Option<Part>) -> Result<(Vec<Object>, Doubts), Fault> {
    let (mut objects, mut doubts) = (Vec::new(), Doubts::new());
    collect(tag, part, &mut objects, &mut doubts)?;
    Ok((objects, doubts))
}

fn collect(
    mut tag: Tag<'_>,
    part: Option<Part>,
    objects: &mut Vec<Object>,
    doubts: &mut Doubts,
) -> Result<(), Fault> {
    let section = Part::parse(tag.name);
    if section.is_some() || ["configuration", "cib"].contains(&tag.name) {
        if part.is_some() && section.is_some() && section != part {
            return Err(elsewhere(&tag, part));
        }
        tag.adopt_comments();
        for child in tag.children {
            if let Child::Tag(child) = child
                && child.name != "status"
            {
                collect(child, section.or(part), objects, doubts)?;
            }
        }
        return Ok(());
    }
    let belongs = |part: &Part| part.members().contains(&tag.name);
    let part = match part {
        None => Part::of_element(tag.name),
        Some(part) => Some(part).filter(belongs),
    };
    let part = part.ok_or_else(|| elsewhere(&tag, None))?;
    match claim(part, tag, doubts)? {
        Claim::Object(object) => objects.push(*object),
        Claim::Nothing(tag) => return Err(elsewhere(&tag, Some(part))),
    }
    Ok(())
}

fn elsewhere(tag: &Tag<'_>, wanted: Option<Part>) -> Fault {
    let homes = Part::ALL.into_iter().filter(|part| part.members().contains(&tag.name));
    let homes: Vec<&str> = homes.map(Part::name).collect();
    if Part::parse(tag.name).is_some() {
        let what = format!("<{}> is another section than the one asked for", tag.name);
        return tag.fault(what, format!("ask for section {}", tag.name));
    }
    let what = match wanted {
        Some(part) => format!("<{}> does not belong into {}", tag.name, part.name()),
        None => format!("it is not clear where <{}> belongs", tag.name),
    };
    if homes.is_empty() {
        let all = Part::ALL.into_iter().flat_map(|part| part.members().iter().copied());
        let help = suggest::closest(tag.name, all).map_or_else(
            || "name an object of the configuration, such as <primitive>".to_owned(),
            |near| format!("did you mean <{near}>?"),
        );
        return tag.fault(what, help);
    }
    tag.fault(what, format!("it belongs into {}", homes.join(" or ")))
}

/// Writes one object, with a line break at the end.
pub fn write_object(object: &Object) -> String {
    markup::write(&object_tag(object))
}

/// One object as a plain tree.
pub fn object_element(object: &Object) -> Element {
    object_tag(object).into_element()
}

fn object_tag(object: &Object) -> Tag<'_> {
    match object {
        Object::Node(node) => node_element(node),
        Object::Resource(resource) => resource_element(resource),
        Object::Constraint(constraint) => constraint_element(constraint),
        Object::Properties(set) => set_element("cluster_property_set", set),
        Object::ResourceDefaults(set) | Object::OperationDefaults(set) => {
            set_element("meta_attributes", set)
        }
        Object::Tag(tag) => tag_element(tag),
        Object::FencingLevel(level) => level_element(level),
        Object::Opaque(_, element) => Tag::of(element),
    }
}

/// A node.
pub(crate) fn node_element(node: &NodeEntry) -> Tag<'_> {
    Giving::new("node")
        .attribute("id", &node.id)
        .attribute("uname", &node.name)
        .maybe("type", node.kind.as_ref())
        .maybe("description", node.description.as_ref())
        .children(set_elements("instance_attributes", &node.attributes))
        .children(set_elements("utilization", &node.utilization))
        .extra(&node.extra)
}
