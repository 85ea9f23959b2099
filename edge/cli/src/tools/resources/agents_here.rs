//! Which agents this machine has, and what they say about themselves.

use crate::answer::Failure;
use crate::description;
use crate::fencing::catalogue;
use crate::tools::arguments::Parsed;
use crate::tools::markup::{Said, lines, list, text, words};

/// Answers the commands that need no cluster; none for the others.
pub(super) fn answer(command: &str, given: &Parsed) -> Option<Result<Said, Failure>> {
    let value = given.value(command).unwrap_or_default();
    match command {
        "list-standards" => Some(Ok(standards())),
        "list-ocf-providers" => {
            Some(Ok(providers(&[("standard", "ocf")], &catalogue().providers())))
        }
        "list-ocf-alternatives" => Some(alternatives(value)),
        "list-agents" => Some(agents(value)),
        "show-metadata" => Some(description_of(value)),
        _ => None,
    }
}

fn standards() -> Said {
    let standards: Vec<String> = catalogue().standards().into_iter().map(String::from).collect();
    Said::both(lines(&standards), list("standards", None, &standards))
}

fn providers(about: &[(&str, &str)], names: &[String]) -> Said {
    Said::both(lines(names), words("providers", about, "provider", names))
}

/// The providers that have an agent of that type.
fn alternatives(kind: &str) -> Result<Said, Failure> {
    let catalogue = catalogue();
    let mut found = catalogue.providers();
    found.retain(|provider| catalogue.list(provider).iter().any(|agent| agent == kind));
    if found.is_empty() {
        return Err(Failure::NoSuchObject(format!("No OCF providers found for {kind}")));
    }
    Ok(providers(&[("for", kind)], &found))
}

/// The agents of a standard, or of `ocf:PROVIDER`.
fn agents(kind: &str) -> Result<Said, Failure> {
    let catalogue = catalogue();
    let (standard, provider) = kind.split_once(':').unwrap_or((kind, ""));
    let found: Vec<String> = match (standard, provider) {
        ("ocf", "") => {
            catalogue.providers().iter().flat_map(|provider| catalogue.list(provider)).collect()
        }
        ("ocf", provider) => catalogue.list(provider),
        ("stonith", _) => catalogue.fence_agents(),
        (standard, _) => catalogue.services(standard).into_iter().collect(),
    };
    if found.is_empty() {
        let standards = catalogue.standards().join(", ");
        let text = format!("there are no agents of `{kind}` here; the standards are {standards}");
        return Err(Failure::NoSuchObject(text));
    }
    let mut about = vec![("standard", standard)];
    about.extend((!provider.is_empty()).then_some(("provider", provider)));
    Ok(Said::both(lines(&found), words("agents", &about, "agent", &found)))
}

fn description_of(name: &str) -> Result<Said, Failure> {
    let metadata = description::metadata(&description::agent(name)?)?;
    let part = text("metadata", &[], &metadata);
    Ok(Said::both(metadata, part))
}
