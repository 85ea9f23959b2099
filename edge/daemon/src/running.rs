//! Agents, on behalf of the manager.

mod traits;

use crate::managing::ToManager;
use crate::secrets::{Secrets, resolve};
use agents::{Agent, Remains, Request, Runner, Verdict};
use cluster::{OperationStatus, exit_code};
use manager::{FenceRun, Input, Outcome, Run, RunId, Traits};
use scheduler::plan::{Invocation, Task};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use traits::Described;

/// What is to be done in the world.
pub(crate) enum ToWorld {
    Run(Run),
    Fence(FenceRun),
    End(RunId),
    /// The node has left in order.
    Finish,
}

/// Runs agents and reports how they ended.
pub(crate) struct Running {
    pub(crate) runner: Arc<Runner>,
    pub(crate) manager: Sender<ToManager>,
    pub(crate) node: String,
    /// Values that the configuration does not have.
    secrets: Secrets,
    /// Fence devices that are started here.
    devices: Arc<Mutex<BTreeSet<String>>>,
    /// Resources of which a process hangs in the kernel and cannot be killed: what it does when it
    /// wakes nobody knows (R3), so nothing that is said of them counts as stopped.
    stuck: Arc<Mutex<BTreeSet<String>>>,
    runs: BTreeMap<RunId, oneshot::Sender<()>>,
}

impl Running {
    pub(crate) fn new(
        runner: Arc<Runner>,
        manager: Sender<ToManager>,
        node: String,
        (secrets, stuck): (Secrets, BTreeSet<String>),
    ) -> Self {
        let stuck = Arc::new(Mutex::new(stuck));
        Self {
            runner,
            manager,
            node,
            secrets,
            devices: Arc::default(),
            stuck,
            runs: BTreeMap::new(),
        }
    }

    /// Does what is asked, until the node has left.
    pub(crate) async fn run(mut self, mut orders: mpsc::UnboundedReceiver<ToWorld>) {
        while let Some(order) = orders.recv().await {
            match order {
                ToWorld::Finish => return,
                ToWorld::End(run) => {
                    // An agent that has just ended by itself needs no end.
                    drop(self.runs.remove(&run));
                }
                ToWorld::Run(run) => self.begin(&run),
                ToWorld::Fence(run) => {
                    let action =
                        run.invocation.parameters.get("action").cloned().unwrap_or_default();
                    let request = self.request(&run.device, &action, &run.invocation);
                    self.spawn(run.id, request);
                }
            }
            self.runs.retain(|_, run| !run.is_closed());
        }
    }

    fn begin(&mut self, run: &Run) {
        if run.invocation.agent.is_fencing() {
            self.device(run);
            return;
        }
        if let Some(outcome) = self.refuse_if_stuck(run) {
            return report(&self.manager, run.id, outcome);
        }
        let mut request = self.request(&run.instance, run.task.name(), &run.invocation);
        if let Ok(request) = &mut request {
            request.interval = run.interval;
        }
        // What changes of parameters ask for counts for what is run once, and is about to go on.
        let beside = match run.interval.is_zero() && run.task != Task::Stop {
            true => Beside::Description,
            false => Beside::Nothing,
        };
        self.spawn_then(run.id, request, beside, |_| {});
    }

    /// A stop that is believed would let the resource be started elsewhere while the hanging
    /// process may still do its work: it fails, and the node is fenced.
    fn refuse_if_stuck(&self, run: &Run) -> Option<Outcome> {
        let stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        stuck.contains(&run.instance).then(|| Outcome {
            status: OperationStatus::Error,
            code: exit_code::ERROR,
            reason: "an earlier action of it hangs in the kernel and cannot be killed; this node \
                     has to be restarted"
                .into(),
            ..Outcome::default()
        })
    }

    /// A fence device is started when its agent can reach it, and is then known here; nothing
    /// else runs of it.
    fn device(&mut self, run: &Run) {
        let known = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = known.contains(&run.instance);
        drop(known);
        let code = match run.task {
            Task::Monitor if run.interval.is_zero() && is_known => exit_code::OK,
            Task::Monitor if run.interval.is_zero() => exit_code::NOT_RUNNING,
            Task::Stop => {
                let mut known = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
                known.remove(&run.instance);
                exit_code::OK
            }
            Task::Start | Task::Monitor => {
                let request = self.request(&run.instance, "monitor", &run.invocation);
                let devices = Arc::clone(&self.devices);
                let instance = run.instance.clone();
                self.spawn_then(run.id, request, Beside::Nothing, move |outcome| {
                    if outcome.code == exit_code::OK && outcome.status == OperationStatus::Done {
                        devices.lock().unwrap_or_else(PoisonError::into_inner).insert(instance);
                    }
                });
                return;
            }
            _ => exit_code::UNIMPLEMENTED,
        };
        report(&self.manager, run.id, Outcome { code, ..Outcome::default() });
    }

