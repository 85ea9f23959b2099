//! A daemon dies, and what it runs does not.

use crate::rig::{PATIENCE, Rig, count};
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
