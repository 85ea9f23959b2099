//! Running one action.
//!
//! The process leads a group of its own. At the deadline the group is asked to end (SIGTERM),
//! soon after it is ended (SIGKILL). When an action ends by itself, what it forgot is ended too,
//! with one exception: what a successful start leaves running is the service.

use crate::agent::Agent;
use crate::capture::{Capture, exit_reason};
use crate::catalogue::{Absence, Catalogue};
use crate::code::OcfCode;
use crate::command::{self, Codes, Plan, Unplannable};
use crate::metadata::Descriptions;
use crate::processes;
use crate::record::Record;
use crate::request::{Outcome, Remains, Request, Verdict};
use crate::settings::Settings;
use base::WallTime;
use rustix::process::{Pid, Signal};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{sleep, sleep_until, timeout};

/// Runs actions on this node.
#[derive(Clone, Debug)]
pub struct Runner {
    catalogue: Catalogue,
    pub(crate) descriptions: Descriptions,
}

/// Why no process was started. Nothing was changed.
#[derive(Debug, thiserror::Error)]
enum NotStarted {
    #[error(transparent)]
    Unplannable(#[from] Unplannable),
    #[error("cannot record the action below {place} ({error}): make room there")]
    NotRecorded { place: String, error: io::Error },
    #[error("cannot run {program}: {error}")]
    NotSpawned { program: String, error: io::Error },
    #[error("its time was over before it could be started")]
    TooLate,
}

impl Runner {
    /// Runs agents as `settings` say, and makes the folder that agents expect for their state.
    pub fn new(settings: Settings) -> Self {
        // Without it, an agent that needs it fails and says so better than we could.
        let _ = std::fs::create_dir_all(&settings.state_dir);
        Self { catalogue: Catalogue::new(settings), descriptions: Descriptions::default() }
    }

    /// The agents that can be run.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Runs one action to its end, which comes at the latest [`Settings::grace`] and 5 s after
    /// its deadline. Dropping the future ends the action's processes at once.
    pub async fn run(&self, request: &Request) -> Outcome {
        let clock = Clock::start(request);
        match self.launch(request) {
            Ok(mut running) => {
                let end = running.supervise(request, self.settings().grace).await;
                let outcome = clock.outcome(request, &end, &running);
                running.leave(end.remains);
                outcome
            }
            Err(why) => clock.not_started(&why),
        }
    }

    fn settings(&self) -> &Settings {
        self.catalogue.settings()
    }

