//! Things that come too late, twice, or from somewhere else.

use super::*;
use scheduler::plan::ActionKey;

pub(super) fn prefer(id: &str, resource: &str, node: &str, score: i64) -> Edit {
    Edit::Put(Box::new(Object::Constraint(cluster::Constraint::Location(cluster::Location {
        id: id.into(),
        target: cluster::LocationTarget::Resource(resource.into()),
        preference: cluster::Preference::Node {
            node: node.into(),
            score: cluster::Score::new(score),
        },
        role: None,
        discovery: None,
        extra: Default::default(),
    }))))
}
#[test]
fn a_result_from_another_line_ends_nothing_here() {
    let mut c = configuration(true);
    c.resources = [fence_device(), service("ost0"), service("ost1")].into();
    c.apply(&[
        prefer("a", "ost0", "n3", 100),
        prefer("b", "ost1", "n3", 100),
        prefer("c", "fence", "n1", 100),
    ])
    .unwrap();
    let mut bench = Bench::new(3, &c);
    bench.view(&[1, 2, 3]);
    bench.hang.insert(("ost0".into(), Task::Stop));
    bench.hang.insert(("ost1".into(), Task::Stop));
    bench.view(&[1, 2]);
    bench.view(&[3]);
    // The stop ends while the merge is being agreed on: the result is submitted in the old view, delivered in the next.
    let run = bench
        .runs
        .iter()
        .rev()
        .find(|(n, r)| n.0 == 3 && r.task == Task::Stop && r.instance == "ost0")
        .unwrap()
        .1
        .id;
    let mut out = Vec::new();
    bench.managers.get_mut(&NodeId(3)).unwrap().step(
        bench.now,
        WallTime(1_000_000),
        Input::Ran { run, outcome: Outcome::default() },
        &mut out,
    );
    let late: Vec<_> = out
        .into_iter()
        .filter_map(|o| match o {
            Output::Group(GroupCommand::Submit { payload, .. }) => Some(payload),
            _ => None,
        })
        .collect();
    bench.hang.clear();
    bench.hold = true;
    bench.view(&[1, 2, 3]);
    bench.hold = false;
    bench.runs.clear();
    for payload in late {
        bench.deliver((NodeId(3), payload));
    }
    let held = std::mem::take(&mut bench.held);
    for m in held {
        bench.deliver(m);
    }
    assert!(
        !bench.state(1).is_known_down(NodeId(3)),
        "n3 counts as fenced, no device ever answered; ost1 still runs there: {:?}",
        bench.story()
    );
}

/// Both were sent from a state in which the service was stopped everywhere.
#[test]
fn two_starts_on_their_way_do_not_both_begin() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let mut stopped = service("ost0");
    stopped.meta_mut().push(AttributeSet::new("m"));
    stopped.meta_mut()[0].set("target-role", "Stopped");
    bench.ask(1, edit(put(stopped)));
    let mut state = bench.state(1).clone();
    let view = state.view;
    let mut intend = |node: u32| {
        let key = ActionKey::Resource {
            instance: "ost0".into(),
            node: format!("n{node}"),
            task: Task::Start,
            interval: Duration::ZERO,
        };
        let flight = crate::Flight {
            key,
            executor: NodeId(node),
            invocation: scheduler::plan::Invocation::default(),
            device: String::new(),
            life: BootId::default(),
            reason: String::new(),
            before: None,
        };
        let flights = vec![flight];
        state.apply(NodeId(1), WallTime(0), Operation::Intend { view, flights }).began.len()
    };
    assert_eq!([intend(1), intend(2), intend(1)], [1, 0, 0], "R2, R8");
}

#[test]
fn nobody_departs_without_having_looked() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2]);
    // ost0 runs on n1 (the daemons were restarted); nobody has probed yet: dc-deadtime.
    bench.ask(1, Command::Shutdown);
    bench.view(&[2, 3]);
    bench.now = bench.now + Duration::from_secs(30);
    bench.step(NodeId(2), Input::Wake);
    assert!(!bench.state(2).is_known_down(NodeId(1)), "R1/R3: {:?}", bench.story());
}

#[test]
fn an_edit_that_comes_after_quorum_is_lost_is_refused() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    bench.hold = true;
    bench.ask(3, edit(put(service("ost9"))));
    let edit = bench.held.pop().unwrap();
    bench.view(&[3]);
    bench.hold = false;
    bench.replies.clear();
    bench.deliver(edit);
    let refused = matches!(bench.replies[..], [Reply::Refused(Refused::NoQuorum(_))]);
    assert!(refused, "C2: {:?}", bench.replies);
}

