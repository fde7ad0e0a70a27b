//! Clients, resources, keys, settings, assertions and the journal.

use claviger_protocol::{Client, KeyState};
use claviger_store::{FirstStart, JournalEntry, JournalFilter, Recount, Store, StoreError};
use serde_json::json;

use crate::engines::over_each;
use crate::{NOW, client, key, resource};

over_each! {
    clients_are_kept
    lists_come_in_pages
    resources_are_kept
    keys_are_kept_until_they_are_over
    key_changes_are_all_or_none
    settings_are_kept
    an_assertion_serves_once
    one_of_many_uses_of_an_assertion_wins
    the_journal_keeps_the_latest_and_counts
    the_journal_is_read_in_order_by_what_is_asked
    a_first_start_is_all_or_nothing
    every_change_moves_the_generation
    a_failed_request_takes_back_its_own_changes_only
    a_closed_store_says_so
}

async fn clients_are_kept(store: Store) {
    assert_eq!(store.find_client("a").await.unwrap(), None);
    store.create_client(client("a")).await.unwrap();
    assert_eq!(store.find_client("a").await.unwrap(), Some(client("a")));
    let again = store.create_client(client("a")).await.unwrap_err();
    assert_eq!(again, StoreError::Exists { what: "the client `a`".into() });
    let changed = Client { disabled: true, ..client("a") };
    store.put_client(changed.clone()).await.unwrap();
    assert_eq!(store.find_client("a").await.unwrap(), Some(changed));
    // Names are data, never SQL.
    let odd = "x'; DROP TABLE clients; --";
    assert_eq!(store.find_client(odd).await.unwrap(), None);
    assert!(store.delete_client("a").await.unwrap());
    assert!(!store.delete_client("a").await.unwrap());
    assert_eq!(store.find_client("a").await.unwrap(), None);
}

async fn lists_come_in_pages(store: Store) {
    for id in ["d", "a", "c", "b", "e"] {
        store.put_client(client(id)).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.list_clients(after.as_deref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        seen.extend(page.into_iter().map(|client| client.id));
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    assert_eq!(store.list_clients(None, u32::MAX).await.unwrap().len(), 5);
}

async fn resources_are_kept(store: Store) {
    let uri = "https://api.example/orders";
    store.create_resource(resource(uri)).await.unwrap();
    assert_eq!(store.find_resource(uri).await.unwrap(), Some(resource(uri)));
    let again = store.create_resource(resource(uri)).await.unwrap_err();
    assert!(again.to_string().contains(uri), "{again}");
    store.put_resource(resource("https://b.example")).await.unwrap();
    assert_eq!(store.list_resources(Some(uri), 10).await.unwrap().len(), 1);
    assert!(store.delete_resource(uri).await.unwrap());
    assert_eq!(store.find_resource(uri).await.unwrap(), None);
}

async fn keys_are_kept_until_they_are_over(store: Store) {
    store.change_keys(vec![(key("k1", KeyState::Active), vec![1, 2])], Vec::new()).await.unwrap();
    let listed = store.list_keys().await.unwrap();
    assert_eq!(listed, [(key("k1", KeyState::Active), Some(vec![1, 2]))]);
    let withdrawn = key("k1", KeyState::Withdrawn);
    let created = vec![(key("k2", KeyState::Active), vec![3])];
    store.change_keys(created, vec![withdrawn.clone()]).await.unwrap();
    let listed = store.list_keys().await.unwrap();
    assert_eq!(listed, [(withdrawn, None), (key("k2", KeyState::Active), Some(vec![3]))]);
}

async fn key_changes_are_all_or_none(store: Store) {
    store.change_keys(vec![(key("k1", KeyState::Active), vec![1])], Vec::new()).await.unwrap();
    let created = vec![(key("k2", KeyState::Next), vec![2]), (key("k1", KeyState::Next), vec![3])];
    let refused = store.change_keys(created, Vec::new()).await.unwrap_err();
    assert_eq!(refused, StoreError::Exists { what: "the key `k1`".into() });
    let unknown = vec![key("k1", KeyState::Retired), key("k9", KeyState::Retired)];
    store.change_keys(Vec::new(), unknown).await.unwrap_err();
    assert_eq!(store.list_keys().await.unwrap(), [(key("k1", KeyState::Active), Some(vec![1]))]);
}

async fn settings_are_kept(store: Store) {
    assert_eq!(store.find_setting("a").await.unwrap(), None);
    store.put_setting("a", "1").await.unwrap();
    assert_eq!(store.find_setting("a").await.unwrap().as_deref(), Some("1"));
    store.put_setting("a", "3").await.unwrap();
    assert_eq!(store.find_setting("a").await.unwrap().as_deref(), Some("3"));
}

async fn an_assertion_serves_once(store: Store) {
    assert!(store.consume_assertion("a", "j", NOW + 60, NOW).await.unwrap());
    assert!(!store.consume_assertion("a", "j", NOW + 60, NOW).await.unwrap());
    assert!(!store.consume_assertion("a", "j", NOW + 600, NOW + 59).await.unwrap());
    // Ids are the client's own.
    assert!(store.consume_assertion("b", "j", NOW + 60, NOW).await.unwrap());
    assert_eq!(store.forget_expired(NOW + 60).await.unwrap(), 2);
    assert!(store.consume_assertion("a", "j", NOW + 160, NOW + 100).await.unwrap());
}

async fn one_of_many_uses_of_an_assertion_wins(store: Store) {
    let uses: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(
                async move { store.consume_assertion("a", "j", NOW + 60, NOW).await.unwrap() },
            )
        })
        .collect();
    let mut won = 0;
    for one in uses {
        won += u32::from(one.await.unwrap());
    }
    assert_eq!(won, 1);
}

