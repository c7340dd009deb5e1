//! Taking in ops, in one transaction.

use super::{
    super::{
        Database,
        projection::refresh,
        sql::{Engine, Retries, overtaken},
    },
    ground::{Ground, Hints},
    rows::{Author, Written, insert_history},
};
use ruhu_domain::{
    Channel, GridCode, OpId, RecordId,
    intake::{Kept, Sender, Verdict, rejected},
    record::Op,
    timeline::Milestone,
    wire::{OpOutcome, OpResult},
};
use sqlx::AnyConnection;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The most ops of one account that wait for a supervisor, and their most bytes. A phone that hands over all that it has
/// has fewer.
const MOST_WAITING: i64 = 5_000;
const MOST_WAITING_BYTES: i64 = 64 * 1024 * 1024;

/// An op of a push, parsed or not.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// An op that could be parsed.
    Op(Box<Op>),
    /// An op that could not be parsed, but has an id to answer to.
    Malformed(OpId),
}

impl Incoming {
    /// Returns the channel that the op names; none where it could not be parsed.
    pub fn channel(&self) -> Option<&Channel> {
        match self {
            Self::Op(op) => Some(&op.channel),
            Self::Malformed(_) => None,
        }
    }
}

/// The outcome of pushing a batch of ops.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    /// A result per op, in the order sent.
    pub results: Vec<OpResult>,
    pub(super) written: BTreeMap<Channel, Written>,
    /// Where the channels stand now that the ops name, or that their records are in.
    pub milestones: BTreeMap<Channel, Milestone>,
}

impl Database {
    /// Takes in ops in one transaction. Each is answered; a bad one holds up nothing.
    ///
    /// # Errors
    /// Fails when the database does: then nothing was taken and all can be sent again.
    pub async fn take(&self, author: Author<'_>, ops: Vec<Incoming>) -> sqlx::Result<Pushed> {
        if ops.is_empty() {
            return Ok(Pushed::default());
        }
        let mut order = Vec::with_capacity(ops.len());
        let mut malformed = HashMap::new();
        let mut counties: BTreeMap<String, Vec<Op>> = BTreeMap::new();
        for incoming in ops {
            match incoming {
                Incoming::Malformed(id) => {
                    order.push(id);
                    malformed.insert(id, rejected(id, "这条记录的格式有误，办公室无法读取"));
                }
                Incoming::Op(op) => {
                    order.push(op.id);
                    counties.entry(op.channel.grid.village().county().to_owned()).or_default().push(*op);
                }
            }
        }
        for id in self.take_foreign(author, &mut counties).await? {
            malformed.insert(id, rejected(id, "这条记录的编号属于别的手机，办公室没有收下"));
        }
        // SQLite has one connection for writers, and its own queue before it.
        let _turns = match self.engine {
            Engine::Postgres => self.turns.wait(counties.values().flatten().map(|op| &op.channel)).await?,
            Engine::Sqlite => Vec::new(),
        };
        let (mut retries, mut before) = (Retries::default(), Hints::default());
        let (mut results, written, milestones) = loop {
            match self.take_counties(author, &counties, &mut before).await {
                Ok(done) => break done,
                Err(error) => {
                    before.learn(&error);
                    retries.again(error).await?;
                }
            }
        };
        results.extend(malformed);
        let results = order.iter().filter_map(|id| results.get(id).cloned()).collect();
        Ok(Pushed { results, written, milestones })
    }

    /// Takes out the ops whose stamps name a device that is not their sender's, and returns which those were: with the stamp
    /// of another's device somebody could overwrite what that one wrote, as if it had been seen.
    async fn take_foreign(
        &self,
        author: Author<'_>,
        counties: &mut BTreeMap<String, Vec<Op>>,
    ) -> sqlx::Result<Vec<OpId>> {
        if counties.values().flatten().all(|op| op.stamp.device == author.device) {
            return Ok(Vec::new());
        }
        // Of a phone on which somebody logged in anew there may be ops from before.
        let own: Vec<String> = sqlx::query_scalar("SELECT id FROM device WHERE account = $1")
            .bind(author.account)
            .fetch_all(&self.pool)
            .await?;
        let is_own = |op: &Op| op.stamp.device == author.device || own.contains(&op.stamp.device.to_string());
        let mut foreign = HashSet::new();
        for (county, ops) in counties.iter() {
            for op in ops.iter().filter(|op| !is_own(op)) {
                // What was taken before is answered as it was then.
                foreign.extend((!self.has_op(county, op.id).await?).then_some(op.id));
            }
        }
        counties.values_mut().for_each(|ops| ops.retain(|op| !foreign.contains(&op.id)));
        Ok(foreign.into_iter().collect())
    }

