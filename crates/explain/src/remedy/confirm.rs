//! How a cause is confirmed before anything is changed: a command to run, or something to look at.
//!
//! The commands name `https://id.example`, `https://api.example`, `token.txt` and `$TOKEN` as stand-ins,
//! and print no whole token.

use claviger_token::Code;

/// One step towards certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to look at and what it tells; literals in backticks.
    pub text: &'static str,
    /// The command, where there is one.
    pub command: Option<&'static str>,
}

const fn look(text: &'static str) -> Step {
    Step { text, command: None }
}

const fn run(text: &'static str, command: &'static str) -> Step {
    Step { text, command: Some(command) }
}

const WIRE: Step = run(
    "Look at the header that really leaves the client. It is cut here, so that no \
        whole token gets into a log.",
    r#"curl -sv -o /dev/null \
  -H "Authorization: Bearer $TOKEN" \
  https://api.example/orders 2>&1 |
  grep -i '^> authorization' |
  cut -c 1-40"#,
);
const EXPLAIN: Step = run(
    "Have the whole request explained: `--file` takes a request, a curl command or a \
        HAR file.",
    "claviger explain --file request.txt",
);
const EMPTY: Step = run(
    "Count what the variable holds in the very shell or container that sends; 0 is \
        this cause.",
    r#"printf %s "$TOKEN" | wc -c"#,
);
const TRY: Step = run(
    "Send the real request, and once more with the one correction. If the second is \
        accepted, this was the cause.",
    "claviger try --repair https://api.example/orders --file request.txt",
);
const CHALLENGE: Step = run(
    "Read the challenge of the answer: it names the scheme, the error and what is \
        asked for.",
    r#"curl -sS -o /dev/null -D - \
  -H "Authorization: Bearer $TOKEN" \
  https://api.example/orders |
  grep -i '^www-authenticate'"#,
);
const DOUBLED: Step = run(
    "Count the Authorization headers that leave; there must be 1.",
    r#"curl -sv -o /dev/null \
  -H "Authorization: Bearer $TOKEN" \
  https://api.example/orders 2>&1 |
  grep -ci '^> authorization'"#,
);
const ARRIVED: Step = look(
    "Let the API log which headers arrive (their names, not their values), and compare \
    with what was sent.",
);
const REDIRECT: Step = run(
    "See whether a redirect answers first: then the second request went without the \
        header.",
    r#"curl -sS -o /dev/null -w '%{http_code} %{redirect_url}\n' \
  -H "Authorization: Bearer $TOKEN" \
  https://api.example/orders"#,
);
const LENGTH: Step =
    run("Count the bytes of the token, here and where it is issued.", "wc -c < token.txt");
