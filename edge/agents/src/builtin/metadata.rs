//! What an agent says about itself, as data, and as the XML of the OCF resource agent API 1.1.

use std::fmt::Write;

/// A built-in agent's description. Defaults are taken from here at run time too, so that what is
/// documented is what happens.
pub(crate) struct Metadata {
    pub(crate) name: &'static str,
    pub(crate) short: &'static str,
    pub(crate) long: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) actions: &'static [Action],
}

/// One parameter.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) content: Content,
    pub(crate) need: Need,
    pub(crate) change: Change,
    pub(crate) short: &'static str,
    pub(crate) long: &'static str,
}

impl Parameter {
    /// One that need not be set; a change of it takes a restart.
    pub(crate) const fn optional(
        name: &'static str,
        content: Content,
        short: &'static str,
        long: &'static str,
    ) -> Self {
        Self { name, content, need: Need::Optional, change: Change::Restart, short, long }
    }

    /// One that has to be set.
    pub(crate) const fn required(self) -> Self {
        Self { need: Need::Required, ..self }
    }

    /// One that a running resource can be told anew.
    pub(crate) const fn reloadable(self) -> Self {
        Self { change: Change::Reload, ..self }
    }

    /// One that no two resources may have in common.
    pub(crate) const fn unique(self) -> Self {
        Self { change: Change::RestartAndUnique, ..self }
    }
}

/// What a parameter may be, and what it is when it is not set.
pub(crate) enum Content {
    Text(&'static str),
    Number(&'static str),
    Switch(&'static str),
    OneOf(&'static [&'static str], &'static str),
}

/// Whether a parameter has to be set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
}

/// What a change of the parameter takes, and whether two resources may have the same value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Restart,
    RestartAndUnique,
    Reload,
}

/// One action, with advice on how long it may take and how often it is to be done.
pub(crate) struct Action {
    pub(crate) name: &'static str,
    pub(crate) timeout: &'static str,
    pub(crate) interval: Option<&'static str>,
    pub(crate) depth: Option<&'static str>,
    pub(crate) role: Option<&'static str>,
}

impl Action {
    pub(crate) const fn once(name: &'static str, timeout: &'static str) -> Self {
        Self { name, timeout, interval: None, depth: None, role: None }
    }

    pub(crate) const fn monitor(timeout: &'static str, interval: &'static str) -> Self {
        Self { name: "monitor", timeout, interval: Some(interval), depth: None, role: None }
    }
}

impl Content {
    pub(crate) fn default(&self) -> &'static str {
        match self {
            Self::Text(default)
            | Self::Number(default)
            | Self::Switch(default)
            | Self::OneOf(_, default) => default,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Number(_) => "integer",
            Self::Switch(_) => "boolean",
            Self::OneOf(..) => "select",
        }
    }
}

impl Metadata {
    pub(crate) fn has_action(&self, name: &str) -> bool {
        self.actions.iter().any(|action| action.name == name)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    pub(crate) fn to_xml(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\"?>\n");
        let version = env!("CARGO_PKG_VERSION");
        let name = self.name;
        push(&mut xml, format_args!("<resource-agent name=\"{name}\" version=\"{version}\">"));
        push(&mut xml, format_args!("<version>1.1</version>"));
        describe(&mut xml, self.short, self.long);
        push(&mut xml, format_args!("<parameters>"));
        self.parameters.iter().for_each(|parameter| parameter.write(&mut xml));
        push(&mut xml, format_args!("</parameters>\n<actions>"));
        self.actions.iter().for_each(|action| action.write(&mut xml));
        push(&mut xml, format_args!("</actions>\n</resource-agent>"));
        xml
    }
}

impl Parameter {
    fn write(&self, xml: &mut String) {
        let name = self.name;
        let required = i32::from(self.need == Need::Required);
        let unique = match self.change {
            Change::RestartAndUnique => format!(" unique=\"1\" unique-group=\"{name}\""),
            Change::Restart => " unique=\"0\"".to_owned(),
            Change::Reload => " unique=\"0\" reloadable=\"1\"".to_owned(),
        };
        push(xml, format_args!("<parameter name=\"{name}\" required=\"{required}\"{unique}>"));
        describe(xml, self.short, self.long);
        let default = match self.content.default() {
            "" => String::new(),
            value => format!(" default=\"{}\"", escape(value)),
        };
        let kind = self.content.kind();
        match self.content {
            Content::OneOf(options, _) => {
                push(xml, format_args!("<content type=\"{kind}\"{default}>"));
                for option in options {
                    push(xml, format_args!("<option value=\"{option}\"/>"));
                }
                push(xml, format_args!("</content>"));
            }
            _ => push(xml, format_args!("<content type=\"{kind}\"{default}/>")),
        }
        push(xml, format_args!("</parameter>"));
    }
}

impl Action {
    fn write(&self, xml: &mut String) {
        let mut line = format!("<action name=\"{}\" timeout=\"{}\"", self.name, self.timeout);
        for (name, value) in
            [("interval", self.interval), ("depth", self.depth), ("role", self.role)]
        {
            if let Some(value) = value {
                let _ = write!(line, " {name}=\"{value}\"");
            }
        }
        push(xml, format_args!("{line}/>"));
    }
}

fn describe(xml: &mut String, short: &str, long: &str) {
    push(xml, format_args!("<longdesc lang=\"en\">\n{}\n</longdesc>", escape(long)));
    push(xml, format_args!("<shortdesc lang=\"en\">{}</shortdesc>", escape(short)));
}

fn push(xml: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(xml, "{line}");
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
