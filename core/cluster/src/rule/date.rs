//! Conditions on the time.

use super::Verdict;
use crate::date::{Date, Span};
use crate::{Extra, Written};
use base::{WallTime, names};
use std::cmp::{Ordering, Reverse};

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
        names::value(&Self::NAMES, text)
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
    pub start: Option<Written<Option<Date>>>,
    /// The date before which, or up to which.
    pub end: Option<Written<Option<Date>>>,
    /// How long after `start` a range ends that has no `end`.
    pub duration: Option<DateDuration>,
    /// What the calendar has to show.
    pub spec: Option<DateSpec>,
    /// What else the element carries.
    pub extra: Extra,
}

impl DateExpression {
    /// Whether it holds at `now`, and when that changes. The end of a [`DateSpec`] is not foreseen,
    /// as Pacemaker does not: such rules are looked at again every `cluster-recheck-interval`.
    pub(super) fn judge(&self, now: WallTime) -> Verdict {
        let verdict = match self.operation.unwrap_or_default() {
            _ if self.operation.is_none() && self.extra.attribute("operation").is_some() => None,
            DateOperation::Greater => self.after(now),
            DateOperation::Less => self.before(now),
            DateOperation::InRange => self.within(now),
            DateOperation::Spec => {
                self.spec.as_ref().map(|spec| Verdict::lasting(spec.holds(Date::utc(now))))
            }
        };
        verdict.unwrap_or(Verdict::NEVER)
    }

    fn after(&self, now: WallTime) -> Option<Verdict> {
        let start = self.start.as_ref()?.value?;
        if now.seconds() > start.wall_time().seconds() {
            return Some(Verdict::lasting(true));
        }
        Some(Verdict { holds: false, changes: Some(start.plus_seconds(1).wall_time()) })
    }

    fn before(&self, now: WallTime) -> Option<Verdict> {
        let end = self.end.as_ref()?.value?.wall_time();
        if now.seconds() >= end.seconds() {
            return Some(Verdict::lasting(false));
        }
        Some(Verdict { holds: true, changes: Some(end) })
    }

    fn within(&self, now: WallTime) -> Option<Verdict> {
        let start = legible(self.start.as_ref())?;
        let end = match (legible(self.end.as_ref())?, &self.duration, start) {
            (None, Some(duration), Some(start)) => Some(duration.after(start)?),
            (None, _, None) => return None,
            (end, _, _) => end,
        };
        if let Some(start) = start.map(Date::wall_time)
            && now.seconds() < start.seconds()
        {
            return Some(Verdict { holds: false, changes: Some(start) });
        }
        let Some(end) = end else { return Some(Verdict::lasting(true)) };
        if now.seconds() > end.wall_time().seconds() {
            return Some(Verdict::lasting(false));
        }
        // The end itself is still inside.
        Some(Verdict { holds: true, changes: Some(end.plus_seconds(1).wall_time()) })
    }
}

/// The date, if there is one; nothing at all when it cannot be read.
fn legible(date: Option<&Written<Option<Date>>>) -> Option<Option<Date>> {
    match date {
        Some(Written { value: None, .. }) => None,
        Some(Written { value, .. }) => Some(*value),
        None => Some(None),
    }
}

/// The units of a [`DateDuration`].
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
    /// All units with their names in the CIB, in the order in which they are added to a date.
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

impl DateDuration {
    /// The date this long after `start`; nothing when a part cannot be read. Of a unit that is there
    /// twice, the first counts.
    pub fn after(&self, start: Date) -> Option<Date> {
        let count = |unit| match self.parts.iter().find(|(other, _)| *other == unit) {
            None => Some(0),
            Some((_, count)) => count.value.map(i64::from),
        };
        let span = Span {
            years: count(DurationUnit::Years)?,
            months: count(DurationUnit::Months)?,
            days: count(DurationUnit::Weeks)? * 7 + count(DurationUnit::Days)?,
            seconds: count(DurationUnit::Hours)? * 3600
                + count(DurationUnit::Minutes)? * 60
                + count(DurationUnit::Seconds)?,
        };
        Some(span.after(start))
    }
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

    /// What the calendar shows.
    fn of(self, date: Date) -> i64 {
        match self {
            Self::Seconds => date.clock().2,
            Self::Minutes => date.clock().1,
            Self::Hours => date.clock().0,
            Self::MonthDays => date.calendar().2,
            Self::WeekDays => date.week().2,
            Self::YearDays => date.ordinal().1,
            Self::Months => date.calendar().1,
            Self::Weeks => date.week().1,
            Self::Years => date.calendar().0,
            Self::WeekYears => date.week().0,
        }
    }
}

/// Numbers from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The lowest, if there is a limit.
    pub low: Option<u32>,
    /// The highest, if there is a limit.
    pub high: Option<u32>,
}

impl Range {
    /// Reads `9-17`, `5`, `2024-` or `-3`.
    pub fn parse(text: &str) -> Option<Self> {
        let bound = |text: &str| text.parse().ok();
        match text.split_once('-') {
            None => bound(text).map(|only| Self { low: Some(only), high: Some(only) }),
            Some(("", high)) => Some(Self { low: None, high: Some(bound(high)?) }),
            Some((low, "")) => Some(Self { low: Some(bound(low)?), high: None }),
            Some((low, high)) => Some(Self { low: Some(bound(low)?), high: Some(bound(high)?) }),
        }
    }

