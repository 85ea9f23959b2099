//! What is decided, and how it is told.

use super::*;
use crate::config::NodeConfig;

fn rules(nodes: u32, config: &QuorumConfig) -> Rules {
    let nodes = (1..=nodes).map(|id| NodeConfig { node: NodeId(id), links: Vec::new(), votes: 1 });
    let votes = nodes.map(|node| (node.node, node.votes)).collect();
    Rules { config: config.clone(), votes }
}

fn say(nodes: u32, config: &QuorumConfig, here: &[u32], attendance: Attendance) -> String {
    let rules = rules(nodes, config);
    let here: Vec<_> = here.iter().copied().map(NodeId).collect();
    let memory = QuorumMemory { attendance, ..QuorumMemory::fresh(rules.configured()) };
    rules.decide(&here, &memory).to_string()
}

#[test]
fn majority() {
    let config = QuorumConfig::default();
    let stories = [
        (3, vec![1, 2], "quorate: 2 of 3 votes, 2 needed; a majority of the votes is here"),
        (4, vec![1, 2], "not quorate: 2 of 4 votes, 3 needed; fewer votes than needed are here"),
        (2, vec![1], "not quorate: 1 of 2 votes, 2 needed; fewer votes than needed are here"),
        (1, vec![1], "quorate: 1 of 1 votes, 1 needed; a majority of the votes is here"),
    ];
    for (nodes, here, expected) in stories {
        assert_eq!(say(nodes, &config, &here, Attendance::Awaited), expected);
    }
}

#[test]
fn two_nodes_wait_for_all_unless_told_otherwise() {
    let mut config = QuorumConfig { rule: QuorumRule::TwoNode, ..QuorumConfig::default() };
    assert_eq!(
        say(2, &config, &[2], Attendance::Awaited),
        "not quorate: 1 of 2 votes, 1 needed; wait_for_all: not seen since the start: 1"
    );
    let alone = "quorate: 1 of 2 votes, 1 needed; \
                 two_node: one of two nodes is enough, fencing decides";
    assert_eq!(say(2, &config, &[2], Attendance::Complete), alone);
    assert_eq!(say(2, &config, &[2], Attendance::Waived), alone);
    config.wait_for_all = WaitForAll::Off;
    assert_eq!(say(2, &config, &[2], Attendance::Awaited), alone);
}

#[test]
fn no_provider_and_more_votes_than_announced() {
    let none = QuorumConfig { rule: QuorumRule::None, ..QuorumConfig::default() };
    assert!(say(3, &none, &[1], Attendance::Awaited).starts_with("quorate"));
    let few = QuorumConfig { expected_votes: Some(1), ..QuorumConfig::default() };
    assert!(say(3, &few, &[1, 2, 3], Attendance::Awaited).contains("3 of 3 votes, 2 needed"));
}

#[test]
fn half_of_four_keeps_the_right_to_act_if_the_right_half() {
    let list = |nodes: &[u32]| TieBreaker::List(nodes.iter().copied().map(NodeId).collect());
    let stories = [
        (TieBreaker::Lowest, [1, 2, 3, 4].as_slice(), [1, 4], QuorumReason::TieWon(NodeId(1))),
        (TieBreaker::Lowest, &[1, 2, 3, 4], [2, 3], QuorumReason::TieLost),
        (TieBreaker::Highest, &[1, 2, 3, 4], [2, 4], QuorumReason::TieWon(NodeId(4))),
        (TieBreaker::Highest, &[1, 2, 3, 4], [1, 2], QuorumReason::TieLost),
        (TieBreaker::Lowest, &[2, 3, 4], [2, 3], QuorumReason::TieWon(NodeId(2))),
        (list(&[3, 1]), &[1, 2, 3, 4], [3, 4], QuorumReason::TieWon(NodeId(3))),
        (list(&[3, 1]), &[1, 2, 3, 4], [1, 2], QuorumReason::TieLost),
        (list(&[3, 1]), &[1, 2, 4], [1, 2], QuorumReason::TieWon(NodeId(1))),
        (list(&[3]), &[1, 2, 4], [1, 2], QuorumReason::TieLost),
    ];
    for (breaker, before, here, reason) in stories {
        let config = QuorumConfig { tie_breaker: Some(breaker.clone()), ..QuorumConfig::default() };
        let rules = rules(4, &config);
        let here = here.map(NodeId);
        let memory = QuorumMemory {
            standing: Standing::Quorate,
            members: before.iter().copied().map(NodeId).collect(),
            ..QuorumMemory::fresh(4)
        };
        let decision = rules.decide(&here, &memory);
        assert_eq!(decision.reason, reason, "{breaker:?} {before:?} {here:?}");
        let barred = QuorumMemory { standing: Standing::Barred, ..memory };
        assert_eq!(rules.decide(&here, &barred).reason, QuorumReason::TooFewVotes, "kept, not won");
    }
}

#[test]
fn flags_are_the_words_of_corosync() {
    let config = QuorumConfig {
        wait_for_all: WaitForAll::Required,
        last_man_standing: Some(std::time::Duration::from_secs(10)),
        tie_breaker: Some(TieBreaker::Lowest),
        expectation: Expectation::Downscale,
        ..QuorumConfig::default()
    };
    let here = [1, 2, 3].map(NodeId);
    let decision = rules(3, &config).decide(&here, &QuorumMemory::fresh(3));
    let words: Vec<_> = decision.flags.iter().map(ToString::to_string).collect();
    assert_eq!(words.join(" "), "Quorate WaitForAll LastManStanding AutoTieBreaker AllowDownscale");
}
