//! Units on a bus of the test's own, where a stand-in answers in systemd's place.

mod stand_in;

use super::*;
use crate::workbench::Bench;
use stand_in::{Bus, Job, UnitStory};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const WELL: Job = Job::Ends("done", &["active"]);
const ENDS: Job = Job::Ends("done", &["inactive"]);

const fn unit(states: &'static [&'static str]) -> UnitStory {
    UnitStory { states, start: WELL, stop: ENDS }
}

/// What an action comes to: the exit code, and why.
async fn outcome(bus: &Bus, action: &str) -> (i32, String) {
    let systemd = Systemd::connect(bus.builder()).await.map_err(|failure| failure.reason).unwrap();
    match perform(&systemd, "web", action, bus.folder()).await {
        Ok(code) => (code.number(), String::new()),
        Err(failure) => (failure.code.number(), failure.reason),
    }
}

#[tokio::test]
async fn a_unit_answers_as_an_agent_does() {
    let missing = "systemd finds no unit web.service";
    let dead = "(the job ended with: failed); see journalctl -u web.service";
    let stories: [(&str, Option<UnitStory>, &str, i32, &str); 19] = [
        ("runs", Some(unit(&["active"])), "monitor", 0, ""),
        ("reads its files anew", Some(unit(&["reloading"])), "monitor", 0, ""),
        ("comes up", Some(unit(&["activating", "activating", "active"])), "monitor", 0, ""),
        ("goes down", Some(unit(&["deactivating", "inactive"])), "monitor", 7, ""),
        ("does not run", Some(unit(&["inactive"])), "status", 7, ""),
        ("broke", Some(unit(&["failed"])), "monitor", 7, "web.service has failed"),
        ("is something new", Some(unit(&["dreaming"])), "monitor", 1, "is \"dreaming\""),
        ("is not there", None, "monitor", 5, missing),
        ("is not there", None, "start", 5, missing),
        ("is not there", None, "stop", 0, ""),
        ("starts", Some(unit(&["inactive"])), "start", 0, ""),
        (
            "takes its time after its job",
            Some(UnitStory { start: Job::Ends("done", &["activating", "active"]), ..unit(&[]) }),
            "start",
            0,
            "",
        ),
        (
            "dies at once",
            Some(UnitStory { start: Job::Ends("done", &["failed"]), ..unit(&[]) }),
            "start",
            1,
            "was to be started and is failed; see",
        ),
        (
            "cannot be started",
            Some(UnitStory { start: Job::Ends("failed", &["failed"]), ..unit(&[]) }),
            "start",
            1,
            dead,
        ),
        (
            "is masked",
            Some(UnitStory { start: Job::Refused("UnitMasked"), ..unit(&["inactive"]) }),
            "start",
            5,
            "systemd on web.service:",
        ),
        ("stops", Some(unit(&["active"])), "stop", 0, ""),
        (
            "is stopped by force",
            Some(UnitStory { stop: Job::Ends("done", &["deactivating", "failed"]), ..unit(&[]) }),
            "stop",
            0,
            "",
        ),
        (
            "does not stop",
            Some(UnitStory { stop: Job::Ends("canceled", &["active"]), ..unit(&[]) }),
            "stop",
            1,
            "was to be stopped and is active (the job ended with: canceled)",
        ),
        ("is no agent of OCF", Some(unit(&["active"])), "promote", 3, "no action promote"),
    ];
    let Some(mut bus) = Bus::start(Bench::new()).await else { return };
    for (what, story, action, code, reason) in stories {
        bus.serve(story);
        let (ended, said) = outcome(&bus, action).await;
        assert_eq!(ended, code, "{action} of a unit that {what}: {said}");
        assert!(said.contains(reason) && said.is_empty() == reason.is_empty(), "{what}: {said}");
    }
}

#[tokio::test]
async fn while_the_cluster_runs_a_unit_systemd_does_not_restart_it() {
    let Some(mut bus) = Bus::start(Bench::new()).await else { return };
    let drop_in = bus.folder().join("web.service.d/50-pacemaker.conf");
    bus.serve(Some(unit(&["inactive"])));
    assert_eq!(outcome(&bus, "start").await.0, 0);
    let text = std::fs::read_to_string(&drop_in).unwrap();
    assert!(text.contains("Before=systole.service\n"), "{text}");
    assert!(text.contains("[Service]\nRestart=no\n"), "{text}");
    assert_eq!(outcome(&bus, "start").await.0, 0);
    assert_eq!(outcome(&bus, "stop").await.0, 0);
    assert!(!drop_in.exists() && !drop_in.parent().unwrap().exists());
    let told = bus.told();
    assert_eq!(
        told,
        ["Reload", "StartUnit replace", "StartUnit replace", "StopUnit replace", "Reload"]
    );
}

#[tokio::test]
async fn the_end_of_a_job_that_nobody_tells_is_noticed() {
    let Some(mut bus) = Bus::start(Bench::new()).await else { return };
    bus.serve(Some(UnitStory { start: Job::EndsUnheard(&["active"]), ..unit(&["inactive"]) }));
    assert_eq!(outcome(&bus, "start").await.0, 0);
}

/// What was not in time is not to happen later.
#[tokio::test]
async fn a_start_that_is_given_up_is_cancelled() {
    let Some(mut bus) = Bus::start(Bench::new()).await else { return };
    bus.serve(Some(UnitStory { start: Job::Hangs, ..unit(&["inactive"]) }));
    let end = async {
        while !bus.told().iter().any(|it| it.starts_with("StartUnit")) {
            sleep(Duration::from_millis(5)).await;
        }
        // The one who waits for the start listens for this, as nobody else in this process does.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM)
    };
    let (ended, killed) =
        tokio::join!(timeout(Duration::from_secs(60), outcome(&bus, "start")), end);
    killed.unwrap();
    let (code, reason) = ended.expect("it ends when it is asked to");
    assert_eq!((code, reason.ends_with("its job: cancelled")), (1, true), "{reason}");
    assert_eq!(bus.told().last().map(String::as_str), Some("Cancel"));
}

#[tokio::test]
async fn a_bus_that_is_not_there_is_told_in_words() {
    let nowhere = zbus::connection::Builder::address("unix:path=/nowhere/bus");
    let failure = Systemd::connect(nowhere).await.map(|_| ()).unwrap_err();
    assert_eq!(failure.code, OcfCode::Generic);
    assert!(failure.reason.starts_with("systemd cannot be asked over D-Bus ("), "{failure:?}");
}
