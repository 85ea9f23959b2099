//! What a node has heard that it is to leave alone.

use base::Instant;
use cluster::{Configuration, Resource, Version, first_value, primitive_of};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is under way when the word comes: an agent that waits for a monitor to be ended.
const IN_ONE_BREATH: Duration = Duration::from_millis(5);

/// Services that are to be left alone on a node, by its own copy of the configuration: a cluster, a node
/// or a resource in maintenance, or one that is not managed. Rules and defaults are not looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftAlone {
    version: Version,
    since: BTreeMap<String, Instant>,
}

impl LeftAlone {
    /// The node named `node` has this configuration now. Says whether that is news.
    pub(crate) fn hear(&mut self, now: Instant, node: &str, configuration: &Configuration) -> bool {
        if configuration.version == self.version {
            return false;
        }
        self.version = configuration.version;
        let everything = configuration.is_property_on("maintenance-mode")
            || configuration.node(node).is_some_and(|entry| {
                first_value(&entry.attributes, "maintenance").is_some_and(is_true)
            });
        let is_left_alone = |resource: &Resource| {
            let says = |name| first_value(resource.meta(), name).map(is_true);
            says("maintenance") == Some(true) || says("is-managed") == Some(false)
        };
        let mut since = BTreeMap::new();
        for top in &configuration.resources {
            let whole = everything || is_left_alone(top);
            for primitive in top.primitives() {
                if whole || is_left_alone(&Resource::Primitive(primitive.clone())) {
                    let before = self.since.get(&primitive.id).copied();
                    since.insert(primitive.id.clone(), before.unwrap_or(now));
                }
            }
        }
        let is_news = !since.keys().eq(self.since.keys());
        self.since = since;
        is_news
    }

    /// Which services.
    pub(crate) fn services(&self) -> impl Iterator<Item = &str> {
        self.since.keys().map(String::as_str)
    }

    /// Whether an agent of the instance that begins now must only look.
    pub(crate) fn covers(&self, instance: &str, now: Instant) -> bool {
        let since = self.since.get(primitive_of(instance));
        since.is_some_and(|since| *since + IN_ONE_BREATH < now)
    }
}

fn is_true(text: &str) -> bool {
    cluster::value::boolean(text) == Some(true)
}
