//! `systole token`: access for those who ask from elsewhere.

use crate::answer::{DONE, Failure, Outcome, line, say_aside};
use crate::connection::unexpected;
use crate::verbs::{Place, duration};
use crate::words::of_system;
use api::{Access, Host, Request, Response};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Args, Debug)]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    verb: TokenVerb,
}

#[derive(Debug, Subcommand)]
enum TokenVerb {
    /// Let somebody ask from elsewhere, with the rights of a user
    ///
    /// What is printed is a secret. Programs of ours take it as a file: `--access FILE`, or
    /// SYSTOLE_ACCESS=FILE in the environment. It is good until its time is over, or the cluster's
    /// key is changed.
    Create {
        /// Whose rights count, as in the configuration's access rules
        #[arg(long)]
        user: String,
        /// For how long
        #[arg(long = "for", value_name = "TIME", default_value = "720h", value_parser = duration)]
        time: Duration,
        /// Where the cluster answers [default: at the addresses of its rings]
        #[arg(long = "address", value_name = "HOST[:PORT]")]
        addresses: Vec<Host>,
        /// Write it into this new file, which nobody else may read
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
}

/// `systole token ...`
pub(crate) fn run(arguments: TokenArguments) -> Outcome {
    let TokenVerb::Create { user, time, addresses, output, place } = arguments.verb;
    let request = Request::GiveAccess { user: user.clone(), seconds: time.as_secs() };
    let connection = place.connection();
    let mut access = match connection.ask(&request)? {
        Response::Access(access) => access,
        other => return Err(unexpected(&other)),
    };
    if !addresses.is_empty() {
        access.addresses = addresses;
    }
    match output {
        Some(file) => write(&file, &access)?,
        None => line(&access.to_text()),
    }
    let hours = time.as_secs() / 3600;
    say_aside(&format!("This lets whoever has it act as {user} for {hours} h. Keep it secret."));
    let in_force = connection.cib()?.configuration.property("enable-acl").to_owned();
    if cluster::value::boolean(&in_force) != Some(true) {
        say_aside(
            "WARNING: access rules are not in force (enable-acl): it lets them do everything.",
        );
    }
    DONE
}

fn write(file: &Path, access: &Access) -> Result<(), Failure> {
    let text = format!("{}\n", access.to_text());
    let made = os::file::create_secret(file, text.as_bytes());
    made.map_err(|error| {
        Failure::CannotCreate(format!("cannot make {}: {}", file.display(), of_system(&error)))
    })
}
