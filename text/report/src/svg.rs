//! A transition as a picture: a column for each wave, a box for each line of the plan, lines from
//! what comes first to what waits for it. What is wider than a page goes on below.

mod layout;
mod pages;
mod paper;

use crate::plan::{Line, Points, Step, StepKind, lines, size, steps};
use crate::waves::Moment;
use layout::{Item, Layout, layout};
use pages::{Pages, Stop};
use paper::{BOLD, PLAIN, Paper, cut, folded, width};
use scheduler::Decision;
use std::collections::BTreeSet;

/// The longest line in a box, in characters; the whole is in its tooltip.
const LONGEST: usize = 34;
/// So many lines of nodes stand in a box.
const MOST_LINES: usize = 4;
/// From a box's edge to its text.
const PADDING: f64 = 10.0;
/// From one line of text to the next.
const LEADING: f64 = 16.0;
/// Between boxes of a column.
const GAP: f64 = 12.0;
/// Around everything.
const MARGIN: f64 = 24.0;
/// The title.
const HEAD: f64 = 48.0;
/// What the colours mean.
const FOOT: f64 = 48.0;

/// What is drawn of a line.
struct Drawn {
    kind: StepKind,
    /// A point of no action of its own is a small pill.
    is_point: bool,
    /// What is done.
    title: Vec<String>,
    /// Where.
    nodes: Vec<String>,
    tip: String,
    width: f64,
    height: f64,
}

/// The picture, as a whole file.
pub fn svg(decision: &Decision<'_>, points: Points) -> String {
    let steps = steps(decision, points);
    let told = lines(&steps);
    let drawn: Vec<Drawn> = told.iter().map(|line| drawn(line, &steps)).collect();
    let moments: BTreeSet<Moment> = steps.iter().map(|step| step.moment).collect();
    let moments: Vec<Moment> = moments.into_iter().collect();
    let column = |step: &Step| moments.partition_point(|moment| *moment < step.moment);
    let items: Vec<Item> = told
        .iter()
        .zip(&drawn)
        .map(|(line, drawn)| Item {
            column: column(line.first(&steps)),
            height: drawn.height + GAP,
        })
        .collect();
    let mut widths = vec![0.0_f64; moments.len()];
    for (item, drawn) in items.iter().zip(&drawn) {
        widths[item.column] = widths[item.column].max(drawn.width);
    }
    let lines = joins(&told, &steps);
    let layout = layout(&items, &lines);
    let pages = Pages::new(&widths, &items, &layout, &lines);
    let title = match steps.is_empty() {
        true => "There is nothing to do".to_owned(),
        false => size(&steps),
    };
    Picture { title, moments, drawn, items, lines, layout, pages }.on_paper()
}

/// From which line to which one leads, each once.
fn joins(told: &[Line], steps: &[Step]) -> Vec<(usize, usize)> {
    let mut places = vec![0; steps.len()];
    for (place, line) in told.iter().enumerate() {
        line.steps.iter().for_each(|at| places[*at] = place);
    }
    let all = steps.iter().zip(&places).flat_map(|(step, to)| {
        let from = step.waits.iter().map(|wait| places[wait.step]);
        from.map(|from| (*to, from))
    });
    let once: BTreeSet<(usize, usize)> = all.collect();
    once.into_iter().map(|(to, from)| (from, to)).collect()
}

fn drawn(line: &Line, steps: &[Step]) -> Drawn {
    let step = line.first(steps);
    let mut tip = line.title(steps);
    if !step.reason.is_empty() {
        tip.push_str(": ");
        tip.push_str(&step.reason);
    }
    let is_point = step.is_point();
    let (title, nodes) = if is_point {
        (vec![cut(&step.what, LONGEST)], Vec::new())
    } else {
        let mut nodes = folded(&line.nodes(steps).join(", "), LONGEST);
        if nodes.len() > MOST_LINES {
            nodes.truncate(MOST_LINES);
            nodes.push("…".to_owned());
        }
        (folded(&step.what, LONGEST), nodes)
    };
    let style = if is_point { PLAIN } else { BOLD };
    let wide = title.iter().map(|text| width(text, style));
    let widest = wide.chain(nodes.iter().map(|text| width(text, PLAIN))).fold(0.0, f64::max);
    #[allow(clippy::cast_precision_loss)] // There are a few.
    let rows = (title.len() + nodes.len()) as f64;
    Drawn {
        kind: step.kind,
        is_point,
        width: widest + 2.0 * PADDING,
        height: if is_point { 20.0 } else { 10.0 + LEADING * rows },
        title,
        nodes,
        tip,
    }
}

/// Everything that is drawn, with its places.
struct Picture {
    title: String,
    /// The moment of each column.
    moments: Vec<Moment>,
    drawn: Vec<Drawn>,
    items: Vec<Item>,
    lines: Vec<(usize, usize)>,
    layout: Layout,
    pages: Pages,
}

