//! `ocf:pacemaker:ping`: how many hosts this node reaches, as a node attribute.

pub(super) mod echo;

use super::Answer;
use super::context::{Context, Failure, SetAttribute, remove_state, warn, write_state};
use super::metadata::{Action, Change, Content, Metadata, Need, Parameter};
use crate::code::OcfCode;
use echo::Reach;
use std::thread;
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
    let wanted = Wanted::read(context)?;
    let state = context.state_file("pidfile", "");
    match action {
        "start" => {
            write_state(&state, "")?;
            update(context, &wanted, SetAttribute::ValueAndDampening)
        }
        "monitor" if !state.exists() => Ok(OcfCode::NotRunning),
        "monitor" => update(context, &wanted, SetAttribute::Value),
        "reload-agent" => update(context, &wanted, SetAttribute::ValueAndDampening),
        "stop" => {
            context.delete_attribute(context.text("name"), wanted.dampen);
            remove_state(&state)?;
            Ok(OcfCode::Ok)
        }
        _ => Ok(OcfCode::Ok),
    }
}

struct Wanted<'a> {
    hosts: Vec<&'a str>,
    attempts: u32,
    patience: Duration,
    multiplier: i64,
    failure_score: i64,
    dampen: &'a str,
    options: Vec<&'a str>,
    talkative: bool,
}

impl<'a> Wanted<'a> {
    fn read(context: &'a Context) -> Result<Self, Failure> {
        let words =
            |name| context.text(name).split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty());
        context.time("dampen")?;
        Ok(Self {
            hosts: words("host_list").collect(),
            attempts: u32::try_from(context.number("attempts")?).unwrap_or(1).max(1),
            patience: context.time("timeout")?.max(Duration::from_millis(100)),
            multiplier: context.number("multiplier")?,
            failure_score: context.number("failure_score")?,
            dampen: context.text("dampen"),
            options: context.text("options").split_whitespace().collect(),
            talkative: context.is_on("debug")?,
        })
    }
}

fn update(context: &Context, wanted: &Wanted<'_>, how: SetAttribute) -> Answer {
    let reached = count_reached(context, wanted)?;
    let score = i64::try_from(reached).unwrap_or(i64::MAX).saturating_mul(wanted.multiplier);
    context.set_attribute(context.text("name"), &score.to_string(), how, wanted.dampen)?;
    if score < wanted.failure_score {
        return Err(Failure::generic(format!(
            "{reached} of {} hosts answer, which makes {score}, less than failure_score {}: \
             look at the network of this node",
            wanted.hosts.len(),
            wanted.failure_score
        )));
    }
    Ok(OcfCode::Ok)
}

fn count_reached(context: &Context, wanted: &Wanted<'_>) -> Result<usize, Failure> {
    let answers: Vec<Result<Reach, Failure>> = thread::scope(|scope| {
        let asking: Vec<_> =
            wanted.hosts.iter().map(|host| scope.spawn(|| ask(context, wanted, host))).collect();
        let lost = || Err(Failure::generic("a host could not be asked: out of memory"));
        asking.into_iter().map(|asked| asked.join().unwrap_or_else(|_| lost())).collect()
    });
    let mut reached = 0;
    for (host, answer) in wanted.hosts.iter().zip(answers) {
        let answer = answer?;
        reached += usize::from(answer == Reach::Answers);
        if wanted.talkative || answer != Reach::Answers {
            warn(&format!("{host}: {answer}"));
        }
    }
    Ok(reached)
}

fn ask(context: &Context, wanted: &Wanted<'_>, host: &str) -> Result<Reach, Failure> {
    if wanted.options.is_empty() {
        match echo::ask(host, wanted.attempts, wanted.patience) {
            Reach::NotAllowed => {}
            reach => return Ok(reach),
        }
    }
    run_ping(context, wanted, host)
}

fn run_ping(context: &Context, wanted: &Wanted<'_>, host: &str) -> Result<Reach, Failure> {
    let attempts = wanted.attempts.to_string();
    let patience = wanted.patience.as_millis().div_ceil(1000).to_string();
    let mut arguments = vec!["-n", "-q", "-c", &attempts, "-W", &patience];
    arguments.extend(&wanted.options);
    arguments.push(host);
    let said = context.call("ping", &arguments)?;
    Ok(match said.code {
        Some(0) => Reach::Answers,
        Some(1) => Reach::Silent,
        _ => Reach::Unknown(said.complaint()),
    })
}
