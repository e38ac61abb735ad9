//! Throttling by account: a token bucket on monotonic time, so that a jump of the wall clock neither opens nor shuts the door.

use names::{AccountId, Moment};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many calls an account may make.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rate {
    /// Calls a second, on the long run.
    pub per_second: u32,
    /// Calls that may come at once.
    pub burst: u32,
}

impl Rate {
    /// Ten times AWS's own quota of symmetric operations in most Regions: it is there to bound, not to meter.
    pub const DEFAULT: Self = Self { per_second: 100_000, burst: 200_000 };
}

pub(crate) struct Throttle {
    rate: Rate,
    buckets: Mutex<HashMap<AccountId, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Moment,
}

impl Throttle {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one token of the account's; `false` if there is none. Accounts are few: an operator makes them.
    pub(crate) fn admits(&self, account: AccountId, now: Moment) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = f64::from(self.rate.burst);
        let bucket = buckets.entry(account).or_insert(Bucket { tokens: full, filled: now });
        let passed = now.0.saturating_sub(bucket.filled.0).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * f64::from(self.rate.per_second)).min(full);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let throttle = Throttle::new(Rate { per_second: 2, burst: 3 });
        let account = AccountId::from_number(1);
        let at = |millis| Moment(Duration::from_millis(millis));
        assert!((0..3).all(|_| throttle.admits(account, at(0))));
        assert!(!throttle.admits(account, at(0)));
        assert!(throttle.admits(AccountId::from_number(2), at(0)), "accounts do not pay for each other");
        assert!(!throttle.admits(account, at(400)));
        assert!(throttle.admits(account, at(1_000)));
    }
}
