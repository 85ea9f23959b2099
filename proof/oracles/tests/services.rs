//! Made-up histories of services: what the oracles for them must let pass, and what they must not.

use base::{BootId, Instant, NodeId};
use cluster::OperationStatus;
use group::{Member, QuorumDecision, QuorumReason, View, ViewId};
use oracles::{Broken, actions, dependence, fencing, places, recovery, resources};
use scheduler::plan::Task;
use sim::{Call, CallEnd, Life, Recording, RoleChange, Script, Shot, Told, Truth, What};
use std::time::Duration;

fn at(second: u64) -> Instant {
    Instant::after_start(Duration::from_secs(second))
}

fn id(verdict: Result<(), Broken>) -> &'static str {
    verdict.map_or_else(|broken| broken.id, |()| "fine")
}

/// Two nodes that have been together since the first second.
fn together() -> Recording {
    let id = ViewId { counter: 1, proposer: NodeId(1) };
    let member = |node| Member {
        node: NodeId(node),
        incarnation: 1,
        boot: BootId(u128::from(node)),
        since: 1,
        came_from: None,
        profile: Vec::new(),
    };
    let quorum = QuorumDecision {
        quorate: true,
        votes: 2,
        expected: 2,
        needed: 1,
        reason: QuorumReason::Majority,
        highest_expected: 2,
        flags: Vec::new(),
        voters: Vec::new(),
        arbiter: None,
    };
    let view = View { id, members: vec![member(1), member(2)], quorum };
    let life = |node| Life {
        node: NodeId(node),
        incarnation: 1,
        boot: BootId(u128::from(node)),
        disk: 0,
        born: at(0),
        ended: None,
        told: vec![Told { at: at(1), what: What::View { view: view.clone(), left: Vec::new() } }],
        said: Vec::new(),
        stages: Vec::new(),
        most_kept: 0,
    };
    Recording { lives: vec![life(1), life(2)] }
}

/// An agent that was asked at a second, and answered a second later.
fn call(second: u64, node: u32, service: &str, task: Task, code: i32) -> Call {
    Call {
        at: at(second),
        node: NodeId(node),
        instance: service.into(),
        task,
        interval: Duration::ZERO,
        timeout: Duration::from_secs(10),
        is_device: false,
        was_left_alone: false,
        end: Some((at(second + 1), CallEnd::Ended(OperationStatus::Done, code))),
    }
}

fn monitor(second: u64, node: u32, service: &str, code: i32) -> Call {
    let interval = Duration::from_secs(5);
    Call { interval, ..call(second, node, service, Task::Monitor, code) }
}

fn truth(calls: &[Call]) -> Truth {
    let mut truth = Truth::default();
    truth.calls = calls.to_vec();
    truth
}

const START: Task = Task::Start;
const STOP: Task = Task::Stop;

#[test]
fn one_is_promoted_at_a_time() {
    let change = |second, node, is_promoted| RoleChange {
        at: at(second),
        node: NodeId(node),
        instance: "db".into(),
        is_promoted,
    };
    let handed_on = [change(1, 1, true), change(2, 1, false), change(3, 2, true)];
    let twice = [change(1, 1, true), change(2, 2, true), change(3, 1, false)];
    assert_eq!(id(resources::never_promoted_too_often(&handed_on, |_| 1)), "fine");
    assert_eq!(id(resources::never_promoted_too_often(&twice, |_| 1)), "R4");
    assert_eq!(id(resources::never_promoted_too_often(&twice, |_| 2)), "fine");
}

