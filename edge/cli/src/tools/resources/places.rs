//! `--move`, `--ban`, `--clear`: constraints that say where a resource is wanted for now.

use crate::answer::{DONE, Failure, Outcome};
use crate::connection::Connection;
use crate::picture::Picture;
use crate::tools::arguments::Parsed;
use crate::tools::markup::Said;
use crate::tools::resources::unknown;
use api::{Language, LoadMode, Request};
use cluster::{Constraint, LocationTarget, Preference, Role};
use std::fmt::Write;

/// Which instances a constraint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// All of them.
    Any,
    /// The promoted ones.
    Promoted,
}

impl About {
    pub(super) fn given(given: &Parsed) -> Self {
        if given.has("promoted") { Self::Promoted } else { Self::Any }
    }

    const fn role(self) -> &'static str {
        match self {
            Self::Any => "Started",
            Self::Promoted => "Promoted",
        }
    }
}

/// Makes a resource prefer a node; where none is named, keeps it away from where it is.
pub(super) fn relocate_by(
    connection: &Connection,
    id: &str,
    node: Option<&str>,
    given: &Parsed,
) -> Result<Said, Failure> {
    let about = About::given(given);
    let Some(node) = node else { return ban_by(connection, id, None, given) };
    let picture = Picture::take(connection)?;
    known_node(&picture, node)?;
    let places = picture.places_of(id).ok_or_else(|| unknown(&picture.cib.configuration, id))?;
    let is_there = about == About::Any && places == [node];
    if is_there && !given.has("force") {
        return Err(Failure::Exists(format!(
            "Error performing operation: Requested item already exists: {id} is active on {node}; \
             --force keeps it there"
        )));
    }
    match about {
        About::Any => drop(relocate(connection, id, Some(node))?),
        About::Promoted => {
            connection.change(&Request::Clear { resource: id.to_owned() })?;
            constrain(connection, &format!("cli-prefer-{id}"), (id, node), ("inf", about))?;
        }
    }
    Ok(Said::default())
}

/// Keeps a resource away from a node, and warns of what that means.
pub(super) fn ban_by(
    connection: &Connection,
    id: &str,
    node: Option<&str>,
    given: &Parsed,
) -> Result<Said, Failure> {
    let about = About::given(given);
    let picture = Picture::take(connection)?;
    let node = match node {
        Some(node) => known_node(&picture, node)?.to_owned(),
        None => only_place(&picture, id)?,
    };
    let constraint = format!("cli-ban-{id}-on-{node}");
    constrain(connection, &constraint, (id, &node), ("-inf", about))?;
    if given.has("quiet") {
        return Ok(Said::default());
    }
    let what = match about {
        About::Any => "running",
        About::Promoted => "being promoted",
    };
    Ok(Said::text(format!(
        "WARNING: Creating rsc_location constraint '{constraint}' with a score of -INFINITY for \
         resource {id} on {node}.\n\tThis will prevent {id} from {what} on {node} until the \
         constraint is removed using the clear option or by editing the CIB with an appropriate \
         tool\n\tThis will be the case even if {node} is the last node in the cluster\n"
    )))
}

fn known_node<'n>(picture: &Picture, node: &'n str) -> Result<&'n str, Failure> {
    let configuration = &picture.cib.configuration;
    match configuration.node(node).is_some() || picture.status_of(node).is_some() {
        true => Ok(node),
        false => Err(Failure::NoSuchObject(format!("Node '{node}' not found"))),
    }
}

/// The one node from which a resource can be moved away: of several, the one where it is promoted.
fn only_place(picture: &Picture, id: &str) -> Result<String, Failure> {
    let situation = picture.situation();
    let found = situation.resource(id).ok_or_else(|| unknown(&picture.cib.configuration, id))?;
    let name = |node| situation.nodes[node].name.clone();
    let active: Vec<String> = situation.active_on(found).into_iter().map(name).collect();
    let promoted: Vec<String> = situation
        .primitives_in(found)
        .into_iter()
        .filter(|primitive| situation.resources[*primitive].role == Role::Promoted)
        .flat_map(|primitive| situation.active_on(primitive))
        .map(name)
        .collect();
    match (&active[..], &promoted[..]) {
        ([only], _) | (_, [only]) => Ok(only.clone()),
        (places, promoted) => {
            let count = match promoted.len() {
                0 => String::new(),
                some => format!(" (promoted in {some})"),
            };
            Err(Failure::Usage(format!(
                "Resource '{id}' not moved: active in {} locations{count}.\nTo prevent '{id}' from \
                 running on a specific location, specify a node.",
                places.len()
            )))
        }
    }
}

fn constrain(
    connection: &Connection,
    constraint: &str,
    (id, node): (&str, &str),
    (score, about): (&str, About),
) -> Result<(), Failure> {
    let quoted = crate::words::quoted;
    let (constraint, id, node) = (quoted(constraint), quoted(id), quoted(node));
    connection.change_by_program(&Request::Load {
        text: format!("location {constraint} {id} role={} {score}: {node}\n", about.role()),
        language: Language::Crm,
        mode: LoadMode::Update,
        name: "location".into(),
        force: false,
    })
}

/// Takes back what move and ban did, all of it or for one node, and says what that was.
pub(super) fn clear(
    connection: &Connection,
    id: &str,
    node: Option<&str>,
    given: &Parsed,
) -> Result<Said, Failure> {
    let configuration = connection.cib()?.configuration;
    configuration.resource(id).ok_or_else(|| unknown(&configuration, id))?;
    let mut ids: Vec<String> = Vec::new();
    for constraint in &configuration.constraints {
        if let Some(place) = place_of(constraint, id)
            && node.is_none_or(|node| place == Some(node))
            // Those that end by themselves are rules; those that are for a node do not expire.
            && (!given.has("expired") || place.is_none())
        {
            ids.push(constraint.id().to_owned());
        }
    }
    if ids.is_empty() {
        return Ok(Said::default());
    }
    let mut text = String::new();
    for id in &ids {
        let _ = writeln!(text, "Removing constraint: {id}");
    }
    connection.change(&Request::Remove { ids, force: true })?;
    Ok(Said::text(text))
}

/// Where one of our constraints wants a resource, or does not; no node where a rule says it.
fn place_of<'c>(constraint: &'c Constraint, id: &str) -> Option<Option<&'c str>> {
    let Constraint::Location(location) = constraint else { return None };
    let is_ours = location.id == format!("cli-prefer-{id}")
        || location.id.starts_with(&format!("cli-ban-{id}-on-"));
    let is_about = matches!(&location.target, LocationTarget::Resource(about) if about == id);
    (is_ours && is_about).then_some(match &location.preference {
        Preference::Node { node, .. } => Some(node.as_str()),
        _ => None,
    })
}

/// Moves a resource.
pub(crate) fn relocate(connection: &Connection, id: &str, node: Option<&str>) -> Outcome {
    let node = node.map(str::to_owned);
    connection.change(&Request::Move { resource: id.to_owned(), node })?;
    DONE
}

/// Keeps a resource away from a node.
pub(crate) fn ban(connection: &Connection, id: &str, node: Option<&str>) -> Outcome {
    let Some(node) = node else { return relocate(connection, id, None) };
    constrain(connection, &format!("cli-ban-{id}-on-{node}"), (id, node), ("-inf", About::Any))?;
    DONE
}
