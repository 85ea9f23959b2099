//! Named values in blocks: properties, parameters, meta attributes, node attributes.

use crate::{Extra, References, Rule, RuleContext, Score};
use base::WallTime;
use std::collections::BTreeMap;

/// One name and value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nvpair {
    /// The pair's own id.
    pub id: String,
    /// Another pair that says what this one leaves out (`id-ref`).
    pub id_ref: Option<String>,
    /// The option's name.
    pub name: String,
    /// Its value; a pair without one unsets the name.
    pub value: Option<String>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A block of named values, that may depend on a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributeSet {
    /// The block's id.
    pub id: String,
    /// Another block that this one stands for (`id-ref`).
    pub id_ref: Option<String>,
    /// Blocks with a higher score are asked first.
    pub score: Option<Score>,
    /// The block counts only while this rule holds.
    pub rule: Option<Rule>,
    /// The values, in document order.
    pub pairs: Vec<Nvpair>,
    /// What else the element carries.
    pub extra: Extra,
}

impl AttributeSet {
    /// An empty block without rule.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// The value of `name` in this block.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.name == name)?.value.as_deref()
    }

    /// Sets `name`, keeping its id and place if it is there, else at the end as `<block>-<name>`.
    pub fn set(&mut self, name: &str, value: &str) {
        let value = Some(value.to_owned());
        if let Some(pair) = self.pairs.iter_mut().find(|pair| pair.name == name) {
            pair.value = value;
        } else {
            let id = format!("{}-{name}", self.id);
            self.pairs.push(Nvpair { id, name: name.to_owned(), value, ..Nvpair::default() });
        }
    }

    /// Removes `name`; says whether it was there.
    pub fn unset(&mut self, name: &str) -> bool {
        let before = self.pairs.len();
        self.pairs.retain(|pair| pair.name != name);
        self.pairs.len() < before
    }
}

/// The first value of `name` in `sets`, those without rule only, in the order that counts.
pub fn first_value<'a>(sets: &'a [AttributeSet], name: &str) -> Option<&'a str> {
    plain_value(sets, None, name)
}

/// The same among cluster options: those that people set stand before all others.
pub(crate) fn property<'a>(sets: &'a [AttributeSet], name: &str) -> Option<&'a str> {
    plain_value(sets, Some("cib-bootstrap-options"), name)
}

fn plain_value<'a>(sets: &'a [AttributeSet], first: Option<&str>, name: &str) -> Option<&'a str> {
    let sets = by_precedence(sets.iter(), first).into_iter();
    sets.filter(|set| set.rule.is_none()).find_map(|set| set.value(name))
}

/// All values of `sets` whose rule `holds`: of two values for a name the first in precedence.
pub fn merged(sets: &[AttributeSet], mut holds: impl FnMut(&Rule) -> bool) -> BTreeMap<&str, &str> {
    let mut values = BTreeMap::new();
    for set in by_precedence(sets.iter(), None) {
        if set.rule.as_ref().is_none_or(&mut holds) {
            for pair in &set.pairs {
                if let Some(value) = &pair.value {
                    values.entry(pair.name.as_str()).or_insert(value.as_str());
                }
            }
        }
    }
    values
}

/// All values of `sets` that count in `context`, with references followed: of two values for a
/// name the first in precedence. The block of id `first`, where one is named, comes before all
/// others; after it the highest score, and among equals the later one: what a primitive says
/// stands behind what its template says. When another answer is to be expected because time
/// passes, `recheck` is moved there, if that is sooner.
pub fn resolved<'a>(
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
    let sets = sets.iter().filter_map(|set| references.set(set));
    for set in by_precedence(sets, first) {
        if let Some(rule) = &set.rule {
            sooner(recheck, rule.next_change(&context));
            if !rule.holds(&context) {
                continue;
            }
        }
        for pair in &set.pairs {
            if let Some((name, value)) = name_and_value(pair, references) {
                values.entry(name).or_insert(value);
            }
        }
    }
    values
}

/// Moves `recheck` to `date` when that is earlier.
pub fn sooner(recheck: &mut Option<WallTime>, date: Option<WallTime>) {
    *recheck = recheck.iter().copied().chain(date).min();
}

/// A pair says itself what it does not leave to the one it refers to. The value `#default` says
/// nothing.
fn name_and_value<'a>(pair: &'a Nvpair, references: &References<'a>) -> Option<(&'a str, &'a str)> {
    let referred = references.pair(pair);
    let own_name = Some(&pair.name).filter(|name| !name.is_empty());
    let name = own_name.or_else(|| Some(&referred?.name))?;
    let value = pair.value.as_ref().or_else(|| referred?.value.as_ref())?;
    (!value.eq_ignore_ascii_case("#default")).then_some((name, value))
}

/// Highest score first, the later one among equals; the block named `first` before all others.
fn by_precedence<'a>(
    sets: impl DoubleEndedIterator<Item = &'a AttributeSet>,
    first: Option<&str>,
) -> Vec<&'a AttributeSet> {
    // The sort is stable: among equals the later block stays in front.
    let mut order: Vec<&AttributeSet> = sets.rev().collect();
    order.sort_by_key(|set| {
        (first.is_none_or(|first| set.id != first), -set.score.unwrap_or_default())
    });
    order
}
