//! What ties resources to nodes and to each other, and rules.

use super::super::Candidate;
use super::super::facts::behind;
use super::super::places::Said;
use crmsh::vocabulary::{
    DISCOVERIES, LOSS_POLICIES, OPERATORS, ORDER_KINDS, ORDERED_ACTIONS, ROLES, UNITS,
};

/// Scores as people write them.
const SCORES: [(&str, &str); 3] =
    [("inf:", "it must"), ("-inf:", "it must not"), ("100:", "it should, so much")];

fn scores() -> Vec<Candidate> {
    SCORES.map(|(word, about)| Candidate::new(word, about)).into()
}

/// `NAME=VALUE` with one of some values.
fn choice(said: &Said<'_>, name: &str, about: &str, values: &[&str]) -> Vec<Candidate> {
    let start = format!("{name}=");
    match said.word.starts_with(&start) {
        true => values.iter().map(|it| Candidate::new(format!("{start}{it}"), "")).collect(),
        false => vec![Candidate::begin(start, about)],
    }
}

/// Resources and, behind a colon, what of them is meant.
fn qualified(said: &Said<'_>, qualities: &[&str]) -> Vec<Candidate> {
    // Brackets make sets, and may touch the names in them.
    let bare = said.word.trim_start_matches(['(', '[']);
    let bracket = &said.word[..said.word.len() - bare.len()];
    let found = match bare.split_once(':') {
        Some((id, _)) => {
            qualities.iter().map(|it| Candidate::new(format!("{id}:{it}"), "")).collect()
        }
        None => said.facts.resources(),
    };
    found.into_iter().map(|it| behind(bracket, it)).collect()
}

/// Whether the last word ends the head of the constraint: `inf:`, `Mandatory:`.
fn is_behind_head(said: &Said<'_>) -> bool {
    said.words.iter().skip(2).any(|word| word.contains(':'))
}

pub(super) fn location(said: &Said<'_>) -> Vec<Candidate> {
    if let Some(place) = said.words.iter().rposition(|word| word.eq_ignore_ascii_case("rule")) {
        return rule(said, &said.words[place + 1..]);
    }
    let last = said.words.last().map_or("", String::as_str);
    match said.words.len() {
        2 => {
            let tags = said.facts.configuration.tags.iter();
            let mut found = said.facts.resources();
            found.extend(tags.map(|tag| Candidate::new(&tag.id, "tag")));
            found
        }
        _ if last.ends_with(':') => said.facts.nodes(),
        _ if is_behind_head(said) => Vec::new(),
        _ => {
            let mut found = scores();
            found.push(Candidate::new("rule", "by a condition that a node fulfils"));
            found.extend(choice(said, "role", "the role it is about", &ROLES[..4]));
            let about = "where it is looked for";
            found.extend(choice(said, "resource-discovery", about, &DISCOVERIES));
            found
        }
    }
}

pub(super) fn colocation(said: &Said<'_>) -> Vec<Candidate> {
    if said.words.len() == 2 {
        return scores();
    }
    let mut found = qualified(said, &ROLES[..4]);
    if said.words.len() > 4 {
        let about = "together where this attribute is the same";
        found.extend(choice(said, "node-attribute", about, &[]));
    }
    found
}

pub(super) fn order(said: &Said<'_>) -> Vec<Candidate> {
    let mut found = Vec::new();
    if said.words.len() == 2 {
        let about = ["always", "only when both are to be done", "never at the same time"];
        let kinds = ORDER_KINDS.iter().zip(about);
        found.extend(kinds.map(|(kind, about)| Candidate::new(format!("{kind}:"), about)));
    }
    found.extend(qualified(said, &ORDERED_ACTIONS));
    if said.words.len() > 3 {
        let about = "whether the opposite is done the other way round";
        found.extend(choice(said, "symmetrical", about, &["true", "false"]));
    }
    found
}

pub(super) fn ticket(said: &Said<'_>) -> Vec<Candidate> {
    if said.words.len() == 2 {
        let tickets = said.facts.tickets().into_iter();
        return tickets.map(|it| Candidate::new(format!("{}:", it.word), it.about)).collect();
    }
    let mut found = qualified(said, &ROLES[..4]);
    if said.words.len() > 3 {
        let about = "what happens when the ticket is lost";
        found.extend(choice(said, "loss-policy", about, &LOSS_POLICIES));
    }
    found
}

/// What every node is said to have.
const ABOUT_NODES: [(&str, &str); 4] = [
    ("#uname", "the node's name"),
    ("#kind", "member or remote"),
    ("#id", "the node's id"),
    ("date", "what time it is"),
];

/// `rule [SCORE:] EXPRESSION [and|or EXPRESSION]...`
fn rule(said: &Said<'_>, words: &[String]) -> Vec<Candidate> {
    let is_head = |word: &&String| word.ends_with(':') || word.contains("role=");
    let heads = words.iter().take_while(is_head).count();
    let words = &words[heads..];
    let joint = words.iter().rposition(|word| word == "and" || word == "or");
    let expression = &words[joint.map_or(0, |place| place + 1)..];
    let plain = |words: &[&str]| words.iter().map(|word| Candidate::new(*word, "")).collect();
    let pieces: Vec<&str> = expression.iter().map(String::as_str).collect();
    match pieces[..] {
        [] => {
            let mut found = if heads == 0 && joint.is_none() { scores() } else { Vec::new() };
            found.push(Candidate::new("defined", "the attribute is set"));
            found.push(Candidate::new("not_defined", "the attribute is not set"));
            found.extend(ABOUT_NODES.map(|(word, about)| Candidate::new(word, about)));
            found.extend(said.facts.node_attributes());
            found
        }
        ["defined" | "not_defined"] => said.facts.node_attributes(),
        ["date"] => plain(&["lt", "gt", "in", "spec"]),
        ["date", "in" | "spec", ..] => {
            let names = ["start", "end"].into_iter().filter(|_| pieces[1] == "in").chain(UNITS);
            let mut found: Vec<Candidate> =
                names.map(|name| Candidate::begin(format!("{name}="), "")).collect();
            found.extend(joints());
            found
        }
        [_] => plain(&OPERATORS),
        ["#uname", _] => said.facts.nodes(),
        ["#kind", _] => plain(&["member", "remote"]),
        ["defined" | "not_defined", _] | [_, _, _, ..] => joints(),
        [_, _] => Vec::new(),
    }
}

fn joints() -> Vec<Candidate> {
    ["and", "or", "rule"].map(|word| Candidate::new(word, "")).into()
}
