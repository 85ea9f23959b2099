//! How the configuration came to be what it is: every change, with who made it, when and where.
//!
//! Each revision holds what it changed with what was there before. So an older configuration is the
//! present one with the revisions since taken back, and any one of them can be undone later by
//! merging its reverse into what is.

use crate::Trial;
use base::{Decode, DecodeError, Encode, Reader, WallTime, codec_struct};
use cluster::{Configuration, Difference, Version};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Who makes changes that nobody asked for: a node is seen that was not configured.
pub const CLUSTER: &str = "the cluster";

/// One change of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// The version that it made.
    pub version: Version,
    /// The version that it was made from.
    pub before: Version,
    /// When, by the cluster's clock.
    pub at: WallTime,
    /// Who, in words.
    pub by: String,
    /// The name of the node that was asked.
    pub origin: String,
    /// Why, in the words of who made it; may be empty.
    pub message: String,
    /// What changed.
    pub difference: Difference,
}
codec_struct!(Revision { version, before, at, by, origin, message, difference });

/// What a node keeps on its disk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// What people want.
    pub configuration: Arc<Configuration>,
    /// How that came about.
    pub revisions: Revisions,
    /// What has to be confirmed.
    pub trial: Option<Trial>,
    /// Which of its constraints pass.
    pub passing: BTreeSet<String>,
    /// The last view with the right to act whose configuration this was, see [`Standing`].
    pub acted: u64,
}

/// How far a configuration counts against others. A cluster goes on, after all of it was dark, with
/// that of the highest standing.
///
/// The version alone does not say it: who was cut off may have counted up for itself, while the
/// others agreed on something else (C1). But every view that had the right to act had a majority, and
/// its number is above those of all that had it before. So what a majority has on disk *as of such a
/// view* is also known to the next one, and goes before whatever was made in earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// The counter of the last view with the right to act whose configuration it was; 0 for none.
    pub acted: u64,
    /// Its version.
    pub version: Version,
}
codec_struct!(Standing { acted, version });

impl Kept {
    /// How far its configuration counts.
    pub fn standing(&self) -> Standing {
        Standing { acted: self.acted, version: self.configuration.version }
    }

    /// A configuration of which nothing else is known.
    pub fn only(configuration: Configuration) -> Self {
        Self { configuration: Arc::new(configuration), ..Self::default() }
    }

    /// The changes that led here from `before`, oldest first; none when they are not all known, or
    /// when more is new than they are.
    pub fn since(&self, before: &Self) -> Option<Vec<Arc<Revision>>> {
        let from = before.configuration.version;
        let mut changes: Vec<Arc<Revision>> = Vec::new();
        let mut newest_first = self.revisions.iter().rev();
        let mut version = self.configuration.version;
        while version != from {
            let revision = newest_first.next().filter(|revision| revision.version == version)?;
            version = revision.before;
            changes.push(Arc::clone(revision));
        }
        // The line that led to `before` is the one that it is known by here, too.
        let is_one_line = newest_first.next() == before.revisions.newest()
            && self.revisions.aside().eq(before.revisions.aside())
            && self.trial == before.trial
            && self.passing == before.passing;
        changes.reverse();
        is_one_line.then_some(changes)
    }
}
codec_struct!(Kept { configuration, revisions, trial, passing, acted });

/// The last changes, oldest first, and those that were lost when two halves met again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Revisions {
    kept: Bounded,
    aside: Bounded,
}

/// The newest of many, in bounded memory (H1).
#[derive(Clone, Debug, Default, PartialEq)]
struct Bounded {
    revisions: VecDeque<(Arc<Revision>, usize)>,
    bytes: usize,
}

impl Bounded {
    const MOST: usize = 500;
    const MOST_BYTES: usize = 4 << 20;

