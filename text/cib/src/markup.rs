//! Text and tree: XML without meaning.
//!
//! Only what a CIB needs is XML here: elements, attributes, comments, text, the five predefined
//! entities and character references. A document type is refused, so nothing can be declared that
//! expands or is fetched; nesting is bounded (H2).

use crate::error::Fault;
use crate::tag::{Child, Tag};
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

/// No CIB nests deeper than some 15 levels; without a bound a hostile one would use up the stack.
const DEPTH_LIMIT: usize = 200;

/// A cluster of a hundred nodes with a thousand resources has half a million. Each takes some 200
/// bytes: a hostile text of nothing but `<a/>` would take fifty times its own size.
const ELEMENT_LIMIT: usize = 2_000_000;

/// No element of a CIB has more than some 40. They are compared with each other.
const ATTRIBUTE_LIMIT: usize = 1_000;

/// Reads one document.
pub(crate) fn parse(text: &str) -> Result<Tag<'_>, Fault> {
    parse_with(text, |_, tag| Some(tag))
}

/// Reads one document, and shows each element to `taken` once it is closed, with those around it,
/// the root first. What comes back becomes a child of the last of these; what does not never
/// stands in the tree.
pub(crate) fn parse_with<'a>(
    text: &'a str,
    mut taken: impl FnMut(&[Tag<'a>], Tag<'a>) -> Option<Tag<'a>>,
) -> Result<Tag<'a>, Fault> {
    // Editors on other systems put a mark in front, which is none of the XML.
    let xml = text.trim_start_matches('\u{feff}');
    let shift = text.len() - xml.len();
    if let Some(at) = forbidden_character(xml) {
        let what = "a control character is not allowed in XML";
        return Err(Fault::new(shift.saturating_add(at), what, "take it out"));
    }
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_comments = true;
    let mut tree = Tree::default();
    loop {
        let at = shift.saturating_add(offset(reader.buffer_position()));
        let event = reader.read_event().map_err(|error| {
            not_xml(&error, shift.saturating_add(offset(reader.error_position())))
        })?;
        match event {
            Event::Start(start) => tree.open(tag(text, &start, at)?)?,
            Event::Empty(start) => {
                tree.open(tag(text, &start, at)?)?;
                tree.close(at, &mut taken)?;
            }
            Event::End(_) => tree.close(at, &mut taken)?,
            Event::Text(words) => tree.say(&words.xml10_content()),
            Event::CData(words) => tree.say(&words),
            Event::GeneralRef(reference) => tree.say(&resolve(&reference, at)?),
            Event::Comment(words) => tree.comment(&words, at)?,
            Event::Decl(_) | Event::PI(_) => {}
            Event::DocType(_) => {
                let what = "a document type declaration is not accepted";
                return Err(Fault::new(at, what, "leave the <!DOCTYPE ...> out"));
            }
            Event::Eof => return tree.finish(text.len()),
        }
    }
}

