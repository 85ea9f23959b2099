//! A CIB of an older schema brought to a newer one: what was spelled otherwise then is moved to where
//! it is said today, and what nothing depends on any more goes.

mod lifetime;

use crate::schema::{generation, is_known_schema};
use cluster::{Element, ExtraNode};

/// What came of a CIB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upgraded {
    /// The CIB; its version counts on where more than the schema's name has changed.
    pub root: Element,
    /// What was changed, a line each.
    pub notes: Vec<String>,
}

/// Options of the cluster that became defaults: the old name, the section, the set's id, the name.
const DEFAULTS: [(&str, &str, &str, &str); 3] = [
    ("default-resource-stickiness", "rsc_defaults", "rsc-options", "resource-stickiness"),
    ("is-managed-default", "rsc_defaults", "rsc-options", "is-managed"),
    ("default-action-timeout", "op_defaults", "op-options", "timeout"),
];

/// Brings `root` to `schema`; one of a newer schema keeps it. Roles, `master` and the like stay as
/// they are written: every schema up to 3 has them, and they are understood. What the fourth
/// generation has dropped and nobody understands any more is said otherwise, whatever the schema.
pub fn upgrade(root: &Element, schema: &str) -> Upgraded {
    let mut upgraded = Upgraded { root: root.clone(), notes: Vec::new() };
    let old = root.attribute("validate-with").unwrap_or("none").to_owned();
    if !is_known_schema(&old) || old == "none" {
        return upgraded;
    }
    if generation(&old) < generation("pacemaker-3.0") {
        upgraded.leave_second_generation();
    }
    if generation(&old) < generation("pacemaker-4.0") {
        upgraded.leave_third_generation();
    }
    if !upgraded.notes.is_empty() {
        count_on(&mut upgraded.root);
    }
    if generation(&old) < generation(schema) {
        set(&mut upgraded.root, "validate-with", schema);
        upgraded.notes.push(format!("{old} became {schema}"));
    }
    upgraded
}

impl Upgraded {
    fn leave_second_generation(&mut self) {
        let Self { root, notes } = self;
        let Some(configuration) = child_mut(root, "configuration") else { return };
        for (old, section, set_id, new) in DEFAULTS {
            for pair in take_options(configuration, old) {
                add_default(configuration, section, set_id, pair, new);
                notes.push(format!("the option {old} became {new} in {section}"));
            }
        }
        each(configuration, &mut |element| match element.name.as_str() {
            "node" if element.attribute("type") == Some("normal") => {
                set(element, "type", "member");
                notes.push(format!("the node {} is of type member", title(element)));
            }
            "rsc_colocation" if element.attribute("score-attribute").is_some() => {
                take_attribute(element, "score-attribute");
                notes.push(format!("{} has no score-attribute", title(element)));
            }
            "primitive" | "template" => primitive(element, notes),
            _ => {}
        });
    }

    fn leave_third_generation(&mut self) {
        let Self { root, notes } = self;
        let configuration = child_mut(root, "configuration");
        let Some(constraints) = configuration.and_then(|it| child_mut(it, "constraints")) else {
            return;
        };
        for location in elements_mut(constraints).filter(|child| child.name == "rsc_location") {
            lifetime::into_rule(location, notes);
        }
    }
}

/// What an operation requires is said of the whole resource today, and how parameters of fence
/// agents are called is known from these.
fn primitive(element: &mut Element, notes: &mut Vec<String>) {
    let id = title(element);
    let mut required = None;
    if let Some(operations) = child_mut(element, "operations") {
        for operation in elements_mut(operations).filter(|child| child.name == "op") {
            let name = title(operation);
            required =
                take_attribute(operation, "requires").map(|value| (name, value)).or(required);
        }
    }
    if let Some((operation, value)) = required {
        let set = child_or_new(element, "meta_attributes", &format!("{id}-meta_attributes"));
        let is_there = set.elements().any(|pair| pair.attribute("name") == Some("requires"));
        if !is_there {
            let pair = [("id", format!("{operation}-requires")), ("name", "requires".into())];
            push(set, "nvpair", &pair, &[("value", &value)]);
        }
        notes.push(format!("{id} requires {value}, and no longer its operation {operation} alone"));
    }
    if element.attribute("class") == Some("stonith")
        && let Some(set) = child_mut(element, "instance_attributes")
    {
        let before = set.extra.children.len();
        set.extra.children.retain(|child| !is_pair(child, "pcmk_arg_map"));
        if set.extra.children.len() < before {
            notes.push(format!("{id} has no pcmk_arg_map"));
        }
    }
}

