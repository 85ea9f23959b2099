//! The crm shell's configuration language and the cluster model, each made from the other.
//!
//! Read in this order: [`parse`] (text into statements), [`load`] (statements into edits of a
//! configuration), [`show`] (a configuration as text), [`Diagnostic`] (what is wrong with a text).
//!
//! **What it is.** Another way to write the elements of a CIB: a text becomes elements, and these
//! become objects of the model where XML does, so that both keep the same. Every error says where it
//! is, what is wrong and what would be right, and all errors of a text come at once. What `show`
//! prints, `load` reads, ids and order included; ids that a load would make up itself go unsaid
//! (`names`), and what the language has no words for is printed as `xml <...>` instead of being lost.
//! **What it never does.** Open files, ask which agents this machine has (what a text means does
//! not depend on who reads it), apply what it has read.

mod access;
mod diagnostic;
mod element;
mod lexer;
mod load;
mod names;
mod parser;
mod show;
mod statement;
pub mod vocabulary;

#[cfg(test)]
mod tests;

pub use cluster::validate::Severity;
pub use diagnostic::{Diagnostic, Position};
pub use lexer::Word;
pub use load::{Loaded, Mode, load, load_tolerant};
pub use parser::parse;
pub use show::{STARS, matches, show};
pub use statement::{Located, Sequence, Statement};
