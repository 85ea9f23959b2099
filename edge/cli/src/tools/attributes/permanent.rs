//! Attributes and options where they are kept.

use crate::answer::Failure;
use crate::connection::Connection;
use crate::edit;
use api::{Language, LoadMode, Request};
use cib::Cib;
use cluster::{AttributeSet, NodeStatus, first_value};

/// Where an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Cluster options.
    Properties,
    /// Defaults of resources.
    ResourceDefaults,
    /// Defaults of operations.
    OperationDefaults,
    /// Permanent attributes of nodes.
    Nodes,
    /// Capacities of nodes.
    Utilization,
    /// Attributes of nodes that last until the node leaves.
    Status,
}

impl Scope {
    /// The word that `crm_attribute` prints for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Properties => "crm_config",
            Self::ResourceDefaults => "rsc_defaults",
            Self::OperationDefaults => "op_defaults",
            Self::Nodes | Self::Utilization => "nodes",
            Self::Status => "status",
        }
    }

    /// How the crm language begins a statement about it.
    const fn keyword(self) -> &'static str {
        match self {
            Self::ResourceDefaults => "rsc_defaults",
            Self::OperationDefaults => "op_defaults",
            _ => "property",
        }
    }
}

/// The value of `name`.
pub(super) fn value(cib: &Cib, scope: Scope, node: &str, name: &str) -> Option<String> {
    match scope {
        Scope::Status => status_of(cib, node)?.attributes.get(name).cloned(),
        _ => first_value(sets(cib, scope, node), name).map(str::to_owned),
    }
}

/// The id of the pair that says `name`.
pub(super) fn pair(cib: &Cib, scope: Scope, node: &str, name: &str) -> Option<String> {
    let mut pairs = sets(cib, scope, node).iter().flat_map(|set| &set.pairs);
    pairs.find(|pair| pair.name == name).map(|pair| pair.id.clone())
}

/// All that there are, with their values.
pub(super) fn all(cib: &Cib, scope: Scope, node: &str) -> Vec<(String, String)> {
    if scope == Scope::Status {
        let attributes = status_of(cib, node).map(|status| status.attributes.clone());
        return attributes.unwrap_or_default().into_iter().collect();
    }
    let pairs = sets(cib, scope, node).iter().flat_map(|set| &set.pairs);
    pairs.filter_map(|pair| Some((pair.name.clone(), pair.value.clone()?))).collect()
}

fn status_of<'c>(cib: &'c Cib, node: &str) -> Option<&'c NodeStatus> {
    cib.status.nodes.values().find(|status| status.name == node)
}

fn sets<'c>(cib: &'c Cib, scope: Scope, node: &str) -> &'c [AttributeSet] {
    let configuration = &cib.configuration;
    let entry = configuration.node(node);
    match scope {
        Scope::Properties => &configuration.properties,
        Scope::ResourceDefaults => &configuration.resource_defaults,
        Scope::OperationDefaults => &configuration.operation_defaults,
        Scope::Nodes => entry.map_or(&[], |entry| &entry.attributes),
        Scope::Utilization => entry.map_or(&[], |entry| &entry.utilization),
        Scope::Status => &[],
    }
}

/// Sets or removes a cluster option or a default.
pub(super) fn set_option(
    connection: &Connection,
    scope: Scope,
    set: Option<&str>,
    (name, value): (&str, Option<&str>),
) -> Result<(), Failure> {
    let Some(value) = value else {
        return edit::edit(connection, "crm_attribute", |configuration| {
            let sets = match scope {
                Scope::ResourceDefaults => &mut configuration.resource_defaults,
                Scope::OperationDefaults => &mut configuration.operation_defaults,
                _ => &mut configuration.properties,
            };
            for set in sets.iter_mut() {
                set.unset(name);
            }
            Ok(())
        });
    };
    let keyword = scope.keyword();
    let set = set.map_or_else(String::new, |id| format!("$id={} ", crate::words::quoted(id)));
    let pair = crate::words::quoted(&format!("{name}={value}"));
    connection.change_by_program(&Request::Load {
        text: format!("{keyword} {set}{pair}\n"),
        language: Language::Crm,
        mode: LoadMode::Update,
        name: "crm_attribute".into(),
        force: false,
    })
}

/// Sets or removes a capacity of a node.
pub(super) fn set_utilization(
    connection: &Connection,
    node: &str,
    name: &str,
    value: Option<&str>,
) -> Result<(), Failure> {
    edit::edit(connection, "crm_attribute", |configuration| {
        let Some(entry) = configuration.nodes.find_mut(|entry| entry.name == node) else {
            return Err(Failure::NoSuchObject(format!("there is no node `{node}`")));
        };
        let id = format!("nodes-{}-utilization", entry.id);
        edit::set_value(&mut entry.utilization, &id, name, value);
        Ok(())
    })
}
