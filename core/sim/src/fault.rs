//! What goes wrong, as a value and as a line of text.

use crate::conduct::Conduct;
use crate::wires::{Trouble, Wires};
use base::NodeId;
use cluster::Forget;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Something goes wrong, or right again. As text: a verb, the server where there is one, and what
/// the verb needs, e.g. `pause n2 1500`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `power-off n1`: the power of a server fails; writes that were not yet on disk are lost.
    PowerOff(NodeId),
    /// `power-on n1`: it comes back; the server boots.
    PowerOn(NodeId),
    /// `wipe n1`: the power fails and takes the disk with it.
    Wipe(NodeId),
    /// `kill n1`: the daemon is killed; what it runs goes on, and its parent starts it again.
    KillDaemon(NodeId),
    /// `leave n1`: somebody stops the daemon in order.
    Leave(NodeId),
    /// `start n1`: somebody starts it again.
    Start(NodeId),
    /// `pause n1 1500`: all of a server stands still for so many milliseconds, and then goes on as
    /// if nothing had been.
    Pause(NodeId, Duration),
    /// `slow n1 2000`: hearing one datagram takes so many microseconds; 0 ends it.
    Slow(NodeId, Duration),
    /// `load n1 400`: a server's load average is so high from here on, in hundredths.
    Load(NodeId, u32),
    /// `clock n1 -86400`: the date of a server jumps by so many seconds.
    ClockJump(NodeId, i64),
    /// `wire n1-n2 ring0 cut`: something happens to cables.
    Wires(Wires, Trouble),
    /// `heal`: all cables are as new.
    Heal,
    /// `replay n1 50`: so many datagrams that somebody recorded earlier reach a server again.
    Replay(NodeId, u32),
    /// `garbage n1 50`: so many datagrams that nobody of the cluster sent reach a server.
    Garbage(NodeId, u32),
    /// `talk n1 40`: a server has so many messages for the others at once.
    Talk(NodeId, u32),
    /// `service-dies n1 ost0`: a service dies by itself.
    ServiceDies(NodeId, String),
    /// `service-runs n1 ost0`: somebody starts a service by hand, past the cluster.
    ServiceRuns(NodeId, String),
    /// `agent n1 ost0 start says 1`: from here on the service's agent behaves so on this server when
    /// it is asked for that; `probe` is a monitor without interval.
    Agent(NodeId, String, String, Conduct),
    /// `standby n1 on`: somebody puts a server into standby, or takes it out.
    Standby(NodeId, bool),
    /// `maintenance on`: somebody has the cluster leave everything alone, or ends that.
    Maintenance(bool),
    /// `manage ost0 off`: somebody has the cluster leave one service alone, or ends that.
    Manage(String, bool),
    /// `cleanup`: somebody cleans up all failures; `refresh`: has everything looked for again.
    Cleanup(Forget),
    /// `edit n1 7`: somebody asks a server for a change of the configuration that nobody else makes:
    /// the seventh mark.
    Edit(NodeId, u32),
}

