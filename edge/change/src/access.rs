//! What somebody may see and change of a cluster: where requests meet the rules of `acls`.

use crate::Refusal;
use api::{ObjectChanges, Preview};
use cib::Cib;
use cib::access::{Forbidden, check, visible};
use cluster::access::{Grants, Rights};
use cluster::{Configuration, Element, Extra, ExtraNode, Status};

/// Whether the configuration may become `after`.
///
/// # Errors
/// With the first thing that is not allowed, and the rule that says so.
pub fn check_configuration(
    rights: &Rights,
    before: &Configuration,
    after: &Configuration,
) -> Result<(), Forbidden> {
    check_cib(rights, || {
        [before, after].map(|it| Cib { configuration: it.clone(), ..Cib::default() })
    })
}

/// Whether the status of a cluster of this configuration may become `after`.
///
/// # Errors
/// As [`check_configuration`].
pub fn check_status(
    rights: &Rights,
    configuration: &Configuration,
    (before, after): (&Status, &Status),
) -> Result<(), Forbidden> {
    check_cib(rights, || {
        [before, after].map(|status| Cib {
            configuration: configuration.clone(),
            status: status.clone(),
            ..Cib::default()
        })
    })
}

fn check_cib(rights: &Rights, sides: impl FnOnce() -> [Cib; 2]) -> Result<(), Forbidden> {
    let Rights::Granted(grants) = rights else { return Ok(()) };
    let [before, after] = sides().map(|cib| cib::to_element(&cib));
    check(grants, &before, &after)
}

/// A CIB as text, with what may be seen of it.
///
/// # Errors
/// When nothing may be seen.
pub fn shown(rights: &Rights, cib: &Cib) -> Result<String, Forbidden> {
    match rights {
        Rights::All => Ok(cib::write(cib)),
        Rights::Granted(grants) => {
            visible(grants, &cib::to_element(cib)).map(|root| cib::write_element(&root))
        }
    }
}

/// The configuration in the crm language, with what may be seen of it.
///
/// # Errors
/// When nothing may be seen, or nothing that could be said in words.
pub fn shown_in_words(rights: &Rights, cib: &Cib, words: &[&str]) -> Result<String, Unseen> {
    let (seen, _) = cib::read_tolerant(&shown(rights, cib)?)?;
    Ok(crmsh::show(&seen.configuration, words))
}

/// Why what may be seen is not said in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// Nothing may be seen.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Too much is hidden.
    #[error("what you may see of the configuration makes no whole; look at its XML: {0}")]
    Part(#[from] cib::CibError),
}

/// Whether what tells of a section (`configuration`, `status`) as a whole may be seen.
///
/// # Errors
/// When the section itself may not be.
pub fn check_sight(rights: &Rights, section: &'static str) -> Result<(), Forbidden> {
    let Rights::Granted(grants) = rights else { return Ok(()) };
    let section = Element { name: section.to_owned(), extra: Extra::default() };
    cib::access::check_sight(grants, &around(section))
}

/// Changes, with what may be seen of the objects as they were and are to be.
pub fn shown_changes(rights: &Rights, changes: ObjectChanges) -> ObjectChanges {
    let Rights::Granted(grants) = rights else { return changes };
    let [before, after] = [&changes.before, &changes.after].map(|text| shown_part(grants, text));
    ObjectChanges { before, after, ..changes }
}

/// What would become of a change, as far as it may be seen.
pub fn shown_preview(rights: &Rights, preview: Preview) -> Preview {
    let mut preview = Preview { changes: shown_changes(rights, preview.changes), ..preview };
    let hidden = ["configuration", "status"].map(|section| check_sight(rights, section).err());
    if let Some(forbidden) = hidden.into_iter().flatten().next() {
        preview.consequences.clear();
        preview.forgotten.clear();
        preview.warnings.push(format!("what the cluster would do is not shown: {forbidden}"));
    }
    preview
}

/// A refusal as it may be told: what others have changed may be what is not to be seen.
pub(crate) fn discreet(rights: &Rights, refusal: Refusal) -> Refusal {
    match (rights, refusal) {
        (Rights::Granted(_), Refusal::Conflict(_)) => Refusal::Conflict(vec![
            "what is to be changed is not what it was taken for: others have changed it, or part \
             of it is hidden from you; look at it again"
                .to_owned(),
        ]),
        (_, refusal) => refusal,
    }
}

