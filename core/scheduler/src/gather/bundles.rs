//! Bundles: the containers, addresses and connections that they imply.

use super::Reader;
use super::birth::{Birth, is_open};
use super::clones::{Body, CloneOf};
use super::remote::{Connection, REMOTE_PORT, block, operation};
use crate::index::ResourceIndex;
use crate::model::{BundleLayout, Cell, ContainerKind, Kind, NodeKind, Replica, Source, Weights};
use cluster::{Agent, Bundle, Discovery, Primitive, Score, StorageSource};
use std::borrow::Cow;
use std::fmt::Write;

/// Where the key that connections are secured with lies, on hosts and inside.
const KEY_FILE: &str = "/etc/pacemaker/authkey";

/// Where the hosts keep what is logged inside.
const LOG_ROOT: &str = "/var/log/pacemaker/bundles";

/// A file or directory of the host that is seen inside.
struct Mount<'a> {
    source: &'a str,
    target: &'a str,
    options: Option<&'a str>,
    /// Whether each replica has a directory of its own below the source.
    is_root: bool,
}

/// What all replicas of a bundle have in common.
struct Plan<'a> {
    bundle: &'a Bundle,
    kind: ContainerKind,
    mounts: Vec<Mount<'a>>,
    /// Ports of the host with those inside.
    ports: Vec<(String, String)>,
    /// The addresses of the replicas, by number.
    addresses: Vec<Option<String>>,
    replicas: u32,
    replicas_per_node: u32,
    promoted_max: u32,
    adds_hosts: bool,
}

impl<'a> Reader<'a> {
    /// Adds a bundle with all that belongs to it; nothing when it can not be run.
    pub(super) fn bundle(&mut self, bundle: &'a Bundle) -> Option<ResourceIndex> {
        let plan = Plan::new(bundle);
        let mut plan = plan.map_err(|why| self.warn(&bundle.id, why)).ok()?;
        plan.replicas = self.granted(&bundle.id, "replicas", plan.replicas);
        let inside = bundle.primitive.as_ref();
        inside.map_or(Some(()), |inside| self.with_template(inside).map(drop))?;
        let index = self.bear(Birth {
            id: bundle.id.clone(),
            number: None,
            parent: None,
            kind: Kind::Bundle(Box::new(plan.layout())),
            agent: Agent::default(),
            definition: None,
            meta: &bundle.meta,
            parameters: &bundle.parameters,
            container: None,
        });
        let state = &mut self.at.resources[index];
        state.settings.is_unique = plan.replicas_per_node > 1;
        // Its table is that of what is known when its containers are.
        state.weights = Weights::default();
        let child = match inside {
            Some(primitive) => Some(self.bundled(&plan, primitive, index)?),
            None => None,
        };
        if child.is_some() {
            plan.open_door();
        }
        let children =
            child.map_or_else(Vec::new, |child| self.at.resources[child].children.clone());
        let count = if child.is_some() { children.len() } else { plan.replicas as usize };
        for offset in 0..count {
            plan.add_address();
            let Some(instance) = children.get(offset) else { continue };
            self.at.resources[*instance].has_exclusive_discovery = true;
        }
        let mut replicas = Vec::new();
        for offset in 0..u32::try_from(count).unwrap_or(0) {
            let instance = children.get(offset as usize).copied();
            replicas.push(self.replica(&plan, offset, instance, index));
        }
        // The clone comes last among the bundle's parts, though it was read first.
        let parts = &mut self.at.resources[index].children;
        if let Some(place) = parts.iter().position(|part| Some(*part) == child) {
            let clone = parts.remove(place);
            parts.push(clone);
        }
        if let Kind::Bundle(layout) = &mut self.at.resources[index].kind {
            layout.replicas = replicas;
            layout.child = child;
        }
        if self.at.options.is_symmetric {
            self.complete_table(index);
        }
        Some(index)
    }