const LIMITS: Step = run(
    "Find who answers: the `Server` header and the page of a 400, 413, 431 or 494 \
        name the program whose limit it is.",
    r#"curl -sS -D - -o /dev/null \
  -H "Authorization: Bearer $TOKEN" \
  https://api.example/orders |
  grep -iE '^(HTTP|server)'"#,
);
const ENDS: Step = run(
    "Look at both ends of the file, character by character.",
    "head -c 12 token.txt | od -c
tail -c 6 token.txt | od -c",
);
const BLANKS: Step = run(
    "List the white space inside; the answer should be empty but for the last line \
        break.",
    "grep -n '[[:space:]]' token.txt | cut -c 1-20
wc -l < token.txt",
);
const FOREIGN: Step = run(
    "Show the characters that no JWT has.",
    "LC_ALL=C tr -d 'A-Za-z0-9._-' < token.txt | od -An -c",
);
const PERCENT: Step = run(
    "Count the encoded characters; a token has none.",
    "grep -o '%[0-9A-Fa-f][0-9A-Fa-f]' token.txt | sort | uniq -c",
);
const TOKEN: Step = run(
    "Have the token explained: the report points to the place and shows header and \
        claims.",
    "claviger explain - < token.txt",
);
const JUDGED: Step = run(
    "Judge it by the issuer's keys and the API's policy; each check says what it \
        found.",
    r"claviger explain --online --issuer https://id.example \
  --audience https://api.example - < token.txt",
);
const JUDGED_SECRET: Step = run(
    "Judge it with the very bytes that the API has as its secret; the report says how \
        they would fit.",
    "claviger explain --secret-file secret.txt - < token.txt",
);
const CASED: Step = run(
    "A JWT begins with `eyJ`. If it begins with `eyj` or `EYJ`, its letters were \
        changed.",
    "head -c 3 token.txt",
);
const DOTS: Step = run(
    "Count the dots: a signed JWT has 2, an encrypted one 4, an opaque token usually \
        none.",
    "tr -cd . < token.txt | wc -c",
);
const FRESH: Step = run(
    "Fetch a fresh token and send it unchanged. If that is accepted, the old one was \
        spoiled on the way.",
    "claviger explain --diff fresh.txt token.txt",
);
const PADDING: Step = run("Look for `=`; a segment has none.", "grep -c = token.txt");
const HEADER: Step = run(
    "Read the token's header: `alg`, `kid`, `typ`.",
    r#"python3 -c '
import sys, base64 as b
s = sys.stdin.read().split(".")[0]
print(b.urlsafe_b64decode(s + "=="))
' < token.txt"#,
);
const PAYLOAD: Step = run(
    "Read the claims, and compare them with what the API is configured to expect.",
    r#"python3 -c '
import sys, base64 as b
s = sys.stdin.read().split(".")[1]
print(b.urlsafe_b64decode(s + "=="))
' < token.txt"#,
);
const TIMES: Step = run(
    "Read `iat`, `nbf` and `exp`; they are whole seconds since 1970 in UTC.",
    "claviger explain - < token.txt",
);
const CLOCKS: Step = run(
    "Compare the clocks of the API and the issuer; the issuer's `Date` header is \
        close enough.",
    "date -u
curl -sSI https://id.example/.well-known/openid-configuration | grep -i '^date'",
);
const SYNCED: Step = run(
    "Ask both machines whether they are synchronised, and by how much they are off.",
    "timedatectl status
chronyc tracking",
);
const INTROSPECTED: Step = run(
    "Ask the issuer about the token.",
    r#"curl -sS -u "$API_CLIENT:$API_SECRET" \
  --data-urlencode "token=$TOKEN" https://id.example/introspect |
  jq '{active, iss, aud, exp}'"#,
);
const SECRET_TRY: Step = run(
    "Try the client's own id and secret: `invalid_client` says that the client is not \
        known or disabled.",
    r#"curl -sS -u "$CLIENT_ID:$CLIENT_SECRET" \
  -d grant_type=client_credentials https://id.example/token |
  jq '{error, error_description}'"#,
);
const WHY: Step = run(
    "The refusal has a diagnosis id (`dg_…`); the journal keeps what stands behind \
        it.",
    "claviger why dg_7k3mq9x2",
);
const KEYS: Step = run(
    "List the keys that the issuer publishes, and look for the `kid` of the token.",
    "curl -sS https://id.example/jwks | jq -c '.keys[] | {kid, kty, use, alg}'",
);
const KEYCOUNT: Step = run(
    "List the names that stand twice; the answer should be empty.",
    "curl -sS https://id.example/jwks | jq -r '.keys[].kid' | sort | uniq -d",
);
const KEYSAME: Step = run(
    "Fetch the set several times; every line must be the same.",
    "for i in 1 2 3 4 5 6; do curl -sS https://id.example/jwks | sha256sum; done",
);
const RESTART: Step = look(
    "Restart one instance of the API. If only that one now accepts the token, the others \
    hold old keys.",
);
const DISCOVERY: Step = run(
    "Read what the issuer calls itself and where its keys are; compare byte for byte.",
    "curl -sS https://id.example/.well-known/openid-configuration |
  jq '{issuer, jwks_uri, id_token_signing_alg_values_supported}'",
);
const REACHED: Step = run(
    "Fetch it from the API's own machine or container, with its proxy and its \
        authorities.",
    "curl -v --max-time 10 -o /dev/null https://id.example/jwks",
);
const KEYSIZE: Step = run(
    "Read the size: RSA needs 2048 bits, an HS256 secret 32 bytes.",
    "openssl pkey -pubin -in public.pem -noout -text | head -n 1
wc -c < secret.txt",
);
const SIGLENGTH: Step = run(
    "Count the signature's bytes: ES256 has 64, ES384 96, ES512 132, HS256 32.",
    r#"python3 -c '
import sys, base64 as b
s = sys.stdin.read().strip().split(".")[2]
print(len(b.urlsafe_b64decode(s + "==")))
' < token.txt"#,
);
const DIGESTS: Step = run(
    "Compare length and digest of the secret in both processes, as they see it.",
    r#"printf %s "$JWT_SECRET" | wc -c
printf %s "$JWT_SECRET" | sha256sum | cut -c 1-12"#,
);
const PEMREAD: Step = run(
    "See whether OpenSSL reads it as a public key.",
    "openssl pkey -pubin -in public.pem -noout -text",
);
const CONFIGURED: Step = look(
    "Print, at the start of the API, the issuer and audience that it really uses; an \
    empty one is this cause.",
);
const PROXY_CHALLENGE: Step = run(
    "Read the challenge without a credential: `Basic` comes from the proxy, `Bearer` \
        from the API.",
    "curl -sS -o /dev/null -D - https://api.example/orders | grep -i '^www-authenticate'",
);
const PREFLIGHTED: Step = run(
    "Ask as a browser does, without a credential. The answer must be 200 or 204 with \
        `Access-Control-Allow-Headers`.",
    r"curl -sS -o /dev/null -D - -X OPTIONS \
  -H 'Origin: https://app.example' \
  -H 'Access-Control-Request-Method: GET' \
  -H 'Access-Control-Request-Headers: authorization' \
  https://api.example/orders",
);
const WITHOUT: Step = run(
    "Call the route without a token and with one; only the second is refused.",
    r"curl -sS -o /dev/null -w '%{http_code}\n' https://api.example/public",
);
const BOUND: Step = run(
    "Ask the API server who the token stands for; `Unauthorized` says that its object \
        is gone or its time is over.",
    r#"kubectl --token="$TOKEN" auth whoami"#,
);
const JOURNAL: Step = look(
    "Read the API's own log at the time of the request: the library names the check that \
    refused.",
);

