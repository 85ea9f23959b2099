//! `systole bench callbacks`: what agents ask of the cluster while they run, each as the process that it
//! is for them.
//!
//! An agent calls some of these in each monitor, hundreds of them in an hour on a node; what they take
//! is taken from the services.

use super::table::{Table, milliseconds};
use super::{Verdict, in_lab, own_options};
use crate::answer::{Failure, line};
use crate::observer::OwnNodes;
use crate::words::{number, of_system};
use clap::Args;
use lab::measure::{Figures, everybody, in_one_view};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// From the start of the process to its end.
const WANTED: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(60);

/// What is called, and how; `%` is another number each time. Whether there is an answer is no matter:
/// agents ask for what is not there, too.
const CALLS: [&str; 18] = [
    "crm_attribute -N {node} -l reboot -n bench -v %",
    "crm_attribute -N {node} -l reboot -n bench -G -q",
    "attrd_updater -n bench-update -U %",
    "attrd_updater -n bench-update -U % -d 5s",
    "attrd_updater -n bench-update -Q",
    "crm_master -l reboot -v %",
    "crm_node -n",
    "crm_node -l",
    "crm_node -q",
    "crm_resource -l",
    "crm_mon -1",
    "crm_mon -1 --output-as=xml",
    "cibadmin -Q",
    "pacemakerd -$",
    "crm_failcount -G -r bench",
    "stonith_admin -H *",
    "crm_attribute -N {node} -l reboot -n bench -D",
    "attrd_updater -n bench-update -D",
];

/// How it is measured.
#[derive(Args, Debug)]
pub(super) struct Callbacks {
    /// How often each is called
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = number::<usize>)]
    repeats: usize,
    /// How many resources the cluster has
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = number::<usize>)]
    resources: usize,
    /// Call them on this machine's node instead of one in a lab: sets node attributes bench,
    /// bench-update and master-bench
    #[arg(long)]
    here: bool,
}

pub(super) fn run(how: &Callbacks) -> Result<Verdict, Failure> {
    if how.here {
        return here(how.repeats);
    }
    line(&format!("Three nodes, {} resources; on one of them:", how.resources));
    in_lab(&own_options(3)?, |lab| {
        in_one_view(lab, &OwnNodes, &everybody(lab), PATIENCE)?;
        let node = &lab.options().nodes[0];
        super::changes::configure(lab, node, how.resources)?;
        let repeats = how.repeats.to_string();
        let words = ["systole", "bench", "callbacks", "--here", "--repeats", &repeats];
        Ok(Verdict::of(lab.run(node, &words)?.success()))
    })
}

fn here(repeats: usize) -> Result<Verdict, Failure> {
    let program = std::env::current_exe().map_err(|error| system(&error))?;
    let node = crate::connection::Connection::usual().this_node()?;
    let table = Table::begin(&[("", 54), ("median", 8), ("worst", 8), ("", 7)]);
    let mut verdict = Verdict::Held;
    // What it takes to start this program alone: the machine's part of all the others.
    for call in ["systole --version"].iter().chain(&CALLS) {
        let figures = measure(&program, &node, &call.replace("{node}", &node), repeats)?;
        let held = Verdict::of(figures.median().is_some_and(|median| median <= WANTED));
        verdict = verdict.and(held);
        let (median, worst) = (milliseconds(figures.median()), milliseconds(figures.worst()));
        table.row(&[(*call).to_owned(), median, worst, held.word().to_owned()]);
    }
    line(&format!("Wanted: a median of at most {} ms.", WANTED.as_millis()));
    Ok(verdict)
}

fn measure(program: &Path, node: &str, call: &str, repeats: usize) -> Result<Figures, Failure> {
    let mut figures = Figures::default();
    for round in 0..repeats.max(1) {
        figures.add(timed(program, node, &call.replace('%', &round.to_string()))?);
    }
    Ok(figures)
}

/// Called by the name that the program takes for the tool's, wherever that is installed, and told what
/// agents are told.
fn timed(program: &Path, node: &str, call: &str) -> Result<Duration, Failure> {
    let mut words = call.split(' ');
    let name = words.next().unwrap_or_default();
    let mut command = Command::new(program);
    command.arg0(name).args(words);
    command.env("OCF_RESOURCE_INSTANCE", "bench").env("OCF_RESKEY_CRM_meta_on_node", node);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    command.status().map_err(|error| system(&error))?;
    Ok(begin.elapsed())
}

fn system(error: &std::io::Error) -> Failure {
    Failure::Other(format!("cannot run this program: {}", of_system(error)))
}
