//! 人员表: accounts from a sheet, made one by one, and the printed slips of their codes.

use super::{
    code::Qr,
    desk::{Desk, use_desk},
    file_drop::FileDrop,
    moment,
};
use crate::platform::{self, files::Chosen};
use leptos::prelude::*;
use ruhu_domain::office::{
    Code, Give, MAX_ROSTER, Nothing, OfAccount, OfGrant, Remark, SheetFile, StaffFile, StaffRow,
};

/// A slip: what lets one person in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    name: String,
    account: String,
    code: Code,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Empty,
    Reading,
    Ready,
    /// So many of so many rows.
    Making(usize, usize),
    Made,
}

/// The sheet of accounts. Copies are handles to the same one.
#[derive(Clone, Copy)]
struct StaffImport {
    desk: Desk,
    phase: RwSignal<Phase>,
    problem: RwSignal<String>,
    file: RwSignal<StaffFile>,
    failed: RwSignal<Vec<Remark>>,
    done: RwSignal<usize>,
    slips: RwSignal<Vec<Slip>>,
    stopping: RwSignal<bool>,
}

impl StaffImport {
    async fn open(self, chosen: Vec<Chosen>) {
        let [file] = chosen.as_slice() else {
            self.problem.set("人员表一次导入一个文件".to_owned());
            return;
        };
        self.problem.set(String::new());
        if file.size() > MAX_ROSTER as f64 {
            self.problem.set(format!("文件超过 {} MB，请分成几个文件", MAX_ROSTER / 1024 / 1024));
            return;
        }
        self.phase.set(Phase::Reading);
        let read = match file.bytes().await {
            Some(bytes) => self.desk.send::<StaffFile>("staff-read", &bytes).await,
            None => Err("浏览器读不出这个文件，请再选一次".to_owned()),
        };
        match read {
            Ok(read) => {
                drop(self.file.try_set(read));
                let _ = self.phase.try_set(Phase::Ready);
            }
            Err(words) => {
                drop(self.problem.try_set(words));
                let _ = self.phase.try_set(Phase::Empty);
            }
        }
    }

    /// Makes the accounts, gives the rights, and has a code for each new account.
    async fn make(self) {
        let rows = self.file.with_untracked(|file| file.rows.clone());
        let of = rows.len();
        self.stopping.set(false);
        for (at, row) in rows.into_iter().enumerate() {
            if self.phase.try_set(Phase::Making(at, of)).is_some() {
                return;
            }
            if self.stopping.get_untracked() {
                self.problem.set(format!("已停下：还有 {} 行没有办。同一个文件再导入一次，办过的不会重复", of - at));
                break;
            }
            let line = row.line.clone();
            match self.one(row).await {
                Ok(slip) => {
                    self.done.update(|done| *done += 1);
                    self.slips.update(|slips| slips.extend(slip));
                }
                Err(words) => self.failed.update(|failed| failed.push(Remark { line, words })),
            }
        }
        let _ = self.phase.try_set(Phase::Made);
    }

    async fn one(self, StaffRow { account, new, changed, right, until, .. }: StaffRow) -> Result<Option<Slip>, String> {
        if new || changed {
            let path = if new { "account" } else { "account-change" };
            self.desk.ask::<Nothing>(path, &account).await?;
        }
        if let Some(right) = right {
            let give = Give { account: account.account.clone(), right, until };
            self.desk.ask::<OfGrant>("give", &give).await?;
        }
        if !new {
            return Ok(None);
        }
        let code: Code = self.desk.ask("code", &OfAccount { account: account.account.clone() }).await?;
        Ok(Some(Slip { name: account.name, account: account.account, code }))
    }
}

