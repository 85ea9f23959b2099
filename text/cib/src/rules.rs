//! Rules and their expressions.

use crate::error::{Doubts, Fault};
use crate::giving::Giving;
use crate::tag::Tag;
use crate::words::{
    BOOLEAN, COMPARISON, DATE, DATE_OPERATION, INTERVAL, NUMBER, OPERATOR, RANGE, ROLE, SCORE,
    VALUE_KIND, VALUE_SOURCE, operator_name,
};
use base::names;
use cluster::{
    AttributeExpression, DateDuration, DateExpression, DateField, DateOperation, DateSpec,
    DurationUnit, Expression, OperationExpression, ResourceExpression, Rule, RuleScore, ValueKind,
    ValueSource,
};

pub(crate) fn rule(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Rule, Fault> {
    let mut rule = Rule {
        id: tag.own_id()?,
        id_ref: tag.take("id-ref"),
        operator: tag.optional("boolean-op", &OPERATOR, doubts),
        negate: tag.optional("negate", &BOOLEAN, doubts),
        score: tag.optional("score", &SCORE, doubts).map(RuleScore::Score),
        role: tag.optional("role", &ROLE, doubts),
        ..Rule::default()
    };
    if rule.score.is_none() {
        rule.score = tag.take("score-attribute").map(RuleScore::Attribute);
    }
    tag.sort_out(|child| {
        let expression = match child.name {
            "expression" => attribute_expression(child, doubts)?,
            "date_expression" => Expression::Date(Box::new(date_expression(child, doubts)?)),
            "rsc_expression" => Expression::Resource(resource_expression(child)?),
            "op_expression" => operation_expression(child, doubts)?,
            "rule" => Expression::Rule(self::rule(child, doubts)?),
            _ => return Ok(Some(child)),
        };
        rule.expressions.push(expression);
        Ok(None)
    })?;
    rule.extra = tag.into_extra();
    Ok(rule)
}

/// A comparison that does not say of what, or how, is kept as it came.
fn attribute_expression(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Expression, Fault> {
    let operation =
        tag.demand("attribute").and_then(|_| tag.demand_value("operation", &COMPARISON));
    let operation = match operation {
        Ok(operation) => operation,
        Err(fault) => return Ok(illegible(tag, fault, doubts)),
    };
    tag.discard("operation");
    Ok(Expression::Attribute(AttributeExpression {
        id: tag.own_id()?,
        attribute: tag.required("attribute")?,
        operation,
        value: tag.take("value"),
        kind: tag.optional("type", &VALUE_KIND, doubts),
        value_source: tag.optional("value-source", &VALUE_SOURCE, doubts),
        extra: tag.into_extra(),
    }))
}

fn illegible(tag: Tag<'_>, fault: Fault, doubts: &mut Doubts) -> Expression {
    doubts.push(fault);
    Expression::Other(tag.into_element())
}

fn resource_expression(mut tag: Tag<'_>) -> Result<ResourceExpression, Fault> {
    Ok(ResourceExpression {
        id: tag.own_id()?,
        class: tag.take("class"),
        provider: tag.take("provider"),
        kind: tag.take("type"),
        extra: tag.into_extra(),
    })
}

fn operation_expression(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Expression, Fault> {
    if let Err(fault) = tag.demand("name") {
        return Ok(illegible(tag, fault, doubts));
    }
    Ok(Expression::Operation(OperationExpression {
        id: tag.own_id()?,
        name: tag.required("name")?,
        interval: tag.attempt("interval", &INTERVAL, doubts),
        extra: tag.into_extra(),
    }))
}

fn date_expression(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<DateExpression, Fault> {
    let mut expression = DateExpression {
        id: tag.own_id()?,
        operation: tag.optional("operation", &DATE_OPERATION, doubts),
        start: tag.attempt("start", &DATE, doubts),
        end: tag.attempt("end", &DATE, doubts),
        ..DateExpression::default()
    };
    tag.sort_out(|child| {
        match child.name {
            "duration" if expression.duration.is_none() => {
                expression.duration = Some(duration(child, doubts));
            }
            "date_spec" if expression.spec.is_none() => {
                expression.spec = Some(spec(child, doubts));
            }
            _ => return Ok(Some(child)),
        }
        Ok(None)
    })?;
    expression.extra = tag.into_extra();
    Ok(expression)
}

fn duration(mut tag: Tag<'_>, doubts: &mut Doubts) -> DateDuration {
    let id = tag.take("id").unwrap_or_default();
    let parts = DurationUnit::NAMES
        .into_iter()
        .filter_map(|(name, unit)| Some((unit, tag.attempt(name, &NUMBER, doubts)?)))
        .collect();
    DateDuration { id, parts, extra: tag.into_extra() }
}

fn spec(mut tag: Tag<'_>, doubts: &mut Doubts) -> DateSpec {
    let id = tag.take("id").unwrap_or_default();
    let ranges = DateField::NAMES
        .into_iter()
        .filter_map(|(name, field)| Some((field, tag.attempt(name, &RANGE, doubts)?)))
        .collect();
    DateSpec { id, ranges, extra: tag.into_extra() }
}

pub(crate) fn rule_element(rule: &Rule) -> Tag<'_> {
    let (score, attribute) = match &rule.score {
        Some(RuleScore::Score(score)) => (Some(*score), None),
        Some(RuleScore::Attribute(name)) => (None, Some(name)),
        None => (None, None),
    };
    Giving::new("rule")
        .unless_empty("id", &rule.id)
        .maybe("id-ref", rule.id_ref.as_ref())
        .maybe("score", score)
        .maybe("score-attribute", attribute)
        .maybe("boolean-op", rule.operator.map(operator_name))
        .maybe("negate", rule.negate)
        .maybe("role", rule.role)
        .children(rule.expressions.iter().map(expression_element))
        .extra(&rule.extra)
}

fn expression_element(expression: &Expression) -> Tag<'_> {
    match expression {
        Expression::Attribute(expression) => attribute_element(expression),
        Expression::Rule(rule) => rule_element(rule),
        Expression::Date(expression) => date_element(expression),
        Expression::Resource(expression) => Giving::new("rsc_expression")
            .unless_empty("id", &expression.id)
            .maybe("class", expression.class.as_ref())
            .maybe("provider", expression.provider.as_ref())
            .maybe("type", expression.kind.as_ref())
            .extra(&expression.extra),
        Expression::Operation(expression) => Giving::new("op_expression")
            .unless_empty("id", &expression.id)
            .attribute("name", &expression.name)
            .maybe("interval", expression.interval.as_ref())
            .extra(&expression.extra),
        Expression::Other(element) => Tag::of(element),
    }
}

fn attribute_element(expression: &AttributeExpression) -> Tag<'_> {
    Giving::new("expression")
        .unless_empty("id", &expression.id)
        .attribute("attribute", &expression.attribute)
        .attribute("operation", expression.operation.name())
        .maybe("value", expression.value.as_ref())
        .maybe("type", expression.kind.map(ValueKind::name))
        .maybe("value-source", expression.value_source.map(ValueSource::name))
        .extra(&expression.extra)
}

fn date_element(expression: &DateExpression) -> Tag<'_> {
    Giving::new("date_expression")
        .unless_empty("id", &expression.id)
        .maybe("operation", expression.operation.map(DateOperation::name))
        .maybe("start", expression.start.as_ref())
        .maybe("end", expression.end.as_ref())
        .children(expression.duration.as_ref().map(duration_element))
        .children(expression.spec.as_ref().map(spec_element))
        .extra(&expression.extra)
}

fn duration_element(duration: &DateDuration) -> Tag<'_> {
    let mut element = Giving::new("duration").unless_empty("id", &duration.id);
    for (unit, count) in &duration.parts {
        element = element.attribute(names::name(&DurationUnit::NAMES, *unit), count);
    }
    element.extra(&duration.extra)
}

fn spec_element(spec: &DateSpec) -> Tag<'_> {
    let mut element = Giving::new("date_spec").unless_empty("id", &spec.id);
    for (field, range) in &spec.ranges {
        element = element.attribute(names::name(&DateField::NAMES, *field), range);
    }
    element.extra(&spec.extra)
}
