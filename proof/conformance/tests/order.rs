//! The order in which a status is written decides nothing (C8): members that learned the same in
//! another order make the same plan.

use base::Rng;
use conformance::Shuffled;
use fuzz::Manner;

/// The first clusters of the generator.
const CLUSTERS: u64 = 300;

#[test]
fn shuffled_results_give_the_same_plan() {
    let wrong: Vec<String> = (0..CLUSTERS).filter_map(|it| change(it, Shuffled::Results)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_shuffled_status_gives_the_same_plan() {
    let wrong: Vec<String> = (0..CLUSTERS).filter_map(|it| change(it, Shuffled::All)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What becomes of the plan for a generated cluster when its status is shuffled, if anything.
fn change(seed: u64, what: Shuffled) -> Option<String> {
    let manner = match what {
        Shuffled::Results => Manner::Any,
        // What is active in several places is dealt with where it is met first.
        Shuffled::All => Manner::Orderly,
    };
    let tree = fuzz::generate(&mut Rng::new(seed), manner);
    let (mut cib, _) = cib::read_tolerant(&cib::write_element(&tree)).expect("it can be read");
    let straight = conformance::outline(&scheduler::decide(&conformance::facts(&cib)));
    let mut random = Rng::new(seed);
    (0..3).find_map(|_| {
        conformance::shuffle(&mut cib.status, what, &mut random);
        let shuffled = conformance::outline(&scheduler::decide(&conformance::facts(&cib)));
        let lost = straight.iter().find(|line| !shuffled.contains(line));
        let new = shuffled.iter().find(|line| !straight.contains(line));
        (straight != shuffled).then(|| format!("seed {seed}: {lost:?} became {new:?}"))
    })
}
