//! Taking in ops, in one transaction.

use super::{
    super::{Database, sql::Retries},
    rows::{Author, Ground, Hints, Written, insert_history},
};
use crate::random;
use ruhu_domain::{
    Channel, OpId,
    intake::{Sender, rejected},
    record::Op,
    wire::OpResult,
};
use std::collections::{BTreeMap, HashMap};

/// An op of a push, parsed or not.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// An op that could be parsed.
    Op(Box<Op>),
    /// An op that could not be parsed, but has an id to answer to.
    Malformed(OpId),
}

/// The outcome of pushing a batch of ops.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    /// A result per op, in the order sent.
    pub results: Vec<OpResult>,
    pub(super) written: BTreeMap<Channel, Written>,
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
        let (mut retries, mut before) = (Retries::default(), Hints::default());
        let (mut results, written) = loop {
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
        Ok(Pushed { results, written })
    }

    async fn take_counties(
        &self,
        author: Author<'_>,
        counties: &BTreeMap<String, Vec<Op>>,
        before: &mut Hints,
    ) -> sqlx::Result<(HashMap<OpId, OpResult>, BTreeMap<Channel, Written>)> {
        let (mut results, mut written) = (HashMap::new(), BTreeMap::new());
        let mut tx = self.begin().await?;
        for (county, ops) in counties {
            let mut ground = Ground::read(&mut tx, self.engine, county, ops, before).await?;
            let sender = Sender { name: author.name, grants: author.grants, now_ms: random::now_ms() };
            for op in ops {
                results.insert(op.id, ground.intake.take(op.clone(), &sender));
            }
            let (kept, channels) = std::mem::take(&mut ground.intake).finish();
            insert_history(&mut tx, self.engine, county, author, &kept).await?;
            for (channel, changes) in channels {
                let wrote = ground.write(&mut tx, &channel, changes).await?;
                written.insert(channel, wrote);
            }
        }
        tx.commit().await?;
        Ok((results, written))
    }
}
