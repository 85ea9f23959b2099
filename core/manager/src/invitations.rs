//! Invitations: whoever shows one may become a node, once.
//!
//! That one was given out by this cluster is written on it, under a signature that any node can check.
//! Only that it has not been used yet has to be known by all, so that two nodes that are shown the same one
//! at the same time let one machine in. It is not kept on disk: when all nodes have stopped,
//! nobody is invited any more.

use crate::State;
use crate::door::Refused;
use crate::state::Effect;
use base::{WallTime, codec_struct};
use std::collections::BTreeMap;

/// Those that have not been used, with the date until when they are good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invitations {
    open: BTreeMap<u128, WallTime>,
}
codec_struct!(Invitations { open });

/// So many machines can be invited at a time (H1).
const MOST: usize = 256;

impl State {
    /// One more machine may come.
    pub(crate) fn apply_invitation(&mut self, now: WallTime, id: u128, until: WallTime) -> Effect {
        let open = &mut self.invitations.open;
        open.retain(|_, until| *until > now);
        if open.len() >= MOST {
            return Effect::refused(Refused::TooManyInvitations(MOST));
        }
        open.insert(id, until);
        Effect::default()
    }

    /// It is here. Without the right to act nobody is let in: that changes how many votes are
    /// needed.
    pub(crate) fn apply_use_of_invitation(&mut self, now: WallTime, id: u128) -> Effect {
        if !self.may_act() {
            return Effect::refused(Refused::NoQuorum("nobody can be let in".into()));
        }
        match self.invitations.open.remove(&id) {
            Some(until) if until >= now => Effect::default(),
            _ => Effect::refused(Refused::NotInvited),
        }
    }
}
