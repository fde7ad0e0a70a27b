use super::*;
use proptest::prelude::*;

/// A token whose signature has the length of ES256.
const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn codes(text: &str, origin: Origin) -> (Vec<&'static str>, String) {
    let text = text.replace("TOKEN", TOKEN);
    let peeled = peel(&Passage::plain(&text, 0), origin);
    let mut codes: Vec<&str> =
        peeled.layers.iter().map(|layer| layer.fault.code.as_str()).collect();
    codes.extend(peeled.end.map(|fault| fault.code.as_str()));
    (codes, peeled.credential.text().replace(TOKEN, "TOKEN"))
}

#[test]
fn every_wrapping_comes_off() {
    for (text, expected) in [
        ("TOKEN", vec![]),
        (" TOKEN", vec!["whitespace-around"]),
        ("TOKEN\r\n", vec!["whitespace-around"]),
        ("\"TOKEN\"", vec!["quoted"]),
        ("'TOKEN'", vec!["quoted"]),
        ("\\\"TOKEN\\\"", vec!["quoted"]),
        ("\"TOKEN", vec!["quoted"]),
        ("`TOKEN`", vec!["quoted"]),
        ("“TOKEN”", vec!["smart-punctuation"]),
        ("{TOKEN}", vec!["bracketed"]),
        ("<TOKEN>", vec!["bracketed"]),
        ("[TOKEN]", vec!["bracketed"]),
        ("(TOKEN)", vec!["bracketed"]),
        ("{{TOKEN}}", vec!["bracketed"]),
        ("{\"TOKEN\"}", vec!["bracketed", "quoted"]),
        ("\u{FEFF}TOKEN", vec!["invisible-character"]),
        ("TOKEN\u{200B}", vec!["invisible-character"]),
        ("TOKEN\u{A0}", vec!["invisible-character"]),
        ("\u{1B}[32mTOKEN\u{1B}[0m", vec!["invisible-character"]),
        ("TOKEN,", vec!["trailing-characters"]),
        ("TOKEN.", vec!["trailing-characters"]),
        ("TOKEN...", vec!["trailing-characters"]),
        ("TOKEN\"}", vec!["trailing-characters"]),
        ("TOKEN&foo=bar", vec!["trailing-characters"]),
        ("TOKEN\"", vec!["trailing-characters"]),
        ("token=TOKEN", vec!["trailing-characters"]),
        ("x=TOKEN", vec!["trailing-characters"]),
        ("TOKEN\\n", vec!["escape-sequence"]),
        ("TOKEN%0A", vec!["percent-encoded"]),
        ("TOKENTOKEN", vec!["tokens-concatenated"]),
        ("TOKEN TOKEN", vec!["tokens-concatenated"]),
        ("TOKEN\nTOKEN", vec!["tokens-concatenated"]),
        ("{\"access_token\":\"TOKEN\",\"expires_in\":300}", vec!["response-instead-of-token"]),
        ("{'access_token': 'TOKEN'}", vec!["response-instead-of-token"]),
        ("{access_token:TOKEN,expires_in:300}", vec!["response-instead-of-token"]),
        ("access_token=TOKEN&token_type=bearer", vec!["response-instead-of-token"]),
        ("Bearer TOKEN", vec!["scheme-doubled"]),
    ] {
        assert_eq!(codes(text, Origin::Bare), (expected, "TOKEN".to_owned()), "{text}");
    }
}

#[test]
fn letters_of_a_signature_are_no_header_of_the_next_token() {
    // Found by the property of the planted faults: where a shorter RSA key's signature would end, the
    // letters decode to a brace.
    let signature = format!("{}e2q6{}", "A".repeat(171), "A".repeat(167));
    let first = format!("eyJhbGciOiJQUzM4NCJ9.eyJzdWIiOiJiIn0.{signature}");
    let text = format!("{first}{TOKEN}");
    let peeled = peel(&Passage::plain(&text, 0), Origin::Bare);
    assert_eq!(peeled.credential.text(), first);
    assert_eq!(peeled.others.iter().map(Passage::text).collect::<Vec<_>>(), [TOKEN]);
}

