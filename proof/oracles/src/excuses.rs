//! What explains that a node was taken for gone: the faults that really were.

use base::{Instant, NodeId};
use sim::{Ending, Hindrance, Recording, Truth};
use std::collections::BTreeMap;
use std::time::Duration;

/// A node may be silent for so long before it is suspected ([`group::Timing::patience`]).
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
/// How much earlier than a silence its cause may have ended: what was on the way still came.
const SLACK: Duration = Duration::from_millis(300);
/// A pause that nobody can have noticed, and that therefore excuses the one who was paused.
const UNNOTICED: Duration = Duration::from_millis(400);
/// How long after its cause a view may change: detection, settling, a few ballots in vain.
const LAG: Duration = Duration::from_secs(3);

/// One pair of nodes: since when on how many good rings.
type History = Vec<(Instant, u8)>;

/// Everything that may explain something.
pub(crate) struct Excuses<'a> {
    recording: &'a Recording,
    truth: &'a Truth,
    paths: BTreeMap<(NodeId, NodeId), History>,
}

impl<'a> Excuses<'a> {
    pub(crate) fn new(recording: &'a Recording, truth: &'a Truth) -> Self {
        let mut paths: BTreeMap<(NodeId, NodeId), History> = BTreeMap::new();
        for path in &truth.paths {
            paths.entry((path.one, path.other)).or_default().push((path.at, path.good_rings));
        }
        Self { recording, truth, paths }
    }

    /// May `accuser` say at `at` that it has not heard `accused` for `after`?
    pub(crate) fn explain_silence(
        &self,
        (accuser, accused): (NodeId, NodeId),
        at: Instant,
        after: Duration,
    ) -> bool {
        let from = at - after - SLACK;
        let pair = (accuser.min(accused), accuser.max(accused));
        self.is_hindered(accused, from, at, |_| true)
            || self.is_hindered(accuser, from, at, |one| {
                !one.is_pause || one.until.saturating_since(one.from) < UNNOTICED
            })
            || self.is_apart(pair, from, at)
            || !self.lives_through(accused, from, at)
    }

    /// Was `node` paused, and went on so shortly before `at` that it cannot know who is silent?
    pub(crate) fn has_just_woken(&self, node: NodeId, at: Instant) -> bool {
        self.is_hindered(node, at - PATIENCE, at, |one| one.is_pause)
    }

    /// May `observer` lose `lost` from its view at `at`? One of these must have been so since shortly
    /// before:
    ///
    /// - one of the two had no good ring to somebody (the largest set of nodes that hear each
    ///   other may then be one with only one of them);
    /// - `lost` died, restarted, or was leaving;
    /// - one of the two stood still or heard slowly, however short;
    /// - a third one did, for so long that others can have noticed: whom it does not hear in time,
    ///   or tells of a view too late, may go on in another view than those it does hear.
    ///
    /// Trouble on cables between others explains nothing: those are put out themselves.
    pub(crate) fn explain_loss(&self, observer: NodeId, lost: NodeId, at: Instant) -> bool {
        // Who stood still sees late what happened meanwhile.
        let asleep = self.hindrances(observer, at - LAG, at).map(|one| one.from).min();
        let from = asleep.unwrap_or(at).min(at) - LAG;
        let concerned = |pair: &(NodeId, NodeId)| {
            [pair.0, pair.1].iter().any(|node| [observer, lost].contains(node))
        };
        let matters = |one: &Hindrance| {
            let is_long = one.until.saturating_since(one.from) >= UNNOTICED;
            is_long || [observer, lost].contains(&one.node)
        };
        let mut hindered = self.truth.hindrances.iter();
        hindered.any(|one| one.from <= at && one.until >= from && matters(one))
            || !self.lives_through(lost, from, at)
            || self.leaves(lost, at)
            || self.paths.keys().any(|pair| concerned(pair) && self.is_apart(*pair, from, at))
    }

    /// Had the process that was in the view ended by `at`? Where views come about slowly that may have
    /// been long ago, and another may be there already.
    pub(crate) fn is_another_process(
        &self,
        node: NodeId,
        incarnation: Option<u64>,
        at: Instant,
    ) -> bool {
        let mut lives = self.recording.lives.iter().filter(|life| life.node == node);
        lives.any(|life| Some(life.incarnation) == incarnation && !life.is_alive(at))
    }

    /// Is `node` on its way out? Who does not hear its good-bye finds it gone.
    fn leaves(&self, node: NodeId, at: Instant) -> bool {
        let mut lives = self.recording.lives.iter().filter(|life| life.node == node);
        lives.any(|life| {
            life.ended.is_some_and(|(end, how)| how == Ending::Left && at <= end && end <= at + LAG)
        })
    }

    fn hindrances(
        &self,
        node: NodeId,
        from: Instant,
        to: Instant,
    ) -> impl Iterator<Item = &Hindrance> {
        let all = self.truth.hindrances.iter();
        all.filter(move |one| one.node == node && one.from <= to && one.until >= from)
    }

    fn is_hindered(
        &self,
        node: NodeId,
        from: Instant,
        to: Instant,
        counts: impl Fn(&Hindrance) -> bool,
    ) -> bool {
        self.hindrances(node, from, to).any(counts)
    }

    /// Was there a moment at which the two had no good ring?
    fn is_apart(&self, pair: (NodeId, NodeId), from: Instant, to: Instant) -> bool {
        let Some(history) = self.paths.get(&pair) else { return false };
        let ends = history.iter().skip(1).map(|(at, _)| *at).chain([to + LAG]);
        history
            .iter()
            .zip(ends)
            .any(|((since, rings), until)| *rings == 0 && *since <= to && until >= from)
    }

    /// Was one and the same process of `node` there all the time?
    fn lives_through(&self, node: NodeId, from: Instant, to: Instant) -> bool {
        let lives = self.recording.lives.iter().filter(|life| life.node == node);
        lives.into_iter().any(|life| life.born <= from && life.is_alive(to))
    }
}
