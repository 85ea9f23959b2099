//! Stories: one or more managers whose group layer delivers everything at once, in one order.

mod dates;
mod hazards;
mod invitations;
mod leaving;
mod limits;
mod migration;
mod trial;
mod votes;

use crate::clock::Clock;
use crate::operation::{Message, Operation};
use crate::state::{End, Life};
use crate::{
    Acknowledgement, Command, Doubt, EventKind, Identity, Input, Kept, Manager, Outcome, Output,
    Profile, Refused, Reply, RequestId, Run, State, may_start,
};
use base::{BootId, Decode, Encode, Instant, NodeId, WallTime};
use cluster::{
    Agent, AttributeSet, Configuration, Edit, Expected, Forget, JoinState, Lasting, NodeStatus,
    Object, OperationRecord, OperationStatus, Primitive, Resource, ResourceHistory, TicketChange,
};
use group::{
    Channel, Departure, GroupCommand, GroupEvent, Member, QuorumDecision, QuorumReason, View,
    ViewId,
};
use scheduler::plan::Task;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Some managers, and everything that is on its way between them.
struct Bench {
    managers: BTreeMap<NodeId, Manager>,
    profiles: BTreeMap<NodeId, Vec<u8>>,
    came_from: BTreeMap<NodeId, ViewId>,
    now: Instant,
    /// By how many seconds clocks are off.
    clocks: BTreeMap<NodeId, i64>,
    counter: u64,
    replies: Vec<Reply>,
    runs: Vec<(NodeId, Run)>,
    /// Agents answer with this code instead of success.
    codes: BTreeMap<(String, Task), i32>,
    disks: bool,
    hang: std::collections::BTreeSet<(String, Task)>,
    hold_plans: bool,
    plans: Vec<(NodeId, crate::PlanRequest)>,
    hold: bool,
    held: Vec<(NodeId, Vec<u8>)>,
    fences: Vec<crate::FenceRun>,
}

fn names(nodes: u32) -> BTreeMap<NodeId, String> {
    (1..=nodes).map(|node| (NodeId(node), format!("n{node}"))).collect()
}

/// Somebody changes the configuration.
fn edit(edits: Vec<Edit>) -> Command {
    let (by, message) = ("somebody".into(), String::new());
    Command::Edit { edits, base: None, by, message, lasting: Lasting::Always }
}

impl Bench {
    fn new(nodes: u32, configuration: &Configuration) -> Self {
        let now = Instant::default();
        let manager = |node: u32| {
            let me = Identity {
                node: NodeId(node),
                name: format!("n{node}"),
                boot: BootId(u128::from(node)),
                incarnation: 1,
                cores: 2,
                nodes: names(nodes),
            };
            (NodeId(node), Manager::new(me, Kept::only(configuration.clone()), now))
        };
        Self {
            managers: (1..=nodes).map(manager).collect(),
            profiles: BTreeMap::new(),
            came_from: BTreeMap::new(),
            now,
            clocks: BTreeMap::new(),
            counter: 0,
            replies: Vec::new(),
            runs: Vec::new(),
            codes: BTreeMap::new(),
            disks: true,
            hang: Default::default(),
            hold_plans: false,
            plans: vec![],
            hold: false,
            held: vec![],
            fences: vec![],
        }
    }

    /// These nodes install a view.
    fn view(&mut self, nodes: &[u32]) {
        self.counter += 1;
        let id = ViewId { counter: self.counter, proposer: NodeId(nodes[0]) };
        let votes = u32::try_from(nodes.len()).unwrap();
        let expected = u32::try_from(self.managers.len()).unwrap();
        let quorate = votes * 2 > expected;
        let quorum = QuorumDecision {
            quorate,
            votes,
            expected,
            needed: expected / 2 + 1,
            reason: if quorate { QuorumReason::Majority } else { QuorumReason::TooFewVotes },
            highest_expected: expected,
            flags: Vec::new(),
            voters: Vec::new(),
            arbiter: None,
        };
        let member = |node: &u32| Member {
            node: NodeId(*node),
            incarnation: 1,
            boot: BootId(u128::from(*node)),
            since: 1,
            came_from: self.came_from.get(&NodeId(*node)).copied(),
            profile: self.profiles.get(&NodeId(*node)).cloned().unwrap_or_default(),
        };
        let view = View { id, members: nodes.iter().map(member).collect(), quorum };
        let left: Vec<(NodeId, Departure)> = Vec::new();
        for node in nodes {
            self.came_from.insert(NodeId(*node), id);
        }
        let event = GroupEvent::View { view: view.clone(), left };
        let inputs = view.nodes().into_iter().map(|node| (node, Input::Group(event.clone())));
        self.play(inputs.collect());
    }

