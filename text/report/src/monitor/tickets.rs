//! Tickets, as the status has them.

use super::View;
use crate::listing::Listing;
use crate::words::date;
use base::WallTime;
use cluster::{Element, ExtraNode};

/// Writes the tickets, if there are any.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    let mut tickets = tickets(view);
    tickets.sort_by_key(|ticket| ticket.attribute("id"));
    if tickets.is_empty() {
        return;
    }
    listing.section("Tickets", |listing| {
        for ticket in tickets {
            listing.entry(&line(view, ticket));
        }
    });
}

fn tickets(view: View<'_>) -> Vec<&Element> {
    let children = view.situation.facts.status.extra.children.iter();
    let sections = children.filter_map(|child| match child {
        ExtraNode::Element(element) if element.name == "tickets" => Some(element),
        _ => None,
    });
    sections.flat_map(Element::elements).filter(|ticket| ticket.name == "ticket_state").collect()
}

/// `siteA: granted [standby] last-granted="DATE"`.
fn line(view: View<'_>, ticket: &Element) -> String {
    let is = |name| ticket.attribute(name).and_then(cluster::value::boolean) == Some(true);
    let granted = if is("granted") { "granted" } else { "revoked" };
    let standby = if is("standby") { " [standby]" } else { "" };
    let last = ticket.attribute("last-granted").and_then(|text| text.parse().ok());
    let last = last.filter(|seconds: &i64| *seconds > 0).map(|seconds| {
        format!(" last-granted=\"{}\"", date(WallTime::from_seconds(seconds), view.zone))
    });
    let id = ticket.attribute("id").unwrap_or_default();
    format!("{id}: {granted}{standby}{}", last.unwrap_or_default())
}
