//! Faults of shared secrets, planted: what was given is not quite what was signed with.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use claviger_token::{Code, SigningKey};
use serde_json::json;

use super::good::{Dice, Good};
use super::{Plant, Planted};
use crate::keys_planted::hex;

pub(super) const PLANTERS: &[(Code, Plant)] = &[
    (Code::SecretEncoding, secret_encoding),
    (Code::SecretMangled, secret_mangled),
    (Code::SecretEmpty, secret_empty),
];

/// Signed with one secret, judged with another.
fn planted(good: &Good, given: &[u8], used: &[u8]) -> Option<Planted> {
    let kid = Some(good.written.kid.clone());
    let key = SigningKey::from_secret(good.algorithm, kid, used).unwrap();
    let input = good.signed_by(&key, &json!({}), &json!({}));
    Some(Planted { input, around: good.keyless().with_secret("secret", given) })
}

fn secret_encoding(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let plain = good.secret.as_bytes();
    let other = match dice.below(7) {
        0 => format!("{}{}", good.secret, dice.pick(&["\n", "\r\n", " "])),
        1 => STANDARD.encode(plain),
        2 => STANDARD_NO_PAD.encode(plain),
        3 => URL_SAFE.encode(plain),
        4 => hex(plain),
        5 => hex(plain).to_uppercase(),
        // So it stands in a file, and nobody signs with it.
        _ => return planted(good, format!("{}\n", STANDARD.encode(plain)).as_bytes(), plain),
    };
    let (given, used) =
        if dice.coin() { (other.as_bytes(), plain) } else { (plain, other.as_bytes()) };
    planted(good, given, used)
}

fn secret_mangled(dice: &mut Dice, good: &Good) -> Option<Planted> {
    // Half as long, for what is cut off must leave enough.
    let (left, right) = (good.secret.replace(['+', '.'], "x"), good.secret.replace('-', "y"));
    let name = dice.word("abcdefghij", 2..=8);
    let (given, used) = match dice.below(10) {
        0 => (format!("\"{left}\""), left),
        1 => (format!("'{left}'"), left),
        2 => (left.clone(), format!("\"{left}\"")),
        3 => (format!("{left}${name}-{right}"), format!("{left}-{right}")),
        4 => (format!("{left}${{{name}}}{right}"), format!("{left}{right}")),
        5 => (format!("{left}$${right}"), format!("{left}${right}")),
        6 => (format!("{left}#{name}"), left),
        7 => (format!("{left}\\{right}"), format!("{left}{right}")),
        8 => (format!("{left}%%{right}"), format!("{left}%{right}")),
        _ => (format!("JWT_SECRET={left}"), left),
    };
    planted(good, given.as_bytes(), used.as_bytes())
}

fn secret_empty(dice: &mut Dice, good: &Good) -> Option<Planted> {
    let used = dice.pick(&["", "undefined", "null", "None", "changeme", "your-256-bit-secret"]);
    planted(good, good.secret.as_bytes(), used.as_bytes())
}
