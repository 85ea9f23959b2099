//! Whether somebody may make one tree of another.

use super::{Deed, Forbidden, Ground, Verdict};
use crate::Place;
use cluster::access::Grants;
use cluster::{Element, ExtraNode};
use std::collections::{BTreeMap, VecDeque};

/// Whether a change is allowed. What changes has to be writable as it was and as it will be; what
/// comes or goes, with everything inside it. Elements that only hold others together (an id, and
/// something inside) come and go with what is in them.
///
/// # Errors
/// With the first thing that is not allowed, in document order, and the rule that says so.
pub fn check(grants: &Grants, before: &Element, after: &Element) -> Result<(), Forbidden> {
    if before == after {
        return Ok(());
    }
    let [old, new] = [before, after].map(|root| Ground::new(root, grants));
    let walk = Walk { grants, before, after };
    walk.pair(&old, &new, &mut (Vec::new(), Vec::new()))
}

struct Walk<'a> {
    grants: &'a Grants,
    before: &'a Element,
    after: &'a Element,
}

/// Where the two elements stand that are compared, each in its tree.
type Places = (Vec<usize>, Vec<usize>);

/// Which of the two trees something stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Walk<'_> {
    fn pair(&self, old: &Ground<'_>, new: &Ground<'_>, at: &mut Places) -> Result<(), Forbidden> {
        if old.element == new.element {
            return Ok(());
        }
        if let Some(attribute) = changed_attribute(old.element, new.element) {
            self.changes(old, new, at, (Deed::Change, Some(attribute)))?;
        }
        if notes(old.element) != notes(new.element) {
            self.changes(old, new, at, (Deed::Change, None))?;
        }
        let (pairs, gone, come) = matched(old, new);
        if !pairs.is_sorted_by_key(|(_, there)| *there) {
            self.changes(old, new, at, (Deed::Arrange, None))?;
        }
        for (here, there) in pairs {
            at.0.push(here);
            at.1.push(there);
            self.pair(&old.children[here], &new.children[there], at)?;
            at.0.pop();
            at.1.pop();
        }
        for number in gone {
            at.0.push(number);
            self.whole(&old.children[number], &mut at.0, Side::Before)?;
            at.0.pop();
        }
        for number in come {
            at.1.push(number);
            self.whole(&new.children[number], &mut at.1, Side::After)?;
            at.1.pop();
        }
        Ok(())
    }

    /// Something changes in an element that stays.
    fn changes(
        &self,
        old: &Ground<'_>,
        new: &Ground<'_>,
        at: &Places,
        (deed, attribute): (Deed, Option<&str>),
    ) -> Result<(), Forbidden> {
        let verdicts = [old.change, new.change];
        let Some(verdict) = verdicts.into_iter().find(|verdict| *verdict != Verdict::Allowed)
        else {
            return Ok(());
        };
        let mut place = Place::new(at.0.clone()).path(self.before);
        if let Some(attribute) = attribute {
            place.push_str(&format!("/@{attribute}"));
        }
        Err(Forbidden::new(self.grants, deed, place, verdict))
    }

    /// An element comes or goes, with everything inside it.
    fn whole(&self, ground: &Ground<'_>, at: &mut Vec<usize>, side: Side) -> Result<(), Forbidden> {
        let is_fine = match ground.change {
            Verdict::Allowed => true,
            Verdict::Unsaid => is_frame(ground.element),
            Verdict::Denied(_) => false,
        };
        if !is_fine {
            let (deed, root) = match side {
                Side::Before => (Deed::Remove, self.before),
                Side::After => (Deed::Add, self.after),
            };
            let place = Place::new(at.clone()).path(root);
            return Err(Forbidden::new(self.grants, deed, place, ground.change));
        }
        for (number, child) in ground.children.iter().enumerate() {
            at.push(number);
            self.whole(child, at, side)?;
            at.pop();
        }
        Ok(())
    }
}

/// Whether an element says nothing by itself: it has an id at the most, and holds others.
fn is_frame(element: &Element) -> bool {
    let is_id = |(name, _): &(String, String)| name == "id";
    element.extra.attributes.iter().all(is_id)
        && element.elements().next().is_some()
        && notes(element).is_empty()
}

/// Comments and text among the children.
fn notes(element: &Element) -> Vec<&ExtraNode> {
    let children = element.extra.children.iter();
    children.filter(|node| !matches!(node, ExtraNode::Element(_))).collect()
}

/// The first attribute that comes, goes, or gets another value; their order says nothing.
fn changed_attribute<'a>(old: &'a Element, new: &'a Element) -> Option<&'a str> {
    let names = old.extra.attributes.iter().chain(&new.extra.attributes).map(|(name, _)| name);
    { names }.map(String::as_str).find(|name| old.attribute(name) != new.attribute(name))
}

/// Children that are in both, by name and id, as places here and there; those that go; those that
/// come. Of equals the first goes with the first.
fn matched(old: &Ground<'_>, new: &Ground<'_>) -> (Vec<(usize, usize)>, Vec<usize>, Vec<usize>) {
    fn key<'g>(ground: &Ground<'g>) -> (&'g str, Option<&'g str>) {
        (&ground.element.name, ground.element.attribute("id"))
    }
    let mut there: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
    for (number, child) in new.children.iter().enumerate() {
        there.entry(key(child)).or_default().push_back(number);
    }
    let (mut pairs, mut gone) = (Vec::new(), Vec::new());
    for (number, child) in old.children.iter().enumerate() {
        match there.get_mut(&key(child)).and_then(VecDeque::pop_front) {
            Some(place) => pairs.push((number, place)),
            None => gone.push(number),
        }
    }
    let mut come: Vec<usize> = there.into_values().flatten().collect();
    come.sort_unstable();
    (pairs, gone, come)
}
