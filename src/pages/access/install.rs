//! How to put the app on the home screen, for browsers that do not offer it themselves.

use crate::components::page::Page;
use leptos::prelude::*;

/// The steps, by browser.
#[component]
pub fn Install() -> impl IntoView {
    view! {
        <Page title="装到桌面" back="/me">
            <p class="lead">"装到桌面后，像普通应用一样打开，没有信号也能用，数据也更不容易被系统清理。"</p>
            <section class="card">
                <h2>"安卓、鸿蒙手机（Chrome、Edge 等浏览器）"</h2>
                <ol>
                    <li>"点右上角的菜单 ⋮"</li>
                    <li>"选“安装应用”或“添加到主屏幕”"</li>
                    <li>"点“安装”，回到桌面找到“入户”图标"</li>
                </ol>
            </section>
            <section class="card">
                <h2>"苹果手机（Safari 浏览器）"</h2>
                <ol>
                    <li>"点屏幕下方的分享按钮"</li>
                    <li>"向下找到“添加到主屏幕”"</li>
                    <li>"点右上角“添加”"</li>
                </ol>
            </section>
            <section class="card">
                <h2>"从微信里打开的?"</h2>
                <p>"微信里不能安装。请点右上角 …，选“在浏览器打开”，再按上面的步骤做。"</p>
            </section>
        </Page>
    }
}