/// The way from a sheet to accounts.
#[component]
pub fn StaffSheet(
    /// Called when accounts were made.
    on_done: Callback<()>,
    /// Called with the slips to print.
    on_slips: Callback<Vec<Slip>>,
) -> impl IntoView {
    let import = StaffImport {
        desk: use_desk(),
        phase: RwSignal::new(Phase::Empty),
        problem: RwSignal::new(String::new()),
        file: RwSignal::new(StaffFile::default()),
        failed: RwSignal::new(Vec::new()),
        done: RwSignal::new(0),
        slips: RwSignal::new(Vec::new()),
        stopping: RwSignal::new(false),
    };
    let desk = import.desk;
    let open = Callback::new(move |files| leptos::task::spawn_local(import.open(files)));
    let template = move |_| {
        leptos::task::spawn_local(async move {
            let made: Result<SheetFile, String> = desk.ask("staff-template", &()).await;
            desk.save(made, "人员表模板.xlsx");
        });
    };
    let progress = move |at: usize, of: usize| {
        view! {
            <p role="status">{format!("正在办第 {} 行，共 {of} 行", at + 1)}</p>
            <progress max=of.to_string() value=at.to_string()></progress>
            <p><button type="button" class="small-button" on:click=move |_| import.stopping.set(true)>"停下"</button></p>
        }
    };
    view! {
        <section class="card form">
            <h3>"从表建账号"</h3>
            {move || match import.phase.get() {
                Phase::Empty => view! {
                    <p class="hint">"一行一人一处：姓名、手机号（作登录名）、队伍、角色、管哪里、类别、截止日期。先核对、后办理；办好后打印登记条，一人一条"</p>
                    <FileDrop label="选人员表文件" on_files=open/>
                    <p><button type="button" class="text-button" on:click=template>"下载人员表模板"</button></p>
                }
                .into_any(),
                Phase::Reading => view! { <p role="status">"正在读文件…"</p> }.into_any(),
                Phase::Ready => view! { <Checked import/> }.into_any(),
                Phase::Making(at, of) => progress(at, of).into_any(),
                Phase::Made => view! { <Made import on_done on_slips/> }.into_any(),
            }}
            {move || {
                let words = import.problem.get();
                (!words.is_empty()).then(|| view! { <p class="problem" role="alert">{words}</p> })
            }}
        </section>
    }
}

