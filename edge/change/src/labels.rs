//! Parts of a configuration, each ruled by a text of its own: a tag names what came of the text, so
//! that what the text no longer has can be told from what others have made.

use crate::Refusal;
use crate::wish::{put, remove};
use cluster::{Configuration, Edit, Extra, Object, Tag};
use std::collections::BTreeSet;

/// Adds to what a text puts what it leaves out: what the label named before goes, and the label names
/// what the text has.
///
/// # Errors
/// When the label is no tag's name, or the text says itself what the tag is.
pub(crate) fn only(
    before: &Configuration,
    label: &str,
    mut edits: Vec<Edit>,
) -> Result<Vec<Edit>, Refusal> {
    let (resources, others): (Vec<&Edit>, Vec<&Edit>) =
        edits.iter().partition(|edit| brings_resource(edit));
    let labelled: Vec<String> = resources.into_iter().chain(others).flat_map(names).collect();
    if labelled.iter().any(|id| id == label) {
        return Err(Refusal::LabelInText(label.to_owned()));
    }
    let named: BTreeSet<&String> = labelled.iter().collect();
    let tag = before.tag(label);
    let gone = tag.iter().flat_map(|tag| &tag.members).filter(|id| !named.contains(id));
    let gone: Vec<String> = gone.filter(|id| is_there(before, id)).cloned().collect();
    let extra = tag.map_or_else(Extra::default, |tag| tag.extra.clone());
    match (labelled.is_empty(), tag) {
        (false, _) => {
            let tag = Tag { id: label.to_owned(), members: labelled, extra };
            edits.push(put(Object::Tag(tag)));
        }
        (true, Some(_)) => edits.push(Edit::Remove(label.to_owned())),
        (true, None) => {}
    }
    // At last, when nothing hangs on it any more.
    edits.extend(remove_in_order(before, gone));
    Ok(edits)
}

/// The ids that an edit brings and a tag can name: resources with all that is inside, constraints.
fn names(edit: &Edit) -> Vec<String> {
    let Edit::Put(object) = edit else { return Vec::new() };
    match object.as_ref() {
        Object::Resource(resource) => resource.ids().into_iter().map(str::to_owned).collect(),
        Object::Constraint(_) | Object::Tag(_) => vec![object.id().to_owned()],
        _ => Vec::new(),
    }
}

fn brings_resource(edit: &Edit) -> bool {
    matches!(edit, Edit::Put(object) if matches!(**object, Object::Resource(_)))
}

fn is_there(configuration: &Configuration, id: &str) -> bool {
    configuration.resource(id).is_some()
        || configuration.tag(id).is_some()
        || configuration.constraints.iter().any(|constraint| constraint.id() == id)
}

/// What uses others goes before them.
fn remove_in_order(configuration: &Configuration, ids: Vec<String>) -> Vec<Edit> {
    let (resources, others): (Vec<String>, Vec<String>) =
        ids.into_iter().partition(|id| configuration.resource(id).is_some());
    let mut edits: Vec<Edit> = others.into_iter().map(Edit::Remove).collect();
    edits.extend(remove(configuration, &resources));
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crmsh::{Mode, load};

    /// What a text makes of a configuration that carries it under the label `lustre`.
    fn applied(before: &Configuration, text: &str) -> Result<Configuration, Refusal> {
        let loaded = load(text, before, Mode::Update).expect("the text is sound");
        let edits = only(before, "lustre", loaded.edits)?;
        Ok(before.edited(&edits).expect("the edits fit"))
    }

    /// The ids of resources, constraints and tags, with the tags' members.
    fn told(configuration: &Configuration) -> String {
        let mut words: Vec<String> =
            configuration.resources.iter().flat_map(|it| it.ids()).map(str::to_owned).collect();
        words.extend(configuration.constraints.iter().map(|it| it.id().to_owned()));
        words.extend(
            configuration.tags.iter().map(|tag| format!("{}={}", tag.id, tag.members.join(","))),
        );
        words.join(" ")
    }

    #[test]
    fn what_a_part_no_longer_says_goes_and_everything_else_stays() {
        let mut configuration = Configuration::default();
        let others = "primitive web ocf:heartbeat:Dummy\nlocation l web 5: n1\ntag all web\n";
        let loaded = load(others, &configuration, Mode::Update).expect("the text is sound");
        configuration.apply(&loaded.edits).expect("the edits fit");
        for (text, expected) in [
            (
                "primitive a ocf:heartbeat:Dummy\nprimitive b ocf:heartbeat:Dummy\n\
                 group g a b\ncolocation c inf: g web\n",
                "web g a b l c all=web lustre=g,a,b,c",
            ),
            (
                "primitive a ocf:heartbeat:Dummy\nlocation m a 7: n2\n",
                "web a l m all=web lustre=a,m",
            ),
            ("primitive b ocf:heartbeat:Dummy\n", "web b l all=web lustre=b"),
            ("", "web l all=web"),
            ("", "web l all=web"),
        ] {
            configuration = applied(&configuration, text).expect("the label is free");
            assert_eq!(told(&configuration), expected, "after {text:?}");
            let again = applied(&configuration, text).expect("the label is free");
            assert!(
                again.is_same(&Configuration { version: again.version, ..configuration.clone() })
            );
        }
    }

    #[test]
    fn a_text_does_not_define_its_own_label() {
        let text = "primitive a ocf:heartbeat:Dummy\ntag lustre a\n";
        let refused = applied(&Configuration::default(), text);
        assert_eq!(refused, Err(Refusal::LabelInText("lustre".into())));
    }
}
