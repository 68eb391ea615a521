//! The limits of hosts, in paused time.

use futures::FutureExt as _;
use tokio::time::{advance, timeout};

use super::*;

fn limits(in_flight: u32, interval_ms: u64) -> HostLimits {
    HostLimits::new(HostSettings {
        in_flight: NonZeroU32::new(in_flight).unwrap(),
        interval: Duration::from_millis(interval_ms),
    })
}

fn url(host: &str) -> Url {
    Url::parse(&format!("http://{host}/")).unwrap()
}

/// The milliseconds that a request to `a.example` waits, which is answered as told.
async fn wait(limits: &HostLimits, status: u16, retry_after: Option<u64>) -> u128 {
    let started = Instant::now();
    let permit = limits.acquire(&url("a.example"), Duration::ZERO).await;
    permit.answered(status, retry_after.map(Duration::from_secs));
    started.elapsed().as_millis()
}

async fn waits(limits: &HostLimits, status: u16, count: usize) -> Vec<u128> {
    let mut waits = Vec::new();
    for _ in 0..count {
        waits.push(wait(limits, status, None).await);
    }
    waits
}

#[tokio::test(start_paused = true)]
async fn so_many_are_in_flight_and_no_more() {
    let limits = limits(3, 0);
    let acquire = async || limits.acquire(&url("a.example"), Duration::ZERO).await;
    let mut held: Vec<_> = futures::future::join_all((0..3).map(|_| acquire())).await;
    assert!(acquire().now_or_never().is_none(), "a fourth");
    assert!(
        limits
            .acquire(&url("a.example:8080"), Duration::ZERO)
            .now_or_never()
            .is_some(),
        "another port is another host"
    );
    held.pop();
    assert!(acquire().now_or_never().is_some());
    assert_eq!(HostSettings::default().in_flight.get(), 16);
}

#[tokio::test(start_paused = true)]
async fn the_interval_lies_between_requests_of_one_host() {
    let limits = limits(16, 200);
    assert_eq!(waits(&limits, 200, 4).await, [0, 200, 200, 200]);
    advance(Duration::from_millis(150)).await;
    assert_eq!(waits(&limits, 200, 2).await, [50, 200]);
    advance(Duration::from_secs(10)).await;
    assert_eq!(waits(&limits, 200, 2).await, [0, 200], "idle time is not saved up");
    let started = Instant::now();
    limits.acquire(&url("b.example"), Duration::ZERO).await;
    assert!(started.elapsed().is_zero(), "each host has its own");
}

