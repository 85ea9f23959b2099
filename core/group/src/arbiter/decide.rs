//! The decision.

use super::{Answer, Report, Verdict};
use crate::types::ViewId;
use base::{Instant, NodeId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// So many partitions of one cluster are remembered: each has a member of its own.
const MAX_CANDIDATES: usize = crate::MAX_NODES;
/// Clocks differ in speed by less than one in so many.
const DRIFT: u32 = 50;

/// The time-outs of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// For how long the vote is granted at a time.
    pub lease: Duration,
    /// What members need to agree on a view, beyond their patience.
    pub agreement: Duration,
    /// How long others are waited for before a free vote is given away, beyond half the patience.
    pub collect: Duration,
    /// How often a view asks.
    pub interval: Duration,
    /// How often it asks while nothing is decided.
    pub hurry: Duration,
}

impl Default for Terms {
    /// A holder may miss four answers in a row.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
            agreement: Duration::from_secs(1),
            collect: Duration::from_millis(400),
            interval: Duration::from_secs(1),
            hurry: Duration::from_millis(100),
        }
    }
}

impl Terms {
    /// How long after its last report the vote is kept for a holder of this patience.
    pub fn hold(&self, patience: Duration) -> Duration {
        self.lease + self.lease / DRIFT + 2 * patience + self.agreement
    }

    fn collection(&self, patience: Duration) -> Duration {
        self.collect + patience / 2
    }

    /// Who has not asked for so long is not there any more.
    fn silence(&self) -> Duration {
        3 * self.interval
    }
}

/// All clusters of an arbiter. Time comes in as an argument and does not go back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arbitration {
    terms: Terms,
    born: Instant,
    cases: BTreeMap<String, Case>,
}

/// How a cluster stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub cluster: String,
    /// The partition that has the vote, and since when it or one that it came from has had it.
    pub holder: Option<(ViewId, BTreeSet<NodeId>, Instant)>,
    /// Partitions that have asked lately and have it not.
    pub others: Vec<(ViewId, BTreeSet<NodeId>)>,
}

impl Arbitration {
    /// An arbiter that starts now, and does not know what another has granted before.
    pub const fn new(terms: Terms, now: Instant) -> Self {
        Self { terms, born: now, cases: BTreeMap::new() }
    }

    /// Decides on a report that came in at `now` from a process that has proved to be of `cluster`.
    /// Remembers something for every cluster named here: call it for known ones alone.
    pub fn answer(&mut self, now: Instant, cluster: &str, report: &Report) -> Answer {
        let (terms, quiet_until) = (self.terms, self.born + self.terms.hold(report.patience));
        let case = self.cases.entry(cluster.to_owned()).or_insert_with(|| Case::new(quiet_until));
        let verdict = case.decide(&terms, now, report);
        let again = match verdict {
            Verdict::Undecided => terms.hurry,
            Verdict::Granted | Verdict::Withheld => terms.interval,
        };
        Answer { verdict, lease: terms.lease, again }
    }

    /// How the clusters that have asked stand at `now`, by name.
    pub fn standings(&self, now: Instant) -> Vec<Standing> {
        let standing = |(cluster, case): (&String, &Case)| {
            let holder = case.holder.as_ref().filter(|holder| now < holder.until);
            let fresh = |candidate: &&Candidate| {
                now.saturating_since(candidate.heard) < self.terms.silence()
            };
            let others = case.candidates.iter().filter(fresh);
            Standing {
                cluster: cluster.clone(),
                holder: holder.map(|holder| (holder.view, holder.members.clone(), holder.since)),
                others: others.map(|other| (other.view, other.members.clone())).collect(),
            }
        };
        self.cases.iter().map(standing).collect()
    }
}

/// One cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Case {
    /// Until then a holder may exist that this arbiter does not know of.
    quiet_until: Instant,
    holder: Option<Holder>,
    /// Since when the vote is free.
    free_since: Instant,
    candidates: Vec<Candidate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Holder {
    view: ViewId,
    members: BTreeSet<NodeId>,
    since: Instant,
    until: Instant,
}

/// A partition that has asked and has not got the vote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Candidate {
    view: ViewId,
    members: BTreeSet<NodeId>,
    votes: u32,
    known_since: Instant,
    heard: Instant,
}

