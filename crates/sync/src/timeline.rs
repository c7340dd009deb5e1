//! Telling that a server's database was set back, by a snapshot, a copied file or a lost log, though nobody said so.
//!
//! Each run of a server has a random number. A channel notes at which of its sequence numbers a run began to write in it. A
//! phone keeps the furthest [`Milestone`] that it knows of each channel, and shows it. One that is past the end of its run, or of a
//! run that the channel does not know, was given out by a database that is no more.

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

/// The runs that wrote in a channel, each with the sequence number before its first: the oldest first. What was written before
/// runs were noted counts as run 0.
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
        self.0.push((run, last));
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
        let at = self.0.iter().position(|(known, _)| *known == milestone.run);
        let next = match at {
            Some(at) => self.0.get(at + 1),
            None if milestone.run == 0 && self.0.len() < MOST => self.0.first(),
            // It may have been forgotten.
            None if self.0.len() == MOST => None,
            None => return false,
        };
        next.is_none_or(|(_, began)| milestone.number <= *began)
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
