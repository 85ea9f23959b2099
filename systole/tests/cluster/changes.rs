//! Changes of the configuration on a live cluster: two people at once, history, daemons that die.

use crate::rig::{PATIENCE, Rig};
use api::{Acknowledgement, ObjectChanges, Replay, Request, Response};
use base::Rng;
use cli::observer::{Observer, Wait};
use cluster::{Configuration, Difference};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SERVICE: &str = "property stonith-enabled=false\n\
    primitive a ocf:pacemaker:Dummy params fake=1 op monitor interval=10s\n";

/// What has to be sent so that `change` is made of what the node says there is now.
fn changes(cluster: &Observer, change: impl FnOnce(&mut Configuration)) -> ObjectChanges {
    let before = cluster.cib("oss1").expect("it answers").configuration;
    let mut after = before.clone();
    change(&mut after);
    let name = "test".to_owned();
    ObjectChanges { name, ..change::to_wire(&Difference::between(&before, &after)) }
}

fn set(value: &'static str) -> impl FnOnce(&mut Configuration) {
    move |configuration| {
        let primitive = configuration.primitive_mut("a").expect("it is there");
        primitive.parameters[0].set("fake", value);
    }
}

fn describe(text: &'static str) -> impl FnOnce(&mut Configuration) {
    move |configuration| {
        let primitive = configuration.primitive_mut("a").expect("it is there");
        primitive.description = Some(text.to_owned());
    }
}

fn fake(cluster: &Observer, node: &str) -> String {
    let configuration = cluster.cib(node).expect("it answers").configuration;
    let primitive = configuration.primitive("a").expect("it is there");
    let description = primitive.description.clone().unwrap_or_default();
    format!("{} {description}", primitive.parameters[0].value("fake").unwrap_or_default())
}

fn is_done(response: &Response) -> bool {
    let Response::Done { acknowledgement, .. } = response else { return false };
    matches!(acknowledgement, Acknowledgement::Majority { .. })
}

#[test]
fn two_people_change_the_same_service_and_one_takes_it_back() {
    let Some(rig) = Rig::up(2) else { return };
    let cluster = rig.cluster();
    cluster.load("oss1", "service.crm", SERVICE).expect("it is right");
    cluster.quiet("oss1", PATIENCE).expect("the service starts");

    // Three people look at the same configuration, then change it one after the other.
    let [first, second, third] = [
        changes(cluster, set("2")),
        changes(cluster, describe("ours")),
        changes(cluster, set("3")),
    ];
    let send = |node: &str, changes: ObjectChanges| {
        cluster.ask(node, &Request::Change(Box::new(changes))).expect("it answers")
    };
    assert!(is_done(&send("oss1", first)));
    assert!(is_done(&send("oss2", second)), "they touch apart");
    assert_eq!(fake(cluster, "oss1"), "2 ours");
    match send("oss2", third) {
        Response::Refused { reasons } => {
            let reasons = reasons.join("\n");
            assert!(reasons.contains("it was `1`, is `2` by now, and was to be `3`"), "{reasons}");
        }
        other => panic!("{other:?}"),
    }

    // The first change is taken back, what came after it stays; and it is all written down.
    let Response::Revisions { revisions, .. } =
        cluster.ask("oss2", &Request::Revisions).expect("it answers")
    else {
        panic!("no revisions");
    };
    let before_last = &revisions[revisions.len() - 2];
    assert_eq!((&*before_last.origin, &before_last.changed[..]), ("oss1", &["a".to_owned()][..]));
    let replay =
        Replay { revision: before_last.name.clone(), backwards: true, ..Replay::default() };
    assert!(is_done(&cluster.ask("oss1", &Request::Replay(replay)).expect("it answers")));
    assert_eq!(fake(cluster, "oss2"), "1 ours");
    let said = cluster.output("oss1", &["systole", "config", "diff"]).expect("it runs");
    assert!(said.contains("-\tparams fake=2") && said.contains("+\tparams fake=1"), "{said}");
    let said = cluster.output("oss2", &["systole", "config", "log", "-n", "1"]).expect("it runs");
    assert!(said.contains(" on oss1\n") && said.contains("undo 0."), "{said}");
}

#[test]
fn what_nobody_confirms_is_gone_again() {
    let Some(rig) = Rig::up(2) else { return };
    let cluster = rig.cluster();
    cluster.load("oss1", "service.crm", SERVICE).expect("it is right");
    let trial = ObjectChanges { confirm_within: Some(2), ..changes(cluster, set("2")) };
    let response = cluster.ask("oss2", &Request::Change(Box::new(trial))).expect("it answers");
    assert!(is_done(&response), "{response:?}");
    assert_eq!(fake(cluster, "oss1"), "2 ");
    let look = |cluster: &Observer| {
        Ok(match fake(cluster, "oss1") == "1 " {
            true => Wait::Over,
            false => Wait::For("the change to be taken back".to_owned()),
        })
    };
    cluster.wait(PATIENCE, look, |_| {}).expect("nobody has confirmed it");
    let nothing = cluster.ask("oss1", &Request::Confirm).expect("it answers");
    assert!(matches!(nothing, Response::Refused { .. }), "{nothing:?}");
}

