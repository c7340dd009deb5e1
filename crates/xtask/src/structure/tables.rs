//! Tables of records are placed beside each other by their county where a database is distributed: the county is their first
//! column, with one collation everywhere, and statements on them name it.

use super::rust_files;
use anyhow::Context;
use proc_macro2::{TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The tables of PostgreSQL, which is what is distributed.
const MIGRATIONS: &str = "crates/server/migrations/postgres";

/// Where statements are.
const STATEMENTS: &str = "crates/server/src";

/// Statements that go through all counties, by their beginning, and why they may.
const OF_ALL_COUNTIES: [(&str, &str); 7] = [
    ("DELETE FROM photo_upload", "a database that begins anew waits for no upload"),
    ("SELECT p.id, p.place, p.title, p.law", "pages of the handbook are few, and of places above counties too"),
    ("SELECT MAX(received_at) FROM op", "the time before times were noted, once"),
    ("SELECT r.id, r.channel, r.record, r.wish", "requests of all places, of which an office sees its own"),
    ("SELECT channel, hash FROM photo", "the nightly sweep of photos that nobody names"),
    ("SELECT COUNT(*) FROM record", "the share that a night would erase"),
    ("UPDATE op SET body = '' WHERE outcome = 'refused'", "the nightly tidying"),
];

/// Returns, in words, what breaks the rules.
///
/// # Errors
/// A file can't be read.
pub fn broken() -> anyhow::Result<Vec<String>> {
    let mut migrations = BTreeMap::new();
    for entry in fs::read_dir(MIGRATIONS)? {
        let path = entry?.path();
        migrations.insert(path.clone(), fs::read_to_string(&path)?);
    }
    let all: String = migrations.into_values().collect();
    let (tables, mut broken) = tables(&all);
    for path in rust_files(Path::new(STATEMENTS))? {
        let text = fs::read_to_string(&path)?;
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let tokens: TokenStream = text.parse().ok().with_context(|| format!("{} can't be read", path.display()))?;
        let mut words = Vec::new();
        strings(tokens, &mut words);
        broken.extend(
            words
                .iter()
                .filter_map(|words| nameless(words, &tables))
                .map(|words| format!("{}: a statement on a table of records names no county: {words}", path.display())),
        );
    }
    Ok(broken)
}

/// Returns the tables that have a county, and what is wrong with them.
fn tables(migrations: &str) -> (BTreeSet<String>, Vec<String>) {
    let (mut found, mut broken) = (BTreeSet::new(), Vec::new());
    for table in migrations.split("CREATE TABLE ").skip(1) {
        let Some((name, rest)) = table.split_once(" (") else { continue };
        let columns = rest.split("\n);").next().or_else(|| rest.split("\n)").next()).unwrap_or_default();
        let mut lines = columns.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"));
        let first = lines.next().unwrap_or_default();
        let county = |line: &str| line.starts_with("county ");
        if !county(first) && !lines.any(county) {
            continue;
        }
        found.insert(name.to_owned());
        let altered = migrations.split("ALTER TABLE ").any(|altered| {
            let altered = altered.split(';').next().unwrap_or_default();
            altered.starts_with(&format!("{name} ")) && altered.contains("county TYPE TEXT COLLATE \"C\"")
        });
        if !county(first) {
            broken.push(format!("{MIGRATIONS}: the first column of {name} is not its county"));
        } else if !first.contains("COLLATE \"C\"") && !altered {
            broken.push(format!("{MIGRATIONS}: the county of {name} has not the collation \"C\""));
        }
    }
    (found, broken)
}

/// Collects the texts of a program.
fn strings(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => strings(group.stream(), words),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    words.push(text.value().split_whitespace().collect::<Vec<_>>().join(" "));
                }
            }
            _ => {}
        }
    }
}

/// Returns the beginning of a statement on one of the tables that names no county and may not do without.
fn nameless(words: &str, tables: &BTreeSet<String>) -> Option<String> {
    let is_statement = ["SELECT ", "UPDATE ", "DELETE ", "INSERT "].iter().any(|verb| words.starts_with(verb));
    let parts: Vec<&str> = words.split(' ').collect();
    let on = parts.windows(2).any(|two| {
        ["FROM", "JOIN", "UPDATE", "INTO"].contains(&two[0])
            && tables.contains(two[1].trim_matches(['(', ')', ',', ';']))
    });
    let excused = OF_ALL_COUNTIES.iter().any(|(beginning, _)| words.starts_with(beginning));
    (is_statement && on && !words.contains("county") && !excused).then(|| words.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_records_has_its_county_first_and_with_one_collation() {
        let sql = "CREATE TABLE good (\n    county TEXT COLLATE \"C\" NOT NULL,\n    id TEXT\n);\n\
                   CREATE TABLE mended (\n    county TEXT NOT NULL\n);\n\
                   ALTER TABLE mended ALTER COLUMN county TYPE TEXT COLLATE \"C\";\n\
                   CREATE TABLE plain (\n    county TEXT NOT NULL\n);\n\
                   CREATE TABLE late (\n    id TEXT,\n    county TEXT COLLATE \"C\"\n);\n\
                   CREATE TABLE other (\n    id TEXT\n);";
        let (found, broken) = tables(sql);
        assert_eq!(found, ["good", "late", "mended", "plain"].map(str::to_owned).into());
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].contains("plain") && broken[1].contains("late"));
    }

    #[test]
    fn a_statement_on_such_a_table_names_the_county() {
        let tables = BTreeSet::from(["op".to_owned()]);
        assert!(nameless("SELECT body FROM op WHERE id = $1", &tables).is_some());
        assert!(nameless("SELECT body FROM op WHERE county = $1 AND id = $2", &tables).is_none());
        assert!(nameless("SELECT MAX(received_at) FROM op", &tables).is_none(), "it is on the list");
        assert!(nameless("SELECT body FROM other", &tables).is_none());
        assert!(nameless("no statement FROM op", &tables).is_none());
    }
}
