//! Rules: conditions on nodes, resources and the time.

use super::cursor::{Cursor, Parsed, near_or_all, role, score};
use crate::diagnostic::Diagnostic;
use crate::element::{new, push, put};
use crate::lexer::Word;
use crate::vocabulary::{OPERATORS, UNITS};
use cluster::{Comparison, Element, ValueKind, ValueSource};

/// What follows the keyword `rule`. A rule without a score must hold: it gets INFINITY.
pub(super) fn rule(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    let mut rule = new("rule", &[]);
    if let Some(reference) = cursor.accept_prefix("$id-ref=") {
        put(&mut rule, "id-ref", reference);
        attributes(cursor, &mut rule)?;
        return Ok(rule);
    }
    if let Some(id) = cursor.accept_prefix("$id=") {
        put(&mut rule, "id", id);
    }
    attributes(cursor, &mut rule)?;
    match cursor.peek_text().strip_suffix(':') {
        Some(text) => {
            match score(text) {
                Some(score) => put(&mut rule, "score", &score),
                None => put(&mut rule, "score-attribute", text),
            }
            cursor.advance();
        }
        None => put(&mut rule, "score", "INFINITY"),
    }
    let first = expression(cursor)?;
    push(&mut rule, first);
    let mut joined_by = "";
    while let Some(operator) = boolean_operator(cursor.peek_text()) {
        let word = cursor.expect("and, or")?;
        if !joined_by.is_empty() && joined_by != operator {
            let help = "`and` and `or` are not mixed in one rule; write two rules";
            return Err(word.error(format!("`{}` follows the other one", word.text), help));
        }
        joined_by = operator;
        let next = expression(cursor)?;
        push(&mut rule, next);
    }
    if joined_by == "or" {
        put(&mut rule, "boolean-op", "or");
    }
    Ok(rule)
}

/// `$role=ROLE` or `role=ROLE`, and what a rule may say of itself besides: `$NAME=VALUE`.
fn attributes(cursor: &mut Cursor<'_>, rule: &mut Element) -> Parsed<()> {
    const NAMES: [&str; 4] = ["role", "$role", "$boolean-op", "$negate"];
    while let Some(word) = cursor.peek()
        && let Some((name, value)) = word.text.split_once('=')
        && NAMES.contains(&name)
    {
        match name.trim_start_matches('$') {
            "role" => put(rule, "role", role(word, '=', value)?),
            name => put(rule, name, value),
        }
        cursor.advance();
    }
    Ok(())
}

fn boolean_operator(text: &str) -> Option<&'static str> {
    ["and", "or"].into_iter().find(|operator| operator.eq_ignore_ascii_case(text))
}

/// `defined NAME`, `NAME [TYPE:]OPERATOR VALUE` or `date ...`, each with `$id=ID` before it or
/// without.
fn expression(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    let id = cursor.accept_prefix("$id=");
    let word = cursor.expect("a condition such as `defined pingd` or `pingd lte 0`")?;
    let mut expression = match word.keyword().as_str() {
        "date" => date(cursor)?,
        operation @ ("defined" | "not_defined") => {
            let attribute = &cursor.expect("the name of a node attribute")?.text;
            new("expression", &[("operation", operation), ("attribute", attribute)])
        }
        _ => comparison(cursor, word)?,
    };
    if let Some(id) = id {
        put(&mut expression, "id", id);
    }
    Ok(expression)
}

fn comparison(cursor: &mut Cursor<'_>, attribute: &Word) -> Parsed<Element> {
    let mut word = cursor.expect("an operator: lt, gt, lte, gte, eq or ne")?;
    let (kind, mut name) = word.text.split_once(':').unwrap_or(("", &word.text));
    if !kind.is_empty() && ValueKind::parse(kind).is_none() {
        let help = near_or_all(kind, &["string", "integer", "number", "version"]);
        return Err(word.error(format!("there is no type `{kind}`"), help));
    }
    if name.is_empty() {
        word = cursor.expect("an operator: lt, gt, lte, gte, eq or ne")?;
        name = &word.text;
    }
    if Comparison::parse(name).is_none() || !OPERATORS.contains(&name) {
        return Err(unknown_comparison(attribute, word, name));
    }
    let mut expression = new("expression", &[("operation", name), ("attribute", &attribute.text)]);
    if !kind.is_empty() {
        put(&mut expression, "type", kind);
    }
    let (source, value) = operand(cursor.expect("a value to compare with")?)?;
    if let Some(source) = source {
        put(&mut expression, "value-source", source);
    }
    put(&mut expression, "value", value);
    Ok(expression)
}

