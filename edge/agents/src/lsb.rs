//! Init scripts (LSB Core 5.0, "Init Script Actions"): they know `start`, `stop` and `status`, and
//! take no parameters.

use crate::code::OcfCode;

/// What the script is told for an action of the cluster's; none when it has no such.
pub(crate) fn word(action: &str) -> Option<&'static str> {
    match action {
        "start" => Some("start"),
        "stop" => Some("stop"),
        "monitor" | "status" => Some("status"),
        _ => None,
    }
}

/// What the script's exit code means as that of an OCF agent. `status` has codes of its own; for the
/// other words 0 to 7 are the same.
pub(crate) fn ocf_code(word: &str, code: i32) -> i32 {
    let is_status = word == "status";
    match code {
        // 1 and 2: dead, and the file with its process id, or its lock, is still there.
        1..=3 if is_status => OcfCode::NotRunning.number(),
        // Not in the standard, but told apart by scripts that were written for clusters.
        150 if is_status => OcfCode::Installed.number(),
        151 if is_status => OcfCode::Permission.number(),
        0 => OcfCode::Ok.number(),
        1..=7 if !is_status => code,
        _ => OcfCode::Generic.number(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_status_are_not_those_of_the_other_words() {
        let cases = [
            ("status", 0, 0),
            ("status", 1, 7),
            ("status", 2, 7),
            ("status", 3, 7),
            ("status", 4, 1),
            ("status", 150, 5),
            ("status", 151, 4),
            ("status", 255, 1),
            ("start", 0, 0),
            ("start", 5, 5),
            ("stop", 1, 1),
            ("stop", 7, 7),
            ("stop", 8, 1),
            ("start", 190, 1),
        ];
        for (word, code, meant) in cases {
            assert_eq!(ocf_code(word, code), meant, "{word} ended with {code}");
        }
    }
}