/// How to make sure that it is this cause: one to three steps, the quickest first.
#[must_use]
pub fn confirm(code: Code) -> &'static [Step] {
    match code {
        Code::CredentialMissing | Code::CredentialPlaceholder => &[WIRE, EXPLAIN],
        Code::CredentialEmpty => &[EMPTY, WIRE],
        Code::SchemeMissing
        | Code::SchemeDoubled
        | Code::SchemeSeparator
        | Code::HeaderNameWrong
        | Code::SchemeCase => &[WIRE, TRY],
        Code::SchemeWrong => &[CHALLENGE, TRY],
        Code::HeaderDuplicated => &[DOUBLED, EXPLAIN],
        Code::HeaderStripped => &[WIRE, ARRIVED, REDIRECT],
        Code::HeaderTooLarge | Code::SizeLimit => &[LENGTH, LIMITS],
        Code::TokenInQuery | Code::TokenInCookie | Code::TokenInBody => &[EXPLAIN, TRY],
        Code::WhitespaceAround
        | Code::Quoted
        | Code::Bracketed
        | Code::TrailingCharacters
        | Code::ResponseInsteadOfToken
        | Code::Base64OfToken => &[ENDS, TOKEN],
        Code::WhitespaceInside => &[BLANKS, TOKEN],
        Code::InvisibleCharacter
        | Code::SmartPunctuation
        | Code::EscapeSequence
        | Code::Base64Alphabet => &[FOREIGN, TOKEN],
        Code::PercentEncoded => &[PERCENT, TOKEN],
        Code::TokensConcatenated => &[LENGTH, TOKEN],
        Code::CaseFolded => &[CASED, TOKEN],
        Code::SegmentCount | Code::SignatureStripped => &[DOTS, TOKEN],
        Code::Truncated | Code::ChecksumMismatch => &[LENGTH, FRESH],
        Code::CharacterError => &[FRESH, JUDGED],
        Code::Base64Padding => &[PADDING, TOKEN],
        Code::Base64Invalid | Code::Base64TrailingBits => &[FRESH, TOKEN],
        Code::HeaderNotJson | Code::PayloadCompressed => &[HEADER, TOKEN],
        Code::PayloadNotJson | Code::ClaimDuplicated | Code::ClaimType => &[PAYLOAD, TOKEN],
        Code::TokenEncrypted => &[DOTS, HEADER],
        Code::TokenOpaque => &[DOTS, INTROSPECTED],
        Code::SignatureMismatch => &[FRESH, JUDGED, KEYS],
        Code::PayloadAltered => &[JUDGED, PAYLOAD],
        Code::AlgorithmNone | Code::AlgorithmConfusion => &[HEADER, JUDGED],
        Code::KeyEmbedded
        | Code::KeyIdInjection
        | Code::KeyIdMissing
        | Code::KeyIdWrong
        | Code::KeyTypeMismatch => &[HEADER, KEYS],
        Code::Expired | Code::NotYetValid | Code::IssuedInFuture | Code::TimeInLocalZone => {
            &[TIMES, CLOCKS]
        }
        Code::ClockSkew => &[CLOCKS, SYNCED],
        Code::TimeInMilliseconds | Code::ExpiryMissing | Code::LifetimeExcessive => &[TIMES],
        Code::TokenRevoked
        | Code::SessionEnded
        | Code::SubjectRevoked
        | Code::RefreshSuperseded => &[INTROSPECTED, WHY],
        Code::ClientRevoked => &[SECRET_TRY, WHY],
        Code::RefreshReused => &[WHY],
        Code::KeyRetired | Code::KeyUseMismatch => &[KEYS, HEADER],
        Code::TokenInactive | Code::IntrospectionUnreachable => &[INTROSPECTED, SECRET_TRY],
        Code::AudienceMismatch
        | Code::AudienceNearMiss
        | Code::AudienceMissing
        | Code::ClaimMismatch
        | Code::ForeignResourceToken => &[PAYLOAD, JUDGED],
        Code::IssuerMismatch | Code::IssuerNearMiss => &[PAYLOAD, DISCOVERY],
        Code::IssuerMissing | Code::ScopeShape | Code::SubjectMissing => &[PAYLOAD],
        Code::ScopeInsufficient | Code::SenderProofMissing => &[PAYLOAD, CHALLENGE],
        Code::IdTokenAsAccessToken | Code::RefreshTokenAsAccessToken => &[PAYLOAD, HEADER],
        Code::TokenTypeMismatch => &[HEADER, PAYLOAD],
        Code::SenderProofInvalid => &[PAYLOAD, EXPLAIN],
        Code::AuthenticationTooWeak => &[CHALLENGE, PAYLOAD],
        Code::KeyUnknown => &[HEADER, KEYS, DISCOVERY],
        Code::KeySetStale => &[HEADER, KEYS, RESTART],
        Code::KeySetUnreachable => &[REACHED],
        Code::KeySetInvalid => &[KEYS, DISCOVERY],
        Code::DiscoveryMismatch => &[DISCOVERY],
        Code::KeyTooWeak => &[KEYSIZE],
        Code::AlgorithmNotAllowed => &[HEADER, DISCOVERY],
        Code::AlgorithmMislabelled => &[HEADER, KEYS, JUDGED],
        Code::SignatureDerEncoded | Code::SignatureUnpadded | Code::SignatureHexEncoded => {
            &[SIGLENGTH, JUDGED]
        }
        Code::SecretEncoding | Code::SecretMangled => &[DIGESTS, JUDGED_SECRET],
        Code::KeyFormat => &[PEMREAD],
        Code::SigningInput | Code::PssSaltLength => &[JUDGED],
        Code::CriticalHeader => &[HEADER],
        Code::PolicyEmpty => &[CONFIGURED],
        Code::HeaderRewritten => &[ARRIVED, WIRE],
        Code::HeaderContended => &[PROXY_CHALLENGE, ARRIVED],
        Code::CredentialShadowed => &[WIRE, DOUBLED],
        Code::PreflightUnauthenticated => &[PREFLIGHTED],
        Code::OptionalTokenRefused => &[WITHOUT],
        Code::IntrospectionIssuerMismatch => &[PAYLOAD, DISCOVERY, INTROSPECTED],
        Code::BoundObjectDeleted => &[BOUND, PAYLOAD],
        Code::AudienceNotConfigured => &[CONFIGURED, PAYLOAD],
        Code::SubjectUnmapped => &[PAYLOAD, JOURNAL],
        Code::KeySetThrottled => &[HEADER, KEYS, JOURNAL],
        Code::KeyIdAmbiguous => &[KEYCOUNT, HEADER],
        Code::KeyIdReused => &[KEYS, RESTART],
        Code::KeySetInconsistent => &[KEYSAME],
        Code::SecretEmpty => &[DIGESTS],
        Code::HeaderMemberRefused => &[HEADER, JOURNAL],
        // `Code` may grow outside of this crate; a test holds that nothing ends here.
        _ => &[],
    }
}
