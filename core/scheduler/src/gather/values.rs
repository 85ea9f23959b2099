//! Numbers in option blocks, as leniently as the cluster reads them.

use cluster::Score;

/// A score as the cluster reads it: of what is no whole number, the whole part.
pub(crate) fn score(text: &str) -> Option<Score> {
    Score::parse(text).or_else(|| leading_number(text).map(Score::new))
}

/// A count as the cluster reads it: at least `least`, which is also taken for what is no number.
pub(crate) fn count(text: &str, least: u32) -> u32 {
    let number = leading_number(text).unwrap_or(0);
    u32::try_from(number.clamp(0, i64::from(u32::MAX))).unwrap_or(0).max(least)
}

fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    text[..sign + digits].parse().ok()
}
