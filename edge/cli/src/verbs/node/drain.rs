//! `systole node drain`: a node is emptied, and it is said how far that has come.

use crate::answer::{DONE, Failure, Outcome, line};
use crate::connection::Connection;
use crate::picture::Picture;
use crate::tools::membership::unknown;
use api::Request;
use scheduler::model::Resource;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(300);

/// Puts the node into standby, and waits until nothing runs there, and nothing is being started.
pub(super) fn drain(connection: &Connection, node: Option<String>, within: Duration) -> Outcome {
    let node = node.map_or_else(|| connection.this_node(), Ok)?;
    let mut runs = occupants(connection, &node)?;
    let (name, value) = ("standby".to_owned(), Some("on".to_owned()));
    connection.change(&Request::NodeAttribute { node: node.clone(), name, value })?;
    line(&format!("{node} is in standby, until `crm node online {node}`."));
    let deadline = Instant::now() + within;
    // A start that was decided before shows itself by the first look.
    loop {
        std::thread::sleep(LOOK);
        let still = occupants(connection, &node)?;
        if still != runs {
            runs = still;
            line(&progress(&node, &runs));
        }
        match runs.is_empty() {
            true => return DONE,
            false if Instant::now() >= deadline => {
                return Err(Failure::TimedOut(left_over(&node, &runs, within)));
            }
            false => {}
        }
    }
}

/// The primitives that are active on the node, or are about to be; those without a place to go among
/// them.
fn occupants(connection: &Connection, node: &str) -> Result<BTreeSet<String>, Failure> {
    let picture = Picture::take(connection)?;
    let situation = picture.situation();
    let known = situation.nodes.iter().find(|(_, known)| known.name == node);
    let (here, known) = known.ok_or_else(|| unknown(&picture.cib.configuration.nodes, node))?;
    let is_busy =
        |resource: &&Resource<'_>| resource.pending.is_some_and(|pending| pending.node == here);
    let busy = situation.resources.values().filter(is_busy);
    let running = known.running.iter().map(|index| &situation.resources[*index]);
    Ok(running.chain(busy).map(|resource| resource.id.clone()).collect())
}

fn listed(runs: &BTreeSet<String>) -> String {
    runs.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn progress(node: &str, runs: &BTreeSet<String>) -> String {
    match runs.len() {
        0 => format!("{node} is empty."),
        count => format!("{count} still there: {}", listed(runs)),
    }
}

fn left_over(node: &str, runs: &BTreeSet<String>, within: Duration) -> String {
    let seconds = within.as_secs();
    format!(
        "after {seconds} s these are still on {node}: {}. It stays in standby, and they go as soon as \
         they can; `systole explain` says of each what holds it",
        listed(runs)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_by_name() {
        let runs = ["OST0".to_owned(), "OST1".to_owned()].into();
        assert_eq!(progress("oss1", &runs), "2 still there: OST0, OST1");
        assert_eq!(progress("oss1", &BTreeSet::new()), "oss1 is empty.");
        let words = left_over("oss1", &runs, Duration::from_secs(60));
        assert!(words.starts_with("after 60 s these are still on oss1: OST0, OST1."), "{words}");
    }
}
