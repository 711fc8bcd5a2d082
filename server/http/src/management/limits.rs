//! How many requests an application may send: a bucket of tokens each.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use coffer_core::{Clock, ids::ClientId};
use coffer_crypto::TokenHash;
use coffer_store::{Store, StoreError};
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

type Local = RateLimiter<ClientId, DashMapStateStore<ClientId>, ServerClock, StateInformationMiddleware>;

/// The buckets.
pub struct ManagementLimiter {
    buckets: Buckets,
    clock: ServerClock,
    limits: ManagementLimits,
}

/// Where they are.
enum Buckets {
    /// In this process, which is the only one.
    Local(Local),
    /// In the database, for all nodes.
    Shared(Store),
}

/// What an application has left, for the headers.
pub(crate) struct Allowance {
    limit: u32,
    remaining: u32,
    /// In seconds since the Unix epoch.
    reset: u64,
}

impl ManagementLimiter {
    /// Full buckets, shared by the nodes that share the database.
    pub fn new(limits: ManagementLimits, clock: Arc<dyn Clock>, store: Store) -> Self {
        let clock = ServerClock(clock);
        let buckets = if store.is_shared() {
            Buckets::Shared(store)
        } else {
            let quota = Quota::per_second(limits.requests_per_second).allow_burst(limits.burst);
            Buckets::Local(Local::new(quota, DashMapStateStore::default(), clock.clone()))
        };
        Self { buckets, clock, limits }
    }

    /// Takes a token out of the application's bucket, if there is one.
    pub(crate) async fn spend(
        &self,
        client: &ClientId,
    ) -> Result<(Allowance, Result<(), Refusal>), StoreError> {
        let now = clock::Clock::now(&self.clock);
        let interval = 1_000_000 / u64::from(self.limits.requests_per_second.get());
        let limit = self.limits.burst.get();
        let (taken, full_in) = match &self.buckets {
            Buckets::Local(buckets) => {
                if buckets.len() > MANY {
                    buckets.retain_recent();
                }
                match buckets.check_key(client) {
                    Ok(left) => {
                        (true, u64::from(limit.saturating_sub(left.remaining_burst_capacity())) * interval)
                    }
                    Err(not_until) => {
                        let wait = not_until.wait_time_from(now).as_micros();
                        (false, u64::from(limit - 1) * interval + u64::try_from(wait).unwrap_or(u64::MAX))
                    }
                }
            }
            Buckets::Shared(store) => {
                let key = TokenHash::of(&format!("management:{client}"));
                let interval = i64::try_from(interval).unwrap_or(i64::MAX);
                let at = self.clock.0.now();
                let bucket = store.rate_limits().take(&key, at, interval, self.limits.burst).await?;
                (bucket.taken, bucket.full_in)
            }
        };
        if taken {
            let spent = u32::try_from(full_in.div_ceil(interval)).unwrap_or(limit);
            let reset = now.as_secs() + full_in.div_ceil(1_000_000);
            return Ok((Allowance { limit, remaining: limit.saturating_sub(spent), reset }, Ok(())));
        }
        let wait = full_in.saturating_sub(u64::from(limit - 1) * interval);
        let retry_after = wait.div_ceil(1_000_000).max(1);
        let reset = now.as_secs() + retry_after;
        Ok((Allowance { limit, remaining: 0, reset }, Err(Refusal::TooMany { retry_after })))
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
