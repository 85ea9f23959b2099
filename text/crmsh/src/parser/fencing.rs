//! `fencing_topology`: which fence devices are tried for which node, in which order.

use super::cursor::{Cursor, Parsed, check_id};
use crate::lexer::Word;
use crate::statement::Statement;
use cluster::{Extra, FencingLevel, FencingTarget};

/// `TARGET: DEVICE[,DEVICE...] ...` for each target. A blank begins the next level, a comma joins
/// devices of one level. Without targets the levels are those of every node; with nothing at all
/// there are none.
pub(super) fn topology(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut levels = Vec::new();
    let mut target = FencingTarget::Pattern(".*".to_owned());
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
fn new_target(word: &Word) -> Option<FencingTarget> {
    let text = word.text.as_str();
    if let Some((name, value)) = text.strip_prefix("attr:").and_then(|text| text.split_once('=')) {
        return Some(FencingTarget::Attribute { name: name.to_owned(), value: value.to_owned() });
    }
    if let Some(pattern) = text.strip_prefix("pattern:") {
        return Some(FencingTarget::Pattern(pattern.to_owned()));
    }
    text.strip_suffix(':').map(|node| FencingTarget::Name(node.to_owned()))
}

fn level(word: &Word, target: &FencingTarget, index: u32) -> Parsed<FencingLevel> {
    for device in word.text.split(',') {
        check_id(word, device)?;
    }
    Ok(FencingLevel {
        id: String::new(),
        target: target.clone(),
        index,
        devices: word.text.split(',').map(str::to_owned).collect(),
        extra: Extra::default(),
    })
}
