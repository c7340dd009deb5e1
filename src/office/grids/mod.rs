//! 网格: the grids of a place; making, naming, merging, splitting and closing one.

mod areas;
mod split;

use crate::office::{
    day_words,
    desk::{Asked, shown, use_desk},
    places::PlaceField,
    value,
};
use leptos::{ev::SubmitEvent, html, prelude::*};
use ruhu_domain::{
    GridCode,
    office::{GridInfo, MergeGrid, OfGrid, OfPlace, PutGrid, Transferred},
    rights::Place,
};

/// The page.
#[component]
pub fn Grids() -> impl IntoView {
    let desk = use_desk();
    let place = RwSignal::new(desk.own_place());
    let grids: Asked<Vec<GridInfo>> = Asked::empty("grids");
    let open: RwSignal<Option<GridCode>> = RwSignal::new(None);
    let look = move || {
        if let Ok(place) = place.get_untracked().parse::<Place>() {
            grids.about_again(&OfPlace { place });
        }
    };
    look();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        open.set(None);
        look();
    };
    let done = Callback::new(move |()| {
        desk.forget_names();
        open.set(None);
        look();
    });
    view! {
        <div class="desk-head"><h2>"网格"</h2></div>
        <form class="card form" on:submit=submit novalidate>
            <PlaceField label="看哪里的网格" place/>
            <button class="small-button" type="submit">"查看"</button>
        </form>
        <NewGrid on_done=done/>
        {shown(grids, move |grids| {
            if grids.is_empty() {
                return view! { <p class="hint">"这里还没有网格。可以在上面新建，或导入花名册、给网格员授权"</p> }.into_any();
            }
            let rows = grids.into_iter().map(|grid| view! { <Row grid open/> }).collect_view();
            view! {
                <div class="table-wrap" tabindex="0" role="region" aria-label="网格">
                    <table>
                        <thead>
                            <tr>
                                {["编码", "名称", "官方编码", "户", "人员", "操作"].map(|words| view! { <th scope="col">{words}</th> })}
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
            .into_any()
        })}
        {move || open.get().and_then(|code| {
            let grids = grids.got.get()?.ok()?;
            let grid = grids.iter().find(|grid| grid.code == code)?.clone();
            let others: Vec<GridInfo> =
                grids.into_iter().filter(|other| other.code != code && other.closed.is_none()).collect();
            Some(view! { <Change grid others on_done=done/> })
        })}
        <areas::Areas/>
    }
}

#[component]
fn Row(
    /// The grid.
    grid: GridInfo,
    /// The grid that is changed.
    open: RwSignal<Option<GridCode>>,
) -> impl IntoView {
    let code = grid.code.clone();
    let state = match grid.closed {
        Some(closed) => {
            let to = closed.successor.map(|to| format!("，并入 {to}")).unwrap_or_default();
            view! { <span class="hint">{format!("{} 关闭{to}", day_words(closed.at))}</span> }.into_any()
        }
        None => view! {
            <button type="button" class="small-button" on:click=move |_| open.set(Some(code.clone()))>"调整"</button>
        }
        .into_any(),
    };
    view! {
        <tr>
            <td>{grid.code.to_string()}</td>
            <td>{grid.name}</td>
            <td>{grid.alias}</td>
            <td>{grid.households}</td>
            <td>{grid.staff.join("、")}</td>
            <td>{state}</td>
        </tr>
    }
}

#[component]
fn NewGrid(
    /// Called after it was made.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let shows = RwSignal::new(false);
    let [code, name, alias] = [(); 3].map(|()| NodeRef::<html::Input>::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Ok(grid) = value(code).parse() else {
            desk.say("请填写网格编码：村的 12 位代码、短横、两位数字，如 411502001003-02");
            return;
        };
        let put = PutGrid { grid, name: value(name), alias: value(alias), new: true };
        desk.act("grid", put, "网格已建好，可以给网格员授权了", move || {
            shows.set(false);
            on_done.run(());
        });
    };
    move || {
        if !shows.get() {
            return view! {
                <p><button type="button" class="small-button" on:click=move |_| shows.set(true)>"新建网格"</button></p>
            }
            .into_any();
        }
        view! {
            <form class="card form" on:submit=submit novalidate>
                <h3>"新建网格"</h3>
                <div class="columns">
                    <label class="field"><span>"网格编码"</span><input type="text" autocomplete="off" node_ref=code/></label>
                    <label class="field"><span>"网格名称（可不填）"</span><input type="text" autocomplete="off" placeholder="如 东头网格、3号楼网格" node_ref=name/></label>
                    <label class="field"><span>"统一网格编码（可不填）"</span><input type="text" autocomplete="off" node_ref=alias/></label>
                </div>
                <button class="small-button main" type="submit">"建网格"</button>
                <button type="button" class="small-button" on:click=move |_| shows.set(false)>"取消"</button>
            </form>
        }
        .into_any()
    }
}

