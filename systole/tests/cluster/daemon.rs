//! A daemon dies, and what it runs does not.

use crate::rig::{PATIENCE, Rig, count};
use crate::services::{Services, is_on};
use cli::observer::{Observer, Wait};
use std::time::Duration;

/// The process of the daemon itself, as the node numbers it.
fn daemon_of(rig: &Rig, node: &str) -> String {
    let script = "for p in /proc/[0-9]*; do \
                  tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q '^[^ ]* node-daemon' && \
                  echo ${p#/proc/}; done; true";
    let said = rig.cluster().output(node, &["sh", "-c", script]);
    said.expect("a shell runs on every node").trim().to_owned()
}

fn mounts_of(rig: &Rig, node: &str) -> Vec<String> {
    let mounts = rig.lab().mounts().expect("the lab is up").into_iter();
    let mut disks: Vec<String> =
        mounts.filter(|(on, _)| on == node).map(|(_, mounted)| mounted.disk).collect();
    disks.sort();
    disks
}

#[test]
fn a_killed_daemon_is_back_and_its_targets_never_stopped() {
    let Some((rig, before)) = Rig::with_targets() else { return };
    let cluster = rig.cluster();
    // Whichever was ready first has most of them, and one that was slow may have none.
    let node = before["resOST0"].as_str();
    let witness = if node == "oss3" { "oss2" } else { "oss3" };
    let mounted = mounts_of(&rig, node);
    assert!(!mounted.is_empty());
    let known = cluster.last_event(witness).unwrap();
    let daemon = daemon_of(&rig, node);
    rig.lab().kill_daemon(node).unwrap();
    let look = |_: &Observer| {
        let now = daemon_of(&rig, node);
        Ok(match now != daemon && !now.is_empty() {
            true => Wait::Over,
            false => Wait::For("another daemon".into()),
        })
    };
    cluster.wait(Duration::from_secs(5), look, |_| {}).unwrap();
    rig.all_together(witness);
    cluster.quiet(witness, PATIENCE).unwrap();
    let events = cluster.events(witness, known).unwrap();
    let fenced = events.iter().any(|event| event.kind == "fencing-ended" && !event.failed);
    let adopted = mounts_of(&rig, node) == mounted;
    println!("fenced: {fenced}, adopted: {adopted}");
    assert_ne!(fenced, adopted, "either it keeps what it has, or it is fenced: never both");
    if adopted {
        for target in before.keys() {
            assert_eq!(count(&events, "start", target), 0, "{target} went on all the time");
            assert_eq!(count(&events, "stop", target), 0, "{target} went on all the time");
        }
        assert_eq!(cluster.placement(witness).unwrap(), before);
    }
    cluster.never_twice().unwrap();
}

/// As a service: whoever runs it starts it again.
const SERVICE: &str = "while :; do SYSTOLE_SERVICE=yes systole node \
    --config {dir}/cluster/corosync.conf --state {state}; sleep 0.1; done";

#[test]
fn a_service_is_back_when_its_parent_was_killed() {
    let Some(rig) = Rig::up_with(1, |options| lab::LabOptions {
        daemon: ["sh", "-c", SERVICE].map(str::to_owned).to_vec(),
        ..options
    }) else {
        return;
    };
    let daemon = daemon_of(&rig, "oss1");
    let kill = format!("kill -9 $(cut -d' ' -f4 /proc/{daemon}/stat)");
    rig.cluster().output("oss1", &["sh", "-c", &kill]).expect("a shell runs on every node");
    let look = |cluster: &Observer| {
        let now = daemon_of(&rig, "oss1");
        let answers = cluster.report("oss1").is_ok_and(|report| report.joined);
        Ok(match answers && now != daemon && now.lines().count() == 1 {
            true => Wait::Over,
            false => Wait::For(format!("one other daemon than {daemon}: {now}")),
        })
    };
    rig.cluster().wait(PATIENCE, look, |_| {}).expect("the next pair finds the ports free");
}

/// What the second of two daemons leaves that failed at one place (`daemon::hold`).
const HELD: &str = "core/manager/src/state.rs:1:1\na rule of its own is broken\n";

