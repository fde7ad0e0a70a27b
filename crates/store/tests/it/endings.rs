//! What ends with what, each in one transaction.

use claviger_protocol::{CodeGrant, Family, FamilyEnd, Redemption};
use claviger_store::{Ended, Ending, LoginSession, Redeemed, Store};
use claviger_token::revocation::Kind;

use crate::NOW;
use crate::engines::over_each;

over_each! {
    an_ending_reaches_what_hangs_on_it_and_nothing_else
    an_instant_spares_what_came_after_it
    a_person_ends_under_every_name_that_clients_know_them_by
    ending_twice_makes_no_second_entry
    a_rule_that_panics_costs_its_own_request
}

const GONE: i64 = NOW + 4000;

pub(crate) fn code(sid: &str, sub: &str, client: &str, auth_time: i64) -> CodeGrant {
    CodeGrant {
        client_id: client.into(),
        redirect_uri: "https://app.example/cb".into(),
        code_challenge: "c".into(),
        sub: sub.into(),
        sid: sid.into(),
        scope: "openid".into(),
        resource: None,
        nonce: None,
        dpop_jkt: None,
        auth_time,
        amr: "pwd".into(),
        expires_at: NOW + 60,
    }
}

fn family(id: &str, grant: &CodeGrant) -> Family {
    Family {
        id: id.into(),
        client_id: grant.client_id.clone(),
        sub: grant.sub.clone(),
        sid: grant.sid.clone(),
        scope: grant.scope.clone(),
        resource: None,
        auth_time: grant.auth_time,
        amr: grant.amr.clone(),
        rotates: true,
        generation: 0,
        rotated_at: NOW,
        asked_by: None,
        cnf: None,
        expires_at: NOW + 9000,
        idle_until: NOW + 9000,
        ended: None,
    }
}

/// Two people, two clients: log-ins `ann1`, `ann2` (later) and `bob1`; for each a grant of `app` and one of
/// `web`, named `ann1-app` and so on, and a code that was not redeemed yet.
async fn stage(store: &Store) {
    for (place, (sub, sid, auth_time)) in
        [("ann", "ann1", NOW - 50), ("ann", "ann2", NOW - 10), ("bob", "bob1", NOW - 50)]
            .into_iter()
            .enumerate()
    {
        let session = LoginSession {
            sid: sid.into(),
            sub: sub.into(),
            auth_time,
            expires: NOW + 9000,
            amr: "pwd".into(),
            started: auth_time,
            browser: String::new(),
        };
        store.create_session(cookie(sid), session).await.unwrap();
        for (nth, client) in ["app", "web"].into_iter().enumerate() {
            let grant = code(sid, sub, client, auth_time);
            let used = [u8::try_from(place * 2 + nth).unwrap(); 32];
            store.create_code(used, grant.clone()).await.unwrap();
            let id = format!("{sid}-{client}");
            let made = family(&id, &grant);
            let take = |_: &CodeGrant, _| Redemption::Take;
            store.redeem_code(used, NOW, id, move |_| Some(made), take).await.unwrap();
            let waiting = [u8::try_from(100 + place * 2 + nth).unwrap(); 32];
            store.create_code(waiting, grant).await.unwrap();
        }
    }
}

fn cookie(sid: &str) -> [u8; 32] {
    let mut cookie = [0; 32];
    cookie[..sid.len()].copy_from_slice(sid.as_bytes());
    cookie
}

const GRANTS: [&str; 6] = ["ann1-app", "ann1-web", "ann2-app", "ann2-web", "bob1-app", "bob1-web"];

/// What lives: log-ins, grants, and codes that can still be redeemed.
async fn living(store: &Store) -> (Vec<&'static str>, Vec<&'static str>, usize) {
    let mut sessions = Vec::new();
    for sid in ["ann1", "ann2", "bob1"] {
        if store.find_session(cookie(sid), NOW).await.unwrap().is_some() {
            sessions.push(sid);
        }
    }
    let mut grants = Vec::new();
    for id in GRANTS {
        if store.find_family(id).await.unwrap().unwrap().family.ended.is_none() {
            grants.push(id);
        }
    }
    let mut codes = 0;
    for nth in 100..106 {
        let leave = |_: &CodeGrant, _| Redemption::Leave(claviger_protocol::code_unknown());
        let found = store.redeem_code([nth; 32], NOW, "x".into(), |_| None, leave).await.unwrap();
        codes += usize::from(!matches!(found, Redeemed::Unknown));
    }
    (sessions, grants, codes)
}

