//! The deadlines of the worker, and a month of them.

use super::App;
use crate::platform::clock;
use chrono::{Days, NaiveDate};
use ruhu_domain::{
    RecordId,
    due::{
        self, Item, KNOWN_DAYS, Records, User,
        calendar::{self, Day},
    },
    rights::Role,
};
use std::collections::{BTreeMap, HashMap};

impl App {
    /// Returns the items due today or within a month, the latest overdue first.
    pub fn due(self) -> Vec<Item> {
        let today = clock::today();
        self.with_records(|records, user| due::due(records, user, today, today + Days::new(KNOWN_DAYS)))
    }

    /// Returns the items done in a month that begins on this day, and those due in it, as of today.
    pub fn month(self, first: NaiveDate, today: NaiveDate) -> BTreeMap<NaiveDate, Day> {
        self.with_records(|records, user| calendar::month(records, user, first, today))
    }

    fn with_records<T: Default>(self, look: impl FnOnce(Records<'_>, User<'_>) -> T) -> T {
        self.read_records(|notebook| {
            let (roster, disputes) = (notebook.roster(), notebook.disputes());
            let (cases, reports) = (notebook.cases(), notebook.reports());
            let engine = notebook.engine();
            let roles: HashMap<RecordId, Vec<Role>> = disputes
                .heads()
                .chain(cases.heads())
                .chain(reports.heads())
                .filter_map(|head| {
                    let grant = engine.head().grants.iter().find(|grid| grid.channel == head.channel)?;
                    Some((head.id, grant.roles.clone()))
                })
                .collect();
            let records = Records { roster: &roster, disputes: &disputes, cases: &cases, reports: &reports };
            look(records, User { name: &notebook.session().name, roles: &roles })
        })
    }
}
