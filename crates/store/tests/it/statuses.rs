//! Places in status lists, and the notices of ended log-ins.

use claviger_store::{Ending, ListedToken, LoginSession, Notice, Store};
use claviger_token::revocation::Kind;

use crate::engines::over_each;
use crate::{NOW, client};

over_each! {
    a_place_is_given_once_and_a_full_list_gives_way
    a_revocation_that_came_first_is_seen_by_a_later_token
    a_notice_waits_until_it_is_taken
}

fn token(jti: &str) -> ListedToken {
    ListedToken {
        jti: jti.into(),
        grant_id: None,
        sid: Some("s1".into()),
        sub: "ann".into(),
        client_id: "app".into(),
        kid: "k1".into(),
        iat: NOW,
        exp: NOW + 300,
    }
}

async fn a_place_is_given_once_and_a_full_list_gives_way(store: Store) {
    let place = async |jti: &str, candidates: &[u32]| {
        store.list_token(token(jti), candidates.to_vec(), 3).await.unwrap()
    };
    assert_eq!(place("a", &[7, 8]).await, Some((1, 7)));
    assert_eq!(place("b", &[7, 8]).await, Some((1, 8)));
    assert_eq!(place("c", &[7, 8]).await, None, "all candidates are taken");
    assert_eq!(place("c", &[9]).await, Some((1, 9)));
    assert_eq!(place("d", &[7]).await, Some((2, 7)), "a full list gives way to the next");
    store.revoke(Kind::Token, "b", None, NOW + 600).await.unwrap();
    assert_eq!(store.status_list(1).await.unwrap(), Some(vec![8]));
    assert_eq!(store.status_list(2).await.unwrap(), Some(vec![]));
    assert_eq!(store.status_list(3).await.unwrap(), None);
    // Kept for a while beyond its end, for clocks that differ; then gone for good.
    store.forget_expired(NOW + 599).await.unwrap();
    assert_eq!(store.status_list(1).await.unwrap(), Some(vec![8]));
    store.forget_expired(NOW + 600).await.unwrap();
    assert_eq!(store.status_list(1).await.unwrap(), None);
    assert_eq!(store.status_list(2).await.unwrap(), None);
    assert_eq!(place("e", &[7]).await, Some((3, 7)));
}

async fn a_revocation_that_came_first_is_seen_by_a_later_token(store: Store) {
    store.revoke(Kind::Subject, "ann", Some(NOW), NOW + 600).await.unwrap();
    store.list_token(token("a"), vec![1], 9).await.unwrap();
    let younger = ListedToken { iat: NOW + 1, ..token("b") };
    store.list_token(younger, vec![2], 9).await.unwrap();
    assert_eq!(store.status_list(1).await.unwrap(), Some(vec![1]));
    store.revoke(Kind::Session, "s1", None, NOW + 600).await.unwrap();
    let mut revoked = store.status_list(1).await.unwrap().unwrap();
    revoked.sort_unstable();
    assert_eq!(revoked, [1, 2]);
}

async fn a_notice_waits_until_it_is_taken(store: Store) {
    let app = claviger_protocol::Client {
        backchannel_logout_uri: Some("https://app.example/bc".into()),
        ..client("app")
    };
    store.create_client(app).await.unwrap();
    store.create_client(client("deaf")).await.unwrap();
    let session = LoginSession {
        sid: "s1".into(),
        sub: "ann".into(),
        auth_time: NOW,
        expires: NOW + 900,
        amr: "pwd".into(),
        started: NOW,
        browser: String::new(),
    };
    store.create_session([1; 32], session).await.unwrap();
    for (nth, id) in ["app", "deaf", "app"].into_iter().enumerate() {
        let hash = [u8::try_from(nth).unwrap(); 32];
        let grant = crate::endings::code("s1", "ann", id, NOW);
        store.create_code(hash, grant).await.unwrap();
        let take = |_: &claviger_protocol::CodeGrant, _| claviger_protocol::Redemption::Take;
        store.redeem_code(hash, NOW, format!("g{nth}"), |_| None, take).await.unwrap();
    }
    assert_eq!(store.due_notices(NOW, 9).await.unwrap(), []);
    let ending = Ending::Session { sid: "s1".into(), offline_stays: true };
    store.end(ending, NOW, NOW + 600).await.unwrap();
    let due = store.due_notices(NOW, 9).await.unwrap();
    let expected = Notice {
        id: due[0].id,
        client_id: "app".into(),
        sub: "ann".into(),
        sid: "s1".into(),
        attempts: 0,
    };
    assert_eq!(due, [expected]);
    store.postpone_notice(due[0].id, NOW + 5).await.unwrap();
    assert_eq!(store.due_notices(NOW + 4, 9).await.unwrap(), []);
    assert_eq!(store.due_notices(NOW + 5, 9).await.unwrap()[0].attempts, 1);
    store.drop_notice(due[0].id).await.unwrap();
    assert_eq!(store.due_notices(NOW + 99, 9).await.unwrap(), []);
}
