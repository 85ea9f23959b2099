//! `fencing_topology`: which fence devices are tried for which node, in which order.

use super::cursor::{Cursor, Parsed, check_id};
use crate::element::{new, put};
use crate::lexer::Word;
use crate::statement::Statement;
use cluster::Element;

/// `TARGET: DEVICE[,DEVICE...] ...` for each target. A blank begins the next level, a comma joins
/// devices of one level. Without targets the levels are those of every node; with nothing at all
/// there are none. `$id=ID` and `$index=NUMBER` before the devices are for levels that would not
/// get that id, or that number.
pub(super) fn topology(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut levels = Vec::new();
    let mut target = vec![("target-pattern", ".*".to_owned())];
    let (mut index, mut id) = (0, None);
    for word in cursor.rest() {
        if let Some(text) = word.text.strip_prefix("$id=") {
            id = Some(text);
        } else if let Some(text) = word.text.strip_prefix("$index=") {
            index = next_index(word, text)? - 1;
        } else if let Some(new) = new_target(word) {
            target = new;
            index = 0;
        } else {
            index += 1;
            levels.push(level(word, &target, index, id.take())?);
        }
    }
    Ok(Statement::FencingLevels(levels))
}

fn next_index(word: &Word, text: &str) -> Parsed<u32> {
    text.parse().ok().filter(|index| *index > 0).ok_or_else(|| {
        word.error_behind('=', format!("`{text}` is no index"), "write a number from 1 to 9")
    })
}

/// `NODE:`, `attr:NAME=VALUE` or `pattern:REGEX`.
fn new_target(word: &Word) -> Option<Vec<(&'static str, String)>> {
    let text = word.text.as_str();
    if let Some((name, value)) = text.strip_prefix("attr:").and_then(|text| text.split_once('=')) {
        let named = ("target-attribute", name.to_owned());
        return Some(vec![named, ("target-value", value.to_owned())]);
    }
    if let Some(pattern) = text.strip_prefix("pattern:") {
        return Some(vec![("target-pattern", pattern.to_owned())]);
    }
    text.strip_suffix(':').map(|node| vec![("target", node.to_owned())])
}

fn level(word: &Word, target: &[(&str, String)], index: u32, id: Option<&str>) -> Parsed<Element> {
    for device in word.text.split(',') {
        check_id(word, device)?;
    }
    let mut level = new("fencing-level", &[]);
    if let Some(id) = id {
        put(&mut level, "id", id);
    }
    for (name, value) in target {
        put(&mut level, name, value);
    }
    put(&mut level, "index", &index.to_string());
    put(&mut level, "devices", &word.text);
    Ok(level)
}
