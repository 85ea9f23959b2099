//! Constraints.

use super::parts::{assignment, has, quoted, score};
use super::{Lines, Printer};
use crate::element::{self, children};
use cluster::Element;

impl Printer<'_> {
    pub(super) fn constraint(&self, constraint: &Element) -> Option<Lines> {
        match constraint.name.as_str() {
            "rsc_location" => self.location(constraint),
            "rsc_colocation" => Some(self.colocation(constraint)),
            "rsc_order" => Some(self.order(constraint)),
            "rsc_ticket" => self.ticket(constraint),
            _ => None,
        }
    }

    fn location(&self, location: &Element) -> Option<Lines> {
        const SAID: [&str; 5] = ["id", "rsc", "rsc-pattern", "score", "node"];
        let pattern = || location.attribute("rsc-pattern").map(pattern_word);
        let resource = location.attribute("rsc").map(str::to_owned).or_else(pattern);
        let target = resource.unwrap_or_else(|| format!("{{ {} }}", self.sets(location, 0)));
        let mut words = vec![format!("location {} {target}", element::id(location))];
        let attributes = location.extra.attributes.iter();
        let others = attributes.filter(|(name, _)| !SAID.contains(&name.as_str()));
        words.extend(others.map(|(name, value)| assignment(name, value)));
        if !has(location, "rule") {
            let value = score(location.attribute("score")?);
            words.push(format!("{value}: {}", location.attribute("node")?));
            return Some(Lines::new(words.join(" ")));
        }
        let mut lines = Lines::new(words.join(" "));
        for rule in children(location, "rule") {
            lines.push(self.rule(rule)?);
        }
        Some(lines)
    }

    fn colocation(&self, colocation: &Element) -> Lines {
        let attribute = |name: &str| colocation.attribute(name);
        let target = match (attribute("rsc"), attribute("with-rsc")) {
            (Some(resource), Some(with)) => {
                let resource = qualified(resource, attribute("rsc-role"));
                format!("{resource} {}", qualified(with, attribute("with-rsc-role")))
            }
            _ => self.sets(colocation, 2),
        };
        let value = attribute("score").map_or("", score);
        let mut text = format!("colocation {} {value}: {target}", element::id(colocation));
        for name in ["node-attribute", "influence"] {
            if let Some(value) = attribute(name) {
                text.push_str(&format!(" {}", assignment(name, value)));
            }
        }
        Lines::new(text)
    }

    fn order(&self, order: &Element) -> Lines {
        let attribute = |name: &str| order.attribute(name);
        let kind = attribute("kind");
        let target = match (attribute("first"), attribute("then")) {
            (Some(first), Some(then)) => {
                let first = qualified(first, attribute("first-action"));
                format!("{first} {}", qualified(then, attribute("then-action")))
            }
            _ => self.sets(order, 2),
        };
        let kind = kind.map_or_else(String::new, |kind| format!("{kind}: "));
        let mut text = format!("order {} {kind}{target}", element::id(order));
        for name in ["symmetrical", "require-all"] {
            if let Some(value) = attribute(name) {
                text.push_str(&format!(" {}", assignment(name, value)));
            }
        }
        Lines::new(text)
    }

    fn ticket(&self, ticket: &Element) -> Option<Lines> {
        let target = match ticket.attribute("rsc") {
            Some(resource) => qualified(resource, ticket.attribute("rsc-role")),
            None => self.sets(ticket, 1),
        };
        let name = ticket.attribute("ticket")?;
        let mut text = format!("rsc_ticket {} {name}: {target}", element::id(ticket));
        if let Some(policy) = ticket.attribute("loss-policy") {
            text.push_str(&format!(" {}", assignment("loss-policy", policy)));
        }
        Some(Lines::new(text))
    }

    /// Sets as text. When it would be `single` plain words, which mean resources one by one, a
    /// mark in front says that sets are meant.
    fn sets(&self, constraint: &Element, single: usize) -> String {
        let sets: Vec<&Element> = children(constraint, "resource_set").collect();
        let mut words: Vec<String> = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            words.extend(self.set_words(set));
            if sets.get(index + 1).is_some_and(|next| flow_together(set, next))
                && !words.last().is_some_and(|word| word.starts_with('$'))
            {
                words.push(format!("$id={}", element::id(set)));
            }
        }
        let is_plain = |word: &String| !word.contains(['(', '[', '=']);
        let needs_mark = words.len() == single && words.iter().all(is_plain);
        let mark = if needs_mark { "_rsc_set_ " } else { "" };
        format!("{mark}{}", words.join(" "))
    }

    fn set_words(&self, set: &Element) -> Vec<String> {
        let qualifier = set.attribute("action").or_else(|| set.attribute("role"));
        let member = |member: &Element| qualified(element::id(member), qualifier);
        let mut words: Vec<String> = children(set, "resource_ref").map(member).collect();
        let says_no = |name: &str| set.attribute(name) == Some("false");
        // Round brackets say `sequential=false`, square ones `require-all=false` as well.
        let (open, close) = match (says_no("sequential"), says_no("require-all")) {
            (_, true) => ("[", "]"),
            (true, false) => ("(", ")"),
            (false, false) => ("", ""),
        };
        if open == "[" && !says_no("sequential") {
            words.push("sequential=true".to_owned());
        }
        for (name, value) in &set.extra.attributes {
            let goes_unsaid = match name.as_str() {
                "role" | "action" | "id" => true,
                "sequential" | "require-all" => value == "false",
                _ => false,
            };
            if !goes_unsaid {
                words.push(format!("${}", assignment(name, value)));
            }
        }
        words.extend(self.id(set));
        if !open.is_empty() {
            words.insert(0, open.to_owned());
            words.push(close.to_owned());
        }
        words
    }
}

/// Whether two sets would be one without something between them.
fn flow_together(set: &Element, next: &Element) -> bool {
    let is_bare = |set: &Element| {
        ["sequential", "require-all"].iter().all(|name| set.attribute(name) != Some("false"))
    };
    let is_same = |name| set.attribute(name) == next.attribute(name);
    is_bare(set) && is_bare(next) && is_same("role") && is_same("action")
}

/// `/PATTERN/`, in quotes only where the words would otherwise come apart.
fn pattern_word(pattern: &str) -> String {
    let word = format!("/{pattern}/");
    let needs_quotes = |c: char| c.is_whitespace() || "\"'\\".contains(c);
    if word.contains(needs_quotes) { quoted(&word) } else { word }
}

/// A resource with its role or action.
fn qualified(resource: &str, qualifier: Option<&str>) -> String {
    qualifier.map_or_else(|| resource.to_owned(), |qualifier| format!("{resource}:{qualifier}"))
}
