//! Meta attributes: where a resource's own come from, and what they mean.

use super::Reader;
use super::values::{self, count};
use crate::index::ResourceIndex;
use crate::model::{
    CloneSettings, ClusterOptions, Management, MultipleActive, QuorumPolicy, Requires, Settings,
};
use cluster::value::{boolean, duration};
use cluster::{Agent, AttributeSet, Role, RuleContext, Score, resolved};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A resource's meta attributes.
pub(super) type Meta = BTreeMap<String, String>;

impl<'a> Reader<'a> {
    /// A resource's meta attributes: what it says itself, then what it is inside of, then the
    /// defaults.
    pub(super) fn meta(
        &mut self,
        own: &[AttributeSet],
        agent: &Agent,
        parent: Option<ResourceIndex>,
    ) -> Meta {
        let at = &mut self.at;
        let context =
            RuleContext { now: Some(at.facts.now), agent: Some(agent), ..RuleContext::default() };
        let found = resolved(own, None, &at.references, &context, &mut at.recheck);
        let mut meta: Meta =
            found.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        if let Some(parent) = parent {
            for (name, value) in &at.resources[parent].meta {
                meta.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        for (name, value) in self.defaults_for(agent).iter() {
            if !meta.contains_key(*name) {
                meta.insert((*name).to_owned(), (*value).to_owned());
            }
        }
        meta
    }

    fn defaults_for(&mut self, agent: &Agent) -> Rc<BTreeMap<&'a str, &'a str>> {
        if let Some(defaults) = self.defaults.get(agent) {
            return Rc::clone(defaults);
        }
        let at = &mut self.at;
        let sets = &at.facts.configuration.resource_defaults;
        let context =
            RuleContext { now: Some(at.facts.now), agent: Some(agent), ..RuleContext::default() };
        let found = Rc::new(resolved(sets, None, &at.references, &context, &mut at.recheck));
        self.defaults.insert(agent.clone(), Rc::clone(&found));
        found
    }
}

/// What there is to know of a resource to make sense of its meta attributes.
pub(super) struct Circumstances<'o> {
    pub(super) options: &'o ClusterOptions,
    pub(super) agent: &'o Agent,
    /// Whether it is a clone, or inside of one.
    pub(super) is_cloned: bool,
    /// Whether it is the connection of a remote node or of a guest.
    pub(super) is_connection: bool,
    /// Whether it is the connection of a remote node, not of a guest.
    pub(super) is_remote_connection: bool,
}

/// Meta attributes as types.
pub(super) fn settings(meta: &Meta, about: &Circumstances<'_>) -> Settings {
    let score = |name: &str| meta.get(name).and_then(|text| values::score(text));
    let is_on =
        |name: &str, default| meta.get(name).and_then(|text| boolean(text)).unwrap_or(default);
    let threshold = score("migration-threshold").unwrap_or(Score::INFINITY);
    Settings {
        priority: score("priority").unwrap_or_default(),
        target_role: meta.get("target-role").and_then(|text| Role::parse(text)),
        management: management(meta, about.options),
        stickiness: score("resource-stickiness").unwrap_or_default(),
        requires: requires(meta.get("requires").map(String::as_str), about),
        migration_threshold: if threshold < Score::ZERO { Score::INFINITY } else { threshold },
        failure_timeout: meta
            .get("failure-timeout")
            .and_then(|text| duration(text))
            .unwrap_or_default(),
        multiple_active: match meta.get("multiple-active").map(String::as_str) {
            Some("block") => MultipleActive::Block,
            Some("stop_only") => MultipleActive::StopOnly,
            Some("stop_unexpected") => MultipleActive::StopUnexpected,
            _ => MultipleActive::StopStart,
        },
        can_migrate: match meta.get("allow-migrate") {
            Some(text) => boolean(text).unwrap_or(false),
            None => about.is_remote_connection,
        },
        allows_unhealthy_nodes: is_on("allow-unhealthy-nodes", false),
        is_critical: is_on("critical", true),
        is_notified: is_on("notify", false),
        is_unique: !about.is_cloned || is_unique(meta),
    }
}

fn management(meta: &Meta, options: &ClusterOptions) -> Management {
    let says = |name: &str| meta.get(name).and_then(|text| boolean(text));
    if options.is_in_maintenance || says("maintenance") == Some(true) {
        return Management::Maintenance;
    }
    match meta.get("is-managed") {
        Some(text) if !text.eq_ignore_ascii_case("default") && boolean(text) != Some(true) => {
            Management::Unmanaged
        }
        _ => Management::Managed,
    }
}

/// What has to be given before a resource is started. A fence device can not wait for fencing, and
/// a connection shows by itself how the node is.
fn requires(text: Option<&str>, about: &Circumstances<'_>) -> Requires {
    let options = about.options;
    let is_device = about.agent.is_fencing();
    match text.map(str::to_ascii_lowercase).as_deref() {
        Some("nothing") => Requires::Nothing,
        Some("quorum") => Requires::Quorum,
        Some("fencing") => Requires::Fencing,
        Some("unfencing") if is_device || !options.is_fencing_enabled => Requires::Quorum,
        Some("unfencing") => Requires::Unfencing,
        _ if is_device || about.is_connection => Requires::Quorum,
        _ if options.has_unfencing => Requires::Unfencing,
        _ if options.is_fencing_enabled => Requires::Fencing,
        _ if options.quorum_policy == QuorumPolicy::Ignore => Requires::Nothing,
        _ => Requires::Quorum,
    }
}

/// Whether the instances of a clone differ from each other; when nobody says, they do where one
/// node may have several.
pub(super) fn is_unique(meta: &Meta) -> bool {
    match meta.get("globally-unique") {
        Some(text) => boolean(text).unwrap_or(false),
        None => meta.get("clone-node-max").is_some_and(|text| count(text, 0) > 1),
    }
}

/// No cluster has more instances of one clone or bundle, or more than so many on each node; a typing
/// error must not eat the memory (H1).
pub(super) const MOST_INSTANCES: u32 = 500;

/// How many a node may have, where there are many nodes.
pub(super) const MOST_PER_NODE: u32 = 10;

/// How many there may be of all clones and bundles beyond one for each node.
pub(super) const MOST_SPARE_INSTANCES: u32 = 5_000;

/// A clone's options, in a cluster of `nodes` nodes.
pub(super) fn clone_settings(meta: &Meta, nodes: u32) -> CloneSettings {
    let number = |names: [&str; 2], default: u32| {
        let text = names.iter().find_map(|name| meta.get(*name));
        text.map_or(default, |text| count(text, 0))
    };
    let is_on = |name: &str| meta.get(name).and_then(|text| boolean(text)).unwrap_or(false);
    let is_unique = is_unique(meta);
    let node_max = number(["clone-node-max"; 2], 1);
    CloneSettings {
        max: number(["clone-max"; 2], nodes.max(1)),
        node_max: if is_unique { node_max } else { node_max.min(1) },
        min: number(["clone-min"; 2], 0),
        is_interleaved: is_on("interleave"),
        is_ordered: is_on("ordered"),
        is_unique,
        is_notified: is_on("notify"),
        is_promotable: is_on("promotable"),
        promoted_max: number(["promoted-max", "master-max"], 1),
        promoted_node_max: number(["promoted-node-max", "master-node-max"], 1),
    }
}
