//! Lines into words and words into lines, as the crm language has them; errors in words.

/// What the system said, for people: without the error's number.
pub(crate) fn of_system(error: &std::io::Error) -> String {
    without_numbers(&error.to_string())
}

/// A number of things.
pub(crate) fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "a whole number is expected, not too large a one".into())
}

/// A message without the `(os error 2)` that the standard library puts behind the words.
pub(crate) fn without_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.bytes().take_while(u8::is_ascii_digit).count();
        match part[number..].strip_prefix(')') {
            Some(rest) if number > 0 => plain.push_str(rest),
            _ => plain.push_str(&format!(" (os error {part}")),
        }
    }
    plain
}

/// A word as the language reads it back: in quotes where blanks or marks would end it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\\');
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('#') {
        return word.to_owned();
    }
    if !word.contains('\'') && !word.contains('\n') {
        return in_marks(word, "'");
    }
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"");
    in_marks(&escaped, "\"")
}

/// `params device="a b"` reads better than `params 'device=a b'`.
fn in_marks(text: &str, mark: &str) -> String {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "$_-.".contains(c))
    };
    match text.split_once('=') {
        Some((name, value)) if is_name(name) => format!("{name}={mark}{value}{mark}"),
        _ => format!("{mark}{text}{mark}"),
    }
}

/// One line of the language out of the words that a shell has already taken apart.
pub(crate) fn joined(words: &[String]) -> String {
    // A word that holds blanks and no value in front of them is a piece of the language that was
    // quoted as a whole, as in `crm configure "primitive p Dummy"`.
    if let [only] = words {
        return only.clone();
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The words of a line, split as a POSIX shell splits it; without the last word's end when a
/// quote is open.
pub(crate) fn split(line: &str) -> Vec<String> {
    let Begun { mut words, word, .. } = begun(line);
    words.extend(word);
    words
}

/// A line that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Begun {
    /// The words that are finished.
    pub(crate) words: Vec<String>,
    /// The one at its end that is not; none behind a blank.
    pub(crate) word: Option<String>,
    /// Where that one begins, or would begin, in bytes.
    pub(crate) from: usize,
}

/// Takes apart what has been typed so far. A line that goes on behind `\` is one line.
pub(crate) fn begun(line: &str) -> Begun {
    let mut begun = Begun::default();
    let mut mark = None;
    let mut letters = line.char_indices().peekable();
    while let Some((place, letter)) = letters.next() {
        if begun.word.is_none() {
            begun.from = place;
        }
        match (mark, letter) {
            (Some(open), letter) if letter == open => mark = None,
            (None, '"' | '\'') => {
                mark = Some(letter);
                begun.word.get_or_insert_default();
            }
            (None, '\\') if letters.peek().is_some_and(|(_, next)| *next == '\n') => {}
            (None, '\\') => {
                begun.word.get_or_insert_default().extend(letters.next().map(|(_, next)| next));
            }
            (Some('"'), '\\') if letters.peek().is_some_and(|(_, next)| "\"\\".contains(*next)) => {
                begun.word.get_or_insert_default().extend(letters.next().map(|(_, next)| next));
            }
            (None, letter) if letter.is_whitespace() => begun.words.extend(begun.word.take()),
            (_, letter) => begun.word.get_or_insert_default().push(letter),
        }
    }
    if begun.word.is_none() {
        begun.from = line.len();
    }
    begun
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_read_back() {
        let words = [
            "plain",
            "",
            "a b",
            "device=/dev/x",
            "host_list=a b",
            "say=it's",
            "q=\"",
            "both='\"",
            "back\\slash",
            "#uname",
            "tail\\",
            "x=a\\ 'b",
            "-inf:",
        ];
        for word in words {
            assert_eq!(split(&quoted(word)), [word], "{}", quoted(word));
        }
        let all: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(split(&joined(&all)), all);
        assert_eq!(quoted("host_list=a b"), "host_list='a b'");
    }

    #[test]
    fn numbers_of_errors_are_for_programs() {
        let error = std::io::Error::from_raw_os_error(2);
        assert_eq!(of_system(&error), "No such file or directory");
        let text = "a (nothing listens on x: No such file or directory (os error 2))";
        let plain = "a (nothing listens on x: No such file or directory)";
        assert_eq!(without_numbers(text), plain);
        assert_eq!(without_numbers("a (os error in words)"), "a (os error in words)");
    }

    #[test]
    fn a_line_that_was_quoted_as_a_whole_is_taken_as_it_is() {
        assert_eq!(joined(&["primitive p Dummy".into()]), "primitive p Dummy");
    }

    #[test]
    fn words_of_a_line() {
        assert_eq!(split("  a  'b c'd \"e\\\"f\\g\" \\  "), ["a", "b cd", "e\"f\\g", " "]);
        assert_eq!(split("a 'open end"), ["a", "open end"]);
        assert!(split("   ").is_empty());
    }

    #[test]
    fn what_is_being_typed_is_the_last_word() {
        let cases = [
            ("", vec![], None, 0),
            ("resource mo", vec!["resource"], Some("mo"), 9),
            ("resource move ", vec!["resource", "move"], None, 14),
            ("p params 'a=b c", vec!["p", "params"], Some("a=b c"), 9),
            ("primitive p \\\n  Du", vec!["primitive", "p"], Some("Du"), 16),
        ];
        for (line, words, word, from) in cases {
            let words = words.into_iter().map(str::to_owned).collect();
            let expected = Begun { words, word: word.map(str::to_owned), from };
            assert_eq!(begun(line), expected, "{line}");
        }
    }
}
