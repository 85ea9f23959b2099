//! Plays what the scheduler decided, without touching anything.
//!
//! Read in this order: [`Spec`] (an operation and its result, as people write it), [`inject`]
//! (changes to the state before anything is decided), [`play`] (a transition graph is carried
//! out, each action with the expected result unless another one is asked for).
//!
//! **What it is.** (transition, status) -> what happens in which order, and the status afterwards.
//! The order, the history entries and what is left out are those of Pacemaker's `crm_simulate`:
//! shutdowns, cleanups of fail counts and of histories are shown and change nothing.
//! **What it never does.** Ask an agent, a clock or the scheduler.

mod events;
mod history;
mod inject;
mod nodes;
mod play;
mod spec;

#[cfg(test)]
mod tests;

pub use events::{Event, Modification};
pub use inject::{Injection, InjectionError, TicketChange, inject};
pub use play::{End, Played, Script, play};
pub use spec::{Spec, SpecError};
