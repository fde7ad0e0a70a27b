use proptest::prelude::*;

use super::*;

const RP: [u8; 32] = [7; 32];
const SIGNED: &[u8] = b"signed";

fn expected() -> Expected<'static> {
    Expected {
        challenge: "Y2hhbGxlbmdl",
        origin: "https://id.example",
        rp_id_hash: &RP,
        user_verification: true,
    }
}

fn client_data(kind: &str) -> String {
    format!(
        r#"{{"type":"{kind}","challenge":"Y2hhbGxlbmdl","origin":"https://id.example","crossOrigin":false,"later":1}}"#
    )
}

/// Authenticator data with flags and a counter; `behind` follows.
fn data(flags: u8, count: u32, behind: &[u8]) -> Vec<u8> {
    [&RP[..], &[flags], &count.to_be_bytes(), behind].concat()
}

fn es256() -> Vec<u8> {
    let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    [&head[..], &[1; 32], &[0x22, 0x58, 0x20], &[2; 32]].concat()
}

fn attested(id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    [&[0; 16][..], &length, id, key].concat()
}

/// An attestation object with no attestation around authenticator data.
fn object(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    let head = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59";
    [&head[..], &length, data].concat()
}

fn registration(data: &[u8]) -> Registration {
    Registration {
        client_data: base64url::encode(client_data("webauthn.create")),
        attestation: base64url::encode(object(data)),
        transports: vec!["internal".into(), "x".repeat(99), "internal".into()],
    }
}

const GOOD: u8 = USER_PRESENT | USER_VERIFIED;

#[test]
fn a_new_passkey_is_read() {
    let made = data(GOOD | ATTESTED | BACKUP_ELIGIBLE, 3, &attested(b"id", &es256()));
    let new = register_passkey(&registration(&made), expected()).unwrap();
    let point = [&[4][..], &[1; 32], &[2; 32]].concat();
    let expected = NewPasskey {
        id: base64url::encode(b"id"),
        key: PasskeyKey::Es256 { point },
        sign_count: 3,
        backup_eligible: true,
        transports: vec!["internal".into()],
    };
    assert_eq!(new, expected);
    let kept = serde_json::to_string(&new.key).unwrap();
    assert_eq!(serde_json::from_str::<PasskeyKey>(&kept).unwrap(), new.key, "{kept}");
}

#[test]
fn the_other_kinds_of_key_are_read_and_no_weaker_ones() {
    let ed = [&[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20][..], &[9; 32]].concat();
    let rsa = |bits: usize| {
        let n = u16::try_from(bits / 8).unwrap().to_be_bytes();
        let head = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59];
        [&head[..], &n, &vec![9; bits / 8], &[0x21, 0x43, 1, 0, 1]].concat()
    };
    let key = |key: &[u8]| {
        let made = data(GOOD | ATTESTED, 0, &attested(b"id", key));
        register_passkey(&registration(&made), expected()).map(|new| new.key)
    };
    assert!(matches!(key(&ed), Ok(PasskeyKey::EdDsa { .. })));
    assert!(matches!(key(&rsa(2048)), Ok(PasskeyKey::Rs256 { .. })));
    for bad in [rsa(1024), rsa(8192), vec![0xa0], es256()[..40].to_vec()] {
        key(&bad).unwrap_err();
    }
    // ES256 on another curve; ES384.
    for (place, byte) in [(6, 2), (4, 0x38)] {
        let mut bad = es256();
        bad[place] = byte;
        key(&bad).unwrap_err();
    }
}

#[test]
fn a_registration_for_another_site_page_or_moment_is_refused() {
    let made = data(GOOD | ATTESTED, 0, &attested(b"id", &es256()));
    let good = registration(&made);
    register_passkey(&good, expected()).unwrap();
    for wrong in [
        Expected { challenge: "b3RoZXI", ..expected() },
        Expected { origin: "https://evil.example", ..expected() },
        Expected { rp_id_hash: &[8; 32], ..expected() },
    ] {
        register_passkey(&good, wrong).unwrap_err();
    }
    for bad in [
        data(ATTESTED | USER_VERIFIED, 0, &attested(b"id", &es256())),
        data(ATTESTED | USER_PRESENT, 0, &attested(b"id", &es256())),
        data(GOOD | ATTESTED | BACKED_UP, 0, &attested(b"id", &es256())),
        data(GOOD, 0, &[]),
        data(GOOD | ATTESTED, 0, &attested(b"", &es256())),
        data(GOOD | ATTESTED, 0, &attested(&[1; 1024], &es256())),
        [made.as_slice(), &[0]].concat(),
        made[..made.len() - 1].to_vec(),
    ] {
        register_passkey(&registration(&bad), expected()).unwrap_err();
    }
    let bad = Registration { client_data: base64url::encode(client_data("webauthn.get")), ..good };
    register_passkey(&bad, expected()).unwrap_err();
}

