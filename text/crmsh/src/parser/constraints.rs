//! Constraints: `location`, `colocation`, `order`, `rsc_ticket`.

use super::cursor::{Cursor, Parsed, SCORES, boolean, check_id, near_or_all, role, score};
use super::rules::rule;
use super::sets::{Named, Qualifier, Reference, named, sets};
use crate::lexer::Word;
use crate::statement::Statement;
use cluster::{
    Colocation, ColocationTarget, Constraint, Discovery, Extra, Location, LocationTarget,
    LossPolicy, Order, OrderKind, OrderTarget, Preference, Score, Tag, TicketConstraint,
    TicketTarget,
};

/// `location ID RESOURCE|/PATTERN/|{ SETS } [NAME=VALUE ...] SCORE: NODE`, or rules instead.
pub(super) fn location(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("constraint")?;
    let target = location_target(cursor)?;
    let preference = Preference::Rules(Vec::new());
    let extra = Extra::default();
    let mut location = Location { id, target, preference, role: None, discovery: None, extra };
    while let Some(word) = cursor.peek()
        && !word.text.ends_with(':')
        && let Some((name, value)) = word.text.split_once('=')
    {
        cursor.advance();
        location_attribute(&mut location, word, (name.trim_start_matches('$'), value))?;
    }
    location.preference = preference_of(cursor)?;
    cursor.expect_end("location")?;
    Ok(Statement::Constraint(Box::new(Constraint::Location(location))))
}