fn event(number: u64) -> JournalEntry {
    JournalEntry {
        id: format!("dg_{number}"),
        seq: 0,
        at: NOW + i64::try_from(number).unwrap(),
        last_at: NOW + i64::try_from(number).unwrap(),
        count: 1,
        kind: if number.is_multiple_of(2) { "refusal" } else { "grant" }.to_owned(),
        code: "expired".to_owned(),
        client: Some(format!("c{}", number % 3)),
        subject: None,
        address: Some("a".to_owned()),
        record: json!({ "n": number }),
    }
}

async fn the_journal_keeps_the_latest_and_counts(store: Store) {
    for number in 0..7 {
        store.record(vec![event(number)], Vec::new(), 3).await.unwrap();
    }
    assert_eq!(store.find_entry("dg_3").await.unwrap(), None);
    let more = |more, last_at| Recount { id: "dg_4".into(), more, last_at };
    let gone = Recount { id: "dg_1".into(), more: 5, last_at: NOW };
    store.record(Vec::new(), vec![more(9_000, NOW + 90), more(1, NOW), gone], 3).await.unwrap();
    let found = store.find_entry("dg_4").await.unwrap().unwrap();
    assert_eq!((found.count, found.at, found.last_at), (9_002, NOW + 4, NOW + 90));
    assert_eq!(found.record, json!({ "n": 4 }));
    // What was written stays as it is.
    let other = JournalEntry { code: "other".into(), ..event(5) };
    store.record(vec![other], Vec::new(), 10).await.unwrap();
    assert_eq!(store.find_entry("dg_5").await.unwrap().unwrap().code, "expired");
    // By age, which is that of the last time.
    assert_eq!(store.forget_journal(NOW + 6).await.unwrap(), 2);
    assert!(store.find_entry("dg_4").await.unwrap().is_some());
    // What its author tells anew of an entry: the higher count holds, and it keeps its place.
    let told = |by: &str, count| JournalEntry { count, record: json!({ "by": by }), ..event(7) };
    store.record(vec![told("guard", 1)], Vec::new(), 10).await.unwrap();
    let place = store.find_entry("dg_7").await.unwrap().unwrap().seq;
    for (by, count) in [("guard", 5), ("guard", 4), ("other", 90)] {
        store.record(vec![told(by, count)], Vec::new(), 10).await.unwrap();
    }
    let found = store.find_entry("dg_7").await.unwrap().unwrap();
    assert_eq!((found.count, found.seq), (5, place));
}

