//! The `lifetime` of a location, which nobody reads any more, as a part of its rule.

use super::{child_mut, elements_mut, push, set, take_attribute, title};
use cluster::{Element, ExtraNode};

/// Makes the lifetime of a location with a node, or with one rule, a condition of that: it held in
/// that time alone, and would now always hold. Others have no rule that could say it; they stay,
/// and are warned of where all that is wrong is listed.
pub(super) fn into_rule(location: &mut Element, notes: &mut Vec<String>) {
    let id = title(location);
    let Some(lifetime) = child_mut(location, "lifetime") else { return };
    let Some(condition) = condition(lifetime, &id) else { return };
    let Some(preference) = preference(location, &id) else { return };
    location.extra.children.retain(|child| match child {
        ExtraNode::Element(child) => !["lifetime", "rule"].contains(&child.name.as_str()),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => true,
    });
    location.extra.children.push(ExtraNode::Element(both(&id, preference, condition)));
    notes.push(format!("the lifetime of {id} became a part of its rule"));
}

/// When it lived, as one rule.
fn condition(lifetime: &Element, id: &str) -> Option<Element> {
    let mut rules: Vec<Element> = lifetime.elements().cloned().collect();
    if rules.is_empty() || !rules.iter().all(is_plain_rule) {
        return None;
    }
    rules.iter_mut().for_each(leave_what_is_of_the_outermost);
    if rules.len() == 1 {
        return rules.pop();
    }
    let mut any = rule(&format!("{id}-lifetime"), "or");
    any.extra.children.extend(rules.into_iter().map(ExtraNode::Element));
    Some(any)
}

/// Where it likes to be: the rule that it has, or one for the node that it names.
fn preference(location: &mut Element, id: &str) -> Option<Element> {
    let rules: Vec<Element> =
        location.elements().filter(|child| child.name == "rule").cloned().collect();
    match (&rules[..], take_attribute(location, "node")) {
        ([only], None) if is_plain_rule(only) => Some(only.clone()),
        ([], Some(node)) => {
            let mut there = rule(&format!("{id}-rule-node"), "and");
            let score = take_attribute(location, "score").unwrap_or_else(|| "0".to_owned());
            set(&mut there, "score", &score);
            let own = [("id", format!("{id}-rule-node-expr"))];
            let is_node = [("attribute", "#uname"), ("operation", "eq"), ("value", &node)];
            push(&mut there, "expression", &own, &is_node);
            Some(there)
        }
        _ => None,
    }
}

/// Both have to hold; how much that is worth stands at the outermost rule.
fn both(id: &str, mut preference: Element, condition: Element) -> Element {
    let mut both = rule(&format!("{id}-rule"), "and");
    for name in OF_THE_OUTERMOST {
        if let Some(value) = preference.attribute(name).map(str::to_owned) {
            set(&mut both, name, &value);
        }
    }
    leave_what_is_of_the_outermost(&mut preference);
    both.extra.children.extend([preference, condition].map(ExtraNode::Element));
    both
}

/// What a rule inside another has not.
const OF_THE_OUTERMOST: [&str; 3] = ["score", "score-attribute", "role"];

fn leave_what_is_of_the_outermost(rule: &mut Element) {
    for name in OF_THE_OUTERMOST {
        take_attribute(rule, name);
    }
    for inner in elements_mut(rule).filter(|child| child.name == "rule") {
        leave_what_is_of_the_outermost(inner);
    }
}

fn is_plain_rule(element: &Element) -> bool {
    element.name == "rule" && element.attribute("id-ref").is_none()
}

fn rule(id: &str, operation: &str) -> Element {
    let mut rule = Element { name: "rule".to_owned(), ..Element::default() };
    set(&mut rule, "id", id);
    set(&mut rule, "boolean-op", operation);
    rule
}

#[cfg(test)]
mod tests {
    use crate::{read_element, upgrade, write_element};

    #[test]
    fn a_lifetime_becomes_a_part_of_the_rule_or_stays() {
        let june = "<rule id='w' score='5' boolean-op='and'>\
                    <date_expression id='d' operation='lt' end='2026-06-01'/></rule>";
        let june_inside = june.replace(" score='5'", "");
        let has_ssd = "<expression id='e' attribute='ssd' operation='defined'/>";
        let stories = [
            (
                format!(
                    "<rsc_location id='l' rsc='a' node='n1' score='9'><lifetime>{june}</lifetime></rsc_location>"
                ),
                format!(
                    "<rsc_location id='l' rsc='a'><rule id='l-rule' boolean-op='and' score='9'>\
                    <rule id='l-rule-node' boolean-op='and'><expression id='l-rule-node-expr' \
                    attribute='#uname' operation='eq' value='n1'/></rule>{june_inside}</rule></rsc_location>"
                ),
            ),
            (
                format!(
                    "<rsc_location id='l' rsc='a'><rule id='r' score='-7' role='Master'>{has_ssd}</rule>\
                    <lifetime>{june}</lifetime></rsc_location>"
                ),
                format!(
                    "<rsc_location id='l' rsc='a'><rule id='l-rule' boolean-op='and' score='-7' role='Master'>\
                    <rule id='r'>{has_ssd}</rule>{june_inside}</rule></rsc_location>"
                ),
            ),
            // A rule elsewhere, and a constraint that has none.
            (
                "<rsc_location id='l' rsc='a' node='n1'><lifetime id-ref='x'/></rsc_location>"
                    .into(),
                "<rsc_location id='l' rsc='a' node='n1'><lifetime id-ref='x'/></rsc_location>"
                    .into(),
            ),
            (
                format!(
                    "<rsc_order id='l' first='a' then='b'><lifetime>{june}</lifetime></rsc_order>"
                ),
                format!(
                    "<rsc_order id='l' first='a' then='b'><lifetime>{june}</lifetime></rsc_order>"
                ),
            ),
        ];
        for (before, after) in stories {
            let cib = |constraint: &str| {
                let text = format!(
                    "<cib validate-with='pacemaker-3.9' epoch='5'><configuration><constraints>\
                     {constraint}</constraints></configuration></cib>"
                );
                read_element(&text).expect("it is XML")
            };
            let upgraded = upgrade(&cib(&before), "pacemaker-3.9").root;
            let constraints = |root| {
                let text = write_element(root).replace('"', "'");
                let lines: String = text.lines().map(str::trim).collect();
                lines.split_once("<constraints>").map(|(_, rest)| rest.to_owned())
            };
            assert_eq!(constraints(&upgraded), constraints(&cib(&after)), "{before}");
        }
    }
}