/// `VALUE`, `param{NAME}` or `meta{NAME}`.
fn operand(word: &Word) -> Parsed<(Option<&str>, &str)> {
    let sourced = word.text.strip_suffix('}').and_then(|text| text.split_once('{'));
    let Some((source, value)) = sourced.filter(|(source, _)| !source.is_empty()) else {
        return Ok((None, &word.text));
    };
    match ValueSource::parse(source) {
        Some(_) => Ok((Some(source), value)),
        None => {
            let help = near_or_all(source, &["literal", "param", "meta"]);
            Err(word.error(format!("there is no source of values `{source}`"), help))
        }
    }
}

/// What should be a comparison has no operator: this is wrong, or the word before it, which should
/// have been a keyword.
fn unknown_comparison(attribute: &Word, word: &Word, name: &str) -> Diagnostic {
    let sign = match name {
        "<" => Some("lt"),
        ">" => Some("gt"),
        "<=" | "le" => Some("lte"),
        ">=" | "ge" => Some("gte"),
        "=" | "==" => Some("eq"),
        "!=" | "<>" | "≠" => Some("ne"),
        _ => base::suggest::closest(name, OPERATORS),
    };
    let keyword = || match attribute.keyword().as_str() {
        // Nearer to its opposite by letters.
        "undefined" => Some("not_defined"),
        text => base::suggest::closest(text, ["defined", "not_defined", "date"]),
    };
    if let Some(sign) = sign {
        return word
            .error(format!("there is no operator `{name}`"), format!("did you mean `{sign}`?"));
    }
    if let Some(keyword) = keyword() {
        let what = format!("unknown keyword `{}`", attribute.text);
        return attribute.error(what, format!("did you mean `{keyword}`?"));
    }
    word.error(format!("there is no operator `{name}`"), near_or_all(name, &OPERATORS))
}

/// What follows `date`.
fn date(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    let word = cursor.expect("lt, gt, in or spec")?;
    let expression = |operation| new("date_expression", &[("operation", operation)]);
    match word.keyword().as_str() {
        operation @ ("lt" | "gt") => {
            let mut expression = expression(operation);
            let end = if operation == "lt" { "end" } else { "start" };
            put(&mut expression, end, &cursor.expect("a date")?.text);
            Ok(expression)
        }
        "in" | "in_range" => {
            let mut expression = expression("in_range");
            for name in ["start", "end"] {
                if let Some(date) = cursor.accept_attribute(name) {
                    put(&mut expression, name, &date);
                }
            }
            periods(cursor, "duration", &mut expression);
            Ok(expression)
        }
        "spec" | "date_spec" => {
            let mut expression = expression("date_spec");
            periods(cursor, "date_spec", &mut expression);
            Ok(expression)
        }
        _ => {
            let help = near_or_all(&word.text, &["lt", "gt", "in", "spec"]);
            Err(word.error(format!("`{}` is no test of a date", word.text), help))
        }
    }
}

/// `hours=9-17 weekdays=1-5 ...`, as an element inside the expression.
fn periods(cursor: &mut Cursor<'_>, name: &str, expression: &mut Element) {
    let mut periods = new(name, &[]);
    if let Some(id) = cursor.accept_prefix("$id=") {
        put(&mut periods, "id", id);
    }
    while let Some((name, value)) = cursor.peek_text().split_once('=')
        && UNITS.contains(&name)
    {
        put(&mut periods, name, value);
        cursor.advance();
    }
    if !periods.extra.attributes.is_empty() {
        push(expression, periods);
    }
}
