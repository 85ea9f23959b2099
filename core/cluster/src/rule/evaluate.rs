//! Whether a rule holds, and until when.

use super::{BooleanOperator, Expression, OperationExpression, ResourceExpression, Rule};
use crate::{Agent, References};
use base::WallTime;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Values by name, however they are kept.
pub trait Values: fmt::Debug {
    /// The value of `name`.
    fn value(&self, name: &str) -> Option<&str>;
}

impl Values for BTreeMap<String, String> {
    fn value(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

impl Values for BTreeMap<&str, &str> {
    fn value(&self, name: &str) -> Option<&str> {
        self.get(name).copied()
    }
}

/// What a rule is asked about; nothing where there is no such thing.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuleContext<'a> {
    /// The node's attributes, the built-in ones (`#uname`, ...) among them.
    pub attributes: Option<&'a dyn Values>,
    /// The time.
    pub now: Option<WallTime>,
    /// The resource's parameters.
    pub parameters: Option<&'a dyn Values>,
    /// The resource's meta attributes.
    pub meta: Option<&'a dyn Values>,
    /// The resource's agent.
    pub agent: Option<&'a Agent>,
    /// The operation's name and interval.
    pub operation: Option<(&'a str, Duration)>,
    /// What the pattern of a location constraint (`rsc-pattern`) matched: the whole, then each
    /// group. They stand in the names of attributes as `%0`, `%1`, ...
    pub captures: &'a [String],
    /// Where a rule is looked up that another stands for (`id-ref`).
    pub references: Option<&'a References<'a>>,
}

/// The answer of a rule or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) holds: bool,
    /// When it may become another one because time passes.
    pub(super) changes: Option<WallTime>,
}

impl Verdict {
    /// The answer of what cannot be understood.
    pub(super) const NEVER: Self = Self::lasting(false);

    pub(super) const fn lasting(holds: bool) -> Self {
        Self { holds, changes: None }
    }
}

/// How often a rule that was found by reference may refer to a third and so on. No configuration
/// needs that often; a circle ends.
const REFERENCE_LIMIT: u32 = 4;

impl Rule {
    /// Whether the rule holds. One without expressions does. One with an illegible `boolean-op`, or
    /// that stands for a rule that is not there, does not; neither does an expression that asks
    /// for something the context lacks.
    pub fn holds(&self, context: &RuleContext<'_>) -> bool {
        self.judge(context, REFERENCE_LIMIT).holds
    }

    /// When the answer of [`Rule::holds`] may become another one because time passes; nothing
    /// when it will not, or when that cannot be foreseen (`date_spec`).
    pub fn next_change(&self, context: &RuleContext<'_>) -> Option<WallTime> {
        self.judge(context, REFERENCE_LIMIT).changes
    }

    /// Expressions are asked until one decides: a date after that has no say in when the answer
    /// changes.
    fn judge(&self, context: &RuleContext<'_>, references: u32) -> Verdict {
        if self.id_ref.is_some() {
            let meant = context.references.and_then(|index| index.rule(self));
            return match (meant, references.checked_sub(1)) {
                (Some(rule), Some(references)) => rule.judge(context, references),
                _ => Verdict::NEVER,
            };
        }
        if self.operator.is_none() && self.extra.attribute("boolean-op").is_some() {
            return Verdict::NEVER;
        }
        // What an expression answers for the rest not to be asked.
        let decisive = self.operator.unwrap_or_default() == BooleanOperator::Or;
        let mut holds = !decisive || self.expressions.is_empty();
        let mut changes: Option<WallTime> = None;
        for expression in &self.expressions {
            let verdict = expression.judge(context, references);
            changes = changes.into_iter().chain(verdict.changes).min();
            if verdict.holds == decisive {
                holds = decisive;
                break;
            }
        }
        Verdict { holds: holds != self.negate.unwrap_or(false), changes }
    }
}

impl Expression {
    fn judge(&self, context: &RuleContext<'_>, references: u32) -> Verdict {
        match self {
            Self::Attribute(expression) => Verdict::lasting(expression.holds(context)),
            Self::Rule(rule) => rule.judge(context, references),
            Self::Date(expression) => {
                context.now.map_or(Verdict::NEVER, |now| expression.judge(now))
            }
            Self::Resource(expression) => Verdict::lasting(expression.holds(context)),
            Self::Operation(expression) => Verdict::lasting(expression.holds(context)),
            Self::Other(_) => Verdict::NEVER,
        }
    }
}

impl ResourceExpression {
    /// Whether the agent is of the kind asked for.
    pub fn holds(&self, context: &RuleContext<'_>) -> bool {
        let matches = |wanted: &Option<String>, actual: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == actual
        };
        matches(&self.class, context.agent.map(|agent| agent.class.as_str()))
            && matches(&self.provider, context.agent.and_then(|agent| agent.provider.as_deref()))
            && matches(&self.kind, context.agent.map(|agent| agent.kind.as_str()))
    }
}

