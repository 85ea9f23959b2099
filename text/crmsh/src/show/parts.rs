//! The small parts: values, blocks, rules, operations.

use super::{Lines, Printer};
use base::names;
use cluster::{
    AttributeExpression, AttributeSet, BooleanOperator, Comparison, Configuration, DateDuration,
    DateExpression, DateField, DateOperation, DateSpec, DurationUnit, Expression, Extra, NodeEntry,
    Nvpair, OnFail, OperationSettings, Primitive, Role, Rule, RuleScore, Score, ValueKind, Written,
};
use std::collections::BTreeSet;

/// The ids that something refers to: only these are worth printing.
pub(super) struct References(BTreeSet<String>);

impl References {
    pub(super) fn of(configuration: &Configuration) -> Self {
        let configuration = configuration.clone();
        let tree = cib::to_element(&cib::Cib { configuration, ..cib::Cib::default() });
        let mut found = BTreeSet::new();
        let mut pending = vec![&tree];
        while let Some(element) = pending.pop() {
            found.extend(element.attribute("id-ref").map(str::to_owned));
            pending.extend(element.elements());
        }
        Self(found)
    }

    fn contains(&self, id: &str) -> bool {
        self.0.contains(id)
    }
}

/// A value as the text holds it: bare when it is plain, else in quotes.
pub(super) fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    let mut text = String::from("\"");
    let mut rest = value.chars().peekable();
    while let Some(c) = rest.next() {
        // A backslash means itself except before what it could escape.
        let is_ambiguous = c == '\\' && matches!(rest.peek(), None | Some('"' | '\\'));
        if c == '"' || is_ambiguous {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

/// `NAME=VALUE`
pub(super) fn assignment(name: &str, value: &str) -> String {
    format!("{name}={}", quoted(value))
}

/// A score the short way.
pub(super) fn score(score: Score) -> String {
    match score {
        Score::INFINITY => "inf".to_owned(),
        Score::MINUS_INFINITY => "-inf".to_owned(),
        score => score.to_string(),
    }
}

impl Printer<'_> {
    /// A block in one line: `params device="/dev/sdb" fstype=lustre`.
    pub(super) fn block(&self, keyword: &str, set: &AttributeSet) -> String {
        let mut words = vec![keyword.to_owned()];
        words.extend(self.block_words(set));
        words.join(" ")
    }

    fn block_words(&self, set: &AttributeSet) -> Vec<String> {
        if let Some(reference) = &set.id_ref {
            return vec![format!("$id-ref={reference}")];
        }
        let mut words = Vec::new();
        if self.references.contains(&set.id) {
            words.push(format!("$id={}", set.id));
        }
        words.extend(set.score.map(|value| format!("{}:", score(value))));
        words.extend(set.rule.as_ref().map(|rule| self.rule(rule)));
        words.extend(set.pairs.iter().map(|pair| self.pair(&set.id, pair)));
        words
    }

    fn pair(&self, set: &str, pair: &Nvpair) -> String {
        if let Some(reference) = &pair.id_ref {
            let name = if pair.name.is_empty() { "" } else { ":" };
            return format!("@{reference}{name}{}", pair.name);
        }
        // An id that a load would make up again need not be said.
        let is_usual = pair.id == format!("{set}-{}", pair.name);
        let name = if self.references.contains(&pair.id) && !is_usual {
            format!("${}:{}", pair.id, pair.name)
        } else {
            pair.name.clone()
        };
        match &pair.value {
            Some(value) => assignment(&name, value),
            None => name,
        }
    }

    /// `property ID:` and one line for each value.
    pub(super) fn options(&self, keyword: &str, set: &AttributeSet) -> Lines {
        let mut lines = Lines::new(format!("{keyword} {}:", set.id));
        if let Some(reference) = &set.id_ref {
            lines.push(format!("$id-ref={reference}"));
        }
        if let Some(value) = set.score {
            lines.push(format!("{}:", score(value)));
        }
        if let Some(rule) = &set.rule {
            lines.push(self.rule(rule));
        }
        for pair in &set.pairs {
            lines.push(self.pair(&set.id, pair));
        }
        lines
    }

    /// `rule SCORE: pingd lte 0 or not_defined pingd`; rules within rules have no words.
    pub(super) fn rule(&self, rule: &Rule) -> String {
        let mut words = vec!["rule".to_owned()];
        if let Some(reference) = &rule.id_ref {
            words.push(format!("$id-ref={reference}"));
        } else if self.references.contains(&rule.id) {
            words.push(format!("$id={}", rule.id));
        }
        words.extend(rule.role.map(|role| format!("$role={role}")));
        match &rule.score {
            Some(RuleScore::Score(Score::INFINITY)) | None => {}
            Some(RuleScore::Score(value)) => words.push(format!("{}:", score(*value))),
            Some(RuleScore::Attribute(name)) => words.push(format!("{name}:")),
        }
        let operator = match rule.operator.unwrap_or_default() {
            BooleanOperator::And => " and ",
            BooleanOperator::Or => " or ",
        };
        let expressions: Vec<String> = rule.expressions.iter().filter_map(expression).collect();
        if !expressions.is_empty() {
            words.push(expressions.join(operator));
        }
        words.join(" ")
    }

    /// `op monitor interval=20s timeout=300s`, and a line for each of its blocks.
    pub(super) fn operation(&self, operation: &OperationSettings, lines: &mut Lines) {
        let mut words = vec![format!("op {}", operation.name)];
        // What a load assumes where nothing is said.
        if operation.interval.text != "0s" {
            words.push(assignment("interval", &operation.interval.text));
        }
        if let Some(timeout) = &operation.timeout {
            words.push(assignment("timeout", &timeout.text));
        }
        words.extend(operation.on_fail.map(|on_fail| assignment("on-fail", OnFail::name(on_fail))));
        words.extend(operation.role.map(|role| assignment("role", Role::name(role))));
        words.extend(operation.enabled.map(|enabled| format!("enabled={enabled}")));
        let extra = operation.extra.attributes.iter();
        words.extend(extra.map(|(name, value)| assignment(name, value)));
        lines.push(words.join(" "));
        for set in &operation.parameters {
            lines.push(self.block("op_params", set));
        }
        for set in &operation.meta {
            lines.push(self.block("op_meta", set));
        }
    }

    /// `node [ID:] NAME[:TYPE]`
    pub(super) fn node(&self, node: &NodeEntry) -> Lines {
        let mut head = "node ".to_owned();
        if node.id != node.name {
            head.push_str(&format!("{}: ", node.id));
        }
        head.push_str(&node.name);
        if let Some(kind) = &node.kind {
            head.push_str(&format!(":{kind}"));
        }
        let mut lines = Lines::new(head);
        description(node.description.as_deref(), &mut lines);
        for set in &node.attributes {
            lines.push(self.block("attributes", set));
        }
        for set in &node.utilization {
            lines.push(self.block("utilization", set));
        }
        lines
    }
}

/// `description="..."` on a line of its own.
pub(super) fn description(text: Option<&str>, lines: &mut Lines) {
    if let Some(text) = text {
        lines.push(assignment("description", text));
    }
}

fn expression(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Attribute(expression) => Some(attribute_expression(expression)),
        Expression::Date(expression) => date(expression),
        Expression::Rule(_)
        | Expression::Resource(_)
        | Expression::Operation(_)
        | Expression::Other(_) => None,
    }
}

