//! Who may do what: the rules in `acls`, read when they are asked for.
//!
//! The elements stay as they came (`Section::Acls`); what stands in them counts as in Pacemaker. A
//! user (`acl_target`), or a group of the operating system (`acl_group`), has roles; a role has
//! permissions; a permission allows or denies something about elements of the CIB. Older
//! configurations have `acl_user`, whose permissions may stand in it without a role. What nobody
//! allows is not allowed. Which elements are meant is said by XPath, so that it is worked out where
//! there is a tree: `cib::access`.

use crate::{Configuration, Element, Section};
use std::fmt;

/// The users to whom no rule applies.
const EXEMPT: [&str; 2] = ["root", "hacluster"];

/// Somebody with an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The user's name.
    pub name: String,
    /// The names of all groups that the user is in.
    pub groups: Vec<String>,
}

impl Person {
    /// Whether no rule applies.
    pub fn is_exempt(&self) -> bool {
        EXEMPT.contains(&self.name.as_str())
    }
}

/// What somebody may see and change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Everything: no rules are in force, or none of them applies.
    All,
    /// What these allow.
    Granted(Grants),
}

/// The permissions of somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// The user's name.
    pub person: String,
    /// The roles that count for this user.
    pub roles: Vec<String>,
    /// All permissions of these roles.
    pub permissions: Vec<Permission>,
}

/// A permission of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The role, or the user where it stands in no role.
    pub role: String,
    /// Its own id, where it has one.
    pub id: Option<String>,
    /// What it says.
    pub kind: PermissionKind,
    /// What about.
    pub scope: Scope,
}

/// What a permission says about elements, and about all inside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PermissionKind {
    /// They may be seen.
    Read,
    /// They may be seen and changed.
    Write,
    /// Neither.
    Deny,
}

impl PermissionKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Deny];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Deny => "deny",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// Which elements a permission is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that an `XPath` leads to.
    Path(String),
    /// Those of which all is true that is said.
    Elements {
        /// Their name.
        name: Option<String>,
        /// Their id.
        id: Option<String>,
        /// They have this attribute.
        attribute: Option<String>,
    },
}

impl Permission {
    fn read(element: &Element, role: &str) -> Option<Self> {
        let said = |names: [&str; 2]| {
            names.into_iter().find_map(|name| element.attribute(name)).map(str::to_owned)
        };
        let kind = match element.name.as_str() {
            "acl_permission" => element.attribute("kind")?,
            kind => kind,
        };
        let path = element.attribute("xpath").map(|path| Scope::Path(path.to_owned()));
        let elements = || {
            let (name, id) = (said(["object-type", "tag"]), said(["reference", "ref"]));
            let attribute = said(["attribute", "attribute"]);
            let is_any = name.is_some() || id.is_some();
            is_any.then_some(Scope::Elements { name, id, attribute })
        };
        Some(Self {
            role: role.to_owned(),
            id: element.attribute("id").map(str::to_owned),
            kind: PermissionKind::parse(kind)?,
            scope: path.or_else(elements)?,
        })
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "permission `{id}` of role `{}`", self.role),
            None => write!(f, "a permission of `{}`", self.role),
        }
    }
}

impl Rights {
    /// What `person` may do with a cluster of this configuration.
    pub fn of(configuration: &Configuration, person: &Person) -> Self {
        if person.is_exempt() || !configuration.is_property_on("enable-acl") {
            return Self::All;
        }
        Self::Granted(Grants::of(configuration, person))
    }
}

impl Grants {
    /// What the rules say of `person`, in force or not.
    pub fn of(configuration: &Configuration, person: &Person) -> Self {
        let mut grants = Self { person: person.name.clone(), ..Self::default() };
        for holder in elements(configuration).filter(|holder| is_meant(holder, person)) {
            grants.take(configuration, holder);
        }
        grants
    }

    /// What `holder`, a user or a group, is granted.
    fn take(&mut self, configuration: &Configuration, holder: &Element) {
        for child in holder.elements() {
            let id = child.attribute("id").unwrap_or_default();
            match child.name.as_str() {
                "role" | "role_ref" if !self.roles.iter().any(|known| known == id) => {
                    self.roles.push(id.to_owned());
                    let roles = elements(configuration).filter(|role| is_role(role, id));
                    let permissions = { roles }.flat_map(Element::elements);
                    self.permissions.extend(permissions.filter_map(|it| Permission::read(it, id)));
                }
                "role" | "role_ref" => {}
                _ => self.permissions.extend(Permission::read(child, name(holder))),
            }
        }
    }
}

