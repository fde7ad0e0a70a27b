//! The sequence of revocations.

use std::time::Duration;

use claviger_store::{NewRevocation, Store};
use claviger_token::revocation::{Kind, hash};

use crate::NOW;
use crate::engines::over_each;

over_each! {
    entries_are_numbered_from_one
    saying_it_twice_changes_nothing
    several_are_revoked_together
    concurrent_revocations_strictly_increase
    what_is_forgotten_leaves_its_number
    a_watcher_learns_of_each
    a_revocation_outlives_its_asker
}

async fn entries_are_numbered_from_one(store: Store) {
    assert_eq!(store.latest_revocation().await.unwrap(), 0);
    for (place, kind) in Kind::ALL.into_iter().enumerate() {
        let until = (place % 2 == 0).then_some(NOW);
        let entry = store.revoke(kind, "someone", until, NOW + 300).await.unwrap();
        assert_eq!(entry.seq, place as u64 + 1);
        assert_eq!(entry.hash, hash(kind, "someone"));
        assert_eq!((entry.kind, entry.until, entry.expires), (kind, until, NOW + 300));
    }
    let all = store.revocations_since(0).await.unwrap();
    assert_eq!(all.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(store.revocations_since(3).await.unwrap(), all[3..]);
    assert!(store.revocations_since(5).await.unwrap().is_empty());
    assert!(store.revocations_since(u64::MAX).await.unwrap().is_empty());
    let page = store.list_revocations(1, 2).await.unwrap();
    assert_eq!(page.iter().map(|one| one.entry.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(page[0].value, "someone");
}

async fn saying_it_twice_changes_nothing(store: Store) {
    let first = store.revoke(Kind::Subject, "ann", Some(NOW), NOW + 300).await.unwrap();
    for (until, expires) in [(Some(NOW), NOW + 300), (Some(NOW - 1), NOW + 200)] {
        assert_eq!(store.revoke(Kind::Subject, "ann", until, expires).await.unwrap(), first);
    }
    // What touches more, or stays longer, or is another, is an entry of its own.
    for (kind, value, until, expires) in [
        (Kind::Subject, "ann", Some(NOW + 1), NOW + 300),
        (Kind::Subject, "ann", Some(NOW), NOW + 301),
        (Kind::Subject, "ann", None, NOW + 300),
        (Kind::Client, "ann", Some(NOW), NOW + 300),
        (Kind::Subject, "bob", Some(NOW), NOW + 300),
    ] {
        let before = store.latest_revocation().await.unwrap();
        let entry = store.revoke(kind, value, until, expires).await.unwrap();
        assert_eq!(entry.seq, before + 1, "{kind:?} {value}");
    }
}

async fn several_are_revoked_together(store: Store) {
    let new = |value: &str| NewRevocation {
        kind: Kind::Token,
        value: value.to_owned(),
        until: None,
        expires: NOW + 300,
    };
    let entries = store.revoke_all(vec![new("a"), new("b"), new("a")]).await.unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(store.revoke_all(Vec::new()).await.unwrap().is_empty());
    assert_eq!(*store.watch().borrow(), 2);
}

/// A reader that follows by number misses nothing: when it sees a number, all smaller ones are there.
async fn concurrent_revocations_strictly_increase(store: Store) {
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut last = 0;
                for number in 0..25 {
                    let value = format!("{writer}-{number}");
                    let entry = store.revoke(Kind::Token, &value, None, NOW + 300).await.unwrap();
                    assert!(entry.seq > last);
                    last = entry.seq;
                }
            })
        })
        .collect();
    let mut seen = 0;
    while seen < 200 {
        for entry in store.revocations_since(seen).await.unwrap() {
            assert_eq!(entry.seq, seen + 1, "a number was skipped or came late");
            seen = entry.seq;
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(store.latest_revocation().await.unwrap(), 200);
}

async fn what_is_forgotten_leaves_its_number(store: Store) {
    store.revoke(Kind::Token, "a", None, NOW + 10).await.unwrap();
    store.revoke(Kind::Token, "b", None, NOW + 20).await.unwrap();
    assert_eq!(store.forget_expired(NOW + 9).await.unwrap(), 0);
    assert_eq!(store.forget_expired(NOW + 10).await.unwrap(), 1);
    assert_eq!(store.revocations_since(0).await.unwrap().len(), 1);
    assert_eq!(store.forget_expired(NOW + 100).await.unwrap(), 1);
    assert!(store.revocations_since(0).await.unwrap().is_empty());
    assert_eq!(store.latest_revocation().await.unwrap(), 2);
    let next = store.revoke(Kind::Token, "a", None, NOW + 200).await.unwrap();
    assert_eq!(next.seq, 3);
}

async fn a_watcher_learns_of_each(store: Store) {
    let mut watch = store.watch();
    assert_eq!(*watch.borrow_and_update(), 0);
    let entry = store.revoke(Kind::Session, "s", None, NOW + 300).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), watch.changed()).await.unwrap().unwrap();
    assert_eq!(*watch.borrow_and_update(), entry.seq);
    // Other changes are none of its business.
    store.put_setting("a", "1").await.unwrap();
    assert!(!watch.has_changed().unwrap());
}

/// A client that hangs up does not call its revocation back.
async fn a_revocation_outlives_its_asker(store: Store) {
    let watch = store.watch();
    let asker = store.clone();
    let task = tokio::spawn(async move { asker.revoke(Kind::Token, "a", None, NOW + 300).await });
    tokio::task::yield_now().await;
    task.abort();
    let _ = task.await;
    // The next one waits behind it. Either it never began, or it was carried out and announced.
    let next = store.revoke(Kind::Token, "b", None, NOW + 300).await.unwrap();
    let stored = store.revocations_since(0).await.unwrap();
    assert_eq!(stored.len() as u64, next.seq);
    assert_eq!(*watch.borrow(), next.seq);
}
