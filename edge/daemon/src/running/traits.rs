//! What agents say of their parameters.

use agents::{Agent, Runner};
use cluster::Element;
use cluster::value::boolean;
use manager::Traits;
use scheduler::is_usually_secret;

/// An agent's metadata, as far as a change of parameters is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) traits: Traits,
    /// The action by which it takes parameters as it runs.
    pub(super) reload: Option<&'static str>,
}

impl Described {
    /// What the agent says as it is now. One that says nothing legible takes no parameters as it runs.
    pub(super) async fn by(agent: &Agent, runner: &Runner) -> Self {
        match runner.metadata(agent).await {
            Ok(text) => cib::read_metadata(&text).map(|root| read(&root)).unwrap_or_default(),
            Err(why) => {
                tracing::info!("{why}");
                Self::default()
            }
        }
    }
}

/// OCF 1.1 marks what `reload-agent` does for (`reloadable`). Before, `reload` did for all that is not
/// `unique`, because nothing else told the two kinds apart.
fn read(root: &Element) -> Described {
    let below = |list: &'static str, item: &'static str| {
        let lists = root.elements().filter(move |child| child.name == list);
        lists.flat_map(move |list| list.elements().filter(move |it| it.name == item))
    };
    let can = |name: &str| below("actions", "action").any(|it| it.attribute("name") == Some(name));
    let names = |is_meant: &dyn Fn(&str, &Element) -> bool| -> Vec<String> {
        let named = below("parameters", "parameter")
            .filter_map(|parameter| Some((parameter.attribute("name")?, parameter)));
        let meant = named.filter(|(name, parameter)| is_meant(name, parameter));
        meant.map(|(name, _)| name.to_owned()).collect()
    };
    let is =
        |parameter: &Element, what| parameter.attribute(what).and_then(boolean).unwrap_or(false);
    let reload = ["reload-agent", "reload"].into_iter().find(|action| can(action));
    let restart = reload.map(|action| match action {
        "reload-agent" => names(&|_, parameter| !is(parameter, "reloadable")),
        _ => names(&|_, parameter| is(parameter, "unique")),
    });
    let mut private = names(&|_, parameter| is(parameter, "private"));
    if private.is_empty() {
        private = names(&|name, _| is_usually_secret(name));
    }
    Described { traits: Traits { restart, private }, reload }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(parameters: &str, actions: &[&str]) -> Described {
        let actions: String =
            actions.iter().map(|name| format!("<action name='{name}'/>")).collect();
        let text = format!(
            "<!DOCTYPE resource-agent SYSTEM 'ra-api-1.dtd'>\n<resource-agent><parameters>\
             {parameters}</parameters><actions>{actions}</actions></resource-agent>"
        );
        read(&cib::read_metadata(&text).expect("it is well-formed"))
    }

    #[test]
    fn what_asks_for_a_restart_is_what_the_agent_cannot_take_as_it_runs() {
        let parameters = "<parameter name='disk' unique='1'/><parameter name='speed' unique='0' \
                          reloadable='1'/><parameter name='user'/>";
        // Its actions; by which it takes parameters, and which it cannot take so.
        let cases = [
            ("start reload-agent reload", Some("reload-agent"), "disk user"),
            ("start reload", Some("reload"), "disk"),
            ("start", None, ""),
        ];
        for (actions, reload, restart) in cases {
            let found = described(parameters, &actions.split(' ').collect::<Vec<_>>());
            assert_eq!(found.reload, reload, "{actions}");
            assert_eq!(found.traits.restart.is_some(), reload.is_some(), "{actions}");
            assert_eq!(found.traits.restart.unwrap_or_default().join(" "), restart, "{actions}");
            assert_eq!(found.traits.private, ["user"], "it is usually secret");
        }
    }

    #[test]
    fn an_agent_that_names_its_secrets_is_believed() {
        let parameters = "<parameter name='user'/><parameter name='token' private='1'/>";
        assert_eq!(described(parameters, &[]).traits.private, ["token"]);
    }
}
