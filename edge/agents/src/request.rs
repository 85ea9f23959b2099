//! One action asked for, and what came of it.

use crate::agent::Agent;
use base::WallTime;
use std::time::{Duration, Instant};

/// One action of one agent.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who is to do it.
    pub agent: Agent,
    /// `start`, `stop`, `monitor`, `off`, ... as the agent knows it.
    pub action: String,
    /// The resource instance (`web`, `ping:0`), or the fence device.
    pub resource: String,
    /// Instance attributes: `OCF_RESKEY_name`, or `name=value` on a fence agent's input.
    pub parameters: Vec<(String, String)>,
    /// Meta attributes without the `CRM_meta_` in front, in the spelling of the configuration
    /// (`clone-max`) or of the agents (`clone_max`).
    pub meta: Vec<(String, String)>,
    /// The time from `issued` to the deadline.
    pub timeout: Duration,
    /// When the action was asked for: queueing is part of its time (R9).
    pub issued: Instant,
    /// Zero for a one-shot action or a probe.
    pub interval: Duration,
    /// `OCF_CHECK_LEVEL`: how deep a monitor looks.
    pub check_level: u32,
    /// The name of this node in the cluster.
    pub node: String,
    /// What agents read as `crm_feature_set`.
    pub feature_set: String,
}

impl Request {
    /// An action asked for now, with 20 s time (the field's default) and everything else empty.
    pub fn new(agent: Agent, action: &str, resource: &str) -> Self {
        Self {
            agent,
            action: action.to_owned(),
            resource: resource.to_owned(),
            parameters: Vec::new(),
            meta: Vec::new(),
            timeout: Duration::from_secs(20),
            issued: Instant::now(),
            interval: Duration::ZERO,
            check_level: 0,
            node: String::new(),
            feature_set: String::new(),
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.issued + self.timeout
    }
}

/// How an action ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The agent came to an end and [`Outcome::code`] is its own.
    Exited,
    /// Its time was over. Whether it had done its work by then is unknown (R3).
    TimedOut,
    /// Somebody else killed it with this signal. What it had done is unknown (R3).
    Signalled(i32),
    /// It never ran: nothing was changed.
    CouldNotRun,
}

/// What is left of an action's processes. Services that a start left running on purpose are not
/// counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// All are gone (R9).
    Nothing,
    /// At least one is stuck in the kernel and could not be killed. Its record stays until it is
    /// gone.
    Unkillable,
}

/// What came of a [`Request`].
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The agent's exit code, or for the other verdicts the OCF code that comes nearest.
    pub code: i32,
    /// How it ended.
    pub verdict: Verdict,
    /// The agent's last `ocf-exit-reason:`, or our own words when it could not give one.
    pub exit_reason: String,
    /// The end of what it printed (64 KiB; 1 MiB for metadata).
    pub stdout: String,
    /// The end of what it complained about (64 KiB).
    pub stderr: String,
    /// When the process was started.
    pub started: WallTime,
    /// From `issued` to the start of the process.
    pub queued: Duration,
    /// From the start of the process to its end.
    pub took: Duration,
    /// What could not be cleaned up.
    pub remains: Remains,
}

impl Outcome {
    /// Why it failed, as well as the agent and its exit code say; empty when nobody says anything.
    pub fn in_words(&self) -> String {
        // Fence agents and scripts give no reason; their last complaint is the best there is.
        let complaint = self.stderr.lines().rev().map(str::trim).find(|line| !line.is_empty());
        let said = match self.exit_reason.as_str() {
            "" => complaint.unwrap_or_default(),
            reason => reason,
        };
        match (said, strange_code(self.code)) {
            (said, None) => said.to_owned(),
            ("", Some(code)) => code,
            (said, Some(code)) => format!("{said} ({code})"),
        }
    }
}

/// What is to be said of an exit code that OCF does not know.
fn strange_code(code: i32) -> Option<String> {
    // Shells end so for what they were to run.
    let what = match code {
        0..=9 | 190 | 191 => return None,
        126 => "something that it calls may not be executed".to_owned(),
        127 => "something that it calls is not on this node".to_owned(),
        129..=192 => format!("a program of it was killed by signal {}", code - 128),
        _ => "which says nothing to a cluster".to_owned(),
    };
    Some(format!("exit code {code}: {what}"))
}