    fn step(&mut self, node: NodeId, input: Input) {
        self.play(vec![(node, input)]);
    }

    fn play(&mut self, mut queue: Vec<(NodeId, Input)>) {
        while !queue.is_empty() {
            let (node, input) = queue.remove(0);
            let mut out = Vec::new();
            let manager = self.managers.get_mut(&node).unwrap();
            let off = self.clocks.get(&node).copied().unwrap_or(0);
            let wall = WallTime::from_seconds(1_000_000_000 + off) + self.now.since_start();
            manager.step(self.now, wall, input, &mut out);
            for output in out {
                queue.extend(self.carry_out(node, output));
            }
        }
    }

    fn carry_out(&mut self, node: NodeId, output: Output) -> Vec<(NodeId, Input)> {
        match output {
            Output::Group(GroupCommand::Submit { payload, .. }) if self.hold => {
                self.held.push((node, payload));
                Vec::new()
            }
            Output::Fence(run) => {
                self.fences.push(run);
                Vec::new()
            }
            Output::Plan(request) if self.hold_plans => {
                self.plans.push((node, request));
                Vec::new()
            }
            Output::Run(run) if self.hang.contains(&(run.instance.clone(), run.task)) => {
                self.runs.push((node, run));
                Vec::new()
            }
            Output::Group(GroupCommand::Submit { payload, .. }) => {
                let view = self.came_from.get(&node).copied();
                let together = self.came_from.iter().filter(|(_, id)| Some(**id) == view);
                let (channel, sender) = (Channel::Cluster, node);
                let deliver = |payload| GroupEvent::Deliver { channel, sender, payload };
                together.map(|(to, _)| (*to, Input::Group(deliver(payload.clone())))).collect()
            }
            Output::Group(GroupCommand::SetProfile(profile)) => {
                self.profiles.insert(node, profile);
                Vec::new()
            }
            Output::Plan(request) => {
                let planned = Box::new(request.plan());
                vec![(node, Input::Planned { serial: request.serial, planned })]
            }
            Output::Run(run) => {
                let key = (run.instance.clone(), run.task);
                let is_probe = run.task == Task::Monitor && run.interval.is_zero();
                let usual = if is_probe { 7 } else { 0 };
                let code = self.codes.get(&key).copied().unwrap_or(usual);
                let id = run.id;
                self.runs.push((node, run));
                let outcome = Outcome { code, ..Outcome::default() };
                vec![(node, Input::Ran { run: id, outcome })]
            }
            Output::Store(kept) if self.disks => {
                vec![(node, Input::Stored(kept.standing()))]
            }
            Output::Reply(_, reply) => {
                self.replies.push(reply);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn ask(&mut self, node: u32, command: Command) -> Option<Reply> {
        self.replies.clear();
        self.step(NodeId(node), Input::Request(RequestId(1), command));
        self.replies.pop()
    }

    /// So much time goes by on these nodes.
    fn pass(&mut self, nodes: &[u32], time: Duration) {
        self.now = self.now + time;
        for node in nodes {
            self.step(NodeId(*node), Input::Wake);
        }
    }

    fn state(&self, node: u32) -> &State {
        self.managers[&NodeId(node)].state()
    }

    /// What was run, as `start ost0 n1`, monitors left out.
    fn story(&self) -> Vec<String> {
        let told = self
            .runs
            .iter()
            .filter(|(_, run)| run.task != Task::Monitor && !run.invocation.agent.is_fencing());
        told.map(|(node, run)| format!("{} {} n{node}", run.task.name(), run.instance)).collect()
    }
}

fn service(id: &str) -> Resource {
    Resource::Primitive(Primitive {
        id: id.into(),
        agent: Agent { class: "ocf".into(), provider: Some("sim".into()), kind: "S".into() },
        ..Primitive::default()
    })
}

/// Nothing is started with fencing on and nobody to do it.
fn fence_device() -> Resource {
    Resource::Primitive(Primitive {
        id: "fence".into(),
        agent: Agent { class: "stonith".into(), provider: None, kind: "F".into() },
        ..Primitive::default()
    })
}

fn configuration(fencing: bool) -> Configuration {
    let mut properties = AttributeSet::new("cib-bootstrap-options");
    properties.set("stonith-enabled", if fencing { "true" } else { "false" });
    Configuration {
        properties: vec![properties],
        resources: vec![service("ost0")].into_iter().chain(fencing.then(fence_device)).collect(),
        ..Configuration::default()
    }
}

fn put(resource: Resource) -> Vec<Edit> {
    vec![Edit::Put(Box::new(Object::Resource(resource)))]
}

#[test]
fn three_fresh_nodes_meet_agree_on_a_state_and_start_a_service_once() {
    let mut bench = Bench::new(3, &configuration(true));
    for node in 1..=3 {
        bench.view(&[node]);
    }
    assert!(bench.story().is_empty(), "nobody acts alone: {:?}", bench.story());
    bench.view(&[1, 2, 3]);
    assert_eq!(bench.story(), ["start ost0 n1"]);
    assert_eq!(bench.state(1), bench.state(2));
    assert_eq!(bench.state(1), bench.state(3));
}

/// Who is alone with an empty disk must not draw level with what a majority has on disk.
#[test]
fn without_the_right_to_act_the_configuration_does_not_count_up() {
    let mut bench = Bench::new(3, &configuration(true));
    let on_disk = configuration(true).version;
    bench.view(&[1]);
    assert_eq!(bench.state(1).configuration.version, on_disk, "C2");
    assert!(bench.state(1).configuration.nodes.is_empty());
    bench.view(&[1, 2]);
    let nodes = &bench.state(1).configuration.nodes;
    assert_eq!(nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["n1", "n2"]);
    assert!(bench.state(1).configuration.version > on_disk);
    assert_eq!(bench.state(1), bench.state(2));
}

#[test]
fn an_edit_is_acknowledged_by_a_majority_of_disks_and_carried_out() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let command = edit(put(service("ost1")));
    let reply = bench.ask(2, command);
    let version = bench.state(2).configuration.version;
    assert!(
        matches!(reply, Some(Reply::Done(Acknowledgement::Majority(v))) if v == version),
        "{reply:?}"
    );
    bench.pass(&[1, 2, 3], Duration::from_millis(50));
    assert_eq!(bench.story().last().unwrap(), "start ost1 n3");
    assert_eq!(bench.state(1), bench.state(3));
}

/// The first of many changes is planned for at once, those that follow closely together; what
/// happens in the world waits for nobody.
#[test]
fn changes_that_follow_each_other_closely_are_planned_for_together() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    bench.pass(&[1, 2, 3], Duration::from_secs(1));
    let before = bench.story().len();
    let started = |bench: &Bench| bench.story().len() - before;
    let add = |bench: &mut Bench, id: &str| {
        let reply = bench.ask(1, edit(put(service(id))));
        assert!(matches!(reply, Some(Reply::Done(_))), "{reply:?}");
        started(bench)
    };
    assert_eq!(["a", "b", "c"].map(|id| add(&mut bench, id)), [1, 1, 1]);
    bench.pass(&[1, 2, 3], Duration::from_millis(49));
    assert_eq!(started(&bench), 1);
    bench.pass(&[1, 2, 3], Duration::from_millis(1));
    assert_eq!(started(&bench), 3);
    assert_eq!(add(&mut bench, "d"), 3);
    bench.view(&[1, 2]);
    assert_eq!(started(&bench), 4, "{:?}", bench.story());
}

#[test]
fn without_disks_nobody_says_that_it_is_stored() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    bench.disks = false;
    let command = edit(put(service("ost1")));
    assert!(bench.ask(1, command).is_none(), "C1: an answer without a disk");
    bench.now = bench.now + Duration::from_secs(31);
    bench.replies.clear();
    bench.step(NodeId(1), Input::Wake);
    assert!(matches!(bench.replies.pop(), Some(Reply::Refused(Refused::Unknown(_)))));
}

