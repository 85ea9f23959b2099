//! What this node itself runs: one agent at a time per instance, and recurring monitors.

use crate::door::{FenceRun, Output, Run, RunId};
use crate::operation::{Flight, FlightId, Operation, Outcome};
use crate::results::may_change;
use base::Instant;
use cluster::{OperationStatus, exit_code};
use scheduler::plan::{ActionKey, Invocation, Task};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

type MonitorKey = (String, Duration);

/// The agents that run here, and those that will.
#[derive(Debug, Default)]
pub(crate) struct Executor {
    runs: u64,
    running: BTreeMap<RunId, Running>,
    /// Flights that wait for another run of the same instance to end.
    waiting: Vec<(FlightId, Flight)>,
    monitors: BTreeMap<MonitorKey, Monitor>,
    /// Runs whose end is of no interest any more.
    abandoned: BTreeSet<RunId>,
}

#[derive(Debug)]
struct Running {
    instance: String,
    what: What,
    is_fencing: bool,
}

#[derive(Debug)]
enum What {
    Flight(FlightId),
    Monitor(MonitorKey),
}

/// A monitor that is repeated until its resource is stopped.
#[derive(Debug)]
struct Monitor {
    invocation: Invocation,
    due: Instant,
    /// The flight that began it, until its first result.
    first: Option<FlightId>,
    /// What it said last: only news is told.
    said: Option<(OperationStatus, i32)>,
}

/// What takes no agent has ended at once.
fn done(flight: FlightId) -> Operation {
    Operation::Ended { flight, outcome: Outcome { code: exit_code::OK, ..Outcome::default() } }
}

