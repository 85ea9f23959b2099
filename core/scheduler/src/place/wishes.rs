//! What those who depend on a resource wish for it: scores of their tables, weakened by each
//! colocation on the way.

use super::matching::Mark;
use super::{chain, table, weigh};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{Colocation, Kind, Source, Weights, Work};
use cluster::Score;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A working copy of a table: nodes in order, with a score's value or [`SPOILED`].
pub(super) type Trial = Vec<(NodeIndex, i32)>;

/// The value of a node that a wish made unusable where only nodes that stay usable count.
const SPOILED: i32 = -100_000_000;

/// How deep wishes of wishes of wishes are followed: no chain of colocations eats the stack (H1).
const MOST_DEPTH: usize = 400;

/// How many scores may be looked at for wishes of wishes. Wishes come along every way from one
/// resource to another, and where all are colocated with each other there are more ways than
/// anybody can follow (H1). Those who depend on a resource directly are always heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For all that will still be asked.
    left: usize,
    /// For what is asked just now.
    now: usize,
}

impl Patience {
    /// In a cluster of that size.
    pub(crate) fn new(nodes: usize, resources: usize) -> Self {
        let all = nodes.saturating_mul(resources);
        Self { left: all.saturating_mul(20).saturating_add(20_000_000), now: 0 }
    }

    /// Whoever asks gets a part of what is left, which is enough for a long chain at first.
    fn begin(&mut self, nodes: usize) {
        self.now = (self.left / 64).max(nodes.saturating_mul(1_000)).min(self.left);
    }

    /// Whether it lasts for one more table of so many nodes.
    fn lasts(&mut self, nodes: usize) -> bool {
        let lasts = self.now >= nodes;
        self.now = self.now.saturating_sub(nodes);
        self.left = self.left.saturating_sub(nodes);
        lasts
    }
}

/// How wishes are added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    /// What leaves no node usable is taken back.
    pub(super) keeps_usable: bool,
    /// Nodes are not made unusable one by one either.
    pub(super) only_positive: bool,
    /// Wishes of those that are followed count, not of those that follow.
    pub(super) of_followed: bool,
}

/// Whose wishes are asked, for whom, and how much they count.
#[derive(Clone, Copy)]
struct Question {
    source: ResourceIndex,
    target: ResourceIndex,
    colocation: usize,
    factor: f32,
    manner: Manner,
    depth: usize,
}

/// What part of a whole the score is.
pub(super) fn factor(score: Score) -> f32 {
    fraction(1.0, score)
}

fn fraction(factor: f32, score: Score) -> f32 {
    factor * score.value() as f32 / Score::INFINITY.value() as f32
}

/// The table of `resource` as a working copy.
pub(super) fn trial(work: &Work<'_>, resource: ResourceIndex) -> Trial {
    let cells = work.at.resources[resource].weights.iter();
    cells.map(|(node, cell)| (node, cell.score.value())).collect()
}

/// Adds to `nodes`, on behalf of `target`, what `source` wishes.
pub(super) fn merge(
    work: &mut Work<'_>,
    (source, target): (ResourceIndex, ResourceIndex),
    nodes: &mut Trial,
    colocation: usize,
    manner: Manner,
) {
    let factor = factor(work.colocations[colocation].score);
    work.patience.begin(work.at.nodes.len());
    ask(work, Question { source, target, colocation, factor, manner, depth: 0 }, nodes);
}

/// Adds the wishes of a colocation's dependent to the primary's own table.
pub(super) fn heed(work: &mut Work<'_>, colocation: usize, primary: ResourceIndex) {
    let leading = &work.colocations[colocation];
    let (dependent, led) = (leading.dependent, leading.primary);
    if !work.has_influence(leading, led) {
        return;
    }
    let only_positive = work.at.resources[primary].is_clone();
    let manner = Manner { keeps_usable: true, only_positive, of_followed: false };
    heed_from(work, (dependent, primary), colocation, manner);
}