#[test]
fn wrong_requests_are_refused_and_change_nothing() {
    let mut bench = Bench::new(3, &configuration(true));
    let too_early =
        bench.ask(1, Command::Cleanup { resource: None, node: None, what: Forget::Failures });
    assert!(matches!(too_early, Some(Reply::Refused(Refused::NotJoined))));
    bench.view(&[1, 2, 3]);
    let before = bench.state(1).clone();
    let stale = Some(cluster::Version::default());
    let edits = || put(service("ost1"));
    let cases = [
        Command::Edit {
            edits: edits(),
            base: stale,
            by: "test".into(),
            message: String::new(),
            lasting: Lasting::Always,
        },
        edit(vec![Edit::Remove("nix".into())]),
        Command::Cleanup { resource: Some("nix".into()), node: None, what: Forget::Failures },
        Command::Cleanup { resource: None, node: Some("n9".into()), what: Forget::Failures },
        Command::ConfirmDown { node: "n2".into(), by: "test".into() },
    ];
    for command in cases {
        let text = format!("{command:?}");
        let reply = bench.ask(1, command);
        assert!(matches!(reply, Some(Reply::Refused(_))), "{text}: {reply:?}");
    }
    assert_eq!(*bench.state(1), before);
    bench.view(&[1]);
    let alone = edit(edits());
    assert!(matches!(bench.ask(1, alone), Some(Reply::Refused(Refused::NoQuorum(_)))), "C2");
}