fn is_role(element: &Element, id: &str) -> bool {
    element.name == "acl_role" && element.attribute("id") == Some(id)
}

/// Whom a user or a group in the rules stands for; its id need not be the name.
fn name(holder: &Element) -> &str {
    holder.attribute("name").or_else(|| holder.attribute("id")).unwrap_or_default()
}

fn is_meant(holder: &Element, person: &Person) -> bool {
    match holder.name.as_str() {
        "acl_target" | "acl_user" => name(holder) == person.name,
        "acl_group" => person.groups.iter().any(|group| group == name(holder)),
        _ => false,
    }
}

/// The ids of all permissions that are about an `XPath`, with that.
pub fn paths(configuration: &Configuration) -> impl Iterator<Item = (&str, &str)> {
    let permissions = elements(configuration).flat_map(Element::elements);
    permissions
        .filter_map(|it| Some((it.attribute("id").unwrap_or_default(), it.attribute("xpath")?)))
}

/// What stands in `acls`.
pub(crate) fn elements(configuration: &Configuration) -> impl Iterator<Item = &Element> {
    let parts = configuration.opaque.iter();
    parts.filter(|(section, _)| *section == Section::Acls).map(|(_, element)| element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttributeSet, Extra, ExtraNode, Nvpair};

    fn element(name: &str, attributes: &[(&str, &str)], children: Vec<Element>) -> Element {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let attributes = attributes.iter().map(owned).collect();
        let children = children.into_iter().map(ExtraNode::Element).collect();
        Element { name: name.into(), extra: Extra { attributes, children, ..Extra::default() } }
    }

    /// Two roles; alice has one, whoever is in `staff` the other, carol both and one of her own.
    fn configuration(enable_acl: &str) -> Configuration {
        let permission = |id: &str, kind: &str, more: &[(&str, &str)]| {
            let attributes = [&[("id", id), ("kind", kind)], more].concat();
            element("acl_permission", &attributes, Vec::new())
        };
        let role = |id: &str| element("role", &[("id", id)], Vec::new());
        let acls = vec![
            element(
                "acl_role",
                &[("id", "look")],
                vec![
                    permission("look-1", "read", &[("xpath", "/cib")]),
                    permission("look-2", "forbid", &[("xpath", "/cib")]),
                    permission("look-3", "deny", &[]),
                ],
            ),
            element(
                "acl_role",
                &[("id", "run")],
                vec![permission("r", "write", &[("object-type", "op"), ("attribute", "name")])],
            ),
            element("acl_target", &[("id", "alice")], vec![role("look")]),
            element("acl_group", &[("id", "g1"), ("name", "staff")], vec![role("run")]),
            element(
                "acl_user",
                &[("id", "carol")],
                vec![
                    element("role_ref", &[("id", "look")], Vec::new()),
                    element("role_ref", &[("id", "none")], Vec::new()),
                    element("deny", &[("ref", "a"), ("id", "carol-deny")], Vec::new()),
                ],
            ),
        ];
        let pair = Nvpair {
            id: "o".into(),
            name: "enable-acl".into(),
            value: Some(enable_acl.into()),
            ..Nvpair::default()
        };
        let set = AttributeSet { id: "p".into(), pairs: vec![pair], ..AttributeSet::default() };
        Configuration {
            properties: vec![set],
            opaque: acls.into_iter().map(|element| (Section::Acls, element)).collect(),
            ..Configuration::default()
        }
    }

    #[test]
    fn people_get_what_their_roles_and_groups_have() {
        for (name, groups, expected) in [
            ("alice", &[][..], "look: read look"),
            ("alice", &["staff"], "look run: read look, write run"),
            ("bob", &["staff", "users"], "run: write run"),
            ("carol", &["g1"], "look none: read look, deny carol"),
            ("bob", &[], ": "),
            ("root", &[], "all"),
            ("hacluster", &[], "all"),
        ] {
            let groups = groups.iter().map(|group| (*group).to_owned()).collect();
            let person = Person { name: name.into(), groups };
            let said = match Rights::of(&configuration("true"), &person) {
                Rights::All => "all".to_owned(),
                Rights::Granted(grants) => {
                    let say = |it: &Permission| format!("{} {}", it.kind.name(), it.role);
                    let permissions: Vec<String> = grants.permissions.iter().map(say).collect();
                    format!("{}: {}", grants.roles.join(" "), permissions.join(", "))
                }
            };
            assert_eq!(said, expected, "{name}");
            assert_eq!(Rights::of(&configuration("false"), &person), Rights::All, "{name}");
        }
    }
}
