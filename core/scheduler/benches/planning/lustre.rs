//! A Lustre-like site of any size: servers in pairs, targets that prefer one of the pair.

use base::WallTime;
use cluster::{
    Agent, AttributeSet, Configuration, Constraint, Digests, Discovery, Expected, Extra, JoinState,
    Location, LocationTarget, NodeEntry, NodeStatus, OperationRecord, OperationSettings, Order,
    OrderKind, OrderTarget, Preference, Primitive, Resource, ResourceHistory, Score, Status,
    TransitionKey, Written,
};
use scheduler::{Facts, parameters_digest};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where targets were looked for before they were started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probes {
    /// On every node: as many results as nodes times targets.
    Everywhere,
    /// Only on the pair that may run them (`resource-discovery=exclusive`).
    OnThePair,
}

/// How big a site is, and how it fares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Servers; every two of them are a pair.
    pub nodes: usize,
    /// Targets for each server, beside the one MGS and the one MDT.
    pub targets_per_node: usize,
    /// So many servers, the first ones, have just been lost.
    pub lost: usize,
    /// Where targets were looked for.
    pub probes: Probes,
    /// Whether OSTs start after the MDT, and that after the MGS.
    pub has_orders: bool,
}

/// A site: what is wanted there, and what is.
#[derive(Debug)]
pub(crate) struct Site {
    /// What is wanted.
    pub configuration: Configuration,
    /// What is.
    pub status: Status,
}

/// A target and the server that it prefers.
struct Target {
    id: String,
    home: usize,
}

const START: &str = "start";
const MONITOR: &str = "monitor";

impl Site {
    /// A site of that shape, where everything runs at home, or did until its server was lost.
    pub(crate) fn new(shape: Shape) -> Self {
        let targets = targets(shape);
        Self { configuration: configuration(shape, &targets), status: status(shape, &targets) }
    }

    /// What a plan depends on.
    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            configuration: &self.configuration,
            status: &self.status,
            in_flight: &[],
            has_quorum: true,
            has_lost_quorum: false,
            is_masked: false,
            coordinator: None,
            now: WallTime::from_seconds(1_800_000_000),
        }
    }

    /// Resources, constraints and recorded results: what planning has to look at.
    pub(crate) fn size(&self) -> (usize, usize, usize) {
        let results = self.status.nodes.values().flat_map(|node| node.history.values());
        let results = results.map(|history| history.operations.len()).sum();
        (self.configuration.resources.len(), self.configuration.constraints.len(), results)
    }
}

fn targets(shape: Shape) -> Vec<Target> {
    let mut targets = vec![
        Target { id: "mgs".into(), home: 0 },
        Target { id: "mdt0".into(), home: 1 % shape.nodes },
    ];
    for number in 0..shape.nodes * shape.targets_per_node {
        let home = number / shape.targets_per_node;
        targets.push(Target { id: format!("ost{number:05}"), home });
    }
    targets
}

/// The other server of a pair; the last one of an odd number has the first one as its partner.
fn partner(node: usize, nodes: usize) -> usize {
    if node ^ 1 < nodes { node ^ 1 } else { 0 }
}

fn node_name(node: usize) -> String {
    format!("oss{:04}", node + 1)
}

fn configuration(shape: Shape, targets: &[Target]) -> Configuration {
    let mut configuration = Configuration::default();
    let mut options = AttributeSet::new("options");
    options.set("stonith-enabled", "true");
    configuration.properties.push(options);
    for node in 0..shape.nodes {
        let (id, name) = ((node + 1).to_string(), node_name(node));
        configuration.nodes.push(NodeEntry { id, name, ..NodeEntry::default() });
    }
    configuration.resources.push(Resource::Primitive(fence_device(shape)));
    for target in targets {
        configuration.resources.push(Resource::Primitive(primitive(&target.id)));
        let away = partner(target.home, shape.nodes);
        for (node, score) in [(target.home, 100), (away, 50)] {
            configuration.constraints.push(location(shape, &target.id, node, score));
        }
    }
    if shape.has_orders {
        for (at, target) in targets.iter().enumerate().skip(1) {
            let first = targets[usize::from(at > 1)].id.clone();
            configuration.constraints.push(order(first, target.id.clone()));
        }
    }
    configuration
}

fn fence_device(shape: Shape) -> Primitive {
    let names: Vec<String> = (0..shape.nodes).map(node_name).collect();
    let mut parameters = AttributeSet::new("fence-parameters");
    parameters.set("pcmk_host_list", &names.join(" "));
    Primitive {
        id: "fence".into(),
        agent: fence_agent(),
        parameters: vec![parameters],
        ..Primitive::default()
    }
}

