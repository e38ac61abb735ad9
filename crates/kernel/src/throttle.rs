//! Throttling: token buckets on monotonic time, so that a jump of the wall clock neither opens nor shuts the door.
//!
//! An account has a bucket, and within it each of its principals has one, so that no user takes all that the account may have. A third
//! bucket bounds the refusals of a principal that get a record each: see [`crate::tally`].

use crate::{Caller, Principal};
use names::{AccountId, Moment};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How often may be called.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rate {
    /// Calls of an account, all its principals together.
    pub account: Limit,
    /// Calls of one principal.
    pub principal: Limit,
    /// Refused calls of one principal that get a record each. What comes faster shares one.
    pub refused: Limit,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limit {
    /// Calls a second, on the long run.
    pub per_second: u32,
    /// Calls that may come at once.
    pub burst: u32,
}

impl Rate {
    /// The account's is ten times AWS's own quota of symmetric operations in most Regions: it is there to bound, not to meter.
    pub const DEFAULT: Self = Self {
        account: Limit { per_second: 100_000, burst: 200_000 },
        principal: Limit { per_second: 20_000, burst: 40_000 },
        refused: Limit { per_second: 50, burst: 500 },
    };
}

pub(crate) struct Throttle {
    rate: Rate,
    /// Accounts are few: an operator makes them.
    accounts: Mutex<HashMap<AccountId, Account>>,
}

struct Account {
    calls: Bucket,
    /// By their unique ids.
    principals: HashMap<String, Own>,
}

struct Own {
    calls: Bucket,
    refused: Bucket,
}

/// How many principals' buckets of an account are kept before those are dropped that are full, and so say nothing.
const PRINCIPALS_KEPT_MAX: usize = 10_000;

struct Bucket {
    tokens: f64,
    filled: Moment,
}

impl Throttle {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, accounts: Mutex::default() }
    }

    /// Takes one token of the account's and one of the principal's; `false` if either has none. The house's own rounds pay nothing: they
    /// come by the clock, and nobody shall be able to keep them from it.
    pub(crate) fn admits(&self, caller: &Caller, now: Moment) -> bool {
        if matches!(caller.principal(), Principal::Service(_)) {
            return true;
        }
        self.with_buckets(caller, now, |account, Own { calls, .. }| {
            let both = account.tokens >= 1.0 && calls.tokens >= 1.0;
            both && account.takes() && calls.takes()
        })
    }

    /// Takes one token of those that give a refused call a record of its own.
    pub(crate) fn records_refusal(&self, caller: &Caller, now: Moment) -> bool {
        self.with_buckets(caller, now, |_, own| own.refused.takes())
    }

    /// Looks into the bucket of the caller's account, and into the caller's own ones, all filled up to now.
    fn with_buckets(&self, caller: &Caller, now: Moment, look: impl FnOnce(&mut Bucket, &mut Own) -> bool) -> bool {
        let rate = self.rate;
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Account { calls: Bucket::full(rate.account, now), principals: HashMap::new() };
        let Account { calls, principals } = accounts.entry(caller.account()).or_insert_with(full);
        if principals.len() >= PRINCIPALS_KEPT_MAX {
            principals.retain(|_, own| {
                own.fill(rate, now);
                !own.calls.is_full(rate.principal) || !own.refused.is_full(rate.refused)
            });
        }
        let full = || Own { calls: Bucket::full(rate.principal, now), refused: Bucket::full(rate.refused, now) };
        let own = match principals.get_mut(caller.unique_id()) {
            Some(own) => own,
            None => principals.entry(caller.unique_id().to_owned()).or_insert_with(full),
        };
        calls.fill(rate.account, now);
        own.fill(rate, now);
        look(calls, own)
    }
}

impl Own {
    fn fill(&mut self, rate: Rate, now: Moment) {
        self.calls.fill(rate.principal, now);
        self.refused.fill(rate.refused, now);
    }
}

impl Bucket {
    fn full(limit: Limit, now: Moment) -> Self {
        Self { tokens: f64::from(limit.burst), filled: now }
    }

    fn fill(&mut self, limit: Limit, now: Moment) {
        let passed = now.0.saturating_sub(self.filled.0).as_secs_f64();
        self.tokens = (self.tokens + passed * f64::from(limit.per_second)).min(f64::from(limit.burst));
        self.filled = now;
    }

    /// Takes a token, if there is one.
    fn takes(&mut self) -> bool {
        let there = self.tokens >= 1.0;
        self.tokens -= if there { 1.0 } else { 0.0 };
        there
    }

    fn is_full(&self, limit: Limit) -> bool {
        self.tokens >= f64::from(limit.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limit = Limit { per_second: 2, burst: 3 };
        let at = |millis| Moment(Duration::from_millis(millis));
        let mut bucket = Bucket::full(limit, at(0));
        let mut takes = |millis| {
            bucket.fill(limit, at(millis));
            bucket.takes()
        };
        assert!((0..3).all(|_| takes(0)) && !takes(0));
        assert!(!takes(400) && takes(1_000));
        assert!((0..3).all(|_| takes(100_000)) && !takes(100_000), "it holds no more than its burst");
    }
}
