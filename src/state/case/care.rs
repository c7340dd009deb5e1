//! Care cases: whose they are, a new one, steps.

use crate::{platform::clock, state::App};
use ruhu_domain::{Class, RecordId, care::CareFile, record::Channel};

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
        cases.sort_by_cached_key(|case| {
            let due = case.deadlines(today).first().map(|deadline| deadline.by);
            (due.is_none(), due, !case.state(today).is_open(), std::cmp::Reverse(case.id))
        });
        cases
    }
}
