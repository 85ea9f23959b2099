//! Requests of clients, until they are answered.

use crate::State;
use crate::door::{Acknowledgement, Output, Refused, Reply, RequestId};
use crate::state::EditRefusal;
use base::Instant;
use cluster::Version;
use group::View;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How long a client waits at the longest (L9).
const PATIENCE: Duration = Duration::from_secs(30);

/// What this node has submitted and who waits for it.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    /// One entry for each own message that was not delivered yet, in the order of submission:
    /// that is also the order of delivery.
    submitted: VecDeque<Option<RequestId>>,
    deadlines: BTreeMap<RequestId, Instant>,
    /// Edits that are applied, and wait for the disks.
    storing: BTreeMap<RequestId, Version>,
}

impl Requests {
    /// An own message is on its way, for this client or for none.
    pub(crate) fn submitted(&mut self, now: Instant, request: Option<RequestId>) {
        self.submitted.push_back(request);
        if let Some(request) = request {
            self.deadlines.insert(request, now + PATIENCE);
        }
    }

    /// The next own message has been delivered: who waits for it.
    pub(crate) fn delivered(&mut self) -> Option<RequestId> {
        self.submitted.pop_front().flatten()
    }

    /// The newest own message was not even taken to be sent.
    pub(crate) fn turned_away(&mut self, out: &mut Vec<Output>) {
        if let Some(request) = self.submitted.pop_back().flatten() {
            self.answer(request, Reply::Refused(Refused::Busy), out);
        }
    }

    /// An own message took effect.
    pub(crate) fn applied(
        &mut self,
        request: RequestId,
        edited: Option<Result<Version, EditRefusal>>,
        out: &mut Vec<Output>,
    ) {
        let reply = match edited {
            None => Reply::Done(Acknowledgement::Applied),
            Some(Ok(version)) => {
                self.storing.insert(request, version);
                return;
            }
            Some(Err(EditRefusal::Edit(refusal))) => Reply::Refused(Refused::Edit(refusal)),
            Some(Err(EditRefusal::Changed { base, now })) => {
                Reply::Refused(Refused::Changed { base, now })
            }
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
        if self.deadlines.remove(&request).is_some() {
            out.push(Output::Reply(request, reply));
        }
    }
}

/// C1: on the disks of a majority of the voters; C1b: on all disks there are.
fn acknowledgement(
    state: &State,
    view: &View,
    voters: usize,
    version: Version,
) -> Option<Acknowledgement> {
    let has_it = |node| state.stored.get(node).is_some_and(|stored| *stored >= version);
    let nodes = view.nodes();
    let copies = nodes.iter().filter(|node| has_it(node)).count();
    let majority = voters / 2 + 1;
    if copies >= majority {
        Some(Acknowledgement::Majority(version))
    } else if copies == nodes.len() {
        Some(Acknowledgement::SingleCopy(version))
    } else {
        None
    }
}
