use super::*;
use proptest::prelude::*;

const TOKEN: &str = "eyJhbGciOiJub3QifQ.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

/// What was taken for the credential, with a letter for the way it is carried.
fn seen(text: &str) -> String {
    let input = Input::read(text.as_bytes());
    let found = recognise(&input);
    match found.carried {
        Carried::Nothing => "-".to_owned(),
        Carried::TooLong(_) => "!".to_owned(),
        Carried::Credential(passage) => format!("C {}", passage.text()),
        Carried::Value(passage) => format!("V {}", passage.text()),
        Carried::Request(request) => {
            let mut said = format!("R {}", request.method.as_deref().unwrap_or("?"));
            if let Some(target) = &request.target {
                said.push_str(&format!(" {}", target.text()));
            }
            for field in &request.fields {
                said.push_str(&format!(" | {}={}", field.name.text(), field.value.text()));
            }
            if let Some(body) = &request.body {
                said.push_str(&format!(" + {}", body.text()));
            }
            said
        }
    }
}

fn check(text: &str, expected: &str) {
    let (text, expected) = (text.replace("TOKEN", TOKEN), expected.replace("TOKEN", TOKEN));
    assert_eq!(seen(&text), expected, "{text}");
}

#[test]
fn bare_tokens_keep_everything_but_the_line_end() {
    for (text, expected) in [
        ("TOKEN", "C TOKEN"),
        ("TOKEN\n", "C TOKEN"),
        ("TOKEN\r\n", "C TOKEN"),
        ("TOKEN ", "C TOKEN "),
        ("\tTOKEN", "C \tTOKEN"),
        ("TOKEN\n\n", "C TOKEN\n"),
        ("\"TOKEN\"", "C \"TOKEN\""),
        ("{TOKEN}", "C {TOKEN}"),
        ("[\"TOKEN\"]", "C [\"TOKEN\"]"),
        ("TOKEN,", "C TOKEN,"),
        ("TOKENTOKEN", "C TOKENTOKEN"),
        ("TOKEN\nTOKEN", "C TOKEN\nTOKEN"),
        (
            "eyJhbGciOiJub3QifQ.eyJzdW\nIiOiJhIn0.c2lnbmF0dXJl",
            "C eyJhbGciOiJub3QifQ.eyJzdW\nIiOiJhIn0.c2lnbmF0dXJl",
        ),
        ("\u{FEFF}TOKEN", "C \u{FEFF}TOKEN"),
        ("<your access token>", "C <your access token>"),
        ("undefined", "C undefined"),
        ("", "C "),
        ("  \n", "C "),
    ] {
        check(text, expected);
    }
}

