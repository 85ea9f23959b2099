//! `crm_verify`: the same findings, with the words and exit codes that scripts know.

use super::{Findings, check, report};
use crate::answer::{Failure, Outcome, complain, print};
use crate::connection::Connection;
use crate::input::{located, read_file};
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use crate::tools::markup;
use crate::words::of_system;
use cluster::Configuration;
use std::path::Path;
use std::process::ExitCode;

const LINE: CommandLine = CommandLine {
    name: "crm_verify",
    purpose: "checks a configuration",
    words: "",
    choices: &[
        flag("L", "live-check", "check the configuration of the cluster"),
        value("x", "xml-file", "check the CIB in this file"),
        value("X", "xml-text", "check this CIB"),
        flag("p", "xml-pipe", "check the CIB on standard input"),
        value("S", "save-xml", "write what was checked into this file"),
        value("", "output-as", "in this form: text or xml"),
        flag("q", "quiet", "say nothing, the exit code tells"),
    ],
};

/// The configuration is wrong.
const WRONG: u8 = 78;

/// `crm_verify`
pub(crate) fn crm_verify(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let (text, name) = source(&given)?;
    if let Some(path) = given.value("save-xml") {
        std::fs::write(path, &text)
            .map_err(|error| Failure::Other(format!("{path}: {}", of_system(&error))))?;
    }
    match cib::read_element(&text) {
        Ok(root) if root.name == "cib" => {}
        Ok(_) => {
            return Err(Failure::Protocol(
                "This tool can only check complete configurations (i.e. those starting with \
                 <cib>)."
                    .into(),
            ));
        }
        Err(error) => return Err(Failure::Other(located(&name, &error))),
    }
    let mut findings = check(&text, &name);
    if let Ok((cib, _)) = cib::read_tolerant(&text)
        && lacks_fencing(&cib.configuration)
    {
        findings.errors.extend(NO_FENCING.map(String::from));
    }
    let code = if findings.errors.is_empty() { 0 } else { WRONG };
    if given.value("output-as") == Some("xml") {
        print(&xml(&findings, code, args));
    } else if !given.has("quiet") {
        report(&findings);
        if code != 0 {
            complain("crm_verify", "Errors found during check: config not valid");
        }
    }
    Ok(ExitCode::from(code))
}

/// What is to be checked, and what it is called.
fn source(given: &Parsed) -> Result<(String, String), Failure> {
    match given.first_of(&["live-check", "xml-file", "xml-text", "xml-pipe"]) {
        Some("live-check") => Ok((cib::write(&Connection::usual().cib()?), "cluster".into())),
        Some("xml-file") => {
            let file = given.required("xml-file")?;
            let text = read_file(Path::new(file));
            Ok((text.map_err(|error| Failure::Other(error.to_string()))?, file.to_owned()))
        }
        Some("xml-text") => Ok((given.required("xml-text")?.to_owned(), "text".to_owned())),
        Some(_) => Ok((read_file(Path::new("-"))?, "input".to_owned())),
        None => Err(Failure::Other(
            "No configuration source specified.  Use --help for usage information.".into(),
        )),
    }
}

/// Pacemaker starts nothing there, and says so in these words.
const NO_FENCING: [&str; 3] = [
    "error: Resource start-up disabled since no STONITH resources have been defined",
    "error: Either configure some or disable STONITH with the stonith-enabled option",
    "error: NOTE: Clusters with shared data need STONITH to ensure data integrity",
];

/// Whether fencing is asked for and there is no device for it.
fn lacks_fencing(configuration: &Configuration) -> bool {
    let has_device = configuration.primitives().any(|primitive| {
        let template = primitive.template.as_deref().and_then(|id| configuration.template(id));
        primitive.agent.is_fencing() || template.is_some_and(|it| it.agent.is_fencing())
    });
    let has_resource = configuration.primitives().next().is_some();
    let by_watchdog = configuration.is_property_on("have-watchdog");
    has_resource && !has_device && !by_watchdog && configuration.is_property_on("fencing-enabled")
}

/// The answer for programs.
fn xml(findings: &Findings, code: u8, args: &[String]) -> String {
    let message = if code == 0 { "OK" } else { "Invalid configuration" };
    let errors: Vec<String> = findings.errors.iter().chain(&findings.warnings).cloned().collect();
    markup::result(LINE.name, args, Vec::new(), (code, message), &errors)
}
