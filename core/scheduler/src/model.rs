//! The words of the scheduler: what is known, and what is being worked out.
//!
//! [`Situation`] is what the configuration and the status mean: nodes, the tree of resources, what
//! has failed. It is made once by `gather`, shown by status displays, and refined by the later
//! stages (roles to come, nodes that turn out to need fencing). [`Work`] is the plan in the making
//! around it: constraints, actions, and what has to come before what.

mod action;
mod bundle;
mod constraint;
mod findings;
mod node;
mod node_set;
mod options;
mod relation;
mod resource;
mod scores;
mod task;
mod weights;
mod work;

pub use action::{Action, ActionFlags, Actions, Fact, Link};
pub use bundle::{BundleLayout, ContainerKind, Replica};
pub use constraint::{Colocation, LocationRule, OrderEnd, OrderLink, TicketRule, TicketState};
pub use findings::{ActiveOperation, Clearing, Demand, Finding, Findings};
pub use node::{Node, NodeKind};
pub use node_set::NodeSet;
pub use options::{
    CloneSettings, ClusterOptions, HealthStrategy, Management, MultipleActive, PlacementStrategy,
    QuorumPolicy, Requires, Settings,
};
pub use relation::Relation;
pub use resource::{Failure, History, Kind, Pending, Resource, Situation};
pub use scores::ScoreNote;
pub use task::{NotifyOf, NotifyPhase, Operation, Task};
pub use weights::{Cell, Scope, Source, Step, Weights};
pub(crate) use work::Work;
