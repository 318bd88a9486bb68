//! Faults on demand: throttling, lag, lost answers and failures, the same for the same seed.

use std::time::Duration;

use cairn_provider::error::{ErrorClass, ProviderError};
use cairn_provider::schema::TypeSchema;
use ecow::eco_format;

/// Which faults, how often.
///
/// Also how fast the sandbox's clock runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// Where the sequence of faults starts.
    pub seed: u64,
    /// The share of calls that are throttled, from 0 to 1.
    pub throttle: f64,
    /// The share of mutating calls that fail without effect.
    pub fail: f64,
    /// The share of mutating calls whose answer is lost although they had their effect.
    pub lose: f64,
    /// How many reads do not see a new object yet.
    pub lag: u32,
    /// How long each call takes.
    pub latency: Duration,
    /// What waiting takes, as a multiple of the waiting for a real cloud.
    pub tempo: f64,
    /// The type whose objects cannot be made, changed or destroyed; empty for none.
    pub refuse: String,
    /// The type whose objects never become usable; empty for none.
    pub broken: String,
    /// The account that the credentials are of, whatever a target names; empty for the one it names.
    pub account: String,
    state: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 0,
            throttle: 0.0,
            fail: 0.0,
            lose: 0.0,
            lag: 0,
            latency: Duration::ZERO,
            tempo: 0.001,
            refuse: String::new(),
            broken: String::new(),
            account: String::new(),
            state: 0,
        }
    }
}

impl Faults {
    /// From `seed=7,throttle=0.2,fail=0.1,lose=0.1,lag=3,latency=20,tempo=1,refuse=aws.sns.Topic,broken=aws.rds.DbInstance`;
    /// the latency is in milliseconds, every part may be left out.
    ///
    /// # Errors
    /// The sentence says which part cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut faults = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is not name=value"))?;
            let number = || value.parse::<f64>().ok().filter(|number| (0.0..=1.0).contains(number));
            let share = || number().ok_or_else(|| format!("`{name}` is a share from 0 to 1, not {value}"));
            match name {
                "seed" => faults.seed = value.parse().map_err(|_| format!("`seed` is a whole number, not {value}"))?,
                "lag" => faults.lag = value.parse().map_err(|_| format!("`lag` is a whole number, not {value}"))?,
                "latency" => {
                    let milliseconds = value.parse().ok().filter(|number| *number <= 60_000);
                    let wrong = || format!("`latency` is a number of milliseconds, at most 60000, not {value}");
                    faults.latency = Duration::from_millis(milliseconds.ok_or_else(wrong)?);
                }
                "tempo" => {
                    faults.tempo = number().ok_or_else(|| format!("`tempo` is a number from 0 to 1, not {value}"))?;
                }
                "throttle" => faults.throttle = share()?,
                "fail" => faults.fail = share()?,
                "lose" => faults.lose = share()?,
                "refuse" => faults.refuse = value.to_owned(),
                "broken" => faults.broken = value.to_owned(),
                "account" => faults.account = value.to_owned(),
                _ => {
                    return Err(format!(
                        "there is no fault `{name}`; there are seed, throttle, fail, lose, lag, latency, tempo, refuse, broken and account"
                    ));
                }
            }
        }
        faults.state = faults.seed;
        Ok(faults)
    }

    /// The next number of the sequence, from 0 to 1.
    fn next(&mut self) -> f64 {
        // SplitMix64, Sebastiano Vigna's public-domain generator.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn happens(&mut self, share: f64) -> bool {
        share > 0.0 && self.next() < share
    }

    /// A fault of a read, if it is time for one.
    pub fn on_read(&mut self, schema: &TypeSchema) -> Option<ProviderError> {
        let share = self.throttle;
        self.happens(share).then(|| throttled(schema))
    }

    /// A fault of a mutating call, if it is time for one.
    pub fn on_write(&mut self, schema: &TypeSchema) -> Option<ProviderError> {
        let (throttle, fail, lose) = (self.throttle, self.fail, self.lose);
        if self.happens(throttle) {
            return Some(throttled(schema));
        }
        let operation = eco_format!("{}.{}", schema.service(), schema.name.rsplit('.').next().unwrap_or_default());
        if self.refuse == schema.name.as_str() {
            return Some(ProviderError::new(ErrorClass::Refused, "SandboxFailure", operation, "told to refuse"));
        }
        if self.happens(fail) {
            return Some(ProviderError::new(ErrorClass::Refused, "SandboxFailure", operation, "told to fail"));
        }
        if self.happens(lose) {
            return Some(ProviderError::new(ErrorClass::Ambiguous, "AnswerLost", operation, "told to lose the answer"));
        }
        None
    }
}

fn throttled(schema: &TypeSchema) -> ProviderError {
    let mut error = ProviderError::new(ErrorClass::Throttled, "Throttling", schema.service(), "told to throttle");
    error.retry_after = Some(Duration::from_millis(1));
    error
}

#[cfg(test)]
mod tests {
    use super::Faults;

    #[test]
    fn faults_are_read_from_text_and_repeat() {
        let mut one = Faults::parse("seed=7, throttle=0.5, lag=2, tempo=1").unwrap();
        let mut two = Faults::parse("lag=2,tempo=1,seed=7,throttle=0.5").unwrap();
        assert_eq!(one, two);
        let numbers: Vec<bool> = (0..20).map(|_| one.happens(0.5)).collect();
        assert_eq!(numbers, (0..20).map(|_| two.happens(0.5)).collect::<Vec<_>>());
        assert!(numbers.contains(&true) && numbers.contains(&false));
        assert!(
            Faults::parse("throttle=2").is_err() && Faults::parse("tempo=9").is_err() && Faults::parse("x=1").is_err()
        );
    }
}
