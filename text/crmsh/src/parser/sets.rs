//! Resources named in constraints, one by one or as sets.

use super::cursor::{Parsed, boolean, check_id, near_or_all, role};
use crate::lexer::Word;
use cluster::{ResourceSet, Role};

/// What stands behind the `:` of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Qualifier {
    /// A role, as in `ms1:Promoted`.
    Role,
    /// An action, as in `fs1:start`.
    Action,
}

/// A resource with what stands behind its `:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) resource: String,
    pub(super) role: Option<Role>,
    pub(super) action: Option<String>,
}

/// What the words behind the head of a constraint name.
pub(super) enum Named {
    /// So many resources, one by one.
    Each(Vec<Reference>),
    /// Sets.
    Sets(Vec<ResourceSet>),
}

/// Reads `words`: exactly `single` plain ones are the short form, all else are sets.
pub(super) fn named(words: &[Word], single: usize, qualifier: Qualifier) -> Parsed<Named> {
    let is_plain = |word: &Word| !word.text.contains(['(', ')', '[', ']', '=']);
    if words.len() == single && words.iter().all(is_plain) && words[0].text != "_rsc_set_" {
        let references = words.iter().map(|word| reference(word, qualifier));
        return references.collect::<Parsed<_>>().map(Named::Each);
    }
    sets(words, qualifier).map(Named::Sets)
}

/// `RESOURCE[:ROLE]` or `RESOURCE[:ACTION]`.
pub(super) fn reference(word: &Word, qualifier: Qualifier) -> Parsed<Reference> {
    let Some((resource, text)) = word.text.split_once(':') else {
        check_id(word, &word.text)?;
        return Ok(Reference { resource: word.text.clone(), ..Reference::default() });
    };
    check_id(word, resource)?;
    let mut reference = Reference { resource: resource.to_owned(), ..Reference::default() };
    match qualifier {
        Qualifier::Role => reference.role = Some(role(word, ':', text)?),
        Qualifier::Action => reference.action = Some(action(word, text)?),
    }
    Ok(reference)
}

fn action(word: &Word, text: &str) -> Parsed<String> {
    const ACTIONS: [&str; 4] = ["start", "stop", "promote", "demote"];
    let action = text.to_ascii_lowercase();
    if ACTIONS.contains(&action.as_str()) {
        return Ok(action);
    }
    let help = near_or_all(text, &ACTIONS);
    Err(word.error_behind(':', format!("an order cannot be about `{text}`"), help))
}

/// Resource sets: bare names in sequence, `( )` in any sequence, `[ ]` where one is enough.
pub(super) fn sets(words: &[Word], qualifier: Qualifier) -> Parsed<Vec<ResourceSet>> {
    let mut reader = Reader { qualifier, sets: Vec::new(), open: None, starts_new: true };
    for word in atoms(words) {
        reader.atom(&word)?;
    }
    match reader.open {
        Some(bracket) => {
            let help = format!("close it with `{}`", closing(&bracket.text));
            Err(bracket.error("this bracket is never closed", help))
        }
        None => Ok(reader.sets),
    }
}

struct Reader {
    qualifier: Qualifier,
    sets: Vec<ResourceSet>,
    open: Option<Word>,
    starts_new: bool,
}

impl Reader {
    fn atom(&mut self, word: &Word) -> Parsed<()> {
        match word.text.as_str() {
            "_rsc_set_" => Ok(()),
            "(" | "[" => self.open(word),
            ")" | "]" => self.close(word),
            text if text.contains('=') => self.attribute(word),
            _ => self.member(word),
        }
    }

    fn open(&mut self, word: &Word) -> Parsed<()> {
        if self.open.replace(word.clone()).is_some() {
            return Err(word.error("a set cannot stand inside a set", "close the first one before"));
        }
        self.starts_new = true;
        Ok(())
    }

    fn close(&mut self, word: &Word) -> Parsed<()> {
        match self.open.take() {
            Some(open) if closing(&open.text) != word.text => {
                let help = format!("close it with `{}`", closing(&open.text));
                Err(word.error(format!("`{}` was opened", open.text), help))
            }
            Some(open) if self.starts_new => Err(open.error("the set is empty", "name a resource")),
            Some(_) => {
                self.starts_new = true;
                Ok(())
            }
            None => Err(word.error("no bracket is open here", "leave it out")),
        }
    }

    fn attribute(&mut self, word: &Word) -> Parsed<()> {
        let (name, value) = word.text.split_once('=').unwrap_or((&word.text, ""));
        let is_begun = !self.starts_new;
        let Some(set) = self.sets.last_mut().filter(|_| is_begun) else {
            let help = "put it behind the members of the set";
            return Err(word.error(format!("`{name}` belongs to no set"), help));
        };
        match name {
            "sequential" => set.sequential = Some(boolean(word, value)?),
            "require-all" => set.require_all = Some(boolean(word, value)?),
            name => {
                let help = near_or_all(name, &["sequential", "require-all"]);
                return Err(word.error(format!("a set has no `{name}`"), help));
            }
        }
        Ok(())
    }

    /// A member with another role or action begins a set of its own.
    fn member(&mut self, word: &Word) -> Parsed<()> {
        let Reference { resource, role, action } = reference(word, self.qualifier)?;
        let is_alike = |set: &ResourceSet| set.role == role && set.action == action;
        if let Some(set) = self.sets.last_mut()
            && !self.starts_new
            && is_alike(set)
        {
            set.members.push(resource);
            return Ok(());
        }
        let bracket = self.open.as_ref().map_or("", |word| word.text.as_str());
        self.sets.push(ResourceSet {
            sequential: (!bracket.is_empty()).then_some(false),
            require_all: (bracket == "[").then_some(false),
            role,
            action,
            members: vec![resource],
            ..ResourceSet::default()
        });
        self.starts_new = false;
        Ok(())
    }
}

fn closing(bracket: &str) -> &'static str {
    if bracket == "[" { "]" } else { ")" }
}

/// Brackets may touch the names: they become words of their own.
fn atoms(words: &[Word]) -> Vec<Word> {
    let mut atoms = Vec::new();
    for word in words {
        let mut begin = 0;
        let characters: Vec<char> = word.text.chars().collect();
        let mut push = |from: usize, to: usize| {
            if from < to {
                let text = characters[from..to].iter().collect();
                atoms.push(Word { text, position: word.place(from) });
            }
        };
        for (index, c) in characters.iter().enumerate() {
            if "()[]".contains(*c) {
                push(begin, index);
                push(index, index + 1);
                begin = index + 1;
            }
        }
        push(begin, characters.len());
    }
    atoms
}
