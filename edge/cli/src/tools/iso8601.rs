//! `iso8601`: how dates, durations and periods of rules are read. Other consoles ask it whether a
//! date is one.

use crate::answer::{DONE, Failure, Outcome, complain, line};
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use cluster::date::{Date, Period, Span};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::process::ExitCode;

const LINE: CommandLine = CommandLine {
    name: "iso8601",
    purpose: "says how dates, durations and periods are read",
    words: "",
    choices: &[
        flag("n", "now", "show what time it is"),
        value("d", "date", "show this date, such as '2024-03-05 14:30:05 +01:00' or 2024-065"),
        value("p", "period", "show from when to when it is, such as 2024-03-05/P1M"),
        value("D", "duration", "show how long it is, such as P1M, and when it ends after a date"),
        value("E", "expected", "exit with 1 when the date, or the end after it, is not shown so"),
        flag("s", "seconds", "dates as seconds since the year 1"),
        flag("S", "epoch", "dates as seconds since 1970"),
        flag("L", "local", "dates in the zone they are written in, and the machine's with --now"),
        flag("O", "ordinal", "dates as year and day of the year"),
        flag("W", "week", "dates as year, week and weekday"),
    ],
};

/// Scripts know this code for what is no date, no duration or no period.
const INVALID: u8 = 2;

/// `iso8601`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    if given.first_of(&["now", "date", "period", "duration"]).is_none() {
        return Err(Failure::Help(LINE.help()));
    }
    match answer(&given) {
        Ok(shown) => compare(shown.as_deref(), given.value("expected")),
        Err(wrong) => {
            complain(LINE.name, &wrong);
            Ok(ExitCode::from(INVALID))
        }
    }
}

/// Shows one after the other until one cannot be read. Hands back the last date as it was shown;
/// the ends of a period are no such date.
fn answer(given: &Parsed) -> Result<Option<String>, String> {
    let style = Style::of(given);
    let date = date(given)?;
    let mut shown = date.map(|date| style.show(date));
    if let Some(shown) = &shown {
        let title = if given.has("date") { "Date" } else { "Current date/time" };
        line(&format!("{title}: {shown}"));
    }
    if let Some(text) = given.value("duration") {
        let span = Span::parse(text).ok_or_else(|| invalid("duration", text, "P1DT12H"))?;
        line(&format!("Duration: {}", length(span)));
        if let Some(date) = date {
            let end = style.show(span.after(date));
            line(&format!("Duration ends at: {end}"));
            shown = Some(end);
        }
    }
    if let Some(text) = given.value("period") {
        let period = Period::parse(text, now())
            .ok_or_else(|| invalid("interval", text, "2024-03-05/P1M"))?;
        line(&format!("Period: {} to {}", style.show(period.start), style.show(period.end)));
    }
    Ok(shown)
}

/// The date that was asked for; one that is given goes before the present one.
fn date(given: &Parsed) -> Result<Option<Date>, String> {
    match given.value("date") {
        Some(text) => {
            let date = Date::parse(text);
            date.map(Some).ok_or_else(|| invalid("date/time", text, "'2024-03-05 14:30:05 +01:00'"))
        }
        None => Ok(given.has("now").then(now)),
    }
}

fn invalid(what: &str, text: &str, example: &str) -> String {
    format!("Invalid {what} specified: {text}; write it like {example}")
}

/// As the clocks around this machine show it.
pub(crate) fn now() -> Date {
    let time = os::clock::wall();
    let ahead = Timestamp::from_second(time.seconds())
        .map_or(0, |moment| TimeZone::system().to_offset(moment).seconds());
    Date::ahead(time, ahead.into())
}

fn compare(shown: Option<&str>, expected: Option<&str>) -> Outcome {
    match (shown, expected) {
        (Some(shown), Some(expected)) if shown != expected => {
            Err(Failure::Other(format!("it is {shown}, and --expected says {expected}")))
        }
        _ => DONE,
    }
}

/// How dates are shown.
#[derive(Clone, Copy, Debug)]
struct Style {
    form: Form,
    /// By the clock of the zone that a date names, instead of UTC's.
    is_local: bool,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Calendar,
    Ordinal,
    Week,
    /// Since 1970.
    Epoch,
    /// Since the year 1.
    Era,
}

impl Style {
    fn of(given: &Parsed) -> Self {
        let form = match given.first_of(&["seconds", "epoch", "week", "ordinal"]) {
            Some("seconds") => Form::Era,
            Some("epoch") => Form::Epoch,
            Some("week") => Form::Week,
            Some(_) => Form::Ordinal,
            None => Form::Calendar,
        };
        Self { form, is_local: given.has("local") }
    }

    fn show(self, date: Date) -> String {
        let time = date.wall_time();
        let date = if self.is_local { date } else { Date::utc(time) };
        let day = match self.form {
            Form::Epoch => return time.seconds().to_string(),
            Form::Era => return date.seconds_of_era().to_string(),
            Form::Calendar => {
                let (year, month, day) = date.calendar();
                format!("{year:04}-{month:02}-{day:02}")
            }
            Form::Ordinal => {
                let (year, day) = date.ordinal();
                format!("{year:04}-{day:03}")
            }
            Form::Week => {
                let (year, week, day) = date.week();
                format!("{year:04}-W{week:02}-{day}")
            }
        };
        let (hour, minute, second) = date.clock();
        format!("{day} {hour:02}:{minute:02}:{second:02}{}", zone(date.offset()))
    }
}

/// A date as the CIB's rules have it, in UTC.
pub(crate) fn in_utc(date: Date) -> String {
    Style { form: Form::Calendar, is_local: false }.show(date)
}

/// `Z`, or how far clocks are ahead: ` +01:00`.
fn zone(ahead: i64) -> String {
    if ahead == 0 {
        return "Z".to_owned();
    }
    let (sign, minutes) = (if ahead < 0 { '-' } else { '+' }, ahead.abs() / 60);
    format!(" {sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Scripts know this layout, with the blanks behind what is no second.
fn length(span: Span) -> String {
    let Span { years, months, days, seconds } = span;
    let mut text = String::new();
    for (count, unit, width) in [(years, "year", 4), (months, "month", 2), (days, "day", 2)] {
        if count != 0 {
            text.push_str(&format!("{count:>width$} {unit}{} ", ending(count)));
        }
    }
    if seconds != 0 || text.is_empty() {
        text.push_str(&format!("{seconds} second{}", ending(seconds)));
    }
    if seconds >= 60 {
        text.push_str(&format!(" ({})", by_the_clock(seconds)));
    }
    text
}

fn by_the_clock(seconds: i64) -> String {
    let parts =
        [(seconds / 3600, "hour"), (seconds % 3600 / 60, "minute"), (seconds % 60, "second")];
    let named = parts.into_iter().filter(|(count, _)| *count != 0);
    let words: Vec<String> =
        named.map(|(count, unit)| format!("{count} {unit}{}", ending(count))).collect();
    words.join(" ")
}

const fn ending(count: i64) -> &'static str {
    if count == 1 { "" } else { "s" }
}
