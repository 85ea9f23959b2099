//! Stands in for what another stage's files provide.

use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Situation;
use base::WallTime;
use cluster::Score;
use std::collections::BTreeMap;

pub(super) enum Expired {
    Ignored,
}

pub(super) struct FailCount {
    pub(super) count: Score,
    #[allow(dead_code)]
    pub(super) last: Option<WallTime>,
}

#[allow(clippy::todo, unused_variables)]
impl Situation<'_> {
    pub(super) fn current_node(&self, r: ResourceIndex) -> Option<NodeIndex> {
        todo!()
    }

    pub(super) fn fail_count(
        &self,
        r: ResourceIndex,
        node: NodeIndex,
        expired: Expired,
        with_launched: bool,
    ) -> FailCount {
        todo!()
    }

    pub(super) fn fence(&mut self, node: NodeIndex, reason: &str, with_priority_delay: bool) {
        todo!()
    }

    pub(super) fn parameters(
        &self,
        r: ResourceIndex,
        node: Option<NodeIndex>,
    ) -> BTreeMap<String, String> {
        todo!()
    }
}
