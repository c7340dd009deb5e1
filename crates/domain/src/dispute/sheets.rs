//! The texts of the documents of a file. They are put together from its records and typed nowhere.

use super::{
    codes::{DisputeType, Form, Mark, Performance, Side, Source},
    file::DisputeFile,
    papers::{Paper, Sheet},
    records::{Party, Session},
    steps::Step,
};
use crate::{
    case::{Case, TakenStep},
    codes::Sex,
    day,
    id::RecordId,
};
use chrono::NaiveDate;

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Names and what belongs to them, as a table of two columns.
    Rows(Vec<(&'static str, String)>),
    /// A table with a head.
    Table(&'static [&'static str], Vec<Vec<String>>),
    /// A heading.
    Head(&'static str),
    /// A paragraph.
    Text(String),
    /// Paragraphs with numbers.
    Numbered(Vec<String>),
    /// Where people sign.
    Marks(Vec<Place>),
    /// The seal of the committee, and the day.
    Seal(String, String),
}

/// Where somebody signs, in ink or with the mark that was made on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As what.
    pub who: String,
    /// The strokes of the mark that covers the text as it is; none where there is none.
    pub strokes: Option<String>,
    /// Whether it is a thumb mark.
    pub thumb: bool,
}

/// A day to be filled in by hand.
const BLANK_DAY: &str = "　　　　年　　月　　日";
/// Something else to be filled in by hand.
const BLANK: &str = "　　　　　　　　";

/// The committee of a grid, by the grid's name: that of `椿树岗村民委员会第2网格` is `椿树岗村人民调解委员会`.
pub fn committee(grid: &str) -> String {
    let village = grid.rsplit_once('第').map_or(grid, |(village, _)| village);
    let place = match (village.strip_suffix("村民委员会"), village.strip_suffix("居民委员会")) {
        (Some(name), _) => format!("{}村", name.trim_end_matches('村')),
        (None, Some(name)) => name.to_owned(),
        (None, None) => village.to_owned(),
    };
    format!("{place}人民调解委员会")
}

/// Returns the text of a document, block by block. `committee` is the committee's name.
pub fn write(file: &DisputeFile, sheet: &Sheet, committee: &str) -> Vec<Block> {
    let paper = Writer { file, committee };
    match sheet.paper {
        Paper::Cover => paper.cover(),
        Paper::Catalogue => paper.catalogue(),
        Paper::Application => paper.application(),
        Paper::Register => paper.register(),
        Paper::Rights => paper.rights(),
        Paper::Inquiry | Paper::Mediation => paper.session(sheet.of),
        Paper::Agreement => paper.agreement(),
        Paper::Oral => paper.oral(),
        Paper::Confirmation => paper.confirmation(),
        Paper::FollowUp => paper.follow_up(sheet.of),
        Paper::Account => paper.account(),
        Paper::Back => paper.back(),
    }
}

struct Writer<'a> {
    file: &'a DisputeFile,
    committee: &'a str,
}

fn printed(on: Option<NaiveDate>) -> String {
    on.map_or_else(|| BLANK_DAY.to_owned(), day::printed)
}

fn or_blank(text: &str) -> String {
    if text.trim().is_empty() { BLANK.to_owned() } else { text.to_owned() }
}

const fn yes(flag: bool) -> &'static str {
    if flag { "是" } else { "否" }
}

/// Who a party is, as a document says it. The ID number is for the court alone.
fn described(party: &Party, with_number: bool) -> String {
    let side = party.side.map_or("当事人", Side::label);
    let known = [
        party.sex.filter(|sex| matches!(sex, Sex::Male | Sex::Female)).map(|sex| sex.label().to_owned()),
        party.born.map(|year| format!("{year}年出生")),
        Some(&party.address).filter(|text| !text.is_empty()).map(|text| format!("住{text}")),
        Some(&party.phone).filter(|text| !text.is_empty()).map(|text| format!("电话{text}")),
        Some(&party.id_number).filter(|text| with_number && !text.is_empty()).map(|text| format!("公民身份号码{text}")),
        Some(&party.representative).filter(|text| !text.is_empty()).map(|text| format!("代理人{text}")),
    ];
    let known: String = known.into_iter().flatten().map(|text| format!("，{text}")).collect();
    format!("{side}：{}{known}。", party.name)
}

