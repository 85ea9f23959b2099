//! Resource and fence agents: finding them, running them, and the ones that need no package.
//!
//! **What it is.** [`Runner`] runs one action of one agent as a process and says what came of it;
//! [`Catalogue`] knows which agents there are and what parameters suit them; [`builtin_main`] *is* an agent: the built-in
//! ones (`Filesystem`, `ping`, `HealthCPU`, ...) are subcommands of our own binary, so that they can
//! hang, be killed and be replaced like any other agent.
//!
//! **What it never does.** Decide what to run, judge an exit code, or keep an action alive past
//! its deadline: the time runs from the moment the action was asked for, and when it is over, so
//! are the processes (R9). What happened to an action whose end nobody saw is *unknown*, and is
//! reported as that (R3).
//!
//! Read first: [`Request`] and [`Outcome`], then [`Runner::run`].

mod agent;
mod builtin;
mod capture;
mod catalogue;
mod code;
mod command;
mod environment;
mod lsb;
mod metadata;
mod parameters;
mod preference;
mod processes;
mod record;
mod request;
mod runner;
mod services;
mod settings;
mod systemd;

pub use agent::{Agent, Source, UnknownClass};
pub use builtin::{builtin_main, builtin_metadata};
pub use catalogue::{Absence, Catalogue, Missing};
pub use code::OcfCode;
pub use metadata::NoMetadata;
pub use parameters::ParameterProblem;
pub use preference::{BadPreference, InstalledFirst};
pub use record::{Fate, Leftover, adopt_or_end};
pub use request::{Outcome, Remains, Request, Verdict};
pub use runner::Runner;
pub use settings::{Settings, inheritable};
pub use systemd::systemd_main;

#[cfg(test)]
mod workbench;