    fn contains(self, number: i64) -> bool {
        self.low.is_none_or(|low| number >= i64::from(low))
            && self.high.is_none_or(|high| number <= i64::from(high))
    }
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

impl DateSpec {
    /// Whether `date` lies in all ranges; it does not when one cannot be read.
    pub fn holds(&self, date: Date) -> bool {
        self.ranges
            .iter()
            .all(|(field, range)| range.value.is_some_and(|range| range.contains(field.of(date))))
    }

    /// Whether `date` lies before, in or behind what is asked for, going from the years to the
    /// smaller fields until one is out of its range.
    pub fn order(&self, date: Date) -> Ordering {
        let mut ranges: Vec<_> = self.ranges.iter().collect();
        ranges.sort_by_key(|(field, _)| Reverse(*field));
        let orders = ranges.into_iter().filter_map(|(field, range)| {
            let (number, range) = (field.of(date), range.value?);
            let is_before = range.low.is_some_and(|low| number < i64::from(low));
            let is_behind = range.high.is_some_and(|high| number > i64::from(high));
            Some(is_behind.cmp(&is_before))
        });
        { orders }.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Written<Option<Date>>> {
        Some(Written::attempt(text, Date::parse))
    }

    fn time(text: &str) -> WallTime {
        crate::date::parse(text).unwrap()
    }

    fn judge(expression: &DateExpression, now: &str) -> (bool, Option<WallTime>) {
        let verdict = expression.judge(time(now));
        (verdict.holds, verdict.changes)
    }

    #[test]
    fn after_and_before_leave_the_date_itself_out() {
        let after = DateExpression {
            operation: Some(DateOperation::Greater),
            start: at("2019-09-20 15:15:52"),
            ..DateExpression::default()
        };
        let first = Some(time("2019-09-20 15:15:53"));
        assert_eq!(judge(&after, "2019-09-20 15:15:52"), (false, first));
        assert_eq!(judge(&after, "2019-09-20 15:15:53"), (true, None));
        let before = DateExpression {
            operation: Some(DateOperation::Less),
            end: at("2019-09-20 15:10:52"),
            ..DateExpression::default()
        };
        let end = Some(time("2019-09-20 15:10:52"));
        assert_eq!(judge(&before, "2019-09-20 15:10:51"), (true, end));
        assert_eq!(judge(&before, "2019-09-20 15:10:52"), (false, None));
    }

    #[test]
    fn a_range_includes_both_ends() {
        let range = DateExpression {
            start: at("2024-01-31 12:00"),
            duration: Some(DateDuration {
                parts: vec![
                    (DurationUnit::Hours, Written::attempt("2", |text| text.parse().ok())),
                    (DurationUnit::Months, Written::attempt("1", |text| text.parse().ok())),
                ],
                ..DateDuration::default()
            }),
            ..DateExpression::default()
        };
        let over = Some(time("2024-02-29 14:00:01"));
        assert_eq!(judge(&range, "2024-01-31 11:59"), (false, Some(time("2024-01-31 12:00"))));
        assert_eq!(judge(&range, "2024-01-31 12:00"), (true, over));
        assert_eq!(judge(&range, "2024-02-29 14:00"), (true, over));
        assert_eq!(judge(&range, "2024-02-29 14:00:01"), (false, None));
        let unclear = DateExpression { start: at("soon"), end: at("2030-01-01"), ..range };
        assert_eq!(judge(&unclear, "2024-01-01"), (false, None));
    }

    #[test]
    fn a_spec_is_a_list_of_ranges() {
        let office = DateSpec {
            ranges: vec![
                (DateField::Hours, Written::attempt("9-16", Range::parse)),
                (DateField::WeekDays, Written::attempt("1-5", Range::parse)),
                (DateField::Years, Written::attempt("2024-", Range::parse)),
            ],
            ..DateSpec::default()
        };
        let cases = [
            ("2024-05-06 09:00", true),
            ("2024-05-10 16:59:59", true),
            ("2024-05-10 17:00", false),
            ("2024-05-11 12:00", false),
            ("2023-05-10 12:00", false),
        ];
        for (now, expected) in cases {
            assert_eq!(office.holds(Date::parse(now).unwrap()), expected, "{now}");
        }
        for (now, expected) in [
            ("2023-12-31 12:00", Ordering::Less),
            ("2024-05-11 12:00", Ordering::Greater),
            ("2024-05-10 08:00", Ordering::Less),
            ("2024-05-10 16:00", Ordering::Equal),
        ] {
            assert_eq!(office.order(Date::parse(now).unwrap()), expected, "{now}");
        }
        assert!(DateSpec::default().holds(Date::parse("2024-05-06").unwrap()));
        let unclear = vec![(DateField::Hours, Written::attempt("9 to 5", Range::parse))];
        let unclear = DateSpec { ranges: unclear, ..DateSpec::default() };
        assert!(!unclear.holds(Date::parse("2024-05-06 10:00").unwrap()));
    }
}
