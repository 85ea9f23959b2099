//! Answers as text or as XML, in the form of Pacemaker's API.

use crate::answer::{Outcome, complain, print};
use cluster::{Element, Extra, ExtraNode};
use report::xml::Form;
use std::process::ExitCode;

/// What a tool says, to people and to programs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// In lines.
    pub(crate) text: String,
    /// As elements.
    pub(crate) parts: Vec<Element>,
    /// The exit code that goes with it.
    pub(crate) code: u8,
}

impl Said {
    /// That it is done.
    pub(crate) fn text(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// The same in both forms.
    pub(crate) fn both(text: String, part: Element) -> Self {
        Self { text, parts: vec![part], code: 0 }
    }

    /// Prints it in the form that the arguments ask for.
    pub(crate) fn show(self, tool: &str, args: &[String]) -> Outcome {
        let message = crate::tools::crm_error::exit_words(self.code);
        let failed = format!("Error performing operation: {message}");
        if wants_xml(args) {
            let errors = if self.code == 0 { vec![] } else { vec![format!("{tool}: {failed}")] };
            print(&result(tool, args, self.parts, (self.code, &message), &errors));
        } else {
            print(&self.text);
            if self.code != 0 {
                complain(tool, &failed);
            }
        }
        Ok(ExitCode::from(self.code))
    }
}

/// Whether the arguments ask for XML.
pub(crate) fn wants_xml(args: &[String]) -> bool {
    let follows = |pair: &[String]| pair[0] == "--output-as" && pair[1] == "xml";
    args.iter().any(|word| word == "--output-as=xml") || args.windows(2).any(follows)
}

/// A list of words under a name, as most lists are.
pub(crate) fn list(name: &str, item: Option<&str>, words: &[String]) -> Element {
    let count = words.len().to_string();
    let items = words.iter().map(|word| match item {
        Some(item) => text("item", &[("name", item)], word),
        None => text("item", &[], word),
    });
    element("list", &[("name", name), ("count", &count)], items.collect())
}

/// Every word in an element of that name, below one that says what they are.
pub(crate) fn words(name: &str, about: &[(&str, &str)], item: &str, words: &[String]) -> Element {
    element(name, about, words.iter().map(|word| text(item, &[], word)).collect())
}

/// One word a line.
pub(crate) fn lines(words: &[String]) -> String {
    words.iter().map(|word| format!("{word}\n")).collect()
}

/// An element.
pub(crate) fn element<V: AsRef<str>>(
    name: &str,
    attributes: &[(&str, V)],
    children: Vec<Element>,
) -> Element {
    let owned = |(name, value): &(&str, V)| ((*name).to_owned(), value.as_ref().to_owned());
    let attributes = attributes.iter().map(owned).collect();
    let children = children.into_iter().map(ExtraNode::Element).collect();
    Element { name: name.to_owned(), extra: Extra { attributes, children, ..Extra::default() } }
}

/// An element with nothing but words in it.
pub(crate) fn text(name: &str, attributes: &[(&str, &str)], words: &str) -> Element {
    let mut element = element(name, attributes, Vec::new());
    element.extra.children.push(ExtraNode::Text(words.to_owned()));
    element
}

/// A whole answer of a tool to its arguments, with the outcome and what went wrong at its end.
pub(crate) fn result(
    tool: &str,
    args: &[String],
    parts: Vec<Element>,
    outcome: (u8, &str),
    errors: &[String],
) -> String {
    let request = [&[tool.to_owned()], args].concat().join(" ");
    let mut root = report::xml::result(Form::Presented, &request, parts, outcome);
    let errors: Vec<Element> = errors.iter().map(|words| text("error", &[], words)).collect();
    if let (false, Some(ExtraNode::Element(status))) =
        (errors.is_empty(), root.extra.children.last_mut())
    {
        let errors = element::<&str>("errors", &[], errors);
        status.extra.children.push(ExtraNode::Element(errors));
    }
    cib::write_element(&root)
}
