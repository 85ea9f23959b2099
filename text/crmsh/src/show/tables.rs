//! Objects that the model keeps as elements: templates, bundles, tags, tickets, access, alerts,
//! levels of fencing.

use super::constraints::sets_text;
use super::parts::{assignment, description, quoted};
use super::{Entry, Lines, Printer, Rank};
use crate::element;
use cluster::{Configuration, Element, Object, Section};

/// How an element is called in the language, and where it stands.
pub(super) fn kind(name: &str) -> (Rank, &'static str) {
    match name {
        "template" => (Rank::Template, "rsc_template"),
        "bundle" => (Rank::Bundle, "bundle"),
        "tag" => (Rank::Tag, "tag"),
        "rsc_ticket" => (Rank::Ticket, "rsc_ticket"),
        "acl_role" => (Rank::Role, "role"),
        "acl_target" => (Rank::Target, "acl_target"),
        "acl_group" => (Rank::Target, "acl_group"),
        _ => (Rank::Alert, "alert"),
    }
}

/// The ids of other objects that an element names.
pub(super) fn named(element: &Element) -> Vec<String> {
    let own = element.attribute("rsc").map(str::to_owned);
    let mut named: Vec<String> = own.into_iter().collect();
    let mut pending: Vec<&Element> = element.elements().collect();
    while let Some(child) = pending.pop() {
        if ["resource_ref", "obj_ref", "primitive", "role"].contains(&child.name.as_str()) {
            named.extend(child.attribute("id").map(str::to_owned));
        }
        pending.extend(child.elements());
    }
    named
}

impl Printer<'_> {
    pub(super) fn opaque(&self, element: &Element) -> Option<Lines> {
        let id = element.attribute("id")?;
        let head = |keyword: &str| Lines::new(format!("{keyword} {id}"));
        match element.name.as_str() {
            "template" => Some(self.primitive("rsc_template", &element::to_primitive(element)?)),
            "tag" => Some(listed(head("tag"), element, "obj_ref")),
            "acl_target" => Some(listed(head("acl_target"), element, "role")),
            "acl_group" => Some(listed(head("acl_group"), element, "role")),
            "rsc_ticket" => ticket(element),
            "acl_role" => Some(role(head("role"), element)),
            "bundle" => Some(self.bundle(head("bundle"), element)),
            "alert" => Some(self.alert(element)),
            _ => None,
        }
    }

    fn bundle(&self, mut lines: Lines, bundle: &Element) -> Lines {
        description(bundle.attribute("description"), &mut lines);
        for part in bundle.elements() {
            match part.name.as_str() {
                "meta_attributes" => {
                    let parent = Element { name: "bundle".into(), ..Element::default() };
                    let parent = with_child(parent, part);
                    for set in element::read_blocks(&parent, "meta_attributes") {
                        lines.push(self.block("meta", &set));
                    }
                }
                "primitive" => {
                    lines.push(format!("primitive {}", part.attribute("id").unwrap_or_default()));
                }
                name => {
                    let mut words = vec![name.to_owned()];
                    words.extend(attributes(part, &[]));
                    for mapping in part.elements() {
                        words.push(mapping.name.clone());
                        words.extend(attributes(mapping, &[]));
                    }
                    lines.push(words.join(" "));
                }
            }
        }
        lines
    }

    fn alert(&self, alert: &Element) -> Lines {
        let attribute = |name: &str| alert.attribute(name).unwrap_or_default();
        let path = always_quoted(attribute("path"));
        let mut lines = Lines::new(format!("alert {} {path}", attribute("id")));
        description(alert.attribute("description"), &mut lines);
        for part in alert.elements() {
            match part.name.as_str() {
                "select" => lines.push(select(part)),
                "recipient" => lines.push(self.recipient(part)),
                _ => lines.0.extend(self.alert_blocks(alert, part)),
            }
        }
        lines
    }

    /// The block of an alert or recipient, in the place where it stands.
    fn alert_blocks(&self, parent: &Element, part: &Element) -> Vec<String> {
        let keyword = match part.name.as_str() {
            "instance_attributes" => "attributes",
            "meta_attributes" => "meta",
            _ => return Vec::new(),
        };
        let alone = Element { name: parent.name.clone(), ..Element::default() };
        let sets = element::read_blocks(&with_child(alone, part), &part.name);
        sets.iter().map(|set| self.block(keyword, set)).collect()
    }

    fn recipient(&self, recipient: &Element) -> String {
        let value = always_quoted(recipient.attribute("value").unwrap_or_default());
        let text = recipient.attribute("description").map(|text| assignment("description", text));
        let mut words = vec![value];
        words.extend(text);
        for part in recipient.elements() {
            words.extend(self.alert_blocks(recipient, part));
        }
        match words.len() {
            1 => format!("to {}", words[0]),
            _ => format!("to {{ {} }}", words.join(" ")),
        }
    }
}

fn with_child(mut parent: Element, child: &Element) -> Element {
    element::push(&mut parent, child.clone());
    parent
}

/// Attributes as `NAME=VALUE`, but for those in `except`.
fn attributes<'a>(element: &'a Element, except: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let attributes = element.extra.attributes.iter();
    let shown = attributes.filter(|(name, _)| !except.contains(&name.as_str()));
    shown.map(|(name, value)| assignment(name, value))
}

/// Paths and addresses are always quoted, as crmsh has it.
fn always_quoted(value: &str) -> String {
    let text = quoted(value);
    if text.starts_with('"') { text } else { format!("\"{text}\"") }
}

