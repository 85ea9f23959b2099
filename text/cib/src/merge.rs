//! Two people change the same element, each from what it was before.
//!
//! What only one of them touched becomes what that one made of it: attributes by their names,
//! children by tag and id, the order of children as a whole. What both touched, differently, is a
//! conflict: it is named, and nothing is decided.

use crate::write_element;
use cluster::{Element, ExtraNode};
use std::fmt;

/// Something that both changed, and not alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What it is, from the outside in: `op monitor`, `timeout`.
    pub place: Vec<String>,
    /// What it was; `None` when it was not there.
    pub before: Option<String>,
    /// What it is by now.
    pub theirs: Option<String>,
    /// What it was to be.
    pub ours: Option<String>,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |value: &Option<String>| {
            value.as_ref().map_or_else(|| "not there".to_owned(), |value| format!("`{value}`"))
        };
        let (before, theirs, ours) = (said(&self.before), said(&self.theirs), said(&self.ours));
        let place = self.place.join(", ");
        write!(f, "{place}: it was {before}, is {theirs} by now, and was to be {ours}")
    }
}

/// `theirs` with what turns `before` into `ours`.
///
/// # Errors
/// With everything that both changed.
pub fn merge(before: &Element, theirs: &Element, ours: &Element) -> Result<Element, Vec<Conflict>> {
    let mut merging = Merging::default();
    let merged = merging.element(before, theirs, ours);
    if merging.conflicts.is_empty() { Ok(merged) } else { Err(merging.conflicts) }
}

#[derive(Default)]
struct Merging {
    place: Vec<String>,
    conflicts: Vec<Conflict>,
}

/// What a child is told from its brothers by.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    /// Tag and id, or the id it refers to.
    Named(String, String),
    /// Tag, and how many of that tag without an id stand before it.
    Counted(String, usize),
    /// A comment or a text, by what it says.
    Said(String),
}

type Children<'a> = Vec<(Key, &'a ExtraNode)>;

impl Merging {
    fn element(&mut self, before: &Element, theirs: &Element, ours: &Element) -> Element {
        if let Some(element) = one_of(&before, &theirs, &ours) {
            return (*element).clone();
        }
        let mut merged = theirs.clone();
        merged.extra.attributes = self.attributes(before, theirs, ours);
        merged.extra.children = self.children(before, theirs, ours);
        merged
    }

    fn attributes(
        &mut self,
        before: &Element,
        theirs: &Element,
        ours: &Element,
    ) -> Vec<(String, String)> {
        let own = ours.extra.attributes.iter().map(|(name, _)| name.as_str());
        let new = own.filter(|name| theirs.attribute(name).is_none());
        let names = theirs.extra.attributes.iter().map(|(name, _)| name.as_str()).chain(new);
        names
            .filter_map(|name| {
                let [was, is, wish] = [before, theirs, ours].map(|it| it.attribute(name));
                let value = one_of(&was, &is, &wish).copied().unwrap_or_else(|| {
                    self.conflict(name, [was, is, wish].map(|value| value.map(str::to_owned)));
                    is
                });
                Some((name.to_owned(), value?.to_owned()))
            })
            .collect()
    }

    fn children(&mut self, before: &Element, theirs: &Element, ours: &Element) -> Vec<ExtraNode> {
        let [before, theirs, ours] = [before, theirs, ours].map(children);
        let mut merged: Vec<(Key, ExtraNode)> = Vec::new();
        for (key, node) in self.sequence(&before, &theirs, &ours) {
            let [was, is, wish] = [&before, &theirs, &ours].map(|all| get(all, &key));
            let child = match (one_of(&was, &is, &wish), was, is, wish) {
                (Some(decided), ..) => decided.cloned(),
                (
                    None,
                    Some(ExtraNode::Element(was)),
                    Some(ExtraNode::Element(is)),
                    Some(ExtraNode::Element(wish)),
                ) => {
                    self.place.push(label(node));
                    let element = self.element(was, is, wish);
                    self.place.pop();
                    Some(ExtraNode::Element(element))
                }
                _ => {
                    self.conflict(&label(node), [was, is, wish].map(|node| node.map(text)));
                    None
                }
            };
            merged.extend(child.map(|child| (key, child)));
        }
        merged.into_iter().map(|(_, child)| child).collect()
    }

