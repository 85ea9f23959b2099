//! Spans of time as ISO 8601 writes them (`P1Y2M3DT4H5M6S`), and periods between two dates.

use super::{DAY, Date, HOUR, MINUTE};

/// How long something takes by the calendar. A month has no length in seconds until there is a
/// date to count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Added first, as [`Date::plus_years`] has it.
    pub years: i64,
    /// Added next, as [`Date::plus_months`] has it.
    pub months: i64,
    /// Of 24 hours.
    pub days: i64,
    /// What is smaller than days; it may be more than a day.
    pub seconds: i64,
}

impl Span {
    /// Reads `P1Y2M3W4DT5H6M7S`: each unit once at most, in that order, whole numbers as large as
    /// the CIB's durations have them. `None` when the text says something else or no time at all.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('P')?;
        let (date, time) = text.split_once('T').unwrap_or((text, ""));
        if text.is_empty() || text.ends_with('T') {
            return None;
        }
        // `P10S` lacks its `T`, and is found in configurations all the same.
        let [years, months, weeks, days, hours, seconds] =
            counts(date, ['Y', 'M', 'W', 'D', 'H', 'S'])?;
        let [more_hours, minutes, more_seconds] = counts(time, ['H', 'M', 'S'])?;
        Some(Self {
            years,
            months,
            days: weeks * 7 + days,
            seconds: (hours + more_hours) * HOUR + minutes * MINUTE + seconds + more_seconds,
        })
    }

    /// The date this long after `start`.
    pub fn after(self, start: Date) -> Date {
        let start = start.plus_years(self.years).plus_months(self.months);
        start.plus_days(self.days).plus_seconds(self.seconds)
    }

    /// The date this long before `end`: the same steps backwards in time, years first.
    pub fn before(self, end: Date) -> Date {
        let Self { years, months, days, seconds } = self;
        Self { years: -years, months: -months, days: -days, seconds: -seconds }.after(end)
    }

    /// Its length in seconds where no date is given to count from: a year counts 365 days and a
    /// month 30.
    pub const fn usual_seconds(self) -> i64 {
        (self.years * 365 + self.months * 30 + self.days) * DAY + self.seconds
    }
}

/// How many of each unit; those that are not named are none.
fn counts<const UNITS: usize>(mut text: &str, units: [char; UNITS]) -> Option<[i64; UNITS]> {
    let mut counts = [0; UNITS];
    for (count, unit) in counts.iter_mut().zip(units) {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        if let Some(rest) = rest.strip_prefix(unit)
            && digits > 0
        {
            *count = number.parse::<i32>().ok()?.into();
            text = rest;
        }
    }
    text.is_empty().then_some(counts)
}

/// From one date to another, both as they were written; nothing says that the first is the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub start: Date,
    /// Its last.
    pub end: Date,
}

impl Period {
    /// Reads `DATE/DATE`, `DATE/SPAN`, `SPAN/DATE`, or `SPAN`, which begins `now`.
    pub fn parse(text: &str, now: Date) -> Option<Self> {
        let Some((first, last)) = text.split_once('/') else {
            return Some(Self { start: now, end: Span::parse(text)?.after(now) });
        };
        let (start, end) = match (Span::parse(first), Span::parse(last)) {
            (None, None) => (Date::parse(first)?, Date::parse(last)?),
            (None, Some(span)) => {
                let start = Date::parse(first)?;
                (start, span.after(start))
            }
            (Some(span), None) => {
                let end = Date::parse(last)?;
                (span.before(end), end)
            }
            (Some(_), Some(_)) => return None,
        };
        Some(Self { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_of_a_span() {
        let span = |years, months, days, seconds| Some(Span { years, months, days, seconds });
        let cases = [
            ("P1Y2M3DT4H5M6S", span(1, 2, 3, 14_706)),
            ("P1W2D", span(0, 0, 9, 0)),
            ("PT36H", span(0, 0, 0, 129_600)),
            ("P10S", span(0, 0, 0, 10)),
            ("P0Y", span(0, 0, 0, 0)),
            ("P2147483647YT2147483647S", span(2_147_483_647, 0, 0, 2_147_483_647)),
            ("P2147483648Y", None),
            ("P1D1M", None),
            ("P-1D", None),
            ("P1.5D", None),
            ("P1é", None),
            ("P1", None),
            ("PT", None),
            ("P", None),
            ("1D", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Span::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn periods_from_and_to() {
        let cases = [
            ("2024-01-31/2024-02-01", Some(("2024-01-31", "2024-02-01"))),
            ("2024-01-31/P1M", Some(("2024-01-31", "2024-02-29"))),
            ("P1M/2024-03-31", Some(("2024-02-29", "2024-03-31"))),
            ("P1Y2M3DT4H5M6S/2024-03-31", Some(("2023-01-28 19:54:54", "2024-03-31"))),
            ("PT1H", Some(("2020-01-01", "2020-01-01 01:00"))),
            ("P1M/P1M", None),
            ("2024-01-01", None),
            ("2024-01-01/", None),
            ("/2024-01-01", None),
            ("2024-01-01/soon", None),
        ];
        let date = |text| Date::parse(text).unwrap();
        for (text, expected) in cases {
            let period = Period::parse(text, date("2020-01-01"));
            let expected =
                expected.map(|(start, end)| Period { start: date(start), end: date(end) });
            assert_eq!(period, expected, "{text}");
        }
    }

    #[test]
    fn the_longest_spans_stay_in_bounds() {
        let longest = "P2147483647Y2147483647M2147483647W2147483647DT2147483647H2147483647M";
        let span = Span::parse(longest).unwrap();
        let (start, there) = (Date::parse("999999-12-31").unwrap(), Date::parse("epoch").unwrap());
        assert!(span.after(start).wall_time() > start.wall_time());
        assert!(span.before(there).wall_time() < there.wall_time());
        assert!(span.usual_seconds() > 0);
    }
}
