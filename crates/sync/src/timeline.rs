//! Telling that a server's database was set back, by a snapshot, a copied file or a lost log, though nobody said so.
//!
//! Each run of a server has a random number. A channel notes the last sequence number that each run wrote in it. Several runs may
//! write in turn: of servers beside each other, and of commands beside a server. A phone keeps the furthest [`Milestone`] that it
//! knows of each channel, and shows it. One that is past the end of its run, or of a run that the channel does not know, was given
//! out by a database that is no more.

use serde::{Deserialize, Serialize};

/// The most runs that a channel notes. Of older ones nothing is known any more.
const MOST: usize = 64;

/// A sequence number of a channel, and the run of the server in which a phone heard of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Milestone {
    /// The sequence number.
    pub number: u64,
    /// The run.
    pub run: u64,
}

impl From<(u64, u64)> for Milestone {
    fn from((number, run): (u64, u64)) -> Self {
        Self { number, run }
    }
}

impl From<Milestone> for (u64, u64) {
    fn from(milestone: Milestone) -> Self {
        (milestone.number, milestone.run)
    }
}

/// The runs that wrote in a channel, each with the last sequence number that it wrote: in the order of these. That of the last
/// run is the channel's own, and is not noted here. What was written before runs were noted counts as run 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timeline(Vec<(u64, u64)>);

impl Timeline {
    /// Returns the run that wrote last.
    pub fn run(&self) -> u64 {
        self.0.last().map_or(0, |(run, _)| *run)
    }

    /// Notes that a run writes from the number after `last` on; `false` where that is noted already.
    pub fn begin(&mut self, run: u64, last: u64) -> bool {
        if self.run() == run {
            return false;
        }
        match self.0.last_mut() {
            Some(before) => before.1 = last,
            None => self.0.push((0, last)),
        }
        self.0.retain(|(known, _)| *known != run);
        self.0.push((run, 0));
        if self.0.len() > MOST {
            self.0.remove(0);
        }
        true
    }

    /// Whether this channel, whose last number is `last`, can have given a milestone out.
    pub fn gave_out(&self, milestone: Milestone, last: u64) -> bool {
        if milestone.number > last {
            return false;
        }
        if milestone.run == self.run() {
            return true;
        }
        match self.0.iter().find(|(known, _)| *known == milestone.run) {
            Some((_, wrote)) => milestone.number <= *wrote,
            // It may have been forgotten.
            None => self.0.len() == MOST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_past_the_end_of_its_run_was_given_out_by_a_database_that_is_no_more() {
        let mut timeline = Timeline::default();
        let gave_out = |number, run| timeline.gave_out(Milestone { number, run }, 10);
        assert!(gave_out(10, 0) && !gave_out(11, 0));
        assert!(timeline.begin(7, 10) && !timeline.begin(7, 12));
        // The database was set back from 30 to 20, and another run wrote on to 40.
        assert!(timeline.begin(8, 20));
        let gave_out = |number, run| timeline.gave_out(Milestone { number, run }, 40);
        assert!(gave_out(20, 7) && !gave_out(21, 7) && !gave_out(30, 7));
        assert!(gave_out(40, 8) && gave_out(15, 8));
        assert!(gave_out(10, 0) && !gave_out(11, 0));
        assert!(!gave_out(5, 9), "a run that is not known wrote in what is gone");
    }

    #[test]
    fn runs_that_write_in_turn_are_no_sign_of_a_database_that_was_set_back() {
        let (mut timeline, mut last, mut given) = (Timeline::default(), 0, Vec::new());
        for turn in 0..300 {
            // Two servers, and now and then a command.
            let run = if turn % 20 == 19 { 100 + turn } else { 1 + turn % 2 };
            timeline.begin(run, last);
            last += 1 + turn % 3;
            given.push(Milestone { number: last, run: timeline.run() });
            assert!(given.iter().all(|milestone| timeline.gave_out(*milestone, last)), "turn {turn}: {timeline:?}");
        }
        assert_eq!(timeline.0.len(), 18, "one entry a run");
        // Set back to what stood ten turns ago, and written on by another run.
        let lost = given.split_off(given.len() - 10);
        let mut timeline = Timeline::default();
        for milestone in &given {
            timeline.begin(
                milestone.run,
                given.iter().filter(|one| one.number < milestone.number).map(|one| one.number).max().unwrap_or(0),
            );
        }
        timeline.begin(999, given.last().map_or(0, |one| one.number));
        assert!(lost.iter().all(|milestone| !timeline.gave_out(*milestone, last + 100)));
        assert!(given.iter().all(|milestone| timeline.gave_out(*milestone, last + 100)));
    }

    #[test]
    fn what_is_known_of_runs_is_bounded_and_what_is_forgotten_is_believed() {
        let mut timeline = Timeline::default();
        for run in 1..=500 {
            timeline.begin(run, run * 10);
        }
        assert_eq!(timeline.0.len(), MOST);
        assert!(timeline.gave_out(Milestone { number: 35, run: 3 }, 6_000));
        assert!(!timeline.gave_out(Milestone { number: 5_011, run: 499 }, 6_000), "what is known is not");
    }
}