impl Writer<'_> {
    fn parties(&self, with_number: bool) -> Vec<Block> {
        self.file.parties.iter().map(|(_, party)| Block::Text(described(party, with_number))).collect()
    }

    fn mediators(&self) -> String {
        or_blank(&self.file.handler())
    }

    /// Where the parties sign in ink, and others.
    fn ink(&self, others: &[&str]) -> Block {
        let parties = self.file.parties.iter().map(|(_, party)| party.side.map_or("当事人", Side::label).to_owned());
        let others = others.iter().map(|who| (*who).to_owned());
        let place = |who| Place { who, strokes: None, thumb: false };
        Block::Marks(parties.chain(others).map(place).collect())
    }

    /// Where the agreement is signed, with the marks that cover its text.
    fn marks(&self) -> Block {
        let parties = self.file.parties.iter().map(|(id, party)| (Some(*id), party.side.map_or("当事人", Side::label)));
        let place = |(party, who): (Option<RecordId>, &str)| {
            let mark = self.file.signed(party).filter(|(_, covers)| *covers).map(|(mark, _)| mark);
            let strokes = mark.map(|mark| mark.strokes.clone());
            Place { who: who.to_owned(), strokes, thumb: mark.is_some_and(|mark| mark.mark == Some(Mark::Thumb)) }
        };
        Block::Marks(parties.chain([(None, "人民调解员")]).map(place).collect())
    }

    fn seal(&self, on: Option<NaiveDate>) -> Block {
        Block::Seal(format!("{}（盖章）", self.committee), printed(on))
    }

    fn matter(&self) -> String {
        self.file.dispute.matter.map_or(BLANK, DisputeType::label).to_owned()
    }

    fn terms(&self) -> Block {
        let term = |(_, term): &(RecordId, super::records::Term)| {
            let due = term.due.map(|due| format!("，于{}前履行", day::printed(due))).unwrap_or_default();
            format!("{}{due}。", term.what.trim_end_matches('。'))
        };
        Block::Numbered(self.file.terms.iter().map(term).collect())
    }

    fn result(&self) -> String {
        let last = self.file.history().rev().find(|done| {
            matches!(done.taken.step, Step::AgreeWritten | Step::AgreeOral | Step::Terminate | Step::Withdraw)
        });
        last.map_or("尚未办结", |done| match done.taken.step {
            Step::AgreeWritten => "达成书面调解协议",
            Step::AgreeOral => "达成口头调解协议",
            Step::Terminate => done.taken.reason.map_or("终止调解", |reason| reason.label()),
            _ => "当事人撤回",
        })
        .to_owned()
    }

    fn cover(&self) -> Vec<Block> {
        let file = self.file;
        let begun = file.last(Step::Begin).map(TakenStep::on);
        let ended = file.effective_on().or_else(|| {
            file.history()
                .rev()
                .find(|done| matches!(done.taken.step, Step::Terminate | Step::Withdraw))
                .map(|done| done.on())
        });
        vec![
            Block::Text(self.committee.to_owned()),
            Block::Rows(vec![
                ("卷号", file.number()),
                ("卷名", file.dispute.title.clone()),
                ("纠纷类型", self.matter()),
                ("当事人", file.parties.iter().map(|(_, party)| party.name.as_str()).collect::<Vec<_>>().join("、")),
                ("调解员", self.mediators()),
                ("调解日期", begun.map_or_else(|| BLANK_DAY.to_owned(), |begun| format!("{}起", day::printed(begun)))),
                ("办结日期", printed(ended)),
                ("处理结果", self.result()),
                ("保管期限", BLANK.to_owned()),
                ("立卷人", BLANK.to_owned()),
                ("立卷日期", printed(file.last(Step::Archive).map(TakenStep::on))),
            ]),
        ]
    }

    fn catalogue(&self) -> Vec<Block> {
        let inside = self.file.sheets().into_iter();
        let inside = inside.filter(|sheet| !matches!(sheet.paper, Paper::Cover | Paper::Catalogue | Paper::Back));
        let rows = inside.enumerate().map(|(at, sheet)| {
            vec![(at + 1).to_string(), sheet.paper.label().to_owned(), String::new(), String::new()]
        });
        vec![
            Block::Table(&["序号", "文书名称", "页号", "备注"], rows.collect()),
            Block::Text("页号在装订后填写；履行凭证等附件排在回访记录之前。".to_owned()),
        ]
    }

    fn application(&self) -> Vec<Block> {
        let dispute = &self.file.dispute;
        let mut blocks = self.parties(false);
        blocks.extend([
            Block::Head("纠纷简要情况"),
            Block::Text(or_blank(&dispute.summary)),
            Block::Head("申请事项"),
            Block::Text(format!("请求{}对上述{}纠纷进行调解。", self.committee, self.matter())),
            Block::Text("申请人知道人民调解不收取任何费用，调解须双方自愿。".to_owned()),
            Block::Marks(vec![Place { who: "申请人".to_owned(), strokes: None, thumb: false }]),
            Block::Text(format!("申请日期：{}", printed(dispute.found_on))),
        ]);
        blocks
    }

    fn register(&self) -> Vec<Block> {
        let file = self.file;
        let dispute = &file.dispute;
        let accepted = match (file.last(Step::Accept), file.last(Step::Return)) {
            (Some(done), _) => format!("{}受理", day::printed(done.on())),
            (None, Some(done)) => format!("{}不予受理：{}", day::printed(done.on()), done.taken.why),
            _ => BLANK.to_owned(),
        };
        let registered = file.last(Step::Register);
        let mut rows = vec![
            ("编号", file.number()),
            ("登记日期", printed(registered.map(TakenStep::on))),
            ("纠纷来源", dispute.source.map_or(BLANK, Source::label).to_owned()),
            ("纠纷类型", self.matter()),
            ("发生地点", or_blank(&dispute.place)),
        ];
        rows.extend(file.parties.iter().map(|(_, party)| ("当事人", described(party, false))));
        rows.extend([
            ("简要情况", or_blank(&dispute.summary)),
            ("受理情况", accepted),
            ("登记人", registered.map_or_else(|| BLANK.to_owned(), |done| done.by.to_string())),
        ]);
        vec![Block::Rows(rows), self.ink(&["登记人"])]
    }

    fn rights(&self) -> Vec<Block> {
        let numbered = |lines: &[&str]| Block::Numbered(lines.iter().map(|line| (*line).to_owned()).collect());
        let told = self.file.sessions.iter().find(|(_, session)| session.told).and_then(|(_, session)| session.on);
        let mut blocks = self.parties(false);
        blocks.extend([
            Block::Text("依照《中华人民共和国人民调解法》，现将调解中的权利和义务告知各方当事人。".to_owned()),
            Block::Head("当事人的权利（第二十三条）"),
            numbered(&[
                "选择或者接受人民调解员",
                "接受调解、拒绝调解或者要求终止调解",
                "要求调解公开进行或者不公开进行",
                "自主表达意愿、自愿达成调解协议",
            ]),
            Block::Head("当事人的义务（第二十四条）"),
            numbered(&["如实陈述纠纷事实", "遵守调解现场秩序，尊重人民调解员", "尊重对方当事人行使权利"]),
            Block::Head("还要说明的事"),
            numbered(&[
                "人民调解不收取任何费用（第四条）",
                "调解不成的，可以依法通过仲裁、行政、司法等途径维护自己的权利（第二十六条）",
                "调解协议有法律约束力，当事人应当按照约定履行（第三十一条）",
                "双方认为有必要的，可以自协议生效之日起三十日内共同向人民法院申请司法确认（第三十三条）；涉及身份、收养、婚姻关系的除外",
            ]),
            Block::Text("以上内容已向我说明，我已知道。".to_owned()),
            self.ink(&["告知人"]),
            Block::Text(format!("告知日期：{}", printed(told))),
        ]);
        blocks
    }

    fn session(&self, of: Option<RecordId>) -> Vec<Block> {
        let Some((_, session)) = self.file.sessions.iter().find(|(id, _)| Some(*id) == of) else { return Vec::new() };
        let Session { place, present, told, said, proposals, result, .. } = session;
        let mut blocks = vec![Block::Rows(vec![
            ("时间", printed(session.on)),
            ("地点", or_blank(place)),
            ("参加人", or_blank(present)),
            ("公开调解", yes(self.file.dispute.open).to_owned()),
            ("已告知权利义务", yes(*told).to_owned()),
        ])];
        for (head, text) in [("陈述和经过", said), ("调解意见", proposals), ("结果", result)] {
            if !text.trim().is_empty() {
                blocks.extend([Block::Head(head), Block::Text(text.clone())]);
            }
        }
        blocks.extend([
            Block::Text("以上记录已给我看过或向我宣读，与我所说相符。".to_owned()),
            self.ink(&["人民调解员", "记录人"]),
        ]);
        blocks
    }

    fn agreement(&self) -> Vec<Block> {
        let Some(agreement) = self.file.agreement(Form::Written) else { return Vec::new() };
        let number = if agreement.number.is_empty() { self.file.number() } else { agreement.number.clone() };
        let mut blocks = vec![Block::Text(format!("编号：{number}"))];
        blocks.extend(self.parties(false));
        blocks.extend([
            Block::Head("纠纷的主要事实和各方当事人的责任"),
            Block::Text(or_blank(&agreement.facts)),
            Block::Head("经调解，各方自愿达成如下协议"),
            self.terms(),
            Block::Head("履行的方式、期限"),
            Block::Text(or_blank(&agreement.manner)),
            Block::Text(
                "本协议自各方当事人签名、盖章或者按指印，人民调解员签名并加盖人民调解委员会印章之日起生效；各方当事人各执一份，人民调解委员会留存一份。"
                    .to_owned(),
            ),
            self.marks(),
            self.seal(agreement.sealed_on),
        ]);
        blocks
    }

    fn oral(&self) -> Vec<Block> {
        let Some(agreement) = self.file.agreement(Form::Oral) else { return Vec::new() };
        let mut blocks = vec![Block::Rows(vec![
            ("编号", self.file.number()),
            ("达成日期", printed(agreement.on)),
            ("纠纷类型", self.matter()),
            ("调解员", self.mediators()),
        ])];
        blocks.extend(self.parties(false));
        blocks.extend([
            Block::Head("主要事实和各方责任"),
            Block::Text(or_blank(&agreement.facts)),
            Block::Head("口头协议内容"),
            self.terms(),
            Block::Head("履行的方式、期限"),
            Block::Text(or_blank(&agreement.manner)),
            Block::Text("口头调解协议自各方当事人达成协议之日起生效（人民调解法第三十条）。".to_owned()),
            self.ink(&["人民调解员"]),
            self.seal(agreement.on),
        ]);
        blocks
    }

    fn confirmation(&self) -> Vec<Block> {
        let effective = printed(self.file.effective_on());
        let until = printed(self.file.confirm_by());
        let mut blocks = self.parties(true);
        blocks.extend([
            Block::Head("请求事项"),
            Block::Text(format!(
                "请求依法确认申请人于{effective}在{}主持下达成的调解协议有效。",
                self.committee
            )),
            Block::Head("事实和理由"),
            Block::Text(or_blank(self.file.last_agreement().map_or("", |(_, agreement)| &agreement.facts))),
            Block::Text("经调解，申请人自愿达成下列协议：".to_owned()),
            self.terms(),
            Block::Text(
                "申请人说明：协议出于自愿，没有恶意串通、规避法律，没有损害国家、集体或者他人的利益；因协议产生的后果由申请人自己承担。"
                    .to_owned(),
            ),
            Block::Text(format!("本申请由双方共同提出，应在{until}前提交。附：调解协议书、身份证明。")),
            Block::Text(format!("此致　{BLANK}人民法院")),
            self.ink(&[]),
            Block::Text(format!("申请日期：{}", printed(self.file.last_agreement().and_then(|(_, one)| one.applied_on)))),
        ]);
        blocks
    }

    fn follow_up(&self, of: Option<RecordId>) -> Vec<Block> {
        let Some((_, visit)) = self.file.follow_ups.iter().find(|(id, _)| Some(*id) == of) else { return Vec::new() };
        let mut blocks = vec![Block::Rows(vec![
            ("编号", self.file.number()),
            ("回访日期", printed(visit.on)),
            ("履行情况", visit.performed.map_or(BLANK, Performance::label).to_owned()),
            ("双方满意", yes(visit.content).to_owned()),
            ("有一方已起诉", yes(visit.court).to_owned()),
        ])];
        for (head, text) in [("还有的隐患", &visit.risk), ("采取的措施", &visit.measures)] {
            if !text.trim().is_empty() {
                blocks.extend([Block::Head(head), Block::Text(text.clone())]);
            }
        }
        blocks.push(self.ink(&["回访人"]));
        blocks
    }

    fn account(&self) -> Vec<Block> {
        let file = self.file;
        let steps = file.history().map(|done| {
            let why = [done.taken.to.as_str(), done.taken.why.as_str()].join(" ").trim().to_owned();
            vec![day::printed(done.on()), done.taken.step.label().to_owned(), done.by.to_string(), why]
        });
        let inside = file.sheets().len().saturating_sub(3);
        vec![
            Block::Text(format!(
                "本卷为{}办理的{}纠纷，编号{}，处理结果：{}。",
                self.committee,
                self.matter(),
                file.number(),
                self.result()
            )),
            Block::Table(&["日期", "步骤", "经办人", "说明"], steps.collect()),
            Block::Text(format!("卷内文书{inside}件，由办理记录生成，签名、印章以原件为准。")),
            Block::Text("需要说明的其他情况：".to_owned()),
            Block::Marks(vec![Place { who: "立卷人".to_owned(), strokes: None, thumb: false }]),
        ]
    }

    fn back(&self) -> Vec<Block> {
        vec![
            Block::Rows(vec![
                ("卷号", self.file.number()),
                ("本卷共计", "　　　　页".to_owned()),
                ("立卷人", BLANK.to_owned()),
                ("检查人", BLANK.to_owned()),
                ("检查日期", BLANK_DAY.to_owned()),
            ]),
            self.seal(None),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            records::{Agreement, Dispute, DisputeStep, FollowUp, Signature, Term},
            steps::State,
        },
        *,
    };
    use crate::case::StepRecord;
    use serde_json::json;

    fn id(n: u8) -> RecordId {
        RecordId::new(u64::from(n), [n; 10])
    }

    fn view<T: serde::de::DeserializeOwned>(mut value: serde_json::Value) -> T {
        value["dispute"] = json!(id(1));
        serde_json::from_value(value).expect("a record")
    }

    /// A dispute that was agreed on in writing, kept, and followed up.
    fn file() -> DisputeFile {
        let done = |n: u8, step: Step| TakenStep {
            id: id(n),
            taken: DisputeStep::of(id(1), step),
            at: 1_772_413_200_000 + u64::from(n),
            by: "李强".into(),
            counts: true,
        };
        let steps = [Step::Register, Step::Accept, Step::Begin, Step::AgreeWritten, Step::Perform, Step::FollowUp];
        let mut file = DisputeFile {
            id: id(1),
            dispute: Dispute { title: "界墙".into(), summary: "界墙高低".into(), ..Dispute::default() },
            parties: vec![
                (
                    id(2),
                    view::<Party>(
                        json!({"name": "王建国", "side": "applicant", "sex": "1", "born": 1962, "id_number": "11010519491231002X"}),
                    ),
                ),
                (id(3), view::<Party>(json!({"name": "张秀英", "side": "respondent"}))),
            ],
            sessions: vec![
                (id(4), view::<Session>(json!({"sort": "inquiry", "said": "邻居看见了", "on": "2026-03-01"}))),
                (id(5), view::<Session>(json!({"said": "各说各的理", "told": true, "on": "2026-03-02"}))),
            ],
            agreements: vec![(
                id(6),
                view::<Agreement>(
                    json!({"form": "written", "facts": "墙过界", "manner": "当面", "sealed_on": "2026-03-03"}),
                ),
            )],
            terms: vec![(id(7), view::<Term>(json!({"what": "张秀英拆墙。", "due": "2026-04-01"})))],
            signatures: Vec::new(),
            follow_ups: vec![(id(8), view::<FollowUp>(json!({"on": "2026-04-10", "performed": "full"})))],
            steps: steps.into_iter().zip(10..).map(|(step, n)| done(n, step)).collect(),
            state: State::FollowedUp,
        };
        let covers = file.digest_to_sign();
        let mark = |party, covers: &str| json!({"of": id(6), "party": party, "mark": "thumb", "strokes": "AAKK", "covers": covers});
        file.signatures = vec![
            (id(20), view::<Signature>(mark(json!(id(2)), &covers))),
            (id(21), view::<Signature>(mark(json!(id(3)), "another text"))),
        ];
        file
    }

    fn words(file: &DisputeFile, paper: Paper) -> String {
        let sheets = file.sheets();
        let sheet = sheets.iter().find(|sheet| sheet.paper == paper).expect("a document");
        format!("{:?}", write(file, sheet, "椿树岗村人民调解委员会"))
    }

    #[test]
    fn a_file_has_its_documents_in_the_order_of_binding() {
        let mut file = file();
        let papers = |file: &DisputeFile| file.sheets().into_iter().map(|sheet| sheet.paper).collect::<Vec<_>>();
        use Paper as P;
        let bound = [
            P::Cover,
            P::Catalogue,
            P::Register,
            P::Rights,
            P::Inquiry,
            P::Mediation,
            P::Agreement,
            P::Confirmation,
            P::FollowUp,
            P::Account,
            P::Back,
        ];
        assert_eq!(papers(&file), bound);
        file.dispute.source = Some(Source::Application);
        assert!(papers(&file).contains(&P::Application), "who applied has an application");
        file.agreements[0].1.status = true;
        assert!(!papers(&file).contains(&P::Confirmation), "no court confirms what is on a status");
        file.state = State::Mediating;
        assert!(!papers(&file).contains(&P::Cover), "it is bound when the work is over");
    }

    #[test]
    fn a_mark_that_does_not_cover_the_text_is_not_printed() {
        let file = file();
        let blocks = write(&file, &Sheet { paper: Paper::Agreement, of: None }, "");
        let marks = blocks.iter().find_map(|block| if let Block::Marks(places) = block { Some(places) } else { None });
        let strokes: Vec<_> =
            marks.expect("places to sign").iter().map(|place| (place.strokes.is_some(), place.thumb)).collect();
        assert_eq!(strokes, [(true, true), (false, false), (false, false)]);
    }

    #[test]
    fn the_identity_number_is_for_the_court_alone() {
        let file = file();
        for sheet in file.sheets() {
            let shown = format!("{:?}", write(&file, &sheet, "")).contains("11010519491231002X");
            assert_eq!(shown, sheet.paper == Paper::Confirmation, "{:?}", sheet.paper);
        }
    }

    #[test]
    fn documents_say_what_the_records_say() {
        let file = file();
        for (paper, expected) in [
            (Paper::Agreement, "张秀英拆墙，于2026年4月1日前履行。"),
            (Paper::Agreement, "申请人：王建国，男，1962年出生。"),
            (Paper::Agreement, "2026年3月3日"),
            (Paper::Inquiry, "邻居看见了"),
            (Paper::Mediation, "各说各的理"),
            (Paper::Rights, "告知日期：2026年3月2日"),
            (Paper::FollowUp, "已全部履行"),
            (Paper::Cover, "达成书面调解协议"),
            (Paper::Confirmation, "椿树岗村人民调解委员会主持下"),
            (Paper::Account, "卷内文书8件"),
        ] {
            let words = words(&file, paper);
            assert!(words.contains(expected), "{paper:?}: {words}");
        }
    }

    #[test]
    fn a_committee_is_called_after_its_village() {
        for (grid, name) in [
            ("椿树岗村民委员会第2网格", "椿树岗村人民调解委员会"),
            ("五里村村民委员会第1网格", "五里村人民调解委员会"),
            ("三里店社区居民委员会第12网格", "三里店社区人民调解委员会"),
            ("411502001003第2网格", "411502001003人民调解委员会"),
        ] {
            assert_eq!(committee(grid), name);
        }
    }
}
