//! Patrols (巡逻): who went where and when, and what was found. \[P\]

use crate::{codes::code_table, id::RecordId};
use serde::{Deserialize, Serialize};

code_table! {
    /// 巡逻队伍.
    Team {
        FullTime = "full_time", "专职巡逻队";
        Unpaid = "unpaid", "义务巡逻队";
        Volunteers = "volunteers", "平安志愿者";
        Other = "other", "其他";
    }
}

/// 巡逻. There is no field for where anybody walked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patrol {
    /// 队伍.
    pub team: Option<Team>,
    /// 队员: names.
    pub members: String,
    /// 巡逻地点, in words.
    pub places: String,
    /// When it began, Unix milliseconds.
    pub began: i64,
    /// When it ended; none while it is on.
    pub ended: Option<i64>,
    /// 处理: what was done on the spot.
    pub handled: String,
}

/// A finding of a patrol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The patrol.
    pub patrol: RecordId,
    /// What, and where.
    #[serde(default)]
    pub what: String,
}
