//! The catalogue in code against the contract, so that no code is missing and none is invented in passing.

use std::collections::BTreeMap;

use claviger_token::Code;

#[test]
fn the_catalogue_is_the_contract() {
    // The contract lies beside the vectors, outside the project.
    let Some(folder) = super::vectors::folder() else { return };
    let path = folder.join("../contract/faults.toml");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut contract: BTreeMap<String, [String; 3]> = BTreeMap::new();
    let mut row: BTreeMap<&str, String> = BTreeMap::new();
    for line in text.lines().chain(["[[fault]]"]) {
        if line.trim() == "[[fault]]" {
            if let Some(code) = row.remove("code") {
                let mut take = |name: &str| row.remove(name).unwrap_or_default();
                contract.insert(code, [take("class"), take("who"), take("proof")]);
            }
            row.clear();
        } else if let Some((name, value)) = line.split_once(" = ") {
            row.insert(name.trim(), value.trim().trim_matches('"').to_owned());
        }
    }
    assert_eq!(contract.len(), 122);
    let ours: BTreeMap<String, [String; 3]> = Code::ALL
        .iter()
        .map(|code| {
            let row = [code.class().as_str(), code.who().as_str(), code.proof().as_str()];
            (code.as_str().to_owned(), row.map(str::to_owned))
        })
        .collect();
    assert_eq!(ours, contract);
}
