//! `--move`, `--ban`, `--clear`: constraints that say where a resource is wanted for now.

use crate::answer::{DONE, Failure, Outcome};
use crate::connection::Connection;
use crate::picture::Picture;
use crate::tools::arguments::Parsed;
use crate::tools::iso8601;
use crate::tools::markup::Said;
use crate::tools::resources::unknown;
use api::{Language, LoadMode, MoveEnd, Request};
use cluster::date::{Date, Span};
use cluster::{Constraint, Preference, Role};
use std::fmt::Write;

/// How long a constraint counts that is put for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until the resource has settled where it would stay without it, too.
    Settled,
    /// Until somebody clears it.
    Cleared,
    /// Until this date.
    Date(Date),
}

impl Until {
    /// A lifetime: how long from now, or a date.
    pub(crate) fn lifetime(text: &str) -> Result<Self, Failure> {
        let date = Span::parse(text).map(|span| span.after(iso8601::now()));
        date.or_else(|| Date::parse(text)).map(Self::Date).ok_or_else(|| {
            Failure::Usage(format!(
                "`{text}` is no lifetime; write PT30M, P1D or a date such as '2026-03-05 14:30:00Z'"
            ))
        })
    }

    fn given(given: &Parsed) -> Result<Self, Failure> {
        given.value("lifetime").map_or(Ok(Self::Cleared), Self::lifetime)
    }
}

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
    let until = Until::given(given)?;
    match about {
        About::Any => drop(relocate(connection, id, Some(node), &until)?),
        About::Promoted => prefer(connection, (id, node), About::Promoted, &until)?,
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
    let until = Until::given(given)?;
    constrain(connection, &constraint, (id, &node), ("-inf", about, &until))?;
    if given.has("quiet") {
        return Ok(Said::default());
    }
    let what = match about {
        About::Any => "running",
        About::Promoted => "being promoted",
    };
    Ok(Said::text(format!(
        "WARNING: Creating rsc_location constraint '{constraint}' with a score of -INFINITY for \
         resource {id} on {node}.\n\tThis will prevent {id} from {what} on {node} until {}\n\tThis will be the case even if {node} is the last node in the cluster\n",
        match until {
            Until::Date(date) => iso8601::in_utc(date),
            Until::Cleared | Until::Settled =>
                "the constraint is removed using the clear option or by editing the CIB with an \
                 appropriate tool"
                    .into(),
        }
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

/// Takes back earlier wishes and puts this one.
fn prefer(
    connection: &Connection,
    (id, node): (&str, &str),
    about: About,
    until: &Until,
) -> Result<(), Failure> {
    connection.change(&Request::Clear { resource: id.to_owned() })?;
    constrain(connection, &format!("cli-prefer-{id}"), (id, node), ("inf", about, until))
}

fn constrain(
    connection: &Connection,
    constraint: &str,
    (id, node): (&str, &str),
    (score, about, until): (&str, About, &Until),
) -> Result<(), Failure> {
    let quoted = crate::words::quoted;
    let (constraint, id, node) = (quoted(constraint), quoted(id), quoted(node));
    let place = match until {
        Until::Date(date) => {
            let date = iso8601::in_utc(*date);
            format!("rule {score}: #uname eq {node} and date lt \"{date}\"")
        }
        Until::Cleared | Until::Settled => format!("{score}: {node}"),
    };
    connection.change_by_program(&Request::Load {
        text: format!("location {constraint} {id} role={} {place}\n", about.role()),
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
    (location.moved_by_hand() == Some(id)).then_some(match &location.preference {
        Preference::Node { node, .. } => Some(node.as_str()),
        _ => None,
    })
}

/// Moves a resource; where no node is named, away from where it is.
pub(crate) fn relocate(
    connection: &Connection,
    id: &str,
    node: Option<&str>,
    until: &Until,
) -> Outcome {
    let end = match (until, node) {
        (Until::Date(_), Some(node)) => {
            prefer(connection, (id, node), About::Any, until)?;
            return DONE;
        }
        (Until::Date(_), None) => {
            let node = only_place(&Picture::take(connection)?, id)?;
            return ban(connection, id, Some(&node), until);
        }
        (Until::Settled, _) => MoveEnd::Settled,
        (Until::Cleared, _) => MoveEnd::Cleared,
    };
    let (resource, node) = (id.to_owned(), node.map(str::to_owned));
    connection.change(&Request::Move { resource, node, until: end })?;
    DONE
}

/// Keeps a resource away from a node; where none is named, from where it is.
pub(crate) fn ban(connection: &Connection, id: &str, node: Option<&str>, until: &Until) -> Outcome {
    let Some(node) = node else { return relocate(connection, id, None, until) };
    let constraint = format!("cli-ban-{id}-on-{node}");
    constrain(connection, &constraint, (id, node), ("-inf", About::Any, until))?;
    DONE
}