async fn the_journal_is_read_in_order_by_what_is_asked(store: Store) {
    store.record((0..20).map(event).collect(), Vec::new(), 100).await.unwrap();
    let ids = |found: Vec<JournalEntry>| -> Vec<String> {
        found.into_iter().map(|entry| entry.id).collect()
    };
    let any = JournalFilter::default;
    let first = store.list_journal(any(), 3).await.unwrap();
    assert_eq!(ids(first.clone()), ["dg_0", "dg_1", "dg_2"]);
    let after = JournalFilter { after: Some(first[2].seq), ..any() };
    assert_eq!(ids(store.list_journal(after, 1).await.unwrap()), ["dg_3"]);
    let newest = JournalFilter { newest: true, ..any() };
    assert_eq!(ids(store.list_journal(newest, 2).await.unwrap()), ["dg_18", "dg_19"]);
    let some = JournalFilter {
        kind: Some("refusal".into()),
        client: Some("c1".into()),
        since: Some(NOW + 5),
        ..any()
    };
    assert_eq!(ids(store.list_journal(some, 9).await.unwrap()), ["dg_10", "dg_16"]);
    let nobody = JournalFilter { address: Some("' OR 1 = 1 --".into()), ..any() };
    assert_eq!(ids(store.list_journal(nobody, 9).await.unwrap()), [""; 0]);
}

async fn a_first_start_is_all_or_nothing(store: Store) {
    let first = FirstStart {
        settings: vec![("admin".into(), "digest".into())],
        keys: vec![(key("k1", KeyState::Active), vec![1])],
        clients: vec![client("a")],
        resources: vec![resource("https://api.example")],
    };
    let broken = FirstStart { clients: vec![client("a"), client("a")], ..first.clone() };
    store.first_start(broken).await.unwrap_err();
    assert_eq!(store.find_setting("admin").await.unwrap(), None);
    assert!(store.list_keys().await.unwrap().is_empty());
    store.first_start(first.clone()).await.unwrap();
    assert!(store.find_client("a").await.unwrap().is_some());
    let again = store.first_start(first).await.unwrap_err();
    assert_eq!(again, StoreError::Exists { what: "the setting `admin`".into() });
}

async fn every_change_moves_the_generation(store: Store) {
    let before = store.generation();
    store.find_client("a").await.unwrap();
    assert_eq!(store.generation(), before);
    store.put_client(client("a")).await.unwrap();
    let after = store.generation();
    assert!(after > before);
    store.delete_client("unknown").await.unwrap();
    assert_eq!(store.generation(), after);
    store.health().await.unwrap();
}

/// Requests of one transaction do not see each other's failures.
async fn a_failed_request_takes_back_its_own_changes_only(store: Store) {
    store.change_keys(vec![(key("taken", KeyState::Active), vec![1])], Vec::new()).await.unwrap();
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut created = vec![(key(&format!("k{number}"), KeyState::Next), vec![2])];
                if number % 2 == 0 {
                    created.push((key("taken", KeyState::Next), vec![3]));
                }
                store.change_keys(created, Vec::new()).await.is_ok()
            })
        })
        .collect();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), number % 2 == 1, "{number}");
    }
    let keys = store.list_keys().await.unwrap();
    assert_eq!(keys.len(), 21);
}

async fn a_closed_store_says_so(store: Store) {
    store.put_setting("a", "1").await.unwrap();
    store.close().await;
    store.close().await;
    assert_eq!(store.put_setting("a", "2").await, Err(StoreError::Closed));
    assert_eq!(store.find_setting("a").await, Err(StoreError::Closed));
    assert_eq!(store.health().await, Err(StoreError::Closed));
}
