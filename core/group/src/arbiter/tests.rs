//! Stories of who gets the vote, and everything that can happen to small clusters.

mod everything;

use super::*;
use crate::types::ViewId;
use base::{Decode, Encode, Instant, NodeId};
use std::collections::BTreeSet;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(750);

fn at(millis: u64) -> Instant {
    Instant::after_start(Duration::from_millis(millis))
}

fn nodes(digits: &str) -> BTreeSet<NodeId> {
    digits.chars().filter_map(|digit| digit.to_digit(10)).map(NodeId).collect()
}

/// `12@7`: view 7 of nodes 1 and 2; with `!` it holds the vote.
fn report(text: &str, configured: &str) -> Report {
    let (text, holds) = text.strip_suffix('!').map_or((text, false), |text| (text, true));
    let (members, counter) = text.split_once('@').expect("members@counter");
    let members = nodes(members);
    let first = *members.first().expect("a member");
    Report {
        node: first,
        view: ViewId { counter: counter.parse().expect("a number"), proposer: first },
        votes: u32::try_from(members.len()).expect("few"),
        members,
        configured: nodes(configured),
        patience: PATIENCE,
        holds,
    }
}

/// Milliseconds since the arbiter's start, who reports, and what it is told: `+` granted, `-`
/// withheld, `?` not decided yet.
type Line = (u64, &'static str, char);

const QUIET: u64 = 8000;

const STORIES: &[(&str, &str, &[Line])] = &[
    (
        "two lose each other at once: the lower one gets it, after the other has had its chance",
        "12",
        &[
            (QUIET, "12@5", '+'),
            (9000, "2@6", '?'),
            (9100, "2@6", '?'),
            (9200, "1@6", '+'),
            (9300, "2@6", '-'),
            (10_200, "1@6", '+'),
            (10_300, "2@6", '-'),
        ],
    ),
    (
        "one dies: the other gets it after a moment",
        "12",
        &[
            (QUIET, "12@5", '+'),
            (9000, "2@6", '?'),
            (9700, "2@6", '?'),
            (9775, "2@6", '+'),
            (10_775, "2@6", '+'),
        ],
    ),
    (
        "the other comes back, and they have it together; then it goes alone",
        "12",
        &[
            (QUIET, "2@6", '?'),
            (9000, "2@6", '+'),
            (9500, "12@7", '+'),
            (9600, "2@6", '-'),
            (10_000, "1@8", '?'),
            (11_000, "1@8", '+'),
        ],
    ),
    (
        "the larger partition is preferred, whoever asks first",
        "12345",
        &[(QUIET, "12345@5", '+'), (9000, "12@6", '?'), (9100, "345@7", '+'), (9200, "12@6", '-')],
    ),
    (
        "a holder that falls silent keeps it until its lease must be over",
        "12",
        &[
            (QUIET, "1@5", '?'),
            (9000, "1@5", '+'),
            (9500, "2@6", '-'),
            (16_500, "2@6", '-'),
            (16_601, "2@6", '?'),
            (17_400, "2@6", '+'),
        ],
    ),
    (
        "a restarted arbiter believes who says that it holds the vote, and nobody else",
        "12",
        &[
            (100, "2@6", '?'),
            (200, "1@6!", '+'),
            (300, "2@6", '-'),
            (1200, "1@6!", '+'),
            (1300, "2@6!", '-'),
        ],
    ),
    (
        "nobody says so: it waits until nobody can have it",
        "12",
        &[
            (100, "1@6", '?'),
            (200, "2@6", '?'),
            (2600, "1@6", '?'),
            (2700, "2@6", '?'),
            (5100, "1@6", '?'),
            (7500, "1@6", '?'),
            (7610, "2@6", '?'),
            (7620, "1@6", '+'),
        ],
    ),
    (
        "who was best and has gone is not waited for longer than it may be silent",
        "123",
        &[
            (QUIET, "1@5", '?'),
            (8100, "2@5", '?'),
            (9500, "2@5", '?'),
            (10_900, "2@5", '?'),
            (11_100, "2@5", '+'),
        ],
    ),
    (
        "a split in three: what is left of the holder waits for its other parts",
        "123456",
        &[
            (QUIET, "1234@5", '?'),
            (9000, "1234@5", '+'),
            (9100, "56@5", '-'),
            (11_000, "56@5", '-'),
            (11_100, "4@6", '?'),
            (11_150, "56@5", '?'),
            (11_200, "123@7", '+'),
            (11_300, "56@5", '-'),
        ],
    ),
];

#[test]
fn who_gets_the_vote() {
    for (story, configured, lines) in STORIES {
        let mut arbitration = Arbitration::new(Terms::default(), at(0));
        for (when, who, expected) in *lines {
            let answer = arbitration.answer(at(*when), "lustre", &report(who, configured));
            let told = match answer.verdict {
                Verdict::Granted => '+',
                Verdict::Withheld => '-',
                Verdict::Undecided => '?',
            };
            assert_eq!(told, *expected, "{story}: {who} at {when}");
        }
    }
}

#[test]
fn clusters_do_not_know_of_each_other() {
    let mut arbitration = Arbitration::new(Terms::default(), at(0));
    let mut verdict = |cluster: &str, who: &str| {
        arbitration.answer(at(QUIET), cluster, &report(who, "12")).verdict
    };
    assert_eq!(verdict("a", "12@5"), Verdict::Granted);
    assert_eq!(verdict("b", "12@9"), Verdict::Granted);
    assert_eq!(verdict("b", "12@4"), Verdict::Withheld, "over");
    let standings = arbitration.standings(at(QUIET + 10));
    let told: Vec<_> = standings.iter().map(|it| (it.cluster.as_str(), &it.holder)).collect();
    let view = |counter| ViewId { counter, proposer: NodeId(1) };
    let holder = |counter| Some((view(counter), nodes("12"), at(QUIET)));
    assert_eq!(told, [("a", &holder(5)), ("b", &holder(9))]);
    assert_eq!(arbitration.standings(at(60_000))[0].holder, None);
}

#[test]
fn what_is_remembered_of_a_cluster_is_bounded() {
    let mut arbitration = Arbitration::new(Terms::default(), at(0));
    for node in 1..1000 {
        let mut one = report("1@5", "12");
        one.node = NodeId(node);
        one.members = BTreeSet::from([one.node]);
        one.view.proposer = one.node;
        assert_eq!(arbitration.answer(at(1), "lustre", &one).verdict, Verdict::Undecided);
    }
    assert_eq!(arbitration.standings(at(1))[0].others.len(), crate::MAX_NODES, "H1");
}

#[test]
fn reports_that_make_no_sense_are_told_apart() {
    let good = report("12@5", "123");
    assert!(good.is_sound());
    assert_eq!(Report::from_bytes(&good.to_bytes()), Ok(good.clone()));
    assert!(!Report { node: NodeId(3), ..good.clone() }.is_sound(), "it is not in its own view");
    assert!(!Report { patience: Duration::from_secs(3600), ..good.clone() }.is_sound());
    let many: BTreeSet<NodeId> = (1..=65).map(NodeId).collect();
    assert!(!Report { members: many, ..good }.is_sound());
}

#[test]
fn an_identity_is_the_clusters_alone() {
    let key = |byte: u8| crate::ClusterKey::new([byte; 32]).expect("a key");
    let seed = identity_seed(&key(1), "lustre");
    assert_eq!(seed, identity_seed(&key(1), "lustre"));
    assert_ne!(seed, identity_seed(&key(1), "scratch"));
    assert_ne!(seed, identity_seed(&key(2), "lustre"));
}
