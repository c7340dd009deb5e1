//! Grids of a place: their names, what becomes of them, and codes of villages that change.

use crate::{
    area::{AreaCode, GridCode},
    id::RecordId,
    rights::Place,
};
use serde::{Deserialize, Serialize};

/// `grids`, `doors`: a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfPlace {
    /// The place.
    pub place: Place,
}

/// The answer to `grids`: a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridInfo {
    /// Its code.
    pub code: GridCode,
    /// Its name with that of its village.
    pub name: String,
    /// The name that an office gave it; empty where it has none.
    pub own_name: String,
    /// The code that it has on a platform above (统一网格编码); empty where it has none.
    pub alias: String,
    /// Whether it was closed.
    pub closed: Option<ClosedGrid>,
    /// How many households are in it.
    pub households: u64,
    /// The names of those who have a right in it.
    pub staff: Vec<String>,
}

/// The end of a grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedGrid {
    /// When, Unix milliseconds.
    pub at: u64,
    /// The grid that has its records now; none where it had none.
    pub successor: Option<GridCode>,
}

/// `grid`: makes a grid, or names one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutGrid {
    /// Its code.
    pub grid: GridCode,
    /// Its name after that of the village, as 东头网格; the number is shown where it is empty.
    #[serde(default)]
    pub name: String,
    /// The code that it has on a platform above; may be empty.
    #[serde(default)]
    pub alias: String,
    /// Whether it is to be made: then there must be none yet.
    #[serde(default)]
    pub new: bool,
}

/// `grid-close`: a grid without records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfGrid {
    /// Its code.
    pub grid: GridCode,
}

/// `grid-merge`: all that belongs to a grid goes to another, and the grid is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeGrid {
    /// The grid that is closed.
    pub from: GridCode,
    /// The grid that takes over.
    pub to: GridCode,
}

/// `grid-split`: households go to another grid, with what belongs to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitGrid {
    /// The grid they are in.
    pub from: GridCode,
    /// The grid they go to.
    pub to: GridCode,
    /// The households.
    pub households: Vec<RecordId>,
}

/// What went from one grid to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// The number of households.
    pub households: u64,
    /// The number of records in all.
    pub records: u64,
    /// The number of rights that went along.
    pub rights: u64,
}

/// The answer to `doors`: a household to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorToChoose {
    /// The household.
    pub id: RecordId,
    /// 户号.
    pub number: String,
    /// 户主.
    pub head: String,
    /// 住址.
    pub address: String,
}

/// The most households that are given to another grid in one request.
pub const MAX_DOORS: usize = 5_000;

/// `doors-read`, a sheet of households to choose: what its rows say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorsRead {
    /// The numbers (户号).
    pub numbers: Vec<String>,
    /// What could not be read, with its row.
    pub problems: Vec<String>,
}

/// A village that gets another code, or becomes part of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeVillage {
    /// Its code until now.
    pub from: AreaCode,
    /// Its code from now on: that of the village that it becomes part of, or a new one.
    pub to: AreaCode,
    /// The name of the new one; empty where the areas have it already.
    #[serde(default)]
    pub name: String,
}

/// The answer to `villages-read`: a row of a sheet of changes, and what it would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VillageChange {
    /// Where it stands in the file.
    pub line: String,
    /// The change; none where the row can't be read.
    pub change: Option<ChangeVillage>,
    /// The names, before and after.
    pub names: [String; 2],
    /// The grids, before and after.
    pub grids: Vec<(GridCode, GridCode)>,
    /// Why it can't be done; empty where it can.
    pub problem: String,
}

/// `areas-read`, `areas-take`: an area table, and what it would change or has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreasRead {
    /// Rows that are new.
    pub added: usize,
    /// Rows with another name than before.
    pub changed: usize,
    /// Rows that are there already.
    pub same: usize,
    /// Rows outside the places of whoever asks. They are left alone.
    pub outside: usize,
    /// Areas of those counties that the table lacks. They stay.
    pub missing: Vec<String>,
    /// Rows that can't be taken, with the reason.
    pub problems: Vec<String>,
}
