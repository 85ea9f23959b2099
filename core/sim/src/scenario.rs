//! Configurations to play.

use crate::script::{Demands, Setup};
use cluster::{
    Agent, AttributeSet, Clone as CloneResource, Colocation, ColocationTarget, Configuration,
    Constraint, Extra, Location, LocationTarget, NodeEntry, OperationSettings, Order, OrderTarget,
    Preference, Primitive, Resource, Role, Score, Version, Written,
};

/// Services of the clusters in storms.
pub const SERVICES: u32 = 3;
/// The primitive of the clone in storms that ask for roles.
pub const DATABASE: &str = "db";
/// On so many nodes that clone is active.
pub const INSTANCES: usize = 2;
/// For so many services a node has room in storms in which that is short.
pub const ROOM: usize = 2;

/// The services of [`fenced_pairs`].
pub fn service_names() -> Vec<String> {
    (0..SERVICES).map(|service| format!("ost{service}")).collect()
}

/// The nodes (`n1`, `n2`, ...) and services, each service preferring two of the nodes, with a
/// fence device that reaches all of them; and what is demanded beside that.
pub fn fenced_pairs(setup: &Setup) -> Configuration {
    let nodes = setup.nodes;
    let mut defaults = AttributeSet::new("rsc-options");
    defaults.set("resource-stickiness", "1000");
    defaults.set("migration-threshold", "3");
    defaults.set("failure-timeout", "20s");
    let mut configuration = Configuration {
        properties: vec![properties(setup.demands)],
        resource_defaults: vec![defaults],
        // Somebody has written it: it is newer than an empty disk.
        version: Version { epoch: 1, ..Version::default() },
        ..Configuration::default()
    };
    configuration.nodes.extend((1..=nodes).map(|node| entry(node, setup.demands)));
    let mut device = primitive("fence", "stonith", "fence_sim");
    device.operations.push(operation("fence", "monitor", "5s", None));
    configuration.resources.push(Resource::Primitive(device));
    for (index, name) in (0u32..).zip(service_names()) {
        configuration.resources.push(Resource::Primitive(service(&name, index, setup.demands)));
        for (score, offset) in [(100, 0), (50, 1)] {
            let node = (index + offset) % nodes + 1;
            configuration.constraints.push(location(&name, node, score, None));
        }
    }
    demand(&mut configuration, setup);
    configuration
}

fn properties(demands: Demands) -> AttributeSet {
    let mut properties = AttributeSet::new("cib-bootstrap-options");
    properties.set("stonith-enabled", "true");
    properties.set("no-quorum-policy", "stop");
    if demands.room {
        properties.set("placement-strategy", "utilization");
    }
    properties
}

fn entry(node: u32, demands: Demands) -> NodeEntry {
    let mut entry =
        NodeEntry { id: node.to_string(), name: format!("n{node}"), ..NodeEntry::default() };
    if demands.room {
        entry.utilization.push(slots(&format!("n{node}-room"), ROOM));
    }
    entry
}

fn service(name: &str, index: u32, demands: Demands) -> Primitive {
    let mut service = primitive(name, "ocf", "Service");
    service.operations.push(operation(name, "monitor", "5s", None));
    if index % 3 == 2 {
        // Every third can be handed over without being stopped.
        let mut meta = AttributeSet::new(format!("{name}-meta"));
        meta.set("allow-migrate", "true");
        service.meta.push(meta);
    }
    if demands.room {
        service.utilization.push(slots(&format!("{name}-need"), 1));
    }
    service
}

fn slots(id: &str, count: usize) -> AttributeSet {
    let mut slots = AttributeSet::new(id);
    slots.set("slots", &count.to_string());
    slots
}

/// What ties services to each other and to nodes.
fn demand(configuration: &mut Configuration, setup: &Setup) {
    let Demands { order, roles, room } = setup.demands;
    if order {
        configuration.constraints.push(ordered("ost0", "ost1"));
    }
    if let Some((one, other)) = kept_apart(setup).filter(|_| room) {
        configuration.constraints.push(apart(other, one));
    }
    if roles {
        configuration.resources.push(database());
        for node in 1..=setup.nodes {
            let score = i64::from(setup.nodes + 1 - node);
            let promoted = location("db-clone", node, score, Some(Role::Promoted));
            configuration.constraints.push(promoted);
        }
    }
}

/// The services that never share a node. In a cluster of two it is room alone that keeps three of them
/// from coming together.
pub fn kept_apart(setup: &Setup) -> Option<(&'static str, &'static str)> {
    (setup.nodes > 2).then_some(("ost0", "ost2"))
}

fn database() -> Resource {
    let mut child = primitive(DATABASE, "ocf", "Stateful");
    child.operations.push(operation(DATABASE, "monitor", "5s", Some(Role::Promoted)));
    child.operations.push(operation(DATABASE, "monitor", "6s", Some(Role::Unpromoted)));
    let mut meta = AttributeSet::new("db-clone-meta");
    meta.set("promotable", "true");
    meta.set("clone-max", &INSTANCES.to_string());
    Resource::Clone(CloneResource {
        id: "db-clone".to_owned(),
        description: None,
        child: Box::new(Resource::Primitive(child)),
        parameters: Vec::new(),
        meta: vec![meta],
        extra: Extra::default(),
    })
}

fn primitive(id: &str, class: &str, kind: &str) -> Primitive {
    let provider = (class == "ocf").then(|| "sim".to_owned());
    Primitive {
        id: id.to_owned(),
        agent: Agent { class: class.to_owned(), provider, kind: kind.to_owned() },
        operations: vec![operation(id, "start", "0", None), operation(id, "stop", "0", None)],
        ..Primitive::default()
    }
}

fn operation(of: &str, name: &str, interval: &str, role: Option<Role>) -> OperationSettings {
    let written = |text| Written::duration(text).expect("a duration written here");
    let mut operation =
        OperationSettings::new(format!("{of}-{name}-{interval}"), name, written(interval));
    operation.timeout = Some(written("20s"));
    operation.role = role;
    operation
}

fn location(resource: &str, node: u32, score: i64, role: Option<Role>) -> Constraint {
    Constraint::Location(Location {
        id: format!("loc-{resource}-n{node}"),
        target: LocationTarget::Resource(resource.to_owned()),
        preference: Preference::Node { node: format!("n{node}"), score: Score::new(score) },
        role,
        discovery: None,
        extra: Extra::default(),
    })
}

fn ordered(first: &str, then: &str) -> Constraint {
    let (first, then) = (first.to_owned(), then.to_owned());
    Constraint::Order(Order {
        id: format!("{first}-then-{then}"),
        target: OrderTarget::Pair { first, first_action: None, then, then_action: None },
        kind: None,
        score: None,
        symmetrical: None,
        require_all: None,
        extra: Extra::default(),
    })
}

fn apart(resource: &str, with: &str) -> Constraint {
    let (resource, with) = (resource.to_owned(), with.to_owned());
    Constraint::Colocation(Colocation {
        id: format!("{resource}-apart-from-{with}"),
        target: ColocationTarget::Pair { resource, role: None, with, with_role: None },
        score: Score::MINUS_INFINITY,
        node_attribute: None,
        influence: None,
        extra: Extra::default(),
    })
}
