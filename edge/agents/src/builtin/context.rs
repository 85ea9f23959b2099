//! What a built-in agent is told, and what it may call.

use super::calls::{self, Said};
use super::metadata::{Content, Metadata, Need};
use crate::catalogue::is_program;
use crate::code::OcfCode;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, io};

/// One call of a built-in agent: its variables, and its parameters with their defaults.
pub(crate) struct Context {
    metadata: &'static Metadata,
    variables: BTreeMap<String, String>,
}

/// An action failed. The reason is one line and says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: OcfCode,
    pub(crate) reason: String,
}

impl Failure {
    pub(crate) fn new(code: OcfCode, reason: impl Into<String>) -> Self {
        let reason: String = reason.into();
        Self { code, reason: reason.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    pub(crate) fn generic(reason: impl Into<String>) -> Self {
        Self::new(OcfCode::Generic, reason)
    }
}

impl Context {
    pub(crate) fn new(metadata: &'static Metadata, variables: BTreeMap<String, String>) -> Self {
        Self { metadata, variables }
    }

    /// Refuses to go on when a required parameter is not set.
    pub(crate) fn check_required(&self) -> Result<(), Failure> {
        let lacking = self.metadata.parameters.iter().find(|parameter| {
            parameter.need == Need::Required && self.text(parameter.name).is_empty()
        });
        match lacking {
            None => Ok(()),
            Some(parameter) => Err(Failure::new(
                OcfCode::Configured,
                format!(
                    "parameter {name} is required and not set: crm resource param {resource} set \
                     {name} VALUE",
                    name = parameter.name,
                    resource = self.instance()
                ),
            )),
        }
    }

    /// A parameter as text; its default when it is not set, which may be empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        match self.variable(&format!("OCF_RESKEY_{name}")) {
            Some(value) if !value.is_empty() => value,
            _ => self.metadata.parameter(name).map_or("", |parameter| parameter.content.default()),
        }
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<i64, Failure> {
        let text = self.text(name);
        text.trim().parse().map_err(|_| self.not_a(name, "a whole number"))
    }

    /// `yes`, `true`, `on`, `1` and their opposites.
    pub(crate) fn is_on(&self, name: &str) -> Result<bool, Failure> {
        match self.text(name).to_ascii_lowercase().as_str() {
            "yes" | "true" | "on" | "1" | "y" | "ja" => Ok(true),
            "no" | "false" | "off" | "0" | "n" | "" => Ok(false),
            _ => Err(self.not_a(name, "true or false")),
        }
    }

    /// A time: a number of seconds, or one with `ms`, `s`, `min`, `h` after it.
    pub(crate) fn time(&self, name: &str) -> Result<Duration, Failure> {
        parse_time(self.text(name)).ok_or_else(|| self.not_a(name, "a time like 5s"))
    }

    /// One of the values that the metadata lists.
    pub(crate) fn choice(&self, name: &str) -> Result<&'static str, Failure> {
        let Some(Content::OneOf(options, _)) =
            self.metadata.parameter(name).map(|parameter| &parameter.content)
        else {
            return Err(self.not_a(name, "a parameter with a list of values"));
        };
        let given = self.text(name);
        options
            .iter()
            .find(|option| option.eq_ignore_ascii_case(given))
            .copied()
            .ok_or_else(|| self.not_a(name, &format!("one of {}", options.join(", "))))
    }

    /// A meta attribute, in the agents' spelling (`clone_max`).
    pub(crate) fn meta(&self, name: &str) -> Option<&str> {
        self.variable(&format!("OCF_RESKEY_CRM_meta_{name}")).filter(|value| !value.is_empty())
    }