#[test]
fn what_depends_on_something_runs_while_that_does() {
    let first_up = call(2, 1, "a", START, 0);
    let stories: [(&[Call], _); 7] = [
        (&[first_up.clone(), call(4, 2, "b", START, 0)], "fine"),
        (&[call(4, 2, "b", START, 0)], "R5"),
        (&[call(2, 1, "a", START, 1), call(4, 2, "b", START, 0)], "R5"),
        (&[first_up.clone(), call(4, 1, "a", STOP, 0), call(6, 2, "b", START, 0)], "R5"),
        // It has just failed, or did long ago.
        (&[first_up.clone(), monitor(4, 1, "a", 7), call(6, 2, "b", START, 0)], "fine"),
        (&[first_up.clone(), monitor(4, 1, "a", 7), call(26, 2, "b", START, 0)], "R5"),
        (&[first_up, call(4, 2, "b", START, 0), call(6, 1, "a", STOP, 0)], "R5"),
    ];
    for (number, (calls, expected)) in stories.into_iter().enumerate() {
        let verdict = dependence::ordered(&together(), &truth(calls), ("a", "b"));
        assert_eq!(id(verdict), expected, "story {number}");
    }
}

#[test]
fn a_node_takes_no_more_than_it_has_room_for() {
    let services = ["a", "b", "c", "d"].map(str::to_owned);
    let up = |second, node, service| call(second, node, service, START, 0);
    let stories: [(&[Call], _); 4] = [
        (&[up(2, 1, "a"), up(4, 1, "b"), up(6, 2, "c")], "fine"),
        (&[up(2, 1, "a"), up(4, 1, "b"), up(6, 1, "d")], "R6"),
        (&[up(2, 1, "a"), call(4, 1, "a", STOP, 0), up(6, 1, "b"), up(8, 1, "c")], "fine"),
        (&[up(2, 1, "a"), up(4, 1, "c")], "R6"),
    ];
    for (number, (calls, expected)) in stories.into_iter().enumerate() {
        let bounds = (2, Some(("a", "c")));
        let verdict = places::in_bounds(&together(), &truth(calls), &services, bounds);
        assert_eq!(id(verdict), expected, "story {number}");
    }
}

#[test]
fn what_is_to_be_left_alone_is_only_looked_at() {
    let left_alone = |call| Call { was_left_alone: true, ..call };
    let stories = [
        (call(2, 1, "a", STOP, 0), "fine"),
        (left_alone(call(2, 1, "a", Task::Monitor, 0)), "fine"),
        (left_alone(call(2, 1, "a", STOP, 0)), "R7"),
    ];
    for (call, expected) in stories {
        assert_eq!(id(actions::hands_off(&truth(&[call]))), expected);
    }
}

#[test]
fn a_failure_in_peace_is_recovered_at_once() {
    let script = Script::calm(0, 2);
    let failed = [monitor(30, 1, "a", 0), monitor(35, 1, "a", 7)];
    let later = |second, task| [failed.as_slice(), &[call(second, 1, "a", task, 0)]].concat();
    let prompt = |truth: &Truth| id(recovery::prompt(&together(), truth, &script));
    assert_eq!(prompt(&truth(&later(36, STOP))), "fine");
    assert_eq!(prompt(&truth(&later(39, STOP))), "L3");
    assert_eq!(prompt(&truth(&later(39, Task::Monitor))), "L3");
    let mut slow = truth(&later(39, STOP));
    assert_eq!(recovery::in_peace(&together(), &slow, &script), 1);
    slow.slow_plans.push((at(36), at(38)));
    assert_eq!(prompt(&slow), "fine");
}

#[test]
fn who_is_fenced_gave_reason_to() {
    let shot = |reason: Option<&str>| Shot {
        at: at(20),
        by: NodeId(1),
        target: NodeId(2),
        reason: reason.map(str::to_owned),
    };
    let told = |shot, calls: &[Call]| {
        let mut truth = truth(calls);
        truth.shots = vec![shot];
        id(fencing::reasons(&together(), &truth))
    };
    let failed = [call(10, 2, "a", STOP, 1)];
    assert_eq!(told(shot(Some("a could not be stopped")), &failed), "fine");
    assert_eq!(told(shot(None), &failed), "F2");
    assert_eq!(told(shot(Some("it is lost")), &[]), "F2");
    assert_eq!(told(shot(Some("it is lost")), &[call(10, 1, "a", STOP, 1)]), "F2");
}
