//! Pages of 手册 and 便民电话 that offices keep.

use super::staff::Attribution;
use crate::{help::contact::Service, id::OpId, rights::Place};
use serde::{Deserialize, Serialize};

/// A page that an office adds to 手册, or changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutPage {
    /// Which one; none for a new one.
    #[serde(default)]
    pub id: Option<OpId>,
    /// For the phones of which place: a county or below.
    pub place: Place,
    /// 标题.
    pub title: String,
    /// 依据.
    pub law: String,
    /// The text of the page, in the format of [`crate::help::handbook`].
    pub text: String,
}

/// A page that an office added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPage {
    /// Its identity.
    pub id: OpId,
    /// For the phones of which place.
    pub place: Place,
    /// 标题.
    pub title: String,
    /// 依据.
    pub law: String,
    /// The content.
    pub text: String,
    /// Who changed it last, and when.
    pub done: Attribution,
}

/// A page, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfPage {
    /// Which.
    pub id: OpId,
}

/// Somebody to call, whom an office adds to 便民电话, or changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutContact {
    /// Which one; none for a new one.
    #[serde(default)]
    pub id: Option<OpId>,
    /// For the phones of which place: a county or below.
    pub place: Place,
    /// The service that the number is for.
    pub service: Service,
    /// Who: a person in their office, or an office.
    pub name: String,
    /// One number.
    pub phone: String,
    /// When they are there, or anything else.
    pub note: String,
}

/// Somebody to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnContact {
    /// The identity.
    pub id: OpId,
    /// For the phones of which place.
    pub place: Place,
    /// The place's name; of a grid, its village's.
    pub from: String,
    /// The service that the number is for.
    pub service: Service,
    /// Who.
    pub name: String,
    /// The number.
    pub phone: String,
    /// When they are there, or anything else.
    pub note: String,
    /// Who changed it last, and when.
    pub done: Attribution,
}

/// Somebody to call, named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfContact {
    /// Which.
    pub id: OpId,
}
