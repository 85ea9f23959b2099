//! What an agent says about itself: its metadata, read and shown as text.

use crate::answer::Failure;
use crate::connection::run_directory;
use agents::{Agent, Outcome, Request, Runner, Settings, Verdict};
use cluster::{Element, ExtraNode};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// An agent's own description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    short: String,
    long: String,
    /// What it is told.
    pub(crate) parameters: Vec<Parameter>,
    /// What it can do, in its own order.
    pub(crate) actions: Vec<Advice>,
}

/// Something that an agent is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// What it is, in short.
    pub(crate) short: String,
    long: String,
    /// `string`, `boolean`, `integer` and so on.
    pub(crate) kind: String,
    /// What it is when nothing is said.
    pub(crate) default: Option<String>,
    /// Whether it has to be set.
    pub(crate) is_required: bool,
}

/// An action, with what its author advises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advice {
    /// The action's name.
    pub(crate) name: String,
    /// `timeout`, `interval`, `depth`, `role`, as they are written.
    attributes: Vec<(String, String)>,
}

impl Advice {
    /// An action with what is advised.
    #[cfg(test)]
    pub(crate) fn new(name: &str, attributes: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self { name: name.to_owned(), attributes: attributes.iter().map(owned).collect() }
    }

    /// How long it may take.
    pub(crate) fn timeout(&self) -> Option<&str> {
        self.value("timeout")
    }

    /// What is advised, as it is written.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Runs agents of this machine for the tools.
fn runner() -> Result<(Runner, tokio::runtime::Runtime), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Other(error.to_string()))?;
    Ok((Runner::new(Settings::standard(&run_directory(None))), runtime))
}

/// The agent of that name (`ocf:PROVIDER:TYPE`, `systemd:UNIT`, ...).
pub(crate) fn agent(name: &str) -> Result<Agent, Failure> {
    name.parse().map_err(|error: agents::UnknownClass| Failure::Usage(error.to_string()))
}

/// The metadata as the agent prints it.
pub(crate) fn metadata(agent: &Agent) -> Result<String, Failure> {
    let (runner, runtime) = runner()?;
    let text = runtime.block_on(runner.metadata(agent));
    text.map_err(|error| Failure::NoSuchObject(error.to_string()))
}

/// Has the agent check parameters by itself; fails with what it says.
pub(crate) fn validate(agent: &Agent, parameters: Vec<(String, String)>) -> Result<(), Failure> {
    act(agent, "validate-all", parameters)
}

/// Has an agent do something here, and tells what came of it.
pub(crate) fn run(request: &Request) -> Result<Outcome, Failure> {
    let (runner, runtime) = runner()?;
    Ok(runtime.block_on(runner.run(request)))
}

/// Has the agent do something here; fails with what it says.
pub(crate) fn act(
    agent: &Agent,
    action: &str,
    parameters: Vec<(String, String)>,
) -> Result<(), Failure> {
    /// Agents may look at disks and networks.
    const PATIENCE: Duration = Duration::from_secs(60);
    let request =
        Request { parameters, timeout: PATIENCE, ..Request::new(agent.clone(), action, "test") };
    let outcome = run(&request)?;
    let (code, said) = (outcome.code, outcome.in_words());
    if outcome.verdict == Verdict::Exited && code == 0 {
        return Ok(());
    }
    let said = if said.is_empty() { "it does not say why" } else { &said };
    Err(Failure::Other(format!("{agent}: {action} ended with exit code {code}: {said}")))
}

impl Description {
    /// Of the agent on this machine.
    pub(crate) fn of(agent: &Agent) -> Result<Self, Failure> {
        Self::read(&metadata(agent)?)
            .map_err(|error| Failure::Other(format!("{agent} describes itself wrongly: {error}")))
    }

    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let root = cib::read_metadata(text)
            .map_err(|error| format!("line {}: {}", error.line, error.what))?;
        let below = |list: &str, item: &'static str| -> Vec<Element> {
            let lists = root.elements().filter(|child| child.name == list);
            let items = lists.flat_map(|list| list.elements().filter(|it| it.name == item));
            items.cloned().collect()
        };
        let advice = |action: &Element| Advice {
            name: action.attribute("name").unwrap_or_default().to_owned(),
            attributes: action.extra.attributes.clone(),
        };
        Ok(Self {
            short: described(&root, "shortdesc"),
            long: described(&root, "longdesc"),
            parameters: below("parameters", "parameter").iter().map(Parameter::of).collect(),
            actions: below("actions", "action").iter().map(advice).collect(),
        })
    }

    /// For people.
    pub(crate) fn text(&self, name: &str) -> String {
        let short = if self.short.is_empty() { name } else { &self.short };
        let mut text = format!("{short} ({name})\n");
        if !self.long.is_empty() {
            let _ = write!(text, "\n{}\n", self.long);
        }
        if !self.parameters.is_empty() {
            text.push_str("\nParameters; * marks what has to be set, [] what is used otherwise:\n");
        }
        for parameter in &self.parameters {
            parameter.tell(&mut text);
        }
        let advised: Vec<&Advice> =
            self.actions.iter().filter(|action| action.attributes.len() > 1).collect();
        if !advised.is_empty() {
            text.push_str("\nActions, with what their author advises at least:\n\n");
        }
        for action in advised {
            let attributes = action.attributes.iter().filter(|(name, _)| name != "name");
            let advice: String =
                attributes.map(|(name, value)| format!(" {name}={value}")).collect();
            let _ = writeln!(text, "    {:<13}{}", action.name, advice);
        }
        text
    }
}

