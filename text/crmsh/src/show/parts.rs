//! The small parts: values, blocks, rules, operations, nodes.

use super::{Lines, Printer, STARS};
use crate::element::{self, children};
use cluster::Element;

/// A value as the text holds it: bare when it is plain, else in quotes.
pub(super) fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    if value == STARS || !value.is_empty() && value.chars().all(is_plain) {
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

/// All attributes but those of these names, as `NAME=VALUE`.
pub(super) fn assignments<'a>(
    element: &'a Element,
    but: &'a [&str],
) -> impl Iterator<Item = String> + 'a {
    let attributes = element.extra.attributes.iter();
    let others = attributes.filter(move |(name, _)| !but.contains(&name.as_str()));
    others.map(|(name, value)| assignment(name, value))
}

/// A score the short way.
pub(super) fn score(text: &str) -> &str {
    match text {
        "INFINITY" => "inf",
        "-INFINITY" => "-inf",
        "+INFINITY" => "+inf",
        text => text,
    }
}

/// The ids of children in one line: `tag ID RESOURCE ...`.
pub(super) fn listed(keyword: &str, element: &Element, children: &str) -> String {
    let ids = element::children(element, children).map(element::id);
    let words = [keyword, element::id(element)].into_iter().chain(ids);
    words.collect::<Vec<_>>().join(" ")
}

/// `description="..."` on a line of its own.
pub(super) fn description(element: &Element, lines: &mut Lines) {
    if let Some(text) = element.attribute("description") {
        lines.push(assignment("description", text));
    }
}

