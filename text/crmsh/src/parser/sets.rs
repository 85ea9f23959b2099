//! Resources named in constraints, one by one or as sets.

use super::cursor::{Parsed, boolean, check_id, near_or_all, role};
use crate::element::{self, new, push, put};
use crate::lexer::Word;
use crate::vocabulary::ORDERED_ACTIONS;
use cluster::Element;

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
    pub(super) role: Option<&'static str>,
    pub(super) action: Option<String>,
}

/// What the words behind the head of a constraint name.
pub(super) enum Named {
    /// So many resources, one by one.
    Each(Vec<Reference>),
    /// Sets.
    Sets(Vec<Element>),
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
    let action = text.to_ascii_lowercase();
    if ORDERED_ACTIONS.contains(&action.as_str()) {
        return Ok(action);
    }
    let help = near_or_all(text, &ORDERED_ACTIONS);
    Err(word.error_behind(':', format!("an order cannot be about `{text}`"), help))
}

/// Resource sets: bare names in sequence, `( )` in any sequence, `[ ]` where one is enough.
pub(super) fn sets(words: &[Word], qualifier: Qualifier) -> Parsed<Vec<Element>> {
    let mut reader =
        Reader { qualifier, sets: Vec::new(), open: None, starts_new: true, may_add: false };
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
    sets: Vec<Element>,
    open: Option<Word>,
    starts_new: bool,
    /// Whether what has just ended may be told more about.
    may_add: bool,
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
        (self.starts_new, self.may_add) = (true, false);
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

    /// `sequential` and `require-all` say no when they are written; yes is what goes unsaid. With
    /// `$` before it an attribute is the set's as it stands, and ends a set outside of brackets.
    fn attribute(&mut self, word: &Word) -> Parsed<()> {
        let (name, value) = word.text.split_once('=').unwrap_or((&word.text, ""));
        let is_begun = !self.starts_new || self.may_add;
        let Some(set) = self.sets.last_mut().filter(|_| is_begun) else {
            let help = "put it behind the members of the set";
            return Err(word.error(format!("`{name}` belongs to no set"), help));
        };
        if let Some(name) = name.strip_prefix('$') {
            element::set(set, name, value);
            self.may_add = self.open.is_none();
            self.starts_new = self.may_add;
            return Ok(());
        }
        if !["sequential", "require-all"].contains(&name) {
            let help = near_or_all(name, &["sequential", "require-all"]);
            return Err(word.error(format!("a set has no `{name}`"), help));
        }
        boolean(word, value)?;
        if cluster::value::boolean(value) == Some(true) {
            set.extra.attributes.retain(|(other, _)| other != name);
        } else {
            element::set(set, name, value);
        }
        Ok(())
    }

    /// A member with another role or action begins a set of its own.
    fn member(&mut self, word: &Word) -> Parsed<()> {
        let Reference { resource, role, action } = reference(word, self.qualifier)?;
        let is_alike = |set: &Element| {
            set.attribute("role") == role && set.attribute("action") == action.as_deref()
        };
        let member = new("resource_ref", &[("id", &resource)]);
        if let Some(set) = self.sets.last_mut()
            && !self.starts_new
            && is_alike(set)
        {
            push(set, member);
            return Ok(());
        }
        let mut set = new("resource_set", &[]);
        match self.open.as_ref().map(|word| word.text.as_str()) {
            Some("[") => {
                put(&mut set, "sequential", "false");
                put(&mut set, "require-all", "false");
            }
            Some(_) => put(&mut set, "sequential", "false"),
            None => {}
        }
        if let Some(role) = role {
            put(&mut set, "role", role);
        }
        if let Some(action) = &action {
            put(&mut set, "action", action);
        }
        push(&mut set, member);
        self.sets.push(set);
        (self.starts_new, self.may_add) = (false, false);
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
