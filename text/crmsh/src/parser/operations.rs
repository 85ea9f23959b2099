//! `op` and `monitor`: what is done to a resource, how often and for how long.

use super::attributes::{block, fill, nvpair};
use super::cursor::{Cursor, Parsed, boolean, near_or_all, role};
use crate::diagnostic::Diagnostic;
use crate::element::{new, push, put, set};
use crate::lexer::Word;
use crate::statement::Statement;
use crate::vocabulary::{ACTIONS, OPERATION_ATTRIBUTES, PRIMITIVE_PARTS};
use cluster::{Element, OnFail, value};

/// `op NAME NAME=VALUE ... [op_params ...] [op_meta ...]`
pub(super) fn operation(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    cursor.advance();
    if let Some(reference) = cursor.accept_prefix("$id-ref=") {
        return Ok(new("op", &[("id-ref", reference)]));
    }
    let name = cursor.expect("the operation, such as start, stop or monitor,")?;
    if name.text.contains('=') {
        let help = "write `op monitor interval=20s` and so on";
        return Err(name.error("the operation's name is missing", help));
    }
    warn_of_name(cursor, name);
    let mut operation = new("op", &[("name", &name.text)]);
    let mut parameters = new("instance_attributes", &[]);
    while let Some(word) = cursor.peek() {
        if PRIMITIVE_PARTS.contains(&word.keyword().as_str()) {
            break;
        }
        if let Some(id) = cursor.accept_prefix("$id=") {
            set(&mut operation, "id", id);
        } else if word.keyword() == "rule" {
            fill(cursor, &mut parameters, &PRIMITIVE_PARTS)?;
        } else {
            operation_attribute(cursor, &mut operation, &mut parameters)?;
        }
    }
    if !parameters.extra.children.is_empty() {
        push(&mut operation, parameters);
    }
    loop {
        if cursor.accept("op_params") {
            push(&mut operation, block(cursor, "instance_attributes", &PRIMITIVE_PARTS)?);
        } else if cursor.accept("op_meta") {
            push(&mut operation, block(cursor, "meta_attributes", &PRIMITIVE_PARTS)?);
        } else {
            return Ok(operation);
        }
    }
}

/// Agents may have actions of their own, so an unknown name is taken.
fn warn_of_name(cursor: &mut Cursor<'_>, name: &Word) {
    if !ACTIONS.contains(&name.text.as_str()) {
        let what = format!("`{}` is no operation that the cluster knows", name.text);
        let help = near_or_all(&name.text, &ACTIONS);
        cursor.warnings.push(Diagnostic::warning(name.position, what, help));
    }
}

/// One `NAME=VALUE` of an operation; what is not its own goes to its parameters.
fn operation_attribute(
    cursor: &mut Cursor<'_>,
    operation: &mut Element,
    parameters: &mut Element,
) -> Parsed<()> {
    let word = cursor.expect("NAME=VALUE")?;
    let Some((name, value)) = word.text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        let known = PRIMITIVE_PARTS.into_iter().chain(OPERATION_ATTRIBUTES);
        let help = match base::suggest::closest(&word.text, known) {
            Some(near) if OPERATION_ATTRIBUTES.contains(&near) => format!("write {near}=VALUE"),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}=VALUE without blanks around `=`", word.text),
        };
        return Err(word.error(format!("`{}` has no value", word.text), help));
    };
    match name {
        "interval" | "timeout" => {
            cursor.check(check_duration(word, value));
            set(operation, name, value);
        }
        "role" => set(operation, name, role(word, '=', value)?),
        "on-fail" | "on_fail" => {
            cursor.check(check_on_fail(word, value));
            set(operation, "on-fail", value);
        }
        "enabled" => {
            cursor.check(boolean(word, value));
            set(operation, name, value);
        }
        name if OPERATION_ATTRIBUTES.contains(&name) => set(operation, name, value),
        name => {
            warn_of_attribute(cursor, word, name);
            push(parameters, nvpair(name, value));
        }
    }
    Ok(())
}

/// A parameter that is nearly called as an attribute is; in `op_params` nobody would ask.
fn warn_of_attribute(cursor: &mut Cursor<'_>, word: &Word, name: &str) {
    if let Some(near) = base::suggest::closest(name, OPERATION_ATTRIBUTES) {
        let what = format!("an operation has no attribute `{name}`, so the agent gets it");
        let help = format!("did you mean `{near}`?");
        cursor.warnings.push(Diagnostic::warning(word.position, what, help));
    }
}

fn check_duration(word: &Word, text: &str) -> Parsed<()> {
    value::duration(text).map(drop).ok_or_else(|| {
        let help = "write a number with its unit: 500ms, 20s, 5min, 2h";
        word.error_behind('=', format!("`{text}` is no duration"), help)
    })
}

fn check_on_fail(word: &Word, text: &str) -> Parsed<()> {
    OnFail::parse(text).map(drop).ok_or_else(|| {
        let help = near_or_all(text, &OnFail::names().collect::<Vec<_>>());
        word.error_behind('=', format!("on-fail cannot be `{text}`"), help)
    })
}

/// `monitor RESOURCE[:ROLE] INTERVAL[:TIMEOUT]`
pub(super) fn monitor(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let word = cursor.expect("the id of a primitive")?;
    let (id, role_name) =
        word.text.split_once(':').map_or((word.text.as_str(), None), |(a, b)| (a, Some(b)));
    let times = cursor.expect("INTERVAL[:TIMEOUT]")?;
    let (interval, timeout) =
        times.text.split_once(':').map_or((times.text.as_str(), None), |(a, b)| (a, Some(b)));
    check_duration(times, interval)?;
    let mut operation = new("op", &[("name", "monitor"), ("interval", interval)]);
    if let Some(timeout) = timeout {
        check_duration(times, timeout)?;
        put(&mut operation, "timeout", timeout);
    }
    if let Some(name) = role_name {
        put(&mut operation, "role", role(word, ':', name)?);
    }
    cursor.expect_end("monitor")?;
    let resource = Word { text: id.to_owned(), position: word.position };
    Ok(Statement::Monitor(resource, operation))
}
