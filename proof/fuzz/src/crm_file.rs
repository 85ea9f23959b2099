//! Texts in the crm shell's language: those of random clusters, lines that a person may type, what
//! can happen to both, and what must hold for whatever comes of that.

use crate::letters::{self, below};
use crate::target::Outcome;
use crate::{Manner, generate};
use base::Rng;
use cluster::{Configuration, Element, ExtraNode};
use crmsh::{Diagnostic, Mode, load, show};

/// Lines with places (`@`) for words.
const LINES: [&str; 36] = [
    "primitive @ Dummy",
    "primitive @ ocf:heartbeat:@ params @=@ @=@ op monitor interval=@ timeout=@ meta @=@",
    "primitive @ stonith:fence_lab params @=@ op start on-fail=@ op monitor interval=@ role=@",
    "primitive @ @@ operations $id=@ op stop $role=@",
    "rsc_template @ ocf:pacemaker:@ params rule #uname eq @ @=@ utilization @=@",
    "monitor @:@ @:@",
    "group @ @ @ meta @=@",
    "clone @ @ meta @=@ clone-max=@",
    "ms @ @ meta @=@",
    "bundle @ docker image=@ network ip-range-start=@ port-mapping port=@ storage storage-mapping \
     source-dir=@ target-dir=@ primitive @",
    "location @ @ @: @",
    "location @ { @ @ } rule $role=@ @: @ eq @ and date gt @",
    "location @ /@/ resource-discovery=@ rule @: date spec hours=@ weekdays=@",
    "location @ @ rule @: defined @ or not_defined @ and #kind ne @",
    "colocation @ @: @:@ @:@ node-attribute=@",
    "colocation @ @: ( @ @ ) [ @ @ sequential=@ ] @",
    "order @ @: @:@ @:@ symmetrical=@",
    "order @ @: @ [ @ @ ] ( @:@ @ require-all=@ )",
    "rsc_ticket @ @: @ @:@ loss-policy=@",
    "node @: @ attributes @=@ utilization @=@",
    "tag @: @ @",
    "property $id=@ @=@ @=@ rule @ gt @",
    "rsc_defaults @: @=@",
    "op_defaults @=@ rule op_type=@",
    "fencing_topology @ @,@ @: @ pattern:@ @ attr:@=@ @",
    "role @ read xpath:@ write ref:@ deny tag:@ attribute:@",
    "acl_target @ @ @",
    "alert @ @ attributes @=@ select nodes attributes { @ @ } to { @ attributes @=@ meta @=@ }",
    "xml <primitive id=\"@\" class=\"ocf\" provider=\"@\" type=\"@\"><!-- @ --></primitive>",
    "user @ role:@ read xpath:@ deny type:@ attr:@",
    "primitive @ @ operations op @ $id=@ interval=@ params $id=@ @: rule $id=@ $id=@ @ lt @ $@:@=@",
    "group @ @ meta $id=@ @=@\nsequence members: @\nsequence inside @: @ @",
    "sequence resources: @ @\nsequence constraints: @",
    "sequence sections: nodes @ tags",
    "order @ @ $id=@ @ [ @ sequential=true $sequential=@ ]",
    "# @",
];

/// Words for these places.
const WORDS: [&str; 48] = [
    "a",
    "b",
    "c",
    "r1",
    "r2",
    "r3",
    "n1",
    "n2",
    "g1",
    "c1",
    "0",
    "1",
    "-1",
    "100",
    "inf",
    "-inf:",
    "INFINITY",
    "10s",
    "1h",
    "P1D",
    "Mandatory",
    "Master",
    "Promoted",
    "Stopped",
    "start",
    "stop",
    "true",
    "no",
    "target-role",
    "is-managed",
    "stonith-enabled",
    "\"a b\"",
    "'a'",
    "\"",
    "''",
    "{",
    "}",
    "(",
    ")",
    "\\",
    "$id=x",
    "id=x",
    "@x",
    "$x:y=z",
    "a=b",
    "ä€𝄞",
    "<x/>",
    "2026-01-01",
];
/// The longest text: doubling doubled lines has to end.
const LONGEST: usize = 60_000;

/// What somebody has, with lines that somebody types.
pub fn generate_text(random: &mut Rng) -> String {
    let mut text = String::new();
    if random.percent(60) {
        let tree = cib::write_element(&generate(random, Manner::Any));
        if let Ok((cib, _)) = cib::read_tolerant(&tree) {
            text = show(&cib.configuration, &[]);
        }
    }
    if random.percent(60) {
        for _ in 0..random.below(5) {
            text.push_str(&line(random));
        }
    }
    if random.percent(50) {
        mutate(&mut text, random);
    }
    text
}

/// A line of the language, with any words in it.
fn line(random: &mut Rng) -> String {
    let pattern = random.pick(&LINES).copied().unwrap_or_default();
    let mut line = String::new();
    for part in pattern.split_inclusive('@') {
        line.push_str(part.trim_end_matches('@'));
        if part.ends_with('@') {
            line.push_str(word(random));
        }
    }
    line + "\n"
}

/// Mostly a word that can be an id: otherwise nothing would ever be taken.
fn word(random: &mut Rng) -> &'static str {
    let usual = &WORDS[..10];
    let words = if random.percent(70) { usual } else { &WORDS };
    random.pick(words).copied().unwrap_or_default()
}

