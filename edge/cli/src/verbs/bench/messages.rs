//! `systole bench messages`: processes beside the daemons talk to each other in one group, and the
//! same through Corosync, in the same lab, sealed on both sides.
//!
//! **What is measured.** *Throughput*: one process says messages of one size as fast as they are
//! taken, one on every other node listens; the rate is what the sender is told of its own messages,
//! and a listener on another node must have been told the same number in the same order. *Latency*: one
//! message in flight, from saying it to hearing it. Both from the node that numbers the messages
//! and from another one. Each figure is the median of the repetitions.
//!
//! One ring: what more would be sent for redundancy is the same on both sides.

pub(crate) mod client;
mod party;

use super::table::Table;
use super::{Verdict, clear};
use crate::answer::{Failure, line};
use crate::words::number;
use clap::Args;
use party::{Corosync, Own, Party};
use std::path::PathBuf;
use std::time::Duration;

/// How it is measured.
#[derive(Args, Debug)]
pub(crate) struct Messages {
    /// Sizes of clusters
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "2,4,8,16",
          value_parser = number::<usize>)]
    nodes: Vec<usize>,
    /// Sizes of messages, in bytes
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "64,1000,8000,60000",
          value_parser = number::<usize>)]
    sizes: Vec<usize>,
    /// How long each measurement lasts
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = number::<u64>)]
    seconds: u64,
    /// How often each is repeated
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = number::<usize>)]
    repeats: usize,
    /// Beside it Corosync, by this program for its clients: called as PROGRAM BYTES SECONDS 0|1|2
    /// (listen, send, ping), it prints "delivered N msg/s" or "latency mean N us"
    #[arg(long, value_name = "PROGRAM")]
    peer_client: Option<PathBuf>,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    from: Place,
    what: What,
}

/// Where the one that speaks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On the node that numbers the messages.
    Coordinator,
    /// On another one.
    Elsewhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Messages a second, of so many bytes.
    Rate(usize),
    /// Of messages of 64 bytes.
    Latency,
}

/// What was found at a point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Figure {
    /// Messages a second, or microseconds.
    pub(super) value: f64,
    /// Of latencies, if it is known.
    pub(super) p99: Option<f64>,
}

const PING: usize = 64;

pub(super) fn run(how: &Messages) -> Result<Verdict, Failure> {
    let table = Table::begin(&[
        ("nodes", 5),
        ("from", 11),
        ("what", 13),
        ("systole", 19),
        ("corosync", 19),
        ("ratio", 6),
        ("", 6),
    ]);
    let mut verdict = Verdict::Held;
    for &nodes in &how.nodes {
        let points = points(how, nodes);
        let own = measure(how, &points, &Own::start(nodes)?)?;
        let peer = match &how.peer_client {
            Some(client) => Some(measure(how, &points, &Corosync::start(nodes, client)?)?),
            None => None,
        };
        for (index, point) in points.iter().enumerate() {
            let peer = peer.as_ref().map(|figures| figures[index]);
            verdict = verdict.and(show(&table, nodes, *point, own[index], peer));
        }
    }
    if how.peer_client.is_none() {
        line("Corosync was not measured: name a client for it with --peer-client.");
    }
    Ok(verdict)
}

fn points(how: &Messages, nodes: usize) -> Vec<Point> {
    let places = [Place::Coordinator, Place::Elsewhere];
    let rates = how.sizes.iter().map(|size| What::Rate(*size));
    let all = rates.chain([What::Latency]);
    all.flat_map(|what| places.map(|from| Point { from, what }))
        .filter(|point| nodes > 1 || point.from == Place::Coordinator)
        .collect()
}

/// All points in one cluster, which ends then.
fn measure(how: &Messages, points: &[Point], party: &dyn Party) -> Result<Vec<Figure>, Failure> {
    let seconds = Duration::from_secs(how.seconds);
    let mut figures = Vec::new();
    for point in points {
        let found: Result<Vec<_>, _> = (0..how.repeats.max(1))
            .map(|_| match point.what {
                What::Rate(size) => party.rate(point.from, size, seconds),
                What::Latency => party.latency(point.from, PING, seconds),
            })
            .collect();
        figures.push(median(found?));
    }
    clear(party.lab().clone())?;
    Ok(figures)
}

fn median(mut figures: Vec<Figure>) -> Figure {
    figures.sort_by(|a, b| a.value.total_cmp(&b.value));
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// The promise: as many messages at least, in half the time at two nodes, a quarter at sixteen.
fn show(table: &Table, nodes: usize, point: Point, own: Figure, peer: Option<Figure>) -> Verdict {
    let (what, limit) = match point.what {
        What::Rate(size) => (format!("{size} B"), 1.0),
        What::Latency => ("latency".to_owned(), if nodes >= 16 { 4.0 } else { 2.0 }),
    };
    let from = match point.from {
        Place::Coordinator => "coordinator",
        Place::Elsewhere => "elsewhere",
    };
    let ratio = peer.map(|peer| match point.what {
        What::Rate(_) => own.value / peer.value,
        What::Latency => peer.value / own.value,
    });
    let verdict = Verdict::of(ratio.is_none_or(|ratio| ratio >= limit));
    table.row(&[
        nodes.to_string(),
        from.to_owned(),
        what,
        words(point.what, Some(own)),
        words(point.what, peer),
        ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        if ratio.is_some() { verdict.word().to_owned() } else { String::new() },
    ]);
    verdict
}

fn words(what: What, figure: Option<Figure>) -> String {
    let Some(Figure { value, p99 }) = figure else { return "-".to_owned() };
    match (what, p99) {
        (What::Rate(_), _) => format!("{value:.0}/s"),
        (What::Latency, None) => format!("{value:.0} us"),
        (What::Latency, Some(p99)) => format!("{value:.0} us, p99 {p99:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_that_was_measured() {
        let figure = |value| Figure { value, p99: None };
        assert_eq!(median([3.0, 1.0, 2.0].map(figure).into()).value, 2.0);
        assert_eq!(median([4.0, 1.0].map(figure).into()).value, 4.0);
        assert_eq!(median(Vec::new()).value, 0.0);
    }

    #[test]
    fn figures_in_words() {
        let latency = Figure { value: 51.4, p99: Some(99.6) };
        assert_eq!(words(What::Latency, Some(latency)), "51 us, p99 100");
        assert_eq!(words(What::Rate(64), Some(latency)), "51/s");
        assert_eq!(words(What::Rate(64), None), "-");
    }
}
