//! Configurations as text: written and read again, and beside what crmsh writes.

use cluster::{Configuration, Edit, Element, ExtraNode};
use crmsh::Mode;

/// How a text of ours stands beside the recorded one of the same cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rendering {
    /// Equal, words aside that only say what would otherwise be lost.
    Same,
    /// Another text that means the same.
    Layout,
    /// Another text that means something else.
    Meaning,
}

/// What becomes of a configuration that goes through a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Journey {
    /// It comes back as it was: elements, order, ids.
    Exact,
    /// It does not; the first line that differs, before and after.
    Differs(String, String),
    /// Its text was refused.
    Refused(String),
}

/// The configuration of a CIB as plain lines, attributes in order of their names, comments aside.
pub fn canonical(configuration: &Configuration) -> String {
    let cib = cib::Cib { configuration: configuration.clone(), ..cib::Cib::default() };
    let root = cib::to_element(&cib);
    let found = root.elements().find(|element| element.name == "configuration");
    let mut found = found.cloned().unwrap_or_default();
    settle(&mut found);
    cib::write_element(&found)
}

fn settle(element: &mut Element) {
    element.extra.attributes.sort();
    element.extra.children.retain(|child| !matches!(child, ExtraNode::Comment(_)));
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child {
            settle(child);
        }
    }
}

/// What `text` makes of `onto`.
///
/// # Errors
/// What the language says about the text.
pub fn loaded(text: &str, onto: &Configuration) -> Result<Configuration, String> {
    let first = |errors: Vec<crmsh::Diagnostic>| errors.first().map(ToString::to_string);
    let loaded = crmsh::load_tolerant(text, onto, Mode::Replace);
    let edits = loaded.map_err(|errors| first(errors).unwrap_or_default())?.edits;
    match edits.into_iter().next() {
        Some(Edit::Replace(configuration)) => Ok(*configuration),
        _ => Err("the text replaces nothing".to_owned()),
    }
}

/// The configuration as text, and that loaded where `onto` was before.
pub fn journey(configuration: &Configuration, onto: &Configuration) -> Journey {
    let text = crmsh::show(configuration, &[]);
    match loaded(&text, onto) {
        Ok(after) => compare(&canonical(configuration), &canonical(&after)),
        Err(error) => Journey::Refused(error),
    }
}

fn compare(before: &str, after: &str) -> Journey {
    if before == after {
        return Journey::Exact;
    }
    let (mut left, mut right) = (before.lines(), after.lines());
    loop {
        match (left.next(), right.next()) {
            (Some(left), Some(right)) if left == right => {}
            (left, right) => {
                let trimmed = |line: Option<&str>| line.unwrap_or_default().trim().to_owned();
                return Journey::Differs(trimmed(left), trimmed(right));
            }
        }
    }
}

/// Compares our text with the recorded one.
pub fn rendering(ours: &str, recorded: &str) -> Rendering {
    let is_comment = |line: &&str| line.starts_with('#');
    let plain = without_additions(ours);
    // Comments above an object in XML are not in crmsh's text, ours has them.
    let same = plain
        .lines()
        .filter(|line| !is_comment(line))
        .eq(recorded.lines().filter(|line| !is_comment(line)));
    if same {
        return Rendering::Same;
    }
    let meaning = |text: &str| loaded(text, &Configuration::default()).ok().map(|it| meaning(&it));
    match (meaning(&plain), meaning(recorded)) {
        (Some(one), Some(other)) if one == other => Rendering::Layout,
        _ => Rendering::Meaning,
    }
}

/// The configuration without what means nothing: ids that were made up, and the order of all that
/// has none.
fn meaning(configuration: &Configuration) -> String {
    let cib = cib::Cib { configuration: configuration.clone(), ..cib::Cib::default() };
    let mut root = cib::to_element(&cib);
    forget(&mut root);
    cib::write_element(&root)
}

fn forget(element: &mut Element) {
    const MADE_UP: [&str; 8] = [
        "nvpair",
        "op",
        "rule",
        "expression",
        "instance_attributes",
        "meta_attributes",
        "utilization",
        "resource_set",
    ];
    const ORDERED: [&str; 3] = ["group", "resource_set", "resources"];
    if MADE_UP.contains(&element.name.as_str()) {
        element.extra.attributes.retain(|(name, _)| name != "id");
    }
    settle(element);
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child {
            forget(child);
        }
    }
    if !ORDERED.contains(&element.name.as_str()) {
        element.extra.children.sort_by_cached_key(|child| format!("{child:?}"));
    }
}

/// A text without what crmsh has no words for: orders, and ids that it would make up.
pub fn without_additions(text: &str) -> String {
    let mut plain = String::new();
    let mut is_sequence = false;
    for line in text.lines() {
        is_sequence = line.starts_with("sequence ") || is_sequence && line.starts_with('\t');
        if is_sequence {
            continue;
        }
        let (indent, line) = line.split_at(line.len() - line.trim_start().len());
        plain.push_str(indent);
        if line.starts_with("operations $id=") {
            plain.push_str(line);
        } else {
            let words: Vec<&str> = line.split(' ').filter_map(without_addition).collect();
            plain.push_str(&words.join(" "));
        }
        plain.push('\n');
    }
    plain
}

fn without_addition(word: &str) -> Option<&str> {
    const ADDED: [&str; 4] = ["$id=", "$boolean-op=", "$index=", "$sequential="];
    if ADDED.iter().any(|prefix| word.starts_with(prefix)) {
        return None;
    }
    let named = word
        .strip_prefix('$')
        .filter(|word| !word.contains('=') || word.find(':') < word.find('='));
    Some(named.and_then(|word| word.split_once(':')).map_or(word, |(_, named)| named))
}
