//! `crm_resource`: everything on resources.

mod agents_here;
mod parameters;

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::arguments::{CommandLine, Parsed, flag, value};
use crate::connection::Connection;
use crate::picture::Picture;
use api::{Language, LoadMode, Request};
use cluster::{Object, Resource, ResourceRef};
use jiff::tz::TimeZone;
use report::operations::Wanted;
use report::ties::Depth;

pub(crate) use agents_here::metadata;
pub(crate) use parameters::{Values, meta_of, set as set_value, show as show_value};

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
        flag("C", "cleanup", "forget failures"),
        flag("R", "refresh", "forget what is known and look again"),
        flag("D", "delete", "remove the resource"),
        value("t", "resource-type", "accepted for the sake of scripts"),
        flag("", "list-standards", "list the kinds of agents"),
        flag("", "list-ocf-providers", "list the providers of OCF agents"),
        value("", "list-ocf-alternatives", "list the providers that have an agent of this type"),
        value("", "list-agents", "list the agents of STANDARD[:PROVIDER]"),
        value("", "show-metadata", "show the description of STANDARD:[PROVIDER:]TYPE"),
        value("n", "operation", "accepted for the sake of scripts"),
        value("I", "interval", "accepted for the sake of scripts"),
        value("u", "lifetime", "refused: constraints that end by themselves are not made"),
        flag("f", "force", "with --delete: although it is running"),
        flag("Q", "quiet", "show the value only"),
    ],
};

const COMMANDS: [&str; 23] = [
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
    "cleanup",
    "refresh",
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
    let Some(command) = given.first_of(&COMMANDS) else {
        return Err(Failure::Usage("say what to do; `crm_resource --help` lists all".into()));
    };
    if given.has("lifetime") {
        let help = "leave --lifetime out, and use --clear when it is over";
        return Err(Failure::Usage(format!(
            "constraints that end by themselves are not made; {help}"
        )));
    }
    if let Some(outcome) = agents_here::answer(command, &given) {
        return outcome;
    }
    let connection = Connection::usual();
    match command {
        "list" => crate::monitor::resource_list(&Picture::take(&connection)?),
        "list-raw" => list_raw(&connection),
        "list-all-operations" | "list-operations" => operations(
            &connection,
            Wanted { resource: given.value("resource"), node: given.value("node") },
        ),
        "cleanup" | "refresh" => cleanup(&connection, given.value("resource"), given.value("node")),
        _ => with_resource(command, &connection, &given),
    }
}

/// The commands that are about one resource.
fn with_resource(command: &str, connection: &Connection, given: &Parsed) -> Outcome {
    let id = given.required("resource")?;
    let node = given.value("node");
    match command {
        "locate" => locate(connection, id),
        "constraints" => constraints(connection, id, Depth::Near),
        "stack" => constraints(connection, id, Depth::All),
        "query-xml" | "query-xml-raw" => query_xml(connection, id, command == "query-xml-raw"),
        "get-parameter" | "set-parameter" | "delete-parameter" => {
            parameters::answer(command, connection, given)
        }
        "move" => relocate(connection, id, node),
        "ban" => ban(connection, id, node),
        "clear" => {
            connection.change(&Request::Clear { resource: id.to_owned() })?;
            DONE
        }
        _ => {
            let (ids, force) = (vec![id.to_owned()], given.has("force"));
            connection.change(&Request::Remove { ids, force })?;
            DONE
        }
    }
}

/// Lists what was done with resources.
pub(crate) fn operations(connection: &Connection, wanted: Wanted<'_>) -> Outcome {
    let picture = Picture::take(connection)?;
    let configuration = &picture.cib.configuration;
    if let Some(id) = wanted.resource.filter(|id| configuration.resource(id).is_none()) {
        return Err(unknown(configuration, id));
    }
    print(&report::operations::text(&picture.situation(), wanted, &TimeZone::system()));
    DONE
}

/// Shows what ties a resource to nodes and to other resources.
pub(crate) fn constraints(connection: &Connection, id: &str, depth: Depth) -> Outcome {
    let configuration = connection.cib()?.configuration;
    if configuration.resource(id).is_none() {
        return Err(unknown(&configuration, id));
    }
    print(&report::ties::text(&configuration, id, depth));
    DONE
}

/// There is no resource of that id, but perhaps a similar one.
pub(crate) fn unknown(configuration: &cluster::Configuration, id: &str) -> Failure {
    let ids = configuration.resources.iter().flat_map(Resource::ids);
    let near = base::suggest::closest(id, ids);
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Failure::NoSuchObject(format!("Resource '{id}' not found{help}"))
}

fn list_raw(connection: &Connection) -> Outcome {
    let configuration = connection.cib()?.configuration;
    for primitive in configuration.primitives() {
        line(&primitive.id);
    }
    DONE
}

/// Says where a resource runs, in the words that scripts know.
pub(crate) fn locate(connection: &Connection, id: &str) -> Outcome {
    let picture = Picture::take(connection)?;
    let places = picture.places_of(id).ok_or_else(|| unknown(&picture.cib.configuration, id))?;
    if places.is_empty() {
        line(&format!("resource {id} is NOT running"));
    }
    for place in places {
        line(&format!("resource {id} is running on: {place}"));
    }
    DONE
}

fn query_xml(connection: &Connection, id: &str, raw: bool) -> Outcome {
    let picture = Picture::take(connection)?;
    let configuration = &picture.cib.configuration;
    let resource = match configuration.resource(id) {
        Some(ResourceRef::Top(resource)) => resource.clone(),
        Some(ResourceRef::Cloned { child, .. }) => child.clone(),
        Some(ResourceRef::Member { primitive, .. }) => Resource::Primitive(primitive.clone()),
        None => return Err(unknown(configuration, id)),
    };
    if !raw {
        let places = picture.places_of(id).unwrap_or_default();
        let state = if places.is_empty() { "Stopped".into() } else { places.join(" ") };
        line(&format!("{id}:\t{state}"));
        line("Resource XML:");
    }
    print(&cib::write_object(&Object::Resource(resource)));
    DONE
}

/// Moves a resource.
pub(crate) fn relocate(connection: &Connection, id: &str, node: Option<&str>) -> Outcome {
    let node = node.map(str::to_owned);
    connection.change(&Request::Move { resource: id.to_owned(), node })?;
    DONE
}

/// Keeps a resource away from a node.
pub(crate) fn ban(connection: &Connection, id: &str, node: Option<&str>) -> Outcome {
    let Some(node) = node else { return relocate(connection, id, None) };
    let quoted = crate::words::quoted;
    let constraint = quoted(&format!("cli-ban-{id}-on-{node}"));
    connection.change_by_program(&Request::Load {
        text: format!("location {constraint} {} -inf: {}\n", quoted(id), quoted(node)),
        language: Language::Crm,
        mode: LoadMode::Update,
        name: "ban".into(),
        force: false,
    })?;
    DONE
}

/// Forgets failures.
pub(crate) fn cleanup(
    connection: &Connection,
    resource: Option<&str>,
    node: Option<&str>,
) -> Outcome {
    let (resource, node) = (resource.map(str::to_owned), node.map(str::to_owned));
    connection.change(&Request::Cleanup { resource, node })?;
    DONE
}
