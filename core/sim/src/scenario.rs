//! Configurations to play.

use cluster::{
    Agent, AttributeSet, Configuration, Constraint, Extra, Location, LocationTarget, NodeEntry,
    OperationSettings, Preference, Primitive, Resource, Score, Version, Written,
};

/// The services of [`fenced_pairs`].
pub fn service_names(services: u32) -> Vec<String> {
    (0..services).map(|service| format!("ost{service}")).collect()
}

/// So many nodes (`n1`, `n2`, ...) and services, each service preferring two of the nodes, with a
/// fence device that reaches all of them.
pub fn fenced_pairs(nodes: u32, services: u32) -> Configuration {
    let mut properties = AttributeSet::new("cib-bootstrap-options");
    properties.set("stonith-enabled", "true");
    properties.set("no-quorum-policy", "stop");
    let mut defaults = AttributeSet::new("rsc-options");
    defaults.set("resource-stickiness", "1000");
    defaults.set("migration-threshold", "3");
    defaults.set("failure-timeout", "20s");
    let mut configuration = Configuration {
        properties: vec![properties],
        resource_defaults: vec![defaults],
        // Somebody has written it: it is newer than an empty disk.
        version: Version { epoch: 1, ..Version::default() },
        ..Configuration::default()
    };
    for node in 1..=nodes {
        let entry =
            NodeEntry { id: node.to_string(), name: format!("n{node}"), ..NodeEntry::default() };
        configuration.nodes.push(entry);
    }
    configuration.resources.push(Resource::Primitive(primitive("fence", "stonith", "fence_sim")));
    for (index, name) in (0u32..).zip(service_names(services)) {
        let mut service = primitive(&name, "ocf", "Service");
        if index % 3 == 2 {
            // Every third can be handed over without being stopped.
            let mut meta = AttributeSet::new(format!("{name}-meta"));
            meta.set("allow-migrate", "true");
            service.meta.push(meta);
        }
        configuration.resources.push(Resource::Primitive(service));
        for (score, offset) in [(100, 0), (50, 1)] {
            let node = format!("n{}", (index + offset) % nodes + 1);
            configuration.constraints.push(location(&name, &node, score));
        }
    }
    configuration
}

fn primitive(id: &str, class: &str, kind: &str) -> Primitive {
    let provider = (class == "ocf").then(|| "sim".to_owned());
    let operation = |name: &str, interval: &str, timeout: &str| {
        let written = |text| Written::duration(text).expect("a duration written here");
        let mut operation =
            OperationSettings::new(format!("{id}-{name}-{interval}"), name, written(interval));
        operation.timeout = Some(written(timeout));
        operation
    };
    Primitive {
        id: id.to_owned(),
        agent: Agent { class: class.to_owned(), provider, kind: kind.to_owned() },
        operations: vec![
            operation("start", "0", "20s"),
            operation("stop", "0", "20s"),
            operation("monitor", "5s", "20s"),
        ],
        ..Primitive::default()
    }
}

fn location(resource: &str, node: &str, score: i64) -> Constraint {
    Constraint::Location(Location {
        id: format!("loc-{resource}-{node}"),
        target: LocationTarget::Resource(resource.to_owned()),
        preference: Preference::Node { node: node.to_owned(), score: Score::new(score) },
        role: None,
        discovery: None,
        extra: Extra::default(),
    })
}
