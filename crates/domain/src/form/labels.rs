//! The labels of fields, and their values in words, for documents that show a record as it is kept.

use crate::{
    care, day,
    dispute::steps::Step,
    field::Input,
    form,
    record::{Kind, MOVED, WITHDRAWN},
    report,
    roster::{
        household::{POSTPONED, Postponed},
        merged::SAME_AS,
        resident::RESTRICTED,
    },
};
use serde_json::Value;

/// Returns the name of a kind of records.
pub fn kind(kind: &Kind) -> &str {
    match kind {
        Kind::Household => "户",
        Kind::Resident => "居民",
        Kind::Visit => "入户走访",
        Kind::Dispute => "矛盾纠纷",
        Kind::Party => "当事人",
        Kind::Session => "调解",
        Kind::Agreement => "调解协议",
        Kind::Term => "协议内容",
        Kind::Signature => "签名",
        Kind::FollowUp => "回访",
        Kind::DisputeStep | Kind::CareStep | Kind::HazardStep | Kind::RequestStep => "步骤",
        Kind::CareCase => "关爱个案",
        Kind::PlanItem => "帮扶计划",
        Kind::CareVisit => "看望",
        Kind::Hazard => "隐患",
        Kind::Request => "诉求",
        Kind::Patrol => "巡逻",
        Kind::Finding => "巡逻发现",
        Kind::Outreach => "宣讲",
        Kind::Photo => "照片",
        Kind::Other(name) => name,
    }
}

/// Returns the label of a field; `None` for those that have no words of their own.
pub fn field(of: &Kind, name: &str) -> Option<&'static str> {
    if let Some(field) = form::field(of, name) {
        return Some(field.label);
    }
    Some(match (of, name) {
        (_, MOVED) => "所在网格",
        (Kind::Visit, "at") => "走访时间",
        (Kind::Visit, "workers") => "走访人",
        (Kind::Visit, "met") => "见到谁",
        (_, WITHDRAWN) => "作废",
        (_, SAME_AS) => "并入",
        (Kind::Household, "order") => "走访顺序",
        (Kind::Household, POSTPONED) => "改期",
        (Kind::Resident, "notice") => "已告知",
        (Kind::Resident, RESTRICTED) => "限制处理",
        (of, "step") if of.is_step() => "步骤",
        (Kind::HazardStep | Kind::RequestStep, "why") => "说明",
        (Kind::HazardStep | Kind::RequestStep, "outside") => "不是本村（社区）的人",
        (Kind::HazardStep | Kind::RequestStep, "phone") => "对方电话",
        (Kind::HazardStep | Kind::RequestStep, "satisfied") => "对方是否满意",
        (of, "why") if of.is_step() => "原因",
        (of, "to") if of.is_step() => "交给",
        (Kind::Patrol, "began") => "开始",
        (Kind::Patrol, "ended") => "结束",
        (Kind::DisputeStep, "until") => "新的期限",
        (Kind::CareStep, "until") => "恢复的日期",
        (Kind::DisputeStep, "reason") => "终止原因",
        _ => return None,
    })
}

/// A field's value in words.
pub fn value(of: &Kind, name: &str, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    if let Some(field) = form::field(of, name) {
        let label = match field.input {
            Input::One(rows) => rows.iter().find(|(code, _)| *code == text).map(|(_, label)| (*label).to_owned()),
            Input::Flag => Some(if value.as_bool().unwrap_or_default() { "是" } else { "否" }.to_owned()),
            Input::Many(rows) => {
                let codes = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                let words =
                    codes.map(|code| rows.iter().find(|(row, _)| *row == code).map_or(code, |(_, label)| label));
                Some(words.collect::<Vec<_>>().join("、")).filter(|words| !words.is_empty())
            }
            Input::Number => value.as_u64().map(|number| number.to_string()),
            _ => None,
        };
        return label.unwrap_or_else(|| words(value));
    }
    let label = match (of, name) {
        (Kind::DisputeStep, "step") => Step::find(text).map(Step::label),
        (Kind::CareStep, "step") => care::steps::Step::find(text).map(care::steps::Step::label),
        (Kind::HazardStep | Kind::RequestStep, "step") => {
            report::steps::Step::find(text).map(report::steps::Step::label)
        }
        (Kind::HazardStep | Kind::RequestStep, "satisfied") => {
            report::codes::Satisfied::find(text).map(report::codes::Satisfied::label)
        }
        (Kind::HazardStep | Kind::RequestStep, "outside") => {
            Some(if value.as_bool().unwrap_or_default() { "是" } else { "否" })
        }
        (Kind::Visit, "at") => return value.as_i64().map(|at| day::words(day::day(at))).unwrap_or_default(),
        (Kind::Patrol, "began" | "ended") => return value.as_i64().map(day::moment).unwrap_or_default(),
        (Kind::Household, "order") => return value.to_string(),
        (Kind::Household, POSTPONED) => return postponed(text).unwrap_or_else(|| words(value)),
        _ => None,
    };
    label.map_or_else(|| words(value), str::to_owned)
}

/// Returns the words of a value without a table of codes: texts, lists of texts.
fn words(value: &Value) -> String {
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let text = match value {
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join("、"),
        other => words(other),
    };
    if text.is_empty() { "（空）".to_owned() } else { text }
}

/// `改到12月3日 周四：农忙`.
fn postponed(text: &str) -> Option<String> {
    let later: Postponed = text.parse().ok()?;
    Some(format!("改到{}：{}", day::words(later.to), later.why.label()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        codes::Outcome,
        id::RecordId,
        roster::{household::Household, resident::Resident},
        visit::Visit,
    };
    use serde_json::json;

    #[test]
    fn every_field_of_a_household_and_a_resident_has_words() {
        let household = serde_json::to_value(Household::default()).expect("an object");
        let resident = json!({"household": RecordId::new(1, [0; 10]), "name": "陈静"});
        let resident: Resident = serde_json::from_value(resident).expect("a resident");
        let resident = serde_json::to_value(resident).expect("an object");
        for (kind, view) in [(Kind::Household, household), (Kind::Resident, resident)] {
            for name in view.as_object().expect("an object").keys().filter(|name| *name != "household") {
                assert!(field(&kind, name).is_some(), "{kind:?} {name}");
            }
        }
        assert_eq!(value(&Kind::Resident, "sex", &json!("2")), "女");
        assert_eq!(value(&Kind::Household, "tags", &json!(["empty_nest", "new"])), "空巢、new");
        let visit = Visit::new(RecordId::new(1, [0; 10]), 0, "王芳", Outcome::Met);
        let visit = serde_json::to_value(visit).expect("an object");
        for name in visit.as_object().expect("an object").keys().filter(|name| *name != "household") {
            assert!(field(&Kind::Visit, name).is_some(), "{name}");
        }
        assert_eq!(value(&Kind::Visit, "outcome", &json!("met")), "已见面");
        assert_eq!(value(&Kind::Visit, "found", &json!("")), "（空）");
        assert_eq!(value(&Kind::Visit, "met", &json!(["陈静", "陈强"])), "陈静、陈强");
        assert_eq!(value(&Kind::Resident, "birth", &json!("1956-03-08")), "1956-03-08");
    }
}
