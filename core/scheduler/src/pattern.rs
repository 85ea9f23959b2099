//! Extended regular expressions, as `rsc-pattern` takes them.

use regex_lite::{Regex, RegexBuilder};

/// How large a pattern may get: `((a{99}){99}){99}` must not eat the memory (H1).
const MOST_BYTES: usize = 1 << 15;

/// How deep parentheses may nest.
const MOST_DEPTH: u32 = 50;

/// How many groups can be told what they matched, the whole included: `%0` to `%9`.
const MOST_GROUPS: usize = 10;

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Compiles `text`; `None` when it is no expression.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut builder = RegexBuilder::new(&plain_brackets(text));
        builder.size_limit(MOST_BYTES).nest_limit(MOST_DEPTH);
        builder.build().ok().map(Self)
    }

    /// What it matches in `text`, first the whole, then what each of its groups matches. `None`
    /// when it is not found.
    pub(crate) fn captures(&self, text: &str) -> Option<Vec<String>> {
        let found = self.0.captures(text)?;
        let parts = found.iter().take(MOST_GROUPS);
        Some(parts.map(|part| part.map_or_else(String::new, |part| part.as_str().into())).collect())
    }
}

/// In POSIX' bracket expressions (IEEE 1003.1, 9.3.5) a backslash is a letter like any other.
fn plain_brackets(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '[']) {
        let (before, special) = rest.split_at(at);
        plain.push_str(before);
        let length = match special.starts_with('[') {
            true => bracket_length(special),
            false => special.chars().take(2).map(char::len_utf8).sum(),
        };
        let (part, after) = special.split_at(length);
        if part.starts_with('[') {
            plain.push_str(&part.replace('\\', r"\\"));
        } else {
            plain.push_str(part);
        }
        rest = after;
    }
    plain + rest
}

/// The length of the bracket expression that `text` begins with. A `]` right at its beginning, or
/// that ends a class in it, does not end it.
fn bracket_length(text: &str) -> usize {
    let begin = if text.starts_with("[^") { 2 } else { 1 };
    let mut at = begin + usize::from(text[begin..].starts_with(']'));
    while let Some(found) = text[at..].find(['[', ']']) {
        at += found;
        match text[at..].strip_prefix("[:").and_then(|class| class.find(":]")) {
            Some(class) => at += class + 4,
            None if text[at..].starts_with(']') => return at + 1,
            None => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_find_what_they_say() {
        let cases = [
            ("^ost", "ost1", true),
            ("^ost", "most1", false),
            ("ost", "most1", true),
            ("^(ost|mdt)[0-9]+$", "mdt12", true),
            ("^(ost|mdt)[0-9]+$", "mdt", false),
            ("^ost[^1]$", "ost1", false),
            ("^ost[[:digit:]]{2}$", "ost12", true),
            ("^ost[[:digit:]]{2}$", "ost123", false),
            ("^a{1,2}$", "aaa", false),
            ("a.c", "xabcx", true),
            ("a\\.c", "abc", false),
            ("^a[\\.]c$", "a\\c", true),
            ("^a[]x]c$", "a]c", true),
            ("^[^]\\]$", "a", true),
            (".*", "", true),
            ("(a|b)*c$", "ababc", true),
            ("", "x", true),
            ("^(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaab", false),
        ];
        for (pattern, text, expected) in cases {
            let pattern = Pattern::new(pattern).unwrap();
            assert_eq!(pattern.captures(text).is_some(), expected, "{pattern:?} in {text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let deep = "(".repeat(100_000);
        for pattern in ["(", "a)", "*a", "[a", "a{3,1}", "((a{255}){255}){255}", &deep, "[[:odd:]]"]
        {
            assert!(Pattern::new(pattern).is_none(), "{pattern:.20}");
        }
    }

    #[test]
    fn groups_tell_what_they_matched() {
        let cases: [(&str, &str, &[&str]); 5] = [
            ("^(.*)-vip$", "db-vip", &["db-vip", "db"]),
            ("r([0-9]+)(x?)", "ar12b", &["r12", "12", ""]),
            ("(ost|mdt)([0-9]+)?", "mdt7", &["mdt7", "mdt", "7"]),
            ("b+", "abbb", &["bbb"]),
            ("(x)|y", "zy", &["y", ""]),
        ];
        for (pattern, text, expected) in cases {
            let found = Pattern::new(pattern).unwrap().captures(text).unwrap();
            assert_eq!(found, expected, "{pattern} in {text}");
        }
        assert!(Pattern::new("^b").unwrap().captures("ab").is_none());
    }
}
