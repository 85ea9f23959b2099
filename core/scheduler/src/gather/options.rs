//! The cluster's options.

use crate::PowerAction;
use crate::model::{ClusterOptions, HealthStrategy, PlacementStrategy, QuorumPolicy};
use crate::plan::Facts;
use base::WallTime;
use cluster::options::{self, ClusterOption};
use cluster::value::{boolean, duration};
use cluster::{Configuration, References, Resource, RuleContext, Score, resolved};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

/// What people set, by name; what they did not set is asked of the catalogue.
pub(super) struct Properties<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Properties<'a> {
    pub(super) fn read(
        facts: &Facts<'a>,
        references: &References<'a>,
        recheck: &mut Option<WallTime>,
    ) -> Self {
        let sets = &facts.configuration.properties;
        let context = RuleContext { now: Some(facts.now), ..RuleContext::default() };
        let first = Some("cib-bootstrap-options");
        Self(resolved(sets, first, references, &context, recheck))
    }

    /// The value of an option by any of its names, or its default.
    pub(super) fn text(&self, name: &str) -> &str {
        let option = options::property(name);
        let names = option.map_or(&[][..], ClusterOption::names);
        let set = names.iter().find_map(|name| self.0.get(name).copied());
        set.or_else(|| option.map(|option| option.default)).unwrap_or("")
    }

    fn is_on(&self, name: &str) -> bool {
        let default = options::property(name).is_some_and(|option| option.default == "true");
        boolean(self.text(name)).unwrap_or(default)
    }

    fn duration(&self, name: &str) -> Duration {
        let default = options::property(name).and_then(|option| duration(option.default));
        duration(self.text(name)).or(default).unwrap_or_default()
    }

    fn score(&self, name: &str) -> Score {
        Score::parse(self.text(name)).unwrap_or_default()
    }
}

/// The cluster's options as types.
pub(super) fn read(facts: &Facts<'_>, properties: &Properties<'_>) -> ClusterOptions {
    let is_fencing_enabled = properties.is_on("fencing-enabled");
    ClusterOptions {
        quorum_policy: quorum_policy(facts, properties, is_fencing_enabled),
        is_fencing_enabled,
        fencing_action: match properties.text("fencing-action") {
            "off" | "poweroff" => PowerAction::Off,
            _ => PowerAction::Reboot,
        },
        cluster_delay: properties.text("cluster-delay").to_owned(),
        fencing_timeout: properties.text("fencing-timeout").to_owned(),
        migration_limit: properties
            .text("migration-limit")
            .parse()
            .ok()
            .filter(|limit: &i64| *limit > 0),
        is_startup_fencing_on: is_fencing_enabled && properties.is_on("startup-fencing"),
        is_fencing_concurrent: properties.is_on("concurrent-fencing"),
        has_fencing_resource: properties.is_on("have-watchdog"),
        has_unfencing: has_unfencing(facts.configuration),
        priority_fencing_delay: properties.duration("priority-fencing-delay"),
        fences_remote_without_quorum: properties.is_on("fence-remote-without-quorum"),
        node_pending_timeout: properties.duration("node-pending-timeout"),
        is_symmetric: properties.is_on("symmetric-cluster"),
        is_in_maintenance: properties.is_on("maintenance-mode"),
        stops_all: properties.is_on("stop-all-resources"),
        stops_removed: properties.is_on("stop-removed-resources"),
        cancels_removed: properties.is_on("cancel-removed-actions"),
        removes_after_stop: properties.is_on("remove-after-stop"),
        probes: properties.is_on("enable-startup-probes"),
        is_start_failure_fatal: properties.is_on("start-failure-is-fatal"),
        locks_on_shutdown: properties.is_on("shutdown-lock"),
        shutdown_lock_limit: properties.duration("shutdown-lock-limit"),
        placement: match properties.text("placement-strategy") {
            "utilization" => PlacementStrategy::Utilization,
            "minimal" => PlacementStrategy::Minimal,
            "balanced" => PlacementStrategy::Balanced,
            _ => PlacementStrategy::Default,
        },
        health: match properties.text("node-health-strategy") {
            "migrate-on-red" => HealthStrategy::MigrateOnRed,
            "only-green" => HealthStrategy::OnlyGreen,
            "progressive" => HealthStrategy::Progressive,
            "custom" => HealthStrategy::Custom,
            _ => HealthStrategy::None,
        },
        has_quorum: facts.has_quorum,
    }
}

/// Nodes only fence themselves for want of quorum where fencing is on, and where there has been
/// quorum: a cluster that is just being started has lost nothing.
fn quorum_policy(
    facts: &Facts<'_>,
    properties: &Properties<'_>,
    is_fencing_enabled: bool,
) -> QuorumPolicy {
    let had_quorum = || facts.has_quorum || facts.has_lost_quorum;
    match properties.text("no-quorum-policy") {
        "ignore" => QuorumPolicy::Ignore,
        "freeze" => QuorumPolicy::Freeze,
        "demote" => QuorumPolicy::Demote,
        "fence" | "suicide" if is_fencing_enabled && had_quorum() => QuorumPolicy::Fence,
        _ => QuorumPolicy::Stop,
    }
}

/// Whether some fence device says that it unfences.
fn has_unfencing(configuration: &Configuration) -> bool {
    let says_so = |sets: &[cluster::AttributeSet]| {
        let pairs = sets.iter().flat_map(|set| &set.pairs);
        pairs
            .into_iter()
            .any(|pair| pair.name == "provides" && pair.value.as_deref() == Some("unfencing"))
    };
    configuration.resources.iter().any(|resource| {
        let inside = resource.primitives();
        says_so(resource.meta())
            || inside.iter().any(|primitive| says_so(&primitive.meta))
            || matches!(resource, Resource::Clone(clone) if says_so(clone.child.meta()))
    })
}

/// What node health is worth.
pub(super) struct HealthScores {
    base: Score,
    green: Score,
    yellow: Score,
    red: Score,
}

impl HealthScores {
    /// As the strategy says.
    pub(super) fn read(strategy: HealthStrategy, properties: &Properties<'_>) -> Self {
        let never = Score::MINUS_INFINITY;
        let nothing =
            Self { base: Score::ZERO, green: Score::ZERO, yellow: Score::ZERO, red: Score::ZERO };
        match strategy {
            HealthStrategy::MigrateOnRed => Self { red: never, ..nothing },
            HealthStrategy::OnlyGreen => Self { yellow: never, red: never, ..nothing },
            HealthStrategy::Progressive => Self {
                base: properties.score("node-health-base"),
                green: properties.score("node-health-green"),
                yellow: properties.score("node-health-yellow"),
                red: properties.score("node-health-red"),
            },
            HealthStrategy::None | HealthStrategy::Custom => nothing,
        }
    }

    /// What all health attributes of a node are worth together.
    pub(super) fn sum(&self, attributes: &BTreeMap<String, String>) -> Score {
        let health = attributes.range::<str, _>((Bound::Included("#health"), Bound::Unbounded));
        let health = health.take_while(|(name, _)| name.starts_with("#health"));
        health.fold(self.base, |sum, (_, value)| sum + self.score(value))
    }

    fn score(&self, value: &str) -> Score {
        match value.to_ascii_lowercase().as_str() {
            "green" => self.green,
            "yellow" => self.yellow,
            "red" => self.red,
            number => Score::parse(number).unwrap_or_default(),
        }
    }
}
