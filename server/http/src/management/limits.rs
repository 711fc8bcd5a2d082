//! How many requests an application may send: a bucket of tokens each, at this node.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use coffer_core::{Clock, ids::ClientId};
use governor::{
    Quota, RateLimiter, clock, middleware::StateInformationMiddleware, state::keyed::DashMapStateStore,
};

use super::refusal::Refusal;

/// How many requests an application may send to the management API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagementLimits {
    /// Each second, in the long run.
    pub requests_per_second: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

/// Applications beyond which those are forgotten whose buckets are full again.
const MANY: usize = 10_000;

#[derive(Clone)]
struct ServerClock(Arc<dyn Clock>);

impl clock::Clock for ServerClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now().millis()).unwrap_or(0))
    }
}

type Buckets = RateLimiter<ClientId, DashMapStateStore<ClientId>, ServerClock, StateInformationMiddleware>;

/// The buckets.
pub struct ManagementLimiter {
    buckets: Buckets,
    clock: ServerClock,
    limits: ManagementLimits,
}

/// What an application has left, for the headers.
pub(crate) struct Allowance {
    limit: u32,
    remaining: u32,
    /// In seconds since the Unix epoch.
    reset: u64,
}

impl ManagementLimiter {
    /// Full buckets.
    pub fn new(limits: ManagementLimits, clock: Arc<dyn Clock>) -> Self {
        let clock = ServerClock(clock);
        let quota = Quota::per_second(limits.requests_per_second).allow_burst(limits.burst);
        let buckets = Buckets::new(quota, DashMapStateStore::default(), clock.clone());
        Self { buckets, clock, limits }
    }

    /// Takes a token out of the application's bucket, if there is one.
    pub(crate) fn spend(&self, client: &ClientId) -> (Allowance, Result<(), Refusal>) {
        if self.buckets.len() > MANY {
            self.buckets.retain_recent();
        }
        let now = clock::Clock::now(&self.clock);
        let rate = u64::from(self.limits.requests_per_second.get());
        let limit = self.limits.burst.get();
        let full_after = |remaining: u32| u64::from(limit.saturating_sub(remaining)).div_ceil(rate);
        match self.buckets.check_key(client) {
            Ok(left) => {
                let remaining = left.remaining_burst_capacity();
                let reset = now.as_secs() + full_after(remaining);
                (Allowance { limit, remaining, reset }, Ok(()))
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(now).as_secs_f64().ceil().max(1.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a few seconds, rounded up"
                )]
                let retry_after = wait as u64;
                let reset = now.as_secs() + retry_after;
                (Allowance { limit, remaining: 0, reset }, Err(Refusal::TooMany { retry_after }))
            }
        }
    }
}

impl Allowance {
    /// As the vendor's SDKs read it.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let mut put = |name: &'static str, value: u64| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        };
        put("x-ratelimit-limit", u64::from(self.limit));
        put("x-ratelimit-remaining", u64::from(self.remaining));
        put("x-ratelimit-reset", self.reset);
    }
}
