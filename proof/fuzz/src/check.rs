//! What must hold for every text: it is refused, or there is a decision, and that makes sense.

use crate::target::Outcome;
use base::WallTime;
use cib::Cib;
use report::plan::Points;
use report::simulation::{Labels, Shown, dot};
use scheduler::{Decision, Facts, Plan};

/// Reads `text` as tolerantly as it can be read, decides, and looks at everything that comes of it.
///
/// # Panics
/// When something does not hold: that is what is looked for.
pub fn check(text: &str) -> Outcome {
    let Ok((cib, _)) = cib::read_tolerant(text) else { return Outcome::Refused };
    let facts = facts(&cib);
    let decision = scheduler::decide(&facts);
    scores_add_up(&decision);
    let shown = everything_shown(&decision);
    let again = scheduler::decide(&facts);
    assert_eq!(shown, everything_shown(&again), "C8: the same facts, another decision");
    order_can_be_kept(&scheduler::schedule(&facts));
    Outcome::Taken(decision.transition.synapses.len())
}

/// What a plan for the cluster depends on; the time is the one written in it, if any.
pub fn facts(cib: &Cib) -> Facts<'_> {
    let date = cib.attribute("execution-date").and_then(|text| text.parse().ok());
    Facts {
        configuration: &cib.configuration,
        status: &cib.status,
        in_flight: &[],
        has_quorum: cib.attribute("have-quorum").and_then(cluster::value::boolean).unwrap_or(false),
        has_lost_quorum: false,
        is_masked: true,
        coordinator: cib.attribute("dc-uuid"),
        now: WallTime::from_seconds(date.unwrap_or(1_800_000_000)),
    }
}

/// A score is the sum of its parts.
fn scores_add_up(decision: &Decision<'_>) {
    for placement in &decision.placements {
        for (node, (score, parts)) in &placement.scores {
            let sum = parts.iter().fold(cluster::Score::ZERO, |sum, part| sum + part.score);
            let instance = &placement.instance;
            assert!(sum == *score, "a score is the sum of its parts: {instance} on {node}");
        }
    }
}

/// Of the many instances of a large clone, more than so many tell nothing new.
const MOST_EXPLAINED: usize = 200;

/// All texts that are made of a decision.
fn everything_shown(decision: &Decision<'_>) -> String {
    let mut text = dot(decision, Shown::All, Labels::Plain);
    text.push_str(&report::plan::text(decision));
    text.push_str(&report::svg(decision, Points::LeftOut));
    text.push_str(&report::svg(decision, Points::Shown));
    for note in &decision.notes {
        text.push_str(&format!("{note:?}\n"));
    }
    for placement in decision.placements.iter().take(MOST_EXPLAINED) {
        let explanations = report::explain::explain(decision, &placement.instance);
        assert!(!explanations.is_empty(), "{} is not explained", placement.instance);
        text.push_str(&report::explain::text(&explanations, None));
    }
    text
}

/// Every action waits only for those before it.
fn order_can_be_kept(plan: &Plan) {
    for (at, action) in plan.graph.actions.iter().enumerate() {
        assert_eq!(action.id.0 as usize, at, "an id is a position");
        assert!(action.after.iter().all(|before| before.0 < action.id.0), "{action:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Rng;

    #[test]
    fn a_few_hundred_clusters_are_decided() {
        let mut decided = 0;
        for seed in 0..300 {
            let mut random = Rng::new(seed);
            let mut tree = crate::generate(&mut random, crate::Manner::Any);
            if seed % 3 > 0 {
                crate::mutate(&mut tree, &mut random);
            }
            let text = cib::write_element(&tree);
            let outcome = std::panic::catch_unwind(|| check(&text));
            let Ok(outcome) = outcome else { panic!("seed {seed}:\n{text}") };
            decided += usize::from(outcome != Outcome::Refused);
        }
        assert!(decided > 100, "only {decided} of 300 were decided");
    }
}