/// A line that is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fault; write one as a script prints it, e.g. `pause n2 1500`")]
pub struct NotAFault(pub(crate) String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PowerOff(node) => write!(f, "power-off n{node}"),
            Self::PowerOn(node) => write!(f, "power-on n{node}"),
            Self::Wipe(node) => write!(f, "wipe n{node}"),
            Self::KillDaemon(node) => write!(f, "kill n{node}"),
            Self::Leave(node) => write!(f, "leave n{node}"),
            Self::Start(node) => write!(f, "start n{node}"),
            Self::Pause(node, pause) => write!(f, "pause n{node} {}", pause.as_millis()),
            Self::Slow(node, each) => write!(f, "slow n{node} {}", each.as_micros()),
            Self::Load(node, load) => write!(f, "load n{node} {load}"),
            Self::ClockJump(node, seconds) => write!(f, "clock n{node} {seconds}"),
            Self::Wires(wires, trouble) => write!(f, "wire {wires} {trouble}"),
            Self::Heal => f.write_str("heal"),
            Self::Replay(node, count) => write!(f, "replay n{node} {count}"),
            Self::Garbage(node, count) => write!(f, "garbage n{node} {count}"),
            Self::Talk(node, count) => write!(f, "talk n{node} {count}"),
            Self::ServiceDies(node, service) => write!(f, "service-dies n{node} {service}"),
            Self::ServiceRuns(node, service) => write!(f, "service-runs n{node} {service}"),
            Self::Agent(node, service, task, conduct) => {
                write!(f, "agent n{node} {service} {task} {conduct}")
            }
            Self::Standby(node, on) => write!(f, "standby n{node} {}", switch(*on)),
            Self::Maintenance(on) => write!(f, "maintenance {}", switch(*on)),
            Self::Manage(service, on) => write!(f, "manage {service} {}", switch(*on)),
            Self::Cleanup(Forget::Failures) => f.write_str("cleanup"),
            Self::Cleanup(Forget::Everything) => f.write_str("refresh"),
            Self::Edit(node, mark) => write!(f, "edit n{node} {mark}"),
        }
    }
}

impl FromStr for Fault {
    type Err = NotAFault;

    fn from_str(text: &str) -> Result<Self, NotAFault> {
        parse(text).ok_or_else(|| NotAFault(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Fault> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(match words.as_slice() {
        ["heal"] => Fault::Heal,
        ["cleanup"] => Fault::Cleanup(Forget::Failures),
        ["refresh"] => Fault::Cleanup(Forget::Everything),
        ["wire", wires, trouble @ ..] => {
            let (ring, trouble) = match trouble.split_first()? {
                (ring, rest) if ring.starts_with("ring") => (Some(*ring), rest),
                _ => (None, trouble),
            };
            Fault::Wires(Wires::parse(wires, ring)?, Trouble::parse(trouble)?)
        }
        ["agent", node, service, task, conduct @ ..] => Fault::Agent(
            server(node)?,
            (*service).to_owned(),
            (*task).to_owned(),
            Conduct::parse(conduct)?,
        ),
        ["maintenance", on] => Fault::Maintenance(is_on(on)?),
        ["manage", service, on] => Fault::Manage((*service).to_owned(), is_on(on)?),
        [verb, node] => lone(verb, server(node)?)?,
        [verb, node, what] => with(verb, server(node)?, what)?,
        _ => return None,
    })
}

fn lone(verb: &str, node: NodeId) -> Option<Fault> {
    Some(match verb {
        "power-off" => Fault::PowerOff(node),
        "power-on" => Fault::PowerOn(node),
        "wipe" => Fault::Wipe(node),
        "kill" => Fault::KillDaemon(node),
        "leave" => Fault::Leave(node),
        "start" => Fault::Start(node),
        _ => return None,
    })
}

fn with(verb: &str, node: NodeId, what: &str) -> Option<Fault> {
    Some(match verb {
        "pause" => Fault::Pause(node, Duration::from_millis(what.parse().ok()?)),
        "slow" => Fault::Slow(node, Duration::from_micros(what.parse().ok()?)),
        "load" => Fault::Load(node, what.parse().ok()?),
        "clock" => Fault::ClockJump(node, what.parse().ok()?),
        "replay" => Fault::Replay(node, what.parse().ok()?),
        "garbage" => Fault::Garbage(node, what.parse().ok()?),
        "talk" => Fault::Talk(node, what.parse().ok()?),
        "service-dies" => Fault::ServiceDies(node, what.to_owned()),
        "service-runs" => Fault::ServiceRuns(node, what.to_owned()),
        "edit" => Fault::Edit(node, what.parse().ok()?),
        "standby" => Fault::Standby(node, is_on(what)?),
        _ => return None,
    })
}

const fn switch(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn is_on(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

/// `n3` is server 3.
pub(crate) fn server(word: &str) -> Option<NodeId> {
    word.strip_prefix('n')?.parse().ok().map(NodeId)
}
