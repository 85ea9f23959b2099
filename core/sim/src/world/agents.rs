//! Agents and power.

use super::World;
use super::event::Event;
use crate::conduct::Conduct;
use crate::script::Luck;
use crate::server::Running;
use crate::truth::{Act, Activity, CallEnd, Death, Deed, Ending, Shot};
use base::NodeId;
use cluster::{OperationStatus, Role};
use manager::{EventKind, FenceRun, Outcome, Run, RunId};
use scheduler::plan::{ActionKey, PowerAction, Task};
use std::time::Duration;

impl World {
    fn acts(&mut self, node: NodeId, deed: Deed) {
        let was_quorate = self.servers.get(&node).is_some_and(|server| server.is_quorate);
        self.truth.acts.push(Act { at: self.now, node, deed, was_quorate });
    }

    /// From here on the service may be active.
    pub(super) fn agent_begins(&mut self, node: NodeId, incarnation: u64, run: Run) {
        let Some(server) = self.servers.get(&node) else { return };
        let conduct = server.conduct(&run);
        let was_left_alone = server.left_alone.covers(&run.instance, self.now);
        let call = self.truth.begin_call((self.now, node), &run, was_left_alone);
        let is_device = run.invocation.agent.is_fencing();
        match run.task {
            Task::Start if !is_device => {
                self.acts(node, Deed::Start);
                if conduct.does_its_work() {
                    self.truth.set(self.now, node, &run.instance, Activity::Active);
                }
            }
            Task::Promote if conduct.does_its_work() => {
                self.truth.promote(self.now, node, &run.instance);
            }
            _ => {}
        }
        let takes = conduct.takes().unwrap_or_else(|| self.usual_time());
        let limit = run.invocation.timeout;
        let (is_late, id) = (conduct.takes().is_some() && takes > limit, run.id);
        let running = Running { run, call, conduct, is_late, incarnation };
        if let Some(server) = self.servers.get_mut(&node) {
            server.running.insert(id, running);
        }
        let takes = if is_late { limit } else { takes };
        self.put_after(takes, Event::AgentEnds { on: node, incarnation, run: id });
    }

    /// What an agent takes that behaves well.
    fn usual_time(&mut self) -> Duration {
        let is_slow = self.site.setup.luck == Luck::Fickle && self.rng.percent(4);
        let slow = if is_slow { self.rng.below(15_000) } else { 0 };
        Duration::from_millis(10 + self.rng.below(300) + slow)
    }

    pub(super) fn agent_ends(&mut self, node: NodeId, incarnation: u64, id: RunId) {
        let luck = self.site.setup.luck;
        let Some(server) = self.servers.get_mut(&node) else { return };
        if server.incarnation == incarnation && server.shooting.remove(&id) {
            return self.give_up_shot(node, incarnation, id);
        }
        let Some(running) =
            server.running.get(&id).filter(|running| running.incarnation == incarnation).cloned()
        else {
            return;
        };
        server.running.remove(&id);
        let (run, instance) = (&running.run, &running.run.instance);
        let is_device = run.invocation.agent.is_fencing();
        let is_active = match is_device {
            true => server.devices.contains(instance),
            false => self.truth.is_active(node, instance),
        };
        let role = match self.truth.is_promoted(node, instance) {
            true => Role::Promoted,
            false => Role::Started,
        };
        let outcome = server.outcome(&running, is_active.then_some(role), luck);
        let is_done = outcome.code == 0 && running.conduct.does_its_work();
        match run.task {
            Task::Start if is_device => {
                server.devices.insert(instance.clone());
            }
            Task::Stop if is_device => {
                server.devices.remove(instance);
            }
            Task::Stop if is_done => {
                self.truth.set(self.now, node, instance, Activity::Inactive);
            }
            Task::Demote if is_done => self.truth.demote(self.now, node, instance),
            Task::MigrateTo if is_done => self.hand_over(node, run),
            _ => {}
        }
        let end = CallEnd::Ended(outcome.status, outcome.code);
        self.truth.end_call(running.call, self.now, end);
        self.tell(node, incarnation, manager::Input::Ran { run: id, outcome });
    }

    /// The service goes on elsewhere; the one that takes it over finds it there.
    fn hand_over(&mut self, node: NodeId, run: &Run) {
        self.truth.set(self.now, node, &run.instance, Activity::Inactive);
        let target = run.invocation.meta.get("migrate_target").and_then(|name| self.named(name));
        if let Some(target) = target.filter(|target| self.is_powered(*target)) {
            self.note(&format!("n{node} hands {} over to n{target}", run.instance));
            self.truth.set(self.now, target, &run.instance, Activity::Active);
        }
    }

    fn is_powered(&self, node: NodeId) -> bool {
        self.servers.get(&node).is_some_and(|server| server.powered)
    }

    pub(super) fn fencing_begins(&mut self, node: NodeId, incarnation: u64, run: FenceRun) {
        self.note(&format!("n{node} fences {}", run.target));
        if let Some(target) = self.named(&run.target) {
            self.acts(node, Deed::Fence(target));
            let reason = self.announced(node, &run);
            self.truth.shots.push(Shot { at: self.now, by: node, target, reason });
        }
        let told = self.servers.get(&node).and_then(|server| server.device_conduct(&run));
        let conduct = told.unwrap_or_else(|| self.usual_conduct());
        let took =
            conduct.takes().unwrap_or_else(|| Duration::from_millis(200 + self.rng.below(800)));
        let took = took.min(run.invocation.timeout);
        if let Some(server) = self.servers.get_mut(&node) {
            server.shooting.insert(run.id);
        }
        let run = Box::new(run);
        self.put_after(took, Event::PowerSwitched { by: node, incarnation, run, conduct });
    }

