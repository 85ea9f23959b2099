//! `default-timeouts` and `validate-all`: what agents say to a configuration.

use super::names::unknown;
use super::{change_to, present};
use crate::answer::{DONE, Failure, Outcome};
use crate::description::{self, Advice, Description};
use crate::shell::{Call, Shell, maintenance};
use agents::Agent;
use cluster::{Configuration, OperationSettings, Primitive, Written, merged};
use std::collections::BTreeMap;

/// Operations that are begun with, whether the configuration mentions them or not.
const ALWAYS: [&str; 2] = ["start", "stop"];

/// `default-timeouts ID...`: operations get the time that their agents' authors advise.
pub(super) fn default_timeouts(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    call.needs(0, "the resource")?;
    let mut after = present(shell)?;
    for id in call.words {
        let agent = agent_of(&after, id)?;
        let advice = Description::of(&agent)?.actions;
        let Some(primitive) = after.primitive_mut(id) else { return Err(unknown(&after, id)) };
        take_advice(primitive, &advice);
    }
    change_to(shell, after)
}

fn take_advice(primitive: &mut Primitive, advice: &[Advice]) {
    let advised = |name: &str| {
        let action = advice.iter().find(|action| action.name == name);
        action.and_then(Advice::timeout).and_then(Written::duration)
    };
    for operation in &mut primitive.operations {
        if let Some(timeout) = advised(&operation.name) {
            operation.timeout = Some(timeout);
        }
    }
    for name in ALWAYS {
        let is_there = primitive.operations.iter().any(|operation| operation.name == name);
        if let Some(timeout) = advised(name).filter(|_| !is_there) {
            let id = format!("{}-{name}-0s", primitive.id);
            let interval = Written::duration("0s").unwrap_or(Written::UNSAID);
            let mut operation = OperationSettings::new(id, name, interval);
            operation.timeout = Some(timeout);
            primitive.operations.push(operation);
        }
    }
}

/// `validate-all RESOURCE`: the agent checks the parameters it would get.
pub(super) fn validate_all(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let configuration = present(shell)?;
    for id in call.words {
        let (agent, parameters) = agent_and_parameters(&configuration, id)?;
        description::validate(&agent, parameters)?;
    }
    DONE
}

/// `rsctest RESOURCE...`: by hand on this node, before a commit. What was started is stopped in any
/// case; a fence device is only asked how it is.
pub(super) fn try_out(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    call.needs(0, "the resource")?;
    let drafted = present(shell)?;
    let real = shell.connection.cib()?.configuration;
    for id in call.words {
        maintenance::must_be_left_alone(&real, id)?;
        let (agent, parameters) = agent_and_parameters(&drafted, id)?;
        let act = |action| description::act(&agent, action, parameters.clone());
        if primitive(&drafted, id)?.0.agent.is_fencing() {
            act("monitor")?;
            shell.inform(&format!("{id} answers"));
            continue;
        }
        let worked = act("start").and_then(|()| act("monitor"));
        let stopped = act("stop");
        worked.and(stopped)?;
        shell.inform(&format!("{id} was started, checked and stopped here"));
    }
    DONE
}

/// The agent of a primitive, and what it gets.
pub(in crate::shell) fn agent_and_parameters(
    configuration: &Configuration,
    id: &str,
) -> Result<(Agent, Vec<(String, String)>), Failure> {
    Ok((agent_of(configuration, id)?, parameters(configuration, id)?))
}

fn primitive<'a>(
    configuration: &'a Configuration,
    id: &str,
) -> Result<(&'a Primitive, Option<&'a Primitive>), Failure> {
    let primitive = configuration.primitive(id).ok_or_else(|| unknown(configuration, id))?;
    let template = primitive.template.as_ref().and_then(|id| configuration.template(id));
    Ok((primitive, template))
}

fn agent_of(configuration: &Configuration, id: &str) -> Result<Agent, Failure> {
    let (primitive, template) = primitive(configuration, id)?;
    description::agent(&template.unwrap_or(primitive).agent.to_string())
}

/// What the agent of a primitive gets: its own parameters, else those of its template.
fn parameters(configuration: &Configuration, id: &str) -> Result<Vec<(String, String)>, Failure> {
    let (primitive, template) = primitive(configuration, id)?;
    let mut values = template.map_or_else(BTreeMap::new, |it| merged(&it.parameters, |_| false));
    values.extend(merged(&primitive.parameters, |_| false));
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(values.into_iter().map(owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests::configuration;
    use super::*;

    #[test]
    fn operations_take_the_advice_of_the_author() {
        let mut before = configuration("primitive a Dummy op monitor interval=10s timeout=5s\n");
        let advice = |name: &str, timeout: &str| Advice::new(name, &[("timeout", timeout)]);
        let advice = [advice("start", "60s"), advice("monitor", "20s"), advice("stop", "90s")];
        let a = before.primitive_mut("a").expect("it is there");
        take_advice(a, &advice);
        let timeout = |operation: &OperationSettings| {
            let timeout = operation.timeout.as_ref().map_or("-", |timeout| &timeout.text);
            format!("{} {timeout}", operation.name)
        };
        let found: Vec<String> = a.operations.iter().map(timeout).collect();
        assert_eq!(found, ["monitor 20s", "start 60s", "stop 90s"]);
    }

    #[test]
    fn an_agent_gets_what_its_template_says_too() {
        let text = "rsc_template t ocf:x:Y params a=1 b=1\nprimitive p @t params b=2 c=2\n";
        let found = parameters(&configuration(text), "p").expect("it is there");
        let found: Vec<String> =
            found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["a=1", "b=2", "c=2"]);
        assert_eq!(agent_of(&configuration(text), "p").expect("it has one"), Agent::ocf("x", "Y"));
    }
}
