//! The recording read as stays: one process in one view.

use base::Instant;
use group::{View, ViewId};
use sim::{Digest, Life, Recording, Told, What};
use std::collections::BTreeMap;

/// A message: its sender and its content.
pub(crate) type Message = (base::NodeId, Digest);

/// Names a view for ever: a node that lost its disk may use an id again (assumption D), so the
/// proposer's process belongs to it.
pub(crate) type Name = (ViewId, u64);

/// One process in one view.
#[derive(Debug)]
pub(crate) struct Stay<'a> {
    pub(crate) life: &'a Life,
    pub(crate) view: &'a View,
    pub(crate) installed: Instant,
    /// When the next view was installed, or the life ended.
    pub(crate) until: Option<Instant>,
    /// How many of `all` were delivered before the view was over.
    pub(crate) regular: usize,
    /// All that was delivered, with the time.
    pub(crate) all: Vec<(Message, Instant)>,
    pub(crate) before: Option<ViewId>,
    pub(crate) next: Option<Name>,
    /// Since when it might act or might not, by what this process was told.
    pub(crate) rulings: Vec<(Instant, bool)>,
}

impl Stay<'_> {
    pub(crate) fn name(&self) -> Name {
        name(self.view)
    }

    /// The times in which it might act: from when until when, open when that has not ended.
    pub(crate) fn reigns(&self) -> impl Iterator<Item = (Instant, Option<Instant>)> {
        let ends = self.rulings.iter().skip(1).map(|(at, _)| Some(*at)).chain([self.until]);
        let spans = self.rulings.iter().zip(ends);
        spans.filter(|((_, quorate), _)| *quorate).map(|((from, _), until)| (*from, until))
    }

    /// Everything that was delivered, without the times.
    pub(crate) fn messages(&self) -> impl Iterator<Item = Message> {
        self.all.iter().map(|(message, _)| *message)
    }

    /// Was this process new to the line of views that goes on here?
    pub(crate) fn begins_line(&self) -> bool {
        let own = self.view.member(self.life.node);
        own.is_none_or(|member| member.since == self.view.id.counter)
    }
}

pub(crate) fn name(view: &View) -> Name {
    let proposer = view.member(view.id.proposer);
    (view.id, proposer.map_or(0, |proposer| proposer.incarnation))
}

/// The stays of one process, in order.
pub(crate) fn stays_of(life: &Life) -> Vec<Stay<'_>> {
    let mut stays: Vec<Stay<'_>> = Vec::new();
    let mut is_over = false;
    for Told { at, what } in &life.told {
        match what {
            What::View { view, .. } => {
                let before = stays.last_mut().map(|stay| {
                    stay.next = Some(name(view));
                    stay.until = Some(*at);
                    stay.view.id
                });
                stays.push(Stay {
                    life,
                    view,
                    installed: *at,
                    until: life.ended.map(|(end, _)| end),
                    regular: 0,
                    all: Vec::new(),
                    before,
                    next: None,
                    rulings: vec![(*at, view.quorum.quorate)],
                });
                is_over = false;
            }
            What::Quorum(decision) => {
                if let Some(stay) = stays.last_mut() {
                    stay.rulings.push((*at, decision.quorate));
                }
            }
            What::Transitional => is_over = true,
            What::Deliver { sender, digest } => {
                if let Some(stay) = stays.last_mut() {
                    stay.all.push(((*sender, *digest), *at));
                    stay.regular += usize::from(!is_over);
                }
            }
            _ => {}
        }
    }
    stays
}

/// All stays, by view.
pub(crate) fn by_view(recording: &Recording) -> BTreeMap<Name, Vec<Stay<'_>>> {
    let mut views: BTreeMap<Name, Vec<Stay<'_>>> = BTreeMap::new();
    for stay in recording.lives.iter().flat_map(stays_of) {
        views.entry(stay.name()).or_default().push(stay);
    }
    views
}
