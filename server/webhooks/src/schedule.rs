//! When a delivery that failed is tried again.

use coffer_core::Rng;

/// Seconds until the next attempt, after each one that failed: what Standard Webhooks recommends.
pub const PAUSES: [i64; 9] =
    [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];
/// Longest `Retry-After` that is respected, in seconds.
const LONGEST: i64 = 24 * 3600;

/// Milliseconds until the next attempt, when `failures` came before the one that just failed; none when there is
/// to be no other. Up to a fifth longer than the schedule, so that receivers that come back are not met by
/// everything at once.
pub fn pause(failures: i64, retry_after: Option<u64>, rng: &dyn Rng) -> Option<i64> {
    let scheduled = PAUSES.get(usize::try_from(failures).ok()?)? * 1000;
    let mut byte = [0u8; 1];
    rng.fill(&mut byte);
    let jitter = scheduled / 5 * i64::from(byte[0]) / 255;
    let asked =
        retry_after.map_or(0, |seconds| i64::try_from(seconds).unwrap_or(LONGEST).min(LONGEST) * 1000);
    Some((scheduled + jitter).max(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Byte(u8);

    impl Rng for Byte {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(pause(0, None, &Byte(0)), Some(5_000));
        assert_eq!(pause(0, None, &Byte(255)), Some(6_000));
        assert_eq!(pause(8, None, &Byte(0)), Some(24 * 3_600_000));
        assert_eq!(pause(9, None, &Byte(0)), None);
    }

    #[test]
    fn what_the_receiver_asks_for_is_respected_within_reason() {
        assert_eq!(pause(0, Some(90), &Byte(0)), Some(90_000));
        assert_eq!(pause(1, Some(90), &Byte(0)), Some(300_000));
        assert_eq!(pause(0, Some(u64::MAX), &Byte(0)), Some(24 * 3_600_000));
    }
}
