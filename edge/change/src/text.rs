//! A configuration text, as edits.

use crate::wish::{Text, put};
use crate::{Refusal, secrets};
use api::{Language, LoadMode};
use cluster::{Configuration, Edit, Element, Extra, ExtraNode};
use std::collections::BTreeMap;

/// What a text says.
pub(crate) struct Read<'a> {
    pub(crate) edits: Vec<Edit>,
    pub(crate) warnings: Vec<String>,
    pub(crate) places: Places<'a>,
}

/// Where each object stands in a text.
pub(crate) enum Places<'a> {
    /// Nobody wrote it: places tell people nothing.
    None,
    Crm(BTreeMap<String, crmsh::Position>),
    /// Looked up where there is something to say: that takes a whole reading each time.
    Xml(&'a str),
}

impl Places<'_> {
    pub(crate) fn of(&self, id: &str) -> Option<String> {
        match self {
            Self::None => None,
            Self::Crm(places) => places.get(id).map(ToString::to_string),
            Self::Xml(text) => {
                cib::position_of(text, id).map(|(line, column)| format!("{line}:{column}"))
            }
        }
    }
}

impl Text {
    /// The edits it comes to.
    pub(crate) fn read(&self, onto: &Configuration) -> Result<Read<'_>, Refusal> {
        match self.language {
            Language::Crm => self.read_crm(onto),
            Language::Xml => self.read_xml(onto),
        }
    }

    fn read_crm(&self, onto: &Configuration) -> Result<Read<'_>, Refusal> {
        let mode = match self.mode {
            LoadMode::Update => crmsh::Mode::Update,
            LoadMode::Replace => crmsh::Mode::Replace,
        };
        let in_file = |diagnostics: Vec<crmsh::Diagnostic>| {
            Refusal::Text(diagnostics.iter().map(|found| found.in_file(&self.name)).collect())
        };
        let load = if self.force { crmsh::load_tolerant } else { crmsh::load };
        let loaded = load(&self.text, onto, mode).map_err(in_file)?;
        Ok(Read {
            edits: loaded.edits,
            warnings: loaded.warnings.iter().map(|found| found.in_file(&self.name)).collect(),
            places: Places::Crm(loaded.positions.into_iter().collect()),
        })
    }

    /// A whole CIB, its configuration, or objects of it.
    fn read_xml(&self, onto: &Configuration) -> Result<Read<'_>, Refusal> {
        let wrong = |error: cib::CibError| {
            let cib::CibError { line, column, what, help } = error;
            Refusal::Text(vec![format!("{}:{line}:{column}: error: {what}; {help}", self.name)])
        };
        let text = secrets::uncovered(&self.text, onto)?;
        let element = cib::read_element(&text).map_err(wrong)?;
        let configuration = match (element.name.as_str(), self.mode) {
            ("cib", _) => Some(cib::read(&text).map_err(wrong)?.configuration),
            ("configuration", LoadMode::Replace) => {
                // First by itself, for the places of what is wrong.
                cib::read_object(&text, None).map_err(wrong)?;
                let children = vec![ExtraNode::Element(element)];
                let extra = Extra { children, ..Extra::default() };
                let whole = Element { name: "cib".into(), extra };
                Some(cib::from_element(&whole).map_err(wrong)?.configuration)
            }
            _ => None,
        };
        let edits = match (configuration, self.mode) {
            (Some(whole), LoadMode::Replace) => vec![Edit::Replace(Box::new(whole))],
            (Some(whole), LoadMode::Update) => whole.into_objects().map(put).collect(),
            (None, _) => {
                let objects = cib::read_object(&text, None).map_err(wrong)?;
                objects.into_iter().map(put).collect()
            }
        };
        Ok(Read { edits, warnings: Vec::new(), places: Places::Xml(&self.text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Agents, World};
    use crate::{AgentDoubt, Change, Scene, Wish};
    use base::WallTime;
    use cluster::access::Rights;
    use cluster::validate::Severity;
    use cluster::{Agent, AttributeSet, Primitive, Resource, Status};

    /// A machine with the agent Dummy alone.
    struct OnlyDummy;

    impl Agents for OnlyDummy {
        fn doubts(&self, agent: &Agent, parameters: &[String]) -> Vec<AgentDoubt> {
            if agent.kind != "Dummy" {
                let what = format!("{agent} is not on this node");
                return vec![AgentDoubt { severity: Severity::Error, what }];
            }
            let unknown = parameters.iter().filter(|name| *name != "fake");
            let doubt = |name: &String| AgentDoubt {
                severity: Severity::Warning,
                what: format!("{agent} has no parameter `{name}`"),
            };
            unknown.map(doubt).collect()
        }
    }

    fn text(text: &str, language: Language, mode: LoadMode) -> Text {
        Text { text: text.into(), language, mode, name: "f".into(), force: false }
    }

    fn loaded(source: Text, onto: &Configuration, world: World<'_>) -> Result<Change, Refusal> {
        let status = Status::default();
        let scene = Scene {
            configuration: onto,
            status: &status,
            has_quorum: true,
            now: WallTime::from_seconds(0),
            rights: &Rights::All,
            world,
        };
        Wish::Load(source).work_out(&scene)
    }

    #[test]
    fn agents_are_asked_for_where_there_are_any() {
        let cases = [
            ("primitive a ocf:x:Dummy params fake=1\n", Ok(vec![])),
            (
                "\nprimitive a ocf:x:Dummy params ffake=1\n",
                Ok(vec!["f:2:11: warning: a: ocf:x:Dummy has no parameter `ffake`"]),
            ),
            (
                "primitive a ocf:x:Dumy\n",
                Err(vec!["f:1:11: error: a: ocf:x:Dumy is not on this node"]),
            ),
        ];
        for (words, expected) in cases {
            let source = text(words, Language::Crm, LoadMode::Update);
            let mut onto = Configuration::default();
            onto.properties.push(AttributeSet::new("options"));
            onto.properties[0].set("stonith-enabled", "false");
            let found = loaded(source.clone(), &onto, World::Running(&OnlyDummy));
            let found = found.map(|change| change.warnings).map_err(|why| why.reasons());
            let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(found, expected.map(owned).map_err(owned), "{words}");
            let on_paper = loaded(source, &onto, World::Paper).expect("nobody looks");
            assert!(on_paper.warnings.is_empty(), "{words}");
        }
    }

    #[test]
    fn a_configuration_takes_the_place_of_another() {
        let mut onto = Configuration::default();
        onto.resources
            .push(Resource::Primitive(Primitive { id: "old".into(), ..Primitive::default() }));
        let inside =
            "<resources><primitive id='new' class='ocf' provider='x' type='Dummy'/></resources>";
        let whole = format!("<configuration>{inside}</configuration>");
        for (xml, mode, expected) in [
            (whole.clone(), LoadMode::Replace, vec!["new"]),
            (format!("<cib>{whole}</cib>"), LoadMode::Replace, vec!["new"]),
            (whole, LoadMode::Update, vec!["old", "new"]),
            (inside.to_owned(), LoadMode::Update, vec!["old", "new"]),
        ] {
            let change = loaded(text(&xml, Language::Xml, mode), &onto, World::Paper);
            let after = change.expect("the text is right").after;
            let ids: Vec<&str> = after.resources.iter().map(Resource::id).collect();
            assert_eq!(ids, expected, "{xml}");
        }
    }
}
