//! Saves what the worker enters. Each save is durable when it returns.

use super::{
    Notebook, album,
    drafts::{self, Draft},
    moment,
};
use crate::storage::StorageError;
use ruhu_domain::{
    Channel, Kind, OpId, RecordId, Stamp,
    engine::{Edit, Engine, Plan},
    record::{MOVED, WITHDRAWN},
    storage::Batch,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

impl Notebook {
    /// Saves a form, durable when this returns, and forgets its draft in the same transaction.
    ///
    /// # Errors
    /// Nothing was saved; the draft is still there.
    pub async fn save_form(&self, draft: &Draft) -> Result<(), StorageError> {
        let id = draft.id;
        self.commit(vec![drafts::forget(id)], |engine| {
            let own = engine.record(id).map(|record| record.channel.clone()).or_else(|| draft.channel.clone());
            let channel = own.ok_or_else(no_grid)?;
            self.drop_unwritten(id);
            Ok(engine.plan_edits(&album::edits_of(draft, &channel, &self.album.borrow()), &mut moment))
        })
        .await?;
        self.contents.borrow_mut().drafts.remove(&id);
        (self.changed)(false);
        Ok(())
    }

    /// Saves a record that is made in one go.
    ///
    /// # Errors
    /// Nothing was saved.
    pub async fn save<T: Serialize>(
        &self,
        id: RecordId,
        kind: Kind,
        channel: Channel,
        view: &T,
    ) -> Result<(), StorageError> {
        self.edit(id, kind, channel, view).await
    }

    /// Saves several records at once: all, or none. Returns the edits that bring back what was there before.
    ///
    /// # Errors
    /// Nothing was saved.
    pub async fn save_all(&self, edits: &[Edit]) -> Result<Vec<Edit>, StorageError> {
        let before = |engine: &Engine, edit: &Edit| {
            let record = engine.record(edit.record);
            let was = |name: &String| match record.and_then(|record| record.fields.get(name.as_str())) {
                Some(field) => field.value.clone(),
                None if name == MOVED => record.map(|record| record.channel.to_string().into()).unwrap_or_default(),
                None => Value::Null,
            };
            let after = Map::from_iter(edit.after.keys().map(|name| (name.clone(), was(name))));
            Edit { after, ..edit.clone() }
        };
        let mut back = Vec::new();
        self.commit(Vec::new(), |engine| {
            back = edits.iter().map(|edit| before(engine, edit)).collect();
            let plan = engine.plan_edits(edits, &mut moment);
            plan.map(Some).ok_or_else(|| StorageError::Failed("没有保存：没有改动，或不能移到那里".into()))
        })
        .await?;
        Ok(back)
    }

    /// Withdraws a record (作废), with the reason.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn withdraw(&self, id: RecordId, reason: &str) -> Result<(), StorageError> {
        let Some(record) = self.engine().record(id).cloned() else { return Ok(()) };
        let after = BTreeMap::from([(WITHDRAWN, reason)]);
        self.edit(id, record.kind.clone(), record.channel.clone(), &after).await
    }

    /// Notes which notice a resident was given, as [`ruhu_domain::help::notice::given`] has it.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn note_told(&self, id: RecordId, given: &str) -> Result<(), StorageError> {
        let Some(record) = self.engine().record(id).cloned() else { return Ok(()) };
        let after = BTreeMap::from([("notice", given)]);
        self.edit(id, record.kind.clone(), record.channel.clone(), &after).await
    }

    /// Sends an op again that was set aside.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn retry(&self, op: OpId) -> Result<(), StorageError> {
        self.commit(Vec::new(), |engine| Ok(engine.plan_retry(op))).await
    }

    /// Gives up an op that was set aside: what it changed is gone.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn give_up(&self, op: OpId) -> Result<(), StorageError> {
        self.commit(Vec::new(), |engine| Ok(engine.plan_give_up(op))).await
    }

    /// Chooses between the values of a contested field; the choice travels.
    ///
    /// # Errors
    /// Nothing was changed.
    pub async fn choose(&self, record: RecordId, field: &str, chosen: Stamp) -> Result<(), StorageError> {
        self.commit(Vec::new(), |engine| Ok(engine.plan_choice(record, field, chosen, moment()))).await
    }

    async fn edit<T: Serialize>(
        &self,
        id: RecordId,
        kind: Kind,
        channel: Channel,
        after: &T,
    ) -> Result<(), StorageError> {
        self.commit(Vec::new(), |engine| {
            self.drop_unwritten(id);
            Ok(engine.plan_edit(id, kind, channel, after, moment()))
        })
        .await
    }

    /// Plans a change of the worker's and carries it out, with `with` in the same transaction. Every save goes this way.
    /// Where another window wrote meanwhile, nothing is saved, and this one reads the storage again.
    ///
    /// # Errors
    /// Nothing was saved.
    async fn commit(
        &self,
        with: Batch,
        plan: impl FnOnce(&Engine) -> Result<Option<Plan>, StorageError>,
    ) -> Result<(), StorageError> {
        let lane = self.lane.lock().await;
        let plan = plan(&self.engine())?;
        let done = self.carry_out(plan.unwrap_or_default(), with).await;
        drop(lane);
        if done == Err(StorageError::Overtaken) {
            self.reload().await?;
        }
        done
    }
}

/// The error of a record whose grid is not known.
pub(in crate::state) fn no_grid() -> StorageError {
    StorageError::Failed("没有找到所属网格".into())
}
