//! The crate from outside: the documents in the repository are the ones that the catalogue makes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use claviger_token::Code;
use claviger_web::{fault_index_markdown, fault_markdown};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/faults")
}

#[test]
fn the_documents_are_the_catalogue() {
    let mut expected = vec![("README.md".to_owned(), fault_index_markdown())];
    expected.extend(Code::ALL.iter().map(|code| (format!("{code}.md"), fault_markdown(*code))));
    let stale: Vec<&str> = expected
        .iter()
        .filter(|(name, text)| {
            std::fs::read_to_string(folder().join(name)).ok().as_ref() != Some(text)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    let known: BTreeSet<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
    let left_over: Vec<String> = std::fs::read_dir(folder())
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    assert!(
        stale.is_empty() && left_over.is_empty(),
        "stale: {stale:?}, without a cause: {left_over:?}\n\
         write them anew: cargo run -p claviger-web --example docs -- docs/faults"
    );
}
