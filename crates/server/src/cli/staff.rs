//! The commands for staff: accounts, what they may do, and their devices.

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use ruhu_domain::{
    Class, DeviceId, GridCode, day,
    form::labels,
    office::GridHandover,
    rights::{self, Place, Role},
};
use ruhu_server::{
    accounts,
    database::{self, Database, Given, OPERATOR},
};
use std::{io::BufRead, process::ExitCode};

/// An account.
#[derive(Args)]
pub struct Account {
    /// 登录名或手机号
    account: String,
    /// 姓名
    #[arg(long)]
    name: String,
    /// 作为网格员负责的网格编码，可写多个；其他角色用 grant give
    #[arg(long)]
    grid: Vec<GridCode>,
    /// 账号已经有了：重设它的密码、姓名和网格
    #[arg(long)]
    change: bool,
}

impl Account {
    /// Makes it, with the password from the first line of the standard input.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        let mut password = String::new();
        std::io::stdin().lock().read_line(&mut password)?;
        let password = password.trim_end_matches(['\r', '\n']);
        let typed = accounts::login_name(&self.account);
        accounts::check_names(&typed, &self.name, "")?;
        let known = database.login_name(&typed).await?;
        match (&known, self.change) {
            (Some(known), false) => {
                anyhow::bail!("已经有账号 {known}，没有改动它。要重设密码、姓名和网格请加 --change")
            }
            (None, true) => anyhow::bail!("没有账号 {typed}。新建请不要加 --change"),
            _ => {}
        }
        for grid in &self.grid {
            anyhow::ensure!(
                database.has_place(&Place::Grid(grid.clone())).await?,
                "区划里没有 {grid} 所在的村：请核对网格编码，或先导入区划"
            );
        }
        let account = known.as_deref().unwrap_or(&typed);
        database.put_account(account, &self.name, password, &self.grid).await?;
        println!("账号 {account}({})可以登录了", self.name);
        Ok(ExitCode::SUCCESS)
    }
}

/// A code for an account.
#[derive(Args)]
pub struct Code {
    /// 登录名
    account: String,
    /// 谁批准的
    #[arg(long, default_value = OPERATOR)]
    by: String,
}

impl Code {
    /// Makes it.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        let (code, until) = database.make_code(&self.account, &self.by).await?;
        println!("登记码 {code}（{} 前有效，只能用一次）", day::moment(until.cast_signed()));
        println!("请 {} 打开应用，点“第一次使用”，填账号和登记码，再自己设一个密码", self.account);
        Ok(ExitCode::SUCCESS)
    }
}

/// A second factor whose authenticator is lost.
#[derive(Args)]
pub struct FactorOff {
    /// 登录名
    account: String,
    /// 谁批准的
    #[arg(long, default_value = OPERATOR)]
    by: String,
}

impl FactorOff {
    /// Turns it off: the next log-in at the office begins with a new one.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        let account = database.account(&self.account).await?.context("没有这个账号")?;
        database.turn_factor(&account.id, false, &self.by).await?;
        println!("{} 的动态码已停用；下次登录办公室页面时要重新启用", self.account);
        Ok(ExitCode::SUCCESS)
    }
}

/// Closing an account.
#[derive(Args)]
pub struct Close {
    /// 登录名
    account: String,
    /// 谁批准的
    #[arg(long, default_value = OPERATOR)]
    by: String,
}

impl Close {
    /// Does it.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        database.close_account(&self.account, &self.by).await?;
        println!("已停用账号 {}。他的手机下次联网时会交出没发送的记录，然后清空", self.account);
        Ok(ExitCode::SUCCESS)
    }
}

/// The commands for grants.
#[derive(Subcommand)]
pub enum Grant {
    /// 给一个账号授权，下一次请求就生效
    Give {
        /// 登录名
        account: String,
        /// 角色
        #[arg(long)]
        role: Role,
        /// 网格编码或 12 位区划代码
        #[arg(long)]
        place: Place,
        /// 可以看的记录:general(日常)、mediation(调解)、care(关爱)，可写多个；系统管理员不写
        #[arg(long)]
        class: Vec<Class>,
        /// 最后一天，如 2026-12-31;不写则一直有效
        #[arg(long)]
        until: Option<NaiveDate>,
        /// 谁批准的
        #[arg(long, default_value = OPERATOR)]
        by: String,
    },
    /// 列出授权，结束了的也列出
    List {
        /// 登录名；不写则列出所有账号的
        account: Option<String>,
    },
    /// 把一个网格从一个人交接给另一个人，打印回执
    HandOver {
        /// 网格编码
        #[arg(long)]
        grid: GridCode,
        /// 原来的人的登录名
        #[arg(long)]
        from: String,
        /// 接手的人的登录名
        #[arg(long)]
        to: String,
        /// 谁批准的
        #[arg(long, default_value = OPERATOR)]
        by: String,
    },
    /// 结束一条授权：下一次请求就生效，那人的手机随即清除这些记录，没发送的会交主管核对
    End {
        /// 编号，见 list
        id: String,
        /// 谁批准的
        #[arg(long, default_value = OPERATOR)]
        by: String,
    },
}

