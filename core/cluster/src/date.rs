//! Dates of the calendar: ISO 8601 in, points in time out.
//!
//! Plain arithmetic in the proleptic Gregorian calendar. A core crate knows no time zones: a date
//! that names no offset from UTC is taken as UTC.

mod span;

pub use span::{Period, Span};

use base::WallTime;

/// Reads a date as [`Date::parse`] does, as a point in time.
pub fn parse(text: &str) -> Option<WallTime> {
    Date::parse(text).map(Date::wall_time)
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Days from 0001-01-01 to 1970-01-01.
const EPOCH: i64 = 719_162;

/// A date and time of day somewhere in the world, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Seconds from 0001-01-01T00:00:00, as calendar and clock show them there.
    seconds: i64,
    /// How many seconds the clock there is ahead of UTC.
    offset: i64,
}

impl Date {
    /// Reads `2024-02-29`, `20240229`, `2024-060` (the 60th day) or `2024-W09-4` (the Thursday of
    /// week 9), each with or without a time of day after `T` or a blank, and that with or without
    /// an offset: `12:30:00`, `12:30`, `12`, `123000`, `12:30Z`, `12:30 +02:00`, `12:30-0500`.
    /// Midnight when there is no time; `24:00:00` is the midnight after. `epoch` is 1970-01-01.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("epoch") {
            return Some(Self { seconds: EPOCH * DAY, offset: 0 });
        }
        let (day, time) = match text.split_once(['T', ' ']) {
            Some((day, time)) => (day, Some(time)),
            None => (text, None),
        };
        let (seconds, offset) = time.map_or(Some((0, 0)), time_of_day)?;
        Some(Self { seconds: day_number(day)? * DAY + seconds, offset })
    }

    /// The date in UTC; parts of a second are dropped.
    pub const fn utc(time: WallTime) -> Self {
        Self { seconds: time.seconds() + EPOCH * DAY, offset: 0 }
    }

    /// The date where clocks are this many seconds ahead of UTC.
    pub const fn ahead(time: WallTime, offset: i64) -> Self {
        Self { seconds: Self::utc(time).seconds + offset, offset }
    }

    /// How many seconds the clock there is ahead of UTC.
    pub const fn offset(self) -> i64 {
        self.offset
    }

    /// Seconds of UTC since the first moment of the year 1.
    pub const fn seconds_of_era(self) -> i64 {
        self.seconds - self.offset
    }

    /// The point in time.
    pub const fn wall_time(self) -> WallTime {
        WallTime::from_seconds(self.seconds_of_era() - EPOCH * DAY)
    }

    /// This many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self { seconds: self.seconds + seconds, ..self }
    }

    /// This many days later.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days * DAY)
    }

    /// This many months later: the same day of that month, or its last.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Self {
        let (year, month, day) = self.calendar();
        let index = year * 12 + (month - 1) + months;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
        let number = days_before(year, month) + day.min(days_in(year, month)) - 1;
        self.on(number)
    }

    /// This many years later: the same day counted from New Year's Day, so that past a leap day
    /// the calendar shows another one. Pacemaker counts like that.
    #[must_use]
    pub fn plus_years(self, years: i64) -> Self {
        let (year, day) = self.ordinal();
        self.on(days_before(year + years, 1) + day - 1)
    }

    /// Year, month from 1, day from 1.
    pub fn calendar(self) -> (i64, i64, i64) {
        let (year, mut day) = self.ordinal();
        let mut month = 1;
        while month < 12 && day > days_in(year, month) {
            day -= days_in(year, month);
            month += 1;
        }
        (year, month, day)
    }

    /// Year and day of the year from 1.
    pub fn ordinal(self) -> (i64, i64) {
        let number = self.seconds.div_euclid(DAY);
        let year = year_of(number);
        (year, number - days_before(year, 1) + 1)
    }

    /// Year of the week, week from 1, weekday from 1 (Monday). A week belongs to the year that
    /// its Thursday lies in.
    pub fn week(self) -> (i64, i64, i64) {
        let number = self.seconds.div_euclid(DAY);
        let weekday = weekday(number);
        let thursday = number - weekday + 4;
        let year = year_of(thursday);
        (year, (thursday - days_before(year, 1)) / 7 + 1, weekday)
    }

    /// Hour, minute, second.
    pub const fn clock(self) -> (i64, i64, i64) {
        let second = self.seconds.rem_euclid(DAY);
        (second / HOUR, second % HOUR / MINUTE, second % MINUTE)
    }

    /// The same time of the day with that number.
    const fn on(self, number: i64) -> Self {
        Self { seconds: number * DAY + self.seconds.rem_euclid(DAY), ..self }
    }
}

const fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 0001-01-01 to the first of a month.
fn days_before(year: i64, month: i64) -> i64 {
    let years = year - 1;
    let leap_days = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    years * 365 + leap_days + months
}

/// The year of the day with that number.
fn year_of(number: i64) -> i64 {
    // 400 years have 146 097 days; the estimate is at most a year off.
    let mut year = (number.saturating_mul(400)).div_euclid(146_097) + 1;
    while days_before(year, 1) > number {
        year -= 1;
    }
    while days_before(year + 1, 1) <= number {
        year += 1;
    }
    year
}

/// From 1 (Monday); 0001-01-01 was one.
const fn weekday(number: i64) -> i64 {
    number.rem_euclid(7) + 1
}

/// The number of a day, counted from 0001-01-01.
fn day_number(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    match parts[..] {
        [compact] if compact.len() == 8 => calendar_day(
            digits(compact.get(..4)?)?,
            digits(compact.get(4..6)?)?,
            digits(compact.get(6..)?)?,
        ),
        [year, day] => ordinal_day(digits(year)?, digits(day)?),
        [year, middle, day] => match middle.strip_prefix('W') {
            Some(week) => week_day(digits(year)?, digits(week)?, digits(day)?),
            None => calendar_day(digits(year)?, digits(middle)?, digits(day)?),
        },
        _ => None,
    }
}