#[test]
fn a_failed_start_is_counted_kept_for_people_and_forgotten_by_cleanup() {
    let mut bench = Bench::new(1, &configuration(false));
    bench.codes.insert(("ost0".into(), Task::Start), 1);
    bench.view(&[1]);
    assert_eq!(bench.story(), ["start ost0 n1", "stop ost0 n1"]);
    let status = &bench.state(1).status.nodes["1"];
    assert_eq!(status.attributes["fail-count-ost0#start_0"], "INFINITY");
    let failure = |status: &NodeStatus| {
        status.operations("ost0").iter().any(|record| record.id == "ost0_last_failure_0")
    };
    assert!(failure(status));
    bench.codes.clear();
    bench.ask(
        1,
        Command::Cleanup { resource: Some("ost0".into()), node: None, what: Forget::Failures },
    );
    let status = &bench.state(1).status.nodes["1"];
    assert!(!failure(status) && status.attributes.is_empty(), "{status:?}");
    assert_eq!(bench.story().last().unwrap(), "start ost0 n1");
}

#[test]
fn a_person_says_that_a_service_has_failed_and_it_is_recovered() {
    let mut bench = Bench::new(1, &configuration(false));
    bench.view(&[1]);
    assert_eq!(bench.story(), ["start ost0 n1"]);
    let fail = |resource: &str| Command::Fail { resource: resource.into(), node: "n1".into() };
    assert!(matches!(bench.ask(1, fail("nix")), Some(Reply::Refused(_))));
    bench.ask(1, fail("ost0"));
    assert_eq!(bench.story(), ["start ost0 n1", "stop ost0 n1", "start ost0 n1"]);
}

#[test]
fn tickets_change_on_all_nodes_and_only_with_the_right_to_act() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let ticket = |change| Command::Ticket { ticket: "T".into(), change };
    for change in [TicketChange::Grant, TicketChange::Standby] {
        bench.ask(1, ticket(Some(change)));
    }
    let state = &bench.state(3).status.tickets["T"];
    assert!(state.granted && state.standby && state.last_granted.is_some(), "{state:?}");
    bench.ask(2, ticket(Some(TicketChange::Set { name: "site".into(), value: Some("a".into()) })));
    assert_eq!(bench.state(1).status.tickets["T"].said("site").as_deref(), Some("a"));
    bench.ask(2, ticket(None));
    assert!(bench.state(1).status.tickets.is_empty());
    bench.view(&[1]);
    let alone = bench.ask(1, ticket(Some(TicketChange::Grant)));
    assert!(matches!(alone, Some(Reply::Refused(Refused::NoQuorum(_)))), "{alone:?}");
}

