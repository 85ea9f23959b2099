//! How soon something is done about a failure.

use crate::Broken;
use crate::words::Words;
use base::{Instant, NodeId};
use cluster::{exit_code, primitive_of};
use scheduler::plan::Task;
use sim::{Call, CallEnd, Fault, Recording, Script, Trouble, Truth};
use std::time::Duration;

/// Within this time of a monitor's answer the first action follows.
const BOUND: Duration = Duration::from_secs(1);
/// For so long before and after there must have been peace.
const CALM: Duration = Duration::from_secs(3);
/// What trouble on cables, a word of a person or a fence device may have set off is over by then.
const LONG: Duration = Duration::from_secs(20);

/// L3: when a recurring monitor has said that a service failed, the first action that recovers it is
/// sent within a second, and waits for no timer.
///
/// What is promised holds for a cluster that is well otherwise: one view with the right to act on all of
/// its members, no trouble on cables, nobody who stands still, no planner that is slow, nobody who has
/// forgotten failures meanwhile, and nothing else under way. Around other failures nothing is asked
/// here; that all of them are recovered in the end is L5.
///
/// # Errors
/// With the first failure of which nothing came in time.
pub fn prompt(recording: &Recording, truth: &Truth, script: &Script) -> Result<(), Broken> {
    let words = Words::new(recording, truth);
    let mut failures = failures(&words, truth, script);
    match failures.find(|(call, peace)| !peace.ends_with_an_action(&call.instance)) {
        None => Ok(()),
        Some((call, Peace { at, .. })) => {
            let (instance, node) = (&call.instance, call.node);
            let what = format!(
                "{instance} failed on n{node}, a monitor said so at {at}, and nothing was done"
            );
            Err(Broken::new("L3", what))
        }
    }
}

/// How many failures could be judged.
pub fn in_peace(recording: &Recording, truth: &Truth, script: &Script) -> usize {
    failures(&Words::new(recording, truth), truth, script).count()
}

fn failures<'a>(
    words: &'a Words<'a>,
    truth: &'a Truth,
    script: &'a Script,
) -> impl Iterator<Item = (&'a Call, Peace<'a>)> {
    // What came at the very end is not over.
    let over = truth.calls.last().map_or_else(Instant::default, |call| call.at);
    truth.calls.iter().enumerate().filter_map(move |(number, call)| {
        let at = first_failure(truth, number).filter(|at| *at + BOUND < over)?;
        let peace = Peace { words, truth, script, node: call.node, at };
        peace.reigns(&call.instance).then_some((call, peace))
    })
}

/// When a recurring monitor said something bad that the one before it had not said.
fn first_failure(truth: &Truth, number: usize) -> Option<Instant> {
    let call = &truth.calls[number];
    let is_bad = |call: &Call| match call.end {
        Some((at, CallEnd::Ended(_, code))) => {
            (!matches!(code, exit_code::OK | exit_code::PROMOTED)).then_some(at)
        }
        _ => None,
    };
    if call.task != Task::Monitor || call.interval.is_zero() || call.is_device {
        return None;
    }
    let before = truth.calls[..number].iter().rev();
    let mut before = before.filter(|it| it.node == call.node && it.instance == call.instance);
    let was_well = before.next().is_some_and(|it| it.end.is_some() && is_bad(it).is_none());
    is_bad(call).filter(|_| was_well)
}

/// The time around a failure, and where it was.
struct Peace<'a> {
    words: &'a Words<'a>,
    truth: &'a Truth,
    script: &'a Script,
    node: NodeId,
    at: Instant,
}

impl Peace<'_> {
    fn reigns(&self, instance: &str) -> bool {
        self.is_one_view()
            && self.nobody_is_hindered()
            && self.nobody_meddles(instance)
            && self.is_idle()
    }

    /// All members have been together with the right to act for a while, and stay so.
    fn is_one_view(&self) -> bool {
        let Some(own) = self.words.stay_at(self.node, self.at) else { return false };
        own.view.members.len() as u32 == self.script.setup.nodes
            && own.view.members.iter().all(|member| {
                let stay = self.words.stay_at(member.node, self.at);
                stay.is_some_and(|stay| {
                    stay.name() == own.name()
                        && stay.installed + CALM < self.at
                        && stay.until.is_none_or(|until| until > self.at + BOUND)
                        && stay.rulings.iter().all(|(_, quorate)| *quorate)
                })
            })
    }

    fn nobody_is_hindered(&self) -> bool {
        let (from, until) = (self.at - CALM, self.at + BOUND);
        let overlaps = |begin: Instant, end: Instant| begin <= until && end >= from;
        let is_trouble = |fault: &Fault| match fault {
            Fault::Wires(_, trouble) => *trouble != Trouble::Mended,
            Fault::Talk(..) | Fault::Replay(..) | Fault::Garbage(..) => true,
            _ => false,
        };
        let troubles = self.script.events.iter().filter(|(_, fault)| is_trouble(fault));
        // Cables that are never perfect since the beginning are no trouble.
        let mut troubles = troubles.filter(|(at, _)| *at > Instant::default());
        !self.truth.hindrances.iter().any(|one| overlaps(one.from, one.until))
            && !self.truth.slow_plans.iter().any(|(begin, end)| overlaps(*begin, *end))
            && !troubles.any(|(at, _)| overlaps(*at, *at + LONG))
    }

    /// Nobody wants it left alone, or has had failures forgotten.
    fn nobody_meddles(&self, instance: &str) -> bool {
        let (from, until) = (self.at - LONG, self.at + BOUND);
        let meddles = |fault: &Fault| match fault {
            Fault::Cleanup(_) | Fault::Maintenance(_) => true,
            Fault::Manage(service, _) => service == primitive_of(instance),
            _ => false,
        };
        let mut events = self.script.events.iter();
        !events.any(|(at, fault)| meddles(fault) && *at >= from && *at <= until)
    }

    /// Nothing else is under way, and nobody is to be fenced.
    fn is_idle(&self) -> bool {
        let (from, until) = (self.at - CALM, self.at + BOUND);
        let mut shots = self.truth.shots.iter();
        let mut busy = self.truth.calls.iter().filter(|call| call.task != Task::Monitor);
        !shots.any(|shot| shot.at + LONG >= from && shot.at <= until)
            && !busy.any(|call| call.at < self.at && call.end.is_none_or(|(end, _)| end >= from))
    }

    /// Something is done with it, or with what has to be stopped before it.
    fn ends_with_an_action(&self, instance: &str) -> bool {
        let comes_first = (instance == "ost0" && self.script.setup.demands.order).then_some("ost1");
        let is_meant =
            |call: &Call| call.instance == instance || comes_first == Some(&call.instance);
        let mut soon = self.truth.calls.iter().filter(|call| {
            call.at >= self.at && call.at <= self.at + BOUND && call.task != Task::Monitor
        });
        soon.any(is_meant)
            || self.truth.shots.iter().any(|shot| shot.at >= self.at && shot.target == self.node)
    }
}
