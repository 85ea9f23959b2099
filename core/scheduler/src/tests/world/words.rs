//! Words as values.

use base::WallTime;
use cluster::{
    Agent, AttributeExpression, AttributeSet, Comparison, Expression, Extra, OnFail,
    OperationSettings, Role, Rule, RuleScore, Score, Written,
};

pub(super) fn pairs<'w>(words: &'w [&'w str]) -> impl Iterator<Item = (&'w str, &'w str)> {
    words.iter().filter_map(|word| word.split_once('='))
}

/// Sets all `NAME=VALUE` among the words, in a block of that id.
pub(super) fn set_all(sets: &mut Vec<AttributeSet>, id: &str, words: &[&str]) {
    if sets.is_empty() {
        sets.push(AttributeSet::new(id));
    }
    for (name, value) in pairs(words) {
        sets[0].set(name, value);
    }
}

pub(super) fn score(text: &str) -> Score {
    Score::parse(text).expect("a score")
}

pub(super) fn seconds(text: &str) -> WallTime {
    WallTime::from_seconds(text.parse().expect("seconds"))
}

pub(super) fn agent(text: &str) -> Agent {
    let parts: Vec<&str> = text.split(':').collect();
    let (class, kind) = (parts[0].to_owned(), parts[parts.len() - 1].to_owned());
    let provider = (parts.len() == 3).then(|| parts[1].to_owned());
    Agent { class, provider, kind }
}

/// `ID` or `ID.WORD`.
pub(super) fn side(text: &str) -> (String, Option<String>) {
    match text.split_once('.') {
        Some((id, word)) => (id.to_owned(), Some(word.to_owned())),
        None => (text.to_owned(), None),
    }
}

/// `ID` or `ID.ROLE`.
pub(super) fn with_role(text: &str) -> (String, Option<Role>) {
    let (id, role) = side(text);
    (id, role.map(|role| Role::parse(&role).expect("a role")))
}

/// `NAME:INTERVAL[:ON-FAIL][:role=ROLE]`
pub(super) fn operation(primitive: &str, text: &str) -> OperationSettings {
    let parts: Vec<&str> = text.split(':').collect();
    let interval = Written::duration(parts[1]).unwrap();
    let id = format!("{primitive}-{}-{}", parts[0], parts[1]);
    let mut operation = OperationSettings::new(id, parts[0], interval);
    for part in &parts[2..] {
        match part.strip_prefix("role=") {
            Some(role) => operation.role = Role::parse(role),
            None => operation.on_fail = OnFail::parse(part),
        }
    }
    operation
}

pub(super) fn rule(words: &[&str]) -> Rule {
    let score = Score::parse(words[0])
        .map_or_else(|| RuleScore::Attribute(words[0].to_owned()), RuleScore::Score);
    Rule {
        id: "rule".into(),
        score: Some(score),
        expressions: vec![Expression::Attribute(AttributeExpression {
            id: "expression".into(),
            attribute: words[1].to_owned(),
            operation: Comparison::parse(words[2]).unwrap(),
            value: words.get(3).map(|value| (*value).to_owned()),
            kind: None,
            value_source: None,
            extra: Extra::default(),
        })],
        ..Rule::default()
    }
}
