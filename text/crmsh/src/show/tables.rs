//! Access, alerts, and the levels of fencing, which are one statement.

use super::parts::{assignment, description, quoted};
use super::{Entry, Lines, Printer, in_xml, roundtrip};
use crate::access;
use crate::element::{self, children};
use cib::Part;
use cluster::{Configuration, Element};

impl Printer<'_> {
    pub(super) fn alert(&self, alert: &Element) -> Option<Lines> {
        let path = always_quoted(alert.attribute("path")?);
        let mut lines = Lines::new(format!("alert {} {path}", element::id(alert)));
        description(alert, &mut lines);
        for part in alert.elements() {
            lines.push(match part.name.as_str() {
                "select" => self.select(part)?,
                "recipient" => self.recipient(part)?,
                _ => self.alert_block(part)?,
            });
        }
        Some(lines)
    }

    /// The block of an alert or recipient.
    fn alert_block(&self, part: &Element) -> Option<String> {
        match part.name.as_str() {
            "instance_attributes" => self.block("attributes", part),
            "meta_attributes" => self.block("meta", part),
            _ => None,
        }
    }

    fn recipient(&self, recipient: &Element) -> Option<String> {
        let mut words: Vec<String> = self.id(recipient).into_iter().collect();
        words.push(quoted(recipient.attribute("value")?));
        let text = recipient.attribute("description").map(|text| assignment("description", text));
        words.extend(text);
        for part in recipient.elements() {
            words.push(self.alert_block(part)?);
        }
        Some(match words.len() {
            1 => format!("to {}", words[0]),
            _ => format!("to {{ {} }}", words.join(" ")),
        })
    }

    fn select(&self, select: &Element) -> Option<String> {
        let mut words = vec!["select".to_owned()];
        for kind in select.elements() {
            words.push(kind.name.strip_prefix("select_")?.to_owned());
            if kind.elements().next().is_some() {
                words.push("{".to_owned());
                for attribute in kind.elements() {
                    words.extend(self.id(attribute));
                    words.push(quoted(attribute.attribute("name")?));
                }
                words.push("}".to_owned());
            }
        }
        Some(words.join(" "))
    }

    pub(super) fn role(&self, role: &Element) -> Lines {
        let mut lines = Lines::new(format!("role {}", element::id(role)));
        description(role, &mut lines);
        for permission in children(role, "acl_permission") {
            let mut words = vec![permission.attribute("kind").unwrap_or_default().to_owned()];
            let id = permission.attribute("id").filter(|id| self.ids.contains(*id));
            words.extend(id.map(|id| format!("{id}:")));
            let text = permission.attribute("description");
            words.extend(text.map(|text| assignment("description", text)));
            words.extend(specifications(permission));
            lines.push(words.join(" "));
        }
        lines
    }

    pub(super) fn user(&self, user: &Element) -> Option<Lines> {
        let mut lines = Lines::new(format!("user {}", element::id(user)));
        for part in user.elements() {
            if part.name == "role_ref" {
                lines.push(format!("role:{}", element::id(part)));
                continue;
            }
            let mut words = vec![part.name.clone()];
            let id = part.attribute("id").filter(|id| self.ids.contains(*id));
            words.extend(id.map(|id| format!("{id}:")));
            words.extend(specifications(part));
            lines.push(words.join(" "));
        }
        Some(lines)
    }
}

/// The keyword of the levels of fencing, which is the name of all of them, too.
pub(super) const FENCING: &str = "fencing_topology";

/// Paths and addresses are always quoted, as crmsh has it.
fn always_quoted(value: &str) -> String {
    let text = quoted(value);
    if text.starts_with('"') { text } else { format!("\"{text}\"") }
}

/// What a permission is about.
fn specifications(permission: &Element) -> impl Iterator<Item = String> + '_ {
    const NAMES: [(&str, &str); 6] = [
        ("attribute", "attr"),
        ("xpath", "xpath"),
        ("reference", "ref"),
        ("ref", "ref"),
        ("object-type", "type"),
        ("tag", "type"),
    ];
    NAMES.into_iter().filter_map(|(name, keyword)| {
        let value = permission.attribute(name)?;
        let short = (name == "xpath").then(|| access::shortened(value)).flatten();
        Some(short.unwrap_or_else(|| format!("{keyword}:{}", specification(value))))
    })
}

