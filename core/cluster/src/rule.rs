//! Rules: conditions on a node, a resource, an operation, the time.

mod attribute;
mod date;
mod evaluate;

pub use attribute::{AttributeExpression, Comparison, ValueKind, ValueSource};
pub use date::{
    DateDuration, DateExpression, DateField, DateOperation, DateSpec, DurationUnit, Range,
};
pub use evaluate::{RuleContext, Values};

use crate::{Element, Extra, Role, Score, Written};
use evaluate::Verdict;
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
    /// Whether it holds when its expressions do not.
    pub negate: Option<bool>,
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
    Date(Box<DateExpression>),
    /// The agent of a resource is compared.
    Resource(ResourceExpression),
    /// An operation is compared.
    Operation(OperationExpression),
    /// What has no type or lacks what its type needs; it is kept and never holds.
    Other(Element),
}

/// A condition on a resource's agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceExpression {
    /// Its id.
    pub id: String,
    /// The agent's class, when it matters.
    pub class: Option<String>,
    /// The agent's provider, when it matters.
    pub provider: Option<String>,
    /// The agent's name, when it matters.
    pub kind: Option<String>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A condition on an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationExpression {
    /// Its id.
    pub id: String,
    /// The agent's action.
    pub name: String,
    /// Its interval, when it matters. One that cannot be read makes the expression never hold.
    pub interval: Option<Written<Option<Duration>>>,
    /// What else the element carries.
    pub extra: Extra,
}
