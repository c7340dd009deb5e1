//! The subjects of the audit's entries in words: an entry itself keeps identities and codes alone.
//!
//! The words name accounts and places, and say of which kind a record is. They never say who is recorded: whoever reads the
//! audit may have no right to that.

use super::Line;
use crate::database::{
    Database,
    sql::by_ids,
    stored::{key, uuid},
};
use ruhu_domain::{
    Channel, DeviceId, GridCode, Kind,
    form::labels,
    office::{PlaceNames, Wish},
    rights::{Place, Role},
};
use sqlx::{AssertSqlSafe, Row, any::AnyRow};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Identities that one statement asks for.
const IDS: usize = 200;

/// What an identity is of.
#[derive(Clone, Debug)]
enum Named {
    /// A person's account, with the name and the login name.
    Account(String),
    /// A record in a grid, by its kind.
    Record(Kind, GridCode),
    /// A save of a record, by the record's kind; without one where the record does not exist yet.
    Save(Option<Kind>, GridCode),
    /// A right of somebody, at a place.
    Grant(String, Place),
    /// Somebody's phone.
    Device(String),
    /// A grid that went from one to another.
    Handover(GridCode, String),
    /// A request of somebody recorded.
    Request(String, GridCode),
    /// A page of the handbook or a number of 便民电话, by its title or name.
    Page(String),
}

impl Named {
    fn place(&self) -> Option<Place> {
        match self {
            Self::Record(_, grid) | Self::Save(_, grid) | Self::Handover(grid, _) | Self::Request(_, grid) => {
                Some(Place::Grid(grid.clone()))
            }
            Self::Grant(_, place) => Some(place.clone()),
            Self::Account(_) | Self::Device(_) | Self::Page(_) => None,
        }
    }

    fn words(&self, places: &PlaceNames) -> String {
        match self {
            Self::Account(name) => name.clone(),
            Self::Record(kind, grid) => format!("{}（{}）", labels::kind(kind), places.of(&Place::Grid(grid.clone()))),
            Self::Save(kind, grid) => {
                let kind = kind.as_ref().map_or("新记录", labels::kind);
                format!("{kind}的一次保存（{}）", places.of(&Place::Grid(grid.clone())))
            }
            Self::Grant(words, place) => format!("{words} {}", places.of(place)),
            Self::Device(name) => format!("{name}的手机"),
            Self::Handover(grid, names) => format!("{}，{names}", places.of(&Place::Grid(grid.clone()))),
            Self::Request(wish, grid) => format!("{wish}（{}）", places.of(&Place::Grid(grid.clone()))),
            Self::Page(title) => format!("“{title}”"),
        }
    }
}

impl Database {
    /// Returns the subjects of entries in words, in their order.
    ///
    /// # Errors
    /// Fails when the database can't be reached or refuses a statement.
    pub async fn subjects_in_words(&self, lines: &[Line]) -> sqlx::Result<Vec<String>> {
        let words = || lines.iter().flat_map(|line| line.subject.split_whitespace());
        let ids: BTreeSet<&str> = words().filter(|word| is_identity(word)).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let mut counties: BTreeSet<String> = lines.iter().map(|line| line.place.county.clone()).collect();
        // The chain of the whole has entries on records, too: from before each county had its own.
        if counties.remove("") {
            counties.extend(self.counties("").await?);
        }
        let mut named = HashMap::new();
        for chunk in ids.chunks(IDS) {
            self.name_staff(chunk, &mut named).await?;
            for county in &counties {
                self.name_records(county, chunk, &mut named).await?;
                self.name_papers(county, chunk, &mut named).await?;
            }
        }
        let places = words().filter_map(|word| Some(place(word)?.0)).chain(named.values().filter_map(Named::place));
        let places = self.place_names(places.collect::<BTreeSet<_>>()).await?;
        Ok(lines.iter().map(|line| in_words(&line.subject, &named, &places)).collect())
    }

    /// Names accounts, rights and phones.
    async fn name_staff(&self, ids: &[&str], named: &mut HashMap<String, Named>) -> sqlx::Result<()> {
        let accounts = "SELECT id, name, account FROM account WHERE id IN ({})";
        for row in self.of_texts(accounts, None, ids).await? {
            let (name, login): (String, String) = (row.try_get(1)?, row.try_get(2)?);
            add(named, &row, Named::Account(format!("{name}（{login}）")))?;
        }
        let grants = "SELECT g.id, a.name, g.role, g.place FROM access_grant g JOIN account a ON a.id = g.account
                      WHERE g.id IN ({})";
        for row in self.of_texts(grants, None, ids).await? {
            let (name, role, place): (String, String, String) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let Ok(place) = place.parse() else { continue };
            let role = role.parse::<Role>().map_or("", Role::title);
            add(named, &row, Named::Grant(format!("{name} {role}"), place))?;
        }
        let devices = "SELECT d.id, a.name FROM device d JOIN account a ON a.id = d.account WHERE d.id IN ({})";
        for row in self.of_texts(devices, None, ids).await? {
            let name = row.try_get(1)?;
            add(named, &row, Named::Device(name))?;
        }
        Ok(())
    }

