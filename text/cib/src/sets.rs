//! Blocks of named values, and rules.

use crate::error::{Doubts, Fault};
use crate::giving::Giving;
use crate::tag::Tag;
use crate::words::{COMPARISON, OPERATOR, ROLE, SCORE, VALUE_KIND, operator_name};
use cluster::{AttributeExpression, AttributeSet, Element, Expression, Nvpair, Rule, RuleScore};

/// Expressions that are kept whole: dates, kinds of resources, kinds of operations.
const OTHER_EXPRESSIONS: [&str; 3] = ["date_expression", "rsc_expression", "op_expression"];

pub(crate) fn set(mut tag: Tag, doubts: &mut Doubts) -> Result<AttributeSet, Fault> {
    let mut set = AttributeSet::new(tag.own_id()?);
    set.id_ref = tag.take("id-ref");
    set.score = tag.optional("score", &SCORE, doubts);
    tag.sort_out(|child| match child.name.as_str() {
        "nvpair" => {
            set.pairs.push(nvpair(child)?);
            Ok(None)
        }
        "rule" if set.rule.is_none() => {
            set.rule = Some(rule(child, doubts)?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    set.extra = tag.into_extra();
    Ok(set)
}

fn nvpair(mut tag: Tag) -> Result<Nvpair, Fault> {
    let is_reference = tag.attribute("id-ref").is_some();
    let id = tag.take("id").unwrap_or_default();
    let name =
        if is_reference { tag.take("name").unwrap_or_default() } else { tag.required("name")? };
    Ok(Nvpair { id, name, value: tag.take("value"), extra: tag.into_extra() })
}

pub(crate) fn rule(mut tag: Tag, doubts: &mut Doubts) -> Result<Rule, Fault> {
    let mut rule = Rule {
        id: tag.own_id()?,
        id_ref: tag.take("id-ref"),
        operator: tag.optional("boolean-op", &OPERATOR, doubts),
        score: tag.optional("score", &SCORE, doubts).map(RuleScore::Score),
        role: tag.optional("role", &ROLE, doubts),
        ..Rule::default()
    };
    if rule.score.is_none() {
        rule.score = tag.take("score-attribute").map(RuleScore::Attribute);
    }
    tag.sort_out(|child| {
        let expression = match child.name.as_str() {
            "expression" => Expression::Attribute(expression(child, doubts)?),
            "rule" => Expression::Rule(self::rule(child, doubts)?),
            name if OTHER_EXPRESSIONS.contains(&name) => Expression::Other(child.into_element()),
            _ => return Ok(Some(child)),
        };
        rule.expressions.push(expression);
        Ok(None)
    })?;
    rule.extra = tag.into_extra();
    Ok(rule)
}

fn expression(mut tag: Tag, doubts: &mut Doubts) -> Result<AttributeExpression, Fault> {
    Ok(AttributeExpression {
        id: tag.own_id()?,
        attribute: tag.required("attribute")?,
        operation: tag.value("operation", &COMPARISON)?,
        value: tag.take("value"),
        kind: tag.optional("type", &VALUE_KIND, doubts),
        extra: tag.into_extra(),
    })
}

pub(crate) fn set_element(name: &str, set: &AttributeSet) -> Element {
    Giving::new(name)
        .unless_empty("id", &set.id)
        .maybe("id-ref", set.id_ref.as_ref())
        .maybe("score", set.score)
        .children(set.rule.as_ref().map(rule_element))
        .children(set.pairs.iter().map(nvpair_element))
        .extra(&set.extra)
}

pub(crate) fn set_elements(name: &str, sets: &[AttributeSet]) -> impl Iterator<Item = Element> {
    sets.iter().map(move |set| set_element(name, set))
}

fn nvpair_element(pair: &Nvpair) -> Element {
    Giving::new("nvpair")
        .unless_empty("id", &pair.id)
        .unless_empty("name", &pair.name)
        .maybe("value", pair.value.as_ref())
        .extra(&pair.extra)
}

pub(crate) fn rule_element(rule: &Rule) -> Element {
    let (score, attribute) = match &rule.score {
        Some(RuleScore::Score(score)) => (Some(score), None),
        Some(RuleScore::Attribute(name)) => (None, Some(name)),
        None => (None, None),
    };
    Giving::new("rule")
        .unless_empty("id", &rule.id)
        .maybe("id-ref", rule.id_ref.as_ref())
        .maybe("score", score)
        .maybe("score-attribute", attribute)
        .maybe("boolean-op", rule.operator.map(operator_name))
        .maybe("role", rule.role)
        .children(rule.expressions.iter().map(|expression| match expression {
            Expression::Attribute(expression) => expression_element(expression),
            Expression::Rule(rule) => rule_element(rule),
            Expression::Other(element) => element.clone(),
        }))
        .extra(&rule.extra)
}

fn expression_element(expression: &AttributeExpression) -> Element {
    Giving::new("expression")
        .unless_empty("id", &expression.id)
        .attribute("attribute", &expression.attribute)
        .attribute("operation", expression.operation.name())
        .maybe("value", expression.value.as_ref())
        .maybe("type", expression.kind.map(cluster::ValueKind::name))
        .extra(&expression.extra)
}
