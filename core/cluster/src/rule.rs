//! Rules: conditions on a node's attributes.

use crate::{
    Agent, DateExpression, Element, Extra, OperationExpression, References, ResourceExpression,
    Role, Score,
};
use base::{WallTime, names};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How the expressions of a rule are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BooleanOperator {
    /// All must hold.
    #[default]
    And,
    /// One must hold.
    Or,
}

/// The score a location rule gives to the nodes for which it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleScore {
    /// This score.
    Score(Score),
    /// The value of this node attribute (`score-attribute`).
    Attribute(String),
}

/// A condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Another rule that this one stands for.
    pub id_ref: Option<String>,
    /// How its expressions are joined; `and` when not given.
    pub operator: Option<BooleanOperator>,
    /// Its score, in a location constraint.
    pub score: Option<RuleScore>,
    /// The role it is about, in a location constraint.
    pub role: Option<Role>,
    /// What has to hold.
    pub expressions: Vec<Expression>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A node attribute is compared.
    Attribute(AttributeExpression),
    /// A rule within the rule.
    Rule(Rule),
    /// The time is compared.
    Date(DateExpression),
    /// The agent of a resource is compared.
    Resource(ResourceExpression),
    /// An operation is compared.
    Operation(OperationExpression),
    /// A kind of expression that is kept but cannot be evaluated here; it never holds.
    Other(Element),
}

/// How a node attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It has a value.
    Defined,
    /// It has none.
    NotDefined,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `=`
    Equal,
    /// `≠`
    NotEqual,
}

impl Comparison {
    const NAMES: [(&'static str, Self); 8] = [
        ("defined", Self::Defined),
        ("not_defined", Self::NotDefined),
        ("lt", Self::Less),
        ("gt", Self::Greater),
        ("lte", Self::LessOrEqual),
        ("gte", Self::GreaterOrEqual),
        ("eq", Self::Equal),
        ("ne", Self::NotEqual),
    ];

    /// Reads the operator, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, text)
    }

    /// The operator as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }

    /// All operators.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }
}

/// As what two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// As text, case does not count.
    Text,
    /// As whole numbers.
    Integer,
    /// As numbers with a decimal point.
    Number,
    /// As versions: `1.10` is after `1.9`.
    Version,
}

impl ValueKind {
    /// Reads the option's value.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "string" => Some(Self::Text),
            "integer" => Some(Self::Integer),
            "number" => Some(Self::Number),
            "version" => Some(Self::Version),
            _ => None,
        }
    }

    /// The option's value as the CIB writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Version => "version",
        }
    }
}

/// A comparison of a node attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeExpression {
    /// Its id.
    pub id: String,
    /// The attribute's name; `#uname`, `#id`, `#kind` are built in.
    pub attribute: String,
    /// How it is compared.
    pub operation: Comparison,
    /// With what.
    pub value: Option<String>,
    /// As what.
    pub kind: Option<ValueKind>,
    /// Where the value to compare with is; `value` itself when not given.
    pub value_source: Option<ValueSource>,
    /// What else the element carries.
    pub extra: Extra,
}

/// Where an attribute expression has the value to compare with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValueSource {
    /// It says it itself.
    #[default]
    Literal,
    /// It names a parameter of the resource.
    Parameter,
    /// It names a meta attribute of the resource.
    Meta,
}

impl ValueSource {
    const NAMES: [(&'static str, Self); 3] =
        [("literal", Self::Literal), ("param", Self::Parameter), ("meta", Self::Meta)];

    /// Reads the option's value, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, &text.to_ascii_lowercase())
    }

    /// The option's value as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }
}

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
    /// Where a rule inside another is looked up that stands for a third.
    pub references: Option<&'a References<'a>>,
}

impl Rule {
    /// Whether the rule holds. A rule without expressions holds; a rule with an expression that
    /// cannot be evaluated here treats it as not holding.
    pub fn holds(&self, context: &RuleContext<'_>) -> bool {
        let mut results = self.expressions.iter().map(|expression| match expression {
            Expression::Attribute(expression) => expression.holds(context),
            Expression::Rule(rule) => rule.holds(context),
            Expression::Date(_)
            | Expression::Resource(_)
            | Expression::Operation(_)
            | Expression::Other(_) => false,
        });
        match self.operator.unwrap_or_default() {
            BooleanOperator::And => results.all(|holds| holds),
            BooleanOperator::Or => self.expressions.is_empty() || results.any(|holds| holds),
        }
    }