impl Picture {
    fn on_paper(&self) -> String {
        let kinds: BTreeSet<StepKind> = self.drawn.iter().map(|drawn| drawn.kind).collect();
        let title = width(&self.title, BOLD) * 1.4;
        let inner = self.pages.width.max(title);
        let legend = legend(&kinds, inner);
        let rows = legend.last().map_or(0.0, |((_, y), _)| *y);
        let height = HEAD + self.pages.height + FOOT + rows + MARGIN;
        let mut paper = Paper::new(inner + 2.0 * MARGIN, height);
        paper.text((MARGIN, MARGIN + 14.0), "title", &self.title);
        self.draw_heads(&mut paper);
        for line in 0..self.lines.len() {
            self.draw_line(&mut paper, line);
        }
        for at in 0..self.drawn.len() {
            self.draw_box(&mut paper, at);
        }
        for ((x, y), kind) in legend {
            paper.swatch((MARGIN + x, HEAD + self.pages.height + FOOT - 16.0 + y), kind);
        }
        paper.finish()
    }

    /// Left edge and width of a column, on the paper.
    fn column(&self, column: usize) -> (f64, f64) {
        let (left, width) = self.pages.columns[column];
        (MARGIN + left, width)
    }

    /// A pale stripe and a number for each wave.
    fn draw_heads(&self, paper: &mut Paper) {
        for (column, moment) in self.moments.iter().enumerate() {
            if moment.point > 0 {
                continue;
            }
            let (left, width) = self.column(column);
            let (top, height) = self.pages.span(column);
            let top = HEAD + top;
            paper.stripe((left - 10.0, top), width + 20.0, height);
            let head = format!("wave {}", moment.wave);
            paper.text((left + width / 2.0, top + 18.0), "head", &head);
        }
    }

    /// The middle of a box, from the top of the paper.
    fn middle(&self, at: usize) -> f64 {
        HEAD + self.pages.level(self.items[at].column, self.layout.middles[at])
    }

    fn draw_box(&self, paper: &mut Paper, at: usize) {
        let drawn = &self.drawn[at];
        let (left, right) = self.edges(at);
        let middle = self.middle(at);
        paper.open_box(drawn.kind, &drawn.tip);
        let radius = if drawn.is_point { 10.0 } else { 5.0 };
        let corner = (left, middle - drawn.height / 2.0);
        paper.rectangle(corner, (right - left, drawn.height), radius);
        let center = f64::midpoint(left, right);
        if drawn.is_point {
            paper.text((center, middle + 4.0), "point", &drawn.title[0]);
        } else {
            let mut base = corner.1 + 17.0;
            let rows = drawn.title.iter().map(|row| ("what", row));
            for (class, row) in rows.chain(drawn.nodes.iter().map(|row| ("node", row))) {
                paper.text((center, base), class, row);
                base += LEADING;
            }
        }
        paper.close_box();
    }

    /// A curve from box to box through the line's bends, level where it meets them.
    fn draw_line(&self, paper: &mut Paper, line: usize) {
        let (from, to) = self.lines[line];
        let start = (self.edges(from).1, self.middle(from));
        let mut stops = Vec::new();
        let mut column = self.items[from].column;
        for (next, middle) in &self.layout.bends[line] {
            let level = HEAD + self.pages.level(*next, *middle);
            self.turn_page(&mut stops, line, (column, *next), level);
            let (left, width) = self.column(*next);
            stops.extend([Stop::Curve((left, level)), Stop::Curve((left + width, level))]);
            column = *next;
        }
        self.turn_page(&mut stops, line, (column, self.items[to].column), self.middle(to));
        stops.push(Stop::Curve((self.edges(to).0, self.middle(to))));
        paper.way(start, &stops);
    }

    /// The way from one column to the next of a line, where that stands further below: to `level`.
    fn turn_page(
        &self,
        stops: &mut Vec<Stop>,
        line: usize,
        (from, to): (usize, usize),
        level: f64,
    ) {
        let Some(turn) = self.pages.turn(line, from, to) else { return };
        let source = self.lines[line].0;
        let high = match stops.last() {
            Some(Stop::Curve((_, y)) | Stop::Straight((_, y))) => *y,
            None => self.middle(source),
        };
        let (right, left, low) = (MARGIN + turn.right, MARGIN + turn.left, HEAD + turn.level);
        stops.push(Stop::Curve((right, high)));
        stops.extend([(right, low), (left, low), (left, level)].map(Stop::Straight));
    }

    /// A box's left and right edge.
    fn edges(&self, at: usize) -> (f64, f64) {
        let (left, width) = self.column(self.items[at].column);
        let drawn = &self.drawn[at];
        let own = if drawn.is_point { drawn.width } else { width };
        let x = left + (width - own) / 2.0;
        (x, x + own)
    }
}

/// Where the meanings of colours stand, in rows that are as wide as the picture.
fn legend(kinds: &BTreeSet<StepKind>, longest: f64) -> Vec<((f64, f64), StepKind)> {
    let (mut x, mut y) = (0.0, 0.0);
    let place = |kind: &StepKind| {
        let own = width(kind.words(), PLAIN) + 40.0;
        if x > 0.0 && x + own > longest {
            (x, y) = (0.0, y + 24.0);
        }
        let place = (x, y);
        x += own;
        (place, *kind)
    };
    kinds.iter().map(place).collect()
}
