//! Blocks of named values, and the rules they may depend on.

use super::cursor::{Cursor, Parsed, near_or_all, role, score, unexpected};
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use cluster::{
    AttributeExpression, AttributeSet, BooleanOperator, Comparison, Element, Expression, Extra,
    ExtraNode, Nvpair, Rule, RuleScore, Score, ValueKind,
};

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
        let attributes = vec![("id-ref".to_owned(), id.to_owned())];
        let extra = Extra { attributes, children: Vec::new() };
        return Ok(Nvpair { name: name.to_owned(), extra, ..Nvpair::default() });
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
    Ok(Nvpair { id: id.to_owned(), name: name.to_owned(), value, extra: Extra::default() })
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

/// What follows the keyword `rule`. A rule without a score gets `default_score`.
pub(super) fn rule(cursor: &mut Cursor<'_>, default_score: Option<Score>) -> Parsed<Rule> {
    let mut rule = Rule { score: default_score.map(RuleScore::Score), ..Rule::default() };
    if let Some(reference) = cursor.accept_prefix("$id-ref=") {
        let id_ref = Some(reference.to_owned());
        let mut rule = Rule { id_ref, ..Rule::default() };
        rule.role = rule_role(cursor)?;
        return Ok(rule);
    }
    if let Some(id) = cursor.accept_prefix("$id=") {
        id.clone_into(&mut rule.id);
    }
    rule.role = rule_role(cursor)?;
    if let Some(text) = cursor.peek_text().strip_suffix(':') {
        rule.score = Some(match score(text) {
            Some(score) => RuleScore::Score(score),
            None => RuleScore::Attribute(text.to_owned()),
        });
        cursor.advance();
    }
    rule.expressions.push(expression(cursor)?);
    while let Some(operator) = boolean_operator(cursor.peek_text()) {
        let word = cursor.expect("and, or")?;
        if *rule.operator.get_or_insert(operator) != operator {
            let help = "`and` and `or` are not mixed in one rule; write two rules";
            return Err(word.error(format!("`{}` follows the other one", word.text), help));
        }
        rule.expressions.push(expression(cursor)?);
    }
    Ok(rule)
}

fn rule_role(cursor: &mut Cursor<'_>) -> Parsed<Option<cluster::Role>> {
    let Some(word) = cursor.peek() else { return Ok(None) };
    let value = cursor.accept_attribute("$role").or_else(|| cursor.accept_attribute("role"));
    value.map(|value| role(word, '=', &value)).transpose()
}

fn boolean_operator(text: &str) -> Option<BooleanOperator> {
    match text.to_ascii_lowercase().as_str() {
        "and" => Some(BooleanOperator::And),
        "or" => Some(BooleanOperator::Or),
        _ => None,
    }
}

/// `defined NAME`, `NAME [TYPE:]OPERATOR VALUE` or `date ...`.
fn expression(cursor: &mut Cursor<'_>) -> Parsed<Expression> {
    let word = cursor.expect("a condition such as `defined pingd` or `pingd lte 0`")?;
    let operation = match word.keyword().as_str() {
        "date" => return date(cursor).map(Expression::Other),
        "defined" => Comparison::Defined,
        "not_defined" => Comparison::NotDefined,
        _ => return comparison(cursor, word),
    };
    let attribute = cursor.expect("the name of a node attribute")?.text.clone();
    let (value, kind) = (None, None);
    let extra = Extra::default();
    let id = String::new();
    let expression = AttributeExpression { id, attribute, operation, value, kind, extra };
    Ok(Expression::Attribute(expression))
}

const OPERATORS: [&str; 6] = ["lt", "gt", "lte", "gte", "eq", "ne"];

fn comparison(cursor: &mut Cursor<'_>, attribute: &Word) -> Parsed<Expression> {
    let mut word = cursor.expect("an operator: lt, gt, lte, gte, eq or ne")?;
    let (prefix, mut name) = word.text.split_once(':').unwrap_or(("", &word.text));
    let kind = match prefix {
        "" => None,
        prefix => Some(value_kind(word, prefix)?),
    };
    if name.is_empty() {
        word = cursor.expect("an operator: lt, gt, lte, gte, eq or ne")?;
        name = &word.text;
    }
    let Some(operation) = Comparison::parse(name).filter(|_| OPERATORS.contains(&name)) else {
        return Err(unknown_comparison(attribute, word, name));
    };
    let operand = cursor.expect("a value to compare with")?.text.as_str();
    let mut extra = Extra::default();
    let value = match operand.strip_suffix('}').and_then(|text| text.split_once('{')) {
        Some((source, value)) if !source.is_empty() => {
            extra.attributes.push(("value-source".to_owned(), source.to_ascii_lowercase()));
            value
        }
        _ => operand,
    };
    Ok(Expression::Attribute(AttributeExpression {
        id: String::new(),
        attribute: attribute.text.clone(),
        operation,
        value: Some(value.to_owned()),
        kind,
        extra,
    }))
}

fn value_kind(word: &Word, text: &str) -> Parsed<ValueKind> {
    ValueKind::parse(text).ok_or_else(|| {
        let help = near_or_all(text, &["string", "integer", "number", "version"]);
        word.error(format!("there is no type `{text}`"), help)
    })
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

/// What follows `date`: kept as the element that the CIB has for it.
fn date(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    let word = cursor.expect("lt, gt, in or spec")?;
    let mut element = Element { name: "date_expression".to_owned(), ..Element::default() };
    let mut put = |name: &str, value: &str| {
        element.extra.attributes.push((name.to_owned(), value.to_owned()));
    };
    put("id", "");
    match word.keyword().as_str() {
        "lt" => {
            put("operation", "lt");
            put("end", &cursor.expect("a date")?.text);
        }
        "gt" => {
            put("operation", "gt");
            put("start", &cursor.expect("a date")?.text);
        }
        "in" | "in_range" => {
            put("operation", "in_range");
            for name in ["start", "end"] {
                if let Some(value) = cursor.accept_attribute(name) {
                    put(name, &value);
                }
            }
            let next = cursor.peek_text().split_once('=');
            if next.is_some_and(|(name, _)| UNITS.contains(&name)) {
                element.extra.children.push(period(cursor, "duration"));
            }
        }
        "spec" | "date_spec" => {
            put("operation", "date_spec");
            element.extra.children.push(period(cursor, "date_spec"));
        }
        _ => {
            let help = near_or_all(&word.text, &["lt", "gt", "in", "spec"]);
            return Err(word.error(format!("`{}` is no test of a date", word.text), help));
        }
    }
    Ok(element)
}

/// The units of dates and durations; any other `NAME=VALUE` belongs to what follows the rule.
const UNITS: [&str; 12] = [
    "seconds",
    "minutes",
    "hours",
    "monthdays",
    "weekdays",
    "yeardays",
    "yearsdays",
    "months",
    "weeks",
    "years",
    "weekyears",
    "moon",
];

/// `hours=9-17 weekdays=1-5 ...`
fn period(cursor: &mut Cursor<'_>, name: &str) -> ExtraNode {
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    element.extra.attributes.push(("id".to_owned(), String::new()));
    while let Some((name, value)) = cursor.peek_text().split_once('=')
        && UNITS.contains(&name)
    {
        element.extra.attributes.push((name.to_owned(), value.to_owned()));
        cursor.advance();
    }
    ExtraNode::Element(element)
}
