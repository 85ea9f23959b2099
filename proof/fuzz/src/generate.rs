//! A random cluster: some nodes, some of everything that can be configured, a history.

mod constraints;
mod options;
mod status;

use crate::tree::{put, set, tag, with};
use base::Rng;
use cluster::{Element, ExtraNode};
use options::{cluster_options, meta, operations};

/// How a cluster has fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// Anything can be anywhere, also where it should not.
    #[default]
    Any,
    /// Everything is on one node at the most, nothing is cloned, and nothing runs inside of
    /// anything: nothing is left to be decided by who is met first.
    Orderly,
}

/// What has been made so far, by id, for what refers to it.
#[derive(Clone, Debug, Default)]
struct Cast {
    manner: Manner,
    nodes: Vec<String>,
    /// All that constraints can name.
    resources: Vec<String>,
    /// Primitives with the greatest number of instances, for the history.
    instances: Vec<(String, u64)>,
    templates: Vec<String>,
    promotable: Vec<String>,
}

/// A cluster that is a function of the generator's state alone.
pub fn generate(random: &mut Rng, manner: Manner) -> Element {
    let mut cast = Cast { manner, ..Cast::default() };
    let members = 1 + random.below(6);
    cast.nodes = (1..=members).map(|number| format!("n{number}")).collect();
    let mut resources = Element { name: "resources".into(), ..Element::default() };
    let mut names = Names::default();
    for _ in 0..=random.below(9) {
        let resource = resource(random, &mut names, &mut cast);
        put(&mut resources, resource);
    }
    let constraints = constraints::constraints(random, &cast);
    let none: [(&str, &str); 0] = [];
    let mut configuration = with(
        tag("configuration", &none),
        [with(tag("crm_config", &none), [cluster_options(random)]), nodes(random, &cast)],
    );
    put(&mut configuration, resources);
    put(&mut configuration, constraints);
    if random.percent(30) {
        let defaults = meta(random, "resource-defaults", 2);
        put(&mut configuration, with(tag("rsc_defaults", &none), defaults));
    }
    let root = [
        ("crm_feature_set", "3.19.0"),
        ("validate-with", "pacemaker-3.9"),
        ("epoch", "1"),
        ("num_updates", "0"),
        ("admin_epoch", "0"),
        ("have-quorum", if random.percent(85) { "1" } else { "0" }),
        ("dc-uuid", "1"),
    ];
    if manner == Manner::Orderly {
        leave_out_insides(&mut configuration);
    }
    with(tag("cib", &root), [configuration, status::status(random, &cast)])
}

/// Takes out what puts a resource inside of another or on a node of its own, and agents that the
/// history does not know.
fn leave_out_insides(element: &mut Element) {
    element.extra.children.retain(|child| match child {
        ExtraNode::Element(child) => {
            !["remote-node", "container"].contains(&child.attribute("name").unwrap_or_default())
        }
        ExtraNode::Comment(_) | ExtraNode::Text(_) => true,
    });
    if ["primitive", "template"].contains(&element.name.as_str())
        && element.attribute("class").is_some_and(|class| class != "stonith")
    {
        for (name, value) in [("class", "ocf"), ("provider", "pacemaker"), ("type", "Dummy")] {
            set(element, name, value);
        }
    }
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child {
            leave_out_insides(child);
        }
    }
}

fn nodes(random: &mut Rng, cast: &Cast) -> Element {
    let nodes = cast.nodes.iter().enumerate().map(|(at, name)| {
        let id = (at + 1).to_string();
        let mut node = tag("node", &[("id", id.as_str()), ("uname", name)]);
        let attributes = [("standby", "on"), ("maintenance", "on"), ("site", "a"), ("site", "b")];
        if random.percent(30) {
            let (name, value) = random.pick(&attributes).copied().unwrap_or_default();
            put(&mut node, pairs("instance_attributes", &format!("node-{id}"), &[(name, value)]));
        }
        if random.percent(30) {
            let cores = random.below(9).to_string();
            put(&mut node, pairs("utilization", &format!("room-{id}"), &[("cores", &cores)]));
        }
        node
    });
    let nodes: Vec<Element> = nodes.collect();
    with(Element { name: "nodes".into(), ..Element::default() }, nodes)
}

/// A block of names and values.
fn pairs(name: &str, id: &str, values: &[(&str, &str)]) -> Element {
    let pairs = values.iter().map(|(key, value)| {
        let own = format!("{id}-{key}");
        tag("nvpair", &[("id", own.as_str()), ("name", key), ("value", value)])
    });
    with(tag(name, &[("id", id)]), pairs)
}

/// Ids that are not used yet.
#[derive(Clone, Copy, Debug, Default)]
struct Names(u32);

impl Names {
    fn next(&mut self, prefix: &str) -> String {
        self.0 += 1;
        format!("{prefix}{}", self.0)
    }
}

/// One resource of any kind.
fn resource(random: &mut Rng, names: &mut Names, cast: &mut Cast) -> Element {
    match random.below(10) {
        0 | 1 => group(random, names, cast, 1),
        2 | 3 if cast.manner == Manner::Any => clone(random, names, cast),
        4 if cast.manner == Manner::Any => bundle(random, names, cast),
        5 => template(random, names, cast),
        6 => fence_device(random, names, cast),
        _ => primitive(random, names, cast, 1),
    }
}

const AGENTS: [(&str, &str, &str); 4] = [
    ("ocf", "pacemaker", "Dummy"),
    ("ocf", "heartbeat", "Filesystem"),
    ("ocf", "pacemaker", "Stateful"),
    ("systemd", "", "httpd"),
];

