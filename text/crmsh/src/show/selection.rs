//! What of a configuration is shown.

use super::Entry;
use cluster::Configuration;

/// The words behind `show`.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// Groups of words: an object is shown that all words of a group pick.
    picks: Vec<Vec<Pick>>,
    /// Names whose values are hidden.
    pub(super) obscure: Vec<String>,
}

#[derive(Debug)]
enum Pick {
    /// An id, for a node the name, or a pattern of them.
    Id(String),
    Type(String),
    /// What a tag names, and the tag.
    Tag(String),
    /// An object, and what names it.
    Related(String),
}

impl Selection {
    pub(super) fn parse(words: &[&str]) -> Self {
        let mut selection = Self::default();
        let mut goes_on = false;
        for word in words {
            let pick = match word.split_once(':') {
                Some(("obscure", pattern)) => {
                    selection.obscure.push(pattern.to_owned());
                    continue;
                }
                Some(("type", text)) => Pick::Type(text.to_owned()),
                Some(("tag", text)) => Pick::Tag(text.to_owned()),
                Some(("related", text)) => Pick::Related(text.to_owned()),
                _ => Pick::Id((*word).to_owned()),
            };
            match (*word, goes_on, selection.picks.last_mut()) {
                ("and", ..) => goes_on = true,
                ("or", ..) => goes_on = false,
                (_, true, Some(group)) => {
                    group.push(pick);
                    goes_on = false;
                }
                _ => selection.picks.push(vec![pick]),
            }
        }
        selection
    }

    pub(super) fn picks_all(&self) -> bool {
        self.picks.is_empty()
    }

    /// For each entry, whether it is shown.
    pub(super) fn picked(&self, entries: &[Entry], configuration: &Configuration) -> Vec<bool> {
        let picked = |entry: &Entry| {
            let all = |group: &Vec<Pick>| group.iter().all(|pick| pick.picks(entry, configuration));
            self.picks_all() || self.picks.iter().any(all)
        };
        entries.iter().map(picked).collect()
    }
}

impl Pick {
    fn picks(&self, entry: &Entry, configuration: &Configuration) -> bool {
        match self {
            Self::Id(pattern) => matches(pattern, &entry.id),
            Self::Type(keyword) => entry.keyword == keyword.replace('-', "_"),
            Self::Related(id) => entry.id == *id || entry.names.contains(id),
            Self::Tag(id) => {
                let names = |tag: &cluster::Tag| tag.members.contains(&entry.id);
                entry.id == *id || configuration.tag(id).is_some_and(names)
            }
        }
    }
}

/// Whether `name` matches a pattern in which `*` stands for any text and `?` for a character.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut within) = (0, 0);
    // Where the last star stands, and up to where it stands for the name: a star behind it makes
    // all before it final, so that no pattern takes more than the product of the two lengths.
    let mut star: Option<(usize, usize)> = None;
    while within < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, within));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[within] => {
                at += 1;
                within += 1;
            }
            _ => {
                let Some((place, end)) = star else { return false };
                star = Some((place, end + 1));
                (at, within) = (place + 1, end + 1);
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}
