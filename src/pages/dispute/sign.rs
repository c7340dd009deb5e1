//! 签名: a signature or a thumb mark on the agreement, drawn on the screen and bound to the text that is shown.

use crate::{
    components::{chips::OneOf, empty::Empty, page::Page},
    state::use_app,
};
use leptos::{ev::PointerEvent, prelude::*};
use ruhu_domain::{
    RecordId,
    dispute::{
        codes::Mark,
        records::Signature,
        strokes::{self, MOST, Point},
    },
};

/// The pad's height for a width of 1,000.
const HEIGHT: i32 = 500;

/// A mark to be made.
#[component]
pub fn Sign(
    /// The dispute.
    dispute: RecordId,
    /// The party; none for the mediator.
    party: Option<RecordId>,
) -> impl IntoView {
    let app = use_app();
    let back = format!("/matters/{dispute}");
    let file = untrack(|| app.file(dispute));
    let found = file.and_then(|file| {
        let (agreement, _) = file.last_agreement()?;
        let name = match party {
            Some(party) => file.parties.iter().find(|(id, _)| *id == party)?.1.name.clone(),
            None => untrack(|| app.part_in(dispute)).1,
        };
        Some((*agreement, name, file.text_to_sign(), file.digest_to_sign()))
    });
    let Some((agreement, name, text, covers)) = found else {
        let hint = "请先写协议和当事人，再来签名";
        return view! { <Page title="签名" back=back><Empty title="还没有可签的文本" hint/></Page> }.into_any();
    };
    app.open_form();
    let drawn = RwSignal::new(Vec::<Vec<Point>>::new());
    let (mark, drawing, problem) =
        (RwSignal::new(Mark::Signature), RwSignal::new(false), RwSignal::new(None::<String>));
    let pad = NodeRef::<leptos::svg::Svg>::new();
    let point = move |event: &PointerEvent| -> Option<Point> {
        let at = pad.get_untracked()?.get_bounding_client_rect();
        let part = |value: f64, from: f64, size: f64, most: i32| ((value - from) / size * f64::from(most)) as i32;
        let x = part(f64::from(event.client_x()), at.x(), at.width(), 1_000);
        let y = part(f64::from(event.client_y()), at.y(), at.height(), HEIGHT);
        Some((x.clamp(0, 1_000), y.clamp(0, HEIGHT)))
    };
    let begin = move |event: PointerEvent| {
        event.prevent_default();
        drawing.set(true);
        drawn.update(|drawn| drawn.push(point(&event).into_iter().collect()));
    };
    let go_on = move |event: PointerEvent| {
        let enough = drawn.with_untracked(|drawn| drawn.iter().map(Vec::len).sum::<usize>() >= MOST);
        if !drawing.get_untracked() || enough {
            return;
        }
        drawn.update(|drawn| {
            if let Some(stroke) = drawn.last_mut() {
                let next = point(&event).filter(|next| stroke.last() != Some(next));
                stroke.extend(next);
            }
        });
    };
    let lines = move || {
        drawn.with(|drawn| {
            let line =
                |stroke: &Vec<Point>| stroke.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
            drawn.iter().map(|stroke| view! { <polyline points=line(stroke)/> }).collect_view()
        })
    };
    let shown_name = name.clone();
    let saving = RwSignal::new(false);
    let keep = move |_| {
        if saving.get_untracked() {
            return;
        }
        let strokes = drawn.with_untracked(|drawn| strokes::write(drawn));
        if strokes.is_empty() {
            problem.set(Some("请先在框里签名或按指印".to_owned()));
            return;
        }
        let signature = Signature {
            dispute,
            of: agreement,
            party,
            name: name.clone(),
            mark: Some(mark.get_untracked()),
            strokes,
            covers: covers.clone(),
        };
        saving.set(true);
        leptos::task::spawn_local(async move {
            match app.sign(&signature).await {
                Ok(()) => app.saved("已签 ✓ 已存本机", format!("/matters/{dispute}")),
                Err(error) => {
                    let _ = saving.try_set(false);
                    drop(problem.try_set(Some(error.to_string())));
                }
            }
        });
    };
    let marks = Mark::ALL.iter().map(|mark| (*mark, mark.label().to_owned())).collect::<Vec<_>>();
    let choose = Callback::new(move |chosen| mark.set(chosen));
    view! {
        <Page title="签名" back=back>
            <p class="lead">"请"<b>{shown_name}</b>"看过下面的内容再签"</p>
            <section class="card"><p class="story">{text}</p></section>
            <OneOf legend="方式" options=marks chosen=mark on_choose=choose/>
            <svg
                node_ref=pad
                class="pad"
                viewBox="0 0 1000 500"
                role="img"
                aria-label="签名区"
                on:pointerdown=begin
                on:pointermove=go_on
                on:pointerup=move |_| drawing.set(false)
                on:pointerleave=move |_| drawing.set(false)
            >
                {lines}
            </svg>
            <div class="action">
                <p class="problem" role="alert">{move || problem.get()}</p>
                <div class="buttons">
                    <button class="button plain" on:click=move |_| drawn.set(Vec::new())>"重写"</button>
                    <button class="button" on:click=keep>"签好了"</button>
                </div>
            </div>
        </Page>
    }
    .into_any()
}
