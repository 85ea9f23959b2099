//! What every resource did on every node, or only how often it failed there.

use super::{Section, View, nodes};
use crate::listing::Listing;
use crate::reading::{Fails, fails, is_probe};
use crate::words::date;
use cluster::{OperationRecord, ResourceHistory, Score, exit_code};
use scheduler::index::NodeIndex;
use scheduler::model::Resource;

/// One resource's history on one node, and what is known about the resource.
struct Past<'v> {
    name: &'v str,
    history: &'v ResourceHistory,
    resource: Option<&'v Resource<'v>>,
    fails: Fails,
}

/// Writes the operations; where only fail counts are asked for, only what has failed.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    let shows_all = view.options.shows(Section::Operations);
    let title = if shows_all { "Operations" } else { "Migration Summary" };
    listing.section(title, |listing| {
        for node in nodes::in_order(view) {
            let pasts = pasts(view, node);
            let shown: Vec<Past<'_>> =
                pasts.into_iter().filter(|past| past.is_shown(shows_all)).collect();
            if shown.is_empty() {
                continue;
            }
            listing.list(&format!("Node: {}", nodes::label(view, node)), |listing| {
                for past in shown {
                    let headline = past.headline(view);
                    if shows_all {
                        listing.list(&headline, |listing| past.write_operations(listing, view));
                    } else {
                        listing.entry(&headline);
                    }
                }
            });
        }
    });
}

fn pasts(view: View<'_>, node: NodeIndex) -> Vec<Past<'_>> {
    let situation = view.situation;
    let state = &situation.nodes[node];
    let Some(status) = state.status.filter(|_| state.is_online) else {
        return Vec::new();
    };
    let histories = status.history.iter();
    histories
        .map(|(name, history)| {
            // The instances of an anonymous clone share a name; who has which number is chance.
            let base = name.rsplit_once(':').map_or(name.as_str(), |(base, _)| base);
            let known = situation.resource(name).or_else(|| situation.resource(base));
            let known = known.filter(|index| !situation.resources[*index].is_removed);
            let resource = known.map(|index| &situation.resources[index]);
            let name = resource.map_or(name.as_str(), |resource| resource.history_id.as_str());
            let fails = known.map(|index| fails(situation, index, node)).unwrap_or_default();
            Past { name, history, resource, fails }
        })
        .collect()
}

impl Past<'_> {
    fn has_failed(&self) -> bool {
        self.fails.count > Score::ZERO
    }

    fn headline(&self, view: View<'_>) -> String {
        let Some(resource) = self.resource else { return format!("{}: orphan", self.name) };
        let threshold = resource.settings.migration_threshold.value();
        let mut text = format!("{}: migration-threshold={threshold}", self.name);
        if self.has_failed() {
            text.push_str(&format!(" fail-count={}", self.fails.count.value()));
            if let Some(last) = self.fails.last {
                text.push_str(&format!(" last-failure='{}'", date(last, view.zone)));
            }
        }
        text
    }

    fn is_shown(&self, shows_all: bool) -> bool {
        if shows_all { !self.news().is_empty() } else { self.has_failed() }
    }

    /// What is worth showing, oldest first.
    fn news(&self) -> Vec<&OperationRecord> {
        let operations = self.history.operations.iter();
        let mut news: Vec<&OperationRecord> = operations.filter(|it| is_news(it)).collect();
        news.sort_by_key(|record| record.call);
        news
    }

    fn write_operations(&self, listing: &mut Listing, view: View<'_>) {
        for record in self.news() {
            listing.entry(&operation(record, view));
        }
    }
}

/// Most of a history says only that a node was asked and has nothing of it; and what clone
/// instances tell each other changes nothing.
fn is_news(record: &OperationRecord) -> bool {
    let is_empty_probe = is_probe(record) && record.code == exit_code::NOT_RUNNING;
    !is_empty_probe && record.operation != "notify"
}

/// The operation's name; a monitor that is run once is a probe.
pub(super) fn task(record: &OperationRecord) -> &str {
    if is_probe(record) { "probe" } else { &record.operation }
}

fn operation(record: &OperationRecord, view: View<'_>) -> String {
    let mut details = String::new();
    if !record.interval.is_zero() {
        details.push_str(&format!(" interval=\"{}ms\"", record.interval.as_millis()));
    }
    if view.options.timing {
        if record.last_change.seconds() > 0 {
            let when = date(record.last_change, view.zone);
            details.push_str(&format!(" last-rc-change=\"{when}\""));
            details.push_str(&format!(" exec-time=\"{}ms\"", record.took.as_millis()));
            details.push_str(&format!(" queue-time=\"{}ms\"", record.queued.as_millis()));
        }
        let text = exit_code::text(record.code);
        details.push_str(&format!(" rc={} ({text})", record.code));
    }
    let colon = if details.is_empty() { "" } else { ":" };
    format!("({}) {}{colon}{details}", record.call, task(record))
}
