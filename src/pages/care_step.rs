//! 办理: a step of a care case about which something has to be said.

use crate::{
    components::{empty::Empty, page::Page},
    state::use_app,
};
use leptos::{ev::SubmitEvent, prelude::*};
use ruhu_domain::{
    RecordId,
    care::{
        records::Taken,
        workflow::{Need, Step},
    },
    day,
};

/// A step to take.
#[component]
pub fn TakeCareStep(
    /// The case.
    case: RecordId,
    /// The step.
    step: Step,
) -> impl IntoView {
    let app = use_app();
    let back = format!("/care/{case}");
    if untrack(|| app.case(case)).is_none() {
        let hint = "可能已作废，或换了网格、权限";
        return view! { <Page title=step.label() back=back><Empty title="没有这个个案" hint/></Page> }.into_any();
    }
    app.form_open.set(true);
    on_cleanup(move || {
        let _ = app.form_open.try_set(false);
    });
    let taken = RwSignal::new(Taken::of(case, step));
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
            match app.take_care_step(taken.get_untracked()).await {
                Ok(()) => app.leave_for(&format!("/care/{case}")),
                Err(error) => {
                    let _ = saving.try_set(false);
                    drop(problem.try_set(Some(error.to_string())));
                }
            }
        });
    };
    view! {
        <Page title=step.label() back=back>
            <form class="visit-form" autocomplete="off" on:submit=take novalidate>
                {asks(Need::To).then(|| view! {
                    <label class="field">
                        <span>"交给谁（姓名）"</span>
                        <input type="text" on:input=move |event| taken.update(|taken| taken.to = event_target_value(&event))/>
                    </label>
                })}
                {asks(Need::Until).then(|| view! {
                    <label class="field">
                        <span>"什么时候恢复"</span>
                        <input
                            type="date"
                            on:input=move |event| taken.update(|taken| taken.until = day::read(&event_target_value(&event)))
                        />
                    </label>
                })}
                <label class="field">
                    <span>"原因"</span>
                    <textarea rows="3" on:input=move |event| taken.update(|taken| taken.why = event_target_value(&event))/>
                </label>
                <div class="action">
                    <p class="problem" role="alert">{move || problem.get()}</p>
                    <button class="button" type="submit" disabled=saving>{step.label()}</button>
                </div>
            </form>
        </Page>
    }
    .into_any()
}
