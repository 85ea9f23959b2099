//! `systole status`: what a person wants to know, and what to do about it, in 80 columns.
//!
//! First one sentence, then the nodes with what runs on them; after that only what is not as it
//! should be: what is under way, what is not running and why, what has failed and what helps,
//! and which promises this configuration gives away.

mod failures;
mod moves;
mod page;
mod stopped;

pub use page::Colour;

use crate::reading::shown_name;
use cluster::Role;
use jiff::tz::TimeZone;
use page::{Page, Tone};
use scheduler::index::ResourceIndex;
use scheduler::model::{Node, QuorumPolicy};
use scheduler::{Situation, Task};

/// What is shown.
#[derive(Clone, Debug)]
pub struct Picture<'a> {
    /// The reading of configuration and status.
    pub situation: &'a Situation<'a>,
    /// The name of the node that plans, if there is one.
    pub coordinator: Option<&'a str>,
    /// The zone in which dates are shown.
    pub zone: TimeZone,
    /// Where this node does not hear members.
    pub silent: &'a [SilentRing],
    /// The nodes whose last fencing has failed, by name.
    pub fencing_failed: &'a [String],
}

/// A ring on which one member does not hear others; another ring keeps them together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentRing {
    /// Its number.
    pub ring: u8,
    /// Who listens.
    pub here: String,
    /// Who is not heard.
    pub unheard: Vec<String>,
}

/// The text of `systole status`.
pub fn text(picture: &Picture<'_>, colour: Colour) -> String {
    let mut page = Page::new(colour);
    let situation = picture.situation;
    page.paragraph(&headline(picture));
    nodes(&mut page, picture);
    under_way(&mut page, situation);
    stopped::write(&mut page, situation);
    failures::write(&mut page, picture);
    moves::write(&mut page, situation);
    cautions(&mut page, picture);
    page.finish()
}

/// `Cluster lustre: 2 of 3 nodes online, with quorum; oss1 coordinates.`
fn headline(picture: &Picture<'_>) -> String {
    let situation = picture.situation;
    let name = match situation.facts.configuration.property("cluster-name") {
        "" => String::new(),
        name => format!(" {name}"),
    };
    let online = situation.nodes.values().filter(|node| node.is_online).count();
    let all = situation.nodes.len();
    let quorum = match (situation.facts.has_quorum, situation.options.quorum_policy) {
        (true, _) => "with quorum",
        (false, QuorumPolicy::Ignore) => "without quorum, which is ignored",
        (false, QuorumPolicy::Freeze) => "without quorum: what runs is kept, nothing is started",
        (false, QuorumPolicy::Demote) => "without quorum: what is promoted is demoted",
        (false, QuorumPolicy::Fence) => "without quorum: these nodes fence themselves",
        (false, QuorumPolicy::Stop) => "without quorum: everything is stopped",
    };
    let coordinator = match picture.coordinator {
        Some(name) => format!("{name} coordinates"),
        None => "nobody coordinates, so nothing is decided".into(),
    };
    format!("Cluster{name}: {online} of {all} nodes online, {quorum}; {coordinator}.")
}

fn nodes(page: &mut Page, picture: &Picture<'_>) {
    let situation = picture.situation;
    page.heading("Nodes");
    let names = situation.node_order.iter().map(|node| situation.nodes[*node].name.as_str());
    let width = Page::column(names);
    for node in &situation.node_order {
        let state = &situation.nodes[*node];
        let (word, tone) = standing(state);
        let mut running = state.running.clone();
        running.sort_unstable();
        let running: Vec<String> =
            running.into_iter().map(|index| target(situation, index)).collect();
        let targets = match (running.is_empty(), state.is_usable()) {
            (false, _) => running.join(", "),
            (true, true) => "nothing runs here".into(),
            (true, false) => String::new(),
        };
        page.row(&format!("{:<width$}  ", state.name), (&format!("{word:<11}"), tone), &targets);
        if state.is_unclean {
            let why = state.fence_reason.as_deref().unwrap_or("nobody knows what it does");
            let words = format!(
                "It has to be fenced: {why}. What it may run is not started elsewhere before that."
            );
            page.remark(width + 2, &words);
            confirmation(page, picture, (&state.name, width + 2));
        }
    }
}

