//! What a request does to a configuration, wherever that configuration is: in a running cluster,
//! or in a file that stands in for one.
//!
//! ```text
//! wish       which requests change a configuration, and what each of them comes to    wish.rs
//! scene      what that is worked out from                                             scene.rs
//! text       a text in the crm language or in XML, as edits                           text.rs
//! wire       objects as they were and are to be                                       wire.rs
//! merging    what that comes to when others have changed something meanwhile          merging.rs
//! foresight  what the cluster would do about it                                       foresight.rs
//! secrets    stars in the place of values                                            secrets.rs
//! values     a meta attribute, an attribute of a node                                 values.rs
//! labels     a text that alone says what carries a label                              labels.rs
//! places     moves, bans, and taking them back                                        places.rs
//! agents     whether the agents of what changes are there                             agents.rs
//! access     what somebody may see and change                                      access.rs
//! executors  what the scheduler knows and nobody here can run yet                executors.rs
//! checks     what is doubtful afterwards, and what must not be lost                   checks.rs
//! ```
//!
//! **What it is.** (request, configuration, status) -> edits and warnings, or the reasons why not.
//! **What it never does.** Change anything: whoever asks carries the edits out.

pub mod access;
mod agents;
mod checks;
mod executors;
mod foresight;
mod labels;
mod merging;
mod places;
mod scene;
mod secrets;
mod text;
mod values;
mod wire;
mod wish;

pub use checks::new_problems;
pub use foresight::forgetting;
pub use scene::{AgentDoubt, Agents, Scene, World};
pub use secrets::{uncover, uncovered};
pub use wire::{forget, from_wire, ticket, to_wire};
pub use wish::Wish;

use cluster::{Configuration, Difference};

/// What a wish comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The configuration as it is to be; its version is that of before.
    pub after: Configuration,
    /// What turns the one into the other; empty where everything is as wished already.
    pub difference: Difference,
    /// What was noticed on the way.
    pub warnings: Vec<String>,
}

/// Why a wish comes to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Whoever asks may not do it.
    #[error(transparent)]
    Forbidden(#[from] cib::access::Forbidden),
    /// The text is wrong; each line says where, and what would be right.
    #[error("{}", .0.join("\n"))]
    Text(Vec<String>),
    /// Agents are missing, or lack parameters: nothing of it would start.
    #[error("{}", .0.join("\n"))]
    Agents(Vec<String>),
    /// Nothing here can run it; a line for each.
    #[error("{}", .0.join("\n"))]
    NoExecutor(Vec<String>),
    /// Services would lose what keeps them running; a line for each.
    #[error("{}", .0.join("\n"))]
    Running(Vec<String>),
    /// The cluster would not take it.
    #[error(transparent)]
    Edit(cluster::Refusal),
    /// The configuration would be wrong; a line for each problem.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
    /// Somebody else has changed the same; a line for each thing that both touched.
    #[error("{}", .0.join("\n"))]
    Conflict(Vec<String>),
    /// No such resource.
    #[error("there is no resource `{id}`{}", meant(near.as_deref()))]
    UnknownResource {
        /// What was asked for.
        id: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// No such node.
    #[error("there is no node `{name}`{}", meant(near.as_deref()))]
    UnknownNode {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// The label is defined by the text that it is for.
    #[error("the text itself says what the tag `{0}` is; take that out, or name another label")]
    LabelInText(String),
    /// It is nowhere, so it cannot be banned from where it is.
    #[error("`{0}` is not running; name the node that it should move to")]
    NotRunning(String),
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

impl Refusal {
    /// The reasons, one a piece.
    pub fn reasons(&self) -> Vec<String> {
        match self {
            Self::Text(reasons)
            | Self::Agents(reasons)
            | Self::NoExecutor(reasons)
            | Self::Running(reasons)
            | Self::Invalid(reasons)
            | Self::Conflict(reasons) => reasons.clone(),
            one => vec![one.to_string()],
        }
    }
}
