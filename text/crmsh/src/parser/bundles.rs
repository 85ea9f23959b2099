//! `bundle`: containers, their network and storage, and what runs inside.

use super::attributes::block;
use super::cursor::{Cursor, Parsed, boolean, near_or_all};
use crate::lexer::Word;
use crate::statement::Statement;
use cluster::{
    Bundle, Container, ContainerKind, Extra, Network, PortMapping, Primitive, StorageMapping,
    StorageSource,
};

const PARTS: [&str; 7] = ["docker", "podman", "rkt", "network", "storage", "meta", "primitive"];

/// `bundle ID docker|podman image=... [network ...] [storage ...] [meta ...] [primitive ID]`
///
/// The primitive is put inside when the text is loaded; until then there is only its id.
pub(super) fn bundle(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut bundle = Bundle { id: cursor.new_id("bundle")?, ..Bundle::default() };
    bundle.description = cursor.description();
    while let Some(word) = cursor.advance() {
        let keyword = word.keyword();
        if let Some(kind) = ContainerKind::parse(&keyword) {
            bundle.container = container(cursor, kind)?;
            continue;
        }
        match keyword.as_str() {
            "network" => bundle.network = Some(network(cursor)?),
            "storage" => storage(cursor, word, &mut bundle.storage)?,
            "meta" => bundle.meta.push(block(cursor, &PARTS)?),
            "primitive" => {
                let id = cursor.expect("the id of a primitive")?.text.clone();
                bundle.primitive = Some(Primitive { id, ..Primitive::default() });
            }
            _ => {
                let help = near_or_all(&word.text, &PARTS);
                return Err(word.error(format!("`{}` is not expected here", word.text), help));
            }
        }
    }
    Ok(Statement::Bundle(Box::new(bundle)))
}

/// The `NAME=VALUE`s that follow.
fn assignments<'a>(cursor: &mut Cursor<'a>) -> Vec<(&'a Word, &'a str, String)> {
    let mut found = Vec::new();
    while let Some(word) = cursor.peek()
        && let Some((name, value)) = word.text.split_once('=')
    {
        found.push((word, name, value.to_owned()));
        cursor.advance();
    }
    found
}

/// What has no meaning here travels all the same.
fn keep(extra: &mut Extra, name: &str, value: String) {
    extra.attributes.push((name.to_owned(), value));
}

fn container(cursor: &mut Cursor<'_>, kind: ContainerKind) -> Parsed<Container> {
    let mut container = Container { kind, ..Container::default() };
    for (word, name, value) in assignments(cursor) {
        match name {
            "image" => container.image = value,
            "replicas" => container.replicas = Some(count(word, &value)?),
            "replicas-per-host" => container.replicas_per_host = Some(count(word, &value)?),
            "promoted-max" | "masters" => container.promoted_max = Some(count(word, &value)?),
            "run-command" => container.run_command = Some(value),
            "network" => container.network = Some(value),
            "options" => container.options = Some(value),
            _ => keep(&mut container.extra, name, value),
        }
    }
    Ok(container)
}

fn count(word: &Word, text: &str) -> Parsed<u32> {
    text.parse().map_err(|_| {
        let what = format!("`{text}` is no number of replicas");
        word.error_behind('=', what, "write a whole number")
    })
}

fn network(cursor: &mut Cursor<'_>) -> Parsed<Network> {
    let mut network = Network::default();
    for (word, name, value) in assignments(cursor) {
        match name {
            "ip-range-start" => network.ip_range_start = Some(value),
            "control-port" => network.control_port = Some(value),
            "host-interface" => network.host_interface = Some(value),
            "host-netmask" => network.host_netmask = Some(value),
            "add-host" => network.add_host = Some(boolean(word, &value)?),
            _ => keep(&mut network.extra, name, value),
        }
    }
    while cursor.accept("port-mapping") {
        let mut port = PortMapping::default();
        for (_, name, value) in assignments(cursor) {
            match name {
                "id" => port.id = value,
                "port" => port.port = Some(value),
                "internal-port" => port.internal_port = Some(value),
                "range" => port.range = Some(value),
                _ => keep(&mut port.extra, name, value),
            }
        }
        network.ports.push(port);
    }
    Ok(network)
}

fn storage(cursor: &mut Cursor<'_>, keyword: &Word, list: &mut Vec<StorageMapping>) -> Parsed<()> {
    let mut word = keyword;
    while cursor.peek_keyword() == "storage-mapping" {
        word = cursor.expect("storage-mapping")?;
        let (mut id, mut source, mut target_dir, mut options) = (String::new(), None, None, None);
        let mut extra = Extra::default();
        for (_, name, value) in assignments(cursor) {
            match name {
                "id" => id = value,
                "source-dir" => source = Some(StorageSource::Path(value)),
                "source-dir-root" => source = Some(StorageSource::Root(value)),
                "target-dir" => target_dir = Some(value),
                "options" => options = Some(value),
                _ => keep(&mut extra, name, value),
            }
        }
        let (Some(source), Some(target_dir)) = (source, target_dir) else {
            let help = "write source-dir=... (or source-dir-root=...) and target-dir=...";
            return Err(word.error("the mapping lacks one of its two ends", help));
        };
        list.push(StorageMapping { id, source, target_dir, options, extra });
    }
    if list.is_empty() {
        let help = "write storage-mapping source-dir=... target-dir=..., or leave `storage` out";
        return Err(word.error("the storage is empty", help));
    }
    Ok(())
}
