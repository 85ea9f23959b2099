//! Options as types: the cluster's, a resource's, a clone's.

use super::node::Health;
use crate::PowerAction;
use cluster::value::{boolean, duration};
use cluster::{AttributeSet, Configuration, Role, RuleContext, Score, merged, options};
use std::collections::BTreeMap;
use std::time::Duration;

/// What nodes without quorum do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumPolicy {
    /// Stop everything.
    Stop,
    /// Keep what runs, start nothing.
    Freeze,
    /// Go on as with quorum.
    Ignore,
    /// Demote what is promoted, stop the rest.
    Demote,
    /// Fence themselves; until that is done, as [`QuorumPolicy::Stop`].
    Fence,
}

/// Cluster options that decide something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterOptions {
    /// What nodes without quorum do.
    pub quorum_policy: QuorumPolicy,
    /// Whether lost nodes are fenced before their resources are recovered.
    pub is_fencing_enabled: bool,
    /// What is done to a node that is fenced.
    pub fencing_action: PowerAction,
    /// Whether nodes that were never seen are fenced.
    pub is_startup_fencing_on: bool,
    /// Whether several nodes may be fenced at once.
    pub is_fencing_concurrent: bool,
    /// Whether resources may run anywhere unless told otherwise.
    pub is_symmetric: bool,
    /// Hands off everything.
    pub is_in_maintenance: bool,
    /// Whether everything is to be stopped.
    pub stops_all: bool,
    /// Whether resources that are no longer configured are stopped.
    pub stops_orphans: bool,
    /// Whether recurring actions that are no longer configured end.
    pub cancels_orphans: bool,
    /// Whether joining nodes are searched for running resources.
    pub probes: bool,
    /// The scores that node health gives; `None` when health does not count.
    pub health: Option<HealthScores>,
}

/// What node health is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthScores {
    /// Where the sum starts.
    pub base: Score,
    /// For each green attribute.
    pub green: Score,
    /// For each yellow attribute.
    pub yellow: Score,
    /// For each red attribute.
    pub red: Score,
}

impl HealthScores {
    /// What one `#health` attribute is worth; a number stands for itself.
    pub fn score(self, value: &str) -> Score {
        match Health::parse(value) {
            Some(Health::Green) => self.green,
            Some(Health::Yellow) => self.yellow,
            Some(Health::Red) => self.red,
            None => Score::parse(value).unwrap_or_default(),
        }
    }
}

impl ClusterOptions {
    /// Reads them.
    pub fn read(configuration: &Configuration) -> Self {
        let is_on = |name| configuration.is_property_on(name);
        Self {
            quorum_policy: match configuration.property("no-quorum-policy") {
                "freeze" => QuorumPolicy::Freeze,
                "ignore" => QuorumPolicy::Ignore,
                "demote" => QuorumPolicy::Demote,
                "fence" | "suicide" => QuorumPolicy::Fence,
                _ => QuorumPolicy::Stop,
            },
            is_fencing_enabled: is_on("fencing-enabled"),
            fencing_action: match configuration.property("fencing-action") {
                "off" | "poweroff" => PowerAction::Off,
                _ => PowerAction::Reboot,
            },
            is_startup_fencing_on: is_on("startup-fencing"),
            is_fencing_concurrent: is_on("concurrent-fencing"),
            is_symmetric: is_on("symmetric-cluster"),
            is_in_maintenance: is_on("maintenance-mode"),
            stops_all: is_on("stop-all-resources"),
            stops_orphans: is_on("stop-removed-resources"),
            cancels_orphans: is_on("cancel-removed-actions"),
            probes: is_on("enable-startup-probes"),
            health: health_scores(configuration),
        }
    }
}

fn health_scores(configuration: &Configuration) -> Option<HealthScores> {
    let never = Score::MINUS_INFINITY;
    let score = |name| Score::parse(configuration.property(name)).unwrap_or_default();
    let zero = HealthScores {
        base: Score::ZERO,
        green: Score::ZERO,
        yellow: Score::ZERO,
        red: Score::ZERO,
    };
    match configuration.property("node-health-strategy") {
        "migrate-on-red" => Some(HealthScores { red: never, ..zero }),
        "only-green" => Some(HealthScores { yellow: never, red: never, ..zero }),
        "progressive" => Some(HealthScores {
            base: score("node-health-base"),
            green: score("node-health-green"),
            yellow: score("node-health-yellow"),
            red: score("node-health-red"),
        }),
        _ => None,
    }
}

/// How far the cluster's hand reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Management {
    /// The cluster starts, stops and watches.
    #[default]
    Managed,
    /// It only watches (`is-managed=false`).
    Unmanaged,
    /// It does not even watch (`maintenance`).
    Maintenance,
}

/// What has to be given before a resource is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// Nothing.
    Nothing,
    /// Quorum.
    Quorum,
    /// Quorum, and lost nodes fenced.
    Fencing,
}

/// What is done with a resource that is found active too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MultipleActive {
    /// Nothing; somebody has to look.
    Block,
    /// It is stopped everywhere.
    StopOnly,
    /// It is stopped everywhere and started where it belongs.
    StopStart,
    /// It is stopped where it does not belong.
    StopUnexpected,
}

