//! Cables are cut, and a server stands still.

use crate::rig::{PATIENCE, Rig, TARGETS, count};
use lab::Cut;
use std::time::Duration;

#[test]
fn both_rings_of_one_node_are_cut() {
    let Some((rig, before)) = Rig::with_targets() else { return };
    let cluster = rig.cluster();
    let boot = |rig: &Rig| {
        let status = rig.lab().status().unwrap();
        status.machines.into_iter().find(|machine| machine.name == "oss1").unwrap().boot_id
    };
    let life = boot(&rig);
    let known = cluster.last_event("oss3").unwrap();
    rig.lab().cut(&Cut { node: "oss1".into(), ring: None, from: None }).unwrap();
    let after = rig.all_mounted("oss3", |node| node == "oss2");
    let events = cluster.events("oss3", known).unwrap();
    assert!(events.iter().any(|event| event.kind == "fencing-ended" && event.subject == "oss1"));
    assert_ne!(boot(&rig), life, "it was fenced: another life of the machine has begun");
    for target in TARGETS {
        assert!(count(&events, "stop", target) <= 1, "{target} is stopped twice");
        let moved = usize::from(before[target] == "oss1");
        assert_eq!(count(&events, "start", target), moved, "{target}");
    }
    rig.lab().heal().unwrap();
    rig.all_together("oss3");
    cluster.quiet("oss3", PATIENCE).unwrap();
    assert_eq!(cluster.placement("oss3").unwrap(), after);
    cluster.never_twice().unwrap();
}

#[test]
fn one_ring_is_cut_and_nothing_happens() {
    let Some((rig, before)) = Rig::with_targets() else { return };
    let cluster = rig.cluster();
    let view = cluster.report("oss3").unwrap().view;
    for node in ["oss1", "oss2", "oss3"] {
        rig.lab().cut(&Cut { node: node.into(), ring: Some(1), from: None }).unwrap();
    }
    std::thread::sleep(Duration::from_secs(3));
    let report = cluster.report("oss3").unwrap();
    assert_eq!(report.view, view);
    let connected = |ring: usize| report.links[ring].peers.iter().all(|peer| peer.connected);
    assert!(connected(0) && !connected(1), "{:?}", report.links);
    let told = cluster.rings("oss1").unwrap();
    let names: Vec<&str> = told.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["oss1", "oss2", "oss3"]);
    for node in &told {
        assert_eq!(node.failure, None, "every daemon has answered");
        for (link, works) in node.links.iter().zip([true, false]) {
            let peers: Vec<_> = link.peers.iter().map(|peer| peer.connected).collect();
            assert_eq!(peers, [works, works], "{} on ring {}", node.name, link.ring);
            let lost = link.peers.iter().all(|peer| peer.failure.is_some());
            assert!(works || lost, "it says why: {:?}", link.peers);
        }
    }
    assert_eq!(cluster.placement("oss3").unwrap(), before);
}

#[test]
fn two_of_three_nodes_do_not_hear_each_other() {
    let Some((rig, _)) = Rig::with_targets() else { return };
    let cut = Cut { node: "oss1".into(), ring: None, from: Some("oss2".into()) };
    rig.lab().cut(&cut).unwrap();
    // The largest set that hears each other, with the lowest ids: oss1 and oss3 stay.
    rig.all_mounted("oss3", |node| node == "oss1");
    rig.lab().heal().unwrap();
    rig.all_together("oss3");
    rig.cluster().never_twice().unwrap();
}

#[test]
fn a_node_stands_still_for_ten_seconds() {
    let Some((rig, before)) = Rig::with_targets() else { return };
    let cluster = rig.cluster();
    let known = cluster.last_event("oss3").unwrap();
    rig.lab().pause("oss1").unwrap();
    let started = std::time::Instant::now();
    let after = rig.all_mounted("oss3", |node| node == "oss2");
    std::thread::sleep(Duration::from_secs(10).saturating_sub(started.elapsed()));
    // Fencing has given it a new life meanwhile; otherwise it would go on here.
    if rig.lab().status().unwrap().machines[0].power == lab::Power::Paused {
        rig.lab().resume("oss1").unwrap();
    }
    rig.all_together("oss3");
    cluster.quiet("oss3", PATIENCE).unwrap();
    let events = cluster.events("oss3", known).unwrap();
    for target in TARGETS {
        let moved = usize::from(before[target] == "oss1");
        assert_eq!(count(&events, "start", target), moved, "{target}");
    }
    let evicted = |event: &&api::EventReport| event.kind == "fencing-started";
    let evicted: Vec<&str> =
        events.iter().filter(evicted).map(|event| event.subject.as_str()).collect();
    assert_eq!(evicted, ["oss1"], "L6: only the one that stood still");
    assert_eq!(cluster.placement("oss3").unwrap(), after);
    cluster.never_twice().unwrap();
}
