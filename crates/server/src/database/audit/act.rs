//! The kinds of acts that are put on record, with their names in the database and for people.

use ruhu_domain::office::ActSort;

/// The kinds of acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Logged in on a device.
    LogIn,
    /// Had records of a channel sent to a device.
    Carry,
    /// Looked at the history of a record.
    Look,
    /// Had a vault key opened by the server, after a password was forgotten.
    Recover,
    /// Made an account or set its password.
    Account,
    /// Changed the name, the team or the home of an account.
    AccountChange,
    /// Gave a right.
    Give,
    /// Ended a right.
    End,
    /// Took in what was in quarantine.
    Accept,
    /// Refused what was in quarantine.
    Refuse,
    /// Wrote a ledger to a file.
    Export,
    /// Revoked a device.
    Revoke,
    /// Took over the ops that a revoked device had not sent.
    DeviceHandover,
    /// Put a backup in the database's place.
    Restore,
    /// Logged in on a new phone with a code, and set a password.
    Enrol,
    /// Gave out a code for a new phone or a forgotten password.
    Code,
    /// Closed an account.
    Close,
    /// Gave a grid from one worker to another.
    GridOver,
    /// Read what waits for a decision.
    Wait,
    /// Looked for a person recorded.
    Find,
    /// Read what is held on a person.
    Dossier,
    /// Took down a request of somebody recorded.
    Ask,
    /// Granted or refused a request of somebody recorded.
    Answer,
    /// Erased records, at a request or because their time was over.
    Erase,
    /// Let the erasing of a day go on that waited for an office.
    Approve,
    /// Turned a second factor on or off.
    Factor,
    /// Wrote a backup.
    Backup,
    /// Looked into the audit.
    Sight,
    /// Pressed for what is late.
    Press,
    /// Read a dispute's file.
    File,
    /// Wrote a page of the handbook, or took it back.
    Page,
    /// Wrote a number of 便民电话, or deleted it.
    Contact,
    /// Noted where the chain of a county ends.
    Seal,
    /// Imported a roster.
    Import,
    /// Made, named, closed, merged or split a grid.
    Grid,
    /// Imported areas, or gave a village another code.
    Areas,
}

impl Act {
    const ALL: [Self; 36] = [
        Self::LogIn,
        Self::Carry,
        Self::Look,
        Self::Recover,
        Self::Account,
        Self::AccountChange,
        Self::Give,
        Self::End,
        Self::Accept,
        Self::Refuse,
        Self::Export,
        Self::Revoke,
        Self::DeviceHandover,
        Self::Restore,
        Self::Enrol,
        Self::Code,
        Self::Close,
        Self::GridOver,
        Self::Wait,
        Self::Find,
        Self::Dossier,
        Self::Ask,
        Self::Answer,
        Self::Erase,
        Self::Approve,
        Self::Factor,
        Self::Backup,
        Self::Sight,
        Self::Press,
        Self::File,
        Self::Page,
        Self::Contact,
        Self::Seal,
        Self::Import,
        Self::Grid,
        Self::Areas,
    ];

    /// The name in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "log-in",
            Self::Carry => "carry",
            Self::Look => "look",
            Self::Recover => "recover",
            Self::Account => "account",
            Self::AccountChange => "account-change",
            Self::Give => "give",
            Self::End => "end",
            Self::Accept => "accept",
            Self::Refuse => "refuse",
            Self::Export => "export",
            Self::Revoke => "revoke",
            Self::DeviceHandover => "hand-over",
            Self::Restore => "restore",
            Self::Enrol => "enrol",
            Self::Code => "code",
            Self::Close => "close",
            Self::GridOver => "grid-over",
            Self::Wait => "wait",
            Self::Find => "find",
            Self::Dossier => "dossier",
            Self::Ask => "ask",
            Self::Answer => "answer",
            Self::Erase => "erase",
            Self::Approve => "approve",
            Self::Factor => "factor",
            Self::Backup => "backup",
            Self::Sight => "sight",
            Self::Press => "press",
            Self::File => "file",
            Self::Page => "page",
            Self::Contact => "contact",
            Self::Seal => "seal",
            Self::Import => "import",
            Self::Grid => "grid",
            Self::Areas => "areas",
        }
    }

    pub(super) fn named(text: &str) -> Result<Self, UnknownAct> {
        Self::ALL.into_iter().find(|act| act.as_str() == text).ok_or(UnknownAct)
    }

    /// Returns the acts of a sort.
    pub fn of_sort(sort: ActSort) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |act| act.sort() == sort)
    }

    const fn sort(self) -> ActSort {
        match self {
            Self::LogIn | Self::Enrol | Self::Code | Self::Factor | Self::Recover => ActSort::LogIn,
            Self::Carry | Self::Look | Self::Find | Self::Dossier | Self::File | Self::Wait | Self::Sight => {
                ActSort::Read
            }
            Self::Account
            | Self::AccountChange
            | Self::Close
            | Self::Give
            | Self::End
            | Self::GridOver
            | Self::Grid
            | Self::Areas
            | Self::Revoke
            | Self::DeviceHandover => ActSort::Rights,
            Self::Import | Self::Export | Self::Backup | Self::Restore | Self::Seal | Self::Page | Self::Contact => {
                ActSort::Files
            }
            Self::Accept | Self::Refuse | Self::Press | Self::Ask | Self::Answer | Self::Erase | Self::Approve => {
                ActSort::Decision
            }
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::LogIn => "登录",
            Self::Carry => "下载到手机",
            Self::Look => "查看修改记录",
            Self::Recover => "恢复手机密钥",
            Self::Account => "设置账号",
            Self::AccountChange => "修改账号信息",
            Self::Give => "授权",
            Self::End => "结束授权",
            Self::Accept => "采纳待核对记录",
            Self::Refuse => "退回待核对记录",
            Self::Export => "导出",
            Self::Revoke => "停用设备",
            Self::DeviceHandover => "停用的设备交出记录",
            Self::Restore => "恢复备份",
            Self::Enrol => "用登记码登录",
            Self::Code => "发登记码",
            Self::Close => "停用账号",
            Self::GridOver => "交接网格",
            Self::Wait => "查看待核对记录",
            Self::Find => "查人",
            Self::Dossier => "查阅个人信息",
            Self::Ask => "登记个人信息请求",
            Self::Answer => "答复个人信息请求",
            Self::Erase => "删除记录",
            Self::Approve => "准许到期删除",
            Self::Factor => "设置动态码",
            Self::Backup => "备份",
            Self::Sight => "查看审计",
            Self::Press => "催办、领办、督办",
            Self::File => "查看卷宗",
            Self::Page => "编写手册",
            Self::Contact => "编写便民电话",
            Self::Seal => "记下一县的链头",
            Self::Import => "导入花名册",
            Self::Grid => "调整网格",
            Self::Areas => "调整区划",
        }
    }
}

/// A name of something done that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("an unknown act in the audit")]
pub(super) struct UnknownAct;
