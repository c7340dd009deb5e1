//! `database`: the tables themselves.

use clap::Subcommand;
use ruhu_server::database::Database as Opened;

#[derive(Subcommand)]
pub enum Database {
    /// 由记录重新整理列表、查找和到期用的索引；服务不必停。更新后会自动整理，平时不用运行
    Rebuild,
}

impl Database {
    pub async fn carry_out(self, database: &Opened) -> anyhow::Result<()> {
        match self {
            Self::Rebuild => {
                let count = database.rebuild(|done| println!("已整理 {done} 条…")).await?;
                println!("整理好了，共 {count} 条记录");
            }
        }
        Ok(())
    }
}
