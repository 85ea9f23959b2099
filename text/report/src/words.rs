//! Dates, durations, codes and names as Pacemaker's tools spell them. Scripts parse these.

use base::WallTime;
use cluster::OperationStatus;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cmp::Ordering;
use std::time::Duration;

/// A date in the zone of the one who reads: `Sun Nov 22 09:24:07 2026`, as `ctime` writes it.
/// Empty for a date beyond the calendar.
pub fn date(when: WallTime, zone: &TimeZone) -> String {
    Timestamp::from_second(when.seconds()).map_or_else(
        |_| String::new(),
        |stamp| stamp.to_zoned(zone.clone()).strftime("%a %b %e %H:%M:%S %Y").to_string(),
    )
}

/// A time as crm_mon spells it: `15s`, `1m30s`, `1m1.500s`, `40ms`. A part is split off only from
/// what is longer than its unit: a minute is `60s`, and a second `1000ms`.
pub(crate) fn interval(time: Duration) -> String {
    let mut rest = time.as_millis();
    if rest == 0 {
        return "0s".into();
    }
    let mut text = String::new();
    for (unit, letter) in [(86_400_000, 'd'), (3_600_000, 'h'), (60_000, 'm')] {
        if rest > unit {
            text.push_str(&format!("{}{letter}", rest / unit));
            rest %= unit;
        }
    }
    match (rest / 1000, rest % 1000) {
        (0, 0) => {}
        (1, 0) | (0, _) => text.push_str(&format!("{rest}ms")),
        (seconds, 0) => text.push_str(&format!("{seconds}s")),
        (seconds, millis) => text.push_str(&format!("{seconds}.{millis:03}s")),
    }
    text
}

/// How the running of an operation ended.
pub const fn execution(status: OperationStatus) -> &'static str {
    match status {
        OperationStatus::Pending => "pending",
        OperationStatus::Done => "complete",
        OperationStatus::Cancelled => "Cancelled",
        OperationStatus::TimedOut => "Timed Out",
        OperationStatus::NotSupported => "Not supported",
        OperationStatus::Error => "Error",
        OperationStatus::HardError => "Hard error",
        OperationStatus::FatalError => "Fatal error",
        OperationStatus::NotInstalled => "Not installed",
        OperationStatus::NotConnected => "Internal communication failure",
        OperationStatus::Invalid => "Cannot execute now",
    }
}

/// A line as a terminal takes it: names come from outside, and what would move its cursor or begin
/// a new line is written as in Rust, `\n` or `\u{1b}`.
pub fn printable(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter.is_control() {
            true => out.extend(letter.escape_default()),
            false => out.push(letter),
        }
    }
    out
}

/// `1 node`, `2 nodes`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The order of node names in lists: numbers in names count as numbers, so that `oss9` comes
/// before `oss10`; capitals do not matter.
pub(crate) fn by_name(left: &str, right: &str) -> Ordering {
    let (mut left_rest, mut right_rest) = (left, right);
    loop {
        let (one, other) = (leading(left_rest), leading(right_rest));
        if one.is_empty() || other.is_empty() {
            return one.len().cmp(&other.len()).then_with(|| left.cmp(right));
        }
        let order = match (number(one), number(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.to_lowercase().cmp(&other.to_lowercase()),
        };
        if order != Ordering::Equal {
            return order;
        }
        left_rest = &left_rest[one.len()..];
        right_rest = &right_rest[other.len()..];
    }
}

/// The digits at the start, or else the first character.
fn leading(text: &str) -> &str {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let end = if digits > 0 { digits } else { text.chars().next().map_or(0, char::len_utf8) };
    &text[..end]
}

/// The value of digits, however many: without leading zeros, longer is more.
fn number(text: &str) -> Option<(usize, &str)> {
    let digits = text.starts_with(|first: char| first.is_ascii_digit());
    let value = text.trim_start_matches('0');
    digits.then_some((value.len(), value))
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_name_does_not_move_the_cursor() {
        assert_eq!(printable("größe 1"), "größe 1");
        assert_eq!(printable("a\n\u{1b}[2Jb\u{9b}"), "a\\n\\u{1b}[2Jb\\u{9b}");
    }
}