/// A primitive's meta attributes, its own or inherited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who is placed first.
    pub priority: Score,
    /// The role it is to have.
    pub target_role: Role,
    /// How far the cluster's hand reaches, apart from the nodes' maintenance.
    pub management: Management,
    /// How much it wants to stay where it is.
    pub stickiness: Score,
    /// What has to be given before it is started.
    pub requires: Requires,
    /// Failures on a node before it is moved away; `None` when they never matter.
    pub migration_threshold: Option<Score>,
    /// After how long failures are forgotten; `None` for never.
    pub failure_timeout: Option<Duration>,
    /// What is done when it is found active too often.
    pub multiple_active: MultipleActive,
    /// Whether node health does not count for it.
    pub allows_unhealthy_nodes: bool,
    /// Whether it has a say in where those it is with are placed.
    pub is_critical: bool,
}

/// A clone's own options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloneSettings {
    /// How many instances.
    pub max: u32,
    /// How many on one node.
    pub node_max: u32,
    /// Whether an order between clones counts node by node.
    pub is_interleaved: bool,
    /// Whether instances differ from each other.
    pub is_unique: bool,
    /// Whether instances start one after the other.
    pub is_ordered: bool,
    /// Whether instances are told what the others do.
    pub is_notified: bool,
    /// Whether instances can be promoted.
    pub is_promotable: bool,
}

/// No cluster has that many instances of one clone; a typing error must not eat the memory (H1).
const MOST_INSTANCES: u32 = 10_000;

/// Option values in layers; the first layer that has a name decides.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers<'a>(Vec<BTreeMap<&'a str, &'a str>>);

impl<'a> Layers<'a> {
    pub(super) fn new(blocks: &[&'a [AttributeSet]]) -> Self {
        // No node is given here: rules about node attributes do not hold for options.
        let context = RuleContext::default();
        Self(blocks.iter().map(|sets| merged(sets, |rule| rule.holds(&context))).collect())
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        let names = options::meta(name).map_or(&[][..], options::ClusterOption::names);
        self.0.iter().find_map(|layer| names.iter().find_map(|name| layer.get(name).copied()))
    }

    fn is_on(&self, name: &str) -> bool {
        let default = options::meta(name).is_some_and(|option| option.default == "true");
        self.text(name).and_then(boolean).unwrap_or(default)
    }

    fn score(&self, name: &str) -> Option<Score> {
        self.text(name).and_then(Score::parse)
    }

    fn count(&self, name: &str) -> Option<u32> {
        let score = self.score(name)?;
        Some(u32::try_from(score.value()).unwrap_or(0))
    }

    /// The settings of a primitive whose layers these are.
    pub(super) fn settings(&self, options: &ClusterOptions, usual: &Usual) -> Settings {
        Settings {
            priority: self.score("priority").unwrap_or_default(),
            target_role: self.text("target-role").and_then(Role::parse).unwrap_or(Role::Started),
            management: self.management(options),
            stickiness: self.score("resource-stickiness").unwrap_or(usual.stickiness),
            requires: match self.text("requires") {
                Some("nothing") => Requires::Nothing,
                Some("quorum") => Requires::Quorum,
                Some("fencing" | "unfencing") => Requires::Fencing,
                _ => usual.requires,
            },
            migration_threshold: match self.score("migration-threshold") {
                None => Some(Score::INFINITY),
                Some(score) => Some(score).filter(|score| *score > Score::ZERO),
            },
            failure_timeout: self
                .text("failure-timeout")
                .and_then(duration)
                .filter(|timeout| !timeout.is_zero()),
            multiple_active: match self.text("multiple-active") {
                Some("block") => MultipleActive::Block,
                Some("stop_only") => MultipleActive::StopOnly,
                Some("stop_unexpected") => MultipleActive::StopUnexpected,
                _ => MultipleActive::StopStart,
            },
            allows_unhealthy_nodes: self.is_on("allow-unhealthy-nodes"),
            is_critical: self.is_on("critical"),
        }
    }

    fn management(&self, options: &ClusterOptions) -> Management {
        if options.is_in_maintenance || self.is_on("maintenance") {
            Management::Maintenance
        } else if self.is_on("is-managed") {
            Management::Managed
        } else {
            Management::Unmanaged
        }
    }

    /// The settings of a clone whose layers these are, in a cluster of `nodes` nodes.
    pub(super) fn clone_settings(&self, nodes: usize) -> CloneSettings {
        let nodes = u32::try_from(nodes).unwrap_or(MOST_INSTANCES);
        let node_max = self.count("clone-node-max").unwrap_or(1).clamp(1, MOST_INSTANCES);
        let most = nodes.saturating_mul(node_max).min(MOST_INSTANCES);
        CloneSettings {
            max: self.count("clone-max").unwrap_or(nodes).min(most),
            node_max,
            is_interleaved: self.is_on("interleave"),
            is_unique: self.is_on("globally-unique"),
            is_ordered: self.is_on("ordered"),
            is_notified: self.is_on("notify"),
            is_promotable: self.is_on("promotable"),
        }
    }
}

/// Defaults that depend on what kind of resource it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    pub(super) stickiness: Score,
    pub(super) requires: Requires,
}
