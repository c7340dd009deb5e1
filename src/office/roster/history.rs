//! The imports of the last year, and undoing one.

use super::import::Import;
use crate::office::{
    desk::{self, shown, use_desk},
    moment,
};
use leptos::prelude::*;
use ruhu_domain::office::{PastImport, UndoImport, Undone};

/// The imports, asked of the server.
pub type Asked = desk::Asked<Vec<PastImport>>;

/// Asks for the imports.
pub fn asked() -> Asked {
    Asked::new("imports")
}

/// The list.
#[component]
pub fn History(
    /// The imports.
    imports: Asked,
) -> impl IntoView {
    view! {
        <section>
            <h3>"导入记录"</h3>
            {shown(imports, move |list: Vec<PastImport>| {
                if list.is_empty() {
                    return view! { <p class="hint">"一年内没有导入过"</p> }.into_any();
                }
                list.into_iter().map(|import| view! { <One import imports/> }).collect_view().into_any()
            })}
        </section>
    }
}

#[component]
fn One(
    /// The import.
    import: PastImport,
    /// The list, asked for again after an undo.
    imports: Asked,
) -> impl IntoView {
    let desk = use_desk();
    let open: Import = expect_context();
    let PastImport { id, file, done, grids, counts, undoable } = import;
    let sure = RwSignal::new(false);
    let progress = RwSignal::new(None::<(usize, usize)>);
    let undone = grids.iter().filter(|(_, undone)| *undone).count();
    let all = grids.len();
    let left: Vec<_> = grids.into_iter().filter(|(_, undone)| !undone).map(|(grid, _)| grid).collect();
    let left = StoredValue::new(left);
    let kept = RwSignal::new(Vec::<String>::new());
    let undo = move |_| {
        sure.set(false);
        let grids = left.get_value();
        leptos::task::spawn_local(async move {
            let (of, mut taken_back) = (grids.len(), 0);
            let mut stays = Vec::new();
            for (at, grid) in grids.into_iter().enumerate() {
                if progress.try_set(Some((at, of))).is_some() {
                    return;
                }
                match desk.ask::<Undone>("roster-undo", &UndoImport { id, grid }).await {
                    Ok(Undone { undone, kept }) => {
                        taken_back += undone;
                        stays.extend(kept);
                    }
                    Err(words) => {
                        stays.push(words);
                        break;
                    }
                }
            }
            desk.say(format!("撤销了 {taken_back} 条，{} 处留着", stays.len()));
            let _ = progress.try_set(None);
            open.undone(id).await;
            if stays.is_empty() {
                imports.again();
            } else {
                // What stays is read before the list is drawn anew.
                drop(kept.try_set(stays));
            }
        });
    };
    let state = match undone {
        0 => String::new(),
        undone if undone == all => "（已撤销）".to_owned(),
        undone => format!("（{undone} 个网格已撤销）"),
    };
    view! {
        <article class="card item">
            <p>
                <b>{file}</b>{state}" "
                <span class="hint">{format!("{} {}，{all} 个网格", moment(done.at), done.by)}</span>
            </p>
            <p>{counts.to_string()}</p>
            {move || progress.get().map(|(at, of)| view! {
                <p role="status">{format!("正在撤销：第 {} 个网格，共 {of} 个", at + 1)}</p>
            })}
            {move || {
                let stays = kept.get();
                (!stays.is_empty()).then(|| view! {
                    <p class="problem" role="alert">"这些留着，没有撤销："</p>
                    <ul>{stays.into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul>
                    <button type="button" class="small-button" on:click=move |_| imports.again()>"知道了"</button>
                })
            }}
            {move || (undoable && progress.get().is_none() && kept.with(Vec::is_empty)).then(|| {
                if sure.get() {
                    view! {
                        <p>"撤销后，这次新增的户和人作废，改动的恢复原样；之后有人改过、走访过的留着。确定撤销？"</p>
                        <div class="person-acts">
                            <button type="button" class="small-button warn" on:click=undo>"确定撤销"</button>
                            <button type="button" class="small-button" on:click=move |_| sure.set(false)>"不撤销"</button>
                        </div>
                    }
                    .into_any()
                } else {
                    view! {
                        <button type="button" class="small-button" on:click=move |_| sure.set(true)>"撤销这次导入"</button>
                    }
                    .into_any()
                }
            })}
        </article>
    }
}
