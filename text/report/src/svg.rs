//! A transition as a picture: a column for each wave, a box for each action, lines from what comes
//! first to what waits for it.

mod layout;
mod paper;

use crate::plan::{StepKind, rank, what};
use crate::waves::{Moment, Waves};
use crate::words::count;
use layout::{Item, Layout, layout};
use paper::{BOLD, PLAIN, Paper, cut, width};
use scheduler::{Carrier, Decision};
use std::collections::BTreeSet;

/// The longest line in a box, in characters; the whole is in its tooltip.
const LONGEST: usize = 44;
/// From a box's edge to its text.
const PADDING: f64 = 10.0;
/// Between boxes of a column.
const GAP: f64 = 12.0;
/// Between columns.
const CHANNEL: f64 = 44.0;
/// Around everything.
const MARGIN: f64 = 24.0;
/// Title and the names of the waves.
const HEAD: f64 = 84.0;
/// What the colours mean.
const FOOT: f64 = 48.0;

/// What is drawn of an action.
struct Drawn {
    kind: StepKind,
    /// A point of no action of its own is a small pill.
    is_point: bool,
    title: String,
    node: String,
    tip: String,
    width: f64,
    height: f64,
}

/// The picture, as a whole file.
pub fn svg(decision: &Decision<'_>) -> String {
    let waves = Waves::of(&decision.transition);
    // Places in the picture, each with its position in the transition.
    let mut turn: Vec<usize> = (0..waves.order.len()).collect();
    turn.sort_by_cached_key(|at| rank(decision, *at));
    let mut places = vec![0; turn.len()];
    for (place, at) in turn.iter().enumerate() {
        places[*at] = place;
    }
    let drawn: Vec<Drawn> = turn.iter().map(|at| drawn(decision, *at)).collect();
    let moments: BTreeSet<Moment> = waves.moments.iter().copied().collect();
    let moments: Vec<Moment> = moments.into_iter().collect();
    let column = |at: usize| moments.partition_point(|moment| *moment < waves.moments[at]);
    let items: Vec<Item> = turn
        .iter()
        .zip(&drawn)
        .map(|(at, drawn)| Item { column: column(*at), height: drawn.height + GAP })
        .collect();
    let mut lines = Vec::new();
    for at in &turn {
        lines.extend(waves.inputs[*at].iter().map(|from| (places[*from], places[*at])));
    }
    let layout = layout(&items, &lines);
    let columns = Columns::new(&items, &drawn, &moments);
    let picture = Picture { drawn, items, lines, layout, columns };
    picture.on_paper(waves.count())
}

fn drawn(decision: &Decision<'_>, at: usize) -> Drawn {
    let action = &decision.transition.synapses[at].action;
    let is_point = action.carrier == Carrier::Nobody;
    let name = what(decision, action);
    let is_of_resource = decision.actions[action.id].resource.is_some();
    let node = match &action.node {
        Some((node, _)) if is_of_resource && !is_point => node.clone(),
        _ => String::new(),
    };
    let reason = decision.actions[action.id].reason.clone().unwrap_or_default();
    let mut tip = name.clone();
    for (before, text) in [(" on ", &node), (": ", &reason)] {
        if !text.is_empty() {
            tip.push_str(before);
            tip.push_str(text);
        }
    }
    let title = cut(&name, LONGEST);
    let node = cut(&node, LONGEST);
    let style = if is_point { PLAIN } else { BOLD };
    let lines = if node.is_empty() { 1.0 } else { 2.0 };
    Drawn {
        kind: StepKind::of(action),
        is_point,
        width: width(&title, style).max(width(&node, PLAIN)) + 2.0 * PADDING,
        height: if is_point { 20.0 } else { 10.0 + 16.0 * lines },
        title,
        node,
        tip,
    }
}

/// The columns from left to right.
struct Columns {
    /// Left edge and width of each.
    places: Vec<(f64, f64)>,
    /// The wave's number above those that are waves.
    waves: Vec<Option<usize>>,
    /// The right edge of the last one.
    end: f64,
}

impl Columns {
    fn new(items: &[Item], drawn: &[Drawn], moments: &[Moment]) -> Self {
        let mut widths = vec![0.0_f64; moments.len()];
        for (item, drawn) in items.iter().zip(drawn) {
            widths[item.column] = widths[item.column].max(drawn.width);
        }
        let mut left = MARGIN;
        let mut places = Vec::with_capacity(widths.len());
        for width in widths {
            places.push((left, width));
            left += width + CHANNEL;
        }
        let waves = moments.iter().map(|it| (it.point == 0).then_some(it.wave)).collect();
        Self { end: places.last().map_or(MARGIN, |(left, width)| left + width), places, waves }
    }
}