    fn launch(&self, request: &Request) -> Result<Running, NotStarted> {
        if request.deadline() <= Instant::now() {
            return Err(NotStarted::TooLate);
        }
        let plan = command::plan(&self.catalogue, request)?;
        let run_dir = &self.settings().run_dir;
        let record = Record::create(run_dir, request).map_err(|error| NotStarted::NotRecorded {
            place: run_dir.display().to_string(),
            error,
        })?;
        Running::spawn(plan, record, output_limit(request))
    }
}

fn output_limit(request: &Request) -> usize {
    if matches!(request.action.as_str(), "meta-data" | "metadata") { 1 << 20 } else { 64 << 10 }
}

/// When it was asked for and when it was begun.
struct Clock {
    started: WallTime,
    begun: Instant,
    queued: Duration,
}

impl Clock {
    fn start(request: &Request) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let begun = Instant::now();
        Self {
            started: WallTime(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)),
            begun,
            queued: begun.saturating_duration_since(request.issued),
        }
    }

    fn outcome(&self, request: &Request, end: &End, running: &Running) -> Outcome {
        let (stdout, stderr) = (running.stdout.text(), running.stderr.text());
        let (verdict, code) = match (end.verdict, end.status) {
            (Verdict::Exited, Some(status)) => match (status.code(), status.signal()) {
                (Some(code), _) => (Verdict::Exited, running.codes.as_ocf(code)),
                (None, signal) => {
                    (Verdict::Signalled(signal.unwrap_or(0)), OcfCode::Generic.number())
                }
            },
            (verdict, _) => (verdict, OcfCode::Generic.number()),
        };
        let exit_reason = match verdict {
            Verdict::TimedOut => late(request, end.remains),
            Verdict::Signalled(signal) => {
                exit_reason(&stderr).unwrap_or_else(|| format!("killed by signal {signal}"))
            }
            Verdict::Exited | Verdict::CouldNotRun => exit_reason(&stderr).unwrap_or_default(),
        };
        Outcome { verdict, code, exit_reason, stdout, stderr, ..self.empty(end.remains) }
    }

    fn not_started(&self, why: &NotStarted) -> Outcome {
        let (verdict, code) = match why {
            NotStarted::TooLate => (Verdict::TimedOut, OcfCode::Generic),
            NotStarted::Unplannable(Unplannable::Missing(missing)) => match missing.why {
                Absence::NotExecutable => (Verdict::CouldNotRun, OcfCode::Permission),
                Absence::NotFound | Absence::NoSystemd => {
                    (Verdict::CouldNotRun, OcfCode::Installed)
                }
            },
            // As if it had been asked: what has no action says so by this code.
            NotStarted::Unplannable(Unplannable::NoAction { .. }) => {
                (Verdict::Exited, OcfCode::Unimplemented)
            }
            NotStarted::Unplannable(Unplannable::LineBreak(_)) => {
                (Verdict::CouldNotRun, OcfCode::Configured)
            }
            NotStarted::NotSpawned { error, .. } => (Verdict::CouldNotRun, code_of(error)),
            NotStarted::NotRecorded { .. } => (Verdict::CouldNotRun, OcfCode::Generic),
        };
        let empty = self.empty(Remains::Nothing);
        Outcome { verdict, code: code.number(), exit_reason: why.to_string(), ..empty }
    }

    fn empty(&self, remains: Remains) -> Outcome {
        Outcome {
            code: OcfCode::Generic.number(),
            verdict: Verdict::CouldNotRun,
            exit_reason: String::new(),
            stdout: String::new(),
            stderr: String::new(),
            started: self.started,
            queued: self.queued,
            took: self.begun.elapsed(),
            remains,
        }
    }
}

fn late(request: &Request, remains: Remains) -> String {
    let processes = match remains {
        Remains::Nothing => "its processes were killed",
        Remains::Unkillable => "a process of it is stuck in the kernel and cannot be killed",
    };
    format!("{} did not end within {:?}; {processes}", request.action, request.timeout)
}

fn code_of(error: &io::Error) -> OcfCode {
    match error.kind() {
        io::ErrorKind::PermissionDenied => OcfCode::Permission,
        io::ErrorKind::NotFound => OcfCode::Installed,
        _ => OcfCode::Generic,
    }
}

/// How the processes of an action ended.
struct End {
    verdict: Verdict,
    status: Option<ExitStatus>,
    remains: Remains,
}

/// An action in flight.
struct Running {
    /// Taken when the process is stuck and somebody else has to wait for it.
    child: Option<Child>,
    group: Pid,
    record: Option<Record>,
    stdout: Capture,
    stderr: Capture,
    input: Input,
    codes: Codes,
}

impl Running {
    fn spawn(plan: Plan, mut record: Record, limit: usize) -> Result<Self, NotStarted> {
        let (program, codes) = (plan.program.display().to_string(), plan.codes);
        match Self::try_spawn(plan, &record, limit) {
            Ok((child, group, [stdout, stderr], input)) => {
                record.started(group);
                let (child, record) = (Some(child), Some(record));
                Ok(Self { child, group, record, stdout, stderr, input, codes })
            }
            Err(error) => {
                record.remove();
                Err(NotStarted::NotSpawned { program, error })
            }
        }
    }

