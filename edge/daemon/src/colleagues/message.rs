//! What daemons say to each other, and how it travels.

use crate::reload::KeyStep;
use crate::secrets::{Entry, Stamp};
use api::{ConfChange, LinkReport, SecretPlace};
use base::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of a [`Letter`]. Another one is not read: who asked hears of no answer.
const VERSION: u32 = 1;

/// What every member of the view is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "question", content = "of", rename_all = "kebab-case")]
pub(crate) enum Question {
    /// How are your links?
    Rings,
    /// Read your file again.
    Reload(KeyStep),
    /// Change your file, and read it again.
    Change(ConfChange),
    /// End, if you are this node.
    Kill(u32),
    /// Which values do you keep outside of the configuration, and how new are they?
    SecretsKept,
    /// What are these values, if you are this node?
    SecretsOf(u32, Vec<SecretPlace>),
    /// Keep these values, where yours are older.
    SecretsToKeep(Vec<Entry>),
}

/// What it says to that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// To [`Question::Rings`].
    Rings {
        /// What it is called.
        name: String,
        /// By ring.
        links: Vec<LinkReport>,
    },
    /// To [`Question::Reload`] and [`Question::Change`]: it goes on with what it read.
    Read {
        /// Is the key another, so that there are more steps?
        is_new_key: bool,
    },
    /// To [`Question::SecretsKept`].
    SecretsKept {
        /// Those that were taken away, too.
        kept: Vec<(SecretPlace, Stamp)>,
    },
    /// To [`Question::SecretsOf`].
    Secrets {
        /// Those that are there.
        entries: Vec<Entry>,
    },
    /// To [`Question::Kill`] and [`Question::SecretsToKeep`], and where somebody else was meant.
    Heard,
}

/// An answer, or why there is none.
pub(crate) type Outcome = Result<Answer, String>;

/// Which question of a node. The first one of a process is its incarnation, so that an answer to
/// the process before it is taken for none of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Ticket(pub(crate) u64);

/// What is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) ticket: Ticket,
    pub(super) content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Of the sender to all; nothing when it is one of another version.
    Question(Option<Question>),
    /// Of the sender to one.
    Answer { to: NodeId, outcome: Outcome },
}

/// A letter as it travels: questions and answers of other versions do not make it unreadable.
#[derive(Serialize, Deserialize)]
struct Sealed {
    version: u32,
    ticket: Ticket,
    #[serde(flatten)]
    content: SealedContent,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum SealedContent {
    Question { asked: Value },
    Answer { to: u32, said: Result<Value, String> },
}

impl Letter {
    pub(super) fn write(self) -> Vec<u8> {
        let content = match self.content {
            Content::Question(question) => SealedContent::Question { asked: value(&question) },
            Content::Answer { to, outcome } => {
                let said = outcome.map(|answer| value(&answer));
                SealedContent::Answer { to: to.0, said }
            }
        };
        let sealed = Sealed { version: VERSION, ticket: self.ticket, content };
        value(&sealed).to_string().into_bytes()
    }

    /// Nothing when it is of another version.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let sealed: Sealed = serde_json::from_slice(bytes).ok()?;
        if sealed.version != VERSION {
            return None;
        }
        let content = match sealed.content {
            SealedContent::Question { asked } => {
                Content::Question(serde_json::from_value(asked).ok())
            }
            SealedContent::Answer { to, said } => {
                let outcome = said.and_then(|said| {
                    serde_json::from_value(said)
                        .map_err(|_| "its answer is one of another version".to_owned())
                });
                Content::Answer { to: NodeId(to), outcome }
            }
        };
        Some(Self { ticket: sealed.ticket, content })
    }
}

/// All keys of ours are texts, which is all that could go wrong.
fn value(what: &impl Serialize) -> Value {
    serde_json::to_value(what).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_back_as_they_were() {
        let links = vec![LinkReport { ring: 1, ..LinkReport::default() }];
        for content in [
            Content::Question(Some(Question::Rings)),
            Content::Answer {
                to: NodeId(7),
                outcome: Ok(Answer::Rings { name: "oss7".into(), links }),
            },
            Content::Answer { to: NodeId(7), outcome: Err("no".into()) },
        ] {
            let letter = Letter { ticket: Ticket(u64::MAX), content };
            assert_eq!(Letter::read(&letter.clone().write()), Some(letter));
        }
    }

    #[test]
    fn other_versions_are_told_apart() {
        let read = |text: &str| Letter::read(text.as_bytes()).map(|letter| letter.content);
        let stories = [
            ("no letter at all", "]", None),
            ("a letter of later", r#"{"version":2,"ticket":1,"kind":"question","asked":{}}"#, None),
            (
                "a question of later",
                r#"{"version":1,"ticket":1,"kind":"question","asked":{"question":"weather"}}"#,
                Some(Content::Question(None)),
            ),
            (
                "an answer of later, with more to the letter",
                r#"{"version":1,"ticket":1,"kind":"answer","to":2,"said":{"Ok":3},"mood":"good"}"#,
                Some(Content::Answer {
                    to: NodeId(2),
                    outcome: Err("its answer is one of another version".into()),
                }),
            ),
        ];
        for (name, text, expected) in stories {
            assert_eq!(read(text), expected, "{name}");
        }
    }
}