/// A primitive; `most` is how many instances of it there may be.
fn primitive(random: &mut Rng, names: &mut Names, cast: &mut Cast, most: u64) -> Element {
    let id = names.next("r");
    let mut element = match random.pick(&cast.templates) {
        Some(template) if random.percent(50) => {
            tag("primitive", &[("id", id.as_str()), ("template", template)])
        }
        _ => of_agent("primitive", &id, random),
    };
    fill(&mut element, &id, random);
    if cast.manner == Manner::Any && random.percent(15) {
        let guest = format!("guest-{id}");
        let block = format!("{id}-guest");
        put(&mut element, pairs("meta_attributes", &block, &[("remote-node", &guest)]));
    }
    cast.resources.push(id.clone());
    cast.instances.push((id, most));
    element
}

fn of_agent(name: &str, id: &str, random: &mut Rng) -> Element {
    let (class, provider, kind) = random.pick(&AGENTS).copied().unwrap_or(AGENTS[0]);
    match provider {
        "" => tag(name, &[("id", id), ("class", class), ("type", kind)]),
        _ => tag(name, &[("id", id), ("class", class), ("provider", provider), ("type", kind)]),
    }
}

/// What a primitive or template has inside.
fn fill(element: &mut Element, id: &str, random: &mut Rng) {
    if let Some(block) = meta(random, id, 2) {
        put(element, block);
    }
    if random.percent(40) {
        let value = random.below(3).to_string();
        let block = pairs("instance_attributes", &format!("{id}-p"), &[("state", &value)]);
        put(element, block);
    }
    if random.percent(20) {
        let cores = random.below(6).to_string();
        put(element, pairs("utilization", &format!("{id}-u"), &[("cores", &cores)]));
    }
    put(element, operations(random, id));
}

fn template(random: &mut Rng, names: &mut Names, cast: &mut Cast) -> Element {
    let id = names.next("t");
    let mut element = of_agent("template", &id, random);
    fill(&mut element, &id, random);
    cast.templates.push(id);
    element
}

fn fence_device(random: &mut Rng, names: &mut Names, cast: &mut Cast) -> Element {
    let id = names.next("f");
    let mut element = tag("primitive", &[("id", id.as_str()), ("class", "stonith")]);
    set(&mut element, "type", "fence_ipmilan");
    let hosts = cast.nodes.join(" ");
    let values = [("pcmk_host_list", hosts.as_str()), ("provides", "unfencing")];
    let count = if random.percent(20) { 2 } else { 1 };
    put(&mut element, pairs("instance_attributes", &format!("{id}-p"), &values[..1]));
    if count == 2 {
        put(&mut element, pairs("meta_attributes", &format!("{id}-m"), &values[1..]));
    }
    cast.resources.push(id.clone());
    cast.instances.push((id, 1));
    element
}

fn group(random: &mut Rng, names: &mut Names, cast: &mut Cast, most: u64) -> Element {
    let id = names.next("g");
    let mut element = tag("group", &[("id", id.as_str())]);
    if let Some(block) = meta(random, &id, 1) {
        put(&mut element, block);
    }
    for _ in 0..=random.below(3) {
        let member = primitive(random, names, cast, most);
        put(&mut element, member);
    }
    cast.resources.push(id);
    element
}

fn clone(random: &mut Rng, names: &mut Names, cast: &mut Cast) -> Element {
    let id = names.next("c");
    let mut element = tag("clone", &[("id", id.as_str())]);
    let mut values: Vec<(&str, String)> = Vec::new();
    let flags =
        ["interleave", "notify", "ordered", "globally-unique", "promotable"].map(|it| (it, 30));
    for (name, percent) in flags {
        if random.percent(percent) {
            values.push((name, "true".into()));
        }
    }
    let numbers = ["clone-max", "clone-node-max", "clone-min", "promoted-max", "promoted-node-max"];
    for name in numbers {
        if random.percent(25) {
            values.push((name, random.below(4).to_string()));
        }
    }
    let given: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    put(&mut element, pairs("meta_attributes", &format!("{id}-clone"), &given));
    if values.iter().any(|(name, _)| *name == "promotable") {
        cast.promotable.push(id.clone());
    }
    let most = cast.nodes.len() as u64;
    let child = if random.percent(30) {
        group(random, names, cast, most)
    } else {
        primitive(random, names, cast, most)
    };
    put(&mut element, child);
    cast.resources.push(id);
    element
}

fn bundle(random: &mut Rng, names: &mut Names, cast: &mut Cast) -> Element {
    let id = names.next("b");
    let replicas = (1 + random.below(3)).to_string();
    let mut container = tag("podman", &[("image", "service:1"), ("replicas", &replicas)]);
    if random.percent(40) {
        set(&mut container, "promoted-max", "1");
        cast.promotable.push(id.clone());
    }
    if random.percent(20) {
        set(&mut container, "replicas-per-host", "2");
    }
    let mut element = with(tag("bundle", &[("id", id.as_str())]), [container]);
    if random.percent(70) {
        let network = [("ip-range-start", "10.0.0.10"), ("control-port", "9999")];
        let from = usize::from(random.percent(30));
        put(&mut element, tag("network", &network[from..]));
    }
    if let Some(block) = meta(random, &id, 1) {
        put(&mut element, block);
    }
    if random.percent(75) {
        let child = primitive(random, names, cast, 3);
        put(&mut element, child);
    }
    for kind in ["podman-0", "podman-1", "0", "1", "ip-10.0.0.10"] {
        cast.instances.push((format!("{id}-{kind}"), 1));
    }
    cast.resources.push(id);
    element
}
