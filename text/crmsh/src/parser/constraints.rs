//! Constraints: `location`, `colocation`, `order`, `rsc_ticket`; and `tag`.

use super::cursor::{Cursor, Parsed, SCORES, boolean, check_id, near_or_all, role, score};
use super::rules::rule;
use super::sets::{Named, Qualifier, Reference, named, sets};
use crate::element::{new, push, put};
use crate::lexer::Word;
use crate::statement::Statement;
use crate::vocabulary::{DISCOVERIES, LOSS_POLICIES, ORDER_KINDS};
use cib::Part;
use cluster::{Element, LossPolicy};

fn constraint(element: Element) -> Statement {
    Statement::Object(Part::Constraints, element)
}

/// `location ID RESOURCE|/PATTERN/|{ SETS } [NAME=VALUE ...] SCORE: NODE`, or rules instead.
pub(super) fn location(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut location = new("rsc_location", &[("id", &cursor.new_id("constraint")?)]);
    location_target(cursor, &mut location)?;
    while let Some(word) = cursor.peek()
        && !word.text.ends_with(':')
        && let Some((name, value)) = word.text.split_once('=')
    {
        cursor.advance();
        location_attribute(&mut location, word, (name.trim_start_matches('$'), value))?;
    }
    preference(cursor, &mut location)?;
    cursor.expect_end("location")?;
    Ok(constraint(location))
}

fn location_target(cursor: &mut Cursor<'_>, location: &mut Element) -> Parsed<()> {
    let word = cursor.expect("the resource it is about")?;
    let text = word.text.as_str();
    if let Some(pattern) = text.strip_prefix('/') {
        let Some(pattern) = pattern.strip_suffix('/') else {
            let help = "write /PATTERN/, in quotes if there are blanks in it";
            return Err(word.error("the pattern has no `/` at its end", help));
        };
        put(location, "rsc-pattern", pattern);
        return Ok(());
    }
    let Some(first) = text.strip_prefix('{') else {
        check_id(word, text)?;
        put(location, "rsc", text);
        return Ok(());
    };
    let mut members = Vec::new();
    let mut next = Word { text: first.to_owned(), position: word.place(1) };
    loop {
        let end = next.text.strip_suffix('}').map(str::to_owned);
        let is_last = end.is_some();
        let text = end.unwrap_or_else(|| next.text.clone());
        if !text.is_empty() {
            members.push(Word { text, position: next.position });
        }
        if is_last {
            break;
        }
        match cursor.advance() {
            Some(word) => next = word.clone(),
            None => return Err(word.error("this brace is never closed", "close it with `}`")),
        }
    }
    if members.is_empty() {
        return Err(word.error("no resource is named", "name at least one between the braces"));
    }
    sets(&members, Qualifier::Role)?.into_iter().for_each(|set| push(location, set));
    Ok(())
}

fn location_attribute(
    location: &mut Element,
    word: &Word,
    (name, value): (&str, &str),
) -> Parsed<()> {
    match name {
        "role" => put(location, name, role(word, '=', value)?),
        "resource-discovery" => {
            let known = DISCOVERIES.into_iter().find(|known| known.eq_ignore_ascii_case(value));
            let known = known.ok_or_else(|| {
                let help = near_or_all(value, &DISCOVERIES);
                word.error_behind('=', format!("resource-discovery cannot be `{value}`"), help)
            })?;
            put(location, name, known);
        }
        name => put(location, name, value),
    }
    Ok(())
}

