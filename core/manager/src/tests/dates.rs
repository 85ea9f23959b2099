//! Clocks of servers that are wrong, and dates that must be right all the same.

use super::*;

/// About ten, in seconds.
const YEARS: i64 = 300_000_000;

/// Whose clock is off, by how many seconds.
type Clocks<'a> = &'a [(u32, i64)];

/// A service whose failures are forgotten after twenty seconds, and that a single one moves away.
fn forgiving() -> Configuration {
    let mut defaults = AttributeSet::new("rsc-options");
    defaults.set("migration-threshold", "1");
    defaults.set("failure-timeout", "20s");
    let mut operation = cluster::OperationSettings::new(
        "ost0-monitor",
        "monitor",
        cluster::Written::duration("5s").expect("a duration"),
    );
    operation.timeout = Some(cluster::Written::duration("20s").expect("a duration"));
    let mut configuration =
        Configuration { resource_defaults: vec![defaults], ..configuration(true) };
    if let Some(Resource::Primitive(primitive)) = configuration.resources.get_mut(0) {
        primitive.operations.push(operation);
    }
    configuration
}

impl Bench {
    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now + Duration::from_secs(1);
            let nodes: Vec<NodeId> = self.managers.keys().copied().collect();
            nodes.into_iter().for_each(|node| self.step(node, Input::Wake));
        }
    }

    fn starts(&self) -> usize {
        self.story().iter().filter(|line| line.starts_with("start")).count()
    }
}

/// However wrong whose clock is, and whenever it went wrong: a service that has failed on
/// all nodes is started again when its failures are twenty seconds old, not before, and not never.
#[test]
fn failures_grow_old_at_the_same_pace_whoever_has_a_wrong_clock() {
    // Whose clock is off from the start, and whose is set a moment after the failure.
    let stories: [(Clocks<'_>, Clocks<'_>); 6] = [
        (&[(2, YEARS)], &[]),
        (&[(2, -YEARS)], &[]),
        (&[(1, YEARS)], &[(1, 0)]),
        (&[(1, -YEARS)], &[(1, 0)]),
        (&[], &[(1, -YEARS), (2, YEARS)]),
        (&[(1, 5), (2, -5), (3, YEARS)], &[(1, YEARS)]),
    ];
    for (from_the_start, later) in stories {
        let mut bench = Bench::new(3, &forgiving());
        let set = |clocks: Clocks<'_>| -> BTreeMap<NodeId, i64> {
            clocks.iter().map(|(node, off)| (NodeId(*node), *off)).collect()
        };
        bench.clocks = set(from_the_start);
        bench.view(&[1, 2, 3]);
        bench.wait(2);
        bench.codes.insert(("ost0".into(), Task::Monitor), 7);
        bench.wait(6);
        bench.codes.clear();
        assert_eq!(bench.starts(), 3, "{from_the_start:?}: {:?}", bench.story());
        bench.clocks = set(later);
        bench.wait(10);
        assert_eq!(bench.starts(), 3, "{from_the_start:?}, {later:?}: too early");
        bench.wait(15);
        assert_eq!(bench.starts(), 4, "{from_the_start:?}, {later:?}: never");
        assert_eq!(bench.state(1), bench.state(2), "C3");
        assert_eq!(bench.state(1), bench.state(3), "C3");
    }
}

/// What a coordinator says while another has set the clock is dated by the clock that there is.
#[test]
fn a_new_coordinator_sets_the_clock_and_what_was_under_way_counts_as_of_now() {
    let mut bench = Bench::new(3, &forgiving());
    bench.clocks.insert(NodeId(2), YEARS);
    bench.view(&[1, 2, 3]);
    bench.wait(5);
    let before = bench.state(2).clock;
    bench.view(&[2, 3]);
    bench.wait(1);
    let after = bench.state(2).clock;
    assert!(before.era != after.era && after.at > before.at + Duration::from_secs(1_000_000));
    let mut clock = after;
    assert_eq!(clock.hear(before), after.at);
    assert_eq!(bench.state(3).clock, after);
}