    /// The clone that runs inside of the containers.
    fn bundled(
        &mut self,
        plan: &Plan<'a>,
        primitive: &'a Primitive,
        bundle: ResourceIndex,
    ) -> Option<ResourceIndex> {
        let is_promotable = plan.promoted_max > 0;
        let (most, promoted) = (plan.replicas.to_string(), plan.promoted_max.to_string());
        let per_node = plan.replicas_per_node.to_string();
        let is_unique = if plan.replicas_per_node > 1 { "true" } else { "false" };
        let meta = [
            ("ordered", Some("true")),
            ("clone-max", Some(most.as_str())),
            ("clone-node-max", Some(per_node.as_str())),
            ("globally-unique", Some(is_unique)),
            ("promotable", is_promotable.then_some("true")),
            ("promoted-max", is_promotable.then_some(promoted.as_str())),
        ];
        // Promotable clones are called "master" here, so that names stay the same over upgrades.
        let suffix = if is_promotable { "master" } else { "clone" };
        let id = format!("{}-{suffix}", plan.bundle.id);
        let meta = [block(format!("{id}-meta"), &meta)];
        let body = Body::Primitive(primitive);
        let child =
            self.cloned(CloneOf { id, parent: Some(bundle), meta: &meta, parameters: &[], body })?;
        let instances = self.at.resources[child].children.clone();
        let is_notified =
            instances.iter().any(|instance| self.at.resources[*instance].settings.is_notified);
        let target = instances
            .iter()
            .find_map(|instance| self.at.resources[*instance].meta.get(ATTRIBUTE_TARGET).cloned());
        let state = &mut self.at.resources[child];
        if is_notified {
            state.settings.is_notified = true;
            if let Kind::Clone(settings) = &mut state.kind {
                settings.is_notified = true;
            }
        }
        if let Some(target) = target {
            for resource in [bundle, child] {
                let meta = &mut self.at.resources[resource].meta;
                meta.insert(ATTRIBUTE_TARGET.to_owned(), target.clone());
            }
        }
        Some(child)
    }

    fn replica(
        &mut self,
        plan: &Plan<'a>,
        offset: u32,
        child: Option<ResourceIndex>,
        bundle: ResourceIndex,
    ) -> Replica {
        let container = Cow::Owned(plan.container(offset, child.is_some()));
        let container = self.defined(container, None, Some(bundle));
        let address = plan.address(offset).map(|address| {
            let primitive = Cow::Owned(plan.address_holder(offset, address));
            self.defined(primitive, None, Some(bundle))
        });
        let mut replica =
            Replica { offset, address, container, connection: None, child, node: None };
        if let Some(child) = child {
            self.connect(plan, &mut replica, child, bundle);
            if let Some(address) = plan.address(offset) {
                let meta = &mut self.at.resources[child].meta;
                meta.insert("external-ip".to_owned(), address.to_owned());
            }
            // People can only say at the resource inside what in fact the container takes.
            let taken = std::mem::take(&mut self.at.resources[child].utilization);
            self.at.resources[container].utilization = taken;
        }
        replica
    }

