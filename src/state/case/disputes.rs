//! Disputes: whose they are, forms of their files, steps.

use crate::{
    platform::clock,
    state::{
        App,
        case::NotTaken,
        new_id,
        notebook::drafts::{self, Draft},
    },
    storage::StorageError,
};
use ruhu_domain::{
    Channel, Class, Kind, RecordId, RecordKind,
    care::codes::Way,
    day,
    dispute::{
        DisputeFile, Disputes,
        codes::Form,
        known::{self, Alike, Person, Traits},
        records::Signature,
    },
    record::{Record, diff},
    rights::Role,
};
use serde_json::{Map, Value, json};

impl App {
    /// The channels of a class that the worker has on the phone.
    pub fn channels_of(self, class: Class) -> Vec<Channel> {
        self.read(|notebook| {
            let engine = notebook.engine();
            let channels = engine.head().grants.iter().map(|grid| grid.channel.clone());
            channels.filter(|channel| channel.class == class).collect()
        })
    }

    /// The grids whose disputes the worker handles.
    pub fn mediation_channels(self) -> Vec<Channel> {
        self.channels_of(Class::Mediation)
    }

    /// A dispute's file.
    pub fn file(self, id: RecordId) -> Option<DisputeFile> {
        self.read(|notebook| notebook.disputes().file(id))
    }

    /// People who are on the phone already, by the beginning of a name: of the roster, and with `earlier` parties of
    /// disputes too.
    pub fn known_people(self, typed: &str, earlier: bool) -> Vec<Person> {
        self.read(|notebook| {
            let (disputes, none) = (notebook.disputes(), Disputes::default());
            known::people(&notebook.roster(), if earlier { &disputes } else { &none }, typed, clock::today())
        })
    }

    /// Disputes that may be the same as this one.
    pub fn alike(self, id: RecordId, traits: &Traits) -> Vec<(DisputeFile, Alike)> {
        self.read(|notebook| known::alike(&notebook.disputes(), id, traits))
    }

    /// Notes the earlier dispute between the same parties.
    pub async fn note_earlier(self, dispute: RecordId, earlier: RecordId) {
        let Some(open) = self.notebook() else { return };
        let Some(channel) = open.channel_of(dispute) else { return };
        let earlier = json!({"earlier": earlier});
        match open.save(dispute, Kind::Dispute, channel, &earlier).await {
            Ok(()) => self.say("已关联 ✓ 已存本机", None),
            Err(error) => self.say(error.to_string(), None),
        }
        self.sync_now();
    }

    /// Every file, those with the earliest deadline first, then those that are open.
    pub fn files(self) -> Vec<DisputeFile> {
        let mut files: Vec<DisputeFile> = self.read(|notebook| notebook.disputes().files().collect());
        files.sort_by_cached_key(|file| {
            let due = file.deadline().map(|deadline| deadline.by);
            (due.is_none(), due, !file.state.is_open(), std::cmp::Reverse(file.id))
        });
        files
    }

    /// The worker's roles where a dispute is, and their name.
    pub fn part_in(self, dispute: RecordId) -> (Vec<Role>, String) {
        self.read(|notebook| {
            let engine = notebook.engine();
            let channel = engine.record(dispute).map(|record| record.channel.clone());
            let grant = engine.head().grants.iter().find(|grid| Some(&grid.channel) == channel.as_ref());
            (grant.map(|grid| grid.roles.clone()).unwrap_or_default(), notebook.session().name)
        })
    }

    /// The name of the grid where a dispute is; empty where it is not on this phone any more.
    pub fn grid_name(self, dispute: RecordId) -> String {
        self.read(|notebook| {
            let engine = notebook.engine();
            let channel = engine.record(dispute).map(|record| record.channel.clone());
            let grant = engine.head().grants.iter().find(|grid| Some(&grid.channel) == channel.as_ref());
            grant.map(|grid| grid.name.clone()).unwrap_or_default()
        })
    }

    /// A draft to change a saved record of a file.
    pub fn form_of(self, id: RecordId) -> Option<Draft> {
        let open = self.notebook()?;
        if let Some(draft) = open.drafts().into_iter().find(|draft| draft.id == id) {
            return Some(draft);
        }
        let engine = open.engine();
        let record: &Record = engine.record(id)?;
        if self.is_kept_only(record.parent().unwrap_or(id)) {
            return None;
        }
        // What is not touched stays as it is, also where another changes it meanwhile; but it says whose file it is.
        let parent = record.kind.parent_field();
        let parent = parent.and_then(|name| Some((name.to_owned(), record.fields.get(name)?.value.clone())));
        let (kind, channel) = (record.kind.clone(), Some(record.channel.clone()));
        Some(Draft { id, kind, values: Map::from_iter(parent), touched: clock::now_ms(), channel })
    }

