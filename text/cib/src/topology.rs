//! Tags and fencing levels.

use crate::error::{Doubts, Fault};
use crate::giving::{Giving, mention};
use crate::tag::Tag;
use crate::words::SMALL_COUNT;
use cluster::{FencingLevel, FencingTarget, Object, Section};

/// A tag; one without an id names nothing and is kept as it came.
pub(crate) fn tag(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Object, Fault> {
    if let Err(fault) = tag.demand("id") {
        return Ok(opaque(Section::Tags, tag, fault, doubts));
    }
    let mut object = cluster::Tag { id: tag.required("id")?, ..cluster::Tag::default() };
    tag.sort_out(|mut child| match child.name {
        "obj_ref" if child.attribute("id").is_some() => {
            object.members.extend(child.take("id"));
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    object.extra = tag.into_extra();
    Ok(Object::Tag(object))
}

/// A fencing level; one that is no level for anybody is kept as it came.
pub(crate) fn level(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Object, Fault> {
    let index = legible(&tag).and_then(|()| tag.demand_value("index", &SMALL_COUNT));
    let index = match index {
        Ok(index) => index,
        Err(fault) => return Ok(opaque(Section::FencingTopology, tag, fault, doubts)),
    };
    tag.discard("index");
    let target = match (tag.take("target"), tag.take("target-pattern")) {
        (Some(name), _) => FencingTarget::Name(name),
        (None, Some(pattern)) => FencingTarget::Pattern(pattern),
        (None, None) => FencingTarget::Attribute {
            name: tag.required("target-attribute")?,
            value: tag.required("target-value")?,
        },
    };
    let devices = tag.required("devices")?;
    let devices = devices.split(',').map(|device| device.trim().to_owned());
    Ok(Object::FencingLevel(FencingLevel {
        id: tag.required("id")?,
        target,
        index,
        devices: devices.collect(),
        extra: tag.into_extra(),
    }))
}

fn legible(tag: &Tag<'_>) -> Result<(), Fault> {
    tag.demand("id")?;
    tag.demand("devices")?;
    match ["target", "target-pattern"].into_iter().find(|name| tag.attribute(name).is_some()) {
        Some(name) => tag.demand(name)?,
        None => tag.demand("target-attribute").and_then(|_| tag.demand("target-value"))?,
    };
    Ok(())
}

fn opaque(section: Section, tag: Tag<'_>, fault: Fault, doubts: &mut Doubts) -> Object {
    doubts.push(fault);
    Object::Opaque(section, tag.into_element())
}

/// A tag.
pub(crate) fn tag_element(tag: &cluster::Tag) -> Tag<'_> {
    Giving::new("tag")
        .attribute("id", &tag.id)
        .children(tag.members.iter().map(|id| mention("obj_ref", id)))
        .extra(&tag.extra)
}

/// A fencing level.
pub(crate) fn level_element(level: &FencingLevel) -> Tag<'_> {
    let element = Giving::new("fencing-level").attribute("id", &level.id);
    let element = match &level.target {
        FencingTarget::Name(name) => element.attribute("target", name),
        FencingTarget::Pattern(pattern) => element.attribute("target-pattern", pattern),
        FencingTarget::Attribute { name, value } => {
            element.attribute("target-attribute", name).attribute("target-value", value)
        }
    };
    element
        .attribute("index", level.index)
        .attribute("devices", level.devices.join(","))
        .extra(&level.extra)
}
