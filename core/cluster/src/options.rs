//! The catalogue: every option the cluster knows, what it accepts, what it is when nobody says.
//!
//! One table for help, validation, defaults and completion. Names are the field's; where an
//! option has two (the older ones say "stonith"), both are accepted.

mod fencing;

pub use fencing::FENCING;

/// What values an option accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A score.
    Score,
    /// A duration, see [`crate::value::duration`].
    Duration,
    /// A percentage such as `80%`.
    Percentage,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text.
    Text,
}

impl Kind {
    /// Whether `value` is of this kind.
    pub fn accepts(self, value: &str) -> bool {
        match self {
            Self::Boolean => crate::value::boolean(value).is_some(),
            Self::Integer => value.trim().parse::<i64>().is_ok() || is_infinity(value),
            Self::Score => crate::Score::parse(value).is_some(),
            Self::Duration => {
                crate::value::duration(value.strip_prefix('-').unwrap_or(value)).is_some()
            }
            Self::Percentage => value.strip_suffix('%').is_some_and(|n| n.parse::<u32>().is_ok()),
            Self::OneOf(words) => words.iter().any(|word| word.eq_ignore_ascii_case(value)),
            Self::Text => true,
        }
    }

    /// What would be right, in words.
    pub fn expectation(self) -> String {
        match self {
            Self::Boolean => "true or false".into(),
            Self::Integer => "a whole number".into(),
            Self::Score => "a score: a number, INFINITY or -INFINITY".into(),
            Self::Duration => "a duration such as 20s, 5min or PT1M30S".into(),
            Self::Percentage => "a percentage such as 80%".into(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Text => "text".into(),
        }
    }
}

fn is_infinity(value: &str) -> bool {
    crate::Score::parse(value).is_some_and(crate::Score::is_infinite)
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClusterOption {
    names: &'static [&'static str],
    /// What it accepts.
    pub kind: Kind,
    /// Its value when nobody says.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
}

impl ClusterOption {
    /// Its name first, then the older ones.
    pub const fn names(&self) -> &'static [&'static str] {
        self.names
    }
}

const fn option(
    names: &'static [&'static str],
    kind: Kind,
    default: &'static str,
    description: &'static str,
) -> ClusterOption {
    ClusterOption { names, kind, default, description }
}

/// The cluster option called `name`, by any of its names.
pub fn property(name: &str) -> Option<&'static ClusterOption> {
    PROPERTIES.iter().find(|option| option.names.contains(&name))
}

/// The meta attribute of resources called `name`, by any of its names.
pub fn meta(name: &str) -> Option<&'static ClusterOption> {
    META.iter().find(|option| option.names.contains(&name))
}

use Kind::{Boolean, Duration, Integer, OneOf, Percentage, Score, Text};

