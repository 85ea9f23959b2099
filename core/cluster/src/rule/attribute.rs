//! Conditions on the attributes of a node.

use super::RuleContext;
use crate::Extra;
use base::names;
use std::borrow::Cow;
use std::cmp::Ordering;

/// How a node attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It has a value.
    Defined,
    /// It has none.
    NotDefined,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `=`
    Equal,
    /// `≠`
    NotEqual,
}

impl Comparison {
    const NAMES: [(&'static str, Self); 8] = [
        ("defined", Self::Defined),
        ("not_defined", Self::NotDefined),
        ("lt", Self::Less),
        ("gt", Self::Greater),
        ("lte", Self::LessOrEqual),
        ("gte", Self::GreaterOrEqual),
        ("eq", Self::Equal),
        ("ne", Self::NotEqual),
    ];

    /// Reads the operator, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, text)
    }

    /// The operator as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }

    /// All operators.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    const fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::Greater => ordering.is_gt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Defined | Self::NotDefined => false,
        }
    }
}

/// As what two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// As text, case does not count.
    Text,
    /// As whole numbers.
    Integer,
    /// As numbers with a decimal point.
    Number,
    /// As versions: `1.10` is after `1.9`.
    Version,
}

impl ValueKind {
    const NAMES: [(&'static str, Self); 4] = [
        ("string", Self::Text),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("version", Self::Version),
    ];

    /// Reads the option's value, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, text)
    }

    /// The option's value as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }

    /// Compares two values; those that are not of this kind are compared as text.
    fn compare(self, left: &str, right: &str) -> Ordering {
        let numeric = match self {
            Self::Text => None,
            Self::Integer => integer(left).zip(integer(right)).map(|(l, r)| l.cmp(&r)),
            Self::Number => number(left).zip(number(right)).map(|(l, r)| l.total_cmp(&r)),
            Self::Version => Some(compare_versions(left, right)),
        };
        numeric.unwrap_or_else(|| left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase()))
    }
}

/// The whole number at the beginning of `text`; what follows does not count.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    text[..sign + digits].parse().ok()
}

/// The decimal number at the beginning of `text`; what follows does not count.
fn number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    let longest = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let prefixes = (1..=longest.min(64)).rev();
    // -0 equals 0.
    prefixes.filter_map(|end| text[..end].parse::<f64>().ok()).next().map(|number| number + 0.0)
}

/// Part by part; a part that one of the two lacks counts as 0.
fn compare_versions(left: &str, right: &str) -> Ordering {
    let part = |part: &str| integer(part).unwrap_or(0);
    let (mut left, mut right) = (left.split('.').map(part), right.split('.').map(part));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => match left.unwrap_or(0).cmp(&right.unwrap_or(0)) {
                Ordering::Equal => {}
                different => return different,
            },
        }
    }
}

/// Where an attribute expression has the value to compare with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValueSource {
    /// It says it itself.
    #[default]
    Literal,
    /// It names a parameter of the resource.
    Parameter,
    /// It names a meta attribute of the resource.
    Meta,
}

impl ValueSource {
    const NAMES: [(&'static str, Self); 3] =
        [("literal", Self::Literal), ("param", Self::Parameter), ("meta", Self::Meta)];

    /// Reads the option's value, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, text)
    }

    /// The option's value as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }
}

/// A comparison of a node attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeExpression {
    /// Its id.
    pub id: String,
    /// The attribute's name; `#uname`, `#id`, `#kind` are built in. `%0` to `%9` stand for what a
    /// pattern matched ([`RuleContext::captures`]).
    pub attribute: String,
    /// How it is compared.
    pub operation: Comparison,
    /// With what.
    pub value: Option<String>,
    /// As what.
    pub kind: Option<ValueKind>,
    /// Where the value to compare with is; `value` itself when not given.
    pub value_source: Option<ValueSource>,
    /// What else the element carries.
    pub extra: Extra,
}

impl AttributeExpression {
    /// Whether the comparison holds. A missing value sorts before every other, and makes the
    /// ordering tests (`lt`, `gt`, `lte`, `gte`) fail. An expression whose kind or source of the
    /// value cannot be read never holds.
    pub fn holds(&self, context: &RuleContext<'_>) -> bool {
        if self.is_unclear() {
            return false;
        }
        let name = expand(&self.attribute, context.captures);
        let actual = context.attributes.and_then(|values| values.value(&name));
        let reference = self.reference(context);
        match self.operation {
            Comparison::Defined => actual.is_some(),
            Comparison::NotDefined => actual.is_none(),
            Comparison::Equal => self.compare(actual, reference) == Ordering::Equal,
            Comparison::NotEqual => self.compare(actual, reference) != Ordering::Equal,
            ordering => {
                actual.is_some()
                    && reference.is_some()
                    && ordering.accepts(self.compare(actual, reference))
            }
        }
    }

    fn is_unclear(&self) -> bool {
        (self.kind.is_none() && self.extra.attribute("type").is_some())
            || (self.value_source.is_none() && self.extra.attribute("value-source").is_some())
    }

