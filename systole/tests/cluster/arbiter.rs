//! Two nodes, and an arbiter on a third machine.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};
use lab::Cut;
use std::time::{Duration, Instant};

/// The third machine is none of the cluster; the others wait for their file.
const DAEMON: &str = "case {node} in oss3) exec systole arbiter --dir {state}/arbiter;; esac; \
    while [ ! -f {dir}/cluster/pair.conf ]; do sleep 0.1; done; \
    exec systole node --config {dir}/cluster/pair.conf --state {state}";

/// What a node says of its votes: whether it may act, and how many votes are here.
type Votes = (bool, u32);

/// The cluster without its arbiter, which runs already; and the arbiter's fingerprint.
fn up() -> Option<(Rig, String)> {
    let rig = Rig::up_with(3, |options| lab::LabOptions {
        daemon: ["sh", "-c", DAEMON].map(str::to_owned).to_vec(),
        ready: Vec::new(),
        ..options
    })?;
    write_conf(&rig, "");
    let cluster = rig.cluster();
    let dir = rig.folder.join("nodes/oss3/state/arbiter").display().to_string();
    let arbiter = |words: &[&str]| {
        let words = [&["systole", "arbiter"], words, &["--dir", &dir]].concat();
        cluster.output("oss3", &words)
    };
    let mut fingerprint = String::new();
    let look = |_: &Observer| {
        fingerprint = arbiter(&["fingerprint"])?.trim().to_owned();
        Ok(if fingerprint.len() == 64 { Wait::Over } else { Wait::For(fingerprint.clone()) })
    };
    cluster.wait(PATIENCE, look, |_| {}).expect("the arbiter starts");
    let key = rig.folder.join("cluster/authkey").display().to_string();
    let added = arbiter(&["add", "lab", "--key", &key]).expect("it runs");
    assert!(added.starts_with("lab is known by "), "{added}");
    Some((rig, fingerprint))
}

/// The file of the two: as the lab has made it, without the third machine.
fn write_conf(rig: &Rig, device: &str) {
    let folder = rig.folder.join("cluster");
    let three = std::fs::read_to_string(folder.join("corosync.conf")).expect("the lab wrote it");
    let third = three.rfind("    node {").expect("three nodes");
    let rest = format!(
        "}}\nquorum {{\n    provider: corosync_votequorum\n{device}}}\nlogging {{\n    to_stderr: \
         yes\n}}\n"
    );
    let fresh = folder.join("pair.conf.new");
    std::fs::write(&fresh, three[..third].to_owned() + &rest).expect("room");
    std::fs::rename(fresh, folder.join("pair.conf")).expect("the same folder");
}

fn votes(cluster: &Observer, node: &str) -> Option<Votes> {
    let view = cluster.report(node).ok()?.view?;
    Some((view.quorate, view.votes))
}

/// Waits until the nodes say so; how long that took.
fn until(rig: &Rig, expected: &[(&str, bool, u32)]) -> Duration {
    let started = Instant::now();
    let look = |cluster: &Observer| {
        let told: Vec<_> = expected.iter().map(|(node, ..)| votes(cluster, node)).collect();
        let fits = told
            .iter()
            .zip(expected)
            .all(|(told, (_, quorate, count))| *told == Some((*quorate, *count)));
        Ok(if fits { Wait::Over } else { Wait::For(format!("{told:?}, not {expected:?}")) })
    };
    if let Err(error) = rig.cluster().wait(PATIENCE, look, |_| {}) {
        for node in ["oss1", "oss2", "oss3"] {
            let log = std::fs::read_to_string(rig.lab().log_of(node)).unwrap_or_default();
            println!("{node}:\n{log}");
        }
        panic!("{error}");
    }
    started.elapsed()
}

#[test]
fn an_arbiter_is_the_third_voice_of_two_nodes() {
    let Some((rig, fingerprint)) = up() else { return };
    let (cluster, lab) = (rig.cluster(), rig.lab());
    until(&rig, &[("oss1", true, 2), ("oss2", true, 2)]);
    write_conf(
        &rig,
        &format!(
            "    device {{\n        model: net\n        net {{\n            host: 10.77.0.3\n            \
             fingerprint: {fingerprint}\n        }}\n    }}\n"
        ),
    );
    let said = cluster.output("oss2", &["corosync-cfgtool", "-R"]).unwrap();
    assert!(said.contains("Done"), "{said}");
    let together = [("oss1", true, 3), ("oss2", true, 3)];
    println!("read again to votes of all: {:?}", until(&rig, &together));
    let shown = cluster.output("oss1", &["corosync-quorumtool", "-s"]).unwrap();
    assert!(shown.contains("Flags:            Quorate Qdevice \n"), "{shown}");
    assert!(shown.contains("         0          1            Qdevice\n"), "{shown}");

    lab.power_off("oss1").unwrap();
    println!("power-off to acting alone: {:?}", until(&rig, &[("oss2", true, 2)]));
    lab.power_on("oss1").unwrap();
    until(&rig, &together);

    let cut = Cut { node: "oss1".into(), ring: None, from: Some("oss2".into()) };
    lab.cut(&cut).unwrap();
    let taken = until(&rig, &[("oss1", true, 2), ("oss2", false, 1)]);
    println!("cut to one acting: {taken:?}");
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end {
        assert!(!votes(cluster, "oss2").unwrap().0, "Q1");
    }
    // On a busy machine a lease may be renewed too late for a moment.
    until(&rig, &[("oss1", true, 2), ("oss2", false, 1)]);
    lab.heal().unwrap();
    until(&rig, &together);

    lab.power_off("oss3").unwrap();
    let taken = until(&rig, &[("oss1", true, 2), ("oss2", true, 2)]);
    println!("arbiter off to its vote given up: {taken:?}");
    lab.cut(&cut).unwrap();
    until(&rig, &[("oss1", false, 1), ("oss2", false, 1)]);
    lab.power_on("oss3").unwrap();
    let taken = until(&rig, &[("oss1", true, 2), ("oss2", false, 1)]);
    println!("arbiter on, without memory, to its vote given: {taken:?}");
    assert!(taken > Duration::from_secs(5), "leases of its former life had to end");
}
