//! `crm_error`: what a code of Pacemaker's tools and functions means.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use crate::tools::markup::{element, result};

const LINE: CommandLine = CommandLine {
    name: "crm_error",
    purpose: "says what codes mean",
    words: "[CODE...]",
    choices: &[
        flag("n", "name", "show the code's name, too"),
        flag("l", "list", "show all that are known, as without a code"),
        flag("X", "exit", "they are exit codes of programs"),
        flag("r", "rc", "they are return codes of functions"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

/// Which codes are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Of programs.
    Exit,
    /// Of functions.
    Return,
    /// Of functions, as they were before there were return codes. Their sign does not matter.
    Old,
}

/// A code with its name and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code {
    number: i64,
    name: &'static str,
    text: &'static str,
}

/// All of a kind, ascending. What the system's own codes mean is a part of two kinds.
fn codes(kind: Kind) -> Vec<Code> {
    let parts: &[&str] = match kind {
        Kind::Exit => &["exit"],
        Kind::Return => &["return", "system"],
        Kind::Old => &["system", "old"],
    };
    let mut codes: Vec<Code> = include_str!("crm_error/codes.txt")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut words = line.splitn(4, ' ');
            let is_meant = parts.contains(&words.next()?);
            let (number, name, text) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
            // That nothing is wrong is said by the same code everywhere.
            let is_none = kind == Kind::Old && number == 0;
            (is_meant || is_none).then_some(Code { number, name, text })
        })
        .collect();
    if kind == Kind::Old {
        let none = Code { number: 0, name: "pcmk_rc_ok", text: "OK" };
        codes.retain(|code| code.number != 0);
        codes.insert(0, none);
    }
    codes
}

/// `crm_error`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let kind = match (given.has("rc"), given.has("exit")) {
        (true, _) => Kind::Return,
        (false, true) => Kind::Exit,
        (false, false) => Kind::Old,
    };
    let is_list = given.has("list") || given.words.is_empty();
    let asked: Vec<Meaning> = if is_list {
        codes(kind).into_iter().map(Meaning::Known).collect()
    } else {
        given.words.iter().map(|word| meaning(kind, word)).collect()
    };
    match given.value("output-as") {
        Some("xml") => print(&xml(&asked, &given, args)),
        None | Some("text") => {
            for meaning in &asked {
                line(&meaning.text(given.has("name"), is_list));
            }
        }
        Some(other) => {
            return Err(Failure::Usage(format!("--output-as={other}: it is text or xml")));
        }
    }
    DONE
}

/// What a tool's exit code says.
pub(crate) fn exit_words(code: u8) -> String {
    meaning(Kind::Exit, &code.to_string()).description()
}

/// What somebody asked about.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    Known(Code),
    Unknown(Kind, i64),
}

/// What is no number counts as one that is unknown.
fn meaning(kind: Kind, word: &str) -> Meaning {
    let number = word.parse().unwrap_or(i64::MIN);
    let wanted = if kind == Kind::Old { number.checked_abs().unwrap_or(number) } else { number };
    let code = codes(kind).into_iter().find(|code| code.number == wanted);
    code.map_or(Meaning::Unknown(kind, number), Meaning::Known)
}

impl Meaning {
    fn number(self) -> i64 {
        match self {
            Self::Known(code) => code.number,
            Self::Unknown(_, number) => number,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Known(code) => code.name,
            Self::Unknown(Kind::Exit, _) => "CRM_EX_UNKNOWN",
            Self::Unknown(..) => "Unknown",
        }
    }

    fn description(self) -> String {
        match self {
            Self::Known(code) => code.text.to_owned(),
            // As shells have it, 128 and the signal's number.
            Self::Unknown(Kind::Exit, 129..=254) => "Interrupted by signal".to_owned(),
            Self::Unknown(Kind::Exit, 255) => "Error occurred".to_owned(),
            Self::Unknown(Kind::Exit, _) => "Unknown exit status".to_owned(),
            Self::Unknown(_, number) if number > 0 => format!("Unknown error {number}"),
            Self::Unknown(..) => "Error".to_owned(),
        }
    }

    fn text(self, with_name: bool, is_listed: bool) -> String {
        let (name, text) = (self.name(), self.description());
        match (is_listed, with_name) {
            (true, true) => format!("{:>5}: {name:<26}  {text}", self.number()),
            (true, false) => format!("{:>5}: {text}", self.number()),
            (false, true) => format!("{name} - {text}"),
            (false, false) => text,
        }
    }
}

fn xml(asked: &[Meaning], given: &Parsed, args: &[String]) -> String {
    let codes = asked.iter().map(|meaning| {
        let mut attributes = vec![("code", meaning.number().to_string())];
        if given.has("name") {
            attributes.push(("name", meaning.name().to_owned()));
        }
        attributes.push(("description", meaning.description()));
        element("result-code", &attributes, Vec::new())
    });
    result(LINE.name, args, codes.collect(), (0, "OK"), &[])
}
