//! `alert`: a program that is told what happens.

use super::attributes::block;
use super::cursor::{Cursor, Parsed, near_or_all};
use super::opaque;
use crate::element;
use crate::statement::Statement;
use cluster::{Element, Section};

const PARTS: [&str; 5] = ["attributes", "meta", "select", "to", "}"];

/// `alert ID PATH [attributes ...] [meta ...] [select ...] [to ...]`
pub(super) fn alert(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let id = cursor.new_id("alert")?;
    let path = cursor.expect("the path of the program")?;
    let mut alert = element::new("alert", &[("id", &id), ("path", &path.text)]);
    if let Some(text) = cursor.description() {
        element::put(&mut alert, "description", &text);
    }
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
    Ok(opaque(Section::Alerts, alert))
}

fn blocks(cursor: &mut Cursor<'_>, parent: &mut Element, name: &str) -> Parsed<()> {
    let set = block(cursor, &PARTS)?;
    element::push_blocks(parent, name, std::slice::from_ref(&set));
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
                let name = cursor.expect("`}`")?;
                let attribute = element::new("attribute", &[("name", &name.text)]);
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
    let value = cursor.expect("the recipient")?;
    let mut recipient = element::new("recipient", &[("value", &value.text)]);
    if let Some(text) = cursor.description() {
        element::put(&mut recipient, "description", &text);
    }
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
