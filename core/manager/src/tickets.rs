//! Tickets: what of several sites this one may run.

use crate::State;
use crate::state::Effect;
use base::WallTime;
use cluster::TicketChange;

impl State {
    /// A ticket changes, or is forgotten.
    pub(crate) fn apply_ticket(
        &mut self,
        now: WallTime,
        ticket: String,
        change: Option<&TicketChange>,
    ) -> Effect {
        match change {
            Some(change) => self.status.tickets.entry(ticket).or_default().apply(change, now),
            None => drop(self.status.tickets.remove(&ticket)),
        }
        Effect::replan()
    }
}
