//! The commands that import, and write what is filled in for it.

use super::{Files, read, write};
use clap::Subcommand;
use ruhu_domain::{
    DeviceId,
    office::{Question, RosterFile, RosterPlan, RosterRow},
    wire::{self, OpOutcome},
};
use ruhu_server::{
    database::{Database, OPERATOR},
    import::{self, Brought, areas, roster},
    photos::PhotoStore,
    random, secrets,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The imports.
#[derive(Subcommand)]
pub enum Import {
    /// 区划表：.xlsx、.xls 或 .csv（UTF-8、UTF-16 或 GBK），至少有“区划代码”“名称”两列。没有收下的行会列出原因，其余照常导入（此时退出码为 2）
    Areas {
        /// 文件
        file: PathBuf,
    },
    /// 花名册：.xlsx、.xls 或 .csv（UTF-8、UTF-16 或 GBK），每行一人。没有收下的行会列出原因，其余照常导入（此时退出码为 2）
    Roster {
        /// 文件
        file: PathBuf,
        /// 只检查，不写入
        #[arg(long)]
        dry_run: bool,
    },
    /// 手机上导出的未发送记录；重复导入不会产生重复记录
    Ops {
        /// 文件
        file: PathBuf,
    },
}

impl Import {
    /// Imports a file, and says what was taken in. The exit code is 2 where a row was not.
    pub async fn carry_out(self, database: &Database, files: &Files) -> anyhow::Result<ExitCode> {
        match self {
            Self::Areas { file } => {
                return Ok(report_areas(&areas::import(database, areas::read(&read(&file)?)?, |_| true, true).await?));
            }
            Self::Roster { file, dry_run } => {
                let RosterFile { groups, left_out, .. } = roster::read(&read(&file)?)?;
                let rows: Vec<RosterRow> = groups.into_iter().flat_map(|group| group.rows).collect();
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                let import = DeviceId(u64::from_be_bytes(random::bytes()));
                let importer = roster::Importer { account: OPERATOR, file: &name, import };
                let importer = (!dry_run).then_some(importer);
                let done = roster::take(database, &rows, &BTreeMap::new(), &|_| true, importer).await?;
                return Ok(report(&done, &left_out, dry_run));
            }
            Self::Ops { file } => {
                let brought = import::read_ops(&read(&file)?, || secrets::recovery(&files.secrets))?;
                let place = &files.photos;
                if let Some(kept) = database.photo_place().await?.filter(|kept| kept != place) {
                    anyhow::bail!(
                        "照片存放在 {kept}，不是 {place}：请用 --photos 写同一个地方，并用运行服务的用户执行"
                    );
                }
                take_brought(database, &PhotoStore::open(place)?, &file, brought).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The empty sheets that can be written.
#[derive(Subcommand)]
pub enum Template {
    /// 花名册模板，附填写示例
    Roster {
        /// 写到哪个文件
        #[arg(long, default_value = "花名册模板.xlsx")]
        out: PathBuf,
    },
}

impl Template {
    /// Writes a sheet.
    pub fn carry_out(self) -> anyhow::Result<ExitCode> {
        let Self::Roster { out } = self;
        // What is filled in already is not written over.
        anyhow::ensure!(!out.exists(), "{} 已经有了：请换个文件名，或先移走", out.display());
        write(&out, &import::template()?)?;
        println!("模板已写到 {}", out.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Says what became of an area table.
fn report_areas(areas::AreaSummary { counts, refused, left_out, missing, .. }: &areas::AreaSummary) -> ExitCode {
    println!(
        "区划：新增 {}，更新 {}，不变 {}；没有收下 {} 行",
        counts.added,
        counts.changed,
        counts.same,
        refused.len()
    );
    for remark in refused {
        println!("  {}：{}", remark.line, remark.words);
    }
    if !missing.is_empty() {
        println!("已有、这个表里没有的 {} 个（没有改动）：", missing.len());
    }
    for (code, name) in missing {
        println!("  {code} {name}");
    }
    for words in left_out {
        println!("没有读：{words}");
    }
    if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

fn report(done: &RosterPlan, left_out: &[String], dry_run: bool) -> ExitCode {
    let RosterPlan { counts, doubts, refused, questions, missing, .. } = done;
    println!(
        "{}{counts}；请核对 {} 处；要由人决定 {} 处；没有收下 {} 行；名单上没有 {} 处",
        if dry_run { "(只检查，未写入)" } else { "" },
        doubts.len(),
        questions.len(),
        refused.len(),
        missing.len()
    );
    for (title, remarks) in [("没有收下：", refused), ("已收下，请核对：", doubts)] {
        if !remarks.is_empty() {
            println!("{title}");
        }
        for remark in remarks {
            println!("  {}：{}", remark.line, remark.words);
        }
    }
    if !questions.is_empty() {
        println!("要由人决定（下面写的是现在的处理；要改，请在办公室页面的“花名册”里导入同一个文件，逐项选择）：");
    }
    for Question { line, words, choices, .. } in questions {
        println!("  {line}：{words}。{}", choices.first().map_or("", |choice| &choice.label));
    }
    if !missing.is_empty() {
        println!("记录里有、名单上没有（没有改动）：");
    }
    for missing in missing {
        println!("  {missing}");
    }
    if !left_out.is_empty() {
        println!("没有读：");
    }
    for words in left_out {
        println!("  {words}");
    }
    if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// Takes in the unsent records and photos of a phone from a file, and says which were taken in.
async fn take_brought(
    database: &Database,
    store: &PhotoStore,
    file: &Path,
    Brought { unsent, photos, damaged, rest }: Brought,
) -> anyhow::Result<()> {
    // Beside the file, for the worker to copy from: what can't be taken in by itself.
    let beside = |name: String| PathBuf::from(format!("{}.{name}", file.display()));
    if !rest.is_empty() {
        let path = beside("草稿.json".into());
        write(&path, &serde_json::to_vec_pretty(&rest)?)?;
        println!("另有 {} 份草稿或读不出的内容，写在 {}，请交本人重新填写", rest.len(), path.display());
    }
    let device = unsent.device;
    let results = import::ops(database, unsent).await?;
    let count = |wanted: &[OpOutcome]| results.iter().filter(|result| wanted.contains(&result.outcome)).count();
    println!(
        "记录：收下 {}，此前已收到 {}，待核对 {}，不能收下 {}",
        count(&[OpOutcome::Applied, OpOutcome::Superseded]),
        count(&[OpOutcome::Duplicate, OpOutcome::Gone]),
        count(&[OpOutcome::Quarantined]),
        count(&[OpOutcome::Rejected])
    );
    let brought = photos.len() + damaged;
    let taken = import::photos(database, store, device, photos).await?;
    if brought > 0 {
        let (before, bad) = (taken.here.len() - taken.new, taken.bad + damaged);
        println!("照片：收下 {}，此前已收到 {before}，不能收下 {bad}", taken.new);
        if bad > 0 {
            println!("有照片不能收下：请本人在手机上移除那张照片、重新拍，再导出一次；否则回执号对不上");
        }
    }
    for (place, bytes) in taken.unnamed.iter().enumerate() {
        write(&beside(format!("照片{}.jpg", place + 1)), bytes)?;
    }
    if !taken.unnamed.is_empty() {
        println!("另有 {} 张草稿里的照片，写在文件旁边，请交本人重新登记", taken.unnamed.len());
    }
    let ops = results.iter().filter(|result| result.outcome != OpOutcome::Rejected).map(|result| result.op);
    println!("回执号：{}（请告诉交文件的人）", wire::receipt(ops, taken.here));
    Ok(())
}
