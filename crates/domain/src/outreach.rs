//! Outreach (宣讲): what people were told about, where, and how many were there. \[P\]

use crate::codes::code_table;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

code_table! {
    /// 宣讲内容.
    Topic {
        Law = "law", "普法";
        Fraud = "fraud", "反诈";
        Water = "water", "防溺水";
        Fire = "fire", "消防";
        Traffic = "traffic", "交通";
        Drugs = "drugs", "禁毒";
        Family = "family", "家庭教育";
        Other = "other", "其他";
    }
}

code_table! {
    /// 法律七进: where outreach goes.
    Venue {
        Office = "office", "进机关";
        Village = "village", "进乡村";
        Community = "community", "进社区";
        School = "school", "进学校";
        Company = "company", "进企业";
        Unit = "unit", "进单位";
        Barracks = "barracks", "进军营";
    }
}

/// 宣讲.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Outreach {
    /// 内容.
    pub topic: Option<Topic>,
    /// Which of the 法律七进.
    pub venue: Option<Venue>,
    /// 日期.
    pub on: Option<NaiveDate>,
    /// 地点.
    pub place: String,
    /// 人数.
    pub reached: Option<u32>,
    /// How many people were talked out of a fraud. A number alone.
    pub saved: Option<u32>,
    /// 资料 given out.
    pub material: String,
    /// 备注.
    pub note: String,
}
