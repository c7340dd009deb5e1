//! The columns of a roster, and the names that offices give them.

use crate::import::table::Columns;

/// A column of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    Grid,
    Number,
    Head,
    Address,
    Phone,
    Order,
    Tags,
    Name,
    Relation,
    Sex,
    Birth,
    Living,
}

impl Column {
    /// Every column, in the order of the template.
    pub const ALL: [Self; 12] = [
        Self::Grid,
        Self::Number,
        Self::Head,
        Self::Address,
        Self::Phone,
        Self::Order,
        Self::Tags,
        Self::Name,
        Self::Relation,
        Self::Sex,
        Self::Birth,
        Self::Living,
    ];
}

impl Columns for Column {
    const ALL: &'static [Self] = &Self::ALL;
    const NEEDED: &'static [Self] = &[Self::Grid, Self::Number, Self::Name];

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Grid => &["网格编码", "网格代码", "网格编号", "所属网格编码", "所属网格", "网格"],
            Self::Number => &["户号", "户编号", "家庭编号", "门户号", "住户编号", "户码"],
            Self::Head => &["户主", "户主姓名"],
            Self::Address => &[
                "门牌地址",
                "地址",
                "住址",
                "家庭住址",
                "家庭地址",
                "现住址",
                "现住地址",
                "居住地址",
                "详细地址",
                "门牌号",
                "门牌",
            ],
            Self::Phone => &["联系电话", "联系方式", "电话", "电话号码", "联系号码", "手机", "手机号", "手机号码"],
            Self::Order => &["走访顺序", "走访次序", "顺序"],
            Self::Tags => &["标签", "人员类别", "重点类别", "户类别", "特殊情况"],
            Self::Name => &["姓名", "成员姓名", "家庭成员", "家庭成员姓名", "人员姓名", "居民姓名"],
            Self::Relation => &["与户主关系", "与户主的关系", "户主关系", "家庭关系", "关系"],
            Self::Sex => &["性别"],
            Self::Birth => &["出生日期", "出生年月日", "出生年月", "出生时间", "生日"],
            Self::Living => &["居住状态", "居住状况", "居住情况", "在家情况", "现状"],
        }
    }
}

/// Returns the names of the columns, in the order of the template.
pub fn columns() -> [&'static str; 12] {
    Column::ALL.map(Column::name)
}
