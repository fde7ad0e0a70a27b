//! A TCP connection as the server sees it: a peer that reads too slowly loses it, and a refused peer
//! gets to read the refusal.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

/// What is read and thrown away at most after a refusal, and for how long.
const LINGER_BYTES: usize = 4 << 20;
const LINGER: Duration = Duration::from_secs(2);

/// A socket whose writes must get on within a limit. Clones share the socket: hyper drops its own
/// when it is done, and [`Wire::linger`] needs one more.
#[derive(Debug)]
pub struct Wire {
    /// Never held across an await, and never contended: the clone waits until hyper is done.
    socket: Arc<Mutex<TcpStream>>,
    stall_limit: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Clone for Wire {
    fn clone(&self) -> Self {
        Self { socket: Arc::clone(&self.socket), stall_limit: self.stall_limit, stalled: None }
    }
}

impl Wire {
    /// A socket whose peer may leave what is written to it unread for so long.
    #[must_use]
    pub fn new(socket: TcpStream, stall_limit: Duration) -> Self {
        // Answers are written in one piece; waiting for more only delays them. Where it cannot be set, they are
        // merely late.
        let _ = socket.set_nodelay(true);
        Self { socket: Arc::new(Mutex::new(socket)), stall_limit, stalled: None }
    }

    fn socket(&self) -> MutexGuard<'_, TcpStream> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a write that has waited for its peer too long.
    fn hurry<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.stall_limit;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the peer does not read its answer",
        )))
    }

    /// Closes a connection whose request was refused unread. Closing while the peer still sends makes
    /// the system answer with a reset, which throws away the refusal the peer has not read yet; so
    /// what is still coming is read for a moment and dropped.
    pub async fn linger(mut self) {
        let drain = async {
            self.shutdown().await?;
            let mut scrap = vec![0; 16 * 1024];
            let mut total = 0;
            while total < LINGER_BYTES {
                match self.read(&mut scrap).await? {
                    0 => break,
                    count => total += count,
                }
            }
            Ok::<_, io::Error>(())
        };
        // Whether the peer listened to the end is its own affair.
        let _ = timeout(LINGER, drain).await;
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket()).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.socket()).poll_write(cx, bytes);
        self.hurry(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.socket()).poll_write_vectored(cx, slices);
        self.hurry(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket()).poll_shutdown(cx)
    }
}
