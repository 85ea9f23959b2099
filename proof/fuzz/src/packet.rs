//! What a member of the view might say that holds the key and has gone mad.
//!
//! Two honest processes form a view; what they really say to each other is recorded, opened, changed
//! and said again by one of them. The other must go on (H2), whatever it makes of it.

use crate::target::Outcome;
use base::{BootId, Instant, NodeId, Rng};
use group::tap::{Tap, frames_in};
use group::{
    Admission, Birth, Channel, Cipher, ClusterKey, Delivery, Group, GroupCommand, GroupConfig,
    Input, LinkId, LinkPolicy, NodeConfig, Output, QuorumConfig, Timing,
};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const SANE: NodeId = NodeId(1);
const MAD: NodeId = NodeId(2);
const INCARNATION: u64 = 5;
/// More packets than two processes exchange until they have a view and something to say.
const PACKETS: u64 = 1 << 20;

fn config() -> GroupConfig {
    let node = |node| NodeConfig { node, links: vec![LinkId(0)], votes: 1 };
    GroupConfig {
        cluster_name: "fuzz".into(),
        admission: Admission::Listed,
        nodes: vec![node(SANE), node(MAD)],
        policy: LinkPolicy::Passive,
        priorities: BTreeMap::new(),
        datagram_limit: None,
        timing: Timing::default(),
        quorum: QuorumConfig::default(),
        key: ClusterKey::new([1; 32]).expect("32 bytes are a key"),
        other_keys: Vec::new(),
        cipher: Cipher::Aes256Gcm,
    }
}

fn process(node: NodeId) -> Group {
    let boot = BootId(u128::from(node.0));
    let birth =
        Birth { node, incarnation: INCARNATION, boot, view_counter: 0, expected_votes: 0, seed: 1 };
    Group::new(config(), birth, Instant::default())
}

/// Two processes in virtual time, and what has been said to the first.
struct Pair {
    now: Instant,
    groups: [Group; 2],
    said: Vec<Arc<[u8]>>,
}

impl Pair {
    /// Two processes that share a view and exchange messages for `millis` milliseconds.
    fn after(millis: u64) -> Self {
        let groups = [process(SANE), process(MAD)];
        let mut pair = Self { now: Instant::default(), groups, said: Vec::new() };
        let mut waiting = Vec::new();
        for milli in 0..millis {
            pair.now = pair.now + Duration::from_millis(1);
            for output in std::mem::take(&mut waiting) {
                pair.carry(output, &mut waiting);
            }
            if milli % 200 == 199 {
                for (index, delivery) in [(0, Delivery::Safe), (1, Delivery::Agreed)] {
                    let payload = vec![7; usize::try_from(milli * 3).unwrap_or(0)];
                    let channel = Channel::Cluster;
                    let command = GroupCommand::Submit { channel, payload, delivery };
                    pair.groups[index].step(pair.now, Input::Command(command), &mut waiting);
                }
            }
            for group in &mut pair.groups {
                group.step(pair.now, Input::Wake, &mut waiting);
            }
        }
        pair
    }

    fn carry(&mut self, output: Output, out: &mut Vec<Output>) {
        let Output::Send { link, to, bytes } = output else { return };
        let Some(group) = self.groups.iter_mut().find(|group| group.node() == to) else { return };
        group.step(self.now, Input::Datagram { link, bytes: &bytes }, out);
        if to == SANE {
            self.said.push(bytes);
        }
    }
}

/// What is really said.
fn corpus() -> &'static [Vec<u8>] {
    static CORPUS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let tap = Tap::new(&config());
        let pair = Pair::after(3000);
        pair.said.iter().filter_map(|datagram| tap.open(SANE, datagram)).collect()
    })
}

/// Something that is really said, mostly changed.
pub fn generate(random: &mut Rng) -> Vec<u8> {
    let mut content = random.pick(corpus()).cloned().unwrap_or_default();
    if random.percent(10) {
        let other = random.pick(corpus()).cloned().unwrap_or_default();
        content.extend_from_slice(other.get(1..).unwrap_or_default());
    }
    for _ in 0..random.below(6) {
        mutate(&mut content, random);
    }
    content
}

/// One change, by bytes and by numbers as an enemy would choose them.
pub fn mutate(content: &mut Vec<u8>, random: &mut Rng) {
    let length = content.len() as u64;
    let place = usize::try_from(random.below(length.max(1))).unwrap_or(0);
    let numbers = [0, 1, u64::MAX, u64::MAX - 1, 1 << 63, 1 << 62, 1 << 32, random.next_u64()];
    match random.below(6) {
        0 => content.truncate(place),
        1 => content.insert(place.min(content.len()), numbers[place % 8].to_le_bytes()[0]),
        2 => {
            let end = (place + 8).min(content.len());
            content.drain(place.min(end)..end);
        }
        3 => {
            let number = random.pick(&numbers).copied().unwrap_or(0).to_le_bytes();
            let widths = [1, 2, 4, 8];
            let width = random.pick(&widths).copied().unwrap_or(1);
            for (byte, new) in content.iter_mut().skip(place).zip(&number[..width]) {
                *byte = *new;
            }
        }
        _ => {
            if let Some(byte) = content.get_mut(place) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

/// The honest one hears it, and lives on.
///
/// # Panics
/// When that makes it stop: that is what is looked for.
pub fn check(content: &[u8]) -> Outcome {
    let mut pair = Pair::after(450);
    let mut mad = Tap::new(&config()).impersonate(MAD, INCARNATION, PACKETS);
    let bytes = mad.say(SANE, content);
    let mut out = Vec::new();
    let sane = &mut pair.groups[0];
    sane.step(pair.now, Input::Datagram { link: LinkId(0), bytes: &bytes }, &mut out);
    for _ in 0..40 {
        pair.now = pair.now + Duration::from_millis(50);
        sane.step(pair.now, Input::Wake, &mut out);
    }
    frames_in(content).map_or(Outcome::Refused, Outcome::Taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_member_says_the_other_lives_on() {
        let mut random = Rng::new(1);
        let mut taken = 0;
        for _ in 0..200 {
            let content = generate(&mut random);
            taken += usize::from(check(&content) != Outcome::Refused);
        }
        assert!((20..200).contains(&taken), "{taken} of 200 were understood");
    }
}