/// Adds what `source` wishes to the table of `target`.
pub(super) fn heed_from(
    work: &mut Work<'_>,
    (source, target): (ResourceIndex, ResourceIndex),
    colocation: usize,
    manner: Manner,
) {
    let mut nodes = trial(work, target);
    merge(work, (source, target), &mut nodes, colocation, manner);
    let source = Source::Colocation {
        constraint: work.colocations[colocation].id.clone(),
        with: Rc::from(work.at.resources[source].id.as_str()),
    };
    for (node, value) in nodes {
        table::set(work, target, node, Score::new(i64::from(value)), &source);
    }
}

/// The resource's table with the wishes of all that it follows.
pub(super) fn of_all_around(work: &mut Work<'_>, resource: ResourceIndex) -> Trial {
    let mut at = resource;
    // A group's last member follows all others.
    while let (Kind::Group, Some(last)) =
        (&work.at.resources[at].kind, work.at.resources[at].children.last())
    {
        at = *last;
    }
    let mut nodes = trial(work, at);
    let manner = Manner { of_followed: true, ..Manner::default() };
    let asked = [resource, at];
    asked.iter().for_each(|it| work.drafts[*it].is_asked = true);
    if has_usable(work, &nodes) {
        work.patience.begin(work.at.nodes.len());
        ask_around(work, (at, at), &mut nodes, 1.0, (manner, 0));
    }
    asked.iter().for_each(|it| work.drafts[*it].is_asked = false);
    nodes
}

fn ask(work: &mut Work<'_>, question: Question, nodes: &mut Trial) {
    let source = question.source;
    let is_heard = question.depth == 0 || work.patience.lasts(nodes.len());
    if work.drafts[source].is_asked || question.depth > MOST_DEPTH || !is_heard {
        return;
    }
    work.drafts[source].is_asked = true;
    if let Kind::Group = work.at.resources[source].kind {
        // The first member speaks for all: the others follow it.
        if let Some(&first) = work.at.resources[source].children.first() {
            ask(work, Question { source: first, ..question }, nodes);
        }
    } else {
        ask_one(work, question, nodes);
    }
    work.drafts[source].is_asked = false;
}

fn ask_one(work: &mut Work<'_>, question: Question, nodes: &mut Trial) {
    let mut merged = added(work, question, nodes);
    let Question { source, target, factor, manner, depth, .. } = question;
    if has_usable(work, &merged) {
        ask_around(work, (source, target), &mut merged, factor, (manner, depth));
    } else if manner.keeps_usable {
        return;
    }
    if manner.only_positive {
        for (_, value) in merged.iter_mut().filter(|(_, value)| *value == SPOILED) {
            *value = 1;
        }
    }
    *nodes = merged;
}

/// Goes on to those that follow `source`, or that it follows.
fn ask_around(
    work: &mut Work<'_>,
    (source, target): (ResourceIndex, ResourceIndex),
    nodes: &mut Trial,
    factor: f32,
    (manner, depth): (Manner, usize),
) {
    let list =
        if manner.of_followed { chain::follows(work, source) } else { chain::leads(work, source) };
    let manner = Manner { keeps_usable: true, ..manner };
    for colocation in list {
        if !work.patience.lasts(1) {
            return;
        }
        let link = &work.colocations[colocation];
        let factor = fraction(factor, link.score);
        let other = if manner.of_followed {
            link.primary
        } else if work.has_influence(link, link.primary) {
            link.dependent
        } else {
            continue;
        };
        let depth = depth + 1;
        ask(work, Question { source: other, target, colocation, factor, manner, depth }, nodes);
    }
}

fn has_usable(work: &Work<'_>, nodes: &Trial) -> bool {
    nodes.iter().any(|(node, value)| *value >= 0 && work.usable.contains(*node))
}

