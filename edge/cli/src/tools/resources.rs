//! `crm_resource`: everything on resources.

mod agents_here;
mod by_hand;
mod forgetting;
mod parameters;
mod places;
mod reasons;
mod showing;
mod waiting;

use crate::answer::{Failure, Outcome};
use crate::connection::Connection;
use crate::tools::arguments::{CommandLine, Parsed, attached, flag, value};
use crate::tools::markup::Said;
use api::{Forget, Request};
use cluster::Resource;
use report::operations::Wanted;
use report::ties::Depth;

pub(crate) use by_hand::look;
pub(crate) use forgetting::forget;
pub(crate) use parameters::{Values, meta_of, set as set_value, show as show_value};
pub(crate) use places::{Until, ban, relocate};
pub(crate) use showing::{constraints, locate, operations};
pub(crate) use waiting::restart;

const LINE: CommandLine = CommandLine {
    name: "crm_resource",
    purpose: "shows resources and changes what they do",
    words: "",
    choices: &[
        value("r", "resource", "the resource"),
        value("NH", "node host-uname", "the node"),
        flag("L", "list", "list all resources and what they do"),
        flag("l", "list-raw", "list the ids of all primitives"),
        flag("W", "locate", "show where the resource runs"),
        flag("q", "query-xml", "show the resource and its XML"),
        flag("w", "query-xml-raw", "show its XML only"),
        value("g", "get-parameter", "show a parameter, or with -m a meta attribute"),
        value(
            "p",
            "set-parameter",
            "set a parameter, or with -m a meta attribute, to --parameter-value",
        ),
        value("d", "delete-parameter", "remove a parameter, or with -m a meta attribute"),
        value("v", "parameter-value", "the value to set"),
        flag("m", "meta", "it is a meta attribute"),
        flag("z", "utilization", "it is a utilization attribute"),
        flag("M", "move", "move the resource to --node, or away from where it is"),
        flag("B", "ban", "keep the resource away from --node, or from where it is"),
        flag("U", "clear un-move", "take back what --move and --ban did"),
        flag("O", "list-all-operations", "list what was done with resources"),
        flag("o", "list-operations", "the same"),
        flag("a", "constraints", "show to which nodes and resources it is tied"),
        flag("A", "stack", "show those of the others too"),
        flag("Y", "why", "say whether it runs, and what keeps it as it is"),
        flag("", "digests", "show the digests of its parameters on --node"),
        flag("C", "cleanup", "forget failures"),
        flag("R", "refresh reprobe", "forget what is known and look again"),
        flag("F", "fail", "count it as failed on --node, so that it is recovered there"),
        flag("", "wait", "wait until the cluster has nothing to do any more"),
        flag("", "restart", "stop it, everywhere or on --node, and start it again"),
        flag("", "force-start", "have its agent start it here, without the cluster"),
        flag("", "force-stop", "have its agent stop it here, without the cluster"),
        flag("", "force-promote", "have its agent promote it here, without the cluster"),
        flag("", "force-demote", "have its agent demote it here, without the cluster"),
        attached("", "force-check", "have its agent look at it here, at this level"),
        flag("", "validate", "have an agent check a resource's parameters, or those of --option"),
        value("", "class", "with --validate: the standard of the agent"),
        value("", "provider", "with --validate: its provider"),
        value("", "agent", "with --validate: its name"),
        value("", "option", "with --validate and --force-...: a parameter, as NAME=VALUE"),
        flag("D", "delete", "remove the resource"),
        value("t", "resource-type", "accepted for the sake of scripts"),
        flag("", "list-standards", "list the kinds of agents"),
        flag("", "list-ocf-providers", "list the providers of OCF agents"),
        value("", "list-ocf-alternatives", "list the providers that have an agent of this type"),
        value("", "list-agents", "list the agents of STANDARD[:PROVIDER]"),
        value("", "show-metadata", "show the description of STANDARD:[PROVIDER:]TYPE"),
        value("n", "operation", "accepted for the sake of scripts"),
        value("I", "interval", "accepted for the sake of scripts"),
        flag("", "promoted master", "with --move, --ban and --clear: its promoted instances only"),
        flag("", "expired", "with --clear: only what has ended by itself"),
        value("T", "timeout", "wait no longer than this"),
        value("u", "lifetime", "with --move and --ban: end it after this time, such as PT2H"),
        flag("f", "force", "do it all the same"),
        flag("Q", "quiet", "show the value only"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

/// What can be asked for; without any of them it is `list`.
const COMMANDS: [&str; 34] = [
    "list",
    "list-all-operations",
    "list-operations",
    "constraints",
    "stack",
    "list-raw",
    "locate",
    "query-xml",
    "query-xml-raw",
    "get-parameter",
    "set-parameter",
    "delete-parameter",
    "move",
    "ban",
    "clear",
    "why",
    "digests",
    "cleanup",
    "refresh",
    "fail",
    "wait",
    "restart",
    "force-start",
    "force-stop",
    "force-promote",
    "force-demote",
    "force-check",
    "validate",
    "delete",
    "list-standards",
    "list-ocf-providers",
    "list-ocf-alternatives",
    "list-agents",
    "show-metadata",
];

/// `crm_resource`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let command = given.first_of(&COMMANDS).unwrap_or("list");
    said(command, &given)?.show(LINE.name, args)
}

/// What is said to a command.
fn said(command: &str, given: &Parsed) -> Result<Said, Failure> {
    if let Some(said) = agents_here::answer(command, given) {
        return said;
    }
    let connection = Connection::usual();
    let (resource, node) = (given.value("resource"), given.value("node"));
    match command {
        "list" => showing::all(&connection),
        "list-raw" => showing::raw(&connection),
        "list-all-operations" | "list-operations" => {
            showing::done(&connection, Wanted { resource, node })
        }
        "why" => reasons::answer(&connection, resource, node),
        "cleanup" => forgetting::answer(&connection, (resource, node), Forget::Failures),
        "refresh" => forgetting::answer(&connection, (resource, node), Forget::Everything),
        "wait" => waiting::settle(&connection, waiting::patience(given.value("timeout"))?),
        "validate" => by_hand::answer(command, given),
        _ => with_resource(command, &connection, given),
    }
}

/// The commands that are about one resource.
fn with_resource(command: &str, connection: &Connection, given: &Parsed) -> Result<Said, Failure> {
    let no_resource = || Failure::Usage("Must supply a resource id with -r".into());
    let id = given.value("resource").ok_or_else(no_resource)?;
    let node = given.value("node");
    match command {
        "locate" => showing::place(connection, id, given.has("quiet")),
        "constraints" => showing::ties(connection, id, Depth::Near),
        "stack" => showing::ties(connection, id, Depth::All),
        "query-xml" | "query-xml-raw" => showing::query(connection, id),
        "digests" => showing::digests(connection, id, given.required("node")?),
        "get-parameter" | "set-parameter" | "delete-parameter" => {
            parameters::answer(command, connection, given)
        }
        "move" => places::relocate_by(connection, id, node, given),
        "ban" => places::ban_by(connection, id, node, given),
        "clear" => places::clear(connection, id, node, given),
        "fail" => forgetting::fail(connection, id, given.required("node")?),
        "restart" => {
            let patience = waiting::patience(given.value("timeout"))?;
            waiting::restart_by(connection, id, node, patience)
        }
        "delete" => {
            let (ids, force) = (vec![id.to_owned()], given.has("force"));
            connection.change(&Request::Remove { ids, force })?;
            Ok(Said::default())
        }
        _ => by_hand::answer(command, given),
    }
}

/// There is no resource of that id, but perhaps a similar one.
pub(crate) fn unknown(configuration: &cluster::Configuration, id: &str) -> Failure {
    let ids = configuration.resources.iter().flat_map(Resource::ids);
    let near = base::suggest::closest(id, ids);
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Failure::NoSuchObject(format!("Resource '{id}' not found{help}"))
}