#[test]
fn the_line_that_acted_last_wins_a_merge_and_the_other_side_takes_its_state() {
    let mut bench = Bench::new(3, &configuration(false));
    bench.view(&[1, 2, 3]);
    bench.view(&[2, 3]);
    bench.view(&[1]);
    let command = edit(put(service("ost1")));
    bench.ask(2, command);
    bench.view(&[1, 2, 3]);
    assert!(bench.state(1).configuration.resource("ost1").is_some());
    assert_eq!(bench.state(1), bench.state(2));
}

#[test]
fn dampened_values_of_all_nodes_take_effect_together_and_the_last_one_counts() {
    let mut bench = Bench::new(3, &configuration(false));
    bench.view(&[1, 2, 3]);
    let pingd = |node: &str, value: &str| Command::Attribute {
        node: node.into(),
        name: "pingd".into(),
        value: Some(value.into()),
        dampen: Duration::from_secs(5),
    };
    bench.ask(1, pingd("n1", "100"));
    bench.now = bench.now + Duration::from_secs(4);
    bench.ask(2, pingd("n2", "300"));
    bench.ask(1, pingd("n1", "200"));
    let values = |bench: &Bench| -> Vec<Option<String>> {
        let nodes = bench.state(3).status.nodes.values();
        nodes.map(|node| node.attributes.get("pingd").cloned()).collect()
    };
    assert_eq!(values(&bench), [None, None, None]);
    bench.now = bench.now + Duration::from_secs(1);
    for node in 1..=3 {
        bench.step(NodeId(node), Input::Wake);
    }
    assert_eq!(values(&bench), [Some("200".into()), Some("300".into()), None]);
}

#[test]
fn the_undead_are_kept_out() {
    let mut state = State::default();
    let life = Life { boot: BootId(7), incarnation: 1, ..Life::default() };
    state.apply_introduction(NodeId(2), WallTime(0), "n2".into(), life);
    state.bury(NodeId(2), End::Fenced);
    let again = Life { incarnation: 2, ..life };
    state.apply_introduction(NodeId(2), WallTime(0), "n2".into(), again);
    assert_eq!(state.status.nodes["2"].join, JoinState::Banned, "F5");
    let alarm = |event: &crate::Event| matches!(event.kind, EventKind::Alarm { .. });
    assert!(state.journal.since(0).any(alarm));
    let restarted = Life { boot: BootId(8), ..again };
    state.apply_introduction(NodeId(2), WallTime(0), "n2".into(), restarted);
    assert_eq!(state.status.nodes["2"].join, JoinState::Member);
}

#[test]
fn an_old_success_says_nothing_about_a_new_life() {
    let mut state = State { configuration: Arc::new(configuration(true)), ..State::default() };
    let life = |boot| Life { boot: BootId(boot), incarnation: 1, ..Life::default() };
    state.apply_introduction(NodeId(2), WallTime(0), "n2".into(), life(7));
    state.lose(NodeId(2));
    let shot = crate::fencing::Shot {
        executor: NodeId(1),
        device: "fence".into(),
        invocation: scheduler::plan::Invocation::default(),
    };
    let how = scheduler::plan::PowerAction::Reboot;
    let key = scheduler::plan::ActionKey::Fence { node: "n2".into(), how };
    let flight = state.fence_flight("n2", key, shot, "it was lost".into());
    let id = crate::FlightId { view: ViewId::default(), number: 1 };
    for rebooted in [false, true] {
        let mut state = state.clone();
        state.flights.insert(id, flight.clone());
        if rebooted {
            state.apply_introduction(NodeId(2), WallTime(1), "n2".into(), life(8));
        }
        state.apply_end((NodeId(1), WallTime(2)), id, &Outcome::default());
        assert_eq!(state.is_known_down(NodeId(2)), !rebooted, "F4");
    }
}