#[test]
fn a_result_that_comes_during_planning_is_not_forgotten() {
    let mut c = configuration(true);
    let mut op = cluster::OperationSettings::new(
        "m".to_owned(),
        "monitor",
        cluster::Written::duration("10s").unwrap(),
    );
    op.timeout = cluster::Written::duration("20s");
    c.resources[0] = Resource::Primitive(Primitive {
        id: "ost0".into(),
        agent: Agent { class: "ocf".into(), provider: Some("sim".into()), kind: "S".into() },
        operations: vec![op],
        ..Primitive::default()
    });
    let mut bench = Bench::new(3, &c);
    bench.hang.insert(("ost0".into(), Task::Start));
    bench.view(&[1, 2, 3]);
    let (node, run) = bench
        .runs
        .iter()
        .rev()
        .find(|(_, r)| r.task == Task::Start && r.instance == "ost0")
        .map(|(n, r)| (*n, r.id))
        .unwrap();
    bench.hold_plans = true;
    bench.ask(
        2,
        Command::Attribute {
            node: "n2".into(),
            name: "x".into(),
            value: Some("1".into()),
            dampen: Duration::ZERO,
        },
    );
    assert_eq!(bench.plans.len(), 1);
    bench.step(node, Input::Ran { run, outcome: Outcome::default() }); // as expected, while the plan is made
    bench.hold_plans = false;
    bench.plan_now();
    for n in 1..=3 {
        bench.step(NodeId(n), Input::Wake);
    }
    let monitored =
        bench.runs.iter().any(|(_, r)| r.task == Task::Monitor && !r.interval.is_zero());
    assert!(
        monitored,
        "L5: no recurring monitor: the graph waits for an action that has ended; flights {:?}",
        bench.state(1).flights.len()
    );
}

#[test]
fn a_node_that_goes_before_it_was_introduced_is_lost() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2]);
    bench.now = bench.now + Duration::from_secs(30);
    for n in 1..=2 {
        bench.step(NodeId(n), Input::Wake);
    }
    bench.hold = true;
    bench.view(&[1, 2, 3]);
    bench.held.clear();
    bench.hold = false;
    bench.view(&[1, 2]);
    let n3 = &bench.state(1).status.nodes["3"];
    assert!(
        !n3.in_membership,
        "n3 is gone and is waited for, for ever: {:?} {:?}",
        n3.join, n3.expected
    );
}

#[test]
fn a_refused_edit_is_not_answered_as_done() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2]);
    bench.hold = true;
    bench.view(&[1, 2, 3]);
    bench.held.clear(); // the snapshot does not come
    bench.step(NodeId(3), Input::Stored(crate::Standing::default()));
    let own = bench.held.pop().unwrap();
    bench.hold = false;
    bench.deliver(own); // delivered while n3 waits
    bench.view(&[2, 3]);
    assert!(bench.managers[&NodeId(3)].is_joined());
    bench.hold = true;
    let base = Some(bench.state(3).configuration.version);
    bench.ask(
        3,
        Command::Edit {
            edits: put(service("mine")),
            base,
            by: "x".into(),
            message: String::new(),
            lasting: Lasting::Always,
        },
    );
    let mine = bench.held.pop().unwrap();
    bench.hold = false;
    bench.disks = false;
    bench.step(
        NodeId(2),
        Input::Request(
            RequestId(77),
            Command::Edit {
                edits: put(service("faster")),
                base,
                by: "y".into(),
                message: String::new(),
                lasting: Lasting::Always,
            },
        ),
    );
    bench.deliver(mine); // refused by all: Changed
    bench.replies.clear();
    bench.step(NodeId(3), Input::Stored(crate::Standing::default()));
    assert!(
        !bench.replies.iter().any(|r| matches!(r, Reply::Done(_))),
        "refused edit answered {:?}",
        bench.replies
    );
}

/// An intent ordered behind the good-bye of the node that is to carry it out.
#[test]
fn nothing_begins_on_a_node_that_has_departed() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let mut late = bench.state(1).clone();
    late.apply(NodeId(3), WallTime(0), Operation::Depart);
    let flight = crate::Flight {
        key: ActionKey::Resource {
            instance: "ost9".into(),
            node: "n3".into(),
            task: Task::Start,
            interval: Duration::ZERO,
        },
        executor: NodeId(3),
        invocation: Default::default(),
        device: String::new(),
        life: BootId::default(),
        reason: String::new(),
        before: None,
    };
    let view = late.view;
    let effect =
        late.apply(NodeId(1), WallTime(0), Operation::Intend { view, flights: vec![flight] });
    assert!(
        effect.began.is_empty(),
        "begins on a node that counts as certainly down: {:?}",
        late.is_known_down(NodeId(3))
    );
}

/// A node that never got the state makes a line of its own, and its empty state wins the next merge.
#[test]
fn a_state_that_was_never_received_wins_no_merge() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let kept = Kept::only(bench.state(2).configuration.as_ref().clone());
    // n1's daemon restarts: fresh, same configuration on disk.
    let me = Identity {
        node: NodeId(1),
        name: "n1".into(),
        boot: BootId(1),
        incarnation: 2,
        cores: 2,
        nodes: names(3),
    };
    bench.managers.insert(NodeId(1), Manager::new(me, kept, bench.now));
    bench.came_from.remove(&NodeId(1));
    bench.profiles.remove(&NodeId(1));
    bench.view(&[2, 3]);
    let before = bench.state(2).journal.written();
    bench.hold = true;
    bench.view(&[1, 2, 3]);
    bench.held.clear(); // the snapshot is still on its way
    bench.view(&[1]);
    bench.view(&[2]);
    bench.view(&[3]);
    bench.held.clear();
    bench.hold = false;
    bench.hold_plans = true;
    bench.view(&[1, 2, 3]);
    assert!(
        bench.state(2).journal.written() >= before,
        "the cluster's status and journal are gone"
    );
}
