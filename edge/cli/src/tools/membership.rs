//! `crm_node`, `crmadmin` and `pacemakerd`: who is there.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::connection::Connection;
use crate::picture::Picture;
use crate::tools::arguments::{CommandLine, Parsed, attached, flag, value};
use crate::tools::markup::{Said, element, text};
use api::{NodeReport, Request, ViewReport};
use cluster::{NodeEntry, Objects};
use scheduler::model::NodeKind;

const CRM_NODE: CommandLine = CommandLine {
    name: "crm_node",
    purpose: "asks who is in the cluster",
    words: "",
    choices: &[
        flag("n", "name", "show this node's name"),
        flag("i", "cluster-id", "show this node's number"),
        flag("l", "list", "list all nodes that are known: number, name, state"),
        flag("p", "partition", "list the members of this node's view"),
        flag("q", "quorum", "show 1 with quorum, 0 without"),
        value("N", "name-for-id", "show the name of the node with this number"),
        value("R", "remove", "forget the node of this name"),
        flag("f", "force", "with --remove: although something may be running there"),
        flag("Q", "quiet", "accepted for the sake of scripts"),
    ],
};

/// `crm_node`
pub(crate) fn crm_node(args: &[String]) -> Outcome {
    let given = CRM_NODE.read(args)?;
    let connection = Connection::usual();
    let commands = ["name", "cluster-id", "list", "partition", "quorum", "name-for-id", "remove"];
    let Some(command) = given.first_of(&commands) else {
        return Err(Failure::Usage("say what to show: -n, -i, -l, -p, -q, -N or -R".into()));
    };
    match command {
        "name" => line(&connection.this_node()?),
        "cluster-id" => line(&id(&connection)?),
        "list" => print(&list(&connection)?),
        "partition" => line(&partition(&connection.node()?)),
        "quorum" => {
            let view = view_of(&connection.node()?);
            line(if view.quorate { "1" } else { "0" });
        }
        "name-for-id" => line(&name_for(&connection, given.required("name-for-id")?)?),
        _ => {
            forget(&connection, given.required("remove")?, given.has("force"))?;
        }
    }
    DONE
}

/// Forgets a node that is gone for good.
pub(crate) fn forget(connection: &Connection, name: &str, force: bool) -> Result<(), Failure> {
    let nodes = connection.cib()?.configuration.nodes;
    let is_member = |node: NodeReport| view_of(&node).members.iter().any(|it| it.name == name);
    if connection.file().is_none() && is_member(connection.node()?) {
        let text = format!("{name} is a member of the cluster; stop it first");
        return Err(Failure::Other(text));
    }
    if nodes.iter().all(|node| node.name != name) {
        return Err(unknown(&nodes, name));
    }
    connection.change(&Request::Remove { ids: vec![name.to_owned()], force })
}

/// There is no node of that name, but perhaps one of a similar name.
pub(crate) fn unknown(nodes: &Objects<NodeEntry>, name: &str) -> Failure {
    let near = base::suggest::closest(name, nodes.iter().map(|node| node.name.as_str()));
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Failure::NoSuchObject(format!("there is no node `{name}`{help}"))
}

/// The number of this node.
fn id(connection: &Connection) -> Result<String, Failure> {
    if connection.file().is_none() {
        return Ok(connection.node()?.id.to_string());
    }
    let (name, nodes) = (connection.this_node()?, connection.cib()?.configuration.nodes);
    let entry = nodes.iter().find(|node| node.name == name);
    entry.map(|node| node.id.clone()).ok_or_else(|| unknown(&nodes, &name))
}

fn view_of(node: &NodeReport) -> ViewReport {
    node.view.clone().unwrap_or_default()
}

fn partition(node: &NodeReport) -> String {
    let names: Vec<String> = view_of(node).members.into_iter().map(|member| member.name).collect();
    names.join(" ")
}

/// Number, name and state of every node, by number.
fn list(connection: &Connection) -> Result<String, Failure> {
    let (node, cib) = (connection.node()?, connection.cib()?);
    let members = view_of(&node).members;
    let mut lines: Vec<(u32, String, &str)> =
        members.iter().map(|member| (member.id, member.name.clone(), "member")).collect();
    for entry in cib.configuration.nodes {
        if members.iter().all(|member| member.name != entry.name) {
            lines.push((entry.id.parse().unwrap_or(0), entry.name, "lost"));
        }
    }
    lines.sort();
    Ok(lines.iter().map(|(id, name, state)| format!("{id} {name} {state}\n")).collect())
}

fn name_for(connection: &Connection, id: &str) -> Result<String, Failure> {
    if connection.file().is_none() {
        let members = view_of(&connection.node()?).members;
        if let Some(member) = members.into_iter().find(|member| member.id.to_string() == id) {
            return Ok(member.name);
        }
    }
    let entry = connection.cib()?.configuration.nodes.into_iter().find(|node| node.id == id);
    entry
        .map(|entry| entry.name)
        .ok_or_else(|| Failure::NoSuchObject(format!("there is no node with number {id}")))
}

