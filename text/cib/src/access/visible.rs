//! What is left of a tree for somebody's eyes.

use super::{Deed, Forbidden, Ground, Verdict};
use cluster::access::Grants;
use cluster::{Element, Extra, ExtraNode};

/// The part of `root` that may be seen. Elements around it that may not be seen themselves are left
/// with their ids alone.
///
/// # Errors
/// When nothing may be seen.
pub fn visible(grants: &Grants, root: &Element) -> Result<Element, Forbidden> {
    let ground = Ground::new(root, grants);
    let place = || format!("/{}", root.name);
    seen(&ground).ok_or_else(|| Forbidden::new(grants, Deed::See, place(), ground.see))
}

/// Whether the first section of `root` may be seen itself, and not only something inside it.
///
/// # Errors
/// When it may not.
pub fn check_sight(grants: &Grants, root: &Element) -> Result<(), Forbidden> {
    let whole = Ground::new(root, grants);
    match whole.children.first() {
        Some(section) if section.see != Verdict::Allowed => {
            let place = format!("/{}/{}", root.name, section.element.name);
            Err(Forbidden::new(grants, Deed::See, place, section.see))
        }
        _ => Ok(()),
    }
}

fn seen(ground: &Ground<'_>) -> Option<Element> {
    let element = ground.element;
    if ground.see == Verdict::Allowed {
        let mut below = ground.children.iter();
        let mut child = |node: &ExtraNode| match node {
            ExtraNode::Element(_) => below.next().and_then(seen).map(ExtraNode::Element),
            other => Some(other.clone()),
        };
        let children = element.extra.children.iter().filter_map(&mut child).collect();
        let attributes = element.extra.attributes.clone();
        let extra = Extra { attributes, children, wording: None };
        return Some(Element { name: element.name.clone(), extra });
    }
    let children: Vec<ExtraNode> =
        ground.children.iter().filter_map(seen).map(ExtraNode::Element).collect();
    let is_id = |(name, _): &&(String, String)| name == "id";
    let attributes = element.extra.attributes.iter().filter(is_id).cloned().collect();
    let extra = Extra { attributes, children, wording: None };
    let frame = Element { name: element.name.clone(), extra };
    (!frame.extra.children.is_empty()).then_some(frame)
}
