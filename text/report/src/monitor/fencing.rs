//! What was fenced: the last event of each kind for each node, or the whole history.

use super::{Cluster, Options, Section};
use crate::listing::Listing;
use crate::words::date;
use base::WallTime;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// How fencing went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FenceOutcome {
    /// It is under way.
    Pending,
    /// A device confirmed it.
    Succeeded,
    /// It failed, and why if that is known.
    Failed(Option<String>),
}

/// One time that a node was fenced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FenceEvent {
    /// The node.
    pub target: String,
    /// What was done: `reboot`, `off`, `on`.
    pub action: String,
    /// The node that ran the device.
    pub delegate: Option<String>,
    /// Who asked for it.
    pub client: String,
    /// The node on which that was asked.
    pub origin: String,
    /// How it went.
    pub outcome: FenceOutcome,
    /// When it ended, or began when it has not.
    pub when: WallTime,
}

impl FenceEvent {
    const fn section(&self) -> Section {
        match self.outcome {
            FenceOutcome::Pending => Section::FencingPending,
            FenceOutcome::Succeeded => Section::FencingSucceeded,
            FenceOutcome::Failed(_) => Section::FencingFailed,
        }
    }
}

const ALL: [Section; 3] =
    [Section::FencingFailed, Section::FencingPending, Section::FencingSucceeded];

/// Failures come early in the text, unless the whole history is asked for.
pub(super) fn write_failed(listing: &mut Listing, cluster: &Cluster<'_>, options: &Options) {
    let shows_all = ALL.iter().all(|section| options.shows(*section));
    if !shows_all && options.shows(Section::FencingFailed) {
        write(listing, cluster, options, ("Failed Fencing Actions", &[Section::FencingFailed]));
    }
}

/// What is under way and what succeeded, or the whole history.
pub(super) fn write_others(listing: &mut Listing, cluster: &Cluster<'_>, options: &Options) {
    if ALL.iter().all(|section| options.shows(*section)) {
        write(listing, cluster, options, ("Fencing History", &ALL));
        return;
    }
    if options.shows(Section::FencingPending) {
        write(listing, cluster, options, ("Pending Fencing Actions", &[Section::FencingPending]));
    }
    if options.shows(Section::FencingSucceeded) {
        write(listing, cluster, options, ("Fencing History", &[Section::FencingSucceeded]));
    }
}

fn write(
    listing: &mut Listing,
    cluster: &Cluster<'_>,
    options: &Options,
    (title, sections): (&str, &[Section]),
) {
    let mut seen = BTreeSet::new();
    let shown: Vec<&FenceEvent> = cluster
        .fencing
        .iter()
        .filter(|event| sections.contains(&event.section()))
        .filter(|event| {
            let key = (&event.target, &event.action, event.section());
            seen.insert(key) || options.full_fencing
        })
        .collect();
    if !shown.is_empty() {
        listing.section(title, |listing| {
            for event in shown {
                let later = made_good(cluster, event).filter(|_| !options.detail);
                let line = line(event, options, &cluster.zone);
                listing.entry(&format!("{line}{}", later.unwrap_or_default()));
            }
        });
    }
}

/// One time that a node was fenced, in a line.
pub fn line(event: &FenceEvent, options: &Options, zone: &TimeZone) -> String {
    let FenceEvent { target, action, client, origin, when, .. } = event;
    let when = date(*when, zone);
    let outcome = match &event.outcome {
        FenceOutcome::Pending => "pending".into(),
        FenceOutcome::Succeeded => "successful".into(),
        FenceOutcome::Failed(None) => "failed".into(),
        FenceOutcome::Failed(Some(why)) => format!("failed ({why})"),
    };
    let last = if options.full_fencing { "" } else { "last " };
    let delegate = event.delegate.as_deref();
    if options.detail {
        let delegate = delegate.map(|node| format!("delegate={node}, ")).unwrap_or_default();
        let dash = if options.full_fencing { "" } else { "last-" };
        let completed = match event.outcome {
            FenceOutcome::Pending => String::new(),
            FenceOutcome::Succeeded => format!(", {dash}successful='{when}'"),
            FenceOutcome::Failed(_) => format!(", {dash}failed='{when}'"),
        };
        let asked = format!("client={client}, origin={origin}");
        return format!("{action} of {target} {outcome}: {delegate}{asked}{completed}");
    }
    let by = match &event.outcome {
        FenceOutcome::Pending => String::new(),
        _ => delegate.map(|node| format!(" by {node}")).unwrap_or_default(),
    };
    let at = match event.outcome {
        FenceOutcome::Pending => String::new(),
        _ => format!(" at {when}"),
    };
    format!("{action} of {target}{by} for {client}@{origin} {last}{outcome}{at}")
}

/// A failure that a later attempt made good says so, and who did it.
fn made_good(cluster: &Cluster<'_>, event: &FenceEvent) -> Option<String> {
    if event.section() != Section::FencingFailed {
        return None;
    }
    let success = cluster.fencing.iter().find(|other| {
        other.section() == Section::FencingSucceeded
            && other.target == event.target
            && other.action == event.action
            && other.when > event.when
    })?;
    Some(match &success.delegate {
        Some(delegate) => format!(" (a later attempt from {delegate} succeeded)"),
        None => " (a later attempt succeeded)".into(),
    })
}