#[test]
fn a_node_whose_daemon_failed_twice_is_on_hold_until_somebody_has_looked() {
    let places = [("web", "oss3"), ("files", "oss3"), ("disk", "oss1")];
    let Some(services) = Services::up(&places, 10, |options| options) else { return };
    let hold = services.rig.folder.join("nodes/oss3/state/hold");
    std::fs::write(&hold, HELD).expect("it is written");
    services.rig.lab().kill_daemon("oss3").expect("it dies");
    services.until("it says that it is on hold", || {
        let (code, said) = services.say("oss3", "systole status");
        code != Some(0) && said.contains("this node is on hold")
    });
    let (_, said) = services.say("oss3", "systole status");
    for words in ["at core/manager/src/state.rs:1:1", "a rule of its own is broken"] {
        assert!(said.contains(words), "{said}");
    }

    // Nobody knows what it runs; so it is fenced, which lets it go on no more than the failure did.
    services.settle("its services are elsewhere", |active| {
        active.len() == 3 && active.values().all(|node| node != "oss3")
    });
    assert_eq!(services.fencings(), 1);
    assert!(services.done("oss1", "crm_mon -1").contains("OFFLINE: [ oss3 ]"));
    services.until("it is on hold again", || {
        services.say("oss3", "crm_mon -1").1.contains("this node is on hold")
    });
    assert_eq!(daemon_of(&services.rig, "oss3"), "", "no daemon runs there");

    let said = services.done("oss3", "systole node resume");
    assert!(said.contains("goes on"), "{said}");
    services.rig.all_together("oss1");
    services.settle("they are back", |active| {
        ["web", "files"].iter().all(|name| is_on(active, name, "oss3"))
    });
    let (code, said) = services.say("oss3", "systole node resume");
    assert!(code == Some(1) && said.contains("not on hold"), "{code:?}: {said}");
    assert!(!hold.exists(), "it is forgotten");
    services.never_twice();
}

/// Its log goes to a disk that is full.
const NO_LOG: &str = "exec systole node --config {dir}/cluster/corosync.conf --state {state} \
    >/dev/full 2>&1";

#[test]
fn a_daemon_whose_log_cannot_be_written_does_its_work() {
    let Some(rig) = Rig::up_with(1, |options| lab::LabOptions {
        daemon: ["sh", "-c", NO_LOG].map(str::to_owned).to_vec(),
        ..options
    }) else {
        return;
    };
    let daemon = daemon_of(&rig, "oss1");
    let text = "property stonith-enabled=false\nprimitive a ocf:pacemaker:Dummy\n";
    rig.cluster().load("oss1", "a.crm", text).expect("it is taken");
    rig.cluster().quiet("oss1", PATIENCE).expect("the cluster comes to rest");
    rig.lab().kill_daemon("oss1").expect("it dies");
    let look = |cluster: &Observer| {
        let now = daemon_of(&rig, "oss1");
        Ok(match cluster.report("oss1").is_ok_and(|report| report.joined) && now != daemon {
            true => Wait::Over,
            false => Wait::For(format!("another daemon than {daemon}: {now}")),
        })
    };
    rig.cluster().wait(PATIENCE, look, |_| {}).expect("its parent starts another");
}

#[test]
fn a_daemon_at_rest_is_small_and_quiet() {
    let Some((rig, _)) = Rig::with_targets() else { return };
    let usage = |node: &str| {
        let daemon = daemon_of(&rig, node);
        let script = format!(
            "grep RssAnon /proc/{daemon}/status | tr -dc 0-9; echo; \
             cut -d' ' -f14,15 /proc/{daemon}/stat | tr ' ' +; getconf CLK_TCK"
        );
        let text = rig.cluster().output(node, &["sh", "-c", &script]).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let ticks: u64 = lines[1].split('+').map(|number| number.parse::<u64>().unwrap()).sum();
        (lines[0].parse::<u64>().unwrap(), ticks, lines[2].parse::<u64>().unwrap())
    };
    let seconds = 20;
    let before: Vec<_> = ["oss1", "oss2", "oss3"].map(usage).to_vec();
    std::thread::sleep(Duration::from_secs(seconds));
    for (node, (_, ticks_before, _)) in ["oss1", "oss2", "oss3"].into_iter().zip(before) {
        let (kilobytes, ticks, per_second) = usage(node);
        let percent = (ticks - ticks_before) as f64 / (per_second * seconds) as f64 * 100.0;
        println!("{node}: {kilobytes} kB of its own, {percent:.2} % of a core");
        // The pages of the program are shared, and many in a build for tests: those of a release are
        // counted by `bench rest`.
        assert!(kilobytes <= 12 * 1024, "{node} holds {kilobytes} kB");
    }
}
