//! The transition summary: one line for each node and resource that changes, in columns.

use scheduler::SummaryLine;

/// The narrowest columns.
const LEAST: usize = 5;

/// The lines of the transition summary, without bullets. A line without a place is a node's.
pub fn transition_summary(lines: &[SummaryLine]) -> Vec<String> {
    let (subjects, details) = widths(lines);
    lines
        .iter()
        .map(|line| match line.detail.as_str() {
            "" => node(line),
            _ => resource(line, subjects, details),
        })
        .collect()
}

/// The widths of the columns for subjects and for places. A subject that needs more room than
/// there is takes two more, so that the next one of about the same length does not.
fn widths(lines: &[SummaryLine]) -> (usize, usize) {
    let resources = lines.iter().filter(|line| !line.detail.is_empty());
    resources.fold((LEAST, LEAST), |(subjects, details), line| {
        let length = line.subject.len();
        let subjects = if length > subjects { length + 2 } else { subjects };
        (subjects, details.max(line.detail.len()))
    })
}

/// `Fence (reboot) oss1 'peer is no longer part of the cluster'`
fn node(line: &SummaryLine) -> String {
    let SummaryLine { verb, subject, reason, .. } = line;
    match reason.as_str() {
        "" => format!("{verb} {subject}"),
        reason => format!("{verb} {subject} '{reason}'"),
    }
}

/// `Move       ost0     ( oss1 -> oss2 )  due to node availability`
fn resource(line: &SummaryLine, subjects: usize, details: usize) -> String {
    let SummaryLine { verb, subject, detail, reason, blocked } = line;
    let why = match (reason.as_str(), blocked) {
        ("", false) => String::new(),
        ("", true) => "  blocked".into(),
        (reason, false) => format!("  due to {reason}"),
        (reason, true) => format!("  due to {reason} (blocked)"),
    };
    format!("{verb:<8}   {subject:<subjects$}   ( {detail:>details$} ){why}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_in_columns() {
        let line = |verb: &str, subject: &str, detail: &str, reason: &str, blocked| SummaryLine {
            verb: verb.into(),
            subject: subject.into(),
            detail: detail.into(),
            reason: reason.into(),
            blocked,
        };
        let text = transition_summary(&[
            line("Fence (off)", "oss2", "", "it was lost", false),
            line("Start", "ost0", "oss1", "", false),
            line("Move", "ost10.a", "oss2 -> oss1", "node availability", true),
        ]);
        let expected = [
            "Fence (off) oss2 'it was lost'",
            "Start      ost0        (         oss1 )",
            "Move       ost10.a     ( oss2 -> oss1 )  due to node availability (blocked)",
        ];
        assert_eq!(text, expected);
    }
}
