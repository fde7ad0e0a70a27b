//! Rust: the crate jsonwebtoken.

use super::cause::*;
use super::{Row, Speaker};

const JSONWEBTOKEN: &[Row] = &[
    ("ExpiredSignature", EXPIRED),
    ("ImmatureSignature", TOO_EARLY),
    ("InvalidToken", SHAPE),
    ("InvalidSignature", SIGNATURE),
    ("InvalidAudience", AUDIENCE),
    ("InvalidIssuer", ISSUER),
    ("InvalidSubject", CLAIM_VALUE),
    ("InvalidAlgorithm", ALGORITHM),
    ("InvalidAlgorithmName", ALGORITHM),
    ("MissingAlgorithm", HEADER_JSON),
    ("InvalidEcdsaKey", KEY_TYPE),
    ("InvalidEddsaKey", KEY_FORM),
    ("InvalidRsaKey", KEY_FORM),
    ("RSA key invalid: ", KEY_FORM),
    ("InvalidKeyFormat", KEY_FORM),
    ("Missing required claim: exp", EXPIRY_SHAPE),
    ("MissingRequiredClaim(\"exp\")", EXPIRY_SHAPE),
    ("Missing required claim: aud", NO_AUDIENCE),
    ("Missing required claim: iss", NO_ISSUER),
    ("Missing required claim: sub", NO_SUBJECT),
    ("Missing required claim: ", CLAIMS_MISSING),
    ("Invalid format for claim: ", CLAIM_TYPE),
    ("Base64 error: ", ANY_BYTES),
    ("Base64 error: Invalid padding", PADDING),
    ("Base64 error: Invalid input length: ", LENGTH),
    ("Base64 error: Invalid symbol ", ANY_BYTES),
    ("Base64 error: Invalid last symbol ", TRAILING_BITS),
    ("JSON error: ", PAYLOAD_JSON),
    ("JSON error: key must be a string", HEADER_JSON),
    ("JSON error: duplicate field ", DUPLICATED),
    ("JSON error: unknown variant ", ALGORITHM),
    ("JSON error: unknown variant *, expected one of ", ALGORITHM),
    ("JSON error: unknown variant `none`, expected one of ", ALGORITHM_NONE),
    ("JSON error: unknown variant 'none', expected one of ", ALGORITHM_NONE),
    ("JSON error: missing field `alg`", HEADER_JSON),
    ("JSON error: missing field 'alg'", HEADER_JSON),
    ("JSON error: invalid type: *, expected a string", MEMBER),
    ("JSON error: invalid type: *, expected a sequence", CRITICAL),
    ("UTF-8 error: ", PAYLOAD_JSON),
];

const BASE64: &[Row] = &[
    ("Invalid symbol *, offset ", ANY_BYTES),
    ("Invalid last symbol *, offset ", TRAILING_BITS),
    ("Invalid byte *, offset ", ANY_BYTES),
];

const SERDE: &[Row] = &[
    ("invalid type: *, expected a string at line ", MEMBER),
    ("invalid type: *, expected a string\"", MEMBER),
    ("InvalidByte(", ANY_BYTES),
    ("InvalidLastSymbol(", TRAILING_BITS),
    ("InvalidLength(", LENGTH),
    ("InvalidPadding", PADDING),
    ("invalid type: *, expected a sequence at line ", CRITICAL),
    ("invalid type: *, expected * at line ", MEMBER),
    ("duplicate field `*` at line ", DUPLICATED),
    ("unknown variant `*`, expected one of `HS", ALGORITHM),
    ("missing field `alg` at line ", HEADER_JSON),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "jsonwebtoken (Rust)", rows: JSONWEBTOKEN },
    Speaker {
        name: "the crate base64 (Rust), below jsonwebtoken or another library",
        rows: BASE64,
    },
    Speaker { name: "serde_json (Rust), below jsonwebtoken or another library", rows: SERDE },
];
