//! Python: PyJWT, python-jose, joserfc and Authlib.

use super::cause::*;
use super::{Row, Speaker};

const PYJWT: &[Row] = &[
    ("The token is not yet valid (nbf)", TOO_EARLY),
    ("The token is not yet valid (iat)", ISSUED_LATER),
    ("ImmatureSignatureError", TOO_EARLY),
    ("Expiration Time claim (exp) must be an integer.", CLAIM_TYPE),
    ("Subject must be a string", CLAIM_TYPE),
    ("Invalid claim format in token", CLAIM_TYPE),
    ("Payload Issuer (iss) must be a string", CLAIM_TYPE),
    ("Key ID header parameter must be a string", CLAIM_TYPE),
    ("Invalid header padding", HEADER_BYTES),
    ("Invalid payload padding", PAYLOAD_BYTES),
    ("Invalid crypto padding", TAIL_BYTES),
    ("Invalid header string: ", HEADER_JSON),
    ("Invalid payload string: ", PAYLOAD_JSON),
    ("The specified alg value is not allowed", ALGORITHM),
    ("Algorithm not specified", HEADER_JSON),
    ("Audience doesn't match", AUDIENCE_ASKED),
    ("InvalidAudienceError", AUDIENCE),
    ("Token is missing the \"aud\" claim", NO_AUDIENCE),
    ("Token is missing the \"iss\" claim", NO_ISSUER),
    ("Token is missing the \"exp\" claim", NO_EXPIRY),
    ("Token is missing the \"sub\" claim", NO_SUBJECT),
    ("Token is missing the \"*\" claim", CLAIM_VALUE),
    ("InvalidIssuerError", ISSUER),
    ("InvalidSignatureError", SIGNATURE),
    ("Unable to find a signing key that matches: \"", KEY_UNKNOWN),
    ("The JWKS endpoint did not return a JSON object", KEYS_INVALID),
    ("The JWK Set did not contain any keys", KEYS_EMPTY),
    ("The JWK Set did not contain any usable keys", KEYS_EMPTY),
    ("did not contain any usable keys", KEYS_EMPTY),
    ("Fail to fetch data from the url, err: ", KEYS_UNREACHABLE),
    (
        "The specified key is an asymmetric key or x509 certificate and should not be used as an HMAC secret",
        KEY_TYPE,
    ),
    ("HMAC key must not be empty.", SECRET_EMPTY),
    ("Could not parse the provided public key.", KEY_FORM),
    ("Token algorithm '*' does not match the key's algorithm '", KEY_USE),
    ("The key's curve '*' does not match the expected curve", KEY_TYPE),
    ("Unsupported critical extension: ", CRITICAL),
    ("Invalid token type. Token must be a ", CLAIM_TYPE_OF_INPUT),
];

const PYJWT_OR_JOSE: &[Row] = &[
    ("Not enough segments", SHAPE),
    ("Signature has expired", EXPIRED),
    ("ExpiredSignatureError", EXPIRED),
    ("Signature verification failed", SIGNATURE),
    ("Invalid audience", AUDIENCE),
    ("Invalid issuer", ISSUER),
];

const PYTHON_JOSE: &[Row] = &[
    ("Error decoding token headers.", HEADER_BYTES),
    ("Error decoding token claims.", PAYLOAD_BYTES),
    ("The token is not yet valid (nbf).", TOO_EARLY),
    ("JWSSignatureError", SIGNATURE),
];

const FRAMEWORKS: &[Row] = &[
    ("Authentication credentials were not provided", MISSING),
    ("Given token not valid for any token type", ANY_REFUSAL),
    ("Token is invalid or expired", EXPIRED),
    ("Missing Authorization Header", MISSING),
    ("Bad Authorization header. Expected ", SCHEME),
    ("Only non-refresh tokens are allowed", KIND_REFRESH),
    ("Only refresh tokens are allowed", KIND),
    ("Could not validate credentials", ANY_REFUSAL),
];

const JOSERFC: &[Row] = &[
    ("expired_token: The token is expired", EXPIRED),
    ("invalid_claim: The token is not yet valid", TOO_EARLY),
    ("invalid_claim: The token was issued in the future", ISSUED_LATER),
    ("invalid_claim: Claim '*' must be ", CLAIM_TYPE),
    ("invalid_claim: Invalid claim: 'aud'", AUDIENCE_ASKED),
    ("invalid_claim: Invalid claim: 'iss'", ISSUER),
    ("missing_claim: Missing claim: 'aud", NO_AUDIENCE),
    ("missing_claim: Missing claim: 'iss", NO_ISSUER),
    ("missing_claim: Missing claim: '", CLAIMS_MISSING),
    ("decode_error: Invalid header", HEADER_BYTES),
    ("decode_error: Invalid payload", PAYLOAD_BYTES),
    ("decode_error: Invalid JSON Web Signature", SHAPE),
    ("invalid_payload: ", PAYLOAD_JSON),
    ("unsupported_algorithm: Algorithm of 'none' is not allowed", ALGORITHM_NONE),
    ("unsupported_algorithm: Algorithm of '", ALGORITHM),
    ("invalid_key_id: No key for kid: '", KEY_UNKNOWN),
    ("missing_key: No keys to import", KEYS_EMPTY),
    ("invalid_key_type: Not a key of: '", KEY_TYPE),
    ("invalid_key_curve: Key for '", KEY_TYPE),
    ("This key is designed to be used for '", KEY_USE),
    ("unsupported_key_operation: Unsupported key_op", KEY_USE),
    ("oct key material must not be empty", SECRET_EMPTY),
    ("Asymmetric public keys must not be used as oct keys", KEY_TYPE),
    ("Unsupported {'zip'} in header", ZIP),
    ("Unsupported {'nonce'} in header", FOREIGN),
    ("Unsupported {*} in header", MEMBER),
    ("Unsupported [*] in header", CRITICAL),
    ("missing_crit_header: Missing critical '", CRITICAL),
    ("exceeded_size: Value size exceeds ", SIZE),
    ("missing_algorithm: Missing 'alg' value in header", HEADER_JSON),
];

const JOSERFC_OR_AUTHLIB: &[Row] =
    &[("bad_signature: ", SIGNATURE), ("BadSignatureError", SIGNATURE)];

const AUTHLIB: &[Row] = &[
    ("Invalid input segments length: ", SHAPE),
    ("invalid_claim: Invalid claim \"aud\"", AUDIENCE_ASKED),
    ("invalid_claim: Invalid claim \"iss\"", ISSUER),
    ("missing_claim: Missing \"*\" claim", CLAIMS_MISSING),
    ("Invalid JSON Web Key Set", KEY_UNKNOWN),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "PyJWT (Python)", rows: PYJWT },
    Speaker { name: "PyJWT or python-jose (Python)", rows: PYJWT_OR_JOSE },
    Speaker { name: "python-jose (Python)", rows: PYTHON_JOSE },
    Speaker { name: "Flask, Django or FastAPI (Python)", rows: FRAMEWORKS },
    Speaker { name: "joserfc (Python)", rows: JOSERFC },
    Speaker { name: "joserfc or Authlib (Python)", rows: JOSERFC_OR_AUTHLIB },
    Speaker { name: "Authlib (Python)", rows: AUTHLIB },
];
