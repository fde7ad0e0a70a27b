//! Specimens of the class `malformed`: texts where a token belongs.

use claviger_token::Code;

use super::{Draft, looks};

pub(super) fn draft(code: Code) -> Option<Draft> {
    Some(match code {
        Code::WhitespaceAround => looks("eyJhbGci….eyJpc3Mi….Qx7ZrV…⏎")
            .words("character", "U+000A (line feed)")
            .count("position", 341),
        Code::WhitespaceInside => {
            looks("eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImVz⏎\nLTEifQ.eyJpc3Mi….Qx7ZrV…")
                .words("character", "U+000A (line feed)")
                .count("position", 76)
                .count("count", 4)
                .count("period", 76)
        }
        Code::Quoted => looks("\"eyJhbGci….eyJpc3Mi….Qx7ZrV…\"").words("character", "`\"`"),
        Code::Bracketed => looks("<eyJhbGci….eyJpc3Mi….Qx7ZrV…>").words("character", "`<`"),
        Code::InvisibleCharacter => looks("eyJhbGci….eyJpc3Mi….Qx7Z[U+200B]rV…")
            .words("character", "U+200B (zero-width space)")
            .count("position", 262)
            .count("count", 1),
        Code::SmartPunctuation => looks("eyJhbGci….eyJpc3Mi….Qx7–rV…")
            .words("character", "U+2013 (en dash)")
            .count("position", 262)
            .words("reason", "a `-` stood here"),
        Code::PercentEncoded => looks("eyJhbGci…%2EeyJpc3Mi…%2EQx7ZrV…")
            .text("found", "%2E")
            .count("position", 62)
            .count("count", 1),
        Code::EscapeSequence => looks("eyJhbGci…\\u002eeyJpc3Mi…\\u002eQx7ZrV…")
            .text("found", "\\u002e")
            .count("position", 62),
        Code::TrailingCharacters => {
            looks("eyJhbGci….eyJpc3Mi….Qx7ZrV…\",").text("found", "\",").count("position", 341)
        }
        Code::TokensConcatenated => looks("eyJhbGci….eyJpc3Mi….Qx7ZrV…eyJhbGci….eyJpc3Mi….a81LmC…")
            .count("count", 2)
            .words("reason", "the second one verifies"),
        Code::ResponseInsteadOfToken => looks(
            "Authorization: Bearer {\"access_token\":\"eyJhbGci…\",\n\
             \x20                      \"token_type\":\"Bearer\",\"expires_in\":300}",
        )
        .text("member", "access_token"),
        Code::Base64OfToken => {
            looks("ZXlKaGJHY2lPaUpGVXpJMU5pSXNJblI1Y0NJNkltRjBLMnAzZEN…").count("count", 1)
        }
        Code::CaseFolded => {
            looks("eyjhbgcioijfuzi1niisinr5cci6imf0k2p3dcisimtpzci6imvzlteifq.eyjpc…")
                .words("found", "lower")
        }
        Code::SegmentCount => looks("eyJhbGci….eyJpc3Mi…").count("count", 2),
        Code::Truncated => looks("eyJhbGci….eyJpc3Mi….Qx7ZrVb")
            .count("found", 31)
            .count("expected", 86)
            .count("length", 255),
        Code::CharacterError => looks("eyJhbGci….eyJpc3Mi….Qx7IrV…\n                        ^")
            .count("position", 217)
            .text("found", "I")
            .text("expected", "l"),
        Code::Base64Alphabet => looks("eyJhbGci….eyJpc3Mi….Qx7/rV+…")
            .words("character", "`/`")
            .words("part", "signature")
            .count("position", 258),
        Code::Base64Padding => {
            looks("eyJhbGci….eyJpc3Mi…==.Qx7ZrV…").words("part", "payload").count("position", 248)
        }
        Code::Base64Invalid => looks("eyJhbGci….eyJpc3*Mi….Qx7ZrV…")
            .words("part", "payload")
            .words("character", "`*`")
            .count("position", 71),
        Code::HeaderNotJson => looks("aGVsbG8gd29ybGQ.eyJpc3Mi….Qx7ZrV…\n↳ hello world")
            .words("reason", "a value was expected")
            .count("position", 0),
        Code::PayloadNotJson => {
            looks("\"{\\\"iss\\\":\\\"https://id.example\\\",\\\"sub\\\":\\\"user-1\\\"}\"")
                .words("reason", "a text that holds JSON, in place of an object")
                .count("position", 0)
        }
        Code::ClaimDuplicated => {
            looks("{ \"sub\": \"user-1\", \"exp\": 1795000300, \"sub\": \"admin\" }")
                .text("claim", "sub")
                .words("part", "payload")
        }
        Code::ClaimType => looks("{ \"sub\": \"user-1\", \"exp\": \"1795000300\" }")
            .text("claim", "exp")
            .words("expected", "a number of seconds since 1970")
            .text("found", "\"1795000300\""),
        Code::TokenEncrypted => {
            looks("eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..iv….ciphertext….tag…")
                .text("alg", "dir")
                .text("enc", "A256GCM")
        }
        Code::TokenOpaque => looks("Authorization: Bearer gho_16C7e42F…")
            .words("family", "a GitHub OAuth token, for api.github.com only"),
        Code::ChecksumMismatch => {
            looks("ghp_zQWBuTSOoRi4…0mLq18").words("family", "a GitHub personal access token")
        }
        Code::SizeLimit => looks("eyJhbGci….eyJncm91cHMiOlsi… (71204 bytes)")
            .count("bytes", 71_204)
            .count("limit_bytes", 65_536),
        Code::Base64TrailingBits => {
            looks("eyJhbGci….eyJpc3Mi….Qx7ZrV…mR\n                            ^")
                .words("part", "signature")
                .count("position", 341)
        }
        Code::PayloadCompressed => {
            looks("{ \"alg\": \"ES256\", \"zip\": \"DEF\" }").words("found", "DEFLATE")
        }
        _ => return None,
    })
}
