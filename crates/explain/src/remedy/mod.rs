//! How a cause is confirmed, and how it is mended in the language or product at hand.
//!
//! Decides nothing about a token: it is documentation, one entry for each code of the catalogue, for the
//! pages, the documents and the command line. `table` names for each code the groups of remedies that fit
//! it; the groups are shared, since many causes are mended by the same lines. A snippet is a file of its
//! own in `snippets/`, in its own language, and never switches a check off.

mod confirm;
mod group;
mod stack;
mod table;

pub use confirm::{Step, confirm};
pub use stack::Stack;

use claviger_token::Code;

/// What to do about a cause in one language or product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Where it applies.
    pub stack: Stack,
    /// What the lines do, or what to look at; literals in backticks.
    pub text: &'static str,
    /// The lines to copy, where there are any.
    pub snippet: Option<Snippet>,
}

/// Lines to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The name of the file it is kept in; its ending is the language's.
    pub file: &'static str,
    /// The lines, without a line break at the end.
    pub text: &'static str,
}

impl Snippet {
    /// What a fence in Markdown calls the language: `python`.
    #[must_use]
    pub fn language(&self) -> &'static str {
        match self.file.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "conf" => "apache",
            "cs" => "csharp",
            "go" => "go",
            "java" => "java",
            "js" => "javascript",
            "json" => "json",
            "nginx" => "nginx",
            "properties" => "properties",
            "py" => "python",
            "sh" => "sh",
            "yaml" => "yaml",
            _ => "text",
        }
    }
}

/// How a cause is mended, by language and product, in the order of [`Stack`].
#[must_use]
pub fn remedies(code: Code) -> Vec<&'static Remedy> {
    let mut found: Vec<&'static Remedy> = table::groups(code).iter().copied().flatten().collect();
    // Stable: what a code names first stands first among the lines of a stack.
    found.sort_by_key(|remedy| remedy.stack);
    found
}

/// The languages and products that a cause has remedies for, each once.
#[must_use]
pub fn stacks(code: Code) -> Vec<Stack> {
    let mut found: Vec<Stack> = remedies(code).iter().map(|remedy| remedy.stack).collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
