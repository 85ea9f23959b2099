//! The root and the sections of the configuration.

use crate::Cib;
use crate::constraints::{constraint_element, constraint_name};
use crate::error::{Doubts, Fault};
use crate::giving::{Giving, mention, section};
use crate::objects::{Claim, Part, claim, node_element};
use crate::resources::{resource_element, resource_name};
use crate::sets::set_elements;
use crate::status::{Nodes, status, status_element};
use crate::tag::{Child, Tag};
use crate::topology::{level_element, tag_element};
use crate::wording;
use crate::words::COUNT;
use base::suggest;
use cluster::{Configuration, Element, ExtraNode, Version, Wording};
use std::collections::BTreeMap;

/// Makes a CIB of its root.
pub(crate) fn cib(mut root: Tag<'_>, nodes: Nodes, doubts: &mut Doubts) -> Result<Cib, Fault> {
    if root.name != "cib" {
        let what = format!("the root element is <{}>", root.name);
        return Err(root.fault(what, "a CIB begins with <cib ...> and ends with </cib>"));
    }
    let mut read = root.shell();
    let mut cib = Cib::default();
    cib.configuration.version = Version {
        admin_epoch: root.optional("admin_epoch", &COUNT, doubts).unwrap_or_default(),
        epoch: root.optional("epoch", &COUNT, doubts).unwrap_or_default(),
        num_updates: root.optional("num_updates", &COUNT, doubts).unwrap_or_default(),
    };
    let parts = ["configuration", "status"];
    read.outline(&root, usize::MAX, |tag, is_first| is_first && parts.contains(&tag.name));
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
    let wording = wording::of(&read, &root_element(&cib, ["configuration", "status"].map(empty)));
    cib.extra.wording = wording;
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
    Part::ALL.iter().for_each(|part| tag.join(part.name(), doubts));
    let (mut read, mut uniform) = (tag.shell(), Vec::new());
    tag.children.iter_mut().for_each(Child::adopt_comments);
    read.children.extend(tag.children.iter().map(|child| match child {
        Child::Tag(section) => {
            uniform.extend(Part::parse(section.name).filter(|part| is_uniform(*part, section)));
            Child::Tag(outline_of(section, &uniform))
        }
        other => other.clone(),
    }));
    tag.sort_out(|child| match Part::parse(child.name) {
        Some(part) => fill(configuration, part, child, doubts),
        None => {
            doubts.extend(misspelt(&child, child.name, &Part::ALL.map(Part::name)));
            Ok(Some(child))
        }
    })?;
    tag.move_last(&Part::ALL.map(Part::name));
    configuration.extra = tag.into_extra();
    let count = |part| if uniform.contains(&part) { 1 } else { usize::MAX };
    let usual = sections(configuration, |part| outlines(configuration, part, count(part)));
    let wording = wording::of(&read, &usual);
    configuration.extra.wording = wording;
    Ok(())
}

/// A section with its objects by names and ids alone; what is no object is there as it is. Of a
/// uniform one the first stands for all.
fn outline_of<'a>(section: &Tag<'a>, uniform: &[Part]) -> Tag<'a> {
    let Some(part) = Part::parse(section.name) else { return section.clone() };
    let mut outline = section.shell();
    let is_object = |tag: &Tag<'_>| part.opaque().is_some() || part.members().contains(&tag.name);
    let count = if uniform.contains(&part) { 1 } else { usize::MAX };
    outline.outline(section, count, |tag, _| is_object(tag));
    outline
}

/// Whether a section holds nothing but objects with a type, so that they cannot but stand in their
/// order.
fn is_uniform(part: Part, section: &Tag<'_>) -> bool {
    let may_be_illegible = matches!(part, Part::Tags | Part::FencingTopology);
    let is_member = |child: &Child<'_>| match child {
        Child::Tag(tag) => part.members().contains(&tag.name),
        Child::Comment(_) | Child::Text(_) => false,
    };
    !may_be_illegible && section.children.iter().all(is_member)
}