/// Cluster options.
pub const PROPERTIES: &[ClusterOption] = &[
    option(&["cluster-name"], Text, "", "A name for the cluster, for people and for rules."),
    option(&["dc-version"], Text, "", "Version of the coordinator; set by the cluster."),
    option(&["cluster-infrastructure"], Text, "", "Messaging layer; set by the cluster."),
    option(&["have-watchdog"], Boolean, "false", "Whether watchdogs work; set by the cluster."),
    option(&["last-lrm-refresh"], Text, "", "Written by older tools; of no effect."),
    option(
        &["no-quorum-policy"],
        OneOf(&["stop", "freeze", "ignore", "demote", "fence", "suicide"]),
        "stop",
        "What nodes without quorum do with their resources.",
    ),
    option(
        &["symmetric-cluster"],
        Boolean,
        "true",
        "Whether resources may run anywhere unless told otherwise.",
    ),
    option(&["maintenance-mode"], Boolean, "false", "Hands off all resources, monitors included."),
    option(
        &["start-failure-is-fatal"],
        Boolean,
        "true",
        "Whether one failed start bans a resource from the node.",
    ),
    option(
        &["enable-startup-probes"],
        Boolean,
        "true",
        "Whether joining nodes are searched for running resources.",
    ),
    option(
        &["fencing-enabled", "stonith-enabled"],
        Boolean,
        "true",
        "Whether lost nodes are fenced before their resources are recovered.",
    ),
    option(
        &["fencing-action", "stonith-action"],
        OneOf(&["reboot", "off", "poweroff"]),
        "reboot",
        "What is done to a node that is fenced.",
    ),
    option(&["fencing-timeout", "stonith-timeout"], Duration, "60s", "How long fencing may take."),
    option(
        &["fencing-max-attempts", "stonith-max-attempts"],
        Integer,
        "10",
        "Failed attempts in a row before fencing waits for an event.",
    ),
    option(
        &["fencing-watchdog-timeout", "stonith-watchdog-timeout"],
        Duration,
        "0",
        "After how long a lost node has fenced itself by its watchdog.",
    ),
    option(
        &["fencing-reaction", "fence-reaction"],
        OneOf(&["stop", "panic"]),
        "stop",
        "What a node does that learns of its own fencing.",
    ),
    option(
        &["fence-remote-without-quorum"],
        Boolean,
        "false",
        "Whether nodes without quorum may fence remote nodes.",
    ),
    option(
        &["concurrent-fencing"],
        Boolean,
        "true",
        "Whether several nodes may be fenced at once.",
    ),
    option(&["startup-fencing"], Boolean, "true", "Whether nodes that were never seen are fenced."),
    option(
        &["priority-fencing-delay"],
        Duration,
        "0",
        "Head start of the side that runs the more important resources.",
    ),
    option(
        &["node-pending-timeout"],
        Duration,
        "0",
        "After how long a node that does not finish joining is fenced.",
    ),
    option(
        &["shutdown-lock"],
        Boolean,
        "false",
        "Whether resources wait for a node that was shut down in order.",
    ),
    option(&["shutdown-lock-limit"], Duration, "0", "How long they wait."),
    option(&["enable-acl"], Boolean, "false", "Whether access rules are in force."),
    option(&["stop-all-resources"], Boolean, "false", "Whether everything is to be stopped."),
    option(
        &["stop-removed-resources", "stop-orphan-resources"],
        Boolean,
        "true",
        "Whether resources that are no longer configured are stopped.",
    ),
    option(
        &["cancel-removed-actions", "stop-orphan-actions"],
        Boolean,
        "true",
        "Whether recurring actions that are no longer configured end.",
    ),
    option(
        &["placement-strategy"],
        OneOf(&["default", "utilization", "minimal", "balanced"]),
        "default",
        "How capacity counts when resources are placed.",
    ),
    option(
        &["node-health-strategy"],
        OneOf(&["none", "migrate-on-red", "only-green", "progressive", "custom"]),
        "none",
        "How node health counts.",
    ),
    option(&["node-health-base"], Score, "0", "Where progressive health scores start."),
    option(&["node-health-green"], Score, "0", "The score of green."),
    option(&["node-health-yellow"], Score, "0", "The score of yellow."),
    option(&["node-health-red"], Score, "-INFINITY", "The score of red."),
    option(
        &["cluster-recheck-interval"],
        Duration,
        "15min",
        "How often rules with dates are looked at again.",
    ),
    option(&["dc-deadtime"], Duration, "20s", "Accepted for compatibility: views need no waiting."),
    option(
        &["election-timeout"],
        Duration,
        "2min",
        "Accepted for compatibility: there are no elections.",
    ),
    option(
        &["shutdown-escalation"],
        Duration,
        "20min",
        "How long an orderly stop of a node may take.",
    ),
    option(&["join-integration-timeout"], Duration, "3min", "Accepted for compatibility."),
    option(&["join-finalization-timeout"], Duration, "30min", "Accepted for compatibility."),
    option(&["transition-delay"], Duration, "0", "A pause before every recovery."),
    option(
        &["cluster-delay"],
        Duration,
        "60s",
        "Allowance on top of an action's timeout for the way there and back.",
    ),
    option(
        &["load-threshold"],
        Percentage,
        "80%",
        "The load from which a node gets fewer actions at once.",
    ),
    option(
        &["node-action-limit"],
        Integer,
        "0",
        "Actions at once on a node; 0 is twice its cores.",
    ),
    option(
        &["batch-limit"],
        Integer,
        "0",
        "Actions at once in the cluster; 0 is as many as the nodes can take.",
    ),
    option(
        &["migration-limit"],
        Integer,
        "-1",
        "Live migrations at once on a node; -1 is no limit.",
    ),
    option(
        &["mount-limit"],
        Integer,
        "0",
        "Mounts and imports of pools at once on a node; 0 is no limit.",
    ),
    option(&["cluster-ipc-limit"], Integer, "500", "Accepted for compatibility."),
    option(&["pe-error-series-max"], Integer, "-1", "How many plans with errors are kept."),
    option(&["pe-warn-series-max"], Integer, "5000", "How many plans with warnings are kept."),
    option(&["pe-input-series-max"], Integer, "4000", "How many other plans are kept."),
    option(&["remove-after-stop"], Boolean, "false", "Accepted for compatibility."),
    option(
        &["default-resource-stickiness"],
        Score,
        "0",
        "Older way to set the default of resource-stickiness.",
    ),
];

