//! `--wait` and `--restart`: until the cluster has done what it is to do.

use crate::answer::{Failure, line};
use crate::connection::Connection;
use crate::picture::Picture;
use crate::terminal::interrupt;
use crate::tools::markup::Said;
use crate::tools::resources::{meta_of, unknown};
use api::Request;
use report::plan::{self, Points};
use std::time::Duration;

/// Between two looks.
const AGAIN: Duration = Duration::from_millis(200);
/// How long anything may take where nothing else is said; mounting Lustre may take minutes.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How long somebody is ready to wait.
pub(super) fn patience(given: Option<&str>) -> Result<Duration, Failure> {
    let Some(text) = given else { return Ok(PATIENCE) };
    cluster::value::duration(text)
        .ok_or_else(|| Failure::Usage(format!("`{text}` is no duration; write it as 30s or 5min")))
}

/// Waits until nothing is left to be done.
pub(super) fn settle(connection: &Connection, patience: Duration) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    if picture.node.is_none() {
        return Ok(Said::default());
    }
    let mut left = left(&picture);
    let end = os::clock::monotonic() + patience;
    while !left.is_empty() {
        if os::clock::monotonic() >= end {
            let pending: String = left.iter().map(|action| format!("\n\t{action}")).collect();
            return Err(Failure::TimedOut(format!("Pending actions:{pending}")));
        }
        interrupt::pause(AGAIN)?;
        left = self::left(&Picture::take(connection)?);
    }
    Ok(Said::default())
}

/// What the cluster has to do yet.
fn left(picture: &Picture) -> Vec<String> {
    let facts = picture.facts();
    let decision = scheduler::decide(&facts);
    let steps = plan::steps(&decision, Points::LeftOut);
    let told = |step: &plan::Step| match &step.node {
        Some(node) => format!("{} on {node}", step.what),
        None => step.what.clone(),
    };
    steps.iter().map(told).collect()
}

/// Stops a resource everywhere, or on one node, and lets it be started again.
pub(super) fn restart_by(
    connection: &Connection,
    id: &str,
    node: Option<&str>,
    patience: Duration,
) -> Result<Said, Failure> {
    line(&format!("Waiting for 1 resources to stop:\n * {id}"));
    match node {
        None => restart(connection, id, patience)?,
        Some(node) => {
            super::ban(connection, id, Some(node), &super::Until::Cleared)?;
            let stopped = wait_until_gone(connection, (id, Some(node)), patience);
            let ids = vec![format!("cli-ban-{id}-on-{node}")];
            connection.change(&Request::Remove { ids, force: true })?;
            stopped?;
        }
    }
    line(&format!("Waiting for 1 resources to start again:\n * {id}"));
    settle(connection, patience)
}

/// Stops a resource, waits until nothing of it is active anywhere, and wants it again as before.
pub(crate) fn restart(
    connection: &Connection,
    id: &str,
    patience: Duration,
) -> Result<(), Failure> {
    let configuration = connection.cib()?.configuration;
    let found = configuration.resource(id).ok_or_else(|| unknown(&configuration, id))?;
    let before = cluster::first_value(meta_of(found), "target-role");
    if before.is_some_and(|role| role.eq_ignore_ascii_case("stopped")) {
        let help = format!("start it with `crm resource start {id}`");
        return Err(Failure::Other(format!("{id} is meant to be stopped; {help}")));
    }
    let want = |role: Option<&str>| {
        let (resource, name) = (id.to_owned(), "target-role".to_owned());
        connection.change(&Request::ResourceMeta { resource, name, value: role.map(str::to_owned) })
    };
    // Whoever has had enough does not leave it stopped.
    interrupt::watch();
    want(Some("Stopped"))?;
    let stopped = wait_until_gone(connection, (id, None), patience);
    want(before)?;
    stopped
}

/// Waits until a resource is active nowhere, or not on this node.
fn wait_until_gone(
    connection: &Connection,
    (id, node): (&str, Option<&str>),
    patience: Duration,
) -> Result<(), Failure> {
    let end = os::clock::monotonic() + patience;
    loop {
        let mut places = Picture::take(connection)?.places_of(id).unwrap_or_default();
        places.retain(|place| node.is_none_or(|node| node == place));
        if places.is_empty() {
            return Ok(());
        }
        if os::clock::monotonic() >= end {
            let (places, seconds) = (places.join(", "), patience.as_secs());
            let text = format!("{id} has not stopped on {places} in {seconds} s; see `crm status`");
            return Err(Failure::TimedOut(text));
        }
        interrupt::pause(AGAIN)?;
    }
}
