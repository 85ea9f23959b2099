//! `cibsecret`, and `crm resource secret`: parameters whose values are kept outside of the
//! configuration, by each node in a file that root alone may read. The configuration has `lrm://`
//! there, and agents get the value.

use crate::answer::{DONE, Failure, Outcome, line, say_aside};
use crate::connection::{Connection, unexpected};
use crate::tools::arguments::{CommandLine, flag};
use crate::tools::resources::{Values, set_value, unknown};
use api::{Acknowledgement, Request, Response, Secret, SecretPlace, SecretRequest};
use cluster::first_value;
use cluster::secret::KEPT_ELSEWHERE;

const LINE: CommandLine = CommandLine {
    name: "cibsecret",
    purpose: "keeps values of parameters outside of the configuration, on all nodes",
    words: "set|stash|unstash|delete|get|check|sync [RESOURCE PARAMETER [VALUE]]",
    choices: &[flag("C", "no-cib", "with set and delete: leave the configuration as it is")],
};

/// What is done with one parameter of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act<'a> {
    /// This value is kept.
    Set(&'a str),
    /// The value in the configuration is kept from now on.
    Stash,
    /// The value that is kept goes back into the configuration.
    Unstash,
    /// The parameter goes, with its value.
    Delete,
    /// The value is shown.
    Get,
    /// Do all nodes keep the same?
    Check,
}

impl<'a> Act<'a> {
    /// The one of that name.
    pub(crate) fn named(name: &str, value: Option<&'a str>) -> Result<Self, Failure> {
        Ok(match (name, value) {
            ("set", Some(value)) => Self::Set(value),
            ("set", None) => return Err(Failure::Usage("set needs a value".into())),
            (_, Some(_)) => return Err(Failure::Usage(format!("{name} takes no value"))),
            ("stash", _) => Self::Stash,
            ("unstash", _) => Self::Unstash,
            ("delete", _) => Self::Delete,
            ("get" | "show", _) => Self::Get,
            ("check", _) => Self::Check,
            _ => {
                let text =
                    format!("`{name}` is none of set, stash, unstash, delete, get, check and sync");
                return Err(Failure::Usage(text));
            }
        })
    }
}

/// `cibsecret`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let words: Vec<&str> = given.words.iter().map(String::as_str).collect();
    let connection = Connection::usual();
    let (act, parameter) = match words[..] {
        ["sync"] => return change(&connection, SecretRequest::Share).and(DONE),
        [act, resource, name] => {
            (Act::named(act, None)?, Parameter { connection: &connection, resource, name })
        }
        [act, resource, name, value] => {
            (Act::named(act, Some(value))?, Parameter { connection: &connection, resource, name })
        }
        _ => return Err(Failure::Usage(format!("cibsecret {}", LINE.words))),
    };
    match (given.has("no-cib"), act) {
        (false, act) => parameter.carry_out(act),
        (true, Act::Set(value)) => parameter.keep(value).and(DONE),
        (true, Act::Delete) => parameter.forget().and(DONE),
        (true, Act::Get | Act::Check) => parameter.carry_out(act),
        (true, Act::Stash | Act::Unstash) => {
            Err(Failure::Usage("stash and unstash change the configuration: leave -C out".into()))
        }
    }
}

/// A parameter whose value is kept outside of the configuration, or is to be.
pub(crate) struct Parameter<'a> {
    pub(crate) connection: &'a Connection,
    /// The resource's id.
    pub(crate) resource: &'a str,
    pub(crate) name: &'a str,
}

/// What the configuration says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Configured {
    Nothing,
    KeptElsewhere,
    Plain(String),
}

