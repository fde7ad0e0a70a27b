//! Which remedies fit which cause: who must act decides which groups are named.

use claviger_token::Code;

use super::Remedy;
use super::group::*;

/// The groups of a code.
pub(crate) fn groups(code: Code) -> &'static [&'static [Remedy]] {
    match code {
        Code::CredentialMissing => &[SEND, FORWARD],
        Code::CredentialEmpty | Code::SmartPunctuation | Code::ChecksumMismatch => &[CLEAN, PICK],
        Code::CredentialPlaceholder => &[CLEAN, PICK, SEND],
        Code::SchemeMissing
        | Code::SchemeWrong
        | Code::SchemeSeparator
        | Code::HeaderNameWrong
        | Code::HeaderDuplicated
        | Code::TokenInCookie
        | Code::TokenInBody => &[SEND],
        Code::SchemeDoubled => &[SEND, PICK],
        Code::HeaderStripped => &[FORWARD],
        Code::HeaderTooLarge | Code::SizeLimit => &[LARGE],
        Code::TokenInQuery => &[SEND, TICKET],
        Code::WhitespaceAround | Code::Bracketed | Code::InvisibleCharacter => &[CLEAN],
        Code::WhitespaceInside => &[CLEAN, DECODE],
        Code::Quoted
        | Code::TrailingCharacters
        | Code::TokensConcatenated
        | Code::SegmentCount
        | Code::Truncated
        | Code::CharacterError
        | Code::SignatureStripped => &[PICK, CLEAN],
        Code::PercentEncoded | Code::EscapeSequence | Code::Base64OfToken => &[DECODE, CLEAN],
        Code::ResponseInsteadOfToken => &[PICK],
        Code::CaseFolded | Code::Base64Invalid => &[OBTAIN, CLEAN],
        Code::Base64Alphabet
        | Code::Base64Padding
        | Code::HeaderNotJson
        | Code::PayloadNotJson
        | Code::Base64TrailingBits => &[SEGMENT, SIGN],
        Code::ClaimDuplicated
        | Code::ClaimType
        | Code::TimeInMilliseconds
        | Code::TimeInLocalZone
        | Code::IssuerMissing => &[SIGN],
        Code::TokenEncrypted
        | Code::ClientRevoked
        | Code::AudienceMismatch
        | Code::ScopeInsufficient
        | Code::ForeignResourceToken => &[OBTAIN],
        Code::TokenOpaque => &[OBTAIN, INTROSPECT],
        Code::SignatureMismatch => &[OBTAIN, KEYSET, VALIDATE],
        Code::PayloadAltered | Code::ClaimMismatch => &[OBTAIN, VALIDATE],
        Code::AlgorithmNone => &[SIGN, VALIDATE],
        Code::AlgorithmConfusion
        | Code::KeyIdInjection
        | Code::AudienceNearMiss
        | Code::PolicyEmpty
        | Code::AudienceNotConfigured => &[VALIDATE],
        Code::KeyEmbedded => &[VALIDATE, PUBLISH],
        Code::Expired | Code::RefreshSuperseded => &[RENEW],
        Code::NotYetValid => &[CLOCK, LEEWAY, SIGN],
        Code::IssuedInFuture | Code::ClockSkew => &[CLOCK, LEEWAY],
        Code::ExpiryMissing | Code::LifetimeExcessive => &[SIGN, LIFETIME],
        Code::TokenRevoked => &[RENEW, LOGIN],
        Code::SessionEnded | Code::RefreshReused => &[LOGIN, RENEW],
        Code::SubjectRevoked => &[LOGIN],
        Code::KeyRetired => &[RENEW, PUBLISH],
        Code::TokenInactive => &[RENEW, INTROSPECT],
        Code::AudienceMissing => &[OBTAIN, SIGN, VALIDATE],
        Code::IssuerMismatch => &[VALIDATE, HOSTNAME, OBTAIN],
        Code::IssuerNearMiss => &[VALIDATE, HOSTNAME],
        Code::ScopeShape => &[SCOPES, SIGN],
        Code::IdTokenAsAccessToken => &[PICK, OBTAIN, KIND],
        Code::RefreshTokenAsAccessToken => &[RENEW, PICK],
        Code::TokenTypeMismatch => &[OBTAIN, KIND],
        Code::SubjectMissing => &[SUBJECT, SIGN],
        Code::SenderProofMissing => &[PROOF],
        Code::SenderProofInvalid => &[PROOF, CLOCK],
        Code::AuthenticationTooWeak => &[STEPUP],
        Code::KeyUnknown => &[KEYSET, VALIDATE],
        Code::KeySetStale | Code::KeySetThrottled => &[KEYSET],
        Code::KeyIdMissing | Code::KeyIdWrong => &[PUBLISH, SIGN],
        Code::KeySetUnreachable => &[REACH],
        Code::KeySetInvalid => &[PUBLISH, VALIDATE],
        Code::DiscoveryMismatch => &[HOSTNAME, VALIDATE],
        Code::KeyUseMismatch
        | Code::KeyIdAmbiguous
        | Code::KeyIdReused
        | Code::KeySetInconsistent => &[PUBLISH],
        Code::KeyTypeMismatch => &[KEYSET, PEM, VALIDATE],
        Code::KeyTooWeak => &[STRONG, PUBLISH],
        Code::AlgorithmNotAllowed => &[VALIDATE, SIGN],
        Code::AlgorithmMislabelled => &[SIGN, PUBLISH],
        Code::SignatureDerEncoded | Code::SignatureUnpadded => &[ECDSA, SIGN],
        Code::SecretEncoding => &[SECRET],
        Code::KeyFormat => &[PEM],
        Code::SigningInput | Code::PayloadCompressed => &[SIGN, SEGMENT],
        Code::CriticalHeader | Code::HeaderMemberRefused => &[CRIT, SIGN],
        Code::IntrospectionUnreachable => &[REACH, INTROSPECT],
        Code::SchemeCase => &[SCHEME_CASE],
        Code::HeaderRewritten => &[FORWARD, CONTEND],
        Code::HeaderContended => &[CONTEND],
        Code::CredentialShadowed => &[SHADOW, SEND],
        Code::PreflightUnauthenticated => &[PREFLIGHT],
        Code::OptionalTokenRefused => &[OPEN_ROUTE],
        Code::IntrospectionIssuerMismatch => &[HOSTNAME],
        Code::BoundObjectDeleted => &[RENEW, RETAINED],
        Code::SubjectUnmapped => &[ACCOUNT],
        Code::PssSaltLength => &[PSS, SIGN],
        Code::SignatureHexEncoded => &[HMAC, SIGN],
        Code::SecretMangled => &[MANGLED, SECRET],
        Code::SecretEmpty => &[STRONG, SECRET, MANGLED],
        // `Code` may grow outside of this crate; a test holds that nothing ends here.
        _ => &[],
    }
}
