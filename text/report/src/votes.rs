//! Votes as `corosync-quorumtool` of Corosync 3.1 prints them. Scripts parse its words and widths.

use crate::words::date;
use base::{NodeId, WallTime};
use jiff::tz::TimeZone;

/// One member of the view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// The node.
    pub id: NodeId,
    /// How many votes it has.
    pub votes: u32,
    /// Its name.
    pub name: String,
}

/// What the arbiter says to these nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// Its votes are theirs.
    Granted,
    /// Its votes are another partition's.
    Withheld,
    /// Nothing.
    Unknown,
}

/// The third voice, a *quorum device*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arbiter {
    /// How many votes it has to give.
    pub votes: u32,
    /// To whom.
    pub opinion: Opinion,
}

/// The votes as this node counts them.
#[derive(Clone, Debug)]
pub struct Quorum {
    /// When this was read.
    pub date: WallTime,
    /// The zone in which dates are shown.
    pub zone: TimeZone,
    /// This node.
    pub local: NodeId,
    /// The view: who formed it, and its number.
    pub view: (NodeId, u64),
    /// Whether these nodes have quorum.
    pub is_quorate: bool,
    /// Votes there could be.
    pub expected: u32,
    /// The most votes that any member has expected.
    pub highest_expected: u32,
    /// Votes that are here, the arbiter's among them.
    pub total: u32,
    /// Votes that are needed.
    pub needed: u32,
    /// Words for the modes in force, in the order in which they are shown.
    pub flags: Vec<String>,
    /// The members of the view.
    pub members: Vec<Voter>,
    /// The arbiter, where there is one.
    pub arbiter: Option<Arbiter>,
}

/// How the numbers of nodes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ids {
    /// `1`.
    #[default]
    Decimal,
    /// `0x00000001` (`-H`).
    Hexadecimal,
}

/// Whether members say how they stand to the arbiter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// Where there is one.
    #[default]
    WithArbiter,
    /// Always (`-p`).
    Always,
}

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Numbers of nodes.
    pub ids: Ids,
    /// The column `Qdevice`.
    pub column: Column,
}

impl Style {
    fn id(self, id: NodeId) -> String {
        match self.ids {
            Ids::Decimal => id.0.to_string(),
            Ids::Hexadecimal => format!("0x{:08x}", id.0),
        }
    }
}

/// The text of `corosync-quorumtool -s`.
pub fn status(quorum: &Quorum, style: Style) -> String {
    let (founder, number) = quorum.view;
    let quorate = if quorum.is_quorate { "Yes" } else { "No" };
    let blocked = if quorum.is_quorate { " " } else { "Activity blocked" };
    let flags: String = quorum.flags.iter().map(|flag| format!("{flag} ")).collect();
    let mut text = format!(
        "Quorum information\n\
         ------------------\n\
         Date:             {}\n\
         Quorum provider:  corosync_votequorum\n\
         Nodes:            {}\n\
         Node ID:          {}\n\
         Ring ID:          {:x}.{number:x}\n\
         Quorate:          {quorate}\n\
         \n\
         Votequorum information\n\
         ----------------------\n\
         Expected votes:   {}\n\
         Highest expected: {}\n\
         Total votes:      {}\n\
         Quorum:           {} {blocked}\n\
         Flags:            {flags}\n\
         \n",
        date(quorum.date, &quorum.zone),
        quorum.members.len(),
        style.id(quorum.local),
        founder.0,
        quorum.expected,
        quorum.highest_expected,
        quorum.total,
        quorum.needed,
    );
    text.push_str(&members(quorum, style));
    text
}

/// The text of `corosync-quorumtool -l`.
pub fn members(quorum: &Quorum, style: Style) -> String {
    let has_column = quorum.arbiter.is_some() || style.column == Column::Always;
    let column = |word: &str| if has_column { format!(" {word:>10}") } else { String::new() };
    let mut text = format!(
        "Membership information\n----------------------\n    Nodeid      Votes{} Name\n",
        column("Qdevice")
    );
    let standing = column(standing(quorum.arbiter));
    for Voter { id, votes, name } in &quorum.members {
        let local = if *id == quorum.local { " (local)" } else { "" };
        let id = style.id(*id);
        text.push_str(&format!("{id:>10} {votes:>10}{standing} {name}{local}\n"));
    }
    if let Some(Arbiter { votes, opinion }) = quorum.arbiter {
        let (here, rest) = match opinion {
            Opinion::Granted => (votes, String::new()),
            Opinion::Withheld | Opinion::Unknown => (0, format!(" (votes {votes})")),
        };
        let id = style.id(NodeId(0));
        text.push_str(&format!("{id:>10} {here:>10}{} Qdevice{rest}\n", column("")));
    }
    text
}

/// Alive or not, voting or not, and that no partition is the master; all members stand alike.
const fn standing(arbiter: Option<Arbiter>) -> &'static str {
    match arbiter {
        None => "NR",
        Some(Arbiter { opinion: Opinion::Granted, .. }) => "A,V,NMW",
        Some(Arbiter { opinion: Opinion::Withheld, .. }) => "A,NV,NMW",
        Some(Arbiter { opinion: Opinion::Unknown, .. }) => "NA,NV,NMW",
    }
}
