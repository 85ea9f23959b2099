//! `crm resource trace`: agents write down what they do, operation by operation.

use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome};
use crate::edit::edit;
use cluster::{AttributeSet, OperationSettings, Primitive, Written};

/// What OCF agents look at.
const SWITCH: &str = "trace_ra";
/// Where they are to write it.
const FOLDER: &str = "trace_dir";
/// Operations that are traced when none is named, whether the configuration mentions them or not.
const USUAL: [&str; 2] = ["start", "stop"];

/// `trace RESOURCE [OPERATION] [INTERVAL] [FOLDER]`
pub(super) fn trace(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let id = call.needs(0, "the resource")?;
    let wanted = Wanted::of(call)?;
    change(shell, id, |primitive| wanted.begin(primitive))?;
    shell.inform(&format!(
        "{id} is traced; other operations than monitor from the next `crm resource restart {id}` on"
    ));
    DONE
}

/// `untrace RESOURCE [OPERATION] [INTERVAL]`
pub(super) fn untrace(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let id = call.needs(0, "the resource")?;
    let wanted = Wanted::of(call)?;
    change(shell, id, |primitive| {
        wanted.end(primitive);
        Ok(())
    })?;
    shell.inform(&format!("{id} is no longer traced"));
    DONE
}

fn change(
    shell: &Shell,
    id: &str,
    act: impl FnOnce(&mut Primitive) -> Result<(), Failure>,
) -> Result<(), Failure> {
    edit(&shell.connection, "trace", |configuration| {
        if configuration.resource(id).is_none() {
            return Err(crate::tools::resources::unknown(configuration, id));
        }
        let no_primitive = || Failure::Usage(format!("{id} is no primitive: name what is inside"));
        act(configuration.primitive_mut(id).ok_or_else(no_primitive)?)
    })
}

/// Which operations are meant.
struct Wanted<'a> {
    operation: Option<&'a str>,
    interval: Option<Written<std::time::Duration>>,
    folder: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn of(call: &'a Call<'_>) -> Result<Self, Failure> {
        let mut words = call.words.iter().skip(1).map(String::as_str).peekable();
        let mut folder = None;
        let mut plain = Vec::new();
        for word in words.by_ref() {
            match word.starts_with('/') {
                true => folder = Some(word),
                false => plain.push(word),
            }
        }
        let interval = plain.get(1).map(|text| {
            let wrong = || Failure::Usage(format!("`{text}` is no interval; write it as 10s"));
            Written::duration(text).ok_or_else(wrong)
        });
        Ok(Self { operation: plain.first().copied(), interval: interval.transpose()?, folder })
    }

    fn is_meant(&self, operation: &OperationSettings) -> bool {
        self.operation.is_none_or(|name| name == operation.name)
            && self.interval.as_ref().is_none_or(|it| it.value == operation.interval.value)
    }

    fn begin(&self, primitive: &mut Primitive) -> Result<(), Failure> {
        let missing: Vec<&str> = match self.operation {
            Some(name) => vec![name],
            None => USUAL.to_vec(),
        };
        for name in missing {
            if primitive.operations.iter().any(|it| it.name == name && self.is_meant(it)) {
                continue;
            }
            if name == "monitor" {
                let text = format!("{} has no such monitor operation to trace", primitive.id);
                return Err(Failure::NoSuchObject(text));
            }
            let interval = Written::duration("0s").unwrap_or(Written::UNSAID);
            let id = format!("{}-{name}-0s", primitive.id);
            primitive.operations.push(OperationSettings::new(id, name, interval));
        }
        for operation in primitive.operations.iter_mut().filter(|it| self.is_meant(it)) {
            if operation.parameters.is_empty() {
                let id = format!("{}-instance_attributes", operation.id);
                operation.parameters.push(AttributeSet::new(id));
            }
            operation.parameters[0].set(SWITCH, "1");
            if let Some(folder) = self.folder {
                operation.parameters[0].set(FOLDER, folder);
            }
        }
        Ok(())
    }

    fn end(&self, primitive: &mut Primitive) {
        for operation in primitive.operations.iter_mut().filter(|it| self.is_meant(it)) {
            let mut was_traced = false;
            for set in &mut operation.parameters {
                was_traced |= set.unset(SWITCH);
                set.unset(FOLDER);
            }
            if was_traced {
                operation.parameters.retain(|set| !set.pairs.is_empty() || set.rule.is_some());
            }
        }
        // Operations that say nothing any more were made for the trace.
        let is_made = |it: &OperationSettings, id: &str| {
            *it == OperationSettings::new(
                format!("{id}-{}-0s", it.name),
                &it.name,
                it.interval.clone(),
            ) && it.interval.value.is_zero()
        };
        let id = primitive.id.clone();
        primitive.operations.retain(|operation| !is_made(operation, &id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::Configuration;

    fn primitive() -> Primitive {
        let text = "primitive a Dummy op monitor interval=10s op start timeout=60s interval=0s\n";
        let mut configuration = Configuration::default();
        let loaded = crmsh::load(text, &configuration, crmsh::Mode::Update).expect("it is right");
        configuration.apply(&loaded.edits).expect("the edits fit");
        configuration.primitive("a").expect("it is there").clone()
    }

    #[test]
    fn operations_are_traced_and_as_before_afterwards() {
        let cases = [
            ("a", vec!["monitor", "start", "stop"]),
            ("a monitor", vec!["monitor"]),
            ("a monitor 10", vec!["monitor"]),
            ("a start", vec!["start"]),
            ("a promote /tmp/x", vec!["promote"]),
        ];
        for (line, expected) in cases {
            let words = crate::words::split(line);
            let call = Call { words: &words };
            let wanted = Wanted::of(&call).expect("the words are right");
            let mut primitive = primitive();
            wanted.begin(&mut primitive).expect("they can be traced");
            let is_traced =
                |it: &&OperationSettings| cluster::first_value(&it.parameters, SWITCH) == Some("1");
            let traced: Vec<&str> =
                primitive.operations.iter().filter(is_traced).map(|it| it.name.as_str()).collect();
            assert_eq!(traced, expected, "{line}");
            wanted.end(&mut primitive);
            assert_eq!(primitive, self::primitive(), "{line}");
        }
        let words = crate::words::split("a monitor 30s");
        let call = Call { words: &words };
        let wanted = Wanted::of(&call).expect("the words are right");
        assert!(matches!(wanted.begin(&mut primitive()), Err(Failure::NoSuchObject(_))));
    }
}
