//! Primitives with their operations, groups, clones.

use crate::bundles::{bundle, bundle_element};
use crate::error::{Doubts, Fault};
use crate::giving::{Giving, section};
use crate::sets::{self, set_elements};
use crate::tag::Tag;
use crate::wording;
use crate::words::{BOOLEAN, DURATION, ON_FAIL, ROLE};
use cluster::{
    Agent, AttributeSet, Clone, Group, OnFail, OperationSettings, Primitive, Resource, Written,
};

/// The elements that are resources with a type.
pub(crate) const TYPED: [&str; 6] = ["primitive", "group", "clone", "master", "bundle", "template"];

pub(crate) fn resource(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Resource, Fault> {
    match tag.name {
        "primitive" => return primitive(tag, doubts).map(Resource::Primitive),
        "template" => tag.join("operations", doubts),
        "bundle" => tag.join("storage", doubts),
        _ => {}
    }
    let read = tag.clone();
    let mut resource = match tag.name {
        "group" => Resource::Group(group(tag, doubts)?),
        "clone" => Resource::Clone(clone(tag, doubts)?),
        "master" => {
            let mut clone = clone(tag, doubts)?;
            make_promotable(&mut clone);
            Resource::Clone(clone)
        }
        "bundle" => Resource::Bundle(Box::new(bundle(tag, doubts)?)),
        "template" => Resource::Template(settings(tag, doubts)?),
        _ => {
            let what = format!("{} is no resource", tag.title());
            return Err(tag.fault(what, "write a primitive, group, clone, bundle or template"));
        }
    };
    let wording = wording::of(&read, &resource_element(&resource));
    resource.extra_mut().wording = wording;
    Ok(resource)
}

pub(crate) fn primitive(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Primitive, Fault> {
    tag.join("operations", doubts);
    let read = tag.clone();
    let mut primitive = settings(tag, doubts)?;
    let wording = wording::of(&read, &primitive_element(&primitive));
    primitive.extra.wording = wording;
    Ok(primitive)
}

/// What primitives and templates have in common, which is all but their name.
fn settings(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Primitive, Fault> {
    let mut primitive = Primitive {
        agent: agent(&mut tag)?,
        id: tag.required("id")?,
        template: tag.take("template"),
        description: tag.take("description"),
        ..Primitive::default()
    };
    tag.sort_out(|child| {
        let sets = match child.name {
            "instance_attributes" => &mut primitive.parameters,
            "meta_attributes" => &mut primitive.meta,
            "utilization" => &mut primitive.utilization,
            "operations" => return operations(child, &mut primitive.operations, doubts),
            _ => return Ok(Some(child)),
        };
        sets.push(sets::set(child, doubts)?);
        Ok(None)
    })?;
    primitive.extra = tag.into_extra();
    Ok(primitive)
}

/// Class, provider and type. They may be missing where a template has them.
fn agent(tag: &mut Tag<'_>) -> Result<Agent, Fault> {
    let agent =
        |tag: &mut Tag<'_>, class, kind| Agent { class, provider: tag.take("provider"), kind };
    if tag.attribute("template").is_some() {
        let class = tag.take("class").unwrap_or_default();
        let kind = tag.take("type").unwrap_or_default();
        return Ok(agent(tag, class, kind));
    }
    let says = |text: &String| !text.is_empty();
    match (tag.take("class").filter(says), tag.take("type").filter(says)) {
        (Some(class), Some(kind)) => Ok(agent(tag, class, kind)),
        (class, _) => {
            let missing = if class.is_none() { "class" } else { "type" };
            let what = format!("{} has no `{missing}`", tag.title());
            let help = "name its agent (class, provider, type), or a template";
            Err(tag.fault(what, help))
        }
    }
}

/// What the element itself carries (an id, a reference to another's operations) stays.
fn operations<'a>(
    mut tag: Tag<'a>,
    list: &mut Vec<OperationSettings>,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    let before = list.len();
    tag.sort_out(|child| match child.name {
        "op" => {
            list.push(operation(child, doubts)?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    let says_more = !tag.is_empty() || list.len() == before;
    Ok(says_more.then_some(tag))
}

fn operation(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<OperationSettings, Fault> {
    let id = tag.own_id()?;
    let id_ref = tag.take("id-ref");
    let name =
        if id_ref.is_some() { tag.take("name").unwrap_or_default() } else { tag.required("name")? };
    let interval = tag.optional("interval", &DURATION, doubts);
    let mut operation = OperationSettings::new(id, name, interval.unwrap_or(Written::UNSAID));
    operation.id_ref = id_ref;
    operation.timeout = tag.optional("timeout", &DURATION, doubts);
    operation.on_fail = tag.optional("on-fail", &ON_FAIL, doubts);
    operation.role = tag.optional("role", &ROLE, doubts);
    operation.enabled = tag.optional("enabled", &BOOLEAN, doubts);
    tag.sort_out(|child| {
        let sets = match child.name {
            "instance_attributes" => &mut operation.parameters,
            "meta_attributes" => &mut operation.meta,
            _ => return Ok(Some(child)),
        };
        sets.push(sets::set(child, doubts)?);
        Ok(None)
    })?;
    operation.extra = tag.into_extra();
    Ok(operation)
}

fn group(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Group, Fault> {
    let mut group =
        Group { id: tag.required("id")?, description: tag.take("description"), ..Group::default() };
    tag.sort_out(|child| {
        let sets = match child.name {
            "primitive" => {
                group.members.push(primitive(child, doubts)?);
                return Ok(None);
            }
            "instance_attributes" => &mut group.parameters,
            "meta_attributes" => &mut group.meta,
            _ => return Ok(Some(child)),
        };
        sets.push(sets::set(child, doubts)?);
        Ok(None)
    })?;
    group.extra = tag.into_extra();
    Ok(group)
}

fn clone(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Clone, Fault> {
    let (title, at) = (tag.title(), tag.at);
    let id = tag.required("id")?;
    let description = tag.take("description");
    let (mut children, mut parameters, mut meta) = (Vec::new(), Vec::new(), Vec::new());
    tag.sort_out(|child| {
        let sets = match child.name {
            "primitive" | "group" => {
                children.push(resource(child, doubts)?);
                return Ok(None);
            }
            "instance_attributes" => &mut parameters,
            "meta_attributes" => &mut meta,
            _ => return Ok(Some(child)),
        };
        sets.push(sets::set(child, doubts)?);
        Ok(None)
    })?;
    let count = children.len();
    let [child] = <[Resource; 1]>::try_from(children).map_err(|_| {
        let what = format!("{title} holds {count} resources");
        Fault::new(at, what, "put exactly one primitive or one group inside")
    })?;
    let child = Box::new(child);
    Ok(Clone { id, description, child, parameters, meta, extra: tag.into_extra() })
}

/// What `master` said with its name, a clone says with a meta attribute.
fn make_promotable(clone: &mut Clone) {
    if clone.meta.iter().all(|set| set.rule.is_some()) {
        clone.meta.push(AttributeSet::new(format!("{}-meta_attributes", clone.id)));
    }
    if let Some(set) = clone.meta.iter_mut().find(|set| set.rule.is_none()) {
        set.set("promotable", "true");
    }
}

pub(crate) const fn resource_name(resource: &Resource) -> &'static str {
    match resource {
        Resource::Primitive(_) => "primitive",
        Resource::Group(_) => "group",
        Resource::Clone(_) => "clone",
        Resource::Bundle(_) => "bundle",
        Resource::Template(_) => "template",
    }
}

/// A resource with all that is inside it.
pub(crate) fn resource_element(resource: &Resource) -> Tag<'_> {
    match resource {
        Resource::Primitive(primitive) => primitive_element(primitive),
        Resource::Group(group) => Giving::new("group")
            .attribute("id", &group.id)
            .maybe("description", group.description.as_ref())
            .children(set_elements("instance_attributes", &group.parameters))
            .children(set_elements("meta_attributes", &group.meta))
            .children(group.members.iter().map(primitive_element))
            .extra(&group.extra),
        Resource::Clone(clone) => Giving::new("clone")
            .attribute("id", &clone.id)
            .maybe("description", clone.description.as_ref())
            .children(set_elements("instance_attributes", &clone.parameters))
            .children(set_elements("meta_attributes", &clone.meta))
            .children([resource_element(&clone.child)])
            .extra(&clone.extra),
        Resource::Bundle(bundle) => bundle_element(bundle),
        Resource::Template(template) => titled("template", template),
    }
}

/// A primitive.
pub(crate) fn primitive_element(primitive: &Primitive) -> Tag<'_> {
    titled("primitive", primitive)
}

fn titled<'a>(name: &'a str, primitive: &'a Primitive) -> Tag<'a> {
    let operations = primitive.operations.iter().map(operation_element).collect();
    Giving::new(name)
        .attribute("id", &primitive.id)
        .unless_empty("class", &primitive.agent.class)
        .maybe("provider", primitive.agent.provider.as_ref())
        .unless_empty("type", &primitive.agent.kind)
        .maybe("template", primitive.template.as_ref())
        .maybe("description", primitive.description.as_ref())
        .children(set_elements("instance_attributes", &primitive.parameters))
        .children(set_elements("meta_attributes", &primitive.meta))
        .children(set_elements("utilization", &primitive.utilization))
        .children(section("operations", &primitive.extra, operations))
        .extra_without(&primitive.extra, &["operations"])
}

fn operation_element(operation: &OperationSettings) -> Tag<'_> {
    Giving::new("op")
        .unless_empty("id", &operation.id)
        .maybe("id-ref", operation.id_ref.as_ref())
        .unless_empty("name", &operation.name)
        .unless_empty("interval", &operation.interval.text)
        .maybe("timeout", operation.timeout.as_ref())
        .maybe("on-fail", operation.on_fail.map(OnFail::name))
        .maybe("role", operation.role)
        .maybe("enabled", operation.enabled)
        .children(set_elements("instance_attributes", &operation.parameters))
        .children(set_elements("meta_attributes", &operation.meta))
        .extra(&operation.extra)
}
