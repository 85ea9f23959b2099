//! `crm_mon`: the cluster's state, once or over and over.

mod options;
mod xml;

use crate::answer::{Failure, Outcome, complain, print};
use crate::connection::Connection;
use crate::fencing;
use crate::picture::Picture;
use crate::terminal::pager;
use crate::tools::arguments::Parsed;
use crate::words::without_numbers;
use api::ClientError;
use base::WallTime;
use jiff::tz::TimeZone;
use options::{LINE, Output};
use report::monitor::{Cluster, FenceEvent, LastChange, Options, Section};
use scheduler::Situation;
use std::process::ExitCode;

/// Moves to the upper left corner and empties the screen.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// `crm_mon`
pub(crate) fn main(args: &[String]) -> Outcome {
    run(args, print)
}

/// The same for the shell, where what does not fit on the screen is shown page by page.
pub(crate) fn paged(args: &[String]) -> Outcome {
    run(args, pager::show)
}

fn run(args: &[String], show: fn(&str)) -> Outcome {
    let given = LINE.read(args)?;
    let connection = Connection::usual();
    let output = options::output(&given)?;
    let shown = options::shown(&given, &output)?;
    if let Some(pause) = options::pause(&given, &output)? {
        let clear = if os::terminal::output_is_terminal() { CLEAR } else { "" };
        loop {
            match render(&connection, &given, &output, &shown) {
                Ok((text, _)) => print(&format!("{clear}{text}")),
                Err(failure) => {
                    let why = without_numbers(&failure.to_string());
                    print(&format!("{clear}Not connected: {why}\n"));
                }
            }
            std::thread::sleep(pause);
        }
    }
    match render(&connection, &given, &output, &shown) {
        Ok((text, code)) => {
            show(&text);
            Ok(code)
        }
        Err(Failure::Client(error @ ClientError::NotRunning { .. })) => {
            complain("crm_mon", &format!("Connection to cluster failed: {error}"));
            Ok(ExitCode::from(102))
        }
        Err(failure) => Err(failure),
    }
}

fn render(
    connection: &Connection,
    given: &Parsed,
    output: &Output,
    shown: &Options,
) -> Result<(String, ExitCode), Failure> {
    let picture = Picture::take(connection)?;
    let situation = picture.situation();
    Ok(match output {
        Output::Nothing => (String::new(), ExitCode::SUCCESS),
        Output::Simple => simple(&picture, &situation),
        Output::Xml => {
            let coordinator = picture.coordinator();
            let cluster = cluster(&picture, &situation, coordinator.as_deref(), &[]);
            (xml::write(&cluster, &options::spelled(given)), ExitCode::SUCCESS)
        }
        Output::Text => {
            let wants_fencing = [Section::FencingFailed, Section::FencingSucceeded];
            let fencing = if wants_fencing.iter().any(|section| shown.shows(*section)) {
                fencing_of(connection, &picture)?
            } else {
                Vec::new()
            };
            (text(&picture, &situation, &fencing, shown), ExitCode::SUCCESS)
        }
    })
}

/// The fence history; a CIB from a file has none.
fn fencing_of(connection: &Connection, picture: &Picture) -> Result<Vec<FenceEvent>, Failure> {
    match picture.node {
        Some(_) => fencing::history_of(connection),
        None => Ok(Vec::new()),
    }
}

fn text(
    picture: &Picture,
    situation: &Situation<'_>,
    fencing: &[FenceEvent],
    shown: &Options,
) -> String {
    let coordinator = picture.coordinator();
    report::monitor::text(&cluster(picture, situation, coordinator.as_deref(), fencing), shown)
}

/// What is shown of it in every form.
fn cluster<'a>(
    picture: &'a Picture,
    situation: &'a Situation<'a>,
    coordinator: Option<&'a str>,
    fencing: &'a [FenceEvent],
) -> Cluster<'a> {
    let features = picture.cib.attribute("crm_feature_set").unwrap_or(daemon::CRM_FEATURE_SET);
    Cluster {
        situation,
        stack: "corosync",
        coordinator,
        version: daemon::PRESENTED_VERSION,
        feature_set: Some(features),
        last_updated: picture.taken,
        // 2.1.5, which we present, names no node there.
        local_node: None,
        last_change: last_change(picture),
        fencing,
        zone: TimeZone::system(),
    }
}

/// What the CIB says about its last change.
fn last_change(picture: &Picture) -> Option<LastChange> {
    let attribute = |name| picture.cib.attribute(name).filter(|text| !text.is_empty());
    let written = attribute("cib-last-written")?;
    let date = jiff::civil::DateTime::strptime("%a %b %e %H:%M:%S %Y", written).ok()?;
    let zoned = date.to_zoned(TimeZone::system()).ok()?;
    Some(LastChange {
        when: WallTime::from_seconds(zoned.timestamp().as_second()),
        user: attribute("update-user").map(str::to_owned),
        client: attribute("update-client").map(str::to_owned),
        origin: attribute("update-origin").map(str::to_owned),
    })
}

/// One line and an exit code for monitoring systems.
fn simple(picture: &Picture, situation: &Situation<'_>) -> (String, ExitCode) {
    let mut troubles = Vec::new();
    if picture.coordinator().is_none() {
        troubles.push("No DC".to_owned());
    }
    let mut online = 0;
    for node in situation.nodes.values() {
        if node.is_online {
            online += 1;
        } else {
            troubles.push(format!("offline node: {}", node.name));
        }
    }
    if troubles.is_empty() {
        let instances = report::monitor::instances(situation);
        let text = format!(
            "CLUSTER OK: {online} nodes online, {instances} resource instances configured\n"
        );
        return (text, ExitCode::SUCCESS);
    }
    (format!("CLUSTER WARN: {}\n", troubles.join(", ")), ExitCode::from(1))
}

/// All resources and what they do, as `crm_resource --list` shows them.
pub(crate) fn resource_list(picture: &Picture) -> String {
    if picture.cib.configuration.resources.is_empty() {
        return "NO resources configured\n".into();
    }
    let shown =
        Options { sections: [Section::Resources].into(), inactive: true, ..Options::default() };
    text(picture, &picture.situation(), &[], &shown)
}
