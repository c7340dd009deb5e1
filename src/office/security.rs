//! 我的账号: a second factor.

use super::{
    code::Qr,
    desk::{Asked, shown, use_desk},
    places::At,
    value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::office::{OfMoment, SecondFactor, Welcome};

/// The caller's own account.
#[component]
pub fn Security() -> impl IntoView {
    let desk = use_desk();
    let own: Asked<Welcome> = Asked::new("me");
    let begun = RwSignal::new(None::<SecondFactor>);
    let again = move || {
        drop(begun.try_set(None));
        own.again();
        leptos::task::spawn_local(desk.look_again());
    };
    let begin = move |_| {
        leptos::task::spawn_local(async move {
            match desk.ask("second-factor", &()).await {
                Ok(made) => drop(begun.try_set(Some(made))),
                Err(words) => desk.say(words),
            }
        });
    };
    let on = Callback::new(move |code| {
        desk.act("second-factor-on", OfMoment { code }, "动态码已启用，下次登录要用", again);
    });
    let off = Callback::new(move |code| {
        desk.act("second-factor-off", OfMoment { code }, "动态码已停用", again);
    });
    view! {
        <div class="desk-head"><h2>"我的账号"</h2></div>
        {shown(own, move |own| {
            let first = own.factor_wanted.then(|| view! {
                <p class="problem">"办公室账号都要启用动态码。启用之后，才能办别的事"</p>
            });
            let state = if own.second_factor {
                view! {
                    <p>"动态码已启用。登录时除密码外，还要输入手机验证器上的 6 位数字"</p>
                    <Digits button="停用动态码" on_code=off/>
                }
                .into_any()
            } else {
                view! {
                    <p>"动态码：别人就算知道密码，也登录不了。需要手机上装一个验证器应用"</p>
                    <button class="small-button main" on:click=begin>"启用动态码"</button>
                }
                .into_any()
            };
            view! {
                <section class="card item">
                    <h3>{own.name.clone()}"（"{own.account.clone()}"）"</h3>
                    {own.grants.iter().map(|right| {
                        let classes: Vec<&str> = right.classes.iter().map(|class| class.title()).collect();
                        view! { <p>{right.role.title()}" "<At place=right.place.clone()/>" "{classes.join("、")}</p> }
                    }).collect_view()}
                    {first}
                    {state}
                </section>
            }
            .into_any()
        })}
        {move || begun.get().map(|factor| view! {
            <section class="card enrol-code">
                <Qr text=factor.uri label="动态码二维码"/>
                <div>
                    <p>"用验证器应用扫码，或手工输入密钥："</p>
                    <p class="code small">{factor.secret}</p>
                    <p>"再输入它现在显示的 6 位数字："</p>
                    <Digits button="启用" on_code=on/>
                </div>
            </section>
        })}
    }
}

#[component]
fn Digits(
    /// The words on the button.
    button: &'static str,
    /// Called with the digits.
    on_code: Callback<String>,
) -> impl IntoView {
    let code = NodeRef::<html::Input>::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_code.run(value(code));
    };
    view! {
        <form class="decide" on:submit=submit>
            <input inputmode="numeric" autocomplete="one-time-code" maxlength="6" aria-label="动态码" placeholder="6 位数字" node_ref=code/>
            <button class="small-button" type="submit">{button}</button>
        </form>
    }
}
