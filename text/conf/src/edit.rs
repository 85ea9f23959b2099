//! Changes of a file that leave everything else in it as it is: comments, order, indentation, line
//! ends. An edit and its reverse give the first text back.

mod nodes;
mod page;
mod setting;

pub use setting::values;

use crate::error::{ConfError, Problem};
use crate::grammar::{self, Section};
use crate::meaning::{listed, understand};
use crate::model::{ClusterConf, Node};
use base::NodeId;
use group::LinkId;
use page::{Change, Page};
use std::collections::BTreeMap;

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Add a node to the nodelist: behind those of lower ids, in its neighbour's form.
    AddNode(Node),
    /// Take a node out of the nodelist, with everything in its section.
    RemoveNode(NodeRef),
    /// Give each node an address on one more ring.
    AddRing {
        /// The ring.
        link: LinkId,
        /// Each node's address on it.
        addresses: BTreeMap<NodeId, String>,
    },
    /// Take the addresses on a ring away. An `interface` section of that ring stays.
    RemoveRing(LinkId),
    /// Give one setting another value; `None` takes it out.
    Set {
        /// Its path: `totem.token`, `nodelist.node.1.ring0_addr` (sections of one name count from
        /// 0).
        path: String,
        /// Its value.
        value: Option<String>,
    },
}

/// Which node is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeRef {
    /// By its `nodeid`.
    Id(NodeId),
    /// By its `name`.
    Name(String),
}

/// Why a file is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is wrong already.
    #[error("the file has to be mended first: {0}")]
    Before(ConfError),
    /// The file would be wrong afterwards.
    #[error("the change would make the file wrong: {0}")]
    After(ConfError),
    /// The file has no nodelist to change.
    #[error(
        "the file has no nodelist, so nodes come and go by themselves; write a `nodelist` with all \
         nodes to change that"
    )]
    NoNodelist,
    /// A node with that id is there.
    #[error("there is a node {0} already; choose another id")]
    IdTaken(NodeId),
    /// A node with that name is there.
    #[error("node {id} is called `{name}` already; choose another name")]
    NameTaken {
        /// Whose name it is.
        id: NodeId,
        /// The name.
        name: String,
    },
    /// A node has other rings than the others.
    #[error("the nodes have addresses on rings {expected}; give the new one the same, not {found}")]
    OtherRings {
        /// Those of the others.
        expected: String,
        /// Those given.
        found: String,
    },
    /// Nobody of that name or id.
    #[error("there is no node {wanted}; there are {known}")]
    NoSuchNode {
        /// Whom was asked for.
        wanted: String,
        /// Who is there.
        known: String,
    },
    /// Somebody has to stay.
    #[error("node {0} is the only one; a cluster has at least one")]
    LastNode(NodeId),
    /// The ring is there.
    #[error("the nodes have addresses on ring {0} already; remove it first")]
    RingTaken(LinkId),
    /// The ring is not there.
    #[error("no node has an address on ring {0}")]
    NoSuchRing(LinkId),
    /// Some ring has to stay.
    #[error("ring {0} is the only one; add another one first")]
    LastRing(LinkId),
    /// Rings are numbered from 0 to 7.
    #[error("there is no ring {0}: rings are numbered from 0 to 7")]
    RingNumber(LinkId),
    /// An address is missing.
    #[error("node {0} needs an address on the new ring, too")]
    AddressMissing(NodeId),
    /// A value that the file cannot hold.
    #[error("`{0}` cannot be an address or a name: letters, digits and any of . _ - : % can")]
    NoWord(String),
    /// A value that the file cannot hold.
    #[error("`{0}` cannot be a value: it stands on one line, without braces, and is not empty")]
    NoValue(String),
    /// The section is not there.
    #[error("the file has no section for `{0}`; write it as `totem.token`")]
    NoSuchSection(String),
    /// It is not clear which section is meant.
    #[error("`{path}` stands for {count} sections; say which, as in `nodelist.node.0.name`")]
    SeveralSections {
        /// What was asked for.
        path: String,
        /// How many there are.
        count: usize,
    },
}

