//! The commands that export ledgers.

use super::write;
use anyhow::Context;
use chrono::NaiveDate;
use clap::Subcommand;
use ruhu_domain::{day, ledger::Ledger};
use ruhu_server::{
    database::{Act, Database, Entry, OPERATOR},
    export,
};
use std::{path::PathBuf, process::ExitCode};

/// Which ledger.
#[derive(Subcommand)]
pub enum Export {
    /// 走访台账
    Visits(LedgerOptions),
    /// 纠纷台账（按发现日）
    Disputes(LedgerOptions),
    /// 关爱回访台账（这段时间里在办的；不写姓名）
    Care(LedgerOptions),
    /// 隐患台账（按发现日）
    Hazards(LedgerOptions),
    /// 诉求台账（按提出日；不写是谁提的）
    Requests(LedgerOptions),
    /// 巡逻台账
    Patrols(LedgerOptions),
    /// 宣讲台账
    Outreach(LedgerOptions),
}

/// Of which place and time, and where it is written.
#[derive(clap::Args)]
pub struct LedgerOptions {
    /// 区划代码或网格编码；包含其下所有网格
    #[arg(long)]
    area: String,
    /// 起始日期，如 2026-11-01
    #[arg(long, value_parser = day_of)]
    from: NaiveDate,
    /// 截止日期（含）
    #[arg(long, value_parser = day_of)]
    to: NaiveDate,
    /// 写到哪个 .xlsx 文件
    #[arg(long)]
    out: PathBuf,
    /// 文件已经有了也写，原来的内容就没有了
    #[arg(long)]
    force: bool,
    /// 写出全名（默认只写姓），纠纷台账并写简况，关爱台账写做了什么；须说明用途
    #[arg(long, value_name = "用途")]
    full_names: Option<String>,
}

impl Export {
    /// Writes the ledger. It is put on record first.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        let (ledger, options) = match self {
            Self::Visits(options) => (Ledger::Visits, options),
            Self::Disputes(options) => (Ledger::Disputes, options),
            Self::Care(options) => (Ledger::Care, options),
            Self::Hazards(options) => (Ledger::Hazards, options),
            Self::Requests(options) => (Ledger::Requests, options),
            Self::Patrols(options) => (Ledger::Patrols, options),
            Self::Outreach(options) => (Ledger::Outreach, options),
        };
        let LedgerOptions { area, from, to, out, force, full_names } = options;
        let place = area.parse().context("--area 应为 12 位区划代码或网格编码")?;
        let purpose = full_names.as_deref().map(str::trim);
        anyhow::ensure!(purpose != Some(""), "写出全名须说明用途");
        let purpose = purpose.unwrap_or_default().to_owned();
        let wanted = export::Wanted { ledger, place, from, to, purpose, by: OPERATOR.to_owned() };
        wanted.check(database).await?;
        anyhow::ensure!(force || !out.exists(), "{} 已经有了，没有改动它：换一个文件名，或加 --force", out.display());
        let entry = Entry::of(OPERATOR, Act::Export, wanted.subject()).at(&wanted.place.county().unwrap_or_default());
        database.put_on_record(&[entry]).await?;
        let sheet = export::ledger(database, &wanted).await?;
        write(&out, &sheet.xlsx)?;
        println!("{}：{} 条，已写到 {}", ledger.title(), sheet.rows, out.display());
        if let Some(words) = sheet.lacks() {
            println!("{words}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads a day of an option.
fn day_of(text: &str) -> Result<NaiveDate, String> {
    day::read(text).ok_or_else(|| format!("“{text}”不是日期，请写成 2026-11-30 这样"))
}
