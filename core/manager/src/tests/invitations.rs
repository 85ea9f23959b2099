//! Invitations are good once.

use super::*;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn invite(bench: &Bench, id: u128) -> Command {
    let until = WallTime::from_seconds(1_000_000_000) + bench.now.since_start() + DAY;
    Command::Invite { id, until }
}

fn is_done(reply: &Option<Reply>) -> bool {
    matches!(reply, Some(Reply::Done(Acknowledgement::Applied)))
}

fn is_not_invited(reply: &Option<Reply>) -> bool {
    matches!(reply, Some(Reply::Refused(Refused::NotInvited)))
}

#[test]
fn an_invitation_is_good_once_whichever_node_is_shown_it() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    assert!(is_not_invited(&bench.ask(1, Command::UseInvitation { id: 7 })));
    assert!(is_done(&bench.ask(1, invite(&bench, 7))));
    // Who comes later, or takes over from another, knows of it, too.
    bench.view(&[2, 3]);
    assert!(is_done(&bench.ask(3, Command::UseInvitation { id: 7 })));
    assert!(is_not_invited(&bench.ask(2, Command::UseInvitation { id: 7 })));
    // Nobody was let in after all: it is given back.
    assert!(is_done(&bench.ask(3, invite(&bench, 7))));
    assert!(is_done(&bench.ask(2, Command::UseInvitation { id: 7 })));
    assert_eq!(bench.state(2), bench.state(3), "C3");
}

#[test]
fn it_is_good_in_its_time_and_where_there_is_the_right_to_act() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    assert!(is_done(&bench.ask(1, invite(&bench, 7))));
    assert!(is_done(&bench.ask(1, invite(&bench, 8))));
    bench.view(&[1]);
    let alone = bench.ask(1, Command::UseInvitation { id: 7 });
    assert!(matches!(alone, Some(Reply::Refused(Refused::NoQuorum(_)))), "{alone:?}");
    bench.view(&[1, 2, 3]);
    assert!(is_done(&bench.ask(1, Command::UseInvitation { id: 7 })));
    bench.now = bench.now + DAY + Duration::from_secs(60);
    for node in [1, 2, 3] {
        bench.step(NodeId(node), Input::Wake);
    }
    assert!(is_not_invited(&bench.ask(1, Command::UseInvitation { id: 8 })));
}