/// Changes a text.
///
/// # Errors
/// When the text is no good before or after, or the edit does not fit it.
pub fn edit(text: &str, edit: &Edit) -> Result<String, EditError> {
    let root = grammar::read(text).map_err(EditError::Before)?;
    let conf = understand(&root).map_err(EditError::Before)?;
    let file = File { page: Page::new(text), root: &root, conf: &conf };
    let changes = match edit {
        Edit::AddNode(node) => file.add_node(node)?,
        Edit::RemoveNode(node) => file.remove_node(node)?,
        Edit::AddRing { link, addresses } => file.add_ring(*link, addresses)?,
        Edit::RemoveRing(link) => file.remove_ring(*link)?,
        Edit::Set { path, value } => file.set(path, value.as_deref())?,
    };
    let changed = file.page.with(&changes);
    crate::parse(&changed).map_err(EditError::After)?;
    Ok(changed)
}

/// A file before the change: its lines, what they are, and what they mean.
struct File<'t> {
    page: Page<'t>,
    root: &'t Section,
    conf: &'t ClusterConf,
}

impl<'t> File<'t> {
    /// The sections of the listed nodes, in the file's order.
    fn sections(&self) -> Result<Vec<(NodeId, &'t Section)>, EditError> {
        let ids = listed(self.root).map_err(EditError::Before)?;
        let sections = self.root.all("nodelist").flat_map(|list| list.all("node"));
        let ids = ids.into_iter().map(|(_, node)| node.id);
        let sections: Vec<_> = ids.zip(sections).collect();
        if sections.is_empty() { Err(EditError::NoNodelist) } else { Ok(sections) }
    }

    fn add_ring(
        &self,
        link: LinkId,
        addresses: &BTreeMap<NodeId, String>,
    ) -> Result<Vec<Change>, EditError> {
        if link.0 > 7 {
            return Err(EditError::RingNumber(link));
        }
        if self.conf.rings().contains(&link) {
            return Err(EditError::RingTaken(link));
        }
        let sections = self.sections()?;
        if let Some(stranger) = addresses.keys().find(|id| !self.conf.has_node(**id)) {
            return Err(self.no_such(&stranger.to_string()));
        }
        let mut changes = Vec::new();
        for (id, section) in sections {
            let address = addresses.get(&id).ok_or(EditError::AddressMissing(id))?;
            check_word(address)?;
            // Beside the ring before it, else beside the one after it.
            let rings = (0..link.0).rev().chain(link.0..8).map(LinkId);
            let near = rings.filter_map(|ring| Some((ring, section.setting(&ring_key(ring))?)));
            let (ring, setting) = near.take(1).next().ok_or_else(|| self.no_ring(section))?;
            let line = self.page.like(setting.line, &ring_key(link), address);
            let after = if ring < link { setting.line } else { setting.line - 1 };
            changes.push(Change::Insert { after, text: line });
        }
        Ok(changes)
    }

    fn no_ring(&self, section: &Section) -> EditError {
        EditError::Before(ConfError::new(section.line, Problem::NoNodes))
    }

    fn remove_ring(&self, link: LinkId) -> Result<Vec<Change>, EditError> {
        let rings = self.conf.rings();
        let sections = self.sections()?;
        if !rings.contains(&link) {
            return Err(EditError::NoSuchRing(link));
        }
        if rings.len() == 1 {
            return Err(EditError::LastRing(link));
        }
        let settings = sections.iter().flat_map(|(_, section)| &section.settings);
        let addresses = settings.filter(|setting| setting.key == ring_key(link));
        Ok(addresses.map(|setting| Change::remove_line(setting.line)).collect())
    }

    fn no_such(&self, wanted: &str) -> EditError {
        let name = |node: &Node| match &node.name {
            Some(name) => format!("{} ({name})", node.id),
            None => node.id.to_string(),
        };
        let known: Vec<String> = self.conf.nodes.iter().map(name).collect();
        EditError::NoSuchNode { wanted: wanted.to_owned(), known: known.join(", ") }
    }
}

fn ring_key(link: LinkId) -> String {
    format!("ring{link}_addr")
}

pub(crate) fn check_word(word: &str) -> Result<(), EditError> {
    let fits = |letter: char| letter.is_alphanumeric() || "._-:%".contains(letter);
    let is_word = !word.is_empty() && word.chars().all(fits);
    if is_word { Ok(()) } else { Err(EditError::NoWord(word.to_owned())) }
}
