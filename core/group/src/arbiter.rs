//! The third voice: how an arbiter decides which partition of a cluster has its vote.
//!
//! An arbiter serves clusters it is no member of. The one who speaks for a view, its coordinator,
//! reports the view ([`Report`]); [`Arbitration::answer`] says whether it has the vote ([`Answer`]).
//! It lives beside quorum because the two halves of one promise are kept in one place: **of two
//! separate partitions at most one counts the arbiter's vote** (Q1). It needs no disk, so it may
//! restart and know nothing.
//!
//! **Leases.** A vote is granted for [`Terms::lease`], counted by the cluster from the moment at
//! which it *sent* the report, and by the arbiter from the moment at which that *came in*, which is
//! never earlier. The member that asked gives the vote up by its own clock, in the group's order;
//! the others of its view hear of that, or lose that member and the vote with it, within what
//! detection and agreement take. The arbiter gives the vote to a partition that the holder has no
//! part in only after [`Terms::hold`]:
//!
//! ```text
//! hold >= lease * (1 + drift) + 2 * patience + agreement
//! ```
//!
//! where `drift` is what two clocks may differ in speed, and `patience` is that of the cluster
//! ([`crate::Timing`]). No wall clock is involved.
//!
//! **Views that are over.** A node is in one view at a time, and its views grow. So a report of a
//! later view with any member of the holder shows that the holder's view is over: without that
//! member nothing more is delivered safely in it. Such a view inherits the vote if nobody of the
//! holder is missing; otherwise the vote is free at once, without a wait for the lease.
//!
//! **Ties.** Who asks for a free vote waits for [`Terms::collect`], unless all nodes are accounted
//! for: the other half may be on its way. Then most votes win, and among equals the lowest node.
//!
//! **A restart.** An arbiter that has just started gives its vote to nobody but to those who say that
//! they hold it, until every lease of its predecessor must be over.

mod decide;
mod message;
#[cfg(test)]
mod tests;

pub use decide::{Arbitration, Standing, Terms};
pub use message::{Answer, Report, Verdict, identity_seed};
