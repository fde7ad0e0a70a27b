//! Whole logs: of any format, compressed or not, HAR files among them.

use std::sync::Arc;

use claviger_explain::batch::{
    BATCH_BUDGET, Batch, Cutter, Groups, Gunzip, is_archive, is_gzip, table,
};
use claviger_explain::{Surroundings, TextStyle};
use claviger_token::Algorithm;

use super::stage::{good, is_bounded, keyed, keyless, planted, reveals_nothing, stands_in};

/// What is undone of a compressed log: the rest is no other.
const MOST: usize = 32 * 1024;

/// The first byte chooses whether there is a key, and how the log is cut.
pub fn batch(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let token = good(Algorithm::EdDsa);
    let undone = if is_gzip(rest) { gunzip(rest, *first) } else { rest.to_vec() };
    let log = planted(&undone, &token);
    let is_keyed = first % 2 == 0;
    let around =
        if is_keyed { keyed(Algorithm::EdDsa, BATCH_BUDGET).0 } else { keyless(BATCH_BUDGET) };
    let around = Arc::new(around);
    let groups =
        if is_archive(&log) { archive(&log, &around) } else { lines(&log, &around, *first) };
    if groups.accepted > 0 {
        assert!(is_keyed, "without a key nothing is accepted");
        assert!(stands_in(&token, &log), "accepted, and no good token is in it");
    }
    let json = groups.to_json();
    let sum = |list: &str| -> u64 {
        let rows = json[list].as_array().expect("rows");
        rows.iter().map(|row| row["count"].as_u64().expect("a count")).sum()
    };
    assert_eq!(sum("groups") + sum("unexplained_groups"), groups.refused, "each in one row");
    assert_eq!(sum("unexplained_groups"), groups.unexplained);
    assert!(groups.refused + groups.accepted + groups.undetermined <= groups.requests);
    let tables = [true, false].map(|color| {
        table(
            &groups,
            &TextStyle { color, width: if color { 40 } else { 120 }, show_repaired: false },
        )
    });
    for said in tables.iter().chain([&json.to_string(), &format!("{groups:?}")]) {
        is_bounded(said, &log);
        reveals_nothing(&token, said);
    }
    assert!(tables.iter().all(|table| table.len() < 256 * 1024), "a table for a person");
}

/// Counts the lines of a log, whole and in parts.
fn lines(log: &[u8], around: &Arc<Surroundings>, first: u8) -> Groups {
    let whole = counted(log, around, log.len().max(1), 1).pop().unwrap_or_default();
    let piece = 1 + usize::from(first) * 3;
    let parts = counted(log, around, piece, 2 + usize::from(first % 3));
    let merged = |parts: &mut dyn Iterator<Item = Groups>| {
        let mut all = Groups::default();
        parts.for_each(|part| all.merge(part));
        all
    };
    assert_eq!(merged(&mut parts.iter().cloned()), whole, "however it is cut");
    assert_eq!(merged(&mut parts.iter().rev().cloned()), whole, "in whatever order");
    assert!(whole.lines <= log.len() as u64);
    whole
}

/// A log, read in pieces, whose blocks so many count in turn.
fn counted(log: &[u8], around: &Arc<Surroundings>, piece: usize, counters: usize) -> Vec<Groups> {
    let mut batches: Vec<Batch> = (0..counters).map(|_| Batch::new(Arc::clone(around))).collect();
    let mut cutter = Cutter::default();
    let mut blocks: Vec<_> = log.chunks(piece).filter_map(|piece| cutter.push(piece)).collect();
    blocks.extend(cutter.finish());
    for (nth, block) in blocks.iter().enumerate() {
        batches[nth % counters].block(block);
    }
    batches.into_iter().map(Batch::finish).collect()
}

/// Counts a HAR file; what only begins like one counts for nothing.
fn archive(log: &[u8], around: &Arc<Surroundings>) -> Groups {
    let mut batch = Batch::new(Arc::clone(around));
    let is_one = batch.archive(log);
    let groups = batch.finish();
    assert!(is_one || groups == Groups::default(), "what is none counts for nothing");
    groups
}

/// Undoes a compressed log in pieces as the command does; of a damaged one what came before the damage.
fn gunzip(bytes: &[u8], first: u8) -> Vec<u8> {
    let mut gunzip = Gunzip::default();
    let mut out = vec![0; 1 + usize::from(first) * 16];
    let (mut undone, mut rest) = (Vec::new(), bytes);
    while undone.len() < MOST {
        let piece = &rest[..rest.len().min(1 + usize::from(first))];
        let Ok((taken, written)) = gunzip.undo(piece, &mut out) else { break };
        assert!(taken <= piece.len() && written <= out.len());
        undone.extend_from_slice(&out[..written]);
        rest = &rest[taken..];
        if (taken, written) == (0, 0) {
            break;
        }
    }
    undone
}
