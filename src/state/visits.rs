//! Visits: what is written at a door.

use super::{
    App, Undo, new_id,
    notebook::{
        drafts::{self, Draft},
        no_grid,
    },
};
use crate::{platform::clock, storage::StorageError};
use leptos::prelude::SetValue;
use ruhu_domain::{
    Kind, RecordId,
    codes::{Outcome, Purpose},
    visit::Visit,
};

impl App {
    /// A draft to write on: the one there is for this household, or a new one with the usual answers
    /// from the worker's last visit.
    pub fn draft_for(self, household: RecordId) -> Option<Draft> {
        let open = self.notebook()?;
        if let Some(draft) = open.drafts().into_iter().find(|draft| {
            let of_household = draft.visit().is_some_and(|visit| visit.household == household);
            of_household && open.engine().record(draft.id).is_none()
        }) {
            return Some(draft);
        }
        let now = clock::now_ms();
        let mut visit = Visit::new(household, now, &open.session().name, Outcome::Met);
        visit.purposes = self.usual_purposes();
        let channel = open.channel_of(household);
        let values = drafts::fields(&visit);
        Some(Draft { id: new_id(now), kind: Kind::Visit, values, touched: now, channel })
    }

    /// A draft to change a saved visit.
    pub fn draft_of(self, visit: RecordId) -> Option<Draft> {
        let open = self.notebook()?;
        if let Some(draft) = open.drafts().into_iter().find(|draft| draft.id == visit) {
            return Some(draft);
        }
        let values = drafts::fields(open.roster().visit(visit)?.as_ref());
        let channel = open.engine().record(visit).map(|record| record.channel.clone());
        Some(Draft { id: visit, kind: Kind::Visit, values, touched: clock::now_ms(), channel })
    }

    fn usual_purposes(self) -> Vec<Purpose> {
        let Some(open) = self.notebook() else { return Vec::new() };
        let roster = open.roster();
        let last =
            roster.all_visits().filter(|(_, visit)| !visit.purposes.is_empty()).max_by_key(|(_, visit)| visit.at);
        last.map_or_else(|| vec![Purpose::Routine], |(_, visit)| visit.purposes.clone())
    }

    /// Saves a visit that no form is open for: durable when this returns.
    async fn save_visit(self, id: RecordId, visit: &Visit) -> Result<(), StorageError> {
        let Some(open) = self.notebook() else { return Ok(()) };
        let own = open.engine().record(id).map(|record| record.channel.clone());
        let channel = own.or_else(|| open.channel_of(visit.household)).ok_or_else(no_grid)?;
        open.save(id, Kind::Visit, channel, visit).await?;
        self.sync_now();
        Ok(())
    }

    /// 无人在家 with one tap.
    pub async fn log_nobody_home(self, household: RecordId) {
        let Some(open) = self.notebook().filter(|_| !self.is_second_tap(household)) else { return };
        let now = clock::now_ms();
        let id = new_id(now);
        let visit = Visit::new(household, now, &open.session().name, Outcome::NobodyHome);
        match self.save_visit(id, &visit).await {
            Ok(()) => self.say("已记：无人在家 ✓ 已存本机", Some(Undo::Withdraw(id))),
            Err(error) => {
                self.last_tap.set_value(None);
                self.say(error.to_string(), None);
            }
        }
    }

    /// Whether a record says that nobody was home, with no day for another try yet.
    pub fn is_to_try_again(self, record: RecordId) -> bool {
        self.notebook().is_some_and(|open| {
            let roster = open.roster();
            let visit = roster.visit(record);
            visit.is_some_and(|visit| visit.outcome == Outcome::NobodyHome && visit.next_on.is_none())
        })
    }

    /// Notes tomorrow as the day for another try at a door.
    pub async fn try_tomorrow(self, record: RecordId) {
        let visit = self.notebook().and_then(|open| open.roster().visit(record).cloned());
        let Some(visit) = visit else { return };
        let next_on = clock::today().succ_opt();
        match self.save_visit(record, &Visit { next_on, ..visit.as_ref().clone() }).await {
            Ok(()) => self.say("已记：明天再来 ✓ 已存本机", None),
            Err(error) => self.say(error.to_string(), None),
        }
    }
}