impl OperationExpression {
    /// Whether it is the operation asked for.
    pub fn holds(&self, context: &RuleContext<'_>) -> bool {
        let Some((name, interval)) = context.operation else { return false };
        let has_interval =
            self.interval.as_ref().is_none_or(|wanted| wanted.value == Some(interval));
        self.name == name && has_interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::{self, Date};
    use crate::{Configuration, DateExpression, DateOperation, Extra, Written};

    fn operation(name: &str) -> Expression {
        Expression::Operation(OperationExpression {
            id: "o".into(),
            name: name.into(),
            interval: Some(Written::attempt("10s", crate::value::duration)),
            extra: Extra::default(),
        })
    }

    fn until(end: &str) -> Expression {
        Expression::Date(Box::new(DateExpression {
            operation: Some(DateOperation::Less),
            end: Some(Written::attempt(end, Date::parse)),
            ..DateExpression::default()
        }))
    }

    fn rule(operator: Option<BooleanOperator>, expressions: Vec<Expression>) -> Rule {
        Rule { id: "r".into(), operator, expressions, ..Rule::default() }
    }

    #[test]
    fn expressions_are_joined() {
        let context = RuleContext {
            operation: Some(("monitor", Duration::from_secs(10))),
            ..RuleContext::default()
        };
        let [yes, no] = [|| operation("monitor"), || operation("start")];
        let (and, or) = (Some(BooleanOperator::And), Some(BooleanOperator::Or));
        for (operator, expressions, expected) in [
            (None, vec![], true),
            (or, vec![], true),
            (and, vec![yes(), no()], false),
            (None, vec![yes(), yes()], true),
            (or, vec![no(), yes()], true),
            (or, vec![no(), no()], false),
        ] {
            let mut rule = rule(operator, expressions);
            assert_eq!(rule.holds(&context), expected, "{rule:?}");
            rule.negate = Some(true);
            assert_eq!(rule.holds(&context), !expected, "{rule:?}");
        }
        let mut unclear = rule(None, vec![yes()]);
        unclear.extra.attributes.push(("boolean-op".into(), "xor".into()));
        assert!(!unclear.holds(&context));
    }

    #[test]
    fn the_next_change_is_the_first_of_those_that_count() {
        let now = date::parse("2024-01-01");
        let context = RuleContext { now, ..RuleContext::default() };
        let (early, late) = (until("2024-02-01"), until("2024-03-01"));
        let both = rule(None, vec![late.clone(), early.clone()]);
        assert_eq!(both.next_change(&context), date::parse("2024-02-01"));
        let decided = rule(Some(BooleanOperator::Or), vec![late, early.clone()]);
        assert_eq!(decided.next_change(&context), date::parse("2024-03-01"));
        let hopeless = rule(None, vec![operation("start"), early]);
        assert_eq!(hopeless.next_change(&context), None);
        assert!(!both.holds(&RuleContext::default()));
    }

    #[test]
    fn a_rule_may_stand_for_another() {
        let mut configuration = Configuration::default();
        let mut set = crate::AttributeSet::new("s");
        set.rule = Some(rule(None, vec![until("2024-02-01")]));
        let named = |id: &str| Rule { id_ref: Some(id.into()), ..Rule::default() };
        let mut other = crate::AttributeSet::new("t");
        other.rule = Some(named("r"));
        configuration.resource_defaults.extend([set, other]);
        let references = References::of(&configuration);
        let context = RuleContext {
            now: date::parse("2024-01-01"),
            references: Some(&references),
            ..RuleContext::default()
        };
        assert!(named("r").holds(&context));
        assert_eq!(named("r").next_change(&context), date::parse("2024-02-01"));
        assert!(!named("x").holds(&context));
        assert!(!named("r").holds(&RuleContext { references: None, ..context }));
    }
}
