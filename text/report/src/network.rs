//! Every link of the cluster, as `systole rings` shows them: for people who look for a bad cable.

use crate::words::{by_name, count, printable};
use std::time::Duration;

/// All that is known of the rings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// By number.
    pub rings: Vec<Ring>,
    /// Nodes that were not asked, because they are not in the view.
    pub absent: Vec<String>,
    /// Nodes that did not tell, and why.
    pub silent: Vec<(String, String)>,
}

/// One ring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    /// Its number.
    pub number: u8,
    /// Where the nodes are on it.
    pub places: Vec<Place>,
    /// Its links, each from both sides.
    pub links: Vec<Link>,
}

/// A node on a ring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub node: String,
    /// Its address.
    pub address: String,
    /// The interface that has the address, if one has.
    pub interface: Option<String>,
    /// What it is made of, when it is a bond: `fault-tolerance (active-backup): eth0 up, eth1 down`.
    pub bond: Option<String>,
    /// What is wrong with it.
    pub warnings: Vec<String>,
}

/// A link as one of its ends sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Who sees it.
    pub from: String,
    /// The other end.
    pub to: String,
    /// Whether packets pass in both directions.
    pub is_connected: bool,
    /// For how long that has been so.
    pub since: Duration,
    /// How long a packet takes there and back.
    pub round_trip: Option<Duration>,
    /// Of a thousand heartbeats of the other end, so many did not come.
    pub loss_per_mille: u16,
    /// The largest UDP payload that passes, in bytes; 0 when that was not tried.
    pub datagram: u16,
    /// How often it went down.
    pub downs: u32,
    /// Why it does not work, or last did not.
    pub failure: Option<String>,
}

/// What stands above the columns, and on which side of them cells stand.
const HEAD: [(&str, Side); 9] = [
    ("FROM", Side::Left),
    ("TO", Side::Left),
    ("STATE", Side::Left),
    ("SINCE", Side::Right),
    ("RTT", Side::Right),
    ("LOSS", Side::Right),
    ("DATAGRAM", Side::Right),
    ("DOWNS", Side::Right),
    ("LAST FAILURE", Side::Left),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The text.
pub fn network(network: &Network) -> String {
    let mut text = String::new();
    for ring in &network.rings {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&ring_text(ring));
    }
    if !network.silent.is_empty() || !network.absent.is_empty() {
        text.push('\n');
    }
    if !network.absent.is_empty() {
        let mut absent = network.absent.clone();
        absent.sort_by(|one, other| by_name(one, other));
        let names = printable(&absent.join(", "));
        text.push_str(&format!("Not in the view, so not asked: {names}\n"));
    }
    for (node, why) in &network.silent {
        text.push_str(&format!("WARNING: {}: {}\n", printable(node), printable(why)));
    }
    text
}

fn ring_text(ring: &Ring) -> String {
    let broken = ring.links.iter().filter(|link| !link.is_connected).count();
    let state = match (ring.links.len(), broken) {
        (0, _) => "no links".to_owned(),
        (_, 0) => "all links work".to_owned(),
        (all, broken) => format!("{broken} of {} disconnected", count(all, "link")),
    };
    let mut text = format!("Ring {}: {state}\n", ring.number);
    let mut places: Vec<&Place> = ring.places.iter().collect();
    places.sort_by(|one, other| by_name(&one.node, &other.node));
    text.push_str(&places.iter().map(|place| place_text(place)).collect::<String>());
    let mut links: Vec<&Link> = ring.links.iter().collect();
    links.sort_by(|one, other| {
        by_name(&one.from, &other.from).then_with(|| by_name(&one.to, &other.to))
    });
    if !links.is_empty() {
        let rows: Vec<_> = links.into_iter().map(row).collect();
        text.push_str(&table(&rows));
    }
    for place in places {
        for warning in &place.warnings {
            let (node, warning) = (printable(&place.node), printable(warning));
            text.push_str(&format!("  WARNING: {node}: {warning}\n"));
        }
    }
    text
}

fn place_text(place: &Place) -> String {
    let interface = place.interface.as_deref().unwrap_or("no interface");
    let bond = place.bond.as_ref().map(|bond| format!(", {bond}")).unwrap_or_default();
    let line = format!("{} is {} on {interface}{bond}", place.node, place.address);
    format!("  {}\n", printable(&line))
}

