//! The cluster's state as XML: what agents and exporters read of `crm_mon --output-as=xml`.

use crate::picture::Picture;
use cluster::{Element, Extra, ExtraNode, Role};
use scheduler::Situation;
use scheduler::gather::{Health, Kind, Management, Presence, Standby};
use scheduler::index::{InstanceIndex, NodeIndex, ResourceIndex, UnitIndex};

/// The version of the form, as `--output-as=xml` of Pacemaker 2.1.5 says it.
const FORM: &str = "2.25";

/// The state; `request` is the command line that asked for it.
pub(super) fn write(picture: &Picture, situation: &Situation<'_>, request: &str) -> String {
    let nodes = situation.nodes.keys().map(|node| self::node(picture, situation, node));
    let resources = situation.resources.keys().map(|resource| self::resource(situation, resource));
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
        let id = situation.node(name).map_or("", |node| situation.nodes[node].id);
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
            Build::new("resources_configured").with("number", situation.instances.values().len()),
        )
}

fn node(picture: &Picture, situation: &Situation<'_>, index: NodeIndex) -> Build {
    let node = &situation.nodes[index];
    let active = situation.instances.values().filter(|instance| instance.on(index).is_some());
    let health = match node.health {
        Health::Green => "green",
        Health::Yellow => "yellow",
        Health::Red => "red",
    };
    Build::new("node")
        .with("name", node.name)
        .with("id", node.id)
        .with("online", node.presence == Presence::Online)
        .with("standby", node.standby == Some(Standby::Requested))
        .with("standby_onfail", node.standby == Some(Standby::Failure))
        .with("maintenance", node.is_in_maintenance)
        .with("pending", node.presence == Presence::Pending)
        .with("unclean", node.unclean.is_some())
        .with("health", health)
        .with("shutdown", node.is_shutting_down)
        .with("expected_up", node.presence != Presence::Offline)
        .with("is_dc", picture.coordinator().as_deref() == Some(node.name))
        .with("resources_running", active.count())
        .with("type", "member")
}

fn resource(situation: &Situation<'_>, index: ResourceIndex) -> Build {
    let resource = &situation.resources[index];
    match resource.kind {
        Kind::Clone(settings) => {
            let units =
                resource.units.iter().map(|unit| within_clone(situation, resource.id, *unit));
            Build::new("clone")
                .with("id", resource.id)
                .with("multi_state", settings.is_promotable)
                .with("unique", settings.is_unique)
                .children(units.flatten().collect())
        }
        Kind::Group => {
            let members: Vec<Build> =
                situation.instances_of(index).map(|one| instance(situation, one)).collect();
            group(resource.id.to_owned(), members)
        }
        Kind::Primitive | Kind::Orphan => {
            let mut found = situation.instances_of(index).map(|one| instance(situation, one));
            found.next().unwrap_or_else(|| Build::new("resource").with("id", resource.id))
        }
    }
}

fn group(id: String, members: Vec<Build>) -> Build {
    Build::new("group").with("id", id).with("number_resources", members.len()).children(members)
}

/// The instances of one unit of a clone; several members are a group inside it.
fn within_clone(situation: &Situation<'_>, clone: &str, index: UnitIndex) -> Vec<Build> {
    let unit = &situation.units[index];
    let members: Vec<Build> = unit.members.iter().map(|one| instance(situation, *one)).collect();
    if members.len() < 2 {
        return members;
    }
    let number = unit.number.map_or_else(String::new, |number| format!(":{number}"));
    vec![group(format!("{clone}{number}"), members)]
}

fn instance(situation: &Situation<'_>, index: InstanceIndex) -> Build {
    let instance = &situation.instances[index];
    let primitive = situation.primitive_of(index);
    let agent = primitive.agent;
    let name = match &agent.provider {
        Some(provider) => format!("{}:{provider}:{}", agent.class, agent.kind),
        None => format!("{}:{}", agent.class, agent.kind),
    };
    let role = instance.active.iter().map(|activity| activity.role).max();
    let places: Vec<Build> = instance
        .active
        .iter()
        .map(|activity| {
            let node = &situation.nodes[activity.node];
            Build::new("node").with("name", node.name).with("id", node.id).with("cached", true)
        })
        .collect();
    let failed = instance.active.iter().any(|activity| activity.failure.is_some());
    Build::new("resource")
        .with("id", &primitive.id)
        .with("resource_agent", name)
        .with("role", role.unwrap_or(Role::Stopped))
        .with("active", !places.is_empty())
        .with("orphaned", primitive.configured.is_none())
        .with("blocked", instance.blocked.is_some())
        .with("managed", situation.management(index) == Management::Managed)
        .with("failed", failed)
        .with("failure_ignored", false)
        .with("nodes_running_on", places.len())
        .children(places)
}
