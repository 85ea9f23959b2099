//! A script: what a world is made of and what happens in it, as a value and as text.

use crate::fault::{Fault, NotAFault};
use base::Instant;
use group::LinkPolicy;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Whether things go wrong of which the script says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// Some starts and stops fail, some agents and plans take long, some shots miss.
    Fickle,
    /// What the script does not say does not happen.
    Steady,
}

/// What a world is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Everything random in the world comes from it.
    pub seed: u64,
    /// How many servers, 1 or more.
    pub nodes: u32,
    /// How many redundant networks, 1 to 8.
    pub rings: u8,
    /// How messages use them.
    pub policy: LinkPolicy,
    /// Whether nobody acts after a cold start before all were seen. Two nodes always wait.
    pub wait_for_all: bool,
    /// How many datagrams wait in a server's receive buffer before more are dropped.
    pub buffer: u32,
    /// Whether every node now and then has messages for the others besides its manager's.
    pub chatter: bool,
    /// Whether agents, devices and planners have troubles of their own.
    pub luck: Luck,
    /// What the services ask for.
    pub demands: Demands,
}

/// What the configuration asks for beside services that prefer two nodes each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// `ost1` runs only while `ost0` does.
    pub order: bool,
    /// There is a clone `db` on two nodes, and one of its instances is promoted.
    pub roles: bool,
    /// A node has room for two services; where there are more than two nodes, `ost0` and `ost2` never
    /// share one.
    pub room: bool,
}

/// A world and its troubles. Its text form is read back as it was printed: lines `key value` for
/// the setup, then lines `SECONDS FAULT` in the order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The world. All its servers are dark until the script switches them on.
    pub setup: Setup,
    /// What happens, in order.
    pub events: Vec<(Instant, Fault)>,
    /// When everything is made whole again.
    pub end: Instant,
    /// How many episodes of trouble the events make up.
    pub episodes: u32,
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setup { seed, nodes, rings, policy, wait_for_all, buffer, chatter, luck, demands } =
            &self.setup;
        let Demands { order, roles, room } = demands;
        let policy = match policy {
            LinkPolicy::Active => "active",
            LinkPolicy::Passive => "passive",
            LinkPolicy::RoundRobin => "round-robin",
        };
        writeln!(f, "seed {seed}\nnodes {nodes}\nrings {rings}\npolicy {policy}")?;
        writeln!(f, "wait-for-all {wait_for_all}\nbuffer {buffer}\nchatter {chatter}")?;
        writeln!(f, "order {order}\nroles {roles}\nroom {room}")?;
        if *luck == Luck::Steady {
            writeln!(f, "luck steady")?;
        }
        writeln!(f, "episodes {}", self.episodes)?;
        for (at, fault) in &self.events {
            writeln!(f, "{} {fault}", seconds(*at))?;
        }
        writeln!(f, "{} end", seconds(self.end))
    }
}

fn seconds(at: Instant) -> String {
    let since = at.since_start();
    format!("{}.{:03}", since.as_secs(), since.subsec_millis())
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAScript {
    /// A line of the setup is not one.
    #[error(
        "line {0}: `{1}` says nothing about a world; compare with what `storm --script` prints"
    )]
    Setup(usize, String),
    /// A fault is none.
    #[error("line {0}: {1}")]
    Fault(usize, NotAFault),
}

impl FromStr for Script {
    type Err = NotAScript;

    fn from_str(text: &str) -> Result<Self, NotAScript> {
        let mut script = Self::calm(0, 3);
        script.end = Instant::default();
        for (number, line) in (1..).zip(text.lines()) {
            let Some((first, rest)) = line.trim().split_once(' ') else { continue };
            match moment(first) {
                Some(at) if rest == "end" => script.end = at,
                Some(at) => {
                    let fault = rest.parse().map_err(|fault| NotAScript::Fault(number, fault))?;
                    script.events.push((at, fault));
                }
                None => script
                    .set(first, rest)
                    .ok_or_else(|| NotAScript::Setup(number, line.to_owned()))?,
            }
        }
        Ok(script)
    }
}

fn moment(word: &str) -> Option<Instant> {
    let (whole, millis) = word.split_once('.')?;
    let seconds = Duration::from_secs(whole.parse().ok()?);
    Some(Instant::after_start(seconds + Duration::from_millis(millis.parse().ok()?)))
}

impl Script {
    /// So many servers on two rings with nothing wrong, and nothing in the script yet.
    pub const fn calm(seed: u64, nodes: u32) -> Self {
        let setup = Setup {
            seed,
            nodes,
            rings: 2,
            policy: LinkPolicy::Active,
            wait_for_all: false,
            buffer: 1000,
            chatter: false,
            luck: Luck::Fickle,
            demands: Demands { order: false, roles: false, room: false },
        };
        let end = Instant::after_start(Duration::ZERO);
        Self { setup, events: Vec::new(), end, episodes: 0 }
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        let setup = &mut self.setup;
        match key {
            "seed" => setup.seed = value.parse().ok()?,
            "nodes" => setup.nodes = value.parse().ok()?,
            "rings" => setup.rings = value.parse().ok()?,
            "wait-for-all" => setup.wait_for_all = value.parse().ok()?,
            "buffer" => setup.buffer = value.parse().ok()?,
            "chatter" => setup.chatter = value.parse().ok()?,
            "order" => setup.demands.order = value.parse().ok()?,
            "roles" => setup.demands.roles = value.parse().ok()?,
            "room" => setup.demands.room = value.parse().ok()?,
            "luck" if value == "steady" => setup.luck = Luck::Steady,
            "episodes" => self.episodes = value.parse().ok()?,
            "policy" => {
                setup.policy = match value {
                    "active" => LinkPolicy::Active,
                    "passive" => LinkPolicy::Passive,
                    "round-robin" => LinkPolicy::RoundRobin,
                    _ => return None,
                }
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storm;

    #[test]
    fn a_script_is_read_as_it_was_printed() {
        for seed in 0..200 {
            let script = storm(seed);
            assert_eq!(script.to_string().parse(), Ok(script));
        }
    }

    #[test]
    fn what_is_no_script_is_told_with_its_line() {
        let stories = [
            ("nodes 3\nnodes many", "line 2: `nodes many` says nothing"),
            ("1.000 paws n1 5", "line 1: `paws n1 5` is no fault"),
            ("1.000 wire n1+n2 cut", "line 1: `wire n1+n2 cut` is no fault"),
        ];
        for (text, expected) in stories {
            let told = text.parse::<Script>().map_err(|error| error.to_string());
            assert!(told.as_ref().is_err_and(|told| told.starts_with(expected)), "{told:?}");
        }
    }
}