/// The part of a word behind its `:`.
fn specification(value: &str) -> String {
    let needs_quotes = |c: char| c.is_whitespace() || "\"'\\".contains(c);
    if value.contains(needs_quotes) { quoted(value) } else { value.to_owned() }
}

impl Printer<'_> {
    /// All levels of fencing are one statement: targets with their devices, first level first. A
    /// section without levels says that there are none.
    pub(super) fn fencing(&mut self, levels: &[Element], around: &Configuration) -> Vec<Entry> {
        let is_section = |name: &String| name == Part::FencingTopology.name();
        if levels.is_empty() && !cib::section_names(around).iter().any(is_section) {
            return Vec::new();
        }
        for level in in_text_order(levels) {
            self.names.unusual_level(level, &mut self.ids);
        }
        let devices = |level: &Element| {
            let devices = level.attribute("devices").unwrap_or_default();
            devices.split(',').map(str::to_owned).collect::<Vec<String>>()
        };
        let names: Vec<String> = levels.iter().flat_map(devices).collect();
        let entry = |id: &str, text: String| Entry {
            keyword: FENCING,
            id: id.to_owned(),
            names: names.clone(),
            text,
        };
        let text = self.topology(levels).map(|lines| lines.join());
        let says_all =
            |text: &String| roundtrip::says_levels(text, &in_text_order(levels), &self.ids);
        match text.filter(says_all) {
            Some(text) => vec![entry(FENCING, text)],
            None => levels.iter().map(|level| entry(element::id(level), in_xml(level))).collect(),
        }
    }
}

/// Levels by target, as these come first, and for each target by index.
pub(super) fn in_text_order(levels: &[Element]) -> Vec<&Element> {
    by_target(levels).into_iter().flat_map(|(_, levels)| levels).collect()
}

fn by_target(levels: &[Element]) -> Vec<(Option<String>, Vec<&Element>)> {
    let mut targets: Vec<(Option<String>, Vec<&Element>)> = Vec::new();
    for level in levels {
        let target = target(level);
        match targets.iter_mut().find(|(other, _)| *other == target) {
            Some((_, list)) => list.push(level),
            None => targets.push((target, vec![level])),
        }
    }
    for (_, list) in &mut targets {
        list.sort_by_key(|level| index(level));
    }
    targets
}

fn index(level: &Element) -> u32 {
    level.attribute("index").and_then(|index| index.parse().ok()).unwrap_or(0)
}

impl Printer<'_> {
    fn topology(&self, levels: &[Element]) -> Option<Lines> {
        let mut lines = Lines::new(FENCING);
        let targets = by_target(levels);
        let is_for_all = targets.len() == 1 && targets[0].0.as_deref() == Some("pattern:.*");
        for (target, list) in targets {
            let mut words: Vec<String> = Vec::new();
            for (level, usual) in list.into_iter().zip(1..) {
                words.extend(self.id(level));
                let index = index(level);
                words.extend((index != usual).then(|| format!("$index={index}")));
                words.push(level.attribute("devices")?.to_owned());
            }
            let words = words.join(" ");
            if is_for_all {
                lines.0[0].push_str(&format!(" {words}"));
            } else {
                lines.push(format!("{} {words}", target?));
            }
        }
        Some(lines)
    }
}

fn target(level: &Element) -> Option<String> {
    let attribute = |name: &str| level.attribute(name);
    if let Some(node) = attribute("target") {
        return Some(format!("{}:", specification(node)));
    }
    if let Some(pattern) = attribute("target-pattern") {
        return Some(format!("pattern:{}", specification(pattern)));
    }
    let (name, value) = (attribute("target-attribute")?, attribute("target-value")?);
    Some(format!("attr:{}={}", specification(name), quoted(value)))
}
