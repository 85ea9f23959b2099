//! Where boxes stand: in columns from left to right, so that lines are short and cross rarely.
//!
//! The columns are given. Long lines get a bend in every column they pass; then every column is
//! sorted by where its neighbours stand, a few times to and fro (Sugiyama's method), and at last
//! everything moves as near to its neighbours as its place in the column allows.

/// Beyond so many bends lines go straight through what stands in their way.
const MOST_BENDS: usize = 50_000;
/// How often the columns are sorted. The pictures change little after the first few times.
const SORTS: usize = 8;
/// How often everything moves nearer to its neighbours.
const MOVES: usize = 10;

/// What has to stand somewhere.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its column, from 0.
    pub(super) column: usize,
    /// How much room it takes in the column, distance to others included.
    pub(super) height: f64,
}

/// Where everything stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// The middle of each item, counted down the column; all are at least half their height.
    pub(super) middles: Vec<f64>,
    /// Each line's bends between its ends: column and middle.
    pub(super) bends: Vec<Vec<(usize, f64)>>,
}

/// The room that a line takes in a column that it passes.
const BEND: f64 = 10.0;

/// Finds a place for all `items`; `lines` lead from one to another in a later column.
pub(super) fn layout(items: &[Item], lines: &[(usize, usize)]) -> Layout {
    let (net, ways) = Net::new(items, lines);
    let columns = net.sorted();
    let middles = net.settled(&columns);
    let bends = ways
        .into_iter()
        .map(|way| way.into_iter().map(|stop| (net.columns[stop], middles[stop])).collect());
    let bends = bends.collect();
    let mut middles = middles;
    middles.truncate(items.len());
    Layout { middles, bends }
}

/// Items and bends, and what is joined with what in neighbouring columns.
struct Net {
    columns: Vec<usize>,
    heights: Vec<f64>,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

impl Net {
    /// The net, and for every line its bends.
    fn new(items: &[Item], lines: &[(usize, usize)]) -> (Self, Vec<Vec<usize>>) {
        let mut net = Self {
            columns: items.iter().map(|item| item.column).collect(),
            heights: items.iter().map(|item| item.height).collect(),
            before: vec![Vec::new(); items.len()],
            after: vec![Vec::new(); items.len()],
        };
        let passed = |from: usize, to: usize| items[from].column + 1..items[to].column;
        let count: usize = lines.iter().map(|(from, to)| passed(*from, *to).len()).sum();
        let has_bends = count <= MOST_BENDS;
        let ways = lines.iter().map(|(from, to)| {
            let stops = if has_bends { passed(*from, *to) } else { 0..0 };
            let way: Vec<usize> = stops.map(|column| net.bend(column)).collect();
            let all = std::iter::once(*from).chain(way.iter().copied());
            let next = way.iter().copied().chain(std::iter::once(*to));
            for (from, to) in all.zip(next) {
                net.after[from].push(to);
                net.before[to].push(from);
            }
            way
        });
        let ways = ways.collect();
        (net, ways)
    }

    fn bend(&mut self, column: usize) -> usize {
        self.columns.push(column);
        self.heights.push(BEND);
        self.before.push(Vec::new());
        self.after.push(Vec::new());
        self.columns.len() - 1
    }

    /// The columns, each in an order in which few lines cross.
    fn sorted(&self) -> Vec<Vec<usize>> {
        let width = self.columns.iter().map(|column| column + 1).max().unwrap_or(0);
        let mut columns = vec![Vec::new(); width];
        for at in self.by_depth() {
            columns[self.columns[at]].push(at);
        }
        let mut places = vec![0.0; self.columns.len()];
        columns.iter().for_each(|column| number(column, &mut places));
        for sort in 0..SORTS {
            let is_forward = sort % 2 == 0;
            let neighbours = if is_forward { &self.before } else { &self.after };
            for turn in 0..width {
                let column = &mut columns[if is_forward { turn } else { width - 1 - turn }];
                let wish = |at: usize| mean(&neighbours[at], &places).unwrap_or(places[at]);
                let mut wishes: Vec<(f64, usize)> =
                    column.iter().map(|at| (wish(*at), *at)).collect();
                wishes.sort_by(|one, other| one.0.total_cmp(&other.0));
                *column = wishes.into_iter().map(|(_, at)| at).collect();
                number(column, &mut places);
            }
        }
        columns
    }

