//! What goes wrong: drawn by a seed, done to real processes, and ended.

use super::super::changes::done;
use super::cluster;
use crate::answer::Failure;
use api::Request;
use base::Rng;
use lab::measure::{MeasureError, worker};
use lab::{Cut, Lab, LabError, Misbehaviour, Truth};
use os::process::Send;
use std::fmt;
use std::time::Duration;

/// So many faults come together at most.
const TOGETHER: u64 = 4;
/// Within so many milliseconds.
const SPREAD: u64 = 3000;
/// How long a change may be refused by nodes that are busy with faults of others.
const INSISTENCE: Duration = Duration::from_secs(60);
/// Answers that an agent may give without lying about a service that does not run: OCF's errors, a degraded service,
/// those of a shell.
const ANSWERS: [u8; 9] = [1, 2, 4, 5, 6, 9, 137, DEGRADED, 255];
/// A service that runs, though badly; what is promoted says it by another code.
const DEGRADED: u8 = 190;
const DEGRADED_PROMOTED: u8 = 191;

/// A fault with its time.
pub(super) struct Attack {
    begins: Duration,
    lasts: Duration,
    fault: Fault,
    /// A node that no fault of the same round touches.
    bystander: String,
}

enum Fault {
    /// A service's process is killed.
    Service(String),
    /// An agent does something wrong; its monitor fails before that, so that the cluster stops and starts.
    Agent { service: String, action: &'static str, how: Misbehaviour },
    /// What does the daemon's work is killed.
    DaemonKilled(String),
    /// What does the daemon's work stands still, and nothing else there.
    DaemonHangs(String),
    /// The whole machine stands still.
    Pause(String),
    /// The machine loses its power.
    Power(String),
    /// The machine is cut off.
    Cut(Cut),
    /// The node is put in standby.
    Standby(String),
    /// Somebody changes the configuration.
    Edit(Request),
}

/// The next faults, at most `room`, which come together; on all nodes but one.
pub(super) fn round(random: &mut Rng, nodes: &[String], room: usize) -> Vec<Attack> {
    let bystander = random.pick(nodes).cloned().unwrap_or_default();
    let victims: Vec<String> = nodes.iter().filter(|node| **node != bystander).cloned().collect();
    // One alone as often as several.
    let count = if random.percent(50) { 1 } else { 2 + random.below(TOGETHER - 1) };
    let count = usize::try_from(count).unwrap_or(1).min(room);
    (0..count)
        .map(|place| {
            let begins = if place == 0 { 0 } else { random.below(SPREAD) };
            let fault = Fault::draw(random, nodes, &victims);
            Attack {
                begins: Duration::from_millis(begins),
                lasts: Duration::from_millis(fault.draw_time(random)),
                fault,
                bystander: bystander.clone(),
            }
        })
        .collect()
}

impl Fault {
    fn draw(random: &mut Rng, nodes: &[String], victims: &[String]) -> Self {
        let victim = random.pick(victims).cloned().unwrap_or_default();
        match random.below(100) {
            0..10 => Self::Service(draw_service(random)),
            10..35 => Self::draw_agent(random),
            35..47 => Self::DaemonKilled(victim),
            47..52 => Self::DaemonHangs(victim),
            52..62 => Self::Pause(victim),
            62..72 => Self::Power(victim),
            72..82 => {
                let other = victims.iter().find(|node| **node != victim).cloned();
                let ring = if random.percent(60) { None } else { Some(random.below(2) as u8) };
                let from = if random.percent(25) { other } else { None };
                Self::Cut(Cut { node: victim, ring, from })
            }
            82..88 => Self::Standby(victim),
            _ => Self::Edit(cluster::edit(random, nodes)),
        }
    }

