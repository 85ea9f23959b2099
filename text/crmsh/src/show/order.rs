//! The order of what the sorted text shows in another one.

use super::objects::Shown;
use super::parts::quoted;
use crate::element;
use crate::load::ids_of;
use cib::Part;
use cluster::{Configuration, Element};
use std::collections::BTreeMap;

/// A line for every list, group and clone that a load of the text would put into another order.
pub(super) fn sequences(
    configuration: &Configuration,
    objects: &[Shown<'_>],
    levels: &[Element],
    text: &mut String,
) {
    let mut add = |of: &str, ids: &[String]| {
        let mut words = vec![format!("sequence {of}:")];
        words.extend(ids.iter().map(|id| word(id)));
        text.push_str(&wrapped(&words));
    };
    let sections = cib::section_names(configuration);
    if sections != usual_sections(configuration) {
        add("sections", &sections);
    }
    for part in Part::ALL {
        let ids = ids_of(configuration, part);
        let first = out_of_order(&ids, &order_of_text(part, &ids, objects, levels));
        if first > 0 {
            add(part.name(), &ids[..first]);
        }
    }
    let mut members = Vec::new();
    let mut inside = Vec::new();
    for (object, container) in objects.iter().filter_map(|it| Some((it, it.container()?))) {
        match arrangement(container) {
            Arrangement::Usual => {}
            Arrangement::MembersFirst => members.push(object.place.clone().into_owned()),
            Arrangement::Own(ids) => inside.push((object.place.clone(), ids)),
        }
    }
    if !members.is_empty() {
        add("members", &members);
    }
    for (id, ids) in inside {
        add(&format!("inside {}", word(&id)), &ids);
    }
}

/// How many of `ids` have to be named so that the others follow by themselves.
fn out_of_order(ids: &[String], in_text: &[String]) -> usize {
    let places: BTreeMap<&str, usize> =
        in_text.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
    let places: Vec<Option<&usize>> = ids.iter().map(|id| places.get(id.as_str())).collect();
    let broken = places.windows(2).rposition(|pair| pair[0] > pair[1]);
    broken.map_or(0, |last| last + 1)
}

/// An id as a word; ids of others may hold anything.
fn word(id: &str) -> String {
    let needs_quotes = |c: char| c.is_whitespace() || "\"'\\".contains(c);
    if id.is_empty() || id.contains(needs_quotes) { quoted(id) } else { id.to_owned() }
}

/// Words in lines that fit a screen.
fn wrapped(words: &[String]) -> String {
    const WIDTH: usize = 100;
    let mut text = String::new();
    let mut column = 0;
    for word in words {
        if column > 0 && column + word.len() > WIDTH {
            text.push_str(" \\\n\t");
            column = 8;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    text.push('\n');
    text
}

fn usual_sections(configuration: &Configuration) -> Vec<String> {
    let mut usual = configuration.clone();
    cib::arrange_sections(
        &mut usual,
        &["crm_config", "nodes", "resources", "constraints"].map(str::to_owned),
    );
    cib::section_names(&usual)
}

/// The order in which a load would meet the objects of a part.
fn order_of_text(
    part: Part,
    ids: &[String],
    objects: &[Shown<'_>],
    levels: &[Element],
) -> Vec<String> {
    let id = |element: &Element| element::id(element).to_owned();
    if part == Part::FencingTopology {
        return super::tables::in_text_order(levels).into_iter().map(id).collect();
    }
    let here = objects.iter().filter(|object| object.part == part);
    // What stands inside another resource has no place of its own.
    let mut top: Vec<&str> = ids.iter().map(String::as_str).collect();
    top.sort_unstable();
    let is_top = |object: &&Shown<'_>| top.binary_search(&&*object.place).is_ok();
    here.filter(is_top).map(|object| object.place.clone().into_owned()).collect()
}

/// How blocks and members stand in a group or clone.
enum Arrangement {
    /// Blocks first, as a load has them.
    Usual,
    MembersFirst,
    /// These, in this order.
    Own(Vec<String>),
}

fn arrangement(container: &Element) -> Arrangement {
    let places: Vec<bool> = container.elements().map(element::is_resource).collect();
    if places.is_sorted() {
        return Arrangement::Usual;
    }
    if places.iter().rev().is_sorted() {
        return Arrangement::MembersFirst;
    }
    Arrangement::Own(container.elements().map(|child| element::id(child).to_owned()).collect())
}
