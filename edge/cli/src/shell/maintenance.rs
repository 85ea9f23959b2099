//! `crm maintenance`: leaving everything, or one resource, as it is.

use super::levels::{Command, command};
use super::{Call, Shell, configure};
use crate::answer::{DONE, Failure, Outcome};
use crate::description;
use api::{Language, LoadMode, Request};
use cluster::Configuration;

pub(super) const COMMANDS: &[Command] = &[
    command("on", "[RESOURCE]", "leave everything alone, or one resource", |shell, call| {
        switch(shell, call, "true")
    }),
    command("off", "[RESOURCE]", "take care of it again", |shell, call| {
        switch(shell, call, "false")
    }),
    command("action", "RESOURCE OPERATION", "run an agent's action here, by hand", action),
];

fn switch(shell: &mut Shell, call: &Call<'_>, value: &str) -> Outcome {
    let request = match call.word(0) {
        Some(resource) => Request::ResourceMeta {
            resource: resource.to_owned(),
            name: "maintenance".into(),
            value: Some(value.to_owned()),
        },
        None => Request::Load {
            text: format!("property maintenance-mode={value}\n"),
            language: Language::Crm,
            mode: LoadMode::Update,
            name: "maintenance".into(),
            force: false,
        },
    };
    shell.connection.change_by_program(&request)?;
    DONE
}

/// Only where the cluster does not take care of the resource meanwhile.
fn action(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (id, action) = (call.needs(0, "the resource")?, call.needs(1, "the action")?);
    let configuration = shell.connection.cib()?.configuration;
    if configuration.resource(id).is_none() {
        return Err(crate::tools::resources::unknown(&configuration, id));
    }
    must_be_left_alone(&configuration, id)?;
    let (agent, parameters) = configure::agent_and_parameters(&configuration, id)?;
    description::act(&agent, action, parameters)?;
    DONE
}

/// Nobody runs agents by hand for what the cluster takes care of; what is not configured is nobody's.
pub(super) fn must_be_left_alone(configuration: &Configuration, id: &str) -> Result<(), Failure> {
    let Some(resource) = configuration.resource(id) else { return Ok(()) };
    let meta = cluster::first_value(crate::tools::resources::meta_of(resource), "maintenance");
    let is_left_alone = configuration.is_property_on("maintenance-mode")
        || meta.and_then(cluster::value::boolean).unwrap_or(false);
    if is_left_alone {
        return Ok(());
    }
    let help = format!("`crm maintenance on {id}` first");
    Err(Failure::Other(format!("{id} is not in maintenance; {help}")))
}
