//! Stories: what somebody writes, and what must come of it.

use crate::{Diagnostic, Mode, load, load_tolerant, parse, show};
use cluster::{
    Configuration, Constraint, Edit, LocationTarget, Preference, Resource, ResourceRef, Score,
};

const LUSTRE_PAIR: &str = include_str!("../../../examples/lustre-pair.crm");

/// What `onto` is after `text`.
fn after(text: &str, onto: &Configuration, mode: Mode) -> Configuration {
    let loaded = load(text, onto, mode).unwrap_or_else(|errors| panic!("{}", lines(&errors)));
    let mut configuration = onto.clone();
    configuration.apply(&loaded.edits).expect("edits of a text that was accepted");
    configuration
}

fn fresh(text: &str) -> Configuration {
    after(text, &Configuration::default(), Mode::Update)
}

fn lines(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

/// Stories in a file: a text, `----`, what must come of it; `====` between two of them.
fn stories(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let split = |story: &'static str| story.split_once("\n----\n").expect("a story has two parts");
    file.split("====\n").map(split)
}

/// What is typed, and how it is shown; and what is shown is read and shown the same again.
#[test]
fn what_is_typed_is_shown_and_what_is_shown_is_read() {
    for (typed, expected) in stories(include_str!("stories/shown.txt")) {
        let shown = show(&fresh(typed), &[]);
        assert_eq!(shown, expected, "shown for:\n{typed}");
        let again = after(&shown, &Configuration::default(), Mode::Replace);
        assert_eq!(show(&again, &[]), expected, "shown, read, and shown again:\n{typed}");
    }
}

/// Resources in which something has the id of what it stands in: what is shown of them (nothing said
/// here: all of it, in XML), and what can be typed then. None of it may go round in circles.
#[test]
fn an_id_inside_its_own_object_is_no_way_back_to_it() {
    let a = "<primitive id=\"a\" class=\"lsb\" type=\"x\">";
    let closed = "<primitive id=\"a\" class=\"lsb\" type=\"x\"/>";
    let used = "clone c a\nmonitor a 10s";
    let stories = [
        (
            format!("{a}<operations id=\"a\"/></primitive>"),
            "primitive a lsb:x operations $id=a",
            used,
        ),
        (format!("{a}<operations id=\"a\"/><x/></primitive>"), "", used),
        (format!("{a}<instance_attributes id=\"a\"/><x/></primitive>"), "", used),
        (format!("{a}<primitive id=\"a\"/></primitive>"), "", used),
        ("<group id=\"a\"><group id=\"a\"/></group>".to_owned(), "", "clone c a"),
        (format!("<group id=\"a\"><group id=\"a\"/>{closed}</group>"), "", ""),
        (format!("<group id=\"a\">{closed}<x/></group>"), "", ""),
    ];
    for (resource, words, typed) in stories {
        let text =
            format!("<cib><configuration><resources>{resource}</resources></configuration></cib>");
        let (cib, _) = cib::read_tolerant(&text).expect("it can be kept");
        let shown = show(&cib.configuration, &["a"]).replace(" \\\n\t", " ").replace("> <", "><");
        let expected = if words.is_empty() { format!("xml {resource}") } else { words.to_owned() };
        assert!(shown.lines().any(|line| line == expected), "{resource}: {shown}");
        let loaded = load_tolerant(typed, &cib.configuration, Mode::Update);
        assert!(loaded.is_ok(), "{resource}: {loaded:?}");
    }
}

/// A text, and everything that is said about it.
#[test]
fn errors_say_where_what_and_what_would_be_right() {
    for (text, expected) in stories(include_str!("stories/refused.txt")) {
        let errors = load(text, &Configuration::default(), Mode::Update).expect_err(text);
        assert_eq!(lines(&errors), expected, "{text}");
    }
}

#[test]
fn a_message_shows_its_line_and_marks_the_place() {
    let errors = parse("node n1\n\tlocatoin x").expect_err("no such keyword");
    let expected = "x.crm:2:2: error: unknown keyword `locatoin`; did you mean `location`?\n    \
                    \tlocatoin x\n    \t^";
    assert_eq!(errors[0].in_file("x.crm"), expected);
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    let text = "primitive a Dummy meta target-role\nproperty stonith-enabeld=true";
    let loaded = load(text, &Configuration::default(), Mode::Update).expect("only warnings");
    let expected = "1:24: warning: `target-role` has no value, and so unsets it; write \
                    target-role=VALUE\n\
                    2:10: warning: there is no option `stonith-enabeld`; did you mean \
                    `stonith-enabled`?\n";
    assert_eq!(lines(&loaded.warnings), expected);
    assert_eq!(loaded.positions["a"].to_string(), "1:11");
}

/// Agents may have operations and parameters of their own, so slips in their names are taken.
#[test]
fn a_slip_in_an_operation_is_a_warning() {
    let operations = "start, stop, monitor, promote, demote, notify, migrate_to, migrate_from, \
                      validate-all, reload, reload-agent, meta-data, status";
    let stories = [
        (
            "op montor interval=10",
            "22: warning: `montor` is no operation that the cluster knows; did you mean `monitor`?",
        ),
        (
            "op Monitor interval=10",
            "22: warning: `Monitor` is no operation that the cluster knows; did you mean `monitor`?",
        ),
        (
            "op relaod",
            "22: warning: `relaod` is no operation that the cluster knows; did you mean `reload`?",
        ),
        (
            "op backup",
            &format!(
                "22: warning: `backup` is no operation that the cluster knows; it is one of {operations}"
            ),
        ),
        (
            "op monitor intervall=10",
            "30: warning: an operation has no attribute `intervall`, so the agent gets it; did you mean `interval`?",
        ),
        (
            "op monitor interval=10 start_delay=5",
            "42: warning: an operation has no attribute `start_delay`, so the agent gets it; did you mean `start-delay`?",
        ),
        ("op monitor interval=10 OCF_CHECK_LEVEL=20 on_fail=block requires=nothing", ""),
        ("op monitor interval=10 op_params intervall=10", ""),
        ("op validate-all op meta-data op reload-agent timeout=5", ""),
    ];
    for (operation, expected) in stories {
        let text = format!("primitive a Dummy {operation}");
        let loaded = load(&text, &Configuration::default(), Mode::Update)
            .unwrap_or_else(|errors| panic!("{}", lines(&errors)));
        let expected = if expected.is_empty() { String::new() } else { format!("1:{expected}\n") };
        assert_eq!(lines(&loaded.warnings), expected, "{text}");
    }
    let misspelt = fresh("primitive a Dummy op monitor intervall=10");
    let operation = &misspelt.primitive("a").expect("it was loaded").operations[0];
    assert_eq!(operation.parameters[0].value("intervall"), Some("10"));
}

/// A file that was not written must not empty a cluster.
#[test]
fn an_empty_text_changes_nothing_and_replaces_nothing() {
    let before = fresh("primitive a Dummy");
    for text in ["", "\n \n", "# only a comment\n"] {
        let loaded = load(text, &before, Mode::Update).expect("nothing is wrong");
        assert_eq!(loaded.edits, [], "{text:?}");
        let errors = load(text, &before, Mode::Replace).expect_err(text);
        let expected = "1:1: error: the text is empty: it would remove everything; write at \
                        least one object; to remove everything, use `cibadmin --erase --force`\n";
        assert_eq!(lines(&errors), expected, "{text:?}");
    }
}

/// A block without values is shown by its id alone, and that is no empty statement.
#[test]
fn an_empty_block_of_options_is_shown_and_read() {
    let mut before = fresh("property stonith-enabled=true");
    before.properties[0].pairs.clear();
    let shown = show(&before, &[]);
    assert_eq!(shown, "property cib-bootstrap-options:\n");
    assert_eq!(show(&fresh(&shown), &[]), shown);
}

#[test]
fn parts_that_stay_keep_their_ids() {
    let mut configuration = fresh("primitive a Dummy params x=1 y=2 op monitor interval=10s");
    let Some(Resource::Primitive(primitive)) = configuration.resources.get_mut(0) else {
        panic!("a primitive was loaded");
    };
    assert_eq!(primitive.parameters[0].id, "a-instance_attributes");
    assert_eq!(primitive.parameters[0].pairs[1].id, "a-instance_attributes-y");
    assert_eq!(primitive.operations[0].id, "a-monitor-10s");
    primitive.parameters[0].id = "made-elsewhere".into();
    primitive.operations[0].id = "watch".into();
    let text = "primitive a Dummy params y=3 z=4 op monitor interval=10s op monitor interval=20s";
    for mode in [Mode::Update, Mode::Replace] {
        let changed = after(text, &configuration, mode);
        let primitive = changed.primitive("a").expect("it is still there");
        assert_eq!(primitive.parameters[0].id, "made-elsewhere");
        let pairs: Vec<&str> =
            primitive.parameters[0].pairs.iter().map(|pair| pair.id.as_str()).collect();
        assert_eq!(pairs, ["a-instance_attributes-y", "made-elsewhere-z"]);
        let operations: Vec<&str> =
            primitive.operations.iter().map(|operation| operation.id.as_str()).collect();
        assert_eq!(operations, ["watch", "a-monitor-20s"]);
    }
}

#[test]
fn a_made_up_id_that_is_taken_gets_a_number() {
    let configuration = fresh("primitive a Dummy params $id=b-instance_attributes x=1");
    let changed = after("primitive b Dummy params x=1", &configuration, Mode::Update);
    let primitive = changed.primitive("b").expect("it was loaded");
    assert_eq!(primitive.parameters[0].id, "b-instance_attributes-0");
}

#[test]
fn options_and_nodes_are_extended_and_other_objects_replaced() {
    let before = fresh(
        "node n1 attributes a=1\nproperty stonith-enabled=true no-quorum-policy=stop\n\
         primitive a Dummy params x=1",
    );
    let text = "node n1 attributes b=2\nproperty stonith-enabled=false\nprimitive a Dummy";
    let expected = "node n1 \\\n\tattributes a=1 b=2\nprimitive a Dummy\n\
                    property cib-bootstrap-options: \\\n\tstonith-enabled=false \\\n\
                    \tno-quorum-policy=stop\n";
    assert_eq!(show(&after(text, &before, Mode::Update), &[]), expected);
}

#[test]
fn options_go_to_the_block_that_another_tool_has_made() {
    let before = fresh("rsc_defaults build-options: priority=1");
    let changed = after("rsc_defaults resource-stickiness=1000", &before, Mode::Update);
    assert_eq!(changed.resource_defaults.len(), 1);
    assert_eq!(changed.resource_defaults[0].value("resource-stickiness"), Some("1000"));
}

#[test]
fn a_replacement_keeps_the_nodes_and_what_the_cluster_wrote() {
    let before = fresh(
        "node 1: n1\nproperty dc-version=2.1 stonith-enabled=false\nprimitive a Dummy\n\
         location l a 5: n1",
    );
    let changed = after("primitive b Dummy", &before, Mode::Replace);
    let expected = "node 1: n1\nprimitive b Dummy\nproperty cib-bootstrap-options: \\\n\
                    \tdc-version=2.1\n";
    assert_eq!(show(&changed, &[]), expected);
    assert_eq!(changed.version.epoch, before.version.epoch + 1);
}

#[test]
fn a_group_takes_what_is_there_and_lets_go_what_it_no_longer_names() {
    let before = fresh("primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\ngroup g a b");
    let changed = after("group g a c", &before, Mode::Update);
    let Some(ResourceRef::Top(Resource::Group(group))) = changed.resource("g") else {
        panic!("the group is at the top");
    };
    let members: Vec<&str> = group.members.iter().map(|member| member.id.as_str()).collect();
    assert_eq!(members, ["a", "c"]);
    assert!(matches!(changed.resource("b"), Some(ResourceRef::Top(_))), "b stands alone");

    let errors = load("group h b", &before, Mode::Update).expect_err("b is in g");
    let expected = "1:9: error: `b` is already in `g`; a resource can be in one place only\n";
    assert_eq!(lines(&errors), expected);
    let errors = load("primitive g Dummy", &before, Mode::Update).expect_err("g is a group");
    let expected = "1:11: error: `g` is a group so far, and cannot become a primitive; remove it \
                    first, or choose another id\n";
    assert_eq!(lines(&errors), expected);
}

#[test]
fn a_cloned_group_can_be_changed_from_inside() {
    let before = fresh("primitive a Dummy\nprimitive b Dummy\ngroup g a b\nclone c g");
    let changed = after("primitive a Dummy params x=1", &before, Mode::Update);
    assert_eq!(changed.resources.len(), 1);
    let primitive = changed.primitive("a").expect("it is in the clone");
    assert_eq!(primitive.parameters[0].value("x"), Some("1"));
    let errors = load("clone c a", &before, Mode::Update).expect_err("a is in g");
    let expected = "1:9: error: `a` is already in `g`; a resource can be in one place only\n";
    assert_eq!(lines(&errors), expected);
    let with_another = after("primitive x Dummy\nclone c x", &before, Mode::Update);
    assert_eq!(show(&with_another, &["c", "g"]), "group g a b\nclone c x\n");
    assert!(matches!(with_another.resource("g"), Some(ResourceRef::Top(Resource::Group(_)))));
}

#[test]
fn levels_of_fencing_are_all_there_are() {
    let text = "primitive s1 stonith:x\nprimitive s2 stonith:x\nfencing_topology n1: s1 s2 n2: s2";
    let before = fresh(text);
    let changed = after("fencing_topology n1: s2", &before, Mode::Update);
    let shown = show(&changed, &["type:fencing_topology"]);
    assert_eq!(shown, "fencing_topology \\\n\tn1: $id=fencing-0 s2\n");
}

#[test]
fn a_selection_picks_by_id_type_and_relation_and_hides_secrets() {
    let configuration = fresh(
        "primitive a Dummy params passwd=\"very secret\" y=1\nprimitive b Dummy\n\
         location l a 5: n1\norder o a b",
    );
    let stories: [(&[&str], &str); 6] = [
        (&["b", "l"], "primitive b Dummy\nlocation l a 5: n1\n"),
        (&["type:order"], "order o a b\n"),
        (&["related:b"], "primitive b Dummy\norder o a b\n"),
        (&["a", "obscure:passw*"], "primitive a Dummy \\\n\tparams passwd=****** y=1\n"),
        (&["?", "and", "related:b"], "primitive b Dummy\norder o a b\n"),
        (&["l*", "or", "b"], "primitive b Dummy\nlocation l a 5: n1\n"),
    ];
    for (selection, expected) in stories {
        assert_eq!(show(&configuration, selection), expected, "{selection:?}");
    }
}

/// What was hidden is not lost when the text comes back, and is not made up either.
#[test]
fn stars_mean_what_was_there() {
    let before = fresh("primitive a Dummy params passwd=\"very secret\" y=1");
    let hidden = show(&before, &["obscure:passw*"]).replace("y=1", "y=2");
    for mode in [Mode::Update, Mode::Replace] {
        let changed = after(&hidden, &before, mode);
        let parameters = &changed.primitive("a").expect("it is still there").parameters[0];
        assert_eq!(parameters.value("passwd"), Some("very secret"));
        assert_eq!(parameters.value("y"), Some("2"));
    }
    let errors = load(&hidden, &Configuration::default(), Mode::Update).expect_err("no secret");
    let expected = "2:9: error: the value of `passwd` is hidden by stars, and not known here; write \
                    the value itself\n";
    assert_eq!(lines(&errors), expected);
    let inline = "xml <rsc_defaults><meta_attributes id=\"m\"><rule id=\"r\"><rule id=\"s\">\
                  <expression id=\"e\" attribute=\"x\" operation=\"defined\"/></rule></rule>\
                  <nvpair id=\"n\" name=\"password\" value=\"hush\"/></meta_attributes></rsc_defaults>";
    assert!(!show(&fresh(inline), &["obscure:passw*"]).contains("hush"));
}

/// What is wrong already must not keep people from changing something else.
#[test]
fn what_was_wrong_before_is_only_warned_of() {
    let text = "primitive a Dummy meta priority=x op monitor timeout=soon";
    let errors = load(text, &Configuration::default(), Mode::Update).expect_err("two slips");
    assert_eq!(errors.len(), 1, "the values first: {}", lines(&errors));
    let forced = load_tolerant(text, &Configuration::default(), Mode::Update);
    let forced = forced.expect("somebody insists");
    assert_eq!(forced.warnings.len(), 2, "{}", lines(&forced.warnings));
    let mut before = Configuration::default();
    before.apply(&forced.edits).expect("nothing stands in the way");
    assert_eq!(
        show(&before, &[]),
        "primitive a Dummy \\\n\tmeta priority=x \\\n\top monitor timeout=soon\n"
    );
    load("primitive a Dummy meta priority=x", &before, Mode::Update).expect("no worse than before");
}

/// The example says what its comments promise: each target in two places and never in the third.
#[test]
fn the_lustre_example_places_each_target() {
    let loaded = load(LUSTRE_PAIR, &Configuration::default(), Mode::Replace)
        .unwrap_or_else(|errors| panic!("{}", lines(&errors)));
    assert_eq!(lines(&loaded.warnings), "");
    assert!(matches!(loaded.edits.as_slice(), [Edit::Replace(_)]));
    let configuration = fresh(LUSTRE_PAIR);
    let primaries = [
        ("resMGS", "oss1"),
        ("resMDT0", "oss1"),
        ("grpOST0", "oss1"),
        ("resOST1", "oss1"),
        ("resOST2", "oss1"),
        ("resOST3", "oss2"),
        ("resOST4", "oss2"),
        ("resOST5", "oss2"),
    ];
    for (target, primary) in primaries {
        let secondary = if primary == "oss1" { "oss2" } else { "oss1" };
        assert_eq!(score_of(&configuration, target, primary), Some(Score::new(100)), "{target}");
        assert_eq!(score_of(&configuration, target, secondary), Some(Score::new(50)), "{target}");
        let never = score_of(&configuration, target, "oss3");
        assert_eq!(never, Some(Score::MINUS_INFINITY), "{target}");
    }
    let is_target = |agent: &cluster::Agent| agent.kind == "Filesystem";
    let targets = configuration.primitives().filter(|primitive| is_target(&primitive.agent));
    assert_eq!(targets.count(), primaries.len());
    let shown = show(&configuration, &[]);
    assert_eq!(show(&after(&shown, &Configuration::default(), Mode::Replace), &[]), shown);
}

fn score_of(configuration: &Configuration, resource: &str, on: &str) -> Option<Score> {
    configuration.constraints.iter().find_map(|constraint| {
        let Constraint::Location(location) = constraint else { return None };
        let is_about = match &location.target {
            LocationTarget::Resource(id) => id == resource,
            LocationTarget::Sets(sets) => {
                sets.iter().any(|set| set.members.iter().any(|id| id == resource))
            }
            LocationTarget::Pattern(_) => false,
        };
        match &location.preference {
            Preference::Node { node, score } if is_about && node == on => Some(*score),
            _ => None,
        }
    })
}

/// What a bundle is told becomes attributes of XML, where a name with a blank, no name and a second
/// value could be written but never be read again.
#[test]
fn what_cannot_be_an_attribute_of_a_bundle_is_refused() {
    let stories = [
        (
            "docker image=i network \"a b\"c=1",
            "1:33: error: `a bc` cannot be the name of an attribute",
        ),
        ("docker image=i network =1", "1:33: error: `` cannot be the name of an attribute"),
        ("docker image=i image=j", "1:25: error: `image` is given twice"),
    ];
    for (parts, expected) in stories {
        let text = format!("bundle b {parts}");
        let errors = load(&text, &Configuration::default(), Mode::Update).expect_err(&text);
        assert!(lines(&errors).starts_with(expected), "{text}: {}", lines(&errors));
    }
}

/// A text that is cut off anywhere, or lacks any one line, is read or refused at a place inside it.
#[test]
fn a_damaged_text_is_refused_at_a_place_inside_it() {
    let text = "# c\nprimitive a ocf:heartbeat:Dummy params x=\"y z\" op monitor interval=10s \\\n\
                \tmeta target-role=Started\ngroup g a\nclone c g meta interleave=true\n\
                location l c role=Started rule $id=r -inf: not_defined p or p number:lte 0\n\
                order o Mandatory: ( c:start ) [ c:stop ] symmetrical=false\n\
                fencing_topology n: s,t u\nalert al \"/x\" select nodes to { y meta b=c }\n\
                bundle b podman image=i network port-mapping id=k storage \
                storage-mapping source-dir=/a target-dir=/b\nrole r read xpath:/cib\n\
                xml <tag id=\"t\"><obj_ref id=\"c\"/></tag>\nproperty p: rule date in start=1 a=b";
    let count = u32::try_from(text.lines().count()).expect("a short text");
    let mut damaged: Vec<String> =
        text.char_indices().map(|(index, _)| text[..index].to_owned()).collect();
    for skipped in 0..text.lines().count() {
        let kept = text.lines().enumerate().filter(|(index, _)| *index != skipped);
        damaged.push(kept.map(|(_, line)| format!("{line}\n")).collect());
    }
    let mut refused = 0;
    for text in damaged {
        if let Err(errors) = load(&text, &Configuration::default(), Mode::Update) {
            refused += 1;
            for error in errors {
                assert!((1..=count).contains(&error.line) && error.column >= 1, "{error}: {text}");
            }
        }
    }
    assert!(refused > 100, "most cuts leave something unfinished: {refused}");
}
