//! Every input that fuzzing kept, among them each that once failed, goes through what the fuzzers check.

#[expect(unreachable_pub, reason = "the fuzz targets are another crate")]
#[path = "../../../../fuzz/src/lib.rs"]
mod fuzz;

/// Runs a target's check over its kept inputs.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus");
    let kept = std::fs::read_dir(format!("{folder}/{target}")).expect("the corpus is there");
    let mut count = 0;
    for entry in kept {
        let path = entry.expect("an entry").path();
        let input = std::fs::read(&path).expect("a readable input");
        let name = path.display().to_string();
        let held = std::panic::catch_unwind(|| check(&input));
        assert!(held.is_ok(), "{target} does not hold for {name}");
        count += 1;
    }
    assert!(count > 20, "{target}: only {count} inputs");
}

#[test]
fn kept_inputs_are_recognised_without_a_key() {
    replay("recognise", fuzz::recognise);
}

#[test]
fn kept_inputs_are_parsed_alike_by_all() {
    replay("parse", fuzz::parse);
}

#[test]
fn kept_proofs_fit_only_what_they_were_made_for() {
    replay("proof", fuzz::proof);
}

#[test]
fn kept_inputs_are_explained_and_reveal_nothing() {
    replay("explain", fuzz::explain);
}

#[test]
fn kept_keys_are_read_in_all_spellings() {
    replay("keys", fuzz::keys);
}

#[test]
fn kept_messages_prove_nothing() {
    replay("message", fuzz::message);
}

#[test]
fn kept_logs_give_the_same_table_however_they_are_cut() {
    replay("batch", fuzz::batch);
}

#[test]
fn kept_pairs_are_compared_and_reveal_nothing() {
    replay("diff", fuzz::diff);
}