    /// Its agent is ended. What it has told the device is told.
    fn give_up_shot(&mut self, node: NodeId, incarnation: u64, run: RunId) {
        let (status, reason) = (OperationStatus::TimedOut, "it was given up".into());
        let outcome = Outcome { status, code: 1, reason, ..Outcome::default() };
        self.tell(node, incarnation, manager::Input::Ran { run, outcome });
    }

    /// What the journal of whoever shoots says is being done, and why.
    fn announced(&self, node: NodeId, run: &FenceRun) -> Option<String> {
        let state = self.daemon(node)?.manager().state();
        let events: Vec<&manager::Event> = state.journal.since(0).collect();
        events.into_iter().rev().find_map(|event| match &event.kind {
            EventKind::FencingStarted { target, device, reason, .. } if *target == run.target => {
                Some((*device == run.device).then(|| reason.clone()))
            }
            EventKind::FencingEnded { target, .. } if *target == run.target => Some(None),
            _ => None,
        })?
    }

    /// One attempt in ten fails. One device in ten is slow: by then the node may have come back by
    /// itself.
    fn usual_conduct(&mut self) -> Conduct {
        let is_fickle = self.site.setup.luck == Luck::Fickle;
        if is_fickle && self.rng.percent(10) {
            return Conduct::Says(1);
        }
        let slow = if is_fickle && self.rng.percent(10) { self.rng.below(15_000) } else { 0 };
        Conduct::Takes(Duration::from_millis(200 + self.rng.below(800) + slow))
    }

    fn named(&self, name: &str) -> Option<NodeId> {
        self.site.names.iter().find(|(_, known)| *known == name).map(|(node, _)| *node)
    }

    pub(super) fn fenced(
        &mut self,
        by: NodeId,
        incarnation: u64,
        (run, conduct): (&FenceRun, Conduct),
    ) {
        let outcome = match conduct {
            Conduct::Hangs => {
                let (status, reason) = (OperationStatus::TimedOut, "no answer".into());
                Outcome { status, code: 1, reason, ..Outcome::default() }
            }
            Conduct::Says(code) => {
                let reason = "it was meant to fail".into();
                Outcome { code, reason, ..Outcome::default() }
            }
            Conduct::Pretends => Outcome::default(),
            Conduct::Well | Conduct::Takes(_) => {
                self.switch_power(run);
                Outcome::default()
            }
        };
        // The one who pressed the button may stand still or be gone; then nobody hears of it.
        let is_awaited = self.servers.get_mut(&by).is_some_and(|server| {
            server.incarnation == incarnation && server.shooting.remove(&run.id)
        });
        if !is_awaited {
            return;
        }
        self.tell(by, incarnation, manager::Input::Ran { run: run.id, outcome });
    }

    fn switch_power(&mut self, run: &FenceRun) {
        self.truth.tally.fenced += 1;
        let Some(target) = self.named(&run.target) else { return };
        self.go_dark(target);
        self.truth.cut_off.push((self.now, target));
        if run.how == PowerAction::Reboot {
            let delay = Duration::from_millis(2000 + self.rng.below(3000));
            self.put_after(delay, Event::Fault(crate::Fault::PowerOn(target)));
        }
    }

    pub(super) fn go_dark(&mut self, node: NodeId) {
        self.note(&format!("n{node} goes dark"));
        self.truth.dark(self.now, node);
        self.end_process(node, Ending::PowerCut);
        if let Some(server) = self.servers.get_mut(&node) {
            server.go_dark();
        }
    }

    /// The daemon of a node is no more.
    pub(super) fn end_process(&mut self, node: NodeId, how: Ending) {
        let Some(server) = self.servers.get_mut(&node) else { return };
        let Some(daemon) = server.daemon.take() else { return };
        for running in server.running.values() {
            self.truth.end_call(running.call, self.now, CallEnd::Cut);
        }
        let mut flights = daemon.manager().state().flights.values();
        self.truth.deaths.push(Death {
            at: self.now,
            node,
            how,
            stage: daemon.group().stage(),
            was_coordinator: daemon.group().view().is_some_and(|view| view.coordinator() == node),
            was_fencing: flights.any(|flight| matches!(flight.key, ActionKey::Fence { .. })),
        });
        if let Some(life) = self.recording.lives.get_mut(server.life) {
            life.ended = Some((self.now, how));
        }
    }

    /// It has said good-bye. When all is to be whole again, somebody starts it anew.
    pub(super) fn daemon_left(&mut self, node: NodeId) {
        self.note(&format!("n{node} has left"));
        self.end_process(node, Ending::Left);
        if self.whole_since.is_some() {
            self.put_after(Duration::from_secs(1), Event::DaemonStarts(node));
        }
    }

    pub(super) fn boot(&mut self, node: NodeId) {
        let Some(server) = self.servers.get_mut(&node).filter(|server| !server.powered) else {
            return;
        };
        server.boot(self.now);
        self.daemon_starts(node);
    }

    /// The parent ends what the dead daemon had running before it starts another: a start that
    /// was ended may have done its work all the same.
    pub(super) fn daemon_starts(&mut self, node: NodeId) {
        let Some(server) = self.servers.get_mut(&node) else { return };
        if server.powered && server.daemon.is_none() {
            server.running.clear();
            server.life = self.recording.lives.len();
            let life = server.start_daemon(self.now, &self.site);
            self.recording.lives.push(life);
            self.step(node, node::Input::Wake);
        }
    }
}
