//! How long somebody is waited for.
//!
//! Corosync notices when a process ends, not when it stands still; and while Corosync itself stands
//! still, everybody is late. So who is late is knocked at first, through the same order that all
//! messages go. Only who has said nothing for a while after that was delivered is left behind.

use crate::door::Process;
use base::Instant;
use group::ViewId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Until a late process is knocked at, and again until it is left behind.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);
/// Who is woken so much too late was held up himself, and accuses nobody (L6).
const HELD_UP: Duration = Duration::from_secs(1);

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// That somebody opens a round.
    Opening,
    /// Hellos of this round.
    Hellos(ViewId),
    /// Acknowledgements of this message.
    Acknowledgements(ViewId, u64),
}

/// And of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) missing: Missing,
    pub(crate) late: BTreeSet<Process>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Waiting,
    /// The knock has not come back: Corosync may stand still.
    Knocking,
    Listening,
}

#[derive(Debug, Default)]
pub(crate) struct Patience {
    wait: Option<Wait>,
    stage: Stage,
    until: Option<Instant>,
    /// Who was heard since whose knock, in this configuration of the group.
    heard: BTreeMap<Process, BTreeSet<Process>>,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lapse {
    Knock(Vec<Process>),
    LeaveBehind(Vec<Process>),
    HeldUp(Duration),
}

impl Patience {
    pub(crate) const fn next_wake(&self) -> Option<Instant> {
        self.until
    }

    /// This is waited for now; every progress begins it anew.
    pub(crate) fn watch(&mut self, wait: Option<Wait>, now: Instant) {
        if self.wait != wait {
            self.until = wait.as_ref().map(|_| now + PATIENCE);
            self.stage = Stage::Waiting;
            self.wait = wait;
        }
    }

    /// The group has other members: earlier knocks say nothing any more.
    pub(crate) fn configuration(&mut self) {
        self.heard.clear();
        self.wait = None;
    }

    pub(crate) fn heard(&mut self, from: Process) {
        self.heard.values_mut().for_each(|heard| {
            heard.insert(from);
        });
    }

    pub(crate) fn knocked(&mut self, by: Process, me: Process, now: Instant) {
        self.heard.insert(by, BTreeSet::new());
        if by == me && self.stage == Stage::Knocking {
            self.stage = Stage::Listening;
            self.until = Some(now + PATIENCE);
        }
    }

    /// Those of `accused` who have said nothing since `accuser` knocked. Where its knock came, all
    /// have heard the same since.
    pub(crate) fn silent(&self, accuser: Process, accused: &[Process]) -> BTreeSet<Process> {
        let Some(heard) = self.heard.get(&accuser) else { return BTreeSet::new() };
        accused.iter().filter(|process| !heard.contains(process)).copied().collect()
    }

    /// Time has come to `now`.
    pub(crate) fn lapse(&mut self, me: Process, now: Instant) -> Option<Lapse> {
        let until = self.until.filter(|until| *until <= now)?;
        let late: Vec<_> = self.wait.as_ref()?.late.iter().copied().collect();
        let late_by = now.saturating_since(until);
        if late_by >= HELD_UP {
            (self.stage, self.until) = (Stage::Waiting, Some(now + PATIENCE));
            return Some(Lapse::HeldUp(late_by));
        }
        match self.stage {
            Stage::Waiting | Stage::Knocking => {
                (self.stage, self.until) = (Stage::Knocking, None);
                Some(Lapse::Knock(late))
            }
            Stage::Listening => {
                let silent: Vec<_> = self.silent(me, &late).into_iter().collect();
                (self.stage, self.until) = (Stage::Waiting, Some(now + PATIENCE));
                (!silent.is_empty()).then_some(Lapse::LeaveBehind(silent))
            }
        }
    }
}
