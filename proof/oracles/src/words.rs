//! What agents have answered, and who can know of it: the cluster can act on no more than that.

use crate::stays::{Stay, stays_of};
use base::{Instant, NodeId};
use cluster::exit_code;
use scheduler::plan::Task;
use sim::{Call, CallEnd, Recording, Truth};
use std::time::Duration;

/// In this time a word of people has reached everybody, and what it changes is planned.
const A_MOMENT: Duration = Duration::from_secs(3);

/// All that processes were told and agents have answered.
pub(crate) struct Words<'a> {
    stays: Vec<Stay<'a>>,
    truth: &'a Truth,
}

/// The last word of a service on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Nobody there was asked.
    Nothing,
    /// It was started, or found running, and nothing was said against that since.
    Active,
    /// The same, but it is being looked for anew: nobody counts on it.
    Asked,
    /// The same, but it is being started still.
    Starting,
    /// It was started, and a monitor has missed it since then.
    Failed(Instant),
    /// It was stopped, or found not to run.
    Inactive,
    /// It is being stopped, or something else went wrong.
    Unclear,
}

impl<'a> Words<'a> {
    pub(crate) fn new(recording: &'a Recording, truth: &'a Truth) -> Self {
        Self { stays: recording.lives.iter().flat_map(stays_of).collect(), truth }
    }

    /// The process of `node` that lived at `at`, in its view. What it does at the instant at which it
    /// enters one was delivered at the end of the view before.
    pub(crate) fn stay_at(&self, node: NodeId, at: Instant) -> Option<&Stay<'a>> {
        let here = self.stays.iter().filter(|stay| stay.life.node == node && stay.installed < at);
        here.max_by_key(|stay| stay.installed).filter(|stay| stay.life.is_alive(at))
    }

    /// Whether anybody was told to leave that service alone, or had been a moment before.
    pub(crate) fn is_left_alone(&self, service: &str, at: Instant) -> bool {
        let all = &self.truth.left_alone;
        all.iter().enumerate().any(|(place, (since, node, services))| {
            let next = all[place + 1..].iter().find(|(_, other, _)| other == node);
            let lasts = next.is_none_or(|(until, _, _)| *until + A_MOMENT >= at);
            services.contains(service) && *since <= at && lasts
        })
    }

    /// What the services named `service` on all members of that view have said last, as far as their
    /// processes there have heard it, before the call with the number `before`.
    pub(crate) fn words<'b>(
        &'b self,
        stay: &'b Stay<'a>,
        service: &'b str,
        before: usize,
    ) -> impl Iterator<Item = (NodeId, Word)> + 'b {
        let now = self.truth.calls[before].at;
        stay.view.members.iter().map(move |member| {
            let mut lives = self.stays.iter().map(|stay| stay.life);
            let born = lives
                .find(|life| (life.node, life.incarnation) == (member.node, member.incarnation))
                .map_or(now, |life| life.born);
            let calls = self.truth.calls[..before].iter();
            let heard = calls.filter(|call| {
                call.node == member.node && call.instance == service && call.at >= born
            });
            (member.node, heard.fold(Word::Nothing, |word, call| word.after(call, now)))
        })
    }
}

impl Word {
    fn after(self, call: &Call, now: Instant) -> Self {
        let is_probe = call.interval == Duration::ZERO;
        let ended = call.end.filter(|(at, _)| *at <= now);
        let said = match ended {
            Some((_, CallEnd::Ended(_, code))) => Some(code),
            _ => None,
        };
        match (call.task, said) {
            (Task::Start, None) if ended.is_none() => Self::Starting,
            (Task::Start | Task::MigrateFrom, Some(exit_code::OK)) => Self::Active,
            (Task::Stop | Task::MigrateTo, Some(exit_code::OK)) => Self::Inactive,
            (Task::Start | Task::Stop | Task::MigrateTo | Task::MigrateFrom, _) => Self::Unclear,
            (Task::Monitor, Some(exit_code::OK | exit_code::PROMOTED)) if is_probe => Self::Active,
            (Task::Monitor, Some(exit_code::NOT_RUNNING)) if is_probe => Self::Inactive,
            (Task::Monitor, Some(_)) if is_probe => Self::Unclear,
            (Task::Monitor, Some(exit_code::OK | exit_code::PROMOTED)) => match self {
                Self::Failed(_) => Self::Active,
                word => word,
            },
            (Task::Monitor, None) if is_probe && ended.is_none() && self == Self::Active => {
                Self::Asked
            }
            (Task::Monitor, Some(_)) if self == Self::Active => {
                Self::Failed(ended.map_or(now, |(at, _)| at))
            }
            _ => self,
        }
    }
}
