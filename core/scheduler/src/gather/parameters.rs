//! The parameters that agents get, and the operations that are configured.

use super::Reader;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::Situation;
use cluster::{AttributeSet, OperationSettings, RuleContext, resolved};
use std::collections::BTreeMap;

impl Reader<'_> {
    /// The plan has to be made again when parameters become others because time passes.
    pub(super) fn recheck_parameters(&mut self) {
        let context = RuleContext { now: Some(self.at.facts.now), ..RuleContext::default() };
        let mut recheck = self.at.recheck;
        for state in self.at.resources.values() {
            let Some(definition) = &state.definition else { continue };
            let own = definition.operations.iter().map(|it| (&it.meta, &it.parameters));
            let sets = own.flat_map(|(meta, parameters)| meta.iter().chain(parameters));
            for set in definition.parameters.iter().chain(sets) {
                let rule = self.at.references.set(set).and_then(|set| set.rule.as_ref());
                let context = RuleContext { references: Some(&self.at.references), ..context };
                cluster::sooner(&mut recheck, rule.and_then(|rule| rule.next_change(&context)));
            }
        }
        self.at.recheck = recheck;
    }
}

impl Situation<'_> {
    /// The parameters of a resource's agent; rules are resolved for `node`, or for none.
    pub fn parameters(
        &self,
        resource: ResourceIndex,
        node: Option<NodeIndex>,
    ) -> BTreeMap<String, String> {
        let own = self.parameters_in(resource, node, &BTreeMap::new());
        if !self.parameters_refer_to_parameters(resource) {
            return own;
        }
        // Rules may compare with parameters; those that do not depend on that are known by now.
        self.parameters_in(resource, node, &own)
    }

    fn parameters_in(
        &self,
        resource: ResourceIndex,
        node: Option<NodeIndex>,
        known: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut at = Some(resource);
        while let Some(index) = at {
            let state = &self.resources[index];
            let context = RuleContext {
                attributes: node.map(|node| &self.nodes[node].attributes as _),
                now: Some(self.facts.now),
                parameters: Some(known),
                meta: Some(&self.resources[resource].meta),
                agent: Some(&self.resources[resource].agent),
                ..RuleContext::default()
            };
            let sets = self.own_parameters(index);
            for (name, value) in resolved(sets, None, &self.references, &context, &mut None) {
                if !found.contains_key(name) {
                    found.insert(name.to_owned(), value.to_owned());
                }
            }
            at = state.parent;
        }
        found
    }

    fn own_parameters(&self, resource: ResourceIndex) -> &[AttributeSet] {
        let state = &self.resources[resource];
        state.definition.as_ref().map_or(state.handed_down, |definition| &definition.parameters)
    }

    fn parameters_refer_to_parameters(&self, resource: ResourceIndex) -> bool {
        let sets = self.own_parameters(resource);
        sets.iter().any(|set| set.rule.is_some())
    }

    /// The operations that are configured for a resource, in document order, its template's and
    /// those it only refers to included.
    pub fn operations(&self, resource: ResourceIndex) -> Vec<&OperationSettings> {
        let Some(definition) = &self.resources[resource].definition else { return Vec::new() };
        let operations = self.references.operations(definition).unwrap_or_default();
        operations.iter().filter_map(|operation| self.references.operation(operation)).collect()
    }
}
