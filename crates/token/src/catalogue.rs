//! The fault catalogue: every cause that Claviger can name, written once.
//!
//! Decides what is known of a cause before any token is seen; never whether one applies.

use crate::fault::OauthError::*;

catalogue! {
    CredentialMissing {
        code: "credential-missing", class: Header, who: Client, proof: Shape,
        status: 401, error: None,
        clause: "RFC 6750 §3.1",
        title: "The request carries no credential",
        sentence: "the request carries no credential[: {reason}]",
        explanation: "The server looked for `Authorization: Bearer …` and found no such header, \
            and no token in any other place it reads. Usually the call was made without logging \
            in first, the header was set on another client instance than the one that sends, or a \
            redirect started a second request without it. Nothing was wrong with a token: none \
            arrived.",
        fix: "Send `Authorization: Bearer <token>` on this very request, and on every request \
            that follows a redirect.",
    }
    CredentialEmpty {
        code: "credential-empty", class: Header, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "The Authorization header has no token in it",
        sentence: "nothing stands behind the scheme[ {scheme}]",
        explanation: "The header came with the word `Bearer` and nothing behind it. The variable \
            that should hold the token was empty when the header was built: the log-in had not \
            finished, the environment variable was not set in this shell or container, or the \
            store returned an empty text.",
        fix: "Build the header only once the token has been loaded, and stop with an error when \
            it is empty. In a shell: `test -n \"$TOKEN\" || exit 1`.",
    }
    CredentialPlaceholder {
        code: "credential-placeholder", class: Header, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "A placeholder was sent in place of the token",
        sentence: "a placeholder stands where the token belongs[: {found}][; {reason}]",
        explanation: "What was sent is the name of a token and not a token: a template variable \
            that nobody filled in, an example copied from documentation, or the text of an empty \
            value. `undefined` and `[object Object]` come from JavaScript, `None` from Python; \
            `[object Promise]` means that an `await` is missing.",
        fix: "Fill the variable before the header is built, and await it where it is loaded \
            asynchronously.",
    }
    SchemeMissing {
        code: "scheme-missing", class: Header, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "The token was sent without its scheme",
        sentence: "the header's value begins with the token itself; `Bearer` and one space are \
            missing",
        explanation: "The Authorization header holds a scheme, a space and the credential. Here \
            the token stands alone, so a strict server reads its first characters as the name of \
            an unknown scheme. It happens where a tool has a field for the whole header value, as \
            an `apiKey` field of Swagger 2 is, and only the token was entered.",
        fix: "Put `Bearer` and one space in front of the token: `Authorization: Bearer eyJ…`.",
    }
    SchemeWrong {
        code: "scheme-wrong", class: Header, who: Client, proof: Repair,
        status: 401, error: None,
        clause: "RFC 9110 §11.4",
        title: "The credential came under another scheme than Bearer",
        sentence: "the scheme is {scheme}; this API reads `Bearer`",
        explanation: "The word in front of the credential says how it is to be read. `Basic` \
            means a user name and a password in base64, `Token`, `JWT` and `OAuth` are habits of \
            single products, and a server that expects `Bearer` passes them all over. Often the \
            client library was configured for another kind of log-in, or the token was entered as \
            a password.",
        fix: "Use the scheme that the API names in its `WWW-Authenticate` header; for this API \
            that is `Authorization: Bearer <token>`.",
    }
    SchemeDoubled {
        code: "scheme-doubled", class: Header, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "The scheme stands twice",
        sentence: "{scheme} stands behind `Bearer`, where the token should begin",
        explanation: "The header reads `Bearer Bearer eyJ…`, so the token seems to begin with the \
            word `Bearer`. Somebody stored the token together with its scheme, or a library that \
            adds the scheme by itself was handed a value that already had it.",
        fix: "Hand the library the bare token, without `Bearer` in front: store `eyJ…`, not \
            `Bearer eyJ…`.",
    }
    SchemeSeparator {
        code: "scheme-separator", class: Header, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9110 §11.4",
        title: "Scheme and token are not separated by one space",
        sentence: "exactly one space belongs between `Bearer` and the token[; found {found}]",
        explanation: "Behind the scheme comes exactly one space. A colon, an equals sign, a tab, \
            several spaces, an encoded `%20` or nothing at all look the same to the eye and make \
            the whole value unreadable for a strict server.",
        fix: "Write exactly one space between `Bearer` and the token.",
    }
    HeaderNameWrong {
        code: "header-name-wrong", class: Header, who: Client, proof: Repair,
        status: 401, error: None,
        clause: "RFC 9110 §11.6.2",
        title: "The token rides in another header",
        sentence: "the token is not in the header `Authorization`[; it is in {header}]",
        explanation: "The token is good, but it came in a header that this API never looks at: \
            `Authentication`, `Authorisation`, `X-Auth-Token`, `X-Access-Token`, `Token`. Some \
            are slips of spelling, others are the convention of another product.",
        fix: "Rename the header to `Authorization` and put `Bearer` and a space in front of the \
            token.",
    }
    HeaderDuplicated {
        code: "header-duplicated", class: Header, who: Client, proof: Shape,
        status: 400, error: Some(InvalidRequest),
        clause: "RFC 6750 §2",
        title: "More than one credential was sent",
        sentence: "the request carries more than one credential[ ({count})][: {reason}]",
        explanation: "A request may carry one credential in one place. Two Authorization headers, \
            one header with two values joined by a comma, or a header beside a query parameter \
            leave it to chance which one is judged, so the request is refused. Usually a default \
            header of the client and the one set for this call were both sent, or a proxy added \
            its own.",
        fix: "Send exactly one Authorization header: replace the client's default header in place \
            of adding to it, and send no token in the query or the form beside it.",
    }
    HeaderStripped {
        code: "header-stripped", class: Header, who: Proxy, proof: Probe,
        status: 401, error: None,
        clause: "RFC 9110 §11.6.2",
        title: "The header was lost on the way",
        sentence: "the client sent the header and the server received none[: {reason}]",
        explanation: "The client's own trace shows the header and the server never got it. \
            Redirects to another host, scheme or port drop it on purpose, Apache hands it to CGI \
            and WSGI programs only when told to, and proxies may be configured to clear it or to \
            drop header names with underscores.",
        fix: "Call the final URL directly, and let the proxy pass the header on: `CGIPassAuth On` \
            or `WSGIPassAuthorization On` in Apache, `proxy_set_header Authorization \
            $http_authorization;` in nginx.",
    }
    HeaderTooLarge {
        code: "header-too-large", class: Header, who: Proxy, proof: Compare,
        status: 431, error: None,
        clause: "RFC 6585 §5",
        title: "The header is longer than a server on the way accepts",
        sentence: "the header is longer than servers accept[: {bytes} bytes][; the limit is \
            {limit_bytes}][: {reason}]",
        explanation: "Servers and proxies limit the size of a header line, usually to 4, 8 or 16 \
            KiB. Past that the answer is 400, 431 or 494 in place of 401, or the token arrives \
            cut off. Tokens grow this long when an identity provider writes hundreds of groups or \
            roles into them.",
        fix: "Make the token smaller at the issuer (fewer groups and roles, or a reference to \
            them), or raise the limit: `large_client_header_buffers` in nginx, \
            `--max-http-header-size` in Node.js.",
    }
    TokenInQuery {
        code: "token-in-query", class: Header, who: Client, proof: Repair,
        status: 400, error: Some(InvalidRequest),
        clause: "RFC 6750 §2.3",
        title: "The token is in the URL",
        sentence: "the token is in the query[, parameter {name}]; this API reads the header \
            `Authorization`",
        explanation: "A token in the URL is written to access logs, browser histories and \
            `Referer` headers, so most servers refuse to read it there. Clients of WebSocket and \
            EventSource do it because browsers do not let them set headers.",
        fix: "Send it as `Authorization: Bearer <token>`, and treat the one that was in the URL \
            as leaked. For a WebSocket from a browser use a one-time ticket or a cookie.",
    }
    TokenInCookie {
        code: "token-in-cookie", class: Header, who: Client, proof: Repair,
        status: 401, error: None,
        clause: "RFC 6750 §2",
        title: "The token is in a cookie",
        sentence: "the token is in a cookie[, {name}]; this API reads the header `Authorization`",
        explanation: "A good token lies in a cookie and the server reads the header only. The \
            log-in was made for a web application with a session, and the API is called directly; \
            or the gateway that should turn the cookie into a header is not in the way.",
        fix: "Send the cookie's value as `Authorization: Bearer <token>`, or put a gateway in \
            front that does; a server that reads cookies itself needs protection against CSRF.",
    }
    TokenInBody {
        code: "token-in-body", class: Header, who: Client, proof: Repair,
        status: 400, error: Some(InvalidRequest),
        clause: "RFC 6750 §2.2",
        title: "The token is in the body",
        sentence: "the token is in the body[, member {name}]; this API reads the header \
            `Authorization`",
        explanation: "The token was sent as a form field or a JSON member. RFC 6750 knows the \
            form field for clients that cannot set headers, but servers need not support it and \
            most do not.",
        fix: "Send it as `Authorization: Bearer <token>` and take it out of the body.",
    }
    WhitespaceAround {
        code: "whitespace-around", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §7.1",
        title: "White space stands before or after the token",
        sentence: "white space stands around the token[: {character} at position {position}]",
        explanation: "A newline, a space or a tab was sent along with the token. It comes from \
            reading a file with its last line break, from `echo` without `-n`, from a Kubernetes \
            Secret that was encoded with one, or from a file edited on Windows. A server that \
            decodes strictly sees a character that is not in the base64url alphabet.",
        fix: "Strip it where the token is read: `tr -d '\\r\\n' < token.txt`, `printf %s \
            \"$TOKEN\"` in place of `echo`, `.trim()` in code.",
    }
    WhitespaceInside {
        code: "whitespace-inside", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §2",
        title: "White space stands inside the token",
        sentence: "white space stands inside the token[: {character} at position {position}][, \
            {count} in all][, every {period} characters]",
        explanation: "A token is one unbroken line. Terminals, mail programs and editors wrap \
            long lines, `base64` breaks its output every 76 columns, and YAML's folded text turns \
            line breaks into spaces; copied from there, the token carries them along.",
        fix: "Copy the token as one line: `base64 -w0`, the `|-` form in YAML, `jq -r`. To mend \
            one: `tr -d '[:space:]' < token.txt`.",
    }
    Quoted {
        code: "quoted", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "Quotation marks were sent along with the token",
        sentence: "the token stands in quotation marks[ ({character})]",
        explanation: "The quotes belong to JSON, a shell or an `.env` file and not to the token. \
            Typical ways: `jq` without `-r`, `JSON.stringify` before storing in the browser, \
            quotes in a file read by `docker --env-file`, which keeps them.",
        fix: "Take the raw text: `jq -r .access_token`, `JSON.parse` when reading from storage, \
            no quotes in files for `--env-file`.",
    }
    Bracketed {
        code: "bracketed", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "Brackets were sent along with the token",
        sentence: "the token stands in brackets[ ({character})]",
        explanation: "Documentation writes `<token>` or `{token}` to mark a place that is to be \
            filled in. The place was filled in, but the brackets around it stayed.",
        fix: "Remove the brackets: they are the documentation's way of writing and no part of the \
            token.",
    }
    InvisibleCharacter {
        code: "invisible-character", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "An invisible character is in the token",
        sentence: "a character that no token holds is in it[: {character} at position \
            {position}][, {count} in all]",
        explanation: "A zero-width space, a byte order mark, a no-break space, a soft hyphen or a \
            control character came along when the token was copied, most often out of a web page, \
            a chat or a file saved with a BOM. It cannot be seen, and comparing by eye shows two \
            equal tokens.",
        fix: "Copy the token from a plain-text source, or clean it: `LC_ALL=C tr -cd \
            'A-Za-z0-9._~+/=-' < token.txt`.",
    }
    SmartPunctuation {
        code: "smart-punctuation", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §2.1",
        title: "Typography has replaced a character of the token",
        sentence: "typography stands where plain text belongs[: {character} at position \
            {position}][: {reason}]",
        explanation: "A word processor, a chat or a note-taking program replaced a hyphen by a \
            dash, a quote by a curly one, or three dots by an ellipsis. An ellipsis may also mean \
            that the display shortened the token, as the browser's developer tools do: then its \
            middle is lost for good.",
        fix: "Copy the value with the tool's own \"copy value\" and from a place that does not \
            format text. If it was shortened, fetch the token again.",
    }
    PercentEncoded {
        code: "percent-encoded", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 3986 §2.1",
        title: "The token is percent-encoded",
        sentence: "the token is encoded for a URL[: {found} at position {position}][, {count} \
            times]",
        explanation: "The token was taken out of a URL or a form without being decoded, or \
            encoded before it was put into a header, where no encoding belongs. `%2E` stands for \
            a dot, `%3D` for an equals sign; `%252E` was encoded twice.",
        fix: "Decode it once when taking it out of a URL (`decodeURIComponent`, \
            `urllib.parse.unquote`), and never encode a header's value.",
    }
    EscapeSequence {
        code: "escape-sequence", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8259 §7",
        title: "Escape sequences are in the token",
        sentence: "escapes of another notation are in the token[: {found} at position {position}]",
        explanation: "Somewhere the token went through JSON, HTML or mail once more than it was \
            taken out: `\\n` or `\\u002e` written with a backslash, `&amp;` or `&#46;`, `=3D`. \
            The reader at the other end takes them for characters of the token.",
        fix: "Decode it with the parser of the notation it came in (JSON, HTML, quoted-printable) \
            in place of cutting it out of the raw text.",
    }
    TrailingCharacters {
        code: "trailing-characters", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §7.1",
        title: "Something of the surrounding text was copied along",
        sentence: "something follows the end of the token[: {found}][ at position {position}]",
        explanation: "The token is whole, and behind it stands a comma, a semicolon, a closing \
            quote or bracket, or the next parameter of a query. It was cut out of a longer text \
            by hand or with a pattern that took too much.",
        fix: "Copy the token alone; in a program take it from the parsed JSON or URL and not with \
            a regular expression.",
    }
    TokensConcatenated {
        code: "tokens-concatenated", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §7.1",
        title: "Several tokens are stuck together",
        sentence: "several tokens stand in one text[: {count}][; {reason}]",
        explanation: "Where one token belongs, two or more follow each other, or the same one \
            twice. A field was pasted into without being cleared, or code appends to the stored \
            value in place of replacing it.",
        fix: "Clear the field before pasting, and set the stored value in place of appending to \
            it.",
    }
    ResponseInsteadOfToken {
        code: "response-instead-of-token", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6749 §5.1",
        title: "The whole token response was sent in place of the token",
        sentence: "the response of a token endpoint stands where the token alone belongs[: its \
            member is {member}]",
        explanation: "The token endpoint answers with an object in which the token is one member \
            among others. The whole object was put into the header, as JSON or as a form.",
        fix: "Send the member alone: `response.access_token` in code, `curl … | jq -r \
            .access_token` in a shell.",
    }
    Base64OfToken {
        code: "base64-of-token", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §7.1",
        title: "The token is base64-encoded once more",
        sentence: "decoding the text from base64[ {count} times] gives a token",
        explanation: "The token was encoded as a whole before it was sent. Kubernetes shows the \
            values of a Secret in base64, and helpers made for Basic authentication encode \
            whatever they get.",
        fix: "Decode it once before use: `kubectl get secret NAME -o jsonpath='{.data.token}' | \
            base64 -d`.",
    }
    CaseFolded {
        code: "case-folded", class: Malformed, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 4648 §5",
        title: "The token was changed to one letter case",
        sentence: "all letters are of one case[ ({found})]; base64url tells upper from lower case",
        explanation: "In base64url an `a` and an `A` are different values. A layer on the way \
            changed all letters to one case: a database column compared without case, a form \
            field, a function applied to the whole header. What the letters were cannot be found \
            out again.",
        fix: "Find the step that changes case (`toLowerCase`, `LOWER()`, a case-insensitive \
            column) and apply it to the scheme only; then fetch a fresh token.",
    }
    SegmentCount {
        code: "segment-count", class: Malformed, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §7.2",
        title: "The token does not have three segments",
        sentence: "the token has {count} segments between dots; a signed token has 3",
        explanation: "A signed JWT is `header.payload.signature`: three segments, two dots. Fewer \
            mean that a part was not copied, more that something was glued on. The text fits no \
            other known kind of token either.",
        fix: "Send the complete token. If only the middle part was kept, fetch the token again: \
            header and signature cannot be made up.",
    }
    Truncated {
        code: "truncated", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.2",
        title: "The end of the token is missing",
        sentence: "the end of the token is missing[: its signature has {found} characters and \
            needs {expected}][; it ends after {length} characters][: {reason}]",
        explanation: "The token ends too early. A database column, a cookie (4096 bytes), an \
            input field or a terminal's line (4095 characters) has cut it: tokens have no fixed \
            size, and one more claim is enough to reach the limit. Part of the signature is gone, \
            so it can never verify.",
        fix: "Widen the place that cut it (a `text` column in place of `varchar(255)`, a session \
            in place of a cookie) and fetch the token again.",
    }
    CharacterError {
        code: "character-error", class: Malformed, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.2",
        title: "One character of the token is wrong",
        sentence: "one edit makes the signature verify[: position {position}][, {found} should be \
            {expected}][: {reason}]",
        explanation: "The token differs from the one that was issued in a single character: \
            mistyped, lost, doubled or swapped. Typical are `l`, `I` and `1`, `O` and `0`, and a \
            `-` or `_` lost when text was selected by double-click. If the change lies in a claim \
            that grants rights, it may also be an attempt to alter the token.",
        fix: "Copy the token again from its source, and do not retype it.",
    }
    Base64Alphabet {
        code: "base64-alphabet", class: Malformed, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 4648 §5",
        title: "The token is written in the wrong base64 alphabet",
        sentence: "[{character} stands in the {part} at position {position}; ]base64url has `-` \
            and `_` in place of `+` and `/`",
        explanation: "JWTs are written in base64url, which is safe in URLs. The token has `+` or \
            `/` of the standard alphabet: the issuer's encoder is the wrong one, or something on \
            the way translated it. Tolerant validators accept it, strict ones do not.",
        fix: "Encode with base64url (RFC 4648 §5) without padding: \
            `base64.urlsafe_b64encode(x).rstrip(b\"=\")`, `Buffer.toString(\"base64url\")`.",
    }
    Base64Padding {
        code: "base64-padding", class: Malformed, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §2",
        title: "A segment is padded with equals signs",
        sentence: "segments carry no padding[; `=` stands in the {part} at position {position}]",
        explanation: "In a JWT the padding of base64 is left out. The issuer's encoder writes it, \
            or somebody added it for a decoder and sent the result on. Some validators accept it, \
            others refuse it, so the same token works at one API and fails at the next.",
        fix: "Strip the padding before signing: the signature covers the segments exactly as they \
            are sent.",
    }
    Base64Invalid {
        code: "base64-invalid", class: Malformed, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.2",
        title: "A segment is no base64url",
        sentence: "the text[ of the {part}] is no base64url[: {character} at position \
            {position}][: {reason}]",
        explanation: "A segment holds a character outside the alphabet `A-Z a-z 0-9 - _`, or has \
            a length that no encoding produces, and no known repair fits. The text was damaged on \
            the way, or it was never a token.",
        fix: "Fetch a fresh token and compare it, character by character, with what arrives at \
            the server.",
    }
    HeaderNotJson {
        code: "header-not-json", class: Malformed, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §4",
        title: "The token's header is no JSON object",
        sentence: "the first segment decodes to no JSON object[: {reason}][ at byte {position}]",
        explanation: "The text has the shape of a JWT, but its first part does not decode to an \
            object such as `{\"alg\":\"ES256\"}`. Either it is a token of another family that \
            also has dots in it (itsdangerous, Discord, macaroons), or the issuer's encoder is \
            broken.",
        fix: "Check what issued this token and whether it is a JWT at all; if the issuer means it \
            to be one, its header must be serialised as JSON.",
    }
    PayloadNotJson {
        code: "payload-not-json", class: Malformed, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §7.2",
        title: "The token's payload is no JSON object",
        sentence: "the second segment decodes to no JSON object[: {reason}][ at byte {position}]",
        explanation: "The middle part does not decode to an object of claims. Seen in life: JSON \
            encoded twice, so that it is a text in quotes; a byte order mark in front; Latin-1 in \
            place of UTF-8; a token inside a token. Some libraries accept these and damage names \
            silently.",
        fix: "Serialise the claims once, as one JSON object in UTF-8 without byte order mark.",
    }
    ClaimDuplicated {
        code: "claim-duplicated", class: Malformed, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4",
        title: "A member stands twice in the token",
        sentence: "{claim} stands twice[ in the {part}]",
        explanation: "JSON does not say which of two members of the same name counts, and parsers \
            disagree: some take the first, some the last. Two services could then read two \
            different tokens out of one, so a strict validator refuses it. It comes from issuers \
            that write claims from two sources one after the other.",
        fix: "Write each claim once: let the issuer merge its sources before it serialises.",
    }
    ClaimType {
        code: "claim-type", class: Malformed, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4.1",
        title: "A claim has the wrong JSON type",
        sentence: "{claim} must be {expected}[ and is {found}]",
        explanation: "Registered claims have fixed types: `exp`, `nbf` and `iat` are numbers of \
            seconds, `iss` and `sub` are texts, `aud` is a text or a list of texts. A number in \
            quotes, a date as text or a numeric user id in `sub` is accepted by some libraries \
            and refused by others, often with a message that speaks of a missing claim.",
        fix: "Write the claim with its registered type: numbers without quotes, identifiers as \
            text.",
    }
    TokenEncrypted {
        code: "token-encrypted", class: Malformed, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7516 §9",
        title: "The token is encrypted for somebody else",
        sentence: "five segments: an encrypted token[ ({alg}, {enc})]; this API has no key for it",
        explanation: "Five segments make a JWE: only the holder of the decryption key can read \
            it. Some identity providers issue their default token in this form, for their own \
            use, when the client did not say which API it wants to call; Auth0 does so when no \
            `audience` was requested.",
        fix: "Request the token for this API: name it in `audience` or `resource` when asking for \
            the token.",
    }
    TokenOpaque {
        code: "token-opaque", class: Malformed, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7662 §2",
        title: "The token is no JWT",
        sentence: "this is an opaque token and no JWT[: {family}][: {reason}]",
        explanation: "An opaque token is a random text that only its issuer can look up; nothing \
            about it can be checked locally. Either it belongs to another service (its first \
            characters often tell which), or the identity provider issued an opaque one because \
            no API was named in the request, or this API should introspect and is configured to \
            verify JWTs.",
        fix: "Ask for a JWT by naming this API (`audience`, `resource`), or let the API \
            introspect the token at its issuer; a token of another service works at that service \
            only.",
    }
    ChecksumMismatch {
        code: "checksum-mismatch", class: Malformed, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §3.1",
        title: "The token's built-in checksum does not fit",
        sentence: "the built-in checksum does not fit the rest of the token[ ({family})][: \
            {reason}]",
        explanation: "Some services end their opaque tokens with a checksum. This one does not \
            fit, so the token was mistyped, cut or altered: its issuer has never issued this \
            text. No call over the network is needed to know it.",
        fix: "Copy the token again from where it was issued; if it cannot be shown any more, \
            create a new one and revoke the old.",
    }
    SignatureMismatch {
        code: "signature-mismatch", class: Tampered, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.2",
        title: "The signature does not verify",
        sentence: "the signature does not verify[ with {alg}][ under the key {kid}][: {reason}]",
        explanation: "The token is well-formed and the key it names is at hand, but the signature \
            was not made by that key over this text. Either the content was changed after \
            signing, the signature was damaged, or it was signed by another key: another \
            environment, another shared secret, a key that was replaced under the same name. None \
            of the repairs that were tried explains it.",
        fix: "Fetch a fresh token and send it unchanged. If it fails too, compare the issuer's \
            published keys with those of the API: `claviger explain --jwks URL -`.",
    }
    PayloadAltered {
        code: "payload-altered", class: Tampered, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.2",
        title: "The claims were changed after signing",
        sentence: "the issuer signed other claims than the ones presented[: {difference}][: \
            {claims}][: {reason}]",
        explanation: "The issuer's record of this token, or the digest inside its own signature, \
            shows that the content was different when it was signed. Somebody edited the payload: \
            to extend its life, to gain rights, or to try something out. The signature exists to \
            make exactly this impossible.",
        fix: "Never edit a token: request one with the claims that are needed. If you did not \
            change it, treat it as an attack and look for who handled it.",
    }
    SignatureStripped {
        code: "signature-stripped", class: Tampered, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.2",
        title: "The signature was removed",
        sentence: "the third segment is empty[; the header names {alg}]",
        explanation: "The header promises a signature and the third segment is empty. Either the \
            last part was not copied, or somebody tries whether the API forgets to check. Without \
            a signature anybody could have written the claims.",
        fix: "Send all three segments. If a tool shows the signature separately, copy the encoded \
            token and not its parts.",
    }
    AlgorithmNone {
        code: "algorithm-none", class: Tampered, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.2",
        title: "The token says that it is not signed",
        sentence: "`alg` is {found}",
        explanation: "A header with `alg: none` declares the token unsigned. It is the oldest \
            forgery of all: take a token, write `none` into the header, change the claims and \
            drop the signature. Test tools and misconfigured issuers produce such tokens too; \
            they are never accepted.",
        fix: "Have the issuer sign its tokens (ES256 or RS256). If this token came from outside, \
            treat it as a forgery.",
    }
    AlgorithmConfusion {
        code: "algorithm-confusion", class: Tampered, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.1",
        title: "The token is forged with the public key as a secret",
        sentence: "an HMAC over the text of the public key[ {source}] gives this signature[: \
            {reason}]",
        explanation: "The API verifies with a public key, which everybody may know. The token \
            claims to be signed with a shared secret and uses that public key's text as the \
            secret: a validator that lets the token choose the algorithm would accept it. \
            Recomputing the signature proves that it was made this way, so this is no accident.",
        fix: "Raise an alarm: somebody is attacking. Allow only the issuer's own algorithms in \
            the validator, never one named by the token.",
    }
    KeyEmbedded {
        code: "key-embedded", class: Tampered, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.10",
        title: "The token brings its own key",
        sentence: "the header brings its own key[ in {member}][: {reason}]",
        explanation: "A header may hold a key, a certificate or a URL of one (`jwk`, `jku`, \
            `x5c`, `x5u`). Whoever writes the token writes the key too, so trusting it means \
            trusting anybody. This token verifies with the key it brings and with none of the \
            issuer's.",
        fix: "Trust keys by configuration only. If the issuer is genuine, have it publish the key \
            in its key set and name it by `kid`.",
    }
    KeyIdInjection {
        code: "key-id-injection", class: Tampered, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.10",
        title: "The key's name carries an attack",
        sentence: "`kid` is no name of a key[: {kid}][: {reason}]",
        explanation: "`kid` is a label that picks one key out of a known list. Here it holds a \
            path, a piece of SQL, a URL or a command, aimed at a validator that uses it to open a \
            file, ask a database or fetch a page. No issuer names its keys like this.",
        fix: "Treat it as an attack. In the validator, compare `kid` with a fixed list of names \
            and use it for nothing else.",
    }
    Expired {
        code: "expired", class: Expired, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4.1.4",
        title: "The token has expired",
        sentence: "exp was {exp}, {ago} ago[ (leeway {leeway})][; the token lived {lifetime}]",
        explanation: "Every token ends at its `exp`. This moment has passed, the allowed leeway \
            included. That is normal after a pause; when it happens in the middle of work, the \
            client does not refresh in time or keeps using a copy of an old token.",
        fix: "Get a new token: refresh, or log in again.",
    }
    NotYetValid {
        code: "not-yet-valid", class: Expired, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4.1.5",
        title: "The token is not valid yet",
        sentence: "nbf is {nbf}, {ahead} ahead[ (leeway {leeway})]",
        explanation: "The token says by `nbf` that it must not be used before a certain moment, \
            and that moment lies ahead. Some issuers date `nbf` forward on purpose; more often \
            the clock of the issuer runs ahead of the one here.",
        fix: "Wait until then, or correct the issuer's clock or the offset it adds to `nbf`.",
    }
    IssuedInFuture {
        code: "issued-in-future", class: Expired, who: Operator, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4.1.6",
        title: "The token was issued in the future",
        sentence: "iat is {iat}, {ahead} ahead[ (leeway {leeway})]",
        explanation: "According to `iat` the token has not been made yet, so the clock of the \
            issuer and the one here disagree. The usual cause is a virtual machine, a container \
            host or a laptop that was suspended and whose clock drifted; a few seconds are common \
            and belong into the leeway.",
        fix: "Synchronise both clocks (`timedatectl status`, `chronyc tracking`), and allow up to \
            a minute of leeway.",
    }
    ClockSkew {
        code: "clock-skew", class: Expired, who: Operator, proof: Probe,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4.1.4",
        title: "Two clocks disagree",
        sentence: "the times are right for the issuer's clock and wrong for this one[; they \
            differ by {skew}][: {reason}]",
        explanation: "The token's times make sense for the clock that issued it and fail for the \
            clock that judges it: a token seconds old already counts as expired, or as issued in \
            the future. Suspended laptops, WSL and virtual machines without time synchronisation \
            are the usual places.",
        fix: "Run NTP on both machines and check it: `timedatectl status`. Set a leeway of 30 to \
            60 seconds for what remains.",
    }
    TimeInMilliseconds {
        code: "time-in-milliseconds", class: Expired, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §2",
        title: "A time is written in milliseconds",
        sentence: "{claim} is {found}[ ({unit})], where seconds belong[; meant was {meant}]",
        explanation: "Times in a JWT are seconds since 1970. The issuer wrote milliseconds (or \
            smaller), as `Date.now()` in JavaScript and `System.currentTimeMillis()` in Java \
            return them. Read as seconds this lies tens of thousands of years ahead, so the token \
            would never expire, which is why it is refused and not obeyed.",
        fix: "Divide by 1000 and round down: `Math.floor(Date.now() / 1000)`.",
    }
    TimeInLocalZone {
        code: "time-in-local-zone", class: Expired, who: Issuer, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §2",
        title: "A time was written in local time",
        sentence: "a time is off by a whole number of quarter hours[: {claim} by {offset}][: \
            {reason}]",
        explanation: "The token's times are off by exactly the distance of some time zone from \
            UTC. The issuer took the wall clock's local time and treated it as UTC, or the other \
            way round; `datetime.utcnow().timestamp()` in Python does this on every machine that \
            is not set to UTC.",
        fix: "Use a time that knows its zone: `datetime.now(timezone.utc).timestamp()`, \
            `Instant.now()`, `time.Now().Unix()`.",
    }
    ExpiryMissing {
        code: "expiry-missing", class: Expired, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9068 §2.2",
        title: "The token has no expiry",
        sentence: "the token has no `exp`, and this policy demands one",
        explanation: "A token without `exp` would be good for ever: whoever finds it in a log \
            years later can still use it. Access tokens by RFC 9068 must have one. Hand-made \
            tokens and some test tools leave it out.",
        fix: "Issue tokens with `exp`, for access tokens a few minutes after `iat`.",
    }
    LifetimeExcessive {
        code: "lifetime-excessive", class: Expired, who: Issuer, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §5.3",
        title: "The token lives longer than allowed",
        sentence: "[it lives {lifetime}; ][it is {age} old; ]the limit is {limit}",
        explanation: "The policy limits how long a token may live, or how old it may be. GitHub \
            allows ten minutes for an application's own token, Apple six months, client \
            assertions are usually limited to five minutes. A token just at the limit fails as \
            soon as the clocks differ by a second.",
        fix: "Issue the token with a shorter life, and set `iat` some seconds back to allow for \
            clock drift.",
    }
    TokenRevoked {
        code: "token-revoked", class: Revoked, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7009 §2",
        title: "The token was revoked",
        sentence: "this token was revoked[ at {at}][; tokens issued up to {until} are refused][: \
            {reason}]",
        explanation: "The token itself is intact, but its issuer has withdrawn this one: by a \
            request of the client, by an operator, or because it was found in a wrong place. It \
            will not become good again.",
        fix: "Get a new token by logging in again. If nobody revoked it knowingly, ask the \
            operator for the record of this diagnosis id.",
    }
    SessionEnded {
        code: "session-ended", class: Revoked, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "OpenID Connect Back-Channel Logout §2.7",
        title: "The session of this token has ended",
        sentence: "the session of this token has ended[ at {at}][; tokens issued up to {until} \
            are refused]",
        explanation: "The token belongs to a log-in session, and somebody logged out: the user in \
            another tab or on another device, an administrator, or a rule that allows one session \
            at a time. With the session all its tokens end.",
        fix: "Log in again. For work that must outlive the session, request the scope \
            `offline_access`.",
    }
    SubjectRevoked {
        code: "subject-revoked", class: Revoked, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7662 §2.2",
        title: "All earlier tokens of this user were revoked",
        sentence: "all tokens of this subject[ issued up to {until}] are revoked[ since {at}]",
        explanation: "At some moment all tokens of this user were declared void: the password was \
            changed, the account was disabled, or a breach was suspected. Tokens issued before \
            that moment are refused wherever they are held; newer ones are good.",
        fix: "Log in again with the current password. If the account is disabled, ask its \
            administrator.",
    }
    ClientRevoked {
        code: "client-revoked", class: Revoked, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7592 §2.3",
        title: "The client was disabled or its tokens revoked",
        sentence: "all tokens of this client[ issued up to {until}] are revoked[ since {at}]",
        explanation: "The application that this token was issued to was disabled, deleted or \
            uninstalled at the issuer, or its tokens were revoked together after its secret \
            became known. The user behind it is not to blame.",
        fix: "Have the client enabled or registered again at the issuer, then request a new token.",
    }
    RefreshSuperseded {
        code: "refresh-superseded", class: Revoked, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9700 §4.14.2",
        title: "A newer refresh token is already in use",
        sentence: "an older refresh token of this family was presented[ (generation {found}, \
            current {expected})]",
        explanation: "Each use of a refresh token gives a new one, and the old one ends. Here an \
            old one came again while its successor is alive: two tabs or two workers refreshed at \
            the same time, or the answer with the new one was lost. The token endpoint answers \
            `invalid_grant`.",
        fix: "Let only one place refresh at a time, and store the new refresh token before the \
            new access token is used.",
    }
    RefreshReused {
        code: "refresh-reused", class: Revoked, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9700 §4.14.2",
        title: "A spent refresh token was used again",
        sentence: "a spent refresh token was presented[ {ago} after it was used]; the whole \
            family was ended",
        explanation: "A refresh token that had been replaced long ago was presented once more. \
            Either the client kept an old copy, for example in a restored backup, or somebody \
            stole it. Since the two cannot be told apart, all tokens of this log-in were ended. \
            The token endpoint answers `invalid_grant`.",
        fix: "Log in again. If no client of yours keeps old copies, treat it as theft: change the \
            password and look at the sessions.",
    }
    KeyRetired {
        code: "key-retired", class: Revoked, who: Client, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "OpenID Connect Core §10.1.1",
        title: "The signing key was withdrawn",
        sentence: "the key[ {kid}] that signed this token was withdrawn[ at {at}][; tokens issued \
            up to {until} are refused]",
        explanation: "The key was good when the token was signed, and was rotated out or \
            withdrawn since. In a planned rotation old keys stay published until the last token \
            has expired; when a key may have been stolen it is withdrawn at once, and all its \
            tokens with it.",
        fix: "Fetch a new token: it is signed by the current key. Issuers should keep old keys \
            published for as long as their longest token lives.",
    }
    TokenInactive {
        code: "token-inactive", class: Revoked, who: Client, proof: Probe,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7662 §2.2",
        title: "The issuer says that the token is not active",
        sentence: "introspection[ at {url}] answers `active: false`",
        explanation: "The issuer was asked about this token and answered that it is not active, \
            and the protocol allows it to say no more. It may have expired, been revoked, belong \
            to another environment, or never have been issued there. Its own `exp` and `iss`, \
            where they can be read, rule out the first guesses.",
        fix: "Get a new token. If a fresh one is inactive too, give the issuer's operator its \
            `jti` and ask for the log entry.",
    }
    AudienceMismatch {
        code: "audience-mismatch", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4.1.3",
        title: "The token is for another API",
        sentence: "`aud` is {found}; this API is {expected}[: {reason}]",
        explanation: "The token names in `aud` the service that it was made for, and it is \
            another one. A token must work only there, or every API could use the tokens it \
            receives against all others. Usually the client requested a token without naming the \
            API, or re-uses one that it got for something else; Keycloak then writes `account`.",
        fix: "Request a token for this API, with `resource=`, `audience=` or a scope of this API, \
            as your issuer has it. In Keycloak add an audience mapper to the client.",
    }
    AudienceNearMiss {
        code: "audience-near-miss", class: AudienceScope, who: Api, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §2",
        title: "The audience is almost the expected one",
        sentence: "`aud` is {found}; this API is {expected}[; the difference: {difference}]",
        explanation: "Audiences are compared character by character, and these two differ by \
            something that the eye passes over: a slash at the end, the scheme, a port, letter \
            case, a prefix such as `api://`. Both surely mean the same API, but only one of them \
            is written in the configuration.",
        fix: "Configure in the API exactly the text that the issuer writes into `aud`.",
    }
    AudienceMissing {
        code: "audience-missing", class: AudienceScope, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9068 §2.2",
        title: "The token names no audience",
        sentence: "the token has no `aud`[; this API is {expected}][: {reason}]",
        explanation: "Nothing in the token says which API it is for, so it could have been stolen \
            from any other. Amazon Cognito leaves `aud` out of access tokens and writes \
            `client_id`; other issuers leave it out when the client did not name an API.",
        fix: "Have the issuer write `aud`. For Cognito check `client_id` and `token_use` in place \
            of the audience.",
    }
    IssuerMismatch {
        code: "issuer-mismatch", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.8",
        title: "The token comes from another issuer",
        sentence: "`iss` is {found}; this API trusts {expected}",
        explanation: "The token was issued by somebody this API does not trust: another tenant or \
            realm, the test environment in place of the live one, another product. A signature of \
            a stranger proves nothing, however good it is. For Microsoft Entra the difference is \
            often that of version 1 and version 2 tokens.",
        fix: "Get the token from the trusted issuer, or add this issuer to the API's policy if it \
            should be trusted. For Entra set `requestedAccessTokenVersion` to 2.",
    }
    IssuerNearMiss {
        code: "issuer-near-miss", class: AudienceScope, who: Api, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8414 §3.3",
        title: "The issuer is almost the trusted one",
        sentence: "`iss` is {found}; this API trusts {expected}[; the difference: {difference}]",
        explanation: "The issuer's name must be equal character by character, and these two \
            differ in little: a slash at the end, `http` for `https`, an internal host name for \
            the public one, a path such as `/auth` or `/v2.0`. The token was probably obtained \
            under another address of the same server.",
        fix: "Copy the `issuer` of the discovery document into the API's configuration, byte for \
            byte, and give the identity provider one fixed public URL.",
    }
    IssuerMissing {
        code: "issuer-missing", class: AudienceScope, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9068 §2.2",
        title: "The token names no issuer",
        sentence: "the token has no `iss`[; this API trusts {expected}]",
        explanation: "Without `iss` nobody can tell whose keys to use and whom to ask. Tokens \
            that an application signs for itself often lack it; as soon as a second service is to \
            accept them, it is needed.",
        fix: "Issue tokens with `iss`, the URL under which the issuer publishes its metadata.",
    }
    ScopeInsufficient {
        code: "scope-insufficient", class: AudienceScope, who: Client, proof: Compare,
        status: 403, error: Some(InsufficientScope),
        clause: "RFC 6750 §3.1",
        title: "The token lacks a scope that is needed here",
        sentence: "this needs the scope {missing}[; the token has {found}][: {reason}]",
        explanation: "The token is good and was granted less than this operation needs. The \
            client did not request the scope, the user did not consent to it, or the client is \
            not allowed to have it. A new token of the same kind will not help.",
        fix: "Request a token with the missing scope; if the issuer does not grant it, have it \
            allowed for this client.",
    }
    ScopeShape {
        code: "scope-shape", class: AudienceScope, who: Api, proof: Repair,
        status: 403, error: Some(InsufficientScope),
        clause: "RFC 9068 §2.2.3",
        title: "The right is there, in a place that is not read",
        sentence: "the needed right is there, but not in `scope`[: {missing} stands in {claim}][: \
            {reason}]",
        explanation: "Standards write scopes as one text with spaces in `scope`. Products differ: \
            Entra and Okta use `scp`, Auth0 `permissions`, Keycloak `realm_access.roles`, Cognito \
            `cognito:groups`, others a list or commas. The right that is needed was granted, the \
            API just does not look there.",
        fix: "Map that claim to scopes in the API's configuration, or have the issuer write \
            `scope`.",
    }
    IdTokenAsAccessToken {
        code: "id-token-as-access-token", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.12",
        title: "An ID token was sent to an API",
        sentence: "this is an ID token[: {reason}]",
        explanation: "A log-in returns two tokens: the ID token tells the application who has \
            logged in, the access token opens APIs. The ID token was sent. It is meant for the \
            application itself, and an API that accepted it could be entered with any log-in at \
            any site.",
        fix: "Send the `access_token` of the same response, not the `id_token`.",
    }
    RefreshTokenAsAccessToken {
        code: "refresh-token-as-access-token", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6749 §1.5",
        title: "A refresh token was sent to an API",
        sentence: "this is a refresh token[: {reason}]",
        explanation: "A refresh token is there to get new access tokens and goes to the issuer's \
            token endpoint only. Sending it to an API shows the most valuable credential to a \
            party that must not have it. Validators often report it as an unknown key or \
            algorithm, for it is signed differently.",
        fix: "Exchange it at the token endpoint (`grant_type=refresh_token`) and send the access \
            token that comes back.",
    }
    TokenTypeMismatch {
        code: "token-type-mismatch", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.11",
        title: "The token is of another kind",
        sentence: "{found} in place of {expected}[: {reason}]",
        explanation: "Many things are JWTs: log-out tokens, DPoP proofs, client assertions, \
            security events, status lists. Each is signed by somebody trusted for its own \
            purpose, and none may stand in for an access token. The header's `typ` or the claims \
            show which kind this is.",
        fix: "Send the kind of token that the API asks for. If the API should accept this kind, \
            allow its `typ` explicitly.",
    }
    SubjectMissing {
        code: "subject-missing", class: AudienceScope, who: Issuer, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9068 §2.2",
        title: "The token names no subject",
        sentence: "the token has no `sub`, and this policy demands one",
        explanation: "Without `sub` the API cannot know on whose behalf it is called. Some \
            products leave it out of tokens that belong to a program and no person, Keycloak does \
            when the client scope `basic` is not assigned.",
        fix: "Have the issuer write `sub` (for a program: its client id). In Keycloak assign the \
            client scope `basic`.",
    }
    ClaimMismatch {
        code: "claim-mismatch", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4",
        title: "A claim has another value than the policy pins",
        sentence: "{claim}: the policy demands {expected}[; the token has {found}]",
        explanation: "Beside issuer and audience the policy demands certain values of other \
            claims: a tenant, an organisation, a client, a repository. The token has another one, \
            or none. For tokens of build systems the pattern for `sub` often no longer matches \
            after a branch or an environment was renamed.",
        fix: "Compare both values. Correct the policy if it is too narrow, or request the token \
            from the right tenant, client or job.",
    }
    ForeignResourceToken {
        code: "foreign-resource-token", class: AudienceScope, who: Client, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.9",
        title: "The token is for its vendor's own API",
        sentence: "the token was made for another vendor's API[, {product}], and nobody else can \
            verify it[: {reason}]",
        explanation: "Some tokens are meant for the vendor's own API and nobody else. A token for \
            Microsoft Graph has a `nonce` in its header and is signed over a changed header, so \
            it never verifies elsewhere; tokens of Okta's org server are signed by keys that are \
            not for you.",
        fix: "Request a token for your own API: register it at the vendor and ask for one of its \
            scopes, for Entra `api://<your-api>/.default`.",
    }
    SenderProofMissing {
        code: "sender-proof-missing", class: AudienceScope, who: Client, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9449 §7.1",
        title: "The token is bound to a key and came without its proof",
        sentence: "the token is bound to a key and was sent as a plain bearer token[: {reason}]",
        explanation: "The claim `cnf` ties the token to a key that its owner holds, so that a \
            thief cannot use it. Every request must then prove the possession of the key: by a \
            DPoP proof, or by the client certificate of the TLS connection. This request brought \
            the token alone.",
        fix: "Send `Authorization: DPoP <token>` with a fresh `DPoP` header, or connect with the \
            client certificate that the token is bound to.",
    }
    SenderProofInvalid {
        code: "sender-proof-invalid", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9449 §4.3",
        title: "The proof of possession does not fit",
        sentence: "the proof does not fit[: {member} is {found}, expected is {expected}][: \
            {reason}]",
        explanation: "A DPoP proof or a client certificate came along and does not fit: another \
            key than the token's, another method or URL than the request's, an old time, a \
            missing nonce, or a proof seen before. Behind a proxy that ends TLS the server sees \
            another URL than the client signed.",
        fix: "Sign a fresh proof for each request, over the URL that the server sees. Behind a \
            proxy pass `X-Forwarded-Proto` and `X-Forwarded-Host` on and let the server trust \
            them.",
    }
    AuthenticationTooWeak {
        code: "authentication-too-weak", class: AudienceScope, who: Client, proof: Compare,
        status: 401, error: Some(InsufficientUserAuthentication),
        clause: "RFC 9470 §3",
        title: "This operation needs a stronger or a fresher log-in",
        sentence: "the log-in is not enough[: `acr` is {found}][; needed is {expected}][; it is \
            {age} old][; the limit is {limit}]",
        explanation: "The token is good, and the operation is sensitive: it demands that the user \
            logged in by stronger means, or not long ago. The challenge says what is asked for in \
            `acr_values` or `max_age`.",
        fix: "Send the user through the log-in again with the `acr_values` and `max_age` of the \
            challenge, then repeat the request with the new token.",
    }
    KeyUnknown {
        code: "key-unknown", class: Server, who: Api, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §4.1.4",
        title: "The key that signed the token is unknown",
        sentence: "`kid` is {kid}, which none of the keys has[; there are {keys}]",
        explanation: "The header names the key that signed the token, and none of the issuer's \
            keys has this name, even freshly fetched. The API reads the keys of another issuer, \
            tenant or environment than the token's; or the key is long gone. For Microsoft Entra \
            some applications have keys of their own.",
        fix: "Point the API's key set at the `jwks_uri` of the token's real issuer, as its \
            discovery document names it.",
    }
    KeySetStale {
        code: "key-set-stale", class: Server, who: Api, proof: Probe,
        status: 401, error: Some(InvalidToken),
        clause: "OpenID Connect Core §10.1.1",
        title: "The API works with an old key set",
        sentence: "the key set in use is out of date[: {kid} is missing from it][, fetched {age} \
            ago][: {reason}]",
        explanation: "The issuer has rotated its keys, and the API still works with the set it \
            fetched earlier. From the moment of rotation every new token is refused, until the \
            cache runs out or the API is restarted. The token is good: it verifies with the \
            current set.",
        fix: "Let the API fetch the key set again when it meets an unknown `kid`, at most once a \
            minute, and respect the set's `Cache-Control`. Restarting it helps at once.",
    }
    KeyIdMissing {
        code: "key-id-missing", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "OpenID Connect Core §10.1",
        title: "The token does not name its key",
        sentence: "the header has no `kid`[, and several keys fit: {keys}][; {kid} verifies]",
        explanation: "Several keys could have signed this token and its header does not say \
            which. Trying all of them costs time and hides mistakes, so strict validators refuse. \
            Hand-made tokens and some older issuers leave `kid` out.",
        fix: "Have the issuer write the key's `kid` into the header of every token.",
    }
    KeyIdWrong {
        code: "key-id-wrong", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §4.1.4",
        title: "The token names the wrong key",
        sentence: "`kid` is {kid}, and another key verifies[: {found}][: {reason}]",
        explanation: "The header names one key and another key of the same set verifies the \
            signature. The issuer computes the name in two ways, for example a thumbprint in hex \
            on one side and in base64url on the other, or its configuration pairs a name with \
            another key.",
        fix: "Make the issuer write into the header the very `kid` under which it publishes the \
            key.",
    }
    KeySetUnreachable {
        code: "key-set-unreachable", class: Server, who: Operator, proof: Probe,
        status: 503, error: None,
        clause: "RFC 8414 §2",
        title: "The issuer's keys cannot be fetched",
        sentence: "the key set[ at {url}] cannot be fetched[: {cause}][: {reason}]",
        explanation: "Without the issuer's keys no token can be judged, so this says nothing \
            about the token. The name does not resolve, the connection is refused, the \
            certificate is not trusted, a proxy stands between, or the server answers with an \
            error. In containers `localhost` is the container itself, which is the most common \
            slip.",
        fix: "Make that URL reachable from the API's own machine, and trust its certificate \
            authority there. Try it from that place: `curl -v URL`.",
    }
    KeySetInvalid {
        code: "key-set-invalid", class: Server, who: Issuer, proof: Probe,
        status: 503, error: None,
        clause: "RFC 7517 §5",
        title: "What was fetched is no key set",
        sentence: "the key set[ at {url}][ {source}] is none[: {reason}]",
        explanation: "Something came back from the key set's URL, but it is no list of public \
            keys: a log-in page in HTML, the discovery document in place of the set, a map of \
            certificates, an empty list, private keys, or keys that do not parse. Often the URL \
            is right but for its last part.",
        fix: "Use the `jwks_uri` of the issuer's discovery document: `curl -s \
            ISSUER/.well-known/openid-configuration | jq -r .jwks_uri`.",
    }
    DiscoveryMismatch {
        code: "discovery-mismatch", class: Server, who: Issuer, proof: Probe,
        status: 503, error: None,
        clause: "RFC 8414 §3.3",
        title: "The discovery document names another issuer",
        sentence: "the discovery document[ at {url}] names another issuer[: {found}][, expected \
            was {expected}][: {reason}]",
        explanation: "A discovery document must name the very issuer it was fetched for, or \
            somebody else's keys could be slipped in. A proxy that ends TLS makes the server \
            believe in `http`, an internal host name is used in place of the public one, or a \
            template such as `{tenantid}` was never filled in.",
        fix: "Configure the identity provider's public URL, and use exactly the `issuer` it then \
            names in the API.",
    }
    KeyUseMismatch {
        code: "key-use-mismatch", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7517 §4.2",
        title: "The key is marked for another use",
        sentence: "the key[ {kid}] is marked for something else[: {reason}]",
        explanation: "The key that would verify the token says by `use`, `key_ops` or `alg` that \
            it is not meant for this: for encryption, for signing only, for another algorithm. A \
            validator that respects the marking refuses, one that ignores it accepts.",
        fix: "Publish signature keys with `use: \"sig\"` and the `alg` they sign with; publish \
            encryption keys under names of their own.",
    }
    KeyTypeMismatch {
        code: "key-type-mismatch", class: Server, who: Api, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7518 §3.1",
        title: "The key cannot serve the token's algorithm",
        sentence: "the key cannot serve {alg}[: it is {key_type}][, named {kid}]",
        explanation: "Each algorithm needs its own kind of key: RS256 an RSA key, ES256 a point \
            on P-256, HS256 a shared secret. The configured key is of another kind. It happens \
            when an issuer changes its algorithm, for instance from a shared secret to public \
            keys, and the API keeps its old key.",
        fix: "Configure the key that belongs to the token's algorithm, best as the issuer's key \
            set, which follows such changes by itself.",
    }
    KeyTooWeak {
        code: "key-too-weak", class: Server, who: Issuer, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7518 §3.3",
        title: "The key is too weak",
        sentence: "the key[ {kid}] is too weak[: {bits} bits, {minimum} are needed][: {reason}]",
        explanation: "A short RSA key can be factored, and a short or well-known secret can be \
            guessed from a single token: whoever does so can issue tokens at will. RSA keys need \
            2048 bits, HMAC secrets as many bits as their hash; words such as `secret` are on \
            every attacker's list.",
        fix: "Generate a strong key: `openssl rand -base64 32` for a secret, `openssl genpkey \
            -algorithm EC -pkeyopt ec_paramgen_curve:P-256` for a key pair; then rotate to it.",
    }
    AlgorithmNotAllowed {
        code: "algorithm-not-allowed", class: Server, who: Api, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 8725 §3.1",
        title: "The token's algorithm is not allowed here",
        sentence: "`alg` is {alg}[; allowed is {allowed}][: {reason}]",
        explanation: "The validator has a list of signature algorithms that it accepts, and the \
            token's is not on it. That list protects against tokens that choose a weak algorithm \
            for themselves. The names are exact: `rs256` is not `RS256`, and `EdDSA` is not \
            `Ed25519` for many libraries.",
        fix: "Add the issuer's algorithm to the API's list if it is a sound one, or have the \
            issuer sign with one that is allowed.",
    }
    AlgorithmMislabelled {
        code: "algorithm-mislabelled", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §4.1.1",
        title: "The token was signed with another algorithm than it says",
        sentence: "the signature verifies under another algorithm than the header's[: {found} in \
            place of {alg}][: {reason}]",
        explanation: "The signature is right for another algorithm than the header names: PSS \
            padding labelled as RS256, SHA-384 labelled as SHA-256. The issuer's code sets the \
            label and the signature in two places, and they do not agree.",
        fix: "Write into `alg` the algorithm that was really used, or sign with the one that is \
            written there.",
    }
    SignatureDerEncoded {
        code: "signature-der-encoded", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7518 §3.4",
        title: "The signature is in ASN.1 DER",
        sentence: "the signature is ASN.1 DER[ ({bytes} bytes)], where R and S belong side by side",
        explanation: "Crypto libraries return ECDSA signatures in ASN.1 DER, JWTs need the two \
            numbers at fixed length one after the other. The issuer passed on what its library \
            returned. Rewritten in the right form, the signature verifies.",
        fix: "Convert it before encoding: 64 bytes for ES256, 96 for ES384, 132 for ES512 \
            (`dsaEncoding: \"ieee-p1363\"` in Node.js, `SHA256withECDSAinP1363Format` in Java).",
    }
    SecretEncoding {
        code: "secret-encoding", class: Server, who: Api, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7518 §3.2",
        title: "The two sides read the shared secret differently",
        sentence: "the signature verifies with the secret read in another way[: {reason}]",
        explanation: "Issuer and API have the same text for the shared secret and make different \
            bytes of it: one decodes it from base64 or hex and the other does not, or one keeps \
            the newline at the end of the file. With the secret read the other way the token \
            verifies.",
        fix: "Agree on the bytes: decode on both sides or on neither, and strip the newline \
            (`printf %s \"$SECRET\" > secret.txt`).",
    }
    KeyFormat {
        code: "key-format", class: Server, who: Api, proof: Shape,
        status: 503, error: None,
        clause: "RFC 7468 §13",
        title: "The configured key is not in a form that can be used",
        sentence: "the configured key[ {source}] is no public key in a usable form[: {reason}]",
        explanation: "What the API was given as a verifying key is something else: a private key, \
            a certificate, an OpenSSH key, or a PEM whose line breaks arrived as the two \
            characters `\\n` because it came through an environment variable. Nothing can be \
            verified until that is mended.",
        fix: "Give the public key as PEM (`-----BEGIN PUBLIC KEY-----`): `openssl pkey -in \
            private.pem -pubout`, or `openssl x509 -in cert.pem -pubkey -noout`. In an \
            environment variable turn `\\n` into real line breaks.",
    }
    SigningInput {
        code: "signing-input", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.1",
        title: "The signature covers something else than what was sent",
        sentence: "the signature covers another text than the one sent[: {reason}]",
        explanation: "A signature covers the first two segments exactly as they are sent, dot \
            included. The issuer signed something else: the JSON before encoding, the claims \
            written anew in another order, segments with padding, or the payload alone. The key \
            is right, the text is not.",
        fix: "Sign the ASCII text `base64url(header) + \".\" + base64url(payload)` and send those \
            very segments; never serialise again in between.",
    }
    CriticalHeader {
        code: "critical-header", class: Server, who: Api, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §4.1.11",
        title: "The header demands an extension that is not understood",
        sentence: "`crit` demands {name}, which this validator does not know",
        explanation: "An issuer may list in `crit` extensions that a validator must understand or \
            else refuse. This one demands an extension that is unknown here, or changes by `b64` \
            how the payload is read. Ignoring it, as several libraries do, would be wrong: the \
            extension may change what the token means.",
        fix: "Use a validator that knows the extension, or have the issuer leave it out of tokens \
            for this API.",
    }
    IntrospectionUnreachable {
        code: "introspection-unreachable", class: Server, who: Operator, proof: Probe,
        status: 503, error: None,
        clause: "RFC 7662 §2.3",
        title: "The issuer cannot be asked about the token",
        sentence: "introspection[ at {url}] does not answer[: {cause}][: {reason}]",
        explanation: "This API must ask the issuer about every token, and the issuer does not \
            answer or refuses the API's own credentials. The second is easily mistaken: the 401 \
            then belongs to the API's client secret and not to the token. Nothing can be said \
            about the token itself.",
        fix: "Repair the endpoint, or the client id, secret and authentication method that the \
            API introspects with; try them with `curl -u CLIENT:SECRET -d token=x URL`.",
    }
    PolicyEmpty {
        code: "policy-empty", class: Server, who: Api, proof: Shape,
        status: 503, error: None,
        clause: "RFC 8725 §3.1",
        title: "The validator is not configured",
        sentence: "the validator lacks what it judges by[: {missing}][: {reason}]",
        explanation: "There is no key, no issuer or no algorithm by which any token could be \
            judged, so every token would be refused. A setting is missing or was read from the \
            wrong place; a validator that accepted everything in this state would be worse.",
        fix: "Configure the issuer and the audience of this API, for the gate: `claviger gate \
            --issuer URL --audience API --upstream URL`.",
    }
    SchemeCase {
        code: "scheme-case", class: Header, who: Api, proof: Probe,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9110 §11.1",
        title: "The scheme was compared with its letter case",
        sentence: "a reader takes the scheme in exactly one case only[; it was sent as \
            {scheme}][: {reason}]",
        explanation: "The name of a scheme may be written in any case, so `bearer` and `Bearer` \
            are the same. Some servers compare the text as it stands and refuse all but one. \
            Claviger accepts every case and warns, since the next server on the way may not.",
        fix: "Compare the scheme without regard to case in the API; until then send exactly \
            `Bearer`.",
    }
    HeaderRewritten {
        code: "header-rewritten", class: Header, who: Proxy, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9110 §11.6.2",
        title: "Another token arrived than was sent",
        sentence: "the server received another token than the client sent[; its issuer is \
            {found}][: {reason}]",
        explanation: "Between client and server the Authorization header was replaced. Hosting \
            platforms put their own token there (Azure Static Web Apps does), gateways exchange \
            tokens, service meshes add theirs. The API then judges a token that the client has \
            never seen.",
        fix: "Read the original from the header that the platform puts it in (such as \
            `X-Forwarded-Authorization`), or switch the exchange off for this route.",
    }
    HeaderContended {
        code: "header-contended", class: Header, who: Proxy, proof: Probe,
        status: 401, error: None,
        clause: "RFC 9110 §11.7.2",
        title: "Proxy and application both want the Authorization header",
        sentence: "proxy and application both read the one Authorization header[: {found} and \
            {expected}][: {reason}]",
        explanation: "The proxy protects the site by Basic authentication and the application \
            behind it expects a bearer token, both in the same header. Whichever is sent, the \
            other one refuses, and the challenge changes between `Basic` and `Bearer`.",
        fix: "Exempt the API's path from the proxy's Basic authentication, or let the proxy take \
            its credential from another header or a client certificate.",
    }
    CredentialShadowed {
        code: "credential-shadowed", class: Header, who: Client, proof: Compare,
        status: 401, error: None,
        clause: "RFC 9110 §11.6.2",
        title: "Another credential was sent than the program set",
        sentence: "another credential is on the wire than the program set[: {found} in place of \
            {expected}][: {reason}]",
        explanation: "The program set a bearer token, and something beneath it sent another \
            credential: an entry for this host in `~/.netrc`, user info in the URL, an \
            environment variable such as `GITHUB_TOKEN`, or a default header of the client. The \
            program's own log shows the right token and the wire another.",
        fix: "Remove or bypass the other source: `trust_env=False` in Python requests, \
            `NETRC=/dev/null`, unset the variable, take the user info out of the URL.",
    }
    PreflightUnauthenticated {
        code: "preflight-unauthenticated", class: Header, who: Api, proof: Shape,
        status: 401, error: None,
        clause: "Fetch Standard, CORS-preflight fetch",
        title: "A browser's preflight was asked for a token",
        sentence: "a preflight (`OPTIONS`) carries no token and must not be asked for one[: \
            {reason}]",
        explanation: "Before a cross-origin request with an Authorization header the browser asks \
            with `OPTIONS` whether it may send it, always without credentials. The API demanded a \
            token for this question too, so the real request was never sent, and the browser \
            reports a CORS error.",
        fix: "Answer CORS preflights before authentication: put the CORS middleware first, or \
            exempt `OPTIONS` with `Access-Control-Request-Method`.",
    }
    OptionalTokenRefused {
        code: "optional-token-refused", class: Header, who: Api, proof: Probe,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 6750 §3",
        title: "A public route refuses because of a token it does not need",
        sentence: "without a token the route answers[ {status}], with this one it refuses[: \
            {reason}]",
        explanation: "The route is public and answers everybody who sends no token. Whoever sends \
            an expired or foreign one is refused, for the filter that judges tokens runs before \
            the rule that lets everybody in; Spring Security's `permitAll` behaves like this.",
        fix: "Do not send the token to public routes, or let the API ignore bearer tokens on them.",
    }
    SizeLimit {
        code: "size-limit", class: Malformed, who: Api, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 9110 §5.4",
        title: "The token is longer than a reader allows",
        sentence: "the token is {bytes} bytes long; the limit[ of {name}] is {limit_bytes}",
        explanation: "The token is whole, and a reader on the way has a limit of its own: a JSON \
            schema with a maximum length, a cookie store, a library's guard against overlong \
            input. Claviger itself refuses tokens of more than 64 KiB before it does any work on \
            them.",
        fix: "Raise that limit if the token is a sensible one, or make the token smaller: fewer \
            groups and roles, no profile data.",
    }
    Base64TrailingBits {
        code: "base64-trailing-bits", class: Malformed, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 4648 §3.5",
        title: "A segment is not written in its one proper form",
        sentence: "the last character[ of the {part}][ at position {position}] carries bits that \
            belong to nothing",
        explanation: "The last character of a base64url segment may have bits left over, which \
            must be zero. Here they are not, so the same bytes could be written in several ways. \
            Some libraries ignore it and others refuse; often it is the trace of a changed last \
            character that still seemed to verify.",
        fix: "Encode with a library that writes the canonical form, and do not change tokens by \
            hand.",
    }
    PayloadCompressed {
        code: "payload-compressed", class: Malformed, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7516 §4.1.3",
        title: "The payload is compressed",
        sentence: "the payload is compressed[: {found}]; a signed token's is not",
        explanation: "The payload does not decode to JSON, but to compressed bytes that unpack to \
            it, or the header has a `zip`. Compression is defined for encrypted tokens only; \
            health cards (SMART) use it by their own agreement. An ordinary validator reports \
            broken JSON.",
        fix: "Send the claims uncompressed, or use a validator made for this kind of token.",
    }
    IntrospectionIssuerMismatch {
        code: "introspection-issuer-mismatch", class: Revoked, who: Operator, proof: Compare,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7662 §2.2",
        title: "The token was obtained and introspected under two names of one issuer",
        sentence: "the token was obtained under one name of the issuer and introspected under \
            another[: {found} and {expected}]",
        explanation: "The identity provider derives its own name from the address it is called \
            by. The client reached it as `http://localhost:8080`, the API asks about the token at \
            `http://keycloak:8080`, and for the provider these are two issuers: it answers \
            `active: false` for a token that is seconds old.",
        fix: "Give the issuer one fixed public URL for all callers, in Keycloak by `KC_HOSTNAME`.",
    }
    BoundObjectDeleted {
        code: "bound-object-deleted", class: Revoked, who: Operator, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "Kubernetes, bound service account tokens",
        title: "The object that the token is bound to is gone",
        sentence: "the object that the token is bound to no longer exists[: {found}][: {reason}]",
        explanation: "Kubernetes binds service account tokens to a pod, a secret or a node. When \
            that object is deleted, or created anew with another UID, the token ends at once, \
            whatever its `exp` says. Tokens copied out of a pod for use elsewhere die this way.",
        fix: "Read the token from its file on each use, since it is renewed there; for use \
            outside request one with `kubectl create token`.",
    }
    AudienceNotConfigured {
        code: "audience-not-configured", class: AudienceScope, who: Api, proof: Compare,
        status: 503, error: None,
        clause: "RFC 8725 §3.9",
        title: "The API does not know its own audience",
        sentence: "`aud` is {found}; this API has no audience configured",
        explanation: "The token says which API it is for, and the validator was never told its \
            own name, so it refuses every token that has an audience. The message of such \
            libraries reads as if the audience were wrong; in truth nothing was compared.",
        fix: "Configure the expected audience in the API. Do not switch the check off: then \
            tokens for other APIs would be accepted.",
    }
    SubjectUnmapped {
        code: "subject-unmapped", class: AudienceScope, who: Api, proof: Record,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7519 §4.1.2",
        title: "The application knows no account for this token",
        sentence: "the application finds no account for this token[: {claim} is {found}][: \
            {reason}]",
        explanation: "The token is good, and the application cannot turn it into one of its \
            accounts: nobody with this name or address, an address that is not verified, a claim \
            that the mapping needs and the token lacks, or a user who has never been provisioned. \
            Many applications report it as an invalid token.",
        fix: "Provision the user, or change the claim by which the application finds accounts \
            (best `iss` with `sub`).",
    }
    KeySetThrottled {
        code: "key-set-throttled", class: Server, who: Api, proof: Record,
        status: 503, error: None,
        clause: "OpenID Connect Core §10.1.1",
        title: "The key set may not be fetched again yet",
        sentence: "the key set[ at {url}] may not be fetched again yet[; in {ahead} it may][; \
            `kid` is {kid}][: {reason}]",
        explanation: "The token names a key that the API does not have, and the API may not look \
            for it yet: its key client allows only so many fetches in a time. Right after a \
            rotation, or while somebody sends tokens with invented key names, good tokens then \
            wait for the next permitted fetch.",
        fix: "Try again in a moment. In the API fetch the set in the background and let unknown \
            `kid`s not use up the whole allowance.",
    }
    KeyIdAmbiguous {
        code: "key-id-ambiguous", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7517 §4.5",
        title: "Two keys have the same name",
        sentence: "`kid` {kid} stands more than once in the key set[ ({count} times)][: {reason}]",
        explanation: "One name stands for several keys of the set, for instance an RSA key for \
            signing and one for encryption. A validator that takes the first one it finds picks \
            the wrong one, and whether tokens are accepted depends on the order of the list.",
        fix: "Give each key of the set a name of its own, best its thumbprint (RFC 7638).",
    }
    KeyIdReused {
        code: "key-id-reused", class: Server, who: Issuer, proof: Probe,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7517 §4.5",
        title: "A new key was published under an old name",
        sentence: "the `kid` stood for another key before[: {kid}][: {reason}]",
        explanation: "The issuer made a new key and kept the old name. APIs that remember keys by \
            name see no reason to fetch again, and judge new tokens by the old key until their \
            cache runs out. Issuers that create a key on each start under a fixed name cause \
            this.",
        fix: "Give every new key a new `kid`, best its thumbprint (RFC 7638), and keep keys \
            across restarts.",
    }
    KeySetInconsistent {
        code: "key-set-inconsistent", class: Server, who: Operator, proof: Probe,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7517 §5",
        title: "The issuer's servers publish different keys",
        sentence: "repeated fetches of the key set[ at {url}] gave different keys[ ({count} \
            fetches)][: {reason}]",
        explanation: "Behind one address stand several servers, and each has its own signing key. \
            A token issued by one is refused whenever the API has fetched its keys from another, \
            so that every second or third request fails for no visible reason.",
        fix: "Let all servers of the issuer share one key store, and check it: fetch the key set \
            several times and compare.",
    }
    PssSaltLength {
        code: "pss-salt-length", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7518 §3.5",
        title: "The PSS signature has a salt of the wrong length",
        sentence: "the salt's length is wrong[: {found} bytes][; {alg} demands {expected}][: \
            {reason}]",
        explanation: "PS256 and its kin demand a salt exactly as long as the hash. Some libraries \
            use the longest that fits, or none, unless told otherwise. With the salt's real \
            length the signature verifies, so key and content are right.",
        fix: "Set the salt length to the hash's length in the signing code: 32 bytes for PS256, \
            48 for PS384, 64 for PS512 (`rsa_pss_saltlen:digest` in OpenSSL).",
    }
    SignatureUnpadded {
        code: "signature-unpadded", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7518 §3.4",
        title: "The ECDSA signature has the wrong length",
        sentence: "the signature has a length that its algorithm never gives[: {found} bytes][; \
            {alg} needs {expected}][: {reason}]",
        explanation: "The two numbers of an ECDSA signature must each be written at full length, \
            leading zeros included. The issuer drops zeros, or keeps the sign byte of another \
            format. About one token in 128 then fails, which looks like chance and is arithmetic.",
        fix: "Write R and S each at fixed length, padded with zeros in front: 32 bytes each for \
            ES256, 48 for ES384, 66 for ES512.",
    }
    SignatureHexEncoded {
        code: "signature-hex-encoded", class: Server, who: Issuer, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §5.1",
        title: "The signature is written in hex",
        sentence: "the third segment is written in hex, where base64url of the bytes belongs[: \
            {reason}]",
        explanation: "The signature's bytes were turned into hex text and then sent as they are \
            or encoded once more. It comes from functions that return hex by default, such as \
            `hexdigest` in Python, `hash_hmac` in PHP, or `openssl dgst` without `-binary`.",
        fix: "Encode the raw bytes: `digest()` and not `hexdigest()`, `hash_hmac(…, true)`, \
            `openssl dgst -sha256 -binary`.",
    }
    SecretMangled {
        code: "secret-mangled", class: Server, who: Operator, proof: Repair,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7518 §3.2",
        title: "The shared secret was changed on its way into the process",
        sentence: "the signature verifies with the secret as it was meant, not as it is[: \
            {reason}]",
        explanation: "The secret that the process sees is not the one that was written: a shell \
            or compose file expanded `$`, an `.env` file took `#` for a comment, quotes were kept \
            or a backslash was eaten. Issuer and API then sign and verify with different bytes.",
        fix: "Use secrets of letters and digits only (`openssl rand -hex 32`), or quote them: \
            single quotes in a shell, `$$` in a compose file.",
    }
    SecretEmpty {
        code: "secret-empty", class: Server, who: Operator, proof: Repair,
        status: 503, error: None,
        clause: "RFC 7518 §3.2",
        title: "The shared secret is empty or a framework's default",
        sentence: "the secret[ {source}] is empty or a framework's default[: {reason}]",
        explanation: "The variable that should hold the secret was not set where it is needed, so \
            signing or verifying uses an empty text, or the default that the framework ships \
            with. Anybody can forge tokens for such an API, and two processes with different \
            defaults refuse each other's.",
        fix: "Set the secret (`openssl rand -base64 32`), rotate away from the default, and let \
            the service refuse to start without one.",
    }
    HeaderMemberRefused {
        code: "header-member-refused", class: Server, who: Api, proof: Shape,
        status: 401, error: Some(InvalidToken),
        clause: "RFC 7515 §4",
        title: "A library refuses a harmless member of the header",
        sentence: "the header has a further member[, {member}], which is legal and refused[ by \
            {name}][: {reason}]",
        explanation: "Unknown members of a token's header must be ignored, unless `crit` lists \
            them. Some libraries refuse any they do not know, or any that is no text. The token \
            is legal, verifies elsewhere, and breaks when an issuer adds a member.",
        fix: "Use a library that ignores unknown header members, or have the issuer leave the \
            member out for this API.",
    }
}
