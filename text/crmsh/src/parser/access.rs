//! `role`, `acl_target`, `acl_group`: who may do what.

use super::cursor::{Cursor, Parsed, check_id, near_or_all};
use super::opaque;
use crate::element;
use crate::lexer::Word;
use crate::statement::Statement;
use cluster::{Element, Section};

/// `role ID [description=...] (read|write|deny) SPECIFICATION ... ...`
pub(super) fn role(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("role")?;
    let mut role = element::new("acl_role", &[("id", &id)]);
    if let Some(text) = cursor.description() {
        element::put(&mut role, "description", &text);
    }
    while let Some(word) = cursor.advance() {
        let kind = word.keyword();
        if !["read", "write", "deny"].contains(&kind.as_str()) {
            let help = near_or_all(&word.text, &["read", "write", "deny"]);
            return Err(word.error(format!("`{}` is no kind of permission", word.text), help));
        }
        permissions(cursor, &mut role, &kind)?;
    }
    Ok(opaque(Section::Acls, role))
}

/// The specifications behind `read`, `write` or `deny`. What an XPath, a reference and a type say
/// cannot stand in one permission: each begins its own.
fn permissions(cursor: &mut Cursor<'_>, role: &mut Element, kind: &str) -> Parsed<()> {
    let mut id = None;
    if let Some(text) = cursor.peek_text().strip_suffix(':') {
        id = Some(text.to_owned());
        cursor.advance();
    }
    let description = cursor.description();
    let mut permission: Option<Element> = None;
    while let Some(word) = cursor.peek() {
        if ["read", "write", "deny"].contains(&word.keyword().as_str()) {
            break;
        }
        cursor.advance();
        let (name, value) = specification(word)?;
        if name == "attribute" {
            let Some(permission) = &mut permission else {
                let help = "write tag:ELEMENT before it";
                return Err(word.error("an attribute of what?", help));
            };
            element::put(permission, name, &value);
            continue;
        }
        if let Some(done) = permission.take() {
            element::push(role, done);
        }
        let mut new = element::new("acl_permission", &[]);
        if let Some(id) = id.take() {
            element::put(&mut new, "id", &id);
        }
        element::put(&mut new, "kind", kind);
        element::put(&mut new, name, &value);
        if let Some(text) = &description {
            element::put(&mut new, "description", text);
        }
        permission = Some(new);
    }
    match permission {
        Some(done) => element::push(role, done),
        None => drop(cursor.expect("xpath:..., ref:..., tag:... or a shortcut such as `status`")?),
    }
    Ok(())
}

/// One specification as the attribute of a permission; shortcuts become their XPath.
fn specification(word: &Word) -> Parsed<(&'static str, String)> {
    let (head, tail) = word.text.split_once(':').unwrap_or((&word.text, ""));
    let resource = |part: &str| format!("//primitive[@id='{tail}']/{part}");
    let named = |path: &str, attribute: &str| match tail {
        "" => path.to_owned(),
        name => format!("{path}[@{attribute}='{name}']"),
    };
    Ok(match head {
        "xpath" => ("xpath", tail.to_owned()),
        "ref" | "reference" => ("reference", tail.to_owned()),
        "tag" | "type" => ("object-type", tail.to_owned()),
        "attr" | "attribute" => ("attribute", tail.to_owned()),
        "meta" => ("xpath", resource("meta_attributes")),
        "params" => ("xpath", resource("instance_attributes")),
        "utilization" => ("xpath", resource("utilization")),
        "location" => ("xpath", format!("//rsc_location[@id='{tail}']")),
        "property" => ("xpath", named("//crm_config//nvpair", "name")),
        "node" => ("xpath", named("//nodes/node", "uname")),
        "nodeattr" => ("xpath", "//nodes/node/instance_attributes".to_owned() + &pair(tail)),
        "nodeutil" => ("xpath", named("//nodes/node", "uname") + "/utilization"),
        "status" => ("xpath", "/cib/status".to_owned()),
        "cib" => ("xpath", "/cib".to_owned()),
        _ => {
            let known = [
                "xpath",
                "ref",
                "tag",
                "attribute",
                "meta",
                "params",
                "utilization",
                "location",
                "property",
                "node",
                "nodeattr",
                "nodeutil",
                "status",
                "cib",
            ];
            let help = near_or_all(head, &known);
            return Err(word.error(format!("`{head}` says nothing about access"), help));
        }
    })
}

fn pair(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("/nvpair[@name='{name}']") }
}

/// `acl_target ID ROLE ...`, `acl_group ID ROLE ...`
pub(super) fn target(cursor: &mut Cursor<'_>, name: &str) -> Parsed<Statement> {
    let id = cursor.expect("the name of the user or group")?;
    let mut target = element::new(name, &[("id", &id.text)]);
    for word in cursor.rest() {
        check_id(word, &word.text)?;
        element::push(&mut target, element::new("role", &[("id", &word.text)]));
    }
    Ok(opaque(Section::Acls, target))
}