#[test]
fn header_lines_and_values_are_told_from_tokens() {
    for (text, expected) in [
        ("Authorization: Bearer TOKEN", "R ? | Authorization=Bearer TOKEN"),
        ("authorization:Bearer TOKEN\r\n", "R ? | authorization=Bearer TOKEN"),
        ("Authorization: Bearer", "R ? | Authorization=Bearer"),
        ("X-Auth-Token: TOKEN", "R ? | X-Auth-Token=TOKEN"),
        ("X-Whatever: TOKEN", "R ? | X-Whatever=TOKEN"),
        (
            "Host: a\nAuthorization: Bearer TOKEN\nAccept: */*",
            "R ? | Host=a | Authorization=Bearer TOKEN | Accept=*/*",
        ),
        ("Bearer TOKEN", "V Bearer TOKEN"),
        ("bearer TOKEN\n", "V bearer TOKEN"),
        ("Bearer:TOKEN", "V Bearer:TOKEN"),
        ("Bearer: TOKEN", "V Bearer: TOKEN"),
        ("BearerTOKEN", "V BearerTOKEN"),
        ("Bearer", "V Bearer"),
        ("Token TOKEN", "V Token TOKEN"),
        (
            "Authorization: Bearer eyJhbGciOiJub3QifQ.eyJzdW\nIiOiJhIn0.c2ln",
            "R ? | Authorization=Bearer eyJhbGciOiJub3QifQ.eyJzdW\nIiOiJhIn0.c2ln",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn requests_are_read_with_fields_and_body() {
    for (text, expected) in [
        (
            "GET /a?b HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer TOKEN\r\n\r\n",
            "R GET /a?b | Host=h | Authorization=Bearer TOKEN",
        ),
        (
            "POST https://h/a\nHost: h\n\naccess_token=TOKEN",
            "R POST https://h/a | Host=h + access_token=TOKEN",
        ),
        (
            "GET / HTTP/1.1\nAuthorization: Bearer TO\n KEN\nA: b\n\n",
            "R GET / | Authorization=Bearer TO\n KEN | A=b",
        ),
        (
            "* Connected\n> GET /a HTTP/2\n> Host: h\n> authorization: Bearer TOKEN\n>\n< HTTP/2 401\n",
            "R GET /a | Host=h | authorization=Bearer TOKEN",
        ),
        ("https://h/a?access_token=TOKEN", "R ? https://h/a?access_token=TOKEN"),
    ] {
        check(text, expected);
    }
}

#[test]
fn commands_become_the_request_that_they_send() {
    for (text, expected) in [
        (
            "curl -H 'Authorization: Bearer TOKEN' https://h/a",
            "R GET https://h/a | Authorization=Bearer TOKEN",
        ),
        (
            "$ curl -sSXPOST https://h/a -d x=1 -H\"Authorization:Bearer TOKEN\"",
            "R POST https://h/a | Authorization=Bearer TOKEN + x=1",
        ),
        (
            "curl https://h/a --oauth2-bearer TOKEN",
            "R GET https://h/a | Authorization=Bearer TOKEN",
        ),
        ("curl -u a:b https://h/a", "R GET https://h/a | Authorization=Basic YTpi"),
        (
            "curl -u a:b -H 'Authorization: Bearer TOKEN' https://h/a",
            "R GET https://h/a | Authorization=Bearer TOKEN",
        ),
        (
            "curl 'https://h/a' \\\n  -H 'accept: */*' \\\n  -H $'authorization: Bearer \\u0022TOKEN\\u0022' \\\n  --compressed",
            "R GET https://h/a | accept=*/* | authorization=Bearer \"TOKEN\"",
        ),
        (
            "curl ^\"https://h/a^\" ^\n  -H ^\"authorization: Bearer TOKEN^\"",
            "R GET https://h/a | authorization=Bearer TOKEN",
        ),
        (
            "curl -b 'access_token=TOKEN' https://h/a -o /dev/null",
            "R GET https://h/a | Cookie=access_token=TOKEN",
        ),
        (
            "http GET h.example/a Authorization:'Bearer TOKEN'",
            "R GET h.example/a | Authorization=Bearer TOKEN",
        ),
        (
            "wget --header=\"Authorization: Bearer TOKEN\" https://h/a",
            "R GET https://h/a | Authorization=Bearer TOKEN",
        ),
        (
            "Please try:\ncurl -H 'Authorization: Bearer TOKEN' https://h/a\nthanks",
            "R GET https://h/a | Authorization=Bearer TOKEN",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn json_gives_up_its_token() {
    for (text, expected) in [
        ("{\"access_token\":\"TOKEN\",\"id_token\":\"x\"}", "C TOKEN"),
        ("{\"id_token\":\"TOKEN\"}", "C TOKEN"),
        ("{\"data\":{\"token\":\"TOKEN\"}}", "C TOKEN"),
        ("{\"level\":\"warn\",\"headers\":{\"Authorization\":\"Bearer TOKEN\"}}", "V Bearer TOKEN"),
        (
            "{\"headers\":[{\"name\":\"authorization\",\"value\":\"Bearer TOKEN\\n\"}]}",
            "V Bearer TOKEN\n",
        ),
        ("{\"payload\":\"a\",\"signature\":\"b\"}", "C {\"payload\":\"a\",\"signature\":\"b\"}"),
        ("access_token=TOKEN&expires_in=300", "C TOKEN"),
    ] {
        check(text, expected);
    }
}

#[test]
fn text_around_a_token_is_not_part_of_it() {
    for (text, expected) in [
        (
            "2026-11-18T10:26:40Z WARN gw: 401 GET /a auth=\"Bearer TOKEN\" ua=curl",
            "V Bearer TOKEN",
        ),
        ("level=warn authorization=\"Bearer TOKEN\" path=/a", "V Bearer TOKEN"),
        ("[warn] Authorization: Bearer TOKEN, client: 1.2.3.4", "V Bearer TOKEN"),
        (
            "10.0.0.1 - - [18/Nov] \"GET /a?b=1&jwt=TOKEN&c=2 HTTP/1.1\" 401 12",
            "R GET /a?b=1&jwt=TOKEN&c=2",
        ),
        (
            "10.0.0.1 - - [18/Nov] \"GET /a?access_token=TOKEN HTTP/1.1\" 401 12",
            "R GET /a?access_token=TOKEN",
        ),
        ("Hello, my token is TOKEN. It fails.", "C TOKEN"),
        ("it says invalid (TOKEN), why?", "C TOKEN"),
        ("fetch('/a', { headers: { 'Authorization': 'Bearer TOKEN' } })", "V Bearer TOKEN"),
        ("\"authorization\": \"Bearer TOKEN\",", "V Bearer TOKEN"),
        ("msg={\\\"authorization\\\":\\\"Bearer TOKEN\\\"} x", "V Bearer TOKEN"),
        ("authorization: `Bearer ${token}`", "R ? | authorization=`Bearer ${token}`"),
        ("nothing to see here", "-"),
    ] {
        check(text, expected);
    }
}

#[test]
fn other_encodings_are_read() {
    let utf16: Vec<u8> =
        format!("\u{FEFF}{TOKEN}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let input = Input::read(&utf16);
    assert_eq!(input.encoding, Some("UTF-16"));
    assert_eq!(input.text.trim(), TOKEN);
    let mut broken = TOKEN.as_bytes().to_vec();
    broken[30] = 0xFF;
    assert!(Input::read(&broken).encoding.is_some());
}

#[test]
fn what_is_far_too_long_is_not_looked_into() {
    check(&"a".repeat(MAX_CREDENTIAL_BYTES + 1), "!");
    assert_eq!(
        seen(&format!("Authorization: Bearer {}", "a".repeat(MAX_CREDENTIAL_BYTES + 1))),
        "!"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let input = Input::read(&bytes);
        let _ = recognise(&input);
    }

    #[test]
    fn no_text_makes_it_panic(parts in proptest::collection::vec(proptest::sample::select(vec![
        "eyJhbGciOiJub3QifQ", ".", "Bearer ", "Authorization", ": ", "\n", "\r\n", "curl ", "-H ", "'", "\"",
        "GET / HTTP/1.1", "{", "}", "[", "\"access_token\"", "=", "é", "\u{FEFF}", "> ", "^", "\\", "$'",
        "?access_token=", " ", "\u{200B}", "token",
    ]), 0..14)) {
        let text = parts.concat();
        let input = Input::read(text.as_bytes());
        let _ = recognise(&input);
    }
}

/// What the fuzzer found: behind the scheme stood a character of several bytes.
#[test]
fn a_scheme_may_be_followed_by_any_character() {
    for input in ["r: Bearer Bearer\u{FFFD} \u{FE}", "x Bearer Bearer\u{3000}a", "x Bearer Bearer"]
    {
        let _ = recognise(&Input::read(input.as_bytes()));
    }
}
