//! The commands for records that wait for a supervisor.

use clap::Subcommand;
use ruhu_domain::{OpId, day};
use ruhu_server::database::{Database, OPERATOR};
use std::process::ExitCode;

/// The commands.
#[derive(Subcommand)]
pub enum Quarantine {
    /// 列出待核对的记录
    List,
    /// 采纳：并入记录
    Accept {
        /// 编号，见 list
        id: OpId,
    },
    /// 退回给走访人
    Refuse {
        /// 编号，见 list
        id: OpId,
        /// 原因，走访人会看到
        #[arg(long)]
        reason: String,
    },
}

impl Quarantine {
    /// Lists them, accepts one, or refuses one.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        match self {
            Self::List => {
                let waiting = database.quarantined().await?;
                for item in &waiting {
                    let day = day::words(day::day(item.received_at.cast_signed()));
                    println!("{}  {day}  {}  {}  {}", item.op.id, item.op.by, item.op.channel.grid, item.reason);
                }
                println!("待核对 {} 条", waiting.len());
            }
            Self::Accept { id } => {
                database.accept(id, OPERATOR).await?;
                println!("已采纳 {id}");
            }
            Self::Refuse { id, reason } => {
                anyhow::ensure!(!reason.trim().is_empty(), "请写明原因");
                database.refuse(id, reason.trim(), OPERATOR).await?;
                println!("已退回 {id}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