    /// The time that the cluster gives this action, when it says so.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.meta("timeout")?.parse().ok().map(Duration::from_millis)
    }

    /// How long this action may try: until a little before the cluster would kill it, so that there
    /// is time left to say what is in the way. Where the cluster gives no time, `otherwise` is it.
    pub(crate) fn patience(&self, otherwise: Duration) -> Duration {
        let timeout = self.timeout().unwrap_or(otherwise);
        let margin = (timeout / 10).clamp(Duration::from_secs(1), Duration::from_secs(5));
        timeout.saturating_sub(margin)
    }

    /// How deep a monitor is to look.
    pub(crate) fn check_level(&self) -> u32 {
        self.variable("OCF_CHECK_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(0)
    }

    /// The resource instance.
    pub(crate) fn instance(&self) -> &str {
        self.variable("OCF_RESOURCE_INSTANCE").filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// The name of this node in the cluster.
    pub(crate) fn node(&self) -> String {
        match self.meta("on_node") {
            Some(node) => node.to_owned(),
            None => rustix::system::uname().nodename().to_string_lossy().into_owned(),
        }
    }

    /// The agent's state file: where `parameter` says, else below `HA_VARRUN`, where the installed
    /// agents of these names keep theirs, so that each finds what the other has started.
    pub(crate) fn state_file(&self, parameter: &str, ending: &str) -> PathBuf {
        self.state_file_of(parameter, self.metadata.name, ending)
    }

    /// Like [`Self::state_file`], for an agent whose file begins with another name than its own.
    pub(crate) fn state_file_of(&self, parameter: &str, begin: &str, ending: &str) -> PathBuf {
        let given = self.text(parameter);
        if !given.is_empty() {
            return given.into();
        }
        let folder = self.variable("HA_VARRUN").unwrap_or("/run");
        let name = format!("{begin}-{}{ending}", self.instance());
        Path::new(folder).join(name.replace('/', "_"))
    }

    /// A state file below `HA_RSCTMP`, for agents whose namesakes keep theirs there.
    pub(crate) fn temporary_file(&self, name: &str) -> PathBuf {
        let folder = self.variable("HA_RSCTMP").unwrap_or("/run/resource-agents");
        Path::new(folder).join(name.replace('/', "_"))
    }

    /// Everything the agent was called with, for agents that show it.
    pub(crate) fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// A program on the `PATH`, or at the path given.
    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        if program.contains('/') {
            return Some(PathBuf::from(program)).filter(|path| is_program(path));
        }
        let path = self.variable("PATH").unwrap_or("/usr/sbin:/usr/bin:/sbin:/bin");
        path.split(':').map(|folder| Path::new(folder).join(program)).find(|path| is_program(path))
    }

    /// Runs a program to its end. The action's deadline is its deadline too.
    pub(crate) fn call(&self, program: &str, arguments: &[&str]) -> Result<Said, Failure> {
        self.run(program, arguments, None)
    }

    /// Like [`Self::call`], for a program that may never come back: one that asks a disk, a server
    /// or a kernel module that hangs. That it has not answered within `limit` is a failure.
    pub(crate) fn call_within(
        &self,
        limit: Duration,
        program: &str,
        arguments: &[&str],
    ) -> Result<Said, Failure> {
        self.run(program, arguments, Some(limit))
    }

    fn run(
        &self,
        program: &str,
        arguments: &[&str],
        limit: Option<Duration>,
    ) -> Result<Said, Failure> {
        let path = self.find(program).ok_or_else(|| not_installed(program))?;
        let mut command = Command::new(path);
        command.args(arguments).env_clear().envs(&self.variables);
        let said = calls::run(command, limit)
            .map_err(|error| Failure::generic(format!("cannot run {program}: {error}")))?;
        said.ok_or_else(|| {
            let (words, limit) = (arguments.join(" "), limit.unwrap_or_default());
            Failure::generic(format!(
                "{program} {words} has not ended within {limit:.1?}: what it looks at hangs"
            ))
        })
    }

    /// Refuses to go on where a program that the agent cannot do without is not installed.
    pub(crate) fn needs(&self, program: &str) -> Result<(), Failure> {
        self.find(program).map(drop).ok_or_else(|| not_installed(program))
    }

    /// Sets a node attribute; the value counts for the cluster after `dampen`.
    pub(crate) fn set_attribute(
        &self,
        name: &str,
        value: &str,
        option: SetAttribute,
        dampen: &str,
    ) -> Result<(), Failure> {
        let option = match option {
            SetAttribute::Value => "-v",
            SetAttribute::ValueAndDampening => "-B",
        };
        self.update(&["-n", name, option, value, "-d", dampen])
    }

    /// Sets a node attribute at once, or after the dampening that is already set.
    pub(crate) fn put_attribute(&self, name: &str, value: &str) -> Result<(), Failure> {
        self.update(&["-n", name, "-U", value])
    }

    /// Removes a node attribute. When that cannot be done the agent stops all the same: a stop
    /// that fails costs the node its life, and the attribute goes with the node.
    pub(crate) fn delete_attribute(&self, name: &str, dampen: &str) {
        self.try_update(&["-D", "-n", name, "-d", dampen]);
    }

    /// Removes a node attribute that was set without dampening.
    pub(crate) fn drop_attribute(&self, name: &str) {
        self.try_update(&["-D", "-n", name]);
    }

    fn try_update(&self, arguments: &[&str]) {
        if let Err(failure) = self.update(arguments) {
            warn(&failure.reason);
        }
    }

    /// What a node attribute is here; `None` when it is not set.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<String>, Failure> {
        let said = self.call("attrd_updater", &["-n", name, "-Q"])?;
        // name="..." host="..." value="..."
        let value = said.stdout.lines().find_map(|line| line.split_once("value=\""));
        let value = value.and_then(|(_, rest)| rest.rsplit_once('"'));
        Ok(value.map(|(value, _)| value.to_owned()))
    }

    fn update(&self, arguments: &[&str]) -> Result<(), Failure> {
        let said = self.call("attrd_updater", arguments)?;
        match said.code {
            Some(0) => Ok(()),
            _ => Err(Failure::generic(format!(
                "attrd_updater {} failed ({}): is the cluster running on this node?",
                arguments.join(" "),
                said.complaint()
            ))),
        }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    fn not_a(&self, name: &str, wanted: &str) -> Failure {
        let reason = format!("parameter {name} is {:?}, but has to be {wanted}", self.text(name));
        Failure::new(OcfCode::Configured, reason)
    }
}

