//! `sequence`: the order of what a text shows in another one.

use super::{Loader, Mode};
use crate::diagnostic::Diagnostic;
use crate::element;
use crate::lexer::Word;
use crate::statement::{Located, Sequence, Statement};
use cib::Part;
use cluster::{Configuration, Edit, Element, ExtraNode};
use std::collections::{BTreeMap, BTreeSet};

/// What the text says of the insides of groups and clones.
#[derive(Debug, Default)]
pub(super) struct Insides {
    /// In these the members stand first.
    members_first: BTreeSet<String>,
    /// What stands in these, in its order.
    orders: BTreeMap<String, Vec<String>>,
}

impl Insides {
    pub(super) fn of(statements: &[Located<Statement>]) -> Self {
        let mut insides = Self::default();
        for located in statements {
            let Statement::Sequence(of, words) = &located.value else { continue };
            let ids = words.iter().map(|word| word.text.clone());
            match of {
                Sequence::Members => insides.members_first.extend(ids),
                Sequence::Inside(word) => {
                    insides.orders.insert(word.text.clone(), ids.collect());
                }
                Sequence::Objects(_) | Sequence::Sections => {}
            }
        }
        insides
    }

    /// Puts what is inside a group or clone in the order that was said.
    pub(super) fn arrange(&self, container: &mut Element) {
        let id = element::id(container);
        if let Some(ids) = self.orders.get(id) {
            arrange(container, ids);
        } else if self.members_first.contains(id) {
            members_first(container);
        }
    }
}

impl Loader<'_> {
    /// Orders of objects, after all of them are there.
    pub(super) fn sequences(&mut self) {
        for located in self.statements {
            let Statement::Sequence(of, words) = &located.value else { continue };
            let Sequence::Objects(part) = of else { continue };
            self.warn_of_unknown(*part, words);
            let ids = words.iter().map(|word| word.text.clone()).collect();
            self.edits.push(Edit::Arrange { kind: part.kind(), ids });
        }
    }

    fn warn_of_unknown(&mut self, part: Part, words: &[Word]) {
        let there: BTreeSet<String> = ids_of(&self.base, part).into_iter().collect();
        let of_text = |id: &str| self.places.contains_key(&(part.kind(), id.to_owned()));
        let unknown =
            words.iter().filter(|word| !there.contains(&word.text) && !of_text(&word.text));
        let warnings = unknown.map(|word| {
            let what = format!("there is no `{}` in {}", word.text, part.name());
            Diagnostic::warning(word.position, what, "it is passed over")
        });
        let warnings: Vec<Diagnostic> = warnings.collect();
        self.warnings.extend(warnings);
    }

    /// The order of the sections, in a configuration that is replaced as a whole.
    pub(super) fn arrange_sections(&self, outcome: &mut Configuration) {
        debug_assert_eq!(self.mode, Mode::Replace);
        for located in self.statements {
            if let Statement::Sequence(Sequence::Sections, words) = &located.value {
                let names: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
                cib::arrange_sections(outcome, &names);
            }
        }
    }
}

/// Has the members of a group or clone before its blocks of values.
fn members_first(container: &mut Element) {
    container.extra.children.sort_by_key(|child| match child {
        ExtraNode::Comment(_) => 0,
        ExtraNode::Element(child) if element::is_resource(child) => 1,
        ExtraNode::Element(_) | ExtraNode::Text(_) => 2,
    });
}

fn arrange(container: &mut Element, ids: &[String]) {
    let places: BTreeMap<&str, usize> =
        ids.iter().enumerate().map(|(place, id)| (id.as_str(), place + 1)).collect();
    container.extra.children.sort_by_key(|child| match child {
        ExtraNode::Comment(_) | ExtraNode::Text(_) => 0,
        ExtraNode::Element(child) => places.get(element::id(child)).copied().unwrap_or(usize::MAX),
    });
}

/// The ids of the objects of a part, in their order.
pub(crate) fn ids_of(configuration: &Configuration, part: Part) -> Vec<String> {
    let sets = |sets: &[cluster::AttributeSet]| sets.iter().map(|set| set.id.clone()).collect();
    match part {
        Part::Properties => sets(&configuration.properties),
        Part::ResourceDefaults => sets(&configuration.resource_defaults),
        Part::OperationDefaults => sets(&configuration.operation_defaults),
        Part::Nodes => configuration.nodes.iter().map(|node| node.id.clone()).collect(),
        Part::Resources => configuration.resources.iter().map(|it| it.id().to_owned()).collect(),
        Part::Constraints => {
            configuration.constraints.iter().map(|it| it.id().to_owned()).collect()
        }
        Part::FencingTopology => {
            configuration.fencing_levels.iter().map(|it| it.id.clone()).collect()
        }
        Part::Tags => configuration.tags.iter().map(|tag| tag.id.clone()).collect(),
        Part::Acls | Part::Alerts => {
            let here =
                configuration.opaque.iter().filter(|(section, _)| part.opaque() == Some(*section));
            here.map(|(_, object)| element::id(object).to_owned()).collect()
        }
    }
}
