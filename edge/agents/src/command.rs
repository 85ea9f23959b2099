//! From a request to a command line, an environment and an input.

use crate::agent::{Agent, Source};
use crate::catalogue::{Catalogue, Missing};
use crate::environment::{self, Variables};
use crate::request::Request;
use std::path::PathBuf;

/// Everything a process is made of.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    /// What the process is to be called, when not like its program.
    pub(crate) called: Option<&'static str>,
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: Variables,
    pub(crate) input: Option<Vec<u8>>,
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
}

/// How `request` is run on this node.
pub(crate) fn plan(catalogue: &Catalogue, request: &Request) -> Result<Plan, Unplannable> {
    match &request.agent {
        Agent::Ocf { provider, kind } => plan_ocf(catalogue, request, provider, kind),
        Agent::Fence { name } if name.starts_with("external/") => plan_plugin(catalogue, request),
        Agent::Fence { .. } => plan_fence(catalogue, request),
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
        Source::Installed => (installed(catalogue, request)?, None, vec![request.action.clone()]),
        Source::BuiltIn => {
            let words = ["agent", "ocf", provider, kind, &request.action];
            // Our binary takes the name it is called by for the name of a tool.
            (settings.own_binary.clone(), Some("systole"), words.map(str::to_owned).into())
        }
    };
    Ok(Plan { program, called, arguments, variables, input: None })
}

fn installed(catalogue: &Catalogue, request: &Request) -> Result<PathBuf, Missing> {
    catalogue.program(&request.agent).map_err(|_| catalogue.missing(&request.agent))
}

/// A fence agent reads `name=value` lines; the last of a name counts.
fn plan_fence(catalogue: &Catalogue, request: &Request) -> Result<Plan, Unplannable> {
    let program = installed(catalogue, request)?;
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
    })
}

/// A plugin of the older interface: `PLUGIN ACTION [HOST]`, with parameters as bare variables.
fn plan_plugin(catalogue: &Catalogue, request: &Request) -> Result<Plan, Unplannable> {
    let program = installed(catalogue, request)?;
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
    Ok(Plan { program, called: None, arguments, variables, input: None })
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
