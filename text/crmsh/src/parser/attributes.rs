//! Blocks of named values.

use super::cursor::{Cursor, Parsed, is_xml_name, unexpected};
use super::rules::rule;
use crate::diagnostic::Diagnostic;
use crate::element::{children, new, push, put};
use crate::lexer::Word;
use cluster::Element;

/// A block, as an element called `name`, up to the next of the keywords in `ends`, or the end.
pub(super) fn block(cursor: &mut Cursor<'_>, name: &str, ends: &[&str]) -> Parsed<Element> {
    let mut set = new(name, &[]);
    if let Some(reference) = cursor.accept_prefix("$id-ref=") {
        put(&mut set, "id-ref", reference);
        return Ok(set);
    }
    if let Some(id) = cursor.accept_prefix("$id=") {
        put(&mut set, "id", id);
    }
    if let Some(score) = cursor.accept_score() {
        put(&mut set, "score", &score);
    }
    fill(cursor, &mut set, ends)?;
    Ok(set)
}

/// The rule and the values of a block.
pub(super) fn fill(cursor: &mut Cursor<'_>, set: &mut Element, ends: &[&str]) -> Parsed<()> {
    while let Some(word) = cursor.peek() {
        let keyword = word.keyword();
        if ends.contains(&keyword.as_str()) {
            break;
        }
        if keyword != "rule" {
            let pair = pair(cursor, ends)?;
            push(set, pair);
        } else if children(set, "rule").next().is_some() {
            let help = "a block has one rule; give the others their own block";
            return Err(word.error("a rule cannot stand here", help));
        } else {
            cursor.advance();
            push(set, rule(cursor)?);
        }
    }
    Ok(())
}

/// A value with its name.
pub(super) fn nvpair(name: &str, value: &str) -> Element {
    new("nvpair", &[("name", name), ("value", value)])
}

/// `NAME=VALUE`, `NAME`, `$ID[:NAME]=VALUE` or `@ID[:NAME]`.
fn pair(cursor: &mut Cursor<'_>, ends: &[&str]) -> Parsed<Element> {
    let word = cursor.expect("NAME=VALUE")?;
    if let Some(reference) = word.text.strip_prefix('@') {
        let (id, name) = reference.split_once(':').unwrap_or((reference, ""));
        let mut pair = new("nvpair", &[("id-ref", id)]);
        if !name.is_empty() {
            put(&mut pair, "name", name);
        }
        return Ok(pair);
    }
    let Some((name, value)) = word.text.split_once('=') else {
        return lone_name(cursor, word, ends);
    };
    if name.is_empty() {
        let help = "write NAME=VALUE without blanks around `=`";
        return Err(word.error(format!("`{}` lacks a name", word.text), help));
    }
    Ok(match name.strip_prefix('$') {
        Some(id) => {
            let (id, name) = id.split_once(':').unwrap_or((id, id));
            new("nvpair", &[("id", id), ("name", name), ("value", value)])
        }
        None => nvpair(name, value),
    })
}

/// A name without a value unsets the name, but is more often a slip.
fn lone_name(cursor: &mut Cursor<'_>, word: &Word, ends: &[&str]) -> Parsed<Element> {
    let text = word.text.as_str();
    let (id, name) = match text.strip_prefix('$').and_then(|text| text.split_once(':')) {
        Some((id, name)) => (Some(id), name),
        None => (None, text),
    };
    let next = cursor.peek_text();
    if next.starts_with('=') {
        let help = "write NAME=VALUE without blanks around `=`";
        return Err(word.error(format!("`{name}` has a blank before its `=`"), help));
    }
    if let Some(near) = base::suggest::closest(name, ends.iter().copied()) {
        let help = format!("did you mean `{near}`?");
        return Err(word.error(format!("unknown keyword `{name}`"), help));
    }
    if ends.is_empty() {
        return Err(word.error(format!("`{name}` has no value"), format!("write {name}=VALUE")));
    }
    if !is_xml_name(name) || super::OBJECTS.contains(&word.keyword().as_str()) {
        return Err(unexpected(word, "block of values"));
    }
    let what = format!("`{name}` has no value, and so unsets it");
    let help = format!("write {name}=VALUE");
    cursor.warnings.push(Diagnostic::warning(word.position, what, help));
    let mut pair = new("nvpair", &[("name", name)]);
    if let Some(id) = id {
        put(&mut pair, "id", id);
    }
    Ok(pair)
}