/// The first character that no XML may have, in a text that is mostly long and right.
fn forbidden_character(text: &str) -> Option<usize> {
    const CHUNK: usize = 4096;
    let is_forbidden = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let has_one = |chunk: &[u8]| chunk.iter().fold(false, |has, byte| has | is_forbidden(*byte));
    let wrong = text.as_bytes().chunks(CHUNK).position(has_one)?;
    text.bytes().skip(wrong * CHUNK).position(is_forbidden).map(|at| wrong * CHUNK + at)
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn not_xml(error: &quick_xml::Error, at: usize) -> Fault {
    match error {
        quick_xml::Error::Syntax(error) => Fault::new(
            at,
            format!("the text ends in the middle of something: {error}"),
            "the file looks truncated; take a complete copy",
        ),
        error => Fault::new(at, error.to_string(), "correct the markup here"),
    }
}

/// The element whose `<` stands at `at`. Names and values stay where they are in the text.
fn tag<'a>(text: &'a str, start: &BytesStart<'_>, at: usize) -> Result<Tag<'a>, Fault> {
    let lost = || Fault::new(at, "the text cannot be followed here", "correct the markup here");
    let inside = text.get(at + 1..at + 1 + start.len()).ok_or_else(lost)?;
    let name = inside.get(..start.name().as_ref().len()).ok_or_else(lost)?;
    // An attribute with its value takes some twenty bytes of text.
    let mut tag = Tag::with_room(name, at, inside.len() / 20);
    for (number, attribute) in Attributes::new(inside, name.len()).enumerate() {
        if number == ATTRIBUTE_LIMIT {
            let what = format!("<{name}> has more than {ATTRIBUTE_LIMIT} attributes");
            return Err(Fault::new(at, what, "no element of a CIB has so many"));
        }
        let attribute = attribute.map_err(|error| {
            Fault::new(
                at,
                format!("an attribute of <{name}> is malformed: {error}"),
                "write each once, as name=\"value\"",
            )
        })?;
        let key = attribute.key.into_inner();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| {
            Fault::new(
                at,
                format!("the value of `{key}` in <{name}> is malformed: {error}"),
                ENTITIES,
            )
        })?;
        tag.keep(key, value);
    }
    Ok(tag)
}

const ENTITIES: &str = "write & as &amp; (also known: &lt; &gt; &quot; &apos; and &#NUMBER;)";

fn resolve(reference: &BytesRef<'_>, at: usize) -> Result<String, Fault> {
    let unknown = || Fault::new(at, format!("`&{};` is unknown", &**reference), ENTITIES);
    match reference.resolve_char_ref().map_err(|_| unknown())? {
        Some(character) => Ok(character.to_string()),
        None => resolve_predefined_entity(reference).map(str::to_owned).ok_or_else(unknown),
    }
}

/// The document as far as it has been read.
#[derive(Default)]
struct Tree<'a> {
    /// The elements that are still open, the root first.
    open: Vec<Tag<'a>>,
    /// How many were opened.
    count: usize,
    root: Option<Tag<'a>>,
    /// Comments before the root; they become its first children.
    prolog: Vec<Child<'a>>,
    /// Text since the last tag.
    text: String,
}

impl<'a> Tree<'a> {
    fn open(&mut self, tag: Tag<'a>) -> Result<(), Fault> {
        self.end_text(tag.at)?;
        if self.root.is_some() {
            let what = format!("<{}> follows after the end of the document", tag.name);
            return Err(tag.fault(what, "there is one root element; remove what follows it"));
        }
        if self.open.len() == DEPTH_LIMIT {
            let what = format!("elements are nested more than {DEPTH_LIMIT} levels deep");
            return Err(tag.fault(what, "no CIB looks like that; check where the file comes from"));
        }
        self.count += 1;
        if self.count > ELEMENT_LIMIT {
            let what = format!("there are more than {ELEMENT_LIMIT} elements");
            return Err(tag.fault(what, "no CIB looks like that; check where the file comes from"));
        }
        self.open.push(tag);
        Ok(())
    }

