//! What may be asked of a machine from outside, besides its view and its links.

use super::Group;
use crate::agreement::Phase;
use crate::order::Order;

/// Where a node stands on the way from one view to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing is under way here.
    #[default]
    Settled,
    /// It was paused, and does not know yet whether its view still exists (L6).
    Doubting,
    /// Its own proposal is under way.
    Proposing,
    /// It has accepted another's proposal.
    Accepted,
    /// The view is agreed; it fetches what it lacks of the old one.
    Levelling,
    /// It has installed what it proposed, and not all members have confirmed that they did.
    Announcing,
}

impl Group {
    /// Where this node stands.
    pub const fn stage(&self) -> Stage {
        match &self.agreement.phase {
            Phase::Proposing(_) => Stage::Proposing,
            Phase::Accepted { .. } => Stage::Accepted,
            Phase::Levelling { .. } => Stage::Levelling,
            Phase::Idle if self.doubt.is_some() => Stage::Doubting,
            Phase::Idle if self.agreement.announcement.is_some() => Stage::Announcing,
            Phase::Idle => Stage::Settled,
        }
    }

    /// How many pieces of this view's messages are kept, because some member may still need them
    /// (H1).
    pub fn kept(&self) -> usize {
        self.order.as_ref().map_or(0, Order::kept)
    }
}
