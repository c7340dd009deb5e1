//! The command line: a file for each noun, with its options and what they do.

mod audit;
mod database;
mod export;
mod import;
mod quarantine;
mod restore;
mod retention;
mod serve;
mod staff;

use anyhow::Context;
use clap::{Parser, Subcommand};
use ruhu_server::{
    database::{Database, Location},
    demo, http,
    photos::PhotoStore,
    secrets,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// 入户(Ruhu)服务端：接收走访记录、导入花名册、导出台账。
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    /// 数据目录（数据库文件 ruhu.db 在其中）
    #[arg(long, env = "RUHU_DATA", default_value = "data", global = true)]
    data: PathBuf,
    /// PostgreSQL 数据库地址，如 postgres://用户:密码@主机:5432/库名；不写则用数据目录里的内置数据库。
    /// 地址含密码时请用环境变量，不要写在命令行上
    #[arg(long, env = "RUHU_DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    /// 密钥目录，不在数据库和备份之内；不写则为数据目录里的 secrets
    #[arg(long, env = "RUHU_SECRETS", global = true)]
    secrets: Option<PathBuf>,
    /// 照片存放的地方：目录，或 s3://桶/前缀（密钥、地址按 AWS_* 环境变量）；不写时在数据目录的 photos 里
    #[arg(long, env = "RUHU_PHOTOS", global = true)]
    photos: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 第一次使用：生成服务器的密钥，建立空的数据库。密钥请另外妥善保存一份，丢失后忘记密码的手机将无法恢复
    Init,
    /// 启动服务
    Serve(serve::Serve),
    /// 导入区划或花名册；重复导入不会产生重复记录
    #[command(subcommand)]
    Import(import::Import),
    /// 生成空白模板
    #[command(subcommand)]
    Template(import::Template),
    /// 导出台账(.xlsx)
    #[command(subcommand)]
    Export(export::Export),
    /// 新建账号；加 --change 为已有账号重设密码、姓名与网格。密码从标准输入读一行
    Account(staff::Account),
    /// 发登记码：让新手机登录一次，或让忘记密码的人重设密码
    Code(staff::Code),
    /// 停用动态码：验证器丢了的人，重新启用后再办公
    FactorOff(staff::FactorOff),
    /// 停用账号（离职、调离）：授权全部结束，手机交出记录后清空
    Close(staff::Close),
    /// 授权：谁、什么角色、哪里、哪类记录，由谁给、到什么时候
    #[command(subcommand)]
    Grant(staff::Grant),
    /// 设备：在哪些手机上登录过，停用丢失的或离职人员的
    #[command(subcommand)]
    Device(staff::Device),
    /// 审计：谁看过、谁决定过什么
    #[command(subcommand)]
    Audit(audit::Audit),
    /// 保存期限：列出或删除到期的记录。服务每天夜里自动删除
    #[command(subcommand)]
    Retention(retention::Retention),
    /// 待主管核对的记录
    #[command(subcommand)]
    Quarantine(quarantine::Quarantine),
    /// 数据库的表
    #[command(subcommand)]
    Database(database::Database),
    /// 备份数据库到一个新文件；服务不必停
    Backup {
        /// 备份文件
        file: PathBuf,
    },
    /// 用备份替换数据库；先停止服务。原来的数据库改名保留，所有人需要重新登录，手机会补发备份之后的记录。
    /// PostgreSQL 先用 pg_restore 放回备份，再运行本命令(不写文件)
    Restore {
        /// 备份文件；PostgreSQL 不写
        file: Option<PathBuf>,
    },
    /// 写入演示数据：虚构的人，真实的区划
    Demo {
        /// 随机种子：同一种子得到同样的数据
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// 户数
        #[arg(long, default_value_t = 120)]
        households: usize,
    },
}

/// The places of what is kept beside the database.
struct Files {
    /// The folder of the server's keys.
    secrets: PathBuf,
    /// The place of the photos: an absolute path, or an address of object storage.
    photos: String,
}