fn row(link: &Link) -> [String; 9] {
    let state = if link.is_connected { "connected" } else { "disconnected" };
    let none = || "-".to_owned();
    // What was measured of a link that is down is no measure of it now.
    let measured = |text: String| if link.is_connected { text } else { none() };
    let trip = link.round_trip.map(|trip| format!("{:.2} ms", trip.as_secs_f64() * 1000.0));
    let datagram = if link.datagram == 0 { none() } else { link.datagram.to_string() };
    let failure = match (&link.failure, link.is_connected) {
        (Some(why), _) => why.clone(),
        (None, true) => none(),
        (None, false) => "nothing was heard yet".to_owned(),
    };
    let loss = format!("{}.{} %", link.loss_per_mille / 10, link.loss_per_mille % 10);
    let cells = [
        link.from.clone(),
        link.to.clone(),
        state.to_owned(),
        span(link.since),
        measured(trip.unwrap_or_else(none)),
        measured(loss),
        measured(datagram),
        link.downs.to_string(),
        failure,
    ];
    cells.map(|cell| printable(&cell))
}

/// A time in its two largest units: `12s`, `3min 12s`, `2d 4h`.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}min {}s", seconds % 60),
        (0, _, _) => format!("{hours}h {}min", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

fn table(rows: &[[String; 9]]) -> String {
    let head = HEAD.map(|(name, _)| name.to_owned());
    let all = || std::iter::once(&head).chain(rows);
    let width = |column: usize| all().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let line = |row: &[String; 9]| -> String {
        let cells =
            row.iter().zip(&widths).zip(HEAD).map(|((cell, width), (_, side))| match side {
                Side::Left => format!("  {cell:<width$}"),
                Side::Right => format!("  {cell:>width$}"),
            });
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    all().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_cable_is_seen_at_once() {
        let link = |from: &str, to: &str| Link {
            from: from.into(),
            to: to.into(),
            is_connected: true,
            since: Duration::from_secs(192),
            round_trip: Some(Duration::from_micros(214)),
            datagram: 1472,
            ..Link::default()
        };
        let cut = |link: Link| Link {
            is_connected: false,
            since: Duration::from_secs(7),
            downs: 1,
            failure: Some("nothing was heard".into()),
            ..link
        };
        let place = |node: &str, address: &str| Place {
            node: node.into(),
            address: address.into(),
            interface: Some("bond0".into()),
            ..Place::default()
        };
        let lame = Place {
            bond: Some("fault-tolerance (active-backup): eth0 down, eth1 up".into()),
            warnings: vec!["bond0 has only one healthy slave of 2: look at eth0".into()],
            ..place("oss1", "10.0.1.1")
        };
        let fresh = Link { is_connected: false, ..Link::default() };
        let network = Network {
            rings: vec![
                Ring {
                    number: 0,
                    places: Vec::new(),
                    links: vec![link("oss10", "oss9"), link("oss9", "oss10")],
                },
                Ring {
                    number: 1,
                    places: vec![place("oss2", "10.0.1.2"), lame],
                    links: vec![
                        cut(link("oss1", "oss2")),
                        Link { loss_per_mille: 15, ..link("oss2", "oss1") },
                        Link { from: "oss2".into(), to: "oss3".into(), ..fresh },
                    ],
                },
                Ring { number: 2, ..Ring::default() },
            ],
            absent: vec!["oss10".into(), "oss3".into()],
            silent: vec![("oss4".into(), "it did not answer within 2 s".into())],
        };
        let expected = "\
Ring 0: all links work
  FROM   TO     STATE         SINCE      RTT   LOSS  DATAGRAM  DOWNS  LAST FAILURE
  oss9   oss10  connected  3min 12s  0.21 ms  0.0 %      1472      0  -
  oss10  oss9   connected  3min 12s  0.21 ms  0.0 %      1472      0  -

Ring 1: 2 of 3 links disconnected
  oss1 is 10.0.1.1 on bond0, fault-tolerance (active-backup): eth0 down, eth1 up
  oss2 is 10.0.1.2 on bond0
  FROM  TO    STATE            SINCE      RTT   LOSS  DATAGRAM  DOWNS  LAST FAILURE
  oss1  oss2  disconnected        7s        -      -         -      1  nothing was heard
  oss2  oss1  connected     3min 12s  0.21 ms  1.5 %      1472      0  -
  oss2  oss3  disconnected        0s        -      -         -      0  nothing was heard yet
  WARNING: oss1: bond0 has only one healthy slave of 2: look at eth0

Ring 2: no links

Not in the view, so not asked: oss3, oss10
WARNING: oss4: it did not answer within 2 s
";
        assert_eq!(super::network(&network), expected);
    }

    #[test]
    fn times_are_told_in_two_units() {
        let cases =
            [(0, "0s"), (59, "59s"), (60, "1min 0s"), (7260, "2h 1min"), (190_000, "2d 4h")];
        for (seconds, expected) in cases {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }
}
