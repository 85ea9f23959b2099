//! Resources that are handed from node to node without being stopped.

use super::*;
use crate::tests::hazards::prefer;

/// A service that can be handed over, on n1; n2 is better from now on.
fn on_the_way(hangs: Option<Task>) -> Bench {
    let Resource::Primitive(mut ost0) = service("ost0") else { unreachable!() };
    let mut meta = AttributeSet::new("ost0-meta");
    meta.set("allow-migrate", "true");
    ost0.meta = vec![meta];
    let mut configuration = configuration(true);
    configuration.resources = [Resource::Primitive(ost0), fence_device()].into();
    configuration.apply(&[prefer("near", "fence", "n3", 100)]).unwrap();
    let mut bench = Bench::new(3, &configuration);
    bench.view(&[1, 2, 3]);
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    assert_eq!(bench.story(), ["start ost0 n1"]);
    bench.hang.extend(hangs.map(|task| ("ost0".into(), task)));
    bench.ask(2, edit(vec![prefer("better", "ost0", "n2", 1000)]));
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    bench
}

#[test]
fn a_resource_is_handed_over_and_the_rest_of_it_stopped() {
    let bench = on_the_way(None);
    let expected = ["start ost0 n1", "migrate_to ost0 n1", "migrate_from ost0 n2", "stop ost0 n1"];
    assert_eq!(bench.story(), expected);
    assert!(may_start(bench.state(1), "ost0", "n3").is_err(), "R2: it is on n2");
    assert!(bench.state(1).handed.is_empty());
}

/// The source dies on the way: it may have arrived, and is stopped there before it is started. Nobody
/// starts it elsewhere meanwhile (R2, R3).
#[test]
fn what_may_have_been_handed_over_is_stopped_where_it_went() {
    let mut bench = on_the_way(Some(Task::MigrateTo));
    assert_eq!(bench.story().last().unwrap(), "migrate_to ost0 n1");
    bench.hang.insert(("ost0".into(), Task::Stop));
    bench.view(&[2, 3]);
    bench.ask(2, Command::ConfirmDown { node: "n1".into(), by: "somebody".into() });
    bench.pass(&[2, 3], Duration::from_secs(1));
    assert_eq!(bench.story().last().unwrap(), "stop ost0 n2");
    let doubt = may_start(bench.state(2), "ost0", "n3");
    assert!(matches!(doubt, Err(Doubt::InFlight { .. })), "{doubt:?}");
    let (node, stop) = bench.runs.last().cloned().unwrap();
    bench.step(node, Input::Ran { run: stop.id, outcome: Outcome::default() });
    assert_eq!(bench.story().last().unwrap(), "start ost0 n2");
}

/// Its daemon comes back and knows nothing of it: where it went is looked at again.
#[test]
fn where_it_may_have_gone_is_looked_at_when_the_source_begins_anew() {
    let bench = on_the_way(Some(Task::MigrateTo));
    let state = bench.managers[&NodeId(2)].state();
    let (mut state, went) = (state.clone(), ("n2".to_owned(), "ost0".to_owned()));
    assert_eq!(state.handed[&went], "n1");
    let life = Life { boot: BootId(1), incarnation: 2, ..Life::default() };
    state.flights.clear();
    state.apply_introduction(NodeId(1), WallTime(0), "n1".into(), life);
    assert!(!state.status.nodes["2"].history.contains_key("ost0"));
    // What n1 says of itself alone does not make it safe.
    assert!(state.handed.contains_key(&went));
    assert!(may_start(&state, "ost0", "n3").is_err());
}

/// A failure on the way leaves it in doubt on both: stopped there and here, then started.
#[test]
fn what_was_not_taken_over_is_stopped_at_both_ends() {
    let mut bench = on_the_way(Some(Task::MigrateFrom));
    let (node, run) = bench.runs.last().cloned().unwrap();
    assert_eq!((node, run.task), (NodeId(2), Task::MigrateFrom));
    let outcome = Outcome { code: 1, ..Outcome::default() };
    bench.step(node, Input::Ran { run: run.id, outcome });
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    let mut ends = bench.story()[3..].to_vec();
    assert!(ends.pop().unwrap().starts_with("start ost0"));
    ends.sort();
    assert_eq!(ends, ["stop ost0 n1", "stop ost0 n2"]);
}

/// A node that something may have been handed to does not leave as one that runs nothing.
#[test]
fn nobody_departs_with_what_it_has_not_taken_over_yet() {
    let mut bench = on_the_way(Some(Task::MigrateTo));
    bench.ask(2, Command::Shutdown);
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    let end = |bench: &Bench| bench.state(3).lives[&NodeId(2)].end;
    assert_eq!(end(&bench), End::None);
    let (node, run) = bench.runs.iter().rfind(|(_, run)| run.task == Task::MigrateTo).unwrap();
    let (node, id) = (*node, run.id);
    bench.step(node, Input::Ran { run: id, outcome: Outcome::default() });
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    assert_eq!(end(&bench), End::Departed, "{:?}", bench.story());
    assert!(bench.story().contains(&"stop ost0 n2".into()), "{:?}", bench.story());
}
