//! Small plays: a graph, a status, and what must come of it.

use crate::{End, InjectionError};
use crate::{Event, Injection, Modification, Script, Spec, SpecError, TicketChange, inject, play};
use base::WallTime;
use cluster::{Agent, Configuration, NodeEntry, NodeStatus, Score, Status};
use scheduler::index::{ActionIndex, Key};
use scheduler::{Carrier, GraphAction, GraphPrimitive, Operation, Synapse, Task, Transition};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const NOW: WallTime = WallTime::from_seconds(1_000);

fn agent() -> Agent {
    Agent { class: "ocf".into(), provider: Some("pacemaker".into()), kind: "Dummy".into() }
}

fn world() -> (Configuration, Status) {
    let mut configuration = Configuration::default();
    let mut status = Status::default();
    for (id, name) in [("1", "oss1"), ("2", "oss2")] {
        let (id, name) = (id.to_owned(), name.to_owned());
        let node = NodeStatus { name: name.clone(), is_online: true, ..NodeStatus::default() };
        status.nodes.insert(id.clone(), node);
        configuration.nodes.push(NodeEntry { id, name, ..NodeEntry::default() });
    }
    (configuration, status)
}

fn index(number: usize) -> ActionIndex {
    ActionIndex::from_position(number)
}

/// `task` of `resource` on oss1; a point where there is no resource.
fn action(number: usize, resource: Option<&str>, task: Task, interval: u32) -> GraphAction {
    let operation = Operation::recurring(task, interval);
    GraphAction {
        id: index(number),
        carrier: if resource.is_some() { Carrier::Agent } else { Carrier::Nobody },
        operation,
        task: task.name().into(),
        key: format!("{}_{operation}", resource.unwrap_or("group")),
        internal_key: None,
        node: resource.map(|_| ("oss1".into(), "1".into())),
        router: None,
        primitive: resource.map(|id| GraphPrimitive {
            id: id.into(),
            long_id: None,
            agent: agent(),
        }),
        shutdown_lock: None,
        attributes: BTreeMap::new(),
        downed: Vec::new(),
    }
}

fn transition(actions: Vec<(GraphAction, &[usize])>) -> Transition {
    let synapses = actions.into_iter().map(|(action, inputs)| Synapse {
        action,
        priority: Score::ZERO,
        inputs: inputs.iter().copied().map(index).collect(),
    });
    Transition { synapses: synapses.collect(), ..Transition::default() }
}

/// What happens, in words.
fn told(events: &[Event]) -> Vec<String> {
    let words = events.iter().map(|event| match event {
        Event::Point { key, .. } => key.clone(),
        Event::Agent { resource, task, interval, .. } => {
            format!("{resource}_{task}_{}", interval.as_millis())
        }
        Event::Cluster { task, .. } => task.clone(),
        Event::Fence { node, how } => format!("{how} {node}"),
        Event::Failed { code, .. } => format!("failed with {code}"),
        Event::Modified(Modification::Attribute { name, value, .. }) => format!("{name}={value}"),
        Event::Modified(other) => format!("{other:?}"),
    });
    words.collect()
}

fn script<'a>(configuration: &'a Configuration, failures: &'a [Spec]) -> Script<'a> {
    Script {
        configuration,
        names: BTreeSet::from(["a", "b"]),
        failures,
        is_start_failure_fatal: true,
        now: NOW,
    }
}

#[test]
fn what_is_ready_in_a_pass_is_done_in_it() {
    let (configuration, mut status) = world();
    // The second waits for the third, which comes later; the fourth only for the first.
    let graph = transition(vec![
        (action(0, None, Task::Start, 0), &[]),
        (action(1, Some("b"), Task::Start, 0), &[2]),
        (action(2, Some("a"), Task::Start, 0), &[0]),
        (action(3, Some("a"), Task::Monitor, 10_000), &[2]),
    ]);
    let played = play(&graph, &script(&configuration, &[]), &mut status);
    assert_eq!(
        told(&played.events),
        ["group_start_0", "a_start_0", "a_monitor_10000", "b_start_0"]
    );
    assert_eq!(played.end, End::Complete);
    let history = &status.nodes["1"].history["a"];
    let ids: Vec<&str> = history.operations.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["a_last_0", "a_monitor_10000"]);
    assert_eq!(history.operations[1].call, 2);
}