/// What the other node's status says, and whether a start is held back for it.
#[test]
fn when_a_start_is_held_back() {
    let member = || NodeStatus {
        name: "n2".into(),
        in_membership: true,
        is_online: true,
        join: JoinState::Member,
        expected: Expected::Member,
        ..NodeStatus::default()
    };
    let with = |operation: &str, status: OperationStatus, code: i32| {
        let record = OperationRecord {
            operation: operation.into(),
            status,
            code,
            call: 1,
            ..OperationRecord::default()
        };
        let history = ResourceHistory { operations: vec![record], ..ResourceHistory::default() };
        NodeStatus { history: BTreeMap::from([("ost0".into(), history)]), ..member() }
    };
    let lost =
        NodeStatus { in_membership: false, is_online: false, join: JoinState::Down, ..member() };
    let pending = NodeStatus { join: JoinState::Pending, is_online: false, ..member() };
    use OperationStatus::{Done, Error, Pending, TimedOut};
    let cases = [
        ("not probed", Some(member()), "NotProbed"),
        ("probed and not there", Some(with("monitor", Done, 7)), "fine"),
        ("stopped", Some(with("stop", Done, 0)), "fine"),
        ("stop failed", Some(with("stop", Done, 1)), "Active"),
        ("stop timed out", Some(with("stop", TimedOut, 1)), "Active"),
        ("stop under way", Some(with("stop", Pending, 0)), "Active"),
        ("running", Some(with("start", Done, 0)), "Active"),
        ("start failed", Some(with("start", Done, 1)), "Active"),
        ("probe without answer", Some(with("monitor", TimedOut, 7)), "Active"),
        ("probe failed", Some(with("monitor", Error, 7)), "Active"),
        ("agent not installed", Some(with("monitor", Done, 5)), "fine"),
        ("lost", Some(lost), "NotFenced"),
        ("joining", Some(pending), "NotProbed"),
        ("never seen", None, "NotFenced"),
    ];
    for (story, status, expected) in cases {
        let mut state = State {
            configuration: Arc::new(configuration(true)),
            names: names(2),
            has_quorum: true,
            ..State::default()
        };
        state.status.nodes.extend(status.map(|status| ("2".to_owned(), status)));
        let found = match may_start(&state, "ost0", "n1") {
            Ok(()) => "fine",
            Err(Doubt::NotProbed { .. }) => "NotProbed",
            Err(Doubt::NotFenced { .. }) => "NotFenced",
            Err(Doubt::Active { .. }) => "Active",
            Err(Doubt::InFlight { .. }) => "InFlight",
            Err(Doubt::NoQuorum) => "NoQuorum",
            Err(Doubt::LeftRunning { .. }) => "LeftRunning",
            Err(Doubt::Promoted { .. }) => "Promoted",
        };
        assert_eq!(found, expected, "{story}");
        state.has_quorum = false;
        assert_eq!(may_start(&state, "ost0", "n1"), Err(Doubt::NoQuorum), "Q5: {story}");
    }
}

#[test]
fn messages_survive_the_wire_and_damage_is_refused() {
    let mut bench = Bench::new(3, &configuration(true));
    bench.view(&[1, 2, 3]);
    let state = Box::new(bench.state(1).clone());
    let operation = Operation::Snapshot { view: ViewId::default(), state };
    let bytes =
        Message { serial: 3, clock: Clock { at: WallTime(5), ..Clock::default() }, operation }
            .to_bytes();
    let read = Message::from_bytes(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    for length in 0..bytes.len() {
        assert!(Message::from_bytes(&bytes[..length]).is_err(), "cut at {length}");
    }
    let profile = Profile { has_acted: true, ..Profile::default() };
    assert_eq!(Profile::from_bytes(&profile.to_bytes()), Ok(profile));
}

// ---------------------------------------------------------------- review
impl Bench {
    fn deliver(&mut self, (sender, payload): (NodeId, Vec<u8>)) {
        let view = self.came_from.get(&sender).copied();
        let to: Vec<NodeId> =
            self.came_from.iter().filter(|(_, id)| Some(**id) == view).map(|(n, _)| *n).collect();
        let channel = Channel::Cluster;
        let q = to
            .into_iter()
            .map(|n| (n, GroupEvent::Deliver { channel, sender, payload: payload.clone() }))
            .map(|(n, event)| (n, Input::Group(event)))
            .collect();
        self.play(q);
    }
    fn plan_now(&mut self) {
        let (node, request) = self.plans.remove(0);
        let planned = Box::new(request.plan());
        self.play(vec![(node, Input::Planned { serial: request.serial, planned })]);
    }
}
