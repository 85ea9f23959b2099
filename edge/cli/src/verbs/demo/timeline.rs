//! What happened when, read from the cluster's journal.

use super::stage::Failure;
use api::EventReport;
use std::collections::BTreeMap;
use std::time::Duration;

/// A server's loss, and what came of it. Times count from the moment its power went.
pub(super) struct Timeline {
    victim: String,
    killed_at: i64,
    suspected: Option<Duration>,
    pub(super) view: Option<Duration>,
    fencing: Option<Duration>,
    fenced: Option<Duration>,
    /// When and where each lost target was mounted again.
    starts: BTreeMap<String, Option<(Duration, String)>>,
}

impl Timeline {
    pub(super) fn new(victim: &str, killed_at: i64, lost: &[String]) -> Self {
        let starts = lost.iter().map(|target| (target.clone(), None)).collect();
        let victim = victim.to_owned();
        Self { victim, killed_at, suspected: None, view: None, fencing: None, fenced: None, starts }
    }

    /// Takes in what the journal says; an event counts once.
    pub(super) fn read(&mut self, events: &[EventReport]) {
        for event in events {
            let Ok(after) = u64::try_from(event.at_ms - self.killed_at) else { continue };
            let after = Some(Duration::from_millis(after));
            let is_victim = event.subject == self.victim;
            let place = match event.kind.as_str() {
                "suspected" if is_victim => &mut self.suspected,
                "view" if !event.subject.split(' ').any(|name| name == self.victim) => {
                    &mut self.view
                }
                "fencing-started" if is_victim => &mut self.fencing,
                "fencing-ended" if is_victim && !event.failed => &mut self.fenced,
                "action" if event.task.as_deref() == Some("start") && !event.failed => {
                    self.started(event, after);
                    continue;
                }
                _ => continue,
            };
            *place = place.or(after);
        }
    }

    fn started(&mut self, event: &EventReport, after: Option<Duration>) {
        if let (Some(start), Some(after), Some(node)) =
            (self.starts.get_mut(&event.subject), after, &event.node)
            && start.is_none()
        {
            *start = Some((after, node.clone()));
        }
    }

    /// Whether everything has happened that should.
    pub(super) fn is_complete(&self) -> bool {
        self.view.is_some() && self.fenced.is_some() && self.starts.values().all(Option::is_some)
    }

    /// When the last target was mounted.
    pub(super) fn mounted(&self) -> Option<Duration> {
        let times: Option<Vec<Duration>> =
            self.starts.values().map(|start| start.as_ref().map(|(after, _)| *after)).collect();
        times?.into_iter().max()
    }

    /// How far it has come, in words.
    pub(super) fn progress(&self) -> String {
        let back = self.starts.values().filter(|start| start.is_some()).count();
        let all = self.starts.len();
        match (self.view, self.fenced) {
            (None, _) => format!("{} is silent", self.victim),
            (Some(_), None) => format!("the others have agreed that {} is gone", self.victim),
            (Some(_), Some(_)) => {
                format!("{} is fenced, {back} of its {all} targets are mounted again", self.victim)
            }
        }
    }

    /// The table, in order of time.
    pub(super) fn rows(&self) -> Vec<(String, String)> {
        let victim = &self.victim;
        let mut rows = vec![(Some(Duration::ZERO), format!("{victim} loses its power"))];
        rows.push((self.suspected, format!("{victim} is suspected: silent on all rings")));
        rows.push((self.view, format!("a new view without {victim}")));
        rows.push((self.fencing, format!("fencing of {victim} begins")));
        rows.push((self.fenced, format!("{victim} is certainly down")));
        for (target, start) in &self.starts {
            let node = start.as_ref().map_or("nowhere", |(_, node)| node.as_str());
            rows.push((start.as_ref().map(|(after, _)| *after), format!("{target} is on {node}")));
        }
        rows.sort_by_key(|(after, _)| after.unwrap_or(Duration::MAX));
        let time = |after: Option<Duration>| {
            after.map_or_else(|| "never".into(), |after| format!("{} ms", after.as_millis()))
        };
        rows.into_iter().map(|(after, event)| (time(after), event)).collect()
    }

    /// What it comes to, in a sentence.
    pub(super) fn summary(&self) -> String {
        let victim = &self.victim;
        let targets = match self.starts.len() {
            1 => "only target was".to_owned(),
            count => format!("{count} targets were"),
        };
        let Some(mounted) = self.mounted() else {
            return format!("Not all that ran on {victim} is back.");
        };
        let silence = self.suspected.map_or_else(String::new, |silence| {
            format!("; it had been missed after {} ms", silence.as_millis())
        });
        format!("{victim}'s {targets} back after {} ms{silence}.", mounted.as_millis())
    }

    /// Whether something came in time.
    pub(super) fn within(
        &self,
        what: &'static str,
        took: Option<Duration>,
        limit: Duration,
    ) -> Result<(), Failure> {
        match took {
            Some(took) if took <= limit => Ok(()),
            took => Err(Failure::TooLate { what, took, limit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at_ms: i64, kind: &str, subject: &str) -> EventReport {
        let (kind, subject) = (kind.to_owned(), subject.to_owned());
        EventReport { at_ms, kind, subject, ..EventReport::default() }
    }

    #[test]
    fn a_failover_becomes_a_table() {
        let mut timeline = Timeline::new("oss1", 1000, &["resOST0".into()]);
        let start = EventReport {
            task: Some("start".into()),
            node: Some("oss2".into()),
            ..event(2100, "action", "resOST0")
        };
        timeline.read(&[
            event(900, "view", "oss2 oss3"), // before the power went
            event(1500, "suspected", "oss1"),
            event(1600, "view", "oss2 oss3"),
            event(1650, "fencing-started", "oss1"),
            event(1900, "fencing-ended", "oss1"),
        ]);
        assert!(!timeline.is_complete());
        timeline.read(&[start, event(9000, "view", "oss2 oss3")]);
        assert!(timeline.is_complete());
        assert_eq!(timeline.mounted(), Some(Duration::from_millis(1100)));
        assert_eq!(
            timeline.summary(),
            "oss1's only target was back after 1100 ms; it had been missed after 500 ms."
        );
        assert_eq!(timeline.rows()[2], ("600 ms".into(), "a new view without oss1".into()));
        assert!(timeline.within("new view", timeline.view, Duration::from_millis(600)).is_ok());
        assert!(timeline.within("new view", timeline.view, Duration::from_millis(599)).is_err());
    }
}
