//! Bundles.

use crate::error::{Doubts, Fault};
use crate::giving::{Giving, section};
use crate::resources::{primitive, primitive_element};
use crate::sets::{self, set_elements};
use crate::tag::Tag;
use crate::words::{BOOLEAN, SMALL_COUNT};
use cluster::{
    Bundle, Container, ContainerKind, Network, PortMapping, StorageMapping, StorageSource,
};

pub(crate) fn bundle(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Bundle, Fault> {
    let (title, at) = (tag.title(), tag.at);
    let mut bundle = Bundle {
        id: tag.required("id")?,
        description: tag.take("description"),
        ..Bundle::default()
    };
    let mut containers = 0;
    tag.sort_out(|child| {
        let sets = match (child.name, ContainerKind::parse(child.name)) {
            (_, Some(kind)) if containers == 0 => {
                containers += 1;
                bundle.container = container(child, kind, doubts);
                return Ok(None);
            }
            ("network", _) if bundle.network.is_none() => {
                bundle.network = Some(network(child, doubts)?);
                return Ok(None);
            }
            ("storage", _) => return storage(child, &mut bundle.storage, doubts),
            ("primitive", _) if bundle.primitive.is_none() => {
                bundle.primitive = Some(primitive(child, doubts)?);
                return Ok(None);
            }
            ("instance_attributes", _) => &mut bundle.parameters,
            ("meta_attributes", _) => &mut bundle.meta,
            _ => return Ok(Some(child)),
        };
        sets.push(sets::set(child, doubts)?);
        Ok(None)
    })?;
    if containers == 0 {
        let what = format!("{title} holds no container");
        return Err(Fault::new(at, what, "put a podman or docker element inside"));
    }
    bundle.extra = tag.into_extra();
    Ok(bundle)
}

fn container(mut tag: Tag<'_>, kind: ContainerKind, doubts: &mut Doubts) -> Container {
    let mut count = |tag: &mut Tag<'_>, name| tag.optional(name, &SMALL_COUNT, doubts);
    Container {
        kind,
        image: tag.take("image").unwrap_or_default(),
        replicas: count(&mut tag, "replicas"),
        replicas_per_host: count(&mut tag, "replicas-per-host"),
        promoted_max: count(&mut tag, "promoted-max").or_else(|| count(&mut tag, "masters")),
        run_command: tag.take("run-command"),
        network: tag.take("network"),
        options: tag.take("options"),
        extra: tag.into_extra(),
    }
}

fn network(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Network, Fault> {
    let mut network = Network {
        ip_range_start: tag.take("ip-range-start"),
        control_port: tag.take("control-port"),
        host_interface: tag.take("host-interface"),
        host_netmask: tag.take("host-netmask"),
        add_host: tag.optional("add-host", &BOOLEAN, doubts),
        ..Network::default()
    };
    tag.sort_out(|child| match child.name {
        "port-mapping" => {
            network.ports.push(port(child)?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    network.extra = tag.into_extra();
    Ok(network)
}

fn port(mut tag: Tag<'_>) -> Result<PortMapping, Fault> {
    Ok(PortMapping {
        id: tag.required("id")?,
        port: tag.take("port"),
        internal_port: tag.take("internal-port"),
        range: tag.take("range"),
        extra: tag.into_extra(),
    })
}

/// What the element itself carries stays.
fn storage<'a>(
    mut tag: Tag<'a>,
    list: &mut Vec<StorageMapping>,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    let before = list.len();
    tag.sort_out(|child| match child.name {
        "storage-mapping" => mapping(child, list, doubts),
        _ => Ok(Some(child)),
    })?;
    let says_more = !tag.is_empty() || list.len() == before;
    Ok(says_more.then_some(tag))
}

/// A mapping from nowhere, or to nowhere, stays as it came.
fn mapping<'a>(
    mut tag: Tag<'a>,
    list: &mut Vec<StorageMapping>,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    let has_root = tag.attribute("source-dir-root").is_some();
    let source = if has_root { "source-dir-root" } else { "source-dir" };
    if let Err(fault) = tag.demand(source).and_then(|_| tag.demand("target-dir")) {
        doubts.push(fault);
        return Ok(Some(tag));
    }
    let path = tag.required(source)?;
    list.push(StorageMapping {
        id: tag.required("id")?,
        source: if has_root { StorageSource::Root(path) } else { StorageSource::Path(path) },
        target_dir: tag.required("target-dir")?,
        options: tag.take("options"),
        extra: tag.into_extra(),
    });
    Ok(None)
}

pub(crate) fn bundle_element(bundle: &Bundle) -> Tag<'_> {
    let storage = bundle.storage.iter().map(mapping_element).collect();
    Giving::new("bundle")
        .attribute("id", &bundle.id)
        .maybe("description", bundle.description.as_ref())
        .children(set_elements("instance_attributes", &bundle.parameters))
        .children(set_elements("meta_attributes", &bundle.meta))
        .children([container_element(&bundle.container)])
        .children(bundle.network.as_ref().map(network_element))
        .children(section("storage", &bundle.extra, storage))
        .children(bundle.primitive.as_ref().map(primitive_element))
        .extra_without(&bundle.extra, &["storage"])
}

fn container_element(container: &Container) -> Tag<'_> {
    Giving::new(container.kind.name())
        .unless_empty("image", &container.image)
        .maybe("replicas", container.replicas)
        .maybe("replicas-per-host", container.replicas_per_host)
        .maybe("promoted-max", container.promoted_max)
        .maybe("run-command", container.run_command.as_ref())
        .maybe("network", container.network.as_ref())
        .maybe("options", container.options.as_ref())
        .extra(&container.extra)
}

fn network_element(network: &Network) -> Tag<'_> {
    let ports = network.ports.iter().map(|port| {
        Giving::new("port-mapping")
            .attribute("id", &port.id)
            .maybe("port", port.port.as_ref())
            .maybe("internal-port", port.internal_port.as_ref())
            .maybe("range", port.range.as_ref())
            .extra(&port.extra)
    });
    Giving::new("network")
        .maybe("ip-range-start", network.ip_range_start.as_ref())
        .maybe("control-port", network.control_port.as_ref())
        .maybe("host-interface", network.host_interface.as_ref())
        .maybe("host-netmask", network.host_netmask.as_ref())
        .maybe("add-host", network.add_host)
        .children(ports)
        .extra(&network.extra)
}

fn mapping_element(mapping: &StorageMapping) -> Tag<'_> {
    let (name, path) = match &mapping.source {
        StorageSource::Path(path) => ("source-dir", path),
        StorageSource::Root(path) => ("source-dir-root", path),
    };
    Giving::new("storage-mapping")
        .attribute("id", &mapping.id)
        .attribute(name, path)
        .attribute("target-dir", &mapping.target_dir)
        .maybe("options", mapping.options.as_ref())
        .extra(&mapping.extra)
}
