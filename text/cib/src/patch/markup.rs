//! A patch as XML, as `crm_diff` prints it and `cibadmin --patch` reads it.

use super::{Change, Patch, PatchError, Path, Versions};
use crate::giving::Giving;
use crate::tag::{Child, Tag};
use cluster::{Element, Extra, ExtraNode, Version};

/// The only format there is today.
const FORMAT: &str = "2";

impl Patch {
    /// As an element.
    pub fn to_element(&self) -> Element {
        let mut diff = Giving::new("diff").attribute("format", FORMAT);
        if let Some(digest) = &self.digest {
            diff = diff.attribute("digest", digest);
        }
        let versions = self.versions.map(|versions| {
            let part = |name, version: Version| {
                Giving::new(name)
                    .attribute("admin_epoch", version.admin_epoch)
                    .attribute("epoch", version.epoch)
                    .attribute("num_updates", version.num_updates)
                    .finish()
            };
            let parts = [part("source", versions.source), part("target", versions.target)];
            Giving::new("version").children(parts).finish()
        });
        let changes = self.changes.iter().map(change_element);
        diff.children(versions).children(changes).finish().into_element()
    }

    /// Understands an element.
    ///
    /// # Errors
    /// [`PatchError::Format`] and [`PatchError::NoResult`] when it is no patch of format 2.
    pub fn from_element(diff: &Element) -> Result<Self, PatchError> {
        if diff.name != "diff" {
            return Err(format(format!("its root is <{}> and not <diff>", diff.name)));
        }
        match diff.attribute("format") {
            Some(FORMAT) => {}
            Some(other) => return Err(format(format!("it is of format `{other}`"))),
            None => return Err(format("it does not say its format")),
        }
        let digest = diff.attribute("digest").map(str::to_owned);
        let mut patch = Self { digest, ..Self::default() };
        for part in diff.elements() {
            match part.name.as_str() {
                "version" => patch.versions = versions(part)?,
                "change" => patch.changes.push(change(part)?),
                other => return Err(format(format!("<{other}> is unknown in it"))),
            }
        }
        Ok(patch)
    }
}

fn format(what: impl Into<String>) -> PatchError {
    PatchError::Format { what: what.into() }
}

/// Both versions; none when one is missing.
fn versions(element: &Element) -> Result<Option<Versions>, PatchError> {
    let version = |name: &str| {
        let Some(part) = element.extra.element(name) else { return Ok(None) };
        let number = |name: &str| {
            let text = part.attribute(name).unwrap_or("0");
            text.parse().map_err(|_| format(format!("`{text}` is no {name}")))
        };
        Ok(Some(Version {
            admin_epoch: number("admin_epoch")?,
            epoch: number("epoch")?,
            num_updates: number("num_updates")?,
        }))
    };
    let (source, target) = (version("source")?, version("target")?);
    Ok(source.zip(target).map(|(source, target)| Versions { source, target }))
}

fn change(element: &Element) -> Result<Change, PatchError> {
    let text = element.attribute("path").ok_or_else(|| format("a change has no path"))?;
    let path = Path::parse(text).ok_or_else(|| format(format!("`{text}` is no path")))?;
    let position = element
        .attribute("position")
        .map(|text| text.parse().map_err(|_| format(format!("`{text}` is no position"))));
    let position = position.transpose()?;
    match element.attribute("operation").unwrap_or_default() {
        "create" => {
            let told = |child: &&ExtraNode| !matches!(child, ExtraNode::Text(_));
            let child = element.extra.children.iter().find(told).cloned();
            let child = child.ok_or_else(|| format(format!("nothing is to be made in {path}")))?;
            Ok(Change::Create { path, position: position.unwrap_or(0), child })
        }
        "modify" => modification(element, path),
        "move" => {
            let position = position.ok_or_else(|| format(format!("{path} moves to no place")))?;
            Ok(Change::Move { path, position })
        }
        "delete" => Ok(match (path.of_comment(), position) {
            (Some(path), Some(position)) => Change::DeleteComment { path, position },
            _ => Change::Delete { path },
        }),
        other => Err(format(format!("the operation `{other}` is unknown"))),
    }
}

fn modification(element: &Element, path: Path) -> Result<Change, PatchError> {
    let list = element.extra.element("change-list").map(|list| &list.extra);
    let attributes = list.into_iter().flat_map(Extra::elements).map(|change| {
        let name = change.attribute("name").unwrap_or_default().to_owned();
        let is_set = change.attribute("operation") != Some("unset");
        let value = change.attribute("value").filter(|_| is_set).map(str::to_owned);
        (name, value)
    });
    let attributes = attributes.collect();
    let result = element.extra.element("change-result").and_then(|result| result.elements().next());
    let Some(result) = result else { return Err(PatchError::NoResult { path: path.to_string() }) };
    Ok(Change::Modify { path, attributes, result: result.extra.attributes.clone() })
}

fn change_element(change: &Change) -> Tag<'_> {
    let element = |operation: &'static str, path: String| {
        Giving::new("change").attribute("operation", operation).attribute("path", path)
    };
    match change {
        Change::Create { path, position, child } => {
            let change = element("create", path.to_string()).attribute("position", *position);
            let mut change = change.finish();
            change.children.push(Child::of(child));
            change
        }
        Change::Modify { path, attributes, result } => element("modify", path.to_string())
            .children(parts_of(path, attributes, result))
            .finish(),
        Change::Move { path, position } => {
            element("move", path.to_string()).attribute("position", *position).finish()
        }
        Change::Delete { path } => element("delete", path.to_string()).finish(),
        Change::DeleteComment { path, position } => {
            element("delete", format!("{path}/comment")).attribute("position", *position).finish()
        }
    }
}

/// What a modification sets and unsets, and what comes of it.
fn parts_of<'a>(
    path: &'a Path,
    attributes: &'a [(String, Option<String>)],
    result: &'a [(String, String)],
) -> [Tag<'a>; 2] {
    let list = attributes.iter().map(|(name, value)| {
        let operation = if value.is_some() { "set" } else { "unset" };
        let change = Giving::new("change-attr").attribute("name", name);
        change.attribute("operation", operation).maybe("value", value.as_deref()).finish()
    });
    let mut after = Giving::new(path.name()).finish();
    result.iter().for_each(|(name, value)| after.keep(name, value));
    [
        Giving::new("change-list").children(list).finish(),
        Giving::new("change-result").children([after]).finish(),
    ]
}
