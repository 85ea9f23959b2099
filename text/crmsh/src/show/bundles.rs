//! Bundles.

use super::parts::{assignment, description};
use super::{Lines, Printer};
use cluster::{Bundle, Container, Extra, Network, StorageMapping, StorageSource};

impl Printer<'_> {
    pub(super) fn bundle(&self, bundle: &Bundle) -> Lines {
        let mut lines = Lines::new(format!("bundle {}", bundle.id));
        description(bundle.description.as_deref(), &mut lines);
        lines.push(container(&bundle.container));
        if let Some(network) = &bundle.network {
            lines.push(self::network(network));
        }
        if !bundle.storage.is_empty() {
            let mappings = bundle.storage.iter().map(mapping);
            lines.push(format!("storage {}", mappings.collect::<Vec<_>>().join(" ")));
        }
        for set in &bundle.meta {
            lines.push(self.block("meta", set));
        }
        if let Some(primitive) = &bundle.primitive {
            lines.push(format!("primitive {}", primitive.id));
        }
        lines
    }
}

fn container(container: &Container) -> String {
    let count = |number: Option<u32>| number.map(|number| number.to_string());
    let image = Some(container.image.clone()).filter(|image| !image.is_empty());
    line(
        container.kind.name(),
        &[
            ("image", image),
            ("replicas", count(container.replicas)),
            ("replicas-per-host", count(container.replicas_per_host)),
            ("promoted-max", count(container.promoted_max)),
            ("run-command", container.run_command.clone()),
            ("network", container.network.clone()),
            ("options", container.options.clone()),
        ],
        &container.extra,
    )
}

fn network(network: &Network) -> String {
    let head = line(
        "network",
        &[
            ("ip-range-start", network.ip_range_start.clone()),
            ("control-port", network.control_port.clone()),
            ("host-interface", network.host_interface.clone()),
            ("host-netmask", network.host_netmask.clone()),
            ("add-host", network.add_host.map(|add| add.to_string())),
        ],
        &network.extra,
    );
    let ports = network.ports.iter().map(|port| {
        line(
            "port-mapping",
            &[
                ("id", Some(port.id.clone())),
                ("port", port.port.clone()),
                ("internal-port", port.internal_port.clone()),
                ("range", port.range.clone()),
            ],
            &port.extra,
        )
    });
    std::iter::once(head).chain(ports).collect::<Vec<_>>().join(" ")
}

fn mapping(mapping: &StorageMapping) -> String {
    let (name, path) = match &mapping.source {
        StorageSource::Path(path) => ("source-dir", path),
        StorageSource::Root(path) => ("source-dir-root", path),
    };
    line(
        "storage-mapping",
        &[
            ("id", Some(mapping.id.clone())),
            (name, Some(path.clone())),
            ("target-dir", Some(mapping.target_dir.clone())),
            ("options", mapping.options.clone()),
        ],
        &mapping.extra,
    )
}

/// A keyword with the values that are given.
fn line(keyword: &str, values: &[(&str, Option<String>)], extra: &Extra) -> String {
    let given = values.iter().filter_map(|(name, value)| Some(assignment(name, value.as_ref()?)));
    let kept = extra.attributes.iter().map(|(name, value)| assignment(name, value));
    let words = std::iter::once(keyword.to_owned()).chain(given).chain(kept);
    words.collect::<Vec<_>>().join(" ")
}
