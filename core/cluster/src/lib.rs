//! What a cluster is: its configuration, its status, and the rules that both obey.
//!
//! Read in this order: [`Configuration`] (what people want), [`Status`] (what is), [`Edit`] (how
//! the first changes), [`validate`] (what is refused), [`options`] (every option and its default),
//! [`Rule`] and [`References`] (which values count when, and what stands for what), [`access`] (who may
//! do what).
//!
//! **What it is.** Typed data, lossless: what an element carries beyond the typed fields rides
//! along in [`Extra`] and is printed again.
//! **What it never does.** Decide anything, read XML or the crm language, know the time.

pub mod access;
mod attributes;
mod bundle;
mod codec;
mod configuration;
mod constraint;
pub mod date;
mod difference;
mod edit;
mod extra;
mod forgetting;
mod objects;
mod operation;
pub mod options;
mod references;
mod resource;
mod rule;
mod score;
pub mod secret;
mod status;
mod topology;
pub mod validate;
pub mod value;
mod wording;

pub use attributes::{AttributeSet, Nvpair, first_value, merged, resolved, sooner};
pub use bundle::{
    Bundle, Container, ContainerKind, Network, PortMapping, StorageMapping, StorageSource,
};
pub use configuration::{Configuration, NodeEntry, ResourceRef, Section, Version};
pub use constraint::{
    Colocation, ColocationTarget, Constraint, Discovery, Location, LocationTarget, LossPolicy,
    Order, OrderKind, OrderTarget, Preference, ResourceSet, TicketConstraint, TicketTarget,
};
pub use difference::{Difference, ObjectKind, Reorder, Swap};
pub use edit::{Edit, Lasting, Object, Refusal};
pub use extra::{Element, Extra, Node as ExtraNode};
pub use forgetting::{Forget, counted_resource, primitive_of};
pub use objects::Objects;
pub use operation::{OnFail, OperationSettings, Role};
pub use references::References;
pub use resource::{Agent, Clone, Group, Primitive, Resource};
pub use rule::{
    AttributeExpression, BooleanOperator, Comparison, DateDuration, DateExpression, DateField,
    DateOperation, DateSpec, DurationUnit, Expression, OperationExpression, Range,
    ResourceExpression, Rule, RuleContext, RuleScore, ValueKind, ValueSource, Values,
};
pub use score::Score;
pub use status::{
    Digests, Expected, HistoryKey, JoinState, NodeStatus, OperationRecord, OperationStatus,
    ResourceHistory, Status, TicketChange, TicketState, TransitionKey, UnsaidOfNode,
    UnsaidOfResult, exit_code, fail_count_name, last_failure_name,
};
pub use topology::{FencingLevel, FencingTarget, Tag};
pub use value::Written;
pub use wording::{Spelling, Wording};
