//! Everything in recorded clusters is explained, and scores are the sums of what they are made of.

use cluster::Score;
use report::plan::Points;
use scheduler::Decision;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn every_recorded_cluster_is_explained() {
    let Some(cases) = conformance::cases() else {
        println!("skipped: CONFORMANCE does not name a folder with recorded clusters");
        return;
    };
    let mut wrong = String::new();
    let mut explained = 0;
    for case in &cases {
        let Ok((cib, _)) = cib::read_tolerant(&case.text) else { continue };
        let facts = conformance::facts(&cib);
        let all = AssertUnwindSafe(|| {
            let decision = scheduler::decide(&facts);
            // Both are drawn of everything, so that neither stumbles over anything.
            let _ = (report::plan::text(&decision), report::svg(&decision, Points::LeftOut));
            let _ = report::svg(&decision, Points::Shown);
            complaints(&decision)
        });
        match catch_unwind(all) {
            Ok(complaints) => {
                explained += 1;
                for complaint in complaints {
                    writeln!(wrong, "{}: {complaint}", case.name).unwrap();
                }
            }
            Err(_) => writeln!(wrong, "{}: it panics", case.name).unwrap(),
        }
    }
    println!("{explained} of {} clusters are explained", cases.len());
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What is not explained, or does not add up.
fn complaints(decision: &Decision<'_>) -> Vec<String> {
    let situation = &decision.situation;
    let mut complaints = Vec::new();
    let placed: BTreeSet<&str> =
        decision.placements.iter().map(|placement| placement.instance.as_str()).collect();
    for top in &situation.top {
        for primitive in situation.primitives_in(*top) {
            let id = situation.resources[primitive].id.as_str();
            if !placed.contains(id) || report::explain::explain(decision, id).is_empty() {
                complaints.push(format!("{id} is not explained"));
            }
        }
    }
    for placement in &decision.placements {
        if placement.reason.is_empty() {
            complaints.push(format!("{} has no reason", placement.instance));
        }
        for (node, (score, parts)) in &placement.scores {
            let sum = parts.iter().fold(Score::ZERO, |sum, part| sum + part.score);
            if sum != *score {
                let instance = &placement.instance;
                complaints.push(format!("{instance} on {node}: {score} is not {sum}: {parts:?}"));
            }
        }
    }
    complaints
}