/// What can be done with a grid.
#[component]
fn Change(
    /// The grid.
    grid: GridInfo,
    /// The grids that it can be merged into.
    others: Vec<GridInfo>,
    /// Called after a change.
    on_done: Callback<()>,
) -> impl IntoView {
    let desk = use_desk();
    let code = StoredValue::new(grid.code.clone());
    let [name, alias] = [(); 2].map(|()| NodeRef::<html::Input>::new());
    let rename = move |event: SubmitEvent| {
        event.prevent_default();
        let put = PutGrid { grid: code.get_value(), name: value(name), alias: value(alias), new: false };
        desk.act("grid", put, "已保存，手机下次同步后显示新名称", move || on_done.run(()));
    };
    let close = move |_| {
        desk.act("grid-close", OfGrid { grid: code.get_value() }, "网格已关闭", move || on_done.run(()));
    };
    let options = |others: &[GridInfo]| {
        let option = |other: &GridInfo| {
            let code = other.code.to_string();
            view! { <option value=code.clone()>{format!("{code} {}", other.name)}</option> }
        };
        others.iter().map(option).collect_view()
    };
    let into = NodeRef::<html::Select>::new();
    let merge = move |event: SubmitEvent| {
        event.prevent_default();
        let chosen = into.get_untracked().map(|field| field.value()).unwrap_or_default();
        let Ok(to) = chosen.parse() else {
            desk.say("请选并入哪个网格");
            return;
        };
        let merge = MergeGrid { from: code.get_value(), to };
        leptos::task::spawn_local(async move {
            match desk.ask::<Transferred>("grid-merge", &merge).await {
                Ok(done) => {
                    let Transferred { households, records, rights } = done;
                    desk.say(format!("已并入：{households} 户，共 {records} 条记录，{rights} 条授权"));
                    on_done.run(());
                }
                Err(words) => desk.say(words),
            }
        });
    };
    let empty = others.is_empty();
    let (into_options, split_options) = (options(&others), others.clone());
    view! {
        <section class="card form" aria-label="调整网格">
            <h3>{format!("调整 {} {}", grid.code, grid.name)}</h3>
            <form on:submit=rename novalidate>
                <div class="columns">
                    <label class="field">
                        <span>"名称（不填则按编号）"</span>
                        <input type="text" autocomplete="off" value=grid.own_name node_ref=name/>
                    </label>
                    <label class="field">
                        <span>"统一网格编码（上级平台的）"</span>
                        <input type="text" autocomplete="off" value=grid.alias node_ref=alias/>
                    </label>
                </div>
                <button class="small-button main" type="submit">"保存名称"</button>
            </form>
            {(!empty).then(|| view! {
                <h4>"并入别的网格"</h4>
                <form on:submit=merge novalidate>
                    <p class="hint">
                        "户、记录、卷宗、照片和授权都过去，这个网格随即关闭。网格员手机上没发送的记录不会丢，联网后记到并入的网格里。并错了可以再并回来，但两边的户会在一起"
                    </p>
                    <label class="field"><span>"并入哪个网格"</span><select node_ref=into>{into_options}</select></label>
                    <button class="small-button" type="submit">"并入"</button>
                </form>
                <split::Split from=code.get_value() others=split_options on_done/>
            })}
            {(grid.households == 0).then(|| view! {
                <h4>"关闭"</h4>
                <p class="hint">"没有记录的网格可以关闭，里面的授权随即结束"</p>
                <p><button type="button" class="small-button" on:click=close>"关闭网格"</button></p>
            })}
        </section>
    }
}
