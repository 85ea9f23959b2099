//! `crm_rule`: whether rules of the configuration that ask for the time are in effect.

use crate::answer::{Failure, Outcome, complain, line, print};
use crate::connection::Connection;
use crate::input::{located, read_file};
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use crate::tools::markup::{element, result};
use base::WallTime;
use cib::Part;
use cluster::date::Date;
use cluster::{
    Constraint, DateExpression, DateField, DateOperation, Element, Expression, Object, Preference,
    Rule, RuleContext,
};
use std::cmp::Ordering;
use std::path::Path;
use std::process::ExitCode;

const LINE: CommandLine = CommandLine {
    name: "crm_rule",
    purpose: "says whether rules are in effect",
    words: "",
    choices: &[
        flag("c", "check", "say whether the rules are in effect"),
        value("r", "rule", "the rule's id; can be given several times"),
        value("d", "date", "at this time instead of now"),
        value("X", "xml-text", "look into this CIB; - is standard input"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

/// What is said of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Lasts,
    Satisfied,
    NotYet,
    Expired,
    Unknown,
    /// It is not of the kind that can be judged.
    Unclear(&'static str),
}

impl Effect {
    /// Scripts know these codes.
    const fn code(self) -> u8 {
        match self {
            Self::Lasts | Self::Satisfied => 0,
            Self::Unclear(_) => 3,
            Self::Unknown => 105,
            Self::Expired => 110,
            Self::NotYet => 111,
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Lasts | Self::Satisfied => "OK",
            Self::Unclear(_) => "Unimplemented",
            Self::Unknown => "No such object",
            Self::Expired => "Requested item has expired",
            Self::NotYet => "Requested item is not yet in effect",
        }
    }

    fn says(self, rule: &str) -> Result<String, String> {
        let unclear =
            |why: &str| Err(format!("Could not determine whether rule {rule} is in effect: {why}"));
        match self {
            Self::Lasts => Ok(format!("Rule {rule} is still in effect")),
            Self::Satisfied => Ok(format!("Rule {rule} satisfies conditions")),
            Self::NotYet => Ok(format!("Rule {rule} has not yet taken effect")),
            Self::Expired => Ok(format!("Rule {rule} is expired")),
            Self::Unknown => unclear("Rule not found"),
            Self::Unclear(why) => unclear(why),
        }
    }
}

/// `crm_rule`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    if !given.has("check") {
        return Err(Failure::Usage("No mode operation given".into()));
    }
    if !given.has("rule") {
        return Err(Failure::Usage("--check requires use of --rule=".into()));
    }
    let now = match given.value("date") {
        None => os::clock::wall(),
        Some(text) => cluster::date::parse(text)
            .ok_or_else(|| Failure::Data(format!("Invalid date specified: '{text}'")))?,
    };
    let root = root(&given)?;
    let found: Vec<(&str, Effect)> =
        given.values("rule").map(|id| (id, effect(&root, id, now))).collect();
    // The last that is not in effect decides.
    let worst = found.iter().rev().map(|(_, effect)| *effect).find(|effect| effect.code() != 0);
    let worst = worst.unwrap_or(Effect::Lasts);
    match given.value("output-as") {
        Some("xml") => print(&xml(&found, worst, args)),
        _ => {
            for (id, effect) in found {
                match effect.says(id) {
                    Ok(said) => line(&said),
                    Err(why) => complain(LINE.name, &why),
                }
            }
        }
    }
    Ok(ExitCode::from(worst.code()))
}

/// The tree that the rules stand in.
fn root(given: &Parsed) -> Result<Element, Failure> {
    let text = match given.value("xml-text") {
        None => return Connection::usual().tree(),
        Some("-") => read_file(Path::new("-"))?,
        Some(text) => text.to_owned(),
    };
    cib::read_element(&text).map_err(|error| Failure::Data(located("XML", &error)))
}

fn effect(root: &Element, id: &str, now: WallTime) -> Effect {
    let is_it = |element: &Element| element.name == "rule" && element.attribute("id") == Some(id);
    let found = cib::Place::of(root, &is_it);
    let rule = found.and_then(|place| place.at(root).and_then(typed));
    rule.map_or(Effect::Unknown, |rule| judge(&rule, now))
}

/// A rule is read where rules are at home: in a constraint.
fn typed(rule: &Element) -> Option<Rule> {
    let around = element("rsc_location", &[("id", "around"), ("rsc", "any")], vec![rule.clone()]);
    let text = cib::write_element(&around);
    match cib::read_object(&text, Some(Part::Constraints)).ok()?.into_iter().next()? {
        Object::Constraint(Constraint::Location(location)) => match location.preference {
            Preference::Rules(rules) => rules.into_iter().next(),
            Preference::Node { .. } => None,
        },
        _ => None,
    }
}

fn judge(rule: &Rule, now: WallTime) -> Effect {
    let dates: Vec<&DateExpression> = rule
        .expressions
        .iter()
        .filter_map(|expression| match expression {
            Expression::Date(date) => Some(date.as_ref()),
            _ => None,
        })
        .collect();
    let [date] = dates[..] else {
        return Effect::Unclear(if dates.is_empty() {
            "Rule does not have a date expression"
        } else {
            "Rule has more than one date expression"
        });
    };
    if date.operation == Some(DateOperation::Spec) {
        return by_calendar(date, now);
    }
    let alone =
        Rule { expressions: vec![Expression::Date(Box::new(date.clone()))], ..Rule::default() };
    let context = RuleContext { now: Some(now), ..RuleContext::default() };
    match (alone.holds(&context), alone.next_change(&context)) {
        (true, _) => Effect::Lasts,
        (false, Some(_)) => Effect::NotYet,
        (false, None) => Effect::Expired,
    }
}

/// Only with a year there is a time before and a time after.
fn by_calendar(date: &DateExpression, now: WallTime) -> Effect {
    let spec = date.spec.as_ref().filter(|spec| {
        let has_year = spec.ranges.iter().any(|(field, _)| *field == DateField::Years);
        has_year && spec.extra.attribute("moon").is_none()
    });
    let Some(spec) = spec else {
        return Effect::Unclear(
            "Rule must either not use date_spec, or use date_spec with years= but not moon=",
        );
    };
    match spec.order(Date::utc(now)) {
        Ordering::Less => Effect::NotYet,
        Ordering::Equal => Effect::Satisfied,
        Ordering::Greater => Effect::Expired,
    }
}

fn xml(found: &[(&str, Effect)], worst: Effect, args: &[String]) -> String {
    let check = |(id, effect): &(&str, Effect)| {
        let code = effect.code().to_string();
        element("rule-check", &[("rule-id", *id), ("rc", &code)], Vec::new())
    };
    let unclear = found.iter().filter_map(|(id, effect)| effect.says(id).err());
    let errors: Vec<String> = unclear.collect();
    let checks = found.iter().map(check).collect();
    result(LINE.name, args, checks, (worst.code(), worst.message()), &errors)
}
