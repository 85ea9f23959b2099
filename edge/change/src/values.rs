//! Single values: a meta attribute of a resource, an attribute of a node.

use crate::Refusal;
use crate::wish::{check_node, put, resource};
use cluster::{AttributeSet, Configuration, Edit, Object};

/// Sets or removes a meta attribute of a resource.
pub(crate) fn resource_meta(
    configuration: &Configuration,
    id: &str,
    name: &str,
    value: Option<&str>,
) -> Result<Vec<Edit>, Refusal> {
    let mut changed = resource(configuration, id)?;
    assign(changed.meta_mut(), format!("{id}-meta_attributes"), name, value);
    Ok(vec![put(Object::Resource(changed))])
}

/// Sets or removes a permanent attribute of a node.
pub(crate) fn node_attribute(
    configuration: &Configuration,
    node: &str,
    name: &str,
    value: Option<&str>,
) -> Result<Vec<Edit>, Refusal> {
    check_node(configuration, node)?;
    let Some(mut changed) = configuration.node(node).cloned() else { return Ok(Vec::new()) };
    let new_id = format!("nodes-{}", changed.id);
    assign(&mut changed.attributes, new_id, name, value);
    Ok(vec![put(Object::Node(changed))])
}

/// Sets or removes `name` in the first block without rule, which is made when there is none.
fn assign(sets: &mut Vec<AttributeSet>, new_id: String, name: &str, value: Option<&str>) {
    let Some(value) = value else {
        for set in sets.iter_mut() {
            set.unset(name);
        }
        return;
    };
    let has_it = |set: &&mut AttributeSet| set.rule.is_none() && set.value(name).is_some();
    if let Some(set) = sets.iter_mut().find(has_it) {
        set.set(name, value);
        return;
    }
    if !sets.iter().any(|set| set.rule.is_none() && set.id_ref.is_none()) {
        sets.push(AttributeSet::new(new_id));
    }
    if let Some(set) = sets.iter_mut().find(|set| set.rule.is_none() && set.id_ref.is_none()) {
        set.set(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::{Primitive, Resource};

    fn configuration() -> Configuration {
        let primitive = Primitive { id: "ost0".into(), ..Primitive::default() };
        Configuration {
            resources: [Resource::Primitive(primitive)].into(),
            ..Configuration::default()
        }
    }

    #[test]
    fn a_wrong_name_is_refused_with_the_right_one() {
        let refused = resource_meta(&configuration(), "ost1", "target-role", Some("Stopped"));
        assert_eq!(
            refused.expect_err("there is no such resource").to_string(),
            "there is no resource `ost1`; did you mean `ost0`?"
        );
    }

    #[test]
    fn a_meta_attribute_is_set_changed_and_removed() {
        let mut configuration = configuration();
        for value in [Some("Stopped"), Some("Started"), None] {
            let edits = resource_meta(&configuration, "ost0", "target-role", value);
            configuration.apply(&edits.expect("it is there")).expect("the edits fit");
            let meta = configuration.resources[0].meta();
            assert_eq!(cluster::first_value(meta, "target-role"), value);
        }
    }
}
