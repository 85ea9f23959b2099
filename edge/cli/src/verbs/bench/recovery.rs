//! `systole bench recovery`: how soon services are back, and what that costs; Pacemaker beside it.
//!
//! Both sides run the same services of the lab (`lab::Truth`), configured and asked by the same tools of Pacemaker's
//! names, without fencing. What is measured are the services' own time stamps.

mod cluster;
mod measurements;

use super::peer;
use super::table::{Table, milliseconds, seconds};
use super::{Verdict, folder, in_lab, own_options};
use crate::answer::{Failure, line};
use crate::words::number;
use clap::Args;
use lab::LabOptions;
use measurements::{Figure, measure};
use std::path::Path;
use std::time::Duration;

const NODES: usize = 3;

/// How it is measured.
#[derive(Args, Debug)]
pub(super) struct Recovery {
    /// How often each is measured; the median counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = number::<usize>)]
    repeats: usize,
    /// How many resources there are while memory is measured
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = number::<usize>)]
    resources: usize,
    /// Measure Corosync (token: 1000) and Pacemaker too, as installed on this machine
    #[arg(long)]
    peer: bool,
}

/// Whose cluster is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Own,
    Pacemaker,
}

impl Side {
    fn options(self) -> Result<LabOptions, Failure> {
        let own = LabOptions { services: true, ..own_options(NODES)? };
        Ok(match self {
            Self::Own => own,
            Self::Pacemaker => peer::with_pacemaker(LabOptions {
                folder: folder(NODES).with_extension("pacemaker"),
                ..own
            }),
        })
    }
}

pub(super) fn run(how: &Recovery) -> Result<Verdict, Failure> {
    if how.peer {
        check_peer()?;
    }
    line(&format!("{NODES} nodes without fencing; medians of {}:", how.repeats));
    let own = in_lab(&Side::Own.options()?, |lab| measure(lab, Side::Own, how))?;
    let theirs = if how.peer {
        let measured = Side::Pacemaker
            .options()
            .and_then(|options| in_lab(&options, |lab| measure(lab, Side::Pacemaker, how)));
        // What became of the peer says nothing against what was promised.
        measured.unwrap_or_else(|failure| {
            line(&format!("Pacemaker: {failure}"));
            Vec::new()
        })
    } else {
        Vec::new()
    };
    let table = Table::begin(&[
        ("", 58),
        ("systole", 9),
        ("wanted", 9),
        ("pacemaker", 9),
        ("ratio", 7),
        ("", 7),
    ]);
    let mut verdict = Verdict::Held;
    for figure in &own {
        let held = Verdict::of(figure.is_reached());
        verdict = verdict.and(held);
        let other = theirs.iter().find(|other| other.what == figure.what);
        table.row(&row(figure, other, held));
    }
    Ok(verdict)
}

fn row(own: &Figure, theirs: Option<&Figure>, held: Verdict) -> Vec<String> {
    let ratio = theirs.map(|theirs| format!("{:.1} x", theirs.value / own.value));
    vec![
        own.what.to_owned(),
        own.words(own.value),
        own.words(own.limit),
        theirs.map_or_else(|| "-".to_owned(), |theirs| theirs.words(theirs.value)),
        ratio.unwrap_or_default(),
        held.word().to_owned(),
    ]
}

fn check_peer() -> Result<(), Failure> {
    peer::check()?;
    if Path::new("/usr/sbin/pacemakerd").exists() {
        return Ok(());
    }
    Err(Failure::Other(
        "--peer needs Pacemaker on this machine (package pacemaker); leave it out, or install it"
            .into(),
    ))
}

impl Figure {
    fn words(&self, value: f64) -> String {
        let time = || Some(Duration::from_secs_f64(value));
        match self.unit {
            measurements::Unit::Seconds => seconds(time()),
            measurements::Unit::Milliseconds => milliseconds(time()),
            measurements::Unit::Kilobytes => format!("{:.1} MB", value / 1024.0),
        }
    }
}