/// Puts the objects of a section where they belong; what the section holds beyond them is left.
fn fill<'a>(
    configuration: &mut Configuration,
    part: Part,
    mut tag: Tag<'a>,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    let mut is_bare = true;
    tag.sort_out(|child| match claim(part, child, doubts)? {
        Claim::Object(object) => {
            is_bare = false;
            configuration.push(*object);
            Ok(None)
        }
        Claim::Nothing(tag) => Ok(Some(tag)),
    })?;
    let says_more = !tag.is_empty() || (is_bare && !part.is_always_there());
    Ok(says_more.then_some(tag))
}

/// Makes the root of a CIB.
pub(crate) fn cib_element(cib: &Cib) -> Tag<'_> {
    root_element(cib, [configuration_element(&cib.configuration), status_element(&cib.status)])
}

fn root_element<'a>(cib: &'a Cib, parts: [Tag<'a>; 2]) -> Tag<'a> {
    let version = cib.configuration.version;
    Giving::new("cib")
        .attribute("admin_epoch", version.admin_epoch)
        .attribute("epoch", version.epoch)
        .attribute("num_updates", version.num_updates)
        .children(parts)
        .extra(&cib.extra)
}

fn empty(name: &str) -> Tag<'_> {
    Giving::new(name).finish()
}

fn configuration_element(configuration: &Configuration) -> Tag<'_> {
    let mut element = sections(configuration, |part| objects(configuration, part));
    lift_comments(configuration, &mut element);
    element
}

fn sections<'a>(
    configuration: &'a Configuration,
    objects: impl Fn(Part) -> Vec<Tag<'a>>,
) -> Tag<'a> {
    let sections = Part::ALL.into_iter().filter_map(|part| {
        section(part.name(), &configuration.extra, objects(part))
            .or_else(|| part.is_always_there().then(|| empty(part.name())))
    });
    Giving::new("configuration")
        .children(sections)
        .extra_without(&configuration.extra, &Part::ALL.map(Part::name))
}

/// The sections of a configuration by name, empty ones too, in the order in which they are written.
pub fn section_names(configuration: &Configuration) -> Vec<String> {
    let written = sections(configuration, |part| outlines(configuration, part, 1));
    written.tags().map(|section| section.name.to_owned()).collect()
}

/// Has the sections written in this order, and empty ones among them too. Sections that are not
/// named follow, those without contents are left out.
pub fn arrange_sections(configuration: &mut Configuration, names: &[String]) {
    configuration.extra.wording = None;
    let is_part = |name: &str| Part::parse(name).is_some();
    let has_more = |element: &Element| !is_part(&element.name) || !element.extra.is_empty();
    configuration.extra.children.retain(|child| match child {
        ExtraNode::Element(element) => has_more(element),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => true,
    });
    let usual = section_names(configuration);
    let is_new = |name: &&String| is_part(name) && !usual.contains(name);
    for name in names.iter().filter(is_new) {
        configuration.extra.children.push(ExtraNode::Element(empty(name).into_element()));
    }
    let outline = sections(configuration, |part| outlines(configuration, part, 1));
    let is_named = |section: &Tag<'_>| names.iter().any(|name| name == section.name);
    let is_bare = |section: &&Tag<'_>| section.is_empty() && !is_named(section);
    let implied = outline.tags().filter(is_bare).cloned().map(Tag::into_element).collect();
    let order = if section_names(configuration) == *names { Vec::new() } else { names.to_vec() };
    let wording = Wording { order, implied, ..Wording::default() };
    configuration.extra.wording = (!wording.is_usual()).then(|| Box::new(wording));
}

