//! How long a plan takes: 100 nodes, 1000 resources, ten nodes lost.
//!
//! `cargo run --release -p scheduler --example speed [NODES] [RESOURCES]`

use base::WallTime;
use cluster::{
    Agent, AttributeSet, Configuration, Constraint, Expected, Extra, JoinState, Location,
    LocationTarget, NodeEntry, NodeStatus, OperationRecord, OperationSettings, Preference,
    Primitive, Resource, ResourceHistory, Score, Status, Written,
};
use scheduler::{Facts, schedule};
use std::time::{Duration, Instant};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|word| word.parse().ok());
    let nodes: usize = arguments.next().unwrap_or(100).max(2);
    let resources: usize = arguments.next().unwrap_or(1000);
    let configuration = configuration(nodes, resources);
    for (what, lost, has_history) in [
        ("healthy", 0, true),
        ("a tenth of the nodes lost", nodes / 10, true),
        ("first start, nothing is known", 0, false),
    ] {
        let status = status(nodes, resources, lost, has_history);
        let facts = Facts {
            configuration: &configuration,
            status: &status,
            in_flight: &[],
            has_quorum: true,
            has_lost_quorum: false,
            is_masked: false,
            coordinator: None,
            now: WallTime::from_seconds(1_000_000),
        };
        let mut best = Duration::MAX;
        let mut actions = 0;
        for _ in 0..5 {
            let begin = Instant::now();
            let plan = schedule(&facts);
            best = best.min(begin.elapsed());
            actions = plan.graph.actions.len();
        }
        println!("{what}: {best:.1?}, {actions} actions");
    }
}

fn agent() -> Agent {
    Agent { class: "ocf".into(), provider: Some("heartbeat".into()), kind: "Filesystem".into() }
}

/// Every resource prefers its home node, then the neighbour.
fn configuration(nodes: usize, resources: usize) -> Configuration {
    let mut configuration = Configuration::default();
    for node in 0..nodes {
        let (id, name) = ((node + 1).to_string(), format!("oss{node}"));
        configuration.nodes.push(NodeEntry { id, name, ..NodeEntry::default() });
    }
    let minute = Written { value: Duration::from_secs(60), text: "60s".into() };
    for number in 0..resources {
        let id = format!("ost{number}");
        let mut parameters = AttributeSet::new(format!("{id}-parameters"));
        parameters.set("device", &format!("/dev/mapper/{id}"));
        parameters.set("directory", &format!("/mnt/{id}"));
        parameters.set("fstype", "lustre");
        configuration.resources.push(Resource::Primitive(Primitive {
            id: id.clone(),
            agent: agent(),
            parameters: vec![parameters],
            operations: vec![OperationSettings::new("monitor", "monitor", minute.clone())],
            ..Primitive::default()
        }));
        let home = number % nodes;
        for (node, score) in [(home, 100), ((home + 1) % nodes, 50)] {
            configuration.constraints.push(Constraint::Location(Location {
                id: format!("l-{id}-{node}"),
                target: LocationTarget::Resource(id.clone()),
                preference: Preference::Node {
                    node: format!("oss{node}"),
                    score: Score::new(score),
                },
                role: None,
                discovery: None,
                extra: Extra::default(),
            }));
        }
    }
    configuration
}

fn status(nodes: usize, resources: usize, lost: usize, has_history: bool) -> Status {
    let mut status = Status::default();
    for node in 0..nodes {
        let is_there = node >= lost;
        let mut state = NodeStatus {
            name: format!("oss{node}"),
            in_membership: is_there,
            is_online: is_there,
            join: if is_there { JoinState::Member } else { JoinState::Down },
            expected: Expected::Member,
            ..NodeStatus::default()
        };
        for number in (0..resources).filter(|_| has_history) {
            let is_home = number % nodes == node;
            let history = ResourceHistory {
                agent: agent(),
                operations: if is_home {
                    vec![record("start", 0, 0), record("monitor", 60, 0)]
                } else {
                    vec![record("monitor", 0, 7)]
                },
                ..ResourceHistory::default()
            };
            state.history.insert(format!("ost{number}"), history);
        }
        status.nodes.insert((node + 1).to_string(), state);
    }
    status
}

fn record(operation: &str, seconds: u64, code: i32) -> OperationRecord {
    OperationRecord {
        operation: operation.into(),
        interval: Duration::from_secs(seconds),
        call: if seconds == 0 { 1 } else { 2 },
        code,
        ..OperationRecord::default()
    }
}
