//! What an executor is told beside what it is to do.

use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use crate::model::{CloneSettings, Task, Work};
use std::collections::BTreeMap;

impl Work<'_> {
    /// The agent's parameters; a connection into a container is made to where that will be.
    pub(crate) fn parameters_for(
        &self,
        resource: ResourceIndex,
        node: Option<NodeIndex>,
    ) -> Attributes {
        let mut parameters = self.at.parameters(resource, node);
        let container = self.at.resources[resource].container;
        if let (Some(address), Some(container)) = (parameters.get_mut("addr"), container)
            && address == "#uname"
        {
            let planned = self.drafts[container].node;
            if let Some(node) = planned.or_else(|| self.at.current_node(container)) {
                address.clone_from(&self.at.nodes[node].name);
            }
        }
        parameters
    }
}

type Attributes = BTreeMap<String, String>;

/// The operation's own parameters, the resource's, and `CRM_meta_...`; what is there first stays.
pub(super) fn attributes(work: &Work<'_>, action: ActionIndex) -> Attributes {
    let state = &work.actions[action];
    let mut all = state.extra.clone();
    if let Some(resource) = state.resource
        && work.at.resources[resource].is_primitive()
    {
        for (name, value) in work.parameters_for(resource, state.node) {
            all.entry(name).or_insert(value);
        }
    }
    for (name, value) in &state.meta {
        add_meta(&mut all, name, value);
    }
    if let Some(node) = state.node
        && (!state.flags.is_pseudo || state.operation.task == Task::Fence)
    {
        let node = &work.at.nodes[node];
        all.insert("CRM_meta_on_node".into(), node.name.clone());
        all.insert("CRM_meta_on_node_uuid".into(), node.id.clone());
    }
    if let Some(resource) = state.resource {
        add_resource_meta(work, resource, &mut all);
        add_guest_meta(work, action, resource, &mut all);
    }
    all
}

/// `start-delay` becomes `CRM_meta_start_delay`; what has `#` or `:` in its name stays inside.
fn add_meta(all: &mut Attributes, name: &str, value: &str) {
    if !name.contains(['#', ':']) {
        let name = format!("CRM_meta_{}", name.replace('-', "_"));
        all.entry(name).or_insert_with(|| value.to_owned());
    }
}

fn add_resource_meta(work: &Work<'_>, resource: ResourceIndex, all: &mut Attributes) {
    let state = &work.at.resources[resource];
    for name in ["clone", "remote-node"] {
        if let Some(value) = state.meta.get(name)
            && state.is_primitive()
        {
            all.insert(format!("CRM_meta_{}", name.replace('-', "_")), value.clone());
        }
    }
    if let Some(address) = state.meta.get("external-ip").filter(|_| state.is_primitive()) {
        all.insert("pcmk_external_ip".into(), address.clone());
    }
    let mut at = Some(resource);
    while let Some(part) = at {
        let part = &work.at.resources[part];
        let around = part.container.filter(|it| state.is_primitive() && *it != resource);
        if let Some(container) = around {
            let id = work.at.resources[container].id.clone();
            all.insert("CRM_meta_container".into(), id);
        }
        if let Some(settings) = part.clone_settings() {
            add_clone_meta(settings, all);
        }
        at = part.parent;
    }
}

fn add_clone_meta(settings: &CloneSettings, all: &mut Attributes) {
    let mut say = |name: &str, value: String| {
        all.insert(format!("CRM_meta_{name}"), value);
    };
    say("globally_unique", settings.is_unique.to_string());
    say("notify", settings.is_notified.to_string());
    say("clone_max", settings.max.to_string());
    say("clone_node_max", settings.node_max.to_string());
    if settings.is_promotable {
        // Agents of older days ask for the older names.
        for name in ["promoted_max", "master_max"] {
            say(name, settings.promoted_max.to_string());
        }
        for name in ["promoted_node_max", "master_node_max"] {
            say(name, settings.promoted_node_max.to_string());
        }
    }
}

/// What runs inside of a container learns on which machine that is.
fn add_guest_meta(
    work: &Work<'_>,
    action: ActionIndex,
    resource: ResourceIndex,
    all: &mut Attributes,
) {
    let state = &work.actions[action];
    let Some(node) = state.node.map(|node| &work.at.nodes[node]).filter(|node| node.is_guest())
    else {
        return;
    };
    let container = node.connection.and_then(|it| work.at.resources[it].container);
    let Some(container) = container else { return };
    let task = match state.operation.task {
        Task::Notify(_, of) | Task::Notified(_, of) => of.task(),
        task => task,
    };
    let host = match task {
        Task::Stop | Task::Stopped | Task::Demote | Task::Demoted => {
            work.at.current_node(container)
        }
        Task::Start | Task::Running | Task::Monitor | Task::Promote | Task::Promoted => {
            work.drafts[container].node
        }
        _ => None,
    };
    let Some(host) = host else { return };
    if let Some(target) = work.at.resources[resource].meta.get("container-attribute-target") {
        add_meta(all, "container-attribute-target", target);
    }
    add_meta(all, "physical_host", &work.at.nodes[host].name);
}
