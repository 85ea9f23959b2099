//! `systole explain`: why a resource is where it is, or nowhere.

use crate::answer::{DONE, Failure, Outcome, print, say_aside};
use crate::output::{Form, JSON_VERSION};
use crate::verbs::offline::Subject;
use cluster::{Resource, Score};
use report::explain::{self, Explanation, Row};
use report::printable;
use scheduler::Situation;
use serde_json::{Value, json};

/// Explains `resource`, for `node` only if one is given.
pub(crate) fn run(subject: &Subject, resource: &str, node: Option<&str>) -> Outcome {
    let picture = subject.picture()?;
    let facts = picture.facts();
    let decision = scheduler::decide(&facts);
    decision.situation.warnings.iter().for_each(|warning| say_aside(warning));
    let explanations = explain::explain(&decision, resource);
    let known = Known::of(&decision.situation);
    if explanations.is_empty() {
        return Err(known.no_resource(resource));
    }
    if let Some(node) = node.filter(|node| !known.nodes.contains(node)) {
        return Err(known.no_node(node));
    }
    print(&match subject.form() {
        Form::Text => explain::text(&explanations, node),
        Form::Json => {
            let all = explanations.iter().map(|it| as_json(it, node)).collect::<Vec<Value>>();
            format!("{:#}\n", json!({ "version": JSON_VERSION, "resources": all }))
        }
    });
    DONE
}

/// So many names are listed to those who gave a wrong one.
const MOST_LISTED: usize = 20;

/// The names that can be given.
pub(super) struct Known<'d> {
    resources: Vec<&'d str>,
    nodes: Vec<&'d str>,
}

impl<'d> Known<'d> {
    pub(super) fn of(situation: &'d Situation<'_>) -> Self {
        let resources = situation.facts.configuration.resources.iter();
        let real = resources.filter(|it| !matches!(it, Resource::Template(_)));
        let nodes = situation.node_order.iter().map(|node| situation.nodes[*node].name.as_str());
        Self { resources: real.flat_map(Resource::ids).collect(), nodes: nodes.collect() }
    }

    pub(super) fn no_resource(&self, id: &str) -> Failure {
        if self.nodes.contains(&id) {
            let id = printable(id);
            return Failure::NoSuchObject(format!(
                "{id} is a node, and no resource; `systole explain RESOURCE --node {id}` says \
                 what speaks for it"
            ));
        }
        unknown("resource", id, &self.resources)
    }

    pub(super) fn no_node(&self, name: &str) -> Failure {
        if self.resources.contains(&name) {
            let name = printable(name);
            return Failure::NoSuchObject(format!("{name} is a resource, and no node"));
        }
        unknown("node", name, &self.nodes)
    }
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Failure {
    let mut text = match name {
        "" => format!("the name of a {what} is missing"),
        name => format!("there is no {what} {name}"),
    };
    let nearest = base::suggest::closest(name, known.iter().copied());
    if let Some(nearest) = nearest.filter(|_| !name.is_empty()) {
        text.push_str(&format!("; did you mean {nearest}?"));
    } else if !known.is_empty() && known.len() <= MOST_LISTED {
        text.push_str(&format!("; there are {}", known.join(", ")));
    }
    Failure::NoSuchObject(printable(&text))
}

fn as_json(explanation: &Explanation, node: Option<&str>) -> Value {
    let rows = explanation.rows.iter().filter(|row| node.is_none_or(|node| row.node == node));
    json!({
        "id": explanation.id,
        "parent": explanation.parent,
        "active-on": explanation.now,
        "role": explanation.role.name(),
        "node": explanation.node,
        "next-role": explanation.next_role.name(),
        "blocked": explanation.is_held_up,
        "why": said(&explanation.reason),
        "promotion-score": explanation.promotion.map(score_as_json),
        "nodes": rows.map(row_as_json).collect::<Vec<Value>>(),
    })
}

fn row_as_json(row: &Row) -> Value {
    let parts = row
        .parts
        .iter()
        .map(|part| json!({ "score": score_as_json(part.score), "source": part.source }));
    json!({
        "node": row.node,
        "state": row.state,
        "score": row.score.map(score_as_json),
        "contributions": parts.collect::<Vec<Value>>(),
    })
}

/// A number, or the text `INFINITY` or `-INFINITY`: what is beyond all numbers must not be
/// calculated with.
fn score_as_json(score: Score) -> Value {
    match score {
        Score::INFINITY | Score::MINUS_INFINITY => score.to_string().into(),
        score => score.value().into(),
    }
}

/// What nobody said is null.
pub(crate) fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(failure: &Failure) -> String {
        failure.to_string()
    }

    #[test]
    fn who_gives_a_wrong_name_is_told_the_right_ones() {
        let known = Known { resources: vec!["ost0", "mdt\n0"], nodes: vec!["oss1", "oss2"] };
        let cases = [
            (known.no_resource("ost1"), "there is no resource ost1; did you mean ost0?"),
            (known.no_resource("A"), "there is no resource A; there are ost0, mdt\\n0"),
            (known.no_resource(""), "the name of a resource is missing; there are ost0, mdt\\n0"),
            (
                known.no_resource("oss1"),
                "oss1 is a node, and no resource; `systole explain RESOURCE --node oss1` says \
                 what speaks for it",
            ),
            (known.no_node("ost0"), "ost0 is a resource, and no node"),
            (known.no_node(""), "the name of a node is missing; there are oss1, oss2"),
        ];
        for (failure, expected) in cases {
            assert_eq!(told(&failure), expected);
        }
        let many = Known { resources: vec!["r"; MOST_LISTED + 1], nodes: Vec::new() };
        assert_eq!(told(&many.no_resource("other")), "there is no resource other");
    }

    #[test]
    fn scores_are_numbers_as_far_as_they_are() {
        assert_eq!(score_as_json(Score::new(-7)), json!(-7));
        assert_eq!(score_as_json(Score::INFINITY), json!("INFINITY"));
        assert_eq!(score_as_json(Score::MINUS_INFINITY), json!("-INFINITY"));
        assert_eq!(said(""), None);
    }
}