impl Parameter<'_> {
    /// The value comes before what refers to it, and goes after that: no agent misses one.
    pub(crate) fn carry_out(&self, act: Act<'_>) -> Outcome {
        match act {
            Act::Set(value) => self.set(value),
            Act::Stash => self.stash(),
            Act::Unstash => self.unstash(),
            Act::Delete => self.delete(),
            Act::Get => {
                line(&self.value()?);
                DONE
            }
            Act::Check => {
                change(self.connection, SecretRequest::Check { place: self.place() }).and(DONE)
            }
        }
    }

    fn set(&self, value: &str) -> Outcome {
        let configured = self.configured()?;
        if matches!(&configured, Configured::Plain(plain) if plain != value) {
            return Err(Failure::Exists(format!(
                "the configuration has another value of `{}` of {}: `cibsecret stash` keeps that \
                 one, `crm_resource --delete-parameter` removes it",
                self.name, self.resource
            )));
        }
        self.keep(value)?;
        match configured {
            Configured::KeptElsewhere => say_aside(&format!(
                "agents of {0} get the new value from their next action on; `crm resource restart \
                 {0}` if the service needs it at once",
                self.resource
            )),
            Configured::Nothing | Configured::Plain(_) => self.configure(Some(KEPT_ELSEWHERE))?,
        }
        DONE
    }

    fn stash(&self) -> Outcome {
        let Configured::Plain(value) = self.configured()? else {
            return Err(Failure::NoSuchObject(format!(
                "the configuration has no value of `{}` of {} that could be kept elsewhere",
                self.name, self.resource
            )));
        };
        self.keep(&value)?;
        self.configure(Some(KEPT_ELSEWHERE))?;
        say_aside(
            "revisions of the configuration from before this still have the value: if it matters, \
             change it where it is used, and here with `cibsecret set`",
        );
        DONE
    }

    fn unstash(&self) -> Outcome {
        self.must_refer()?;
        self.configure(Some(&self.value()?))?;
        self.forget().and(DONE)
    }

    fn delete(&self) -> Outcome {
        self.must_refer()?;
        self.configure(None)?;
        self.forget().and(DONE)
    }

    fn must_refer(&self) -> Result<(), Failure> {
        match self.configured()? {
            Configured::KeptElsewhere => Ok(()),
            Configured::Nothing | Configured::Plain(_) => Err(Failure::NoSuchObject(format!(
                "the configuration does not say that `{}` of {} is kept elsewhere ({KEPT_ELSEWHERE}); \
                 `cibsecret -C delete` has the nodes forget what they keep all the same",
                self.name, self.resource
            ))),
        }
    }

    fn configured(&self) -> Result<Configured, Failure> {
        let configuration = self.connection.cib()?.configuration;
        let primitive = configuration.primitive(self.resource);
        let primitive = primitive.ok_or_else(|| unknown(&configuration, self.resource))?;
        Ok(match first_value(&primitive.parameters, self.name) {
            None => Configured::Nothing,
            Some(KEPT_ELSEWHERE) => Configured::KeptElsewhere,
            Some(plain) => Configured::Plain(plain.to_owned()),
        })
    }

    fn configure(&self, value: Option<&str>) -> Result<(), Failure> {
        set_value(self.connection, Values::Parameters, self.resource, (self.name, value))
    }

    /// The value that the node keeps.
    pub(crate) fn value(&self) -> Result<String, Failure> {
        let request = Request::Secret(SecretRequest::Tell { place: self.place() });
        match self.connection.ask(&request)? {
            Response::Secret { value } => String::from_utf8(value.0)
                .map_err(|_| Failure::Protocol("the node's answer is no text".into())),
            other => Err(unexpected(&other)),
        }
    }

    fn keep(&self, value: &str) -> Result<(), Failure> {
        let value = Secret(value.into());
        change(self.connection, SecretRequest::Keep { place: self.place(), value }).map(drop)
    }

    fn forget(&self) -> Result<(), Failure> {
        change(self.connection, SecretRequest::Forget { place: self.place() }).map(drop)
    }

    fn place(&self) -> SecretPlace {
        SecretPlace { resource: self.resource.to_owned(), parameter: self.name.to_owned() }
    }
}

fn change(connection: &Connection, request: SecretRequest) -> Result<Acknowledgement, Failure> {
    connection.changed(&Request::Secret(request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_by_their_names() {
        let cases = [
            ("set", Some("x"), Some(Act::Set("x"))),
            ("set", None, None),
            ("get", None, Some(Act::Get)),
            ("show", None, Some(Act::Get)),
            ("get", Some("x"), None),
            ("sync", None, None),
            ("stash", None, Some(Act::Stash)),
        ];
        for (name, value, expected) in cases {
            assert_eq!(Act::named(name, value).ok(), expected, "{name} {value:?}");
        }
    }
}
