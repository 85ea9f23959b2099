//! Nodes that come and go.

use super::page::Change;
use super::{EditError, File, NodeRef, check_word, ring_key};
use crate::grammar::Section;
use crate::model::Node;
use base::NodeId;
use group::LinkId;
use std::collections::BTreeSet;

/// A node's section with its id.
type Listed<'t> = (NodeId, &'t Section);

impl<'t> File<'t> {
    pub(super) fn add_node(&self, node: &Node) -> Result<Vec<Change>, EditError> {
        let sections = self.sections()?;
        self.check_new(node)?;
        let is_ascending = sections.is_sorted_by_key(|(id, _)| *id);
        let lower = sections.iter().rposition(|(id, _)| !is_ascending || *id < node.id);
        let at = lower.unwrap_or(0);
        let Some((_, neighbour)) = sections.get(at) else { return Err(EditError::NoNodelist) };
        let section = self.section_like(neighbour, node);
        let gap = self.usual_gap(&sections, at);
        let (after, text) = match lower {
            Some(_) => (neighbour.end, gap + &section),
            None => (neighbour.line - 1, section + &gap),
        };
        Ok(vec![Change::Insert { after, text }])
    }

    fn check_new(&self, node: &Node) -> Result<(), EditError> {
        if self.conf.has_node(node.id) {
            return Err(EditError::IdTaken(node.id));
        }
        for word in node.addresses.values().chain(&node.name) {
            check_word(word)?;
        }
        let same = |other: &&Node| other.name.is_some() && other.name == node.name;
        if let Some(other) = self.conf.nodes.iter().find(same) {
            let name = node.name.clone().unwrap_or_default();
            return Err(EditError::NameTaken { id: other.id, name });
        }
        let (expected, found) = (self.conf.rings(), node.addresses.keys().copied().collect());
        if expected != found {
            let (expected, found) = (numbers(&expected), numbers(&found));
            return Err(EditError::OtherRings { expected, found });
        }
        Ok(())
    }

    /// The node's section with the keys of its neighbour's in the same order and form, then what
    /// that has not.
    fn section_like(&self, neighbour: &Section, node: &Node) -> String {
        let mut wanted: Vec<(String, String)> = Vec::new();
        wanted.extend(node.addresses.iter().map(|(ring, text)| (ring_key(*ring), text.clone())));
        wanted.extend(node.name.iter().map(|name| ("name".to_owned(), name.clone())));
        wanted.push(("nodeid".to_owned(), node.id.to_string()));
        if node.votes != 1 || neighbour.setting("quorum_votes").is_some() {
            wanted.push(("quorum_votes".to_owned(), node.votes.to_string()));
        }
        let mut text = self.page.line(neighbour.line).to_owned();
        let mut last = neighbour.line;
        for setting in &neighbour.settings {
            last = setting.line;
            let Some(at) = wanted.iter().position(|(key, _)| *key == setting.key) else { continue };
            let (key, value) = wanted.remove(at);
            text.push_str(&self.page.like(setting.line, &key, &value));
        }
        for (key, value) in wanted {
            text.push_str(&self.page.like(last, &key, &value));
        }
        text + self.page.line(neighbour.end)
    }

    /// The empty lines that stand between two nodes, near the one at `at`.
    fn usual_gap(&self, sections: &[Listed<'t>], at: usize) -> String {
        let pairs = [at.checked_sub(1), Some(at)].into_iter().flatten();
        let pairs = pairs.filter_map(|first| sections.get(first).zip(sections.get(first + 1)));
        let gaps = pairs.map(|((_, above), (_, below))| self.page.gap(above.end, below.line));
        gaps.take(1).collect()
    }

    pub(super) fn remove_node(&self, wanted: &NodeRef) -> Result<Vec<Change>, EditError> {
        let sections = self.sections()?;
        let id = self.id_of(wanted)?;
        let Some(at) = sections.iter().position(|(listed, _)| *listed == id) else {
            return Err(EditError::NoNodelist);
        };
        if sections.len() == 1 {
            return Err(EditError::LastNode(id));
        }
        let (_, section) = sections[at];
        let (mut first, mut last) = (section.line, section.end);
        // The empty lines that set it apart go with it: those above it, or below the first.
        let above = at.checked_sub(1).and_then(|at| sections.get(at));
        match (above, sections.get(at + 1)) {
            (Some((_, above)), _) => {
                if self.page.is_empty_between(above.end, first) {
                    first = above.end + 1;
                }
            }
            (None, Some((_, below))) => {
                if self.page.is_empty_between(last, below.line) {
                    last = below.line - 1;
                }
            }
            (None, None) => {}
        }
        Ok(vec![Change::Remove { first, last }])
    }

    fn id_of(&self, wanted: &NodeRef) -> Result<NodeId, EditError> {
        let (found, text) = match wanted {
            NodeRef::Id(id) => (self.conf.nodes.iter().find(|node| node.id == *id), id.to_string()),
            NodeRef::Name(name) => {
                let called = |node: &&Node| node.name.as_ref() == Some(name);
                (self.conf.nodes.iter().find(called), format!("`{name}`"))
            }
        };
        found.map(|node| node.id).ok_or_else(|| self.no_such(&text))
    }
}

fn numbers(rings: &BTreeSet<LinkId>) -> String {
    let numbers: Vec<String> = rings.iter().map(ToString::to_string).collect();
    if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") }
}
