//! Columns on pages: what is wider than a page goes on below it, and lines that lead there turn
//! around its edges.

use super::layout::{Item, Layout};
use std::collections::BTreeMap;

/// How wide a page may be, in points; a single column may be wider.
const WIDEST: f64 = 1_950.0;
/// Between columns.
const CHANNEL: f64 = 44.0;
/// The names of the waves.
const NAMES: f64 = 34.0;
/// Between pages, beside lines.
const APART: f64 = 24.0;
/// Between lines that turn.
const LANE: f64 = 5.0;
/// So many lines turn beside each other; more share their ways.
const MOST_LANES: usize = 12;

/// Where a line goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stop {
    /// Through a curve that is level at both ends.
    Curve((f64, f64)),
    /// Straight.
    Straight((f64, f64)),
}

/// The way around a page's edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Turn {
    /// Where it goes down.
    pub(super) right: f64,
    /// Where it goes back.
    pub(super) level: f64,
    /// Where it goes down again.
    pub(super) left: f64,
}

/// One page.
#[derive(Clone, Debug, Default)]
struct Page {
    top: f64,
    /// The names of the waves included.
    height: f64,
    /// What of the layout stands highest on it.
    highest: f64,
    /// The right edge of its last column.
    end: f64,
}

/// The columns of all pages.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    /// Left edge and width of each column.
    pub(super) columns: Vec<(f64, f64)>,
    /// The page of each column.
    page_of: Vec<usize>,
    pages: Vec<Page>,
    /// The lane of each line; lines with one source share theirs.
    lanes: Vec<usize>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Pages {
    /// Deals columns of these `widths` to pages.
    pub(super) fn new(
        widths: &[f64],
        items: &[Item],
        layout: &Layout,
        lines: &[(usize, usize)],
    ) -> Self {
        let mut page_of = deal(widths, WIDEST);
        // Where there are several, lines need room to turn on both sides.
        if page_of.last().is_some_and(|last| *last > 0) {
            page_of = deal(widths, WIDEST - 2.0 * gutter(MOST_LANES));
        }
        let mut pages = Self { lanes: vec![0; lines.len()], page_of, ..Self::default() };
        let lanes = pages.share_lanes(items, lines);
        let gutter = gutter(lanes);
        let mut left = gutter;
        for (column, width) in widths.iter().enumerate() {
            if column > 0 && pages.page_of[column] != pages.page_of[column - 1] {
                left = gutter;
            }
            pages.columns.push((left, *width));
            left += width + CHANNEL;
        }
        pages.stack(items, layout, APART + beside(lanes));
        let end = pages.pages.iter().map(|page| page.end).fold(0.0, f64::max);
        pages.width = end + gutter;
        pages
    }

    /// Gives lanes to lines that leave their page; says how many there are.
    fn share_lanes(&mut self, items: &[Item], lines: &[(usize, usize)]) -> usize {
        let mut of_source = BTreeMap::new();
        for (line, (from, to)) in lines.iter().enumerate() {
            if self.page_of[items[*from].column] != self.page_of[items[*to].column] {
                let next = of_source.len();
                self.lanes[line] = *of_source.entry(*from).or_insert(next) % MOST_LANES;
            }
        }
        of_source.len().min(MOST_LANES)
    }

    /// Puts pages below each other, so far apart.
    fn stack(&mut self, items: &[Item], layout: &Layout, apart: f64) {
        let mut spans = vec![(f64::INFINITY, 0.0_f64); self.page_of.last().map_or(0, |it| it + 1)];
        let boxes = items.iter().zip(&layout.middles);
        let boxes = boxes.map(|(item, middle)| (item.column, *middle, item.height / 2.0));
        let bends = layout.bends.iter().flatten().map(|(column, middle)| (*column, *middle, 5.0));
        for (column, middle, half) in boxes.chain(bends) {
            let span = &mut spans[self.page_of[column]];
            *span = (span.0.min(middle - half), span.1.max(middle + half));
        }
        let mut top = 0.0;
        for (highest, lowest) in spans {
            let height = NAMES + lowest - highest;
            self.pages.push(Page { top, height, highest, end: 0.0 });
            self.height = top + height;
            top += height + apart;
        }
        for (column, (left, width)) in self.columns.iter().enumerate() {
            self.pages[self.page_of[column]].end = left + width;
        }
    }

    /// Top and height of a column.
    pub(super) fn span(&self, column: usize) -> (f64, f64) {
        let page = &self.pages[self.page_of[column]];
        (page.top, page.height)
    }

    /// Where something stands that the layout has put at `middle`.
    pub(super) fn level(&self, column: usize, middle: f64) -> f64 {
        let page = &self.pages[self.page_of[column]];
        page.top + NAMES + middle - page.highest
    }

    /// How a line comes from one column to another; none where both are on one page.
    pub(super) fn turn(&self, line: usize, from: usize, to: usize) -> Option<Turn> {
        if self.page_of[from] == self.page_of[to] {
            return None;
        }
        let page = &self.pages[self.page_of[from]];
        let lane = self.lanes[line];
        Some(Turn {
            right: page.end + gutter(lane + 1),
            level: page.top + page.height + APART / 2.0 + beside(lane),
            left: beside(lane),
        })
    }
}

/// The room beside a page for so many lanes; none need none.
fn gutter(lanes: usize) -> f64 {
    if lanes == 0 { 0.0 } else { CHANNEL / 2.0 + beside(lanes) }
}

/// How wide so many lanes are.
fn beside(lanes: usize) -> f64 {
    #[allow(clippy::cast_precision_loss)] // There are at most MOST_LANES.
    let lanes = lanes as f64;
    LANE * lanes
}

/// The page of each column: a new one where the next column would stand out.
fn deal(widths: &[f64], widest: f64) -> Vec<usize> {
    let (mut page, mut used) = (0, 0.0);
    let deal = widths.iter().map(|width| {
        if used > 0.0 && used + width > widest {
            (page, used) = (page + 1, 0.0);
        }
        used += width + CHANNEL;
        page
    });
    deal.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::svg::layout::layout;

    #[test]
    fn a_page_is_full_and_not_too_wide() {
        assert_eq!(deal(&[100.0, 100.0, 100.0, 900.0, 10.0], 300.0), [0, 0, 1, 2, 3]);
        assert_eq!(deal(&[], 300.0), Vec::<usize>::new());
    }

    #[test]
    fn what_stands_below_is_reached_around_the_edges() {
        let items: Vec<Item> = (0..3).map(|column| Item { column, height: 50.0 }).collect();
        let lines = [(0, 1), (1, 2), (0, 2)];
        let layout = layout(&items, &lines);
        let pages = Pages::new(&[800.0; 3], &items, &layout, &lines);
        assert_eq!(pages.page_of, [0, 0, 1]);
        assert!(pages.width < 2_000.0 && pages.turn(0, 0, 1).is_none());
        let turn = pages.turn(1, 1, 2).expect("it is on another page");
        let (top, height) = pages.span(1);
        assert!(turn.level > top + height && turn.level < pages.span(2).0, "{turn:?} {pages:?}");
        assert!(turn.left < pages.columns[2].0 && turn.right > pages.columns[1].0 + 800.0);
        assert_ne!(pages.turn(1, 1, 2), pages.turn(2, 1, 2), "each source has a lane");
    }
}