/// Everything that is drawn, with its places.
struct Picture {
    drawn: Vec<Drawn>,
    items: Vec<Item>,
    lines: Vec<(usize, usize)>,
    layout: Layout,
    columns: Columns,
}

impl Picture {
    fn on_paper(&self, waves: usize) -> String {
        let kinds: BTreeSet<StepKind> = self.drawn.iter().map(|drawn| drawn.kind).collect();
        let legend: f64 = kinds.iter().map(|kind| legend_width(*kind)).sum();
        let actions = self.drawn.iter().filter(|drawn| !drawn.is_point).count();
        let title = match actions {
            0 => "There is nothing to do".to_owned(),
            _ => format!("{} in {}", count(actions, "action"), count(waves, "wave")),
        };
        let inner = self.columns.end.max(legend + MARGIN).max(width(&title, BOLD) * 1.4 + MARGIN);
        let height = HEAD + self.layout.height + FOOT + MARGIN;
        let mut paper = Paper::new(inner + MARGIN, height);
        paper.text((MARGIN, MARGIN + 14.0), "title", &title);
        self.draw_heads(&mut paper);
        for (at, _) in self.lines.iter().enumerate() {
            self.draw_line(&mut paper, at);
        }
        for at in 0..self.drawn.len() {
            self.draw_box(&mut paper, at);
        }
        let mut left = MARGIN;
        for kind in kinds {
            paper.swatch((left, HEAD + self.layout.height + FOOT - 16.0), kind);
            left += legend_width(kind);
        }
        paper.finish()
    }

    /// A pale stripe and a number for each wave.
    fn draw_heads(&self, paper: &mut Paper) {
        let waves = self.columns.places.iter().zip(&self.columns.waves);
        for ((left, width), wave) in waves {
            let Some(wave) = wave else { continue };
            let top = (left - 10.0, HEAD - 30.0);
            paper.stripe(top, width + 20.0, self.layout.height + 30.0);
            paper.text((left + width / 2.0, HEAD - 12.0), "head", &format!("wave {wave}"));
        }
    }

    fn draw_box(&self, paper: &mut Paper, at: usize) {
        let drawn = &self.drawn[at];
        let (left, width) = self.columns.places[self.items[at].column];
        let middle = HEAD + self.layout.middles[at];
        let (x, own) = (left + (width - drawn.width) / 2.0, drawn.width);
        let (x, own) = if drawn.is_point { (x, own) } else { (left, width) };
        paper.open_box(drawn.kind, &drawn.tip);
        let radius = if drawn.is_point { 10.0 } else { 5.0 };
        paper.rectangle((x, middle - drawn.height / 2.0), (own, drawn.height), radius);
        let center = left + width / 2.0;
        if drawn.is_point {
            paper.text((center, middle + 4.0), "point", &drawn.title);
        } else if drawn.node.is_empty() {
            paper.text((center, middle + 4.5), "what", &drawn.title);
        } else {
            paper.text((center, middle - 4.0), "what", &drawn.title);
            paper.text((center, middle + 12.0), "node", &drawn.node);
        }
        paper.close_box();
    }

    /// A curve from box to box through the line's bends, level where it meets them.
    fn draw_line(&self, paper: &mut Paper, line: usize) {
        let (from, to) = self.lines[line];
        let mut stops = vec![(self.edge(from).1, HEAD + self.layout.middles[from])];
        for (column, middle) in &self.layout.bends[line] {
            let (left, width) = self.columns.places[*column];
            let level = HEAD + middle;
            stops.extend([(left, level), (left + width, level)]);
        }
        stops.push((self.edge(to).0, HEAD + self.layout.middles[to]));
        paper.curve(&stops);
    }

    /// A box's left and right edge.
    fn edge(&self, at: usize) -> (f64, f64) {
        let (left, width) = self.columns.places[self.items[at].column];
        let drawn = &self.drawn[at];
        let own = if drawn.is_point { drawn.width } else { width };
        let x = left + (width - own) / 2.0;
        (x, x + own)
    }
}

fn legend_width(kind: StepKind) -> f64 {
    width(kind.name(), PLAIN) + 40.0
}