fn attribute_expression(expression: &AttributeExpression) -> String {
    let AttributeExpression { attribute, operation, value, kind, value_source, .. } = expression;
    let operator = operation.name();
    if matches!(operation, Comparison::Defined | Comparison::NotDefined) {
        return format!("{operator} {attribute}");
    }
    let kind = kind.map_or_else(String::new, |kind| format!("{}:", ValueKind::name(kind)));
    let value = value.as_deref().unwrap_or_default();
    let operand = match value_source {
        Some(source) => format!("{}{{{value}}}", source.name()),
        None => quoted(value),
    };
    format!("{attribute} {kind}{operator} {operand}")
}

fn date(expression: &DateExpression) -> Option<String> {
    let text =
        |date: &Option<Written<_>>| date.as_ref().map(|date: &Written<_>| quoted(&date.text));
    let (start, end) = (text(&expression.start), text(&expression.end));
    let mut words = vec!["date".to_owned()];
    match expression.operation.unwrap_or_default() {
        DateOperation::Less => words.extend(["lt".to_owned(), end?]),
        DateOperation::Greater => words.extend(["gt".to_owned(), start?]),
        DateOperation::InRange => {
            words.push("in".to_owned());
            words.extend(start.map(|start| format!("start={start}")));
            words.extend(end.map(|end| format!("end={end}")));
            words.extend(expression.duration.iter().flat_map(duration));
        }
        DateOperation::Spec => {
            words.push("spec".to_owned());
            words.extend(expression.spec.iter().flat_map(spec));
        }
    }
    Some(words.join(" "))
}

fn duration(duration: &DateDuration) -> Vec<String> {
    let parts = duration.parts.iter();
    let parts = parts.map(|(unit, count)| (names::name(&DurationUnit::NAMES, *unit), &*count.text));
    parts.chain(kept(&duration.extra)).map(|(name, value)| assignment(name, value)).collect()
}

fn spec(spec: &DateSpec) -> Vec<String> {
    let ranges = spec.ranges.iter();
    let ranges =
        ranges.map(|(field, range)| (names::name(&DateField::NAMES, *field), &*range.text));
    ranges.chain(kept(&spec.extra)).map(|(name, value)| assignment(name, value)).collect()
}

fn kept(extra: &Extra) -> impl Iterator<Item = (&str, &str)> {
    extra.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The block of a primitive's operations, where it says something itself.
pub(super) fn operations(primitive: &Primitive) -> Option<String> {
    let id = primitive.operations_id().map(|id| format!("operations $id={id}"));
    id.or_else(|| Some(format!("operations $id-ref={}", primitive.operations_ref()?)))
}