/// What the sheet says, and the way to make it so.
#[component]
fn Checked(
    /// The import.
    import: StaffImport,
) -> impl IntoView {
    let StaffFile { rows, refused, doubts, left_out } = import.file.get_untracked();
    let count = |wanted: fn(&StaffRow) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let (new, changed, given) = (count(|row| row.new), count(|row| row.changed), count(|row| row.right.is_some()));
    let wanted = new + changed + given > 0;
    let make = move |_| leptos::task::spawn_local(import.make());
    view! {
        <p role="status"><b>"将要办理"</b>{format!(" 新账号 {new} 个，改姓名、队伍、所属 {changed} 个，授权 {given} 项")}</p>
        <Remarks title="不能办" remarks=refused/>
        <Remarks title="请核对" remarks=doubts/>
        {(!left_out.is_empty()).then(|| view! {
            <details class="left-out">
                <summary>{format!("文件里有 {} 处没有读", left_out.len())}</summary>
                <ul>{left_out.into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul>
            </details>
        })}
        <div class="table-wrap" tabindex="0" role="region" aria-label="将要办理的人">
            <table>
                <thead><tr><th>"姓名"</th><th>"登录名"</th><th>"队伍"</th><th>"所属"</th><th>"授权"</th></tr></thead>
                <tbody>
                    {rows.into_iter().map(|row| {
                        let right = row.right.map_or_else(
                            || "（不变）".to_owned(),
                            |right| {
                                let classes: Vec<&str> = right.classes.iter().map(|class| class.title()).collect();
                                let until = row.until.map(|until| format!("，到 {until}")).unwrap_or_default();
                                format!("{} {}（{}）{until}", right.role.title(), right.place, classes.join("、"))
                            },
                        );
                        view! {
                            <tr>
                                <td>{row.account.name}</td><td>{row.account.account}</td><td>{row.account.team}</td>
                                <td>{row.account.home.to_string()}</td><td>{right}</td>
                            </tr>
                        }
                    }).collect_view()}
                </tbody>
            </table>
        </div>
        <div class="person-acts">
            {wanted.then(|| view! { <button type="button" class="small-button main" on:click=make>"办理"</button> })}
            {(!wanted).then(|| view! { <p class="hint">"没有要办的：账号和授权都已经有了，或都不能办"</p> })}
            <button type="button" class="small-button" on:click=move |_| import.phase.set(Phase::Empty)>"换文件"</button>
        </div>
    }
}

/// What was made.
#[component]
fn Made(
    /// The import.
    import: StaffImport,
    /// Called when it was seen.
    on_done: Callback<()>,
    /// Called with the slips to print.
    on_slips: Callback<Vec<Slip>>,
) -> impl IntoView {
    let slips = import.slips.get_untracked();
    let failed = import.failed.get_untracked();
    let count = slips.len();
    view! {
        <p role="status"><b>"已办好"</b>{format!(" {} 行，没有办成 {} 行", import.done.get_untracked(), failed.len())}</p>
        <Remarks title="没有办成" remarks=failed/>
        <div class="person-acts">
            {(count > 0).then(|| view! {
                <button type="button" class="small-button main" on:click=move |_| on_slips.run(slips.clone())>
                    {format!("打印登记条（{count} 张）")}
                </button>
            })}
            <button type="button" class="small-button" on:click=move |_| on_done.run(())>"好了"</button>
        </div>
        {(count > 0).then(|| view! { <p class="hint">"登记码只在这里显示一次。没有打印的，过后可在各人名下重发"</p> })}
    }
}

#[component]
fn Remarks(
    /// What they have in common.
    title: &'static str,
    /// The rows, with their words.
    remarks: Vec<Remark>,
) -> impl IntoView {
    (!remarks.is_empty()).then(|| view! {
        <p class="problem">{format!("{title} {} 行：", remarks.len())}</p>
        <ul>{remarks.into_iter().map(|remark| view! { <li>{format!("{}：{}", remark.line, remark.words)}</li> }).collect_view()}</ul>
    })
}

/// The slips, eight to a page of A4, to be cut and handed over.
#[component]
pub fn Slips(
    /// The slips.
    slips: Vec<Slip>,
    /// Called when they are done with.
    on_done: Callback<()>,
) -> impl IntoView {
    let origin = platform::window().location().origin().unwrap_or_default();
    let slip = move |Slip { name, account, code }: Slip| {
        let address = format!("{origin}/enrol#{}/{}", String::from(js_sys::encode_uri_component(&account)), code.code);
        view! {
            <li class="slip">
                <Qr text=address label="登记二维码"/>
                <div>
                    <p><b>{name}</b></p>
                    <p>"账号 "{account}</p>
                    <p class="code small">{code.code}</p>
                    <p class="hint">"扫码，或打开 "{origin.clone()}" 点“第一次使用”，自己设密码。只能用一次，"{moment(code.until)}" 前有效"</p>
                    {code.office.then(|| view! { <p class="hint">"办公室账号：设好后在 "{format!("{origin}/office")}" 登录"</p> })}
                </div>
            </li>
        }
    };
    view! {
        <div class="desk-head no-print">
            <h2>"登记条"</h2>
            <button type="button" class="small-button main" on:click=move |_| platform::print()>"打印"</button>
            <button type="button" class="small-button" on:click=move |_| on_done.run(())>"好了"</button>
        </div>
        <p class="hint no-print">"每页八条，剪开后当面交给本人，不要发到群里。一天内没有用的登记码自己失效，可以重发"</p>
        <ul class="slips">{slips.into_iter().map(slip).collect_view()}</ul>
    }
}
