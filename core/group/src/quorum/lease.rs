//! For how long a view may count what the arbiter has said to it.
//!
//! One member answers for it: whose motion was delivered last. It renews its lease without a word to
//! the others, and takes the vote back in their order when the lease ends (`crate::arbiter` says why
//! that is early enough). Who loses that member loses the vote with it.

use super::{ArbiterVote, Motion};
use crate::types::ViewId;
use base::Instant;

/// This node's part in that.
#[derive(Debug, Default)]
pub(crate) struct Lease {
    until: Option<Instant>,
    /// Is it this node that answers for what stands?
    answers: bool,
    /// Is something of the arbiter's on its way to the members?
    under_way: bool,
    /// In which view it was taken back. In a later one it is done again: what was on its way may
    /// have been lost with the view.
    lapsed_in: Option<ViewId>,
}

impl Lease {
    /// It is good until then; says whether the members need not be told because this node answers
    /// for what stands.
    pub(crate) fn renew(&mut self, until: Instant) -> bool {
        self.until = Some(until);
        self.lapsed_in = None;
        self.answers
    }

    /// A motion was put.
    pub(crate) const fn put(&mut self) {
        self.under_way = true;
    }

    /// A motion stands in the order, and has passed or not.
    pub(crate) fn note(&mut self, is_own: bool, motion: &Motion, passed: bool) {
        if let Motion::ArbiterSpoke { .. } = motion {
            self.under_way &= !is_own;
            if passed {
                self.answers = is_own;
            }
        }
    }

    /// When the members must be told that it is over. A node that answers for something without a
    /// lease of its own says so at once.
    pub(crate) fn ends(&self, view: ViewId, stands: ArbiterVote) -> Option<Instant> {
        let counts = self.under_way || self.answers && stands != ArbiterVote::Unknown;
        let is_due = counts && self.lapsed_in != Some(view);
        is_due.then(|| self.until.unwrap_or_default())
    }

    pub(crate) const fn lapse(&mut self, view: ViewId) {
        self.lapsed_in = Some(view);
    }
}
