//! Made-up histories: what each oracle must let pass, and what it must not.

use base::{BootId, Instant, NodeId};
use cluster::OperationStatus;
use group::{Delivery, Departure, Member, QuorumDecision, QuorumReason, View, ViewId};
use oracles::{Broken, actions, fencing, links, order, quorum, resources, views};
use scheduler::plan::Task;
use sim::{
    Act, Activity, Call, CallEnd, Change, Deed, Digest, Intrusion, Life, Path, Recording, Said,
    Script, Told, Truth, What,
};
use std::time::Duration;

fn at(second: u64) -> Instant {
    Instant::after_start(Duration::from_secs(second))
}

fn view(counter: u64, nodes: &[u32], came_from: Option<u64>) -> What {
    let id = |counter| ViewId { counter, proposer: NodeId(nodes[0]) };
    let member = |node: &u32| Member {
        node: NodeId(*node),
        incarnation: 1,
        boot: BootId(u128::from(*node)),
        since: 1,
        came_from: came_from.map(id),
        profile: Vec::new(),
    };
    let quorum = QuorumDecision {
        quorate: true,
        votes: 1,
        expected: 3,
        needed: 2,
        reason: QuorumReason::Majority,
        highest_expected: 3,
        flags: Vec::new(),
        voters: Vec::new(),
        arbiter: None,
    };
    let members = nodes.iter().map(member).collect();
    What::View { view: View { id: id(counter), members, quorum }, left: Vec::new() }
}

fn life(node: u32, said: &[u64], told: &[(u64, What)]) -> Life {
    let said = said.iter().map(|digest| Said {
        at: at(1),
        digest: Digest(*digest),
        delivery: Delivery::Safe,
    });
    Life {
        node: NodeId(node),
        incarnation: 1,
        boot: BootId(u128::from(node)),
        disk: 0,
        born: at(0),
        ended: None,
        told: told
            .iter()
            .map(|(second, what)| Told { at: at(*second), what: what.clone() })
            .collect(),
        said: said.collect(),
        stages: Vec::new(),
        most_kept: 0,
    }
}

fn deliver(digest: u64) -> What {
    What::Deliver { sender: NodeId(1), digest: Digest(digest) }
}

fn truth(fill: impl FnOnce(&mut Truth)) -> Truth {
    let mut truth = Truth::default();
    fill(&mut truth);
    truth
}

fn id(verdict: Result<(), Broken>) -> &'static str {
    verdict.map_or_else(|broken| broken.id, |()| "fine")
}

#[test]
fn views_grow_and_are_agreed_on() {
    let pair = |counter| view(counter, &[1, 2], None);
    let stories = [
        (vec![life(1, &[], &[(1, pair(1))]), life(2, &[], &[(1, pair(1))])], "fine"),
        (vec![life(1, &[], &[(1, pair(2)), (2, pair(2))])], "G1"),
        (
            vec![life(1, &[], &[(1, pair(1))]), life(2, &[], &[(1, view(1, &[1, 2, 3], None))])],
            "G2",
        ),
        (vec![life(3, &[], &[(1, pair(1))])], "G2"),
        (vec![life(1, &[], &[(1, view(4, &[1], Some(3)))])], "G2"),
    ];
    for (lives, expected) in stories {
        assert_eq!(id(views::views(&Recording { lives })), expected);
    }
}

#[test]
fn messages_come_once_in_one_order_to_all() {
    let (first, next) = (view(2, &[1, 2], None), view(3, &[1, 2], Some(2)));
    let told = |messages: &[What]| -> Vec<(u64, What)> {
        let all = [first.clone()].into_iter().chain(messages.iter().cloned());
        all.map(|what| (2, what)).collect()
    };
    let two = |one: &[What], other: &[What]| {
        vec![life(1, &[7, 8], &told(one)), life(2, &[], &told(other))]
    };
    let (a, b) = (deliver(7), deliver(8));
    let both = [a.clone(), b.clone()];
    let over = |messages: &[What]| -> Vec<What> {
        messages.iter().cloned().chain([What::Transitional, next.clone()]).collect()
    };
    let stories = [
        (two(&both, &both), "fine"),
        (two(&both, &[b.clone(), a.clone()]), "G4"),
        (two(&both, &[a.clone(), a.clone()]), "G4"),
        (two(&both, &[a.clone(), deliver(9)]), "G4"),
        (two(std::slice::from_ref(&a), std::slice::from_ref(&a)), "G5"),
        (two(&over(&both), &over(std::slice::from_ref(&a))), "G6"),
        (two(&both, std::slice::from_ref(&a)), "G7"),
    ];
    for (lives, expected) in stories {
        assert_eq!(id(order::order(&Recording { lives }, at(60))), expected);
    }
}

#[test]
fn positions_differ_in_no_view() {
    let told = |one: u64, other: u64| {
        let sender = |node, digest| What::Deliver { sender: NodeId(node), digest: Digest(digest) };
        [
            (2, view(2, &[1, 2], None)),
            (2, sender(one.try_into().unwrap_or(1), one)),
            (2, sender(other.try_into().unwrap_or(1), other)),
        ]
    };
    let lives = vec![life(1, &[1], &told(1, 2)), life(2, &[2], &told(2, 1))];
    assert_eq!(id(order::order(&Recording { lives }, at(60))), "G3");
}

