//! Tables that grow while one waits.

use crate::answer::line;
use std::time::Duration;

/// Columns: what stands above each, and how wide it is at the least.
pub(super) struct Table(Vec<usize>);

impl Table {
    /// Prints the head.
    pub(super) fn begin(head: &[(&str, usize)]) -> Self {
        let table =
            Self(head.iter().map(|(name, width)| name.chars().count().max(*width)).collect());
        let names: Vec<String> = head.iter().map(|(name, _)| (*name).to_owned()).collect();
        table.row(&names);
        table
    }

    /// Prints a row: the first cell on the left of its column, all others on the right.
    pub(super) fn row(&self, cells: &[String]) {
        line(self.format(cells).trim_end());
    }

    fn format(&self, cells: &[String]) -> String {
        let mut text = String::new();
        for (number, (cell, width)) in cells.iter().zip(&self.0).enumerate() {
            match number {
                0 => text.push_str(&format!("{cell:<width$}")),
                _ => text.push_str(&format!("  {cell:>width$}")),
            }
        }
        text
    }
}

/// Seconds with three digits.
pub(super) fn seconds(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "-".to_owned(), |duration| format!("{:.3} s", duration.as_secs_f64()))
}

/// Milliseconds with one digit.
pub(super) fn milliseconds(duration: Option<Duration>) -> String {
    let text = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
    duration.map_or_else(|| "-".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_under_their_heads() {
        let table = Table(vec![6, 4]);
        assert_eq!(table.format(&["a".into(), "1".into()]), "a          1");
        assert_eq!(seconds(Some(Duration::from_millis(1234))), "1.234 s");
        assert_eq!(seconds(None), "-");
        assert_eq!(milliseconds(Some(Duration::from_micros(1300))), "1.3 ms");
    }
}
