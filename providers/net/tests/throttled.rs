//! A thousand calls to a service with a limit, in virtual time: they end soon after the service could have served them,
//! are hardly ever refused, and nothing is sent while the service asked for a pause.
#![allow(clippy::unwrap_used, clippy::disallowed_macros, reason = "tests fail loudly")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cairn_provider_net::lane::Lane;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

const CALLS: usize = 1_000;

/// A service that serves so many requests in a second, and saves up for a burst.
struct Service {
    rate: f64,
    burst: f64,
    latency: Duration,
    pause: Duration,
    saved: f64,
    seen: Instant,
    pause_until: Option<Instant>,
    refused: usize,
    /// Requests that came although a pause was asked for.
    rude: usize,
}

impl Service {
    fn serve(&mut self) -> Result<(), Duration> {
        let now = Instant::now();
        self.saved = (self.saved + now.duration_since(self.seen).as_secs_f64() * self.rate).min(self.burst);
        self.seen = now;
        if self.pause_until.is_some_and(|until| now < until) {
            self.rude += 1;
        }
        if self.saved < 1.0 {
            self.refused += 1;
            return Err(self.pause);
        }
        self.saved -= 1.0;
        Ok(())
    }
}

/// One call, repeated until it is served; how often it was repeated.
async fn call(lane: Arc<Lane>, service: Arc<Mutex<Service>>) -> usize {
    let mut retries = 0;
    loop {
        let place = lane.enter().await;
        let latency = service.lock().unwrap().latency;
        let answer = service.lock().unwrap().serve();
        sleep(latency).await;
        match answer {
            Ok(()) => {
                place.went_well();
                return retries;
            }
            Err(pause) => {
                // From the moment the answer is here nothing of this lane may be sent.
                service.lock().unwrap().pause_until = Some(Instant::now() + pause);
                place.was_throttled(Some(pause));
                drop(place);
                retries += 1;
                sleep_until(Instant::now() + pause).await;
            }
        }
    }
}

/// How much longer than ideal a thousand calls take, and how often they were repeated.
async fn measure(rate: f64, burst: f64, latency: u64, pause: u64) -> (f64, usize, usize) {
    let service = Arc::new(Mutex::new(Service {
        rate,
        burst,
        latency: Duration::from_millis(latency),
        pause: Duration::from_millis(pause),
        saved: burst,
        seen: Instant::now(),
        pause_until: None,
        refused: 0,
        rude: 0,
    }));
    let lane = Arc::new(Lane::default());
    let begun = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        calls.spawn(call(Arc::clone(&lane), Arc::clone(&service)));
    }
    let (mut retries, mut most) = (0, 0);
    while let Some(count) = calls.join_next().await {
        let count = count.unwrap();
        retries += count;
        most = most.max(count);
    }
    let ideal = (CALLS as f64 - burst).max(0.0) / rate + Duration::from_millis(latency).as_secs_f64();
    // Where the service is not the limit, as many at once as are allowed are.
    let ideal = ideal.max(CALLS as f64 * Duration::from_millis(latency).as_secs_f64() / 64.0);
    let service = service.lock().unwrap();
    assert_eq!(service.rude, 0, "requests came although a pause was asked for");
    assert_eq!(service.refused, retries);
    (begun.elapsed().as_secs_f64() / ideal, retries, most)
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_end_soon_and_are_hardly_refused() {
    println!("| in a second | burst | latency | Retry-After | of the ideal time | repeated | one call, most |");
    println!("|--:|--:|--:|--:|--:|--:|--:|");
    let mut wrong = Vec::new();
    for (rate, burst, latency, pause) in [
        (20.0, 20.0, 20, 1_000),
        (20.0, 20.0, 200, 1_000),
        (20.0, 100.0, 50, 1_000),
        (5.0, 50.0, 100, 2_000),
        (20.0, 20.0, 500, 1_000),
        (50.0, 50.0, 50, 1_000),
        (10.0, 200.0, 100, 5_000),
    ] {
        let (share, retries, most) = measure(rate, burst, latency, pause).await;
        println!("| {rate} | {burst} | {latency} ms | {pause} ms | {share:.2} | {retries} | {most} |");
        if share > 1.3 || retries > CALLS / 5 || most > 3 {
            wrong.push(format!("{rate} in a second, burst {burst}, {latency} ms: × {share:.2}, {retries}, {most}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
