//! From a plan that is asked for to intents that are sent.

use super::Manager;
use super::limits::Room;
use crate::door::{Output, PlanRequest};
use crate::interlock::{self, may_run};
use crate::operation::{Flight, Operation};
use crate::state::Replan;
use crate::{Event, EventKind, Planned};
use base::planted::{self, Planted};
use base::{BootId, Instant};
use scheduler::plan::{Action, ActionKey, Invocation, Task};
use std::sync::Arc;
use std::time::Duration;

/// So often a plan is made because people change what they want. Who sends a thousand changes has
/// them acknowledged one by one; what follows from them is worked out together.
const PACE: Duration = Duration::from_millis(50);
/// Where plans take long, wishes get this part of the time; the rest is for carrying changes out.
const SHARE: u32 = 5;

impl Manager {
    fn is_plan_due(&self) -> bool {
        !self.planning
            && match self.stale {
                Replan::No => false,
                Replan::Soon => self.wishes_due <= self.now,
                Replan::Now => true,
            }
    }

    /// When to plan for what people have changed since the last plan, if nothing else asks for it.
    pub(super) fn wishes_wake(&self) -> Option<Instant> {
        (self.stale == Replan::Soon && !self.planning).then_some(self.wishes_due)
    }

    pub(super) fn plan(&mut self, out: &mut Vec<Output>) {
        if !self.is_coordinator() || !self.state.begun {
            return;
        }
        if self.is_plan_due() {
            self.stale = Replan::No;
            self.planning = true;
            self.plan_asked = self.now;
            self.carry.plan_asked();
            self.plans += 1;
            out.push(Output::Plan(PlanRequest {
                serial: self.plans,
                configuration: Arc::clone(&self.state.configuration),
                status: interlock::believed(&self.state),
                // What was sent counts, too: nothing else keeps what depends on it in order (R5).
                in_flight: self.under_way().map(|flight| flight.key.clone()).collect(),
                passing: self.state.passing.iter().cloned().collect(),
                has_quorum: self.state.has_quorum || planted::is(Planted::ActWithoutQuorum),
                coordinator: Some(self.me.node.to_string()),
                now: self.clock().at,
            }));
        }
        // A graph that was made from a state that is no more sends nothing further: the next one
        // is on its way, and what was sent goes on meanwhile.
        if !self.planning && self.stale == Replan::No {
            self.send_ready(out);
        }
    }

    pub(super) fn planned(&mut self, serial: u64, planned: Planned, out: &mut Vec<Output>) {
        if serial != self.plans || !self.planning || !self.is_coordinator() {
            return; // Asked in another view, of another state.
        }
        self.planning = false;
        let Planned { plan, over } = planned;
        if self.stale == Replan::No {
            self.end_move(over, out);
        }
        let took = self.now.saturating_since(self.plan_asked);
        self.wishes_due = self.plan_asked + PACE.max(took * SHARE);
        let interval =
            cluster::value::duration(self.state.configuration.property("cluster-recheck-interval"));
        let interval = interval.filter(|interval| !interval.is_zero());
        let expiry = plan.recheck.map(|at| at.saturating_since(self.clock().at));
        let pause = interval.into_iter().chain(expiry).min();
        self.recheck = pause.map(|pause| self.now + pause.max(Duration::from_millis(100)));
        self.carry.adopt(self.state.localize(plan.graph));
        // Before the next plan is asked for: where something changes all the time, something has
        // to get done all the same.
        self.send_ready(out);
    }

    /// Sends what the graph allows, in one message: a node runs it when it is delivered, in this
    /// view only.
    pub(super) fn send_ready(&mut self, out: &mut Vec<Output>) {
        let Some(view) = self.view.as_ref().map(|view| view.id) else { return };
        let ready: Vec<Action> = self.carry.ready().into_iter().cloned().collect();
        let mut flights: Vec<Flight> =
            ready.into_iter().filter_map(|action| self.flight_of(action, out)).collect();
        let mut room = Room::beside(&self.state, self.under_way());
        flights.retain(|flight| room.take(flight));
        if flights.is_empty() {
            return;
        }
        flights.iter().for_each(|flight| self.carry.sent(self.now, flight.clone()));
        self.submit(Operation::Intend { view, flights }, out);
    }

    /// What has been sent: what is in flight, and what will be when it has been delivered.
    fn under_way(&self) -> impl Iterator<Item = &Flight> {
        self.state.flights.values().chain(self.carry.under_way())
    }

    /// The flight for an action, unless something forbids it now.
    pub(super) fn flight_of(&mut self, action: Action, out: &mut Vec<Output>) -> Option<Flight> {
        if self.state.conflicts(&action.key) {
            return None; // R8: it is sent when what is in flight has ended.
        }
        if !self.carry.may_repeat(self.now, &action.key) {
            let text = format!("{} was asked for again and again; it waits a while", action.key);
            if self.carry.doubt(&action.key) {
                let kind = EventKind::Alarm { text };
                out.push(Output::Event(Event { number: 0, at: self.wall, kind }));
            }
            return None;
        }
        match &action.key {
            ActionKey::Resource { instance, node, task, .. } => {
                if self.state.must_leave_alone(instance, node, *task) {
                    return None; // R7: the plan is older than that word, and another is on its way.
                }
                let meta = action.invocation.as_ref().map(|invocation| &invocation.meta)?;
                if let Err(doubt) = may_run(&self.state, instance, node, (*task, meta)) {
                    let verb = task.name();
                    let text = format!("{verb} of {instance} on {node} held back: {doubt}");
                    if self.carry.doubt(&action.key) {
                        let kind = EventKind::Alarm { text };
                        out.push(Output::Event(Event { number: 0, at: self.wall, kind }));
                    }
                    return None;
                }
                // What is forgotten of a node that is away is forgotten by the others.
                let executor = match task {
                    Task::ClearFailCount | Task::Delete => self.me.node,
                    _ => self.state.node_id(node)?,
                };
                let mut invocation = action.invocation?;
                if *task == Task::Stop {
                    self.state.stop_as_started(node, instance, &mut invocation);
                }
                let (key, reason) = (action.key, action.reason);
                let (device, life) = (String::new(), BootId::default());
                Some(Flight { key, executor, invocation, device, life, reason, before: None })
            }
            ActionKey::Fence { node, how } => {
                if !self.state.may_act() || !self.carry.may_fence(self.now, node) {
                    return None; // F1, F6
                }
                let (node, how) = (node.clone(), *how);
                let shot = self.state.choose_shot(&node, how)?;
                Some(self.state.fence_flight(&node, action.key, shot, action.reason))
            }
            ActionKey::Release { node } => {
                let executor = self.state.node_id(node)?;
                if self.state.may_go(executor) || self.state.may_run_unknown(executor) {
                    return None;
                }
                let (key, reason, device) = (action.key, action.reason, String::new());
                let (invocation, life) = (Invocation::default(), BootId::default());
                Some(Flight { key, executor, invocation, device, life, reason, before: None })
            }
            ActionKey::Pseudo(_) => None,
        }
    }
}
