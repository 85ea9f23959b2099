//! What resources there are, where they run, and what was done with them.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::connection::Connection;
use crate::picture::Picture;
use crate::secrets;
use crate::tools::markup::{Said, element, lines, list, text};
use crate::tools::resources::unknown;
use cluster::secret::is_secret;
use cluster::{Element, Object, Resource, ResourceRef, Role};
use jiff::tz::TimeZone;
use report::operations::Wanted;
use report::ties::Depth;
use report::xml::Form;
use scheduler::Situation;
use std::collections::BTreeMap;

/// All resources and what they do.
pub(super) fn all(connection: &Connection) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    let part = report::xml::resources(&picture.situation(), Form::Presented);
    Ok(Said::both(crate::tools::monitor::resource_list(&picture), part))
}

/// The ids of all primitives, instance by instance.
pub(super) fn raw(connection: &Connection) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    let situation = picture.situation();
    let primitives = situation.top.iter().flat_map(|top| situation.primitives_in(*top));
    let ids: Vec<String> =
        primitives.map(|primitive| situation.resources[primitive].id.clone()).collect();
    Ok(Said::both(lines(&ids), list("resource names", Some("resource"), &ids)))
}

/// Where a resource is active: each instance's node, and whether it is promoted there.
fn places(situation: &Situation<'_>, id: &str) -> Option<Vec<(String, bool)>> {
    let found = situation.resource(id)?;
    let mut by_node = BTreeMap::new();
    for primitive in situation.primitives_in(found) {
        let is_promoted = situation.resources[primitive].role == Role::Promoted;
        for node in situation.active_on(primitive) {
            *by_node.entry(node).or_insert(false) |= is_promoted;
        }
    }
    let name = |node| situation.nodes[node].name.clone();
    Some(by_node.into_iter().map(|(node, is_promoted)| (name(node), is_promoted)).collect())
}

/// Where a resource runs, in the words that scripts know.
pub(super) fn place(connection: &Connection, id: &str, is_quiet: bool) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    let places = places(&picture.situation(), id);
    let places = places.ok_or_else(|| unknown(&picture.cib.configuration, id))?;
    let mut said = match places.is_empty() {
        true if !is_quiet => format!("resource {id} is NOT running\n"),
        _ => String::new(),
    };
    let mut nodes = Vec::new();
    for (node, is_promoted) in &places {
        let (state, about) = match is_promoted {
            true => (" Promoted", &[("state", "promoted")][..]),
            false => ("", &[][..]),
        };
        nodes.push(text("node", about, node));
        said.push_str(&match is_quiet {
            true => format!("{node}\n"),
            false => format!("resource {id} is running on: {node}{state}\n"),
        });
    }
    Ok(Said::both(said, element("nodes", &[("resource", id)], nodes)))
}

/// The same, printed.
pub(crate) fn locate(connection: &Connection, id: &str) -> Outcome {
    print(&place(connection, id, false)?.text);
    DONE
}

/// What a resource does, and its XML.
pub(super) fn query(connection: &Connection, id: &str) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    let configuration = &picture.cib.configuration;
    let resource = match configuration.resource(id) {
        Some(ResourceRef::Top(resource)) => resource.clone(),
        Some(ResourceRef::Cloned { child, .. }) => child.clone(),
        Some(ResourceRef::Member { primitive, .. }) => Resource::Primitive(primitive.clone()),
        None => return Err(unknown(configuration, id)),
    };
    let situation = picture.situation();
    let written = cib::object_element(&Object::Resource(resource));
    let xml = cib::write_element(&secrets::tree(written));
    let found = situation.resource(id);
    let shown =
        found.map(|found| report::monitor::placed_line(&situation, found, &TimeZone::system()));
    let mut parts: Vec<Element> = Vec::new();
    parts.extend(found.map(|found| report::xml::one(&situation, found, Form::Presented)));
    parts.push(text("xml", &[], &xml));
    let part = element::<&str>("resource_config", &[], parts);
    Ok(Said::both(format!("{}\nResource XML:\n{xml}", shown.unwrap_or_default()), part))
}

/// What was done with resources.
pub(super) fn done(connection: &Connection, wanted: Wanted<'_>) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    let configuration = &picture.cib.configuration;
    if let Some(id) = wanted.resource.filter(|id| configuration.resource(id).is_none()) {
        return Err(unknown(configuration, id));
    }
    let (situation, zone) = (picture.situation(), TimeZone::system());
    let text = report::operations::text(&situation, wanted, &zone);
    Ok(Said::both(text, report::operations::xml(&situation, wanted, &zone)))
}

/// The same, printed.
pub(crate) fn operations(connection: &Connection, wanted: Wanted<'_>) -> Outcome {
    print(&done(connection, wanted)?.text);
    DONE
}

/// What ties a resource to nodes and to other resources.
pub(super) fn ties(connection: &Connection, id: &str, depth: Depth) -> Result<Said, Failure> {
    let configuration = connection.cib()?.configuration;
    if configuration.resource(id).is_none() {
        return Err(unknown(&configuration, id));
    }
    Ok(Said::text(report::ties::text(&configuration, id, depth)))
}

/// The same, printed.
pub(crate) fn constraints(connection: &Connection, id: &str, depth: Depth) -> Outcome {
    print(&ties(connection, id, depth)?.text);
    DONE
}

/// The digests of a resource's parameters, as they are kept with its results.
pub(super) fn digests(connection: &Connection, id: &str, node: &str) -> Result<Said, Failure> {
    let picture = Picture::take(connection)?;
    let (situation, configuration) = (picture.situation(), &picture.cib.configuration);
    let found = situation.resource(id).ok_or_else(|| unknown(configuration, id))?;
    let place = situation.node(node);
    let place =
        place.ok_or_else(|| crate::tools::membership::unknown(&configuration.nodes, node))?;
    let [primitive] = situation.primitives_in(found)[..] else {
        return Err(Failure::Usage(format!("{id} is no primitive; name one of its members")));
    };
    let all = situation.parameters(primitive, Some(place));
    let mut open = all.clone();
    open.retain(|name, _| !scheduler::is_usually_secret(name));
    let mut said = String::new();
    let mut parts = Vec::new();
    let kinds = [("all", "all parameters", all), ("nonprivate", "non-private parameters", open)];
    for (kind, words, values) in kinds {
        let hash = scheduler::parameters_digest(&values);
        said.push_str(&format!("{hash} ({words})\n"));
        // Which values they are the digest of nobody has to read.
        let shown: Vec<(&str, &str)> = values
            .iter()
            .filter(|(name, _)| !is_secret(name))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let parameters = element("parameters", &shown, Vec::new());
        parts.push(element("digest", &[("type", kind), ("hash", &hash)], vec![parameters]));
    }
    let about = [("resource", id), ("node", node), ("task", "start"), ("interval", "0ms")];
    Ok(Said::both(said, element("digests", &about, parts)))
}