/// What a person can do about a lost node when nothing fences it.
fn confirmation(page: &mut Page, picture: &Picture<'_>, (node, hang): (&str, usize)) {
    let situation = picture.situation;
    if !situation.options.is_fencing_enabled {
        return;
    }
    let why = if !has_fence_device(situation) {
        "There is no fence device."
    } else if picture.fencing_failed.iter().any(|failed| failed == node) {
        "Its fence device has failed, and is tried again."
    } else {
        return;
    };
    page.remark(hang, &format!("{why} When {node} is certainly off:"));
    page.command(hang, &format!("systole confirm-down {node}"));
}

fn has_fence_device(situation: &Situation<'_>) -> bool {
    let mut resources = situation.resources.values();
    resources.any(|it| it.is_primitive() && !it.is_removed && it.agent.is_fencing())
}

/// A resource as it stands behind a node's name, marked when it is not simply running.
fn target(situation: &Situation<'_>, index: ResourceIndex) -> String {
    let name = shown_name(situation, index);
    let resource = &situation.resources[index];
    if resource.is_blocked {
        format!("{name} (failed, left alone)")
    } else if resource.has_failed {
        format!("{name} (failed)")
    } else if resource.is_removed {
        format!("{name} (no longer configured)")
    } else if resource.role == Role::Promoted {
        format!("{name} (promoted)")
    } else {
        name.into()
    }
}

fn standing(node: &Node<'_>) -> (&'static str, Tone) {
    if node.is_unclean {
        ("LOST", Tone::Bad)
    } else if node.is_pending {
        ("joining", Tone::Doubtful)
    } else if !node.is_online {
        ("offline", Tone::Doubtful)
    } else if node.is_standby || node.is_standby_on_fail {
        ("standby", Tone::Doubtful)
    } else if node.is_in_maintenance {
        ("maintenance", Tone::Doubtful)
    } else if node.is_shutting_down {
        ("leaving", Tone::Doubtful)
    } else {
        ("online", Tone::Good)
    }
}

/// What is being done now.
fn under_way(page: &mut Page, situation: &Situation<'_>) {
    let mut lines = Vec::new();
    for (index, resource) in situation.resources.iter() {
        let Some(pending) = resource.pending else { continue };
        let doing = match pending.task {
            Task::Start => "is being started on",
            Task::Stop => "is being stopped on",
            Task::Promote => "is being promoted on",
            Task::Demote => "is being demoted on",
            Task::MigrateTo => "is being moved away live from",
            Task::MigrateFrom => "is being moved live to",
            _ => continue,
        };
        let name = shown_name(situation, index);
        lines.push(format!("{name} {doing} {}", situation.nodes[pending.node].name));
    }
    if !lines.is_empty() {
        page.heading("Under way");
        for line in lines {
            page.item(&line);
        }
    }
}

/// What the configuration or the state puts at risk.
fn cautions(page: &mut Page, picture: &Picture<'_>) {
    let situation = picture.situation;
    let options = &situation.options;
    let mut words: Vec<String> = picture.silent.iter().map(silence).collect();
    for (index, resource) in situation.resources.iter() {
        if resource.is_primitive() && resource.running_on.len() > 1 {
            let nodes = resource.running_on.iter();
            let nodes: Vec<&str> = nodes.map(|it| situation.nodes[*it].name.as_str()).collect();
            let name = shown_name(situation, index);
            words.push(format!("{name} is or may be active on {} at once.", nodes.join(" and ")));
        }
    }
    if options.is_in_maintenance {
        words.push("maintenance-mode is on: nothing is started, stopped or watched.".into());
    }
    if !options.is_fencing_enabled {
        words.push(
            "Fencing is off: what ran on a lost node is started elsewhere although that node may \
             still run it."
                .into(),
        );
    } else if !has_fence_device(situation) {
        words.push(
            "Fencing is on, but there is no fence device: what runs on a node that is lost is not \
             started elsewhere before somebody vouches that it is down (systole confirm-down)."
                .into(),
        );
    }
    if options.quorum_policy == QuorumPolicy::Ignore && situation.nodes.len() > 2 {
        words.push(
            "no-quorum-policy=ignore: when the cluster is split, every part acts on its own."
                .into(),
        );
    }
    if !words.is_empty() {
        page.heading("Mind");
        for line in &words {
            page.item(line);
        }
    }
}

fn silence(silent: &SilentRing) -> String {
    let SilentRing { ring, here, unheard } = silent;
    let others = unheard.join(" and ");
    format!("Ring {ring} is silent: {here} does not hear {others} on it; other rings carry on.")
}
