//! What the cluster would do about a change, before it is made.

use crate::{Change, Refusal, Scene, access, new_problems, to_wire};
use api::{Consequence, Preview};
use cluster::Configuration;
use cluster::validate::Severity;
use scheduler::SummaryLine;

impl Change {
    /// What would become of it, worked out from `scene`.
    ///
    /// # Errors
    /// When it would be refused, and is not forced.
    pub fn preview(&self, scene: &Scene<'_>, force: bool) -> Result<Preview, Refusal> {
        let problems = new_problems(scene.configuration, &self.after).into_iter();
        let errors = problems.filter(|problem| problem.severity == Severity::Error);
        let errors: Vec<String> = errors.map(|problem| problem.to_string()).collect();
        if !errors.is_empty() && !force {
            return Err(Refusal::Invalid(errors));
        }
        let consequences = match self.difference.is_empty() {
            true => Vec::new(),
            false => foresee(scene, &self.after),
        };
        let warnings = errors.into_iter().chain(self.warnings.iter().cloned()).collect();
        let preview = Preview { changes: to_wire(&self.difference), consequences, warnings };
        Ok(access::shown_preview(scene.rights, preview))
    }
}

/// What the cluster would do with `after` in the place of what is. What it does anyway is left out.
fn foresee(scene: &Scene<'_>, after: &Configuration) -> Vec<Consequence> {
    let summary = |configuration: &Configuration| {
        let facts = scene.facts(configuration);
        scheduler::decide(&facts).summary.into_iter().map(consequence).collect()
    };
    let already: Vec<Consequence> = summary(scene.configuration);
    let mut foreseen: Vec<Consequence> = summary(after);
    foreseen.retain(|consequence| !already.contains(consequence));
    foreseen
}

/// Verbs after which a service is not what it was for a while, wherever it ran.
const INTERRUPTING: [&str; 6] = ["Stop", "Move", "Restart", "Recover", "Demote", "Fence"];

fn consequence(line: SummaryLine) -> Consequence {
    let SummaryLine { verb, subject, course, reason, blocked } = line;
    // What was not running before is not interrupted; of a node nobody knows.
    let was_there = course.as_ref().is_none_or(|course| course.from.is_some());
    let interrupts = was_there
        && INTERRUPTING.iter().any(|word| verb.split([' ', '(']).any(|part| part == *word));
    let place = course.map_or_else(String::new, |course| course.to_string());
    Consequence { verb, subject, place, reason, interrupts, blocked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Wish, World};
    use api::{Language, LoadMode, Request};
    use base::WallTime;
    use cluster::access::Rights;

    /// Two nodes; `a` runs on oss1 with the parameter of the digest that is recorded, `b` nowhere.
    const CIB: &str = include_str!("../tests/running.xml");

    #[test]
    fn people_see_what_a_change_would_do() {
        let cib = cib::read(CIB).expect("it is sound");
        for (text, expected) in [
            ("location l a -inf: oss1\n", &["Move a oss1 -> oss2, interrupts"][..]),
            ("primitive c ocf:heartbeat:Dummy\n", &["Start c oss2"]),
            ("node oss1 attributes standby=on\n", &["Move a oss1 -> oss2, interrupts"]),
            ("primitive b ocf:heartbeat:Dummy meta target-role=Stopped\n", &[]),
            (
                "primitive a ocf:heartbeat:Dummy meta target-role=Stopped\n",
                &["Stop a oss1, interrupts"],
            ),
        ] {
            let request = Request::Load {
                text: text.into(),
                language: Language::Crm,
                mode: LoadMode::Update,
                name: "f".into(),
                force: false,
            };
            let scene = Scene {
                configuration: &cib.configuration,
                status: &cib.status,
                has_quorum: true,
                now: WallTime::from_seconds(1_700_000_000),
                rights: &Rights::All,
                world: World::Paper,
            };
            let wish = Wish::of(request).expect("it changes the configuration");
            let change = wish.work_out(&scene).expect("it is right");
            let preview = change.preview(&scene, false).expect("it would be taken");
            let say = |it: &Consequence| {
                let interrupts = if it.interrupts { ", interrupts" } else { "" };
                format!("{} {} {}{interrupts}", it.verb, it.subject, it.place)
            };
            let said: Vec<String> = preview.consequences.iter().map(say).collect();
            assert_eq!(said, expected, "{text}");
        }
    }
}
