//! A change that was made against what was there at some time, and is carried out on what is there
//! now.

use crate::Refusal;
use cib::Conflict;
use cluster::{Configuration, Difference, Edit, Object, Reorder, Swap};

/// `now` with `difference`. What nobody else has touched since becomes what it is to be; where
/// somebody has, both changes are merged, part by part.
///
/// # Errors
/// With what both touched; nothing is decided then.
pub(crate) fn onto(now: &Configuration, difference: &Difference) -> Result<Configuration, Refusal> {
    let (mut edits, mut reasons) = (Vec::new(), Vec::new());
    for swap in &difference.swaps {
        match merge(now, swap) {
            Ok(swap) => edits.extend(swap.map(|swap| Edit::Swap(Box::new(swap)))),
            Err(why) => reasons.extend(why),
        }
    }
    for order in &difference.orders {
        match reorder(now, order) {
            Ok(ids) => edits.push(Edit::Arrange { kind: order.kind, ids }),
            Err(why) => reasons.push(why),
        }
    }
    if let Some(whole) = &difference.whole {
        let (before, after) = whole.as_ref();
        match now.is_same(before) {
            true => edits.push(Edit::Replace(Box::new(after.clone()))),
            false => reasons.push(
                "the configuration has changed since, and this change replaces all of it: look at \
                 it again"
                    .to_owned(),
            ),
        }
    }
    if !reasons.is_empty() {
        return Err(Refusal::Conflict(reasons));
    }
    let mut merged = now.clone();
    merged.apply(&edits).map_err(Refusal::Edit)?;
    merged.version = now.version;
    Ok(merged)
}

/// What `swap` is by now; nothing when it has been done already.
fn merge(now: &Configuration, swap: &Swap) -> Result<Option<Swap>, Vec<String>> {
    let (kind, id) = swap.of();
    let current = now.object(kind, id);
    if current.as_ref() == swap.after() {
        return Ok(None);
    }
    if current.as_ref() == swap.before() {
        return Ok(Some(swap.clone()));
    }
    let refuse = |what: &str| Err(vec![format!("{id}: {what}; look at it again")]);
    match (swap.before(), current, swap.after()) {
        (Some(before), Some(current), Some(after)) => {
            let told = |conflicts: Vec<Conflict>| -> Vec<String> {
                conflicts.iter().map(|conflict| format!("{id}: {conflict}")).collect()
            };
            let merged = merge_objects(before, &current, after).map_err(told)?;
            Ok(Swap::between(Some(current), Some(merged)))
        }
        (Some(_), None, Some(_)) => refuse("somebody has removed or moved it meanwhile"),
        (Some(_), Some(_), None) => {
            refuse("somebody has changed it meanwhile, and it was to be removed")
        }
        _ => refuse("somebody has made another object of this id meanwhile"),
    }
}

fn merge_objects(before: &Object, now: &Object, after: &Object) -> Result<Object, Vec<Conflict>> {
    let [old, current, wanted] = [before, now, after].map(cib::object_element);
    let merged = cib::merge(&old, &current, &wanted)?;
    // What was read from two sound objects can be read again, but for a contradiction between
    // the two that no single part shows.
    let part = cib::Part::of(now.kind());
    let sound = |(objects, doubts): (Vec<Object>, Vec<cib::CibError>)| {
        doubts.into_iter().next().map_or(Ok(objects), Err)
    };
    let objects = cib::objects_of(&merged, part).and_then(sound).map_err(|error| {
        vec![Conflict {
            place: vec![format!("both changes together ({})", error.what)],
            before: Some(cib::write_element(&old)),
            theirs: Some(cib::write_element(&current)),
            ours: Some(cib::write_element(&wanted)),
        }]
    })?;
    Ok(objects.into_iter().next().unwrap_or_else(|| now.clone()))
}

/// The ids in the order they are to have, where nobody else has changed it.
fn reorder(now: &Configuration, order: &Reorder) -> Result<Vec<String>, String> {
    let current = now.ids(order.kind);
    let kept = |ids: &[String]| -> Vec<String> {
        let everywhere = |id: &&String| {
            [&current, &order.before, &order.after].into_iter().all(|ids| ids.contains(id))
        };
        ids.iter().filter(everywhere).cloned().collect()
    };
    let [was, is, wish] = [&order.before, &current, &order.after].map(|ids| kept(ids));
    if is == was || is == wish {
        return Ok(order.after.clone());
    }
    let said = |ids: &[String]| ids.join(" ");
    Err(format!(
        "the order: it was `{}`, is `{}` by now, and was to be `{}`",
        said(&was),
        said(&is),
        said(&wish)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options of a cluster as `name=value`, and ids of resources.
    fn configuration(options: &str, resources: &str) -> Configuration {
        let pairs = options.split_whitespace().filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| {
            format!(r#"<nvpair id="o-{name}" name="{name}" value="{value}"/>"#)
        });
        let resources = resources.split_whitespace().map(|id| {
            format!(r#"<primitive id="{id}" class="ocf" provider="heartbeat" type="Dummy"/>"#)
        });
        let text = format!(
            r#"<cib><configuration><crm_config><cluster_property_set id="o">{}</cluster_property_set></crm_config><nodes/><resources>{}</resources><constraints/></configuration><status/></cib>"#,
            pairs.collect::<String>(),
            resources.collect::<String>()
        );
        cib::read(&text).expect("it is sound").configuration
    }

    /// What was, what somebody made of it, what we wanted, and what comes of it.
    #[test]
    fn two_people_change_one_configuration() {
        for (before, theirs, ours, expected) in [
            (("a=1 b=1", "r s"), ("a=2 b=1", "r s"), ("a=1 b=2", "r s"), Ok(("a=2 b=2", "r s"))),
            (("a=1", "r s"), ("a=1", "s"), ("a=2", "r s t"), Ok(("a=2", "s t"))),
            (("a=1", "r s"), ("a=1", "s r"), ("a=1", "r s t"), Ok(("a=1", "s r t"))),
            (("a=1", "r s t"), ("a=1", "r s t u"), ("a=1", "t s r"), Ok(("a=1", "t s r u"))),
            (("a=1", "r"), ("a=2", "r"), ("a=2", "r"), Ok(("a=2", "r"))),
            (
                ("a=1", "r"),
                ("a=2", "r"),
                ("a=3", "r"),
                Err("o: a, value: it was `1`, is `2` by now, and was to be `3`"),
            ),
            (
                ("a=1", "r s t"),
                ("a=1", "s r t"),
                ("a=1", "t s r"),
                Err("the order: it was `r s t`, is `s r t` by now, and was to be `t s r`"),
            ),
        ] {
            let [before, theirs, ours] =
                [before, theirs, ours].map(|(options, ids)| configuration(options, ids));
            let merged = onto(&theirs, &Difference::between(&before, &ours));
            match (merged, expected) {
                (Ok(merged), Ok((options, resources))) => {
                    let expected = configuration(options, resources);
                    assert!(merged.is_same(&expected), "{merged:#?} is no {expected:#?}");
                }
                (Err(refusal), Err(expected)) => assert_eq!(refusal.to_string(), expected),
                (merged, expected) => panic!("{merged:?} is no {expected:?}"),
            }
        }
    }
}