fn not_installed(program: &str) -> Failure {
    let reason = format!("the program {program} is not on this node: install it");
    Failure::new(OcfCode::Installed, reason)
}

/// How an attribute is set.
#[derive(Clone, Copy)]
pub(crate) enum SetAttribute {
    /// The value; a dampening that is already set stays.
    Value,
    /// The value and the dampening.
    ValueAndDampening,
}

/// Writes a state file, with the folders it needs.
pub(crate) fn write_state(path: &Path, text: &str) -> Result<(), Failure> {
    let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
        // Whole or not at all: a reader must never see half of it.
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        fs::write(&draft, text)?;
        fs::rename(&draft, path)
    });
    written.map_err(|error| {
        let code = match error.kind() {
            io::ErrorKind::PermissionDenied => OcfCode::Permission,
            _ => OcfCode::Generic,
        };
        let place = path.display();
        Failure::new(code, format!("cannot write {place} ({error}): make room or choose another"))
    })
}

/// Removes a state file; one that is not there is removed.
pub(crate) fn remove_state(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::generic(format!("cannot remove {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Notes something that is no reason to fail.
pub(crate) fn warn(text: &str) {
    say(&format!("WARNING: {text}"));
}

/// A line on standard error. That nobody listens any more is no reason to fail either: a stop
/// goes on when the daemon that asked for it has died.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn parse_time(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit.trim() {
        "ms" | "msec" => 1,
        "" | "s" | "sec" => 1000,
        "m" | "min" => 60_000,
        "h" | "hr" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}