fn location_target(cursor: &mut Cursor<'_>) -> Parsed<LocationTarget> {
    let word = cursor.expect("the resource it is about")?;
    let text = word.text.as_str();
    if let Some(pattern) = text.strip_prefix('/') {
        let Some(pattern) = pattern.strip_suffix('/') else {
            let help = "write /PATTERN/, in quotes if there are blanks in it";
            return Err(word.error("the pattern has no `/` at its end", help));
        };
        return Ok(LocationTarget::Pattern(pattern.to_owned()));
    }
    let Some(first) = text.strip_prefix('{') else {
        check_id(word, text)?;
        return Ok(LocationTarget::Resource(text.to_owned()));
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
    sets(&members, Qualifier::Role).map(LocationTarget::Sets)
}

fn location_attribute(
    location: &mut Location,
    word: &Word,
    (name, value): (&str, &str),
) -> Parsed<()> {
    match name {
        "role" => location.role = Some(role(word, '=', value)?),
        "resource-discovery" => {
            location.discovery = Some(match value.to_ascii_lowercase().as_str() {
                "always" => Discovery::Always,
                "never" => Discovery::Never,
                "exclusive" => Discovery::Exclusive,
                _ => {
                    let help = near_or_all(value, &["always", "never", "exclusive"]);
                    let what = format!("resource-discovery cannot be `{value}`");
                    return Err(word.error_behind('=', what, help));
                }
            });
        }
        name => location.extra.attributes.push((name.to_owned(), value.to_owned())),
    }
    Ok(())
}

/// `SCORE: NODE`, with or without the blank, or `rule ...` once or more.
fn preference_of(cursor: &mut Cursor<'_>) -> Parsed<Preference> {
    let mut rules = Vec::new();
    while cursor.accept("rule") {
        rules.push(rule(cursor, Some(Score::INFINITY))?);
    }
    if !rules.is_empty() {
        return Ok(Preference::Rules(rules));
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
    let score = parsed_score(word, text)?;
    let node = match node {
        "" => cursor.expect("the node's name")?.text.clone(),
        node => node.to_owned(),
    };
    Ok(Preference::Node { node, score })
}

fn parsed_score(word: &Word, text: &str) -> Parsed<Score> {
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

fn expect_some(cursor: &mut Cursor<'_>, words: &[Word], count: usize) -> Parsed<()> {
    if words.len() >= count { Ok(()) } else { cursor.expect("a resource").map(drop) }
}

/// `colocation ID SCORE: RESOURCE[:ROLE] WITH[:ROLE]`, or sets instead.
pub(super) fn colocation(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("constraint")?;
    let (head, mut words) = head_of(cursor, "score")?;
    let score = parsed_score(&head, &head.text)?;
    let node_attribute = take(&mut words, "node-attribute").map(|(_, value)| value);
    let influence = take(&mut words, "influence");
    let influence = influence.map(|(word, value)| boolean(&word, &value)).transpose()?;
    expect_some(cursor, &words, 2)?;
    let target = match named(&words, 2, Qualifier::Role)? {
        Named::Each(pair) => {
            let [first, second] = two(pair);
            ColocationTarget::Pair {
                resource: first.resource,
                role: first.role,
                with: second.resource,
                with_role: second.role,
            }
        }
        Named::Sets(sets) => ColocationTarget::Sets(sets),
    };
    let extra = Extra::default();
    let colocation = Colocation { id, target, score, node_attribute, influence, extra };
    Ok(Statement::Constraint(Box::new(Constraint::Colocation(colocation))))
}

/// The short form has exactly two references; [`named`] was asked for as many.
fn two(references: Vec<Reference>) -> [Reference; 2] {
    let mut references = references.into_iter();
    [references.next().unwrap_or_default(), references.next().unwrap_or_default()]
}

/// `order ID [KIND|SCORE:] FIRST[:ACTION] THEN[:ACTION] [symmetrical=...]`, or sets instead.
pub(super) fn order(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("constraint")?;
    let mut kind = None;
    let mut words = Vec::new();
    if let Some(word) = cursor.peek()
        && let Some((head, _)) = word.text.split_once(':')
        && (word.text.ends_with(':') || order_kind(head).is_some())
    {
        let (head, rest) = head_of(cursor, "kind")?;
        kind = Some(order_kind(&head.text).ok_or_else(|| {
            let help = near_or_all(&head.text, &["Mandatory", "Optional", "Serialize"]);
            head.error(format!("`{}` is neither a kind nor a score", head.text), help)
        })?);
        words = rest;
    } else {
        words.extend_from_slice(cursor.rest());
    }
    let symmetrical = take(&mut words, "symmetrical");
    let symmetrical = symmetrical.map(|(word, value)| boolean(&word, &value)).transpose()?;
    let mut require_all = None;
    if words.len() == 3 && words.iter().all(|word| !word.text.contains(['(', '['])) {
        require_all = take(&mut words, "require-all");
    }
    let require_all = require_all.map(|(word, value)| boolean(&word, &value)).transpose()?;
    expect_some(cursor, &words, 2)?;
    let target = match named(&words, 2, Qualifier::Action)? {
        Named::Each(pair) => {
            let [first, second] = two(pair);
            OrderTarget::Pair {
                first: first.resource,
                first_action: first.action,
                then: second.resource,
                then_action: second.action,
            }
        }
        Named::Sets(sets) => OrderTarget::Sets(sets),
    };
    let extra = Extra::default();
    let order = Order { id, target, kind, score: None, symmetrical, require_all, extra };
    Ok(Statement::Constraint(Box::new(Constraint::Order(order))))
}

/// A kind in any case, or the score that stood for one in older texts.
fn order_kind(text: &str) -> Option<OrderKind> {
    match text.to_ascii_lowercase().as_str() {
        "mandatory" => Some(OrderKind::Mandatory),
        "optional" => Some(OrderKind::Optional),
        "serialize" => Some(OrderKind::Serialize),
        _ => score(text).map(|score| match score {
            Score::ZERO => OrderKind::Optional,
            _ => OrderKind::Mandatory,
        }),
    }
}

/// `rsc_ticket ID TICKET: RESOURCE[:ROLE] [loss-policy=...]`, or sets instead.
pub(super) fn ticket(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    const POLICIES: [&str; 4] = ["stop", "demote", "fence", "freeze"];
    let id = cursor.new_id("constraint")?;
    let (ticket, mut words) = head_of(cursor, "ticket")?;
    let policy = take(&mut words, "loss-policy");
    if let Some((word, value)) = &policy
        && !POLICIES.contains(&value.as_str())
    {
        let help = near_or_all(value, &POLICIES);
        return Err(word.error_behind('=', format!("`{value}` is no loss-policy"), help));
    }
    expect_some(cursor, &words, 1)?;
    let target = match named(&words, 1, Qualifier::Role)? {
        Named::Sets(sets) => TicketTarget::Sets(sets),
        Named::Each(references) => match <[Reference; 1]>::try_from(references) {
            Ok([Reference { resource, role, .. }]) => TicketTarget::Resource { resource, role },
            Err(_) => TicketTarget::Sets(Vec::new()),
        },
    };
    Ok(Statement::Constraint(Box::new(Constraint::Ticket(TicketConstraint {
        id,
        target,
        ticket: ticket.text.clone(),
        loss_policy: policy.and_then(|(_, value)| LossPolicy::parse(&value)),
        extra: Extra::default(),
    }))))
}

/// `tag ID[:] RESOURCE ...`
pub(super) fn tag(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let head = cursor.expect("the id of the tag")?;
    let id = head.text.strip_suffix(':').unwrap_or(&head.text);
    check_id(head, id)?;
    let mut tag = Tag { id: id.to_owned(), ..Tag::default() };
    expect_some(cursor, &[], usize::from(cursor.peek().is_none()))?;
    for word in cursor.rest() {
        check_id(word, &word.text)?;
        tag.members.push(word.text.clone());
    }
    Ok(Statement::Tag(tag))
}
