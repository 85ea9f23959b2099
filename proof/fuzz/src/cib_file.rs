//! CIBs as text: what can be wrong with the XML around a cluster, and what must hold for whatever
//! is read of it.

use crate::target::Outcome;
use crate::{Manner, generate, letters, mutate};
use base::Rng;
use cib::CibError;

/// Pieces of XML that readers have to refuse, or to carry.
const PIECES: [&str; 16] = [
    "<!DOCTYPE cib [<!ENTITY a \"&b;&b;\"><!ENTITY b \"x\">]>",
    "<!ENTITY a SYSTEM \"file:///etc/passwd\">",
    "&a;",
    "&#0;",
    "&#x10ffff;",
    "&amp;",
    "<!-- a -- b -->",
    "<!-- a comment -->",
    "<![CDATA[ <x> ]]>",
    "<?php echo 1 ?>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    "some words",
    "<x:y xmlns:x=\"urn:x\" x:a=\"1\"/>",
    "<cib/>",
    " id=\"a\" id=\"a\"",
    "<a><b></a></b>",
];

/// The elements of every answer are there to be found.
const PATHS: [&str; 6] = [
    "//primitive[@id='r1']",
    "//*[@id]/..",
    "//nvpair[@name='target-role' and not(@value='Started')]|//node",
    "/cib/configuration/*[last()]/*[1]",
    "//op[contains(@name,'start') or starts-with(@interval,'1')]",
    "//node_state//lrm_resource[lrm_rsc_op[@rc-code!='0']]",
];

/// A CIB, with something wrong with its meaning, its letters, or both.
pub fn generate_text(random: &mut Rng) -> String {
    let mut tree = generate(random, Manner::Any);
    if random.percent(50) {
        mutate(&mut tree, random);
    }
    let mut text = cib::write_element(&tree);
    if random.percent(50) {
        mutate_text(&mut text, random);
    }
    text
}

/// Changes a text in one to six ways, by letters or by pieces of XML.
pub fn mutate_text(text: &mut String, random: &mut Rng) {
    for _ in 0..=random.below(6) {
        if random.percent(70) {
            *text = letters::change(text, random);
            continue;
        }
        let tags: Vec<usize> = text.match_indices(['<', '>']).map(|(at, _)| at).collect();
        let at = random.pick(&tags).copied().unwrap_or(0);
        let piece = random.pick(&PIECES).copied().unwrap_or_default();
        text.insert_str(at, piece);
    }
}

/// Reads `text`, and looks at everything that comes of it.
///
/// # Panics
/// When something does not hold: that is what is looked for.
pub fn check(text: &str) -> Outcome {
    let strict = cib::read(text);
    let (cib, doubts) = match cib::read_tolerant(text) {
        Ok(taken) => taken,
        Err(error) => {
            has_a_place(&error, text);
            assert_eq!(strict, Err(error), "who is tolerant refuses for the same reason");
            return Outcome::Refused;
        }
    };
    for doubt in &doubts {
        has_a_place(doubt, text);
    }
    assert_eq!(strict, doubts.first().map_or_else(|| Ok(cib.clone()), |doubt| Err(doubt.clone())));
    let written = cib::write(&cib);
    let again = cib::read_tolerant(&written).map(|(again, _)| again);
    let again = match again {
        Ok(again) => again,
        Err(error) => panic!("what is written is refused: {error}"),
    };
    // A value that was passed over may stand beside the one that counts in its place. Of the status
    // empty containers may go, which say nothing.
    if doubts.is_empty() {
        assert!(again.configuration == cib.configuration, "written, it is read as the same");
        assert!(again.extra == cib.extra, "the root is read as the same");
        assert!(cib::write(&again) == written, "what was written once is written the same again");
    }
    let root = cib::to_element(&cib);
    for path in PATHS {
        assert!(cib::find(&root, path).is_ok(), "every question is understood");
    }
    Outcome::Taken(written.lines().count())
}

/// A refusal points into the text, and says what would be right.
fn has_a_place(error: &CibError, text: &str) {
    let line = text.split('\n').nth(error.line.wrapping_sub(1));
    let Some(line) = line else { panic!("a refusal names a line of the text: {error}") };
    let width = line.chars().count();
    assert!(
        (1..=width + 1).contains(&error.column),
        "a refusal names a place in its line: {error}"
    );
    assert!(!error.what.is_empty() && !error.help.is_empty(), "a refusal helps: {error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_hundred_texts_are_read() {
        let mut taken = 0;
        for seed in 0..150 {
            let text = generate_text(&mut Rng::new(seed));
            let outcome = std::panic::catch_unwind(|| check(&text));
            let Ok(outcome) = outcome else { panic!("seed {seed}:\n{text}") };
            taken += usize::from(outcome != Outcome::Refused);
        }
        assert!((50..130).contains(&taken), "{taken} of 150 were taken: the rest tries nothing");
    }
}
