//! The command that puts a backup in the place of the database.

use ruhu_server::database::{Database, Location};
use std::path::Path;

/// Puts a backup in the database's place; of PostgreSQL, says that one was put there.
pub async fn restore(location: &Location, backup: Option<&Path>) -> anyhow::Result<()> {
    match (location, backup) {
        (Location::File(into), Some(backup)) => {
            let old = Database::restore(backup, into).await?;
            println!("已恢复到 {}", into.display());
            if let Some(old) = old {
                println!("原来的数据库保留在 {}", old.display());
            }
        }
        (Location::File(_), None) => anyhow::bail!("请写明备份文件"),
        (Location::Postgres(_), Some(_)) => {
            anyhow::bail!("PostgreSQL 请先用 pg_restore 放回备份，再运行 ruhu-server restore(不写文件)")
        }
        (Location::Postgres(_), None) => {
            let database = Database::open(location).await?;
            database.begin_anew().await?;
            database.close().await;
            println!("已记下：这个数据库是从备份恢复的。所有人需要重新登录，手机会补发备份之后的记录");
        }
    }
    Ok(())
}