    fn close(
        &mut self,
        at: usize,
        taken: &mut impl FnMut(&[Tag<'a>], Tag<'a>) -> Option<Tag<'a>>,
    ) -> Result<(), Fault> {
        self.end_text(at)?;
        let Some(tag) = self.open.pop() else { return Ok(()) };
        if self.open.is_empty() {
            self.root = Some(tag);
        } else if let Some(tag) = taken(&self.open, tag)
            && let Some(parent) = self.open.last_mut()
        {
            parent.children.push(Child::Tag(tag));
        }
        Ok(())
    }

    fn say(&mut self, words: &str) {
        self.text.push_str(words);
    }

    fn comment(&mut self, words: &str, at: usize) -> Result<(), Fault> {
        self.end_text(at)?;
        let around = self.open.last_mut().or(self.root.as_mut());
        let children = around.map_or(&mut self.prolog, |tag| &mut tag.children);
        children.push(Child::Comment(Cow::Owned(words.to_owned())));
        Ok(())
    }

    /// White space between elements says nothing; other text is kept without the space around it.
    fn end_text(&mut self, at: usize) -> Result<(), Fault> {
        let text = self.text.trim();
        match self.open.last_mut() {
            _ if text.is_empty() => {
                self.text.clear();
                Ok(())
            }
            Some(tag) => {
                tag.children.push(Child::Text(Cow::Owned(text.to_owned())));
                self.text.clear();
                Ok(())
            }
            None => {
                let beginning: String = text.chars().take(20).collect();
                let what = format!("`{beginning}` stands outside of the root element");
                Err(Fault::new(at.saturating_sub(text.len()), what, "a CIB begins with <cib"))
            }
        }
    }

    fn finish(mut self, end: usize) -> Result<Tag<'a>, Fault> {
        self.end_text(end)?;
        if let Some(open) = self.open.last() {
            let what = format!("the text ends before {} is closed", open.title());
            return Err(Fault::new(end, what, "the file looks truncated; take a complete copy"));
        }
        let mut root = self.root.ok_or_else(|| {
            Fault::new(end, "there is no element in the text", "a CIB begins with <cib")
        })?;
        root.children.splice(0..0, self.prolog);
        Ok(root)
    }
}

/// Writes an element and all inside it, two blanks a level.
pub(crate) fn write(tag: &Tag<'_>) -> String {
    let mut out = String::new();
    write_at(tag, 0, &mut out);
    out
}

fn write_at(tag: &Tag<'_>, level: usize, out: &mut String) {
    indent(level, out);
    out.push('<');
    out.push_str(tag.name);
    for (name, value) in tag.attributes() {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(value, out);
        out.push('"');
    }
    if tag.children.is_empty() {
        out.push_str("/>\n");
        return;
    }
    out.push('>');
    // Blanks around words would be part of them for whoever reads them.
    if let [Child::Text(words)] = &tag.children[..] {
        escape_words(words, out);
        return close(tag, out);
    }
    out.push('\n');
    for child in &tag.children {
        match child {
            Child::Tag(tag) => write_at(tag, level + 1, out),
            Child::Comment(text) => write_comment(text, level + 1, out),
            Child::Text(text) => {
                indent(level + 1, out);
                escape_words(text, out);
                out.push('\n');
            }
        }
    }
    indent(level, out);
    close(tag, out);
}

fn close(tag: &Tag<'_>, out: &mut String) {
    out.push_str("</");
    out.push_str(tag.name);
    out.push_str(">\n");
}

fn indent(level: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", level));
}

/// Two dashes would end a comment; comments from the crm language may hold them.
fn write_comment(text: &str, level: usize, out: &mut String) {
    indent(level, out);
    out.push_str("<!--");
    let mut before = '-';
    for character in text.chars() {
        if character == '-' && before == '-' {
            out.push(' ');
        }
        out.push(character);
        before = character;
    }
    if before == '-' {
        out.push(' ');
    }
    out.push_str("-->\n");
}

/// Between elements lines may end, and quotation marks are letters like all others.
fn escape_words(words: &str, out: &mut String) {
    for letter in words.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            letter => out.push(letter),
        }
    }
}

/// Line breaks and tabs are written as references, as readers make blanks of them otherwise.
/// Agents put anything into their exit reasons; what XML cannot hold at all becomes U+FFFD.
pub(crate) fn escape(text: &str, out: &mut String) {
    let is_special = |letter: char| {
        matches!(letter, '&' | '<' | '>' | '"' | '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
    };
    let mut written = 0;
    for (at, letter) in text.match_indices(is_special) {
        out.push_str(&text[written..at]);
        written = at + letter.len();
        match letter {
            "&" => out.push_str("&amp;"),
            "<" => out.push_str("&lt;"),
            ">" => out.push_str("&gt;"),
            "\"" => out.push_str("&quot;"),
            "\n" => out.push_str("&#10;"),
            "\t" => out.push_str("&#9;"),
            "\r" => out.push_str("&#13;"),
            _ => out.push('\u{fffd}'),
        }
    }
    out.push_str(&text[written..]);
}
