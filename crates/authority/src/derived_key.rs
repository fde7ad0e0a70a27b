//! Keys that follow from the master key, one for each purpose: the same after a restart and in a restored backup, and
//! what one of them does tells nothing about the others.

use aws_lc_rs::hmac;

/// The key of a purpose. Labels end in a number, so that a purpose can get another key once it works otherwise.
pub(crate) fn derived(master: &[u8; 32], label: &str) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, master);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, label.as_bytes()).as_ref())
}
