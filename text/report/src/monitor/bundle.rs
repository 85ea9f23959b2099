//! A bundle: one line for each replica, or all that one is made of.

use super::View;
use super::instance::{self, Place};
use crate::listing::Listing;
use crate::reading::{parts, shown_name};
use cluster::first_value;
use scheduler::index::ResourceIndex;
use scheduler::model::{BundleLayout, Replica};

/// Writes a bundle.
pub(super) fn write(
    listing: &mut Listing,
    view: View<'_>,
    index: ResourceIndex,
    layout: &BundleLayout,
) {
    let bundle = &view.situation.resources[index];
    let set = if layout.replicas.len() > 1 { " set" } else { "" };
    let unique = if bundle.settings.is_unique { " (unique)" } else { "" };
    let unmanaged = if bundle.is_managed { "" } else { " (unmanaged)" };
    let title =
        format!("Container bundle{set}: {} [{}]{unique}{unmanaged}", bundle.id, layout.image);
    if layout.replicas.is_empty() {
        return;
    }
    listing.list(&title, |listing| {
        for replica in &layout.replicas {
            if !view.options.detail {
                listing.entry(&line(view, replica));
                continue;
            }
            if layout.replicas.len() > 1 {
                listing.entry(&format!("Replica[{}]", replica.offset));
            }
            listing.below(|listing| {
                for part in parts(replica) {
                    listing.entry(&instance::line(view, part, Place::Told));
                }
            });
        }
    });
}

/// What runs inside of the container, or else the container itself, on the container's node.
fn line(view: View<'_>, replica: &Replica) -> String {
    let situation = view.situation;
    let named = replica.connection.unwrap_or(replica.container);
    let mut name = shown_name(situation, named).to_owned();
    if let Some(address) = address(view, replica) {
        name.push_str(&format!(" ({address})"));
    }
    let node = situation.resources[replica.container].running_on.first().copied();
    let shown = replica.child.unwrap_or(replica.container);
    instance::named_line(view, shown, (&name, node), Place::Told)
}

fn address<'v>(view: View<'v>, replica: &Replica) -> Option<&'v str> {
    let definition = view.situation.resources[replica.address?].definition.as_deref()?;
    first_value(&definition.parameters, "ip")
}
