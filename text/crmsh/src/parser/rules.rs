//! Rules: conditions on nodes, resources and the time.

use super::cursor::{Cursor, Parsed, near_or_all, role, score};
use crate::diagnostic::Diagnostic;
use crate::lexer::Word;
use base::names;
use cluster::date::Date;
use cluster::{
    AttributeExpression, BooleanOperator, Comparison, DateDuration, DateExpression, DateField,
    DateOperation, DateSpec, DurationUnit, Expression, Extra, Range, Rule, RuleScore, Score,
    ValueKind, ValueSource, Written,
};

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
        "date" => return date(cursor).map(|date| Expression::Date(Box::new(date))),
        "defined" => Comparison::Defined,
        "not_defined" => Comparison::NotDefined,
        _ => return comparison(cursor, word),
    };
    let attribute = cursor.expect("the name of a node attribute")?.text.clone();
    Ok(Expression::Attribute(AttributeExpression {
        id: String::new(),
        attribute,
        operation,
        value: None,
        kind: None,
        value_source: None,
        extra: Extra::default(),
    }))
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
    let (value_source, value) = operand(cursor.expect("a value to compare with")?)?;
    Ok(Expression::Attribute(AttributeExpression {
        id: String::new(),
        attribute: attribute.text.clone(),
        operation,
        value: Some(value.to_owned()),
        kind,
        value_source,
        extra: Extra::default(),
    }))
}

/// `VALUE`, `param{NAME}` or `meta{NAME}`.
fn operand(word: &Word) -> Parsed<(Option<ValueSource>, &str)> {
    let sourced = word.text.strip_suffix('}').and_then(|text| text.split_once('{'));
    let Some((source, value)) = sourced.filter(|(source, _)| !source.is_empty()) else {
        return Ok((None, &word.text));
    };
    match ValueSource::parse(source) {
        Some(source) => Ok((Some(source), value)),
        None => {
            let help = near_or_all(source, &["literal", "param", "meta"]);
            Err(word.error(format!("there is no source of values `{source}`"), help))
        }
    }
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

/// What follows `date`.
fn date(cursor: &mut Cursor<'_>) -> Parsed<DateExpression> {
    let word = cursor.expect("lt, gt, in or spec")?;
    let mut expression = DateExpression::default();
    let operation = match word.keyword().as_str() {
        "lt" => {
            expression.end = Some(moment(&cursor.expect("a date")?.text));
            DateOperation::Less
        }
        "gt" => {
            expression.start = Some(moment(&cursor.expect("a date")?.text));
            DateOperation::Greater
        }
        "in" | "in_range" => {
            expression.start = cursor.accept_attribute("start").as_deref().map(moment);
            expression.end = cursor.accept_attribute("end").as_deref().map(moment);
            let next = cursor.peek_text().split_once('=');
            if next.is_some_and(|(name, _)| UNITS.contains(&name)) {
                expression.duration = Some(duration(cursor));
            }
            DateOperation::InRange
        }
        "spec" | "date_spec" => {
            expression.spec = Some(spec(cursor));
            DateOperation::Spec
        }
        _ => {
            let help = near_or_all(&word.text, &["lt", "gt", "in", "spec"]);
            return Err(word.error(format!("`{}` is no test of a date", word.text), help));
        }
    };
    expression.operation = Some(operation);
    Ok(expression)
}

fn moment(text: &str) -> Written<Option<Date>> {
    Written::attempt(text, Date::parse)
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

/// `years=1 months=6 ...`
fn duration(cursor: &mut Cursor<'_>) -> DateDuration {
    let mut duration = DateDuration::default();
    for (name, value) in units(cursor) {
        match names::value(&DurationUnit::NAMES, name) {
            Some(unit) => {
                let count = Written::attempt(value, |text| text.parse().ok());
                duration.parts.push((unit, count));
            }
            None => duration.extra.attributes.push((name.to_owned(), value.to_owned())),
        }
    }
    duration
}

/// `hours=9-17 weekdays=1-5 ...`
fn spec(cursor: &mut Cursor<'_>) -> DateSpec {
    let mut spec = DateSpec::default();
    for (name, value) in units(cursor) {
        match names::value(&DateField::NAMES, name) {
            Some(field) => spec.ranges.push((field, Written::attempt(value, Range::parse))),
            None => spec.extra.attributes.push((name.to_owned(), value.to_owned())),
        }
    }
    spec
}

fn units<'a>(cursor: &mut Cursor<'a>) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    while let Some((name, value)) = cursor.peek_text().split_once('=')
        && UNITS.contains(&name)
    {
        found.push((name, value));
        cursor.advance();
    }
    found
}