/// `nodes` with the scores of the source's table added, each to those that count as the same.
fn added(work: &mut Work<'_>, question: Question, nodes: &Trial) -> Trial {
    let own = add_group_scores(work, question);
    let colocation = &work.colocations[question.colocation];
    let wishes = Wishes::of(work, colocation, question.source);
    // What the dependent avoids is no reason for the primary to go there, unless the dependent
    // can only be where the primary is.
    let double_negative = (question.factor < 0.0).then(|| double_negative(work, colocation));
    let is_filtered = |score: i32| match double_negative {
        Some(limit) if score < 0 => limit.is_none_or(|stickiness| stickiness >= -score),
        _ => false,
    };
    let value_on = |node: NodeIndex, value: i32| {
        let score = wishes.on(work, node, question.target).value();
        if score == 0 || value == SPOILED || is_filtered(score) {
            return value;
        }
        sum(value, score, question.factor, question.manner)
    };
    let merged = nodes.iter().map(|(node, value)| (*node, value_on(*node, *value))).collect();
    if let Some(own) = own {
        work.at.resources[question.source].weights = own;
    }
    merged
}

/// The stickiness up to which double negatives are left out; `None` when all are.
fn double_negative(work: &Work<'_>, colocation: &Colocation) -> Option<i32> {
    let allowed = work.at.resources[colocation.dependent].weights.iter();
    let allowed = allowed.filter(|(_, cell)| cell.score >= Score::ZERO).take(2).count();
    let counts = work.has_influence(colocation, colocation.primary) && allowed == 1;
    counts.then(|| work.at.resources[colocation.primary].settings.stickiness.value())
}

/// A node's value with a part of a wish added. What is not zero does not become zero by being
/// weakened.
fn sum(value: i32, score: i32, factor: f32, manner: Manner) -> i32 {
    let weight = f64::from(factor * score as f32);
    let rounded = (if weight < 0.0 { weight - 0.5 } else { weight + 0.5 }) as i32;
    let weight = match rounded {
        0 if score != 0 && factor > 0.0 => 1,
        0 if score != 0 && factor < 0.0 => -1,
        weight => weight,
    };
    let new = (Score::new(i64::from(weight)) + Score::new(i64::from(value))).value();
    match value {
        _ if !manner.only_positive || new >= 0 => new,
        0 => 0,
        value if value > 0 => SPOILED,
        _ => new,
    }
}

/// The source's scores, by what counts as the same node.
enum Wishes<'w> {
    /// By the node itself: the source's table.
    ByNode(&'w Weights),
    /// By mark: the best of all nodes that are the same by an attribute.
    ByMark(BTreeMap<Mark, Score>, Option<&'w str>),
}

impl<'w> Wishes<'w> {
    fn of(work: &'w Work<'_>, colocation: &'w Colocation, source: ResourceIndex) -> Self {
        let weights = &work.at.resources[source].weights;
        let attribute = colocation.node_attribute.as_deref();
        if attribute.is_none() && !work.has_guests {
            return Self::ByNode(weights);
        }
        let mut best = BTreeMap::new();
        for (node, cell) in weights.iter().filter(|(node, _)| work.usable.contains(*node)) {
            let mark = work.mark(node, attribute, source);
            let known = best.entry(mark).or_insert(Score::MINUS_INFINITY);
            *known = cell.score.max(*known);
        }
        Self::ByMark(best, attribute)
    }

    /// What is wished of a node, seen from the target.
    fn on(&self, work: &Work<'_>, node: NodeIndex, target: ResourceIndex) -> Score {
        let found = match self {
            Self::ByNode(weights) => weights.score(node).filter(|_| work.usable.contains(node)),
            Self::ByMark(scores, attribute) => {
                scores.get(&work.mark(node, *attribute, target)).copied()
            }
        };
        found.unwrap_or(Score::MINUS_INFINITY)
    }
}

/// A later member of a group whose colocation somebody configured speaks for itself: what was
/// said of the group's nodes stands in the first member's table, and is added for the moment.
/// Gives the table back as it was, when it was changed.
fn add_group_scores(work: &mut Work<'_>, question: Question) -> Option<Weights> {
    let source = question.source;
    let colocation = &work.colocations[question.colocation];
    let group = work.at.resources[source].parent?;
    let is_later = work.at.resources[group].is_group()
        && work.at.resources[group].children.first() != Some(&source);
    if source != colocation.dependent || colocation.is_implied || !is_later {
        return None;
    }
    let own = work.at.resources[source].weights.clone();
    for at in work.drafts[group].located.clone() {
        let rule = work.locations[at].clone();
        weigh::apply(work, source, &rule);
    }
    Some(own)
}
