//! `--cleanup` and `--refresh`: failures are forgotten, and what is there is looked at again; and
//! `--fail`, which makes one.

use crate::answer::{DONE, Failure, Outcome};
use crate::connection::Connection;
use crate::tools::markup::Said;
use crate::tools::resources::unknown;
use api::{Forget, Request};
use cluster::{Configuration, ResourceRef};

/// Forgets failures, and says of which resources on which nodes.
pub(super) fn answer(
    connection: &Connection,
    (resource, node): (Option<&str>, Option<&str>),
    what: Forget,
) -> Result<Said, Failure> {
    let configuration = connection.cib()?.configuration;
    let nodes: Vec<&str> = match node {
        Some(node) if configuration.node(node).is_none() => {
            return Err(crate::tools::membership::unknown(&configuration.nodes, node));
        }
        Some(node) => vec![node],
        None => configuration.nodes.iter().map(|node| node.name.as_str()).collect(),
    };
    let primitives = resource.map(|id| primitives(&configuration, id)).transpose()?;
    let on_paper = connection.file().is_some();
    if !on_paper {
        forget(connection, resource, node, what)?;
    }
    let Some(primitives) = primitives else {
        let place = node.map_or_else(|| "all nodes".to_owned(), |node| format!("node {node}"));
        return Ok(Said::text(format!("Cleaned up all resources on {place}\n")));
    };
    let pairs = primitives.iter().flat_map(|id| nodes.iter().map(move |node| (id, node)));
    let told = pairs.map(|(id, node)| match on_paper {
        true => format!("Dry run: skipping clean-up of {id} on {node} due to CIB_file\n"),
        false => format!("Cleaned up {id} on {node}\n"),
    });
    Ok(Said::text(told.collect()))
}

/// What a resource is made of.
fn primitives(configuration: &Configuration, id: &str) -> Result<Vec<String>, Failure> {
    let found = configuration.resource(id).ok_or_else(|| unknown(configuration, id))?;
    Ok(match found {
        ResourceRef::Top(resource) | ResourceRef::Cloned { child: resource, .. } => {
            resource.primitives().into_iter().map(|primitive| primitive.id.clone()).collect()
        }
        ResourceRef::Member { .. } => vec![id.to_owned()],
    })
}

/// Forgets failures, or all results.
pub(crate) fn forget(
    connection: &Connection,
    resource: Option<&str>,
    node: Option<&str>,
    what: Forget,
) -> Outcome {
    let (resource, node) = (resource.map(str::to_owned), node.map(str::to_owned));
    connection.change(&Request::Cleanup { resource, node, what })?;
    DONE
}

/// Counts a resource as failed on a node.
pub(super) fn fail(connection: &Connection, id: &str, node: &str) -> Result<Said, Failure> {
    let configuration = connection.cib()?.configuration;
    configuration.resource(id).ok_or_else(|| unknown(&configuration, id))?;
    connection.change(&Request::Fail { resource: id.to_owned(), node: node.to_owned() })?;
    Ok(Said::default())
}
