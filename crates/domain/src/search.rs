//! Finding a door while standing in front of it: by any part of a name, pinyin initials, the tail of
//! a phone number or the house number, offline, at each keystroke.
//!
//! The texts of one sort lie end to end in one string, so a search is one scan. Pinyin initials come
//! from the caller: browsers know the pinyin order of characters, so no table is shipped.

use crate::id::RecordId;
use std::collections::HashSet;

/// The most results of one search.
pub const MAX_HITS: usize = 200;

/// Surnames whose reading differs from the character's usual one.
const SURNAMES: &[(&str, &str)] = &[
    ("尉迟", "yc"),
    ("欧阳", "oy"),
    ("万俟", "mq"),
    ("长孙", "zs"),
    ("曾", "z"),
    ("单", "s"),
    ("解", "x"),
    ("仇", "q"),
    ("区", "o"),
    ("查", "z"),
    ("朴", "p"),
    ("翟", "z"),
    ("盖", "g"),
    ("缪", "m"),
    ("乐", "y"),
    ("种", "c"),
    ("召", "s"),
    ("隗", "w"),
];

/// The pinyin initials of a name in lower case; characters that are not Chinese stand for themselves.
/// `initial` gives the usual initial of a character.
pub fn initials(name: &str, initial: &mut dyn FnMut(char) -> Option<char>) -> String {
    let (mut letters, rest) = SURNAMES
        .iter()
        .find_map(|(surname, letters)| Some(((*letters).to_owned(), name.strip_prefix(surname)?)))
        .unwrap_or_else(|| (String::new(), name));
    letters.extend(rest.chars().map(|character| initial(character).unwrap_or(character).to_ascii_lowercase()));
    letters
}

/// Texts of one sort, end to end, each between line breaks.
#[derive(Clone, Debug, Default)]
struct Haystack {
    text: String,
    starts: Vec<usize>,
    owners: Vec<RecordId>,
}

impl Haystack {
    fn push(&mut self, text: &str, owner: RecordId) {
        if !text.is_empty() {
            self.starts.push(self.text.len());
            self.owners.push(owner);
            self.text.push('\n');
            self.text.extend(text.chars().filter(|character| *character != '\n'));
            self.text.push('\n');
        }
    }

    fn owner(&self, at: usize) -> RecordId {
        self.owners[self.starts.partition_point(|start| *start <= at) - 1]
    }

    fn find(&self, needle: &str, hits: &mut Hits) {
        for (at, _) in self.text.match_indices(needle) {
            if !hits.add(self.owner(at)) {
                return;
            }
        }
    }

    /// Texts that begin with it first, then those that have it further on.
    fn find_beginnings_first(&self, needle: &str, hits: &mut Hits) {
        let mut further = Hits::default();
        for (at, _) in self.text.match_indices(needle) {
            if self.text.as_bytes()[at - 1] != b'\n' {
                further.add(self.owner(at));
            } else if !hits.add(self.owner(at)) {
                return;
            }
        }
        for owner in further.found {
            if !hits.add(owner) {
                return;
            }
        }
    }
}

#[derive(Default)]
struct Hits {
    found: Vec<RecordId>,
    seen: HashSet<RecordId>,
}

impl Hits {
    /// Adds a hit; false when there are enough.
    fn add(&mut self, owner: RecordId) -> bool {
        if self.found.len() < MAX_HITS && self.seen.insert(owner) {
            self.found.push(owner);
        }
        self.found.len() < MAX_HITS
    }
}

/// What can be searched: entries belong to a household.
#[derive(Clone, Debug, Default)]
pub struct Index {
    names: Haystack,
    initials: Haystack,
    phones: Haystack,
    numbers: Haystack,
    addresses: Haystack,
}

impl Index {
    /// Adds a person's name and phone, found as `household`.
    pub fn person(
        &mut self,
        household: RecordId,
        name: &str,
        phone: &str,
        initial: &mut dyn FnMut(char) -> Option<char>,
    ) {
        self.names.push(name, household);
        self.initials.push(&initials(name, initial), household);
        self.phones.push(phone, household);
    }

    /// Adds a door's number and address.
    pub fn door(&mut self, household: RecordId, number: &str, address: &str) {
        self.numbers.push(number, household);
        self.addresses.push(address, household);
    }

    /// The households that match, the best kind of match first, at most [`MAX_HITS`].
    pub fn search(&self, query: &str) -> Vec<RecordId> {
        let query: String = query.chars().filter(|character| !character.is_whitespace()).collect();
        let query = query.to_ascii_lowercase();
        let mut hits = Hits::default();
        if query.is_empty() {
            return hits.found;
        }
        if query.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            let trimmed = query.trim_start_matches('0');
            self.numbers.find(&format!("\n{query}\n"), &mut hits);
            for zeros in 0..4 {
                self.numbers.find(&format!("\n{}{trimmed}\n", "0".repeat(zeros)), &mut hits);
            }
            if query.len() >= 3 {
                self.phones.find(&format!("{query}\n"), &mut hits);
            }
            self.addresses.find(&query, &mut hits);
        } else if query.is_ascii() {
            self.initials.find_beginnings_first(&query, &mut hits);
        } else {
            self.names.find_beginnings_first(&query, &mut hits);
            self.addresses.find(&query, &mut hits);
        }
        hits.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The initials of the characters used below.
    fn initial(character: char) -> Option<char> {
        "李l明m欧o阳y单d雄x信x曾c国g藩f王w芳f"
            .chars()
            .collect::<Vec<_>>()
            .chunks(2)
            .find(|pair| pair[0] == character)
            .map(|pair| pair[1])
    }

    fn id(n: u64) -> RecordId {
        RecordId::new(n, [0; 10])
    }

    fn index() -> Index {
        let mut index = Index::default();
        let people = [(1, "李明", "13900001234"), (2, "欧阳明", ""), (3, "单雄信", "13811112222"), (4, "曾国藩", "")];
        for (n, name, phone) in people {
            index.door(id(n), &format!("{n:03}"), &format!("李家湾{}号", n + 40));
            index.person(id(n), name, phone, &mut initial);
        }
        index.person(id(1), "王芳", "", &mut initial);
        index
    }

    #[test]
    fn a_door_is_found_by_what_one_knows_of_it() {
        let index = index();
        let cases: &[(&str, &[u64])] = &[
            ("lm", &[1]),
            ("LM", &[1]),
            ("oym", &[2]),
            ("ym", &[2]),
            ("sxx", &[3]),
            ("z", &[4]),
            ("李明", &[1]),
            ("明", &[1, 2]),
            ("芳", &[1]),
            ("1234", &[1]),
            ("2222", &[3]),
            ("3900", &[]),
            ("3", &[3, 1, 2, 4][..1]),
            ("李家湾", &[1, 2, 3, 4]),
            ("44", &[4]),
            (" 李 明 ", &[1]),
            ("", &[]),
            ("\n", &[]),
            ("不在", &[]),
        ];
        for (query, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|n| id(*n)).collect();
            let found = index.search(query);
            if *query == "3" {
                assert_eq!(found.first(), expected.first(), "the house number comes first");
            } else {
                assert_eq!(found, expected, "{query}");
            }
        }
    }

    #[test]
    fn a_household_counts_once_however_often_it_matches() {
        let mut index = Index::default();
        for n in 1..=100 {
            for member in ["王明", "王小明", "李明明", "王芳明"] {
                index.person(id(n), member, "", &mut initial);
            }
        }
        assert_eq!(index.search("明").len(), 100);
    }
}
