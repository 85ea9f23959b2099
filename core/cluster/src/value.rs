//! Values as people write them: durations, booleans.

use crate::date::Span;
use std::fmt;
use std::time::Duration;

/// A value together with the text it was read from, so that it is printed as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// What the text means.
    pub value: T,
    /// What was typed.
    pub text: String,
}

impl Written<Duration> {
    /// Reads a duration and keeps its text; `None` when the text is no duration.
    pub fn duration(text: &str) -> Option<Self> {
        duration(text).map(|value| Self { value, text: text.to_owned() })
    }
}

impl Written<Duration> {
    /// No time at all, which nobody has said.
    pub const UNSAID: Self = Self { value: Duration::ZERO, text: String::new() };
}

impl<T> Written<Option<T>> {
    /// Reads a value by `parse` and keeps its text, also when it means nothing.
    pub fn attempt(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Self {
        Self { value: parse(text), text: text.to_owned() }
    }
}

impl<T> fmt::Display for Written<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// Reads `10`, `10s`, `500ms`, `250us`, `5min`, `5m`, `2h`, `1d`, or an ISO 8601 duration such as
/// `PT1M30S` or `P1DT2H` (see [`Span`]). A bare number counts seconds.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if text.starts_with('P') {
        let seconds = Span::parse(text)?.usual_seconds();
        return u64::try_from(seconds).ok().map(Duration::from_secs);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    match text[digits..].trim().to_ascii_lowercase().as_str() {
        "us" | "usec" => Some(Duration::from_micros(number)),
        "ms" | "msec" => Some(Duration::from_millis(number)),
        "" | "s" | "sec" => Some(Duration::from_secs(number)),
        "m" | "min" => seconds(number, 60),
        "h" | "hr" => seconds(number, 3600),
        "d" => seconds(number, 86_400),
        _ => None,
    }
}

fn seconds(number: u64, factor: u64) -> Option<Duration> {
    number.checked_mul(factor).map(Duration::from_secs)
}

/// Reads `true`/`false`, `yes`/`no`, `on`/`off`, `y`/`n`, `1`/`0`, in any case.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_every_spelling() {
        let cases = [
            ("20", Some(20_000)),
            ("300s", Some(300_000)),
            ("5min", Some(300_000)),
            ("500ms", Some(500)),
            ("2h", Some(7_200_000)),
            ("PT1M30S", Some(90_000)),
            ("P1DT2H", Some(93_600_000)),
            ("P10S", Some(10_000)),
            ("P", None),
            ("PT", None),
            ("soon", None),
            ("10 parsecs", None),
            ("-5s", None),
        ];
        for (text, millis) in cases {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
