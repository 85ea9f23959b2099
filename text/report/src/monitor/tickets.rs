//! Tickets, as the status has them.

use super::View;
use crate::listing::Listing;
use crate::words::date;
use cluster::{Constraint, TicketState};

/// Writes the tickets, if there are any.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    let mut tickets = view.situation.facts.status.tickets.clone();
    // One that something needs and nobody has said anything of has never been granted.
    for constraint in &view.situation.facts.configuration.constraints {
        if let Constraint::Ticket(needed) = constraint {
            tickets.entry(needed.ticket.clone()).or_default();
        }
    }
    if tickets.is_empty() {
        return;
    }
    listing.section("Tickets", |listing| {
        for (id, ticket) in &tickets {
            listing.entry(&line(view, id, ticket));
        }
    });
}

/// `siteA: granted [standby] last-granted="DATE"`.
fn line(view: View<'_>, id: &str, ticket: &TicketState) -> String {
    let granted = if ticket.granted { "granted" } else { "revoked" };
    let standby = if ticket.standby { " [standby]" } else { "" };
    let last = ticket.last_granted.filter(|last| last.seconds() > 0);
    let last = last.map(|last| format!(" last-granted=\"{}\"", date(last, view.zone)));
    format!("{id}: {granted}{standby}{}", last.unwrap_or_default())
}
