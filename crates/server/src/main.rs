//! `ruhu-server`: serves, imports, exports.

mod audit;
mod people;

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use ruhu_domain::{
    OpId, day,
    ledger::Ledger,
    wire::{self, OpOutcome},
};
use ruhu_server::{
    database::{Act, Database, Entry, Location, OPERATOR},
    demo, export,
    http::{self, tls::Certificate},
    import::{self, Brought, areas, roster},
    nightly,
    photos::Photos,
    random, secrets,
};
use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::net::TcpListener;

/// Reading and merging ops makes many small values: this allocator takes a third of the time off it. It is built without
/// huge pages: the system clears two megabytes for each, of which a request uses a little.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 入户(Ruhu)服务端：接收走访记录、导入花名册、导出台账。
#[derive(Parser)]
#[command(version, about)]
struct Cli {
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
    /// 第一次使用：生成服务器的密钥。请另外妥善保存一份，丢失后忘记密码的手机将无法恢复
    Init,
    /// 启动服务
    Serve(Serve),
    /// 导入区划或花名册；重复导入不会产生重复记录
    #[command(subcommand)]
    Import(Import),
    /// 生成空白模板
    #[command(subcommand)]
    Template(Template),
    /// 导出台账(.xlsx)
    #[command(subcommand)]
    Export(Export),
    /// 新建账号，或为已有账号重设密码与网格；密码从标准输入读一行
    Account(people::Account),
    /// 发登记码：让新手机登录一次，或让忘记密码的人重设密码
    Code(people::Code),
    /// 停用动态码：验证器丢了的人，重新启用后再办公
    FactorOff(people::FactorOff),
    /// 停用账号（离职、调离）：授权全部结束，手机交出记录后清空
    Close(people::Close),
    /// 授权：谁、什么角色、哪里、哪类记录，由谁给、到什么时候
    #[command(subcommand)]
    Grant(people::Grant),
    /// 设备：在哪些手机上登录过，停用丢失的或离职人员的
    #[command(subcommand)]
    Device(people::Device),
    /// 审计：谁看过、谁决定过什么
    #[command(subcommand)]
    Audit(audit::Audit),
    /// 保存期限：列出或删除到期的记录。服务每天夜里自动删除
    #[command(subcommand)]
    Retention(Retention),
    /// 待主管核对的记录
    #[command(subcommand)]
    Quarantine(Quarantine),
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

#[derive(Args)]
struct Serve {
    /// 监听地址；未加密的 HTTP 只应在本机或反向代理之后使用
    #[arg(long, env = "RUHU_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// 已构建的应用目录
    #[arg(long, env = "RUHU_APP", default_value = "dist")]
    app: PathBuf,
    /// 由反向代理提供 TLS:允许在本机以外的地址上用未加密的 HTTP，并相信代理写的来源地址(X-Forwarded-For)
    #[arg(long, env = "RUHU_BEHIND_PROXY", conflicts_with_all = ["tls_cert", "acme_domain"])]
    behind_proxy: bool,
    /// TLS 证书链文件(PEM);文件更新后自动重新读取
    #[arg(long, env = "RUHU_TLS_CERT", requires = "tls_key", conflicts_with = "acme_domain")]
    tls_cert: Option<PathBuf>,
    /// TLS 私钥文件(PEM)
    #[arg(long, env = "RUHU_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// 用 ACME 自动申请和更新证书的域名，可写多个；要能从外面连到本机的 443 端口
    #[arg(long, env = "RUHU_ACME_DOMAIN", value_delimiter = ',')]
    acme_domain: Vec<String>,
    /// 证书机构发提醒用的邮箱
    #[arg(long, env = "RUHU_ACME_CONTACT", requires = "acme_domain")]
    acme_contact: Option<String>,
    /// 证书机构的 ACME 目录地址
    #[arg(
        long,
        env = "RUHU_ACME_DIRECTORY",
        requires = "acme_domain",
        default_value = "https://acme-v02.api.letsencrypt.org/directory"
    )]
    acme_directory: String,
}

impl Serve {
    /// Where the certificate comes from; none for plain HTTP.
    fn certificate(&self, secrets: &Path) -> Option<Certificate> {
        if let Some((chain, key)) = self.tls_cert.clone().zip(self.tls_key.clone()) {
            return Some(Certificate::Files { chain, key });
        }
        let (domains, contact) = (self.acme_domain.clone(), self.acme_contact.clone());
        let (directory, kept_in) = (self.acme_directory.clone(), secrets.join("acme"));
        (!domains.is_empty()).then_some(Certificate::Acme { domains, contact, directory, kept_in })
    }
}

