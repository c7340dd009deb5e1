//! The server's work of each night: it erases records whose retention period is over (个人信息保护法 47).

use crate::{
    database::{Database, Night, OPERATOR},
    photos::PhotoStore,
};
use chrono::{NaiveDate, Timelike};
use ruhu_domain::{day, office::NightDone};
use std::time::Duration;

/// The hour, in China, from which on the work of a night is done.
const HOUR: u32 = 2;

/// How often the server looks whether it is night.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Who erases what is over.
const BY: &str = "保存期限";

/// Whether the work of this moment's night is still to be done, and for which day.
fn due(now_ms: u64, done: Option<NaiveDate>) -> Option<NaiveDate> {
    let now = day::local(now_ms.cast_signed());
    let today = now.date_naive();
    (now.hour() >= HOUR && done != Some(today)).then_some(today)
}

/// Works for as long as the server does. A server that was off at night does it when it starts.
pub async fn run(database: Database, photos: PhotoStore) {
    let (mut done, mut held) = (None, None);
    loop {
        if let Err(error) = database.look_at_clock().await {
            tracing::error!(%error, "the time could not be noted");
        }
        // A day that waits for an office is not looked through again before one approves it.
        if let Some(today) = due(database.now_ms(), done)
            && (held != Some(today) || database.is_approved(today).await.unwrap_or_default())
        {
            let mut night = NightDone { on: today, at: 0, erased: None, held: false, photos: 0, failed: Vec::new() };
            match database.retain_tonight(today, BY).await {
                Ok(Night::Erased(erased)) => {
                    tracing::info!(erased, "retention");
                    night.erased = Some(erased as u64);
                    (done, held) = (Some(today), None);
                }
                Ok(Night::Held(why)) => {
                    tracing::warn!(?why, "retention waits for an office");
                    night.held = true;
                    held = Some(today);
                }
                Err(_) => {
                    tracing::error!("retention failed; it is tried again");
                    night.failed.push("到期删除没有做完，10 分钟后再做".to_owned());
                }
            }
            if database.seal_audit(OPERATOR).await.is_err() {
                tracing::error!("the heads of the audit could not be noted");
                night.failed.push("审计链头没有记下".to_owned());
            }
            match database.sweep_photos(&photos).await {
                Ok(swept) => {
                    tracing::info!(swept, "photos");
                    night.photos = swept as u64;
                }
                Err(_) => {
                    tracing::error!("photos that nobody needs were not all erased");
                    night.failed.push("没有用的照片没有清完".to_owned());
                }
            }
            night.at = database.now_ms();
            if let Err(error) = database.note_night(&night).await {
                tracing::error!(%error, "the work of the night could not be noted");
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nights_work_is_done_once_from_two_oclock_in_china() {
        let at = |hours: u64| 1_795_363_200_000 + hours * 3_600_000; // 2026-11-23 00:00 in China
        let today = day::read("2026-11-23");
        assert_eq!(due(at(0), None), None);
        assert_eq!((due(at(2), None), due(at(23), None)), (today, today), "also later, where the server was off");
        assert_eq!(due(at(23), today), None);
        assert_eq!(due(at(26), today), day::read("2026-11-24"));
    }
}
