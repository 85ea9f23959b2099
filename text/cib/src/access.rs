//! What somebody may see and change of a tree, as the rules in `acls` have it.
//!
//! A permission counts for the elements that it names and for all inside them, as far as nothing
//! deeper says otherwise. Where several name the same element, deny is stronger than write, and
//! write than read. What may be changed may be seen; a permission to see takes no permission to
//! change away that counts further out.
//!
//! ```text
//! ground     a tree, with what the permissions say at each element     here
//! visible    what is left of it for somebody's eyes                    access/visible.rs
//! changes    whether somebody may make one tree of another             access/changes.rs
//! rendered   the whole tree, with marks where the rights change        access/rendered.rs
//! ```

mod changes;
mod rendered;
mod visible;

pub use changes::check;
pub use rendered::{Rendering, render};
pub use visible::{check_sight, visible};

use crate::{Place, find_places};
use cluster::access::{Grants, Permission, PermissionKind, Scope, paths};
use cluster::validate::{Problem, Severity};
use cluster::{Configuration, Element};
use std::collections::BTreeMap;

/// What was meant to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Look at it.
    See,
    /// Add it.
    Add,
    /// Change it.
    Change,
    /// Remove it.
    Remove,
    /// Put what is inside into another order.
    Arrange,
}

impl Deed {
    const fn words(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Add => "add",
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Arrange => "put in another order what is in",
        }
    }
}

/// Something is not allowed. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{person} may not {} {place}: {why}", deed.words())]
pub struct Forbidden {
    /// Who wanted to.
    pub person: String,
    /// What.
    pub deed: Deed,
    /// With which element: its `XPath`, with an attribute at its end where one is meant.
    pub place: String,
    /// By which rule, or for want of which.
    pub why: String,
}

impl Forbidden {
    fn new(grants: &Grants, deed: Deed, place: String, verdict: Verdict<'_>) -> Self {
        let roles: Vec<String> = grants.roles.iter().map(|role| format!("`{role}`")).collect();
        let why = match verdict {
            Verdict::Denied(permission) => format!("{permission} denies it"),
            Verdict::Unsaid | Verdict::Allowed if grants.permissions.is_empty() => format!(
                "no role gives `{}` any permission; an acl_target of that name would",
                grants.person
            ),
            Verdict::Unsaid | Verdict::Allowed if roles.is_empty() => {
                "no permission of this user allows it".to_owned()
            }
            Verdict::Unsaid | Verdict::Allowed => {
                format!("no permission of role {} allows it", roles.join(" or "))
            }
        };
        Self { person: grants.person.clone(), deed, place, why }
    }
}

/// What the permissions say about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict<'g> {
    /// Nothing, which allows nothing.
    Unsaid,
    Allowed,
    Denied(&'g Permission),
}

/// An element, with what may be done with it.
#[derive(Clone, Debug)]
struct Ground<'a> {
    element: &'a Element,
    see: Verdict<'a>,
    change: Verdict<'a>,
    /// The same of each child element.
    children: Vec<Self>,
}

impl<'a> Ground<'a> {
    fn new(root: &'a Element, grants: &'a Grants) -> Self {
        let mut named: BTreeMap<Place, Vec<&Permission>> = BTreeMap::new();
        for permission in &grants.permissions {
            let Scope::Path(path) = &permission.scope else { continue };
            let places = match find_places(root, path) {
                Ok(places) => places,
                // What it forbids nobody knows: so it is everything.
                Err(_) if permission.kind == PermissionKind::Deny => vec![Place::default()],
                Err(_) => Vec::new(),
            };
            for place in places {
                named.entry(place).or_default().push(permission);
            }
        }
        let survey = Survey { grants, named };
        survey.ground(root, &mut Vec::new(), (Verdict::Unsaid, Verdict::Unsaid))
    }
}

/// The permissions, and what they name by path.
struct Survey<'a> {
    grants: &'a Grants,
    named: BTreeMap<Place, Vec<&'a Permission>>,
}

impl<'a> Survey<'a> {
    fn ground(
        &self,
        element: &'a Element,
        place: &mut Vec<usize>,
        around: (Verdict<'a>, Verdict<'a>),
    ) -> Ground<'a> {
        let (mut see, mut change) = around;
        let permissions: Vec<&Permission> = self.naming(element, place).collect();
        let says = |kind| permissions.iter().copied().find(|permission| permission.kind == kind);
        if let Some(deny) = says(PermissionKind::Deny) {
            (see, change) = (Verdict::Denied(deny), Verdict::Denied(deny));
        } else if says(PermissionKind::Write).is_some() {
            (see, change) = (Verdict::Allowed, Verdict::Allowed);
        } else if says(PermissionKind::Read).is_some() {
            see = Verdict::Allowed;
        }
        let mut children = Vec::new();
        for (number, child) in element.elements().enumerate() {
            place.push(number);
            children.push(self.ground(child, place, (see, change)));
            place.pop();
        }
        Ground { element, see, change, children }
    }

    /// The permissions that name this element.
    fn naming<'s>(
        &'s self,
        element: &'s Element,
        place: &[usize],
    ) -> impl Iterator<Item = &'a Permission> + 's {
        let by_path = self.named.get(&Place::new(place.to_vec()));
        let by_words = self.grants.permissions.iter().filter(|it| matches(&it.scope, element));
        by_words.chain(by_path.into_iter().flatten().copied())
    }
}

/// Whether words say that this element is meant; paths do not say it here.
fn matches(scope: &Scope, element: &Element) -> bool {
    let Scope::Elements { name, id, attribute } = scope else { return false };
    name.as_ref().is_none_or(|name| name == "*" || *name == element.name)
        && id.as_ref().is_none_or(|id| element.attribute("id") == Some(id))
        && attribute.as_ref().is_none_or(|name| element.attribute(name).is_some())
}

/// Paths of permissions that are not understood here.
pub fn problems(configuration: &Configuration) -> Vec<Problem> {
    let problem = |(id, path): (&str, &str)| {
        let error = find_places(&Element::default(), path).err()?;
        let word = Some(path.to_owned());
        let help =
            "until then it allows nothing, and one that denies, denies everything".to_owned();
        let (object, what) = (id.to_owned(), error.to_string());
        Some(Problem { severity: Severity::Warning, object, word, what, help })
    };
    paths(configuration).filter_map(problem).collect()
}

#[cfg(test)]
mod tests;