    /// All children there may be afterwards, in order: as they stand by now, unless only we have
    /// put them into another; what is new on our side follows what it follows there.
    fn sequence<'a>(
        &mut self,
        before: &Children<'a>,
        theirs: &Children<'a>,
        ours: &Children<'a>,
    ) -> Children<'a> {
        let shared = |all: &Children<'a>| -> Vec<Key> {
            let everywhere = |key: &Key| [before, theirs, ours].iter().all(|all| has(all, key));
            all.iter().map(|(key, _)| key.clone()).filter(everywhere).collect()
        };
        let [was, is, wish] = [before, theirs, ours].map(shared);
        let (first, second) = match one_of(&was, &is, &wish) {
            Some(order) if *order == is => (theirs, ours),
            Some(_) => (ours, theirs),
            None => {
                let said = |keys: &[Key]| Some(keys.iter().map(name).collect::<Vec<_>>().join(" "));
                self.conflict("the order", [said(&was), said(&is), said(&wish)]);
                (theirs, ours)
            }
        };
        let mut sequence = first.clone();
        for (place, (key, node)) in second.iter().enumerate() {
            if has(&sequence, key) {
                continue;
            }
            let previous = second[..place].last().map(|(key, _)| key);
            let after = previous.and_then(|key| sequence.iter().position(|(it, _)| it == key));
            sequence.insert(after.map_or(0, |after| after + 1), (key.clone(), node));
        }
        sequence
    }

    fn conflict(&mut self, what: &str, [before, theirs, ours]: [Option<String>; 3]) {
        let place = self.place.iter().cloned().chain([what.to_owned()]).collect();
        self.conflicts.push(Conflict { place, before, theirs, ours });
    }
}

/// What is to be where only one side has changed it, or both alike.
fn one_of<'a, T: PartialEq>(before: &'a T, theirs: &'a T, ours: &'a T) -> Option<&'a T> {
    if theirs == before { Some(ours) } else { (ours == before || ours == theirs).then_some(theirs) }
}

fn children(element: &Element) -> Children<'_> {
    let mut found: Children<'_> = Vec::new();
    for node in &element.extra.children {
        let key = match node {
            ExtraNode::Element(child) => {
                match child.attribute("id").or_else(|| child.attribute("id-ref")) {
                    Some(id) => Key::Named(child.name.clone(), id.to_owned()),
                    None => {
                        let same =
                            |key: &Key| matches!(key, Key::Counted(tag, _) if *tag == child.name);
                        let count = found.iter().filter(|(key, _)| same(key)).count();
                        Key::Counted(child.name.clone(), count)
                    }
                }
            }
            ExtraNode::Comment(said) | ExtraNode::Text(said) => Key::Said(said.clone()),
        };
        found.push((key, node));
    }
    found
}

fn get<'a>(children: &Children<'a>, key: &Key) -> Option<&'a ExtraNode> {
    children.iter().find(|(it, _)| it == key).map(|(_, node)| *node)
}

fn has(children: &Children<'_>, key: &Key) -> bool {
    children.iter().any(|(it, _)| it == key)
}

fn name(key: &Key) -> &str {
    match key {
        Key::Named(_, name) | Key::Counted(name, _) | Key::Said(name) => name,
    }
}

/// What people call it.
fn label(node: &ExtraNode) -> String {
    let ExtraNode::Element(element) = node else { return "a comment".to_owned() };
    let said = |name: &str| element.attribute(name).unwrap_or_default();
    match element.name.as_str() {
        "nvpair" => said("name").to_owned(),
        "op" => format!("op {}", said("name")),
        tag => match element.attribute("id") {
            Some(id) => format!("{tag} {id}"),
            None => tag.to_owned(),
        },
    }
}

