//! `systole verify` and `crm_verify`: what is wrong with a configuration, before it goes live.

mod compatible;

pub(crate) use compatible::crm_verify;

use crate::answer::{Outcome, line, say_aside};
use crate::fencing::catalogue;
use crate::input::{located, read_file};
use cib::{CibError, Part};
use cluster::validate::{Problem, Severity, validate};
use cluster::{Configuration, Primitive};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

/// What was found in a configuration, as lines to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// What is refused.
    pub(crate) errors: Vec<String>,
    /// What is taken but is probably not meant.
    pub(crate) warnings: Vec<String>,
}

impl Findings {
    fn add(&mut self, severity: Severity, text: String) {
        match severity {
            Severity::Error => self.errors.push(text),
            Severity::Warning => self.warnings.push(text),
        }
    }
}

/// `systole verify FILE`
pub(crate) fn verify(file: &Path) -> Outcome {
    let text = read_file(file)?;
    let findings = check(&text, &file.display().to_string());
    report(&findings);
    if !findings.errors.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    line(&format!("{}: good", file.display()));
    Ok(ExitCode::SUCCESS)
}

/// Who has mended so many will look again.
const MOST_ERRORS: usize = 10;

fn report(findings: &Findings) {
    for warning in &findings.warnings {
        say_aside(warning);
    }
    for error in findings.errors.iter().take(MOST_ERRORS) {
        say_aside(error);
    }
    match findings.errors.len().saturating_sub(MOST_ERRORS) {
        0 => {}
        more => say_aside(&format!("and {more} more")),
    }
}

/// Everything wrong with a text in either language; XML is known by its first character.
pub(crate) fn check(text: &str, name: &str) -> Findings {
    if text.trim().is_empty() {
        let errors = vec![format!("{name}: error: the file is empty")];
        return Findings { errors, warnings: Vec::new() };
    }
    let begin = text.trim_start_matches('\u{feff}').trim_start();
    let mut findings = if begin.starts_with('<') { xml(text, name) } else { crm(text, name) };
    findings.errors = once_each(findings.errors);
    findings.warnings = once_each(findings.warnings);
    findings
}

/// The same is not said twice.
fn once_each(lines: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    lines.into_iter().filter(|line| seen.insert(line.clone())).collect()
}

fn crm(text: &str, name: &str) -> Findings {
    let mut findings = Findings::default();
    let nothing = Configuration::default();
    let loaded = match crmsh::load(text, &nothing, crmsh::Mode::Update) {
        Ok(loaded) => loaded,
        Err(diagnostics) => {
            for diagnostic in diagnostics {
                findings.add(diagnostic.severity, diagnostic.in_file(name));
            }
            return findings;
        }
    };
    for diagnostic in &loaded.warnings {
        findings.add(diagnostic.severity, diagnostic.in_file(name));
    }
    let mut configuration = nothing;
    if let Err(refusal) = configuration.apply(&loaded.edits) {
        findings.errors.push(format!("{name}: error: {refusal}"));
    }
    let place = |id: &str| loaded.positions.get(id).map(ToString::to_string);
    missing_agents(&configuration, name, &place, &mut findings);
    findings
}

fn xml(text: &str, name: &str) -> Findings {
    let mut findings = Findings::default();
    let (cib, doubts) = match read_whole(text) {
        Ok(read) => read,
        Err(error) => {
            findings.errors.push(located(name, &error));
            return findings;
        }
    };
    let schema = cib.attribute("validate-with").filter(|schema| !cib::is_known_schema(schema));
    findings.errors.extend(schema.map(|schema| unknown_schema(name, schema)));
    findings.errors.extend(doubts.iter().map(|doubt| located(name, doubt)));
    let place = |id: &str| {
        let (line, column) = cib::position_of(text, id)?;
        Some(format!("{line}:{column}"))
    };
    let paths = cib::access::problems(&cib.configuration);
    for Problem { severity, object, what, help, .. } in
        validate(&cib.configuration).into_iter().chain(paths)
    {
        // An id that is there twice has been reported with its place already.
        if what.starts_with("the id ") && !doubts.is_empty() {
            continue;
        }
        let word = if severity == Severity::Error { "error" } else { "warning" };
        let at = place(&object).map_or_else(String::new, |at| format!("{at}:"));
        let help = if help.is_empty() { help } else { format!("; {help}") };
        findings.add(severity, format!("{name}:{at} {word}: {object}: {what}{help}"));
    }
    missing_agents(&cib.configuration, name, &place, &mut findings);
    findings
}

