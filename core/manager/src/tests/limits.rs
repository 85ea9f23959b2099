//! How many actions run at once.

use super::*;

/// So many services on two nodes whose starts hang; how many of them have begun on n1, and at all.
fn begun(option: (&str, &str), services: usize) -> (usize, usize) {
    let mut configuration = configuration(true);
    let ids: Vec<String> = (0..services).map(|number| format!("s{number}")).collect();
    let mut resources: Vec<Resource> = ids.iter().map(|id| service(id)).collect();
    resources.push(fence_device());
    configuration.resources = resources.into();
    configuration.properties[0].set(option.0, option.1);
    let mut bench = Bench::new(2, &configuration);
    bench.hang.extend(ids.iter().map(|id| (id.clone(), Task::Start)));
    bench.view(&[1, 2]);
    bench.pass(&[1, 2], Duration::from_secs(1));
    let on_n1 = bench.story().iter().filter(|line| line.ends_with("n1")).count();
    (on_n1, bench.story().len())
}

#[test]
fn no_more_actions_run_at_once_than_people_say() {
    let stories = [
        (("node-action-limit", "3"), (3, 6)),
        (("batch-limit", "5"), (3, 5)),
        // Of two processors twice as many would be few.
        (("node-action-limit", "0"), (8, 16)),
    ];
    for (option, expected) in stories {
        assert_eq!(begun(option, 40), expected, "{option:?}");
    }
}

/// What hangs holds back no more than its own place (L3).
#[test]
fn a_place_that_becomes_free_is_taken_at_once() {
    let mut configuration = configuration(true);
    configuration.resources =
        ["a", "b", "c"].map(service).into_iter().chain([fence_device()]).collect();
    configuration.properties[0].set("batch-limit", "2");
    let mut bench = Bench::new(1, &configuration);
    bench.hang.insert(("a".into(), Task::Start));
    bench.view(&[1]);
    bench.pass(&[1], Duration::from_secs(1));
    assert_eq!(bench.story(), ["start a n1", "start b n1", "start c n1"]);
}