/// What stands in a section, by names and ids alone; the first so many.
fn outlines(configuration: &Configuration, part: Part, count: usize) -> Vec<Tag<'_>> {
    let name = part.members().first().copied().unwrap_or_default();
    let sets = match part {
        Part::Properties => &configuration.properties[..],
        Part::ResourceDefaults => &configuration.resource_defaults,
        Part::OperationDefaults => &configuration.operation_defaults,
        _ => &[],
    };
    let Configuration { nodes, resources, constraints, fencing_levels, tags, .. } = configuration;
    let mut outlines: Vec<Tag<'_>> = match part {
        Part::Properties | Part::ResourceDefaults | Part::OperationDefaults => {
            sets.iter().take(count).map(|it| mention(name, &it.id)).collect()
        }
        Part::Nodes => nodes.iter().take(count).map(|it| mention(name, &it.id)).collect(),
        Part::Resources => {
            let resources = resources.iter().take(count);
            resources.map(|it| mention(resource_name(it), it.id())).collect()
        }
        Part::Constraints => {
            let constraints = constraints.iter().take(count);
            constraints.map(|it| mention(constraint_name(it), it.id())).collect()
        }
        Part::FencingTopology => {
            fencing_levels.iter().take(count).map(|it| mention(name, &it.id)).collect()
        }
        Part::Tags => tags.iter().take(count).map(|it| mention(name, &it.id)).collect(),
        Part::Acls | Part::Alerts => Vec::new(),
    };
    outlines.extend(opaque(configuration, part).take(count).map(|element| {
        let id = element.attribute("id");
        Giving::new(&element.name).maybe("id", id).finish()
    }));
    outlines
}

fn opaque(configuration: &Configuration, part: Part) -> impl Iterator<Item = &Element> {
    let opaque = configuration.opaque.iter();
    let here = opaque.filter(move |(section, _)| part.opaque() == Some(*section));
    here.map(|(_, element)| element)
}

/// Comments that stood above an object stand there again.
fn lift_comments(configuration: &Configuration, tag: &mut Tag<'_>) {
    let above = comments_above(configuration);
    if above.is_empty() {
        return;
    }
    for section in &mut tag.children {
        let Child::Tag(section) = section else { continue };
        for mut child in std::mem::take(&mut section.children) {
            if let Child::Tag(object) = &mut child
                && let Some(count) = object.attribute("id").and_then(|id| above.get(id))
            {
                let inside = &mut object.children;
                let is_comment = |child: &Child<'_>| matches!(child, Child::Comment(_));
                let there = inside.iter().take_while(|child| is_comment(child)).count();
                let lifted = inside.drain(..there.min(*count as usize));
                section.children.extend(lifted);
            }
            section.children.push(child);
        }
    }
}

/// The objects that have comments above them, with how many.
fn comments_above(configuration: &Configuration) -> BTreeMap<&str, u32> {
    let sets = [
        &configuration.properties,
        &configuration.resource_defaults,
        &configuration.operation_defaults,
    ];
    let sets = sets.into_iter().flatten().map(|set| (set.id.as_str(), &set.extra));
    let nodes = configuration.nodes.iter().map(|node| (node.id.as_str(), &node.extra));
    let resources = configuration.resources.iter();
    let resources = resources.map(|resource| (resource.id(), resource.extra()));
    let constraints = configuration.constraints.iter();
    let constraints = constraints.map(|constraint| (constraint.id(), constraint.extra()));
    let tags = configuration.tags.iter().map(|tag| (tag.id.as_str(), &tag.extra));
    let levels = configuration.fencing_levels.iter();
    let levels = levels.map(|level| (level.id.as_str(), &level.extra));
    let opaque = configuration.opaque.iter();
    let opaque = opaque.filter_map(|(_, object)| Some((object.attribute("id")?, &object.extra)));
    let all = sets.chain(nodes).chain(resources).chain(constraints).chain(tags).chain(levels);
    all.chain(opaque)
        .map(|(id, extra)| (id, extra.comments_above()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn objects(configuration: &Configuration, part: Part) -> Vec<Tag<'_>> {
    let mut tags: Vec<Tag<'_>> = match part {
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
    tags.extend(opaque(configuration, part).map(Tag::of));
    tags
}
