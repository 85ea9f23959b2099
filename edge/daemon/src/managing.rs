//! The loop around the manager machine.

use crate::reply;
use crate::rings::ToRings;
use crate::running::ToWorld;
use crate::storage::ToDisk;
use base::Instant;
use manager::{
    ClockOff, Command, Event, EventKind, Input, Manager, Output, PlanRequest, Reply, RequestId,
};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// What comes to the manager.
pub(crate) enum ToManager {
    Input(Input),
    Request(Command, oneshot::Sender<Reply>),
}

/// Where the manager's outputs go.
pub(crate) struct Outlets {
    pub(crate) rings: ToRings,
    pub(crate) planner: Sender<PlanRequest>,
    pub(crate) disk: Sender<ToDisk>,
    pub(crate) world: mpsc::UnboundedSender<ToWorld>,
    /// The number of the newest event.
    pub(crate) news: watch::Sender<u64>,
}

/// Longest sleep: the machine says when it wants to be woken, this is for one that wants nothing.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// The time, as the core counts it.
pub(crate) fn now() -> Instant {
    Instant::after_start(os::clock::monotonic())
}

/// Steps the manager with whatever comes, until nobody can send anything any more.
pub(crate) fn run(mut manager: Manager, inputs: &Receiver<ToManager>, outlets: &Outlets) {
    let mut clients = Clients::default();
    let mut out = Vec::new();
    let mut clock = ClockWatch::default();
    loop {
        let now = now();
        let sleep = manager.next_wake().map_or(LONGEST_SLEEP, |wake| wake.saturating_since(now));
        let input = match inputs.recv_timeout(sleep.min(clock.patience())) {
            Ok(ToManager::Input(input)) => input,
            Ok(ToManager::Request(command, answer)) => {
                Input::Request(clients.welcome(answer), command)
            }
            Err(RecvTimeoutError::Timeout) => Input::Wake,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        manager.step(self::now(), os::clock::wall(), input, &mut out);
        for output in out.drain(..) {
            outlets.pass_on(output, &mut clients);
        }
        clock.look(self::now(), manager.clock_off());
    }
}

/// Says in the log that this machine's clock is off.
#[derive(Default)]
struct ClockWatch {
    since: Option<Instant>,
    told: bool,
}

impl ClockWatch {
    /// So long it may be off unheard: the cluster's clock may just be about to be set.
    const GRACE: Duration = Duration::from_secs(3);

    /// How long this may wait for the next look.
    const fn patience(&self) -> Duration {
        if self.since.is_some() && !self.told { Self::GRACE } else { LONGEST_SLEEP }
    }

    fn look(&mut self, now: Instant, off: Option<ClockOff>) {
        let Some(off) = off else {
            if std::mem::take(self).told {
                tracing::info!("this machine's clock is that of the cluster again");
            }
            return;
        };
        let since = *self.since.get_or_insert(now);
        if !self.told && now.saturating_since(since) >= Self::GRACE {
            self.told = true;
            tracing::warn!("{off}");
        }
    }
}

/// Who waits for which answer.
#[derive(Default)]
struct Clients {
    count: u64,
    waiting: BTreeMap<RequestId, oneshot::Sender<Reply>>,
}

impl Clients {
    fn welcome(&mut self, answer: oneshot::Sender<Reply>) -> RequestId {
        self.count += 1;
        let id = RequestId(self.count);
        self.waiting.insert(id, answer);
        id
    }

    fn answer(&mut self, id: RequestId, reply: Reply) {
        if let Some(client) = self.waiting.remove(&id) {
            reply::give(client, reply);
        }
    }
}

impl Outlets {
    /// A closed channel means that the daemon is ending; then there is nobody to tell.
    fn pass_on(&self, output: Output, clients: &mut Clients) {
        let delivered = match output {
            Output::Group(command) => self.rings.command(command),
            Output::Plan(request) => self.planner.send(request).is_ok(),
            Output::Run(run) => self.world.send(ToWorld::Run(run)).is_ok(),
            Output::Fence(run) => self.world.send(ToWorld::Fence(run)).is_ok(),
            Output::End(run) => self.world.send(ToWorld::End(run)).is_ok(),
            Output::Finished => self.world.send(ToWorld::Finish).is_ok(),
            Output::Store(kept) => self.disk.send(ToDisk::Kept(kept)).is_ok(),
            Output::Reply(id, reply) => {
                clients.answer(id, reply);
                true
            }
            Output::Event(event) => {
                log(&event);
                // What is not in the journal yet has no number.
                if event.number > 0 {
                    self.news.send_replace(event.number);
                }
                true
            }
        };
        if !delivered {
            tracing::debug!("the daemon is ending; an output was dropped");
        }
    }
}

fn log(event: &Event) {
    let kind = &event.kind;
    match kind {
        EventKind::Alarm { .. }
        | EventKind::FencingEnded { failure: Some(_), .. }
        | EventKind::Action { failure: Some(_), .. } => tracing::error!("{kind}"),
        EventKind::Suspected { .. } | EventKind::FencingStarted { .. } => {
            tracing::warn!("{kind}");
        }
        _ => tracing::info!("{kind}"),
    }
}