fn passkey() -> Passkey {
    Passkey {
        id: "aWQ".into(),
        sub: "ada".into(),
        name: "key".into(),
        key: PasskeyKey::EdDsa { x: vec![9; 32] },
        sign_count: 5,
        backup_eligible: false,
        transports: Vec::new(),
        created_at: 0,
        used_at: None,
    }
}

fn assertion(flags: u8, count: u32) -> Assertion {
    Assertion {
        id: "aWQ".into(),
        client_data: base64url::encode(client_data("webauthn.get")),
        authenticator_data: base64url::encode(data(flags, count, &[])),
        signature: base64url::encode(SIGNED),
        user_handle: Some(base64url::encode(b"ada")),
    }
}

fn uses(
    passkey: &Passkey,
    assertion: &Assertion,
    expected: Expected<'_>,
) -> Result<Used, PasskeyRefusal> {
    use_passkey(
        passkey,
        assertion,
        expected,
        100,
        |_| [3; 32],
        |_, message, signature| {
            assert!(message.ends_with(&[3; 32]));
            signature == SIGNED
        },
    )
}

#[test]
fn a_proof_is_taken_and_moves_the_counter_on() {
    let used = uses(&passkey(), &assertion(GOOD, 6), expected()).unwrap();
    assert_eq!(used.passkey, Passkey { sign_count: 6, used_at: Some(100), ..passkey() });
    assert_eq!(used.proof, Proof::Passkey { synced: false, user_verified: true });
    // An authenticator that counts nothing stays at 0.
    let uncounted = Passkey { sign_count: 0, ..passkey() };
    uses(&uncounted, &assertion(GOOD, 0), expected()).unwrap();
    // A touch is enough where that is all that is asked for.
    let touch = Expected { user_verification: false, ..expected() };
    let used = uses(&passkey(), &assertion(USER_PRESENT, 6), touch).unwrap();
    assert_eq!(used.proof, Proof::Passkey { synced: false, user_verified: false });
}

#[test]
fn a_proof_that_is_not_the_owner_s_for_this_page_is_refused() {
    let good = assertion(GOOD, 6);
    for (wrong, what) in [
        (Assertion { id: "b3RoZXI".into(), ..good.clone() }, "credential"),
        (Assertion { user_handle: Some(base64url::encode(b"bob")), ..good.clone() }, "person"),
        (Assertion { signature: base64url::encode(b"forged"), ..good.clone() }, "signature"),
        (
            Assertion {
                client_data: base64url::encode(client_data("webauthn.create")),
                ..good.clone()
            },
            "ceremony",
        ),
        (
            Assertion {
                client_data: base64url::encode(
                    client_data("webauthn.get").replace("false", "true"),
                ),
                ..good.clone()
            },
            "frame",
        ),
        (assertion(GOOD, 5), "counter"),
        (assertion(GOOD, 0), "counter"),
        (assertion(USER_PRESENT, 6), "verify"),
        (assertion(USER_VERIFIED, 6), "nobody"),
        (assertion(GOOD | BACKUP_ELIGIBLE, 6), "another kind"),
    ] {
        let refusal = uses(&passkey(), &wrong, expected()).unwrap_err();
        assert!(refusal.0.contains(what), "{what}: {refusal}");
    }
    for wrong in [
        Expected { challenge: "b3RoZXI", ..expected() },
        Expected { origin: "https://id.example.evil.example", ..expected() },
        Expected { rp_id_hash: &[8; 32], ..expected() },
    ] {
        uses(&passkey(), &good, wrong).unwrap_err();
    }
    // One member twice: the two readers of it could differ.
    let twice = client_data("webauthn.get").replace("{\"type\"", "{\"origin\":\"x\",\"type\"");
    let wrong = Assertion { client_data: base64url::encode(twice), ..good };
    uses(&passkey(), &wrong, expected()).unwrap_err();
}

proptest! {
    #[test]
    fn nothing_that_is_sent_ends_the_judge(bytes in proptest::collection::vec(any::<u8>(), 0..300), flags: u8) {
        let made = data(flags | ATTESTED, 0, &bytes);
        let _ = register_passkey(&registration(&made), expected());
        let raw = Registration { attestation: base64url::encode(&bytes), ..registration(&made) };
        let _ = register_passkey(&raw, expected());
        let wrong = Assertion { authenticator_data: base64url::encode(&bytes), ..assertion(flags, 1) };
        let _ = uses(&passkey(), &wrong, expected());
    }
}
