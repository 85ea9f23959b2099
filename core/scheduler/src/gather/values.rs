//! Values out of option blocks: which block counts now, and until when.

use base::WallTime;
use cluster::{AttributeSet, References, RuleContext, Score};
use std::collections::BTreeMap;

/// The values of `sets` that count in `context`.
///
/// Of two values for a name the one in the block with the higher score is taken, among equals the
/// one in the later block: what a primitive says stands behind what its template says.
/// When another answer is to be expected because time passes, `recheck` is moved there.
pub(crate) fn values<'a>(
    sets: &'a [AttributeSet],
    first: Option<&str>,
    references: &References<'a>,
    context: &RuleContext<'_>,
    recheck: &mut Option<WallTime>,
) -> BTreeMap<&'a str, &'a str> {
    let mut values = BTreeMap::new();
    if sets.is_empty() {
        return values;
    }
    let context = RuleContext { references: Some(references), ..*context };
    let mut order: Vec<&AttributeSet> =
        sets.iter().rev().filter_map(|set| references.set(set)).collect();
    // The sort is stable: among equals the later block stays in front.
    order.sort_by_key(|set| {
        (first.is_none_or(|first| set.id != first), -set.score.unwrap_or_default())
    });
    for set in order {
        if let Some(rule) = &set.rule {
            sooner(recheck, rule.next_change(&context));
            if !rule.holds(&context) {
                continue;
            }
        }
        for pair in &set.pairs {
            let referred = references.pair(pair);
            let own_name = Some(&pair.name).filter(|name| !name.is_empty());
            let name = own_name.or_else(|| referred.map(|pair| &pair.name));
            let value = pair.value.as_ref().or_else(|| referred?.value.as_ref());
            if let (Some(name), Some(value)) = (name, value)
                && !value.eq_ignore_ascii_case("#default")
            {
                values.entry(name.as_str()).or_insert(value.as_str());
            }
        }
    }
    values
}

/// Moves `recheck` to `date` when that is earlier.
pub(crate) fn sooner(recheck: &mut Option<WallTime>, date: Option<WallTime>) {
    *recheck = recheck.iter().copied().chain(date).min();
}

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