impl Printer<'_> {
    /// `$id=ID`, where a load would not make up that id.
    pub(super) fn id(&self, element: &Element) -> Option<String> {
        let id = element.attribute("id").filter(|id| self.ids.contains(*id));
        id.map(|id| format!("$id={}", quoted(id)))
    }

    /// A block in one line: `params device="/dev/sdb" fstype=lustre`.
    pub(super) fn block(&self, keyword: &str, set: &Element) -> Option<String> {
        let mut words = vec![keyword.to_owned()];
        words.extend(self.block_words(set)?);
        Some(words.join(" "))
    }

    fn block_words(&self, set: &Element) -> Option<Vec<String>> {
        if let Some(reference) = set.attribute("id-ref") {
            return Some(vec![format!("$id-ref={reference}")]);
        }
        let mut words: Vec<String> = self.id(set).into_iter().collect();
        words.extend(set.attribute("score").map(|value| format!("{}:", score(value))));
        for part in set.elements() {
            words.push(self.part(part)?);
        }
        Some(words)
    }

    /// A rule or a value of a block.
    fn part(&self, part: &Element) -> Option<String> {
        match part.name.as_str() {
            "rule" => self.rule(part),
            "nvpair" => Some(self.pair(part)),
            _ => None,
        }
    }

    fn pair(&self, pair: &Element) -> String {
        let name = pair.attribute("name");
        if let Some(reference) = pair.attribute("id-ref") {
            return name
                .map_or_else(|| format!("@{reference}"), |name| format!("@{reference}:{name}"));
        }
        let name = name.unwrap_or_default();
        let id = pair.attribute("id").filter(|id| self.ids.contains(*id));
        let name = id.map_or_else(|| name.to_owned(), |id| format!("${id}:{name}"));
        match pair.attribute("value") {
            Some(value) => assignment(&name, value),
            None => name,
        }
    }

    /// `property ID:` and one line for each value.
    pub(super) fn options(&self, keyword: &str, set: &Element) -> Option<Lines> {
        let mut lines = Lines::new(format!("{keyword} {}:", element::id(set)));
        if let Some(reference) = set.attribute("id-ref") {
            lines.push(format!("$id-ref={reference}"));
        }
        if let Some(value) = set.attribute("score") {
            lines.push(format!("{}:", score(value)));
        }
        for part in set.elements() {
            lines.push(self.part(part)?);
        }
        Some(lines)
    }

    /// `rule SCORE: pingd lte 0 or not_defined pingd`; rules within rules have no words.
    pub(super) fn rule(&self, rule: &Element) -> Option<String> {
        let mut words = vec!["rule".to_owned()];
        let expressions: Vec<&Element> = rule.elements().collect();
        let first_id = expressions.first().and_then(|first| self.id(first));
        if let Some(reference) = rule.attribute("id-ref") {
            words.push(format!("$id-ref={reference}"));
        } else if let Some(id) = self.id(rule) {
            words.push(id);
        } else if first_id.is_some() {
            // Else it would be taken for the rule's.
            words.push(format!("$id={}", element::id(rule)));
        }
        words.extend(rule.attribute("role").map(|role| format!("$role={role}")));
        let operator = rule.attribute("boolean-op");
        let is_plain = match operator {
            None => true,
            Some("or") => expressions.len() > 1,
            Some(_) => false,
        };
        words.extend(operator.filter(|_| !is_plain).map(|it| format!("$boolean-op={it}")));
        words.extend(rule.attribute("negate").map(|it| format!("$negate={it}")));
        match rule.attribute("score") {
            Some("INFINITY") => {}
            Some(value) => words.push(format!("{}:", score(value))),
            None => words.extend(rule.attribute("score-attribute").map(|name| format!("{name}:"))),
        }
        let joint = if operator == Some("or") { " or " } else { " and " };
        let expressions: Option<Vec<String>> =
            expressions.into_iter().map(|expression| self.expression(expression)).collect();
        words.extend(expressions.map(|all| all.join(joint)).filter(|text| !text.is_empty()));
        Some(words.join(" "))
    }

    fn expression(&self, expression: &Element) -> Option<String> {
        let mut words: Vec<String> = self.id(expression).into_iter().collect();
        words.extend(match expression.name.as_str() {
            "expression" => comparison(expression)?,
            "date_expression" => self.date(expression)?,
            _ => return None,
        });
        Some(words.join(" "))
    }

    fn date(&self, date: &Element) -> Option<Vec<String>> {
        let moment = |name: &str| date.attribute(name).map(quoted);
        let mut words = vec!["date".to_owned()];
        match date.attribute("operation")? {
            "lt" => words.extend(["lt".to_owned(), moment("end")?]),
            "gt" => words.extend(["gt".to_owned(), moment("start")?]),
            "in_range" => {
                words.push("in".to_owned());
                words.extend(moment("start").map(|start| format!("start={start}")));
                words.extend(moment("end").map(|end| format!("end={end}")));
            }
            "date_spec" => words.push("spec".to_owned()),
            _ => return None,
        }
        for periods in date.elements() {
            words.extend(self.id(periods));
            words.extend(assignments(periods, &["id"]));
        }
        Some(words)
    }

    /// `op monitor interval=20s timeout=300s`, and a line for each of its blocks.
    pub(super) fn operation(&self, operation: &Element, lines: &mut Lines) -> Option<()> {
        if let Some(reference) = operation.attribute("id-ref") {
            lines.push(format!("op $id-ref={reference}"));
            return Some(());
        }
        let mut words = vec![format!("op {}", operation.attribute("name")?)];
        words.extend(self.id(operation));
        words.extend(assignments(operation, &["id", "name"]));
        lines.push(words.join(" "));
        for set in operation.elements() {
            lines.push(match set.name.as_str() {
                "instance_attributes" => self.block("op_params", set)?,
                "meta_attributes" => self.block("op_meta", set)?,
                _ => return None,
            });
        }
        Some(())
    }

    /// The operations of a primitive, and the block around them where that says something itself.
    pub(super) fn operations(&self, operations: &Element, lines: &mut Lines) -> Option<()> {
        let said = ["id", "id-ref"]
            .into_iter()
            .filter_map(|name| Some(format!("${name}={}", operations.attribute(name)?)));
        let said: Vec<String> = said.collect();
        if !said.is_empty() {
            lines.push(format!("operations {}", said.join(" ")));
        } else if operations.elements().next().is_none() {
            lines.push("operations");
        }
        for operation in operations.elements() {
            self.operation(operation, lines)?;
        }
        Some(())
    }

    /// `node [ID:] NAME[:TYPE]`
    pub(super) fn node(&self, node: &Element) -> Option<Lines> {
        let name = node.attribute("uname")?;
        let mut head = "node ".to_owned();
        if element::id(node) != name {
            head.push_str(&format!("{}: ", element::id(node)));
        }
        head.push_str(name);
        if let Some(kind) = node.attribute("type") {
            head.push_str(&format!(":{kind}"));
        }
        let mut lines = Lines::new(head);
        description(node, &mut lines);
        for set in node.elements() {
            lines.push(match set.name.as_str() {
                "instance_attributes" => self.block("attributes", set)?,
                "utilization" => self.block("utilization", set)?,
                _ => return None,
            });
        }
        Some(lines)
    }
}

fn comparison(expression: &Element) -> Option<Vec<String>> {
    let attribute = expression.attribute("attribute")?.to_owned();
    let operation = expression.attribute("operation")?;
    if ["defined", "not_defined"].contains(&operation) {
        return Some(vec![operation.to_owned(), attribute]);
    }
    let kind = expression.attribute("type").map_or_else(String::new, |kind| format!("{kind}:"));
    let value = expression.attribute("value").unwrap_or_default();
    let operand = match expression.attribute("value-source") {
        Some(source) => format!("{source}{{{value}}}"),
        None => quoted(value),
    };
    Some(vec![attribute, format!("{kind}{operation}"), operand])
}

/// Whether an element has a child of this name.
pub(super) fn has(element: &Element, name: &str) -> bool {
    children(element, name).next().is_some()
}
