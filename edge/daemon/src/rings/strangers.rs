//! What does not fit: packets of somebody who has a key, a name, a number or an address wrong. It is
//! told in the log, once by whom and why, and in what is said of the links while it goes on.

use base::{Instant, NodeId};
use group::{Counters, LinkId, LinkState, LinkStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// So long it is listened before anything is told: who else sends the like says who is wrong.
const LISTEN: Duration = Duration::from_secs(3);
/// What was told is not told again for so long.
const AGAIN: Duration = Duration::from_secs(3600);
/// What has not come for so long is over.
const OVER: Duration = Duration::from_secs(20);
/// When nothing at all has come for so long since the start, that is told too.
const SILENCE: Duration = Duration::from_secs(15);
/// So often somebody who has an address wrong is told.
const ANSWERS: Duration = Duration::from_secs(1);
/// So many are kept apart; addresses can be forged (H1).
const MOST: usize = 32;

/// What is wrong with what comes from an address, the most telling first: who has a number wrong
/// gets all kinds of packets that do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// It says that this node speaks from where it should not.
    Misplaced,
    /// It speaks as this node.
    Namesake,
    /// It speaks as a node that is elsewhere, or nowhere.
    Elsewhere(NodeId),
    /// It is for another node.
    Misaddressed,
    OtherKey,
    OtherCluster,
    Alien,
}

#[derive(Clone, Copy, Debug)]
struct Sign {
    link: LinkId,
    first: Instant,
    last: Instant,
    told: Option<Instant>,
}

/// What has come that does not fit, from where.
#[derive(Debug)]
pub(super) struct Strangers {
    me: NodeId,
    born: Instant,
    signs: BTreeMap<(Wrong, IpAddr), Sign>,
    silence_told: bool,
    answer_at: Instant,
}

/// What is known of those who are where they belong.
pub(super) struct Known<'a> {
    pub(super) addresses: &'a BTreeMap<(LinkId, NodeId), SocketAddr>,
    pub(super) links: &'a [LinkStatus],
    /// Datagrams that came from anybody, whatever they were.
    pub(super) heard: u64,
}

impl Strangers {
    pub(super) const fn new(me: NodeId, now: Instant) -> Self {
        Self { me, born: now, signs: BTreeMap::new(), silence_told: false, answer_at: now }
    }

    /// A packet came from `from`, and the group counted it.
    pub(super) fn note(
        &mut self,
        now: Instant,
        (link, from): (LinkId, IpAddr),
        (before, after): (&Counters, &Counters),
    ) {
        type Of = fn(&Counters) -> u64;
        let kinds: [(Wrong, Of); 6] = [
            (Wrong::Misplaced, |counters| counters.misplaced),
            (Wrong::Namesake, |counters| counters.namesakes),
            (Wrong::Misaddressed, |counters| counters.misaddressed),
            (Wrong::OtherKey, |counters| counters.other_key),
            (Wrong::OtherCluster, |counters| counters.other_cluster),
            (Wrong::Alien, |counters| counters.alien),
        ];
        for (wrong, _) in kinds.into_iter().filter(|(_, of)| of(after) > of(before)) {
            self.sign(now, (link, from), wrong);
        }
    }

    /// Something at `from` says that it is `node`, which is elsewhere or not listed at all.
    pub(super) fn note_elsewhere(&mut self, now: Instant, from: (LinkId, IpAddr), node: NodeId) {
        self.sign(now, from, Wrong::Elsewhere(node));
    }

    fn sign(&mut self, now: Instant, (link, from): (LinkId, IpAddr), wrong: Wrong) {
        let is_worth_keeping = |sign: &Sign| match sign.told {
            Some(told) => now.saturating_since(told) <= AGAIN,
            None => sign.is_current(now),
        };
        self.signs.retain(|_, sign| is_worth_keeping(sign));
        let room = self.signs.len() < MOST;
        let sign = Sign { link, first: now, last: now, told: None };
        match self.signs.get_mut(&(wrong, from)) {
            // What was told may be told again some day, what had ceased begins anew.
            Some(known) if now.saturating_since(known.last) > OVER => {
                *known = Sign { told: known.told, ..sign };
            }
            Some(known) => known.last = now,
            None if room => drop(self.signs.insert((wrong, from), sign)),
            None => {}
        }
    }

    /// May somebody who has an address wrong be told now?
    pub(super) fn may_answer(&mut self, now: Instant) -> bool {
        let may = now >= self.answer_at;
        if may {
            self.answer_at = now + ANSWERS;
        }
        may
    }

