//! What ties a resource to nodes and to other resources, as `crm_resource --constraints` and
//! `--stack` show it.

use cluster::{
    ColocationTarget, Configuration, Constraint, LocationTarget, Preference, Resource, Score,
};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write;

/// How far it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// To the resources that it is colocated with.
    Near,
    /// Also to those that these are colocated with, and so on.
    All,
}

/// The locations of the resource `id`, then what is placed with it, then what it is placed with; as
/// a list with two blanks a level. For a member of a group the colocations are those of the group.
pub fn text(configuration: &Configuration, id: &str, depth: Depth) -> String {
    let top = configuration.resources.iter().find(|top| top.ids().contains(&id));
    let top = top.map_or(id, Resource::id);
    let mut teller = Teller { configuration, depth, seen: BTreeSet::new(), text: String::new() };
    teller.locations(id, 0);
    for side in [Side::Followers, Side::Leaders] {
        teller.seen = BTreeSet::from([top]);
        teller.tell(side, top, 0);
    }
    teller.text
}

/// Which of the two of a colocation is looked for.
#[derive(Clone, Copy)]
enum Side {
    /// What is placed with a resource.
    Followers,
    /// What it is placed with.
    Leaders,
}

/// A colocation as one of its two resources sees it.
struct Tie<'a> {
    id: &'a str,
    other: &'a str,
    score: Score,
}

struct Teller<'a> {
    configuration: &'a Configuration,
    depth: Depth,
    /// What has been told of on this side.
    seen: BTreeSet<&'a str>,
    text: String,
}

impl<'a> Teller<'a> {
    fn head(&mut self, level: usize, head: &str) {
        let (indent, bullet) = ("  ".repeat(level), if level == 0 { "" } else { "* " });
        let _ = writeln!(self.text, "{indent}{bullet}{head}:");
    }

    fn item(&mut self, level: usize, item: &str) {
        let _ = writeln!(self.text, "{}* {item}", "  ".repeat(level + 1));
    }

    fn locations(&mut self, id: &str, level: usize) {
        let told = |constraint: &Constraint| match constraint {
            Constraint::Location(location) => match (&location.target, &location.preference) {
                (LocationTarget::Resource(resource), Preference::Node { node, score })
                    if resource == id =>
                {
                    Some(format!("Node {node} (score={score}, id={}, rsc={id})", location.id))
                }
                _ => None,
            },
            _ => None,
        };
        let told: Vec<String> = self.configuration.constraints.iter().filter_map(told).collect();
        if !told.is_empty() {
            self.head(level, "Locations");
        }
        for location in told {
            self.item(level, &location);
        }
    }

    fn tell(&mut self, side: Side, id: &str, level: usize) {
        let ties = self.ties(side, id);
        if ties.is_empty() {
            return;
        }
        self.head(
            level,
            &match side {
                Side::Followers => format!("Resources colocated with {id}"),
                Side::Leaders => format!("Resources {id} is colocated with"),
            },
        );
        for Tie { id, other, score } in ties {
            let is_new = self.seen.insert(other);
            if !is_new && self.depth == Depth::All {
                self.item(level, &format!("{other} (id={id} - loop)"));
                continue;
            }
            self.item(level, &format!("{other} (score={score}, id={id})"));
            self.locations(other, level + 2);
            if self.depth == Depth::All {
                self.tell(side, other, level + 2);
            }
        }
    }

    /// The colocations of `id` on this side of it, strongest first.
    fn ties(&self, side: Side, id: &str) -> Vec<Tie<'a>> {
        let other = |resource: &'a str, with: &'a str| match side {
            Side::Followers => (with == id).then_some(resource),
            Side::Leaders => (resource == id).then_some(with),
        };
        let mut ties = Vec::new();
        for constraint in &self.configuration.constraints {
            let Constraint::Colocation(colocation) = constraint else { continue };
            match &colocation.target {
                ColocationTarget::Pair { resource, with, .. } => {
                    let tie = |other| Tie { id: &colocation.id, other, score: colocation.score };
                    ties.extend(other(resource, with).map(tie));
                }
                // In a set each is placed with the one before it.
                ColocationTarget::Sets(sets) => ties.extend(sets.iter().flat_map(|set| {
                    let pairs = set.members.windows(2).filter(|_| set.sequential != Some(false));
                    let score = set.score.unwrap_or(colocation.score);
                    let tie = |pair: &'a [String]| {
                        Some(Tie { id: &set.id, other: other(&pair[1], &pair[0])?, score })
                    };
                    pairs.filter_map(tie).collect::<Vec<_>>()
                })),
            }
        }
        ties.sort_by_key(|tie| Reverse(tie.score));
        ties
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CIB: &str = "<cib><configuration><resources>\
        <group id='g'><primitive id='a' class='ocf' provider='x' type='Y'/></group>\
        <primitive id='c' class='ocf' provider='x' type='Y'/>\
        <primitive id='d' class='ocf' provider='x' type='Y'/>\
        <primitive id='e' class='ocf' provider='x' type='Y'/></resources><constraints>\
        <rsc_location id='l' rsc='c' node='n1' score='5'/>\
        <rsc_location id='ld' rsc='d' node='n2' score='-3'/>\
        <rsc_colocation id='col' rsc='c' with-rsc='g' score='INFINITY'/>\
        <rsc_colocation id='c2' rsc='d' with-rsc='c' score='7'/>\
        <rsc_colocation id='c3' rsc='g' with-rsc='e' score='8'/>\
        <rsc_colocation id='c4' rsc='d' rsc-role='Started' with-rsc='c' score='9'/>\
        </constraints></configuration><status/></cib>";

    /// What Pacemaker 2.1 prints for the same.
    #[test]
    fn a_resource_and_what_it_is_tied_to() {
        let configuration = cib::read(CIB).expect("it is right").configuration;
        let near = "Locations:\n  * Node n1 (score=5, id=l, rsc=c)\n\
            Resources colocated with c:\n  * d (score=9, id=c4)\n    * Locations:\n      \
            * Node n2 (score=-3, id=ld, rsc=d)\n  * d (score=7, id=c2)\n    * Locations:\n      \
            * Node n2 (score=-3, id=ld, rsc=d)\n\
            Resources c is colocated with:\n  * g (score=INFINITY, id=col)\n";
        assert_eq!(text(&configuration, "c", Depth::Near), near);
        let all = "Locations:\n  * Node n2 (score=-3, id=ld, rsc=d)\n\
            Resources d is colocated with:\n  * c (score=9, id=c4)\n    * Locations:\n      \
            * Node n1 (score=5, id=l, rsc=c)\n    * Resources c is colocated with:\n      \
            * g (score=INFINITY, id=col)\n        * Resources g is colocated with:\n          \
            * e (score=8, id=c3)\n  * c (id=c2 - loop)\n";
        assert_eq!(text(&configuration, "d", Depth::All), all);
        let member = text(&configuration, "a", Depth::Near);
        assert!(
            member.starts_with("Resources colocated with g:\n  * c (score=INFINITY"),
            "{member}"
        );
    }
}
