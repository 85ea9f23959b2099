//! `fencing_topology`: which fence devices are tried for which node, in which order.

use super::cursor::{Cursor, Parsed, check_id};
use crate::element;
use crate::lexer::Word;
use crate::statement::Statement;
use cluster::Element;

/// `TARGET: DEVICE[,DEVICE...] ...` for each target. A blank begins the next level, a comma joins
/// devices of one level. Without targets the levels are those of every node; with nothing at all
/// there are none.
pub(super) fn topology(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut levels = Vec::new();
    let mut target = vec![("target-pattern".to_owned(), ".*".to_owned())];
    let mut index = 0;
    for word in cursor.rest() {
        if let Some(new) = new_target(word) {
            target = new;
            index = 0;
        } else {
            index += 1;
            levels.push(level(word, &target, index)?);
        }
    }
    Ok(Statement::FencingLevels(levels))
}

/// `NODE:`, `attr:NAME=VALUE` or `pattern:REGEX`.
fn new_target(word: &Word) -> Option<Vec<(String, String)>> {
    let text = word.text.as_str();
    let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    if let Some((name, value)) = text.strip_prefix("attr:").and_then(|text| text.split_once('=')) {
        return Some(vec![owned("target-attribute", name), owned("target-value", value)]);
    }
    if let Some(pattern) = text.strip_prefix("pattern:") {
        return Some(vec![owned("target-pattern", pattern)]);
    }
    text.strip_suffix(':').map(|node| vec![owned("target", node)])
}

fn level(word: &Word, target: &[(String, String)], index: u32) -> Parsed<Element> {
    for device in word.text.split(',') {
        check_id(word, device)?;
    }
    let mut element = element::new("fencing-level", &[]);
    element.extra.attributes.extend_from_slice(target);
    element::put(&mut element, "index", &index.to_string());
    element::put(&mut element, "devices", &word.text);
    Ok(element)
}
