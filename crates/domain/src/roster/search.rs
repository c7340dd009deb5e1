//! Finding a door while standing in front of it: by any part of a name, its pinyin or the initials of that, the tail of
//! a phone number or the house number, offline, at each keystroke.
//!
//! The texts of one sort lie end to end in one string, so a search is one scan. Spaces, and case and width of letters, make no
//! difference, on either side.

use crate::id::RecordId;
use std::{borrow::Cow, collections::HashSet};

/// The most results of one search: more than anybody looks through on a phone.
pub const MAX_HITS: usize = 60;

/// Surnames that are read in another way than the character usually is.
const SURNAMES: &[(&str, &[&str])] = &[
    ("尉迟", &["yu", "chi"]),
    ("欧阳", &["ou", "yang"]),
    ("单于", &["chan", "yu"]),
    ("令狐", &["ling", "hu"]),
    ("万俟", &["mo", "qi"]),
    ("长孙", &["zhang", "sun"]),
    ("澹台", &["tan", "tai"]),
    ("曾", &["zeng"]),
    ("单", &["shan"]),
    ("解", &["xie"]),
    ("仇", &["qiu"]),
    ("区", &["ou"]),
    ("查", &["zha"]),
    ("朴", &["piao"]),
    ("翟", &["zhai"]),
    ("盖", &["ge"]),
    ("缪", &["miao"]),
    ("乐", &["yue"]),
    ("种", &["chong"]),
    ("召", &["shao"]),
    ("隗", &["wei"]),
    ("员", &["yun"]),
    ("折", &["she"]),
    ("钭", &["tou"]),
    ("覃", &["qin"]),
    ("卜", &["bu"]),
    ("薄", &["bo"]),
    ("尉", &["wei"]),
    ("黑", &["he"]),
    ("那", &["na"]),
    ("洗", &["xian"]),
    ("冼", &["xian"]),
    ("逄", &["pang"]),
    ("繁", &["po"]),
    ("祭", &["zhai"]),
    ("阚", &["kan"]),
    ("任", &["ren"]),
    ("宁", &["ning"]),
    ("葛", &["ge"]),
    ("华", &["hua"]),
    ("燕", &["yan"]),
    ("牟", &["mu"]),
    ("郝", &["hao"]),
    ("肖", &["xiao"]),
    ("谌", &["chen"]),
    ("应", &["ying"]),
    ("哈", &["ha"]),
    ("都", &["du"]),
    ("幺", &["yao"]),
];

/// Characters that given names read in another way than other words do.
const GIVEN: &[(char, &str)] = &[('长', "chang"), ('晟', "sheng")];

/// The usual reading of a character, without its tone; none where it is not Chinese.
pub type Syllables<'a> = &'a mut dyn FnMut(char) -> Option<&'static str>;

/// How a name is read, a character at a time, in lower case; what is not Chinese stands for itself.
pub fn reading(name: &str, syllable: Syllables<'_>) -> Vec<Cow<'static, str>> {
    let known = SURNAMES.iter().find_map(|(surname, read)| Some((*read, name.strip_prefix(surname)?)));
    let (surname, rest) = known.unwrap_or((&[], name));
    let rest = rest.chars().map(|character| {
        let given = GIVEN.iter().find(|(known, _)| *known == character).map(|(_, read)| *read);
        given
            .or_else(|| syllable(character))
            .map_or_else(|| Cow::Owned(character.to_lowercase().collect()), Cow::Borrowed)
    });
    surname.iter().copied().map(Cow::Borrowed).chain(rest).collect()
}

/// Returns a text as it is looked for: without spaces, letters of full width as the usual ones, in lower case.
fn looked_for(text: &str) -> String {
    let usual = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        letter => letter,
    };
    text.chars().filter(|letter| !letter.is_whitespace()).map(usual).flat_map(char::to_lowercase).collect()
}

/// The owner of a text: a record, and the number of the name beside which it stands.
type Owner = (RecordId, Option<u32>);

/// Texts of one sort, end to end, each between line breaks.
#[derive(Clone, Debug, Default)]
struct Haystack {
    text: String,
    starts: Vec<usize>,
    owners: Vec<Owner>,
}

impl Haystack {
    fn push(&mut self, text: &str, owner: Owner) {
        if !text.is_empty() {
            self.starts.push(self.text.len());
            self.owners.push(owner);
            self.text.push('\n');
            self.text.extend(text.chars().filter(|character| *character != '\n'));
            self.text.push('\n');
        }
    }

