//! PHP and Ruby: firebase/php-jwt, lcobucci/jwt, tymon/jwt-auth and ruby-jwt.

use super::cause::*;
use super::{Row, Speaker};

const FIREBASE_PHP: &[Row] = &[
    ("Firebase\\JWT\\ExpiredException", EXPIRED),
    ("Expired token", EXPIRED),
    ("Firebase\\JWT\\SignatureInvalidException", SIGNATURE),
    ("Firebase\\JWT\\BeforeValidException", TOO_EARLY),
    ("Cannot handle token with iat prior to ", ISSUED_LATER),
    ("Cannot handle token with nbf prior to ", TOO_EARLY),
    ("Cannot handle token prior to ", TOO_EARLY),
    ("Wrong number of segments", SHAPE),
    ("Incorrect key for this algorithm", KEY_TYPE),
    ("Algorithm not supported", ALGORITHM),
    ("\"kid\" invalid, unable to lookup correct key", KEY_UNKNOWN),
    ("\"kid\" empty, unable to lookup correct key", NO_KEY_NAME),
    ("Key may not be empty", SECRET_EMPTY),
    ("Provided key is too short", KEY_WEAK),
    ("Invalid header encoding", HEADER_JSON),
    ("Invalid claims encoding", PAYLOAD_JSON),
];

const LCOBUCCI: &[Row] = &[
    ("Lcobucci\\JWT\\Validation\\RequiredConstraintsViolated", ANY_REFUSAL),
    ("The token violates some mandatory constraints", ANY_REFUSAL),
    ("details:*- The token is expired", EXPIRED),
    ("Token signature mismatch", SIGNATURE),
    ("Token signer mismatch", ALGORITHM),
    ("The token was not issued by the given issuers", ISSUER),
    ("The token is not allowed to be used by this audience", AUDIENCE),
    ("The token cannot be used yet", TOO_EARLY),
    ("The token was issued in the future", ISSUED_LATER),
    ("The JWT string must have two dots", SHAPE),
    ("Error while decoding from Base64Url", ANY_BYTES),
    ("It was not possible to parse your key", KEY_FORM),
];

const TYMON: &[Row] = &[
    ("Token Signature could not be verified", SIGNATURE),
    ("The token has been blacklisted", REVOKED),
    ("Token not provided", MISSING),
    ("Could not decode token: ", MANY_FORMS),
];

const RUBY: &[Row] = &[
    ("JWT::ExpiredSignature", EXPIRED),
    ("JWT::ImmatureSignature", TOO_EARLY),
    ("Signature nbf has not been reached", TOO_EARLY),
    ("JWT::VerificationError", SIGNATURE),
    ("Signature verification raised", SIGNATURE),
    ("JWT::InvalidAudError", AUDIENCE_ASKED),
    ("JWT::InvalidIssuerError", ISSUER),
    ("JWT::InvalidIatError", ISSUED_LATER),
    ("JWT::InvalidSubError", CLAIM_VALUE),
    ("JWT::InvalidJtiError", CLAIM_VALUE),
    ("JWT::MissingRequiredClaim", CLAIMS_MISSING),
    ("JWT::IncorrectAlgorithm", ALGORITHM),
    ("Expected a different algorithm", ALGORITHM),
    ("JWT::DecodeError", MANY_FORMS),
    ("Not enough or too many segments", SHAPE),
    ("Nil JSON web token", EMPTY),
    ("Invalid segment encoding", ANY_BYTES),
    ("No verification key available", SECRET_EMPTY),
    ("No key id (kid) found from token headers", NO_KEY_NAME),
    ("Could not find public key for kid ", KEY_UNKNOWN),
];

pub(super) const SPEAKERS: &[Speaker] = &[
    Speaker { name: "firebase/php-jwt", rows: FIREBASE_PHP },
    Speaker { name: "lcobucci/jwt", rows: LCOBUCCI },
    Speaker { name: "tymon/jwt-auth (Laravel)", rows: TYMON },
    Speaker { name: "ruby-jwt", rows: RUBY },
];