/// `SCORE: NODE`, with or without the blank, or `rule ...` once or more.
fn preference(cursor: &mut Cursor<'_>, location: &mut Element) -> Parsed<()> {
    if cursor.peek_keyword() == "rule" {
        while cursor.accept("rule") {
            push(location, rule(cursor)?);
        }
        return Ok(());
    }
    let word = cursor.expect("SCORE: NODE, or a rule,")?;
    let Some((text, node)) = word.text.split_once(':') else {
        let text = word.text.as_str();
        return Err(if score(text).is_some() {
            let node = cursor.peek_text();
            word.error(format!("`{text}` has no `:` behind it"), format!("write `{text}: {node}`"))
        } else {
            let help = format!("write SCORE: NODE, such as `100: {text}`, or `rule ...`");
            word.error(format!("`{text}` is no score"), help)
        });
    };
    put(location, "score", &known_score(word, text)?);
    let node = match node {
        "" => cursor.expect("the node's name")?.text.as_str(),
        node => node,
    };
    put(location, "node", node);
    Ok(())
}

fn known_score(word: &Word, text: &str) -> Parsed<String> {
    score(text).ok_or_else(|| {
        let help = near_score(text);
        word.error(format!("`{text}` is no score"), help)
    })
}

fn near_score(text: &str) -> String {
    let words = ["inf", "-inf", "INFINITY", "-INFINITY", "mandatory", "advisory"];
    base::suggest::closest(text, words)
        .map_or_else(|| format!("write {SCORES}"), |near| format!("did you mean `{near}`?"))
}

/// The head `SCORE:` of a constraint, split from what may touch it.
fn head_of(cursor: &mut Cursor<'_>, what: &str) -> Parsed<(Word, Vec<Word>)> {
    let word = cursor.expect(what)?;
    let Some((head, tail)) = word.text.split_once(':') else {
        let text = word.text.as_str();
        let says = match score(text) {
            Some(_) => format!("`{text}` has no `:` behind it"),
            None => format!("`{text}` is no {what}"),
        };
        return Err(word.error(says, format!("write the {what}, then `:`, then the resources")));
    };
    let mut rest = Vec::new();
    if !tail.is_empty() {
        let position = word.place(head.chars().count() + 1);
        rest.push(Word { text: tail.to_owned(), position });
    }
    rest.extend_from_slice(cursor.rest());
    Ok((Word { text: head.to_owned(), position: word.position }, rest))
}

/// Takes `NAME=VALUE` out of `words`, wherever it stands.
fn take(words: &mut Vec<Word>, name: &str) -> Option<(Word, String)> {
    let is_it = |word: &Word| word.text.split_once('=').is_some_and(|(key, _)| key == name);
    let index = words.iter().position(is_it)?;
    let word = words.remove(index);
    let value = word.text.split_once('=').map(|(_, value)| value.to_owned())?;
    Some((word, value))
}

/// Moves a yes or no out of `words` into an attribute.
fn move_boolean(cursor: &mut Cursor<'_>, words: &mut Vec<Word>, name: &str, element: &mut Element) {
    if let Some((word, value)) = take(words, name) {
        cursor.check(boolean(&word, &value));
        put(element, name, &value);
    }
}

fn expect_some(cursor: &mut Cursor<'_>, words: &[Word], count: usize) -> Parsed<()> {
    if words.len() >= count { Ok(()) } else { cursor.expect("a resource").map(drop) }
}

/// `colocation ID SCORE: RESOURCE[:ROLE] WITH[:ROLE]`, or sets instead. The score may be left out
/// before its colon, which makes it nothing.
pub(super) fn colocation(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut colocation = new("rsc_colocation", &[("id", &cursor.new_id("constraint")?)]);
    let (head, mut words) = head_of(cursor, "score")?;
    if !head.text.is_empty() {
        put(&mut colocation, "score", &known_score(&head, &head.text)?);
    }
    if let Some((_, value)) = take(&mut words, "node-attribute") {
        put(&mut colocation, "node-attribute", &value);
    }
    move_boolean(cursor, &mut words, "influence", &mut colocation);
    expect_some(cursor, &words, 2)?;
    const NAMES: [[&str; 3]; 2] = [["rsc", "rsc-role", ""], ["with-rsc", "with-rsc-role", ""]];
    put_named(&mut colocation, named(&words, 2, Qualifier::Role)?, &NAMES);
    Ok(constraint(colocation))
}

