//! `cargo run --release -p conformance --bin converge [PEER]`: recorded clusters that a plan which is
//! carried out does not bring to rest (R12), with what the second plan would do.
//!
//! With a peer, another `crm_simulate`, only those count for which it makes the same first plan and
//! comes to rest itself.

use conformance::{Case, Peer, facts};
use rehearsal::Script;
use scheduler::Decision;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(cases) = conformance::cases() else {
        eprintln!("CONFORMANCE does not name a folder with clusters in scheduler/xml");
        return ExitCode::from(2);
    };
    let peer = match std::env::args().nth(1).map(|program| Peer::new(&program)).transpose() {
        Ok(peer) => peer,
        Err(error) => {
            eprintln!("converge: no room for the peer's files: {error}");
            return ExitCode::from(2);
        }
    };
    let (mut count, mut restless) = (0, 0);
    for case in &cases {
        let Some((first, second)) = both_plans(case) else { continue };
        let rests = |peer: &Peer| {
            let plans = peer.both_plans(case);
            plans.is_some_and(|(its_first, its_second)| its_first == first && its_second.is_empty())
        };
        if !peer.as_ref().is_none_or(rests) {
            continue;
        }
        count += 1;
        if let Some(action) = second.first() {
            restless += 1;
            println!("{}: {action}, and {} more", case.name, second.len() - 1);
        }
    }
    println!("{restless} of {count} clusters do not come to rest");
    if restless == 0 || peer.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the first plan does, and what the one does that is made when that has been carried out.
fn both_plans(case: &Case) -> Option<(Vec<String>, Vec<String>)> {
    let (mut cib, _) = cib::read_tolerant(&case.text).ok()?;
    let before = cib.clone();
    let decision = scheduler::decide(&facts(&before));
    let resources = decision.situation.resources.values();
    let script = Script {
        configuration: &before.configuration,
        names: resources.flat_map(|it| [it.id.as_str(), it.history_id.as_str()]).collect(),
        failures: &[],
        is_start_failure_fatal: decision.situation.options.is_start_failure_fatal,
        now: facts(&before).now,
    };
    rehearsal::play(&decision.transition, &script, &mut cib.status);
    Some((actions(&decision), actions(&scheduler::decide(&facts(&cib)))))
}

/// What a plan does, sorted, as a peer's graph has it.
fn actions(decision: &Decision<'_>) -> Vec<String> {
    let synapses = decision.transition.synapses.iter();
    let actions = synapses.map(|synapse| {
        let node = synapse.action.node.as_ref().map_or("", |(name, _)| name.as_str());
        format!("{} {node}", synapse.action.key)
    });
    let mut actions: Vec<String> = actions.collect();
    actions.sort();
    actions
}