    /// When the answer of [`Rule::holds`] may become another one because time passes; nothing
    /// when it will not.
    pub fn next_change(&self, _context: &RuleContext<'_>) -> Option<WallTime> {
        None
    }
}

impl AttributeExpression {
    /// Whether the comparison holds. A missing value sorts before every other, and makes the
    /// ordering tests (`lt`, `gt`, `lte`, `gte`) fail.
    pub fn holds(&self, context: &RuleContext<'_>) -> bool {
        let actual = context.attributes.and_then(|values| values.value(&self.attribute));
        match self.operation {
            Comparison::Defined => actual.is_some(),
            Comparison::NotDefined => actual.is_none(),
            Comparison::Equal => self.compare(actual) == Ordering::Equal,
            Comparison::NotEqual => self.compare(actual) != Ordering::Equal,
            ordering => {
                actual.is_some() && self.value.is_some() && ordering.accepts(self.compare(actual))
            }
        }
    }

    fn compare(&self, actual: Option<&str>) -> Ordering {
        match (actual, self.value.as_deref()) {
            (Some(actual), Some(value)) => {
                self.effective_kind(actual, value).compare(actual, value)
            }
            (actual, value) => actual.cmp(&value),
        }
    }

    /// The kind asked for; without one, ordering tests compare numbers and equality text.
    fn effective_kind(&self, actual: &str, value: &str) -> ValueKind {
        let is_equality = matches!(self.operation, Comparison::Equal | Comparison::NotEqual);
        match self.kind {
            Some(kind) => kind,
            None if is_equality => ValueKind::Text,
            None if actual.contains('.') || value.contains('.') => ValueKind::Number,
            None => ValueKind::Integer,
        }
    }
}

impl Comparison {
    const fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::Greater => ordering.is_gt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Defined | Self::NotDefined => false,
        }
    }
}

impl ValueKind {
    /// Compares two values; those that are not of this kind are compared as text.
    fn compare(self, left: &str, right: &str) -> Ordering {
        let as_text = || left.to_lowercase().cmp(&right.to_lowercase());
        match self {
            Self::Text => as_text(),
            Self::Integer => match (integer(left), integer(right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => as_text(),
            },
            Self::Number => match (left.parse::<f64>(), right.parse::<f64>()) {
                (Ok(left), Ok(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
                _ => as_text(),
            },
            Self::Version => version(left).cmp(&version(right)),
        }
    }
}

/// A whole number, INFINITY and -INFINITY included.
fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok().or_else(|| Score::parse(text).map(|score| i64::from(score.value())))
}

fn version(text: &str) -> Vec<u64> {
    text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(attribute: &str, operation: &str, value: Option<&str>) -> AttributeExpression {
        AttributeExpression {
            id: "e".into(),
            attribute: attribute.into(),
            operation: Comparison::parse(operation).unwrap(),
            value: value.map(str::to_owned),
            kind: None,
            value_source: None,
            extra: Extra::default(),
        }
    }

    #[test]
    fn comparisons_on_a_node_with_pingd_100() {
        let attributes = BTreeMap::from([
            ("pingd".to_owned(), "100".to_owned()),
            ("#uname".to_owned(), "oss1".to_owned()),
        ]);
        let cases = [
            ("pingd", "defined", None, true),
            ("pingd", "not_defined", None, false),
            ("pingd", "gt", Some("20"), true),
            ("pingd", "lte", Some("0"), false),
            ("pingd", "lt", Some("99.5"), false),
            ("#uname", "eq", Some("OSS1"), true),
            ("#uname", "ne", Some("oss2"), true),
            ("missing", "lt", Some("5"), false),
            ("missing", "ne", Some("5"), true),
        ];
        for (attribute, operation, value, expected) in cases {
            let holds = expression(attribute, operation, value)
                .holds(&RuleContext { attributes: Some(&attributes), ..RuleContext::default() });
            assert_eq!(holds, expected, "{attribute} {operation} {value:?}");
        }
    }

    #[test]
    fn versions_compare_part_by_part() {
        assert_eq!(ValueKind::Version.compare("1.10", "1.9"), Ordering::Greater);
    }
}
