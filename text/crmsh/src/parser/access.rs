//! `role`, `acl_target`, `acl_group`: who may do what.

use super::cursor::{Cursor, Parsed, check_id, near_or_all};
use super::resources::description;
use crate::lexer::Word;
use crate::statement::Statement;
use crate::vocabulary::PERMISSIONS;
use crate::{access, element};
use cib::Part;
use cluster::Element;

/// `role ID [description=...] (read|write|deny) SPECIFICATION ... ...`
pub(super) fn role(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("role")?;
    let mut role = element::new("acl_role", &[("id", &id)]);
    description(cursor, &mut role);
    while let Some(word) = cursor.advance() {
        let kind = word.keyword();
        if !PERMISSIONS.contains(&kind.as_str()) {
            let help = near_or_all(&word.text, &PERMISSIONS);
            return Err(word.error(format!("`{}` is no kind of permission", word.text), help));
        }
        permissions(cursor, &mut role, &kind)?;
    }
    Ok(Statement::Object(Part::Acls, role))
}

/// The specifications behind `read`, `write` or `deny`. What an XPath, a reference and a type say
/// cannot stand in one permission: each begins its own. An attribute belongs to the type beside it.
fn permissions(cursor: &mut Cursor<'_>, role: &mut Element, kind: &str) -> Parsed<()> {
    let mut id = None;
    if let Some(text) = cursor.peek_text().strip_suffix(':') {
        id = Some(text);
        cursor.advance();
    }
    let description = cursor.accept_attribute("description");
    let mut attribute: Option<(&Word, String)> = None;
    let mut count = 0;
    while let Some(word) = cursor.peek() {
        if PERMISSIONS.contains(&word.keyword().as_str()) {
            break;
        }
        cursor.advance();
        let (name, value) = specification(word)?;
        if name == "attribute" {
            let before = element::elements_mut(role).last().filter(|_| count > 0);
            let takes = |it: &&mut Element| {
                it.attribute("object-type").is_some() && it.attribute(name).is_none()
            };
            match before.filter(takes) {
                Some(permission) => element::put(permission, name, &value),
                None => attribute = Some((word, value)),
            }
            continue;
        }
        let mut permission = element::new("acl_permission", &[]);
        if let Some(id) = id.take() {
            element::put(&mut permission, "id", id);
        }
        element::put(&mut permission, "kind", kind);
        element::put(&mut permission, name, &value);
        if let Some((_, value)) = attribute.take_if(|_| name == "object-type") {
            element::put(&mut permission, "attribute", &value);
        }
        if let Some(text) = &description {
            element::put(&mut permission, "description", text);
        }
        element::push(role, permission);
        count += 1;
    }
    match attribute {
        Some((word, _)) => Err(word.error("an attribute of what?", "write type:ELEMENT beside it")),
        None if count == 0 => {
            cursor.expect("xpath:..., ref:..., type:... or a shortcut such as `status`").map(drop)
        }
        None => Ok(()),
    }
}

/// One specification as the attribute of a permission; short words become their XPath.
fn specification(word: &Word) -> Parsed<(&'static str, String)> {
    let (head, tail) = word.text.split_once(':').unwrap_or((&word.text, ""));
    Ok(match head {
        "xpath" => ("xpath", tail.to_owned()),
        "ref" | "reference" => ("reference", tail.to_owned()),
        "tag" | "type" => ("object-type", tail.to_owned()),
        "attr" | "attribute" => ("attribute", tail.to_owned()),
        _ => {
            let path = access::expanded(&word.text).ok_or_else(|| {
                let known = ["xpath", "ref", "type", "attr"].into_iter().chain(access::words());
                let mut known: Vec<&str> = known.collect();
                known.dedup();
                let help = near_or_all(head, &known);
                word.error(format!("`{head}` says nothing about access"), help)
            })?;
            ("xpath", path)
        }
    })
}

/// `acl_target ID ROLE ...`, `acl_group ID ROLE ...`
pub(super) fn target(cursor: &mut Cursor<'_>, name: &str) -> Parsed<Statement> {
    let id = cursor.expect("the name of the user or group")?;
    let mut target = element::new(name, &[("id", &id.text)]);
    for word in cursor.rest() {
        check_id(word, &word.text)?;
        element::push(&mut target, element::new("role", &[("id", &word.text)]));
    }
    Ok(Statement::Object(Part::Acls, target))
}

/// `user ID role:ROLE ...`, or the permissions themselves, as clusters had them before roles were
/// the only way.
pub(super) fn user(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.expect("the name of the user")?;
    let mut user = element::new("acl_user", &[("id", &id.text)]);
    let mut kind = String::new();
    if cursor.peek().is_none() {
        cursor.expect("role:ROLE, read, write or deny")?;
    }
    while let Some(word) = cursor.advance() {
        let keyword = word.keyword();
        if let Some(role) = word.text.strip_prefix("role:") {
            check_id(word, role)?;
            element::push(&mut user, element::new("role_ref", &[("id", role)]));
        } else if PERMISSIONS.contains(&keyword.as_str()) {
            kind = keyword;
            let id = cursor.peek_text().strip_suffix(':');
            let mut rule = element::new(&kind, &[]);
            if let Some(id) = id {
                element::put(&mut rule, "id", id);
                cursor.advance();
            }
            element::push(&mut user, rule);
        } else if kind.is_empty() {
            let help = near_or_all(&word.text, &["role:ROLE", "read", "write", "deny"]);
            return Err(word.error(format!("`{}` is no permission", word.text), help));
        } else {
            let (name, value) = specification(word)?;
            let name = match name {
                "reference" => "ref",
                "object-type" => "tag",
                name => name,
            };
            if let Some(rule) = element::elements_mut(&mut user).last() {
                element::put(rule, name, &value);
            }
        }
    }
    Ok(Statement::Object(Part::Acls, user))
}