#[derive(Subcommand)]
enum Import {
    /// 区划表:.csv，列为 code,name,level,parent
    Areas {
        /// 文件
        file: PathBuf,
    },
    /// 花名册:.xlsx 或 .csv(UTF-8 或 GBK),每行一人。有错的行会列出原因，其余照常导入（此时退出码为 2）
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

#[derive(Subcommand)]
enum Retention {
    /// 列出某一天到期的记录数，不写日期则为今天
    List {
        /// 日期，如 2026-12-31
        #[arg(long)]
        on: Option<NaiveDate>,
    },
    /// 现在就删除今天到期的记录，服务器和手机上都删
    Run,
}

#[derive(Subcommand)]
enum Quarantine {
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

#[derive(Subcommand)]
enum Template {
    /// 花名册模板，附填写示例
    Roster {
        /// 写到哪个文件
        #[arg(long, default_value = "花名册模板.xlsx")]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
enum Export {
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

#[derive(clap::Args)]
struct LedgerOptions {
    /// 区划代码或网格编码；包含其下所有网格
    #[arg(long)]
    area: String,
    /// 起始日期，如 2026-11-01
    #[arg(long)]
    from: NaiveDate,
    /// 截止日期（含）
    #[arg(long)]
    to: NaiveDate,
    /// 写到哪个 .xlsx 文件
    #[arg(long)]
    out: PathBuf,
    /// 写出全名（默认只写姓），纠纷台账并写简况，关爱台账写做了什么；须说明用途
    #[arg(long, value_name = "用途")]
    full_names: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("RUHU_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,tower_http=info")),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("出错了：{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Command::Template(Template::Roster { out }) = &cli.command {
        std::fs::write(out, import::template()?).with_context(|| format!("无法写入 {}", out.display()))?;
        println!("模板已写到 {}", out.display());
        return Ok(ExitCode::SUCCESS);
    }
    let place = match &cli.photos {
        Some(place) if place.contains("://") => place.clone(),
        place => {
            let folder = place.as_ref().map_or_else(|| cli.data.join("photos"), PathBuf::from);
            std::path::absolute(folder)?.to_string_lossy().into_owned()
        }
    };
    let photos = || Photos::open(&place);
    let location = Location::of(&cli.data, cli.database_url.as_deref())?;
    if let Command::Restore { file } = &cli.command {
        restore(&location, file.as_deref()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let secrets_folder = cli.secrets.unwrap_or_else(|| cli.data.join("secrets"));
    if matches!(cli.command, Command::Init) {
        init(&secrets_folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let database = Database::open(&location).await?;
    let code = match cli.command {
        Command::Serve(options) => {
            let recovery = secrets::recovery(&secrets_folder)?;
            let (behind_proxy, login_throttle) = (options.behind_proxy, http::LoginThrottle::default());
            let state = http::AppState {
                database: database.clone(),
                recovery,
                behind_proxy,
                login_throttle,
                photos: photos()?,
            };
            database.put_photo_place(&place).await?;
            serve(state, &options, options.certificate(&secrets_folder)).await?
        }
        Command::Import(Import::Areas { file }) => {
            let counts = database.put_areas(&areas::read(&read(&file)?)?).await?;
            println!("区划：新增 {}，更新 {}，不变 {}", counts.added, counts.changed, counts.same);
            ExitCode::SUCCESS
        }
        Command::Import(Import::Roster { file, dry_run }) => {
            report(&roster::import(&database, &read(&file)?, dry_run).await?, dry_run)
        }
        Command::Import(Import::Ops { file }) => {
            let brought = import::read_ops(&read(&file)?, || secrets::recovery(&secrets_folder))?;
            if let Some(kept) = database.photo_place().await?.filter(|kept| *kept != place) {
                anyhow::bail!("照片存放在 {kept}，不是 {place}：请用 --photos 写同一个地方，并用运行服务的用户执行");
            }
            take_brought(&database, &photos()?, &file, brought).await?;
            ExitCode::SUCCESS
        }
        Command::Quarantine(Quarantine::List) => {
            let waiting = database.quarantined().await?;
            for item in &waiting {
                let day = day::words(day::day(item.received_at.cast_signed()));
                println!("{}  {day}  {}  {}  {}", item.op.id, item.op.by, item.op.channel.grid, item.reason);
            }
            println!("待核对 {} 条", waiting.len());
            ExitCode::SUCCESS
        }
        Command::Quarantine(Quarantine::Accept { id }) => {
            database.accept(id, OPERATOR).await?;
            println!("已采纳 {id}");
            ExitCode::SUCCESS
        }
        Command::Quarantine(Quarantine::Refuse { id, reason }) => {
            anyhow::ensure!(!reason.trim().is_empty(), "请写明原因");
            database.refuse(id, reason.trim(), OPERATOR).await?;
            println!("已退回 {id}");
            ExitCode::SUCCESS
        }
        Command::Backup { file } => {
            database.backup(&file).await?;
            println!("已备份到 {}", file.display());
            ExitCode::SUCCESS
        }
        Command::Export(which) => {
            let (ledger, options) = match which {
                Export::Visits(options) => (Ledger::Visits, options),
                Export::Disputes(options) => (Ledger::Disputes, options),
                Export::Care(options) => (Ledger::Care, options),
                Export::Hazards(options) => (Ledger::Hazards, options),
                Export::Requests(options) => (Ledger::Requests, options),
                Export::Patrols(options) => (Ledger::Patrols, options),
                Export::Outreach(options) => (Ledger::Outreach, options),
            };
            let LedgerOptions { area, from, to, out, full_names } = options;
            let place = area.parse().context("--area 应为 12 位区划代码或网格编码")?;
            let purpose = full_names.as_deref().map(str::trim);
            anyhow::ensure!(purpose != Some(""), "写出全名须说明用途");
            let wanted = export::Wanted { ledger, place, from, to, purpose: purpose.unwrap_or_default().to_owned() };
            let entry = Entry { account: OPERATOR, device: None, act: Act::Export, subject: wanted.subject() };
            database.put_on_record(&[entry]).await?;
            let (table, rows) = export::ledger(&database, &wanted).await?;
            std::fs::write(&out, table).with_context(|| format!("无法写入 {}", out.display()))?;
            println!("{}：{rows} 条，已写到 {}", ledger.title(), out.display());
            ExitCode::SUCCESS
        }
        Command::Retention(Retention::List { on }) => {
            let on = on.unwrap_or_else(|| day::day(random::now_ms().cast_signed()));
            let expired = database.expired(on).await?;
            for (channel, records) in &expired {
                println!("{channel}  {} 条", records.len());
            }
            println!("{on} 到期的记录 {} 条", expired.values().map(Vec::len).sum::<usize>());
            ExitCode::SUCCESS
        }
        Command::Retention(Retention::Run) => {
            let count = database.retain(day::day(random::now_ms().cast_signed()), OPERATOR).await?;
            println!("已删除到期的记录 {count} 条");
            ExitCode::SUCCESS
        }
        Command::Account(account) => account.carry_out(&database).await?,
        Command::Code(code) => code.carry_out(&database).await?,
        Command::FactorOff(off) => off.carry_out(&database).await?,
        Command::Close(close) => close.carry_out(&database).await?,
        Command::Audit(audit) => audit.carry_out(&database).await?,
        Command::Device(device) => device.carry_out(&database).await?,
        Command::Grant(grant) => grant.carry_out(&database).await?,
        Command::Demo { seed, households } => {
            secrets::init(&secrets_folder)?;
            for login in demo::fill(&database, seed, households).await? {
                let demo::Login { account, name, part } = login;
                println!("账号 {account}  密码 {}  {name}，{part}", demo::PASSWORD);
            }
            ExitCode::SUCCESS
        }
        Command::Init | Command::Template(_) | Command::Restore { .. } => ExitCode::SUCCESS,
    };
    database.close().await;
    Ok(code)
}

async fn restore(location: &Location, backup: Option<&Path>) -> anyhow::Result<()> {
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

fn report(summary: &roster::ImportSummary, dry_run: bool) -> ExitCode {
    println!(
        "{}户：新增 {}，更新 {}；人：新增 {}，更新 {}；不变 {}；有错 {} 行",
        if dry_run { "(只检查，未写入)" } else { "" },
        summary.households_added,
        summary.households_changed,
        summary.residents_added,
        summary.residents_changed,
        summary.same,
        summary.bad.len()
    );
    for bad in &summary.bad {
        println!("第 {} 行：{}", bad.line, bad.reason);
    }
    if summary.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// Takes in what was carried here as a file, and says what became of it.
async fn take_brought(
    database: &Database,
    photos: &Photos,
    file: &Path,
    Brought { unsent, pictures, damaged, rest }: Brought,
) -> anyhow::Result<()> {
    // Beside the file, for the worker to copy from: what can't be taken in by itself.
    let beside = |name: String| PathBuf::from(format!("{}.{name}", file.display()));
    let write =
        |path: &Path, bytes: &[u8]| std::fs::write(path, bytes).with_context(|| format!("无法写入 {}", path.display()));
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
    let brought = pictures.len() + damaged;
    let taken = import::pictures(database, photos, device, pictures).await?;
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

async fn serve(state: http::AppState, options: &Serve, certificate: Option<Certificate>) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        options.listen.ip().is_loopback() || options.behind_proxy || certificate.is_some(),
        "在本机以外的地址上监听需要 TLS:请用 --tls-cert 和 --tls-key 或 --acme-domain，或放在反向代理之后并加 --behind-proxy"
    );
    let nightly = tokio::spawn(nightly::run(state.database.clone(), state.photos.clone()));
    let router = http::router(state, Some(&options.app))?;
    let listener = TcpListener::bind(options.listen).await.with_context(|| format!("无法监听 {}", options.listen))?;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    println!("listening on {scheme}://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    match certificate {
        Some(certificate) => http::tls::serve(listener, router, certificate, stopped()).await?,
        None if options.behind_proxy => http::serve(listener, http::tls::strictly(router), stopped()).await?,
        None => http::serve(listener, router, stopped()).await?,
    }
    nightly.abort();
    Ok(ExitCode::SUCCESS)
}

/// Ends when the process is asked to stop.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} },
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
