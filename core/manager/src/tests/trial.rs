//! Changes on trial.

use super::*;

const TRIAL: Duration = Duration::from_secs(300);

fn on_trial(edits: Vec<Edit>) -> Command {
    match edit(edits) {
        Command::Edit { edits, base, by, message, .. } => {
            Command::Edit { edits, base, by, message, lasting: Lasting::UnlessConfirmed(TRIAL) }
        }
        other => other,
    }
}

impl Bench {
    fn has(&self, node: u32, resource: &str) -> bool {
        self.state(node).configuration.resource(resource).is_some()
    }
}

#[test]
fn what_nobody_confirms_is_taken_back_although_its_coordinator_is_gone() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let before = bench.state(2).configuration.clone();
    bench.ask(1, on_trial(put(service("ost1"))));
    bench.ask(2, edit(put(service("ost2"))));
    bench.view(&[2, 3]);
    bench.pass(&[2, 3], TRIAL / 2);
    assert!(bench.has(2, "ost1"), "there is time left");
    assert!(bench.managers[&NodeId(2)].next_wake() <= Some(bench.now + TRIAL / 2));
    bench.pass(&[2, 3], TRIAL / 2 + Duration::from_secs(1));
    assert!(!bench.has(2, "ost1") && bench.has(2, "ost2"), "what others changed stays");
    assert!(bench.state(2).configuration.version > before.version);
    assert_eq!(bench.state(2), bench.state(3), "C3");
    let newest = bench.state(2).revisions.newest().expect("there are some");
    assert!(newest.message.ends_with("was not confirmed in time"), "{}", newest.message);
}

#[test]
fn what_is_confirmed_stays() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let nothing = bench.ask(1, Command::Confirm);
    assert!(matches!(nothing, Some(Reply::Refused(Refused::NothingOnTrial))), "{nothing:?}");
    bench.ask(1, on_trial(put(service("ost1"))));
    let second = bench.ask(3, on_trial(put(service("ost2"))));
    assert!(matches!(second, Some(Reply::Refused(Refused::OnTrial { .. }))), "{second:?}");
    bench.ask(2, Command::Confirm);
    bench.pass(&[1, 2, 3], TRIAL * 2);
    assert!(bench.has(1, "ost1") && bench.state(1).trial.is_none());
}

#[test]
fn what_was_changed_since_is_not_taken_back_but_told() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    bench.ask(1, on_trial(put(service("ost1"))));
    let mut changed = service("ost1");
    if let Resource::Primitive(primitive) = &mut changed {
        primitive.description = Some("by another".into());
    }
    bench.ask(2, edit(put(changed)));
    bench.pass(&[1, 2, 3], TRIAL * 2);
    assert!(bench.has(1, "ost1") && bench.state(1).trial.is_none());
    let told = bench.state(1).journal.since(0).any(|event| match &event.kind {
        EventKind::Alarm { text } => text.contains("cannot be taken back"),
        _ => false,
    });
    assert!(told, "somebody has to look at it");
}
