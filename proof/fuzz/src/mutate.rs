//! What can happen to a CIB on its way: parts lost, doubled, swapped, moved; values garbled,
//! exchanged, out of range; references to themselves and in circles; endless nesting.

use crate::letters::below;
use crate::tree::{count, depth, nth};
use base::Rng;
use cluster::{Element, ExtraNode};

/// Values that have to be refused, or borne.
const NASTY: [&str; 30] = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "2",
    "65536",
    "4294967295",
    "4294967296",
    "-9223372036854775808",
    "99999999999999999999",
    "1e9",
    "0x10",
    "INFINITY",
    "-INFINITY",
    "+inf",
    "true",
    "false",
    "yes",
    "Promoted",
    "Master",
    "Stopped",
    "P1Y",
    "10s",
    "a b",
    "r1",
    "n1",
    "ä€𝄞",
    "::",
    "../..",
];

/// The deepest tree that is made: readers refuse what is deeper.
const DEEPEST: usize = 230;
/// The most elements: doubling doubled things has to end.
const MOST: usize = 3000;

/// Changes a tree in one to eight ways.
pub fn mutate(root: &mut Element, random: &mut Rng) {
    for _ in 0..=random.below(8) {
        change(root, random);
    }
}

/// Any element with its number; the root now and then.
fn any<'e>(root: &'e mut Element, random: &mut Rng) -> Option<&'e mut Element> {
    let number = below(random, count(root));
    nth(root, number)
}

fn change(root: &mut Element, random: &mut Rng) {
    match random.below(12) {
        0 => lose(root, random),
        1 => double(root, random),
        2 => swap(root, random),
        3 => graft(root, random),
        4 => lose_attribute(root, random),
        5 => {
            rename_attribute(root, random);
        }
        6 => nest(root, random),
        7 | 8 => exchange_value(root, random),
        9 => garble(root, random),
        _ => {
            let value = random.pick(&NASTY).copied().unwrap_or_default().to_owned();
            set_any(root, random, value);
        }
    }
}

fn lose(root: &mut Element, random: &mut Rng) {
    let Some(element) = any(root, random) else { return };
    let at = below(random, element.extra.children.len());
    if at < element.extra.children.len() {
        element.extra.children.remove(at);
    }
}

fn double(root: &mut Element, random: &mut Rng) {
    if count(root) > MOST {
        return;
    }
    let Some(element) = any(root, random) else { return };
    let at = below(random, element.extra.children.len());
    if let Some(child) = element.extra.children.get(at).cloned() {
        let to = below(random, element.extra.children.len() + 1);
        element.extra.children.insert(to, child);
    }
}

fn swap(root: &mut Element, random: &mut Rng) {
    let Some(element) = any(root, random) else { return };
    let children = &mut element.extra.children;
    if children.len() > 1 {
        let (one, other) = (below(random, children.len()), below(random, children.len()));
        children.swap(one, other);
    }
}

/// A copy of any element is put into any other.
fn graft(root: &mut Element, random: &mut Rng) {
    if count(root) > MOST {
        return;
    }
    let Some(copy) = any(root, random).cloned() else { return };
    let Some(element) = any(root, random) else { return };
    element.extra.children.push(ExtraNode::Element(copy));
    while depth(root) > DEEPEST {
        lose(root, random);
    }
}

fn lose_attribute(root: &mut Element, random: &mut Rng) {
    let Some(element) = any(root, random) else { return };
    let at = below(random, element.extra.attributes.len());
    if at < element.extra.attributes.len() {
        element.extra.attributes.remove(at);
    }
}

/// An attribute takes the name of one of another element.
fn rename_attribute(root: &mut Element, random: &mut Rng) -> Option<()> {
    let other = any(root, random)?;
    let (name, _) = other.extra.attributes.get(below(random, other.extra.attributes.len()))?;
    let name = name.clone();
    let element = any(root, random)?;
    if element.extra.attributes.iter().any(|(known, _)| *known == name) {
        return None;
    }
    let at = below(random, element.extra.attributes.len());
    element.extra.attributes.get_mut(at)?.0 = name;
    Some(())
}

/// An element is put into copies of itself, a few times or very often.
fn nest(root: &mut Element, random: &mut Rng) {
    let times = if random.percent(20) { DEEPEST } else { 1 + below(random, 4) };
    if depth(root) + times > DEEPEST || count(root) > MOST {
        return;
    }
    let Some(element) = any(root, random) else { return };
    let shell = Element {
        name: element.name.clone(),
        extra: cluster::Extra {
            attributes: element.extra.attributes.clone(),
            ..Default::default()
        },
    };
    for _ in 0..times {
        let inside = std::mem::replace(element, shell.clone());
        element.extra.children.push(ExtraNode::Element(inside));
    }
}

/// A value becomes that of any other attribute: this is how references come to point to
/// themselves, in circles, or to something of another kind.
fn exchange_value(root: &mut Element, random: &mut Rng) {
    let Some(other) = any(root, random) else { return };
    let at = below(random, other.extra.attributes.len());
    if let Some((_, value)) = other.extra.attributes.get(at).cloned() {
        set_any(root, random, value);
    }
}

fn set_any(root: &mut Element, random: &mut Rng, value: String) {
    let Some(element) = any(root, random) else { return };
    let at = below(random, element.extra.attributes.len());
    if let Some((_, place)) = element.extra.attributes.get_mut(at) {
        *place = value;
    }
}

/// A letter of a value is lost, doubled, or becomes another one.
fn garble(root: &mut Element, random: &mut Rng) {
    let Some(element) = any(root, random) else { return };
    let at = below(random, element.extra.attributes.len());
    let Some((_, value)) = element.extra.attributes.get_mut(at) else { return };
    let mut letters: Vec<char> = value.chars().collect();
    if letters.is_empty() {
        return;
    }
    let place = below(random, letters.len());
    match random.below(3) {
        0 => {
            letters.remove(place);
        }
        1 => letters.insert(place, letters[place]),
        _ => {
            let others = ['0', '9', '-', ':', '#', 'x', '%', ' '];
            letters[place] = random.pick(&others).copied().unwrap_or('0');
        }
    }
    *value = letters.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_tree_and_readers_can_read_it() {
        let mut read = 0;
        for seed in 0..300 {
            let make = || {
                let mut random = Rng::new(seed);
                let mut tree = crate::generate(&mut random, crate::Manner::Any);
                mutate(&mut tree, &mut random);
                cib::write_element(&tree)
            };
            let text = make();
            assert_eq!(text, make());
            read += usize::from(cib::read_tolerant(&text).is_ok());
        }
        assert!(read > 100, "only {read} of 300 can be read: nothing is tried");
    }

    #[test]
    fn what_is_generated_can_be_read() {
        for seed in 0..200 {
            let text =
                cib::write_element(&crate::generate(&mut Rng::new(seed), crate::Manner::Any));
            let read = cib::read_tolerant(&text);
            assert!(read.is_ok(), "seed {seed}: {:?}\n{text}", read.err());
        }
    }
}
