//! Blocks of named values.

use super::cursor::{Cursor, Parsed, unexpected};
use super::rules::rule;
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use cluster::{AttributeSet, Nvpair};

/// A block up to the next of the keywords in `ends`, or the end.
pub(super) fn block(cursor: &mut Cursor<'_>, ends: &[&str]) -> Parsed<AttributeSet> {
    let mut set = AttributeSet::default();
    if let Some(reference) = cursor.accept_prefix("$id-ref=") {
        set.id_ref = Some(reference.to_owned());
        return Ok(set);
    }
    if let Some(id) = cursor.accept_prefix("$id=") {
        id.clone_into(&mut set.id);
    }
    set.score = cursor.accept_score();
    fill(cursor, &mut set, ends)?;
    Ok(set)
}

/// The rule and the values of a block.
pub(super) fn fill(cursor: &mut Cursor<'_>, set: &mut AttributeSet, ends: &[&str]) -> Parsed<()> {
    while let Some(word) = cursor.peek() {
        let keyword = word.keyword();
        if ends.contains(&keyword.as_str()) {
            break;
        }
        if keyword != "rule" {
            let pair = pair(cursor, ends)?;
            set.pairs.push(pair);
        } else if set.rule.is_some() || !set.pairs.is_empty() {
            let help = "a block has one rule, before its values; give the others their own block";
            return Err(word.error("a rule cannot stand here", help));
        } else {
            cursor.advance();
            set.rule = Some(rule(cursor, None)?);
        }
    }
    Ok(())
}

/// `NAME=VALUE`, `NAME`, `$ID[:NAME]=VALUE` or `@ID[:NAME]`.
fn pair(cursor: &mut Cursor<'_>, ends: &[&str]) -> Parsed<Nvpair> {
    let word = cursor.expect("NAME=VALUE")?;
    if let Some(reference) = word.text.strip_prefix('@') {
        let (id, name) = reference.split_once(':').unwrap_or((reference, ""));
        let id_ref = Some(id.to_owned());
        return Ok(Nvpair { name: name.to_owned(), id_ref, ..Nvpair::default() });
    }
    let Some((name, value)) = word.text.split_once('=') else {
        return lone_name(cursor, word, ends);
    };
    if name.is_empty() {
        let help = "write NAME=VALUE without blanks around `=`";
        return Err(word.error(format!("`{}` lacks a name", word.text), help));
    }
    let value = Some(value.to_owned());
    let (id, name) = match name.strip_prefix('$') {
        Some(id) => id.split_once(':').unwrap_or((id, id)),
        None => ("", name),
    };
    Ok(Nvpair { id: id.to_owned(), name: name.to_owned(), value, ..Nvpair::default() })
}

/// A name without a value unsets the name, but is more often a slip.
fn lone_name(cursor: &mut Cursor<'_>, word: &Word, ends: &[&str]) -> Parsed<Nvpair> {
    let name = word.text.as_str();
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
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    if !is_name || super::OBJECTS.contains(&word.keyword().as_str()) {
        return Err(unexpected(word, "block of values"));
    }
    let what = format!("`{name}` has no value, and so unsets it");
    let help = format!("write {name}=VALUE");
    cursor.warnings.push(Diagnostic::warning(word.position, what, help));
    Ok(Nvpair { name: name.to_owned(), ..Nvpair::default() })
}
