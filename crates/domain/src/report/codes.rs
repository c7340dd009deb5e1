//! The codes of hazards and requests. \[P\]

use crate::codes::code_table;

code_table! {
    /// 类型 of a hazard.
    Danger {
        Order = "order", "治安";
        Traffic = "traffic", "交通";
        Work = "work", "安全生产";
        Wiring = "wiring", "线路";
        Food = "food", "食药";
        Fire = "fire", "消防";
        Economy = "economy", "经济";
        Water = "water", "防溺水";
        Other = "other", "其他";
    }
}

code_table! {
    /// 等级 of a hazard: how soon it has to be put right.
    Grade {
        Ordinary = "ordinary", "一般";
        Serious = "serious", "严重";
    }
}

impl Grade {
    /// Days in which it is put right. \[P\]
    pub const fn days(self) -> u64 {
        match self {
            Self::Serious => 3,
            Self::Ordinary => 15,
        }
    }
}

code_table! {
    /// 类别 of a request.
    Subject {
        Water = "utilities", "水电气";
        Roads = "roads", "道路交通";
        Cleanliness = "environment", "环境卫生";
        Welfare = "welfare", "社保救助";
        Health = "health", "看病就医";
        School = "school", "上学";
        Land = "land", "土地房屋";
        Farming = "farming", "农业生产";
        Policy = "policy", "政策咨询";
        Other = "other", "其他";
    }
}

code_table! {
    /// 满意度, as whoever asked says it.
    Satisfied {
        Yes = "yes", "满意";
        Partly = "partly", "基本满意";
        No = "no", "不满意";
        Unreachable = "unreachable", "联系不上";
    }
}