impl Grant {
    /// Does it.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        match self {
            Self::Give { account, role, place, class, until, by } => {
                let grant = rights::Grant::new(role, place, class)?;
                let until = until.map(|last| day::end_of(last).context("日期太远")).transpose()?;
                let id = database.give(&account, &grant, &by, until).await?;
                println!("已授权 {id}");
            }
            Self::List { account } => {
                let all = database.given(account.as_deref()).await?;
                all.iter().for_each(|given| println!("{}", line(given)));
                println!("授权 {} 条", all.len());
            }
            Self::HandOver { grid, from, to, by } => {
                let receipt = database.hand_grid_over(&GridHandover { grid, from, to }, &by).await?;
                println!("交接回执 {}", receipt.id);
                println!("网格 {}，由{}交给{}，{}办理", receipt.grid, receipt.from, receipt.to, receipt.done.by);
                for (kind, count) in &receipt.records {
                    let Ok(kind) = kind.parse();
                    println!("{} {count} 条", labels::kind(&kind));
                }
                println!("原来的手机有 {} 台交接后还没有联网，它们没发送的记录到了以后进入待核对", receipt.devices[1]);
            }
            Self::End { id, by } => {
                database.end(&id, &by).await?;
                println!("已结束 {id}");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The commands for devices.
#[derive(Subcommand)]
pub enum Device {
    /// 列出登录过的设备
    List {
        /// 登录名；不写则列出所有账号的
        account: Option<String>,
    },
    /// 停用一台设备（丢失、离职）：它下次联网时先把没发送的记录交来待核对，再清空。没联网的设备清不掉
    Revoke {
        /// 编号，见 list
        device: DeviceId,
        /// 谁批准的
        #[arg(long, default_value = OPERATOR)]
        by: String,
    },
}

impl Device {
    /// Does it.
    pub async fn carry_out(self, database: &Database) -> anyhow::Result<ExitCode> {
        match self {
            Self::List { account } => {
                let all = database.devices(account.as_deref()).await?;
                all.iter().for_each(|device| println!("{}", device_line(device)));
                println!("设备 {} 台", all.len());
            }
            Self::Revoke { device, by } => {
                database.revoke(device, &by).await?;
                println!("已停用 {device}。它下次联网时会交出没发送的记录，然后清空");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn device_line(device: &database::Device) -> String {
    let date = |ms: u64| day::day(ms.cast_signed()).to_string();
    let state = match (&device.revoked, device.handed_over_at) {
        (Some((by, at)), None) => format!("{} 由{by}停用，还没有联网", date(*at)),
        (Some((by, at)), Some(done)) => format!("{} 由{by}停用，{} 已交出全部记录", date(*at), date(done)),
        (None, _) => "使用中".to_owned(),
    };
    let seen = device.seen_at.map_or_else(|| "已退出登录".to_owned(), |at| format!("{} 联网", date(at)));
    format!("{}  {}  {} 首次登录  {seen}  {state}", device.id, device.account, date(device.first_at))
}

fn line(given: &Given) -> String {
    let date = |ms: u64| day::day(ms.cast_signed()).to_string();
    let classes: Vec<&str> = given.grant.classes().iter().map(|class| class.title()).collect();
    let state = match (&given.ended, given.until) {
        (Some((by, at)), _) => format!("{} 由{by}结束", date(*at)),
        (None, Some(until)) => format!("到 {} 为止", date(until - 1)),
        (None, None) => "一直有效".to_owned(),
    };
    let Given { id, account, grant, given_by, given_at, .. } = given;
    let (role, place) = (grant.role().title(), grant.place());
    format!("{id}  {account}  {role}  {place}  {}  {} 由{given_by}给  {state}", classes.join("、"), date(*given_at))
}
