//! The commands for the audit.

use anyhow::Context;
use clap::Subcommand;
use ruhu_domain::{Channel, RecordId, day};
use ruhu_server::database::{CheckedOps, Database, Head, OPERATOR};
use std::process::ExitCode;

/// The questions that can be put to the audit.
#[derive(Subcommand)]
pub enum Audit {
    /// 从头核对审计记录有没有被改动、删除或截断，保存历史与当时的校验值是否相符
    Verify {
        /// 以前记下的链头（见 head），核对它还在不在
        #[arg(long)]
        head: Option<Head>,
    },
    /// 记下各县的链头，显示总的链头。请定期抄在别处（如纸质台账），以后用 verify --head 核对
    Head,
    /// 谁看过一条记录
    Who {
        /// 记录编号
        record: RecordId,
        /// 所属网格和类别，如 411502001003-02/general
        channel: Channel,
    },
}

impl Audit {
    /// Answers.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        match self {
            Self::Verify { head } => {
                let found = database.verify_audit(head.as_ref()).await.context("审计核对未通过")?;
                println!("审计记录完好，链头 {found}");
                let CheckedOps { sound, redacted } = database.verify_ops().await.context("保存历史核对未通过")?;
                println!("保存历史 {sound} 条完好，另有 {redacted} 条因依法删除姓名改写过");
            }
            Self::Head => println!("{}", database.seal_audit(OPERATOR).await?),
            Self::Who { record, channel } => {
                let seen = database.who_saw(record, &channel).await?;
                for sight in &seen {
                    let at = day::moment(sight.at.cast_signed());
                    println!("{at}  {}({})  {}", sight.name, sight.account, sight.act.title());
                }
                println!("看过的 {} 人次", seen.len());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