    /// Names records and saves of a county.
    async fn name_records(&self, county: &str, ids: &[&str], named: &mut HashMap<String, Named>) -> sqlx::Result<()> {
        let records = "SELECT id, kind, channel FROM record WHERE county = {county} AND id {ids}";
        let saves =
            "SELECT o.id, r.kind, o.channel FROM op o LEFT JOIN record r ON r.county = o.county AND r.id = o.record
                     WHERE o.county = {county} AND o.id {ids}";
        for (words, is_record) in [(records, true), (saves, false)] {
            let keys: Vec<Vec<u8>> = ids.iter().filter_map(|id| id.parse().ok()).map(key).collect();
            if keys.is_empty() {
                continue;
            }
            for row in by_ids(self.engine, words, county, None, keys).fetch_all(&self.pool).await? {
                let (kind, channel): (Option<String>, String) = (row.try_get(1)?, row.try_get(2)?);
                let Ok(Channel { grid, .. }) = channel.parse() else { continue };
                let one = match kind.and_then(|kind| kind.parse().ok()) {
                    Some(kind) if is_record => Named::Record(kind, grid),
                    kind => Named::Save(kind, grid),
                };
                named.insert(uuid(&row, 0)?.to_string(), one);
            }
        }
        Ok(())
    }

    /// Names receipts, requests, pages and contacts of a county.
    async fn name_papers(&self, county: &str, ids: &[&str], named: &mut HashMap<String, Named>) -> sqlx::Result<()> {
        let handovers =
            "SELECT h.id, h.grid, f.name, t.name FROM grid_handover h JOIN account f ON f.id = h.from_account
                         JOIN account t ON t.id = h.to_account WHERE h.county = $1 AND h.id IN ({})";
        for row in self.of_texts(handovers, Some(county), ids).await? {
            let (grid, from, to): (String, String, String) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
            let Ok(grid) = grid.parse() else { continue };
            add(named, &row, Named::Handover(grid, format!("{from}交给{to}")))?;
        }
        let requests = "SELECT id, wish, channel FROM personal_request WHERE county = $1 AND id IN ({})";
        for row in self.of_texts(requests, Some(county), ids).await? {
            let (wish, channel): (String, String) = (row.try_get(1)?, row.try_get(2)?);
            let Ok(Channel { grid, .. }) = channel.parse() else { continue };
            let wish = Wish::named(&wish).map_or("请求", Wish::title).to_owned();
            add(named, &row, Named::Request(wish, grid))?;
        }
        let pages = "SELECT id, title FROM handbook_page WHERE county = $1 AND id IN ({})";
        let contacts = "SELECT id, name FROM contact WHERE county = $1 AND id IN ({})";
        for words in [pages, contacts] {
            for row in self.of_texts(words, Some(county), ids).await? {
                let title: String = row.try_get(1)?;
                add(named, &row, Named::Page(title))?;
            }
        }
        Ok(())
    }

    /// The rows of a statement with `{}` in place of a list of identities as text, after a county or nothing.
    async fn of_texts(&self, words: &str, county: Option<&str>, ids: &[&str]) -> sqlx::Result<Vec<AnyRow>> {
        let first = usize::from(county.is_some()) + 1;
        let list: Vec<String> = (first..first + ids.len()).map(|number| format!("${number}")).collect();
        let mut query = sqlx::query(AssertSqlSafe(words.replacen("{}", &list.join(", "), 1)));
        if let Some(county) = county {
            query = query.bind(county.to_owned());
        }
        ids.iter().fold(query, |query, id| query.bind((*id).to_owned())).fetch_all(&self.pool).await
    }
}

/// Whether a word is an identity: of a record, a save, a right, an account, or of a device.
fn is_identity(word: &str) -> bool {
    word.parse::<Uuid>().is_ok() || word.parse::<DeviceId>().is_ok()
}

/// Adds the name of an identity that a row begins with.
fn add(named: &mut HashMap<String, Named>, row: &AnyRow, name: Named) -> sqlx::Result<()> {
    named.insert(row.try_get(0)?, name);
    Ok(())
}

/// Reads a word as a place, with the words for a channel's class.
fn place(word: &str) -> Option<(Place, String)> {
    if let Ok(Channel { grid, class }) = word.parse() {
        return Some((Place::Grid(grid), format!(" {}", class.title())));
    }
    Some((word.parse().ok()?, String::new()))
}

fn in_words(subject: &str, named: &HashMap<String, Named>, places: &PlaceNames) -> String {
    match subject {
        "office" => return "办公室网页".to_owned(),
        "on" => return "启用".to_owned(),
        "off" => return "停用".to_owned(),
        _ => {}
    }
    let word = |word: &str| match place(word) {
        Some((place, class)) => format!("{}{class}", places.of(&place)),
        None if is_identity(word) => {
            named.get(word).map_or_else(|| "已经删除的记录".to_owned(), |one| one.words(places))
        }
        None => word.to_owned(),
    };
    subject.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}
