//! Saying what takes long while it is done.

use std::time::{Duration, Instant};

/// Carries out a step that takes a while. Says before what is done and how long it usually takes on two cores, and after
/// how long it took.
///
/// # Errors
/// Returns the error of the step.
pub fn step<T>(what: &str, usually: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    println!("{what} … (usually {usually})");
    let begun = Instant::now();
    let done = work()?;
    println!("{what}: done in {}", words(begun.elapsed()));
    Ok(done)
}

/// Returns a time in words: `4.2 s`, `3 min 20 s`.
pub fn words(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_minutes_once_they_have_one() {
        assert_eq!(words(Duration::from_millis(4_210)), "4.2 s");
        assert_eq!(words(Duration::from_secs(200)), "3 min 20 s");
    }
}