impl Cli {
    /// Carries out the command.
    ///
    /// # Errors
    /// Whatever hinders it, with what to do in Chinese.
    pub async fn carry_out(self) -> anyhow::Result<ExitCode> {
        let files = Files {
            secrets: self.secrets.clone().unwrap_or_else(|| self.data.join("secrets")),
            photos: photo_place(self.photos.as_deref(), &self.data)?,
        };
        let location = || Location::of(&self.data, self.database_url.as_deref());
        // These work without a database that is open.
        match self.command {
            Command::Template(template) => template.carry_out(),
            Command::Restore { file } => {
                restore::restore(&location()?, file.as_deref()).await?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Init => {
                init(&files.secrets)?;
                Database::create(&location()?).await?.close().await;
                Ok(ExitCode::SUCCESS)
            }
            command => {
                let location = location()?;
                // Held for as long as this serves.
                let _lock = if matches!(command, Command::Serve(_)) { location.lock()? } else { None };
                let database = match command {
                    Command::Demo { .. } => Database::create(&location).await?,
                    _ => Database::open(&location).await?,
                };
                let code = command.carry_out(&database, &files).await?;
                database.close().await;
                Ok(code)
            }
        }
    }
}

impl Command {
    async fn carry_out(self, database: &Database, files: &Files) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve(options) => {
                let state = http::AppState {
                    database: database.clone(),
                    recovery: secrets::recovery(&files.secrets)?,
                    behind_proxy: options.behind_proxy,
                    login_throttle: http::LoginThrottle::default(),
                    hashing: http::Hashing::default(),
                    photos: PhotoStore::open(&files.photos)?,
                    certificate: options.certificate(&files.secrets),
                    started_at: ruhu_server::random::now_ms(),
                    backing_up: std::sync::Arc::default(),
                };
                secrets::check(&files.secrets)?;
                database.check_recovery(&state.recovery.public().bytes()).await?;
                database.put_photo_place(&files.photos).await?;
                return options.carry_out(state).await;
            }
            Self::Import(import) => return import.carry_out(database, files).await,
            Self::Export(export) => return export.carry_out(database).await,
            Self::Retention(retention) => return retention.carry_out(database).await,
            Self::Quarantine(quarantine) => return quarantine.carry_out(database).await,
            Self::Account(account) => return account.carry_out(database).await,
            Self::Code(code) => return code.carry_out(database).await,
            Self::FactorOff(off) => return off.carry_out(database).await,
            Self::Close(close) => return close.carry_out(database).await,
            Self::Audit(audit) => return audit.carry_out(database).await,
            Self::Device(device) => return device.carry_out(database).await,
            Self::Grant(grant) => return grant.carry_out(database).await,
            Self::Database(tables) => tables.carry_out(database).await?,
            Self::Backup { file } => {
                database.backup(&file, ruhu_server::database::OPERATOR).await?;
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                database.note_backup(&name, file.metadata()?.len()).await?;
                println!("已备份到 {}", file.display());
            }
            Self::Demo { seed, households } => {
                secrets::init(&files.secrets)?;
                for login in demo::fill(database, seed, households).await? {
                    let demo::Login { account, name, part } = login;
                    println!("账号 {account}  密码 {}  {name}，{part}", demo::PASSWORD);
                }
            }
            Self::Init | Self::Template(_) | Self::Restore { .. } => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns the place of the photos: the one that was given, or a folder among the data.
fn photo_place(given: Option<&str>, data: &Path) -> anyhow::Result<String> {
    match given {
        Some(place) if place.contains("://") => Ok(place.to_owned()),
        place => {
            let folder = place.map_or_else(|| data.join("photos"), PathBuf::from);
            Ok(std::path::absolute(folder)?.to_string_lossy().into_owned())
        }
    }
}

fn init(folder: &Path) -> anyhow::Result<()> {
    if secrets::init(folder)? {
        println!("密钥已写到 {}，请另外妥善保存一份", folder.display());
    } else {
        println!("{} 里已有密钥，没有改动", folder.display());
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("无法读取 {}", file.display()))
}

fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes).with_context(|| format!("无法写入 {}", file.display()))
}