fn listed(mut lines: Lines, element: &Element, name: &str) -> Lines {
    for id in element::children(element, name).filter_map(|child| child.attribute("id")) {
        lines.0[0].push(' ');
        lines.0[0].push_str(id);
    }
    lines
}

fn ticket(element: &Element) -> Option<Lines> {
    let id = element.attribute("id")?;
    let ticket = element.attribute("ticket")?;
    let what = match (element.attribute("rsc"), element.attribute("rsc-role")) {
        (Some(resource), Some(role)) => format!("{resource}:{role}"),
        (Some(resource), None) => resource.to_owned(),
        (None, _) => sets_text(&element::to_sets(element), 1),
    };
    let mut text = format!("rsc_ticket {id} {ticket}: {what}");
    if let Some(policy) = element.attribute("loss-policy") {
        text.push_str(&format!(" loss-policy={policy}"));
    }
    Some(Lines::new(text))
}

fn role(mut lines: Lines, role: &Element) -> Lines {
    description(role.attribute("description"), &mut lines);
    for permission in element::children(role, "acl_permission") {
        let mut words = vec![permission.attribute("kind").unwrap_or_default().to_owned()];
        let text = permission.attribute("description");
        words.extend(text.map(|text| assignment("description", text)));
        for (name, keyword) in [
            ("xpath", "xpath"),
            ("reference", "ref"),
            ("object-type", "tag"),
            ("attribute", "attribute"),
        ] {
            let value = permission.attribute(name);
            words.extend(value.map(|value| format!("{keyword}:{}", specification(value))));
        }
        lines.push(words.join(" "));
    }
    lines
}

/// The part of a word behind its `:`.
fn specification(value: &str) -> String {
    let needs_quotes = |c: char| c.is_whitespace() || "\"'\\".contains(c);
    if value.contains(needs_quotes) { quoted(value) } else { value.to_owned() }
}

fn select(select: &Element) -> String {
    let mut words = vec!["select".to_owned()];
    for kind in select.elements() {
        words.push(kind.name.trim_start_matches("select_").to_owned());
        if kind.name == "select_attributes" && kind.elements().next().is_some() {
            let names = kind.elements().filter_map(|attribute| attribute.attribute("name"));
            let names: Vec<&str> = names.collect();
            words.push(format!("{{ {} }}", names.join(" ")));
        }
    }
    words.join(" ")
}

/// All levels of fencing are one statement: targets with their devices, first level first.
pub(super) fn fencing(configuration: &Configuration, printer: &Printer<'_>) -> Vec<Entry> {
    let levels = configuration.opaque.iter();
    let levels = levels.filter(|(section, _)| *section == Section::FencingTopology);
    let levels: Vec<&Element> = levels.map(|(_, element)| element).collect();
    if levels.is_empty() {
        return Vec::new();
    }
    let entry = |id: &str, text: String| Entry {
        rank: Rank::Ticket,
        keyword: "fencing_topology",
        id: id.to_owned(),
        place: id.to_owned(),
        names: levels
            .iter()
            .filter_map(|level| level.attribute("devices"))
            .flat_map(|devices| devices.split(','))
            .map(str::to_owned)
            .collect(),
        text,
    };
    if let Some(lines) = topology(&levels) {
        return vec![entry("fencing_topology", lines.join())];
    }
    let object = |level: &Element| Object::Opaque(Section::FencingTopology, level.clone());
    let alone = |level: &&Element| {
        let id = level.attribute("id").unwrap_or_default();
        entry(id, printer.object(&object(level), "fencing_topology"))
    };
    levels.iter().map(alone).collect()
}

/// In words, when the levels of each target count 1, 2, 3, ... and say nothing more.
fn topology(levels: &[&Element]) -> Option<Lines> {
    let mut targets: Vec<(String, Vec<(u32, &str)>)> = Vec::new();
    for level in levels {
        let known = [
            "id",
            "target",
            "target-pattern",
            "target-attribute",
            "target-value",
            "index",
            "devices",
        ];
        let attributes = &level.extra.attributes;
        if !level.extra.children.is_empty()
            || attributes.iter().any(|(name, _)| !known.contains(&name.as_str()))
        {
            return None;
        }
        let target = target(level)?;
        let one = (level.attribute("index")?.parse().ok()?, level.attribute("devices")?);
        match targets.iter_mut().find(|(other, _)| *other == target) {
            Some((_, list)) => list.push(one),
            None => targets.push((target, vec![one])),
        }
    }
    let mut lines = Lines::new("fencing_topology");
    let is_for_all = targets.len() == 1 && targets[0].0 == "pattern:.*";
    for (target, mut list) in targets {
        list.sort_unstable();
        if !list.iter().map(|(index, _)| *index).eq((1..).take(list.len())) {
            return None;
        }
        let devices: Vec<&str> = list.into_iter().map(|(_, devices)| devices).collect();
        let devices = devices.join(" ");
        if is_for_all {
            lines.0[0].push_str(&format!(" {devices}"));
        } else {
            lines.push(format!("{target} {devices}"));
        }
    }
    Some(lines)
}

fn target(level: &Element) -> Option<String> {
    let attribute = |name: &str| level.attribute(name);
    let by_name = attribute("target").map(|node| format!("{node}:"));
    let by_pattern =
        || attribute("target-pattern").map(|pattern| format!("pattern:{}", specification(pattern)));
    let by_attribute = || {
        let (name, value) = (attribute("target-attribute")?, attribute("target-value")?);
        Some(format!("attr:{name}={}", quoted(value)))
    };
    by_name.or_else(by_pattern).or_else(by_attribute)
}
