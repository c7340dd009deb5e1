//! 运行: how the server is, and what to do where it is not well.

use super::{
    desk::{Asked, shown, use_desk},
    moment,
};
use leptos::prelude::*;
use ruhu_domain::{
    day,
    office::{BackupMade, CertificateState, NightDone, Operation as Facts},
};
use std::time::Duration;

/// How often the page looks whether a backup is done.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// A backup that is older than this is called old, in milliseconds.
const OLD_MS: i64 = 7 * 86_400_000;

/// Room on the disk that is called little, in bytes.
const LITTLE: u64 = 2 * 1024 * 1024 * 1024;

/// Days before its end from which on a certificate is warned of.
const ENDS_SOON: i64 = 30;

/// The page.
#[component]
pub fn Operation() -> impl IntoView {
    let desk = use_desk();
    let facts: Asked<Facts> = Asked::new("operation");
    let back_up = move |_| {
        desk.act("backup", (), "开始备份，做完会试着打开一次", move || facts.again());
    };
    Effect::new(move |_| {
        let busy = facts.got.with(|got| matches!(got, Some(Ok(facts)) if facts.backing_up));
        if busy {
            let again = set_timeout_with_handle(move || facts.again(), LOOK_EVERY).ok();
            on_cleanup(move || {
                if let Some(again) = again {
                    again.clear();
                }
            });
        }
    });
    view! {
        <div class="desk-head">
            <h2>"运行"</h2>
            <button type="button" class="small-button" on:click=move |_| facts.again()>"刷新"</button>
        </div>
        {shown(facts, move |facts| {
            let versions = facts.phones.iter().map(|one| {
                let app = if one.app.is_empty() { "还没有报版本" } else { &one.app };
                let words = format!("{app}：{} 台", one.phones);
                view! { <li>{words}</li> }
            });
            let versions = versions.collect_view();
            let (backup, backup_bad) = backup_words(facts.backup.as_ref(), facts.can_back_up);
            let (night, night_bad) = night_words(facts.night.as_ref());
            let (certificate, certificate_bad) = certificate_words(facts.certificate);
            let little = facts.free_bytes.is_some_and(|bytes| bytes < LITTLE);
            let room = facts.free_bytes.map_or_else(
                || "数据库在另一台机器上，请在那里看剩余空间".to_owned(),
                |bytes| format!("磁盘还剩 {}{}", size(bytes), if little { "，快满了：请腾出空间或换大盘，满了就收不下手机的记录" } else { "" }),
            );
            view! {
                <section class="card item">
                    <h3>"备份"</h3>
                    <Line words=backup bad=backup_bad/>
                    {facts.can_back_up.then(|| view! {
                        <p>
                            <button type="button" class="small-button main" disabled=facts.backing_up on:click=back_up>
                                {if facts.backing_up { "正在备份…" } else { "现在备份并试一次" }}
                            </button>
                        </p>
                        <p class="hint">
                            "备份放在服务器数据目录的 backups 里，留最近 7 份。照片另在 photos 目录。请定期把两样都复制到另一台机器或移动硬盘：盘坏了，同一块盘上的备份也没有了。恢复用命令 ruhu-server restore"
                        </p>
                    })}
                </section>
                <section class="card item">
                    <h3>"空间"</h3>
                    <Line words=format!("{} 数据库 {}", facts.engine, size(facts.database_bytes)) bad=false/>
                    <Line words=room bad=little/>
                </section>
                <section class="card item">
                    <h3>"昨夜"</h3>
                    <Line words=night bad=night_bad/>
                    <p class="hint">"每天凌晨两点以后删除保存期满的记录、清理没有用的照片、记下审计链头"</p>
                </section>
                <section class="card item">
                    <h3>"待核对"</h3>
                    <Line words=format!("{} 条记录等着核对", facts.waiting) bad=false/>
                    <p class="hint">"由村、乡镇、县的办公室在“待核对”里采纳或退回；没有处理的，走访人手机上一直显示“待核对”"</p>
                </section>
                <section class="card item">
                    <h3>"手机的版本"</h3>
                    {facts.phones.is_empty().then(|| view! { <p class="hint">"还没有手机登录过"</p> })}
                    <ul>{versions}</ul>
                    <p class="hint">"手机联网后自己更新。旧版本照样能用、能发送，不用催"</p>
                </section>
                <section class="card item">
                    <h3>"服务器"</h3>
                    <Line words=format!("版本 {}，{} 启动", facts.version, moment(facts.started_at)) bad=false/>
                    <Line words=certificate bad=certificate_bad/>
                </section>
            }
            .into_any()
        })}
    }
}

/// A fact; one that something should be done about looks so.
#[component]
fn Line(
    /// The fact in words.
    #[prop(into)]
    words: String,
    /// Whether something should be done.
    bad: bool,
) -> impl IntoView {
    view! { <p class:problem=bad>{words}</p> }
}

fn backup_words(backup: Option<&BackupMade>, can_back_up: bool) -> (String, bool) {
    let Some(made) = backup else {
        let words = if can_back_up { "还没有备份过" } else { "PostgreSQL 用 pg_dump 备份，这里看不到" };
        return (words.to_owned(), can_back_up);
    };
    if !made.problem.is_empty() {
        return (format!("{} 的备份没有做成：{}", moment(made.at), made.problem), true);
    }
    let tried = made
        .records
        .map_or_else(|| "没有试着打开过".to_owned(), |records| format!("打开试过，里面有 {records} 条记录"));
    let old = crate::platform::clock::now_ms() - made.at.cast_signed() > OLD_MS;
    let advice = if old { "。超过一周了，请再备份" } else { "" };
    (format!("最近一次 {}，{}（{}），{tried}{advice}", moment(made.at), made.file, size(made.bytes)), old)
}

fn night_words(night: Option<&NightDone>) -> (String, bool) {
    let Some(night) = night else { return ("还没有到过夜里".to_owned(), false) };
    let erased = match night.erased {
        Some(count) => format!("到期删除 {count} 条，"),
        None if night.held => "到期删除在等办公室准许（在“个人信息”里），".to_owned(),
        None => String::new(),
    };
    let failed =
        if night.failed.is_empty() { String::new() } else { format!("。没有做成：{}", night.failed.join("；")) };
    let words = format!("{} ：{erased}清理照片 {} 张{failed}", moment(night.at), night.photos);
    (words, !night.failed.is_empty() || night.erased.is_none())
}

fn certificate_words(certificate: CertificateState) -> (String, bool) {
    match certificate {
        CertificateState::Elsewhere => ("证书由前面的反向代理管，或只在本机使用".to_owned(), false),
        CertificateState::Renewed => ("证书自动续期".to_owned(), false),
        CertificateState::Unreadable => ("证书文件读不出来，请检查".to_owned(), true),
        CertificateState::Until(last) => {
            let left = (last - crate::platform::clock::today()).num_days();
            let soon = left <= ENDS_SOON;
            let advice = if soon { "。请尽快换新证书，换好文件后一分钟内自动生效" } else { "" };
            (format!("证书到 {} 为止{advice}", day::printed(last)), soon)
        }
    }
}

/// A size in words.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)];
    let unit = UNITS.into_iter().find(|(_, unit)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} 字节"),
        |(name, unit)| format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
    )
}
