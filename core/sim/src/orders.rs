//! What people tell the cluster in storms: edits of the configuration as a node has it.

use crate::fault::Fault;
use crate::truth::mark_name;
use base::NodeId;
use cluster::{AttributeSet, Configuration, Edit, Lasting, NodeEntry, Object, first_value};
use manager::Command;

/// What a client would ask a node for that has this configuration; none where the fault is nothing that
/// people say, or about something that is not there.
pub(crate) fn command(fault: &Fault, configuration: &Configuration) -> Option<Command> {
    Some(edit(match fault {
        Fault::Standby(node, on) => Object::Node(standby(*node, *on, configuration)),
        Fault::Maintenance(on) => {
            let mut options = configuration.properties.first()?.clone();
            options.set("maintenance-mode", if *on { "true" } else { "false" });
            Object::Properties(options)
        }
        Fault::Manage(service, on) => {
            let mut primitive = configuration.primitive(service)?.clone();
            if primitive.meta.is_empty() {
                primitive.meta.push(AttributeSet::new(format!("{service}-meta")));
            }
            primitive.meta[0].set("is-managed", if *on { "true" } else { "false" });
            Object::Resource(cluster::Resource::Primitive(primitive))
        }
        Fault::Edit(_, mark) => {
            let mut block = AttributeSet::new(mark_name(*mark));
            block.set("note", &mark.to_string());
            Object::Properties(block)
        }
        _ => return None,
    }))
}

/// What has to be said so that nodes are used and services managed again.
pub(crate) fn left_over(configuration: &Configuration) -> Vec<Fault> {
    let stands_by = |entry: &&NodeEntry| first_value(&entry.attributes, "standby") == Some("on");
    let nodes = configuration.nodes.iter().filter(stands_by);
    let nodes =
        nodes.filter_map(|entry| Some(Fault::Standby(NodeId(entry.id.parse().ok()?), false)));
    let mode = configuration.is_property_on("maintenance-mode");
    let mode = mode.then_some(Fault::Maintenance(false));
    let services = configuration.primitives();
    let services = services.filter(|it| first_value(&it.meta, "is-managed") == Some("false"));
    let services = services.map(|it| Fault::Manage(it.id.clone(), true));
    nodes.chain(mode).chain(services).collect()
}

/// Somebody wants an object to be so.
fn edit(object: Object) -> Command {
    let edits = vec![Edit::Put(Box::new(object))];
    let (by, message) = ("somebody".into(), String::new());
    Command::Edit { edits, base: None, by, message, lasting: Lasting::Always }
}

fn standby(node: NodeId, on: bool, configuration: &Configuration) -> NodeEntry {
    let (id, name) = (node.to_string(), format!("n{node}"));
    let known = configuration.nodes.iter().find(|entry| entry.id == id).cloned();
    let mut entry = known.unwrap_or_else(|| NodeEntry { id, name, ..NodeEntry::default() });
    let mut attributes = AttributeSet::new(format!("nodes-{node}"));
    attributes.set("standby", if on { "on" } else { "off" });
    entry.attributes = vec![attributes];
    entry
}
