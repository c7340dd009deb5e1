//! A code for a phone, as a QR code and as text.

use super::moment;
use crate::platform;
use leptos::prelude::*;
use qrcode::{Color, EcLevel, QrCode};
use ruhu_domain::office::Code;

/// Blank modules around a QR code (ISO/IEC 18004).
const QUIET: usize = 4;

/// A QR code of a text; nothing where it is too long.
#[component]
pub fn Qr(
    /// The content.
    text: String,
    /// The description for those who don't see the code.
    label: &'static str,
) -> impl IntoView {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, _) in code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark) {
        path.push_str(&format!("M{} {}h1v1h-1z", at % width + QUIET, at / width + QUIET));
    }
    let side = width + 2 * QUIET;
    Some(view! {
        <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label=label shape-rendering="crispEdges">
            <rect width=side height=side fill="#fff"/>
            <path d=path fill="#000"/>
        </svg>
    })
}

/// Shows an enrolment code and says what the person with the phone does with it.
#[component]
pub fn EnrolCode(
    /// Whose it is.
    account: String,
    /// The code.
    code: Code,
) -> impl IntoView {
    // After the #, so that it reaches no server's log.
    let origin = platform::window().location().origin().unwrap_or_default();
    let address = format!("{origin}/enrol#{}/{}", String::from(js_sys::encode_uri_component(&account)), code.code);
    view! {
        <section class="card enrol-code" aria-live="polite">
            <Qr text=address label="登记二维码"/>
            <div>
                <p class="code">{code.code.clone()}</p>
                <p>"用手机相机扫码，或在手机应用的登录页点“第一次使用”，填账号 "<b>{account}</b>" 和上面的登记码，再自己设一个密码。"</p>
                {code.office.then(|| view! {
                    <p>"这是办公室的账号：设好密码后，在电脑上打开 "<b>{format!("{origin}/office")}</b>" 登录。"</p>
                })}
                <p class="hint">"只能用一次，"{moment(code.until)}" 前有效。请当面交给本人，不要发到群里"</p>
            </div>
        </section>
    }
}