/// C1, C3, C4: daemons are killed all the time, sometimes two of the three at once. What was
/// acknowledged is there in the end, and it is the same everywhere. `SYSTOLE_CHANGES` says how many
/// changes are to be acknowledged; a hundred otherwise.
#[test]
fn no_acknowledged_change_is_lost_when_daemons_are_killed() {
    let Some(rig) = Rig::up(3) else { return };
    let (cluster, lab) = (rig.cluster(), rig.lab());
    let nodes = ["oss1", "oss2", "oss3"];
    cluster.load("oss1", "service.crm", SERVICE).expect("it is right");
    let wanted = std::env::var("SYSTOLE_CHANGES").ok().and_then(|text| text.parse().ok());
    let wanted: usize = wanted.unwrap_or(100);
    let (mut acknowledged, mut kills, mut tried) = (BTreeSet::new(), 0, 0);
    let begun = Instant::now();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let (mut rng, mut kills) = (Rng::new(7), 0);
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(300 + rng.below(1500)));
                let first = rng.below(3) as usize;
                let both = rng.percent(20);
                for node in [first, (first + 1) % 3].iter().take(if both { 2 } else { 1 }) {
                    // It may be dead already.
                    kills += usize::from(lab.kill_daemon(nodes[*node]).is_ok());
                }
            }
            kills
        });
        let mut pace = Rng::new(8);
        for number in 0.. {
            if acknowledged.len() == wanted || begun.elapsed() > Duration::from_secs(300) {
                tried = number;
                break;
            }
            let name = format!("change-{number}");
            let request = Request::NodeAttribute {
                node: nodes[number % 2].to_owned(),
                name: name.clone(),
                value: Some(number.to_string()),
            };
            // Whoever gets no answer does not know; whoever is refused tries the next.
            let response = cluster.ask(nodes[number % 3], &request);
            if response.as_ref().is_ok_and(is_done) {
                acknowledged.insert((nodes[number % 2], name));
            }
            std::thread::sleep(Duration::from_millis(pace.below(80)));
        }
        over.store(true, Ordering::Relaxed);
        kills = killer.join().expect("it ends");
    });
    let look = |cluster: &Observer| {
        let together = cluster.are_together("oss1", &nodes);
        let together = together.is_ok_and(|wait| matches!(wait, Wait::Over));
        let configurations = nodes.map(|node| cluster.cib(node).ok().map(|cib| cib.configuration));
        let equal =
            configurations[0].is_some() && configurations.windows(2).all(|it| it[0] == it[1]);
        Ok(match together && equal {
            true => Wait::Over,
            false => Wait::For("all to take part and say the same".to_owned()),
        })
    };
    if let Err(error) = cluster.wait(PATIENCE, look, |_| {}) {
        rig.explain("oss1");
        panic!("C3: all nodes are equal in the end: {error}");
    }
    let configuration = cluster.cib("oss3").expect("it answers").configuration;
    let is_there = |(node, name): &(&str, String)| {
        let entry = configuration.node(node).expect("it is known");
        cluster::first_value(&entry.attributes, name) == name.strip_prefix("change-")
    };
    let lost: Vec<_> = acknowledged.iter().filter(|change| !is_there(change)).collect();
    println!("{} of {tried} changes acknowledged, {kills} kills", acknowledged.len());
    assert!(lost.is_empty(), "C1: lost {lost:?}");
    assert!(acknowledged.len() == wanted && kills > 3, "this has tried too little");
}

/// The clients that `docs/api.md` shows.
#[test]
fn the_examples_of_the_api_work() {
    let Some(rig) = Rig::up(2) else { return };
    let cluster = rig.cluster();
    cluster.load("oss1", "service.crm", SERVICE).expect("it is right");
    cluster.quiet("oss1", PATIENCE).expect("the service starts");
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples");
    let standby = format!("{examples}/standby.sh");
    let said = cluster.output("oss2", &["sh", &standby, "oss1"]).expect("it runs");
    let expected = ["\"response\":\"preview\"", "\"verb\":\"Move\"", "\"level\":\"majority\""];
    for part in expected {
        assert!(said.contains(part), "{part}: {said}");
    }
    let watch = format!("{examples}/watch.py");
    let said = cluster.output("oss2", &["python3", &watch, "5"]).expect("it runs");
    assert!(said.starts_with("oss2 is one of 2 nodes\n"), "{said}");
    assert_eq!(said.lines().count(), 6, "{said}");
}