fn text(node: &ExtraNode) -> String {
    match node {
        ExtraNode::Element(element) => match (element.name.as_str(), element.attribute("value")) {
            ("nvpair", Some(value)) => value.to_owned(),
            _ => write_element(element).trim().to_owned(),
        },
        ExtraNode::Comment(said) | ExtraNode::Text(said) => said.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_element;

    fn read(text: &str) -> Element {
        read_element(text).expect("it is well-formed")
    }

    /// `before`, `theirs`, `ours`, and what comes of it.
    fn check(before: &str, theirs: &str, ours: &str, expected: Result<&str, &[&str]>) {
        let merged = merge(&read(before), &read(theirs), &read(ours));
        let said = |conflicts: Vec<Conflict>| -> Vec<String> {
            conflicts.iter().map(ToString::to_string).collect()
        };
        match (merged.map_err(said), expected) {
            (Ok(merged), Ok(text)) => assert_eq!(merged, read(text)),
            (Err(said), Err(expected)) => assert_eq!(said, expected),
            (merged, _) => panic!("{merged:?} of {theirs} and {ours}"),
        }
    }

    const OST: &str = r#"<primitive id="a" type="X"><instance_attributes id="i"><nvpair id="i-d" name="device" value="/dev/a"/></instance_attributes><operations><op id="m" name="monitor" timeout="10"/></operations></primitive>"#;

    #[test]
    fn what_does_not_touch_goes_together() {
        let theirs = OST.replace("/dev/a", "/dev/b");
        let ours = OST.replace(r#"timeout="10""#, r#"timeout="60" interval="20""#);
        let both = ours.replace("/dev/a", "/dev/b");
        check(OST, &theirs, &ours, Ok(&both));
        check(OST, &theirs, OST, Ok(&theirs));
        check(OST, OST, &ours, Ok(&ours));
        check(OST, &ours, &ours, Ok(&ours));
        let without = OST.replace(r#"<op id="m" name="monitor" timeout="10"/>"#, "");
        check(OST, &theirs, &without, Ok(&without.replace("/dev/a", "/dev/b")));
    }

    #[test]
    fn what_both_touch_is_told() {
        let theirs = OST.replace("/dev/a", "/dev/b");
        let ours = OST.replace("/dev/a", "/dev/c");
        let said = "instance_attributes i, device, value: it was `/dev/a`, is `/dev/b` by now, and \
                    was to be `/dev/c`";
        check(OST, &theirs, &ours, Err(&[said]));
        let without = OST.replace(r#"<nvpair id="i-d" name="device" value="/dev/a"/>"#, "");
        let said = "instance_attributes i, device: it was `/dev/a`, is not there by now, and was to \
                    be `/dev/c`";
        check(OST, &without, &ours, Err(&[said]));
    }

    #[test]
    fn members_come_where_they_were_put() {
        let group = |ids: &str| {
            let members = ids.split_whitespace().map(|id| format!(r#"<primitive id="{id}"/>"#));
            format!(r#"<group id="g">{}</group>"#, members.collect::<String>())
        };
        for (before, theirs, ours, expected) in [
            ("a b", "a x b", "a b y", "a x b y"),
            ("a b", "a b x", "y a b", "y a b x"),
            ("a b c", "a c", "c b a", "c a"),
            ("a b c", "c b a", "a b", "b a"),
            ("a b c", "c b a", "a b c d", "c d b a"),
        ] {
            check(&group(before), &group(theirs), &group(ours), Ok(&group(expected)));
        }
        let said = "the order: it was `a b c`, is `c b a` by now, and was to be `b a c`";
        check(&group("a b c"), &group("c b a"), &group("b a c"), Err(&[said]));
    }
}
