//! What goes wrong, and when: a script that is a function of the seed.

use base::{Instant, NodeId, Rng};
use std::time::Duration;

/// Something goes wrong, or right again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power of a server fails.
    PowerOff(NodeId),
    /// It comes back: the server boots.
    PowerOn(NodeId),
    /// The daemon is killed; what it runs goes on, and its parent starts it again.
    KillDaemon(NodeId),
    /// All of a server stands still for a while, and then goes on as if nothing had been.
    Pause(NodeId, Duration),
    /// No datagram reaches or leaves a server, on one ring or on all.
    Isolate(NodeId, Option<u8>),
    /// Two servers do not hear each other any more.
    CutPair(NodeId, NodeId),
    /// One server no longer hears the other, which still hears it.
    CutOneWay(NodeId, NodeId),
    /// So many datagrams in a hundred get lost.
    Loss(u64),
    /// All cuts end.
    Heal,
    /// A service dies by itself.
    ServiceDies(NodeId, String),
    /// Somebody puts a server into standby, or takes it out.
    Standby(NodeId, bool),
    /// Somebody cleans up all failures.
    Cleanup,
}

/// Faults over `during`, one every 3 to 15 s, for servers 1 to `nodes` and their `services`. The
/// classes of faults are drawn too, so that some do not hide the effects of others.
pub fn script(
    seed: u64,
    nodes: u32,
    services: &[String],
    during: Duration,
) -> Vec<(Instant, Fault)> {
    let mut rng = Rng::new(seed).fork("faults");
    let classes: Vec<u64> = (0..12).filter(|_| rng.percent(60)).collect();
    let mut script = Vec::new();
    let mut at = Instant::default() + Duration::from_secs(5);
    let end = Instant::default() + during;
    while at < end {
        let node = NodeId(u32::try_from(rng.below(u64::from(nodes))).unwrap_or(0) + 1);
        let other = NodeId(node.0 % nodes + 1);
        let until = at + Duration::from_millis(500 + rng.below(12_000));
        match rng.pick(&classes) {
            Some(0) => {
                script.push((at, Fault::PowerOff(node)));
                script.push((until, Fault::PowerOn(node)));
            }
            Some(1) => script.push((at, Fault::KillDaemon(node))),
            Some(2) => {
                let pause = Duration::from_millis(100 + rng.below(10_000));
                script.push((at, Fault::Pause(node, pause)));
            }
            Some(3) => {
                let ring = rng.percent(50).then(|| u8::from(rng.percent(50)));
                script.push((at, Fault::Isolate(node, ring)));
                script.push((until, Fault::Heal));
            }
            Some(4) => {
                script.push((at, Fault::CutPair(node, other)));
                script.push((until, Fault::Heal));
            }
            Some(5) => {
                script.push((at, Fault::CutOneWay(node, other)));
                script.push((until, Fault::Heal));
            }
            Some(6) => script.push((at, Fault::Loss(rng.below(30)))),
            Some(7) => {
                script.push((at, Fault::Standby(node, true)));
                script.push((until, Fault::Standby(node, false)));
            }
            Some(8) => script.push((at, Fault::Cleanup)),
            // The whole room.
            Some(9) => {
                for node in (1..=nodes).map(NodeId) {
                    script.push((at, Fault::PowerOff(node)));
                    let back = until + Duration::from_millis(rng.below(3000));
                    script.push((back, Fault::PowerOn(node)));
                }
            }
            // All daemons at once, over services that go on.
            Some(10) => script.extend((1..=nodes).map(|n| (at, Fault::KillDaemon(NodeId(n))))),
            _ => {
                let service = rng.pick(services).cloned().unwrap_or_default();
                script.push((at, Fault::ServiceDies(node, service)));
            }
        }
        at = at + Duration::from_millis(3000 + rng.below(12_000));
    }
    script.sort_by_key(|(at, _)| *at);
    script
}