    /// Adds the connection into a container, and the node that the container is.
    fn connect(
        &mut self,
        plan: &Plan<'a>,
        replica: &mut Replica,
        child: ResourceIndex,
        bundle: ResourceIndex,
    ) {
        let mut id = format!("{}-{}", plan.bundle.id, replica.offset);
        if self.at.resource(&id).is_some() {
            id = format!("pcmk-internal-{}-remote-{}", self.at.resources[child].id, replica.offset);
        }
        // Nothing but what is meant for it runs inside of a container.
        let node = self.at.node(&id).unwrap_or_else(|| self.add_node(&id, &id, NodeKind::Remote));
        let banned = Cell { score: Score::MINUS_INFINITY, discovery: Discovery::Never };
        self.set_cell(node, banned);
        self.at.nodes[node].is_reserved = true;
        for resource in self.at.top.clone() {
            self.disallow(resource, node, banned);
        }
        let own = Cell { score: Score::new(500), discovery: Discovery::Exclusive };
        let mut table = Weights::default();
        table.insert(node, own);
        self.at.resources[child].weights = table;
        if let Some(clone) = self.at.resources[child].parent {
            let outside = Cell { score: Score::MINUS_INFINITY, ..own };
            self.at.resources[clone].weights.insert(node, outside);
        }
        let port = plan.control_port().unwrap_or(REMOTE_PORT);
        let connection = Connection {
            id,
            container: self.at.resources[replica.container].id.clone(),
            is_managed: None,
            can_migrate: None,
            start_timeout: None,
            address: Some(plan.address(replica.offset).unwrap_or("#uname")),
            port: Some(port),
        };
        let primitive = Cow::Owned(connection.primitive());
        let connection = self.defined(primitive, None, Some(bundle));
        let remote: Vec<_> =
            self.at.nodes.iter().filter(|(_, node)| node.is_remote()).map(|(at, _)| at).collect();
        let weights = &mut self.at.resources[connection].weights;
        for node in remote {
            if weights.cell(node).is_some() {
                weights.replace(node, Score::MINUS_INFINITY, inside());
            }
        }
        self.at.resources[connection].container = Some(replica.container);
        self.at.resources[connection].remote_node = Some(node);
        self.at.resources[replica.container].launched.push(connection);
        self.at.nodes[node].connection = Some(connection);
        self.at.nodes[node].kind = NodeKind::Guest;
        self.set_kind(node, "container");
        replica.connection = Some(connection);
        replica.node = Some(node);
    }

    /// Takes a node out of reach for a resource that was read before the node was known to be a
    /// container.
    fn disallow(&mut self, resource: ResourceIndex, node: crate::index::NodeIndex, cell: Cell) {
        let state = &mut self.at.resources[resource];
        if state.weights.cell(node).is_some() {
            state.weights.insert(node, cell);
        }
        for child in state.children.clone() {
            self.disallow(child, node, cell);
        }
    }

    /// Adds the nodes that have become known since to a resource and all that is inside of it.
    fn complete_table(&mut self, resource: ResourceIndex) {
        if self.at.resources[resource].has_exclusive_discovery {
            return;
        }
        for child in self.at.resources[resource].children.clone() {
            self.complete_table(child);
        }
        if self.at.resources[resource].weights.is_empty() {
            self.at.resources[resource].weights = self.fresh_table();
        }
        for (node, cell) in self.cells.iter().filter(|(_, cell)| is_open(cell)) {
            let weights = &mut self.at.resources[resource].weights;
            if weights.cell(node).is_none() {
                weights.insert(node, *cell);
            }
        }
    }
}

/// Whose attributes count for a resource: those of its host, or its own.
const ATTRIBUTE_TARGET: &str = "container-attribute-target";

impl<'a> Plan<'a> {
    /// Or why there can be none.
    fn new(bundle: &'a Bundle) -> Result<Self, &'static str> {
        let kind = match bundle.container.kind {
            cluster::ContainerKind::Docker => ContainerKind::Docker,
            cluster::ContainerKind::Podman => ContainerKind::Podman,
            cluster::ContainerKind::Rkt => {
                return Err("is left out: use docker or podman, as rkt is no more");
            }
        };
        let promoted_max = bundle.container.promoted_max.unwrap_or(0);
        let usual = promoted_max.max(1);
        let per_node = bundle.container.replicas_per_host.unwrap_or(1).max(1);
        let has_addresses =
            bundle.network.as_ref().is_some_and(|network| network.ip_range_start.is_some());
        // A port of the host can only be taken once.
        let replicas_per_node = if has_addresses { per_node } else { 1 };
        let plan = Self {
            bundle,
            kind,
            mounts: mounts(bundle),
            ports: ports(bundle),
            addresses: Vec::new(),
            replicas: bundle.container.replicas.unwrap_or(usual).max(1),
            replicas_per_node: if bundle.primitive.is_some() {
                replicas_per_node
            } else {
                per_node
            },
            promoted_max,
            adds_hosts: bundle.network.as_ref().and_then(|it| it.add_host).unwrap_or(true),
        };
        let is_reachable = plan.first_address().is_some() || plan.control_port().is_some();
        if bundle.primitive.is_some() && !is_reachable {
            return Err("is left out: ip-range-start or control-port has to say how to reach \
                what runs in its containers");
        }
        Ok(plan)
    }

    fn layout(&self) -> BundleLayout {
        BundleLayout {
            container: self.kind,
            image: self.bundle.container.image.clone(),
            replicas_per_node: self.replicas_per_node,
            replicas: Vec::new(),
            child: None,
        }
    }

    fn first_address(&self) -> Option<&'a str> {
        self.bundle.network.as_ref()?.ip_range_start.as_deref()
    }

