//! What goes wrong in one simulation: chosen by its seed, each kind on or off.

use crate::random::Random;

/// Rates in thousandths of calls, lags in seconds.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// A request never arrives, and nobody is told.
    pub lost_request: u64,
    /// A request has its effect, and its answer never arrives.
    pub lost_answer: u64,
    /// A request has its effect, and is answered with an error of the server.
    pub error_with_effect: u64,
    /// A request is refused for being one too many, with a pause that is asked for.
    pub throttle: u64,
    /// A request arrives once more, up to a quarter of an hour later.
    pub duplicate: u64,
    /// A request arrives late, up to a quarter of an hour after its sender stopped waiting.
    pub late: u64,
    /// The longest time by which a request or its double is late, in seconds.
    pub lateness: u64,
    /// The whole process stands still, up to 20 minutes.
    pub pause: u64,
    /// An append is durable, and its answer never arrives.
    pub lost_append: u64,
    /// The store cannot be reached.
    pub store_down: u64,
    /// For how long a new object is invisible to some reads.
    pub read_lag: u64,
    /// For how long a new object is missing in lists and searches.
    pub list_lag: u64,
    /// For how long a deleted object is still seen by some reads.
    pub ghost: u64,
    /// For how long an update is not seen by some reads.
    pub stale: u64,
    /// When the credentials expire, and for how long.
    pub expiry: Option<(u64, u64)>,
    /// How many processes are killed.
    pub kills: u64,
    /// How many processes work on the state one after the other, before the last one ends.
    pub thefts: u64,
}

impl Faults {
    /// No fault at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// A choice of faults. The mild ones come at a time at which the protocol prevents, and need not repair.
    pub fn some(random: &mut Random, mild: bool) -> Self {
        let mut rate = |most: u64| if random.chance(400) { 1 + random.below(most) } else { 0 };
        let lateness = if mild { 120 } else { 900 };
        Self {
            lost_request: rate(150),
            lost_answer: rate(200),
            error_with_effect: rate(200),
            throttle: rate(250),
            duplicate: if mild { 0 } else { rate(150) },
            late: rate(150),
            lateness,
            pause: rate(30),
            lost_append: rate(150),
            store_down: rate(20),
            read_lag: rate(120),
            list_lag: rate(60),
            ghost: rate(60),
            stale: rate(60),
            expiry: random.chance(200).then(|| (random.below(600), 30 + random.below(200))),
            kills: if random.chance(600) { 1 + random.below(3) } else { 0 },
            thefts: if random.chance(500) { 1 + random.below(2) } else { 0 },
        }
    }
}
