//! The sequence of revocations.

use std::collections::BTreeSet;
use std::time::Duration;

use claviger_protocol::KeyState;
use claviger_store::{NewRevocation, Store};
use claviger_token::revocation::{Entry, Kind, hash};
use proptest::prelude::*;

use crate::engines::over_each;
use crate::{NOW, key};

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
    assert_eq!(
        all.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        (1..=Kind::ALL.len() as u64).collect::<Vec<_>>()
    );
    assert_eq!(store.revocations_since(3).await.unwrap(), all[3..]);
    assert!(store.revocations_since(Kind::ALL.len() as u64).await.unwrap().is_empty());
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

/// One thing that happens to the sequence.
#[derive(Clone, Debug)]
enum Deed {
    Revoke(u8, Option<i64>),
    Together(Vec<u8>),
    /// Others write as well, and share transactions with it.
    Setting(u8),
    /// Fails, and must leave no gap.
    Fail,
    Forget(i64),
}

fn deeds() -> impl Strategy<Value = Vec<Vec<Deed>>> {
    let deed = prop_oneof![
        4 => (any::<u8>(), proptest::option::of(0_i64..4)).prop_map(|(n, until)| Deed::Revoke(n, until)),
        2 => proptest::collection::vec(any::<u8>(), 0..5).prop_map(Deed::Together),
        1 => any::<u8>().prop_map(Deed::Setting),
        1 => Just(Deed::Fail),
        1 => (0_i64..3).prop_map(Deed::Forget),
    ];
    // As many writers at once as there are lists.
    proptest::collection::vec(proptest::collection::vec(deed, 0..12), 1..5)
}

async fn play(store: &Store, deeds: Vec<Deed>) -> Vec<Entry> {
    let token = |number: u8, until| NewRevocation {
        kind: Kind::Token,
        value: number.to_string(),
        until,
        expires: NOW + i64::from(number % 4),
    };
    let mut answered = Vec::new();
    for deed in deeds {
        match deed {
            Deed::Revoke(number, until) => {
                let NewRevocation { kind, value, until, expires } = token(number, until);
                answered.push(store.revoke(kind, &value, until, expires).await.unwrap());
            }
            Deed::Together(numbers) => {
                let all = numbers.into_iter().map(|number| token(number, None)).collect();
                answered.extend(store.revoke_all(all).await.unwrap());
            }
            Deed::Setting(number) => {
                store.put_setting("a", &number.to_string()).await.unwrap();
            }
            Deed::Fail => {
                let twice = vec![key("k", KeyState::Next); 2];
                let twice = twice.into_iter().map(|key| (key, vec![1])).collect();
                store.change_keys(twice, Vec::new()).await.unwrap_err();
            }
            Deed::Forget(after) => {
                store.forget_expired(NOW + after).await.unwrap();
            }
        }
    }
    answered
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever several writers do at once: numbers follow each other, every answer is in the
    /// sequence until it is forgotten, and whoever follows by number or by watching misses nothing.
    #[test]
    fn the_sequence_is_complete_and_in_order(writers in deeds()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mounted = crate::engines::file();
        let store = mounted.store;
        let (answered, followed) = runtime.block_on(async {
            let writing: Vec<_> = writers
                .into_iter()
                .map(|deeds| {
                    let store = store.clone();
                    tokio::spawn(async move { play(&store, deeds).await })
                })
                .collect();
            // A follower as guards have one: it reads when it is told to.
            let (follower, mut watch) = (store.clone(), store.watch());
            let (end, ended) = tokio::sync::oneshot::channel::<()>();
            let following = tokio::spawn(async move {
                let mut seen: Vec<Entry> = Vec::new();
                let mut ended = std::pin::pin!(ended);
                loop {
                    let last = tokio::select! {
                        changed = watch.changed() => { changed.unwrap(); false }
                        _ = &mut ended => true,
                    };
                    watch.borrow_and_update();
                    let after = seen.last().map_or(0, |entry| entry.seq);
                    seen.extend(follower.revocations_since(after).await.unwrap());
                    if last {
                        return seen;
                    }
                }
            });
            let mut answered = Vec::new();
            for one in writing {
                answered.extend(one.await.unwrap());
            }
            end.send(()).unwrap();
            (answered, following.await.unwrap())
        });
        let latest = runtime.block_on(store.latest_revocation()).unwrap();
        prop_assert_eq!(*store.watch().borrow(), latest);
        prop_assert!(followed.windows(2).all(|pair| pair[0].seq < pair[1].seq));
        prop_assert!(followed.iter().all(|entry| entry.seq <= latest));
        let given: BTreeSet<u64> = answered.iter().map(|entry| entry.seq).collect();
        prop_assert_eq!(given, (1..=latest).collect::<BTreeSet<_>>(), "no number without an answer");
        let standing = runtime.block_on(store.revocations_since(0)).unwrap();
        for entry in &standing {
            prop_assert!(answered.contains(entry));
            prop_assert!(followed.contains(entry));
        }
        // What nobody forgot is there: the longest kept outlive every `Forget`.
        for entry in answered.iter().filter(|entry| entry.expires > NOW + 2) {
            prop_assert!(standing.contains(entry), "{:?}", entry);
        }
        runtime.block_on(store.close());
    }
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
