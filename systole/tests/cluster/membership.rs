//! Who is in the view, and whether it may act: what is promised, with small numbers. `systole
//! bench` has the large ones.

use crate::rig::{PATIENCE, Rig};
use cli::observer::OwnNodes;
use lab::measure::{Membership, Scenario, crash, everybody, in_one_view, remain_calm};
use lab::{Cut, Deaf, Fault, Lab};
use std::collections::BTreeSet;
use std::time::Duration;

fn nodes(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn is_quorate(lab: &Lab, node: &str) -> bool {
    OwnNodes.seen(lab, node).is_some_and(|seen| seen.is_quorate)
}

#[test]
fn a_crash_is_noticed_in_two_seconds() {
    let Some(rig) = Rig::up(3) else { return };
    for victim in ["oss1", "oss3"] {
        let took = crash(rig.lab(), &OwnNodes, victim, PATIENCE).expect("the others go on");
        println!("{victim}: {took:?}");
        assert!(took > Duration::ZERO && took <= Duration::from_secs(2), "{victim}: {took:?}");
        rig.lab().power_on(victim).expect("it starts");
        in_one_view(rig.lab(), &OwnNodes, &everybody(rig.lab()), PATIENCE).expect("all are back");
    }
}

#[test]
fn what_is_heard_in_one_direction_only_settles_in_one_view() {
    let Some(rig) = Rig::up(3) else { return };
    let lab = rig.lab();
    let views = |node| OwnNodes.seen(lab, node).expect("it answers").views;
    let before = views("oss3");
    let begin = os::clock::monotonic();
    let deaf = Deaf { node: "oss1".into(), to: "oss2".into(), ring: None };
    lab.inflict(Fault::Deaf(deaf)).expect("it is done");
    // The largest set that hears each other, with the lowest ids.
    let settled = in_one_view(lab, &OwnNodes, &nodes(&["oss1", "oss3"]), PATIENCE);
    let took = settled.expect("they settle").saturating_sub(begin);
    println!("{took:?}");
    assert!(took <= Duration::from_secs(3), "{took:?}");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(views("oss3"), before + 1, "one view, and no other after it");
    lab.heal().expect("it is done");
    in_one_view(lab, &OwnNodes, &everybody(lab), PATIENCE).expect("all are together again");
}

#[test]
fn of_two_nodes_each_may_act_alone_after_the_others_crash() {
    let Some(rig) = Rig::up(2) else { return };
    let lab = rig.lab();
    for (victim, survivor) in [("oss1", "oss2"), ("oss2", "oss1")] {
        let took = crash(lab, &OwnNodes, victim, PATIENCE).expect("the other goes on");
        assert!(took <= Duration::from_secs(2), "{victim}: {took:?}");
        assert!(is_quorate(lab, survivor), "two_node: {survivor} alone is enough");
        lab.power_on(victim).expect("it starts");
        in_one_view(lab, &OwnNodes, &everybody(lab), PATIENCE).expect("both are back");
    }
}

#[test]
fn two_nodes_that_start_alone_wait_for_each_other() {
    let Some(rig) = Rig::up(2) else { return };
    let lab = rig.lab();
    for node in ["oss1", "oss2"] {
        lab.power_off(node).expect("it is off");
    }
    lab.cut(&Cut { node: "oss1".into(), ring: None, from: None }).expect("it is cut");
    for node in ["oss1", "oss2"] {
        lab.power_on(node).expect("it starts");
    }
    for node in ["oss1", "oss2"] {
        in_one_view(lab, &OwnNodes, &nodes(&[node]), PATIENCE).expect("it is alone");
    }
    std::thread::sleep(Duration::from_secs(2));
    for node in ["oss1", "oss2"] {
        assert!(!is_quorate(lab, node), "{node} has not seen the other (wait_for_all)");
    }
    lab.heal().expect("it is done");
    in_one_view(lab, &OwnNodes, &everybody(lab), PATIENCE).expect("they find each other");
    assert!(is_quorate(lab, "oss1") && is_quorate(lab, "oss2"));
}

#[test]
fn losses_flapping_and_pauses_put_nobody_out() {
    let Some(rig) = Rig::up(3) else { return };
    let has_nft = std::process::Command::new("nft").arg("--version").output().is_ok();
    for scenario in [Scenario::Loss, Scenario::Flap, Scenario::Pauses] {
        if scenario == Scenario::Loss && !has_nft {
            println!("skipped: losses take `nft` (package nftables)");
            continue;
        }
        let lasts = Duration::from_secs(6);
        let calm = remain_calm(rig.lab(), &OwnNodes, scenario, lasts).expect("it can be played");
        println!("{scenario}: {calm:?}");
        assert!(calm.wrong.is_empty(), "{scenario}: {:?}", calm.wrong);
    }
}
