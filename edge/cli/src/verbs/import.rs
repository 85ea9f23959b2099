//! `systole import`: a cluster of Corosync and Pacemaker becomes one of ours.
//!
//! Their files are read, and ours are written beside them; nothing of theirs is changed, and nothing
//! of ours is overwritten.
//!
//! ```text
//! source         where all of it is read from                source.rs
//! communication  corosync.conf and the key                   communication.rs
//! services       the CIB                                     services.rs
//! report         what became of each thing                   report.rs
//! writing        what is written, and what is in its way     writing.rs
//! ```
//!
//! The exit code is for programs: 0 when all of it works here, 3 when something does not, 1 when
//! nothing was written.

mod communication;
mod report;
mod services;
mod source;
mod writing;

pub(crate) use report::Entry;
pub(crate) use services::has_watchdog;
pub(crate) use source::{COROSYNC_CONF, CibSource, Source};
pub(crate) use writing::{Destination, Luggage, configuration_folder, state_folder};

use crate::answer::{Failure, Outcome, line, print};
use crate::fencing::catalogue;
use crate::verbs::pacemaker;
use cib::Cib;
use clap::Args;
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;

/// Not everything works here.
const NOT_ALL: u8 = 3;

/// What is taken over, and where to.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImportArguments {
    /// The cluster's corosync.conf
    #[arg(long, value_name = "FILE", default_value = source::COROSYNC_CONF)]
    conf: PathBuf,
    /// Its key [default: where corosync.conf says, else authkey beside it]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Its CIB [default: /var/lib/pacemaker/cib/cib.xml]
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    cib: Option<PathBuf>,
    /// Where the CIB comes from [default: the running cluster, if Pacemaker runs here]
    #[arg(long, value_enum)]
    from: Option<From>,
    /// The folder for corosync.conf and authkey
    #[arg(long, value_name = "DIR", default_value_os_t = configuration_folder())]
    into: PathBuf,
    /// The folder for what survives a restart
    #[arg(long, value_name = "DIR", default_value_os_t = state_folder())]
    state: PathBuf,
    /// Write nothing, and tell what would be written
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum From {
    /// The running cluster
    Running,
    /// Its files
    Files,
}

impl ImportArguments {
    fn source(&self) -> Source {
        let cib = match (&self.cib, self.from) {
            (Some(file), _) => CibSource::File(file.clone()),
            (None, Some(From::Running)) => CibSource::Running,
            (None, None) if pacemaker::is_running() => CibSource::Running,
            (None, Some(From::Files) | None) => CibSource::usual_file(),
        };
        Source { conf: self.conf.clone(), key: self.key.clone(), cib }
    }
}

/// A cluster that was read.
pub(crate) struct Imported {
    pub(crate) cib: Cib,
    pub(crate) conf: String,
    /// None where the configuration has it inside.
    pub(crate) key: Option<Vec<u8>>,
    report: Report,
}

impl Imported {
    /// What does not work here.
    pub(crate) fn unsupported(&self) -> impl Iterator<Item = &Entry> {
        self.report.unsupported()
    }

    /// What became of everything, for people.
    pub(crate) fn told(&self) -> String {
        self.report.text()
    }
}

/// Reads all of it and writes nothing.
pub(crate) fn read(source: &Source) -> Result<Imported, Failure> {
    let found = source.read()?;
    let services = services::read(&found.cib.name, &found.cib.text, &catalogue())?;
    let mut communication = found.communication.chapter;
    communication.entries.extend(found.notes);
    let report = Report { chapters: vec![communication, services.chapter] };
    let conf = found.communication.text;
    Ok(Imported { cib: services.cib, conf, key: found.key, report })
}

/// `systole import`
pub(crate) fn run(arguments: &ImportArguments) -> Outcome {
    let imported = read(&arguments.source())?;
    let destination =
        Destination { folder: arguments.into.clone(), state: arguments.state.clone() };
    let luggage = Luggage {
        conf: imported.conf.clone(),
        key: imported.key.clone(),
        configuration: imported.cib.configuration.clone(),
    };
    let written = match arguments.dry_run {
        true => destination.look(&luggage)?,
        false => destination.write(&luggage)?,
    };
    if arguments.json {
        line(&format!("{:#}", imported.report.json(&written)));
    } else {
        print(&imported.told());
        tell_written(arguments, &written);
    }
    let works = imported.unsupported().next().is_none();
    Ok(if works { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL) })
}

fn tell_written(arguments: &ImportArguments, written: &[String]) {
    match (written.is_empty(), arguments.dry_run) {
        (true, _) => line("All of it is there already; nothing was written."),
        (false, true) => line("Would be written:"),
        (false, false) => line("Written:"),
    }
    for path in written {
        line(&format!("  {path}"));
    }
    if arguments.dry_run {
        return;
    }
    let next = match pacemaker::is_running() {
        true => {
            "Next: `systole take-over` tells how the services go over without being stopped. Or, with \
             an interruption: do the same on every other node, stop Pacemaker and Corosync on all of \
             them, then start `systole node` on each."
        }
        false => {
            "Next: do the same on every other node, then start `systole node` on each. No node may run \
             Pacemaker beside it."
        }
    };
    line(next);
}
