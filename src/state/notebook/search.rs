//! Finding households and disputes.

use super::Notebook;
use crate::platform::pinyin;
use ruhu_domain::{
    dispute::Disputes,
    roster::{
        doors::Roster,
        search::{Hit, Index},
    },
};

impl Notebook {
    /// Makes ready for searching: worth doing before the first keystroke.
    pub fn prepare_search(&self) {
        self.index.borrow_mut().get_or_insert_with(|| build_index(&self.roster()));
    }

    /// Loads how characters are read, where that is not there yet; whether it came, and searches find more now.
    pub async fn load_readings(&self) -> bool {
        let came = pinyin::load().await;
        if came {
            *self.index.borrow_mut() = None;
            *self.disputes.borrow_mut() = None;
        }
        came
    }

    /// The households that match a search.
    pub fn search(&self, query: &str) -> Vec<Hit> {
        self.prepare_search();
        self.index.borrow().as_ref().map(|index| index.search(query)).unwrap_or_default()
    }

    /// The disputes that match a search: by a party, the number, the title or the place.
    pub fn search_disputes(&self, query: &str) -> Vec<Hit> {
        let mut index = self.disputes.borrow_mut();
        index.get_or_insert_with(|| index_disputes(&self.disputes())).search(query)
    }
}

fn build_index(roster: &Roster) -> Index {
    let mut syllable = pinyin::syllable;
    let mut index = Index::default();
    for door in roster.doors() {
        let household = &door.household;
        index.place(door.id, &household.number, &household.address);
        let members = roster.members(door.id);
        if !members.iter().any(|(_, resident)| resident.name == household.head) {
            index.person(door.id, &household.head, "", &mut syllable);
        }
        index.person(door.id, "", &household.phone, &mut syllable);
        // Whose data may only be kept is not looked for.
        for (_, resident) in members.into_iter().filter(|(id, _)| !roster.is_restricted(*id)) {
            index.person(door.id, &resident.name, &resident.phone, &mut syllable);
        }
    }
    index
}

fn index_disputes(disputes: &Disputes) -> Index {
    let mut syllable = pinyin::syllable;
    let mut index = Index::default();
    let mut files: Vec<_> = disputes.files().collect();
    // The latest first.
    files.sort_by_key(|file| std::cmp::Reverse(file.id));
    for file in files {
        index.place(file.id, &file.number(), &format!("{} {}", file.dispute.title, file.dispute.place));
        for (_, party) in &file.parties {
            index.person(file.id, &party.name, &party.phone, &mut syllable);
        }
    }
    index
}
