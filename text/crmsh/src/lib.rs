//! The crm shell's configuration language and the cluster model, each made from the other.
//!
//! Read in this order: [`parse`] (text into statements), [`load`] (statements into edits of a
//! configuration), [`show`] (a configuration as text), [`Diagnostic`] (what is wrong with a text).
//!
//! **What it is.** Every error says where it is, what is wrong and what would be right, and all
//! errors of a text come at once. What `show` prints, `load` reads, and prints again the same;
//! what the language has no words for is printed as `xml <...>` instead of being lost.
//! **What it never does.** Open files, ask which agents this machine has (what a text means does
//! not depend on who reads it), apply what it has read.

mod diagnostic;
mod element;
mod lexer;
mod load;
mod parser;
mod show;
mod statement;

#[cfg(test)]
mod tests;

pub use cluster::validate::Severity;
pub use diagnostic::{Diagnostic, Position};
pub use lexer::Word;
pub use load::{Loaded, Mode, load};
pub use parser::parse;
pub use show::{matches, show};
pub use statement::{Container, Located, OptionKind, Statement};
