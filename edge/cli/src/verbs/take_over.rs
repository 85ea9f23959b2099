//! `systole take-over`: a running cluster of Corosync and Pacemaker hands its services over, and none
//! of them is stopped.
//!
//! Each node takes three steps, on its own and told by a person, so that no node has to reach another
//! but through the cluster that both are in:
//!
//! 1. `prepare`: Pacemaker is put into maintenance mode, in which it leaves everything alone. What runs
//!    where is written down, and our files are written beside theirs ([`crate::verbs::import`]).
//! 2. `switch`: Pacemaker and Corosync end on this node, and what they ran stays. Our daemon starts with
//!    their configuration, in maintenance mode too and with fencing off, finds what runs, and touches
//!    nothing.
//! 3. `finish`, once, when all nodes have switched: what runs is compared with what ran. Only if it is
//!    the same, and the cluster would interrupt nothing, it leaves maintenance mode.
//!
//! `undo` goes back from any of them but the last. R1 holds throughout: while nodes of both kinds are
//! there, neither kind starts anything.
//!
//! ```text
//! record     what was there before, on disk          record.rs
//! inventory  what runs where                         inventory.rs
//! pause      options that hold while it lasts        pause.rs
//! steps      the steps themselves                    steps.rs
//! ```

mod inventory;
mod pause;
mod record;
mod steps;

use crate::answer::{DONE, Failure, Outcome, line};
use crate::connection::Connection;
use crate::verbs::import::{Destination, configuration_folder, state_folder};
use crate::verbs::pacemaker;
use clap::{Args, Subcommand};
use record::Record;
use std::path::PathBuf;

/// How far it is to go.
#[derive(Args, Clone, Debug)]
pub(crate) struct TakeOverArguments {
    #[command(subcommand)]
    step: Option<Step>,
    /// The folder for corosync.conf and authkey
    #[arg(long, value_name = "DIR", global = true, default_value_os_t = configuration_folder())]
    into: PathBuf,
    /// The folder for what survives a restart
    #[arg(long, value_name = "DIR", global = true, default_value_os_t = state_folder())]
    state: PathBuf,
    /// Where the node keeps its socket [default: $SYSTOLE_RUN, else /run/systole]
    #[arg(long, value_name = "DIR", global = true, display_order = 900)]
    run: Option<PathBuf>,
}

#[derive(Clone, Debug, Subcommand)]
enum Step {
    /// First, on every node: Pacemaker leaves everything alone, and our files are written
    Prepare(Consent),
    /// Then, on every node: Pacemaker ends here, our daemon takes its place, and nothing is touched
    Switch(Consent),
    /// At last, on one node: compare what runs with what ran, and leave maintenance mode
    Finish(Consent),
    /// Go back to Pacemaker on this node
    Undo(Consent),
}

/// Whether somebody wants it.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Consent {
    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
    /// Although something does not work here, or is not as it was
    #[arg(long)]
    force: bool,
}

impl Consent {
    /// Asks, where nobody has agreed yet.
    fn given(self, question: &str) -> Result<(), Failure> {
        if self.yes || crate::answer::asked(question) {
            return Ok(());
        }
        Err(Failure::Unsafe("nothing was done; --yes does it without asking".to_owned()))
    }
}

/// Where this node is on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Pacemaker runs, and nothing was done yet.
    Before,
    /// Pacemaker runs, and may be ended.
    Prepared,
    /// Nothing of either runs.
    Between,
    /// Our daemon runs.
    Switched,
    /// It cares for everything.
    Finished,
    /// There is no Pacemaker to take over from.
    Nothing,
}

/// A take-over on this node.
pub(crate) struct TakeOver {
    destination: Destination,
    connection: Connection,
}

/// `systole take-over`
pub(crate) fn run(arguments: TakeOverArguments) -> Outcome {
    let TakeOverArguments { step, into, state, run } = arguments;
    let take_over = TakeOver {
        destination: Destination { folder: into, state },
        connection: Connection::new(run.as_deref()),
    };
    match step {
        None => take_over.tell(),
        Some(Step::Prepare(consent)) => take_over.prepare(consent),
        Some(Step::Switch(consent)) => take_over.switch(consent),
        Some(Step::Finish(consent)) => take_over.finish(consent),
        Some(Step::Undo(consent)) => take_over.undo(consent),
    }
}

impl TakeOver {
    fn is_ours_running(&self) -> bool {
        self.connection.node().is_ok()
    }

    fn is_paused(&self) -> bool {
        self.connection.cib().is_ok_and(|cib| pause::is_on(&cib.configuration))
    }

    fn standing(&self) -> Standing {
        let is_prepared = Record::of(&self.destination).exists();
        let is_theirs = pacemaker::is_running() || pacemaker::is_corosync_running();
        match (self.is_ours_running(), is_theirs, is_prepared) {
            (true, _, true) if self.is_paused() => Standing::Switched,
            (true, _, _) => Standing::Finished,
            (false, true, true) => Standing::Prepared,
            (false, true, false) => Standing::Before,
            (false, false, true) => Standing::Between,
            (false, false, false) => Standing::Nothing,
        }
    }

    /// Says where this node is, and what comes next.
    fn tell(&self) -> Outcome {
        line(match self.standing() {
            Standing::Nothing => {
                "No Pacemaker runs here, and no take-over has been begun. `systole import` takes a \
                 cluster over that is stopped."
            }
            Standing::Before => {
                "Pacemaker runs here. Next: `systole take-over prepare`, on every node. Nothing is \
                 stopped by it; `systole import --dry-run` tells what will work here."
            }
            Standing::Prepared => {
                "Prepared: Pacemaker is in maintenance mode and leaves everything alone. Next, when \
                 every node is prepared: `systole take-over switch`, on every node. Back: `systole \
                 take-over undo`."
            }
            Standing::Between => {
                "Pacemaker has ended here, and no node of ours runs yet. What it ran goes on. Next: \
                 start `systole node`. Back: `systole take-over undo`."
            }
            Standing::Finished => {
                "Our node runs here, and its cluster takes care of everything: it has been taken over."
            }
            Standing::Switched => {
                "Our node runs here, in maintenance mode. Next, when every node has switched: \
                 `systole take-over finish`, on one node. Back: `systole take-over undo`."
            }
        });
        DONE
    }
}