/// Changes a text in one to six ways, by lines, words or letters.
pub fn mutate(text: &mut String, random: &mut Rng) {
    for _ in 0..=random.below(6) {
        *text = match random.below(3) {
            0 => with_other_lines(text, random),
            1 => with_other_words(text, random),
            _ => letters::change(text, random),
        };
    }
}

fn with_other_lines(text: &str, random: &mut Rng) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(ToOwned::to_owned).collect();
    if lines.is_empty() {
        return line(random);
    }
    let (at, other) = (below(random, lines.len()), below(random, lines.len()));
    match random.below(5) {
        0 => drop(lines.remove(at)),
        1 => lines.swap(at, other),
        2 => lines.insert(other, lines[at].clone()),
        3 if text.len() < LONGEST / 2 => lines.extend_from_within(at.min(other)..at.max(other)),
        _ => lines.insert(at, line(random)),
    }
    lines.concat()
}

fn with_other_words(text: &str, random: &mut Rng) -> String {
    let mut words: Vec<&str> = text.split_inclusive([' ', '=', ':']).collect();
    if words.is_empty() {
        return word(random).to_owned();
    }
    let (at, other) = (below(random, words.len()), below(random, words.len()));
    match random.below(4) {
        0 => drop(words.remove(at)),
        1 => words.swap(at, other),
        2 => words.insert(at, words[other]),
        _ => words.insert(at, word(random)),
    }
    words.concat()
}

/// Reads `text`, and looks at everything that comes of it.
///
/// # Panics
/// When something does not hold: that is what is looked for.
pub fn check(text: &str) -> Outcome {
    let nothing = Configuration::default();
    let loaded = match load(text, &nothing, Mode::Update) {
        Ok(loaded) => loaded,
        Err(errors) => {
            assert!(!errors.is_empty(), "who refuses says why");
            for error in &errors {
                has_a_place(error, text);
            }
            return Outcome::Refused;
        }
    };
    for warning in &loaded.warnings {
        has_a_place(warning, text);
    }
    let made = after(&loaded.edits, &nothing);
    let shown = show(&made, &[]);
    if shown.is_empty() {
        return Outcome::Taken(0);
    }
    let again = match load(&shown, &nothing, Mode::Replace) {
        Ok(loaded) => after(&loaded.edits, &nothing),
        Err(errors) => panic!("what is shown is refused: {errors:?}"),
    };
    assert_eq!(show(&again, &[]), shown, "what is shown, read and shown is the same");
    assert_eq!(written(&again), written(&made), "what is shown and read is the same");
    Outcome::Taken(loaded.edits.len())
}

/// The configuration in XML, with the attributes in order of their names, for they have none, and
/// without comments, which get their `#`.
fn written(configuration: &Configuration) -> String {
    fn sort(element: &mut Element) {
        element.extra.attributes.sort();
        element.extra.children.retain(|child| !matches!(child, ExtraNode::Comment(_)));
        for child in &mut element.extra.children {
            if let ExtraNode::Element(child) = child {
                sort(child);
            }
        }
    }
    let version = cluster::Version::default();
    let configuration = Configuration { version, ..configuration.clone() };
    let mut root = cib::to_element(&cib::Cib { configuration, ..cib::Cib::default() });
    sort(&mut root);
    cib::write_element(&root)
}

/// What edits make of a configuration.
fn after(edits: &[cluster::Edit], onto: &Configuration) -> Configuration {
    let mut configuration = onto.clone();
    let applied = configuration.apply(edits);
    assert!(applied.is_ok(), "edits of a text that was taken are refused: {applied:?}");
    configuration
}

/// A message points into the text.
fn has_a_place(said: &Diagnostic, text: &str) {
    let at = (said.line as usize).wrapping_sub(1);
    let lines = text.lines().count().max(1);
    assert!(at < lines, "a message names a line of the text: {said}");
    let width = text.lines().nth(at).unwrap_or_default().chars().count();
    assert!(
        (1..=width + 1).contains(&(said.column as usize)),
        "a message names a place in its line: {said}"
    );
    assert!(!said.what.is_empty(), "a message says something");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_hundred_texts_are_read() {
        let mut taken = 0;
        for seed in 0..500 {
            let text = generate_text(&mut Rng::new(seed));
            let outcome = std::panic::catch_unwind(|| check(&text));
            let Ok(outcome) = outcome else { panic!("seed {seed}:\n{text}") };
            taken += usize::from(outcome != Outcome::Refused);
        }
        assert!((100..400).contains(&taken), "{taken} of 500 were taken: the rest tries nothing");
    }

    /// Element by element, with ids and order, also where the language has no words.
    #[test]
    fn random_clusters_come_back_from_their_text() {
        for seed in 0..300 {
            let tree = cib::write_element(&generate(&mut Rng::new(seed), Manner::Any));
            let (cib, _) = cib::read_tolerant(&tree).expect("a generated cluster");
            let text = show(&cib.configuration, &[]);
            if text.is_empty() {
                continue;
            }
            let loaded = crmsh::load_tolerant(&text, &Configuration::default(), Mode::Replace);
            let loaded = loaded.unwrap_or_else(|errors| panic!("seed {seed}: {errors:?}\n{text}"));
            let again = after(&loaded.edits, &Configuration::default());
            assert_eq!(written(&again), written(&cib.configuration), "seed {seed}:\n{text}");
        }
    }
}
