//! Taking a step of a case: a dispute, a care case, a hazard or a request.

mod care;
mod disputes;
pub mod reports;
mod start;

use super::{App, Undo, new_id};
use crate::{platform::clock, storage::StorageError};
use ruhu_domain::{
    Kind, RecordId, RecordKind,
    case::{Case, Forbidden, StepRecord},
};
use serde_json::{Map, Value};

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// The rules are against it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// It could not be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Something that was said can't be read.
    #[error("有一项填得不对，请核对后再试")]
    Unread,
    /// The file is not on this phone any more.
    #[error("这份卷宗已不在这台手机上，可能换了网格或权限")]
    Gone,
}

impl App {
    /// Takes a step of a file, with what is said with it; durable when this returns. The last one can be taken back.
    ///
    /// # Errors
    /// Nothing was saved, and why.
    pub async fn take(self, kind: &Kind, head: RecordId, code: &str, said: Map<String, Value>) -> Result<(), NotTaken> {
        let mut step = said;
        step.insert("step".to_owned(), code.into());
        step.extend(kind.parent_field().map(|name| (name.to_owned(), head.to_string().into())));
        let step = Value::Object(step);
        match kind {
            Kind::CareStep => self.take_step(self.case(head), kind, step).await,
            Kind::HazardStep | Kind::RequestStep => {
                // An address may name a hazard as a request: the kind is that of the file.
                let report = self.report(head);
                let is_hazard = report.as_ref().is_some_and(|report| report.kind() == Kind::Hazard);
                let kind = if is_hazard { Kind::HazardStep } else { Kind::RequestStep };
                self.take_step(report, &kind, step).await
            }
            _ => self.take_step(self.file(head), kind, step).await,
        }
    }

    async fn take_step<C: Case>(self, file: Option<C>, kind: &Kind, step: Value) -> Result<(), NotTaken> {
        let taken: C::StepRecord = serde_json::from_value(step).map_err(|_| NotTaken::Unread)?;
        let (Some(open), Some(file)) = (self.notebook(), file) else { return Err(NotTaken::Gone) };
        let (roles, name) = self.part_in(file.id());
        file.check(&taken, &roles, &name, clock::today())?;
        let channel = open.channel_of(file.id()).ok_or(NotTaken::Gone)?;
        let id = new_id(clock::now_ms());
        open.save(id, kind.clone(), channel, &taken).await?;
        let label: &str = taken.step().into();
        self.say(format!("已办：{label} ✓ 已存本机"), Some(Undo::Withdraw(id)));
        self.sync_now();
        Ok(())
    }
}