#[test]
fn letters_of_a_token_are_no_member_s_name() {
    // Found by the property of the planted faults: the signature held the letters `jwt`.
    for inside in
        ["eyJhbGciOiJFUzI1NiJ9.e30.UKjwtVxkaVz5JtYykvqi9dVz", "eyJh.tokenABCDEFGH.jwt-abcdefghi"]
    {
        for (open, close) in [("{", "}"), ("[", "]")] {
            let text = format!("{open}{inside}{close}");
            assert_eq!(
                codes(&text, Origin::Bare),
                (vec!["bracketed"], inside.to_owned()),
                "{text}"
            );
        }
    }
}

#[test]
fn escapes_and_breaks_inside_are_undone() {
    for (from, to, code) in [
        (".", "%2E", "percent-encoded"),
        (".", "%2e", "percent-encoded"),
        (".", "%252E", "percent-encoded"),
        (".", "\\u002e", "escape-sequence"),
        (".", "\\x2e", "escape-sequence"),
        (".", "\\.", "escape-sequence"),
        (".", "&#46;", "escape-sequence"),
        (".", "&#x2e;", "escape-sequence"),
        (".", "&period;", "escape-sequence"),
        (".", "=2E", "escape-sequence"),
        (".", ".\n", "whitespace-inside"),
        (".", ". ", "whitespace-inside"),
        (".", ".\u{200B}", "invisible-character"),
        (".", ".\u{AD}", "invisible-character"),
        (".", "․", "smart-punctuation"),
        (".", "。", "smart-punctuation"),
        ("AAAA", "AA\nAA", "whitespace-inside"),
        ("AAAA", "AA\\nAA", "escape-sequence"),
    ] {
        let text = TOKEN.replace(from, to);
        assert_eq!(codes(&text, Origin::Bare), (vec![code], "TOKEN".to_owned()), "{to:?}");
    }
}

#[test]
fn schemes_are_read_and_blamed() {
    for (text, expected) in [
        ("Bearer TOKEN", vec![]),
        ("bearer TOKEN", vec![]),
        ("TOKEN", vec!["scheme-missing"]),
        ("Token TOKEN", vec!["scheme-wrong"]),
        ("JWT TOKEN", vec!["scheme-wrong"]),
        ("Basic TOKEN", vec!["scheme-wrong"]),
        ("Baerer TOKEN", vec!["scheme-wrong"]),
        ("BearerToken TOKEN", vec!["scheme-wrong"]),
        ("Whatever TOKEN", vec!["scheme-wrong"]),
        ("Token token=TOKEN", vec!["scheme-wrong", "trailing-characters"]),
        ("Bearer Bearer TOKEN", vec!["scheme-doubled"]),
        ("Bearer bearer TOKEN", vec!["scheme-doubled"]),
        ("Bearer Token TOKEN", vec!["scheme-doubled"]),
        ("Bearer Authorization: Bearer TOKEN", vec!["scheme-doubled", "scheme-doubled"]),
        ("Authorization: Bearer TOKEN", vec!["scheme-doubled"]),
        ("Bearer:TOKEN", vec!["scheme-separator"]),
        ("Bearer: TOKEN", vec!["scheme-separator"]),
        ("Bearer=TOKEN", vec!["scheme-separator"]),
        ("BearerTOKEN", vec!["scheme-separator"]),
        ("Bearer\tTOKEN", vec!["scheme-separator"]),
        ("Bearer  TOKEN", vec!["scheme-separator"]),
        ("Bearer%20TOKEN", vec!["scheme-separator"]),
        ("Bearer+TOKEN", vec!["scheme-separator"]),
        ("Bearer\u{A0}TOKEN", vec!["scheme-separator"]),
        ("Bearer \u{A0}TOKEN", vec!["invisible-character"]),
        ("Bearer \u{B}TOKEN", vec!["invisible-character"]),
        ("Bearer \u{C}TOKEN", vec!["invisible-character"]),
        ("Bearer \tTOKEN", vec!["scheme-separator"]),
        ("Bearer, TOKEN", vec!["scheme-separator"]),
        ("Bearer-TOKEN", vec!["scheme-separator"]),
        ("\"Bearer TOKEN\"", vec!["quoted"]),
        ("Bearer \"TOKEN\"", vec!["quoted"]),
        ("<Bearer TOKEN>", vec!["bracketed"]),
        ("Bearer <TOKEN>", vec!["bracketed"]),
        ("Bearer TOKEN\n", vec!["whitespace-around"]),
        ("\"TOKEN\"", vec!["quoted", "scheme-missing"]),
    ] {
        assert_eq!(codes(text, Origin::Header), (expected, "TOKEN".to_owned()), "{text}");
    }
}

