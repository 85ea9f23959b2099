//! A few storms on every run of the tests; `.ci/run` plays two thousand.

use oracles::batch::batch;

#[test]
fn storms_break_nothing_and_settle() {
    let batch = batch(&(0..40), || (), |_| false);
    assert!(batch.unequal.is_empty(), "the same seed gave another run: {:?}", batch.unequal);
    let broken = batch.broken.iter().map(|(seed, played)| (seed, &played.verdict));
    let broken: Vec<_> = broken.collect();
    assert!(broken.is_empty(), "{broken:#?}\n`storm --seed N` plays one of them again");
    assert!(batch.episodes > 400, "the storms have become calm");
}
