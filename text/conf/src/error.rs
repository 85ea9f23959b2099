//! What is wrong with a file, where, and what would be right.

use std::fmt;

/// Why a file cannot be used. Nothing of it takes effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfError {
    /// Where, counted from 1; 0 when it is about the file as a whole.
    pub line: usize,
    /// What.
    pub problem: Problem,
}

impl ConfError {
    pub(crate) fn new(line: usize, problem: Problem) -> Self {
        Self { line, problem }
    }

    /// The same with the file's name: `FILE:LINE: reason; what to do`.
    pub fn in_file(&self, file: &dyn fmt::Display) -> String {
        in_file(file, self.line, &self.problem)
    }
}

impl std::error::Error for ConfError {}

impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        in_text(f, self.line)?;
        self.problem.fmt(f)
    }
}

fn in_file(file: &dyn fmt::Display, line: usize, what: &dyn fmt::Display) -> String {
    if line == 0 { format!("{file}: {what}") } else { format!("{file}:{line}: {what}") }
}

fn in_text(f: &mut fmt::Formatter<'_>, line: usize) -> fmt::Result {
    if line == 0 { Ok(()) } else { write!(f, "line {line}: ") }
}

/// What is wrong with a file, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Neither a section, nor a setting, nor the end of a section.
    #[error("`{text}` is not understood; write `key: value`, `section {{` or `}}`")]
    NotUnderstood {
        /// The line.
        text: String,
    },
    /// `{` without a name before it.
    #[error("the section has no name; write it before the `{{`")]
    NamelessSection,
    /// Something follows `{` on its line.
    #[error("nothing may follow `{{` on its line; put `{text}` on the next one")]
    AfterBrace {
        /// What follows.
        text: String,
    },
    /// `: value` without a key.
    #[error("there is no key before the `:`")]
    NamelessKey,
    /// A section is never closed.
    #[error("section `{section}` is not closed; add `}}` at its end")]
    Unclosed {
        /// Its name.
        section: String,
    },
    /// Sections in sections in sections.
    #[error("sections are nested more than {limit} deep; is a `}}` missing further up?")]
    TooDeep {
        /// Allowed.
        limit: usize,
    },
    /// `}` with nothing open.
    #[error("no section is open here; remove the `}}`")]
    SurplusBrace,
    /// A value that its key cannot have.
    #[error("{key} cannot be `{value}`; it is {expected}")]
    Value {
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
    #[error("the node has no nodeid; add `nodeid: NUMBER`, another one for each node")]
    NoNodeId,
    /// Two nodes with one id.
    #[error("another node has nodeid {id} already; give each its own")]
    SameNodeId {
        /// The id.
        id: u32,
    },
    /// Two nodes with one address.
    #[error("node {id} has the address {address} already; give each node its own")]
    SameAddress {
        /// The node that has it.
        id: u32,
        /// The address.
        address: String,
    },
    /// A node without an address on a ring that others have.
    #[error("node {id} has no ring{link}_addr, but others have; give it to all or none")]
    RingMissing {
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
    /// Where, counted from 1; 0 when it is about the file as a whole.
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
    /// A mode of quorum that is not in force.
    QuorumMode {
        /// Its key.
        key: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// An arbiter that nobody can tell from another.
    NoFingerprint,
    /// A mode of quorum in which two parts of a cluster may act at once.
    NeedsWaitForAll {
        /// Its key.
        key: &'static str,
    },
    /// `two_node` with another number of nodes than two.
    NotTwoNodes {
        /// Expected votes.
        expected: u32,
    },
    /// Nodes are named, and no quorum provider: every partition may act.
    NoQuorumProvider,
    /// No nodes are named, and nothing says where to look for them.
    NoNodes,
    /// No nodes are named: who is there is found by who speaks with the key.
    NodesAreFound,
    /// A key that is understood, but not written so.
    Misspelt {
        /// As written, with its sections.
        key: String,
        /// What it is taken for.
        meant: &'static str,
    },
    /// Two `interface` sections of one ring.
    SameRing {
        /// The ring.
        link: u8,
        /// Where the one stands that counts.
        counts: usize,
    },
    /// A token shorter than what can be kept.
    ShortToken {
        /// Milliseconds asked for.
        asked: u64,
        /// Milliseconds used.
        used: u64,
    },
}

impl Warning {
    /// The same with the file's name: `FILE:LINE: what`.
    pub fn in_file(&self, file: &dyn fmt::Display) -> String {
        in_file(file, self.line, &self.kind)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        in_text(f, self.line)?;
        self.kind.fmt(f)
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey { key, suggestion } => {
                write!(f, "unknown key `{key}` has no effect{}", Meant(*suggestion))
            }
            Self::UnknownSection { section, suggestion } => {
                write!(f, "unknown section `{section}` has no effect{}", Meant(*suggestion))
            }
            Self::SealedAnyway { key } => {
                write!(f, "{key} is ignored: packets are always authenticated and encrypted")
            }
            Self::QuorumMode { key, reason } => {
                write!(f, "quorum.{key} is ignored: {reason}")
            }
            Self::NoFingerprint => f.write_str(
                "the arbiter is not asked: quorum.device.net needs the `fingerprint` that `systole \
                 arbiter fingerprint` prints on its machine",
            ),
            Self::NeedsWaitForAll { key } => write!(
                f,
                "quorum.{key} without wait_for_all: nodes that come back may form a second \
                 cluster; add `wait_for_all: 1`"
            ),
            Self::NotTwoNodes { expected } => write!(
                f,
                "two_node is ignored: it is for 2 expected votes and there are {expected}"
            ),
            Self::NoQuorumProvider => f.write_str(
                "no quorum provider: every partition may act; \
                 add `quorum { provider: corosync_votequorum }`",
            ),
            Self::NoNodes => f.write_str(
                "no nodes are named, and no `interface` says where to look for them; add a \
                 `nodelist` with every node",
            ),
            Self::NodesAreFound => f.write_str(
                "no nodes are named: whoever is heard by multicast with the cluster's key is one; \
                 a `nodelist` would say from the start who is missing",
            ),
            Self::Misspelt { key, meant } => {
                write!(f, "{key} is taken as `{meant}`, which is how it is written")
            }
            Self::SameRing { link, counts } => write!(
                f,
                "another interface section of ring {link} stands in line {counts}; this one has no \
                 effect"
            ),
            Self::ShortToken { asked, used } => {
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
