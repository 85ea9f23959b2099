//! `systole lab`: a whole cluster on one machine.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::tools::TOOLS;
use crate::verbs::duration;
use crate::words::{number, of_system};
use clap::{Args, Subcommand};
use lab::{Cut, Deaf, Disk, Fault, Flap, Lab, LabError, LabOptions, Loss, PowerOff};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Names the lab's folder in every machine of it.
const LAB_VARIABLE: &str = "SYSTOLE_LAB";

/// A whole cluster of real daemons on this machine
#[derive(Args, Debug)]
pub(crate) struct LabArguments {
    /// The lab's folder [default: $SYSTOLE_LAB, else the user's usual place]
    #[arg(long, global = true, value_name = "DIR")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    verb: LabVerb,
}

#[derive(Debug, Subcommand)]
enum LabVerb {
    /// Make a lab; returns when all nodes see each other
    Up {
        /// How many nodes: oss1, oss2, ...
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = number::<usize>)]
        nodes: usize,
        /// How many networks join them
        #[arg(long, value_name = "N", default_value_t = 2, value_parser = number::<u8>)]
        rings: u8,
        /// A disk that all nodes share, as NAME or NAME:MEGABYTES
        #[arg(long, value_name = "DISK")]
        disk: Vec<Disk>,
        /// Give the nodes the agent ocf:lab:service, whose services write down in DIR/truth/log when they run
        #[arg(long)]
        services: bool,
        /// Forget what an earlier lab in this folder left behind
        #[arg(long)]
        fresh: bool,
    },
    /// Run a command on a node
    Run {
        /// The node
        node: String,
        /// The command
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
    /// Press a node's power button
    Power {
        /// What to do
        button: Button,
        /// The node
        node: String,
    },
    /// Cut a node's network
    Cut {
        /// The node
        node: String,
        /// On this ring only
        #[arg(long, value_name = "N", value_parser = number::<u8>)]
        ring: Option<u8>,
        /// From this node only; both still reach all others
        #[arg(long, value_name = "NODE")]
        from: Option<String>,
    },
    /// Keep a node from hearing another one, which still hears it
    Deafen {
        /// The node
        node: String,
        /// Whom it no longer hears
        #[arg(long, value_name = "NODE")]
        to: String,
        /// On this ring only
        #[arg(long, value_name = "N", value_parser = number::<u8>)]
        ring: Option<u8>,
    },
    /// Lose frames at random (takes `nft`, package nftables)
    Lose {
        /// So many in a hundred
        #[arg(value_parser = number::<u8>)]
        percent: u8,
        /// Those from and to this node; all when not given
        #[arg(long)]
        node: Option<String>,
        /// On this ring only
        #[arg(long, value_name = "N", value_parser = number::<u8>)]
        ring: Option<u8>,
    },
    /// Pull and plug cables again and again
    Flap {
        /// This node's; all nodes' at the same moments when not given
        #[arg(long)]
        node: Option<String>,
        /// On this ring only
        #[arg(long, value_name = "N", value_parser = number::<u8>)]
        ring: Option<u8>,
        /// So often a second, at most 20 times
        #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = hertz)]
        hz: f64,
        /// For how long
        #[arg(long = "for", value_name = "TIME", default_value = "10min", value_parser = duration)]
        lasts: Duration,
    },
    /// Kill a node's daemon, and nothing else on it
    Kill {
        /// The node
        node: String,
    },
    /// Repair the network: undo cuts, deafness, losses and flapping
    Heal,
    /// Freeze all processes of a node
    Pause {
        /// The node
        node: String,
    },
    /// Let the processes of a node go on
    Resume {
        /// The node
        node: String,
    },
    /// Show nodes, disks and what is broken
    Status,
    /// End the lab
    Down,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Button {
    /// Everything on it dies at once
    Off,
    /// It boots
    On,
    /// Off and on again
    Cycle,
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        Self::Other(error.to_string())
    }
}

/// What a lab's configuration says beyond the nodes where a Corosync reads it: the token that people set, time stamps that
/// can be compared, and files of its own.
pub const COROSYNC_SECTIONS: &str = "
totem {
    token: 1000
}

logging {
    to_logfile: no
    to_syslog: no
    timestamp: hires
}

system {
    state_dir: {dir}/cluster
}
";

