//! Coming in to an office's page: password, second factor.

use super::staff::Right;
use crate::office::duties::Duty;
use serde::{Deserialize, Serialize};

/// `login`: an office's session, which ends after a quarter of an hour without a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The account's name.
    pub account: String,
    /// The password.
    pub password: String,
    /// The six digits of the moment (TOTP, RFC 6238), where the account has them.
    #[serde(default)]
    pub code: Option<String>,
}

/// The answer to a [`Login`], and to `me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The bearer token; empty in the answer to `me`.
    pub token: String,
    /// The account's name.
    pub account: String,
    /// The person's name.
    pub name: String,
    /// The rights that were granted to them.
    pub grants: Vec<Right>,
    /// The duties that they have in this office.
    pub duties: Vec<Duty>,
    /// Whether the account has a second factor.
    pub second_factor: bool,
    /// Whether one has to be turned on before anything else: everywhere but with demo data.
    pub factor_wanted: bool,
}

/// `second-factor`: the secret to be put into an authenticator app. It counts once a code made from it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The `otpauth://` address, for a QR code.
    pub uri: String,
    /// The secret in Base32, to be typed.
    pub secret: String,
}

/// `second-factor-on`, `second-factor-off`: a code of the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfMoment {
    /// Six digits.
    pub code: String,
}

/// An answer with nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}
