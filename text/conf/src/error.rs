//! What is wrong with a file, where, and what would be right.

use std::fmt;

/// Why a file cannot be used. Nothing of it takes effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfError {
    /// Neither a section, nor a setting, nor the end of a section.
    #[error("line {line}: `{text}` is not understood; write `key: value`, `section {{` or `}}`")]
    NotUnderstood {
        /// Where.
        line: usize,
        /// The line.
        text: String,
    },
    /// `{` without a name before it.
    #[error("line {line}: the section has no name; write it before the `{{`")]
    NamelessSection {
        /// Where.
        line: usize,
    },
    /// Something follows `{` on its line.
    #[error("line {line}: nothing may follow `{{` on its line; put `{text}` on the next one")]
    AfterBrace {
        /// Where.
        line: usize,
        /// What follows.
        text: String,
    },
    /// `: value` without a key.
    #[error("line {line}: there is no key before the `:`")]
    NamelessKey {
        /// Where.
        line: usize,
    },
    /// A section is never closed.
    #[error("line {line}: section `{section}` is not closed; add `}}` at its end")]
    Unclosed {
        /// Where it opens.
        line: usize,
        /// Its name.
        section: String,
    },
    /// `}` with nothing open.
    #[error("line {line}: no section is open here; remove the `}}`")]
    SurplusBrace {
        /// Where.
        line: usize,
    },
    /// A value that its key cannot have.
    #[error("line {line}: {key} cannot be `{value}`; it is {expected}")]
    Value {
        /// Where.
        line: usize,
        /// Whose value.
        key: String,
        /// What stands there.
        value: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A file for an unknown version of the protocol, or not a `corosync.conf`.
    #[error("there is no `version: 2` in section `totem`; is this a corosync.conf?")]
    NoVersion,
    /// A node without an id that has no IPv4 address to derive one from.
    #[error("line {line}: the node has no nodeid; add `nodeid: NUMBER`, another one for each node")]
    NoNodeId {
        /// Where the node's section starts.
        line: usize,
    },
    /// Two nodes with one id.
    #[error("line {line}: another node has nodeid {id} already; give each its own")]
    SameNodeId {
        /// Where the second one is.
        line: usize,
        /// The id.
        id: u32,
    },
    /// A node without an address on a ring that others have.
    #[error(
        "line {line}: node {id} has no ring{link}_addr, but others have; give it to all or none"
    )]
    RingMissing {
        /// Where the node's section starts.
        line: usize,
        /// The node.
        id: u32,
        /// The ring.
        link: u8,
    },
    /// More nodes than can be full members.
    #[error("{found} nodes are more than the {limit} that can be full members")]
    TooManyNodes {
        /// In the file.
        found: usize,
        /// Allowed.
        limit: usize,
    },
    /// Nobody to talk to is named.
    #[error(
        "the file names no nodes; add `nodelist {{ node {{ ring0_addr: ADDRESS nodeid: 1 }} }}` \
         with every node in it"
    )]
    NoNodes,
}

/// Something that has no effect, or another one than its author may think.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where, counted from 1.
    pub line: usize,
    /// What.
    pub kind: WarningKind,
}

/// What is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// No such key; perhaps another one was meant.
    UnknownKey {
        /// As written, with its sections.
        key: String,
        /// The nearest known key of that section.
        suggestion: Option<&'static str>,
    },
    /// No such section; perhaps another one was meant.
    UnknownSection {
        /// As written, with the sections around it.
        section: String,
        /// The nearest known one.
        suggestion: Option<&'static str>,
    },
    /// Packets are sealed all the same.
    SealedAnyway {
        /// The key that asked for less.
        key: String,
    },
    /// A feature that is not supported.
    Unsupported {
        /// Its key.
        key: String,
        /// What happens instead.
        instead: &'static str,
    },
    /// `two_node` with another number of nodes than two.
    NotTwoNodes {
        /// Expected votes.
        expected: u32,
    },
    /// Nodes are named, and no quorum provider: every partition may act.
    NoQuorumProvider,
    /// No nodes are named; who is there was found by multicast in Corosync 1.
    NoNodes,
    /// A token shorter than what can be kept.
    ShortToken {
        /// Milliseconds asked for.
        asked: u64,
        /// Milliseconds used.
        used: u64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        match &self.kind {
            WarningKind::UnknownKey { key, suggestion } => {
                write!(f, "unknown key `{key}` has no effect{}", Meant(*suggestion))
            }
            WarningKind::UnknownSection { section, suggestion } => {
                write!(f, "unknown section `{section}` has no effect{}", Meant(*suggestion))
            }
            WarningKind::SealedAnyway { key } => {
                write!(f, "{key} is ignored: packets are always authenticated and encrypted")
            }
            WarningKind::Unsupported { key, instead } => {
                write!(f, "{key} is not supported; {instead}")
            }
            WarningKind::NotTwoNodes { expected } => write!(
                f,
                "two_node is ignored: it is for 2 expected votes and there are {expected}"
            ),
            WarningKind::NoQuorumProvider => f.write_str(
                "no quorum provider: every partition may act; \
                 add `quorum { provider: corosync_votequorum }`",
            ),
            WarningKind::NoNodes => f.write_str(
                "no nodes are named; add a `nodelist` with every node, because nodes are not \
                 searched for by multicast",
            ),
            WarningKind::ShortToken { asked, used } => {
                write!(
                    f,
                    "token {asked} ms is too short to tell a slow node from a dead one; using {used} ms"
                )
            }
        }
    }
}

struct Meant(Option<&'static str>);

impl fmt::Display for Meant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |key| write!(f, "; did you mean `{key}`?"))
    }
}