    fn draw_agent(random: &mut Rng) -> Self {
        let service = draw_service(random);
        let is_promoted = cluster::is_promoted(&service);
        let actions = match is_promoted {
            true => ["monitor", "promote", "demote"],
            false => ["monitor", "start", "stop"],
        };
        let action = random.pick(&actions).copied().unwrap_or_default();
        let how = match random.below(4) {
            0 => Misbehaviour::Hang,
            1 => Misbehaviour::Die,
            _ => Misbehaviour::Answer(match random.pick(&ANSWERS).copied().unwrap_or(1) {
                DEGRADED if is_promoted => DEGRADED_PROMOTED,
                answer => answer,
            }),
        };
        Self::Agent { service, action, how }
    }

    /// For how many milliseconds it is there.
    fn draw_time(&self, random: &mut Rng) -> u64 {
        match self {
            Self::Service(_) | Self::DaemonKilled(_) | Self::Edit(_) => 0,
            // Until its action comes.
            Self::Agent { .. } => 6000,
            Self::Standby(_) => 1000 + random.below(4000),
            // Shorter than the patience of the others, or longer.
            Self::Pause(_) | Self::DaemonHangs(_) if random.percent(50) => 100 + random.below(500),
            Self::Pause(_) | Self::DaemonHangs(_) | Self::Power(_) | Self::Cut(_) => {
                1000 + random.below(9000)
            }
        }
    }
}

fn draw_service(random: &mut Rng) -> String {
    let all: Vec<String> = cluster::only_once().collect();
    random.pick(&all).cloned().unwrap_or_default()
}

impl Attack {
    /// What faults of its sort are called in the summary.
    pub(super) const fn kind(&self) -> &'static str {
        match &self.fault {
            Fault::Service(_) => "service killed",
            Fault::Agent { how: Misbehaviour::Hang, .. } => "agent hangs",
            Fault::Agent { how: Misbehaviour::Die, .. } => "agent killed",
            Fault::Agent { how: Misbehaviour::Answer(_), .. } => "agent gives wrong answer",
            Fault::DaemonKilled(_) => "daemon killed",
            Fault::DaemonHangs(_) => "daemon hangs",
            Fault::Pause(_) => "node paused",
            Fault::Power(_) => "power off and on",
            Fault::Cut(Cut { ring: None, from: None, .. }) => "cut off",
            Fault::Cut(_) => "cut in part",
            Fault::Standby(_) => "standby and online",
            Fault::Edit(_) => "configuration changed",
        }
    }

    /// From its beginning to its end.
    pub(super) fn play(&self, lab: &Lab) -> Result<(), Failure> {
        std::thread::sleep(self.begins);
        self.begin(lab)?;
        std::thread::sleep(self.lasts);
        self.end(lab)
    }

    fn begin(&self, lab: &Lab) -> Result<(), Failure> {
        match &self.fault {
            Fault::Service(service) => kill_service(lab, service),
            Fault::Agent { service, action, how } => spoil(lab, service, action, *how),
            Fault::DaemonKilled(node) => possibly(lab.kill_daemon(node)),
            Fault::DaemonHangs(node) => signal_daemon(lab, node, Send::Stop),
            Fault::Pause(node) => possibly(lab.pause(node)),
            Fault::Power(node) => Ok(lab.power_off(node).map(drop)?),
            Fault::Cut(cut) => Ok(lab.cut(cut)?),
            Fault::Standby(node) => insist(lab, &self.bystander, &standby(node, Some("on"))),
            Fault::Edit(change) => insist(lab, &self.bystander, change),
        }
    }

    fn end(&self, lab: &Lab) -> Result<(), Failure> {
        match &self.fault {
            Fault::Service(_) | Fault::DaemonKilled(_) | Fault::Edit(_) => Ok(()),
            Fault::Agent { .. } => Ok(Truth::of(lab).unspoil()?),
            Fault::DaemonHangs(node) => signal_daemon(lab, node, Send::Continue),
            Fault::Pause(node) => possibly(lab.resume(node)),
            Fault::Power(node) => Ok(lab.power_on(node)?),
            // All that is cut, also by another fault that came together with it.
            Fault::Cut(_) => Ok(lab.heal()?),
            Fault::Standby(node) => insist(lab, &self.bystander, &standby(node, None)),
        }
    }
}

