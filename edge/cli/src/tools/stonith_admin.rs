//! `stonith_admin`: what there is to fence with, and what was fenced.

use crate::answer::{Failure, Outcome};
use crate::connection::Connection;
use crate::description;
use crate::fencing::{NO_FENCING, catalogue, confirm_at, history_of};
use crate::tools::arguments::{CommandLine, Parsed, attached, flag, value};
use crate::tools::markup::{Said, element, list, text};
use crate::tools::resources;
use cluster::{Configuration, Element};
use jiff::tz::TimeZone;
use report::monitor::{FenceEvent, FenceOutcome, Options, fence_line};
use std::collections::BTreeMap;

const LINE: CommandLine = CommandLine {
    name: "stonith_admin",
    purpose: "shows fence agents, devices and history; vouches for a node that is down",
    words: "[NODE]",
    choices: &[
        flag("I", "list-installed", "list the fence agents of this machine"),
        flag("L", "list-registered", "list the configured fence devices"),
        value("l", "list", "list the devices that can fence this node"),
        value("s", "list-targets", "list the nodes that this device is said to fence"),
        value("Q", "query", "have this device's agent look whether it can be reached from here"),
        flag("M", "metadata", "show the description of the agent named by --agent"),
        flag("K", "validate", "have the agent named by --agent check --option"),
        value("a", "agent", "the agent that --metadata and --validate are about"),
        value("o", "option", "a parameter, as NAME=VALUE"),
        value("C", "confirm", "vouch that this node is certainly down"),
        attached("H", "history", "show what was fenced; a node's name or * for all"),
        flag("c", "cleanup", "with --history: refused, what was done stays on record"),
        flag("b", "broadcast", "with --history: all nodes know it anyway"),
        value("h", "last", "say when this node was fenced last"),
        value("F", "fence", "refused: fence a node"),
        value("U", "unfence", "refused: undo the fencing of a node"),
        value("B", "reboot", "refused: reboot a node"),
        value("R", "register", "refused: devices are configured"),
        value("D", "deregister", "refused: devices are configured"),
        value("r", "register-level", "refused: levels are configured"),
        value("d", "deregister-level", "refused: levels are configured"),
        value("t", "timeout", "accepted for the sake of scripts"),
        value("y", "delay", "accepted for the sake of scripts"),
        value("", "tolerance", "accepted for the sake of scripts"),
        value("T", "tag", "accepted for the sake of scripts"),
        value("i", "index", "accepted for the sake of scripts"),
        value("e", "env-option", "accepted for the sake of scripts"),
        flag("n", "as-node-id", "accepted for the sake of scripts"),
        flag("q", "quiet", "say nothing, the exit code tells"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

const COMMANDS: [&str; 17] = [
    "list-installed",
    "list-registered",
    "list",
    "list-targets",
    "query",
    "metadata",
    "validate",
    "confirm",
    "history",
    "last",
    "fence",
    "unfence",
    "reboot",
    "register",
    "deregister",
    "register-level",
    "deregister-level",
];

/// `stonith_admin`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let Some(command) = given.first_of(&COMMANDS) else {
        let text = "say what to do: -I, -L, -l NODE, -M, -C NODE or -H NODE";
        return Err(Failure::Usage(text.into()));
    };
    let said = said(command, &given)?;
    let said = if given.has("quiet") { Said { text: String::new(), ..said } } else { said };
    said.show(LINE.name, args)
}

fn said(command: &str, given: &Parsed) -> Result<Said, Failure> {
    let connection = Connection::usual();
    let configuration = || connection.cib().map(|cib| cib.configuration);
    match command {
        "list-installed" => {
            Ok(counted("installed fence devices", "fence device", &catalogue().fence_agents()))
        }
        "list-registered" => Ok(registered(&devices(&configuration()?, None))),
        "list" => Ok(registered(&devices(&configuration()?, given.value(command)))),
        "list-targets" => targets(&configuration()?, given.required(command)?),
        "query" => resources::look(&connection, given.required(command)?),
        "metadata" => {
            let agent = description::agent(&full_name(given.required("agent")?))?;
            let metadata = description::metadata(&agent)?;
            let part = text("metadata", &[], &metadata);
            Ok(Said::both(metadata, part))
        }
        "validate" => validate(given),
        "confirm" => {
            confirm_at(&connection, given.required(command)?)?;
            Ok(Said::default())
        }
        "history" => history(&connection, given),
        "last" => last(&connection, given.required(command)?),
        "register" | "deregister" | "register-level" | "deregister-level" => {
            Err(Failure::Other(DEVICES_ARE_CONFIGURED.into()))
        }
        _ => Err(Failure::Other(NO_FENCING.into())),
    }
}

/// Why a device cannot be made known beside the configuration.
const DEVICES_ARE_CONFIGURED: &str = "fence devices and levels come from the configuration alone, \
     so that all nodes know the same: add a primitive of class stonith, or a fencing topology";

fn full_name(agent: &str) -> String {
    if agent.starts_with("stonith:") { agent.to_owned() } else { format!("stonith:{agent}") }
}

/// The fence devices that are configured, or those of them that can fence a node.
fn devices(configuration: &Configuration, target: Option<&str>) -> Vec<String> {
    let fences = |parameters: &BTreeMap<String, String>| {
        target.is_none_or(|target| manager::plug_for(target, parameters).is_some())
    };
    configuration
        .primitives()
        .filter(|primitive| primitive.agent.is_fencing())
        .filter(|primitive| fences(&parameters(primitive)))
        .map(|primitive| primitive.id.clone())
        .collect()
}

fn parameters(device: &cluster::Primitive) -> BTreeMap<String, String> {
    let pairs = device.parameters.iter().flat_map(|set| &set.pairs);
    pairs.filter_map(|pair| Some((pair.name.clone(), pair.value.clone()?))).collect()
}

fn registered(devices: &[String]) -> Said {
    counted("registered fence devices", "fence device", devices)
}

/// A list, and how many there are in it.
fn counted(name: &str, what: &str, items: &[String]) -> Said {
    let plural = if items.len() == 1 { "" } else { "s" };
    let lines: String = items.iter().map(|item| format!(" {item}\n")).collect();
    let text = format!("{lines}{} {what}{plural} found\n", items.len());
    Said::both(text, list(name, None, items))
}

/// The nodes that a device is configured for.
fn targets(configuration: &Configuration, device: &str) -> Result<Said, Failure> {
    if !devices(configuration, None).iter().any(|known| known == device) {
        return Err(Failure::NoSuchObject("Couldn't list targets: No such device".into()));
    }
    let names = configuration.nodes.iter().map(|node| node.name.clone());
    let fenced =
        names.filter(|name| devices(configuration, Some(name)).iter().any(|it| it == device));
    Ok(counted("fence targets", "fence target", &fenced.collect::<Vec<_>>()))
}

/// Has an agent check parameters.
fn validate(given: &Parsed) -> Result<Said, Failure> {
    let name = given.required("agent")?;
    let agent = description::agent(&full_name(name))?;
    let pair = |option: &str| {
        let (name, value) = option.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    };
    let parameters = given.values("option").filter_map(pair).collect();
    let outcome = description::validate(&agent, parameters);
    let valid = if outcome.is_ok() { "true" } else { "false" };
    let part = element("validate", &[("agent", name), ("valid", valid)], Vec::new());
    Ok(match outcome {
        Ok(()) => Said::both(format!("Validation of {name} succeeded\n"), part),
        Err(why) => Said {
            text: format!("Validation of {name} failed: {why}\n"),
            parts: vec![part],
            code: 1,
        },
    })
}

fn history(connection: &Connection, given: &Parsed) -> Result<Said, Failure> {
    // `-H '*'` as scripts write it, with the name apart.
    let named = given.words.first().map(String::as_str);
    let node = given.value("history").or(named).unwrap_or("*");
    if given.has("cleanup") {
        return Err(Failure::Other(
            "the history of fencing stays: it is part of the cluster's records, where old entries \
             make room by themselves"
                .into(),
        ));
    }
    let mut events = history_of(connection)?;
    events.retain(|event| node == "*" || event.target == node);
    let options = Options { full_fencing: true, detail: true, ..Options::default() };
    let zone = TimeZone::system();
    let lines: String =
        events.iter().map(|event| format!("{}\n", fence_line(event, &options, &zone))).collect();
    let intro = match given.has("broadcast") {
        true => format!("gather fencing-history from {}\n", place(node)),
        false => String::new(),
    };
    let count = events.len();
    let plural = if count == 1 { "" } else { "s" };
    let elements: Vec<Element> = events.iter().map(|event| event_element(event, &zone)).collect();
    let about = [("name", "fencing history"), ("count", &count.to_string())];
    Ok(Said::both(
        format!("{intro}{lines}{count} event{plural} found\n"),
        element("list", &about, elements),
    ))
}

fn place(node: &str) -> String {
    if node == "*" { "all nodes".into() } else { format!("node {node}") }
}

fn event_element(event: &FenceEvent, zone: &TimeZone) -> Element {
    let completed = report::date(event.when, zone);
    let (status, reason) = match &event.outcome {
        FenceOutcome::Pending => ("pending", None),
        FenceOutcome::Succeeded => ("success", None),
        FenceOutcome::Failed(why) => ("failed", why.as_deref()),
    };
    let mut about = vec![
        ("status", status),
        ("action", event.action.as_str()),
        ("target", &event.target),
        ("client", &event.client),
        ("origin", &event.origin),
    ];
    about.extend(event.delegate.as_deref().map(|delegate| ("delegate", delegate)));
    about.extend(reason.map(|reason| ("exit-reason", reason)));
    if event.outcome != FenceOutcome::Pending {
        about.push(("completed", &completed));
    }
    element("fence_event", &about, Vec::new())
}

fn last(connection: &Connection, node: &str) -> Result<Said, Failure> {
    let events = history_of(connection)?;
    let is_it =
        |event: &&FenceEvent| event.target == node && event.outcome == FenceOutcome::Succeeded;
    let Some(event) = events.iter().find(is_it) else {
        return Ok(Said::text(format!("Node {node} has never been fenced\n")));
    };
    let when = report::date(event.when, &TimeZone::system());
    let part = element("last-fenced", &[("target", node), ("when", &when)], Vec::new());
    Ok(Said::both(format!("Node {node} last fenced at: {when}\n"), part))
}
