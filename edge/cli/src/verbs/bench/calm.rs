//! `systole bench calm`: what must put nobody out.

use super::table::Table;
use super::{Verdict, in_lab, own_options};
use crate::answer::{Failure, line};
use crate::observer::OwnNodes;
use crate::words::number;
use clap::Args;
use lab::measure::{Scenario, remain_calm};
use std::time::Duration;

/// How it is measured.
#[derive(Args, Debug)]
pub(super) struct CalmArguments {
    /// stress, loss, flap, pauses, long-pause; all when none is given
    scenario: Vec<Scenario>,
    /// How long each lasts; long-pause always takes one minute
    #[arg(long, value_name = "N", default_value_t = 10.0, value_parser = minutes)]
    minutes: f64,
    /// The size of the cluster
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = number::<usize>)]
    nodes: usize,
}

fn minutes(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.01..=1440.0).contains(number));
    number.ok_or_else(|| "a number of minutes is expected, at most 1440".into())
}

pub(super) fn run(how: &CalmArguments) -> Result<Verdict, Failure> {
    let scenarios = if how.scenario.is_empty() { &Scenario::ALL[..] } else { &how.scenario };
    let lasts = Duration::from_secs_f64(how.minutes * 60.0);
    line(&format!("{} nodes, {} minutes of each:", how.nodes, how.minutes));
    let table = Table::begin(&[("", 10), ("view changes", 12), ("suspicions", 10), ("", 7)]);
    let mut verdict = Verdict::Held;
    for &scenario in scenarios {
        let calm = in_lab(&own_options(how.nodes)?, |lab| {
            Ok(remain_calm(lab, &OwnNodes, scenario, lasts)?)
        })?;
        let held = Verdict::of(calm.wrong.is_empty());
        verdict = verdict.and(held);
        let counts = [calm.views, calm.suspicions].map(|count| count.to_string());
        let [views, suspicions] = counts;
        table.row(&[scenario.to_string(), views, suspicions, held.word().to_owned()]);
        calm.wrong.iter().for_each(|wrong| line(&format!("  {wrong}")));
    }
    line("Wanted: no view change; two in long-pause, one without the node and one with it again.");
    Ok(verdict)
}
