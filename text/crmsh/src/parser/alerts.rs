//! `alert`: a program that is told what happens.

use super::attributes::block;
use super::cursor::{Cursor, Parsed, near_or_all};
use super::resources::description;
use crate::element;
use crate::statement::Statement;
use cib::Part;
use cluster::Element;

const PARTS: [&str; 5] = ["attributes", "meta", "select", "to", "}"];

/// `alert ID PATH [attributes ...] [meta ...] [select ...] [to ...]`
pub(super) fn alert(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("alert")?;
    let path = cursor.expect("the path of the program")?;
    let mut alert = element::new("alert", &[("id", &id), ("path", &path.text)]);
    description(cursor, &mut alert);
    while let Some(word) = cursor.advance() {
        match word.keyword().as_str() {
            "attributes" => blocks(cursor, &mut alert, "instance_attributes")?,
            "meta" => blocks(cursor, &mut alert, "meta_attributes")?,
            "select" => select(cursor, &mut alert)?,
            "to" => recipient(cursor, &mut alert)?,
            _ => {
                let help = near_or_all(&word.text, &PARTS[..4]);
                return Err(word.error(format!("`{}` is not expected here", word.text), help));
            }
        }
    }
    Ok(Statement::Object(Part::Alerts, alert))
}

fn blocks(cursor: &mut Cursor<'_>, parent: &mut Element, name: &str) -> Parsed<()> {
    element::push(parent, block(cursor, name, &PARTS)?);
    Ok(())
}

/// `select nodes|fencing|resources|attributes { NAME ... } ...`
fn select(cursor: &mut Cursor<'_>, alert: &mut Element) -> Parsed<()> {
    let mut select = element::new("select", &[]);
    loop {
        let keyword = cursor.peek_keyword();
        let kind = match keyword.as_str() {
            "nodes" | "fencing" | "resources" => keyword.as_str(),
            "attributes" => "attributes",
            _ => break,
        };
        cursor.advance();
        let mut kind_element = element::new(&format!("select_{kind}"), &[]);
        if kind == "attributes" && cursor.accept("{") {
            while !cursor.accept("}") {
                let id = cursor.accept_prefix("$id=");
                let name = cursor.expect("`}`")?;
                let mut attribute = element::new("attribute", &[("name", &name.text)]);
                if let Some(id) = id {
                    element::put(&mut attribute, "id", id);
                }
                element::push(&mut kind_element, attribute);
            }
        }
        element::push(&mut select, kind_element);
    }
    element::push(alert, select);
    Ok(())
}

/// `to VALUE ...` or `to { VALUE ... }`
fn recipient(cursor: &mut Cursor<'_>, alert: &mut Element) -> Parsed<()> {
    let is_braced = cursor.accept("{");
    let mut recipient = element::new("recipient", &[]);
    if let Some(id) = cursor.accept_prefix("$id=") {
        element::put(&mut recipient, "id", id);
    }
    let value = cursor.expect("the recipient")?;
    element::put(&mut recipient, "value", &value.text);
    description(cursor, &mut recipient);
    loop {
        if cursor.accept("attributes") {
            blocks(cursor, &mut recipient, "instance_attributes")?;
        } else if cursor.accept("meta") {
            blocks(cursor, &mut recipient, "meta_attributes")?;
        } else {
            break;
        }
    }
    if is_braced && !cursor.accept("}") {
        return Err(value.error("the brace before it is never closed", "close it with `}`"));
    }
    element::push(alert, recipient);
    Ok(())
}
