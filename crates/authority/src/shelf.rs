//! Records of the store that every token request needs, kept in memory so that issuing does not wait
//! for the store. A record is never older than a second; one that is asked for all the time is read
//! anew in the background before that.
//!
//! Decides how old is too old. That there is no such record is held for a moment, too: an unknown id
//! must not be told from a known one by the time of its answer.

use std::collections::HashMap;
use std::fmt::Display;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// From this age on, the next request has the record read anew behind its back.
const AGEING: Duration = Duration::from_millis(400);
/// From this age on, a request waits for the store.
const OLD: Duration = Duration::from_secs(1);
/// Ids without a record that are held; whoever makes up more only has the store asked again.
const MOST_ABSENT: usize = 1024;
/// While the store does not answer, a record serves this long: a stalled disk does not stop issuing,
/// and a client disabled on another node does not outlive its tokens by much.
const LAST_RESORT: Duration = Duration::from_secs(30);

/// One kind of record, by its id.
pub(crate) struct Shelf<T> {
    items: RwLock<HashMap<String, Arc<Item<T>>>>,
    /// Since when an id is known to have no record.
    absent: RwLock<HashMap<String, Instant>>,
    /// Moves with every local write, so that a reading which began before it is not put back.
    writes: AtomicU64,
    most: usize,
}

struct Item<T> {
    record: Arc<T>,
    read_at: Instant,
    being_read: AtomicBool,
}

impl<T: Send + Sync + 'static> Shelf<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            items: RwLock::default(),
            absent: RwLock::default(),
            writes: AtomicU64::new(0),
            most,
        }
    }

    /// The record of `id`; `load` asks the store.
    pub(crate) async fn find<E, F, L>(
        self: &Arc<Self>,
        id: &str,
        load: L,
    ) -> Result<Option<Arc<T>>, E>
    where
        E: Display + Send + 'static,
        F: Future<Output = Result<Option<T>, E>> + Send + 'static,
        L: FnOnce(String) -> F,
    {
        let held = self.held(id);
        if let Some(item) = &held {
            let age = item.read_at.elapsed();
            if age < AGEING {
                return Ok(Some(Arc::clone(&item.record)));
            }
            if age < OLD {
                if !item.being_read.swap(true, Ordering::AcqRel) {
                    let (shelf, id) = (Arc::clone(self), id.to_owned());
                    let writes = self.writes.load(Ordering::Acquire);
                    let reading = load(id.clone());
                    let item = Arc::clone(item);
                    tokio::spawn(async move {
                        match reading.await {
                            Ok(found) => {
                                shelf.put(&id, found, writes);
                            }
                            Err(error) => tracing::warn!(%error, "a record could not be read anew"),
                        }
                        item.being_read.store(false, Ordering::Release);
                    });
                }
                return Ok(Some(Arc::clone(&item.record)));
            }
        }
        if held.is_none() && self.is_absent(id) {
            return Ok(None);
        }
        let writes = self.writes.load(Ordering::Acquire);
        match load(id.to_owned()).await {
            Ok(found) => Ok(self.put(id, found, writes)),
            Err(error) => match held {
                Some(item) if item.read_at.elapsed() < LAST_RESORT => {
                    tracing::warn!(%error, "the store does not answer; serving from memory");
                    Ok(Some(Arc::clone(&item.record)))
                }
                _ => Err(error),
            },
        }
    }

    /// Forgets a record that was just written.
    pub(crate) fn changed(&self, id: &str) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.items.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.absent.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn is_absent(&self, id: &str) -> bool {
        let absent = self.absent.read().unwrap_or_else(PoisonError::into_inner);
        absent.get(id).is_some_and(|since| since.elapsed() < AGEING)
    }

    fn put_absent(&self, id: &str) {
        let mut absent = self.absent.write().unwrap_or_else(PoisonError::into_inner);
        if absent.len() >= MOST_ABSENT
            && let Some(any) = absent.keys().next().cloned()
        {
            absent.remove(&any);
        }
        absent.insert(id.to_owned(), Instant::now());
    }

    fn held(&self, id: &str) -> Option<Arc<Item<T>>> {
        self.items.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn put(&self, id: &str, found: Option<T>, writes: u64) -> Option<Arc<T>> {
        let mut items = self.items.write().unwrap_or_else(PoisonError::into_inner);
        let current = self.writes.load(Ordering::Acquire) == writes;
        let Some(record) = found.map(Arc::new) else {
            if current {
                items.remove(id);
                self.put_absent(id);
            }
            return None;
        };
        if current {
            if items.len() >= self.most
                && !items.contains_key(id)
                && let Some(any) = items.keys().next().cloned()
            {
                items.remove(&any);
            }
            let item = Item {
                record: Arc::clone(&record),
                read_at: Instant::now(),
                being_read: AtomicBool::new(false),
            };
            items.insert(id.to_owned(), Arc::new(item));
        }
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn find(
        shelf: &Arc<Shelf<u32>>,
        answer: Result<Option<u32>, &'static str>,
    ) -> Option<u32> {
        shelf.find("a", |_| async move { answer }).await.unwrap().map(|found| *found)
    }

    #[tokio::test]
    async fn a_fresh_record_is_not_read_again_until_it_changes() {
        let shelf = Arc::new(Shelf::new(2));
        assert_eq!(find(&shelf, Ok(Some(1))).await, Some(1));
        assert_eq!(find(&shelf, Err("not asked")).await, Some(1));
        shelf.changed("a");
        assert_eq!(find(&shelf, Ok(Some(2))).await, Some(2));
    }

    #[tokio::test]
    async fn what_is_not_there_is_known_for_a_moment_or_until_it_is_made() {
        let shelf = Arc::new(Shelf::new(2));
        assert_eq!(find(&shelf, Ok(None)).await, None);
        assert_eq!(find(&shelf, Err("not asked")).await, None);
        shelf.changed("a");
        assert_eq!(find(&shelf, Ok(Some(1))).await, Some(1));
    }

    #[tokio::test]
    async fn a_reading_that_began_before_a_write_is_not_kept() {
        let shelf: Arc<Shelf<u32>> = Arc::new(Shelf::new(2));
        let slow = shelf.find("a", |_| {
            shelf.changed("a");
            async { Ok::<_, &str>(Some(1)) }
        });
        assert_eq!(slow.await.unwrap().as_deref(), Some(&1));
        assert_eq!(find(&shelf, Ok(Some(2))).await, Some(2));
    }

    #[tokio::test]
    async fn the_shelf_does_not_grow_beyond_its_size() {
        let shelf = Arc::new(Shelf::new(2));
        for id in ["a", "b", "c", "d"] {
            shelf.find(id, |_| async { Ok::<_, &str>(Some(1_u32)) }).await.unwrap();
        }
        assert_eq!(shelf.items.read().unwrap().len(), 2);
    }
}
