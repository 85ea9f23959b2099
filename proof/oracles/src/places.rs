//! What must hold for where services are started.

use crate::Broken;
use crate::words::{Word, Words};
use base::NodeId;
use scheduler::plan::Task;
use sim::{Call, Recording, Truth};

/// R6: no service is started on a node that has no room for it, or beside one that it must be apart
/// from.
///
/// That a plan is the one that a reference would make is asked of recorded cases, where there is a
/// reference (`proof/conformance`). What remains visible from outside is what no plan may do: `room`
/// says how many of `services` a node may hold, `apart` which two never share one. Judged by what agents
/// on that node have answered, when something is started or handed over to it.
///
/// # Errors
/// With the first service that came to a place where it must not be.
pub fn in_bounds(
    recording: &Recording,
    truth: &Truth,
    services: &[String],
    (room, apart): (usize, Option<(&str, &str)>),
) -> Result<(), Broken> {
    let words = Words::new(recording, truth);
    for (number, call) in truth.calls.iter().enumerate() {
        if !comes(call, services) {
            continue;
        }
        let beside = neighbours(&words, (number, call), services);
        let told = |why: &str| {
            let (node, at) = (call.node, call.at);
            let what = format!(
                "{} came to n{node} at {at}, {why}: beside {}",
                call.instance,
                beside.join(" ")
            );
            Err(Broken::new("R6", what))
        };
        if beside.len() + 1 > room {
            return told("which has no room for it");
        }
        let foe = apart.and_then(|(one, other)| match call.instance.as_str() {
            it if it == one => Some(other),
            it if it == other => Some(one),
            _ => None,
        });
        // Who is to be left alone stays, and its wishes hold up nobody else, as in Pacemaker.
        let minds = |foe: &str| !words.is_left_alone(foe, call.at);
        if foe.is_some_and(|foe| minds(foe) && beside.iter().any(|it| it == foe)) {
            return told("where it must not be");
        }
    }
    Ok(())
}

/// How often a service took the last of a node's room.
pub fn filled(recording: &Recording, truth: &Truth, services: &[String], room: usize) -> usize {
    let words = Words::new(recording, truth);
    let coming = truth.calls.iter().enumerate().filter(|(_, call)| comes(call, services));
    coming.filter(|of| neighbours(&words, *of, services).len() + 1 == room).count()
}

fn comes(call: &Call, services: &[String]) -> bool {
    matches!(call.task, Task::Start | Task::MigrateFrom) && services.contains(&call.instance)
}

/// The other services that are certainly active on the call's node, or are being started there.
fn neighbours(
    words: &Words<'_>,
    (number, call): (usize, &Call),
    services: &[String],
) -> Vec<String> {
    let NodeId(here) = call.node;
    let Some(stay) = words.stay_at(call.node, call.at) else { return Vec::new() };
    let is_here = |service: &&String| {
        words.words(stay, service, number).any(|(NodeId(node), word)| {
            node == here && matches!(word, Word::Active | Word::Starting)
        })
    };
    let others = services.iter().filter(|service| **service != call.instance);
    others.filter(is_here).cloned().collect()
}