    fn control_port(&self) -> Option<&'a str> {
        self.bundle.network.as_ref()?.control_port.as_deref()
    }

    /// What every container needs that something is run inside of.
    fn open_door(&mut self) {
        self.mounts.push(Mount {
            source: KEY_FILE,
            target: KEY_FILE,
            options: None,
            is_root: false,
        });
        let logs = "/var/log";
        if !self.bundle.storage.iter().any(|storage| storage.target_dir == logs) {
            let options = None;
            self.mounts.push(Mount { source: LOG_ROOT, target: logs, options, is_root: true });
        }
        let port = self.control_port().unwrap_or(REMOTE_PORT).to_owned();
        self.ports.push((port.clone(), port));
    }

    fn add_address(&mut self) {
        let next = match self.addresses.last() {
            None => self.first_address().map(str::to_owned),
            Some(last) => last.as_deref().and_then(next_address),
        };
        self.addresses.push(next);
    }

    fn address(&self, offset: u32) -> Option<&str> {
        self.addresses.get(offset as usize)?.as_deref()
    }

    fn name(&self) -> &'static str {
        match self.kind {
            ContainerKind::Docker => "docker",
            ContainerKind::Podman => "podman",
        }
    }

    /// The resource that runs a container.
    fn container(&self, offset: u32, has_child: bool) -> Primitive {
        let id = clean_id(&format!("{}-{}-{offset}", self.bundle.id, self.name()));
        let usual = has_child.then_some("/usr/sbin/pacemaker-remoted");
        let (options, mount_points) = self.run_options(offset);
        let parameters = [
            ("image", Some(self.bundle.container.image.as_str())),
            ("allow_pull", Some("true")),
            ("force_kill", Some("false")),
            ("reuse", Some("false")),
            ("run_opts", Some(options.as_str())),
            ("mount_points", Some(mount_points.as_str())),
            ("run_cmd", self.bundle.container.run_command.as_deref().or(usual)),
            ("monitor_cmd", Some("/bin/true")),
        ];
        self.implied(id, self.name(), offset, &parameters)
    }

    /// The resource that holds the address of a replica.
    fn address_holder(&self, offset: u32, address: &str) -> Primitive {
        let network = self.bundle.network.as_ref();
        let parameters = [
            ("ip", Some(address)),
            ("nic", network.and_then(|network| network.host_interface.as_deref())),
            (
                "cidr_netmask",
                network.and_then(|network| network.host_netmask.as_deref()).or(Some("32")),
            ),
        ];
        let id = clean_id(&format!("{}-ip-{address}", self.bundle.id));
        self.implied(id, "IPaddr2", offset, &parameters)
    }

    fn implied(
        &self,
        id: String,
        kind: &str,
        offset: u32,
        parameters: &[(&str, Option<&str>)],
    ) -> Primitive {
        let monitor = operation(&id, "monitor", "60s", None);
        Primitive {
            id,
            agent: Agent {
                class: "ocf".to_owned(),
                provider: Some("heartbeat".to_owned()),
                kind: kind.to_owned(),
            },
            parameters: vec![block(format!("{}-attributes-{offset}", self.bundle.id), parameters)],
            operations: vec![monitor],
            ..Primitive::default()
        }
    }

    /// The options that a container is run with, and the directories that have to be there.
    fn run_options(&self, offset: u32) -> (String, String) {
        let (mut options, mut points) = (String::new(), Vec::new());
        // Writing to a string does not fail.
        let _ = self.write_run_options(offset, &mut options, &mut points);
        (options, points.join(","))
    }

    fn write_run_options(
        &self,
        offset: u32,
        out: &mut String,
        points: &mut Vec<String>,
    ) -> std::fmt::Result {
        let prefix = &self.bundle.id;
        let container = &self.bundle.container;
        if self.kind == ContainerKind::Docker {
            out.push_str(" --restart=no");
        }
        if self.first_address().is_some() {
            write!(out, " -h {prefix}-{offset}")?;
        }
        out.push_str(" -e PCMK_stderr=1");
        if let Some(network) = &container.network {
            write!(out, " --net={network}")?;
        }
        write!(out, " -e PCMK_remote_port={}", self.control_port().unwrap_or(REMOTE_PORT))?;
        for mount in &self.mounts {
            if mount.is_root {
                let source = format!("{}/{prefix}-{offset}", mount.source);
                write!(out, " -v {source}:{}", mount.target)?;
                points.push(source);
            } else {
                write!(out, " -v {}:{}", mount.source, mount.target)?;
            }
            if let Some(options) = mount.options {
                write!(out, ":{options}")?;
            }
        }
        for (outside, inside) in &self.ports {
            if let Some(address) = self.address(offset) {
                write!(out, " -p {address}:{outside}:{inside}")?;
            } else if container.network.as_deref() != Some("host") {
                write!(out, " -p {outside}:{inside}")?;
            }
        }
        if let Some(options) = &container.options {
            write!(out, " {options}")?;
        }
        out.push(' ');
        if self.adds_hosts {
            for (offset, address) in self.addresses.iter().enumerate() {
                if let Some(address) = address {
                    write!(out, " --add-host={prefix}-{offset}:{address}")?;
                }
            }
        }
        Ok(())
    }
}

