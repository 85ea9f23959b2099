//! Which agents this machine has, and what they say about themselves.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::arguments::Parsed;
use crate::description;
use crate::fencing::catalogue;

/// Answers the commands that need no cluster; none for the others.
pub(super) fn answer(command: &str, given: &Parsed) -> Option<Outcome> {
    match command {
        "list-standards" => Some(lines(&["ocf".into(), "stonith".into()])),
        "list-ocf-providers" => Some(lines(&catalogue().providers())),
        "list-ocf-alternatives" => Some(alternatives(given.value(command).unwrap_or_default())),
        "list-agents" => Some(list(given.value("list-agents").unwrap_or_default())),
        "show-metadata" => Some(metadata(given.value("show-metadata").unwrap_or_default())),
        _ => None,
    }
}

fn lines(lines: &[String]) -> Outcome {
    for text in lines {
        line(text);
    }
    DONE
}

/// The providers that have an agent of that type.
fn alternatives(kind: &str) -> Outcome {
    let catalogue = catalogue();
    let mut providers = catalogue.providers();
    providers.retain(|provider| catalogue.list(provider).iter().any(|agent| agent == kind));
    if providers.is_empty() {
        return Err(Failure::NoSuchObject(format!("No OCF providers found for {kind}")));
    }
    lines(&providers)
}

/// The agents of `ocf`, `ocf:PROVIDER` or `stonith`.
fn list(kind: &str) -> Outcome {
    let catalogue = catalogue();
    match kind.split_once(':').unwrap_or((kind, "")) {
        ("ocf", "") => {
            let providers = catalogue.providers();
            let all: Vec<String> =
                providers.iter().flat_map(|provider| catalogue.list(provider)).collect();
            lines(&all)
        }
        ("ocf", provider) => lines(&catalogue.list(provider)),
        ("stonith", _) => lines(&catalogue.fence_agents()),
        _ => {
            let text = format!("no agents of kind `{kind}`; use ocf, ocf:PROVIDER or stonith");
            Err(Failure::NoSuchObject(text))
        }
    }
}

/// What the agent of that name (`ocf:PROVIDER:TYPE`, `stonith:NAME`) says about itself.
pub(crate) fn metadata(name: &str) -> Outcome {
    print(&description::metadata(&description::agent(name)?)?);
    DONE
}
