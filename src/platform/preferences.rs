//! Small settings of this phone that are nobody's secret: how the app looks, who logged in last.

use gloo_storage::{LocalStorage, Storage};
use ruhu_domain::DeviceId;
use serde::{Deserialize, Serialize};

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the phone is set.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// 大字
    pub large_type: bool,
    /// 深色
    pub theme: Theme,
    /// The account name that logged in last.
    pub account: String,
    /// The identity under which this phone asks to come in for an account, until it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<(String, DeviceId)>,
}

const KEY: &str = "ruhu.preferences";

/// Whether the browser keeps something: not where its owner forbids it.
fn are_kept() -> bool {
    super::window().local_storage().is_ok_and(|storage| storage.is_some())
}

impl Preferences {
    /// The settings kept; the usual ones where there are none.
    pub fn load() -> Self {
        if are_kept() { LocalStorage::get(KEY).unwrap_or_default() } else { Self::default() }
    }

    /// Keeps the settings and makes the page look so. A browser that keeps nothing only forgets them.
    pub fn keep(&self) {
        if are_kept() {
            drop(LocalStorage::set(KEY, self));
        }
        self.show();
    }

    /// Makes the page look so.
    pub fn show(&self) {
        let Some(root) = super::window().document().and_then(|document| document.document_element()) else { return };
        let set = |name: &str, value: Option<&str>| match value {
            Some(value) => drop(root.set_attribute(name, value)),
            None => drop(root.remove_attribute(name)),
        };
        set("data-type", self.large_type.then_some("large"));
        set(
            "data-theme",
            match self.theme {
                Theme::System => None,
                Theme::Light => Some("light"),
                Theme::Dark => Some("dark"),
            },
        );
    }
}
