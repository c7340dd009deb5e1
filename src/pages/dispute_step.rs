//! 办理: a step about which something has to be said.

use crate::{
    components::{chips::OneOf, empty::Empty, page::Page},
    state::use_app,
};
use leptos::{ev::SubmitEvent, prelude::*};
use ruhu_domain::{
    RecordId, day,
    dispute::{
        codes::EndReason,
        records::Taken,
        workflow::{Need, Step},
    },
};

/// A step to take.
#[component]
pub fn TakeStep(
    /// The dispute.
    dispute: RecordId,
    /// The step.
    step: Step,
) -> impl IntoView {
    let app = use_app();
    let back = format!("/matters/{dispute}");
    if untrack(|| app.file(dispute)).is_none() {
        let hint = "可能已作废，或换了网格、权限";
        return view! { <Page title=step.label() back=back><Empty title="没有这份卷宗" hint/></Page> }.into_any();
    }
    app.form_open.set(true);
    on_cleanup(move || {
        let _ = app.form_open.try_set(false);
    });
    let taken = RwSignal::new(Taken::of(dispute, step));
    let problem = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        taken.track();
        problem.set(None);
    });
    let saving = RwSignal::new(false);
    let asks = move |need: Need| step.row().needs.contains(&need);
    let take = move |event: SubmitEvent| {
        event.prevent_default();
        if saving.get_untracked() {
            return;
        }
        saving.set(true);
        leptos::task::spawn_local(async move {
            match app.take_step(taken.get_untracked()).await {
                Ok(()) => app.leave_for(&format!("/matters/{dispute}")),
                Err(error) => {
                    let _ = saving.try_set(false);
                    drop(problem.try_set(Some(error.to_string())));
                }
            }
        });
    };
    let reasons = EndReason::ALL.iter().map(|reason| (Some(*reason), reason.label().to_owned())).collect::<Vec<_>>();
    let reason = Signal::derive(move || taken.with(|taken| taken.reason));
    let choose = Callback::new(move |reason| taken.update(|taken| taken.reason = reason));
    let confirm = if asks(Need::PartiesAgree) {
        "双方当事人都同意延长"
    } else {
        "已告知还可以通过仲裁、行政、司法等途径解决"
    };
    let law = step.row().law;
    view! {
        <Page title=step.label() back=back>
            <form class="visit-form" autocomplete="off" on:submit=take novalidate>
                {(!law.is_empty()).then(|| view! { <p class="hint">"依据："{law}</p> })}
                {asks(Need::EndReason).then(|| view! { <OneOf legend="终止原因" options=reasons chosen=reason on_choose=choose/> })}
                {asks(Need::To).then(|| view! {
                    <label class="field">
                        <span>"交给谁"</span>
                        <input type="text" on:input=move |event| taken.update(|taken| taken.to = event_target_value(&event))/>
                    </label>
                })}
                {asks(Need::Until).then(|| view! {
                    <label class="field">
                        <span>"新的期限"</span>
                        <input
                            type="date"
                            on:input=move |event| taken.update(|taken| taken.until = day::read(&event_target_value(&event)))
                        />
                    </label>
                })}
                <label class="field">
                    <span>{if asks(Need::Why) { "原因" } else { "说明（可不填）" }}</span>
                    <textarea rows="3" on:input=move |event| taken.update(|taken| taken.why = event_target_value(&event))/>
                </label>
                {(asks(Need::PartiesAgree) || asks(Need::OtherWays)).then(|| view! {
                    <div class="field">
                        <label class="chip">
                            <input
                                type="checkbox"
                                on:change=move |event| taken.update(|taken| taken.confirmed = event_target_checked(&event))
                            />
                            <span>{confirm}</span>
                        </label>
                    </div>
                })}
                <div class="action">
                    <p class="problem" role="alert">{move || problem.get()}</p>
                    <button class="button" type="submit" disabled=saving>{step.label()}</button>
                </div>
            </form>
        </Page>
    }
    .into_any()
}
