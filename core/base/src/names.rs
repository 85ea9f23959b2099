//! Tables of words: the names under which people and files know a value.

/// The value that the table has under `text`, in any case.
pub fn value<T: Copy>(table: &[(&str, T)], text: &str) -> Option<T> {
    table.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
}

/// The first name of `value` in the table; the empty text when it has none.
pub fn name<'a, T: Copy + PartialEq>(table: &[(&'a str, T)], value: T) -> &'a str {
    table.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_two_names_is_written_by_its_first() {
        let table = [("ignore", 1), ("nothing", 1), ("block", 2)];
        assert_eq!(value(&table, "Nothing"), Some(1));
        assert_eq!(value(&table, "noting"), None);
        assert_eq!(name(&table, 1), "ignore");
        assert_eq!(name(&table, 3), "");
    }
}