#[test]
fn suspicions_need_a_reason() {
    let suspected = What::Suspected { node: NodeId(2), after: Duration::from_millis(500) };
    let lives = vec![life(1, &[], &[(10, suspected)]), life(2, &[], &[])];
    let path =
        |second, good_rings| Path { at: at(second), one: NodeId(1), other: NodeId(2), good_rings };
    let stories =
        [(vec![], "G9"), (vec![path(9, 0)], "fine"), (vec![path(3, 0), path(5, 1)], "G9")];
    for (paths, expected) in stories {
        let truth = truth(|truth| truth.paths = paths);
        let recording = Recording { lives: lives.clone() };
        assert_eq!(id(links::suspicions(&recording, &truth)), expected);
    }
    let intrusions = vec![Intrusion { at: at(1), node: NodeId(1), was_damaged: true }];
    assert_eq!(id(links::intrusions(&truth(|truth| truth.intrusions = intrusions))), "G8");
}

#[test]
fn evictions_need_a_reason() {
    let What::View { view: smaller, .. } = view(3, &[1, 3], None) else { return };
    let lost = What::View { view: smaller, left: vec![(NodeId(2), Departure::Lost)] };
    let mut gone = life(2, &[], &[]);
    let lives = |other: &Life| vec![life(1, &[], &[(10, lost.clone())]), other.clone()];
    let told = |lives| id(views::evictions(&Recording { lives }, &Truth::default()));
    assert_eq!(told(lives(&gone)), "G10");
    gone.ended = Some((at(9), sim::Ending::PowerCut));
    assert_eq!(told(lives(&gone)), "fine");
}

#[test]
fn the_right_to_act() {
    let setup = Script::calm(0, 4).setup;
    let alone = |nodes: &[u32]| life(nodes[0], &[], &[(1, view(2, nodes, None))]);
    let stories = [
        (vec![alone(&[1, 2, 3])], "fine"),
        (vec![alone(&[1, 2])], "Q3"),
        (vec![alone(&[1, 2, 3]), alone(&[4, 5, 6])], "Q1"),
    ];
    for (lives, expected) in stories {
        assert_eq!(id(quorum::quorum(&Recording { lives }, &setup)), expected);
    }
    let pair = Script::calm(0, 2).setup;
    let lone = Recording { lives: vec![alone(&[1])] };
    assert_eq!(id(quorum::quorum(&lone, &pair)), "Q6");
    let act = |deed, was_quorate| {
        let acts = vec![Act { at: at(1), node: NodeId(1), deed, was_quorate }];
        truth(|truth| truth.acts = acts)
    };
    assert_eq!(id(quorum::starts(&act(Deed::Start, true))), "fine");
    assert_eq!(id(quorum::starts(&act(Deed::Start, false))), "Q5");
    assert_eq!(id(fencing::shots(&act(Deed::Fence(NodeId(2)), true))), "fine");
    assert_eq!(id(fencing::shots(&act(Deed::Fence(NodeId(2)), false))), "F1");
}

#[test]
fn the_fenced_return_as_another_life() {
    let recording =
        Recording { lives: vec![life(1, &[], &[(30, view(2, &[1, 2], None))]), life(2, &[], &[])] };
    let cut_off = |second| truth(|truth| truth.cut_off = vec![(at(second), NodeId(2))]);
    assert_eq!(id(fencing::returns(&recording, &cut_off(20))), "F5");
    assert_eq!(id(fencing::returns(&recording, &cut_off(29))), "fine");
}

#[test]
fn a_move_is_fine_and_an_overlap_is_not() {
    use Activity::{Active, Inactive};
    let change = |second, node, activity| Change {
        at: at(second),
        node: NodeId(node),
        instance: "ost0".into(),
        activity,
    };
    let moved = [change(1, 1, Active), change(2, 1, Inactive), change(3, 2, Active)];
    let twice = [change(1, 1, Active), change(2, 2, Active), change(3, 1, Inactive)];
    assert_eq!(id(resources::never_too_many(&moved, |_| 1)), "fine");
    assert_eq!(id(resources::never_too_many(&twice, |_| 1)), "R1");
    assert_eq!(id(resources::never_too_many(&twice, |_| 2)), "fine");
}

#[test]
fn agents_run_one_at_a_time_end_and_are_believed() {
    let call = |second, node, task, end: Option<(u64, i32)>| Call {
        at: at(second),
        node: NodeId(node),
        instance: "ost0".into(),
        task,
        interval: Duration::ZERO,
        timeout: Duration::from_secs(10),
        is_device: false,
        was_left_alone: false,
        end: end.map(|(end, code)| (at(end), CallEnd::Ended(OperationStatus::Done, code))),
    };
    let told = |calls: &[Call]| {
        let truth = truth(|truth| truth.calls = calls.to_vec());
        let verdict = actions::one_at_a_time(&truth, at(60));
        id(verdict.and_then(|()| actions::after_failed_stops(&truth, |_| false)))
    };
    let (start, stop, probe) = (Task::Start, Task::Stop, Task::Monitor);
    let stories: [(&[Call], _); 6] = [
        (&[call(1, 1, stop, Some((3, 0))), call(4, 2, start, Some((5, 0)))], "fine"),
        (&[call(1, 1, stop, Some((3, 0))), call(2, 1, start, Some((5, 0)))], "R8"),
        (&[call(1, 1, stop, Some((30, 0)))], "R9"),
        (&[call(1, 1, stop, None)], "R9"),
        (&[call(1, 1, stop, Some((3, 1))), call(4, 2, start, Some((5, 0)))], "R10"),
        (
            &[
                call(1, 1, stop, Some((3, 1))),
                call(4, 1, probe, Some((5, 7))),
                call(6, 2, start, Some((7, 0))),
            ],
            "fine",
        ),
    ];
    for (number, (calls, expected)) in stories.into_iter().enumerate() {
        assert_eq!(told(calls), expected, "story {number}");
    }
}
