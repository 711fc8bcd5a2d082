//! QR codes, as drawings that a page can show without a picture from elsewhere.

use std::fmt::Write as _;

use coffer_contract::second_factor::QrDrawing;
use qrcode::{Color, EcLevel, QrCode, types::QrError};

/// Light squares around it, without which cameras do not find it (ISO/IEC 18004 section 5.3.8).
const QUIET: usize = 4;

/// Draws `text`.
pub(crate) fn draw(text: &str) -> Result<QrDrawing, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            // Writing to a string does not fail.
            _ = write!(path, "M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET);
        }
    }
    Ok(QrDrawing { size: width + 2 * QUIET, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finder_pattern_stands_in_three_corners() {
        let drawing = draw("otpauth://totp/Coffer:ada?secret=AAAA").unwrap();
        let far = drawing.size - QUIET - 7;
        for (x, y) in [(QUIET, QUIET), (far, QUIET), (QUIET, far)] {
            assert!(drawing.path.contains(&format!("M{x} {y}h1v1h-1z")), "{x} {y}");
        }
        assert!(!drawing.path.contains("M0 "), "the quiet zone is light");
    }
}
