//! `set`: one value of one object.

use super::names::unknown;
use super::{change, present};
use crate::answer::{Failure, Outcome};
use crate::edit::set_value;
use crate::shell::{Call, Shell};
use cluster::{Configuration, Edit, Object, Resource};

/// `set ost0.device /dev/sdb`: a meta attribute that is there, else a parameter.
pub(super) fn set(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (path, value) = (call.needs(0, "ID.NAME")?, call.needs(1, "the value")?);
    let configuration = present(shell)?;
    let edit = assigned(&configuration, path, value)?;
    change(shell, &[edit])
}

fn assigned(configuration: &Configuration, path: &str, value: &str) -> Result<Edit, Failure> {
    let wrong = || Failure::Usage(format!("`{path}`: write ID.NAME, as in ost0.device"));
    let (id, name) = path.split_once('.').ok_or_else(wrong)?;
    let holds = |top: &&Resource| top.ids().contains(&id);
    let top = configuration.resources.iter().find(holds);
    let mut top = top.ok_or_else(|| unknown(configuration, id))?.clone();
    let mut inside = top.primitives_mut().into_iter();
    let Some(primitive) = inside.find(|primitive| primitive.id == id) else {
        let help = "use `crm resource meta` for groups and clones";
        return Err(Failure::Usage(format!("{id} is no primitive; {help}")));
    };
    let is_meta = primitive.meta.iter().any(|set| set.value(name).is_some());
    let (sets, kind) = match is_meta {
        true => (&mut primitive.meta, "meta_attributes"),
        false => (&mut primitive.parameters, "instance_attributes"),
    };
    set_value(sets, &format!("{id}-{kind}"), name, Some(value));
    Ok(Edit::Put(Box::new(Object::Resource(top))))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{TEXT, configuration};
    use super::*;

    #[test]
    fn a_parameter_is_set_where_it_is() {
        let mut configuration = configuration(TEXT);
        let edit = assigned(&configuration, "a.fake", "1").expect("a is there");
        configuration.apply(&[edit]).expect("the edit fits");
        let a = configuration.primitive("a").expect("a is there");
        assert_eq!(cluster::first_value(&a.parameters, "fake"), Some("1"));
        assert!(
            super::super::members::group(&configuration, "g").is_some(),
            "it is still in its group"
        );
        assert!(matches!(assigned(&configuration, "a", "1"), Err(Failure::Usage(_))));
        assert!(matches!(assigned(&configuration, "z.x", "1"), Err(Failure::NoSuchObject(_))));
    }
}
