//! Codes of an authenticator app (RFC 6238 over RFC 4226): six digits, thirty seconds, SHA-1, as every app
//! understands them.
//!
//! Decides which step of time a typed code stands for, and that no step serves twice (RFC 6238 §5.2). Computes
//! no MAC: the caller, who has the secret open, does.

use std::fmt::Write as _;

/// Seconds of a step.
pub const TOTP_STEP: i64 = 30;
/// Steps before and after the present one that are taken: clocks differ (RFC 6238 §5.2 recommends one).
const DRIFT: i64 = 1;
const DIGITS: usize = 6;
/// The length of a secret: that of the MAC (RFC 4226 §4, R6).
pub const TOTP_SECRET: usize = 20;

/// The step that a code is taken for, if any; `mac` is HMAC-SHA-1 of the secret over a step's eight bytes, `last`
/// the step that was used last.
pub fn totp_step(
    typed: &str,
    mac: impl Fn([u8; 8]) -> [u8; 20],
    last: i64,
    now: i64,
) -> Option<i64> {
    let typed = digits(typed)?;
    let present = now.div_euclid(TOTP_STEP);
    let mut found = None;
    // All steps are compared, whichever fits: the time tells nothing.
    for step in present - DRIFT..=present + DRIFT {
        let fits = truncated(mac(step.to_be_bytes())) ^ typed == 0;
        if fits && step > last {
            found = found.or(Some(step));
        }
    }
    found
}

/// The code of a step, as an app shows it.
#[must_use]
pub fn totp_code(mac: [u8; 20]) -> String {
    format!("{:0DIGITS$}", truncated(mac))
}

/// RFC 4226 §5.3.
fn truncated(mac: [u8; 20]) -> u32 {
    let from = usize::from(mac[19] & 15);
    let mut four = [0; 4];
    four.copy_from_slice(&mac[from..from + 4]);
    (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000
}

/// Six digits; apps show them with a blank in the middle, and people type that.
fn digits(typed: &str) -> Option<u32> {
    if typed.len() > 32 {
        return None;
    }
    let plain: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let fits = plain.len() == DIGITS && plain.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| plain.parse().ok()).flatten()
}

/// Base 32 without padding (RFC 4648 §6): how people type a secret into an app.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut five = [0; 8];
        five[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(five);
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let letter = (bits >> (35 - 5 * place)) & 31;
            out.push(char::from(LETTERS[letter as usize]));
        }
    }
    out
}

/// What the picture says to the app. The defaults are left out: some apps know nothing else.
#[must_use]
pub fn otpauth(issuer: &str, account: &str, secret: &str) -> String {
    let encoded = |text: &str| {
        let mut out = String::new();
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
                out.push(char::from(byte));
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    };
    let issuer = encoded(issuer);
    format!("otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}", encoded(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A MAC that gives each step a code of its own.
    fn mac(step: [u8; 8]) -> [u8; 20] {
        let mut mac = [0; 20];
        mac[..4].copy_from_slice(&step[4..]);
        mac
    }

    const NOW: i64 = 30 * 1000;

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_further() {
        for (code, step) in [
            ("000998", None),
            ("000999", Some(999)),
            ("001000", Some(1000)),
            ("001001", Some(1001)),
            ("001002", None),
        ] {
            assert_eq!(totp_step(code, mac, 0, NOW), step, "{code}");
            assert_eq!(totp_step(code, mac, 0, NOW + 29), step, "{code}");
        }
    }

    #[test]
    fn no_step_serves_twice_nor_one_before_it() {
        assert_eq!(totp_step("001000", mac, 999, NOW), Some(1000));
        assert_eq!(totp_step("001000", mac, 1000, NOW), None);
        assert_eq!(totp_step("000999", mac, 1000, NOW), None);
        assert_eq!(totp_step("001001", mac, 1000, NOW), Some(1001));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert_eq!(totp_step(" 001 000\n", mac, 0, NOW), Some(1000));
        for typed in
            ["", "1000", "0001000", "00100x", "+01000", "-01000", "００１０００", &" ".repeat(99)]
        {
            assert_eq!(totp_step(typed, mac, 0, NOW), None, "{typed}");
        }
    }

    #[test]
    fn the_secret_is_typed_as_rfc_4648_says() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(
            otpauth("id.example:8600", "a&da@x", "ABC"),
            "otpauth://totp/id.example%3A8600:a%26da@x?secret=ABC&issuer=id.example%3A8600"
        );
    }

    #[test]
    fn truncation_is_rfc_4226_s() {
        // RFC 4226 §5.4.
        let mac = [
            0x1f, 0x86, 0x98, 0x69, 0x0e, 0x02, 0xca, 0x16, 0x61, 0x85, 0x50, 0xef, 0x7f, 0x19,
            0xda, 0x8e, 0x94, 0x5b, 0x55, 0x5a,
        ];
        assert_eq!(totp_code(mac), "872921");
    }
}
