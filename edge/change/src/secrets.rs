//! Stars that stand for what nobody shall see: loaded again they mean what was there.

use crate::Refusal;
use cib::Cib;
use cluster::{Configuration, Element, ExtraNode};
use crmsh::STARS;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A text in XML with the values of `onto` in the place of stars.
///
/// # Errors
/// When a value is hidden and `onto` does not have it: it would be lost.
pub fn uncovered<'t>(text: &'t str, onto: &Configuration) -> Result<Cow<'t, str>, Refusal> {
    if !text.contains(STARS) {
        return Ok(Cow::Borrowed(text));
    }
    // What is no XML is told of by whoever reads it.
    let Ok(mut root) = cib::read_element(text) else { return Ok(Cow::Borrowed(text)) };
    let old = cib::to_element(&Cib { configuration: onto.clone(), ..Cib::default() });
    uncover(&mut root, &old)?;
    Ok(Cow::Owned(cib::write_element(&root)))
}

/// The same for trees.
///
/// # Errors
/// As [`uncovered`].
pub fn uncover(new: &mut Element, old: &Element) -> Result<(), Refusal> {
    let mut known = BTreeMap::new();
    collect(old, &mut known);
    let mut lost = Vec::new();
    put_back(new, &known, &mut lost);
    if lost.is_empty() { Ok(()) } else { Err(Refusal::Text(lost)) }
}

/// The values of all pairs, by their ids.
fn collect<'e>(element: &'e Element, known: &mut BTreeMap<&'e str, &'e str>) {
    if element.name == "nvpair"
        && let (Some(id), Some(value)) = (element.attribute("id"), element.attribute("value"))
    {
        known.insert(id, value);
    }
    element.elements().for_each(|child| collect(child, known));
}

fn put_back(element: &mut Element, known: &BTreeMap<&str, &str>, lost: &mut Vec<String>) {
    if element.name == "nvpair" && element.attribute("value") == Some(STARS) {
        let id = element.attribute("id").unwrap_or_default().to_owned();
        match known.get(id.as_str()) {
            Some(value) => set_value(element, value),
            None => lost.push(format!(
                "{id}: the value is hidden by stars, and not known here; write the value itself"
            )),
        }
    }
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child {
            put_back(child, known, lost);
        }
    }
}

fn set_value(pair: &mut Element, value: &str) {
    for (name, place) in &mut pair.extra.attributes {
        if name == "value" {
            value.clone_into(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_mean_what_was_there() {
        let cib = |value: &str, id: &str| {
            format!(
                "<cib><configuration><resources><primitive id='a' class='ocf' provider='x' \
                 type='Y'><instance_attributes id='i'><nvpair id='{id}' name='passwd' \
                 value='{value}'/></instance_attributes></primitive></resources></configuration>\
                 </cib>"
            )
        };
        let onto = cib::read(&cib("geheim", "p")).expect("it is right").configuration;
        let value = |text: &str| {
            let configuration = cib::read(text).expect("it is right").configuration;
            let a = configuration.primitive("a").expect("it is there");
            cluster::first_value(&a.parameters, "passwd").map(str::to_owned)
        };
        for (written, expected) in [("******", "geheim"), ("neu", "neu"), ("*****", "*****")] {
            let text = cib(written, "p");
            let found = uncovered(&text, &onto).expect("it is known");
            assert_eq!(value(&found).as_deref(), Some(expected), "{written}");
        }
        let text = cib("******", "other");
        let refused = uncovered(&text, &onto).expect_err("nobody knows it").to_string();
        assert!(refused.starts_with("other: the value is hidden by stars"), "{refused}");
        assert_eq!(uncovered("<cut ******", &onto).expect("not told here"), "<cut ******");
    }
}
