//! `crm_mon`'s text: what a whole cluster looks like, once.
//!
//! The layout is Pacemaker 2.1's to the letter (measured against 2.1.5), because scripts and
//! monitoring plugins parse it: sections apart by one blank line, entries behind `* `, two blanks
//! a level, TABs after names.
//!
//! What [`Options::default`] shows is what `crm_mon -1` shows; [`current_status`] is the shorter
//! form in which `crm_simulate` shows a cluster.

mod attributes;
mod bans;
mod brief;
mod bundle;
mod clone;
mod failures;
mod fencing;
mod history;
mod instance;
mod nodes;
mod options;
mod resources;
mod summary;
mod tickets;

pub use fencing::{FenceEvent, FenceOutcome, line as fence_line};
pub use options::{Grouping, Options, Section};
pub(crate) use summary::{Counts, is_mixed};

use crate::listing::Listing;
use base::WallTime;
use jiff::tz::TimeZone;
use scheduler::Situation;
use scheduler::index::ResourceIndex;

/// Who changed the configuration last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastChange {
    /// When.
    pub when: WallTime,
    /// The user.
    pub user: Option<String>,
    /// The tool.
    pub client: Option<String>,
    /// The node it was done on.
    pub origin: Option<String>,
}

/// A cluster to show.
#[derive(Clone, Debug)]
pub struct Cluster<'a> {
    /// The reading of its configuration and status.
    pub situation: &'a Situation<'a>,
    /// What carries its messages: `corosync`.
    pub stack: &'a str,
    /// The name of the node that plans, if there is one.
    pub coordinator: Option<&'a str>,
    /// The version that other tools see.
    pub version: &'a str,
    /// The features of nodes that do not name theirs, as the CIB names them; shown with details.
    pub feature_set: Option<&'a str>,
    /// When this was read.
    pub last_updated: WallTime,
    /// The node on which it was read; named behind the date when given, as 2.1.6 and later do.
    pub local_node: Option<&'a str>,
    /// The last change of the configuration, if it is known.
    pub last_change: Option<LastChange>,
    /// What was fenced, newest first.
    pub fencing: &'a [FenceEvent],
    /// The zone in which dates are shown.
    pub zone: TimeZone,
}

/// What the parts of the text are made from.
#[derive(Clone, Copy, Debug)]
struct View<'v> {
    situation: &'v Situation<'v>,
    feature_set: Option<&'v str>,
    options: &'v Options,
    zone: &'v TimeZone,
}

/// A primitive with its agent, its state and its place.
pub fn placed_line(situation: &Situation<'_>, index: ResourceIndex, zone: &TimeZone) -> String {
    let options = Options { pending: true, ..Options::default() };
    let view = View { situation, feature_set: None, options: &options, zone };
    instance::line(view, index, instance::Place::Told)
}

/// A primitive with its agent and state, without its place.
pub(crate) fn instance_line(
    situation: &Situation<'_>,
    index: ResourceIndex,
    zone: &TimeZone,
) -> String {
    let options = Options { pending: true, ..Options::default() };
    let view = View { situation, feature_set: None, options: &options, zone };
    instance::line(view, index, instance::Place::Known)
}

/// The text that `crm_mon -1` prints under `options`.
pub fn text(cluster: &Cluster<'_>, options: &Options) -> String {
    let mut listing = Listing::default();
    let (situation, feature_set) = (cluster.situation, cluster.feature_set);
    let view = View { situation, feature_set, options, zone: &cluster.zone };
    summary::write(&mut listing, cluster, options);
    if options.shows(Section::Nodes) {
        nodes::write(&mut listing, view);
    }
    if options.shows(Section::Resources) {
        resources::write(&mut listing, view);
    }
    if options.shows(Section::Attributes) {
        attributes::write(&mut listing, view);
    }
    if options.shows(Section::Operations) || options.shows(Section::FailCounts) {
        history::write(&mut listing, view);
    }
    if options.shows(Section::Failures) {
        failures::write(&mut listing, view);
    }
    fencing::write_failed(&mut listing, cluster, options);
    if options.shows(Section::Tickets) {
        tickets::write(&mut listing, view);
    }
    if options.shows(Section::Bans) {
        bans::write(&mut listing, view);
    }
    fencing::write_others(&mut listing, cluster, options);
    listing.finish()
}

/// Whether what is under way is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// It is.
    Shown,
    /// Only what was before is.
    LeftOut,
}

/// Nodes and resources as `crm_simulate` shows them below `Current cluster status:`, indented by
/// one level, everything that is not running included; then node attributes and fail counts, where
/// `more` asks for them.
pub fn current_status(situation: &Situation<'_>, pending: Pending, more: &[Section]) -> String {
    let pending = pending == Pending::Shown;
    let mut options = Options { inactive: true, pending, ..Options::default() };
    options.include(more);
    let zone = TimeZone::UTC;
    let view = View { situation, feature_set: None, options: &options, zone: &zone };
    let mut listing = Listing::at_depth(1);
    nodes::write(&mut listing, view);
    resources::write(&mut listing, view);
    if options.shows(Section::Attributes) {
        attributes::write(&mut listing, view);
    }
    if options.shows(Section::FailCounts) {
        history::write(&mut listing, view);
        // Operations that failed are told in full, whatever the rest is.
        let detailed = Options { detail: true, ..options.clone() };
        failures::write(&mut listing, View { options: &detailed, ..view });
    }
    listing.finish()
}

/// What `crm_simulate` says ahead of everything when the whole cluster is in maintenance.
pub const MAINTENANCE: &str = "\n              *** Resource management is DISABLED ***\n  \
    The cluster will not attempt to start, stop or recover services\n";

/// How many instances of resources there are.
pub fn instances(situation: &Situation<'_>) -> usize {
    Counts::of(situation).instances
}

/// The line that `crm_simulate` prints ahead of everything when resources are disabled or
/// blocked: `1 of 5 resource instances DISABLED and 0 BLOCKED from further action due to failure`.
pub fn out_of_action(situation: &Situation<'_>) -> Option<String> {
    let counts = Counts::of(situation);
    let Counts { instances, disabled, blocked } = counts;
    (disabled + blocked > 0).then(|| {
        format!(
            "{disabled} of {instances} resource instances DISABLED and {blocked} BLOCKED \
             from further action due to failure"
        )
    })
}
