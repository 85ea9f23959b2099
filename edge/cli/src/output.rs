//! The form of answers: text for people, JSON for programs.
//!
//! What JSON looks like stands in `docs/output.md`; every answer says the version of its form.

use crate::answer::{Failure, line};
use api::{ObjectChanges, Preview};
use clap::{Args, ValueEnum};
use cluster::{Element, ExtraNode, secret};
use serde_json::{Map, Value, json};

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

impl Form {
    /// The form of that name.
    pub(crate) fn named(word: &str) -> Result<Self, Failure> {
        let wrong = |_| Failure::Usage(format!("there is no output `{word}`; use text or json"));
        Self::from_str(word, false).map_err(wrong)
    }
}

/// The same as an option of verbs.
#[derive(Args, Clone, Debug)]
pub(crate) struct Output {
    /// The form of the answer
    #[arg(long, alias = "format", value_enum, default_value_t = Form::Text)]
    output: Form,
    /// The same as --output json
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

impl Output {
    /// The form of the answer.
    pub(crate) const fn form(&self) -> Form {
        if self.json { Form::Json } else { self.output }
    }
}

/// The version of what is answered as JSON; it changes when a reader has to.
pub(crate) const JSON_VERSION: u32 = 1;

/// Prints an answer, with the version of its form.
pub(crate) fn tell(answer: Value) {
    let Value::Object(fields) = answer else { return };
    let mut whole = Map::from_iter([("version".to_owned(), json!(JSON_VERSION))]);
    whole.extend(fields);
    line(&format!("{:#}", Value::Object(whole)));
}

/// An element of a configuration: its attributes, what kind it is, and what it consists of.
fn element(of: &Element) -> Value {
    let mut fields = Map::from_iter([("kind".to_owned(), json!(of.name))]);
    let text = |value: &String| json!(value);
    fields.extend(of.extra.attributes.iter().map(|(name, value)| (name.clone(), text(value))));
    let parts: Vec<Value> = of.elements().map(element).collect();
    if !parts.is_empty() {
        fields.insert("parts".to_owned(), Value::Array(parts));
    }
    let comments = of.extra.children.iter().filter_map(|node| match node {
        ExtraNode::Comment(comment) => Some(json!(comment.trim())),
        ExtraNode::Element(_) | ExtraNode::Text(_) => None,
    });
    let comments: Vec<Value> = comments.collect();
    if !comments.is_empty() {
        fields.insert("comments".to_owned(), Value::Array(comments));
    }
    Value::Object(fields)
}

/// The objects of a `<configuration>`, in its order and without the sections around them; stars in
/// the place of secrets.
pub(crate) fn objects(configuration: &Element) -> Vec<Value> {
    let sections = configuration.elements();
    let objects = sections.flat_map(Element::elements).cloned();
    objects
        .map(|mut object| {
            secret::cover(&mut object);
            element(&object)
        })
        .collect()
}

/// What changes: the objects as they are, and as they are to be.
pub(crate) fn changes(changes: &ObjectChanges) -> Value {
    let objects = |text: &str| match cib::read_element(text) {
        Ok(configuration) => objects(&configuration),
        // Empty where nothing changes.
        Err(_) => Vec::new(),
    };
    json!({ "before": objects(&changes.before), "after": objects(&changes.after) })
}

/// What would become of a change.
pub(crate) fn preview(preview: &Preview) -> Value {
    json!({
        "changes": changes(&preview.changes),
        "consequences": preview.consequences,
        "warnings": preview.warnings,
        "forgotten": preview.forgotten,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_say_what_they_are_and_no_secrets() {
        let text = "<configuration><nodes/><resources><primitive id='f' class='stonith' type='x'>\
            <!-- a note --><instance_attributes id='f-i'><nvpair id='f-p' name='passwd' value='hidden'/>\
            <nvpair id='f-a' name='ip' value='1'/></instance_attributes></primitive></resources>\
            </configuration>";
        let pair = |id: &str, name: &str, value: &str| json!({ "kind": "nvpair", "id": id, "name": name, "value": value });
        let expected = json!({
            "kind": "primitive",
            "id": "f",
            "class": "stonith",
            "type": "x",
            "comments": ["a note"],
            "parts": [{
                "kind": "instance_attributes",
                "id": "f-i",
                "parts": [pair("f-p", "passwd", "******"), pair("f-a", "ip", "1")],
            }],
        });
        let text = cib::read_element(text).expect("it is right");
        assert_eq!(objects(&text), [expected]);
    }
}
