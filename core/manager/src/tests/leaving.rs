//! Nodes that leave in order, and where nobody has to look.

use super::*;
use cluster::{Constraint, Discovery, Location, LocationTarget, Preference, Score};

fn option(name: &str, value: &str) -> Command {
    let mut properties = AttributeSet::new("cib-bootstrap-options");
    properties.set("stonith-enabled", "true");
    properties.set(name, value);
    edit(vec![Edit::Put(Box::new(Object::Properties(properties)))])
}

fn end_of(bench: &Bench, node: u32) -> End {
    bench.state(2).lives[&NodeId(node)].end
}

/// In maintenance a node stops in order, at once, and takes nothing down; nobody fences it, and
/// nobody starts elsewhere what it let run (R2). When maintenance ends before it is back, it has to
/// be certainly down first.
#[test]
fn what_a_node_lets_run_in_maintenance_is_started_nowhere_else() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    assert_eq!(bench.story(), ["start ost0 n1"]);
    bench.ask(2, option("maintenance-mode", "true"));
    bench.ask(1, Command::Shutdown);
    assert_eq!(end_of(&bench, 1), End::LeftRunning);
    bench.view(&[2, 3]);
    bench.pass(&[2, 3], Duration::from_secs(60));
    assert!(bench.fences.is_empty(), "{:?}", bench.fences);
    bench.ask(2, option("maintenance-mode", "false"));
    bench.pass(&[2, 3], Duration::from_secs(1));
    assert_eq!(bench.story(), ["start ost0 n1"]);
    assert_eq!(bench.fences.iter().map(|run| run.target.as_str()).collect::<Vec<_>>(), ["n1"]);
    let doubt = may_start(bench.state(2), "ost0", "n2");
    assert!(matches!(doubt, Err(Doubt::LeftRunning { .. })), "{doubt:?}");
    // Its daemon is back and has not said anything: nothing that it said before counts (R3).
    let mut state = bench.state(2).clone();
    state.status.nodes.get_mut("1").unwrap().history.clear();
    state.await_introduction(NodeId(1));
    let doubt = may_start(&state, "ost0", "n2");
    assert!(matches!(doubt, Err(Doubt::NotProbed { .. })), "{doubt:?}");
    bench.ask(2, Command::ConfirmDown { node: "n1".into(), by: "somebody".into() });
    bench.pass(&[2, 3], Duration::from_secs(1));
    assert_eq!(bench.story(), ["start ost0 n1", "start ost0 n2"]);
}

/// Outside of maintenance everything is stopped before.
#[test]
fn a_node_that_leaves_stops_what_it_runs() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    bench.ask(1, Command::Shutdown);
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    assert_eq!(bench.story()[1], "stop ost0 n1");
    assert_eq!(end_of(&bench, 1), End::Departed);
}

/// A site may say that a resource cannot be on a node, or that nobody needs to look at all.
#[test]
fn what_nobody_has_to_look_for_holds_no_start_back() {
    let location = |node: &str, discovery, score| {
        Edit::Put(Box::new(Object::Constraint(Constraint::Location(Location {
            id: format!("at-{node}"),
            target: LocationTarget::Resource("ost1".into()),
            preference: Preference::Node { node: node.into(), score },
            role: None,
            discovery: Some(discovery),
            extra: cluster::Extra::default(),
        }))))
    };
    let not_on = |node: &str| location(node, Discovery::Never, Score::MINUS_INFINITY);
    let never = vec![not_on("n2"), not_on("n3")];
    let exclusive = vec![location("n1", Discovery::Exclusive, Score::new(1))];
    for mut edits in [never, exclusive] {
        let mut bench = Bench::new(3, &configuration(true));
        bench.view(&[1, 2, 3]);
        bench.pass(&[1, 2, 3], Duration::from_secs(1));
        edits.extend(put(service("ost1")));
        bench.ask(2, edit(edits));
        bench.pass(&[1, 2, 3], Duration::from_secs(1));
        assert_eq!(bench.story().last().unwrap(), "start ost1 n1");
        let looked =
            |(_, run): &&(NodeId, Run)| run.instance == "ost1" && run.task == Task::Monitor;
        let probes: Vec<NodeId> = bench.runs.iter().filter(looked).map(|(node, _)| *node).collect();
        assert_eq!(probes, [NodeId(1)]);
        // Nor does it keep a node from leaving.
        bench.ask(3, Command::Shutdown);
        assert_eq!(end_of(&bench, 3), End::Departed);
    }
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1]);
    bench.ask(1, option("enable-startup-probes", "false"));
    bench.view(&[1, 2, 3]);
    bench.ask(1, option("enable-startup-probes", "false"));
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    assert!(bench.story().starts_with(&["start ost0 n1".into()]), "{:?}", bench.story());
}

/// An old failure is forgotten, also by the status that people look at.
#[test]
fn a_failure_that_has_expired_is_cleared() {
    let Resource::Primitive(mut ost1) = service("ost1") else { unreachable!() };
    let mut meta = AttributeSet::new("ost1-meta");
    meta.set("failure-timeout", "60s");
    ost1.meta = vec![meta];
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    bench.codes.insert(("ost1".into(), Task::Start), 1);
    bench.ask(2, edit(put(Resource::Primitive(ost1))));
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    bench.codes.clear();
    let counted = |bench: &Bench| {
        let attributes = &bench.state(2).status.nodes["3"].attributes;
        attributes.keys().any(|name| name.starts_with("fail-count-ost1"))
    };
    assert!(counted(&bench), "{:?}", bench.story());
    for _ in 0..4 {
        bench.pass(&[1, 2, 3], Duration::from_secs(20));
    }
    assert!(!counted(&bench));
}
