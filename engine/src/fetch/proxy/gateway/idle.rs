//! Copying both ways, until both ends are done or nothing has come for a time.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::time::{Instant, sleep_until};

/// Copies between two connections. Errors are not told: each end learns from its connection what became of it.
pub(super) async fn copy_both_ways(
    client: impl AsyncRead + AsyncWrite + Unpin,
    target: &mut (impl AsyncRead + AsyncWrite + Unpin + ?Sized),
    idle: Duration,
) {
    let last = LastMove::default();
    // All bytes go through one of the two ends, whichever way they go.
    let mut client = Watched {
        inner: client,
        last: last.clone(),
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, target) => {}
        () = last.idle_for(idle) => {}
    }
}

/// When a byte last moved.
#[derive(Clone)]
struct LastMove(Arc<Mutex<Instant>>);

impl Default for LastMove {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

impl LastMove {
    fn moved(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn get(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn idle_for(&self, time: Duration) {
        loop {
            let end = self.get() + time;
            sleep_until(end).await;
            if self.get() + time <= end {
                return;
            }
        }
    }
}

/// A connection that notes when bytes move.
struct Watched<T> {
    inner: T,
    last: LastMove,
}

impl<T> Watched<T> {
    fn note(&self, moved: bool) {
        if moved {
            self.last.moved();
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.note(polled.is_ready());
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.note(polled.is_ready());
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::sleep;

    use super::*;

    const IDLE: Duration = Duration::from_mins(1);

    /// The two outer ends of a copying that goes on, and the seconds it takes.
    fn copying() -> (DuplexStream, DuplexStream, tokio::task::JoinHandle<u64>) {
        let (client, inner_client) = duplex(64);
        let (target, mut inner_target) = duplex(64);
        let task = tokio::spawn(async move {
            let start = Instant::now();
            copy_both_ways(inner_client, &mut inner_target, IDLE).await;
            start.elapsed().as_secs()
        });
        (client, target, task)
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_go_both_ways_until_both_ends_are_done() {
        let (mut client, mut target, task) = copying();
        client.write_all(b"ask").await.unwrap();
        let mut asked = [0; 3];
        target.read_exact(&mut asked).await.unwrap();
        target.write_all(b"answer").await.unwrap();
        target.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!((&asked, answer.as_str()), (b"ask", "answer"));
        drop(client);
        assert_eq!(task.await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_both_ways_ends_it() {
        let (mut client, mut target, task) = copying();
        // One way alone keeps it open.
        for _ in 0..3 {
            sleep(Duration::from_secs(59)).await;
            target.write_all(b"x").await.unwrap();
            client.read_exact(&mut [0]).await.unwrap();
        }
        assert!(!task.is_finished());
        assert_eq!(task.await.unwrap(), 3 * 59 + 60);
    }
}