/// Takes an option out of all sets.
fn take_options(configuration: &mut Element, name: &str) -> Vec<Element> {
    let mut taken = Vec::new();
    let Some(options) = child_mut(configuration, "crm_config") else { return taken };
    for set in elements_mut(options) {
        for child in std::mem::take(&mut set.extra.children) {
            match child {
                ExtraNode::Element(pair) if is(&pair, name) => taken.push(pair),
                other => set.extra.children.push(other),
            }
        }
    }
    taken
}

/// Puts a pair among the defaults, unless they say it already.
fn add_default(
    configuration: &mut Element,
    section: &str,
    set_id: &str,
    mut pair: Element,
    name: &str,
) {
    if child_mut(configuration, section).is_none() {
        push(configuration, section, &[], &[]);
    }
    let Some(section) = child_mut(configuration, section) else { return };
    let set_of_defaults = child_or_new(section, "meta_attributes", set_id);
    if !set_of_defaults.elements().any(|there| is(there, name)) {
        set(&mut pair, "name", name);
        set_of_defaults.extra.children.push(ExtraNode::Element(pair));
    }
}

fn is(pair: &Element, name: &str) -> bool {
    pair.name == "nvpair" && pair.attribute("name") == Some(name)
}

fn is_pair(child: &ExtraNode, name: &str) -> bool {
    matches!(child, ExtraNode::Element(pair) if is(pair, name))
}

/// A change of the schema is one of the administrator's: older files cannot come back over it.
fn count_on(root: &mut Element) {
    let old = root.attribute("admin_epoch").and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    for (name, value) in [("admin_epoch", old.saturating_add(1)), ("epoch", 1), ("num_updates", 0)]
    {
        set(root, name, &value.to_string());
    }
}

fn title(element: &Element) -> String {
    element.attribute("id").unwrap_or_default().to_owned()
}

fn set(element: &mut Element, name: &str, value: &str) {
    let attributes = &mut element.extra.attributes;
    match attributes.iter_mut().find(|(known, _)| known == name) {
        Some((_, place)) => value.clone_into(place),
        None => attributes.push((name.to_owned(), value.to_owned())),
    }
}

fn take_attribute(element: &mut Element, name: &str) -> Option<String> {
    let attributes = &mut element.extra.attributes;
    let place = attributes.iter().position(|(known, _)| known == name)?;
    Some(attributes.remove(place).1)
}

fn elements_mut(element: &mut Element) -> impl Iterator<Item = &mut Element> {
    element.extra.children.iter_mut().filter_map(|child| match child {
        ExtraNode::Element(child) => Some(child),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => None,
    })
}

fn child_mut<'a>(element: &'a mut Element, name: &str) -> Option<&'a mut Element> {
    elements_mut(element).find(|child| child.name == name)
}

/// The first child of that name that no rule stands in, or a new one.
fn child_or_new<'a>(element: &'a mut Element, name: &str, id: &str) -> &'a mut Element {
    let is_plain = |child: &ExtraNode| {
        matches!(child, ExtraNode::Element(child)
            if child.name == name && child.extra.element("rule").is_none())
    };
    let place = element.extra.children.iter().position(is_plain).unwrap_or_else(|| {
        push(element, name, &[("id", id.to_owned())], &[]);
        element.extra.children.len() - 1
    });
    match &mut element.extra.children[place] {
        ExtraNode::Element(child) => child,
        ExtraNode::Comment(_) | ExtraNode::Text(_) => {
            unreachable!("invariant: the place is that of an element")
        }
    }
}

