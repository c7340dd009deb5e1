//! One error enum that is the response.

use crate::database::{CannotChange, CannotChangeGrid, CannotDecide};
use axum::{
    Json,
    body::Body,
    http::{Response, StatusCode},
    response::IntoResponse,
};
use ruhu_domain::wire::Problem;

/// Why a request was not done. The worker reads the words; the cause goes to the log only.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No session: log in.
    #[error("登录已失效，请重新登录；手机里的记录不会丢失")]
    Unauthorized,
    /// The device was revoked: it hands over what it has not sent, and clears itself.
    #[error("这台手机已由办公室停用")]
    Revoked,
    /// Wrong account or password; which of the two is not said.
    #[error("账号或密码不对，请再试一次")]
    WrongPassword,
    /// Too many wrong passwords: how many minutes to wait.
    #[error("密码错了太多次，请过 {0} 分钟再试")]
    Wait(u64),
    /// An account began very many uploads that it did not finish.
    #[error("没传完的照片太多，请过几天再试，或联系办公室")]
    TooManyUploads,
    /// Too many log in at this moment.
    #[error("现在登录的人太多，请过一分钟再试")]
    Crowded,
    /// The account has a second factor: the six digits are wanted too.
    #[error("请填写动态码：打开手机上的验证器，输入现在显示的 6 位数字")]
    CodeWanted,
    /// An office's account that has no second factor yet does nothing else before.
    #[error("请先在“我的账号”里启用动态码，再办别的事")]
    FactorWanted,
    /// A code that is not right, was used, or is too old.
    #[error("这个码不对，或已经用过、过期。请核对后再试，或向办公室再要一个")]
    WrongCode,
    /// A password that can't be used.
    #[error("{0}")]
    BadPassword(String),
    /// A phone on which the account never logged in.
    #[error("这台手机还没有登记。请向村委或办公室要登记码（二维码），用“第一次使用”登录")]
    NewDevice,
    /// An account without a part in an office.
    #[error("这个账号没有办公室的权限，请用手机应用登录")]
    NoOffice,
    /// An office's session that ended.
    #[error("登录已失效（15 分钟没有操作），请重新登录")]
    OfficeEnded,
    /// Not theirs to do or to see.
    #[error("您没有这项权限，请联系上一级办公室")]
    NotAllowed,
    /// The request can't be carried out as it was asked.
    #[error("{0}")]
    Invalid(String),
    /// The body is not what it should be.
    #[error("请求的格式有误，请更新应用后再试")]
    Malformed,
    /// The batch is too large: send less.
    #[error("一次发送太多，将分批再发")]
    TooLarge,
    /// A vault that is somebody else's, or was sealed to another server.
    #[error("这台手机上的记录不能用这个账号打开，请联系办公室")]
    NotYours,
    /// An account of an office alone, that came to the phone app; the words say what was done and where to go.
    #[error("{0}")]
    OfficeAlone(&'static str),
    /// Not here.
    #[error("没有这个地址")]
    NotFound,
    /// The database failed; nothing was done.
    #[error("服务器暂时繁忙，请稍后再试")]
    Database(#[from] sqlx::Error),
    /// Something else failed; nothing was done.
    #[error("服务器暂时出错，请稍后再试")]
    Internal,
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::WrongPassword | Self::WrongCode | Self::OfficeEnded => StatusCode::UNAUTHORIZED,
            Self::CodeWanted => StatusCode::PRECONDITION_REQUIRED,
            Self::BadPassword(_) | Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Revoked => StatusCode::GONE,
            Self::Wait(_) | Self::Crowded | Self::TooManyUploads => StatusCode::TOO_MANY_REQUESTS,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotYours
            | Self::NewDevice
            | Self::NoOffice
            | Self::OfficeAlone(_)
            | Self::NotAllowed
            | Self::FactorWanted => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<CannotChange> for Refusal {
    fn from(error: CannotChange) -> Self {
        match error {
            CannotChange::Database(error) => Self::Database(error),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<CannotChangeGrid> for Refusal {
    fn from(error: CannotChangeGrid) -> Self {
        match error {
            CannotChangeGrid::Database(error) => Self::Database(error),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl From<CannotDecide> for Refusal {
    fn from(error: CannotDecide) -> Self {
        match error {
            CannotDecide::Database(error) => Self::Database(error),
            other => Self::Invalid(other.to_string()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        if let Self::Database(error) = &self {
            // A database's words can quote values: only the sort of the error is logged.
            let sort = match error {
                sqlx::Error::Database(error) => match error.code().as_deref() {
                    // SQLite: result codes.
                    Some("13") => "the disk is full".to_owned(),
                    Some("10") | Some("778") | Some("1034") => "the disk can't be read or written".to_owned(),
                    Some("8") => "the database is read-only".to_owned(),
                    Some("11") | Some("26") => "the database is damaged".to_owned(),
                    // PostgreSQL: error codes.
                    Some("55P03") => "a lock was waited for in vain".to_owned(),
                    Some("57014") => "a statement took too long".to_owned(),
                    Some("53100") => "the disk of the database is full".to_owned(),
                    code => code.unwrap_or_default().to_owned(),
                },
                sqlx::Error::Decode(_) => "a stored value could not be read".to_owned(),
                sqlx::Error::PoolTimedOut => "no connection was free".to_owned(),
                sqlx::Error::Io(error) => format!("the connection failed: {:?}", error.kind()),
                _ => "the connection failed".to_owned(),
            };
            tracing::error!(sort, "database");
        }
        (self.status(), Json(Problem { message: self.to_string() })).into_response()
    }
}

/// The answer to a login that comes too soon after others.
pub fn too_many() -> Response<Body> {
    let problem = Problem { message: "尝试太频繁，请过一分钟再试".to_owned() };
    (StatusCode::TOO_MANY_REQUESTS, Json(problem)).into_response()
}
