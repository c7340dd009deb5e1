//! The throttle on wrong passwords: after some, each log-in has to wait longer. Wrong passwords are counted by account and
//! origin: the client's IP address, and whether the account logged in on the device before. So a stranger who guesses
//! passwords shuts out nobody else, also one who knows a device's identity, which is in the stamps of its records.

use super::client_ip::ClientIp;
use ruhu_domain::DeviceId;
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Wrong passwords without a wait.
const FREE: u32 = 5;

/// The wait after the last of them, doubled after each further one, and the longest, in milliseconds.
const FIRST_MS: u64 = 30_000;
const LONGEST_MS: u64 = 15 * 60_000;

/// The most counts that are kept: about 2 MB.
const MOST: usize = 20_000;

/// The origin of a log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The address.
    pub client_ip: ClientIp,
    /// The device, where the account logged in on it before.
    pub known: Option<DeviceId>,
}

/// Counts the wrong passwords of each account and origin. The counts are in memory: a restart forgets them. There are at most
/// [`MOST`], of a size that no caller chooses: names are kept as their hash.
#[derive(Clone, Debug, Default)]
pub struct LoginThrottle(Arc<Mutex<HashMap<Key, Wrong>>>);

/// The hash of a login name, and an origin.
type Key = ([u8; 32], Origin);

fn key(account: &str, origin: Origin) -> Key {
    (Sha256::digest(account.as_bytes()).into(), origin)
}

#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    last_ms: u64,
}

impl Wrong {
    /// How long to wait still, in milliseconds.
    fn wait_ms(self, now_ms: u64) -> u64 {
        let Some(over) = self.count.checked_sub(FREE) else { return 0 };
        let wait = (FIRST_MS << over.min(16)).min(LONGEST_MS);
        wait.saturating_sub(now_ms.saturating_sub(self.last_ms))
    }
}

impl LoginThrottle {
    /// Counts a log-in before its password is checked, so that many at once are no way around the wait.
    ///
    /// # Errors
    /// Returns the milliseconds that the log-in has to wait. It is not counted then.
    pub fn begin(&self, account: &str, origin: Origin, now_ms: u64) -> Result<(), u64> {
        let mut login_throttle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if login_throttle.len() >= MOST {
            make_room(&mut login_throttle, now_ms);
        }
        let wrong = login_throttle.entry(key(account, origin)).or_insert(Wrong { count: 0, last_ms: now_ms });
        if now_ms.saturating_sub(wrong.last_ms) >= 2 * LONGEST_MS {
            wrong.count = 0;
        }
        match wrong.wait_ms(now_ms) {
            0 => {
                *wrong = Wrong { count: wrong.count.saturating_add(1), last_ms: now_ms };
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// Takes a log-in back that was counted and whose password was not checked.
    pub fn not_tried(&self, account: &str, origin: Origin) {
        let mut login_throttle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wrong) = login_throttle.get_mut(&key(account, origin)) {
            wrong.count = wrong.count.saturating_sub(1);
        }
    }

    /// Forgets the wrong passwords of an origin, because the right one came.
    pub fn right(&self, account: &str, origin: Origin) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(account, origin));
    }
}

/// Forgets what is long past; where that is not enough, who has not to wait yet; and then the half that was last touched
/// longest ago.
fn make_room(counts: &mut HashMap<Key, Wrong>, now_ms: u64) {
    counts.retain(|_, wrong| now_ms.saturating_sub(wrong.last_ms) < LONGEST_MS);
    if counts.len() >= MOST {
        counts.retain(|_, wrong| wrong.count >= FREE);
    }
    if counts.len() >= MOST {
        let mut times: Vec<u64> = counts.values().map(|wrong| wrong.last_ms).collect();
        let (_, middle, _) = times.select_nth_unstable(MOST / 2);
        let middle = *middle;
        counts.retain(|_, wrong| wrong.last_ms > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: Origin =
        Origin { client_ip: ClientIp::of_address(Ipv4Addr::new(203, 0, 113, 9)), known: Some(DeviceId(1)) };
    const THERE: Origin = Origin { client_ip: ClientIp::of_address(Ipv4Addr::new(198, 51, 100, 7)), ..HERE };
    const UNKNOWN: Origin = Origin { known: None, ..HERE };

    #[test]
    fn log_ins_wait_longer_and_longer_and_only_where_they_were_made() {
        let login_throttle = LoginThrottle::default();
        let begin = |origin, now| login_throttle.begin("wangfang", origin, now);
        assert!((0..5).all(|_| begin(HERE, 0).is_ok()));
        assert_eq!(begin(HERE, 0), Err(30_000));
        assert_eq!(begin(HERE, 29_000), Err(1_000), "asking meanwhile makes it no longer");
        assert_eq!(
            (begin(THERE, 0), begin(UNKNOWN, 0), login_throttle.begin("liqiang", HERE, 0)),
            (Ok(()), Ok(()), Ok(()))
        );
        assert_eq!(begin(HERE, 30_000), Ok(()));
        assert_eq!(begin(HERE, 30_000), Err(60_000));
        let mut now = 90_000;
        for _ in 0..10 {
            begin(HERE, now).expect("its time has come");
            let wait = begin(HERE, now).expect_err("again too soon");
            assert!(wait <= LONGEST_MS);
            now += wait;
        }
        login_throttle.right("wangfang", HERE);
        assert_eq!(begin(HERE, now), Ok(()));
        assert!((0..4).all(|_| begin(HERE, now).is_ok()));
        assert_eq!(begin(HERE, now + 2 * LONGEST_MS), Ok(()), "after half an hour it begins anew");
        assert!((0..4).all(|_| begin(HERE, now + 2 * LONGEST_MS).is_ok()));
    }

    #[test]
    fn what_is_long_past_takes_no_memory() {
        let login_throttle = LoginThrottle::default();
        for n in 0..MOST {
            login_throttle.begin(&n.to_string(), HERE, 0).expect("a first try");
        }
        login_throttle.begin("wangfang", HERE, LONGEST_MS).expect("a first try");
        assert_eq!(login_throttle.0.lock().expect("nobody panicked").len(), 1);
    }

    #[test]
    fn guesses_at_ever_new_names_take_bounded_memory_and_free_nobody_who_has_to_wait() {
        let login_throttle = LoginThrottle::default();
        let begin = |name: &str, now| login_throttle.begin(name, HERE, now);
        for n in 0..3 * MOST as u64 {
            begin(&format!("{n}{}", "x".repeat(100)), n / 100).expect("a first try");
            if n % 1_000 == 0 {
                let _ = begin("wangfang", n / 100);
            }
        }
        assert!(login_throttle.0.lock().expect("nobody panicked").len() <= MOST);
        assert!(begin("wangfang", 3 * MOST as u64 / 100).is_err(), "their wait is not over");
    }
}