#[test]
fn what_waits_for_nothing_that_comes_is_a_wrong_graph() {
    let (configuration, mut status) = world();
    let graph = transition(vec![(action(0, Some("a"), Task::Start, 0), &[7])]);
    let played = play(&graph, &script(&configuration, &[]), &mut status);
    assert_eq!((played.events.len(), played.end), (0, End::Terminated));
}

#[test]
fn after_a_failure_only_the_urgent_goes_on() {
    let (configuration, mut status) = world();
    let failures = [Spec::parse("a_start_0@oss1=1").expect("it is one")];
    let graph = transition(vec![
        (action(0, Some("a"), Task::Start, 0), &[]),
        (action(1, Some("b"), Task::Start, 0), &[]),
    ]);
    let played = play(&graph, &script(&configuration, &failures), &mut status);
    assert_eq!(
        told(&played.events),
        [
            "a_start_0",
            "failed with 1",
            "fail-count-a#start_0=INFINITY",
            "last-failure-a#start_0=1000"
        ]
    );
    assert_eq!(played.end, End::Complete);
    let node = &status.nodes["1"];
    let ids: Vec<&str> =
        node.history["a"].operations.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["a_last_failure_0", "a_last_0"]);
    assert_eq!(node.attributes["fail-count-a#start_0"], "INFINITY");
}

#[test]
fn a_fenced_node_forgets() {
    let (configuration, mut status) = world();
    let mut fence = action(0, None, Task::Fence, 0);
    fence.carrier = Carrier::Cluster;
    fence.node = Some(("oss2".into(), "2".into()));
    fence.attributes.insert("CRM_meta_stonith_action".into(), "reboot".into());
    let lost = status.nodes.get_mut("2").expect("it is there");
    lost.history.insert("a".into(), cluster::ResourceHistory::default());
    lost.attributes.insert("x".into(), "1".into());
    let graph = transition(vec![(fence, &[])]);
    let played = play(&graph, &script(&configuration, &[]), &mut status);
    assert_eq!(told(&played.events), ["reboot oss2"]);
    let node = &status.nodes["2"];
    assert!(!node.is_online && node.history.is_empty() && node.attributes.is_empty());
}

#[test]
fn specs_are_read_from_the_right() {
    let spec = Spec::parse("my_vm_migrate_to_0@oss1=1").expect("it is one");
    assert_eq!((spec.resource.as_str(), spec.task.as_str()), ("my_vm", "migrate_to"));
    let spec = Spec::parse("a_monitor_10000@oss1=7").expect("it is one");
    assert_eq!((spec.interval, spec.code), (Duration::from_secs(10), 7));
    let incomplete = |text: &str, found| {
        assert_eq!(Spec::parse(text), Err(SpecError::Incomplete { text: text.into(), found }));
    };
    incomplete("foo", 1);
    incomplete("a_start_0@oss1", 2);
    assert!(matches!(Spec::parse("a@oss1=1"), Err(SpecError::NoOperation(_))));
}

#[test]
fn changes_are_made_before_anything_is_decided() {
    let (mut configuration, mut status) = world();
    let mut make = |injection: &Injection| {
        let place = (&mut configuration, &mut status);
        inject(injection, place, |id| (id == "a").then(agent), NOW)
    };
    let (_, done) = make(&Injection::NodeUp("oss3".into()));
    assert_eq!(done, Ok(()));
    let (_, done) = make(&Injection::NodeDown("oss9".into()));
    assert_eq!(done, Err(InjectionError::UnknownNode("oss9".into())));
    let (_, done) = make(&Injection::Ticket("site".into(), TicketChange::Grant));
    assert_eq!(done, Ok(()));
    let (said, done) = make(&Injection::Operation("a_monitor_10000@oss1=1".into()));
    assert_eq!((said.len(), done), (3, Ok(())));
    let (_, done) = make(&Injection::Operation("b_monitor_10000@oss1=1".into()));
    assert_eq!(done, Err(InjectionError::UnknownResource("b".into())));
    let (_, done) = make(&Injection::Watchdog("true".into()));
    assert_eq!(done, Ok(()));
    assert!(status.nodes["oss3"].is_online && status.tickets["site"].granted);
    assert_eq!(status.nodes["1"].attributes["fail-count-a#monitor_10000"], "1");
    assert_eq!(status.nodes["1"].history["a"].operations[0].id, "a_last_failure_0");
    assert_eq!(configuration.property("have-watchdog"), "true");
}
