//! Pages on their way out of a run: as many may wait as the store writes together, and no more bytes than fit in memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout_at};

use super::message::PageOutput;

/// What they may take, about. A page that takes more waits alone.
const KIBIBYTES: u32 = 8 << 10;
/// How long it is waited for further pages, so that they are stored together: that costs little more than storing one.
const MOMENT: Duration = Duration::from_millis(25);

/// The pages that come out of a run, in their order.
#[derive(Debug)]
pub struct Output(mpsc::Receiver<Waiting>);

/// Where a run puts them.
#[derive(Debug)]
pub(crate) struct OutputSender {
    pages: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

/// A page, and the room that it takes until it is handed out.
#[derive(Debug)]
struct Waiting {
    page: PageOutput,
    room: OwnedSemaphorePermit,
}

/// Nobody takes the pages any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed;

pub(crate) fn output() -> (OutputSender, Output) {
    let (pages, waiting) = mpsc::channel(Output::MOST_PAGES);
    let room = Arc::new(Semaphore::new(KIBIBYTES as usize));
    (OutputSender { pages, room }, Output(waiting))
}

impl Output {
    /// How many pages may wait, and so how many are stored together.
    pub const MOST_PAGES: usize = 32;

    /// The next page; `None` when the run has no more.
    pub async fn recv(&mut self) -> Option<PageOutput> {
        self.0.recv().await.map(Waiting::hand_out)
    }

    /// The next page, for a thread that may wait.
    pub fn blocking_recv(&mut self) -> Option<PageOutput> {
        self.0.blocking_recv().map(Waiting::hand_out)
    }

    /// Adds the pages that wait and those that come in the next moment, as far as they fit together, and waits for one if there
    /// are none; it adds none when the run has no more. Where it is cancelled, no page is lost: those that it added stay.
    pub async fn recv_many(&mut self, pages: &mut Vec<PageOutput>) {
        let Some(first) = self.recv().await else { return };
        let mut bytes = first.heap_bytes();
        pages.push(first);
        let moment = Instant::now() + MOMENT;
        while pages.len() < Self::MOST_PAGES
            && bytes < (KIBIBYTES as usize) << 10
            && let Ok(Some(next)) = timeout_at(moment, self.recv()).await
        {
            bytes += next.heap_bytes();
            pages.push(next);
        }
    }
}

impl OutputSender {
    /// Puts a page where it can be taken, when there is room for it.
    pub(crate) async fn send(&self, page: PageOutput) -> Result<(), Closed> {
        let kibibytes = u32::try_from(page.heap_bytes() >> 10)
            .unwrap_or(u32::MAX)
            .min(KIBIBYTES);
        let room = Arc::clone(&self.room);
        let room = tokio::select! {
            room = room.acquire_many_owned(kibibytes) => room.expect("the semaphore is never closed"),
            () = self.pages.closed() => return Err(Closed),
        };
        self.pages.send(Waiting { page, room }).await.map_err(|_| Closed)
    }
}

impl Waiting {
    fn hand_out(self) -> PageOutput {
        drop(self.room);
        self.page
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::FutureExt as _;
    use jiff::Timestamp;
    use tokio::task::unconstrained;

    use super::*;
    use crate::model::{JobId, Run, RunId, Trigger};

    fn page(number: u64, bytes: usize) -> PageOutput {
        let (run, job) = (RunId::new("run_1"), JobId::new("job_1"));
        PageOutput {
            number,
            url: None,
            rows: Vec::new(),
            failure: None,
            links: Vec::new(),
            visit: None,
            screenshot: Some(Bytes::from(vec![0; bytes])),
            run: Run::queued(run, job, Trigger::Manual, Timestamp::UNIX_EPOCH),
        }
    }

    #[tokio::test]
    async fn pages_wait_within_bounds() {
        let check = async |bytes: usize, expected: usize| {
            let (sender, mut output) = output();
            let mut sent = 0;
            // Tokio has a task pause after so many steps, which is not what is asked here.
            while unconstrained(sender.send(page(sent, bytes))).now_or_never().is_some() {
                sent += 1;
            }
            let mut pages = Vec::new();
            output.recv_many(&mut pages).await;
            assert_eq!((sent as usize, pages.len()), (expected, expected));
            assert!(pages.iter().map(|page| page.number).eq(0..sent));
            assert_eq!(
                unconstrained(sender.send(page(sent, bytes))).now_or_never(),
                Some(Ok(())),
                "there is room again"
            );
        };
        let all = (KIBIBYTES as usize) << 10;
        check(0, Output::MOST_PAGES).await;
        check(all / Output::MOST_PAGES, Output::MOST_PAGES).await;
        check(all / 2, 2).await;
        check(all / 2 + (1 << 10), 1).await;
        check(2 * all, 1).await;
    }

    #[tokio::test(start_paused = true)]
    async fn pages_that_come_in_a_moment_are_taken_together() {
        let check = async |pauses: &[Duration], bytes: usize, expected: usize| {
            let (sender, mut output) = output();
            let pauses = pauses.to_vec();
            let sending = tokio::spawn(async move {
                for (number, pause) in (0..).zip(pauses) {
                    tokio::time::sleep(pause).await;
                    sender.send(page(number, bytes)).await.unwrap();
                }
            });
            let mut pages = Vec::new();
            output.recv_many(&mut pages).await;
            assert_eq!(pages.len(), expected);
            while output.recv().await.is_some() {}
            sending.await.unwrap();
            output.recv_many(&mut pages).await;
            assert_eq!(pages.len(), expected, "there are no more");
        };
        let little = Duration::from_millis(1);
        check(&[], 0, 0).await;
        check(&[MOMENT, MOMENT.saturating_sub(little), MOMENT], 0, 2).await;
        check(&[MOMENT, MOMENT + little], 0, 1).await;
        check(&[Duration::ZERO; Output::MOST_PAGES + 1], 0, Output::MOST_PAGES).await;
        let half = (KIBIBYTES as usize) << 9;
        check(&[Duration::ZERO; 3], half, 2).await;
        check(&[Duration::ZERO; 3], half - (1 << 10), 3).await;
    }

    #[tokio::test]
    async fn a_run_ends_when_nobody_takes_its_pages() {
        let (sender, output) = output();
        sender.send(page(0, 16 << 20)).await.unwrap();
        let waiting = sender.send(page(1, 16 << 20));
        drop(output);
        assert_eq!(waiting.await, Err(Closed));
    }
}
