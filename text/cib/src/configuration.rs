//! The root and the sections of the configuration.

use crate::Cib;
use crate::constraints::constraint_element;
use crate::error::{Doubts, Fault};
use crate::giving::{Giving, section};
use crate::objects::{Claim, Part, claim, node_element};
use crate::resources::resource_element;
use crate::sets::set_elements;
use crate::status::{Nodes, status, status_element};
use crate::tag::Tag;
use crate::topology::{level_element, tag_element};
use crate::words::COUNT;
use base::suggest;
use cluster::{Configuration, Element, Object, Version};

/// Makes a CIB of its root.
pub(crate) fn cib(mut root: Tag<'_>, nodes: Nodes, doubts: &mut Doubts) -> Result<Cib, Fault> {
    if root.name != "cib" {
        let what = format!("the root element is <{}>", root.name);
        return Err(root.fault(what, "a CIB begins with <cib ...> and ends with </cib>"));
    }
    let mut cib = Cib::default();
    cib.configuration.version = Version {
        admin_epoch: root.optional("admin_epoch", &COUNT, doubts).unwrap_or_default(),
        epoch: root.optional("epoch", &COUNT, doubts).unwrap_or_default(),
        num_updates: root.optional("num_updates", &COUNT, doubts).unwrap_or_default(),
    };
    let mut configurations = 0;
    let mut nodes = Some(nodes);
    root.sort_out(|child| match child.name {
        "configuration" if configurations == 0 => {
            configurations += 1;
            configuration(child, &mut cib.configuration, doubts)?;
            Ok(None)
        }
        name => match nodes.take_if(|_| name == "status") {
            Some(nodes) => {
                cib.status = status(child, nodes, doubts)?;
                Ok(None)
            }
            None => {
                doubts.extend(misspelt(&child, name, &["configuration", "status"]));
                Ok(Some(child))
            }
        },
    })?;
    if configurations == 0 {
        let what = "there is no <configuration> inside <cib>";
        return Err(root.fault(what, "put the sections into <configuration> ... </configuration>"));
    }
    cib.extra = root.into_extra();
    Ok(cib)
}

fn misspelt(tag: &Tag<'_>, name: &str, known: &[&str]) -> Option<Fault> {
    let near = suggest::closest(name, known.iter().copied())?;
    let (what, help) = if near == name {
        (format!("there are two <{name}>"), "join them into one".to_owned())
    } else {
        (format!("<{name}> is unknown here"), format!("did you mean <{near}>?"))
    };
    Some(tag.fault(what, help))
}

fn configuration(
    mut tag: Tag<'_>,
    configuration: &mut Configuration,
    doubts: &mut Doubts,
) -> Result<(), Fault> {
    tag.sort_out(|child| match Part::parse(child.name) {
        Some(part) => fill(configuration, part, child, doubts),
        None => {
            doubts.extend(misspelt(&child, child.name, &Part::ALL.map(Part::name)));
            Ok(Some(child))
        }
    })?;
    tag.move_last(&Part::ALL.map(Part::name));
    configuration.extra = tag.into_extra();
    Ok(())
}

/// Puts the objects of a section where they belong; what the section holds beyond them is left.
fn fill<'a>(
    configuration: &mut Configuration,
    part: Part,
    mut tag: Tag<'a>,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    let mut is_bare = true;
    tag.adopt_comments();
    tag.sort_out(|child| match claim(part, child, doubts)? {
        Claim::Object(object) => {
            is_bare = false;
            put(configuration, *object);
            Ok(None)
        }
        Claim::Nothing(tag) => Ok(Some(tag)),
    })?;
    let says_more = !tag.is_empty() || (is_bare && !part.is_always_there());
    Ok(says_more.then_some(tag))
}

fn put(configuration: &mut Configuration, object: Object) {
    match object {
        Object::Node(node) => configuration.nodes.push(node),
        Object::Resource(resource) => configuration.resources.push(resource),
        Object::Constraint(constraint) => configuration.constraints.push(constraint),
        Object::Properties(set) => configuration.properties.push(set),
        Object::ResourceDefaults(set) => configuration.resource_defaults.push(set),
        Object::OperationDefaults(set) => configuration.operation_defaults.push(set),
        Object::Tag(tag) => configuration.tags.push(tag),
        Object::FencingLevel(level) => configuration.fencing_levels.push(level),
        Object::Opaque(section, element) => configuration.opaque.push((section, element)),
    }
}

/// Makes the root of a CIB.
pub(crate) fn cib_element(cib: &Cib) -> Element {
    let version = cib.configuration.version;
    Giving::new("cib")
        .attribute("admin_epoch", version.admin_epoch)
        .attribute("epoch", version.epoch)
        .attribute("num_updates", version.num_updates)
        .children([configuration_element(&cib.configuration), status_element(&cib.status)])
        .extra(&cib.extra)
}

fn configuration_element(configuration: &Configuration) -> Element {
    let sections = Part::ALL.into_iter().filter_map(|part| {
        let empty = || Giving::new(part.name()).finish();
        let objects = objects(configuration, part);
        section(part.name(), &configuration.extra, objects)
            .or_else(|| part.is_always_there().then(empty))
    });
    Giving::new("configuration")
        .children(sections)
        .extra_without(&configuration.extra, &Part::ALL.map(Part::name))
}

fn objects(configuration: &Configuration, part: Part) -> Vec<Element> {
    let mut elements: Vec<Element> = match part {
        Part::Properties => {
            set_elements("cluster_property_set", &configuration.properties).collect()
        }
        Part::Nodes => configuration.nodes.iter().map(node_element).collect(),
        Part::Resources => configuration.resources.iter().map(resource_element).collect(),
        Part::Constraints => configuration.constraints.iter().map(constraint_element).collect(),
        Part::ResourceDefaults => {
            set_elements("meta_attributes", &configuration.resource_defaults).collect()
        }
        Part::OperationDefaults => {
            set_elements("meta_attributes", &configuration.operation_defaults).collect()
        }
        Part::FencingTopology => configuration.fencing_levels.iter().map(level_element).collect(),
        Part::Tags => configuration.tags.iter().map(tag_element).collect(),
        Part::Acls | Part::Alerts => Vec::new(),
    };
    let opaque = configuration.opaque.iter();
    let here = opaque.filter(|(section, _)| part.opaque() == Some(*section));
    elements.extend(here.map(|(_, element)| element.clone()));
    elements
}