/// Meta attributes of resources.
pub const META: &[ClusterOption] = &[
    option(&["priority"], Score, "0", "Who is placed first, and given up last."),
    option(
        &["critical"],
        Boolean,
        "true",
        "Whether the resource has a say in where those it is with are placed.",
    ),
    option(
        &["target-role"],
        OneOf(&["Stopped", "Started", "Unpromoted", "Promoted", "Slave", "Master"]),
        "Started",
        "The role it is to have.",
    ),
    option(&["is-managed"], Boolean, "true", "Whether the cluster may change its state."),
    option(&["maintenance"], Boolean, "false", "Hands off, monitors included."),
    option(&["resource-stickiness"], Score, "0", "How much it wants to stay where it is."),
    option(
        &["requires"],
        OneOf(&["nothing", "quorum", "fencing", "unfencing"]),
        "fencing",
        "What has to be given before it is started.",
    ),
    option(
        &["migration-threshold"],
        Integer,
        "INFINITY",
        "Failures on a node before it is moved away.",
    ),
    option(&["failure-timeout"], Duration, "0", "After how long failures are forgotten."),
    option(
        &["multiple-active"],
        OneOf(&["block", "stop_only", "stop_start", "stop_unexpected"]),
        "stop_start",
        "What is done when it is found active twice.",
    ),
    option(&["allow-migrate"], Boolean, "false", "Whether it can be moved without a stop."),
    option(
        &["allow-unhealthy-nodes"],
        Boolean,
        "false",
        "Whether node health does not count for it.",
    ),
    option(&["container-attribute-target"], OneOf(&["host"]), "", "Whose attributes count for it."),
    option(&["remote-node"], Text, "", "The node inside of this virtual machine."),
    option(&["remote-addr"], Text, "", "Its address."),
    option(&["remote-port"], Integer, "3121", "Its port."),
    option(&["remote-connect-timeout"], Duration, "60s", "How long connecting may take."),
    option(&["remote-allow-migrate"], Boolean, "true", "Whether the connection can be moved."),
    option(&["provides"], Text, "", "What a fence device gives beyond fencing."),
    option(&["container"], Text, "", "The resource it runs inside of."),
    option(
        &["clone-max"],
        Integer,
        "",
        "How many instances; as many as there are nodes when not given.",
    ),
    option(&["clone-node-max"], Integer, "1", "How many instances on one node."),
    option(
        &["clone-min"],
        Integer,
        "0",
        "How many instances must run before those ordered after may start.",
    ),
    option(&["globally-unique"], Boolean, "false", "Whether instances differ from each other."),
    option(&["notify"], Boolean, "false", "Whether instances are told what the others do."),
    option(&["ordered"], Boolean, "false", "Whether instances start one after the other."),
    option(
        &["interleave"],
        Boolean,
        "false",
        "Whether an order between clones counts node by node.",
    ),
    option(&["promotable"], Boolean, "false", "Whether instances can be promoted."),
    option(&["promoted-max", "master-max"], Integer, "1", "How many are promoted."),
    option(
        &["promoted-node-max", "master-node-max"],
        Integer,
        "1",
        "How many are promoted on one node.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_of_its_own_kind() {
        for option in PROPERTIES.iter().chain(META).filter(|option| !option.default.is_empty()) {
            assert!(option.kind.accepts(option.default), "{:?}", option.names);
        }
    }

    #[test]
    fn older_names_mean_the_same_option() {
        assert_eq!(property("stonith-enabled"), property("fencing-enabled"));
        assert_eq!(property("stonith-enable"), None);
    }
}
