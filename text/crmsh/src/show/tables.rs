//! Objects that the model keeps as elements: access, alerts. And the levels of fencing, which are
//! one statement.

use super::parts::{assignment, description, quoted};
use super::{Entry, Lines, Printer, Rank};
use crate::element;
use cluster::{Configuration, Element, FencingLevel, FencingTarget, Object};

/// How an element is called in the language, and where it stands.
pub(super) fn kind(name: &str) -> (Rank, &'static str) {
    match name {
        "acl_role" => (Rank::Role, "role"),
        "acl_target" => (Rank::Target, "acl_target"),
        "acl_group" => (Rank::Target, "acl_group"),
        _ => (Rank::Alert, "alert"),
    }
}

/// The ids of other objects that an element names.
pub(super) fn named(element: &Element) -> Vec<String> {
    let mut named = Vec::new();
    let mut pending: Vec<&Element> = element.elements().collect();
    while let Some(child) = pending.pop() {
        if child.name == "role" {
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
            "acl_target" => Some(listed(head("acl_target"), element)),
            "acl_group" => Some(listed(head("acl_group"), element)),
            "acl_role" => Some(role(head("role"), element)),
            "alert" => Some(self.alert(element)),
            _ => None,
        }
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

/// Paths and addresses are always quoted, as crmsh has it.
fn always_quoted(value: &str) -> String {
    let text = quoted(value);
    if text.starts_with('"') { text } else { format!("\"{text}\"") }
}

fn listed(mut lines: Lines, element: &Element) -> Lines {
    for id in element::children(element, "role").filter_map(|child| child.attribute("id")) {
        lines.0[0].push(' ');
        lines.0[0].push_str(id);
    }
    lines
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
    let levels: Vec<&FencingLevel> = configuration.fencing_levels.iter().collect();
    if levels.is_empty() {
        return Vec::new();
    }
    let entry = |id: &str, text: String| Entry {
        rank: Rank::Ticket,
        keyword: "fencing_topology",
        id: id.to_owned(),
        place: id.to_owned(),
        names: levels.iter().flat_map(|level| level.devices.iter().cloned()).collect(),
        text,
    };
    if let Some(lines) = topology(&levels) {
        return vec![entry("fencing_topology", lines.join())];
    }
    let text = |level: &FencingLevel| {
        printer.object(&Object::FencingLevel(level.clone()), "fencing_topology")
    };
    levels.iter().map(|level| entry(&level.id, text(level))).collect()
}

/// In words, when the levels of each target count 1, 2, 3, ... and say nothing more.
fn topology(levels: &[&FencingLevel]) -> Option<Lines> {
    let mut targets: Vec<(String, Vec<(u32, String)>)> = Vec::new();
    for level in levels {
        if !level.extra.is_empty() {
            return None;
        }
        let target = target(&level.target);
        let one = (level.index, level.devices.join(","));
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
        let devices: Vec<String> = list.into_iter().map(|(_, devices)| devices).collect();
        let devices = devices.join(" ");
        if is_for_all {
            lines.0[0].push_str(&format!(" {devices}"));
        } else {
            lines.push(format!("{target} {devices}"));
        }
    }
    Some(lines)
}

fn target(target: &FencingTarget) -> String {
    match target {
        FencingTarget::Name(node) => format!("{}:", specification(node)),
        FencingTarget::Pattern(pattern) => format!("pattern:{}", specification(pattern)),
        FencingTarget::Attribute { name, value } => {
            format!("attr:{}={}", specification(name), quoted(value))
        }
    }
}
