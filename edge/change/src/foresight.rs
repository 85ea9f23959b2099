//! What the cluster would do about a change, before it is made.

use crate::{Change, Refusal, Scene, access, new_problems, to_wire, wish};
use api::{Consequence, Preview};
use cluster::validate::Severity;
use cluster::{Configuration, Difference, Forget, Status, primitive_of};
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
        let preview = Preview {
            changes: to_wire(&self.difference),
            consequences,
            warnings,
            forgotten: Vec::new(),
        };
        Ok(access::shown_preview(scene.rights, preview))
    }
}

/// What would become of a cleanup or a refresh, worked out from `scene`.
///
/// # Errors
/// When there is no such resource or node.
pub fn forgetting(
    scene: &Scene<'_>,
    (resource, node): (Option<&str>, Option<&str>),
    what: Forget,
) -> Result<Preview, Refusal> {
    resource.map_or(Ok(()), |id| wish::resource(scene.configuration, id).map(drop))?;
    node.map_or(Ok(()), |name| wish::check_node(scene.configuration, name))?;
    let mut after = scene.status.clone();
    after.forget(scene.configuration, (resource, node), what);
    let forgotten = forgotten(scene.status, &after);
    keep_what_will_be_found(scene, &mut after);
    let news = Scene { status: &after, ..*scene };
    let consequences = differing(&summary(scene), summary(&news));
    let changes = to_wire(&Difference::default());
    let preview = Preview { changes, consequences, forgotten, ..Preview::default() };
    Ok(access::shown_preview(scene.rights, preview))
}

/// What is active is found again where it is.
fn keep_what_will_be_found(scene: &Scene<'_>, after: &mut Status) {
    let facts = scene.facts(scene.configuration);
    let situation = scheduler::situation(&facts);
    for (index, _) in situation.resources.iter().filter(|(_, it)| it.is_primitive()) {
        for node in situation.active_on(index) {
            let id = &situation.nodes[node].id;
            let (Some(was), Some(is)) = (scene.status.nodes.get(id), after.nodes.get_mut(id))
            else {
                continue;
            };
            let primitive = primitive_of(&situation.resources[index].id);
            for (instance, history) in &was.history {
                if primitive_of(instance) == primitive && !is.history.contains_key(instance) {
                    let mut history = history.clone();
                    history.operations.retain(|operation| !operation.has_failed());
                    is.history.insert(instance.clone(), history);
                }
            }
        }
    }
}

/// In words, node by node.
fn forgotten(before: &Status, after: &Status) -> Vec<String> {
    let mut words = Vec::new();
    for (id, was) in &before.nodes {
        let Some(is) = after.nodes.get(id) else { continue };
        for name in was.attributes.keys().filter(|name| !is.attributes.contains_key(*name)) {
            if let Some(count) = name.strip_prefix("fail-count-") {
                let (times, name) = (&was.attributes[name], &was.name);
                words.push(format!("failures of {count} on {name}: {times}"));
            }
        }
        let gone = was.history.keys().filter(|instance| !is.history.contains_key(*instance));
        words.extend(
            gone.map(|it| format!("results of {it} on {}: it is looked for there", was.name)),
        );
    }
    words
}

/// What the cluster would do with `after` in the place of what is. What it does anyway is left out.
fn foresee(scene: &Scene<'_>, after: &Configuration) -> Vec<Consequence> {
    let news = Scene { configuration: after, ..*scene };
    differing(&summary(scene), summary(&news))
}

fn summary(scene: &Scene<'_>) -> Vec<Consequence> {
    let facts = scene.facts(scene.configuration);
    scheduler::decide(&facts).summary.into_iter().map(consequence).collect()
}

fn differing(already: &[Consequence], mut foreseen: Vec<Consequence>) -> Vec<Consequence> {
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

    fn scene(cib: &cib::Cib) -> Scene<'_> {
        Scene {
            configuration: &cib.configuration,
            status: &cib.status,
            has_quorum: true,
            now: WallTime::from_seconds(1_700_000_000),
            rights: &Rights::All,
            world: World::Paper,
        }
    }

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
            let scene = scene(&cib);
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

    #[test]
    fn people_see_what_a_cleanup_would_do() {
        let mut cib = cib::read(CIB).expect("it is sound");
        // `a` may not run on oss2 any more, and oss1 is to be emptied.
        let text = "node oss1 attributes standby=on\nproperty migration-threshold=1\n";
        let loaded = crmsh::load(text, &cib.configuration, crmsh::Mode::Update);
        cib.configuration.apply(&loaded.expect("the text is sound").edits).expect("it fits");
        let node = cib.status.nodes.get_mut("2").expect("it is there");
        node.attributes.insert("fail-count-a#start_0".into(), "INFINITY".into());
        node.attributes.insert("last-failure-a#start_0".into(), "1699999990".into());
        let said = |resource, node, what| {
            let scene = scene(&cib);
            match forgetting(&scene, (resource, node), what) {
                Ok(preview) => {
                    let changes = crate::from_wire(&preview.changes).expect("it can be read");
                    assert!(changes.is_empty(), "nothing is configured");
                    let does =
                        preview.consequences.iter().map(|it| format!("{} {}", it.verb, it.subject));
                    preview.forgotten.iter().cloned().chain(does).collect::<Vec<_>>().join(" | ")
                }
                Err(why) => why.to_string(),
            }
        };
        let count = "failures of a#start_0 on oss2: INFINITY";
        assert_eq!(said(Some("a"), None, Forget::Failures), format!("{count} | Move a"));
        assert_eq!(said(Some("a"), Some("oss1"), Forget::Failures), "");
        assert_eq!(
            said(None, None, Forget::Everything),
            format!(
                "results of a on oss1: it is looked for there | {count} | results of a on oss2: it is \
                 looked for there | Move a"
            )
        );
        assert_eq!(
            said(Some("b"), None, Forget::Failures),
            "there is no resource `b`; did you mean `a`?"
        );
        assert_eq!(
            said(None, Some("oss9"), Forget::Failures),
            "there is no node `oss9`; did you mean `oss1`?"
        );
    }
}
