//! `ocf:pacemaker:ping`: how many hosts this node reaches, as a node attribute.

pub(super) mod connectivity;
pub(super) mod echo;

use super::Answer;
use super::context::{Context, Failure};
use super::metadata::{Action, Change, Content, Metadata, Need, Parameter};
use connectivity::Connectivity;
use echo::Reach;
use std::time::Duration;

pub(crate) const METADATA: Metadata = Metadata {
    name: "ping",
    short: "Node connectivity as an attribute",
    long: "Pings hosts and keeps a node attribute up to date with the number of those that \
           answered, times multiplier. Rules use it to keep resources away from nodes that are \
           cut off. All hosts are asked at the same time, and one answer is enough. Run it as a \
           clone.",
    parameters: PARAMETERS,
    actions: &[
        Action::once("start", "60s"),
        Action::once("stop", "20s"),
        Action::once("reload-agent", "20s"),
        Action::monitor("60s", "10s"),
        Action::once("validate-all", "20s"),
        Action::once("meta-data", "5s"),
    ],
};

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "pidfile",
        content: Content::Text(""),
        need: Need::Optional,
        change: Change::Restart,
        short: "State file",
        long: "The file that exists while the resource is started. Without it, a file named \
               after the resource in the folder for agents' state.",
    },
    Parameter {
        name: "dampen",
        content: Content::Text("5s"),
        need: Need::Optional,
        change: Change::Reload,
        short: "How long a change is held back",
        long: "How long to wait for more changes before the cluster acts on one, so that nodes \
               that lose the same host at the same time are compared fairly.",
    },
    Parameter {
        name: "name",
        content: Content::Text("pingd"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Name of the attribute",
        long: "The node attribute that rules refer to.",
    },
    Parameter {
        name: "multiplier",
        content: Content::Number("1"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Worth of a host",
        long: "What each host that answers adds to the attribute.",
    },
    Parameter {
        name: "host_list",
        content: Content::Text(""),
        need: Need::Required,
        change: Change::Reload,
        short: "Hosts to ping",
        long: "Names or addresses (IPv4 or IPv6), separated by blanks or commas.",
    },
    Parameter {
        name: "attempts",
        content: Content::Number("3"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Tries per host",
        long: "How often a host is asked before it counts as unreachable.",
    },
    Parameter {
        name: "timeout",
        content: Content::Text("2"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Seconds to wait for an answer",
        long: "How long each try waits. Attempts times timeout has to fit into the timeouts of \
               start and monitor.",
    },
    Parameter {
        name: "options",
        content: Content::Text(""),
        need: Need::Optional,
        change: Change::Reload,
        short: "Options for the ping program",
        long: "With any, such as -I eth1, the program ping is run with them; without, this agent \
               pings by itself.",
    },
    Parameter {
        name: "failure_score",
        content: Content::Number("0"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Value below which the resource has failed",
        long: "With a value above 0, start and monitor fail when the attribute would be less.",
    },
    Parameter {
        name: "use_fping",
        content: Content::Switch("true"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Without effect",
        long: "Accepted for configurations that have it. Hosts are always asked in parallel.",
    },
    Parameter {
        name: "debug",
        content: Content::Switch("false"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Say who answered",
        long: "Print which hosts answered and which did not.",
    },
];

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    let (connectivity, tries) = (Connectivity::read(context)?, Tries::read(context)?);
    let state = context.state_file("pidfile", "");
    connectivity.perform(context, action, &state, &|host| tries.ask(context, host))
}

/// How a host is asked, and how long.
pub(super) struct Tries<'a> {
    pub(super) attempts: u32,
    /// For the answer to each of them.
    pub(super) patience: Duration,
    options: Vec<&'a str>,
}

impl<'a> Tries<'a> {
    pub(super) fn read(context: &'a Context) -> Result<Self, Failure> {
        Ok(Self {
            attempts: u32::try_from(context.number("attempts")?).unwrap_or(1).max(1),
            patience: context.time("timeout")?.max(Duration::from_millis(100)),
            options: context.text("options").split_whitespace().collect(),
        })
    }

    /// Whole seconds, for programs that know no others.
    pub(super) fn seconds(&self) -> String {
        self.patience.as_millis().div_ceil(1000).to_string()
    }

    /// By an ICMP echo request; by the program ping where there are options for it, or this process
    /// may not send one.
    pub(super) fn ask(&self, context: &Context, host: &str) -> Result<Reach, Failure> {
        if self.options.is_empty() {
            match echo::ask(host, self.attempts, self.patience) {
                Reach::NotAllowed => {}
                reach => return Ok(reach),
            }
        }
        let (attempts, seconds) = (self.attempts.to_string(), self.seconds());
        let mut arguments = vec!["-n", "-q", "-c", &attempts, "-W", &seconds];
        arguments.extend(&self.options);
        arguments.push(host);
        let said = context.call("ping", &arguments)?;
        Ok(match said.code {
            Some(0) => Reach::Answers,
            Some(1) => Reach::Silent,
            _ => Reach::Unknown(said.complaint()),
        })
    }
}
