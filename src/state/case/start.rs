//! New disputes, care cases, hazards and requests: each can be begun from a household, a visit or what a patrol found,
//! with what is typed there already, and names where it came from.

use crate::{
    platform::clock,
    state::{App, new_id, notebook::drafts::Draft},
};
use ruhu_domain::{
    Channel, Class, GridCode, Kind, RecordId, day,
    dispute::codes::Source,
    outreach::Topic,
    patrol::Finding,
    record::Record,
    report::{codes::Grade, records::FROM},
};
use serde_json::{Map, Value, json};

/// The facts known where something new begins.
#[derive(Default)]
struct Origin {
    grid: Option<GridCode>,
    household: Option<RecordId>,
    place: String,
    /// The visit or the finding.
    from: Option<RecordId>,
    is_visit: bool,
    /// The finding, in words.
    found: String,
    /// The request, in words; the finding, where that is not told apart.
    asked: String,
}

/// Something that came from a visit or from what a patrol found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Risen {
    /// The kind.
    pub kind: Kind,
    /// The head of its file.
    pub id: RecordId,
}

impl App {
    /// The channels in which the worker can begin such a file.
    pub fn channels_for(self, kind: &Kind) -> Vec<Channel> {
        self.channels_of(kind.class())
    }

    /// The kinds of files that the worker can begin where a record is.
    pub fn can_begin_at(self, record: RecordId) -> Vec<Kind> {
        let grid = self.read_records(|notebook| notebook.channel_of(record)).map(|channel| channel.grid);
        let there = |kind: &Kind| self.channels_for(kind).into_iter().any(|channel| Some(channel.grid) == grid);
        [Kind::Dispute, Kind::Hazard, Kind::Request, Kind::CareCase].into_iter().filter(there).collect()
    }

    fn origin(self, id: RecordId) -> Option<Origin> {
        let open = self.notebook()?;
        let grid = Some(open.channel_of(id)?.grid);
        let engine = open.engine();
        let record: &Record = engine.record(id)?;
        let roster = open.roster();
        let address = |id: RecordId| roster.household(id).map(|(_, household)| household.address.clone());
        Some(match record.kind {
            Kind::Visit => {
                let visit = roster.visit(id)?;
                let asked = if visit.requests.is_empty() { &visit.found } else { &visit.requests };
                let home = Some(self.home(visit.household));
                Origin {
                    grid,
                    household: home,
                    place: address(visit.household).unwrap_or_default(),
                    from: Some(id),
                    is_visit: true,
                    found: visit.found.clone(),
                    asked: asked.clone(),
                }
            }
            Kind::Finding => {
                let finding: Finding = record.view()?;
                let (found, asked) = (finding.what.clone(), finding.what);
                Origin { grid, from: Some(id), found, asked, ..Origin::default() }
            }
            _ => {
                let place = address(id)?;
                // Today's visit to that door is the one it was found on.
                let visit = roster.visits(id).into_iter().next();
                let visit = visit.filter(|(_, visit)| day::day(visit.at) == clock::today()).map(|(id, _)| id);
                Origin { grid, household: Some(id), place, from: visit, is_visit: true, ..Origin::default() }
            }
        })
    }

    /// A draft of something new, or the one there is; of a household, a visit or a finding, where one is named, or the very
    /// draft. None where the worker handles none there.
    pub fn begin(self, kind: &Kind, of: Option<RecordId>) -> Option<Draft> {
        let open = self.notebook()?;
        let unsaved = |draft: &Draft| draft.kind == *kind && open.engine().record(draft.id).is_none();
        if let Some(draft) = open.drafts().into_iter().find(|draft| unsaved(draft) && Some(draft.id) == of) {
            return Some(draft);
        }
        let origin = match of {
            Some(id) => self.origin(id)?,
            None => Origin::default(),
        };
        let linked = [("household", origin.household), (FROM, origin.from)];
        let linked = linked.map(|(name, id)| (name, id.map(|id| Value::from(id.to_string()))));
        // What was begun at a door is gone on with there, or from the list of drafts: nothing else is filled in for it.
        let same = |draft: &Draft| match of {
            None => linked.iter().all(|(name, _)| !draft.values.contains_key(*name)),
            Some(_) => linked.iter().all(|(name, id)| id.is_none() || draft.values.get(*name) == id.as_ref()),
        };
        if let Some(draft) = open.drafts().into_iter().find(|draft| unsaved(draft) && same(draft)) {
            return Some(draft);
        }
        let mut channels = self.channels_for(kind).into_iter();
        let channel = match origin.grid {
            Some(grid) => channels.find(|channel| channel.grid == grid)?,
            None => channels.next()?,
        };
        let today = day::ledger(clock::today());
        let known = match kind {
            Kind::Dispute => json!({
                "found_on": today, "source": Source::Screening, "place": origin.place, "open": true,
                "summary": origin.found, "visit": origin.from.filter(|_| origin.is_visit),
            }),
            Kind::CareCase => json!({
                "opened_on": today, "carer": open.session().name, "place": origin.place, "why": origin.found,
            }),
            Kind::Hazard => json!({
                "found_on": today, "grade": Grade::Ordinary, "place": origin.place, "what": origin.found,
            }),
            Kind::Request => json!({"received_on": today, "what": origin.asked}),
            Kind::Outreach => json!({"on": today, "topic": Topic::Law}),
            _ => return None,
        };
        let known = known.as_object().cloned().unwrap_or_default().into_iter();
        let known = known.filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
        let linked = linked.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?)));
        Some(self.draft(kind.clone(), Map::from_iter(known.chain(linked)), channel))
    }

    pub(in crate::state) fn draft(self, kind: Kind, values: Map<String, Value>, channel: Channel) -> Draft {
        let now = clock::now_ms();
        Draft { id: new_id(now), kind, values, touched: now, channel: Some(channel) }
    }

    /// Returns the cases that came from a visit or a finding.
    pub fn risen_from(self, id: RecordId) -> Vec<Risen> {
        let text = id.to_string();
        let named = |record: &&Record| {
            let names = |name: &str| record.fields.get(name).is_some_and(|field| field.value == text.as_str());
            !record.withdrawn() && (names(FROM) || names("visit"))
        };
        self.read_records(|notebook| {
            let (disputes, cases, reports) = (notebook.disputes(), notebook.cases(), notebook.reports());
            let heads = disputes.heads().chain(cases.heads()).chain(reports.heads()).filter(named);
            heads.map(|head| Risen { kind: head.kind.clone(), id: head.id }).collect()
        })
    }

    /// The grids whose everyday records the worker keeps.
    pub fn general_channels(self) -> Vec<Channel> {
        self.channels_of(Class::General)
    }
}