#[tokio::test(start_paused = true)]
async fn who_asks_can_want_a_longer_interval() {
    let limits = limits(16, 200);
    let check = async |at_least_ms: u64, expected: u128| {
        let started = Instant::now();
        limits
            .acquire(&url("a.example"), Duration::from_millis(at_least_ms))
            .await;
        assert_eq!(started.elapsed().as_millis(), expected, "{at_least_ms}");
    };
    check(5000, 0).await;
    check(5000, 5000).await;
    check(100, 200).await;
    check(0, 200).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_that_goes_later_is_counted_from_there() {
    let limits = limits(16, 200);
    let permit = limits.acquire(&url("a.example"), Duration::ZERO).await;
    advance(Duration::from_millis(90)).await;
    permit.goes();
    assert_eq!(wait(&limits, 200, None).await, 200);
}

#[tokio::test(start_paused = true)]
async fn waiting_is_fair_and_who_gives_up_takes_no_place() {
    let limits = limits(16, 100);
    let started = Instant::now();
    let waiters: Vec<_> = (0..5_u64)
        .map(|number| {
            let limits = limits.clone();
            tokio::spawn(async move {
                let patience = Duration::from_millis(if number == 2 { 150 } else { 10_000 });
                let permit = timeout(patience, limits.acquire(&url("a.example"), Duration::ZERO)).await;
                permit.ok().map(|_| started.elapsed().as_millis())
            })
        })
        .collect();
    let times = futures::future::join_all(waiters).await;
    let times: Vec<_> = times.into_iter().map(Result::unwrap).collect();
    assert_eq!(times, [Some(0), Some(100), None, Some(200), Some(300)]);
    let url = url("a.example");
    let all_slots = (0..16).map(|_| limits.acquire(&url, Duration::ZERO));
    let all_slots = timeout(Duration::from_secs(2), futures::future::join_all(all_slots)).await;
    assert_eq!(all_slots.unwrap().len(), 16, "the one who gave up holds no slot");
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_the_host_up_to_two_minutes() {
    let check = async |status: u16, asked: u64, expected: u128| {
        let limits = limits(16, 0);
        wait(&limits, status, Some(asked)).await;
        assert_eq!(wait(&limits, 200, None).await, expected, "{status}, {asked} s");
    };
    check(429, 7, 7000).await;
    check(503, 120, 120_000).await;
    check(503, 121, 120_000).await;
    check(503, u64::MAX, 120_000).await;
    check(503, 0, 500).await;
    check(500, 7, 0).await;
    check(200, 7, 0).await;
}

#[tokio::test(start_paused = true)]
async fn the_longest_retry_after_counts() {
    let limits = limits(16, 0);
    let url = url("a.example");
    let (first, second) = tokio::join!(
        limits.acquire(&url, Duration::ZERO),
        limits.acquire(&url, Duration::ZERO)
    );
    first.answered(503, Some(Duration::from_secs(7)));
    second.answered(503, Some(Duration::from_secs(3)));
    assert_eq!(wait(&limits, 200, None).await, 7000);
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_those_who_wait_already() {
    let limits = limits(16, 100);
    let started = Instant::now();
    let first = limits.acquire(&url("a.example"), Duration::ZERO).await;
    let (at, ()) = tokio::join!(
        async {
            limits.acquire(&url("a.example"), Duration::ZERO).await;
            started.elapsed().as_millis()
        },
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            first.answered(503, Some(Duration::from_secs(3)));
        }
    );
    assert_eq!(at, 3050);
}

#[tokio::test(start_paused = true)]
async fn refusals_double_the_interval_and_ten_answers_halve_it() {
    for status in [429, 503] {
        let limits = limits(16, 0);
        assert_eq!(
            waits(&limits, status, 10).await,
            [0, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
        );
    }
    let limits = limits(16, 0);
    waits(&limits, 503, 3).await;
    let expected = [[2000; 10], [1000; 10], [500; 10], [0; 10]].concat();
    assert_eq!(waits(&limits, 404, 40).await, expected);
    // A refusal starts the count anew, and a server's error is none.
    waits(&limits, 503, 2).await;
    waits(&limits, 200, 9).await;
    assert_eq!(waits(&limits, 500, 10).await, [1000; 10]);
    assert_eq!(waits(&limits, 503, 1).await, [1000]);
    assert_eq!(waits(&limits, 200, 10).await, [2000; 10]);
    assert_eq!(waits(&limits, 200, 1).await, [1000]);
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_refused_together_count_once() {
    let limits = limits(32, 0);
    let url = url("a.example");
    let together = (0..32).map(|_| limits.acquire(&url, Duration::ZERO));
    let together = futures::future::join_all(together).await;
    for permit in &together[..12] {
        permit.answered(429, None);
    }
    // These were asked before the pace changed, and say nothing of the new one.
    for permit in &together[12..] {
        permit.answered(200, None);
    }
    drop(together);
    assert_eq!(wait(&limits, 200, None).await, 500);
}

#[tokio::test(start_paused = true)]
async fn idle_hosts_are_forgotten_and_busy_ones_are_not() {
    let limits = limits(16, 0);
    let held = limits.acquire(&url("held.example"), Duration::ZERO).await;
    let refused = limits.acquire(&url("refused.example"), Duration::ZERO).await;
    refused.answered(503, None);
    drop(refused);
    let ask_many = async |from: usize, count: usize| {
        for number in from..from + count {
            limits
                .acquire(&url(&format!("h{number}.example")), Duration::ZERO)
                .await;
        }
    };
    let knows = |host: &str| limits.0.hosts.lock().unwrap().by_name.contains_key(host);
    ask_many(0, FEW_HOSTS - 2).await;
    assert_eq!(limits.len(), FEW_HOSTS);
    // Here none is idle yet, and they are looked through again when they have doubled.
    advance(LONGEST_INTERVAL.saturating_sub(Duration::from_millis(1))).await;
    ask_many(10_000, 1).await;
    assert_eq!(limits.len(), FEW_HOSTS + 1);
    advance(Duration::from_millis(1)).await;
    ask_many(20_000, FEW_HOSTS).await;
    assert_eq!(
        limits.len(),
        FEW_HOSTS + 3,
        "the new, the held, the refused, and the one asked later"
    );
    assert!(!knows("h0.example:80") && knows("held.example:80") && knows("refused.example:80"));
    drop(held);
    advance(SLOW_DOWN_KEPT).await;
    ask_many(30_000, FEW_HOSTS + 4).await;
    assert_eq!(limits.len(), FEW_HOSTS + 4);
    assert!(!knows("held.example:80") && !knows("refused.example:80"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_host_can_be_asked_ten_thousand_times_in_a_second() {
    let limits = limits(16, 0);
    let started = std::time::Instant::now();
    let askers = (0..64).map(|_| {
        let limits = limits.clone();
        tokio::spawn(async move {
            for _ in 0..10_000 / 64 {
                limits
                    .acquire(&url("a.example"), Duration::ZERO)
                    .await
                    .answered(200, None);
            }
        })
    });
    futures::future::join_all(askers).await;
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}
