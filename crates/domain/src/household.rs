//! Households (户): the doors of a grid.

use crate::{
    codes::{Consistency, Tag},
    id::RecordId,
};
use serde::{Deserialize, Serialize};

/// A household. Purposes of its personal fields: to find the door and to reach the family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Household {
    /// 户号, as the office numbers it within the grid.
    pub number: String,
    /// 门牌地址.
    pub address: String,
    /// 走访顺序: its place on the round; those without come last.
    pub order: Option<i64>,
    /// 户主: the name to ask for.
    pub head: String,
    /// 联系电话.
    pub phone: String,
    /// 人户一致.
    pub consistency: Option<Consistency>,
    /// 备注.
    pub note: String,
    /// 标签.
    pub tags: Vec<Tag>,
    /// 并入: the household which this one is the same as ([`crate::merged`]).
    pub same_as: Option<RecordId>,
}
