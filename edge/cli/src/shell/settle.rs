//! `--wait`: until the cluster has done what a change asks for.

use crate::answer::Failure;
use crate::connection::Connection;
use crate::picture::Picture;
use crate::terminal::interrupt;
use crate::terminal::progress::Progress;
use report::plan::{self, Points};
use std::time::Duration;

/// Between two looks.
const AGAIN: Duration = Duration::from_millis(300);
/// How long it may take: mounting Lustre may take minutes.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Waits until nothing is left to be done, and tells what is left whenever that changes.
pub(super) fn settle(connection: &Connection) -> Result<(), Failure> {
    if connection.file().is_some() {
        return Ok(());
    }
    let begin = os::clock::monotonic();
    let mut progress = Progress::begin();
    loop {
        let left = left(&Picture::take(connection)?);
        if left.is_empty() {
            progress.end();
            return Ok(());
        }
        let waited = os::clock::monotonic() - begin;
        progress.tell(&left.join(", "), waited.as_secs());
        if waited >= PATIENCE {
            progress.leave();
            let seconds = PATIENCE.as_secs();
            let text = format!("the cluster has not settled in {seconds} s; see `crm status`");
            return Err(Failure::TimedOut(text));
        }
        interrupt::pause(AGAIN).inspect_err(|_| progress.leave())?;
    }
}

/// The first few things that the cluster has to do yet, and how many more there are.
fn left(picture: &Picture) -> Vec<String> {
    /// So many are named.
    const NAMED: usize = 4;
    let facts = picture.facts();
    let decision = scheduler::decide(&facts);
    let steps = plan::steps(&decision, Points::LeftOut);
    let name = |step: &plan::Step| match &step.node {
        Some(node) => format!("{} on {node}", step.what),
        None => step.what.clone(),
    };
    let mut left: Vec<String> = steps.iter().take(NAMED).map(name).collect();
    if steps.len() > NAMED {
        left.push(format!("and {} more", steps.len() - NAMED));
    }
    left
}