/// Sets as children, or resources one by one as attributes: resource, role, action.
fn put_named(constraint: &mut Element, named: Named, names: &[[&str; 3]]) {
    match named {
        Named::Sets(sets) => sets.into_iter().for_each(|set| push(constraint, set)),
        Named::Each(references) => {
            for (Reference { resource, role, action }, names) in references.iter().zip(names) {
                put(constraint, names[0], resource);
                if let Some(role) = role {
                    put(constraint, names[1], role);
                }
                if let Some(action) = action {
                    put(constraint, names[2], action);
                }
            }
        }
    }
}

/// `order ID [KIND|SCORE:] FIRST[:ACTION] THEN[:ACTION] [symmetrical=...]`, or sets instead.
pub(super) fn order(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut order = new("rsc_order", &[("id", &cursor.new_id("constraint")?)]);
    let mut words = Vec::new();
    if let Some(word) = cursor.peek()
        && let Some((head, _)) = word.text.split_once(':')
        && (word.text.ends_with(':') || order_kind(head).is_some())
    {
        let (head, rest) = head_of(cursor, "kind")?;
        let kind = order_kind(&head.text).ok_or_else(|| {
            let help = near_or_all(&head.text, &ORDER_KINDS);
            head.error(format!("`{}` is neither a kind nor a score", head.text), help)
        })?;
        put(&mut order, "kind", kind);
        words = rest;
    } else {
        words.extend_from_slice(cursor.rest());
    }
    move_boolean(cursor, &mut words, "symmetrical", &mut order);
    if words.len() == 3 && words.iter().all(|word| !word.text.contains(['(', '['])) {
        move_boolean(cursor, &mut words, "require-all", &mut order);
    }
    expect_some(cursor, &words, 2)?;
    const NAMES: [[&str; 3]; 2] = [["first", "", "first-action"], ["then", "", "then-action"]];
    put_named(&mut order, named(&words, 2, Qualifier::Action)?, &NAMES);
    Ok(constraint(order))
}

/// A kind in any case, or the score that stood for one in older texts.
fn order_kind(text: &str) -> Option<&'static str> {
    let kind = ORDER_KINDS.into_iter().find(|kind| kind.eq_ignore_ascii_case(text));
    kind.or_else(|| match score(text)?.as_str() {
        "0" => Some("Optional"),
        _ => Some("Mandatory"),
    })
}

/// `rsc_ticket ID TICKET: RESOURCE[:ROLE] [loss-policy=...]`, or sets instead.
pub(super) fn ticket(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut constraint_element = new("rsc_ticket", &[("id", &cursor.new_id("constraint")?)]);
    let (ticket, mut words) = head_of(cursor, "ticket")?;
    put(&mut constraint_element, "ticket", &ticket.text);
    if let Some((word, value)) = take(&mut words, "loss-policy") {
        if LossPolicy::parse(&value).is_none() {
            let help = near_or_all(&value, &LOSS_POLICIES);
            return Err(word.error_behind('=', format!("`{value}` is no loss-policy"), help));
        }
        put(&mut constraint_element, "loss-policy", &value);
    }
    expect_some(cursor, &words, 1)?;
    let named = named(&words, 1, Qualifier::Role)?;
    put_named(&mut constraint_element, named, &[["rsc", "rsc-role", ""]]);
    Ok(constraint(constraint_element))
}

/// `tag ID[:] RESOURCE ...`
pub(super) fn tag(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let head = cursor.expect("the id of the tag")?;
    let id = head.text.strip_suffix(':').unwrap_or(&head.text);
    check_id(head, id)?;
    let mut tag = new("tag", &[("id", id)]);
    expect_some(cursor, &[], usize::from(cursor.peek().is_none()))?;
    for word in cursor.rest() {
        check_id(word, &word.text)?;
        push(&mut tag, new("obj_ref", &[("id", &word.text)]));
    }
    Ok(Statement::Object(Part::Tags, tag))
}
