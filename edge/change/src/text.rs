//! A configuration text, as edits.

use crate::wish::{Text, put};
use crate::{Change, Refusal, Scene, World, checks};
use api::{Language, LoadMode};
use cluster::validate::Severity;
use cluster::{
    AttributeSet, Configuration, Edit, Element, Extra, ExtraNode, Object, Primitive, Resource,
};
use std::collections::BTreeMap;

/// Reads a text. In a running cluster an agent that does not exist, or lacks a parameter, is an
/// error unless it is forced: nothing would start.
pub(crate) fn load(source: &Text, scene: &Scene<'_>) -> Result<Change, Refusal> {
    let onto = scene.configuration;
    let Read { edits, mut warnings, places } = source.read(onto)?;
    let mut changed = onto.clone();
    if changed.apply(&edits).is_ok() {
        warnings.extend(checks::new_warnings(onto, &changed));
    }
    let mut errors = Vec::new();
    for primitive in primitives(&edits) {
        for (severity, problem) in agent_doubts(scene.world, primitive, &changed) {
            let place = places.of(&primitive.id).map(|place| format!("{place}: "));
            let place = format!("{}:{}", source.name, place.unwrap_or_default());
            match severity {
                Severity::Error if !source.force => {
                    errors.push(format!("{place}error: {}: {problem}", primitive.id));
                }
                _ => warnings.push(format!("{place}warning: {}: {problem}", primitive.id)),
            }
        }
    }
    warnings.sort();
    warnings.dedup();
    if errors.is_empty() { Ok(Change { edits, warnings }) } else { Err(Refusal::Agents(errors)) }
}

fn agent_doubts(
    world: World<'_>,
    primitive: &Primitive,
    configuration: &Configuration,
) -> Vec<(Severity, String)> {
    let World::Running(agents) = world else { return Vec::new() };
    if primitive.template.is_some() {
        return Vec::new();
    }
    let names = parameter_names(configuration, primitive);
    let doubts = agents.doubts(&primitive.agent, &names).into_iter();
    doubts.map(|doubt| (doubt.severity, doubt.what)).collect()
}

/// What a text says.
struct Read<'a> {
    edits: Vec<Edit>,
    warnings: Vec<String>,
    places: Places<'a>,
}

/// Where each object stands in a text.
enum Places<'a> {
    Crm(BTreeMap<String, crmsh::Position>),
    /// Looked up where there is something to say: that takes a whole reading each time.
    Xml(&'a str),
}

impl Places<'_> {
    fn of(&self, id: &str) -> Option<String> {
        match self {
            Self::Crm(places) => places.get(id).map(ToString::to_string),
            Self::Xml(text) => {
                cib::position_of(text, id).map(|(line, column)| format!("{line}:{column}"))
            }
        }
    }
}

impl Text {
    fn read(&self, onto: &Configuration) -> Result<Read<'_>, Refusal> {
        match self.language {
            Language::Crm => self.read_crm(onto),
            Language::Xml => self.read_xml(),
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
        let loaded = crmsh::load(&self.text, onto, mode).map_err(in_file)?;
        Ok(Read {
            edits: loaded.edits,
            warnings: loaded.warnings.iter().map(|found| found.in_file(&self.name)).collect(),
            places: Places::Crm(loaded.positions.into_iter().collect()),
        })
    }

    /// A whole CIB, its configuration, or objects of it.
    fn read_xml(&self) -> Result<Read<'_>, Refusal> {
        let wrong = |error: cib::CibError| {
            let cib::CibError { line, column, what, help } = error;
            Refusal::Text(vec![format!("{}:{line}:{column}: error: {what}; {help}", self.name)])
        };
        let element = cib::read_element(&self.text).map_err(wrong)?;
        let configuration = match (element.name.as_str(), self.mode) {
            ("cib", _) => Some(cib::read(&self.text).map_err(wrong)?.configuration),
            ("configuration", LoadMode::Replace) => {
                // First by itself, for the places of what is wrong.
                cib::read_object(&self.text, None).map_err(wrong)?;
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
                let objects = cib::read_object(&self.text, None).map_err(wrong)?;
                objects.into_iter().map(put).collect()
            }
        };
        Ok(Read { edits, warnings: Vec::new(), places: Places::Xml(&self.text) })
    }
}

/// The primitives that edits bring in or change.
fn primitives(edits: &[Edit]) -> Vec<&Primitive> {
    edits
        .iter()
        .flat_map(|edit| match edit {
            Edit::Put(object) => match object.as_ref() {
                Object::Resource(resource) => resource.primitives(),
                _ => Vec::new(),
            },
            Edit::Replace(configuration) => configuration.primitives().collect(),
            // No text says these.
            Edit::Remove(_) | Edit::Swap(_) | Edit::Arrange { .. } => Vec::new(),
        })
        .collect()
}

/// The parameters that the agent of `primitive` will get: its own, and what it inherits.
fn parameter_names(configuration: &Configuration, primitive: &Primitive) -> Vec<String> {
    let mut sets: Vec<&AttributeSet> = primitive.parameters.iter().collect();
    let around = configuration.resources.iter().find(|top| top.ids().contains(&&*primitive.id));
    if let Some(Resource::Clone(clone)) = around {
        sets.extend(&clone.parameters);
        if let Resource::Group(group) = clone.child.as_ref() {
            sets.extend(&group.parameters);
        }
    } else if let Some(Resource::Group(group)) = around {
        sets.extend(&group.parameters);
    }
    sets.iter().flat_map(|set| set.pairs.iter().map(|pair| pair.name.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AgentDoubt;
    use crate::scene::{Agents, World};
    use base::WallTime;
    use cluster::{Agent, Status};

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

    fn loaded(source: &Text, onto: &Configuration, world: World<'_>) -> Result<Change, Refusal> {
        let status = Status::default();
        let scene = Scene {
            configuration: onto,
            status: &status,
            has_quorum: true,
            now: WallTime::from_seconds(0),
            world,
        };
        load(source, &scene)
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
            let found = loaded(&source, &onto, World::Running(&OnlyDummy));
            let found = found.map(|change| change.warnings).map_err(|why| why.reasons());
            let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(found, expected.map(owned).map_err(owned), "{words}");
            let on_paper = loaded(&source, &onto, World::Paper).expect("nobody looks");
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
            let change = loaded(&text(&xml, Language::Xml, mode), &onto, World::Paper);
            let mut after = onto.clone();
            after.apply(&change.expect("the text is right").edits).expect("the edits fit");
            let ids: Vec<&str> = after.resources.iter().map(Resource::id).collect();
            assert_eq!(ids, expected, "{xml}");
        }
    }
}
