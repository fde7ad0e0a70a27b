//! One refresh token in many hands, against the built binary: a client's own sixty-four tabs, and a thief.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use claviger_protocol::Family;
use claviger_testkit::{Answer, Ask, Sink, now};
use serde_json::{Value, json};

use crate::people::{grant, grant_of, refreshing, with_people};
use crate::stage::{Authority, Gate, PATIENCE, Party};

/// What the database holds of grants.
fn families(authority: &Authority) -> Vec<Family> {
    let database = authority.data().join("claviger.db");
    let only_read = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = rusqlite::Connection::open_with_flags(database, only_read).unwrap();
    let mut statement = connection.prepare("SELECT record, generation FROM families").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?));
    let rows = statement.query_map([], row).unwrap();
    rows.map(|row| {
        let (record, generation) = row.unwrap();
        let family: Family = serde_json::from_str(&record).unwrap();
        assert_eq!(family.generation, generation);
        family
    })
    .collect()
}

/// Everybody asks at the same moment, each over a connection of its own.
fn at_once(asks: &[Ask]) -> Vec<Answer> {
    let barrier = Barrier::new(asks.len());
    std::thread::scope(|scope| {
        let ask = |ask: &Ask| {
            barrier.wait();
            ask.send()
        };
        let running: Vec<_> = asks.iter().map(|one| scope.spawn(move || ask(one))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name}: {answer}")).to_owned()
}

/// Tabs, retries, a proxy that sends twice: whoever asks with the live token gets its one successor.
#[test]
fn sixty_four_refreshes_at_once_move_the_family_by_one() {
    let authority = Authority::start();
    with_people(&authority);
    let mut held = grant(&authority);
    for round in 1..=4 {
        let ask = refreshing(&authority.url("/token"), &held);
        let answers = at_once(&vec![ask; 64]);
        for answer in &answers {
            assert_eq!(answer.status, 200, "round {round}: {}", answer.text());
            assert_eq!(answer.text(), answers[0].text(), "round {round}: one answer for all");
        }
        let next = text(&answers[0].json(), "refresh_token");
        assert_ne!(next, held);
        let found = families(&authority);
        let [family] = found.as_slice() else { panic!("one family: {found:#?}") };
        assert_eq!((family.generation, family.ended), (round, None));
        held = next;
    }
    // The last successor is a token like any other.
    let answer = refreshing(&authority.url("/token"), &held).send();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// An authority whose window for lost answers is shut, with a gate and an API that asks for itself.
struct Scene {
    authority: Authority,
    gate: Gate,
    api: Party,
    _sink: Sink,
}

impl Scene {
    fn new() -> Self {
        let authority = Authority::configured("[tokens]\nrefresh_replay_seconds = 0\n");
        with_people(&authority);
        let api = authority.register("orders-api", &authority.resource, "orders:read");
        let resource = authority.resource.replace(':', "%3A").replace('/', "%2F");
        let url = authority.url(&format!("/admin/v1/resources/{resource}"));
        let answer = Ask::json("PATCH", &url, &json!({ "introspectors": [api.id] }))
            .bearer(&authority.admin_token())
            .send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let sink = Sink::start();
        let gate = Gate::of(&authority, &sink.url());
        Self { authority, gate, api, _sink: sink }
    }

    fn refresh(&self, token: &str) -> Answer {
        refreshing(&self.authority.url("/token"), token).send()
    }

    fn refreshed(&self, token: &str) -> Value {
        let answer = self.refresh(token);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn is_active(&self, token: &str) -> bool {
        let answer = Ask::post_form(&self.authority.url("/introspect"), &[("token", token)])
            .basic(&self.api.id, &self.api.secret)
            .send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["active"] == true
    }

    /// The entries of a kind, once everything that happened up to now is written down.
    fn journal(&self, kind: &str) -> Vec<Value> {
        let mark = Ask::post_form(&self.authority.url("/token"), &[("grant_type", "mark")]).send();
        let mark = text(&mark.json(), "diagnosis");
        let admin = |path: &str| {
            let url = self.authority.url(&format!("/admin/v1{path}"));
            Ask::get(&url).bearer(&self.authority.admin_token()).send()
        };
        let deadline = Instant::now() + PATIENCE;
        while admin(&format!("/journal/{mark}")).status != 200 {
            assert!(Instant::now() < deadline, "the journal is not written");
            std::thread::sleep(Duration::from_millis(20));
        }
        let list = admin(&format!("/journal?kind={kind}")).json();
        list["items"].as_array().unwrap().clone()
    }

    /// Everything that came of the grant is over, and was said to be so once.
    fn is_over(&self, given: &[Value], refused: &Answer) {
        assert_eq!(refused.status, 400, "{}", refused.text());
        let refused = refused.json();
        assert_eq!(
            (&refused["error"], &refused["code"]),
            (&json!("invalid_grant"), &json!("refresh-reused"))
        );
        for given in given {
            let again = self.refresh(&text(given, "refresh_token"));
            assert_eq!((again.status, text(&again.json(), "code")), (400, "refresh-reused".into()));
            let access = text(given, "access_token");
            assert!(!self.is_active(&access));
            let deadline = Instant::now() + PATIENCE;
            while self.gate.get("/", &access).status != 401 {
                assert!(Instant::now() < deadline, "the gate was not told: {}", self.gate.log());
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let alarms = self.journal("alarm");
        assert_eq!(alarms.len(), 1, "{alarms:#?}");
        assert_eq!(alarms[0]["id"], refused["diagnosis"]);
        let hash = alarms[0]["subject"].as_str().expect("whose grant it was");
        assert!(!hash.is_empty() && alarms[0]["address"].is_string(), "{}", alarms[0]);
        let found = families(&self.authority);
        assert!(found.len() == 1 && found[0].ended.is_some(), "{found:#?}");
    }
}

/// Answers within the second of a rotation are for retries; whoever comes later is another holder.
fn a_second_later() {
    let before = now();
    while now() <= before {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A token is copied and both go on by themselves: the second of them to come, owner or thief, ends it.
#[test]
fn whoever_refreshes_after_the_other_ends_the_stolen_grant() {
    let scene = Scene::new();
    let before = grant_of(&scene.authority, "openid orders:read");
    let stolen = text(&before, "refresh_token");
    let first = scene.refreshed(&stolen);
    let goes_on = scene.refreshed(&text(&first, "refresh_token"));
    // The other of the two still holds what was stolen. To the rule it is all the same which of them is which.
    let given = [before, first, goes_on];
    for access in given.iter().map(|given| text(given, "access_token")) {
        assert!(scene.is_active(&access));
        assert_eq!(scene.gate.get("/", &access).status, 200);
    }
    a_second_later();
    let late = scene.refresh(&stolen);
    scene.is_over(&given, &late);
}

/// Owner and thief use the token at the very same moment and get the same answer: nobody could tell them apart.
/// The next refresh by each, in either order, does.
#[test]
fn a_thief_that_races_the_owner_is_found_out_with_the_next_refresh() {
    let scene = Scene::new();
    let before = grant_of(&scene.authority, "openid orders:read");
    let stolen = text(&before, "refresh_token");
    let raced = at_once(&vec![refreshing(&scene.authority.url("/token"), &stolen); 2]);
    let mut given: Vec<Value> =
        raced.iter().filter(|answer| answer.status == 200).map(Answer::json).collect();
    let refused = match raced.iter().find(|answer| answer.status != 200) {
        // The clock's second ended between the two: the slower one is found out at once.
        Some(refused) => refused.clone(),
        None => {
            assert_eq!(raced[0].text(), raced[1].text());
            let held = text(&given[0], "refresh_token");
            given.push(scene.refreshed(&held));
            a_second_later();
            scene.refresh(&held)
        }
    };
    given.push(before);
    scene.is_over(&given, &refused);
}