fn mounts(bundle: &Bundle) -> Vec<Mount<'_>> {
    let mounts = bundle.storage.iter().map(|storage| {
        let (source, is_root) = match &storage.source {
            StorageSource::Path(path) => (path, false),
            StorageSource::Root(path) => (path, true),
        };
        let (target, options) = (&storage.target_dir, storage.options.as_deref());
        Mount { source, target, options, is_root }
    });
    mounts.collect()
}

fn ports(bundle: &Bundle) -> Vec<(String, String)> {
    let mappings = bundle.network.iter().flat_map(|network| &network.ports);
    let ports = mappings.filter_map(|mapping| {
        let range = || Some((mapping.range.clone()?, mapping.range.clone()?));
        let pair = mapping
            .port
            .as_ref()
            .map(|port| (port.clone(), mapping.internal_port.as_ref().unwrap_or(port).clone()));
        pair.or_else(range)
    });
    ports.collect()
}

/// The address after this one; the last number stays below 254.
fn next_address(address: &str) -> Option<String> {
    let octets: Vec<u8> = address.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, c, d] = octets[..] else { return None };
    match (c, d) {
        (254.., 254..) => None,
        (_, 254..) => Some(format!("{a}.{b}.{}.1", c + 1)),
        _ => Some(format!("{a}.{b}.{c}.{}", d + 1)),
    }
}

/// Ids may not contain what separates parts of keys.
fn clean_id(id: &str) -> String {
    id.replace([':', '#'], ".")
}

/// A container is no place for what was there before it.
fn inside() -> Source {
    Source::Because("the inside of a bundle".into())
}