    fn reference<'a>(&'a self, context: &RuleContext<'a>) -> Option<&'a str> {
        let value = self.value.as_deref()?;
        match self.value_source.unwrap_or_default() {
            ValueSource::Literal => Some(value),
            ValueSource::Parameter => context.parameters?.value(value),
            ValueSource::Meta => context.meta?.value(value),
        }
    }

    fn compare(&self, actual: Option<&str>, reference: Option<&str>) -> Ordering {
        match (actual, reference) {
            (Some(actual), Some(value)) => {
                self.effective_kind(actual, value).compare(actual, value)
            }
            (actual, reference) => actual.cmp(&reference),
        }
    }

    /// The kind asked for; without one, ordering tests compare numbers and equality text.
    fn effective_kind(&self, actual: &str, value: &str) -> ValueKind {
        let is_equality = matches!(self.operation, Comparison::Equal | Comparison::NotEqual);
        match self.kind {
            Some(kind) => kind,
            None if is_equality => ValueKind::Text,
            None if actual.contains('.') || value.contains('.') => ValueKind::Number,
            None => ValueKind::Integer,
        }
    }
}

/// Puts what a pattern matched in the place of `%0` to `%9`; nothing where that group matched
/// nothing. Without a pattern the name stays as it is.
fn expand<'a>(name: &'a str, captures: &[String]) -> Cow<'a, str> {
    if captures.is_empty() || !name.contains('%') {
        return Cow::Borrowed(name);
    }
    let mut expanded = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('%') {
        expanded.push_str(before);
        let group = after.chars().next().and_then(|digit| digit.to_digit(10));
        if let Some(group) = group {
            let capture = captures.get(group as usize);
            expanded.push_str(capture.map_or("", String::as_str));
            rest = &after[1..];
        } else {
            expanded.push('%');
            rest = after;
        }
    }
    expanded.push_str(rest);
    Cow::Owned(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn expression(attribute: &str, operation: &str, value: Option<&str>) -> AttributeExpression {
        AttributeExpression {
            id: "e".into(),
            attribute: attribute.into(),
            operation: Comparison::parse(operation).unwrap(),
            value: value.map(str::to_owned),
            kind: None,
            value_source: None,
            extra: Extra::default(),
        }
    }

    #[test]
    fn comparisons_on_a_node_with_pingd_100() {
        let attributes = BTreeMap::from([("pingd", "100"), ("#uname", "oss1"), ("load", "2.5")]);
        let context = RuleContext { attributes: Some(&attributes), ..RuleContext::default() };
        let cases = [
            ("pingd", "defined", None, true),
            ("pingd", "not_defined", None, false),
            ("pingd", "gt", Some("20"), true),
            ("pingd", "lte", Some("0"), false),
            ("pingd", "lt", Some("99.5"), false),
            ("load", "gt", Some("2"), true),
            ("#uname", "eq", Some("OSS1"), true),
            ("#uname", "ne", Some("oss2"), true),
            ("missing", "lt", Some("5"), false),
            ("missing", "ne", Some("5"), true),
            ("missing", "eq", None, true),
        ];
        for (attribute, operation, value, expected) in cases {
            let holds = expression(attribute, operation, value).holds(&context);
            assert_eq!(holds, expected, "{attribute} {operation} {value:?}");
        }
        assert!(!expression("pingd", "defined", None).holds(&RuleContext::default()));
    }

    #[test]
    fn values_of_every_kind() {
        use Ordering::{Equal, Greater, Less};
        let cases = [
            (ValueKind::Text, "Bar", "bAR", Equal),
            (ValueKind::Integer, "10", "10.5", Equal),
            (ValueKind::Integer, "9", "10", Less),
            (ValueKind::Integer, "nine", "10", Greater),
            (ValueKind::Number, "10", "10.0", Equal),
            (ValueKind::Number, "2.5x", "2.25", Greater),
            (ValueKind::Number, "-0", "0", Equal),
            (ValueKind::Version, "1.10", "1.9", Greater),
            (ValueKind::Version, "3.5", "3.5.0", Equal),
        ];
        for (kind, left, right, expected) in cases {
            assert_eq!(kind.compare(left, right), expected, "{kind:?} {left} {right}");
        }
    }

    #[test]
    fn what_a_pattern_matched_stands_in_the_name() {
        let captures = ["server-north".to_owned(), "north".to_owned(), String::new()];
        for (name, expected) in [
            ("prefer-%1", "prefer-north"),
            ("%0%2x", "server-northx"),
            ("%9", ""),
            ("100%", "100%"),
            ("%é", "%é"),
        ] {
            assert_eq!(expand(name, &captures), expected);
        }
        assert_eq!(expand("%1", &[]), "%1");
    }

    #[test]
    fn the_value_may_stand_with_the_resource() {
        let attributes = BTreeMap::from([("site", "north")]);
        let parameters = BTreeMap::from([("home", "north")]);
        let context = RuleContext {
            attributes: Some(&attributes),
            parameters: Some(&parameters),
            ..RuleContext::default()
        };
        let mut expression = expression("site", "eq", Some("home"));
        assert!(!expression.holds(&context));
        expression.value_source = Some(ValueSource::Parameter);
        assert!(expression.holds(&context));
        expression.value_source = Some(ValueSource::Meta);
        assert!(!expression.holds(&context));
    }
}
