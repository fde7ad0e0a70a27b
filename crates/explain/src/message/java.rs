//! Spring Security, Nimbus JOSE+JWT, JJWT and Auth0's java-jwt.

use super::cause::*;
use super::{Row, Speaker};

const SPRING: &[Row] = &[
    ("Bearer token is malformed", BEARER_SHAPE),
    ("Found multiple bearer tokens in the request", SEVERAL),
    ("An error occurred while attempting to decode the Jwt: ", ANY_REFUSAL),
    ("An error occurred while attempting to decode the Jwt: Malformed token", SHAPE),
    ("An error occurred while attempting to decode the Jwt: Malformed payload", PAYLOAD_JSON),
    ("Jwt expired at ", EXPIRED),
    ("Jwt used before ", TOO_EARLY),
    ("Unsupported algorithm of none", ALGORITHM_NONE),
    ("Unsupported algorithm of ", ALGORITHM),
    ("Provided token isn't active", INACTIVE),
    ("The iss claim is not valid", ISSUER),
    ("The aud claim is not valid", AUDIENCE),
    ("did not match the requested issuer", DISCOVERY),
    ("Unable to resolve the Configuration with the provided Issuer", KEYS_UNREACHABLE),
    ("Full authentication is required to access this resource", MISSING),
];

const NIMBUS: &[Row] = &[
    ("Expired JWT", EXPIRED),
    ("JWT before use time", TOO_EARLY),
    ("JWT audience rejected: *", AUDIENCE_ASKED),
    ("JWT iss claim has value *, must be ", ISSUER),
    ("JWT iss claim value rejected", ISSUER),
    ("JWT missing required claims: ", CLAIMS_MISSING),
    ("JWT missing required audience", NO_AUDIENCE),
    ("JWT missing required claims: [exp", NO_EXPIRY),
    ("JWT missing required claims: [aud", NO_AUDIENCE),
    ("JWT missing required claims: [sub", NO_SUBJECT),
    ("Signed JWT rejected: Another algorithm expected, or no matching key(s) found", KEY_UNKNOWN),
    ("Signed JWT rejected: Invalid signature", SIGNATURE),
    ("JOSE header typ (type) *not allowed", KIND),
    ("Couldn't retrieve remote JWK set", KEYS_UNREACHABLE),
    ("Couldn't parse remote JWK set", KEYS_INVALID),
    ("Invalid serialized unsecured/JWS/JWE object: Missing part delimiters", SHAPE),
    ("Missing part delimiters", SHAPE),
    ("Invalid JWT serialization: Missing dot delimiter(s)", SHAPE),
    ("Invalid JWS header: Invalid JSON", HEADER_JSON),
    ("Invalid unsecured/JWS/JWE header: Invalid JSON", HEADER_JSON),
    ("Payload of JWS object is not a valid JSON object", PAYLOAD_JSON),
    ("Unsecured (plain) JWTs are rejected", ALGORITHM_NONE),
    ("Encrypted JWT rejected", ENCRYPTED),
    ("BadJWSException", SIGNATURE),
];

const JJWT: &[Row] = &[
    ("JWT signature does not match locally computed signature", SIGNATURE),
    ("JWT expired * ago at ", EXPIRED),
    ("JWT expired at *Current time: ", EXPIRED),
    ("PrematureJwtException", TOO_EARLY),
    ("Unsigned Claims JWTs are not supported", ALGORITHM_NONE),
    ("Unprotected Claims JWTs are not supported", ALGORITHM_NONE),
    ("Signed Claims JWTs are not supported", KIND),
    ("JWT strings must contain exactly 2 period characters. Found: ", SHAPE),
    ("JWT must not be accepted before ", TOO_EARLY),
    ("JWT early by ", TOO_EARLY),
    ("Invalid compact JWT string: Compact JWSs must contain exactly 2 period characters", SHAPE),
    ("io.jsonwebtoken.ExpiredJwtException", EXPIRED),
    ("io.jsonwebtoken.MalformedJwtException", SHAPE),
    ("io.jsonwebtoken.security.SignatureException", SIGNATURE),
    ("io.jsonwebtoken.SignatureException", SIGNATURE),
    ("io.jsonwebtoken.security.WeakKeyException", KEY_WEAK),
    ("UnsupportedJwtException", ALGORITHM),
    ("io.jsonwebtoken.io.DecodingException", ANY_BYTES),
    ("Illegal base64url character: ' '", HEADER_BYTES),
    ("Illegal base64url character: ", ANY_BYTES),
    ("JWT String argument cannot be null or empty", EMPTY),
];

const JAVA_JWT: &[Row] = &[
    ("The Token has expired on ", EXPIRED),
    ("The Token can't be used before ", TOO_EARLY),
    ("The token was expected to have 3 parts, but got ", SHAPE),
    ("SigningKeyNotFoundException", KEY_UNKNOWN),
    ("No key found in * with kid ", KEY_UNKNOWN),
    ("The Token's Signature resulted invalid when verified", SIGNATURE),
    ("The provided Algorithm doesn't match the one defined in the JWT's Header", ALGORITHM),
    ("The Claim 'aud' value doesn't contain the required audience", AUDIENCE_ASKED),
    ("The Claim 'iss' value doesn't match the required issuer", ISSUER),
    ("The Claim '*' value doesn't match the required one", CLAIM_VALUE),
    ("The string '*' is not a valid token", SHAPE),
];

const KEYCLOAK: &[Row] = &[
    ("Token is not active", EXPIRED),
    ("Invalid token issuer. Expected '", ISSUER),
    ("Didn't find publicKey for specified kid", KEY_UNKNOWN),
    ("Token audience doesn't match domain", AUDIENCE_ASKED),
    ("Token type is incorrect. Expected '", KIND),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "Spring Security (Java)", rows: SPRING },
    Speaker { name: "Nimbus JOSE+JWT (Java)", rows: NIMBUS },
    Speaker { name: "JJWT (Java)", rows: JJWT },
    Speaker { name: "Auth0's java-jwt (Java)", rows: JAVA_JWT },
    Speaker { name: "Keycloak's adapter (Java)", rows: KEYCLOAK },
];