    fn owner(&self, at: usize) -> Owner {
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
    found: Vec<Owner>,
    seen: HashSet<RecordId>,
}

impl Hits {
    /// Adds a hit; false when there are enough.
    fn add(&mut self, owner: Owner) -> bool {
        if self.found.len() < MAX_HITS && self.seen.insert(owner.0) {
            self.found.push(owner);
        }
        self.found.len() < MAX_HITS
    }
}

/// A match of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The record.
    pub id: RecordId,
    /// The name that matches, or whose pinyin or phone does; none where a number or an address matches.
    pub name: Option<String>,
}

/// The index of the search. Each entry belongs to a record, a household or a dispute.
#[derive(Clone, Debug, Default)]
pub struct Index {
    names: Haystack,
    /// The names as they are shown, in the order of those.
    shown: Vec<String>,
    initials: Haystack,
    pinyin: Haystack,
    phones: Haystack,
    numbers: Haystack,
    addresses: Haystack,
}

impl Index {
    /// Adds a person's name and phone, found as `record`.
    pub fn person(&mut self, record: RecordId, name: &str, phone: &str, syllable: Syllables<'_>) {
        let written = looked_for(name);
        let owner = (record, (!written.is_empty()).then(|| u32::try_from(self.shown.len()).ok()).flatten());
        self.names.push(&written, owner);
        self.shown.extend((!written.is_empty()).then(|| name.to_owned()));
        let digits: String = looked_for(phone).chars().filter(char::is_ascii_digit).collect();
        self.phones.push(&digits, owner);
        let reading = reading(&written, syllable);
        let initials: String = reading.iter().filter_map(|read| read.chars().next()).collect();
        self.initials.push(&initials, owner);
        // From each character on, so that what matches begins where a character does.
        for at in 0..reading.len() {
            self.pinyin.push(&reading[at..].concat(), owner);
        }
    }

    /// Adds a number, and an address or a title.
    pub fn place(&mut self, record: RecordId, number: &str, address: &str) {
        self.numbers.push(&looked_for(number), (record, None));
        self.addresses.push(&looked_for(address), (record, None));
    }

