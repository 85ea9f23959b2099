//! Votes that change while views come and go.

use crate::invariants::check;
use crate::world::{World, config};
use base::NodeId;
use group::{
    ArbiterVote, Delivery, Expectation, GroupCommand, GroupEvent, LinkPolicy, QuorumChange,
    QuorumConfig, QuorumDecision, QuorumReason, QuorumRefusal, Refusal, TieBreaker, WaitForAll,
};
use std::time::Duration;

fn settled(nodes: u32, quorum: QuorumConfig) -> World {
    let config = group::GroupConfig { quorum, ..config(nodes, 1, LinkPolicy::Passive) };
    let mut world = World::new(config, u64::from(nodes));
    let all: Vec<_> = (1..=nodes).collect();
    world.until(3000, |world| world.agree(&all));
    world
}

fn quorum(world: &World, node: u32) -> QuorumDecision {
    world.group(node).view().expect("a view").quorum.clone()
}

/// Quorate, votes, expected, needed.
fn figures(world: &World, node: u32) -> (bool, u32, u32, u32) {
    let QuorumDecision { quorate, votes, expected, needed, .. } = quorum(world, node);
    (quorate, votes, expected, needed)
}

fn crash(world: &mut World, nodes: &[u32], rest: &[u32]) {
    nodes.iter().for_each(|node| world.crash(NodeId(*node)));
    world.until(3000, |world| world.agree(rest));
}

fn answer(world: &World, node: u32) -> Option<&GroupEvent> {
    let told = world.life(node).told.iter().rev().map(|told| &told.event);
    { told }.find(|event| match event {
        GroupEvent::Quorum { asked, .. } => asked.is_some(),
        GroupEvent::Refused(Refusal::Quorum { .. }) => true,
        _ => false,
    })
}

#[test]
fn the_last_men_stand_window_by_window() {
    let window = Duration::from_secs(2);
    let rules = QuorumConfig {
        last_man_standing: Some(window),
        tie_breaker: Some(TieBreaker::Lowest),
        wait_for_all: WaitForAll::Required,
        ..QuorumConfig::default()
    };
    let mut world = settled(8, rules);
    crash(&mut world, &[6, 7, 8], &[1, 2, 3, 4, 5]);
    assert_eq!(figures(&world, 5), (true, 5, 8, 5));
    world.run(1900);
    assert_eq!(figures(&world, 5), (true, 5, 8, 5), "not before the window is over");
    world.run(200);
    assert_eq!(figures(&world, 5), (true, 5, 5, 3));
    crash(&mut world, &[4, 5], &[1, 2, 3]);
    world.run(2200);
    assert_eq!(figures(&world, 3), (true, 3, 3, 2));
    crash(&mut world, &[3], &[1, 2]);
    world.run(2200);
    assert_eq!(figures(&world, 2), (true, 2, 2, 2));
    crash(&mut world, &[2], &[1]);
    assert_eq!(quorum_reason(&world, 1), QuorumReason::TieWon(NodeId(1)));
    world.run(2200);
    assert_eq!(figures(&world, 1), (true, 1, 2, 2), "the tie-breaker alone does not lower more");
    // Who comes back learns what is expected now.
    world.start(NodeId(8));
    world.until(3000, |world| world.agree(&[1, 8]));
    assert_eq!(figures(&world, 8), (true, 2, 2, 2));
    check(&world);
}

fn quorum_reason(world: &World, node: u32) -> QuorumReason {
    quorum(world, node).reason
}

#[test]
fn an_operator_sets_votes_and_is_told_why_not() {
    let mut world = settled(3, QuorumConfig::default());
    let stories = [
        (QuorumChange::Expect(2), Err(QuorumRefusal::BelowTotal { asked: 2, votes: 3 })),
        (QuorumChange::Expect(6), Err(QuorumRefusal::TakesQuorum { needed: 4, votes: 3 })),
        (QuorumChange::Expect(5), Ok((true, 3, 5, 3))),
        (
            QuorumChange::Weigh { node: NodeId(9), votes: 1 },
            Err(QuorumRefusal::UnknownNode(NodeId(9))),
        ),
        (
            QuorumChange::Weigh { node: NodeId(2), votes: 0 },
            Err(QuorumRefusal::TakesQuorum { needed: 3, votes: 2 }),
        ),
        (QuorumChange::Weigh { node: NodeId(2), votes: 4 }, Ok((true, 6, 6, 4))),
    ];
    for (change, outcome) in stories {
        world.command(3, GroupCommand::Quorum(change));
        world.run(100);
        match outcome {
            Ok(expected) => {
                assert_eq!(figures(&world, 1), expected, "{change:?}");
                let told = matches!(answer(&world, 3),
                    Some(GroupEvent::Quorum { asked, .. }) if *asked == Some(change));
                assert!(told, "{change:?} is answered");
            }
            Err(reason) => assert_eq!(
                answer(&world, 3),
                Some(&GroupEvent::Refused(Refusal::Quorum { change, reason }))
            ),
        }
    }
    check(&world);
}

