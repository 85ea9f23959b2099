//! What is looked at before anything changes.

use crate::{Refusal, Scene, World};
use cluster::validate::{Problem, Severity, validate};
use cluster::{Configuration, Difference};
use std::collections::BTreeSet;

/// What is wrong or doubtful now and was not before.
pub fn new_problems(before: &Configuration, after: &Configuration) -> Vec<Problem> {
    let problems = |configuration| {
        let paths = cib::access::problems(configuration);
        validate(configuration).into_iter().chain(paths)
    };
    let known: Vec<Problem> = problems(before).collect();
    problems(after).filter(|problem| !known.contains(problem)).collect()
}

/// What is doubtful now and was not before: people are told once.
pub(crate) fn new_warnings(before: &Configuration, after: &Configuration) -> Vec<String> {
    let news = new_problems(before, after).into_iter();
    let doubts = news.filter(|problem| problem.severity == Severity::Warning);
    doubts.map(|problem| problem.to_string()).collect()
}

/// Nothing that runs disappears from the configuration by accident.
pub(crate) fn keep_what_runs(
    scene: &Scene<'_>,
    (after, difference): (&Configuration, &Difference),
) -> Result<(), Refusal> {
    if matches!(scene.world, World::Paper) {
        return Ok(());
    }
    // Most changes take nothing away: then nobody needs to know what runs where.
    let (before, left) = (difference.before(), difference.after());
    let left: BTreeSet<&str> = left.primitives().map(|primitive| primitive.id.as_str()).collect();
    let gone = before.primitives().filter(|primitive| !left.contains(primitive.id.as_str()));
    let gone = gone.filter(|primitive| after.primitive(&primitive.id).is_none());
    let running: Vec<String> = gone
        .filter_map(|primitive| {
            let nodes = scene.active_on(&primitive.id);
            let id = &primitive.id;
            (!nodes.is_empty()).then(|| {
                format!("{id} is running on {}; stop it first, or use --force", nodes.join(", "))
            })
        })
        .collect();
    if running.is_empty() { Ok(()) } else { Err(Refusal::Running(running)) }
}