async fn an_ending_reaches_what_hangs_on_it_and_nothing_else(store: Store) {
    stage(&store).await;
    assert_eq!(living(&store).await, (vec!["ann1", "ann2", "bob1"], GRANTS.to_vec(), 6));
    let grant = Ending::Grant { id: "bob1-app".into(), why: FamilyEnd::Reused };
    let Ended { entry, sessions, grants } = store.end(grant, NOW, GONE).await.unwrap();
    assert_eq!((entry.kind, entry.until, sessions, grants), (Kind::Grant, None, 0, 1));
    let held = store.find_family("bob1-app").await.unwrap().unwrap();
    assert_eq!(held.family.ended, Some((NOW, FamilyEnd::Reused)));
    assert_eq!(living(&store).await.2, 6);

    let session = Ending::Session { sid: "ann2".into(), offline_stays: false };
    let ended = store.end(session, NOW, GONE).await.unwrap();
    assert_eq!((ended.entry.kind, ended.sessions, ended.grants), (Kind::Session, 1, 2));
    let expected = (vec!["ann1", "bob1"], vec!["ann1-app", "ann1-web", "bob1-web"], 4);
    assert_eq!(living(&store).await, expected);

    let client = Ending::Client { id: "web".into(), until: NOW };
    let ended = store.end(client, NOW, GONE).await.unwrap();
    assert_eq!((ended.entry.kind, ended.sessions, ended.grants), (Kind::Client, 0, 2));
    assert_eq!(living(&store).await, (vec!["ann1", "bob1"], vec!["ann1-app"], 2));
    let held = store.find_family("bob1-web").await.unwrap().unwrap();
    assert_eq!(held.family.ended, Some((NOW, FamilyEnd::ClientRevoked)));

    let all = Ending::All { until: NOW };
    let ended = store.end(all, NOW, GONE).await.unwrap();
    assert_eq!((ended.entry.kind, ended.sessions, ended.grants), (Kind::All, 2, 1));
    assert_eq!(living(&store).await, (vec![], vec![], 0));
}

async fn an_instant_spares_what_came_after_it(store: Store) {
    stage(&store).await;
    let subject = |until| Ending::Subject { sub: "ann".into(), until };
    let ended = store.end(subject(NOW - 51), NOW, GONE).await.unwrap();
    assert_eq!((ended.sessions, ended.grants), (0, 0));
    let ended = store.end(subject(NOW - 50), NOW, GONE).await.unwrap();
    assert_eq!((ended.sessions, ended.grants, ended.entry.until), (1, 2, Some(NOW - 50)));
    let living = living(&store).await;
    assert_eq!(living, (vec!["ann2", "bob1"], GRANTS[2..].to_vec(), 4));
}

async fn a_person_ends_under_every_name_that_clients_know_them_by(store: Store) {
    stage(&store).await;
    for alias in ["ann-at-app", "ann-at-web", "ann-at-app"] {
        store.know_alias("ann", alias).await.unwrap();
    }
    assert_eq!(store.find_alias("ann-at-app").await.unwrap().as_deref(), Some("ann"));
    // By whichever name.
    let subject = Ending::Subject { sub: "ann-at-web".into(), until: NOW };
    let ended = store.end(subject, NOW, GONE).await.unwrap();
    assert_eq!((ended.sessions, ended.grants), (2, 4));
    let revoked = store.list_revocations(0, 10).await.unwrap();
    let mut names: Vec<&str> = revoked.iter().map(|one| one.value.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ann", "ann-at-app", "ann-at-web"]);
    assert_eq!(ended.entry.seq, 3, "the last, so that who waits for it waits for all");
}

async fn ending_twice_makes_no_second_entry(store: Store) {
    stage(&store).await;
    let session = || Ending::Session { sid: "ann1".into(), offline_stays: false };
    let first = store.end(session(), NOW, GONE).await.unwrap();
    let again = store.end(session(), NOW, GONE).await.unwrap();
    assert_eq!((again.entry, again.sessions, again.grants), (first.entry, 0, 0));
}

async fn a_rule_that_panics_costs_its_own_request(store: Store) {
    let hash = [7; 32];
    store.create_code(hash, code("ann1", "ann", "app", NOW)).await.unwrap();
    let beside = tokio::spawn({
        let store = store.clone();
        async move { store.put_setting("a", "1").await }
    });
    let panics =
        |_: &CodeGrant, _| -> Redemption { panic!("a mistake in a rule, as this test wants it") };
    let refused = store.redeem_code(hash, NOW, "g".into(), |_| None, panics).await.unwrap_err();
    assert!(refused.to_string().contains("panicked"), "{refused}");
    beside.await.unwrap().unwrap();
    let take = |_: &CodeGrant, used: bool| {
        assert!(!used, "the code was used up by a request that failed");
        Redemption::Take
    };
    let redeemed = store.redeem_code(hash, NOW, "g".into(), |_| None, take).await.unwrap();
    assert!(matches!(redeemed, Redeemed::Decided(_, Redemption::Take, _)), "{redeemed:?}");
}
