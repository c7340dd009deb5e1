//! Residents (居民). Religion, politics and blood type are never recorded.

use crate::{
    codes::{Living, Relation, Sex},
    id::RecordId,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The field that says why the use of a resident's data is restricted.
pub const RESTRICTED: &str = "restricted";

/// A member of a household. Purposes of its fields: to know whom one talks to and who may need help.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resident {
    /// The household.
    pub household: RecordId,
    /// 姓名.
    pub name: String,
    /// 性别.
    #[serde(default)]
    pub sex: Option<Sex>,
    /// 出生日期.
    #[serde(default)]
    pub birth: Option<NaiveDate>,
    /// 与户主关系.
    #[serde(default)]
    pub relation: Option<Relation>,
    /// 联系电话.
    #[serde(default)]
    pub phone: String,
    /// 居住状态.
    #[serde(default)]
    pub living: Option<Living>,
    /// 限制处理: why the person's data may only be kept, and not used (个人信息保护法 44).
    #[serde(default)]
    pub restricted: String,
    /// 告知: the version of the notice that was shown or read to them, and the day (个人信息保护法 17).
    #[serde(default)]
    pub notice: String,
    /// 并入: the resident who this one is ([`crate::roster::merged`]).
    #[serde(default)]
    pub same_as: Option<RecordId>,
}

impl Resident {
    /// Somebody of whom no more than the name is known.
    pub fn new(household: RecordId, name: impl Into<String>) -> Self {
        Self {
            household,
            name: name.into(),
            sex: None,
            birth: None,
            relation: None,
            phone: String::new(),
            living: None,
            restricted: String::new(),
            notice: String::new(),
            same_as: None,
        }
    }
}
