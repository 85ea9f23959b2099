//! The cluster's state as XML: what agents and exporters read of `crm_mon --output-as=xml`.

use crate::picture::Picture;
use cluster::{Element, Extra, ExtraNode};
use scheduler::Situation;
use scheduler::index::{NodeIndex, ResourceIndex};
use scheduler::model::{Kind, NodeKind};

/// The version of the form, as `--output-as=xml` of Pacemaker 2.1.5 says it.
const FORM: &str = "2.25";

/// The state; `request` is the command line that asked for it.
pub(super) fn write(picture: &Picture, situation: &Situation<'_>, request: &str) -> String {
    let nodes = situation.nodes.keys().map(|node| self::node(picture, situation, node));
    let resources = situation.top.iter().map(|resource| self::resource(situation, *resource));
    let root = Build::new("pacemaker-result")
        .with("api-version", FORM)
        .with("request", request)
        .child(summary(picture, situation))
        .child(Build::new("nodes").children(nodes.collect()))
        .child(Build::new("resources").children(resources.collect()))
        .child(Build::new("status").with("code", "0").with("message", "OK"));
    format!("<?xml version=\"1.0\"?>\n{}", cib::write_element(&root.0))
}

struct Build(Element);

impl Build {
    fn new(name: &str) -> Self {
        Self(Element { name: name.to_owned(), extra: Extra::default() })
    }

    fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.0.extra.attributes.push((name.to_owned(), value.to_string()));
        self
    }

    fn child(mut self, child: Self) -> Self {
        self.0.extra.children.push(ExtraNode::Element(child.0));
        self
    }

    fn children(self, children: Vec<Self>) -> Self {
        children.into_iter().fold(self, Self::child)
    }
}

fn summary(picture: &Picture, situation: &Situation<'_>) -> Build {
    let coordinator = picture.coordinator();
    let mut dc = Build::new("current_dc").with("present", coordinator.is_some());
    if let Some(name) = &coordinator {
        let id = situation.node(name).map_or("", |node| situation.nodes[node].id.as_str());
        dc = dc
            .with("version", daemon::PRESENTED_VERSION)
            .with("name", name)
            .with("id", id)
            .with("with_quorum", picture.has_quorum());
    }
    Build::new("summary")
        .child(Build::new("stack").with("type", "corosync"))
        .child(dc)
        .child(Build::new("nodes_configured").with("number", situation.nodes.values().len()))
        .child(
            Build::new("resources_configured")
                .with("number", report::monitor::instances(situation)),
        )
}

fn node(picture: &Picture, situation: &Situation<'_>, index: NodeIndex) -> Build {
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
        .with("shutdown", node.is_shutting_down)
        .with("expected_up", node.is_expected_up)
        .with("is_dc", picture.coordinator().as_deref() == Some(node.name.as_str()))
        .with("resources_running", node.running.len())
        .with("type", kind)
}

fn resource(situation: &Situation<'_>, index: ResourceIndex) -> Build {
    let resource = &situation.resources[index];
    let children = resource.children.iter().map(|child| self::resource(situation, *child));
    match &resource.kind {
        Kind::Primitive => primitive(situation, index),
        Kind::Group => Build::new("group")
            .with("id", &resource.id)
            .with("number_resources", resource.children.len())
            .with("managed", resource.is_managed)
            .children(children.collect()),
        Kind::Clone(settings) => Build::new("clone")
            .with("id", &resource.id)
            .with("multi_state", settings.is_promotable)
            .with("unique", settings.is_unique)
            .with("managed", resource.is_managed)
            .children(children.collect()),
        Kind::Bundle(layout) => {
            let replicas = layout.replicas.iter().map(|replica| {
                let parts =
                    [replica.address, replica.child, Some(replica.container), replica.connection];
                let parts = parts.into_iter().flatten().map(|it| self::resource(situation, it));
                Build::new("replica").with("id", replica.offset).children(parts.collect())
            });
            let container = match layout.container {
                scheduler::model::ContainerKind::Docker => "docker",
                scheduler::model::ContainerKind::Podman => "podman",
            };
            Build::new("bundle")
                .with("id", &resource.id)
                .with("type", container)
                .with("image", &layout.image)
                .with("unique", resource.settings.is_unique)
                .with("managed", resource.is_managed)
                .children(replicas.collect())
        }
    }
}

fn primitive(situation: &Situation<'_>, index: ResourceIndex) -> Build {
    let resource = &situation.resources[index];
    let places = resource.running_on.iter().map(|node| {
        let node = &situation.nodes[*node];
        Build::new("node").with("name", &node.name).with("id", &node.id).with("cached", true)
    });
    let built = Build::new("resource")
        .with("id", &resource.history_id)
        .with("resource_agent", &resource.agent)
        .with("role", resource.role)
        .with("active", !resource.running_on.is_empty())
        .with("orphaned", resource.is_removed)
        .with("blocked", resource.is_blocked)
        .with("managed", resource.is_managed)
        .with("failed", resource.has_failed)
        .with("failure_ignored", resource.is_failure_ignored)
        .with("nodes_running_on", resource.running_on.len());
    let built = match resource.pending {
        Some(pending) => built.with("pending", pending.task.name()),
        None => built,
    };
    built.children(places.collect())
}