#[test]
fn one_of_three_goes_on_when_told_to() {
    let mut world = settled(3, QuorumConfig::default());
    crash(&mut world, &[2, 3], &[1]);
    assert_eq!(figures(&world, 1), (false, 1, 3, 2));
    world.command(1, GroupCommand::Quorum(QuorumChange::Expect(1)));
    assert_eq!(figures(&world, 1), (true, 1, 1, 1));
    world.start(NodeId(2));
    world.until(3000, |world| world.agree(&[1, 2]));
    assert_eq!(figures(&world, 2), (true, 2, 2, 2), "the line that acts knows what is expected");
}

#[test]
fn waiting_for_all_can_be_cancelled_by_name() {
    let rules = QuorumConfig { wait_for_all: WaitForAll::Required, ..QuorumConfig::default() };
    let mut world = settled(3, rules);
    crash(&mut world, &[1, 2, 3], &[]);
    [1, 2].iter().for_each(|node| world.start(NodeId(*node)));
    world.until(3000, |world| world.agree(&[1, 2]));
    assert_eq!(quorum_reason(&world, 1), QuorumReason::WaitingForAll(vec![NodeId(3)]), "Q6");
    world.command(2, GroupCommand::Quorum(QuorumChange::CancelWaitForAll));
    world.run(100);
    assert_eq!(figures(&world, 1), (true, 2, 3, 2));
    crash(&mut world, &[2], &[1]);
    world.start(NodeId(2));
    world.until(3000, |world| world.agree(&[1, 2]));
    assert!(!quorum(&world, 1).quorate, "who has lost quorum waits anew");
}

#[test]
fn the_arbiter_is_a_voice_for_one_view() {
    let rules = QuorumConfig { arbiter_votes: Some(1), ..QuorumConfig::default() };
    let mut world = settled(2, rules);
    assert_eq!(figures(&world, 1), (true, 2, 3, 2), "Q4: nobody waits for it");
    crash(&mut world, &[2], &[1]);
    assert_eq!(quorum_reason(&world, 1), QuorumReason::ArbiterSilent);
    say(&mut world, 1, ArbiterVote::Withheld);
    assert_eq!(quorum_reason(&world, 1), QuorumReason::ArbiterWithheld);
    say(&mut world, 1, ArbiterVote::Granted);
    assert_eq!(quorum_reason(&world, 1), QuorumReason::ArbiterGranted);
    let old = world.group(1).view().expect("a view").id;
    world.start(NodeId(2));
    world.until(3000, |world| world.agree(&[1, 2]));
    assert_eq!(figures(&world, 2), (true, 3, 3, 2), "a view that only grew keeps it");
    let until = world.time_of(1) + LEASE;
    world.command(1, GroupCommand::Arbiter { view: old, vote: ArbiterVote::Withheld, until });
    assert_eq!(figures(&world, 2), (true, 3, 3, 2), "that was meant for a view that is over");
    crash(&mut world, &[1], &[2]);
    assert_eq!(quorum_reason(&world, 2), QuorumReason::ArbiterSilent, "it may be for node 1 now");
}

/// For how long what the arbiter says is good in these stories.
const LEASE: Duration = Duration::from_secs(2);

/// The arbiter says this to `node` about the view it is in.
fn say(world: &mut World, node: u32, vote: ArbiterVote) {
    let view = world.group(node).view().expect("a view").id;
    let until = world.time_of(node) + LEASE;
    world.command(node, GroupCommand::Arbiter { view, vote, until });
    world.run(20);
}

#[test]
fn what_the_arbiter_says_is_good_for_a_while() {
    let rules = QuorumConfig { arbiter_votes: Some(3), ..QuorumConfig::default() };
    let mut world = settled(4, rules);
    crash(&mut world, &[3, 4], &[1, 2]);
    assert_eq!(quorum_reason(&world, 2), QuorumReason::ArbiterSilent);
    say(&mut world, 1, ArbiterVote::Granted);
    for _ in 0..3 {
        world.run(1500);
        assert!(quorum(&world, 2).quorate, "it is said again and again");
        say(&mut world, 1, ArbiterVote::Granted);
    }
    world.run(1900);
    assert!(quorum(&world, 2).quorate);
    world.run(200);
    for node in [1, 2] {
        assert_eq!(quorum_reason(&world, node), QuorumReason::ArbiterSilent, "node {node}");
    }
    say(&mut world, 1, ArbiterVote::Granted);
    world.run(1000);
    say(&mut world, 2, ArbiterVote::Granted);
    world.run(1500);
    assert!(quorum(&world, 1).quorate, "node 2 has heard it later, and answers for it");
    world.command(1, GroupCommand::Quorum(QuorumChange::ForgetArbiter));
    world.run(20);
    assert_eq!(quorum_reason(&world, 2), QuorumReason::ArbiterSilent, "an operator said so");
    check(&world);
}