const CRMADMIN: CommandLine = CommandLine {
    name: "crmadmin",
    purpose: "asks who decides and who is there",
    words: "",
    choices: &[
        flag("D", "dc_lookup dc-lookup", "show the name of the node that decides"),
        value("S", "status", "show what the node of this name does"),
        flag("P", "pacemakerd", "show whether the cluster manager of this machine runs"),
        attached("N", "nodes", "list the nodes: all, cluster, guest, remote"),
        flag("B", "bash-export", "list them as settings for a shell"),
        value("t", "timeout", "accepted for the sake of scripts"),
        flag("i", "ipc-name", "accepted for the sake of scripts"),
        flag("q", "quiet", "show names only"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

/// `crmadmin`
pub(crate) fn crmadmin(args: &[String]) -> Outcome {
    let given = CRMADMIN.read(args)?;
    let connection = Connection::usual();
    let said = match given.first_of(&["dc_lookup", "status", "pacemakerd", "nodes"]) {
        Some("dc_lookup") => coordinator(&connection.node()?, &given)?,
        Some("status") => member_state(&connection.node()?, given.required("status")?)?,
        Some("pacemakerd") => alive(&connection)?,
        Some(_) => {
            // `-N cluster` as people write it, with the kind apart.
            let apart = given.words.first().map(String::as_str);
            let kind = given.value("nodes").or(apart).unwrap_or("all");
            nodes(&connection, kind, given.has("bash-export"))?
        }
        None => return Err(Failure::Usage("say what to show: -D, -S NODE, -P or -N".into())),
    };
    said.show(CRMADMIN.name, args)
}

fn coordinator(node: &NodeReport, given: &Parsed) -> Result<Said, Failure> {
    let name = view_of(node).coordinator;
    if name.is_empty() {
        return Err(Failure::NoSuchObject("No DC has been elected".into()));
    }
    let text = match given.has("quiet") {
        true => format!("{name}\n"),
        false => format!("Designated Controller is: {name}\n"),
    };
    Ok(Said::both(text, element("dc", &[("node_name", &name)], Vec::new())))
}

/// The words of Pacemaker's controller for what a member does; here every member is ready.
fn member_state(node: &NodeReport, name: &str) -> Result<Said, Failure> {
    let view = view_of(node);
    if view.members.iter().all(|member| member.name != name) {
        return Err(Failure::NoSuchObject(format!("{name} is not in this node's view")));
    }
    let state = if view.coordinator == name { "S_IDLE" } else { "S_NOT_DC" };
    let about = [("node_name", name), ("state", state), ("result", "ok")];
    let part = element("crmd", &about, Vec::new());
    Ok(Said::both(format!("Controller on {name} in state {state}: ok\n"), part))
}

/// A daemon that answers runs.
fn alive(connection: &Connection) -> Result<Said, Failure> {
    connection.node()?;
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let about = [("sys_from", "pacemakerd"), ("state", "running"), ("last_updated", &now)];
    let text = format!("Status of pacemakerd: 'Pacemaker is running' (last updated {now})\n");
    Ok(Said::both(text, element("pacemakerd", &about, Vec::new())))
}

fn nodes(connection: &Connection, kind: &str, for_shells: bool) -> Result<Said, Failure> {
    let mut said = Said::default();
    let mut parts = Vec::new();
    let picture = Picture::take(connection)?;
    let situation = picture.situation();
    for node in situation.node_order.iter().map(|node| &situation.nodes[*node]) {
        let own = match (node.kind, node.is_guest()) {
            (NodeKind::Member, _) => "cluster",
            (_, true) => "guest",
            _ => "remote",
        };
        if kind != "all" && !kind.split(',').any(|kind| kind == own) {
            continue;
        }
        let (id, name) = (&node.id, &node.name);
        said.text.push_str(&match for_shells {
            true => format!("export {name}={id}\n"),
            false => format!("{own} node: {name} ({id})\n"),
        });
        parts.push(element("node", &[("type", own), ("name", name), ("id", id)], Vec::new()));
    }
    if parts.is_empty() {
        said.text = "No nodes configured\n".into();
    }
    said.parts = vec![element::<&str>("nodes", &[], parts)];
    Ok(said)
}

const PACEMAKERD: CommandLine = CommandLine {
    name: "pacemakerd",
    purpose: "stands in for Pacemaker's main program; the cluster is started by `systole node`",
    words: "",
    choices: &[
        flag("F", "features", "show what this version can do"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

/// `pacemakerd`: agents ask for its version before they trust `crm_node -n`.
pub(crate) fn pacemakerd(args: &[String]) -> Outcome {
    let given = PACEMAKERD.read(args)?;
    if given.has("features") {
        return features().show(PACEMAKERD.name, args);
    }
    let text = "the cluster manager is started by `systole node --config FILE --state DIR`";
    Err(Failure::Usage(text.into()))
}

fn features() -> Said {
    const FEATURES: [&str; 2] = ["agent-manpages", "corosync-ge-2"];
    let (version, supports) = (crate::tools::version_text(), daemon::CRM_FEATURE_SET);
    let about = [
        ("version", daemon::PRESENTED_VERSION),
        ("build", env!("CARGO_PKG_VERSION")),
        ("feature_set", supports),
    ];
    let names = FEATURES.iter().map(|feature| text("feature", &[], feature));
    let list = element::<&str>("features", &[], names.collect());
    let text = format!("{version} Supporting v{supports}: {}\n", FEATURES.join(" "));
    Said::both(text, element("pacemakerd", &about, vec![list]))
}