    /// Is there something to be told?
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let silence = !self.silence_told && now.saturating_since(self.born) >= SILENCE;
        silence || self.signs.values().any(|sign| sign.is_due(now))
    }

    /// Lines for the log: what is new.
    pub(super) fn news(&mut self, now: Instant, known: &Known<'_>) -> Vec<String> {
        let new = |sign: &Sign| sign.told.is_none() && sign.is_current(now);
        let mut lines = self.lines(now, known, new);
        if !self.silence_told && now.saturating_since(self.born) >= SILENCE {
            self.silence_told = true;
            lines.extend(self.silence(now, known));
        }
        for sign in self.signs.values_mut() {
            sign.told.get_or_insert(now);
        }
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// What is wrong now, and on which ring that was noticed first.
    pub(super) fn complaints(&self, now: Instant, known: &Known<'_>) -> Vec<(LinkId, String)> {
        let mut lines = self.lines(now, known, |sign| sign.is_current(now));
        lines.extend(self.silence(now, known));
        lines
    }

    fn lines(
        &self,
        now: Instant,
        known: &Known<'_>,
        fits: impl Fn(&Sign) -> bool,
    ) -> Vec<(LinkId, String)> {
        let mut sources: BTreeMap<Wrong, (LinkId, BTreeSet<IpAddr>)> = BTreeMap::new();
        for ((wrong, from), sign) in self.signs.iter().filter(|(_, sign)| fits(sign)) {
            // A single damaged packet of somebody who is heard says nothing.
            let is_certain = *wrong < Wrong::OtherKey || !known.hears(*from);
            if is_certain && !self.follows(now, known, *wrong, *from) {
                sources.entry(*wrong).or_insert((sign.link, BTreeSet::new())).1.insert(*from);
            }
        }
        let line = |(wrong, (link, from)): (Wrong, (LinkId, BTreeSet<IpAddr>))| {
            (link, self.line(wrong, &from, known))
        };
        sources.into_iter().map(line).collect()
    }

    /// Does it follow from something that is wrong in a more telling way? That is told alone: who is
    /// misplaced has key and name right, and a wrong number sends packets everywhere.
    fn follows(&self, now: Instant, known: &Known<'_>, wrong: Wrong, from: IpAddr) -> bool {
        let mut current = self.signs.iter().filter(|(_, sign)| sign.is_current(now));
        current.any(|((other, at), _)| {
            let explains = *other == Wrong::Misplaced
                || wrong == Wrong::Misaddressed && known.are_of_one(*at, from);
            *other < wrong && explains
        })
    }

    /// Does all that comes, from several nodes, not fit? Then it is this node that is wrong.
    fn is_outsider(&self, known: &Known<'_>) -> bool {
        let sources: BTreeSet<IpAddr> = self.signs.keys().map(|(_, from)| *from).collect();
        known.is_alone() && known.nodes(&sources).len() > 1
    }

    fn line(&self, wrong: Wrong, from: &BTreeSet<IpAddr>, known: &Known<'_>) -> String {
        let (me, who) = (self.me, known.names(from));
        let (what, advice) = match (wrong, self.is_outsider(known)) {
            (Wrong::Misplaced, true) => (
                format!("they have no node {me} where this node speaks from"),
                "the nodeid here is not the one that they have for this node, or its address is \
                 another; give corosync.conf here the nodelist it has there, and restart this node"
                    .to_owned(),
            ),
            (Wrong::Misplaced, false) => (
                format!("corosync.conf there has no node {me} at this node's addresses"),
                "make the nodelists equal, and restart the node that had the wrong one".to_owned(),
            ),
            (Wrong::Namesake, _) => (
                format!("another machine speaks as node {me}, which is this one"),
                "give each node a nodeid of its own, the same in every corosync.conf".to_owned(),
            ),
            (Wrong::Elsewhere(node), _) => (
                format!("something there speaks as node {node}, which is {}", known.places(node)),
                "look at its nodeid and addresses in corosync.conf there".to_owned(),
            ),
            (Wrong::Misaddressed, _) => (
                "packets for another node come from there".to_owned(),
                "look whether two machines have one address, or corosync.conf here has another \
                 nodeid or address for this node than there"
                    .to_owned(),
            ),
            (Wrong::OtherKey, true) => (
                "all that comes is sealed with another authkey than this node's".to_owned(),
                "copy authkey from there, and restart this node".to_owned(),
            ),
            (Wrong::OtherKey, false) => (
                "packets from there are sealed with another authkey than this node's".to_owned(),
                "give that node the cluster's authkey, and restart it".to_owned(),
            ),
            (Wrong::OtherCluster, true) => (
                "all that comes has this node's authkey, but another cluster_name".to_owned(),
                "set the cluster_name of there in corosync.conf here, and restart this node"
                    .to_owned(),
            ),
            (Wrong::OtherCluster, false) => (
                "packets from there have this node's authkey, but another cluster_name".to_owned(),
                "set the cluster's in corosync.conf there, and restart that node".to_owned(),
            ),
            (Wrong::Alien, _) => (
                "packets from there are not of this program".to_owned(),
                "look whether Corosync, or another version of systole, runs there".to_owned(),
            ),
        };
        format!("{who}: {what}; {advice}")
    }

    /// Nothing has ever come.
    fn silence(&self, now: Instant, known: &Known<'_>) -> Option<(LinkId, String)> {
        let early = now.saturating_since(self.born) < SILENCE;
        if early || known.heard > 0 || !self.signs.is_empty() {
            return None;
        }
        let first = known.links.first()?;
        let port = known.addresses.get(&(first.link, self.me)).map(SocketAddr::port);
        let port = port.map_or_else(String::new, |port| format!(" UDP port {port}"));
        let line = format!(
            "nothing has come from any other node yet; if they run, look whether they have node {} \
             at this node's addresses, and whether a firewall or a cable stops{port}",
            self.me
        );
        Some((first.link, line))
    }
}

