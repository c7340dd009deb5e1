//! The values that may be chosen in a care case. \[P\]

use crate::codes::code_table;

code_table! {
    /// For what a case is opened: the groups of 三失一偏, 三留守 and others. A group says which help is near, nothing
    /// about the person.
    Reason {
        Setback = "setback", "遇到重大变故";
        Child = "left_behind_child", "留守儿童";
        Old = "left_behind_old", "留守老人";
        Woman = "left_behind_woman", "留守妇女";
        Alone = "alone", "独居空巢";
        Poor = "hardship", "困难家庭";
        Resettled = "resettlement", "安置帮教";
        Disabled = "disabled", "残疾";
        Other = "other", "其他";
    }
}

code_table! {
    /// 困难: with what help is needed.
    Difficulty {
        Investment = "investment", "投资失败";
        Life = "life", "生活失意";
        Mood = "mood", "情绪低落";
        Relations = "relations", "与人相处困难";
        Medical = "medical", "医疗";
        Housing = "housing", "住房";
        Work = "work", "就业";
        School = "school", "就学";
        Support = "support", "赡养";
        Other = "other", "其他";
    }
}

code_table! {
    /// How often a case is looked at.
    Interval {
        Week = "7", "每7天";
        Month = "30", "每30天";
        Quarter = "90", "每90天";
        Own = "own", "另定天数";
    }
}

code_table! {
    /// 方式 of a care visit.
    Way {
        Home = "home", "上门";
        Phone = "phone", "电话";
        Came = "came", "来访";
    }
}

code_table! {
    /// 帮助 given.
    Help {
        Care = "care", "关爱救助";
        Counselling = "counselling", "心理疏导";
        Work = "work", "就业指导";
        Legal = "legal", "法律援助";
        Relief = "relief", "临时救助";
        Medical = "medical", "医疗联系";
        Talk = "talk", "个案访谈";
    }
}

code_table! {
    /// 转介: where else help is asked for.
    Referral {
        Hospital = "hospital", "医院";
        CivilAffairs = "civil_affairs", "民政";
        LegalAid = "legal_aid", "法律援助";
        Justice = "justice", "司法所";
        Other = "other", "其他部门";
    }
}
