//! Blocks of named values.

use crate::error::{Doubts, Fault};
use crate::giving::Giving;
use crate::rules::{rule, rule_element};
use crate::tag::Tag;
use crate::words::SCORE;
use cluster::{AttributeSet, Nvpair};

pub(crate) fn set(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<AttributeSet, Fault> {
    let mut set = AttributeSet::new(tag.own_id()?);
    set.id_ref = tag.take("id-ref");
    set.score = tag.optional("score", &SCORE, doubts);
    tag.sort_out(|child| match child.name {
        "nvpair" => {
            set.pairs.push(nvpair(child)?);
            Ok(None)
        }
        "rule" if set.rule.is_none() => {
            set.rule = Some(rule(child, doubts)?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    set.extra = tag.into_extra();
    Ok(set)
}

fn nvpair(mut tag: Tag<'_>) -> Result<Nvpair, Fault> {
    let id_ref = tag.take("id-ref");
    let id = tag.take("id").unwrap_or_default();
    let name =
        if id_ref.is_some() { tag.take("name").unwrap_or_default() } else { tag.required("name")? };
    Ok(Nvpair { id, id_ref, name, value: tag.take("value"), extra: tag.into_extra() })
}

/// A block of values, as an element of this name.
pub(crate) fn set_element<'a>(name: &'a str, set: &'a AttributeSet) -> Tag<'a> {
    Giving::new(name)
        .unless_empty("id", &set.id)
        .maybe("id-ref", set.id_ref.as_ref())
        .maybe("score", set.score)
        .children(set.rule.as_ref().map(rule_element))
        .children(set.pairs.iter().map(nvpair_element))
        .extra(&set.extra)
}

pub(crate) fn set_elements<'a>(
    name: &'a str,
    sets: &'a [AttributeSet],
) -> impl Iterator<Item = Tag<'a>> {
    sets.iter().map(move |set| set_element(name, set))
}

fn nvpair_element(pair: &Nvpair) -> Tag<'_> {
    Giving::new("nvpair")
        .unless_empty("id", &pair.id)
        .maybe("id-ref", pair.id_ref.as_ref())
        .unless_empty("name", &pair.name)
        .maybe("value", pair.value.as_ref())
        .extra(&pair.extra)
}
