//! What stands behind the messages: for each, the codes that lead to it, most probable first, and where to look.
//!
//! Shared by the tables of all speakers, for libraries word the same refusal differently. Decides the order of
//! the candidates; `evidence` sharpens it where the message holds values.

use claviger_token::Code;

/// How much a message says of its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// That something was refused; another message beside it says more.
    Nothing,
    /// What did not work, which several causes lead to.
    Perhaps,
    /// The first candidate.
    Outright,
}

/// What a message can mean.
#[derive(Debug)]
pub(super) struct Cause {
    /// The codes that lead to it, most probable first; never empty.
    pub(super) candidates: &'static [Code],
    /// How much the message says of it.
    pub(super) says: Says,
    /// The one next step.
    pub(super) look: &'static str,
}

macro_rules! causes {
    ($($name:ident $says:ident [$($code:ident),+ $(,)?] $look:literal)+) => {
        $(pub(super) const $name: Cause =
            Cause { candidates: &[$(Code::$code),+], says: Says::$says, look: $look };)+
    };
}

causes! {
    MISSING Outright [CredentialMissing, HeaderStripped, HeaderNameWrong, CredentialEmpty]
        "look at the request as the server received it: is `Authorization` there?"
    EMPTY Outright [CredentialEmpty, CredentialMissing, CredentialPlaceholder]
        "print the length of the token just before it is sent: a variable is empty"
    SCHEME Outright [SchemeWrong, SchemeMissing, SchemeSeparator, CredentialEmpty]
        "look at the header's whole value: `Bearer`, one space, the token"
    SEVERAL Outright [HeaderDuplicated, HeaderContended, TokenInQuery]
        "look at the raw request: a proxy or a second library adds another credential"
    UNAUTHORIZED Nothing [CredentialMissing, HeaderStripped, Expired, AudienceMismatch, IssuerMismatch, KeyUnknown]
        "the text names no cause: look at the header `WWW-Authenticate` and the server's log, or give the token"
    BEARER_SHAPE Perhaps [WhitespaceInside, Quoted, Bracketed, TokenOpaque, PercentEncoded, SchemeDoubled]
        "look for a character behind `Bearer ` that RFC 6750 does not allow: blanks, quotes, brackets"
    SHAPE Perhaps [TokenOpaque, CredentialPlaceholder, CredentialEmpty, PercentEncoded, Base64OfToken, Truncated, SmartPunctuation]
        "look at what was sent: does it begin with `eyJ`, and has it two dots?"
    HEADER_BYTES Perhaps [SchemeDoubled, WhitespaceAround, Quoted, Bracketed, ResponseInsteadOfToken, InvisibleCharacter, HeaderNotJson, CaseFolded]
        "look at the first characters that were sent: the token begins with `eyJ` and nothing before it"
    TAIL_BYTES Perhaps [WhitespaceAround, TrailingCharacters, EscapeSequence, PercentEncoded, InvisibleCharacter, CharacterError]
        "look at the last characters that were sent: nothing may follow the third segment"
    PAYLOAD_BYTES Perhaps [TokensConcatenated, TokenEncrypted, WhitespaceInside, CharacterError, PayloadNotJson]
        "count the dots and decode the second segment: it is damaged or it is none"
    ANY_BYTES Perhaps [Base64Alphabet, WhitespaceInside, CharacterError, TrailingCharacters, Base64Invalid]
        "compare the token with the one that the issuer handed out, character by character"
    PADDING Perhaps [Base64Padding, Base64Alphabet, Truncated]
        "look for `=`: base64url in tokens has no padding"
    TRAILING_BITS Outright [Base64TrailingBits, CharacterError, Truncated]
        "compare the last character of each segment with the issuer's token"
    LENGTH Perhaps [CharacterError, Truncated]
        "compare the token's length with the one that the issuer handed out: a character is lost"
    HEADER_JSON Perhaps [HeaderNotJson, CharacterError, CaseFolded, TokenOpaque]
        "decode the first segment: it must be a JSON object with `alg`"
    PAYLOAD_JSON Perhaps [PayloadNotJson, CharacterError, PayloadCompressed]
        "decode the second segment: it must be a JSON object"
    DUPLICATED Outright [ClaimDuplicated]
        "decode the token: a member stands twice in it, which the issuer has to mend"
    SIGNATURE Perhaps [SecretEncoding, SecretMangled, KeyIdWrong, KeyIdReused, ForeignResourceToken, SignatureDerEncoded, AlgorithmMislabelled, CharacterError, PayloadAltered, KeyFormat, KeyUnknown]
        "decode `alg`: with HS256 compare the secret's bytes on both sides, with others the key of this `kid`"
    SIGNATURE_PUBLIC Perhaps [KeyIdWrong, KeyIdReused, ForeignResourceToken, AlgorithmMislabelled, CharacterError, PayloadAltered, KeyUnknown]
        "fetch the issuer's key set anew and compare its key of this `kid` with the one in use"
    SIGNATURE_SECRET Perhaps [SecretEncoding, SecretMangled, CharacterError, PayloadAltered]
        "compare the secret's bytes on both sides: base64-decoded or not, a line end, an environment file's quotes"
    SIGNATURE_SHAPE Perhaps [SignatureDerEncoded, SignatureUnpadded, SignatureHexEncoded, Truncated]
        "look at the signature's length: R and S of fixed length belong side by side"
    STRIPPED Outright [SignatureStripped, AlgorithmNone, Truncated]
        "look at what follows the second dot: the signature is gone"
    KEY_UNKNOWN Perhaps [KeySetStale, KeyUnknown, KeyIdMissing, KeyUseMismatch, RefreshTokenAsAccessToken, AlgorithmNotAllowed, ForeignResourceToken]
        "compare the header's `kid` with the key set that is published now, and with `iss`: is it this issuer's?"
    KEY_AMBIGUOUS Perhaps [KeyIdMissing, KeyIdAmbiguous]
        "look for `kid` in the token's header, and for the same `kid` twice in the key set"
    KIND_REFRESH Outright [RefreshTokenAsAccessToken, TokenTypeMismatch]
        "look at which member of the token response is sent: `access_token` or `refresh_token`"
    SESSION Outright [SessionEnded, TokenRevoked]
        "ask the issuer when this user's session ended"
    NO_KEY_NAME Outright [KeyIdMissing, TokenTypeMismatch]
        "decode the header: there is no `kid`; tokens of another kind often have none"
    CUSTOM Outright [TokenTypeMismatch]
        "exchange the custom token for an ID token first: only that one is for a server"
    CLOCK Outright [ClockSkew, IssuedInFuture, NotYetValid]
        "compare this machine's clock with the issuer's `Date` header (UTC)"
    NETWORK Perhaps [KeySetUnreachable, IntrospectionUnreachable, DiscoveryMismatch]
        "ask the issuer's addresses from the API's own machine: name, port, certificate, proxy"
    SPENT_BY_TIME Outright [Expired, RefreshReused, SessionEnded]
        "let the user log in again: the refresh token itself has run out"
    KEYS_EMPTY Perhaps [KeySetInvalid, KeySetUnreachable, PolicyEmpty]
        "fetch the key set's address from the API's own machine: does it hold `keys`?"
    KEYS_UNREACHABLE Outright [KeySetUnreachable, DiscoveryMismatch]
        "fetch the issuer's discovery document and key set from the API's own machine: name, TLS, proxy"
    KEYS_INVALID Outright [KeySetInvalid, KeySetUnreachable]
        "fetch the key set's address: is it JSON with `keys`, or a page of a log-in or a proxy?"
    KEYS_THROTTLED Outright [KeySetThrottled, KeySetUnreachable]
        "look at how often the key set is fetched, and at its cache"
    KEY_FORM Perhaps [KeyFormat, KeyTypeMismatch, SecretEmpty]
        "look at the first line of the configured key: PEM with real line ends, and public?"
    KEY_TYPE Perhaps [KeyTypeMismatch, KeyFormat, AlgorithmNotAllowed]
        "compare the token's `alg` with the kind and the curve of the configured key"
    KEY_USE Outright [KeyUseMismatch, KeyTypeMismatch]
        "look at `use`, `key_ops` and `alg` of the key in the key set"
    KEY_WEAK Outright [KeyTooWeak, SecretEmpty]
        "count the key's bits: 256 for HS256, 2048 for RSA"
    SECRET_EMPTY Outright [SecretEmpty, KeyFormat]
        "print the length of the configured key at start: an environment variable is empty or misnamed"
    ALGORITHM Perhaps [AlgorithmNotAllowed, KeyTypeMismatch, AlgorithmConfusion, AlgorithmNone]
        "compare the token's `alg` with the list that the API allows"
    ALGORITHM_NONE Outright [AlgorithmNone, SignatureStripped]
        "decode the header: `alg` is none, so nobody signed this token"
    EXPIRED Outright [Expired, ClockSkew, TimeInLocalZone]
        "compare `exp` with this machine's clock (UTC): is the token old, or the clock wrong?"
    TOO_EARLY Outright [NotYetValid, ClockSkew, TimeInMilliseconds, TimeInLocalZone]
        "compare `nbf` with this machine's clock (UTC)"
    ISSUED_LATER Perhaps [ClockSkew, IssuedInFuture, TimeInMilliseconds, TimeInLocalZone]
        "compare `iat` with the clocks of the issuer and of this machine (UTC)"
    TOO_OLD Outright [LifetimeExcessive, Expired]
        "compare `iat` and `exp` with the longest age that the API allows"
    NO_EXPIRY Outright [ExpiryMissing, ClaimType]
        "decode the payload: there is no `exp`, or it is no number"
    EXPIRY_SHAPE Perhaps [ClaimType, TimeInMilliseconds, ExpiryMissing]
        "look at the type of `exp`: this library says missing where it is a text, a date, null or beyond an integer"
    CLAIM_TYPE Outright [ClaimType]
        "decode the payload: a claim is a text, number or list where another type belongs"
    CLAIMS_MISSING Perhaps [ExpiryMissing, SubjectMissing, AudienceMissing, IssuerMissing]
        "compare the claims that the message names with the token's payload"
    CLAIM_VALUE Outright [ClaimMismatch, TokenTypeMismatch, AudienceMissing]
        "compare the claim that the message names with what the API demands"
    AUDIENCE Perhaps [AudienceNotConfigured, AudienceNearMiss, AudienceMismatch, IdTokenAsAccessToken, AudienceMissing]
        "put the token's `aud` and the API's configured audience side by side, character by character"
    AUDIENCE_ASKED Perhaps [AudienceNearMiss, AudienceMismatch, IdTokenAsAccessToken, AudienceMissing]
        "put the token's `aud` and the API's configured audience side by side, character by character"
    AUDIENCE_UNSET Outright [AudienceNotConfigured]
        "configure the API's own audience"
    NO_AUDIENCE Outright [AudienceMissing, AudienceMismatch]
        "decode the payload: is `aud` there? Ask the issuer for this API's audience or resource"
    ISSUER Perhaps [IssuerNearMiss, IssuerMismatch, DiscoveryMismatch]
        "put the token's `iss` and the configured issuer side by side: slash, host, tenant, version"
    NO_ISSUER Outright [IssuerMissing, IssuerMismatch]
        "decode the payload: there is no `iss`"
    DISCOVERY Outright [DiscoveryMismatch, IssuerNearMiss]
        "compare `issuer` in the discovery document with the configured address, character by character"
    NO_SUBJECT Outright [SubjectMissing]
        "decode the payload: there is no `sub`, or it is empty"
    KIND Outright [TokenTypeMismatch, IdTokenAsAccessToken, RefreshTokenAsAccessToken]
        "look at `typ` in the header: an access token, an ID token, or another kind?"
    ENCRYPTED Outright [TokenEncrypted]
        "count the dots: four of them make an encrypted token, which needs the API's own key"
    CRITICAL Outright [CriticalHeader, ForeignResourceToken]
        "look at `crit` in the header"
    MEMBER Perhaps [HeaderMemberRefused, ClaimType, CriticalHeader, ForeignResourceToken]
        "decode the header: a member that this library does not take as it is (`nonce` is Microsoft Graph's)"
    SIZE Outright [SizeLimit, HeaderTooLarge]
        "count the token's bytes: groups and roles make it long"
    LINE_SIZE Outright [HeaderTooLarge, SizeLimit]
        "count the header's bytes and compare with the limits of each server on the way"
    INACTIVE Perhaps [TokenInactive, IntrospectionIssuerMismatch, Expired, SessionEnded, SenderProofMissing]
        "ask the introspection endpoint by hand, under the same host name that the token was obtained from"
    REVOKED Outright [TokenRevoked, SessionEnded, SubjectRevoked, ClientRevoked]
        "ask the issuer when this token, its session or its user was revoked"
    BOUND_GONE Outright [BoundObjectDeleted, TokenRevoked]
        "look whether the pod, node, secret or account that the token is bound to still exists"
    SCOPE Outright [ScopeInsufficient, ScopeShape]
        "compare the scopes that the route needs with `scope`, `scp` and roles in the token"
    STEP_UP Outright [AuthenticationTooWeak]
        "compare `acr` and `auth_time` with what the challenge demands, and log in anew"
    SENDER Outright [SenderProofInvalid, SenderProofMissing]
        "look at the header `DPoP`: its `htm`, `htu`, `iat`, `ath` and the nonce of the last answer"
    SENDER_MISSING Outright [SenderProofMissing, SchemeWrong]
        "look for `cnf` in the token: it wants `Authorization: DPoP …` and a proof"
    SPENT Perhaps [RefreshReused, RefreshSuperseded, SessionEnded, Expired, ClientRevoked]
        "look whether the refresh token or code was used before, and by which process"
    ANY_REFUSAL Nothing [Expired, AudienceMismatch, IssuerMismatch, KeyUnknown, SignatureMismatch, TokenRevoked]
        "the text names no cause: look at `error_description` and the server's log, or give the token"
    MANY_FORMS Perhaps [TokenOpaque, SchemeDoubled, Quoted, WhitespaceAround, CharacterError, TrailingCharacters]
        "look at what was sent, from the first character to the last"
    UNMAPPED Perhaps [SubjectUnmapped, ClaimMismatch]
        "look at which claim names the account, and whether the application knows that name"
    CHALLENGE Nothing [CredentialMissing, HeaderStripped, SchemeWrong]
        "a challenge without `error` means that no credential came (RFC 6750 §3.1): look at the request as the server received it"
    PREFLIGHT Outright [PreflightUnauthenticated]
        "let the API answer `OPTIONS` before it asks for a token"
    ANY_CLAIM Perhaps [AudienceMismatch, IssuerMismatch, ClaimMismatch, ClaimType]
        "look at `claim` and `reason` of the error object"
    CLAIM_TYPE_OF_INPUT Perhaps [CredentialEmpty, CredentialPlaceholder, ResponseInsteadOfToken]
        "look at what is handed to the verifier: an object, bytes or nothing where the token's text belongs"
    ZIP Outright [PayloadCompressed, HeaderMemberRefused]
        "decode the header: `zip` says that the payload is compressed"
    FOREIGN Outright [ForeignResourceToken, HeaderMemberRefused]
        "look at `nonce` in the header and at `aud`: this is Microsoft Graph's own token"
    DOUBLED Outright [SchemeDoubled]
        "hand the verifier the token alone, without `Bearer `"
    HAPROXY_FINE Perhaps [Expired, AudienceMismatch, IssuerMismatch]
        "1 says only that the signature holds: HAProxy's `jwt_verify` looks at no time, issuer or audience"
    BAD_REQUEST Perhaps [HeaderDuplicated, TokenInQuery, SchemeSeparator]
        "look at the raw request: several credentials, or one that cannot be parted from its scheme"
}
