//! Conditions on the time: date expressions of rules.

use crate::{Extra, Written};
use base::{WallTime, names};
use std::time::Duration;

/// How a date expression asks for the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOperation {
    /// After `start`.
    Greater,
    /// Before `end`.
    Less,
    /// From `start` to `end`, both included.
    #[default]
    InRange,
    /// While the calendar shows what a [`DateSpec`] names.
    Spec,
}

impl DateOperation {
    const NAMES: [(&'static str, Self); 4] = [
        ("gt", Self::Greater),
        ("lt", Self::Less),
        ("in_range", Self::InRange),
        ("date_spec", Self::Spec),
    ];

    /// Reads the operator, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, &text.to_ascii_lowercase())
    }

    /// The operator as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }
}

/// A condition on the time. A date that cannot be read keeps its text; the expression then never
/// holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DateExpression {
    /// Its id.
    pub id: String,
    /// What it asks; `in_range` when not given.
    pub operation: Option<DateOperation>,
    /// The date after which, or from which on.
    pub start: Option<Written<Option<WallTime>>>,
    /// The date before which, or up to which.
    pub end: Option<Written<Option<WallTime>>>,
    /// How long after `start` a range ends that has no `end`.
    pub duration: Option<DateDuration>,
    /// What the calendar has to show.
    pub spec: Option<DateSpec>,
    /// What else the element carries.
    pub extra: Extra,
}

/// The units of a [`DateDuration`], in the order in which they are added to a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DurationUnit {
    /// The same day of a later year.
    Years,
    /// The same day of a later month, or that month's last.
    Months,
    /// Seven days.
    Weeks,
    /// 24 hours.
    Days,
    /// 60 minutes.
    Hours,
    /// 60 seconds.
    Minutes,
    /// The smallest.
    Seconds,
}

impl DurationUnit {
    /// All units with their names in the CIB.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("years", Self::Years),
        ("months", Self::Months),
        ("weeks", Self::Weeks),
        ("days", Self::Days),
        ("hours", Self::Hours),
        ("minutes", Self::Minutes),
        ("seconds", Self::Seconds),
    ];
}

/// A time span in units of the calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DateDuration {
    /// Its id.
    pub id: String,
    /// How many of which unit, in document order.
    pub parts: Vec<(DurationUnit, Written<Option<i32>>)>,
    /// What else the element carries.
    pub extra: Extra,
}

/// What a [`DateSpec`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DateField {
    /// 0 to 59.
    Seconds,
    /// 0 to 59.
    Minutes,
    /// 0 to 23.
    Hours,
    /// 1 to 31.
    MonthDays,
    /// 1 (Monday) to 7 (Sunday).
    WeekDays,
    /// 1 to 366.
    YearDays,
    /// 1 to 12.
    Months,
    /// Weeks of the ISO 8601 year, 1 to 53.
    Weeks,
    /// The year.
    Years,
    /// The year that the week belongs to.
    WeekYears,
}

impl DateField {
    /// All fields with their names in the CIB.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("seconds", Self::Seconds),
        ("minutes", Self::Minutes),
        ("hours", Self::Hours),
        ("monthdays", Self::MonthDays),
        ("weekdays", Self::WeekDays),
        ("yeardays", Self::YearDays),
        ("months", Self::Months),
        ("weeks", Self::Weeks),
        ("years", Self::Years),
        ("weekyears", Self::WeekYears),
    ];
}

/// Numbers from one to another, both included: `9-17`, `5`, `2024-`, `-3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The lowest, if there is a limit.
    pub low: Option<u32>,
    /// The highest, if there is a limit.
    pub high: Option<u32>,
}

/// What the calendar has to show: every field named has to lie in its range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DateSpec {
    /// Its id.
    pub id: String,
    /// The range of each field, in document order.
    pub ranges: Vec<(DateField, Written<Option<Range>>)>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A condition on a resource's agent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceExpression {
    /// Its id.
    pub id: String,
    /// The agent's class, when it matters.
    pub class: Option<String>,
    /// The agent's provider, when it matters.
    pub provider: Option<String>,
    /// The agent's name, when it matters.
    pub kind: Option<String>,
    /// What else the element carries.
    pub extra: Extra,
}

/// A condition on an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationExpression {
    /// Its id.
    pub id: String,
    /// The agent's action.
    pub name: String,
    /// Its interval, when it matters. One that cannot be read makes the expression never hold.
    pub interval: Option<Written<Option<Duration>>>,
    /// What else the element carries.
    pub extra: Extra,
}

impl Range {
    /// Reads a range.
    pub fn parse(text: &str) -> Option<Self> {
        let bound = |text: &str| text.trim().parse().ok();
        match text.trim().split_once('-') {
            None => bound(text).map(|only| Self { low: Some(only), high: Some(only) }),
            Some(("", high)) => Some(Self { low: None, high: Some(bound(high)?) }),
            Some((low, "")) => Some(Self { low: Some(bound(low)?), high: None }),
            Some((low, high)) => Some(Self { low: Some(bound(low)?), high: Some(bound(high)?) }),
        }
    }
}
