//! What must hold of all logs together (G1 to G7), as a replicated state above would notice it.

use crate::bus::{Bus, Log};
use base::NodeId;
use corosync::Process;
use group::{GroupEvent, View, ViewId};
use std::collections::BTreeMap;

/// One view at one process.
struct Stay<'a> {
    view: &'a View,
    /// What was delivered in it.
    said: Vec<String>,
    /// The view before, if its line goes on here.
    before: Option<(ViewId, usize)>,
}

/// Looks at every log; panics with the id of what does not hold. Gives the state of each view's line
/// at its end, by process.
pub(crate) fn check(bus: &Bus) -> BTreeMap<Process, Vec<String>> {
    let mut logs: Vec<(Process, &Log)> = bus.ended.iter().map(|(me, log)| (*me, log)).collect();
    logs.extend(bus.stations.values().map(|station| (station.me(), &station.log)));
    let stays: Vec<(Process, Vec<Stay<'_>>)> =
        logs.iter().map(|(me, log)| (*me, stays(me.node, log))).collect();
    agree_on_views(&stays);
    let starts = starts(&stays);
    let mut ends = BTreeMap::new();
    for (me, stays) in &stays {
        if let Some(stay) = stays.last() {
            let state: Vec<String> =
                starts[&stay.view.id].iter().chain(&stay.said).cloned().collect();
            let mut once = state.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), state.len(), "G4: delivered twice: {state:?}");
            ends.insert(*me, state);
        }
    }
    ends
}

fn stays(me: NodeId, log: &Log) -> Vec<Stay<'_>> {
    let mut stays: Vec<Stay<'_>> = Vec::new();
    for event in log {
        match event {
            GroupEvent::View { view, .. } => {
                let own = view.member(me).expect("the reader is in it");
                if let Some(last) = stays.last() {
                    assert!(view.id.counter > last.view.id.counter, "G1: {} again", view.id);
                }
                let before = own.came_from.map(|from| {
                    let last = stays.len() - 1;
                    assert_eq!(from, stays[last].view.id, "G2");
                    (from, last)
                });
                stays.push(Stay { view, said: Vec::new(), before });
            }
            GroupEvent::Deliver { payload, .. } => {
                let stay = stays.last_mut().expect("G3: nothing is delivered before a view");
                stay.said.push(String::from_utf8_lossy(payload).into_owned());
            }
            _ => {}
        }
    }
    stays
}

fn agree_on_views(stays: &[(Process, Vec<Stay<'_>>)]) {
    let mut views: BTreeMap<ViewId, &View> = BTreeMap::new();
    for stay in stays.iter().flat_map(|(_, stays)| stays) {
        let known = views.entry(stay.view.id).or_insert(stay.view);
        assert_eq!(*known, stay.view, "G2");
    }
}

/// The state at the start of each view: that of its line, or nothing.
fn starts(stays: &[(Process, Vec<Stay<'_>>)]) -> BTreeMap<ViewId, Vec<String>> {
    let mut all: Vec<(&Vec<Stay<'_>>, &Stay<'_>)> =
        stays.iter().flat_map(|(_, stays)| stays.iter().map(move |stay| (stays, stay))).collect();
    all.sort_by_key(|(_, stay)| stay.view.id);
    let mut starts: BTreeMap<ViewId, Vec<String>> = BTreeMap::new();
    let mut ends: BTreeMap<(ViewId, ViewId), Vec<String>> = BTreeMap::new();
    for (own, stay) in all {
        let id = stay.view.id;
        let Some((from, index)) = stay.before else { continue };
        // A parent's counter is smaller: its start is known, or it was a beginning.
        let start = starts.get(&from).cloned().unwrap_or_default();
        let state: Vec<String> = start.into_iter().chain(own[index].said.iter().cloned()).collect();
        let known = ends.entry((from, id)).or_insert_with(|| state.clone());
        assert_eq!(*known, state, "G6: from {from} to {id}");
        let line = stay.view.members.iter().find(|member| member.since < id.counter);
        if line.is_some_and(|member| member.came_from == Some(from)) {
            starts.insert(id, state);
        }
    }
    for (_, stays) in stays {
        for stay in stays {
            starts.entry(stay.view.id).or_default();
        }
    }
    starts
}
