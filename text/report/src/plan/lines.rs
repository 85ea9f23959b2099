//! Steps as they are told: what differs in the node only is one line.

use super::{MOST_NAMED, Step, StepKind};
use crate::words::count;
use std::collections::BTreeMap;

/// Steps that are told together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Their numbers, ascending; at least one.
    pub(crate) steps: Vec<usize>,
}

impl Line {
    /// The step that speaks for all.
    pub(crate) fn first<'s>(&self, steps: &'s [Step]) -> &'s Step {
        &steps[self.steps[0]]
    }

    /// The nodes on which it is done; none where that is what it is about.
    pub(crate) fn nodes<'s>(&self, steps: &'s [Step]) -> Vec<&'s str> {
        let nodes = self.steps.iter().filter_map(|at| {
            let step = &steps[*at];
            step.node.as_deref().filter(|_| step.node != step.subject && !step.is_point())
        });
        nodes.collect()
    }

    /// `start ost0 on oss1`, `look for ost0 on oss1, oss2`.
    pub(crate) fn title(&self, steps: &[Step]) -> String {
        self.done_on(steps, &self.nodes(steps).join(", "))
    }

    /// The same for those who have read it: `look for ost0 on 8 nodes`.
    pub(super) fn mention(&self, steps: &[Step]) -> String {
        match self.nodes(steps).len() {
            0..=MOST_NAMED => self.title(steps),
            more => self.done_on(steps, &count(more, "node")),
        }
    }

    fn done_on(&self, steps: &[Step], nodes: &str) -> String {
        let what = &self.first(steps).what;
        if nodes.is_empty() { what.clone() } else { format!("{what} on {nodes}") }
    }
}

/// All steps, in their order.
pub(crate) fn lines(steps: &[Step]) -> Vec<Line> {
    of(steps, 0..steps.len())
}

/// Some of them. Looking for one resource on many nodes is one thing that is done, if nothing
/// tells the nodes apart.
pub(crate) fn of(steps: &[Step], some: impl IntoIterator<Item = usize>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut probes = BTreeMap::new();
    for at in some {
        let step = &steps[at];
        if step.kind != StepKind::Probe {
            lines.push(Line { steps: vec![at] });
            continue;
        }
        let waits: Vec<(usize, &str)> =
            step.waits.iter().map(|wait| (wait.step, wait.why.as_str())).collect();
        let line =
            *probes.entry((&step.what, &step.reason, step.wave, waits)).or_insert_with(|| {
                lines.push(Line { steps: Vec::new() });
                lines.len() - 1
            });
        lines[line].steps.push(at);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::waves::Moment;

    fn step(kind: StepKind, what: &str, node: &str) -> Step {
        Step {
            wave: 1,
            kind,
            what: what.into(),
            node: Some(node.into()),
            subject: None,
            key: String::new(),
            reason: String::new(),
            waits: Vec::new(),
            moment: Moment { wave: 1, point: 0 },
        }
    }

    #[test]
    fn probes_of_one_resource_are_one_line() {
        let nodes = ["a", "b", "c", "d"];
        let mut steps: Vec<Step> =
            nodes.iter().map(|node| step(StepKind::Probe, "look for x", node)).collect();
        steps.insert(1, step(StepKind::Start, "start y", "a"));
        let lines = lines(&steps);
        let titles: Vec<String> = lines.iter().map(|line| line.title(&steps)).collect();
        assert_eq!(titles, ["look for x on a, b, c, d", "start y on a"]);
        assert_eq!(lines[0].mention(&steps), "look for x on 4 nodes");
    }
}
