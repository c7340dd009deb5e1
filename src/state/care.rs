//! Care cases: whose they are, a new one, steps.

use super::{App, Undo, disputes::NotTaken, new_id};
use crate::platform::clock;
use ruhu_domain::{
    Class, Kind, RecordId,
    care::{CareFile, records::Taken, workflow::check},
    record::Channel,
};

impl App {
    /// The grids whose care cases the worker handles.
    pub fn care_channels(self) -> Vec<Channel> {
        self.channels_of(Class::Care)
    }

    /// The channel of care cases where a resident lives; none where the worker handles none there.
    pub fn care_channel_of(self, resident: RecordId) -> Option<Channel> {
        let grid = self.notebook()?.channel_of(resident)?.grid;
        self.care_channels().into_iter().find(|channel| channel.grid == grid)
    }

    /// A care case with what belongs to it.
    pub fn case(self, id: RecordId) -> Option<CareFile> {
        self.read(|notebook| notebook.cases().file(id))
    }

    /// Whether the data of whom a case is about may be kept, and not used.
    pub fn is_restricted(self, case: &CareFile) -> bool {
        case.case.resident.is_some_and(|resident| self.read(|notebook| notebook.roster().is_restricted(resident)))
    }

    /// Whether this is a care case that may be kept, and not used.
    pub fn is_kept_only(self, head: RecordId) -> bool {
        self.case(head).is_some_and(|case| self.is_restricted(&case))
    }

    /// Every care case, those with the earliest deadline first, then those that are open.
    pub fn cases(self) -> Vec<CareFile> {
        let today = clock::today();
        let mut cases: Vec<CareFile> = self.read(|notebook| notebook.cases().files().collect());
        cases.sort_by_key(|case| {
            let due = case.deadlines(today).first().map(|deadline| deadline.by);
            (due.is_none(), due, !case.state(today).is_open(), std::cmp::Reverse(case.id))
        });
        cases
    }

    /// Takes a step of a care case; durable when this returns. The last one can be taken back.
    ///
    /// # Errors
    /// Nothing was saved, and why.
    pub(super) async fn take_care_step(self, taken: Taken) -> Result<(), NotTaken> {
        let (Some(open), Some(file)) = (self.notebook(), self.case(taken.case)) else { return Err(NotTaken::Gone) };
        let (roles, name) = self.part_in(taken.case);
        check(&file, &taken, &roles, &name, clock::today())?;
        let channel = open.channel_of(taken.case).ok_or(NotTaken::Gone)?;
        let id = new_id(clock::now_ms());
        open.save(id, Kind::CareStep, channel, &taken).await?;
        self.say(format!("已办：{} ✓ 已存本机", taken.step.label()), Some(Undo::Withdraw(id)));
        self.sync_now();
        Ok(())
    }
}
