//! Slows down the guessing of passwords and codes: a few failures per account, more per address, in 15 minutes.

use coffer_contract::{ApiError, Timestamp};
use coffer_core::{ids::AdministratorId, network::network};
use coffer_crypto::TokenHash;
use coffer_store::{Store, StoreError};

/// Failures allowed for one e-mail address, and for the second factors of one administrator.
pub const PER_EMAIL: u32 = 5;
/// Failures allowed from one network address.
pub const PER_ADDRESS: u32 = 20;
/// Length of the window that a first failure opens, in seconds.
pub const WINDOW_SECONDS: i64 = 15 * 60;

/// An attempt that counts as failed until it is known to have succeeded.
pub struct Attempt {
    store: Store,
    account: TokenHash,
    address: Option<TokenHash>,
}

impl Attempt {
    /// Begins one with a password, or says how long to wait.
    pub async fn begin(
        store: &Store,
        email: &str,
        ip: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Self, ApiError>, StoreError> {
        Self::of(store, &format!("sign-in e-mail {email}"), ip, now).await
    }

    /// Begins one with a second factor. It is counted by itself: the right password would clear the failures
    /// otherwise, and whoever has it could guess on.
    pub async fn with_factor(
        store: &Store,
        administrator: &AdministratorId,
        ip: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Self, ApiError>, StoreError> {
        Self::of(store, &format!("second factor {administrator}"), ip, now).await
    }

    /// Begins one with a passkey, whose owner is not known yet.
    pub async fn with_passkey(
        store: &Store,
        ip: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Self, ApiError>, StoreError> {
        let from = ip.map_or_else(|| "unknown".to_owned(), network);
        Self::of(store, &format!("passkey from {from}"), ip, now).await
    }

    async fn of(
        store: &Store,
        account: &str,
        ip: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Self, ApiError>, StoreError> {
        let attempt = Self {
            store: store.clone(),
            account: TokenHash::of(account),
            address: ip.map(|ip| TokenHash::of(&format!("sign-in address {}", network(ip)))),
        };
        let mut limits = vec![(&attempt.account, PER_EMAIL)];
        limits.extend(attempt.address.as_ref().map(|address| (address, PER_ADDRESS)));
        if let Err(until) = store.throttles().attempt(&limits, now, WINDOW_SECONDS).await? {
            return Ok(Err(wait(now, until)));
        }
        Ok(Ok(attempt))
    }

    /// It succeeded: the account's failures are forgotten, and this was none of the address's.
    pub async fn succeeded(self) -> Result<(), StoreError> {
        let throttles = self.store.throttles();
        throttles.clear(&self.account).await?;
        if let Some(address) = &self.address {
            throttles.forgive(address).await?;
        }
        Ok(())
    }
}

fn wait(now: Timestamp, until: Timestamp) -> ApiError {
    let millis = u64::try_from(until.millis() - now.millis()).unwrap_or(0);
    ApiError::TooManyAttempts { retry_after: millis.div_ceil(1000).max(1) }
}
