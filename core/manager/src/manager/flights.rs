//! Actions that begin and end, and everything that waits for a time.

use super::{Leaving, Manager};
use crate::door::Output;
use crate::operation::{Flight, FlightId, Operation, Outcome};
use crate::state::Replan;
use cluster::{OperationStatus, exit_code};
use scheduler::plan::{ActionKey, Task};

impl Manager {
    /// An action begins: its deadline counts from here (R9), whoever runs it.
    pub(super) fn take_off(&mut self, id: FlightId, out: &mut Vec<Output>) {
        let Some(flight) = self.state.flights.get(&id).cloned() else { return };
        self.set_deadline(id, &flight);
        // Who is going has said that nothing runs here any more.
        let is_going = matches!(self.leaving, Leaving::Departing | Leaving::Gone);
        if flight.executor == self.me.node
            && !is_going
            && let Some(news) = self.executor.begin(self.now, id, flight, out)
        {
            self.submit(news, out);
        }
    }

    pub(super) fn set_deadline(&mut self, id: FlightId, flight: &Flight) {
        let slack = cluster::value::duration(self.state.configuration.property("cluster-delay"));
        let deadline = self.now + flight.invocation.timeout + slack.unwrap_or_default();
        self.deadlines.insert(id, deadline);
    }

    pub(super) fn landed(&mut self, key: &ActionKey, expected: bool) {
        self.deadlines.retain(|flight, _| self.state.flights.contains_key(flight));
        if let ActionKey::Fence { node, .. } = key
            && !expected
        {
            let failures = self.state.fencing_failures.get(node).copied().unwrap_or(0);
            self.carry.hold_fire(self.now, node, failures);
        }
        let is_hand_over = matches!(key, ActionKey::Resource { task: Task::MigrateTo, .. });
        if is_hand_over && self.planning {
            // The plan that is being made may mean a hand-over to another node, and take this for it.
            (self.planning, self.stale) = (false, Replan::Now);
        }
        let goes_on = self.carry.ended(key, expected);
        // A plan that is being made does not know of it yet.
        let is_stale = self.planning || !goes_on || self.carry.is_finished();
        // Nor does what comes next wait for people.
        self.stale = Replan::now_if(is_stale || self.stale != Replan::No);
    }

    /// The dates that people see and write rules for are the coordinator's.
    pub(super) fn set_the_clock(&mut self, out: &mut Vec<Output>) {
        if self.is_coordinator() {
            let me = (self.me.node, self.me.incarnation);
            let set = self.reckoning.set_by(self.now, self.wall, me);
            set.into_iter().for_each(|operation| self.submit(operation, out));
        }
    }

    /// Monitors, dampened attributes, deadlines that have come.
    pub(super) fn look_at_the_clock(&mut self, out: &mut Vec<Output>) {
        let now = self.now;
        self.executor.run_due(now, out);
        self.requests.expire(now, out);
        if self.retry.is_some_and(|due| due <= now) {
            self.retry = None;
            self.introduced = None;
            self.tell_what_is_aside(out);
            self.reckoning.ask_again();
            self.hold = None;
            self.carry.abandon();
            self.stale = Replan::Now;
            if self.leaving == Leaving::Departing {
                self.leaving = Leaving::Asked;
            }
        }
        if !self.is_coordinator() {
            return;
        }
        for name in self.dampening.due(now) {
            self.submit(Operation::Settle { name }, out);
        }
        if self.recheck.is_some_and(|due| due <= now) {
            self.recheck = None;
            self.stale = Replan::Now;
        }
        let late: Vec<FlightId> =
            self.deadlines.iter().filter(|(_, due)| **due <= now).map(|(id, _)| *id).collect();
        for flight in late {
            // R9: an end for everything, also when its node does not answer.
            self.deadlines.remove(&flight);
            let outcome = Outcome {
                status: OperationStatus::TimedOut,
                code: exit_code::ERROR,
                reason: "its node did not report an end".into(),
                ..Outcome::default()
            };
            self.submit(Operation::Ended { flight, outcome }, out);
        }
    }
}
