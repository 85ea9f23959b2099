//! Which cables, and what may be wrong with them.

use crate::fault::server;
use base::NodeId;
use group::LinkId;
use std::fmt;
use std::time::Duration;

/// One end of cables: a server, or each.
type End = Option<NodeId>;

/// A choice of cables. As text: `n1>n2` one way, `n1-n2` both ways, `*` for each server, and
/// `ring0` for one ring only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wires {
    /// From this server.
    pub from: End,
    /// To this server.
    pub to: End,
    /// The way back, too.
    pub both_ways: bool,
    /// On one ring, or on all.
    pub ring: Option<LinkId>,
}

impl Wires {
    /// All cables.
    pub const ALL: Self = Self { from: None, to: None, both_ways: true, ring: None };

    /// Between two servers, both ways, on all rings.
    pub const fn between(one: NodeId, other: NodeId) -> Self {
        Self { from: Some(one), to: Some(other), both_ways: true, ring: None }
    }

    /// All that reach or leave a server.
    pub const fn of(node: NodeId) -> Self {
        Self { from: Some(node), to: None, both_ways: true, ring: None }
    }

    /// From one server to another only.
    pub const fn one_way(from: NodeId, to: NodeId) -> Self {
        Self { from: Some(from), to: Some(to), both_ways: false, ring: None }
    }

    /// The same on one ring only.
    pub const fn on(self, ring: LinkId) -> Self {
        Self { ring: Some(ring), ..self }
    }

    /// Is this one of them?
    pub fn contain(&self, from: NodeId, to: NodeId, link: LinkId) -> bool {
        let fits = |end: End, node: NodeId| end.is_none_or(|end| end == node);
        let there = fits(self.from, from) && fits(self.to, to);
        let back = self.both_ways && fits(self.from, to) && fits(self.to, from);
        (there || back) && self.ring.is_none_or(|ring| ring == link)
    }

    pub(crate) fn parse(wires: &str, ring: Option<&str>) -> Option<Self> {
        let end = |word: &str| if word == "*" { Some(None) } else { server(word).map(Some) };
        let both_ways = wires.contains('-');
        let (from, to) = wires.split_once(['-', '>'])?;
        let ring = match ring {
            Some(ring) => Some(LinkId(ring.strip_prefix("ring")?.parse().ok()?)),
            None => None,
        };
        Some(Self { from: end(from)?, to: end(to)?, both_ways, ring })
    }
}

impl fmt::Display for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |end: End| end.map_or_else(|| "*".to_owned(), |node| format!("n{node}"));
        let way = if self.both_ways { '-' } else { '>' };
        write!(f, "{}{way}{}", end(self.from), end(self.to))?;
        self.ring.map_or(Ok(()), |ring| write!(f, " ring{ring}"))
    }
}

/// What happens to cables. Troubles of different kinds add up until [`Trouble::Mended`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `mended`: all is well again.
    Mended,
    /// `cut`: nothing passes.
    Cut,
    /// `loss 20`: so many datagrams in a hundred get lost.
    Loss(u64),
    /// `burst 2`: so many datagrams in a hundred begin a time in which nothing passes.
    Burst(u64),
    /// `delay 300`: each datagram takes up to so many milliseconds.
    Delay(Duration),
    /// `duplicate 20`: so many in a hundred come twice.
    Duplicate(u64),
    /// `reorder 20`: so many in a hundred are overtaken by others.
    Reorder(u64),
    /// `corrupt 5`: so many in a hundred are damaged on the way.
    Corrupt(u64),
    /// `swallow 600`: datagrams of more bytes vanish, as where a path's MTU has shrunk.
    Swallow(usize),
}

impl Trouble {
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        Some(match words {
            ["mended"] => Self::Mended,
            ["cut"] => Self::Cut,
            ["loss", percent] => Self::Loss(percent.parse().ok()?),
            ["burst", percent] => Self::Burst(percent.parse().ok()?),
            ["delay", millis] => Self::Delay(Duration::from_millis(millis.parse().ok()?)),
            ["duplicate", percent] => Self::Duplicate(percent.parse().ok()?),
            ["reorder", percent] => Self::Reorder(percent.parse().ok()?),
            ["corrupt", percent] => Self::Corrupt(percent.parse().ok()?),
            ["swallow", bytes] => Self::Swallow(bytes.parse().ok()?),
            _ => return None,
        })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mended => f.write_str("mended"),
            Self::Cut => f.write_str("cut"),
            Self::Loss(percent) => write!(f, "loss {percent}"),
            Self::Burst(percent) => write!(f, "burst {percent}"),
            Self::Delay(delay) => write!(f, "delay {}", delay.as_millis()),
            Self::Duplicate(percent) => write!(f, "duplicate {percent}"),
            Self::Reorder(percent) => write!(f, "reorder {percent}"),
            Self::Corrupt(percent) => write!(f, "corrupt {percent}"),
            Self::Swallow(bytes) => write!(f, "swallow {bytes}"),
        }
    }
}
