//! `systole join`: this machine becomes a node of the cluster that invites it.

use super::files::Files;
use super::{Machine, START, candidates, fence_by, runs, start};
use crate::answer::{DONE, Failure, Outcome, line, say_aside};
use crate::connection::unexpected;
use crate::input::read_file;
use crate::output::Form;
use crate::verbs::status::{self, Waiting};
use crate::words::of_system;
use api::{Access, Admission, Client, Newcomer, Request, Response};
use clap::Args;
use std::path::Path;

/// Make this machine a node of the cluster that invites it
#[derive(Args, Debug)]
pub(crate) struct JoinArguments {
    /// What `systole init` printed on a node of the cluster; - reads it from standard input, where
    /// others do not see it among the processes
    token: String,
    /// What this node is to be called [default: as `hostname` says]
    #[arg(long)]
    name: Option<String>,
    /// This node's address on ring 0, once more for ring 1, and so on [default: those that are in the
    /// networks of the cluster's rings]
    #[arg(long = "address", value_name = "ADDRESS")]
    addresses: Vec<String>,
    #[command(flatten)]
    machine: Machine,
}

/// `systole join`
pub(crate) fn join(given: JoinArguments) -> Outcome {
    let text = match given.token.as_str() {
        "-" => read_file(Path::new("-"))?,
        token => token.to_owned(),
    };
    // The whole line that was printed will do.
    let token = text.trim().trim_start_matches("systole join ");
    let access: Access = token.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    let connection = given.machine.places.connection();
    if runs(&connection)?.is_some() {
        let text = "a node runs on this machine already: stop it first, with `crm cluster stop`";
        return Err(Failure::Exists(text.into()));
    }
    let files = given.machine.places.files();
    files.check_free()?;
    files.check_writable()?;
    let newcomer = Newcomer {
        name: given.name.unwrap_or_else(os::machine::host_name),
        addresses: given.addresses,
        has: has()?,
    };
    if let Some(device) = &given.machine.fence {
        device.check(&newcomer.name)?;
    }
    let admission = ask(&access, &newcomer)?;
    write(&files, &newcomer, &admission)?;
    let (name, id) = (&newcomer.name, admission.id);
    line(&format!("This machine is node {id}, {name}. Wrote {}.", files.conf.display()));
    for warning in &admission.warnings {
        say_aside(&format!("WARNING: {warning}"));
    }
    if !start(&files, given.machine.no_start)? {
        return DONE;
    }
    status::wait(&connection, &Waiting { members: 2, timeout: START })?;
    fence_by(given.machine.fence.as_ref(), &connection, &newcomer.name)?;
    status::show(&connection, Form::Text)
}

fn has() -> Result<Vec<String>, Failure> {
    let interfaces = os::network::interfaces();
    let interfaces = interfaces.map_err(|error| Failure::Other(of_system(&error)))?;
    Ok(candidates(&interfaces).iter().map(ToString::to_string).collect())
}

fn ask(access: &Access, newcomer: &Newcomer) -> Result<Admission, Failure> {
    match Client::remote(access.clone()).call(&Request::Join(newcomer.clone()))? {
        Response::Admission(admission) => Ok(*admission),
        Response::Refused { reasons } => Err(Failure::Refused(reasons)),
        Response::Forbidden { reason } => Err(Failure::Forbidden(reason)),
        other => Err(unexpected(&other)),
    }
}

/// The cluster counts on this machine from here on, so what cannot be written has to be told.
fn write(files: &Files, newcomer: &Newcomer, admission: &Admission) -> Result<(), Failure> {
    files.write(&admission.conf, &admission.key.0).map_err(|failure| {
        let name = &newcomer.name;
        Failure::CannotCreate(format!(
            "{failure}. The cluster lists {name} already: mend this and join with another token from \
             `systole init`, or take it out there with `systole node remove {name}`"
        ))
    })
}
