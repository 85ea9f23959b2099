//! "Did you mean ...?": the known word nearest to what somebody typed.

/// The candidate that needs the fewest edits to become `word`, if it is near enough to be meant.
///
/// Near enough: at most a third of the word's length, at least one edit; case does not count.
/// Ties go to the candidate that comes first.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = word.to_lowercase();
    let length = wanted.chars().count();
    let limit = (length / 3).max(1);
    candidates
        .into_iter()
        // Each edit changes the length by one at the most: garbage of any length costs nothing.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, substitutions and swaps of neighbours make one word of the
/// other (optimal string alignment). Case counts.
pub fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for (i, &from) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &to) in right.iter().enumerate() {
            let substitute = rows[i][j] + usize::from(from != to);
            let mut best = substitute.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from == right[j - 1] && left[i - 1] == to {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["Filesystem", "ping", "SysInfo", "rrp_mode"];
        assert_eq!(closest("Filesytem", known), Some("Filesystem"));
        assert_eq!(closest("rrd_mode", known), Some("rrp_mode"));
        assert_eq!(closest("pnig", known), Some("ping"));
        assert_eq!(closest("apache", known), None);
    }
}