#[test]
fn who_answers_for_the_arbiter_and_stands_still_has_lost_its_vote() {
    let rules = QuorumConfig { arbiter_votes: Some(1), ..QuorumConfig::default() };
    let mut world = settled(2, rules);
    crash(&mut world, &[2], &[1]);
    say(&mut world, 1, ArbiterVote::Granted);
    assert!(quorum(&world, 1).quorate);
    world.pause(NodeId(1), 5000);
    world.run(4900);
    world.submit(1, b"too late", Delivery::Safe);
    let told = || world.life(1).told.iter().map(|told| &told.event);
    let delivered = told().position(|event| matches!(event, GroupEvent::Deliver { .. }));
    let lost = told().rposition(|event| match event {
        GroupEvent::Quorum { decision, .. } => !decision.quorate,
        _ => false,
    });
    assert!(delivered.is_some() && lost < delivered, "Q1: {lost:?} before {delivered:?}");
}

#[test]
fn who_leaves_in_order_takes_its_votes_along_where_that_is_allowed() {
    let stories =
        [(Expectation::Downscale, (true, 3, 3, 2)), (Expectation::Steady, (true, 3, 5, 3))];
    for (expectation, outcome) in stories {
        let expected_votes = (expectation == Expectation::Downscale).then_some(3);
        let rules = QuorumConfig { expectation, expected_votes, ..QuorumConfig::default() };
        let mut world = settled(5, rules);
        assert_eq!(figures(&world, 1), (true, 5, 5, 3), "{expectation:?}");
        world.command(5, GroupCommand::Leave);
        world.until(3000, |world| world.agree(&[1, 2, 3, 4]));
        world.command(4, GroupCommand::Leave);
        world.until(3000, |world| world.agree(&[1, 2, 3]));
        assert_eq!(figures(&world, 1), outcome, "{expectation:?}");
        check(&world);
    }
}

#[test]
fn tracked_votes_outlive_the_process() {
    let expected_votes = Some(3);
    for (expectation, expected) in [(Expectation::Tracked, 5), (Expectation::Steady, 3)] {
        let rules = QuorumConfig { expectation, expected_votes, ..QuorumConfig::default() };
        let mut world = settled(5, rules);
        crash(&mut world, &[1, 2, 3, 4, 5], &[]);
        [1, 2].iter().for_each(|node| world.start(NodeId(*node)));
        world.until(3000, |world| world.agree(&[1, 2]));
        let (quorate, _, counted, _) = figures(&world, 1);
        assert_eq!((quorate, counted), (expected == 3, expected), "{expectation:?}");
    }
}

/// Whoever has heard of a change keeps it, and whoever asked for it is answered, also when the
/// view ends under it.
#[test]
fn a_change_survives_the_view_in_which_it_was_put() {
    let (mut none, mut some) = (0, 0);
    for wait in 0..60 {
        let mut world = World::new(config(5, 1, LinkPolicy::Passive), wait);
        world.until(3000, |world| world.agree(&[1, 2, 3, 4, 5]));
        world.loss = 20;
        world.command(3, GroupCommand::Quorum(QuorumChange::Expect(7)));
        world.run(wait);
        let heard = (2..=5).filter(|node| quorum(&world, *node).expected == 7).count();
        match heard {
            0 => none += 1,
            1..4 => some += 1,
            _ => {}
        }
        world.crash(NodeId(1));
        world.until(3000, |world| world.agree(&[2, 3, 4, 5]));
        if heard > 0 {
            assert_eq!(figures(&world, 4), (true, 4, 7, 4), "after {wait} ms");
        }
        world.loss = 0;
        world.run(500);
        assert_eq!(figures(&world, 5), (true, 4, 7, 4), "after {wait} ms");
        assert!(matches!(answer(&world, 3), Some(GroupEvent::Quorum { .. })), "after {wait} ms");
        check(&world);
    }
    assert!(none > 0 && some > 0, "both happened: {none} and {some}");
}

#[test]
fn what_is_expected_follows_the_configuration() {
    let mut world = settled(3, QuorumConfig::default());
    for (votes, outcome) in [(3, (true, 5, 5, 3)), (2, (true, 4, 4, 3)), (1, (true, 3, 3, 2))] {
        for node in 1..=3 {
            let mut changed = config(3, 1, LinkPolicy::Passive);
            changed.nodes[0].votes = votes;
            world.command(node, GroupCommand::Reconfigure(Box::new(changed)));
        }
        world.run(200);
        for node in 1..=3 {
            assert_eq!(figures(&world, node), outcome, "{votes} votes, says {node}");
        }
    }
    check(&world);
}
