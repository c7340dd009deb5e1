//! Reading records for imports and ledgers.

use super::Database;
use ruhu_domain::{Kind, Record};
use sqlx::QueryBuilder;

impl Database {
    /// The records of some kinds whose grid's code starts with `area` (digits, or a whole grid code).
    ///
    /// # Errors
    /// The database's, or a record that can't be read.
    pub async fn records(&self, area: &str, kinds: &[Kind]) -> sqlx::Result<Vec<Record>> {
        let mut query = QueryBuilder::new("SELECT body FROM record WHERE channel >= ");
        query.push_bind(area).push(" AND channel < ").push_bind(format!("{area}~")).push(" AND kind IN (");
        let mut list = query.separated(", ");
        for kind in kinds {
            list.push_bind(kind.as_str().to_owned());
        }
        query.push(") ORDER BY channel, seq");
        let bodies: Vec<String> = query.build_query_scalar().fetch_all(&self.pool).await?;
        let parse = |body: String| serde_json::from_str(&body).map_err(|error| sqlx::Error::Decode(Box::new(error)));
        bodies.into_iter().map(parse).collect()
    }
}