/// Nobody can say whether a configuration is valid by a schema that nobody knows.
pub(crate) fn unknown_schema(name: &str, schema: &str) -> String {
    let known = cib::known_schemas();
    format!("{name}: error: there is no schema `{schema}`; validate-with is {known}")
}

/// A whole CIB, or a `<configuration>` alone.
fn read_whole(text: &str) -> Result<(cib::Cib, Vec<CibError>), CibError> {
    let is_part = cib::read_element(text)?.name == "configuration";
    if is_part {
        cib::read_object(text, None::<Part>)?;
        // On the same line, so that places in messages are those of the file.
        return cib::read_tolerant(&format!("<cib>{}</cib>", without_declaration(text)));
    }
    cib::read_tolerant(text)
}

fn without_declaration(text: &str) -> &str {
    let trimmed = text.trim_start();
    match trimmed.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, rest)) => rest,
        None => text,
    }
}

/// Agents that do not exist here may exist where it counts: a warning.
fn missing_agents(
    configuration: &Configuration,
    name: &str,
    place: &dyn Fn(&str) -> Option<String>,
    findings: &mut Findings,
) {
    let catalogue = catalogue();
    for primitive in configuration.primitives() {
        let Some(agent) = runnable(primitive) else { continue };
        if let Err(missing) = catalogue.find(&agent) {
            let near = missing.near.first();
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            let at = place(&primitive.id).map_or_else(String::new, |at| format!("{at}:"));
            findings.warnings.push(format!(
                "{name}:{at} warning: {}: there is no agent {agent} on this machine{near}",
                primitive.id
            ));
        }
    }
}

/// The agent as the catalogue knows it; none for classes of which none can be run.
pub(crate) fn runnable(primitive: &Primitive) -> Option<agents::Agent> {
    let cluster::Agent { class, provider, kind } = &primitive.agent;
    agents::Agent::of_class(class, provider.as_deref(), kind).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<cib><configuration><crm_config><cluster_property_set id='o'>\
        <nvpair id='f' name='stonith-enabled' value='false'/></cluster_property_set></crm_config>\
        <resources>\
        <primitive id='a' class='ocf' provider='pacemaker' type='Dummy'/>\
        </resources></configuration></cib>";

    #[test]
    fn xml_is_checked_with_places() {
        assert_eq!(check(GOOD, "f"), Findings::default());
        let cut = check("<cib>\n <configuration>", "f.xml");
        assert!(cut.errors[0].starts_with("f.xml:"), "{cut:?}");
        let part = GOOD.replace("<cib>", "").replace("</cib>", "");
        assert_eq!(check(&part, "f"), Findings::default());
    }

    #[test]
    fn nothing_is_no_configuration_and_nothing_is_said_twice() {
        assert_eq!(check(" \n", "f").errors, ["f: error: the file is empty"]);
        let lines = ["a", "b", "a"].map(String::from).to_vec();
        assert_eq!(once_each(lines), ["a", "b"]);
    }

    #[test]
    fn an_agent_that_is_not_here_is_a_warning() {
        let found = check(&GOOD.replace("Dummy", "Dumy"), "f");
        assert!(found.errors.is_empty());
        assert!(found.warnings[0].contains("ocf:pacemaker:Dumy"), "{found:?}");
        assert!(found.warnings[0].contains("did you mean ocf:pacemaker:Dummy?"), "{found:?}");
    }

    #[test]
    fn the_crm_language_is_checked_with_places() {
        let found = check("primitive p ocf:pacemaker:Dummy\nlocation l q 1: n\n", "f.crm");
        assert!(found.errors[0].starts_with("f.crm:2:"), "{found:?}");
    }
}