    /// Takes out of the history what would fill the quarantine: ops that would make records, other than those that are
    /// `there`, in grids that don't exist; and those of an account of which very many wait. They stay on the phone, with the
    /// reason.
    async fn bound_quarantine(
        &self,
        tx: &mut AnyConnection,
        county: &str,
        author: Author<'_>,
        there: &HashSet<RecordId>,
        kept: &mut Vec<Kept>,
        results: &mut HashMap<OpId, OpResult>,
    ) -> sqlx::Result<()> {
        let waits = |kept: &Kept| matches!(kept.past.verdict, Verdict::Quarantined { .. });
        if !kept.iter().any(waits) {
            return Ok(());
        }
        let makes = |kept: &Kept| !there.contains(&kept.op.record);
        let new = kept.iter().filter(|kept| waits(kept) && makes(kept));
        let grids: BTreeSet<GridCode> = new.map(|kept| kept.channel.grid.clone()).collect();
        let mut unknown = BTreeSet::new();
        for grid in grids {
            if !self.has_grid(tx, county, &grid).await? {
                unknown.insert(grid);
            }
        }
        let (count, bytes): (i64, i64) = sqlx::query_as(
            "SELECT COUNT(*), CAST(COALESCE(SUM(LENGTH(body)), 0) AS BIGINT) FROM op
             WHERE county = $1 AND outcome = 'quarantined' AND account = $2",
        )
        .bind(county)
        .bind(author.account)
        .fetch_one(&mut *tx)
        .await?;
        let mut room = MOST_WAITING.saturating_sub(count);
        if bytes >= MOST_WAITING_BYTES {
            room = 0;
        }
        kept.retain(|kept| {
            if !waits(kept) {
                return true;
            }
            let refused = if makes(kept) && unknown.contains(&kept.channel.grid) {
                "没有这个网格，办公室没有收下。请核对网格编码"
            } else if room == 0 {
                "待核对的记录太多，暂时收不下。请联系主管核对后再重试"
            } else {
                room -= 1;
                return true;
            };
            results.insert(kept.op.id, rejected(kept.op.id, refused));
            false
        });
        Ok(())
    }

    async fn take_counties(
        &self,
        author: Author<'_>,
        counties: &BTreeMap<String, Vec<Op>>,
        before: &mut Hints,
    ) -> sqlx::Result<(HashMap<OpId, OpResult>, BTreeMap<Channel, Written>, BTreeMap<Channel, Milestone>)> {
        let (mut results, mut written, mut milestones) = (HashMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut tx = self.begin().await?;
        for (county, ops) in counties {
            let mut ground = Ground::read(&mut tx, (self.engine, self.run), county, ops, before).await?;
            let sender = Sender { name: author.name, grants: author.grants, now_ms: self.now_ms() };
            for op in ops {
                let is_in = ground.intake.record(op.record).map(|record| &record.channel);
                for channel in is_in.into_iter().chain([&op.channel]) {
                    let stood = ground.locked.get(&channel.to_string());
                    milestones.extend(stood.map(|stood| (channel.clone(), *stood)));
                }
                results.insert(op.id, ground.intake.take(op.clone(), &sender));
            }
            let intake = std::mem::take(&mut ground.intake);
            let there: HashSet<RecordId> =
                ops.iter().map(|op| op.record).filter(|id| intake.record(*id).is_some()).collect();
            let (mut kept, channels) = intake.finish();
            self.bound_quarantine(&mut tx, county, author, &there, &mut kept, &mut results).await?;
            // What was taken before is answered as it was then, whatever the bounds are now.
            let refuses = |op: &Op| results.get(&op.id).is_some_and(|result| result.outcome == OpOutcome::Rejected);
            if !before.seen && ops.iter().any(refuses) {
                before.seen = true;
                return Err(overtaken());
            }
            insert_history(&mut tx, self.engine, county, author, &kept, ground.arrived_ms).await?;
            for (channel, changes) in channels {
                let wrote = ground.write(&mut tx, &channel, changes).await?;
                milestones.insert(channel.clone(), Milestone { number: wrote.last, run: wrote.run });
                written.insert(channel, wrote);
            }
            // A save that waits or was refused is one that arrived: what it is of is kept as long.
            let waits = kept.iter().filter(|kept| !matches!(kept.past.verdict, Verdict::Accepted));
            let waits = waits.map(|kept| kept.op.record).filter(|record| there.contains(record)).collect();
            refresh(&mut tx, self.engine, county, &waits).await?;
        }
        tx.commit().await?;
        Ok((results, written, milestones))
    }
}
