//! Areas and grids: who is responsible for where.

use serde::{Deserialize, Deserializer, Serialize};
use smol_str::SmolStr;
use std::{fmt, str::FromStr};

/// The four linked levels 市、县、乡、村.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AreaLevel {
    /// 市: the first 4 digits.
    City,
    /// 县、区: the first 6 digits.
    County,
    /// 乡、镇、街道: the first 9 digits.
    Township,
    /// 村、社区: all 12 digits.
    Village,
}

impl AreaLevel {
    /// How many digits of a code belong to this level and those above it.
    pub const fn digits(self) -> usize {
        match self {
            Self::City => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => 12,
        }
    }

    /// The level as the area table writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::County => "county",
            Self::Township => "township",
            Self::Village => "village",
        }
    }
}

/// A 12-digit statistical area code (统计用区划代码): province 2, city 2, county 2, township 3, village 3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AreaCode(SmolStr);

/// Why a code is not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadAreaCode {
    /// Not twelve digits.
    #[error("区划代码应为 12 位数字")]
    Area,
    /// Not `village code-NN`.
    #[error("网格编码应为“12 位村级代码-两位数字”，如 411502001003-02")]
    Grid,
}

impl AreaCode {
    /// The code as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The level, told by the zeros at the end.
    pub fn level(&self) -> AreaLevel {
        [AreaLevel::City, AreaLevel::County, AreaLevel::Township]
            .into_iter()
            .find(|level| self.0[level.digits()..].bytes().all(|digit| digit == b'0'))
            .unwrap_or(AreaLevel::Village)
    }

    /// The digits that every area and grid below this one starts with.
    pub fn prefix(&self) -> &str {
        &self.0[..self.level().digits()]
    }

    /// The next area up; none for a city.
    pub fn parent(&self) -> Option<Self> {
        let digits = match self.level() {
            AreaLevel::City => return None,
            AreaLevel::County => 4,
            AreaLevel::Township => 6,
            AreaLevel::Village => 9,
        };
        Some(Self(format!("{:0<12}", &self.0[..digits]).into()))
    }

    /// The county's six digits: the distribution key of a sharded database.
    pub fn county(&self) -> &str {
        &self.0[..6]
    }
}

impl FromStr for AreaCode {
    type Err = BadAreaCode;
    fn from_str(text: &str) -> Result<Self, BadAreaCode> {
        let ok = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        if ok { Ok(Self(text.into())) } else { Err(BadAreaCode::Area) }
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AreaCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ruhu_sync::text::parsed(deserializer)
    }
}

/// A grid: a village's code, `-` and two digits, as `411502001003-02`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GridCode(SmolStr);

impl GridCode {
    /// The code as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The village the grid is part of.
    pub fn village(&self) -> AreaCode {
        AreaCode(self.0[..12].into())
    }

    /// The grid's number within its village.
    pub fn number(&self) -> &str {
        &self.0[13..]
    }
}

impl FromStr for GridCode {
    type Err = BadAreaCode;
    fn from_str(text: &str) -> Result<Self, BadAreaCode> {
        let (area, number) = text.split_once('-').ok_or(BadAreaCode::Grid)?;
        let area: AreaCode = area.parse().map_err(|_| BadAreaCode::Grid)?;
        let two_digits = number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit());
        if two_digits && area.level() == AreaLevel::Village { Ok(Self(text.into())) } else { Err(BadAreaCode::Grid) }
    }
}

impl fmt::Display for GridCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for GridCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ruhu_sync::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> AreaCode {
        text.parse().expect("a valid code")
    }

    #[test]
    fn the_level_and_parent_follow_from_the_digits() {
        let village = area("411502001003");
        assert_eq!(village.level(), AreaLevel::Village);
        let township = village.parent().expect("a village has a township");
        assert_eq!((township.as_str(), township.level()), ("411502001000", AreaLevel::Township));
        let county = township.parent().expect("a township has a county");
        assert_eq!((county.as_str(), county.level()), ("411502000000", AreaLevel::County));
        let city = county.parent().expect("a county has a city");
        assert_eq!((city.as_str(), city.level(), city.parent()), ("411500000000", AreaLevel::City, None));
        assert_eq!(township.prefix(), "411502001");
    }

    #[test]
    fn codes_with_other_shapes_are_refused() {
        for text in ["", "41150200100", "4115020010031", "41150200100x", "411502001003"] {
            assert_eq!(text.parse::<GridCode>(), Err(BadAreaCode::Grid), "{text}");
        }
        assert_eq!("411502001003-2".parse::<GridCode>(), Err(BadAreaCode::Grid));
        assert_eq!("411502001000-02".parse::<GridCode>(), Err(BadAreaCode::Grid), "a township has no grids");
        assert_eq!("41150200100十".parse::<AreaCode>(), Err(BadAreaCode::Area));
        let grid: GridCode = "411502001003-02".parse().expect("a grid");
        assert_eq!((grid.village().as_str(), grid.number()), ("411502001003", "02"));
    }
}