#[test]
fn nothing_and_placeholders_end_the_search() {
    for (text, code) in [
        ("", "credential-empty"),
        ("Bearer", "credential-empty"),
        ("Bearer ", "credential-empty"),
        ("Bearer undefined", "credential-placeholder"),
        ("undefined", "credential-placeholder"),
        ("Bearer {{token}}", "credential-placeholder"),
        ("Bearer <your token>", "credential-placeholder"),
        ("Bearer [object Object]", "credential-placeholder"),
        ("Bearer \"null\"", "credential-placeholder"),
        ("Bearer $ACCESS", "credential-placeholder"),
    ] {
        let (codes, _) = codes(text, Origin::Header);
        assert_eq!(codes.last(), Some(&code), "{text}: {codes:?}");
    }
}

#[test]
fn encoded_once_more_is_decoded() {
    use base64::Engine as _;
    let standard = base64::engine::general_purpose::STANDARD;
    for text in [
        standard.encode(TOKEN),
        standard.encode(format!("{TOKEN}\n")),
        standard.encode(TOKEN).trim_end_matches('=').to_owned(),
    ] {
        assert_eq!(codes(&text, Origin::Bare), (vec!["base64-of-token"], "TOKEN".to_owned()));
    }
    let twice = standard.encode(standard.encode(TOKEN));
    assert_eq!(codes(&twice, Origin::Bare).0, ["base64-of-token"]);
    let in_basic = format!("Basic {}", standard.encode(format!("user:{TOKEN}")));
    assert_eq!(codes(&in_basic, Origin::Header), (vec!["scheme-wrong"], "TOKEN".to_owned()));
}

#[test]
fn layers_point_at_the_input() {
    let text = format!("Bearer  \"{TOKEN}\"");
    let peeled = peel(&Passage::plain(&text, 100), Origin::Header);
    let spans: Vec<_> = peeled.layers.iter().map(|layer| layer.fault.span.unwrap()).collect();
    assert_eq!(spans[0], Span { start: 106, end: 108 });
    assert_eq!(spans[1], Span { start: 108, end: 109 });
    assert_eq!(peeled.credential.whole().start, 109);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_text_makes_it_panic(text: String) {
        let _ = peel(&Passage::plain(&text, 0), Origin::Header);
        let _ = peel(&Passage::plain(&text, 0), Origin::Bare);
    }

    #[test]
    fn no_mixture_makes_it_panic(parts in proptest::collection::vec(proptest::sample::select(vec![
        TOKEN, "eyJhbGciOiJFUzI1NiJ9", ".", "Bearer", " ", "\"", "{", "}", "%2", "%25", "2E", "\\u00", "\\", "&#",
        ";", "=3", "…", "–", "\u{1B}[", "access_token", ":", "\u{200B}", "é", "\n", "ZXlK",
    ]), 0..10)) {
        let text = parts.concat();
        let _ = peel(&Passage::plain(&text, 0), Origin::Header);
        let _ = peel(&Passage::plain(&text, 0), Origin::Bare);
    }
}