    /// The records that match, the best kind of match first, at most [`MAX_HITS`].
    pub fn search(&self, query: &str) -> Vec<Hit> {
        let query = looked_for(query);
        let mut hits = Hits::default();
        if query.is_empty() {
            return Vec::new();
        }
        if query.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            let trimmed = query.trim_start_matches('0');
            self.numbers.find(&format!("\n{query}\n"), &mut hits);
            for zeros in (0..4).filter(|_| !trimmed.is_empty()) {
                self.numbers.find(&format!("\n{}{trimmed}\n", "0".repeat(zeros)), &mut hits);
            }
            if query.len() >= 3 {
                let digits: String = query.chars().filter(char::is_ascii_digit).collect();
                if !digits.is_empty() {
                    self.phones.find(&format!("{digits}\n"), &mut hits);
                }
                self.numbers.find(&query, &mut hits);
            }
            self.addresses.find(&query, &mut hits);
        } else if query.is_ascii() {
            self.initials.find_beginnings_first(&query, &mut hits);
            // Every syllable has a vowel: two or three consonants are initials.
            if query.len() > 1 && (query.contains(['a', 'e', 'i', 'o', 'u', 'v']) || hits.found.is_empty()) {
                self.pinyin.find(&format!("\n{query}"), &mut hits);
            }
            if query.bytes().any(|b| b.is_ascii_digit()) {
                self.numbers.find(&query, &mut hits);
            }
            self.addresses.find(&query, &mut hits);
        } else {
            self.names.find_beginnings_first(&query, &mut hits);
            self.addresses.find(&query, &mut hits);
        }
        let named = |(id, place): Owner| Hit { id, name: place.and_then(|at| self.shown.get(at as usize)).cloned() };
        hits.found.into_iter().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The usual readings of the characters used below.
    fn syllable(character: char) -> Option<&'static str> {
        const READ: &str = "李li 明ming 欧ou 阳yang 单dan 雄xiong 信xin 曾ceng 国guo 藩fan 王wang 芳fang 解jie 仇chou 区qu \
             查cha 尉wei 迟chi 仁ren 山shan 安an";
        READ.split(' ').find_map(|pair| pair.strip_prefix(character))
    }

    fn id(n: u64) -> RecordId {
        RecordId::new(n, [0; 10])
    }

    fn index() -> Index {
        let mut index = Index::default();
        let people = [(1, "李明", "13900001234"), (2, "欧阳明", ""), (3, "单雄信", "13811112222"), (4, "曾国藩", "")];
        for (n, name, phone) in people {
            index.place(id(n), &format!("{n:03}"), &format!("李家湾{}号", n + 40));
            index.person(id(n), name, phone, &mut syllable);
        }
        index.person(id(1), "王芳", "", &mut syllable);
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
            ("liming", &[1]),
            ("LiM", &[1]),
            ("ming", &[1, 2]),
            ("ouyang", &[2]),
            ("shanxiong", &[3]),
            ("danxiong", &[]),
            ("zengguo", &[4]),
            ("imin", &[]),
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
            let found: Vec<_> = index.search(query).into_iter().map(|hit| hit.id).collect();
            if *query == "3" {
                assert_eq!(found.first(), expected.first(), "the house number comes first");
            } else {
                assert_eq!(found, expected, "{query}");
            }
        }
    }

    #[test]
    fn spaces_case_and_width_make_no_difference_on_either_side() {
        let mut index = Index::default();
        index.place(id(1), "Ａ-01", "幸福里 B栋 3201");
        index.person(id(1), "李 明", "139 0000-1234", &mut syllable);
        index.place(id(2), "002", "Ａ区３２０２");
        for (query, expected) in [
            ("李明", &[1][..]),
            ("李　明", &[1]),
            ("ｌｍ", &[1]),
            ("b栋", &[1]),
            ("B 栋", &[1]),
            ("a区", &[2]),
            ("A区3202", &[2]),
            ("３２０１", &[1]),
            ("3202", &[2]),
            ("a-01", &[1]),
            ("1234", &[1]),
            ("0000-1234", &[1]),
            ("139-0000-1234", &[1]),
            ("---", &[]),
        ] {
            let found: Vec<_> = index.search(query).into_iter().map(|hit| hit.id).collect();
            assert_eq!(found, expected.iter().map(|n| id(*n)).collect::<Vec<_>>(), "{query}");
        }
        assert_eq!(index.search("李明")[0].name.as_deref(), Some("李 明"), "as it was written");
        index.person(id(3), " ", "13900005678", &mut syllable);
        index.person(id(4), "王芳", "", &mut syllable);
        assert_eq!(index.search("5678")[0].name, None, "a name of spaces is none");
        assert_eq!(index.search("王芳")[0].name.as_deref(), Some("王芳"), "and moves no other");
        index.place(id(9), "0", "");
        assert_eq!(index.search("0").iter().map(|hit| hit.id).collect::<Vec<_>>(), [id(9), id(1), id(2)]);
    }

    #[test]
    fn surnames_are_read_as_surnames_and_given_names_as_words() {
        for (name, read) in [
            ("曾国藩", "zeng guo fan"),
            ("单雄信", "shan xiong xin"),
            ("解明", "xie ming"),
            ("仇芳", "qiu fang"),
            ("区明", "ou ming"),
            ("查明", "zha ming"),
            ("尉迟明", "yu chi ming"),
            ("欧阳明", "ou yang ming"),
            ("李单", "li dan"),
            ("王长山", "wang chang shan"),
            ("安晟", "an sheng"),
            ("王区", "wang qu"),
            ("买买提Ab", "买 买 提 a b"),
        ] {
            assert_eq!(reading(name, &mut syllable).join(" "), read, "{name}");
        }
    }

    #[test]
    fn a_hit_says_who_it_was() {
        let mut index = index();
        index.person(id(2), "", "13900009999", &mut syllable);
        index.place(id(5), "20261123-AB12", "鱼塘水费");
        for (query, expected) in [
            ("wangf", (1, Some("王芳"))),
            ("lm", (1, Some("李明"))),
            ("国", (4, Some("曾国藩"))),
            ("2222", (3, Some("单雄信"))),
            ("9999", (2, None)),
            ("004", (4, None)),
            ("44号", (4, None)),
            ("ab12", (5, None)),
            ("20261123", (5, None)),
            ("水费", (5, None)),
        ] {
            let hits = index.search(query);
            let found = hits.first().map(|hit| (hit.id, hit.name.as_deref()));
            assert_eq!(found, Some((id(expected.0), expected.1)), "{query}");
        }
    }

    #[test]
    fn a_household_counts_once_however_often_it_matches() {
        let mut index = Index::default();
        for n in 1..=50 {
            for member in ["王明", "王小明", "李明明", "王芳明"] {
                index.person(id(n), member, "", &mut syllable);
            }
        }
        assert_eq!(index.search("明").len(), 50);
    }
}
