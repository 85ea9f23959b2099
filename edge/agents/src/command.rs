//! From a request to a command line, an environment and an input.

use crate::agent::{Agent, Source};
use crate::catalogue::{Catalogue, Missing};
use crate::environment::{self, Variables};
use crate::lsb;
use crate::request::Request;
use std::path::PathBuf;

/// Tells the process that asks systemd where units are changed until the next boot.
pub(crate) const SYSTEMD_DIR: &str = "SYSTOLE_SYSTEMD_DIR";

/// Everything a process is made of.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    /// What the process is to be called, when not like its program.
    pub(crate) called: Option<&'static str>,
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: Variables,
    pub(crate) input: Option<Vec<u8>>,
    pub(crate) codes: Codes,
}

/// In which standard's words a process says with its exit code how it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codes {
    Ocf,
    /// Those of an init script that was told this.
    Lsb(&'static str),
}

impl Codes {
    /// What `code` means in the words of OCF.
    pub(crate) fn as_ocf(self, code: i32) -> i32 {
        match self {
            Self::Ocf => code,
            Self::Lsb(word) => lsb::ocf_code(word, code),
        }
    }
}

/// Why a request cannot become a process. Nothing was run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unplannable {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error(
        "parameter {0} has a line break in it, which a fence agent would read as more parameters: remove it"
    )]
    LineBreak(String),
    #[error("{agent} has no action {action}")]
    NoAction { agent: Agent, action: String },
}

/// How `request` is run on this node.
pub(crate) fn plan(catalogue: &Catalogue, request: &Request) -> Result<Plan, Unplannable> {
    match &catalogue.resolve(&request.agent) {
        Agent::Ocf { provider, kind } => plan_ocf(catalogue, request, provider, kind),
        Agent::Fence { name } if name.starts_with("external/") => plan_plugin(catalogue, request),
        Agent::Fence { .. } => plan_fence(catalogue, request),
        Agent::Systemd { unit } => plan_unit(catalogue, request, unit),
        script @ (Agent::Lsb { .. } | Agent::Service { .. }) => {
            plan_script(catalogue, request, script)
        }
    }
}

fn plan_ocf(
    catalogue: &Catalogue,
    request: &Request,
    provider: &str,
    kind: &str,
) -> Result<Plan, Unplannable> {
    let settings = catalogue.settings();
    let variables = environment::ocf(settings, request, provider, kind);
    let (program, called, arguments) = match catalogue.find(&request.agent)? {
        Source::Installed => {
            (installed(catalogue, &request.agent)?, None, vec![request.action.clone()])
        }
        Source::BuiltIn => {
            let words = ["agent", "ocf", provider, kind, &request.action];
            (settings.own_binary.clone(), Some(OWN_NAME), words.map(str::to_owned).into())
        }
    };
    Ok(Plan { program, called, arguments, variables, input: None, codes: Codes::Ocf })
}

/// Our binary takes the name it is called by for the name of a tool.
const OWN_NAME: &str = "systole";

fn installed(catalogue: &Catalogue, agent: &Agent) -> Result<PathBuf, Missing> {
    catalogue.program(agent).map_err(|_| catalogue.missing(agent))
}

/// A script gets one word, and nothing of the resource's parameters.
fn plan_script(
    catalogue: &Catalogue,
    request: &Request,
    script: &Agent,
) -> Result<Plan, Unplannable> {
    let program = installed(catalogue, script)?;
    let word = lsb::word(&request.action).ok_or_else(|| no_action(request))?;
    let variables = environment::common(catalogue.settings(), request);
    let (arguments, codes) = (vec![word.to_owned()], Codes::Lsb(word));
    Ok(Plan { program, called: None, arguments, variables, input: None, codes })
}

/// A process of our own asks systemd, and waits for what comes of it: so it can hang and be ended
/// like any other agent. Whether there is such a unit systemd knows best.
fn plan_unit(catalogue: &Catalogue, request: &Request, unit: &str) -> Result<Plan, Unplannable> {
    let settings = catalogue.settings();
    if !catalogue.has_systemd() {
        return Err(catalogue.missing(&request.agent).into());
    }
    if !matches!(request.action.as_str(), "start" | "stop" | "monitor" | "status") {
        return Err(no_action(request));
    }
    // A unit may be called like an option.
    let words = ["agent", "--", "systemd", unit, &request.action];
    let mut variables = environment::common(settings, request);
    variables.insert(SYSTEMD_DIR.into(), settings.systemd_dir.display().to_string());
    Ok(Plan {
        program: settings.own_binary.clone(),
        called: Some(OWN_NAME),
        arguments: words.map(str::to_owned).into(),
        variables,
        input: None,
        codes: Codes::Ocf,
    })
}

fn no_action(request: &Request) -> Unplannable {
    Unplannable::NoAction { agent: request.agent.clone(), action: request.action.clone() }
}

/// A fence agent reads `name=value` lines; the last of a name counts.
fn plan_fence(catalogue: &Catalogue, request: &Request) -> Result<Plan, Unplannable> {
    let program = installed(catalogue, &request.agent)?;
    let action = match request.action.as_str() {
        "meta-data" => "metadata",
        other => other,
    };
    let mut input = format!("action={action}\n");
    for (name, value) in device_parameters(request) {
        if name.contains('\n') || value.contains('\n') {
            return Err(Unplannable::LineBreak(name.clone()));
        }
        input.push_str(&format!("{name}={value}\n"));
    }
    let variables = environment::common(catalogue.settings(), request);
    Ok(Plan {
        program,
        called: None,
        arguments: Vec::new(),
        variables,
        input: Some(input.into_bytes()),
        codes: Codes::Ocf,
    })
}

/// A plugin of the older interface: `PLUGIN ACTION [HOST]`, with parameters as bare variables.
fn plan_plugin(catalogue: &Catalogue, request: &Request) -> Result<Plan, Unplannable> {
    let program = installed(catalogue, &request.agent)?;
    let action = match request.action.as_str() {
        "reboot" => "reset",
        "monitor" => "status",
        "list" => "gethosts",
        "meta-data" | "metadata" => "getinfo-xml",
        other => other,
    };
    let mut arguments = vec![action.to_owned()];
    if matches!(action, "on" | "off" | "reset") {
        let host = ["nodename", "port", "plug"].iter().find_map(|name| parameter(request, name));
        arguments.extend(host.map(str::to_owned));
    }
    let mut variables = environment::common(catalogue.settings(), request);
    variables.extend(
        device_parameters(request)
            .filter(|(name, _)| !name.is_empty() && !name.contains(['=', '\0']))
            .map(|(name, value)| (name.clone(), value.replace('\0', ""))),
    );
    // Plugins call `ha_log.sh`, which is in none of the usual folders.
    let path = format!("{}:/usr/share/cluster-glue", catalogue.settings().agent_path());
    variables.insert("PATH".into(), path);
    Ok(Plan { program, called: None, arguments, variables, input: None, codes: Codes::Ocf })
}

fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.parameters.iter().rev().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
}

/// What the device is to see: what is meant for the cluster stays here.
fn device_parameters(request: &Request) -> impl Iterator<Item = &(String, String)> {
    request.parameters.iter().filter(|(name, _)| {
        let ours = ["pcmk_", "CRM_meta_"].iter().any(|prefix| name.starts_with(prefix));
        !ours && name != "crm_feature_set" && name != "action"
    })
}