    fn push(&mut self, revision: Arc<Revision>) {
        let bytes = revision.to_bytes().len();
        self.bytes += bytes;
        self.revisions.push_back((revision, bytes));
        // The newest is kept, whatever its size.
        while self.revisions.len() > Self::MOST
            || (self.bytes > Self::MOST_BYTES && self.revisions.len() > 1)
        {
            let oldest = self.revisions.pop_front();
            self.bytes -= oldest.map_or(0, |(_, bytes)| bytes);
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Revision>> {
        self.revisions.iter().map(|(revision, _)| revision)
    }
}

impl Revisions {
    /// Adds the newest.
    pub fn record(&mut self, revision: impl Into<Arc<Revision>>) {
        self.kept.push(revision.into());
    }

    /// All that are kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Revision>> {
        self.kept.iter()
    }

    /// Those that were made by nodes apart from the others, and did not count when they met again;
    /// in the order in which they were told.
    pub fn aside(&self) -> impl DoubleEndedIterator<Item = &Arc<Revision>> {
        self.aside.iter()
    }

    /// The newest, if any is kept.
    pub fn newest(&self) -> Option<&Arc<Revision>> {
        self.iter().next_back()
    }

    /// The one that made this version.
    pub fn get(&self, version: Version) -> Option<&Arc<Revision>> {
        self.iter().find(|revision| is_same(revision.version, version))
    }

    /// The configuration as it was in this version; `None` when the revisions since are not all
    /// kept, or there was none of it.
    pub fn configuration_at(&self, now: &Configuration, version: Version) -> Option<Configuration> {
        let mut configuration = now.clone();
        let mut newest_first = self.iter().rev();
        while !is_same(configuration.version, version) {
            let revision = newest_first.next()?;
            if !is_same(revision.version, configuration.version) {
                return None;
            }
            configuration.apply(&revision.difference.clone().reversed().into_edits()).ok()?;
            configuration.version = revision.before;
        }
        Some(configuration)
    }

    /// Those of ours that `others`, which count from now on, know nothing of: what was put aside
    /// here before (when these two halves were three), then what has counted here.
    pub(crate) fn unknown_to(&self, others: &Self) -> Vec<Revision> {
        let oldest = others.iter().next().map(|revision| revision.before);
        let counted = self
            .iter()
            .filter(|own| own.by != CLUSTER)
            .filter(|own| oldest.is_none_or(|oldest| own.version > oldest));
        self.aside()
            .chain(counted)
            .filter(|own| others.iter().chain(others.aside()).all(|other| other != *own))
            .map(|own| Revision::clone(own))
            .collect()
    }

    /// Keeps a revision that does not count. Says whether it is news.
    pub(crate) fn put_aside(&mut self, revision: Revision) -> bool {
        let is_new = self.aside.iter().chain(self.kept.iter()).all(|known| **known != revision);
        if is_new {
            self.aside.push(Arc::new(revision));
        }
        is_new
    }
}

/// Versions of the same configuration: how often the status has changed since does not count.
fn is_same(one: Version, other: Version) -> bool {
    (one.admin_epoch, one.epoch) == (other.admin_epoch, other.epoch)
}

impl Encode for Revisions {
    fn encode(&self, out: &mut Vec<u8>) {
        for list in [&self.kept, &self.aside] {
            base::codec::encode_count(list.revisions.len(), out);
            list.iter().for_each(|revision| revision.encode(out));
        }
    }
}

impl Decode for Revisions {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut revisions = Self::default();
        for list in [&mut revisions.kept, &mut revisions.aside] {
            for _ in 0..reader.count()? {
                list.push(Arc::new(Revision::decode(reader)?));
            }
        }
        Ok(revisions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::AttributeSet;

    /// A configuration whose only option has each of `values` in turn.
    fn history(values: &[&str]) -> (Configuration, Revisions) {
        let mut revisions = Revisions::default();
        let mut configuration = Configuration::default();
        for value in values {
            let mut changed = configuration.clone();
            changed.version.epoch += 1;
            let mut set = AttributeSet::new("options");
            set.set("note", value);
            changed.properties = vec![set];
            revisions.record(Revision {
                version: changed.version,
                before: configuration.version,
                message: (*value).to_owned(),
                difference: Difference::between(&configuration, &changed),
                ..Revision::default()
            });
            configuration = changed;
        }
        (configuration, revisions)
    }

    fn note(configuration: &Configuration) -> &str {
        configuration.property("note")
    }

    #[test]
    fn every_configuration_that_was_can_be_had_again() {
        let (now, revisions) = history(&["a", "b", "c"]);
        for (epoch, expected) in [(3, Some("c")), (2, Some("b")), (1, Some("a")), (0, Some(""))] {
            let version = Version { epoch, ..Version::default() };
            let then = revisions.configuration_at(&now, version);
            assert_eq!(then.as_ref().map(note), expected);
        }
        let never = Version { epoch: 9, ..Version::default() };
        assert_eq!(revisions.configuration_at(&now, never), None);
    }

    #[test]
    fn what_is_kept_is_bounded_and_travels() {
        let long = "x".repeat(Bounded::MOST_BYTES / 8);
        let values: Vec<&str> = std::iter::repeat_n(["", long.as_str()], 30).flatten().collect();
        let (now, revisions) = history(&values);
        let kept = revisions.iter().count();
        assert!((2..values.len()).contains(&kept), "{kept} are kept");
        assert_eq!(Revisions::from_bytes(&revisions.to_bytes()), Ok(revisions.clone()));
        assert_eq!(revisions.configuration_at(&now, Version::default()), None);
        let (_, many) = history(&["x", "y"].repeat(Bounded::MOST));
        assert_eq!(many.iter().count(), Bounded::MOST);
    }

    #[test]
    fn what_one_half_changed_alone_is_put_aside_once() {
        let (_, mut ours) = history(&["a", "b", "ours"]);
        let (_, mut theirs) = history(&["a", "b", "theirs"]);
        let unknown = ours.unknown_to(&theirs);
        assert_eq!(unknown.iter().map(|own| own.message.as_str()).collect::<Vec<_>>(), ["ours"]);
        assert!(theirs.put_aside(unknown[0].clone()));
        assert!(!theirs.put_aside(unknown[0].clone()));
        assert!(ours.unknown_to(&theirs).is_empty());
        assert!(!ours.put_aside(unknown[0].clone()));
        assert_eq!(theirs.aside().count(), 1);
        // A third part that counts in the end hears of what the second had put aside.
        let (_, mut third) = history(&["a", "b", "third"]);
        let told = theirs.unknown_to(&third);
        assert_eq!(
            told.iter().map(|own| own.message.as_str()).collect::<Vec<_>>(),
            ["ours", "theirs"]
        );
        assert!(told.into_iter().all(|revision| third.put_aside(revision)));
        assert!(theirs.unknown_to(&third).is_empty());
    }
}
