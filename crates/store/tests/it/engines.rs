//! The engines the suite runs over. A second one is mounted by another line in `over_each`.

use claviger_store::Store;
use tempfile::TempDir;

/// A store with what must outlive it.
pub(crate) struct Mounted {
    pub(crate) store: Store,
    _directory: Option<TempDir>,
}

pub(crate) fn file() -> Mounted {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path().join("claviger.db")).unwrap();
    Mounted { store, _directory: Some(directory) }
}

pub(crate) fn memory() -> Mounted {
    Mounted { store: Store::memory().unwrap(), _directory: None }
}

/// Makes one test for each engine out of `async fn name(store: Store)`.
macro_rules! over_each {
    ($($name:ident)*) => {
        mod on_sqlite_file {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let mounted = crate::engines::file();
                super::$name(mounted.store.clone()).await;
                mounted.store.close().await;
            })*
        }
        // Nobody writes on the spot where there is one thread: everything goes through the queue.
        mod on_one_thread {
            $(#[tokio::test]
            async fn $name() {
                let mounted = crate::engines::file();
                super::$name(mounted.store.clone()).await;
                mounted.store.close().await;
            })*
        }
        mod on_sqlite_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let mounted = crate::engines::memory();
                super::$name(mounted.store.clone()).await;
                mounted.store.close().await;
            })*
        }
    };
}
pub(crate) use over_each;
