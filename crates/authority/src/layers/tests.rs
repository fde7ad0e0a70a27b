use super::*;

fn file(text: &str) -> Layers {
    Layers { file: Some(("c.toml".to_owned(), text.to_owned())), ..Layers::default() }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn flag(field: &str, value: &str) -> (String, String, String) {
    ("--set".to_owned(), field.to_owned(), value.to_owned())
}

fn problems(layers: Layers) -> Vec<Problem> {
    layers.read().unwrap_err()
}

/// Line, column and width of the only mistake, and what is said to do.
fn only(text: &str) -> (usize, usize, usize, String) {
    let found = problems(file(text));
    assert_eq!(found.len(), 1, "{found:#?}");
    let place = found[0].place.clone().unwrap();
    (place.line, place.column, place.width, found[0].fix.clone())
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_which_beats_the_default() {
    let mut layers = Layers::default();
    let ttl = |layers: &Layers| {
        let read = layers.clone().read().unwrap();
        let setting = read.settings().into_iter().find(|s| s.field == "tokens.access_ttl_seconds");
        let setting = setting.unwrap();
        (read.config.tokens.access_ttl_seconds, setting.source, setting.place)
    };
    assert_eq!(ttl(&layers), (300, "default", "default".to_owned()));
    layers.file = Some(pair("c.toml", "\n[tokens]\naccess_ttl_seconds = 301\n"));
    assert_eq!(ttl(&layers), (301, "file", "c.toml:3".to_owned()));
    layers.environment.push(pair("CLAVIGER_TOKENS__ACCESS_TTL_SECONDS", "302"));
    let variable = "CLAVIGER_TOKENS__ACCESS_TTL_SECONDS".to_owned();
    assert_eq!(ttl(&layers), (302, "environment", variable));
    layers.flags.push(flag("tokens.access_ttl_seconds", "303"));
    assert_eq!(ttl(&layers), (303, "flag", "--set".to_owned()));
}

#[test]
fn every_field_can_be_set_by_its_variable() {
    let read = Layers::default().read().unwrap();
    let settings = read.settings();
    assert!(settings.len() > 20);
    let environment = settings
        .iter()
        .filter_map(|setting| {
            let text =
                setting.json.as_str().map_or_else(|| setting.value.clone(), |s| Some(s.to_owned()));
            text.map(|text| (variable(&setting.field), text))
        })
        .collect();
    let again = Layers { environment, ..Layers::default() }.read().unwrap();
    assert_eq!(again.config, read.config);
    let by_default: Vec<_> = again
        .settings()
        .into_iter()
        .filter(|setting| setting.value.is_some() && setting.source != "environment")
        .collect();
    assert_eq!(by_default, []);
}

#[test]
fn text_in_a_variable_needs_no_quotes() {
    let environment = vec![
        pair("CLAVIGER_ISSUER", "https://id.example"),
        pair("CLAVIGER_DATA_DIR", "12"),
        pair("CLAVIGER_TRUSTED_PROXY", "true"),
        pair("CLAVIGER_SIGNING__ALGORITHM", "EdDSA"),
    ];
    let config = Layers { environment, ..Layers::default() }.read().unwrap().config;
    assert_eq!(config.issuer.as_deref(), Some("https://id.example"));
    assert_eq!(config.data_dir.to_str(), Some("12"));
    assert!(config.trusted_proxy);
    assert_eq!(config.signing.algorithm, crate::SigningAlgorithm::EdDsa);
}

#[test]
fn mistakes_point_at_their_place_and_say_what_to_write() {
    for (text, line, column, width, fix) in [
        ("lisen = 'x'", 1, 1, 5, "`listen`"),
        ("# ä\n[signing]\nrsa_bits = 1000", 3, 12, 4, "2048, 3072 or 4096"),
        ("[signing]\n  rsa_bitz = 2048", 2, 3, 8, "`signing.rsa_bits`"),
        ("access_ttl_seconds = 5", 1, 1, 18, "under `[tokens]`"),
        ("[tokens]\nissuer = 'https://id.example'", 2, 1, 6, "at the top"),
        ("example = 'no'", 1, 11, 4, "`true` or `false`"),
        ("[tokens]\naccess_ttl_seconds = '5'", 2, 22, 3, "whole number"),
        ("[tokens]\naccess_ttl_seconds = -5", 2, 22, 2, "whole number"),
        ("listen = 'here'", 1, 10, 6, "127.0.0.1:8600"),
        ("[signing]\nalgorithm = 'HS256'", 2, 13, 7, "ES256"),
        ("tokens = 5", 1, 1, 6, "`[tokens]`"),
        ("issuer = https://id.example", 1, 10, 18, "quotes"),
        ("example = true\nexample = false", 2, 1, 7, "one of the two"),
        ("issuer = 'http://id.example'", 1, 10, 19, "https"),
        ("[signing]\njwks_max_age_seconds = 86400\npublish_ahead_seconds = 60", 3, 25, 2, "86400"),
        // The default is wrong beside what was written: that is where to look.
        ("[tokens]\naccess_ttl_max_seconds = 60", 2, 26, 2, "from 1 to 60"),
    ] {
        let found = only(text);
        assert!(found.3.contains(fix), "{text}: {}", found.3);
        assert_eq!((found.0, found.1, found.2), (line, column, width), "{text}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = "liste = 1\n[tokens]\nsession_ttl_seconds = ''\n[limts]\nconnections = 1\n";
    let found = problems(file(text));
    let lines: Vec<_> = found.iter().map(|problem| problem.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, [1, 3, 4]);
    let text = "listen = '0.0.0.0:1'\nissuer = 'https://id.example'\n[signing]\nrsa_bits = 1\n[limits]\nbody_bytes = 0";
    let found = problems(file(text));
    let fields: Vec<_> = found.iter().filter_map(|problem| problem.field.as_deref()).collect();
    assert_eq!(fields, ["listen", "signing.rsa_bits", "limits.body_bytes"]);
}

/// Where each mistake stands, and about which field it is.
fn places(problems: &[Problem]) -> Vec<(usize, usize, &str)> {
    let place = |problem: &Problem| {
        problem.place.as_ref().map_or((0, 0), |place| (place.line, place.column))
    };
    problems
        .iter()
        .map(|one| (place(one).0, place(one).1, one.field.as_deref().unwrap_or_default()))
        .collect()
}

#[test]
fn a_file_with_mistakes_of_every_kind_is_told_all_of_them() {
    let text = "\
lisen = '0.0.0.0:443'
trusted_proxy = 'yes'
example = 1
issuer = 'http://id.example'
colour = 'red'
[signing]
rsa_bits = 1000
algoritm = 'ES256'
also = ['ES256']
jwks_max_age_seconds = 600
publish_ahead_seconds = 60
[limts]
connections = 0
body_bytes = 'big'
conections = 5
[tokens]
refresh_ttl_seconds = 1
session_ttl_seconds = 1
rotate_after_seconds = 5
[tls]
key_file = 'server.key'
handshake_seconds = 0
";
    let found = file(text).examine();
    let expected = [
        (1, 1, "lisen"),
        (2, 17, "trusted_proxy"),
        (3, 11, "example"),
        (4, 10, "issuer"),
        (5, 1, "colour"),
        (7, 12, "signing.rsa_bits"),
        (8, 1, "signing.algoritm"),
        (9, 8, "signing.also"),
        (11, 25, "signing.publish_ahead_seconds"),
        (12, 2, "limts"),
        (13, 15, "limits.connections"),
        (14, 14, "limits.body_bytes"),
        (15, 1, "limits.conections"),
        (17, 23, "tokens.refresh_ttl_seconds"),
        (18, 23, "tokens.session_ttl_seconds"),
        (19, 1, "tokens.rotate_after_seconds"),
        (21, 12, "tls.cert_file"),
        (22, 21, "tls.handshake_seconds"),
    ];
    assert_eq!(places(&found.problems), expected, "{:#?}", found.problems);
    let fix = |field: &str| {
        let one = found.problems.iter().find(|one| one.field.as_deref() == Some(field));
        one.map(|one| one.fix.as_str()).unwrap_or_default()
    };
    for (field, near) in [
        ("lisen", "`listen`"),
        ("signing.algoritm", "`signing.algorithm`"),
        ("limts", "`limits`"),
        ("limits.conections", "`limits.connections`"),
        ("tokens.rotate_after_seconds", "`[signing]`"),
        ("colour", "take it out"),
    ] {
        assert!(fix(field).contains(near), "{field}: {}", fix(field));
    }
}

#[test]
fn what_only_follows_from_a_mistake_is_no_second_one() {
    for text in [
        // Nothing is said against an address whose proxy is misspelt or of the wrong kind.
        "listen = '0.0.0.0:80'\nissuer = 'https://id.example'\ntrusted_prox = true",
        "listen = '0.0.0.0:80'\nissuer = 'https://id.example'\ntrusted_proxy = 'yes'",
        "listen = '0.0.0.0:80'\ntrusted_proxy = true\nissuers = 'https://id.example'",
        "listen = '0.0.0.0:443'\nissuer = 'https://id.example'\n[tsl]\ncert_file = 'c'\nkey_file = 'k'",
        "listen = '0.0.0.0:443'\nissuer = 'https://id.example'\ntls = 'c'",
        // A limit that is no limit is nothing to be held against.
        "[signing]\njwks_max_age_seconds = 999999999",
        "[tokens]\naccess_ttl_max_seconds = 0",
        "[tls]\nkey_file = 'k'\nclient_certificates = true",
    ] {
        let found = problems(file(text));
        assert_eq!(found.len(), 1, "{text}: {found:#?}");
    }
}

#[test]
fn a_line_that_is_no_toml_hides_no_mistake_of_another() {
    let text = "lisen = 'x'\nissuer = https://id.example\n[tokens]\nttl_secs = 5\naccess_ttl_seconds = ''\n";
    let found = file(text).examine();
    let lines: Vec<usize> = places(&found.problems).iter().map(|place| place.0).collect();
    assert_eq!(lines, [1, 2, 4, 5], "{:#?}", found.problems);
    assert!(found.notes.iter().any(|note| note.contains("judged together")), "{:?}", found.notes);
    // Below a heading that cannot be read nobody knows what a name belongs to.
    let text = "[tokens\naccess_ttl_seconds = 5\n[limits]\nconections = 1\n";
    let found = file(text).examine();
    let lines: Vec<usize> = places(&found.problems).iter().map(|place| place.0).collect();
    assert_eq!(lines, [1, 4], "{:#?}", found.problems);
    for text in
        ["[signing]\nalso = ['ES256'\nrsa_bits = 2048\n", "issuer = \"\"\"x\nlisten = 'y'\n"]
    {
        let found = file(text).examine();
        assert_eq!(found.problems.len(), 1, "{text}: {:#?}", found.problems);
    }
}

#[test]
fn warnings_are_told_beside_mistakes() {
    let environment = vec![pair("CLAVIGER_ISUER", "x"), pair("CLAVIGER_SIGNING__RSA_BITS", "1")];
    let found = Layers { environment, ..file("[limits]\nconnections = 0") }.examine();
    let sources: Vec<_> = found.problems.iter().map(|problem| problem.source).collect();
    assert_eq!(sources, ["file", "environment"]);
    assert!(found.notes[0].contains("`CLAVIGER_ISSUER`"), "{:?}", found.notes);
}

#[test]
fn a_mistake_in_variable_or_flag_names_it() {
    let environment = vec![pair("CLAVIGER_TOKENS__ACCESS_TTL", "5")];
    let found = problems(Layers { environment, ..Layers::default() });
    assert_eq!(
        (found[0].source, found[0].name.as_str()),
        ("environment", "CLAVIGER_TOKENS__ACCESS_TTL")
    );
    assert!(found[0].fix.contains("CLAVIGER_TOKENS__ACCESS_TTL_"), "{}", found[0].fix);
    let environment = vec![pair("CLAVIGER_SIGNING__RSA_BITS", "1000")];
    let found = problems(Layers { environment, ..Layers::default() });
    assert_eq!(
        (found[0].source, found[0].name.as_str()),
        ("environment", "CLAVIGER_SIGNING__RSA_BITS")
    );
    let found = problems(Layers { flags: vec![flag("tokens", "5")], ..Layers::default() });
    assert_eq!((found[0].source, found[0].name.as_str()), ("flag", "--set"));
}

#[test]
fn variables_of_others_are_left_alone() {
    let environment = vec![
        pair("CLAVIGER_PORT", "tcp://10.0.0.1:80"),
        pair("CLAVIGER_SERVICE_HOST", "10.0.0.1"),
        pair("CLAVIGER_LOG", "info"),
        pair("CLAVIGER_CONFIG", "c.toml"),
        pair("PATH", "/bin"),
    ];
    let read = Layers { environment, ..Layers::default() }.read().unwrap();
    assert_eq!(read.config, Config::default());
    assert_eq!(read.notes, Vec::<String>::new());
    let environment = vec![pair("CLAVIGER_ISUER", "https://id.example")];
    let read = Layers { environment, ..Layers::default() }.read().unwrap();
    assert!(read.notes[0].contains("`CLAVIGER_ISSUER`"), "{:?}", read.notes);
}

#[test]
fn nothing_shows_a_secret() {
    let found = problems(file("client_secret = 'hunter2hunter2'"));
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    let shown = words::shown("smtp", &serde_json::json!("smtp://me:hunter2@mail.example"));
    assert_eq!(shown, serde_json::json!("smtp://redacted@mail.example"));
    assert_eq!(
        words::shown("smtp_password", &serde_json::json!("x")),
        serde_json::json!("[redacted]")
    );
}

#[test]
fn no_text_can_end_the_reader() {
    for text in [
        "=",
        "[",
        "[[",
        "a.b.c = 1",
        "[tokens.x]\ny=1",
        "'",
        "\r\n\r",
        "🦀 = '🦀'",
        "listen = [",
        "\0",
        "tokens = { a = 1 }",
        "[[tokens]]\na=1",
    ] {
        let found = problems(file(text));
        assert!(!found.is_empty(), "{text:?}");
        assert!(found.iter().all(|problem| problem.place.is_some() && !problem.fix.is_empty()));
    }
}