impl Sign {
    fn is_current(&self, now: Instant) -> bool {
        now.saturating_since(self.last) <= OVER
    }

    fn is_due(&self, now: Instant) -> bool {
        self.told.is_none() && now.saturating_since(self.first) >= LISTEN
    }
}

impl Known<'_> {
    fn hears(&self, address: IpAddr) -> bool {
        self.links.iter().any(|status| {
            let at = self.addresses.get(&(status.link, status.node)).map(SocketAddr::ip);
            status.state == LinkState::Connected && at == Some(address)
        })
    }

    /// Is nobody heard at all?
    fn is_alone(&self) -> bool {
        !self.links.iter().any(|status| status.state == LinkState::Connected)
    }

    /// Addresses by whose they are, where that is listed.
    fn nodes<'b>(&self, all: &'b BTreeSet<IpAddr>) -> BTreeMap<String, Vec<&'b IpAddr>> {
        let mut nodes: BTreeMap<String, Vec<&IpAddr>> = BTreeMap::new();
        for address in all {
            let at = self.addresses.iter().find(|(_, known)| known.ip() == *address);
            let name =
                at.map_or_else(|| address.to_string(), |((_, node), _)| format!("node {node}"));
            nodes.entry(name).or_default().push(address);
        }
        nodes
    }

    fn names(&self, all: &BTreeSet<IpAddr>) -> String {
        let name = |(name, addresses): (String, Vec<&IpAddr>)| match addresses.as_slice() {
            [one] if name == one.to_string() => name,
            several => {
                let places: Vec<String> = several.iter().map(ToString::to_string).collect();
                format!("{name} ({})", places.join(", "))
            }
        };
        self.nodes(all).into_iter().map(name).collect::<Vec<_>>().join(", ")
    }

    fn are_of_one(&self, one: IpAddr, other: IpAddr) -> bool {
        let node = |ip| self.addresses.iter().find(|(_, known)| known.ip() == ip);
        let owner = |ip| node(ip).map(|((_, node), _)| *node);
        one == other || owner(one).is_some_and(|node| owner(other) == Some(node))
    }

    fn places(&self, node: NodeId) -> String {
        let places = self.addresses.iter().filter(|((_, at), _)| *at == node);
        let places: Vec<String> = places.map(|(_, address)| address.ip().to_string()).collect();
        if places.is_empty() {
            "not listed".to_owned()
        } else {
            format!("at {}", places.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Instant;

    fn at(seconds: u64) -> Instant {
        Instant::after_start(Duration::from_secs(seconds))
    }

    fn ip(last: u8) -> IpAddr {
        [10, 0, 0, last].into()
    }

    fn addresses() -> BTreeMap<(LinkId, NodeId), SocketAddr> {
        let place = |node| ((LinkId(0), NodeId(u32::from(node))), SocketAddr::new(ip(node), 5405));
        [1, 2, 3].into_iter().map(place).collect()
    }

    fn links(connected: &[u32]) -> Vec<LinkStatus> {
        let status = |node| LinkStatus {
            link: LinkId(0),
            node: NodeId(node),
            state: if connected.contains(&node) {
                LinkState::Connected
            } else {
                LinkState::Disconnected
            },
            since: at(0),
            failure: None,
            downs: 0,
            round_trip: None,
            loss_per_mille: 0,
            datagram: 0,
        };
        [1, 2].into_iter().map(status).collect()
    }

    /// What node 3 says after each (kind of packet, last byte of the address) has come.
    fn told(signs: &[(Wrong, u8)], connected: &[u32]) -> Vec<String> {
        let mut strangers = Strangers::new(NodeId(3), at(0));
        for (wrong, from) in signs {
            strangers.sign(at(1), (LinkId(0), ip(*from)), *wrong);
        }
        let (addresses, links) = (addresses(), links(connected));
        let known = Known { addresses: &addresses, links: &links, heard: 1 };
        assert!(!strangers.is_due(at(2)), "it listens first");
        assert_eq!(strangers.is_due(at(4)), !signs.is_empty());
        let news = strangers.news(at(4), &known);
        assert!(!strangers.is_due(at(5)), "it is told once");
        news
    }

    #[test]
    fn who_is_wrong_is_told_by_who_else_sends_the_like() {
        use Wrong::{Alien, Elsewhere, Misaddressed, Misplaced, Namesake, OtherCluster, OtherKey};
        type Story<'a> = (&'a [(Wrong, u8)], &'a [u32], &'a [&'a [&'a str]]);
        let stories: [Story<'_>; 14] = [
            (&[], &[1, 2], &[]),
            (&[(OtherKey, 1), (OtherKey, 2)], &[], &[&["node 2 (10.0.0.2)", "restart this node"]]),
            (&[(OtherKey, 2)], &[1], &[&["node 2 (10.0.0.2):", "give that node"]]),
            (&[(OtherKey, 2)], &[], &[&["give that node"]]),
            (&[(OtherKey, 2)], &[1, 2], &[]), // Somebody forges, or a packet was damaged.
            (&[(OtherCluster, 1), (OtherCluster, 2)], &[], &[&["cluster_name of there"]]),
            (&[(Alien, 77)], &[1, 2], &[&["10.0.0.77: packets from there are not of this"]]),
            (
                &[(Elsewhere(NodeId(2)), 77)],
                &[1, 2],
                &[&["10.0.0.77: ", "node 2, which is at 10."]],
            ),
            (
                &[(Elsewhere(NodeId(9)), 2)],
                &[1],
                &[&["node 2 (10.0.0.2): ", "9, which is not listed"]],
            ),
            (&[(Namesake, 77), (Misaddressed, 77)], &[], &[&["another machine speaks as node 3"]]),
            (&[(Misplaced, 1), (OtherCluster, 2)], &[], &[&["they have no node 3"]]),
            (&[(Misaddressed, 1), (Misplaced, 1)], &[2], &[&["make the nodelists equal"]]),
            (
                &[(Misplaced, 1), (Namesake, 2)],
                &[],
                &[&["give corosync.conf here", "restart this"]],
            ),
            (&[(Namesake, 77)], &[1, 2], &[&["another machine speaks as node 3"]]),
        ];
        for (signs, connected, expected) in stories {
            let said = told(signs, connected);
            assert_eq!(said.len(), expected.len(), "{signs:?}: {said:#?}");
            for (line, words) in said.iter().zip(expected) {
                assert!(words.iter().all(|word| line.contains(word)), "{signs:?}: {line}");
            }
        }
    }

    #[test]
    fn what_is_over_is_no_complaint_and_what_goes_on_is_told_again_in_an_hour() {
        let (addresses, links) = (addresses(), links(&[1]));
        let known = Known { addresses: &addresses, links: &links, heard: 1 };
        let mut strangers = Strangers::new(NodeId(3), at(0));
        let mut told = 0;
        for second in 0..4000 {
            strangers.sign(at(second), (LinkId(0), ip(2)), Wrong::OtherKey);
            if strangers.is_due(at(second)) {
                told += strangers.news(at(second), &known).len();
            }
        }
        assert_eq!(told, 2);
        assert_eq!(strangers.complaints(at(4000), &known).len(), 1);
        assert_eq!(strangers.complaints(at(4030), &known), []);
    }

    #[test]
    fn a_node_that_hears_nothing_at_all_says_so_once() {
        let (addresses, links) = (addresses(), links(&[]));
        let known = Known { addresses: &addresses, links: &links, heard: 0 };
        let mut strangers = Strangers::new(NodeId(3), at(0));
        assert_eq!(strangers.complaints(at(10), &known), []);
        assert!(strangers.is_due(at(15)));
        let said = strangers.news(at(15), &known);
        assert!(
            said[0].contains("nothing has come") && said[0].contains("UDP port 5405"),
            "{said:?}"
        );
        assert!(!strangers.is_due(at(30)));
        assert_eq!(strangers.complaints(at(30), &known).len(), 1, "it is still so");
    }

    #[test]
    fn forged_addresses_fill_no_memory() {
        let mut strangers = Strangers::new(NodeId(3), at(0));
        for last in 0..=255 {
            strangers.sign(at(1), (LinkId(0), ip(last)), Wrong::Alien);
        }
        assert_eq!(strangers.signs.len(), MOST, "H1");
    }
}