    /// All, in the order in which one comes to them who follows every line to its end first: what
    /// belongs together stands together from the start.
    fn by_depth(&self) -> Vec<usize> {
        let mut is_met = vec![false; self.columns.len()];
        let mut order = Vec::with_capacity(self.columns.len());
        for start in 0..self.columns.len() {
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                if std::mem::replace(&mut is_met[at], true) {
                    continue;
                }
                order.push(at);
                open.extend(self.after[at].iter().rev());
            }
        }
        order
    }

    /// The middle of each, as near to its neighbours as its column allows.
    fn settled(&self, columns: &[Vec<usize>]) -> Vec<f64> {
        let mut middles = vec![0.0; self.columns.len()];
        for column in columns {
            let mut lower_end = 0.0;
            for at in column {
                middles[*at] = lower_end + self.heights[*at] / 2.0;
                lower_end += self.heights[*at];
            }
        }
        for turn in 0..MOVES {
            let all: Vec<&Vec<usize>> = if turn % 2 == 0 {
                columns.iter().collect()
            } else {
                columns.iter().rev().collect()
            };
            for column in all {
                let wishes: Vec<f64> = column
                    .iter()
                    .map(|at| {
                        let near: Vec<usize> =
                            self.before[*at].iter().chain(&self.after[*at]).copied().collect();
                        mean(&near, &middles).unwrap_or(middles[*at])
                    })
                    .collect();
                let heights: Vec<f64> = column.iter().map(|at| self.heights[*at]).collect();
                for (at, middle) in column.iter().zip(nearest(&wishes, &heights)) {
                    middles[*at] = middle;
                }
            }
        }
        let highest = |at: usize| middles[at] - self.heights[at] / 2.0;
        let top = (0..middles.len()).map(highest).fold(f64::INFINITY, f64::min);
        middles.iter().map(|middle| middle - top).collect()
    }
}

fn number(column: &[usize], places: &mut [f64]) {
    let mut place = 0.0;
    for at in column {
        places[*at] = place;
        place += 1.0;
    }
}

fn mean(of: &[usize], values: &[f64]) -> Option<f64> {
    let sum: f64 = of.iter().map(|at| values[*at]).sum();
    #[allow(clippy::cast_precision_loss)] // There are far fewer than 2^52.
    (!of.is_empty()).then(|| sum / of.len() as f64)
}

/// Places in the order of `wishes` that keep `heights` apart and are together nearest to the
/// wishes: what would overlap is joined to a block, which stands where its members wish on
/// average (isotonic regression by pooling adjacent violators).
fn nearest(wishes: &[f64], heights: &[f64]) -> Vec<f64> {
    struct Block {
        sum: f64,
        count: f64,
        members: usize,
    }
    let mut offsets = Vec::with_capacity(wishes.len());
    let mut offset = 0.0;
    for (at, height) in heights.iter().enumerate() {
        offset += if at == 0 { 0.0 } else { (heights[at - 1] + height) / 2.0 };
        offsets.push(offset);
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&offsets) {
        let mut block = Block { sum: wish - offset, count: 1.0, members: 1 };
        while let Some(last) = blocks.pop_if(|last| last.sum / last.count > block.sum / block.count)
        {
            block.sum += last.sum;
            block.count += last.count;
            block.members += last.members;
        }
        blocks.push(block);
    }
    let starts =
        blocks.iter().flat_map(|block| std::iter::repeat_n(block.sum / block.count, block.members));
    starts.zip(offsets).map(|(start, offset)| start + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stands_where_it_wishes_and_the_rest_shares() {
        assert_eq!(nearest(&[0.0, 50.0], &[10.0, 10.0]), [0.0, 50.0]);
        assert_eq!(nearest(&[20.0, 20.0], &[10.0, 10.0]), [15.0, 25.0]);
        assert_eq!(nearest(&[], &[]), Vec::<f64>::new());
    }

    #[test]
    fn lines_that_crossed_do_not() {
        let item = |column| Item { column, height: 20.0 };
        let items = [item(0), item(0), item(1), item(1), item(2)];
        let layout = layout(&items, &[(0, 3), (1, 2), (0, 4)]);
        let middle = |at: usize| layout.middles[at];
        assert_eq!(middle(0) < middle(1), middle(3) < middle(2));
        assert_eq!(layout.bends[2].len(), 1, "the long line has a place in column 1");
        assert!(layout.middles.iter().all(|middle| *middle >= 10.0));
    }

    #[test]
    fn nothing_has_a_layout_too() {
        assert_eq!(layout(&[], &[]).middles.len(), 0);
    }
}
