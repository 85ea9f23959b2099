//! Which schemas of the configuration there are.

/// The versions of each generation, up to and with the highest one.
const GENERATIONS: [(u32, u32); 4] = [(1, 3), (2, 10), (3, 10), (4, 1)];

/// The generation of a schema and its place there; nothing when it has no such name.
pub(crate) fn generation(name: &str) -> Option<(u32, u32)> {
    let (major, minor) = name.strip_prefix("pacemaker-")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether `validate-with` may say that: a schema this program reads, or `none`.
pub fn is_known_schema(name: &str) -> bool {
    let is_of = |(major, minor): (u32, u32)| {
        GENERATIONS.iter().any(|(known, highest)| major == *known && minor <= *highest)
    };
    name == "none" || generation(name).is_some_and(is_of)
}

/// What would be right instead.
pub fn known_schemas() -> String {
    let ranges = GENERATIONS.map(|(major, highest)| match major {
        1 => format!("pacemaker-{major}.0 to {major}.{highest}"),
        _ => format!("{major}.0 to {major}.{highest}"),
    });
    format!("{}, or none", ranges.join(", "))
}

#[cfg(test)]
mod tests {
    use super::is_known_schema;

    #[test]
    fn schemas_of_all_generations_are_known_and_no_others() {
        for name in ["none", "pacemaker-1.0", "pacemaker-2.10", "pacemaker-3.7", "pacemaker-4.0"] {
            assert!(is_known_schema(name), "{name}");
        }
        for name in ["", "blah", "pacemaker-9.9", "pacemaker-3", "pacemaker-3.99", "transitional"] {
            assert!(!is_known_schema(name), "{name}");
        }
    }
}
