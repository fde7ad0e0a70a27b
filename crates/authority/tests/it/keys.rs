//! Signing keys: published before they sign, kept until the last token is gone, withdrawn at once.

use std::sync::Arc;

use claviger_authority::{Config, SigningAlgorithm};
use claviger_token::revocation::{Entry, Kind, Marks, View};
use claviger_token::{KeySet, Policy, verify};
use serde_json::{Value, json};

use crate::app::{App, ISSUER, claims, encoded, header};

async fn states(app: &App) -> Vec<(String, String)> {
    let list = app.admin("GET", "/keys", None).await.is(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = list["items"].as_array().unwrap();
    items.iter().map(|key| (text(&key["kid"]), text(&key["state"]))).collect()
}

async fn published(app: &App) -> Vec<String> {
    let set = app.get("/jwks").await.is(200).json();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn kid(app: &App) -> String {
    header(&app.access_token().await)["kid"].as_str().unwrap().to_owned()
}

/// A verifier as a guard is one: it keeps the key set for as long as the answer says and not a second
/// longer, fetches nothing out of turn, and reads the feed.
struct Verifier {
    keys: KeySet,
    until: i64,
    fetches: usize,
    gone: View,
    seq: u64,
}

impl Verifier {
    fn new() -> Self {
        let (gone, keys) = (View::default(), KeySet::default());
        Self { keys, until: i64::MIN, fetches: 0, gone, seq: 0 }
    }

    async fn refresh(&mut self, app: &App, now: i64) {
        if now < self.until {
            return;
        }
        let answer = app.get("/jwks").await.is(200);
        let age = answer.header("cache-control").split_once("max-age=").unwrap().1;
        self.until = now + age.parse::<i64>().unwrap();
        self.keys = KeySet::from_json(&answer.body).unwrap();
        self.fetches += 1;
    }

    /// Takes in what the feed has beyond what is known; its framing is the feed's tests' matter.
    async fn follow(&mut self, app: &App) {
        let path = format!("/revocations?after={}", self.seq);
        let list = app.admin("GET", &path, None).await.is(200).json();
        for item in list["items"].as_array().unwrap() {
            let hash = claviger_token::base64url::decode(item["hash"].as_str().unwrap()).unwrap();
            self.seq = item["seq"].as_u64().unwrap();
            self.gone.insert(&Entry {
                seq: self.seq,
                kind: Kind::from_name(item["kind"].as_str().unwrap()).unwrap(),
                hash: hash.try_into().unwrap(),
                until: item["until"].as_i64(),
                expires: item["expires"].as_i64().unwrap(),
            });
        }
    }

    fn accepts(&self, token: &str, policy: &Policy, now: i64) -> bool {
        verify(token, policy, &self.keys, now)
            .is_ok_and(|verified| self.gone.check(&Marks::of(&verified)).is_none())
    }
}

async fn with_two_algorithms(change: impl FnOnce(&mut Config)) -> App {
    let app = App::with(|config| {
        config.signing.also = vec![SigningAlgorithm::EdDsa];
        config.signing.rotate_after_seconds = 60;
        config.signing.publish_ahead_seconds = 60;
        config.signing.jwks_max_age_seconds = 60;
        config.tokens.access_ttl_seconds = 300;
        config.tokens.access_ttl_max_seconds = 300;
        change(config);
    })
    .await;
    let edward = json!({
        "uri": "https://edward.test", "signing_alg": "EdDSA", "scopes": ["orders:read"],
    });
    app.admin("POST", "/resources", Some(edward)).await.is(201);
    let both = json!({ "resources": ["http://127.0.0.1:8090", "https://edward.test"] });
    let path = format!("/clients/{}", app.bootstrap.example.as_ref().unwrap().client_id);
    app.admin("PATCH", &path, Some(both)).await.is(200);
    app
}

async fn token_for(app: &App, resource: &str) -> String {
    let form = format!("grant_type=client_credentials&resource={}", encoded(resource));
    let answer = app.example(&form).await.is(200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// An hour by the clock, in two algorithms, each key followed by another every minute, tokens issued
/// all the time: whoever honours `max-age` never meets a living token that it cannot verify. In the
/// middle one key is withdrawn: of the living tokens exactly its own are refused.
#[tokio::test]
async fn an_hour_of_rotation_every_minute_refuses_no_good_token() {
    let app = with_two_algorithms(|_| {}).await;
    let audiences = ["http://127.0.0.1:8090", "https://edward.test"];
    let policies =
        audiences.map(|audience| Policy { leeway: 0, ..Policy::access(ISSUER, audience) });
    let mut verifier = Verifier::new();
    let mut living: Vec<(i64, usize, String, String)> = Vec::new();
    let mut signers = std::collections::BTreeSet::new();
    let mut withdrawn = None;
    let (mut judged, mut refused) = (0, 0);
    for second in (0..3600).step_by(20) {
        app.clock.advance(20);
        app.authority.housekeep().await;
        let now = app.clock.now();
        verifier.refresh(&app, now).await;
        for (place, audience) in audiences.iter().enumerate() {
            for _ in 0..2 {
                let token = token_for(&app, audience).await;
                let kid = header(&token)["kid"].as_str().unwrap().to_owned();
                let alg = header(&token)["alg"].as_str().unwrap().to_owned();
                assert_eq!(alg, ["ES256", "EdDSA"][place]);
                signers.insert((alg, kid.clone()));
                living.push((now + 300, place, kid, token));
            }
        }
        living.retain(|(exp, ..)| *exp > now);
        if second == 1800 {
            let kid = living.last().unwrap().2.clone();
            app.admin("POST", &format!("/keys/{kid}/withdraw"), None).await.is(200);
            withdrawn = Some(kid);
            // Its successor signs at once, for nothing else can: a verifier that honours its cache to
            // the second is late once, and one that fetches for an unknown `kid`, as guards do, is not.
            verifier.until = i64::MIN;
            verifier.refresh(&app, now).await;
            verifier.follow(&app).await;
        }
        for (_, place, kid, token) in &living {
            let good = Some(kid) != withdrawn.as_ref();
            let accepted = verifier.accepts(token, &policies[*place], now);
            assert_eq!(accepted, good, "at {second} under {kid}");
            judged += 1;
            refused += usize::from(!accepted);
        }
    }
    // A key signs for a minute: sixty of each algorithm, and no name twice.
    assert!(signers.len() > 110, "{}", signers.len());
    assert!(refused > 0 && judged > 9_000, "{refused} of {judged}");
    assert!(verifier.fetches <= 62, "{}", verifier.fetches);
    let all = states(&app).await;
    let kids: std::collections::BTreeSet<&String> = all.iter().map(|(kid, _)| kid).collect();
    assert_eq!(kids.len(), all.len(), "no name is given twice");
    assert!(published(&app).await.len() < 30);
}

/// A client that gets tokens for one API and has them judged, by a verifier of its own.
struct Worker {
    audience: &'static str,
    policy: Policy,
    verifier: Verifier,
    living: Vec<(i64, String)>,
    signers: std::collections::BTreeSet<String>,
}

impl Worker {
    fn new(audience: &'static str) -> Self {
        Self {
            audience,
            policy: Policy { leeway: 0, ..Policy::access(ISSUER, audience) },
            verifier: Verifier::new(),
            living: Vec::new(),
            signers: std::collections::BTreeSet::new(),
        }
    }

    async fn go_round(&mut self, app: &App) {
        const KEPT: usize = 6;
        let token = token_for(app, self.audience).await;
        self.signers.insert(header(&token)["kid"].as_str().unwrap().to_owned());
        self.living.push((claims(&token)["exp"].as_i64().unwrap(), token));
        if self.living.len() > KEPT {
            self.living.remove(KEPT / 2);
        }
        let now = app.clock.now();
        self.verifier.refresh(app, now).await;
        self.living.retain(|(exp, _)| *exp > now);
        for (_, token) in &self.living {
            assert!(self.verifier.accepts(token, &self.policy, now), "{}", header(token));
        }
    }
}

/// The same hour with six clients at work at the same time, also in the very moments in which the clock steps and keys
/// turn: nor does one of them meet a good token that it cannot verify.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_rotation_under_parallel_load_refuses_no_good_token() {
    let app = Arc::new(with_two_algorithms(|_| {}).await);
    let apis = ["http://127.0.0.1:8090", "https://edward.test"].into_iter().cycle();
    let mut workers: Vec<Worker> = apis.take(6).map(Worker::new).collect();
    for _ in (0..3600).step_by(20) {
        let running: Vec<_> = workers
            .into_iter()
            .map(|mut worker| {
                let app = Arc::clone(&app);
                tokio::spawn(async move {
                    for _ in 0..2 {
                        worker.go_round(&app).await;
                    }
                    worker
                })
            })
            .collect();
        app.clock.advance(20);
        app.authority.housekeep().await;
        workers = Vec::new();
        for worker in running {
            workers.push(worker.await.unwrap());
        }
    }
    for worker in workers {
        assert!(worker.signers.len() > 50, "{}", worker.signers.len());
        assert!(worker.verifier.fetches <= 62, "{}", worker.verifier.fetches);
    }
}

/// Steps of minutes, such as a clock takes that is set right by hand.
#[tokio::test]
async fn a_clock_that_steps_back_and_forth_stops_nothing() {
    let app = with_two_algorithms(|config| config.signing.rotate_after_seconds = 120).await;
    let mut signers = std::collections::BTreeSet::new();
    for step in [60, -45, 200, -190, 10, 600, -500, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30] {
        app.clock.advance(step);
        app.authority.housekeep().await;
        let active: Vec<String> = states(&app)
            .await
            .into_iter()
            .filter_map(|(kid, state)| (state == "active").then_some(kid))
            .collect();
        assert_eq!(active.len(), 2, "one of each algorithm");
        let set = published(&app).await;
        for audience in ["http://127.0.0.1:8090", "https://edward.test"] {
            let kid = header(&token_for(&app, audience).await)["kid"].as_str().unwrap().to_owned();
            assert!(active.contains(&kid) && set.contains(&kid));
            signers.insert(kid);
        }
    }
    assert!(signers.len() > 4, "it goes on turning: {signers:?}");
}

#[tokio::test]
async fn every_algorithm_that_is_on_is_announced_and_can_be_picked() {
    let app = App::with(|config| {
        config.signing.also = vec![SigningAlgorithm::EdDsa, SigningAlgorithm::Rs256];
    })
    .await;
    let openid = app.get("/.well-known/openid-configuration").await.is(200).json();
    let announced = &openid["id_token_signing_alg_values_supported"];
    assert_eq!(announced, &json!(["ES256", "EdDSA", "RS256"]), "the default first");
    let set = app.get("/jwks").await.is(200).json();
    assert_eq!(set["keys"][0]["alg"], "ES256");
    // What is off is refused where it is asked for, and so is what nobody signs with.
    for wrong in ["PS256", "HS256", "none", "es256"] {
        let client = json!({ "id_token_signed_response_alg": wrong });
        let refused = app.admin("POST", "/clients", Some(client)).await.is(422).json();
        assert!(refused["detail"].as_str().unwrap().starts_with("id_token_signed_response_alg:"));
        assert!(refused["fix"].as_str().unwrap().contains("RS256"), "{refused}");
        let resource = json!({ "uri": "https://x.test", "signing_alg": wrong });
        app.admin("POST", "/resources", Some(resource)).await.is(422);
    }
    let picked = json!({ "client_id": "rs", "id_token_signed_response_alg": "RS256" });
    let made = app.admin("POST", "/clients", Some(picked)).await.is(201).json();
    assert_eq!(made["id_token_signed_response_alg"], "RS256");
    // One ring turns, the others stay.
    let before = states(&app).await;
    let next = app.admin("POST", "/keys/rotate?algorithm=EdDSA", None).await.is(200).json();
    assert_eq!((&next["algorithm"], &next["state"]), (&json!("EdDSA"), &json!("next")));
    assert_eq!(states(&app).await.len(), before.len() + 1);
    let refused = app.admin("POST", "/keys/rotate?algorithm=PS256", None).await.is(400).json();
    assert_eq!(refused["detail"], "nothing is signed with `PS256` here");
    assert!(refused["fix"].as_str().unwrap().contains("ES256"), "{refused}");
}

/// Who picked an algorithm that was switched off is told that it is the operator's to mend.
#[tokio::test]
async fn an_algorithm_that_was_switched_off_is_no_silent_change() {
    let app = with_two_algorithms(|_| {}).await;
    token_for(&app, "https://edward.test").await;
    let app = app.restart_with(|config| config.signing.also.clear()).await;
    let form = "grant_type=client_credentials&resource=https://edward.test";
    let refused = app.example(form).await.is(503).json();
    assert_eq!(refused["code"], "no-signing-key");
    // A change of something else goes through all the same.
    let path = "/resources/https%3A%2F%2Fedward.test";
    app.admin("PATCH", path, Some(json!({ "name": "n" }))).await.is(200);
    app.admin("PATCH", path, Some(json!({ "signing_alg": null }))).await.is(200);
    token_for(&app, "https://edward.test").await;
}

#[tokio::test]
async fn a_rotation_by_hand_publishes_first_and_signs_later() {
    let app = App::start().await;
    let before = kid(&app).await;
    let next = app.admin("POST", "/keys/rotate", None).await.is(200).json();
    assert_eq!(next["state"], "next");
    assert!(published(&app).await.contains(&next["kid"].as_str().unwrap().to_owned()));
    assert_eq!(kid(&app).await, before);
    // A second call while one is on its way changes nothing.
    let again = app.admin("POST", "/keys/rotate", None).await.is(200).json();
    assert_eq!(again["kid"], next["kid"]);
    app.clock.advance(86_400);
    app.authority.housekeep().await;
    assert_eq!(kid(&app).await, next["kid"].as_str().unwrap());
    assert!(published(&app).await.contains(&before), "old tokens still live");
}

#[tokio::test]
async fn a_withdrawn_key_is_gone_at_once_and_another_signs() {
    let app = App::start().await;
    let token = app.access_token().await;
    let old = kid(&app).await;
    let answer = app.admin("POST", &format!("/keys/{old}/withdraw"), None).await.is(200).json();
    assert_eq!(answer["withdrawn"], old.as_str());
    assert!(!published(&app).await.contains(&old));
    let new = kid(&app).await;
    assert_ne!(new, old);
    assert_eq!(answer["active"], new.as_str());
    assert!(published(&app).await.contains(&new));
    // Guards learn it by the feed, and introspection at once.
    let revoked = app.admin("GET", "/revocations", None).await.is(200).json();
    assert!(revoked["items"].as_array().unwrap().iter().any(|one| one["kind"] == "key"));
    let keys = KeySet::from_json(&app.get("/jwks").await.body).unwrap();
    let audience = app.bootstrap.example.as_ref().unwrap().resource.clone();
    let now = app.clock.now();
    verify(&token, &Policy::access(ISSUER, audience.as_str()), &keys, now).unwrap_err();
    app.admin("POST", &format!("/keys/{old}/withdraw"), None).await.is(409);
    app.admin("POST", "/keys/unknown/withdraw", None).await.is(404);
    // It stays so after a restart.
    let app = app.restart().await;
    assert_eq!(kid(&app).await, new);
    assert!(states(&app).await.iter().any(|(kid, state)| *kid == old && state == "withdrawn"));
}

#[tokio::test]
async fn a_changed_algorithm_takes_effect_by_rotation() {
    let app = App::start().await;
    let old = kid(&app).await;
    let app = app.restart_with(|config| config.signing.algorithm = SigningAlgorithm::EdDsa).await;
    app.authority.housekeep().await;
    assert_eq!(kid(&app).await, old, "the old key signs until the new one is known");
    app.clock.advance(86_400 + 60);
    app.authority.housekeep().await;
    let token = app.access_token().await;
    assert_eq!(header(&token)["alg"], "EdDSA");
}
