//! What can happen to a text, whatever its language: letters lost, put in, exchanged; the end cut off.

use base::Rng;

/// Letters that readers stumble over.
const ODD: [char; 24] = [
    '{',
    '}',
    ':',
    '#',
    '\n',
    '\r',
    ' ',
    '\t',
    '\u{feff}',
    '\u{a0}',
    '\0',
    'ß',
    '9',
    '"',
    '\'',
    '\\',
    '<',
    '>',
    '&',
    ';',
    '=',
    '/',
    '$',
    '\u{1f600}',
];

/// A number below `bound`, 0 where there is none.
pub(crate) fn below(random: &mut Rng, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap_or(0)
}

/// `text` with one place of it changed; now and then with its end cut off.
pub(crate) fn change(text: &str, random: &mut Rng) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = below(random, letters.len().max(1));
    let (head, tail) = letters.split_at(at.min(letters.len()));
    let head: String = head.iter().collect();
    let rest = |skipped: usize| tail.iter().skip(skipped).collect::<String>();
    let mut odd = || random.pick(&ODD).map_or_else(String::new, ToString::to_string);
    let odd = odd();
    match random.below(20) {
        0 => head,
        1..=6 => head + &rest(1),
        7..=13 => head + &odd + &rest(0),
        _ => head + &odd + &rest(1),
    }
}
