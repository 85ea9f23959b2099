//! How all nodes come to keep the same values: who is asked what each keeps, and brings what is
//! missing. After each change of the view its lowest member does so, for whoever was away.

use super::{Entry, Secrets, Stamp};
use crate::colleagues::{Answer, Answers, Colleagues, Question};
use api::{Secret, SecretPlace};
use base::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// Members that lack something, and why.
pub(crate) type Lacking = Vec<(NodeId, String)>;

/// What each member keeps, without values.
type Stock = BTreeMap<NodeId, BTreeMap<SecretPlace, Stamp>>;

/// The way to what all members keep.
#[derive(Clone)]
pub(crate) struct Sharing {
    pub(crate) node: NodeId,
    pub(crate) secrets: Secrets,
    pub(crate) colleagues: Colleagues,
}

impl Sharing {
    /// All members keep `value` from now on, or nothing; tells who does not.
    pub(crate) async fn change(&self, place: SecretPlace, value: Option<Secret>) -> Lacking {
        let (stock, _) = self.stock().await;
        let newest = stock.values().filter_map(|kept| kept.get(&place)).max();
        let count = newest.map_or(0, |stamp| stamp.count).saturating_add(1);
        let entry = Entry { place, stamp: Stamp { count, node: self.node.0 }, value };
        self.spread(vec![entry]).await
    }

    /// All members get the newest values that any member keeps; tells who did not.
    pub(crate) async fn share(&self) -> Lacking {
        let (stock, mut lacking) = self.stock().await;
        let mut found = Vec::new();
        for (holder, places) in missing(&stock) {
            let answers = self.colleagues.ask(Question::SecretsOf(holder.0, places)).await;
            let told = answers.into_iter().filter_map(|(_, outcome)| match outcome {
                Ok(Answer::Secrets { entries }) => Some(entries),
                _ => None,
            });
            found.extend(told.flatten());
        }
        if !found.is_empty() {
            lacking.extend(self.spread(found).await);
        }
        lacking
    }

    /// Which members keep another value than this one does, or none.
    pub(crate) async fn compare(&self, place: &SecretPlace) -> Lacking {
        let (stock, mut lacking) = self.stock().await;
        let here = stock.get(&self.node).and_then(|kept| kept.get(place));
        lacking.extend(stock.iter().filter_map(|(node, kept)| match kept.get(place) {
            there if there == here => None,
            Some(_) => Some((*node, "it keeps another value".to_owned())),
            None => Some((*node, "it keeps no value".to_owned())),
        }));
        lacking
    }

    /// What all members keep, and who did not say.
    async fn stock(&self) -> (Stock, Lacking) {
        let mut stock = Stock::new();
        let mut lacking = Lacking::new();
        for (node, outcome) in self.colleagues.ask(Question::SecretsKept).await {
            match outcome {
                Ok(Answer::SecretsKept { kept }) => {
                    stock.insert(node, kept.into_iter().collect());
                }
                Ok(_) => lacking.push((node, "its answer is none to this question".to_owned())),
                Err(why) => lacking.push((node, why)),
            }
        }
        (stock, lacking)
    }

    async fn spread(&self, entries: Vec<Entry>) -> Lacking {
        let answers: Answers = self.colleagues.ask(Question::SecretsToKeep(entries)).await;
        let failed = |(node, outcome): (NodeId, Result<_, String>)| Some((node, outcome.err()?));
        answers.into_iter().filter_map(failed).collect()
    }
}

/// The places of which not all members have the newest value, with one who has it.
fn missing(stock: &Stock) -> BTreeMap<NodeId, Vec<SecretPlace>> {
    let places: BTreeSet<&SecretPlace> = stock.values().flat_map(BTreeMap::keys).collect();
    let mut missing: BTreeMap<NodeId, Vec<SecretPlace>> = BTreeMap::new();
    for place in places {
        let newest = stock.values().filter_map(|kept| kept.get(place)).max();
        let (holders, others): (Vec<_>, Vec<_>) =
            stock.iter().partition(|(_, kept)| kept.get(place) == newest);
        if let (Some((holder, _)), false) = (holders.first(), others.is_empty()) {
            missing.entry(**holder).or_default().push(place.clone());
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;

    /// What a node keeps.
    type Kept = (u32, &'static [&'static str]);

    #[test]
    fn whoever_has_the_newest_value_is_asked_for_it() {
        let cases: [(&[Kept], &str); 6] = [
            (&[(1, &[]), (2, &[])], ""),
            (&[(1, &["f.p 1 1 x"]), (2, &["f.p 1 1 x"])], ""),
            (&[(1, &["f.p 1 1 x"]), (2, &[])], "1: f.p"),
            (&[(1, &["f.p 1 1 x"]), (2, &["f.p 2 1 x"]), (3, &["f.p 2 1 x"])], "2: f.p"),
            (&[(1, &["f.p 1 1 x", "f.q 2 1 -"]), (2, &["f.q 1 1 x"])], "1: f.p f.q"),
            (&[(1, &["f.p 1 1 x"]), (2, &["g.p 1 2 x"])], "1: f.p, 2: g.p"),
        ];
        for (nodes, expected) in cases {
            let kept = |entries: &[&str]| {
                let entries = entries.iter().map(|text| entry(text));
                entries.map(|entry| (entry.place, entry.stamp)).collect()
            };
            let stock = nodes.iter().map(|(node, entries)| (NodeId(*node), kept(entries)));
            let words = |(node, places): (NodeId, Vec<SecretPlace>)| {
                let place = |place: SecretPlace| format!(" {}.{}", place.resource, place.parameter);
                format!("{node}:{}", places.into_iter().map(place).collect::<String>())
            };
            let told: Vec<String> = missing(&stock.collect()).into_iter().map(words).collect();
            assert_eq!(told.join(", "), expected);
        }
    }
}
