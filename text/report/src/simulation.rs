//! What `crm_simulate` prints beside a cluster's state: what would be done, how it went, and the
//! transition graph in two forms.

mod dot;
mod events;
mod graph;
mod scores;
mod summary;

pub use dot::{Labels, Shown, dot};
pub use events::{event, modification};
pub use graph::{Header, graph};
pub use scores::{Notes, score};
pub use summary::transition_summary;