/// `<configuration>` as text, with what may be seen of it.
fn shown_part(grants: &Grants, text: &str) -> String {
    let Ok(configuration) = cib::read_element(text) else { return String::new() };
    let seen = visible(grants, &around(configuration)).unwrap_or_default();
    let empty = Element { name: "configuration".to_owned(), extra: Extra::default() };
    cib::write_element(seen.elements().next().unwrap_or(&empty))
}

/// Paths in rules begin at the root.
fn around(section: Element) -> Element {
    let children = vec![ExtraNode::Element(section)];
    Element { name: "cib".to_owned(), extra: Extra { children, ..Extra::default() } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forgetting;
    use crate::{Scene, Wish, World};
    use api::{Language, LoadMode, Request};
    use base::WallTime;
    use cluster::Forget;
    use cluster::access::Person;

    const CIB: &str = include_str!("../tests/rules.xml");

    fn rights(cib: &Cib, name: &str) -> Rights {
        Rights::of(&cib.configuration, &Person { name: name.into(), groups: Vec::new() })
    }

    fn scene<'a>(cib: &'a Cib, rights: &'a Rights) -> Scene<'a> {
        Scene {
            configuration: &cib.configuration,
            status: &cib.status,
            has_quorum: true,
            now: WallTime::from_seconds(0),
            rights,
            world: World::Paper,
        }
    }

    #[test]
    fn a_conflict_does_not_tell_what_is_hidden() {
        let cib = cib::read(CIB).expect("it is sound");
        let change = |old: &str, new: &str| {
            let object = |value: &str| {
                format!(
                    r#"<configuration><resources><primitive id="a" class="ocf" provider="p" type="Dummy"><instance_attributes id="a-i"><nvpair id="a-pw" name="passwd" value="{value}"/></instance_attributes></primitive></resources></configuration>"#
                )
            };
            let (before, after) = (object(old), object(new));
            let name = "test".to_owned();
            let changes = ObjectChanges { before, after, name, ..ObjectChanges::default() };
            Request::Change(Box::new(changes))
        };
        for (person, old, new, expected) in [
            ("root", "guess", "mine", "`geheim` by now"),
            ("operator", "guess", "mine", "is hidden from you"),
            ("operator", "geheim", "mine", "permission `look-2` of role `look` denies it"),
        ] {
            let wish = Wish::of(change(old, new)).expect("it changes the configuration");
            let rights = rights(&cib, person);
            let why = wish.work_out(&scene(&cib, &rights)).expect_err("it is refused").to_string();
            assert!(why.contains(expected), "{person}: {why}");
            assert_eq!(why.contains("geheim"), person == "root", "{person}: {why}");
        }
    }

    #[test]
    fn a_preview_shows_no_more_than_a_look() {
        let cib = cib::read(CIB).expect("it is sound");
        let request = Request::Load {
            text: "primitive a ocf:p:Dummy params passwd=geheim meta target-role=Stopped\n".into(),
            language: Language::Crm,
            mode: LoadMode::Update,
            name: "f".into(),
            force: false,
        };
        let wish = Wish::of(request).expect("it changes the configuration");
        for (person, is_shown) in [("operator", true), ("starter", false)] {
            let rights = rights(&cib, person);
            let scene = scene(&cib, &rights);
            let change = wish.work_out(&scene).expect("it is allowed");
            let preview = change.preview(&scene, false).expect("it would be taken");
            let ObjectChanges { before, after, .. } = &preview.changes;
            assert!(after.contains("Stopped"), "{person}: {after}");
            assert!(!before.contains("geheim") && !after.contains("geheim"), "{person}: {after}");
            let told = preview.warnings.iter().any(|it| it.contains("the cluster would do is not"));
            assert_eq!(told, !is_shown, "{person}: {:?}", preview.warnings);
            let cleanup = forgetting(&scene, (None, None), Forget::Everything);
            let cleanup = cleanup.expect("everything is there");
            let told = cleanup.warnings.iter().any(|it| it.contains("the cluster would do is not"));
            assert_eq!(told, !is_shown, "{person}: {cleanup:?}");
            assert!(is_shown || cleanup.forgotten.is_empty(), "{person}: {cleanup:?}");
        }
    }
}