fn fence_agent() -> Agent {
    Agent { class: "stonith".into(), provider: None, kind: "fence_ipmilan".into() }
}

fn mount_agent() -> Agent {
    Agent { class: "ocf".into(), provider: Some("heartbeat".into()), kind: "Filesystem".into() }
}

fn parameters_of(id: &str) -> BTreeMap<String, String> {
    let pairs = [
        ("device", format!("/dev/mapper/{id}")),
        ("directory", format!("/mnt/{id}")),
        ("fstype", "lustre".to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn primitive(id: &str) -> Primitive {
    let mut parameters = AttributeSet::new(format!("{id}-parameters"));
    for (name, value) in parameters_of(id) {
        parameters.set(&name, &value);
    }
    let operations = [(MONITOR, 120), (START, 0), ("stop", 0)].map(|(name, seconds)| {
        let mut operation = OperationSettings::new(format!("{id}-{name}"), name, every(seconds));
        operation.timeout = Some(every(300));
        operation
    });
    Primitive {
        id: id.to_owned(),
        agent: mount_agent(),
        parameters: vec![parameters],
        operations: operations.into(),
        ..Primitive::default()
    }
}

fn every(seconds: u64) -> Written<Duration> {
    Written { value: Duration::from_secs(seconds), text: format!("{seconds}s") }
}

fn location(shape: Shape, id: &str, node: usize, score: i64) -> Constraint {
    let is_exclusive = shape.probes == Probes::OnThePair;
    Constraint::Location(Location {
        id: format!("{id}-on-{}", node_name(node)),
        target: LocationTarget::Resource(id.to_owned()),
        preference: Preference::Node { node: node_name(node), score: Score::new(score) },
        role: None,
        discovery: is_exclusive.then_some(Discovery::Exclusive),
        extra: Extra::default(),
    })
}

fn order(first: String, then: String) -> Constraint {
    Constraint::Order(Order {
        id: format!("{first}-before-{then}"),
        target: OrderTarget::Pair { first, first_action: None, then, then_action: None },
        kind: Some(OrderKind::Optional),
        score: None,
        symmetrical: None,
        require_all: None,
        extra: Extra::default(),
    })
}

fn status(shape: Shape, targets: &[Target]) -> Status {
    let mut status = Status::default();
    let mut calls = 0;
    for node in 0..shape.nodes {
        let is_there = node >= shape.lost;
        let mut state = NodeStatus {
            name: node_name(node),
            in_membership: is_there,
            is_online: is_there,
            join: if is_there { JoinState::Member } else { JoinState::Down },
            expected: Expected::Member,
            ..NodeStatus::default()
        };
        for target in targets {
            let is_partner = partner(target.home, shape.nodes) == node;
            let operations = if target.home == node {
                runs(&target.id, &mut calls)
            } else if is_partner || shape.probes == Probes::Everywhere {
                vec![record(&target.id, (MONITOR, 0), 7, &mut calls)]
            } else {
                continue;
            };
            let history =
                ResourceHistory { operations, agent: mount_agent(), ..Default::default() };
            state.history.insert(target.id.clone(), history);
        }
        // The device runs on the last server, so that it is there when the first ones are lost.
        let code = if node + 1 == shape.nodes { 0 } else { 7 };
        let start = if code == 0 { START } else { MONITOR };
        let operations = vec![record("fence", (start, 0), code, &mut calls)];
        let history = ResourceHistory { operations, agent: fence_agent(), ..Default::default() };
        state.history.insert("fence".into(), history);
        status.nodes.insert((node + 1).to_string(), state);
    }
    status
}

/// What is recorded of a target where it runs.
fn runs(id: &str, calls: &mut i32) -> Vec<OperationRecord> {
    let mut parameters = parameters_of(id);
    let mut start = record(id, (START, 0), 0, calls);
    start.digests = digests(&parameters);
    parameters.insert("CRM_meta_timeout".into(), "300000".into());
    let mut monitor = record(id, (MONITOR, 120), 0, calls);
    monitor.digests = digests(&parameters);
    vec![start, monitor]
}

fn digests(parameters: &BTreeMap<String, String>) -> Digests {
    Digests { all: Some(parameters_digest(parameters)), ..Digests::default() }
}

fn record(
    id: &str,
    (operation, seconds): (&str, u64),
    code: i32,
    calls: &mut i32,
) -> OperationRecord {
    *calls += 1;
    let entry = if seconds == 0 { "last_0".into() } else { format!("{operation}_{seconds}000") };
    OperationRecord {
        id: format!("{id}_{entry}"),
        operation: operation.to_owned(),
        interval: Duration::from_secs(seconds),
        key: TransitionKey { target_code: code, ..TransitionKey::default() },
        call: *calls,
        code,
        ..OperationRecord::default()
    }
}
