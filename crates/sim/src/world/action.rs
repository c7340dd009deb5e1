//! The actions that the simulation carries out, each with how often.

use rand::{Rng, seq::IndexedRandom};

/// The actions that the simulation carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The worker saves something.
    Edit,
    /// The worker saves something that the office can't take.
    EditBadly,
    /// The worker chooses between contested values.
    Choose,
    /// The worker withdraws a record.
    Withdraw,
    /// The worker moves a record to the other channel.
    Move,
    /// The phone sends the next request of a pass.
    Send,
    /// A request reaches the office, or not.
    Arrive,
    /// An answer reaches the phone, or not.
    Return,
    /// Where the network is good a pass goes through whole.
    Sync,
    /// The phone tidies up.
    Tidy,
    /// The browser freezes the window at work, and another is opened.
    Freeze,
    /// The frozen window goes on with what it had under way, and is closed.
    Thaw,
    /// The browser is killed.
    Kill,
    /// The phone's clock is set.
    SetClock,
    /// The profile is copied.
    Copy,
    /// An old copy of the profile is put back.
    PutBack,
    /// The browser's data is wiped, and the worker logs in again.
    Wipe,
    /// Time passes.
    Wait,
    /// The office makes a backup.
    Backup,
    /// The office is restored from its backup.
    Restore,
    /// The office's database is set back to its backup, and nobody says so.
    SetBack,
    /// The clock of the office's computer is set.
    SetOfficeClock,
    /// The copy that is read from catches up.
    Replicate,
    /// The office purges withdrawn records.
    Purge,
    /// A supervisor decides on what is in quarantine.
    Decide,
    /// A worker's right to a grid is taken away, or given back.
    Regrant,
}

impl Action {
    /// An action, the everyday ones more often.
    pub fn pick(rng: &mut impl Rng) -> Self {
        const ACTIONS: [(Action, u32); 26] = [
            (Action::Edit, 160),
            (Action::EditBadly, 8),
            (Action::Choose, 20),
            (Action::Withdraw, 24),
            (Action::Move, 16),
            (Action::Send, 200),
            (Action::Arrive, 220),
            (Action::Return, 220),
            (Action::Sync, 40),
            (Action::Tidy, 40),
            (Action::Freeze, 20),
            (Action::Thaw, 20),
            (Action::Kill, 12),
            (Action::SetClock, 10),
            (Action::Copy, 4),
            (Action::PutBack, 3),
            (Action::Wipe, 2),
            (Action::Wait, 40),
            (Action::Backup, 4),
            (Action::Restore, 3),
            (Action::SetBack, 3),
            (Action::SetOfficeClock, 6),
            (Action::Replicate, 20),
            (Action::Purge, 6),
            (Action::Decide, 10),
            (Action::Regrant, 8),
        ];
        ACTIONS.choose_weighted(rng, |(_, weight)| *weight).expect("there are actions").0
    }
}