fn push(parent: &mut Element, name: &str, own: &[(&str, String)], more: &[(&str, &str)]) {
    let mut child = Element { name: name.to_owned(), ..Element::default() };
    own.iter().for_each(|(name, value)| set(&mut child, name, value));
    more.iter().for_each(|(name, value)| set(&mut child, name, value));
    parent.extra.children.push(ExtraNode::Element(child));
}

/// Shows every element below, outer ones first.
fn each(element: &mut Element, look: &mut impl FnMut(&mut Element)) {
    for child in elements_mut(element) {
        look(child);
        each(child, look);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_element, write_element};

    const OLD: &str = "<cib validate-with='pacemaker-1.2' admin_epoch='0' epoch='5' num_updates='3'>\
        <configuration><crm_config><cluster_property_set id='o'>\
        <nvpair id='o2' name='default-resource-stickiness' value='5'/>\
        <nvpair id='o5' name='default-action-timeout' value='20s'/></cluster_property_set></crm_config>\
        <nodes><node id='1' uname='oss1' type='normal'/></nodes><resources>\
        <primitive id='d' class='ocf' provider='p' type='T'><operations>\
        <op id='d-st' name='start' interval='0' requires='fencing'/></operations></primitive>\
        <primitive id='st' class='stonith' type='f'><instance_attributes id='sti'>\
        <nvpair id='sti1' name='pcmk_arg_map' value='a'/></instance_attributes></primitive></resources>\
        <constraints><rsc_colocation id='co' rsc='d' with-rsc='st' score-attribute='x'/></constraints>\
        </configuration><status/></cib>";

    fn flat(element: &Element) -> String {
        write_element(element).lines().map(str::trim).collect::<String>().replace('"', "'")
    }

    #[test]
    fn what_was_spelled_otherwise_is_moved_to_where_it_is_said_today() {
        let root = read_element(OLD).expect("it is XML");
        let Upgraded { root, notes } = upgrade(&root, "pacemaker-3.9");
        let text = flat(&root);
        for part in [
            "<cib validate-with='pacemaker-3.9' admin_epoch='1' epoch='1' num_updates='0'>",
            "<cluster_property_set id='o'/>",
            "type='member'",
            "<op id='d-st' name='start' interval='0'/>",
            "<meta_attributes id='d-meta_attributes'>\
             <nvpair id='d-st-requires' name='requires' value='fencing'/></meta_attributes>",
            "<instance_attributes id='sti'/>",
            "<rsc_colocation id='co' rsc='d' with-rsc='st'/>",
            "<rsc_defaults><meta_attributes id='rsc-options'>\
             <nvpair id='o2' name='resource-stickiness' value='5'/></meta_attributes></rsc_defaults>",
            "<op_defaults><meta_attributes id='op-options'>\
             <nvpair id='o5' name='timeout' value='20s'/></meta_attributes></op_defaults>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(notes.len(), 7, "{notes:?}");
        assert!(crate::read(&write_element(&root)).is_ok());
        assert_eq!(upgrade(&root, "pacemaker-3.9"), Upgraded { root, notes: Vec::new() });
    }

    #[test]
    fn within_a_generation_only_the_name_changes_and_never_back() {
        let with = |schema: &str| {
            let text = format!("<cib validate-with='{schema}' epoch='5'><configuration/></cib>");
            read_element(&text).expect("it is XML")
        };
        let upgraded = upgrade(&with("pacemaker-3.5"), "pacemaker-3.9");
        assert_eq!(upgraded.root, with("pacemaker-3.9"));
        for schema in ["pacemaker-3.9", "pacemaker-4.0", "none", "blah"] {
            assert_eq!(upgrade(&with(schema), "pacemaker-3.9").root, with(schema), "{schema}");
        }
    }
}
