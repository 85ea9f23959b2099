//! Which child of the old element is which of the new one.
//!
//! What Pacemaker's `crm_diff` calls moved is called moved here: the children are gone through in
//! their new order, and one whose place differs, not counting what was already found to be moved,
//! made or deleted, has moved. What is left stands in the same order in both, so that setting the
//! moved ones aside and then putting everything in its place, the lowest first, gives the new order.

use super::places::Places;
use cluster::{Element, ExtraNode};
use std::collections::BTreeMap;

/// The children of an element before and after.
pub(super) struct Siblings<'a> {
    /// Before, without text.
    pub(super) old: Vec<&'a ExtraNode>,
    /// After, without text.
    pub(super) new: Vec<&'a ExtraNode>,
    /// For each before, which it is after.
    new_of: Vec<Option<usize>>,
    /// For each after, which it was before.
    old_of: Vec<Option<usize>>,
    /// For each after, whether it has moved.
    moved: Vec<bool>,
}

impl<'a> Siblings<'a> {
    /// Nothing when the children are the same.
    pub(super) fn of(old: &'a Element, new: &'a Element) -> Option<Self> {
        if old.extra.children == new.extra.children {
            return None;
        }
        let told = |element: &'a Element| -> Vec<&'a ExtraNode> {
            let children = element.extra.children.iter();
            children.filter(|child| !matches!(child, ExtraNode::Text(_))).collect()
        };
        let (old, new) = (told(old), told(new));
        let new_of = vec![None; old.len()];
        let (old_of, moved) = (vec![None; new.len()], vec![false; new.len()]);
        let mut siblings = Self { old, new, new_of, old_of, moved };
        siblings.pair_elements();
        siblings.pair_comments();
        while let Some(comment) = siblings.find_moves() {
            siblings.part(comment);
        }
        Some(siblings)
    }

    /// What became of an old child.
    pub(super) fn new_of(&self, place: usize) -> Option<&'a ExtraNode> {
        self.new_of[place].map(|place| self.new[place])
    }

    /// What a new child was.
    pub(super) fn old_of(&self, position: usize) -> Option<&'a ExtraNode> {
        self.old_of[position].map(|place| self.old[place])
    }

    /// Whether a new child stood elsewhere among the others.
    pub(super) fn has_moved(&self, position: usize) -> bool {
        self.moved[position]
    }

    fn pair(&mut self, place: usize, position: usize) {
        self.new_of[place] = Some(position);
        self.old_of[position] = Some(place);
    }

    /// Gives up a pair: the one is deleted and the other made.
    fn part(&mut self, position: usize) {
        if let Some(place) = self.old_of[position].take() {
            self.new_of[place] = None;
        }
    }

    /// Elements by their name and id. Those that cannot be told apart stay without a partner.
    fn pair_elements(&mut self) {
        let (old, new) = (clear(&self.old), clear(&self.new));
        for (key, place) in old {
            if let (Some(place), Some(Some(position))) = (place, new.get(&key)) {
                self.pair(place, *position);
            }
        }
    }

    /// A comment is the same when it says the same in the same place, and cannot move.
    fn pair_comments(&mut self) {
        let mut left = 0;
        for place in 0..self.old.len() {
            let child = self.old[place];
            if matches!(child, ExtraNode::Comment(_)) && self.new.get(left) == Some(&child) {
                self.pair(place, left);
            }
            left += usize::from(self.new_of[place].is_some());
        }
    }

    /// Finds out who has moved. A comment that would have to is handed out instead.
    fn find_moves(&mut self) -> Option<usize> {
        let mut old_places = Places::new(self.old.len());
        let gone = self.new_of.iter().enumerate().filter(|(_, partner)| partner.is_none());
        gone.for_each(|(place, _)| old_places.skip(place));
        // How many of the new children before this one count.
        let mut after = 0;
        for position in 0..self.new.len() {
            let Some(place) = self.old_of[position] else { continue };
            let before = old_places.before(place);
            self.moved[position] = before != after;
            if before != after && matches!(self.new[position], ExtraNode::Comment(_)) {
                return Some(position);
            }
            if before > after {
                old_places.skip(place);
            }
            after += usize::from(before >= after);
        }
        None
    }
}

/// Elements by name and id, with their place; none where that could mean several.
fn clear<'a>(children: &[&'a ExtraNode]) -> BTreeMap<(&'a str, Option<&'a str>), Option<usize>> {
    let mut places = BTreeMap::new();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, child) in children.iter().enumerate() {
        let ExtraNode::Element(element) = child else { continue };
        *names.entry(&element.name).or_default() += 1;
        let key = (element.name.as_str(), element.attribute("id"));
        places.entry(key).and_modify(|place| *place = None).or_insert(Some(place));
    }
    // Without an id, a name means any of that name.
    let vague: Vec<&str> = places
        .keys()
        .filter(|(name, id)| id.is_none() && names[name] > 1)
        .map(|key| key.0)
        .collect();
    for (key, place) in &mut places {
        if vague.contains(&key.0) {
            *place = None;
        }
    }
    places
}
