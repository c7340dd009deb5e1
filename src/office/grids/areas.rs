//! 区划: an area table is looked at and taken in; villages get other codes by a sheet.

use crate::{
    office::{desk::use_desk, file_drop::FileDrop},
    platform::files::Chosen,
};
use leptos::prelude::*;
use ruhu_domain::office::{AreasRead, Transferred, VillageChange};

/// Both forms.
#[component]
pub fn Areas() -> impl IntoView {
    view! {
        <section class="card form">
            <h3>"区划"</h3>
            <AreaTable/>
        </section>
        <section class="card form">
            <h3>"村的代码变了，或并村"</h3>
            <Villages/>
        </section>
    }
}

#[component]
fn AreaTable() -> impl IntoView {
    let desk = use_desk();
    let read: RwSignal<Option<Result<AreasRead, String>>> = RwSignal::new(None);
    let taken = RwSignal::new(false);
    let bytes: StoredValue<Vec<u8>> = StoredValue::new(Vec::new());
    let open = Callback::new(move |files: Vec<Chosen>| {
        leptos::task::spawn_local(async move {
            let Some(file) = files.first() else { return };
            let Some(content) = file.bytes().await else {
                read.set(Some(Err("浏览器读不出这个文件，请重新选".to_owned())));
                return;
            };
            let got = desk.send("areas-read", &content).await;
            bytes.set_value(content);
            taken.set(false);
            read.set(Some(got));
        });
    });
    let take = move |_| {
        leptos::task::spawn_local(async move {
            let got: Result<AreasRead, String> = desk.send("areas-take", &bytes.get_value()).await;
            desk.forget_names();
            taken.set(got.is_ok());
            read.set(Some(got));
        });
    };
    view! {
        <p class="hint">"统计用区划代码表：Excel 或 CSV，要有代码和名称两列。只收您管的地方，先看、后收；表里没有的村不会删"</p>
        <FileDrop label="选区划表" on_files=open/>
        {move || read.get().map(|read| match read {
            Err(words) => view! { <p class="problem" role="alert">{words}</p> }.into_any(),
            Ok(AreasRead { added, changed, same, outside, missing, problems }) => {
                let done = taken.get();
                let head = if done { "已收下" } else { "这张表里" };
                let words = format!("{head}：新增 {added} 个，改名 {changed} 个，一样 {same} 个，不在您管的范围 {outside} 个");
                let nothing = added + changed == 0;
                let list = |title: &'static str, lines: Vec<String>| (!lines.is_empty()).then(|| view! {
                    <details>
                        <summary>{format!("{title}（{}）", lines.len())}</summary>
                        <ul>{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                    </details>
                });
                view! {
                    <p role="status">{words}</p>
                    {list("不能收的行", problems)}
                    {list("系统里有、表里没有", missing)}
                    {(!done && !nothing).then(|| view! {
                        <p><button type="button" class="small-button main" on:click=take>"收下区划"</button></p>
                    })}
                }
                .into_any()
            }
        })}
    }
}

#[component]
fn Villages() -> impl IntoView {
    let desk = use_desk();
    let rows: RwSignal<Option<Result<Vec<VillageChange>, String>>> = RwSignal::new(None);
    let said: RwSignal<Vec<String>> = RwSignal::new(Vec::new());
    let busy = RwSignal::new(false);
    let open = Callback::new(move |files: Vec<Chosen>| {
        leptos::task::spawn_local(async move {
            let Some(file) = files.first() else { return };
            let Some(content) = file.bytes().await else {
                rows.set(Some(Err("浏览器读不出这个文件，请重新选".to_owned())));
                return;
            };
            said.set(Vec::new());
            rows.set(Some(desk.send("villages-read", &content).await));
        });
    });
    let carry_out = move |_| {
        let Some(Ok(all)) = rows.get_untracked() else { return };
        busy.set(true);
        leptos::task::spawn_local(async move {
            for row in all.into_iter().filter(|row| row.problem.is_empty()) {
                let Some(change) = row.change else { continue };
                let names = format!("{} → {}", change.from, change.to);
                let words = match desk.ask::<Transferred>("village-change", &change).await {
                    Ok(done) => format!("{names}：已改，{} 户，共 {} 条记录", done.households, done.records),
                    Err(words) => format!("{names}：{words}"),
                };
                if said.try_update(|said| said.push(words)).is_none() {
                    return;
                }
            }
            rows.set(None);
            busy.set(false);
        });
    };
    view! {
        <p class="hint">
            "一张对照表：旧代码、新代码，新代码还不在区划里的再加一列新名称。网格、记录、人员和授权跟着过去；手机上没发送的记录不会丢。只能在同一个县（市、区）里改"
        </p>
        <FileDrop label="选对照表" on_files=open/>
        {move || rows.get().map(|rows| match rows {
            Err(words) => view! { <p class="problem" role="alert">{words}</p> }.into_any(),
            Ok(rows) => {
                let ready = rows.iter().filter(|row| row.problem.is_empty()).count();
                let lines = rows.into_iter().map(|row| {
                    let VillageChange { line, change, names: [before, after], grids, problem } = row;
                    let codes = change.map(|change| format!("{} → {}", change.from, change.to)).unwrap_or_default();
                    if !problem.is_empty() {
                        return view! { <li class="problem">{format!("{line} {codes} {problem}")}</li> }.into_any();
                    }
                    let grids: Vec<String> = grids.iter().map(|(old, new)| format!("{}→{}", old.number(), new.number())).collect();
                    let grids = if grids.is_empty() { "没有网格".to_owned() } else { format!("网格 {}", grids.join("、")) };
                    view! { <li>{format!("{codes}：{before} → {after}，{grids}")}</li> }.into_any()
                });
                view! {
                    <ul>{lines.collect_view()}</ul>
                    {(ready > 0).then(|| view! {
                        <p><button type="button" class="small-button main" disabled=busy on:click=carry_out>{format!("改这 {ready} 个村")}</button></p>
                    })}
                }
                .into_any()
            }
        })}
        <div role="status">
            <ul>{move || said.get().into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
        </div>
    }
}
