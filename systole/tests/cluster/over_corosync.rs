//! The same daemon on a running Corosync.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};
use lab::LabOptions;

/// Corosync beside the daemon on each machine. What dies with the machine is both.
const BOTH: &str = "corosync -f -c {dir}/cluster/corosync.conf & echo $! > {state}/corosync.pid; \
    exec systole node --engine corosync --config {dir}/cluster/corosync.conf --state {state}";

fn on_corosync(options: LabOptions) -> LabOptions {
    LabOptions {
        daemon: ["sh", "-c", BOTH].map(str::to_owned).into(),
        sections: cli::COROSYNC_SECTIONS.to_owned(),
        disks: Vec::new(),
        ..options
    }
}

fn has_corosync() -> bool {
    std::process::Command::new("corosync").arg("-v").output().is_ok()
}

/// Waits until `dummy` runs on a node that `fits`; says where.
fn runs(rig: &Rig, witness: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut found = None;
    let look = |cluster: &Observer| {
        let said = cluster.output(witness, &["crm_resource", "--locate", "--resource", "dummy"])?;
        let node = said.split_once("is running on: ").map(|(_, node)| node.trim().to_owned());
        found = node.filter(|node| fits(node));
        Ok(if found.is_some() { Wait::Over } else { Wait::For(said) })
    };
    if let Err(error) = rig.cluster().wait(PATIENCE, look, |_| {}) {
        rig.explain(witness);
        panic!("{error}");
    }
    found.expect("it was just seen")
}

#[test]
fn a_node_dies_and_comes_back() {
    if !has_corosync() {
        println!("skipped: there is no Corosync on this machine (package corosync)");
        return;
    }
    let Some(rig) = Rig::up_with(3, on_corosync) else { return };
    let cluster = rig.cluster();
    let text = "property stonith-enabled=true\n\
        primitive fence stonith:fence_lab op monitor interval=60s\n\
        primitive dummy ocf:pacemaker:Dummy op monitor interval=10s\n\
        location l1 dummy 100: oss2\n";
    cluster.load("oss1", "dummy.crm", text).expect("the configuration is accepted");
    assert_eq!(runs(&rig, "oss1", |_| true), "oss2");
    let rings = cluster.output("oss1", &["corosync-cfgtool", "-s"]).expect("Corosync tells");
    assert!(rings.contains("connected"), "{rings}");
    let known = cluster.last_event("oss1").unwrap();
    let power = rig.lab().power_off("oss2").unwrap();
    let after = runs(&rig, "oss1", |node| node != "oss2");
    let events = cluster.events("oss1", known).unwrap();
    let view = events.iter().find(|event| event.kind == "view").expect("a view without it");
    println!("power-off to new view: {} ms", view.at_ms - power.killed_at.unwrap());
    let fenced = |event: &&api::EventReport| event.kind == "fencing-ended" && !event.failed;
    assert_eq!(events.iter().filter(fenced).count(), 1);
    if rig.lab().power_on("oss2").is_err() {
        println!("oss2 is on already: who fenced it switched it on again");
    }
    rig.all_together("oss1");
    cluster.quiet("oss1", PATIENCE).unwrap();
    for witness in ["oss1", "oss2", "oss3"] {
        let found = runs(&rig, witness, |_| true);
        println!("{witness} sees it on {found}, it moved to {after}");
        assert_eq!(found, runs(&rig, "oss1", |_| true), "C3: {witness}");
    }
    corosync_dies(&rig);
    cluster.never_twice().unwrap();
}

/// The daemon ends with its Corosync and says why; the others fence the node, and it comes back.
fn corosync_dies(rig: &Rig) {
    let pid = std::fs::read_to_string(rig.folder.join("nodes/oss3/state/corosync.pid"));
    let pid = pid.expect("it was written when Corosync started");
    rig.cluster().output("oss3", &["kill", "-9", pid.trim()]).expect("it is killed");
    let noticed = |cluster: &Observer| {
        let log = std::fs::read_to_string(cluster.lab().log_of("oss3")).unwrap_or_default();
        let says = log.contains("the connection to Corosync is lost");
        Ok(if says { Wait::Over } else { Wait::For("it has not noticed".into()) })
    };
    rig.cluster().wait(PATIENCE, noticed, |_| {}).expect("the daemon says why it ends");
    let seen = |cluster: &Observer| {
        let members = cluster.report("oss1")?.view.map_or(0, |view| view.members.len());
        Ok(if members == 2 { Wait::Over } else { Wait::For(format!("{members} members")) })
    };
    rig.cluster().wait(PATIENCE, seen, |_| {}).expect("the others go on");
    rig.all_together("oss1");
}
