//! Words that must not be in the code, and files that are too long to be one idea.

use std::path::Path;

/// The longest file.
const LONGEST: usize = 700;

/// What the core may not use: it has no clock, no threads, no files, no network, and no maps
/// whose order differs from node to node (C8).
const BANNED_IN_CORE: [&str; 8] = [
    "Instant::now",
    "SystemTime",
    "std::thread",
    "std::fs",
    "std::net::Udp",
    "std::net::Tcp",
    "HashMap",
    "println!",
];

/// What tests in the core may use all the same: they read recorded cases and say how many fit.
const ALLOWED_IN_TESTS: [&str; 2] = ["std::fs", "println!"];

/// Notes of unfinished work, in two parts each so that this file has none.
const NOTES: [(&str, &str); 3] = [("TO", "DO"), ("FIX", "ME"), ("XX", "X")];

/// What is wrong with a file.
pub(crate) fn complaints(name: &Path, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let shown = name.display();
    let count = text.lines().count();
    if count > LONGEST {
        complaints.push(format!("{shown}: {count} lines are more than one idea ({LONGEST})"));
    }
    let has_part = |part: &str| name.components().any(|found| found.as_os_str() == part);
    let is_core = name.starts_with("core") && has_part("src");
    let is_test = has_part("tests") || has_part("tests.rs");
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        for (one, other) in NOTES {
            if has_word(line, &format!("{one}{other}")) {
                complaints.push(format!("{shown}:{number}: a note of unfinished work"));
            }
        }
        if !is_core || line.trim_start().starts_with("//") {
            continue;
        }
        let found = BANNED_IN_CORE.into_iter().filter(|banned| line.contains(banned));
        for banned in found.filter(|banned| !is_test || !ALLOWED_IN_TESTS.contains(banned)) {
            complaints.push(format!("{shown}:{number}: {banned} has no place in the core"));
        }
    }
    complaints
}

fn has_word(line: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_letter) && !after.is_some_and(is_letter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str) -> Vec<String> {
        complaints(Path::new(name), text)
    }

    #[test]
    fn the_core_has_no_clock_and_no_files() {
        let text = "// HashMap is mentioned\nuse std::collections::HashMap;\n";
        assert_eq!(
            check("core/base/src/lib.rs", text),
            ["core/base/src/lib.rs:2: HashMap has no place in the core"]
        );
        assert!(check("edge/os/src/lib.rs", text).is_empty());
        assert!(check("core/base/src/tests.rs", "std::fs::read\n").is_empty());
        assert_eq!(check("core/base/src/tests.rs", "std::thread::sleep\n").len(), 1);
    }

    #[test]
    fn notes_and_long_files_are_found() {
        let note = format!("// {}{}: later\n", "TO", "DO");
        assert_eq!(check("a.rs", &note), ["a.rs:1: a note of unfinished work"]);
        assert!(
            check("a.rs", "let TODOS = 1;\n".replace("TODOS", "METHODOLOGY").as_str()).is_empty()
        );
        assert_eq!(check("a.rs", &"\n".repeat(701)).len(), 1);
    }
}
