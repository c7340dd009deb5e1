//! The throttle on wrong passwords: after some, each log-in has to wait longer. Wrong passwords are counted by account and
//! origin: the client's IP address, and whether the account logged in on the device before. So a stranger who guesses
//! passwords shuts out nobody else, also one who knows a device's identity, which is in the stamps of its records.

use super::client_ip::ClientIp;
use ruhu_domain::DeviceId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Wrong passwords without a wait.
const FREE: u32 = 5;

/// The wait after the last of them, doubled after each further one, and the longest, in milliseconds.
const FIRST_MS: u64 = 30_000;
const LONGEST_MS: u64 = 15 * 60_000;

/// More counts than this are tidied up.
const MOST: usize = 10_000;

/// The origin of a log-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The address.
    pub client_ip: ClientIp,
    /// The device, where the account logged in on it before.
    pub known: Option<DeviceId>,
}

/// Counts the wrong passwords of each account and origin. The counts are in memory: a restart forgets them.
#[derive(Clone, Debug, Default)]
pub struct LoginThrottle(Arc<Mutex<HashMap<(String, Origin), Wrong>>>);

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
            login_throttle.retain(|_, wrong| now_ms.saturating_sub(wrong.last_ms) < LONGEST_MS);
        }
        let wrong = login_throttle.entry((account.to_owned(), origin)).or_insert(Wrong { count: 0, last_ms: now_ms });
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

    /// Forgets the wrong passwords of an origin, because the right one came.
    pub fn right(&self, account: &str, origin: Origin) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(account.to_owned(), origin));
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
}