impl Executor {
    /// Carries out a flight, as soon as nothing else runs for its instance.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        id: FlightId,
        flight: Flight,
        out: &mut Vec<Output>,
    ) -> Option<Operation> {
        let ActionKey::Resource { instance, task, interval, .. } = &flight.key else {
            return self.begin_without_agent(id, flight, out);
        };
        let key = (instance.clone(), *interval);
        match task {
            Task::Cancel => {
                self.end_monitors(out, |monitor| *monitor == key);
                return Some(done(id));
            }
            Task::Monitor if !interval.is_zero() => {
                return self.begin_monitor((now, id), key, flight.invocation, out);
            }
            // Its monitors would report the change as a failure.
            task if may_change(*task) => {
                self.end_monitors(out, |(monitored, _)| *monitored == key.0);
            }
            task if task.is_agents() => {}
            // It concerns the state alone, and is done where the end is applied.
            _ => return Some(done(id)),
        }
        self.waiting.push((id, flight));
        self.run_waiting(out);
        None
    }

    /// The others wait for the first result of a monitor, unless that is to come later
    /// (`start-delay`): meanwhile nothing may be held up by it.
    fn begin_monitor(
        &mut self,
        (now, id): (Instant, FlightId),
        key: MonitorKey,
        invocation: Invocation,
        out: &mut Vec<Output>,
    ) -> Option<Operation> {
        let delay = invocation.meta.get("start_delay").and_then(|text| text.parse().ok());
        let delay = Duration::from_millis(delay.unwrap_or(0));
        let code = invocation.target_code;
        let first = delay.is_zero().then_some(id);
        self.monitors.insert(key, Monitor { invocation, due: now + delay, first, said: None });
        self.run_due(now, out);
        let postponed = Outcome { code, ..Outcome::default() };
        first.is_none().then_some(Operation::Ended { flight: id, outcome: postponed })
    }

    /// A run has ended. What the others have to know of it, if anything.
    pub(crate) fn ended(
        &mut self,
        now: Instant,
        run: RunId,
        outcome: Outcome,
        out: &mut Vec<Output>,
    ) -> Option<Operation> {
        let running = self.running.remove(&run)?;
        let news = match running.what {
            _ if self.abandoned.remove(&run) => None,
            What::Flight(flight) => Some(Operation::Ended { flight, outcome }),
            What::Monitor(key) => self.monitored(now, key, outcome),
        };
        self.run_waiting(out);
        self.run_due(now, out);
        news
    }

    fn monitored(&mut self, now: Instant, key: MonitorKey, outcome: Outcome) -> Option<Operation> {
        let monitor = self.monitors.get_mut(&key)?;
        monitor.due = now + key.1;
        let says = Some((outcome.status, outcome.code));
        let is_news = monitor.said != says;
        monitor.said = says;
        let (instance, interval) = key;
        match monitor.first.take() {
            Some(flight) => Some(Operation::Ended { flight, outcome }),
            None if is_news => Some(Operation::MonitorChanged { instance, interval, outcome }),
            None => None,
        }
    }

    /// Runs the monitors that are due.
    pub(crate) fn run_due(&mut self, now: Instant, out: &mut Vec<Output>) {
        let due: Vec<MonitorKey> = self
            .monitors
            .iter()
            .filter(|((instance, _), monitor)| monitor.due <= now && !self.is_busy(instance))
            .map(|(key, _)| key.clone())
            .collect();
        for key in due {
            if self.is_busy(&key.0) {
                continue; // Two monitors of one instance: one after the other.
            }
            let invocation = self.monitors[&key].invocation.clone();
            let (instance, interval) = key.clone();
            let id = self.register(&instance, What::Monitor(key));
            out.push(Output::Run(Run { id, instance, task: Task::Monitor, interval, invocation }));
        }
    }

    /// When the next monitor is due that is not held up by a run.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        let free = self.monitors.iter().filter(|((instance, _), _)| !self.is_busy(instance));
        free.map(|(_, monitor)| monitor.due).min()
    }

    /// Everything here is about a past that no longer counts: ends what runs.
    pub(crate) fn abandon(&mut self, out: &mut Vec<Output>) {
        self.monitors.clear();
        self.waiting.clear();
        for &run in self.running.keys() {
            if self.abandoned.insert(run) {
                out.push(Output::End(run));
            }
        }
    }

    /// The right to act is lost: who was to be fenced may be the one who has it now (F1).
    pub(crate) fn end_fencing(&mut self, out: &mut Vec<Output>) {
        let fencing = self.running.iter().filter(|(_, running)| running.is_fencing);
        out.extend(fencing.map(|(run, _)| Output::End(*run)));
    }

    /// Whether nothing runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    fn begin_without_agent(
        &mut self,
        id: FlightId,
        flight: Flight,
        out: &mut Vec<Output>,
    ) -> Option<Operation> {
        let ActionKey::Fence { node, how } = flight.key else { return Some(done(id)) };
        let run = self.register(&flight.device, What::Flight(id));
        if let Some(running) = self.running.get_mut(&run) {
            running.is_fencing = true;
        }
        let (device, invocation) = (flight.device, flight.invocation);
        out.push(Output::Fence(FenceRun { id: run, device, target: node, how, invocation }));
        None
    }

    fn run_waiting(&mut self, out: &mut Vec<Output>) {
        let waiting = std::mem::take(&mut self.waiting);
        for (id, flight) in waiting {
            match &flight.key {
                ActionKey::Resource { instance, task, interval, .. } if !self.is_busy(instance) => {
                    let (instance, task, interval) = (instance.clone(), *task, *interval);
                    let run = self.register(&instance, What::Flight(id));
                    let invocation = flight.invocation;
                    out.push(Output::Run(Run { id: run, instance, task, interval, invocation }));
                }
                _ => self.waiting.push((id, flight)),
            }
        }
    }

    fn end_monitors(&mut self, out: &mut Vec<Output>, which: impl Fn(&MonitorKey) -> bool) {
        self.monitors.retain(|key, _| !which(key));
        for (&run, running) in &self.running {
            if let What::Monitor(key) = &running.what
                && which(key)
                && self.abandoned.insert(run)
            {
                out.push(Output::End(run));
            }
        }
    }

    fn is_busy(&self, instance: &str) -> bool {
        self.running.values().any(|running| running.instance == instance)
    }

    fn register(&mut self, instance: &str, what: What) -> RunId {
        self.runs += 1;
        let id = RunId(self.runs);
        let instance = instance.to_owned();
        self.running.insert(id, Running { instance, what, is_fencing: false });
        id
    }
}
