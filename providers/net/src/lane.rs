//! A lane: how many requests to one service of one account and region may run at once, and how many may begin in a
//! second.
//!
//! The number at once grows slowly while all goes well and is halved by a throttle. The number in a second is not limited
//! before the first throttle; then it is a little less than what was answered well, comes back to where the throttle was
//! and goes beyond it carefully. A `Retry-After` holds the whole lane. Vendors do not publish their limits completely, so
//! the lane finds them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// At the beginning.
const FIRST: f64 = 10.0;
/// Never more.
const MOST: f64 = 64.0;
/// After so many good answers, one more may run.
const GOOD_FOR_MORE: u32 = 20;
/// Throttles within this time count as one: they belong to requests that ran together.
const ONE_THROTTLE: Duration = Duration::from_millis(500);

/// What a throttle leaves of the answers in a second that came before it.
const AFTER_THROTTLE: f64 = 0.85;
/// Up to this share of the last limit a good answer allows more quickly.
const NEAR_LIMIT: f64 = 0.95;
/// How many more requests in a second a good answer allows, far from the last limit and near to it.
const FAR_GROWTH: f64 = 0.05;
const NEAR_GROWTH: f64 = 0.005;
/// Never fewer requests in a second.
const SLOWEST: f64 = 0.5;
/// So many good answers are remembered, to know how many came in a second.
const REMEMBERED: usize = 64;

/// The requests to one service of one account and region, of one kind: those that read, those that change, or those that
/// delete.
#[derive(Debug)]
pub struct Lane {
    state: Mutex<State>,
    left: Notify,
}

#[derive(Debug)]
struct State {
    allowed: f64,
    running: usize,
    good: u32,
    blocked_until: Option<Instant>,
    throttled_at: Option<Instant>,
    /// Requests in a second, once a limit was met.
    rate: Option<f64>,
    /// The rate at which the last throttle came.
    limit: f64,
    /// The next request begins no sooner.
    next: Option<Instant>,
    /// When the last good answers came.
    answers: VecDeque<Instant>,
}

impl State {
    /// How many good answers there were in a second, as far as is remembered.
    fn answered(&self, now: Instant) -> f64 {
        let Some(first) = self.answers.front() else { return SLOWEST };
        let seconds = now.duration_since(*first).as_secs_f64();
        (self.answers.len() as f64 / seconds.max(0.1)).max(SLOWEST)
    }
}

impl Default for Lane {
    fn default() -> Self {
        let state = State {
            allowed: FIRST,
            running: 0,
            good: 0,
            blocked_until: None,
            throttled_at: None,
            rate: None,
            limit: 0.0,
            next: None,
            answers: VecDeque::new(),
        };
        Self { state: Mutex::new(state), left: Notify::new() }
    }
}

/// A place on a lane; dropping it lets the next request in.
#[derive(Debug)]
pub struct Place<'a> {
    lane: &'a Lane,
}

/// What to do before a request may start.
enum Entry {
    Go,
    Until(Instant),
    Full,
}

impl Lane {
    /// Waits for a place.
    pub async fn enter(&self) -> Place<'_> {
        loop {
            let left = self.left.notified();
            match self.try_enter() {
                Entry::Go => return Place { lane: self },
                Entry::Until(moment) => sleep_until(moment).await,
                Entry::Full => left.await,
            }
        }
    }

    /// How many requests may run at once now.
    pub fn allowed(&self) -> usize {
        self.state().allowed as usize
    }

    fn try_enter(&self) -> Entry {
        let mut state = self.state();
        if let Some(moment) = state.blocked_until {
            if Instant::now() < moment {
                return Entry::Until(moment);
            }
            state.blocked_until = None;
        }
        if state.running >= state.allowed as usize {
            return Entry::Full;
        }
        if let Some(rate) = state.rate {
            let now = Instant::now();
            if let Some(next) = state.next.filter(|next| now < *next) {
                return Entry::Until(next);
            }
            state.next = Some(now + Duration::from_secs_f64(1.0 / rate));
        }
        state.running += 1;
        Entry::Go
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// The answer was a good one.
    pub fn went_well(&self) {
        let mut state = self.lane.state();
        state.answers.push_back(Instant::now());
        if state.answers.len() > REMEMBERED {
            state.answers.pop_front();
        }
        if let Some(rate) = state.rate {
            let growth = if rate < state.limit * NEAR_LIMIT { FAR_GROWTH } else { NEAR_GROWTH };
            state.rate = Some(rate + growth);
        }
        state.good += 1;
        if state.good >= GOOD_FOR_MORE {
            state.good = 0;
            state.allowed = (state.allowed + 1.0).min(MOST);
        }
    }

    /// The service asked for fewer requests; with a pause, nothing goes on this lane before it is over.
    pub fn was_throttled(&self, pause: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.lane.state();
        if state.throttled_at.is_none_or(|last| now.duration_since(last) > ONE_THROTTLE) {
            state.allowed = (state.allowed / 2.0).max(1.0);
            state.throttled_at = Some(now);
            let answered = state.answered(now);
            state.limit = state.rate.map_or(answered, |rate| rate.min(answered));
            state.rate = Some((state.limit * AFTER_THROTTLE).max(SLOWEST));
        }
        state.good = 0;
        if let Some(pause) = pause {
            let until = now + pause;
            state.blocked_until = Some(state.blocked_until.map_or(until, |already| already.max(until)));
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.lane.state().running -= 1;
        self.lane.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Lane;

    #[tokio::test(start_paused = true)]
    async fn no_more_run_at_once_than_allowed() {
        let lane = Arc::new(Lane::default());
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (lane, running, most) = (Arc::clone(&lane), Arc::clone(&running), Arc::clone(&most));
            tasks.spawn(async move {
                let _place = lane.enter().await;
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(10)).await;
                running.fetch_sub(1, Ordering::SeqCst);
            });
        }
        while tasks.join_next().await.is_some() {}
        assert_eq!(most.load(Ordering::SeqCst), 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_halves_and_good_answers_grow_again() {
        let lane = Lane::default();
        lane.enter().await.was_throttled(None);
        // A second one of the same moment says nothing new.
        lane.enter().await.was_throttled(None);
        assert_eq!(lane.allowed(), 5);
        for _ in 0..20 {
            lane.enter().await.went_well();
        }
        assert_eq!(lane.allowed(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_after_holds_the_whole_lane() {
        let lane = Lane::default();
        lane.enter().await.was_throttled(Some(Duration::from_secs(7)));
        let begun = Instant::now();
        let _place = lane.enter().await;
        assert!(begun.elapsed() >= Duration::from_secs(7));
    }
}
