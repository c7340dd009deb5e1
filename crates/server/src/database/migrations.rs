//! The migrations of the tables, built into the program: `migrations/sqlite` and `migrations/postgres`, one file each.
//!
//! They are not read by `sqlx::migrate!`, whose macro builds SQLite and both drivers a second time for the compiler. The
//! description and the checksum of each are the same as that macro's, so a database that it migrated goes on.

use super::sql::Engine;
use anyhow::Context;
use include_dir::{Dir, include_dir};
use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};

static SQLITE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations/sqlite");
static POSTGRES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations/postgres");

/// Returns the migrations of a database, in the order of their numbers.
///
/// # Errors
/// Fails when a file is not named `NUMBER_what_it_does.sql`, or is not text.
pub fn migrator(engine: Engine) -> anyhow::Result<Migrator> {
    let folder = match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    let mut migrations = Vec::new();
    for file in folder.files() {
        let name = file.path().to_str().context("a migration has a name")?;
        let (number, description) = name.split_once('_').with_context(|| format!("{name} has no number"))?;
        let description = description.strip_suffix(".sql").with_context(|| format!("{name} is not .sql"))?;
        let words = file.contents_utf8().with_context(|| format!("{name} is not text"))?;
        let (number, description) = (number.parse()?, description.replace('_', " "));
        let words = SqlStr::from_static(words);
        migrations.push(Migration::new(number, description.into(), MigrationType::Simple, words, false));
    }
    Ok(Migrator::with_migrations(migrations))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_one_after_another() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let migrator = migrator(engine).expect("every file is a migration");
            let numbers: Vec<i64> = migrator.iter().map(|migration| migration.version).collect();
            assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
            assert!(numbers.len() > 10);
        }
    }

    #[test]
    fn a_migration_keeps_the_description_and_the_checksum_that_databases_have() {
        let migrator = migrator(Engine::Sqlite).expect("every file is a migration");
        let first = migrator.iter().next().expect("there is one");
        assert_eq!(first.description, "records");
        // SHA-384 of the file, as `_sqlx_migrations` of an installation has it.
        let checksum: String = first.checksum.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(checksum, "e6562947501ce876");
    }
}