impl Description {
    /// For programs.
    pub(crate) fn as_json(&self, name: &str) -> Value {
        let parameters: Vec<Value> = self.parameters.iter().map(Parameter::as_json).collect();
        let actions = self.actions.iter().map(|action| {
            let said = action.attributes.iter().map(|(name, value)| (name.clone(), json!(value)));
            Value::Object(said.collect())
        });
        json!({
            "agent": name,
            "short": self.short,
            "long": self.long,
            "parameters": parameters,
            "actions": actions.collect::<Vec<Value>>(),
        })
    }
}

impl Parameter {
    fn as_json(&self) -> Value {
        json!({
            "name": self.name,
            "short": self.short,
            "long": self.long,
            "type": self.kind,
            "default": self.default,
            "required": self.is_required,
        })
    }

    fn of(element: &Element) -> Self {
        let content = element.elements().find(|child| child.name == "content");
        let of_content = |name: &str| content.and_then(|it| it.attribute(name)).map(str::to_owned);
        let is_required = element.attribute("required").and_then(cluster::value::boolean);
        Self {
            name: element.attribute("name").unwrap_or_default().to_owned(),
            short: described(element, "shortdesc"),
            long: described(element, "longdesc"),
            kind: of_content("type").unwrap_or_else(|| "string".into()),
            default: of_content("default").filter(|text| !text.is_empty()),
            is_required: is_required.unwrap_or(false),
        }
    }

    fn tell(&self, text: &mut String) {
        let star = if self.is_required { "*" } else { "" };
        let default = self.default.as_ref().filter(|_| !self.is_required);
        let default = default.map_or_else(String::new, |value| format!(", [{value}]"));
        let _ = writeln!(text, "\n{}{star} ({}{default}): {}", self.name, self.kind, self.short);
        for line in self.long.lines() {
            let _ = writeln!(text, "    {}", line.trim());
        }
    }
}

/// The text of the first description of that name, without the blanks around it.
fn described(element: &Element, name: &str) -> String {
    let found = element.elements().find(|child| child.name == name);
    let texts = found.into_iter().flat_map(|child| &child.extra.children);
    let words = texts.filter_map(|node| match node {
        ExtraNode::Text(text) => Some(text.as_str()),
        ExtraNode::Element(_) | ExtraNode::Comment(_) => None,
    });
    words.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_for_people() {
        let metadata = "<?xml version='1.0'?>\n<!DOCTYPE resource-agent SYSTEM 'ra-api-1.dtd'>\n\
            <resource-agent name='Disk'><version>1</version>\n<longdesc lang='en'>\nMounts it.\n\n\
            Nothing else.\n</longdesc>\n<shortdesc lang='en'>a disk</shortdesc>\n<parameters>\n\
            <parameter name='device' required='1'><longdesc>Which\n   one.</longdesc>\n\
            <shortdesc>the disk</shortdesc><content type='string' default='x'/></parameter>\n\
            <parameter name='options'><content default='ro'/></parameter></parameters>\n<actions>\
            <action name='start' timeout='60s'/><action name='monitor' timeout='20s' interval='10s'/>\
            <action name='meta-data'/></actions></resource-agent>";
        let description = Description::read(metadata).expect("it is right");
        let expected = "a disk (ocf:x:Disk)\n\nMounts it.\n\nNothing else.\n\n\
            Parameters; * marks what has to be set, [] what is used otherwise:\n\n\
            device* (string): the disk\n    Which\n    one.\n\noptions (string, [ro]): \n\n\
            Actions, with what their author advises at least:\n\n    start         timeout=60s\n    \
            monitor       timeout=20s interval=10s\n";
        assert_eq!(description.text("ocf:x:Disk"), expected);
        assert_eq!(description.actions[0].timeout(), Some("60s"));
        assert!(Description::read("<resource-agent>").is_err());
    }
}