    fn try_spawn(
        plan: Plan,
        record: &Record,
        limit: usize,
    ) -> io::Result<(Child, Pid, [Capture; 2], Input)> {
        let (stdout, stdout_writer) = Capture::new(limit)?;
        let (stderr, stderr_writer) = Capture::new(limit)?;
        let mut command = Command::new(&plan.program);
        command.args(plan.arguments).env_clear().envs(plan.variables).envs([record.mark()]);
        if let Some(name) = plan.called {
            command.arg0(name);
        }
        command.stdin(if plan.input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(stdout_writer).stderr(stderr_writer).current_dir("/");
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let group = group.ok_or_else(|| io::Error::other("the process has no id"))?;
        let input = Input { pipe: child.stdin.take(), bytes: plan.input.unwrap_or_default() };
        Ok((child, group, [stdout, stderr], input))
    }

    /// Follows the action to its end, by itself or by force.
    async fn supervise(&mut self, request: &Request, grace: Duration) -> End {
        let end = match self.until(request.deadline()).await {
            Some(status) => self.ended(request, status),
            None => self.time_is_up(grace).await,
        };
        self.stdout.drain();
        self.stderr.drain();
        end
    }

    /// The exit status, or `None` when `deadline` came first.
    async fn until(&mut self, deadline: Instant) -> Option<ExitStatus> {
        let Self { child, stdout, stderr, input, .. } = self;
        let child = child.as_mut()?;
        let over = sleep_until(deadline.into());
        tokio::pin!(over);
        loop {
            tokio::select! {
                // The deadline first: no amount of output may put it off.
                biased;
                () = &mut over => return None,
                status = child.wait() => return status.ok(),
                () = stdout.fill() => {}
                () = stderr.fill() => {}
                () = input.feed() => {}
            }
        }
    }

    fn ended(&self, request: &Request, status: ExitStatus) -> End {
        // While a member of the group lives, its number cannot be given to anybody else.
        if !may_leave_a_service(request, status) {
            processes::signal_group(self.group, Signal::KILL);
        }
        End { verdict: Verdict::Exited, status: Some(status), remains: Remains::Nothing }
    }

    async fn time_is_up(&mut self, grace: Duration) -> End {
        const PATIENCE: Duration = Duration::from_secs(5);
        let mut remains = Remains::Unkillable;
        for (signal, patience) in [(Signal::TERM, grace), (Signal::KILL, PATIENCE)] {
            processes::signal_group(self.group, signal);
            if timeout(patience, self.gone()).await.is_ok() {
                remains = Remains::Nothing;
                break;
            }
        }
        End { verdict: Verdict::TimedOut, status: None, remains }
    }

    /// Until the whole group is dead and buried.
    async fn gone(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.wait().await;
        }
        while processes::group_runs(self.group) {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Closes the record; for a process that cannot be killed only when that is gone.
    fn leave(&mut self, remains: Remains) {
        let Some(record) = self.record.take() else { return };
        match (remains, self.child.take()) {
            (Remains::Unkillable, Some(mut child)) => {
                tokio::spawn(async move {
                    let _ = child.wait().await;
                    record.remove();
                });
            }
            _ => record.remove(),
        }
    }
}

/// Whoever asked has lost interest, or the daemon is going down.
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            processes::signal_group(self.group, Signal::KILL);
            record.remove();
        }
    }
}

/// Many agents start their service with a plain `&`, in the agent's own process group. After an
/// action that may have started one and says that it succeeded, what runs is the service.
fn may_leave_a_service(request: &Request, status: ExitStatus) -> bool {
    const LEAVES_NOTHING: [&str; 6] =
        ["stop", "monitor", "status", "meta-data", "validate-all", "metadata"];
    !matches!(request.agent, Agent::Fence { .. })
        && status.success()
        && !LEAVES_NOTHING.contains(&request.action.as_str())
}

/// What is still to be written to the process.
struct Input {
    pipe: Option<ChildStdin>,
    bytes: Vec<u8>,
}

impl Input {
    /// Writes some of it and closes the pipe after the last; for ever once that is done.
    async fn feed(&mut self) {
        let Some(pipe) = &mut self.pipe else { return std::future::pending().await };
        match pipe.write(&self.bytes).await {
            Ok(count) if count > 0 => drop(self.bytes.drain(..count)),
            // An agent that does not read to the end knows why.
            Ok(_) | Err(_) => self.bytes.clear(),
        }
        if self.bytes.is_empty() {
            self.pipe = None;
        }
    }
}

#[cfg(test)]
mod tests;
