//! The order in which a status is written decides nothing (C8): members that learned the same in
//! another order make the same plan.

use base::Rng;

#[test]
fn a_shuffled_status_gives_the_same_plan() {
    let mut wrong = String::new();
    for seed in 0..200 {
        let tree = fuzz::generate(&mut Rng::new(seed));
        let text = cib::write_element(&tree);
        let (mut cib, _) = cib::read_tolerant(&text).expect("what is generated can be read");
        let straight = conformance::outline(&scheduler::decide(&conformance::facts(&cib)));
        let mut random = Rng::new(seed);
        for _ in 0..3 {
            conformance::shuffle(&mut cib.status, &mut random);
            let shuffled = conformance::outline(&scheduler::decide(&conformance::facts(&cib)));
            if straight != shuffled {
                let lost = straight.iter().find(|line| !shuffled.contains(line));
                let new = shuffled.iter().find(|line| !straight.contains(line));
                wrong.push_str(&format!("seed {seed}: {lost:?} became {new:?}\n"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