fn calendar_day(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_there =
        year >= 1 && (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    is_there.then(|| days_before(year, month) + day - 1)
}

fn ordinal_day(year: i64, day: i64) -> Option<i64> {
    let last = if is_leap(year) { 366 } else { 365 };
    (year >= 1 && (1..=last).contains(&day)).then(|| days_before(year, 1) + day - 1)
}

fn week_day(year: i64, week: i64, day: i64) -> Option<i64> {
    // The fourth of January always lies in the first week, the 28th of December in the last.
    let monday = |number: i64| number - weekday(number) + 1;
    let first = monday(days_before(year, 1) + 3);
    let last = monday(days_before(year, 12) + 27);
    let weeks = (last - first) / 7 + 1;
    let is_there = year >= 1 && (1..=weeks).contains(&week) && (1..=7).contains(&day);
    is_there.then(|| first + (week - 1) * 7 + day - 1)
}

/// Seconds since midnight, and seconds ahead of UTC.
fn time_of_day(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    let is_clock = |c: char| c.is_ascii_digit() || c == ':' || c == '.';
    let (clock, zone) = text.split_at(text.find(|c| !is_clock(c)).unwrap_or(text.len()));
    let zone = zone.trim();
    let offset = match zone.split_at_checked(1) {
        None | Some(("Z", "")) => 0,
        Some(("+", ahead)) => clock_seconds(ahead)?,
        Some(("-", behind)) => -clock_seconds(behind)?,
        Some(_) => return None,
    };
    Some((clock_seconds(clock)?, offset))
}

/// `12`, `12:30`, `12:30:15`, `1230`, `123015`; parts of a second are passed over.
fn clock_seconds(text: &str) -> Option<i64> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let parts: Vec<&str> = match whole.split(':').collect::<Vec<_>>()[..] {
        [compact] if compact.len() > 2 => {
            [compact.get(..2), compact.get(2..4), compact.get(4..).filter(|rest| !rest.is_empty())]
                .into_iter()
                .flatten()
                .collect()
        }
        _ => whole.split(':').collect(),
    };
    let [hour, minute, second] = match parts[..] {
        [hour] => [digits(hour)?, 0, 0],
        [hour, minute] => [digits(hour)?, digits(minute)?, 0],
        [hour, minute, second] => [digits(hour)?, digits(minute)?, digits(second)?],
        _ => return None,
    };
    let is_there = hour < 24 || (hour, minute, second) == (24, 0, 0);
    (is_there && minute < 60 && second < 60).then(|| hour * HOUR + minute * MINUTE + second)
}

/// A number of at most six digits: no year is longer, and no sum of them overflows.
fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && text.len() <= 6).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_date() {
        let cases = [
            ("1970-01-01", Some(0)),
            ("epoch", Some(0)),
            ("2019-09-20 15:10:52 +00:00", Some(1_568_992_252)),
            ("2019-09-23 11:00:00 -05:00", Some(1_569_254_400)),
            ("2005-020", Some(1_106_179_200)),
            ("2005-020T12:30", Some(1_106_224_200)),
            ("20050120T1230", Some(1_106_224_200)),
            ("2005-W03-4T12:30Z", Some(1_106_224_200)),
            ("2005-01-20T14:30+0200", Some(1_106_224_200)),
            ("2005-01-20T12:30:00.75", Some(1_106_224_200)),
            ("2009-W01-1", Some(1_230_508_800)),
            ("2009-W53-7", Some(1_262_476_800)),
            ("2024-02-29", Some(1_709_164_800)),
            ("2024-02-28T24:00:00", Some(1_709_164_800)),
            ("2024-366", Some(1_735_603_200)),
            ("2038-02-17 13:34:11", Some(2_150_026_451)),
            ("2023-02-29", None),
            ("2023-366", None),
            ("2008-W53-1", None),
            ("2024-13-01", None),
            ("2024-01-01T25:00", None),
            ("2024-01-01T12:60", None),
            ("2024-01-01T12:30x", None),
            ("12:30", None),
            ("soon", None),
            ("", None),
            ("9999999-01-01", None),
            ("2024-0é-01", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(parse(text), seconds.map(WallTime::from_seconds), "{text}");
        }
    }

    #[test]
    fn the_calendar_of_a_point_in_time() {
        let date = Date::parse("2009-01-03T23:05:07").unwrap();
        assert_eq!(date.calendar(), (2009, 1, 3));
        assert_eq!(date.ordinal(), (2009, 3));
        assert_eq!(date.week(), (2009, 1, 6));
        assert_eq!(date.clock(), (23, 5, 7));
        assert_eq!(Date::parse("2010-01-03").unwrap().week(), (2009, 53, 7));
        assert_eq!(Date::utc(WallTime(-1)).calendar(), (1969, 12, 31));
        assert_eq!(Date::utc(WallTime(i64::MAX)).wall_time().seconds(), i64::MAX / 1000);
    }

    #[test]
    fn later_dates() {
        let date = |text| Date::parse(text).unwrap();
        assert_eq!(date("2024-01-31").plus_months(1), date("2024-02-29"));
        assert_eq!(date("2024-01-31").plus_months(13), date("2025-02-28"));
        assert_eq!(date("2024-01-31").plus_months(-2), date("2023-11-30"));
        assert_eq!(date("2023-03-01").plus_years(1), date("2024-02-29"));
        assert_eq!(date("2024-12-31").plus_days(1), date("2025-01-01"));
    }
}
