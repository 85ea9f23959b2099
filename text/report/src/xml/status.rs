//! Nodes and resources as they are.

use super::{Build, Form};
use crate::reading::{
    is_active, is_disabled, is_implied, parts, shown_name, shown_role, target_role,
};
use cluster::{Element, Role};
use scheduler::Situation;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::{BundleLayout, ContainerKind, Kind, Management, NodeKind, Resource};

/// Before 3.15.1 nodes did not say which features they have.
const OLD_FEATURES: &str = "<3.15.1";

/// `<nodes>`
pub fn nodes(situation: &Situation<'_>) -> Element {
    let nodes = situation.node_order.iter().map(|node| self::node(situation, *node));
    Build::new("nodes").children(nodes).finish()
}

fn node(situation: &Situation<'_>, index: NodeIndex) -> Build {
    let node = &situation.nodes[index];
    let says = |colour: &str| {
        let mut own = node.attributes.iter().filter(|(name, _)| name.starts_with("#health"));
        own.any(|(_, value)| value.eq_ignore_ascii_case(colour))
    };
    let health = match (says("red"), says("yellow")) {
        (true, _) => "red",
        (false, true) => "yellow",
        (false, false) => "green",
    };
    let kind = match node.kind {
        NodeKind::Member => "member",
        NodeKind::Remote | NodeKind::Guest => "remote",
    };
    let features = node.attributes.get("#feature-set").map_or(OLD_FEATURES, String::as_str);
    let container = node.connection.and_then(|it| situation.resources[it].container);
    let container = container.filter(|_| node.is_guest());
    Build::new("node")
        .with("name", &node.name)
        .with("id", &node.id)
        .with("online", node.is_online)
        .with("standby", node.is_standby)
        .with("standby_onfail", node.is_standby_on_fail)
        .with("maintenance", node.is_in_maintenance)
        .with("pending", node.is_pending)
        .with("unclean", node.is_unclean)
        .with("health", health)
        .maybe("feature_set", node.is_online.then_some(features))
        .with("shutdown", node.is_shutting_down)
        .with("expected_up", node.is_expected_up)
        .with("is_dc", node.is_coordinator)
        .with("resources_running", node.running.len())
        .with("type", kind)
        .maybe("id_as_resource", container.map(|it| &situation.resources[it].id))
}

/// `<resources>`
pub fn resources(situation: &Situation<'_>, form: Form) -> Element {
    let is_shown = |index: &&ResourceIndex| {
        let resource = &situation.resources[**index];
        !is_implied(resource) && (!resource.is_removed || is_active(situation, **index))
    };
    let shown = situation.top.iter().filter(is_shown);
    Build::new("resources").children(shown.map(|it| resource(situation, *it, form))).finish()
}

/// One resource and what it is doing.
pub fn one(situation: &Situation<'_>, index: ResourceIndex, form: Form) -> Element {
    resource(situation, index, form).finish()
}

fn resource(situation: &Situation<'_>, index: ResourceIndex, form: Form) -> Build {
    let resource = &situation.resources[index];
    match &resource.kind {
        Kind::Primitive => primitive(situation, index, form),
        Kind::Group => {
            let start = Build::new("group")
                .with("id", &resource.id)
                .with("number_resources", resource.children.len());
            let start =
                managed(start, resource, form).with("disabled", is_disabled(situation, index));
            start.children(children(situation, resource, form))
        }
        Kind::Clone(settings) => {
            let start = Build::new("clone")
                .with("id", &resource.id)
                .with("multi_state", settings.is_promotable)
                .with("unique", settings.is_unique);
            let has_failed = has_failed(situation, index);
            let ignores = resource.is_failure_ignored;
            managed(start, resource, form)
                .with("disabled", is_disabled(situation, index))
                .with("failed", has_failed)
                .with("failure_ignored", ignores)
                .maybe("target_role", target_role(resource))
                .children(children(situation, resource, form))
        }
        Kind::Bundle(layout) => bundle(situation, index, layout, form),
    }
}

fn children<'s>(
    situation: &'s Situation<'_>,
    resource: &'s Resource<'_>,
    form: Form,
) -> impl Iterator<Item = Build> + 's {
    resource.children.iter().map(move |child| self::resource(situation, *child, form))
}

fn has_failed(situation: &Situation<'_>, index: ResourceIndex) -> bool {
    let resource = &situation.resources[index];
    resource.has_failed || resource.children.iter().any(|child| has_failed(situation, *child))
}

fn managed(build: Build, resource: &Resource<'_>, form: Form) -> Build {
    let is_in_maintenance = resource.settings.management == Management::Maintenance;
    build
        .maybe("maintenance", (form == Form::Newest).then_some(is_in_maintenance))
        .with("managed", resource.is_managed)
}

fn bundle(
    situation: &Situation<'_>,
    index: ResourceIndex,
    layout: &BundleLayout,
    form: Form,
) -> Build {
    let resource = &situation.resources[index];
    let container = match layout.container {
        ContainerKind::Docker => "docker",
        ContainerKind::Podman => "podman",
    };
    let start = Build::new("bundle")
        .with("id", &resource.id)
        .with("type", container)
        .with("image", &layout.image)
        .with("unique", layout.replicas_per_node > 1);
    let replicas = layout.replicas.iter().map(|replica| {
        let parts = parts(replica).map(|it| self::resource(situation, it, form));
        Build::new("replica").with("id", replica.offset).children(parts)
    });
    managed(start, resource, form).with("failed", has_failed(situation, index)).children(replicas)
}

fn primitive(situation: &Situation<'_>, index: ResourceIndex, form: Form) -> Build {
    let resource = &situation.resources[index];
    let places = resource.running_on.iter().map(|node| {
        let node = &situation.nodes[*node];
        let is_there = node.is_online;
        Build::new("node").with("name", &node.name).with("id", &node.id).with("cached", is_there)
    });
    let target = target_role(resource).filter(|role| *role != Role::Started);
    let lock = resource.lock.map(|(node, _)| &situation.nodes[node].name);
    let start = Build::new("resource")
        .with("id", shown_name(situation, index))
        .with("resource_agent", &resource.agent)
        .with("role", shown_role(situation, index))
        .maybe("target_role", target)
        .with("active", is_active(situation, index))
        .with("orphaned", resource.is_removed)
        .with("blocked", resource.is_blocked);
    managed(start, resource, form)
        .with("failed", resource.has_failed)
        .with("failure_ignored", resource.is_failure_ignored)
        .with("nodes_running_on", resource.running_on.len())
        .maybe("pending", resource.pending.map(|pending| pending.task.name()))
        .maybe("locked_to", lock)
        .children(places)
}
