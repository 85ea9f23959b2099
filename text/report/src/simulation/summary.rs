//! The transition summary: one line for each node and resource that changes, in columns.

use scheduler::SummaryLine;

/// The narrowest columns.
const LEAST: usize = 5;

/// The lines of the transition summary, without bullets.
pub fn transition_summary(lines: &[SummaryLine]) -> Vec<String> {
    let courses: Vec<Option<String>> =
        lines.iter().map(|line| line.course.as_ref().map(ToString::to_string)).collect();
    let told = || lines.iter().zip(&courses);
    let resources = told().filter_map(|(line, course)| Some((line, course.as_deref()?)));
    // A subject that needs more room than there is takes two more, so that the next one of about
    // the same length does not.
    let widths = resources.fold((LEAST, LEAST), |(subjects, places), (line, course)| {
        let length = line.subject.len();
        let subjects = if length > subjects { length + 2 } else { subjects };
        (subjects, places.max(course.len()))
    });
    told()
        .map(|(line, course)| match course {
            Some(course) => resource(line, course, widths),
            None => node(line),
        })
        .collect()
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
fn resource(line: &SummaryLine, course: &str, (subjects, places): (usize, usize)) -> String {
    let SummaryLine { verb, subject, reason, blocked, .. } = line;
    let why = match (reason.as_str(), blocked) {
        ("", false) => String::new(),
        ("", true) => "  blocked".into(),
        (reason, false) => format!("  due to {reason}"),
        (reason, true) => format!("  due to {reason} (blocked)"),
    };
    format!("{verb:<8}   {subject:<subjects$}   ( {course:>places$} ){why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::Role;
    use scheduler::Course;

    #[test]
    fn changes_stand_in_columns() {
        let course = |from: Option<&str>, to: Option<&str>| Course {
            from: from.map(String::from),
            to: to.map(String::from),
            role: Role::Started,
            next_role: Role::Started,
            shows_role: false,
        };
        let line = |verb: &str, subject: &str, course, reason: &str, blocked| SummaryLine {
            verb: verb.into(),
            subject: subject.into(),
            course,
            reason: reason.into(),
            blocked,
        };
        let (start, move_) = (course(None, Some("oss1")), course(Some("oss2"), Some("oss1")));
        let text = transition_summary(&[
            line("Fence (off)", "oss2", None, "it was lost", false),
            line("Start", "ost0", Some(start), "", false),
            line("Move", "ost10.a", Some(move_), "node availability", true),
        ]);
        let expected = [
            "Fence (off) oss2 'it was lost'",
            "Start      ost0        (         oss1 )",
            "Move       ost10.a     ( oss2 -> oss1 )  due to node availability (blocked)",
        ];
        assert_eq!(text, expected);
    }
}
