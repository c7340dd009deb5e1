//! 我的: what is unsent, the phone's storage, how the app looks.

use crate::{
    components::{chips::OneOf, page::Page, switch::Switch},
    pages::outbox::Outbox,
    platform::{
        clock, fingerprint, install,
        preferences::Theme,
        reminder, service_worker,
        space::{self, Space},
    },
    state::{
        SyncStatus,
        access::{leaving::Stay, pin},
        notebook::APP,
        use_app,
    },
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{day, engine::grids, wire::CodeMade};

/// The worker's own page.
#[component]
pub fn Me() -> impl IntoView {
    let app = use_app();
    let name = move || app.read(|notebook| notebook.session().name);
    let grids = move || {
        app.read(|notebook| {
            grids(notebook.engine().head()).map(|grid| grid.name.clone()).collect::<Vec<_>>().join("、")
        })
    };
    let large = Signal::derive(move || app.preferences.with(|look| look.large_type));
    let set_large = Callback::new(move |on| app.preferences.update(|look| look.large_type = on));
    let theme = Signal::derive(move || app.preferences.with(|look| look.theme));
    let set_theme = Callback::new(move |theme| app.preferences.update(|look| look.theme = theme));
    let themes = vec![
        (Theme::System, "跟随手机".to_owned()),
        (Theme::Light, "浅色".to_owned()),
        (Theme::Dark, "深色".to_owned()),
    ];
    let update = |_| leptos::task::spawn_local(service_worker::apply_update());
    let install = move |_| {
        app.can_install.set(false);
        install::ask();
    };
    view! {
        <Page title="我的">
            <section class="card rows">
                <p class="row"><b>{name}</b><span class="hint">{grids}</span></p>
            </section>
            <CodesMade/>
            <Outbox/>
            <section>
                <h2>"花名册"</h2>
                <div class="card rows">
                    <a href="/households/new" class="row link"><span>"登记新户"</span></a>
                    <a href="/duplicates" class="row link">
                        <span>"查重"</span><span class="hint">"可能重复登记的"</span>
                    </a>
                </div>
            </section>
            <section>
                <h2>"手册"</h2>
                <div class="card rows">
                    <a href="/contacts" class="row link">
                        <span>"便民电话"</span><span class="hint">"民警、法律顾问、卫生室…"</span>
                    </a>
                    <a href="/handbook" class="row link">
                        <span>"怎样办"</span><span class="hint">"调解、报警、反诈、转介…"</span>
                    </a>
                </div>
            </section>
            <Storage/>
            <section>
                <h2>"显示"</h2>
                <div class="card rows">
                    <Switch label="大字" on=large on_change=set_large/>
                    <OneOf legend="深浅" options=themes chosen=theme on_choose=set_theme/>
                </div>
            </section>
            <Reminder/>
            <section>
                <h2>"应用"</h2>
                <div class="card rows">
                    {move || app.can_install.get().then(|| view! {
                        <button class="row link strong" on:click=install>"安装到桌面"</button>
                    })}
                    <a href="/install" class="row link"><span>"装到桌面"</span><span class="hint">"查看步骤"</span></a>
                    <p class="row"><span>"版本"</span><span class="hint">{APP}</span></p>
                    {move || app.update_waits.get().then(|| view! {
                        <button class="row link strong" on:click=update>"有新版本，点此更新"</button>
                    })}
                </div>
            </section>
            <Unlocking/>
            <section class="leave">
                <button class="button plain" on:click=move |_| app.lock_all()>"立即锁定"</button>
            </section>
            <LogOut/>
        </Page>
    }
}

/// The codes that offices made for this account lately: whoever has one can log in as its owner.
#[component]
fn CodesMade() -> impl IntoView {
    let app = use_app();
    move || {
        let codes = app.read(|notebook| notebook.codes_made());
        (!codes.is_empty()).then(|| {
            let line = |code: CodeMade| {
                let used = code.used_at.map_or("还没有用过".to_owned(), |at| {
                    format!("{}已用它登录", day::ago(at.cast_signed(), clock::now_ms()))
                });
                view! {
                    <p class="row">
                        <span>{day::ago(code.at.cast_signed(), clock::now_ms())}"，"{code.by}</span>
                        <span class="hint">{used}</span>
                    </p>
                }
            };
            view! {
                <section>
                    <h2>"登记码"</h2>
                    <div class="card rows">
                        {codes.into_iter().map(line).collect_view()}
                        <p class="row hint">"办公室给您的账号发的登记码。不是您要的，请马上告诉办公室"</p>
                    </div>
                </section>
            }
        })
    }
}

/// 到期提醒, where the browser can.
#[component]
fn Reminder() -> impl IntoView {
    let on = RwSignal::new(None::<bool>);
    let problem = RwSignal::new(None::<&'static str>);
    let look = move || {
        leptos::task::spawn_local(async move {
            let _ = on.try_set(reminder::is_on().await);
        });
    };
    look();
    let turn = Callback::new(move |wanted: bool| {
        leptos::task::spawn_local(async move {
            let _ = problem.try_set(reminder::turn(wanted).await.err());
            look();
        });
    });
    let is_on = Signal::derive(move || on.get().unwrap_or_default());
    move || {
        on.get().is_some().then(|| {
            view! {
                <section>
                    <h2>"提醒"</h2>
                    <div class="card rows">
                        <Switch label="到期提醒" on=is_on on_change=turn/>
                        <p class="problem" role="alert">{problem}</p>
                        <p class="row hint">"每天最多一次，不响铃，只说有几件事到期；数目以上次看“今日”时为准"</p>
                    </div>
                </section>
            }
        })
    }
}

/// How full the phone is, and whether the browser promises to keep the data.
#[component]
fn Storage() -> impl IntoView {
    let app = use_app();
    let space = RwSignal::new(None::<Space>);
    let look = move || {
        leptos::task::spawn_local(async move {
            app.look_at_space().await;
            let found = space::look().await;
            let _ = space.try_set(found);
        });
    };
    look();
    let free = move |_| {
        leptos::task::spawn_local(async move {
            app.free_photos().await;
            look();
        });
    };
    let again = move |_| leptos::task::spawn_local(app.has_room());
    let row = |what: &'static str, words: String| {
        view! { <p class="row"><span>{what}</span><span class="hint">{words}</span></p> }
    };
    let photos = move || {
        let ([(all, bytes), (there, free_bytes)], refused) =
            app.read(|notebook| (notebook.album_size(), notebook.refused_photos()));
        (all > 0).then(|| {
            view! {
                {row("照片", format!("{all}张，{}", megabytes(bytes)))}
                {(there > 0).then(|| view! {
                    <p class="row">
                        <span class="hint">{format!("{there}张已到办公室，可腾出{}", megabytes(free_bytes))}</span>
                        <button class="text-button" on:click=free>"移除"</button>
                    </p>
                })}
                {(refused > 0).then(|| view! {
                    <p class="row problem">{format!("{refused}张没有送到，请打开那条记录看原因")}</p>
                })}
                {(there < all).then(|| view! {
                    <p class="row hint">{format!("{}张还没到办公室，要留着", all - there)}</p>
                })}
            }
        })
    };
    let records = move |stored: u64| {
        let [(_, photos), _] = app.read(|notebook| notebook.album_size());
        row("记录和草稿（要留着）", megabytes(stored.saturating_sub(photos)))
    };
    move || {
        space.get().map(|space| {
            let kept = if space.persistent {
                "是，系统不会自动清理"
            } else {
                "浏览器未保证；装到桌面更稳妥"
            };
            view! {
                <section>
                    <h2>"本机存储"</h2>
                    <div class="card rows">
                        {move || app.scarce.get().then(|| view! {
                            <p class="row problem" role="alert">
                                "手机空间快满了，暂不存照片。请移除已到办公室的照片，或清理手机里的视频、安装包"
                            </p>
                            <button class="row link strong" on:click=again>"腾好了，再试"</button>
                        })}
                        {row("已用", megabytes(space.used))}
                        {(space.granted > 0).then(|| row("可用", megabytes(space.granted)))}
                        {space.stored.map(records)}
                        {photos}
                        {space.app.map(|bytes| row("应用（没有网络也能打开）", megabytes(bytes)))}
                        {row("长期保留", kept.to_owned())}
                    </div>
                </section>
            }
        })
    }
}

/// Bytes in words.
fn megabytes(bytes: u64) -> String {
    if bytes > 10 << 30 {
        return format!("{} GB", bytes >> 30);
    }
    let tenths = bytes.saturating_mul(10) >> 20;
    if tenths == 0 {
        return "不到 0.1 MB".to_owned();
    }
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// 快速打开: a PIN, and the fingerprint sensor where there is one.
#[component]
fn Unlocking() -> impl IntoView {
    let app = use_app();
    let sensor = RwSignal::new(false);
    leptos::task::spawn_local(async move {
        let there = fingerprint::available().await;
        let _ = sensor.try_set(there);
    });
    let digits = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<String>);
    let setting = RwSignal::new(false);
    let set_pin = move |digits: Option<String>| {
        leptos::task::spawn_local(async move {
            let done = app.set_pin(digits.as_deref()).await;
            if done.is_ok() {
                let _ = setting.try_set(false);
                app.say(if digits.is_some() { "PIN 已设好" } else { "PIN 已取消" }, None);
            }
            drop(problem.try_set(done.err()));
        });
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        set_pin(digits.get_untracked().map(|field| field.value()));
    };
    let toggle_pin = Callback::new(move |on: bool| {
        setting.set(on);
        if !on && app.has_pin.get_untracked() {
            set_pin(None);
        }
    });
    let toggle_sensor = Callback::new(move |on: bool| {
        leptos::task::spawn_local(async move {
            let done = app.set_fingerprint(on).await;
            // Also where it did not work: the switch shows how it is.
            app.has_fingerprint.update(|_| {});
            drop(problem.try_set(done.err()));
        });
    });
    let pin_on = Signal::derive(move || app.has_pin.get() || setting.get());
    view! {
        <section>
            <h2>"打开方式"</h2>
            <div class="card rows">
                <Switch label="锁定后用 PIN 打开" on=pin_on on_change=toggle_pin/>
                {move || (setting.get() && !app.has_pin.get()).then(|| view! {
                    <form class="row" on:submit=submit>
                        <input
                            class="pin"
                            type="password"
                            inputmode="numeric"
                            autocomplete="off"
                            maxlength=pin::DIGITS
                            aria-label="新 PIN"
                            placeholder="6 位数字"
                            node_ref=digits
                        />
                        <button class="text-button" type="submit">"设好"</button>
                    </form>
                })}
                {move || sensor.get().then(|| view! {
                    <Switch label="用指纹打开" on=app.has_fingerprint on_change=toggle_sensor/>
                })}
                <p class="problem" role="alert">{problem}</p>
                <p class="row hint">"PIN 只在应用没有关掉时有用；重新打开应用要输密码"</p>
            </div>
        </section>
    }
}

#[component]
fn LogOut() -> impl IntoView {
    let app = use_app();
    let problem = RwSignal::new(None::<Stay>);
    let sure = RwSignal::new(false);
    let receipt = NodeRef::<html::Input>::new();
    let log_out = move |receipt: Option<String>| {
        leptos::task::spawn_local(async move {
            if let Err(stay) = app.log_out(receipt.as_deref()).await {
                drop(problem.try_set(Some(stay)));
                let _ = sure.try_set(false);
            }
        });
    };
    let with_receipt = move |event: SubmitEvent| {
        event.prevent_default();
        log_out(receipt.get_untracked().map(|field| field.value()));
    };
    let unsent = Memo::new(move |_| {
        matches!(problem.get(), Some(Stay::Unsent { .. } | Stay::Photos { .. } | Stay::OtherReceipt))
    });
    view! {
        <section class="leave">
            <p class="problem" role="alert">{move || problem.get().map(|stay| stay.to_string())}</p>
            {move || unsent.get().then(|| view! {
                <form class="card rows" on:submit=with_receipt>
                    <p class="row hint">
                        "一直没有网络？点上面的“导出”，把文件交给办公室。办公室收下后会给您 6 位回执号，填在这里就可以退出"
                    </p>
                    <label class="field">
                        <span>"回执号"</span>
                        <input inputmode="numeric" autocomplete="off" maxlength="6" node_ref=receipt/>
                    </label>
                    <button class="row link strong" type="submit">"凭回执号退出"</button>
                </form>
            })}
            {move || if sure.get() {
                let offline = matches!(app.status.get(), SyncStatus::Offline);
                view! {
                    <div class="card rows" role="group" aria-label="退出登录">
                        <p class="row">"退出会把这台手机上的记录全部清除；办公室里的不受影响。"</p>
                        {offline.then(|| view! {
                            <p class="row problem">"现在没有网络：退出以后，要有网络才能再登录。"</p>
                        })}
                        <p class="row hint">"只是放下手机，点上面的“立即锁定”就可以。"</p>
                        <button class="row link" on:click=move |_| sure.set(false)>"不退出"</button>
                        <button class="row link strong" on:click=move |_| log_out(None)>"清除并退出"</button>
                    </div>
                }
                .into_any()
            } else {
                view! { <button class="button plain" on:click=move |_| sure.set(true)>"退出登录"</button> }.into_any()
            }}
        </section>
    }
}
