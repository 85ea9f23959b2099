//! Packets that do not fit: whoever is responsible looks for them in the log.

use crate::managing::now;
use base::Instant;
use group::{Counters, Group};
use std::time::Duration;

/// So often something of this kind is said, at the most.
const EVERY: Duration = Duration::from_secs(60);
/// So often somebody who has an address wrong is told.
const ANSWERS: Duration = Duration::from_secs(1);

/// What has been told.
#[derive(Default)]
pub(crate) struct Strangers {
    told: Counters,
    next: Instant,
    answer_at: Instant,
}

impl Strangers {
    /// Says what is new, at most once a minute.
    pub(crate) fn look(&mut self, group: &Group) {
        let counters = group.counters();
        let news = news(&self.told, &counters);
        if !news.is_empty() && now() >= self.next {
            for line in news {
                tracing::warn!("{line}");
            }
            self.told = counters;
            self.next = now() + EVERY;
        }
    }

    /// May somebody who has an address wrong be told now?
    pub(crate) fn may_answer(&mut self) -> bool {
        let may = now() >= self.answer_at;
        if may {
            self.answer_at = now() + ANSWERS;
        }
        may
    }
}

/// What is to be said about what was counted since `told`.
fn news(told: &Counters, counted: &Counters) -> Vec<String> {
    let since = |of: fn(&Counters) -> u64| of(counted).saturating_sub(of(told));
    let misaddressed = since(|counters| counters.misaddressed);
    let foreign = since(|counters| counters.foreign).saturating_sub(misaddressed);
    let mut lines = Vec::new();
    if since(|counters| counters.misplaced) > 0 {
        lines.push(
            "the other nodes know this node's number at another address: is its nodeid used \
             twice, or its address another than in their nodelist?"
                .to_owned(),
        );
    }
    if since(|counters| counters.namesakes) > 0 {
        lines.push(
            "another machine has this node's number; give each node a nodeid of its own".to_owned(),
        );
    }
    if misaddressed > 0 {
        lines.push(
            "packets for another node of this cluster come to this one: are two nodes listed with \
             one address, or is this node's nodeid wrong?"
                .to_owned(),
        );
    }
    if foreign > 0 {
        lines.push(format!(
            "{foreign} packets could not be opened: they are sealed with another key, or not from \
             this cluster; do all nodes have the same authkey and cluster_name?"
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_said_once_in_its_own_words() {
        let none = Counters::default();
        let wrong_key = Counters { foreign: 7, ..none };
        let misaddressed = Counters { foreign: 7, misaddressed: 7, ..none };
        let all = Counters { foreign: 9, misaddressed: 7, misplaced: 1, namesakes: 1, ..none };
        let stories = [
            (none, none, vec![]),
            (none, wrong_key, vec!["7 packets could not be opened"]),
            (wrong_key, wrong_key, vec![]),
            (none, misaddressed, vec!["packets for another node"]),
            (
                none,
                all,
                vec!["the other nodes know", "another machine", "packets for", "2 packets could"],
            ),
        ];
        for (told, counted, expected) in stories {
            let said = news(&told, &counted);
            assert_eq!(said.len(), expected.len(), "{said:?}");
            assert!(said.iter().zip(expected).all(|(line, begin)| line.starts_with(begin)));
        }
    }
}
