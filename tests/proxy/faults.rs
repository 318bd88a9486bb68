//! What goes wrong between a client and a cloud, by share and the same for the same seed.

use super::call::{Call, Protocol};
use super::http::Message;

/// How often what goes wrong, as shares of the requests from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// The effect is there, the answer never comes: the connection ends.
    pub drop: f64,
    /// The answer takes up to half a second longer.
    pub delay: f64,
    /// The request is delivered twice.
    pub duplicate: f64,
    /// Too many requests: refused with a `Retry-After` of a second.
    pub throttle: f64,
    /// The service is not there: refused without effect.
    pub unavailable: f64,
    /// The effect is there, the answer says that the service failed.
    pub fail_after: f64,
    /// The credentials are not valid any more.
    pub expire: f64,
}

impl Shares {
    /// A bad day.
    pub fn bad() -> Self {
        Self {
            drop: 0.03,
            delay: 0.05,
            duplicate: 0.04,
            throttle: 0.04,
            unavailable: 0.02,
            fail_after: 0.03,
            expire: 0.01,
        }
    }
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer is lost.
    Drop,
    /// Slow, by so many milliseconds.
    Delay(u64),
    /// Delivered twice.
    Duplicate,
    /// Too many requests.
    Throttle,
    /// Refused without effect.
    Unavailable,
    /// Answered with a failure after the effect.
    FailAfter,
    /// The credentials have expired.
    Expire,
}

/// A sequence of faults.
#[derive(Clone, Debug)]
pub struct Faults {
    shares: Shares,
    state: u64,
}

impl Faults {
    /// From a seed.
    pub fn new(seed: u64, shares: Shares) -> Self {
        Self { shares, state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    fn next(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// What goes wrong with a request, if anything does.
    pub fn of(&mut self, call: &Call) -> Option<Fault> {
        let (draw, slow) = (self.next(), self.next());
        let shares = &self.shares;
        let mut left = draw;
        let mut hits = |share: f64| {
            left -= share;
            left < 0.0
        };
        if hits(shares.throttle) {
            Some(Fault::Throttle)
        } else if hits(shares.unavailable) {
            Some(Fault::Unavailable)
        } else if hits(shares.expire) {
            Some(Fault::Expire)
        } else if hits(shares.delay) {
            Some(Fault::Delay((slow * 500.0) as u64))
        } else if hits(shares.drop) {
            Some(Fault::Drop)
        } else if hits(shares.fail_after) {
            Some(Fault::FailAfter)
        } else if hits(shares.duplicate) && call.is_repeatable() {
            Some(Fault::Duplicate)
        } else {
            None
        }
    }
}

/// The answer of a service that refuses, in the words of its protocol.
pub fn refusal(call: &Call, status: &str, code: &str) -> Message {
    let message = "told so by the proxy";
    match call.protocol {
        Protocol::Json => {
            let body = format!("{{\"__type\":\"{code}\",\"message\":\"{message}\"}}");
            Message::answer(status, "application/x-amz-json-1.1", body)
        }
        Protocol::Query if call.service == "ec2" => {
            let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            let body = format!("<Response><Errors>{error}</Errors><RequestID>proxy</RequestID></Response>");
            Message::answer(status, "text/xml", body)
        }
        Protocol::Query => {
            let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            let body = format!("<ErrorResponse>{error}<RequestId>proxy</RequestId></ErrorResponse>");
            Message::answer(status, "text/xml", body)
        }
        Protocol::Rest => {
            let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            Message::answer(status, "application/xml", body)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Call, Fault, Faults, Protocol, Shares};

    #[test]
    fn faults_come_by_their_shares_and_repeat() {
        let call = Call {
            service: "ec2".to_owned(),
            action: "CreateVpc".to_owned(),
            token: None,
            parameters: BTreeMap::new(),
            protocol: Protocol::Query,
        };
        let shares = Shares { drop: 0.2, duplicate: 0.5, ..Shares::default() };
        let drawn = |seed| {
            let mut faults = Faults::new(seed, shares);
            (0..2_000).map(|_| faults.of(&call)).collect::<Vec<_>>()
        };
        let one = drawn(7);
        assert_eq!(one, drawn(7));
        assert_ne!(one, drawn(8));
        let dropped = one.iter().filter(|fault| **fault == Some(Fault::Drop)).count();
        assert!((300..500).contains(&dropped), "{dropped}");
        // A second object would be made, and nobody could know.
        assert!(!one.contains(&Some(Fault::Duplicate)));
    }
}
