//! Services of a real Pacemaker go over to us, and back, and none of them is stopped.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};
use lab::LabOptions;
use std::path::Path;

/// Our node, with what was imported.
const OURS: &str = "setsid systole node --config /run/ours/corosync.conf --state /run/state \
    >>/run/ours.log 2>&1 </dev/null &";
const RESOURCES: &str = "<resources>\
    <primitive id='a' class='ocf' provider='pacemaker' type='Dummy'>\
    <operations><op id='am' name='monitor' interval='2s'/></operations></primitive>\
    <primitive id='b' class='ocf' provider='pacemaker' type='Stateful'/>\
    <primitive id='c' class='ocf' provider='heartbeat' type='Dummy'>\
    <operations><op id='cm' name='monitor' interval='2s'/></operations></primitive>\
    </resources>";
const NODES: [&str; 2] = ["oss1", "oss2"];

/// Whether somebody of theirs is missing.
fn missing() -> Option<&'static str> {
    let needed =
        ["/usr/sbin/corosync", "/usr/sbin/pacemakerd", "/usr/lib/ocf/resource.d/heartbeat/Dummy"];
    needed.into_iter().find(|path| !Path::new(path).exists())
}

fn sh(cluster: &Observer, node: &str, script: &str) -> String {
    cluster.output(node, &["sh", "-c", script]).expect("the shell is there")
}

/// The next step of a take-over on a node.
fn step(cluster: &Observer, node: &str, step: &str) -> String {
    let places = "--into /run/ours --state /run/state";
    sh(cluster, node, &format!("systole take-over {step} --yes {places}; echo \"ended with $?\""))
}

fn succeeds(cluster: &Observer, node: &str, name: &str) {
    let said = step(cluster, node, name);
    assert!(said.contains("ended with 0"), "{name} on {node}: {said}");
    println!("{node}: {said}");
}

/// Waits until a command on oss1 prints all of that.
fn says(cluster: &Observer, command: &str, expected: &[&str]) {
    let look = |cluster: &Observer| {
        let said = sh(cluster, "oss1", command);
        let is_all = expected.iter().all(|part| said.contains(part));
        Ok(if is_all { Wait::Over } else { Wait::For(said) })
    };
    if let Err(error) = cluster.wait(PATIENCE, look, |_| {}) {
        let logs = "tail -n 40 /run/theirs.log /var/log/pacemaker/pacemaker.log /run/ours.log";
        println!("{}", sh(cluster, "oss1", logs));
        panic!("{command}: {error}");
    }
}

/// Which state files there are on all nodes, and since when: who stops a service removes its file.
fn running(cluster: &Observer) -> Vec<String> {
    let list = "cd /run; stat -c '%n %i %z' Dummy-*.state Stateful-*.state resource-agents/*.state \
        2>/dev/null";
    let mut found = Vec::new();
    for node in NODES {
        found.extend(sh(cluster, node, list).lines().map(|line| format!("{node} {line}")));
    }
    found
}

/// Two nodes of theirs, on which three services run.
fn theirs() -> Option<(Rig, Vec<String>)> {
    if let Some(missing) = missing() {
        println!("skipped: there is no {missing} (packages pacemaker, corosync, resource-agents)");
        return None;
    }
    let rig = Rig::up_with(2, |options| {
        cli::with_pacemaker(LabOptions { disks: Vec::new(), ..options })
    })?;
    let cluster = rig.cluster();
    says(cluster, "/usr/sbin/crm_mon -1", &["Online: [ oss1 oss2 ]"]);
    let configure = format!(
        "/usr/sbin/crm_attribute -n stonith-enabled -v false && \
         /usr/sbin/cibadmin --replace --scope resources --xml-text \"{RESOURCES}\""
    );
    sh(cluster, "oss1", &configure);
    let started = ["a\t", "b\t", "c\t"].map(|id| format!("* {id}"));
    let started: Vec<&str> = started.iter().map(String::as_str).collect();
    says(cluster, "/usr/sbin/crm_mon -1", &started);
    says(cluster, "/usr/sbin/crm_mon -1 | grep -c Started", &["3"]);
    let before = running(cluster);
    assert_eq!(before.len(), 3, "{before:?}");
    Some((rig, before))
}

fn start_ours(cluster: &Observer) {
    for node in NODES {
        sh(cluster, node, OURS);
        let look = |cluster: &Observer| {
            let said = sh(cluster, node, "systole status --json 2>&1");
            Ok(if said.contains("\"nodes\"") { Wait::Over } else { Wait::For(said) })
        };
        cluster.wait(PATIENCE, look, |_| {}).expect("our node starts");
    }
}

#[test]
fn services_go_over_and_none_is_stopped() {
    let Some((rig, before)) = theirs() else { return };
    let cluster = rig.cluster();
    for node in NODES {
        succeeds(cluster, node, "prepare");
    }
    // Whoever changes something now would find it gone afterwards.
    sh(cluster, "oss1", "/usr/sbin/crm_attribute -n cluster-delay -v 61s");
    let refused = step(cluster, "oss2", "switch");
    assert!(refused.contains("changed since it was written down"), "{refused}");
    for node in NODES {
        succeeds(cluster, node, "prepare");
    }
    succeeds(cluster, "oss1", "switch");
    sh(cluster, "oss1", OURS);
    says(
        cluster,
        "systole take-over finish --yes --state /run/state 2>&1",
        &["oss2 has not switched"],
    );
    succeeds(cluster, "oss2", "switch");
    start_ours(cluster);
    cluster
        .wait(PATIENCE, |cluster| cluster.are_together("oss1", &NODES), |_| {})
        .expect("one view");
    assert_eq!(running(cluster), before, "nothing is touched before the end");
    succeeds(cluster, "oss1", "finish");
    says(cluster, "systole take-over --state /run/state", &["has been taken over"]);
    // They are watched from now on: only then they are ours.
    let watched = "crm_resource --list-operations -r a | grep monitor_2000";
    says(cluster, watched, &["a_monitor_2000"]);
    cluster.quiet("oss1", PATIENCE).expect("the cluster comes to rest");
    let options = sh(cluster, "oss1", "crm configure show type:property");
    assert!(options.contains("stonith-enabled=false") && options.contains("cluster-delay=61s"));
    assert!(!options.contains("maintenance") && !options.contains("escalation"), "{options}");
    assert_eq!(running(cluster), before, "none was stopped");
}

#[test]
fn whoever_goes_back_finds_everything_as_it_was() {
    let Some((rig, before)) = theirs() else { return };
    let cluster = rig.cluster();
    for name in ["prepare", "switch"] {
        for node in NODES {
            succeeds(cluster, node, name);
        }
    }
    start_ours(cluster);
    cluster
        .wait(PATIENCE, |cluster| cluster.are_together("oss1", &NODES), |_| {})
        .expect("one view");
    for node in NODES {
        succeeds(cluster, node, "undo");
        sh(cluster, node, cli::START_PACEMAKER);
    }
    says(cluster, "/usr/sbin/crm_mon -1", &["Online: [ oss1 oss2 ]"]);
    says(cluster, "/usr/sbin/crm_mon -1 | grep -c Started", &["3"]);
    sh(cluster, "oss1", "/usr/sbin/crm_attribute -n maintenance-mode -v false");
    sh(cluster, "oss1", "/usr/sbin/crm_resource --wait");
    assert_eq!(running(cluster), before, "none was stopped");
    let left = sh(cluster, "oss1", "ls /run/ours /run/state");
    assert!(!left.contains("authkey") && !left.contains("configuration"), "{left}");
}
