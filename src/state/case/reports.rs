//! Hazards and requests, patrols and outreach.

use crate::{
    platform::clock,
    state::{App, Undo, new_id},
    storage::StorageError,
};
use ruhu_domain::{
    Channel, Kind, RecordId, day,
    engine::{Edit, grids},
    outreach::Outreach,
    patrol::{Finding, Patrol, Team},
    record::Record,
    report::Report,
};
use serde_json::{Map, json};
use std::sync::Arc;

/// A patrol with what it found, the latest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Round {
    /// The patrol's identity.
    pub id: RecordId,
    /// The patrol.
    pub patrol: Patrol,
    /// Findings, and when each was noted, Unix milliseconds.
    pub findings: Vec<(RecordId, Finding, u64)>,
}

impl App {
    /// A hazard or a request with its steps.
    pub fn report(self, id: RecordId) -> Option<Report> {
        self.read_records(|notebook| notebook.reports().file(id))
    }

    /// The hazards, or the requests: those with the earliest deadline first, then the latest that are done.
    pub fn reports(self, kind: &Kind) -> Vec<Report> {
        let mut reports: Vec<Report> = self.read_records(|notebook| {
            let reports = notebook.reports();
            reports.files().filter(|report| report.kind() == *kind).collect()
        });
        reports.sort_by_cached_key(|report| {
            let due = report.deadline().map(|deadline| deadline.by);
            (due.is_none(), due, std::cmp::Reverse(report.id))
        });
        reports
    }

    /// A patrol with what it found.
    pub fn patrol(self, id: RecordId) -> Option<Round> {
        self.read_records(|notebook| {
            let engine = notebook.engine();
            let patrol = engine.record(id).filter(|record| record.kind == Kind::Patrol && !record.withdrawn())?;
            let of_it = |record: &&Arc<Record>| {
                record.kind == Kind::Finding && !record.withdrawn() && record.parent() == Some(id)
            };
            let findings = engine.records().filter(of_it);
            let mut findings: Vec<_> =
                findings.filter_map(|record| Some((record.id, record.view()?, record.created.at))).collect();
            findings.sort_by_key(|(id, _, at)| std::cmp::Reverse((*at, *id)));
            Some(Round { id, patrol: patrol.view()?, findings })
        })
    }

    /// The patrols, the latest first.
    pub fn patrols(self) -> Vec<(RecordId, Patrol)> {
        let mut patrols: Vec<(RecordId, Patrol)> = self.views_of(&Kind::Patrol);
        patrols.sort_by_key(|(id, patrol)| std::cmp::Reverse((patrol.began, *id)));
        patrols
    }

    /// Returns the outreach, the latest first.
    pub fn outreach(self) -> Vec<(RecordId, Outreach)> {
        let mut outreach: Vec<(RecordId, Outreach)> = self.views_of(&Kind::Outreach);
        outreach.sort_by_key(|(id, outreach)| std::cmp::Reverse((outreach.on, *id)));
        outreach
    }

    fn views_of<T: serde::de::DeserializeOwned>(self, kind: &Kind) -> Vec<(RecordId, T)> {
        self.read_records(|notebook| {
            let engine = notebook.engine();
            let records = engine.records().filter(|record| record.kind == *kind && !record.withdrawn());
            records.filter_map(|record| Some((record.id, record.view()?))).collect()
        })
    }

    /// The patrol that the worker is on.
    pub fn patrol_on(self) -> Option<(RecordId, Patrol)> {
        let name = self.notebook()?.session().name;
        let own = |(_, patrol): &(RecordId, Patrol)| patrol.ended.is_none() && is_member(patrol, &name);
        self.patrols().into_iter().find(own)
    }

    /// The patrol that the worker was on last.
    fn last_patrol(self) -> Option<(RecordId, Patrol)> {
        let name = self.notebook()?.session().name;
        self.patrols().into_iter().find(|(_, last)| is_member(last, &name))
    }

    /// The grids in which a patrol can begin, by their names; the one of the worker's last patrol first.
    pub fn patrol_grids(self) -> Vec<(Channel, String)> {
        let last = self.last_patrol().and_then(|(id, _)| self.notebook()?.channel_of(id));
        let mut grids: Vec<(Channel, String)> = self.read(|notebook| {
            let engine = notebook.engine();
            grids(engine.head()).map(|grid| (grid.channel.clone(), grid.name.clone())).collect()
        });
        grids.sort_by_key(|(channel, _)| Some(channel) != last.as_ref());
        grids
    }

    /// Begins a patrol now in a grid, with the team of the worker's last one. None where it could not be kept; why is said.
    pub async fn begin_patrol(self, channel: Channel) -> Option<RecordId> {
        let open = self.notebook()?;
        let name = open.session().name;
        let last = self.last_patrol().map(|(_, patrol)| patrol);
        let last = last.unwrap_or_else(|| Patrol { team: Some(Team::Unpaid), members: name, ..Patrol::default() });
        let patrol = Patrol { began: clock::now_ms(), ended: None, handled: String::new(), ..last };
        let id = new_id(clock::now_ms());
        let kept = open.save(id, Kind::Patrol, channel, &patrol).await;
        self.tell(kept, "巡逻开始 ✓ 已存本机", Undo::Withdraw(id)).then_some(id)
    }

    /// Ends a patrol now.
    pub async fn end_patrol(self, id: RecordId) {
        let Some(open) = self.notebook() else { return };
        let Some(channel) = open.channel_of(id) else { return };
        let after = Map::from_iter([("ended".to_owned(), json!(clock::now_ms()))]);
        let edit = Edit { record: id, kind: Kind::Patrol, channel, after };
        match open.save_all(&[edit]).await {
            Ok(back) => {
                self.say("巡逻结束 ✓ 已存本机", Some(Undo::Restore(Arc::new(back))));
                self.sync_now();
            }
            Err(error) => self.say(error.to_string(), None),
        }
    }

    /// Where something came from, a visit or what a patrol found: in words, and its address.
    pub fn came_from(self, id: RecordId) -> Option<(String, String)> {
        self.read_records(|notebook| {
            let engine = notebook.engine();
            let record = engine.record(id)?;
            let on = day::words(day::day(record.created.at.cast_signed()));
            match record.kind {
                Kind::Visit => {
                    let household = notebook.roster().visit(id)?.household;
                    Some((format!("{on}的走访"), format!("/households/{household}")))
                }
                _ => Some((format!("{on}的巡逻"), format!("/patrols/{}", record.parent()?))),
            }
        })
    }

    /// Says that something was kept, with a way back, or why not.
    fn tell(self, kept: Result<(), StorageError>, words: &str, undo: Undo) -> bool {
        let done = kept.is_ok();
        match kept {
            Ok(()) => self.say(words, Some(undo)),
            Err(error) => self.say(error.to_string(), None),
        }
        self.sync_now();
        done
    }
}

/// Whether somebody is of a patrol: names are written one after another.
fn is_member(patrol: &Patrol, name: &str) -> bool {
    patrol.members.split(|mark| "、，,；; ".contains(mark)).any(|member| member == name)
}