/// Another fault may have come first: who is off, or has no daemon at the moment, cannot be hit.
fn possibly(hit: Result<(), LabError>) -> Result<(), Failure> {
    match hit {
        Err(LabError::Refused(_)) => Ok(()),
        other => Ok(other?),
    }
}

fn signal_daemon(lab: &Lab, node: &str, what: Send) -> Result<(), Failure> {
    match worker(lab, node) {
        // It may end at the same moment.
        Ok(process) => drop(os::process::signal(process, what)),
        Err(MeasureError::NoDaemon(_) | MeasureError::Lab(LabError::Refused(_))) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn kill_service(lab: &Lab, service: &str) -> Result<(), Failure> {
    if let Some(found) = Truth::of(lab).active()?.get(service) {
        // It may end at the same moment.
        let _ = os::process::signal(found.process, Send::Kill);
    }
    Ok(())
}

/// A start may come on any node, and a promotion.
fn spoil(lab: &Lab, service: &str, action: &str, how: Misbehaviour) -> Result<(), Failure> {
    let truth = Truth::of(lab);
    let Some(found) = truth.active()?.remove(service) else { return Ok(()) };
    let spoil = |node: &str, action: &str, how: Misbehaviour| {
        truth.spoil(node, &cluster::agent(service, node), action, how)
    };
    match action {
        "start" | "promote" => {
            let mut nodes = lab.options().nodes.iter();
            nodes.try_for_each(|node| spoil(node, action, how))?;
        }
        _ => spoil(&found.node, action, how)?,
    }
    if action != "monitor" {
        spoil(&found.node, "monitor", Misbehaviour::Answer(1))?;
    }
    Ok(())
}

fn standby(node: &str, value: Option<&str>) -> Request {
    let (node, name) = (node.to_owned(), "standby".to_owned());
    Request::NodeAttribute { node, name, value: value.map(str::to_owned) }
}

/// Until it is done: faults on other nodes may have taken the right to change anything, for a while.
fn insist(lab: &Lab, node: &str, change: &Request) -> Result<(), Failure> {
    let end = os::clock::monotonic() + INSISTENCE;
    loop {
        match done(lab, node, change) {
            Err(failure) if os::clock::monotonic() >= end => return Err(failure),
            Err(_) => std::thread::sleep(Duration::from_millis(500)),
            Ok(()) => return Ok(()),
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::Service(service) => write!(f, "{service} killed")?,
            Fault::Agent { service, action, how } => {
                write!(f, "{action} of {service} ")?;
                match how {
                    Misbehaviour::Hang => write!(f, "hangs")?,
                    Misbehaviour::Die => write!(f, "is killed")?,
                    Misbehaviour::Answer(code) => write!(f, "ends with {code}")?,
                }
            }
            Fault::DaemonKilled(node) => write!(f, "daemon of {node} killed")?,
            Fault::DaemonHangs(node) => write!(f, "daemon of {node} hangs")?,
            Fault::Pause(node) => write!(f, "{node} paused")?,
            Fault::Power(node) => write!(f, "{node} off")?,
            Fault::Cut(cut) => write!(f, "{}", lab::Fault::Cut(cut.clone()))?,
            Fault::Standby(node) => write!(f, "{node} in standby")?,
            Fault::Edit(Request::ResourceMeta { resource, name, .. }) => {
                write!(f, "{name} of {resource} changed")?;
            }
            Fault::Edit(Request::Load { text, .. }) => write!(f, "changed: {}", text.trim())?,
            Fault::Edit(_) => write!(f, "configuration changed")?,
        }
        if self.begins > Duration::ZERO {
            write!(f, " after {:.1} s", self.begins.as_secs_f64())?;
        }
        if self.lasts > Duration::ZERO {
            write!(f, " for {:.1} s", self.lasts.as_secs_f64())?;
        }
        Ok(())
    }
}
