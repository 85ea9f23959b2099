//! The right to act comes and goes within a view.

use super::*;
use group::{QuorumChange, QuorumRefusal, Refusal};

impl Bench {
    /// The votes of these nodes' view are counted anew.
    fn votes(&mut self, nodes: &[u32], quorate: bool, asked: Option<QuorumChange>) {
        let decision = QuorumDecision {
            quorate,
            votes: 2,
            expected: 4,
            needed: if quorate { 2 } else { 3 },
            reason: if quorate { QuorumReason::Majority } else { QuorumReason::TooFewVotes },
            highest_expected: 4,
            flags: Vec::new(),
            voters: Vec::new(),
            arbiter: None,
        };
        let event = GroupEvent::Quorum { decision, asked };
        self.play(nodes.iter().map(|n| (NodeId(*n), Input::Group(event.clone()))).collect());
    }
}

#[test]
fn services_start_when_votes_give_the_right_to_act_and_none_without_it() {
    let mut bench = Bench::new(4, &configuration(false));
    bench.view(&[1, 2]);
    assert!(bench.story().is_empty(), "Q5: {:?}", bench.story());
    bench.votes(&[1, 2], true, None);
    // After a cold start the missing ones have `dc-deadtime` to come.
    bench.now = bench.now + Duration::from_secs(21);
    bench.step(NodeId(1), Input::Wake);
    assert_eq!(bench.story(), ["start ost0 n1"]);
    assert_eq!(bench.state(1), bench.state(2), "C3");
    bench.votes(&[1, 2], false, None);
    let edit = edit(put(service("ost1")));
    let reply = bench.ask(1, edit);
    assert!(matches!(reply, Some(Reply::Refused(Refused::NoQuorum(_)))), "{reply:?}");
    assert!(!bench.story().contains(&"start ost1 n1".to_owned()), "Q5: {:?}", bench.story());
    assert_eq!(bench.state(1), bench.state(2), "C3");
}

#[test]
fn who_asks_for_votes_hears_what_the_group_says() {
    let mut bench = Bench::new(2, &configuration(false));
    bench.view(&[1, 2]);
    let change = QuorumChange::Expect(1);
    assert!(bench.ask(1, Command::Quorum(change)).is_none(), "the group has not answered yet");
    let reason = QuorumRefusal::BelowTotal { asked: 1, votes: 2 };
    let refused = GroupEvent::Refused(Refusal::Quorum { change, reason });
    bench.step(NodeId(1), Input::Group(refused));
    let reply = bench.replies.pop();
    assert!(matches!(reply, Some(Reply::Refused(Refused::Votes(_)))), "{reply:?}");
    assert!(bench.ask(1, Command::Quorum(change)).is_none());
    bench.votes(&[1], true, Some(change));
    let reply = bench.replies.pop();
    assert!(matches!(reply, Some(Reply::Done(Acknowledgement::Applied))), "{reply:?}");
}
