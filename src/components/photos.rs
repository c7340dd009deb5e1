//! The photos of something: shown, added, taken away. Nobody has to take one.

use crate::{
    platform::photo::{self, Shown},
    state::{drafts::DraftStatus, notebook::drafts::Draft, use_app},
};
use leptos::{html, prelude::*};
use ruhu_domain::{
    RecordId,
    photo::{Photo, PhotoHash},
};

/// The photos of what is saved.
#[component]
pub fn Photos(
    /// The hazard or outreach.
    of: RecordId,
) -> impl IntoView {
    let app = use_app();
    let photos = Memo::new(move |_| app.read_records(|notebook| notebook.photos_of(of)));
    let add = Callback::new(move |photos: Vec<Photo>| {
        leptos::task::spawn_local(async move { app.add_photos(of, &photos).await });
    });
    let list = move || {
        let photos = photos.get().into_iter().enumerate();
        let one = |(place, (record, photo))| {
            let remove = Callback::new(move |()| {
                leptos::task::spawn_local(async move { app.remove_photo(record).await });
            });
            view! { <li><Photo record photo place/><Remove place remove/></li> }
        };
        view! { <ul class="photos">{photos.map(one).collect_view()}</ul> }
    };
    view! {
        <section>
            <h2>"照片"</h2>
            {list}
            <AddPhotos of add busy=RwSignal::new(false)/>
        </section>
    }
}

/// The photos of what is being written.
#[component]
pub fn DraftPhotos(
    /// The draft.
    draft: StoredValue<Draft>,
    /// Whether photos are being made: the form is saved after that.
    busy: RwSignal<bool>,
    /// Whether what was changed last is on the phone.
    kept: RwSignal<DraftStatus>,
) -> impl IntoView {
    let app = use_app();
    let of = draft.with_value(|draft| draft.id);
    let hashes = RwSignal::new(draft.with_value(Draft::photos));
    let change = move |change: &dyn Fn(&mut Vec<PhotoHash>)| {
        hashes.update(|hashes| change(hashes));
        draft.update_value(|draft| hashes.with_untracked(|hashes| draft.set_photos(hashes)));
        app.keep_draft(draft.get_value(), kept);
    };
    let add = Callback::new(move |more: Vec<Photo>| {
        change(&|hashes: &mut Vec<PhotoHash>| {
            for photo in &more {
                if !hashes.contains(&photo.hash) {
                    hashes.push(photo.hash);
                }
            }
        });
    });
    let list = move || {
        let one = |(place, hash): (usize, PhotoHash)| {
            let remove =
                Callback::new(move |()| change(&|hashes: &mut Vec<PhotoHash>| hashes.retain(|known| *known != hash)));
            let photo = Photo { of, hash, size: 0 };
            view! { <li><Photo record=of photo place/><Remove place remove/></li> }
        };
        view! { <ul class="photos">{hashes.get().into_iter().enumerate().map(one).collect_view()}</ul> }
    };
    view! {
        <div class="field">
            <span>"照片（可不拍）"</span>
            {list}
            <AddPhotos of add busy/>
        </div>
    }
}

/// A field that takes photos, or files that are some.
#[component]
fn AddPhotos(
    /// The record that the photos belong to.
    of: RecordId,
    /// Called with the photos when they are kept.
    add: Callback<Vec<Photo>>,
    /// Whether photos are being made.
    busy: RwSignal<bool>,
) -> impl IntoView {
    let app = use_app();
    let take = move |field: NodeRef<html::Input>| {
        let Some(field) = field.get_untracked() else { return };
        let files = photo::chosen(&field);
        busy.set(true);
        leptos::task::spawn_local(async move {
            let photos = app.take_photos(of, files).await;
            if !photos.is_empty() && add.try_run(photos.clone()).is_none() {
                app.add_photos_later(of, &photos).await;
            }
            let _ = busy.try_set(false);
        });
    };
    leptos::task::spawn_local(app.look_at_space());
    let again = move |_| leptos::task::spawn_local(app.has_room());
    // Android's list of pictures has no camera since version 14: the camera is asked for by name.
    let field = move || {
        let (camera, pictures) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
        view! {
            <div class="add-photos">
                <label class="button plain add-photo">
                    <input
                        type="file"
                        accept="image/*"
                        capture="environment"
                        aria-label="拍照"
                        node_ref=camera
                        on:change=move |_| take(camera)
                        disabled=busy
                    />
                    <span role="status">{move || if busy.get() { "正在处理照片…" } else { "拍照" }}</span>
                </label>
                <label class="button plain add-photo">
                    <input
                        type="file"
                        accept="image/*"
                        multiple
                        aria-label="选照片"
                        node_ref=pictures
                        on:change=move |_| take(pictures)
                        disabled=busy
                    />
                    <span>"选照片"</span>
                </label>
            </div>
        }
    };
    move || {
        if !app.scarce.get() || busy.get() {
            return field().into_any();
        }
        let free = move |_| leptos::task::spawn_local(app.free_photos());
        let there = move || app.read(|notebook| notebook.album_size()[1].0);
        view! {
            <p class="hint" role="status">"手机空间快满了，暂不存照片。请清理手机里的视频、安装包，再点下面"</p>
            {move || (there() > 0).then(|| view! {
                <button class="button plain" type="button" on:click=free>
                    {format!("移除已到办公室的{}张照片", there())}
                </button>
            })}
            <button class="button plain" type="button" on:click=again>"腾好了，再试"</button>
        }
        .into_any()
    }
}

#[component]
fn Remove(
    /// Which photo.
    place: usize,
    /// Called to take it away.
    remove: Callback<()>,
) -> impl IntoView {
    let label = format!("移除照片{}", place + 1);
    view! { <button class="text-button" type="button" aria-label=label on:click=move |_| remove.run(())>"移除"</button> }
}

/// A photo, and where it is.
#[component]
fn Photo(
    /// Its record, or the one that is being written.
    record: RecordId,
    /// Which.
    photo: Photo,
    /// Its place among those of the same.
    place: usize,
) -> impl IntoView {
    let app = use_app();
    let shown = RwSignal::new_local(None::<Result<Shown, String>>);
    leptos::task::spawn_local(async move {
        let found = app.photo(record, photo).await;
        let found = found.and_then(|bytes| Shown::new(&bytes).ok_or_else(|| "这张照片显示不了".to_owned()));
        drop(shown.try_set(Some(found)));
    });
    let state = Memo::new(move |_| {
        app.read(|notebook| match notebook.kept(photo.hash, record) {
            Some((kept, _)) if !kept.refused.is_empty() => kept.refused,
            Some(_) if notebook.set_aside(record) == Some(true) => "没有送到：登记被退回，请到“我的”里处理".to_owned(),
            Some((_, true)) if notebook.set_aside(record).is_some() => "✓✓ 已到办公室，待核对".to_owned(),
            Some((_, true)) => "✓✓ 已到办公室".to_owned(),
            None => String::new(),
            Some((kept, _)) if kept.sent > 0 => {
                format!("✓ 已存本机，已传{}%", u64::from(kept.sent) * 100 / u64::from(kept.size.max(1)))
            }
            Some(_) => "✓ 已存本机".to_owned(),
        })
    });
    let alt = format!("照片{}", place + 1);
    view! {
        {move || shown.with(|shown| match shown {
            Some(Ok(photo)) => view! { <img src=photo.address() alt=alt.clone()/> }.into_any(),
            Some(Err(why)) => view! { <p class="hint">{why.clone()}</p> }.into_any(),
            None => view! { <p class="hint">"正在打开…"</p> }.into_any(),
        })}
        <p class="tick">{state}</p>
    }
}
