//! Parameters, meta attributes and needs of one resource.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::connection::Connection;
use crate::edit::{edit, set_value};
use crate::secrets;
use crate::tools::arguments::Parsed;
use crate::tools::markup::{Said, element, text};
use crate::tools::resources::unknown;
use api::Request;
use cluster::{AttributeSet, Configuration, Primitive, Resource, ResourceRef, first_value, secret};

/// Which of a resource's values are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// What its agent gets.
    Parameters,
    /// What the cluster does with it.
    Meta,
    /// What it needs of a node.
    Utilization,
}

/// `--get-parameter`, `--set-parameter`, `--delete-parameter`
pub(super) fn answer(
    command: &str,
    connection: &Connection,
    given: &Parsed,
) -> Result<Said, Failure> {
    let id = given.required("resource")?;
    let name = given.required(command)?;
    let values = match (given.has("meta"), given.has("utilization")) {
        (true, _) => Values::Meta,
        (false, true) => Values::Utilization,
        (false, false) => Values::Parameters,
    };
    match command {
        "get-parameter" => value_of(connection, values, id, name),
        "set-parameter" => {
            let value = given.required("parameter-value")?;
            set(connection, values, id, (name, Some(value)))?;
            let told =
                ids(connection, values, id, name)?.map_or_else(String::new, |(set, pair)| {
                    let value = secret::shown(name, value);
                    format!("Set '{id}' option: id={pair} set={set} name={name} value={value}\n")
                });
            Ok(Said::text(told))
        }
        _ => {
            let gone = ids(connection, values, id, name)?;
            set(connection, values, id, (name, None))?;
            let told = gone.map_or_else(String::new, |(_, pair)| {
                format!("Deleted '{id}' option: id={pair} name={name}\n")
            });
            Ok(Said::text(told))
        }
    }
}

/// The ids of the block and of the pair that say a value of a resource.
fn ids(
    connection: &Connection,
    values: Values,
    id: &str,
    name: &str,
) -> Result<Option<(String, String)>, Failure> {
    let configuration = connection.cib()?.configuration;
    let found = configuration.resource(id).ok_or_else(|| unknown(&configuration, id))?;
    let named = |set: &AttributeSet| {
        let pair = set.pairs.iter().find(|pair| pair.name == name)?;
        Some((set.id.clone(), pair.id.clone()))
    };
    Ok(sets(found, values).iter().find_map(named))
}

/// Shows one value of a resource.
pub(crate) fn show(connection: &Connection, values: Values, id: &str, name: &str) -> Outcome {
    print(&value_of(connection, values, id, name)?.text);
    DONE
}

fn value_of(
    connection: &Connection,
    values: Values,
    id: &str,
    name: &str,
) -> Result<Said, Failure> {
    let configuration = connection.cib()?.configuration;
    let found = configuration.resource(id).ok_or_else(|| unknown(&configuration, id))?;
    let value = first_value(sets(found, values), name)
        .ok_or_else(|| Failure::NoSuchObject(format!("Attribute '{name}' not found for '{id}'")))?;
    let value = secrets::value(name, value);
    let item = text("item", &[("name", name)], value);
    let about = [("name", "attributes"), ("count", "1")];
    Ok(Said::both(format!("{value}\n"), element("list", &about, vec![item])))
}

/// What a resource says to the cluster.
pub(crate) fn meta_of(resource: ResourceRef<'_>) -> &[AttributeSet] {
    sets(resource, Values::Meta)
}

fn sets(resource: ResourceRef<'_>, values: Values) -> &[AttributeSet] {
    let whole = match resource {
        ResourceRef::Member { primitive, .. } => return of_primitive(primitive, values),
        ResourceRef::Top(resource) => resource,
        ResourceRef::Cloned { child, .. } => child,
    };
    match (whole, values) {
        (Resource::Primitive(it) | Resource::Template(it), values) => of_primitive(it, values),
        (whole, Values::Meta) => whole.meta(),
        (Resource::Group(group), Values::Parameters) => &group.parameters,
        (Resource::Clone(clone), Values::Parameters) => &clone.parameters,
        (Resource::Bundle(bundle), Values::Parameters) => &bundle.parameters,
        (_, Values::Utilization) => &[],
    }
}

fn of_primitive(primitive: &Primitive, values: Values) -> &[AttributeSet] {
    match values {
        Values::Parameters => &primitive.parameters,
        Values::Meta => &primitive.meta,
        Values::Utilization => &primitive.utilization,
    }
}

/// Sets one value of a resource; none removes it.
pub(crate) fn set(
    connection: &Connection,
    values: Values,
    id: &str,
    (name, value): (&str, Option<&str>),
) -> Result<(), Failure> {
    if values == Values::Meta {
        return connection.change(&Request::ResourceMeta {
            resource: id.to_owned(),
            name: name.to_owned(),
            value: value.map(str::to_owned),
        });
    }
    edit(connection, "parameters", |configuration| assign(configuration, values, id, (name, value)))
}

fn assign(
    configuration: &mut Configuration,
    values: Values,
    id: &str,
    (name, value): (&str, Option<&str>),
) -> Result<(), Failure> {
    let Some(primitive) = configuration.primitive_mut(id) else {
        return Err(unknown(configuration, id));
    };
    let (sets, kind) = match values {
        Values::Utilization => (&mut primitive.utilization, "utilization"),
        Values::Meta => (&mut primitive.meta, "meta_attributes"),
        Values::Parameters => (&mut primitive.parameters, "instance_attributes"),
    };
    set_value(sets, &format!("{id}-{kind}"), name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_set_and_removed() {
        let primitive = Primitive { id: "a".into(), ..Primitive::default() };
        let mut configuration = Configuration {
            resources: [Resource::Primitive(primitive)].into(),
            ..Configuration::default()
        };
        assign(&mut configuration, Values::Parameters, "a", ("x", Some("1"))).expect("a is there");
        let found = configuration.resource("a").expect("a is there");
        assert_eq!(first_value(sets(found, Values::Parameters), "x"), Some("1"));
        assign(&mut configuration, Values::Parameters, "a", ("x", None)).expect("a is there");
        assert!(configuration.primitive("a").expect("a is there").parameters.is_empty());
        let refused = assign(&mut configuration, Values::Parameters, "b", ("x", None));
        assert!(matches!(refused, Err(Failure::NoSuchObject(_))));
    }
}