    /// The fields of a record as it is saved; none where it is new.
    pub fn saved_values(self, id: RecordId) -> Map<String, Value> {
        self.read(|notebook| {
            let engine = notebook.engine();
            let fields = engine.record(id).map(|record| &record.fields).into_iter().flatten();
            Map::from_iter(fields.map(|(name, field)| (name.to_string(), field.value.clone())))
        })
    }

    /// A draft of a new record of a file, or the one there is, with what is already known.
    pub fn new_in_file(self, head: RecordId, kind: Kind) -> Option<Draft> {
        let open = self.notebook()?;
        let unsaved = |draft: &Draft| draft.kind == kind && open.engine().record(draft.id).is_none();
        if let Some(draft) = open.drafts().into_iter().find(|draft| unsaved(draft) && draft.parent() == Some(head)) {
            return Some(draft);
        }
        let channel = open.channel_of(head).filter(|_| !self.is_kept_only(head))?;
        let today = day::ledger(clock::today());
        let mut values = drafts::fields(&match kind.head() {
            Some(Kind::CareCase) if kind == Kind::CareVisit => json!({"on": today, "way": Way::Home}),
            Some(Kind::CareCase | Kind::Patrol) => json!({}),
            _ => Self::known_in_file(&open.disputes().file(head)?, &kind, &today),
        });
        values.insert(kind.parent_field()?.into(), head.to_string().into());
        Some(self.draft(kind, values, channel))
    }

    /// Returns the fields that a new record of a dispute's file begins with.
    fn known_in_file(file: &DisputeFile, kind: &Kind, today: &str) -> Value {
        let names: Vec<&str> = file.parties.iter().map(|(_, party)| party.name.as_str()).collect();
        match kind {
            Kind::Session => json!({"on": today, "place": file.dispute.place, "present": names.join("、")}),
            Kind::Agreement => {
                let results = file.sessions.iter().map(|(_, session)| session.result.as_str());
                let facts: Vec<&str> = [file.dispute.summary.as_str()].into_iter().chain(results).collect();
                let facts = facts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
                json!({"form": Form::Written, "on": today, "facts": facts})
            }
            Kind::FollowUp => json!({"on": today}),
            _ => json!({}),
        }
    }

    /// Saves a form: durable when this returns.
    ///
    /// # Errors
    /// Nothing was saved, and why.
    pub async fn save_form(self, draft: &Draft) -> Result<(), StorageError> {
        let Some(open) = self.notebook() else { return Ok(()) };
        if let Some(why) = self.closed_to(draft) {
            return Err(StorageError::Refused(why));
        }
        open.save_form(draft).await?;
        self.sync_now();
        Ok(())
    }

    /// Returns whether a draft of this record is on the phone.
    pub fn is_draft(self, id: RecordId) -> bool {
        self.notebook().is_some_and(|open| open.drafts().iter().any(|draft| draft.id == id))
    }

    /// Returns why a form can't be saved in its dispute's file; none where it can, or where it is of no dispute.
    pub fn closed_to(self, draft: &Draft) -> Option<&'static str> {
        let head = if draft.kind == Kind::Dispute { Some(draft.id) } else { draft.parent() };
        let file = self.file(head.filter(|_| draft.kind.head() == Some(Kind::Dispute))?)?;
        let changed = self.read(|notebook| diff(notebook.engine().record(draft.id).map(AsRef::as_ref), &draft.values));
        file.closed_to(&draft.kind, changed.keys().map(|name| name.as_str()))
    }

    /// Returns what is said above the form of a record of a dispute's file: that it is closed, or whose mark falls.
    pub fn words_above_form(self, dispute: RecordId, kind: &Kind) -> String {
        let closed = self.file(dispute).and_then(|file| file.closed_to_new(kind));
        closed.map_or_else(|| self.marks_at_risk(dispute, kind), str::to_owned)
    }

    /// Returns whose mark falls when a record of a dispute's file is changed, in words; empty where nobody's does.
    fn marks_at_risk(self, dispute: RecordId, kind: &Kind) -> String {
        let names = self.file(dispute).map(|file| file.marks_at_risk(kind)).unwrap_or_default();
        if names.is_empty() {
            return String::new();
        }
        format!("{}已在现在的文本上签名。改了姓名、地位、协议内容或履行方式，要请他们重新签", names.join("、"))
    }

    /// Keeps a mark on the agreement.
    ///
    /// # Errors
    /// Nothing was saved, and why.
    pub async fn sign(self, mark: &Signature) -> Result<(), NotTaken> {
        let open = self.notebook().ok_or(NotTaken::Gone)?;
        let channel = open.channel_of(mark.dispute).ok_or(NotTaken::Gone)?;
        let closed = self.file(mark.dispute).and_then(|file| file.closed_to(&Kind::Signature, [].into_iter()));
        if let Some(why) = closed {
            return Err(StorageError::Refused(why).into());
        }
        open.save(new_id(clock::now_ms()), Kind::Signature, channel, mark).await?;
        self.sync_now();
        Ok(())
    }
}
