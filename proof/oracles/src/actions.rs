//! What must hold for the agents that run, whatever they do.

use crate::Broken;
use base::{Instant, NodeId};
use cluster::exit_code::{self, NOT_RUNNING};
use scheduler::plan::Task;
use sim::{Call, CallEnd, Ending, Truth};
use std::collections::BTreeMap;
use std::time::Duration;

/// An agent may run on for so long when its time is over: until the daemon has looked.
const GRACE: Duration = Duration::from_secs(1);

/// R8: at most one agent at a time runs for an instance on a node; R9: each comes to an end.
///
/// # Errors
/// With the first that did not.
pub fn one_at_a_time(truth: &Truth, now: Instant) -> Result<(), Broken> {
    let mut busy: BTreeMap<(&str, NodeId), &Call> = BTreeMap::new();
    for call in &truth.calls {
        let before = busy.insert((&call.instance, call.node), call);
        if let Some(before) =
            before.filter(|before| before.end.is_none_or(|(end, _)| end > call.at))
        {
            let what = format!("{} began while {} ran", told(call), told(before));
            return Err(Broken::new("R8", what));
        }
    }
    let latest = |call: &Call| call.at + call.timeout + GRACE;
    let is_endless = |call: &&Call| {
        call.end.map_or(now, |(end, _)| end) > latest(call) && !was_held_up(truth, call)
    };
    match truth.calls.iter().find(is_endless) {
        None => Ok(()),
        Some(call) => Err(Broken::new("R9", format!("{} did not end in time", told(call)))),
    }
}

/// Whether its server stood still meanwhile: then its clocks did, too.
fn was_held_up(truth: &Truth, call: &Call) -> bool {
    let end = call.at + call.timeout + GRACE;
    truth
        .hindrances
        .iter()
        .any(|one| one.node == call.node && one.from <= end && one.until >= call.at)
}

/// R10: after a stop that failed the instance is started nowhere else, before its machine went dark
/// or an agent has found that it does not run there. Of what may be active in many places (`is_clone`) an
/// instance is started elsewhere for other reasons, too: there R1 counts those that may be active.
///
/// # Errors
/// With the first start that came too early.
pub fn after_failed_stops(truth: &Truth, is_clone: impl Fn(&str) -> bool) -> Result<(), Broken> {
    let mut failed: BTreeMap<&str, &Call> = BTreeMap::new();
    let power_cuts = truth.deaths.iter().filter(|death| death.how == Ending::PowerCut);
    let mut power_cuts = power_cuts.peekable();
    for call in truth.calls.iter().filter(|call| !is_clone(&call.instance)) {
        while let Some(cut) = power_cuts.next_if(|cut| cut.at <= call.at) {
            failed.retain(|_, stop| stop.node != cut.node);
        }
        let instance = call.instance.as_str();
        match (call.task, call.end) {
            (Task::Stop, Some((_, CallEnd::Ended(_, code)))) if code != exit_code::OK => {
                failed.insert(instance, call);
            }
            (Task::Stop, Some(_)) | (Task::Monitor, Some((_, CallEnd::Ended(_, NOT_RUNNING)))) => {
                let is_there = |stop: &&Call| stop.node == call.node;
                if failed.get(instance).is_some_and(is_there) {
                    failed.remove(instance);
                }
            }
            (Task::Start, _) => {
                if let Some(stop) = failed.get(instance).filter(|stop| stop.node != call.node) {
                    let what = format!("{} although {} failed", told(call), told(stop));
                    return Err(Broken::new("R10", what));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// R7: what people have said is to be left alone is asked how it is, and nothing else.
///
/// Judged on each node by what it had heard before: nobody can honour a word that has not come. What was
/// blocked by a failure is part of R10 where that was a stop; other blocks are told as stories. Fence
/// devices are left out: what is started of them runs nothing, and waits its turn behind a shot.
///
/// # Errors
/// With the first agent that was asked for more.
pub fn hands_off(truth: &Truth) -> Result<(), Broken> {
    let mut calls = truth.calls.iter();
    match calls.find(|call| call.was_left_alone && !call.is_device && call.task != Task::Monitor) {
        None => Ok(()),
        Some(call) => {
            let what = format!("{} although it was to be left alone", told(call));
            Err(Broken::new("R7", what))
        }
    }
}

fn told(call: &Call) -> String {
    format!("{} of {} on n{} at {}", call.task.name(), call.instance, call.node, call.at)
}
