//! How many requests were sent, by operation.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A counter of requests. Every attempt counts, repeated ones included.
#[derive(Debug, Default)]
pub struct Calls {
    counts: Mutex<BTreeMap<String, u64>>,
}

impl Calls {
    /// One more request of an operation, `ec2.DescribeVpcs`.
    pub fn count(&self, operation: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(operation) {
            Some(count) => *count += 1,
            None => {
                counts.insert(operation.to_owned(), 1);
            }
        }
    }

    /// All counts so far.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::Calls;

    #[test]
    fn requests_are_counted_by_operation() {
        let calls = Calls::default();
        calls.count("ec2.DescribeVpcs");
        calls.count("ec2.DescribeVpcs");
        calls.count("iam.GetRole");
        let counts = calls.snapshot();
        assert_eq!(counts.get("ec2.DescribeVpcs"), Some(&2));
        assert_eq!(counts.get("iam.GetRole"), Some(&1));
    }
}
