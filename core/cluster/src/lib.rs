//! What a cluster is: its configuration, its status, and the rules that both obey.
//!
//! Read in this order: [`Configuration`] (what people want), [`Status`] (what is), [`Edit`] (how
//! the first changes), [`validate`] (what is refused), [`options`] (every option and its default).
//!
//! **What it is.** Typed data, lossless: what an element carries beyond the typed fields rides
//! along in [`Extra`] and is printed again.
//! **What it never does.** Decide anything, read XML or the crm language, know the time.

mod attributes;
mod codec;
mod configuration;
mod constraint;
mod edit;
mod extra;
mod operation;
pub mod options;
mod resource;
mod rule;
mod score;
mod status;
pub mod validate;
pub mod value;

pub use attributes::{AttributeSet, Nvpair, first_value, merged};
pub use configuration::{Configuration, NodeEntry, ResourceRef, Section, Version};
pub use constraint::{
    Colocation, ColocationTarget, Constraint, Discovery, Location, LocationTarget, Order,
    OrderKind, OrderTarget, Preference, ResourceSet,
};
pub use edit::{Edit, Object, Refusal};
pub use extra::{Element, Extra, Node as ExtraNode};
pub use operation::{OnFail, OperationSettings, Role};
pub use resource::{Agent, Clone, Group, Primitive, Resource};
pub use rule::{
    AttributeExpression, BooleanOperator, Comparison, Expression, Rule, RuleContext, RuleScore,
    ValueKind,
};
pub use score::Score;
pub use status::{
    Expected, HistoryKey, JoinState, NodeStatus, OperationRecord, OperationStatus, ResourceHistory,
    Status, TransitionKey, exit_code, fail_count_name, last_failure_name,
};
pub use value::Written;