    fn request(
        &self,
        resource: &str,
        action: &str,
        invocation: &Invocation,
    ) -> Result<Request, Outcome> {
        let cluster::Agent { class, provider, kind } = &invocation.agent;
        let agent = Agent::of_class(class, provider.as_deref(), kind);
        let agent = agent.map_err(|unknown| Outcome {
            status: OperationStatus::NotInstalled,
            code: exit_code::NOT_INSTALLED,
            reason: unknown.to_string(),
            ..Outcome::default()
        })?;
        let level = invocation.parameters.get("OCF_CHECK_LEVEL");
        Ok(Request {
            parameters: self.parameters(resource, action, invocation)?,
            meta: invocation.meta.iter().map(|(n, v)| (n.clone(), v.clone())).collect(),
            timeout: invocation.timeout,
            issued: Instant::now(),
            check_level: level.and_then(|level| level.parse().ok()).unwrap_or(0),
            node: self.node.clone(),
            feature_set: crate::CRM_FEATURE_SET.to_owned(),
            ..Request::new(agent, action, resource)
        })
    }

    /// What the agent gets, with the values that are kept outside of the configuration.
    fn parameters(
        &self,
        resource: &str,
        action: &str,
        invocation: &Invocation,
    ) -> Result<Vec<(String, String)>, Outcome> {
        let is_fencing = invocation.agent.is_fencing();
        let is_meant =
            |name: &str| name != "OCF_CHECK_LEVEL" && !(is_fencing && name.starts_with("pcmk_"));
        let given = invocation.parameters.iter().filter(|(name, _)| is_meant(name));
        let mut parameters: Vec<_> =
            given.map(|(name, value)| (name.clone(), value.clone())).collect();
        match resolve(&self.secrets, (resource, action), &mut parameters) {
            Ok(()) => Ok(parameters),
            Err(missing) => Err(Outcome {
                status: OperationStatus::Error,
                code: exit_code::ERROR,
                reason: missing.to_string(),
                ..Outcome::default()
            }),
        }
    }

    fn spawn(&mut self, id: RunId, request: Result<Request, Outcome>) {
        self.spawn_then(id, request, Beside::Nothing, |_| {});
    }

    fn spawn_then(
        &mut self,
        id: RunId,
        request: Result<Request, Outcome>,
        beside: Beside,
        then: impl FnOnce(&Outcome) + Send + 'static,
    ) {
        let mut request = match request {
            Ok(request) => request,
            Err(outcome) => return report(&self.manager, id, outcome),
        };
        let (cancel, cancelled) = oneshot::channel();
        self.runs.insert(id, cancel);
        let (runner, manager) = (Arc::clone(&self.runner), self.manager.clone());
        let stuck = Arc::clone(&self.stuck);
        tokio::spawn(async move {
            let issued = request.issued;
            let outcome = tokio::select! {
                (outcome, traits) = perform(&runner, beside, &mut request) => {
                    if outcome.remains == Remains::Unkillable {
                        let mut stuck = stuck.lock().unwrap_or_else(PoisonError::into_inner);
                        stuck.insert(request.resource.clone());
                    }
                    Outcome { traits, ..outcome_of(outcome) }
                }
                // Giving the run up ends its processes.
                _ = cancelled => Outcome {
                    status: OperationStatus::Cancelled,
                    code: exit_code::ERROR,
                    reason: "it was ended early".into(),
                    took: issued.elapsed(),
                    ..Outcome::default()
                },
            };
            then(&outcome);
            report(&manager, id, outcome);
        });
    }
}

/// What is found out beside an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Nothing,
    /// What the agent says of its parameters.
    Description,
}

/// Runs an action, and beside it finds out what is to be known of its agent.
async fn perform(
    runner: &Runner,
    beside: Beside,
    request: &mut Request,
) -> (agents::Outcome, Traits) {
    if beside == Beside::Nothing {
        return (runner.run(request).await, Traits::default());
    }
    if request.action == Task::Reload.name()
        && let Some(action) = Described::by(&request.agent, runner).await.reload
    {
        request.action = action.to_owned();
    }
    let agent = request.agent.clone();
    let (outcome, described) = tokio::join!(runner.run(request), Described::by(&agent, runner));
    (outcome, described.traits)
}

fn report(manager: &Sender<ToManager>, run: RunId, outcome: Outcome) {
    if manager.send(ToManager::Input(Input::Ran { run, outcome })).is_err() {
        tracing::debug!("the daemon is ending; the end of an agent was dropped");
    }
}

fn outcome_of(outcome: agents::Outcome) -> Outcome {
    let status = match outcome.verdict {
        Verdict::Exited => OperationStatus::Done,
        Verdict::TimedOut => OperationStatus::TimedOut,
        Verdict::CouldNotRun if outcome.code == exit_code::NOT_INSTALLED => {
            OperationStatus::NotInstalled
        }
        Verdict::Signalled(_) | Verdict::CouldNotRun => OperationStatus::Error,
    };
    if status != OperationStatus::Done || outcome.code != exit_code::OK {
        let complaint = outcome.stderr.trim();
        if !complaint.is_empty() {
            tracing::info!("an agent that ended with {} said: {complaint}", outcome.code);
        }
    }
    let reason = match outcome.code {
        exit_code::OK => outcome.exit_reason,
        _ => outcome.in_words(),
    };
    let took = outcome.took + outcome.queued;
    Outcome { status, code: outcome.code, reason, took, ..Outcome::default() }
}
