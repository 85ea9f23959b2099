//! Requests of clients, until they are answered.

use crate::State;
use crate::door::{Acknowledgement, Output, Refused, Reply, RequestId};
use crate::state::EditRefusal;
use base::Instant;
use base::planted::{self, Planted};
use cluster::Version;
use group::{QuorumChange, QuorumRefusal, View};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a client waits at the longest (L9).
const PATIENCE: Duration = Duration::from_secs(30);

/// What this node has submitted and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// Who waits for which own message, by its serial.
    submitted: BTreeMap<u64, RequestId>,
    deadlines: BTreeMap<RequestId, Instant>,
    /// Edits that are applied, and wait for the disks.
    storing: BTreeMap<RequestId, Version>,
    /// What was asked of the group, oldest first.
    voting: Vec<(RequestId, QuorumChange)>,
}

impl Requests {
    /// An own message is on its way for this client.
    pub(crate) fn submitted(&mut self, now: Instant, serial: u64, request: RequestId) {
        self.submitted.insert(serial, request);
        self.deadlines.insert(request, now + PATIENCE);
    }

    /// An own message has been delivered: who waits for it.
    pub(crate) fn delivered(&mut self, serial: u64) -> Option<RequestId> {
        self.submitted.remove(&serial)
    }

    /// A change of votes has been handed to the group for this client.
    pub(crate) fn voting(&mut self, now: Instant, request: RequestId, change: QuorumChange) {
        self.voting.push((request, change));
        self.deadlines.insert(request, now + PATIENCE);
    }

    /// The group has made a change of votes, or refuses it.
    pub(crate) fn voted(
        &mut self,
        change: QuorumChange,
        outcome: Result<(), QuorumRefusal>,
        out: &mut Vec<Output>,
    ) {
        let waiting = self.voting.iter().find(|(_, asked)| *asked == change);
        let Some(&(request, _)) = waiting else { return };
        let reply = match outcome {
            Ok(()) => Reply::Done(Acknowledgement::Applied),
            Err(reason) => Reply::Refused(Refused::Votes(reason)),
        };
        self.answer(request, reply, out);
    }

    /// This node has been taken over by another line: what became of anything that was asked for
    /// here is not known.
    pub(crate) fn give_up(&mut self, out: &mut Vec<Output>) {
        self.submitted.clear();
        let waiting: Vec<RequestId> = self.deadlines.keys().copied().collect();
        for request in waiting {
            self.answer(request, Reply::Refused(Refused::TakenOver), out);
        }
    }

    /// An own message took effect.
    pub(crate) fn applied(
        &mut self,
        request: RequestId,
        outcome: Option<Result<Version, Refused>>,
        out: &mut Vec<Output>,
    ) {
        let reply = match outcome {
            None => Reply::Done(Acknowledgement::Applied),
            Some(Ok(version)) => {
                self.storing.insert(request, version);
                return;
            }
            Some(Err(why)) => Reply::Refused(why),
        };
        self.answer(request, reply, out);
    }

    /// Answers the edits that are on enough disks.
    pub(crate) fn acknowledge(
        &mut self,
        state: &State,
        view: &View,
        voters: usize,
        out: &mut Vec<Output>,
    ) {
        let done: Vec<(RequestId, Acknowledgement)> = self
            .storing
            .iter()
            .filter_map(|(&request, &version)| {
                Some((request, acknowledgement(state, view, voters, version)?))
            })
            .collect();
        for (request, acknowledgement) in done {
            self.answer(request, Reply::Done(acknowledgement), out);
        }
    }

    /// Tells those who have waited too long that nobody knows.
    pub(crate) fn expire(&mut self, now: Instant, out: &mut Vec<Output>) {
        let late: Vec<RequestId> = self
            .deadlines
            .iter()
            .filter(|(_, deadline)| **deadline <= now)
            .map(|(request, _)| *request)
            .collect();
        for request in late {
            self.answer(request, Reply::Refused(Refused::Unknown(PATIENCE)), out);
        }
    }

    /// When the next client has waited too long.
    pub(crate) fn next_wake(&self) -> Option<Instant> {
        self.deadlines.values().min().copied()
    }

    fn answer(&mut self, request: RequestId, reply: Reply, out: &mut Vec<Output>) {
        self.storing.remove(&request);
        self.voting.retain(|(waiting, _)| *waiting != request);
        if self.deadlines.remove(&request).is_some() {
            out.push(Output::Reply(request, reply));
        }
    }
}

/// C1: on the disks of a majority of the voters; C1b: on all disks there are. What a node has there
/// from an earlier view may be another configuration of the same version.
fn acknowledgement(
    state: &State,
    view: &View,
    voters: usize,
    version: Version,
) -> Option<Acknowledgement> {
    let has_it = |node| {
        let stored = state.stored.get(node).filter(|stored| stored.acted == state.acted);
        stored.is_some_and(|stored| stored.version >= version)
    };
    let nodes = view.nodes();
    let copies = nodes.iter().filter(|node| has_it(node)).count();
    let majority = voters / 2 + 1;
    if copies >= majority || planted::is(Planted::AnswerBeforeDisks) {
        Some(Acknowledgement::Majority(version))
    } else if copies == nodes.len() {
        Some(Acknowledgement::SingleCopy(version))
    } else {
        None
    }
}

impl From<EditRefusal> for Refused {
    fn from(why: EditRefusal) -> Self {
        match why {
            EditRefusal::Edit(refusal) => Self::Edit(refusal),
            EditRefusal::Invalid(problems) => Self::Invalid(problems),
            EditRefusal::NoQuorum => Self::NoQuorum("it was lost meanwhile".into()),
            EditRefusal::Changed { base, now } => Self::Changed { base, now },
            EditRefusal::OnTrial { version, left } => Self::OnTrial { version, left },
        }
    }
}
