//! `ocf:lustre:healthLNET`: how many servers this node reaches over Lustre's network, as a node
//! attribute.

use super::load_modules;
use crate::builtin::Answer;
use crate::builtin::context::{Context, Failure};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use crate::builtin::network::interfaces::Interfaces;
use crate::builtin::ping::Tries;
use crate::builtin::ping::connectivity::Connectivity;
use crate::builtin::ping::echo::Reach;
use std::time::Duration;

pub(crate) const METADATA: Metadata = Metadata {
    name: "healthLNET",
    short: "LNet connectivity as an attribute",
    long: "Pings servers over LNet (lctl ping) and keeps a node attribute up to date with the number \
           of those that answered, times multiplier: a network that still carries ICMP may be \
           dead for Lustre. Rules use it to keep targets away from servers that are cut off: \
           -inf: pingd lte 0 or not_defined pingd. All are asked at the same time, and one answer is \
           enough. Run it as a clone.",
    parameters: PARAMETERS,
    actions: &[
        Action::once("start", "300s"),
        Action::once("stop", "300s"),
        Action::once("reload", "300s"),
        Action::once("reload-agent", "300s"),
        Action { depth: Some("0"), ..Action::monitor("300s", "20s") },
        Action::once("validate-all", "30s"),
        Action::once("meta-data", "5s"),
    ],
};

const PARAMETERS: &[Parameter] = &[
    Parameter::optional(
        "pidfile",
        Content::Text(""),
        "State file",
        "The file that exists while the resource is started. Without it, a file named after the \
         resource in the folder for agents' state.",
    ),
    Parameter::optional(
        "dampen",
        Content::Text("5s"),
        "How long a change is held back",
        "How long to wait for more changes before the cluster acts on one, so that nodes that lose \
         the same server at the same time are compared fairly.",
    )
    .reloadable(),
    Parameter::optional(
        "name",
        Content::Text("pingd"),
        "Name of the attribute",
        "The node attribute that rules refer to.",
    )
    .reloadable(),
    Parameter::optional(
        "multiplier",
        Content::Number("1"),
        "Worth of a server",
        "What each server that answers adds to the attribute.",
    )
    .reloadable(),
    Parameter::optional(
        "host_list",
        Content::Text(""),
        "Servers to ping",
        "Their NIDs (10.0.0.1@tcp, 10.0.1.1@o2ib), separated by blanks or commas.",
    )
    .required()
    .reloadable(),
    Parameter::optional(
        "attempts",
        Content::Number("3"),
        "Tries per server",
        "How often a server is asked before it counts as unreachable.",
    )
    .reloadable(),
    Parameter::optional(
        "timeout",
        Content::Text("2"),
        "Seconds to wait for an answer",
        "How long each try waits. Attempts times timeout has to fit into the timeouts of start and \
         monitor.",
    )
    .reloadable(),
    Parameter::optional(
        "lctl",
        Content::Switch("true"),
        "Whether to ping over LNet",
        "When false, servers are pinged over IP, by the addresses of their NIDs.",
    )
    .reloadable(),
    Parameter::optional(
        "device",
        Content::Text(""),
        "Interface of LNet",
        "While this interface (the same on all nodes) is down or has no carrier nobody is asked, and \
         the attribute is 0. Without it, interfaces are not looked at.",
    )
    .reloadable(),
    Parameter::optional(
        "options",
        Content::Text(""),
        "Options for the ping program",
        "Used only with lctl=false; with any, the program ping is run with them.",
    )
    .reloadable(),
    Parameter::optional(
        "failure_score",
        Content::Number("0"),
        "Value below which the resource has failed",
        "With a value above 0, start and monitor fail when the attribute would be less.",
    )
    .reloadable(),
    Parameter::optional(
        "debug",
        Content::Switch("false"),
        "Say who answered",
        "Print which servers answered and which did not.",
    )
    .reloadable(),
];

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    let (connectivity, tries) = (Connectivity::read(context)?, Tries::read(context)?);
    let over_lnet = context.is_on("lctl")?;
    if over_lnet && action != "stop" && action != "monitor" {
        context.needs("lctl")?;
    }
    if over_lnet && action == "start" {
        load_modules(context)?;
    }
    // The name under which the well-known agent keeps it.
    let state = context.state_file_of("pidfile", "ping", "");
    let device = context.text("device");
    let has_link = device.is_empty() || Interfaces::here().has_link(device);
    connectivity.perform(context, action, &state, &|nid| match (has_link, over_lnet) {
        (false, _) => Ok(Reach::Unknown(format!("{device} is down or has no carrier"))),
        (true, true) => ask_lnet(context, &tries, nid),
        (true, false) => tries.ask(context, nid.split('@').next().unwrap_or(nid)),
    })
}

fn ask_lnet(context: &Context, tries: &Tries<'_>, nid: &str) -> Result<Reach, Failure> {
    // Ends by itself after its own timeout, unless the module hangs.
    let limit = tries.patience * 2 + Duration::from_secs(1);
    context.needs("lctl")?;
    let mut last = Reach::Silent;
    for _ in 0..tries.attempts {
        last = match context.call_within(limit, "lctl", &["ping", nid, &tries.seconds()]) {
            Ok(said) if said.code == Some(0) => return Ok(Reach::Answers),
            Ok(said) => Reach::Unknown(said.complaint()),
            Err(failure) => return Ok(Reach::Unknown(failure.reason)),
        };
    }
    Ok(last)
}
