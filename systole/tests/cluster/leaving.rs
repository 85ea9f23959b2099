//! Nodes that are emptied, and nodes that leave in order: what they run moves, what they cannot let go
//! of is said by name, and nobody waits for ever.

use crate::services::Services;
use lab::Misbehaviour;
use std::time::{Duration, Instant};

const ALL_ON_2: [(&str, &str); 3] = [("disk", "oss2"), ("files", "oss2"), ("web", "oss2")];

fn is_off(services: &Services, node: &str, except: Option<&str>) -> bool {
    let active = services.active();
    let there = active.iter().filter(|(_, at)| at.as_str() == node);
    there.map(|(name, _)| Some(name.as_str())).all(|name| name == except) && active.len() == 3
}

/// The service manager's word to stop: to the small parent, which passes it on.
fn stop_daemon(services: &Services, node: &str) {
    services.done(node, "kill -TERM $(pgrep -o -f '[s]ystole node --config')");
}

/// How the machine's daemon ended, or that it runs.
fn daemon(services: &Services, node: &str) -> Option<String> {
    let machines = services.rig.lab().status().expect("the lab is up").machines;
    machines.into_iter().find(|machine| machine.name == node)?.daemon
}

#[test]
fn a_node_is_drained_and_what_it_cannot_let_go_of_is_said() {
    let Some(services) = Services::up(&ALL_ON_2, 8, |options| options) else { return };
    let said = services.done("oss1", "systole node drain oss2 --within 20s");
    assert!(said.contains("oss2 is in standby") && said.ends_with("oss2 is empty.\n"), "{said}");
    assert!(services.active().values().all(|node| node != "oss2"), "when it ends, it is so");
    services.settle("all are elsewhere", |_| is_off(&services, "oss2", None));
    // It is empty already.
    services.done("oss2", "systole node drain --within 1s");
    let (code, said) = services.say("oss1", "systole node drain oss22 --within 1s");
    assert!(code != Some(0) && said.contains("oss2"), "{code:?}: {said}");

    services.done("oss3", "crm node online oss2");
    services.settle("all are back", |active| active.values().all(|node| node == "oss2"));
    services.truth().spoil("oss2", "files", "stop", Misbehaviour::Hang).expect("it is told");
    let (code, said) = services.say("oss3", "systole node drain oss2 --within 3s");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("1 still there: files"), "{said}");
    assert!(said.contains("after 3 s these are still on oss2: files."), "{said}");
    // What is not tied to it has not waited for it.
    services.settle("the others are elsewhere", |_| is_off(&services, "oss2", Some("files")));
    // A stop that did not end is no stop: its node is fenced, and the service goes on elsewhere.
    services.settle("it is elsewhere, too", |_| is_off(&services, "oss2", None));
    assert_eq!(services.fencings(), 1);
    services.never_twice();
}

#[test]
fn a_node_that_is_told_to_stop_moves_what_it_has_and_goes() {
    let Some(services) = Services::up(&ALL_ON_2, 60, |options| options) else { return };
    stop_daemon(&services, "oss2");
    services.until("its daemon has ended in order", || {
        daemon(&services, "oss2").as_deref() == Some("exited with 0")
    });
    assert!(services.active().values().all(|node| node != "oss2"), "it runs nothing any more");
    services.settle("all are elsewhere", |_| is_off(&services, "oss2", None));
    assert_eq!(services.fencings(), 0, "who leaves in order is not fenced");
    let status = services.done("oss1", "crm_mon -1");
    assert!(status.contains("OFFLINE: [ oss2 ]"), "{status}");

    // A stop that hangs keeps it for so long, and no longer; the others make sure then.
    services.done("oss1", "crm configure property shutdown-escalation=4s");
    services.rig.lab().power_cycle("oss2").expect("it starts");
    services.rig.all_together("oss1");
    services.settle("all are back", |active| active.values().all(|node| node == "oss2"));
    services.truth().spoil("oss2", "files", "stop", Misbehaviour::Hang).expect("it is told");
    let begin = Instant::now();
    stop_daemon(&services, "oss2");
    services.until("it is said what it waits for", || {
        services.done("oss1", "systole status").contains("oss2 is leaving and still runs files")
    });
    services.settle("all are elsewhere", |_| is_off(&services, "oss2", None));
    println!("after {:.1} s", begin.elapsed().as_secs_f64());
    assert!(begin.elapsed() < Duration::from_secs(30), "the stop itself has 60 s");
    assert_eq!(services.fencings(), 1);
    services.never_twice();
}
