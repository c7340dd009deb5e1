//! Code tables: what may be chosen, with the code that is stored and the words that are shown.

/// Makes an enum of a code table, stored by code.
macro_rules! code_table {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $code:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(
                #[doc = $label]
                $(#[$item_doc])*
                #[serde(rename = $code)]
                $item,
            )+
        }

        impl $name {
            /// Every row, in the order shown.
            pub const ALL: &'static [Self] = &[$(Self::$item),+];

            /// Code and words of every row.
            pub const ROWS: &'static [(&'static str, &'static str)] = &[$(($code, $label)),+];

            /// The words shown and printed.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$item => $label),+ }
            }

            /// The code stored.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$item => $code),+ }
            }

            /// The row with these words or this code.
            pub fn find(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|item| item.label() == text || item.code() == text)
            }
        }

        impl From<$name> for &'static str {
            fn from(item: $name) -> Self {
                item.label()
            }
        }
    };
}

pub(crate) use code_table;

code_table! {
    /// Sex, GB/T 2261.1-2003.
    Sex {
        Unknown = "0", "未知";
        Male = "1", "男";
        Female = "2", "女";
        Unstated = "9", "未说明";
    }
}

code_table! {
    /// Relation to the head of the household, GB/T 4761-2008 (first digit).
    Relation {
        Head = "0", "本人或户主";
        Spouse = "1", "配偶";
        Son = "2", "子";
        Daughter = "3", "女";
        Grandchild = "4", "孙子女或外孙子女";
        Parent = "5", "父母";
        Grandparent = "6", "祖父母或外祖父母";
        Sibling = "7", "兄弟姐妹";
        Other = "8", "其他";
    }
}

code_table! {
    /// Where a resident lives now.
    Living {
        Home = "home", "在家";
        Away = "away", "外出";
        Moved = "moved", "搬离";
        Died = "died", "去世";
    }
}

code_table! {
    /// The reasons why a household is visited more often.
    Tag {
        ElderAlone = "elder_alone", "独居老人";
        EmptyNest = "empty_nest", "空巢";
        Hardship = "hardship", "困难";
        MigrantWork = "migrant", "外出务工";
        Rented = "rented", "出租户";
    }
}

code_table! {
    /// How a visit ended.
    Outcome {
        Met = "met", "已见面";
        NobodyHome = "nobody", "无人在家";
        MigrantWork = "migrant", "外出务工";
        Phoned = "phoned", "电话联系";
        Declined = "declined", "谢绝";
        Moved = "moved", "搬离";
    }
}

code_table! {
    /// Why a visit is put off (改期). Codes alone: what is behind it is the family's own.
    PutOff {
        AskedTo = "asked", "家里请改时间";
        Away = "away", "外出不在家";
        Harvest = "harvest", "农忙";
        Weather = "weather", "天气或路不通";
        OtherWork = "work", "有急事要办";
        Other = "other", "其他";
    }
}

code_table! {
    /// The purposes of a visit.
    Purpose {
        Routine = "routine", "日常走访";
        Screening = "screening", "排查";
        Policy = "policy", "政策宣传";
        AntiFraud = "anti_fraud", "反诈宣传";
        Safety = "safety", "安全检查";
        Care = "care", "关爱";
        FollowUp = "follow_up", "回访";
    }
}

code_table! {
    /// Whether those registered at an address are those who live there (人户一致标识).
    Consistency {
        Same = "01", "一致";
        Different = "02", "不一致";
    }
}