/// How a reported view stands to the holder.
enum Relation {
    /// It is the holder, or has all its members.
    Heir,
    /// It shows that the holder's view is over, and has not all its members.
    Remainder,
    /// It is older than the holder's: over.
    Past,
    /// They have no member in common.
    Stranger,
}

impl Holder {
    fn relation(&self, report: &Report) -> Relation {
        if report.view == self.view {
            Relation::Heir
        } else if !report.meets(&self.members) {
            Relation::Stranger
        } else if report.view < self.view {
            Relation::Past
        } else if self.members.is_subset(&report.members) {
            Relation::Heir
        } else {
            Relation::Remainder
        }
    }
}

impl Case {
    const fn new(quiet_until: Instant) -> Self {
        Self {
            quiet_until,
            holder: None,
            free_since: Instant::after_start(Duration::ZERO),
            candidates: Vec::new(),
        }
    }

    fn decide(&mut self, terms: &Terms, now: Instant, report: &Report) -> Verdict {
        self.forget_the_past(terms, now);
        match self.holder.as_ref().map(|holder| holder.relation(report)) {
            Some(Relation::Heir) => return self.grant(terms, now, report),
            Some(Relation::Past) => return Verdict::Withheld,
            Some(Relation::Remainder) => self.set_free(now),
            Some(Relation::Stranger) | None => {}
        }
        if !self.note(now, report) || self.holder.is_some() {
            return Verdict::Withheld;
        }
        // Who says that it holds the vote may not know yet that its view is over, and another has the
        // vote since: for the time of a lease one such word is no reason to give it to a third.
        if now < self.quiet_until {
            return match report.holds {
                true => self.grant(terms, now, report),
                false => Verdict::Undecided,
            };
        }
        match self.is_elected(terms, now, report) {
            true => self.grant(terms, now, report),
            false => Verdict::Undecided,
        }
    }

    /// Leases end; who is silent is not waited for.
    fn forget_the_past(&mut self, terms: &Terms, now: Instant) {
        if self.holder.as_ref().is_some_and(|holder| holder.until <= now) {
            self.set_free(now);
        }
        self.candidates.retain(|other| now.saturating_since(other.heard) < terms.silence());
    }

    fn set_free(&mut self, now: Instant) {
        self.holder = None;
        self.free_since = now;
    }

    fn grant(&mut self, terms: &Terms, now: Instant, report: &Report) -> Verdict {
        let since = self.holder.as_ref().map_or(now, |holder| holder.since);
        let until = now + terms.hold(report.patience);
        let (view, members) = (report.view, report.members.clone());
        self.candidates.retain(|other| !report.meets(&other.members));
        self.holder = Some(Holder { view, members, since, until });
        Verdict::Granted
    }

    /// Notes who asks, in place of older views of its members; false when it is one itself.
    fn note(&mut self, now: Instant, report: &Report) -> bool {
        let known = self.candidates.iter().position(|other| other.view == report.view);
        if let Some(known) = known {
            self.candidates[known].heard = now;
            return true;
        }
        let later = |other: &Candidate| other.view > report.view && report.meets(&other.members);
        if self.candidates.iter().any(later) {
            return false;
        }
        self.candidates.retain(|other| !report.meets(&other.members));
        if self.candidates.len() < MAX_CANDIDATES {
            self.candidates.push(Candidate {
                view: report.view,
                members: report.members.clone(),
                votes: report.votes,
                known_since: now,
                heard: now,
            });
        }
        true
    }

    /// Is it the best of those who ask, and has everybody had the time to ask?
    fn is_elected(&self, terms: &Terms, now: Instant, report: &Report) -> bool {
        let rank = |other: &&Candidate| (other.votes, Reverse(other.members.first().copied()));
        let Some(best) = self.candidates.iter().max_by_key(rank) else { return false };
        let waited = now.saturating_since(best.known_since.max(self.free_since));
        let accounted =
            |node: &NodeId| self.candidates.iter().any(|other| other.members.contains(node));
        best.view == report.view
            && (waited >= terms.collection(report.patience)
                || report.configured.iter().all(accounted))
    }
}