/// A lab of `nodes` machines in `folder` whose daemons and tools are all `program`, this program;
/// it is up when every node has joined and sees all others.
pub fn lab_options(folder: PathBuf, program: PathBuf, nodes: usize) -> LabOptions {
    let ready = ["systole", "status", "--wait-for", &nodes.to_string()].map(str::to_owned);
    LabOptions {
        tools: TOOLS.iter().map(|tool| tool.name.to_owned()).collect(),
        ready: ready.into(),
        ..LabOptions::new(folder, program, nodes)
    }
}

fn hertz(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.01..=20.0).contains(number));
    number.ok_or_else(|| "a number from 0.01 to 20 is expected".into())
}

/// The lab's folder: what was said, else the environment, else the usual place.
fn folder(given: Option<PathBuf>) -> PathBuf {
    let variable = || std::env::var_os(LAB_VARIABLE).filter(|text| !text.is_empty());
    given.or_else(|| variable().map(PathBuf::from)).unwrap_or_else(lab::default_folder)
}

/// `systole lab`
pub(crate) fn run(arguments: LabArguments) -> Outcome {
    let folder = folder(arguments.dir);
    match arguments.verb {
        LabVerb::Up { nodes, rings, disk, services, fresh } => {
            let program = std::env::current_exe().map_err(|error| {
                Failure::Other(format!("cannot find this program's file: {}", of_system(&error)))
            })?;
            let options = LabOptions {
                rings,
                disks: disk,
                services,
                ..lab_options(folder.clone(), program, nodes)
            };
            if fresh {
                forget(&options)?;
            }
            let lab = Lab::up(&options)?;
            line(&format!("{nodes} nodes are up in {}", folder.display()));
            print(&lab.status()?.to_string());
            DONE
        }
        verb => with_lab(&Lab::attach(&folder)?, verb),
    }
}

/// What an earlier lab left: the states of its nodes. A lab that is up is not touched.
fn forget(options: &LabOptions) -> Result<(), Failure> {
    if Lab::attach(&options.folder).is_ok() {
        return Err(LabError::AlreadyUp(options.folder.clone()).into());
    }
    for part in ["nodes", "cluster", "disks"] {
        remove_folder(&options.folder.join(part))?;
    }
    Ok(())
}

fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::Other(format!(
            "cannot remove {}: {}",
            folder.display(),
            of_system(&error)
        ))),
        _ => Ok(()),
    }
}

fn with_lab(lab: &Lab, verb: LabVerb) -> Outcome {
    match verb {
        LabVerb::Run { node, command } => {
            let status = lab.run(&node, &command)?;
            return Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)));
        }
        LabVerb::Power { button: Button::Off, node } => report(&node, &lab.power_off(&node)?),
        LabVerb::Power { button: Button::On, node } => lab.power_on(&node)?,
        LabVerb::Power { button: Button::Cycle, node } => report(&node, &lab.power_cycle(&node)?),
        LabVerb::Cut { node, ring, from } => lab.cut(&Cut { node, ring, from })?,
        LabVerb::Deafen { node, to, ring } => {
            lab.inflict(Fault::Deaf(Deaf { node, to, ring }))?;
        }
        LabVerb::Lose { percent, node, ring } => {
            lab.inflict(Fault::Loss(Loss { node, ring, percent }))?;
        }
        LabVerb::Flap { node, ring, hz, lasts } => {
            let period = Duration::from_secs_f64(1.0 / hz);
            lab.inflict(Fault::Flap(Flap { node, ring, period, lasts }))?;
        }
        LabVerb::Kill { node } => lab.kill_daemon(&node)?,
        LabVerb::Heal => lab.heal()?,
        LabVerb::Pause { node } => lab.pause(&node)?,
        LabVerb::Resume { node } => lab.resume(&node)?,
        LabVerb::Status => print(&lab.status()?.to_string()),
        LabVerb::Down => lab.clone().down()?,
        LabVerb::Up { .. } => unreachable!("invariant: `up` makes a lab, it needs none"),
    }
    DONE
}

fn report(node: &str, off: &PowerOff) {
    match off.killed_at {
        None => line(&format!("{node} was off already")),
        Some(_) => line(&format!("{node} lost its power")),
    }
    for disk in &off.disks {
        line(&format!("  {}: {}", disk.name, disk.journal));
    }
}
