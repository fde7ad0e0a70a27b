//! A text as a picture for a camera: the path of an SVG, so that a page can draw it without a file, a script or
//! an image from anywhere.

use qrcode::{Color, EcLevel, QrCode};

/// Modules around the picture that stay empty (ISO/IEC 18004 §9.1).
const QUIET: usize = 4;

/// The dark squares of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Qr {
    /// How wide and high it is, in modules.
    pub(crate) side: usize,
    /// `d` of a `path`.
    pub(crate) path: String,
}

/// Draws a text; none where it is too long for any.
pub(crate) fn qr(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (row, colors) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        while column < width {
            let run = colors[column..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", column + QUIET, row + QUIET));
            }
            column += run.max(1);
        }
    }
    Some(Qr { side: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_three_corners() {
        let qr =
            qr("otpauth://totp/id.example:ada?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").unwrap();
        let last = qr.side - QUIET - 7;
        for corner in [
            format!("M{QUIET} {QUIET}h7v1"),
            format!("M{last} {QUIET}h7v1"),
            format!("M{QUIET} {last}h7v1"),
        ] {
            assert!(qr.path.contains(&corner), "{corner}: {}", qr.path);
        }
        assert!(qr.path.chars().all(|c| c.is_ascii_digit() || "Mhvz- ".contains(c)));
        assert_eq!(super::qr(&"x".repeat(5000)), None);
    }
}
