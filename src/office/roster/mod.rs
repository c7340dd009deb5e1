//! 花名册: rosters are taken in as the villages sent them, and taken out again.

mod export;
mod history;
pub mod import;
mod note;
mod notes;

use crate::office::{desk::use_desk, file_drop::FileDrop};
use import::{Import, Phase};
use leptos::prelude::*;
use ruhu_domain::office::SheetFile;

/// The page.
#[component]
pub fn Roster() -> impl IntoView {
    let desk = use_desk();
    // Made beside the tabs: who looks at another page meanwhile finds it as it was.
    let import: Import = expect_context();
    let imports = history::asked();
    let open = Callback::new(move |files| leptos::task::spawn_local(import.open(files)));
    let template = move |_| {
        leptos::task::spawn_local(async move {
            let made: Result<SheetFile, String> = desk.ask("roster-template", &()).await;
            desk.save(made, "花名册模板.xlsx");
        });
    };
    view! {
        <div class="desk-head">
            <h2>"花名册"</h2>
            <button type="button" class="small-button" on:click=template>"下载模板"</button>
        </div>
        <section class="card form">
            <h3>"导入"</h3>
            {move || match import.phase.get() {
                Phase::Empty => view! {
                    <p class="hint">
                        "村里怎么发来就怎么导入：Excel（xlsx、xls）或 CSV，几个文件可以一起选。先核对、后收下：核对时不写入。格子空着不会清掉已有的内容，导入两次不会重复"
                    </p>
                    <FileDrop label="选花名册文件" on_files=open/>
                }
                .into_any(),
                Phase::Reading => view! { <p role="status">"正在读文件…"</p> }.into_any(),
                Phase::Planning(done, of) => view! {
                    <p role="status">{format!("正在和记录核对：第 {} 个网格，共 {of} 个", done + 1)}</p>
                    <progress max=of.to_string() value=done.to_string()></progress>
                }
                .into_any(),
                Phase::Taking(done, of) => view! {
                    <p role="status">{format!("正在收下：第 {} 个网格，共 {of} 个", done + 1)}</p>
                    <progress max=of.to_string() value=done.to_string()></progress>
                    <p><button type="button" class="small-button" on:click=move |_| import.stop()>"停下"</button></p>
                }
                .into_any(),
                phase @ (Phase::Ready | Phase::Taken) => view! { <Read import taken={phase == Phase::Taken} imports/> }.into_any(),
            }}
            {move || {
                let words = import.problem.get();
                (!words.is_empty()).then(|| view! { <p class="problem" role="alert">{words}</p> })
            }}
        </section>
        {move || matches!(import.phase.get(), Phase::Ready | Phase::Taken).then(|| view! { <notes::Notes import/> })}
        <history::History imports/>
        <export::Export/>
    }
}

/// What was understood, and the way to take it.
#[component]
fn Read(
    /// The import.
    import: Import,
    /// Whether it was taken.
    taken: bool,
    /// The imports so far.
    imports: history::Asked,
) -> impl IntoView {
    let (rows, grids) = import.size();
    let names = import.names.with_untracked(|names| names.join("、"));
    let take = move |_| {
        leptos::task::spawn_local(async move {
            import.take().await;
            imports.again();
        });
    };
    let report = move |_| leptos::task::spawn_local(import.report());
    let left_out = import.left_out.get_untracked();
    let heading = if taken { "还没有收下" } else { "将要收下" };
    // A decision changes what there is to take.
    let wanted = move || {
        import.pending.track();
        import.is_wanted()
    };
    view! {
        <p><b>{names}</b>{format!("：{rows} 行，{grids} 个网格")}</p>
        {move || import.is_taken().then(|| view! {
            <p role="status"><b>"已收下"</b>" "{import.taken.get().to_string()}</p>
        })}
        {move || import.is_left().then(|| view! {
            <p role="status"><b>{heading}</b>" "{import.pending.get().to_string()}</p>
        })}
        {(!left_out.is_empty()).then(|| view! {
            <details class="left-out">
                <summary>{format!("文件里有 {} 处没有读", left_out.len())}</summary>
                <ul>{left_out.into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul>
            </details>
        })}
        {move || (!taken && !wanted()).then(|| view! { <p class="hint">"没有要写入的：和记录一样，或都要先处理下面的各项"</p> })}
        <div class="person-acts">
            {move || wanted().then(|| view! {
                <button type="button" class="small-button main" on:click=take>
                    {if taken { "接着收下" } else { "收下" }}
                </button>
            })}
            {move || import.has_failed().then(|| view! {
                <button type="button" class="small-button" on:click=move |_| leptos::task::spawn_local(import.compare_failed())>
                    "没核对成的再核对"
                </button>
            })}
            <button type="button" class="small-button" on:click=report>"下载核对表"</button>
            <button type="button" class="small-button" on:click=move |_| import.clear()>
                {if taken { "导入别的文件" } else { "不收了，换文件" }}
            </button>
        </div>
    }
}
