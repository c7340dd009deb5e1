//! The commands for retention.

use chrono::NaiveDate;
use clap::Subcommand;
use ruhu_domain::day;
use ruhu_server::{
    database::{Database, Night, OPERATOR},
    random,
};
use std::process::ExitCode;

/// The commands.
#[derive(Subcommand)]
pub enum Retention {
    /// 列出某一天到期的记录数，不写日期则为今天
    List {
        /// 日期，如 2026-12-31
        #[arg(long)]
        on: Option<NaiveDate>,
    },
    /// 现在就删除今天到期的记录，服务器和手机上都删
    Run {
        /// 服务器的日期和到期的条数都核对过，不再等办公室准许
        #[arg(long)]
        approve: bool,
    },
}

impl Retention {
    /// Lists them, or erases them.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        let today = day::day(random::now_ms().cast_signed());
        match self {
            Self::List { on } => {
                let on = on.unwrap_or(today);
                let expired = database.expired(on).await?;
                for (channel, records) in &expired {
                    println!("{channel}  {} 条", records.len());
                }
                println!("{on} 到期的记录 {} 条", expired.values().map(Vec::len).sum::<usize>());
            }
            Self::Run { approve } => {
                if approve {
                    database.approve_retention(today, OPERATOR).await?;
                }
                match database.retain_tonight(today, OPERATOR).await? {
                    Night::Erased(count) => println!("已删除到期的记录 {count} 条"),
                    Night::Held(held) => {
                        anyhow::bail!("没有删除：{}。核对无误后加 --approve 再运行", held.words());
                    }
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
