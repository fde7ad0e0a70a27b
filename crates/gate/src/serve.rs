//! Accepting connections until told to stop.
//!
//! Decides how long a client may take and how much it may send before its request is known (`claviger_serve` sees to
//! it); never what is answered.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use claviger_serve::{Limits, Wire, speak};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::{Shared, proxy};

/// For the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// For a peer that reads its answer. Downloads over bad lines stand still for a while.
const STALL_TIME: Duration = Duration::from_secs(60);
/// For open requests and tunnels once the gate is told to stop.
const CLOSING_TIME: Duration = Duration::from_secs(10);
/// For the last reports of refusals, once nothing is open any more.
const REPORTING_TIME: Duration = Duration::from_secs(3);
/// Connections at a time; further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 8192;

pub(crate) async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let limits = Limits {
        head_bytes: shared.config.header_limit,
        head_time: HEAD_TIME,
        stall_time: STALL_TIME,
    };
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    tokio::pin!(shutdown);
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly "too many open files": accepting again at once would only spin.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let shared = Arc::clone(&shared);
        let open = shared.open.clone();
        open.spawn(async move {
            let _place = place;
            let wire = Wire::new(stream, STALL_TIME);
            let closing = shared.closing.clone();
            let answer = move |request| proxy::answer(Arc::clone(&shared), peer, request);
            speak(wire, limits, &closing, answer).await;
        });
    }
    drop(listener);
    shared.closing.cancel();
    shared.open.close();
    if tokio::time::timeout(CLOSING_TIME, shared.open.wait()).await.is_err() {
        tracing::warn!("some requests were still open when the gate stopped");
    }
    shared.guard.finish(REPORTING_TIME).await;
    Ok(())
}
