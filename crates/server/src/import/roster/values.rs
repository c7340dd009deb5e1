//! What the cells of a roster mean, as people write them. What can't be known is left out, with the words that say so.

use crate::text::{code, usual, words};
use chrono::{Datelike, Days, NaiveDate};

/// Returns what two ways to write one number of a household have in common: zeros before it make no difference.
pub fn number_key(number: &str) -> String {
    let number = code(number);
    if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty() {
        let shortened = number.trim_start_matches('0');
        return if shortened.is_empty() { "0" } else { shortened }.to_owned();
    }
    number.to_lowercase()
}

/// Whether a cell says that there is nothing to say.
fn is_nothing(text: &str) -> bool {
    matches!(
        text,
        "" | "无"
            | "没有"
            | "不详"
            | "未知"
            | "暂无"
            | "不清楚"
            | "无电话"
            | "/"
            | "\\"
            | "-"
            | "--"
            | "—"
            | "——"
            | "*"
            | "0"
    )
}

/// A phone number as it is dialled, and what the cell says besides, which somebody should look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phone {
    /// The first number: seven to twelve digits; empty where there is none.
    pub number: String,
    /// The whole cell, where it holds more than the number.
    pub to_check: String,
}

/// Reads a cell for a phone number: `+86 138 0000 0601`, `0376-6360604`, several numbers, words beside them.
pub fn phone(text: &str) -> Phone {
    let shown = words(text);
    let plain: String = shown.chars().map(usual).collect();
    if is_nothing(&shown) || is_nothing(&plain) {
        return Phone::default();
    }
    // A number that a table program took for one with decimals.
    let plain = plain.strip_suffix(".0").unwrap_or(&plain).to_owned();
    let mut runs: Vec<String> = Vec::new();
    let mut rest = String::new();
    for part in plain.split(|letter: char| !(letter.is_ascii_digit() || matches!(letter, ' ' | '-' | '(' | ')' | '+')))
    {
        runs.extend(numbers(part));
    }
    rest.extend(plain.chars().filter(|letter| letter.is_alphabetic()));
    let number = runs.first().cloned().unwrap_or_default();
    let alone = runs.len() == 1 && rest.is_empty() && number.len() >= digits(&plain).len().saturating_sub(4);
    Phone { to_check: if alone { String::new() } else { shown }, number }
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Returns the phone numbers in digits, spaces and hyphens: one where all of it is one, else those between the spaces.
fn numbers(text: &str) -> Vec<String> {
    let one = |text: &str| {
        let all = digits(text);
        let abroad = text.trim_start().starts_with('+') || all.len() == 13;
        let all = all.strip_prefix("86").filter(|_| abroad).map_or(all.clone(), str::to_owned);
        is_phone(&all).then_some(all)
    };
    if let Some(number) = one(text) {
        return vec![number];
    }
    text.split(' ').filter_map(one).collect()
}

/// Whether digits are a mobile number, or one of a landline with its area's code or without.
fn is_phone(digits: &str) -> bool {
    match digits.len() {
        11 if digits.starts_with('1') => matches!(digits.as_bytes()[1], b'3'..=b'9'),
        10..=12 => digits.starts_with('0'),
        7 | 8 => !digits.starts_with('0'),
        _ => false,
    }
}

/// A date of birth, where a cell says one, and the words for whoever should look at it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Birth {
    /// The day.
    pub day: Option<NaiveDate>,
    /// Why the cell should be looked at; nothing where all is well.
    pub doubt: Option<String>,
}

/// Reads a cell for a date of birth: 1968-3-5, 1968年3月5日, 19680305, 一九六八年三月五日, with a time or without.
pub fn birth(text: &str, today: NaiveDate) -> Birth {
    let shown = words(text);
    let plain: String = arabic(&shown.chars().map(usual).collect::<String>());
    if is_nothing(&shown) || is_nothing(&plain) {
        return Birth::default();
    }
    let doubt =
        |why: &str| Birth { day: None, doubt: Some(format!("出生日期“{shown}”{why}，没有填，请核对")) };
    if plain.contains("农历") || plain.contains("阴历") || plain.contains("旧历") {
        return doubt("是农历");
    }
    // What follows the day is a time.
    let date = plain.split(['T', ' ']).next().unwrap_or_default();
    let date = date.split_once(':').map_or(date, |(before, _)| before);
    let foreign = |letter: char| {
        !(letter.is_ascii_digit() || matches!(letter, '-' | '/' | '.' | '年' | '月' | '日' | '号' | '生'))
    };
    if date.chars().any(foreign) {
        return doubt("认不出来");
    }
    let parts: Vec<&str> =
        date.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let number = |part: &str| part.parse::<u32>().unwrap_or(u32::MAX);
    let known = |day: Option<NaiveDate>| {
        let earliest = NaiveDate::from_ymd_opt(1890, 1, 1).unwrap_or_default();
        match day.filter(|day| (earliest..=today).contains(day)) {
            Some(day) => Birth { day: Some(day), doubt: None },
            None => doubt("不是过去的日子"),
        }
    };
    let of = |year: u32, month: u32, day: u32| NaiveDate::from_ymd_opt(year.cast_signed(), month, day);
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => known(of(number(year), number(month), number(day))),
        [year, month, day] if year.len() == 2 && day.len() <= 2 => {
            let (short, this) = (number(year), today.year().cast_unsigned() % 100);
            if short <= this {
                return doubt("的年份只有两位");
            }
            let found = known(of(1_900 + short, number(month), number(day)));
            let read = format!("出生日期“{shown}”的年份只有两位，按 {} 年填，请核对", 1_900 + short);
            Birth { doubt: found.day.map_or(found.doubt, |_| Some(read)), day: found.day }
        }
        [first, second, year] if year.len() == 4 => {
            // Which of the two is the month is known only where one of them can't be.
            match (number(first), number(second)) {
                (first, second) if first == second => known(of(number(year), first, second)),
                (day @ 13..=31, month) => known(of(number(year), month, day)),
                (month, day @ 13..=31) => known(of(number(year), month, day)),
                _ => doubt("分不清哪个是月、哪个是日"),
            }
        }
        [whole] if whole.len() == 8 => known(NaiveDate::parse_from_str(whole, "%Y%m%d").ok()),
        [year, month] if year.len() == 4 && (1..=12).contains(&number(month)) => doubt("只有年月"),
        [whole] if whole.len() == 6 && (1..=12).contains(&number(&whole[4..])) => doubt("只有年月"),
        [year] if year.len() == 4 => doubt("只有年份"),
        // A day as table programs count them, from 1899-12-30.
        [count] if count.len() == 5 && date.len() == 5 => {
            let start = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap_or_default();
            let found = known(start.checked_add_days(Days::new(number(count).into())));
            let read = found.day.map(|day| format!("出生日期“{shown}”是表格软件的日期序号，按 {day} 填，请核对"));
            Birth { doubt: read.or(found.doubt), day: found.day }
        }
        _ => doubt("认不出来"),
    }
}

/// Returns Chinese numerals as digits: 一九六八年三月十五日 becomes 1968年3月15日.
fn arabic(text: &str) -> String {
    const DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let value = |letter: char| match letter {
        '零' | '○' => Some(0),
        other => DIGITS.iter().position(|digit| *digit == other),
    };
    let letters: Vec<char> = text.chars().collect();
    let mut plain = String::with_capacity(text.len());
    for (at, letter) in letters.iter().enumerate() {
        if *letter == '十' {
            let before = at.checked_sub(1).and_then(|at| value(letters[at]));
            let after = letters.get(at + 1).and_then(|next| value(*next));
            match (before, after) {
                (None, None) => plain.push_str("10"),
                (None, Some(_)) => plain.push('1'),
                (Some(_), None) => plain.push('0'),
                (Some(_), Some(_)) => {}
            }
        } else if let Some(value) = value(*letter) {
            plain.push_str(&value.to_string());
        } else {
            plain.push(*letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::name_key;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day")
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(1968, 3, 5);
        for text in [
            "1968-3-5",
            "1968年3月5日",
            "1968/03/05",
            "1968.3.5",
            "19680305",
            "1968-03-05 00:00:00",
            "1968/3/5 0:00",
            "1968-03-05T00:00:00",
            "一九六八年三月五日",
            "１９６８－３－５",
            "1968年3月5日生",
        ] {
            assert_eq!(birth(text, today()), Birth { day, doubt: None }, "{text}");
        }
        let fifteenth = birth("一九六八年十月二十五日", today()).day;
        assert_eq!(fifteenth, NaiveDate::from_ymd_opt(1968, 10, 25));
        for text in ["68-3-5", "24902"] {
            let read = birth(text, today());
            assert!(read.day == day && read.doubt.is_some(), "{text}: {read:?}");
        }
        assert_eq!(birth("25/03/1968", today()).day, NaiveDate::from_ymd_opt(1968, 3, 25));
    }

    #[test]
    fn a_date_that_can_not_be_known_is_left_out_and_said() {
        for (text, why) in [
            ("1968.3", "只有年月"),
            ("1968年3月", "只有年月"),
            ("196803", "只有年月"),
            ("1968", "只有年份"),
            ("05/03/1968", "分不清"),
            ("1968-3-5（农历）", "农历"),
            ("05-3-5", "两位"),
            ("1968-13-5", "不是过去"),
            ("2999-1-1", "不是过去"),
            ("3月5日", "认不出来"),
            ("属猴", "认不出来"),
            ("99999999", "不是过去"),
        ] {
            let read = birth(text, today());
            assert_eq!(read.day, None, "{text}");
            assert!(read.doubt.as_ref().is_some_and(|words| words.contains(why)), "{text}: {read:?}");
        }
        for text in ["无", "", "—", "不详"] {
            assert_eq!(birth(text, today()), Birth::default(), "{text}");
        }
    }

    #[test]
    fn phones_are_read_as_people_write_them() {
        for (text, number, checked) in [
            ("+86 138 0000 0601", "13800000601", false),
            ("86-13800000602", "13800000602", false),
            ("138 0000 0609", "13800000609", false),
            ("13800000611.0", "13800000611", false),
            ("0376–6360608", "03766360608", false),
            ("(0376)6360608", "03766360608", false),
            ("１３８００００１２３４", "13800001234", false),
            ("\u{202D}13800000702\u{202C}", "13800000702", false),
            ("13800000603/13900000603", "13800000603", true),
            ("13800000604、0376-6360604", "13800000604", true),
            ("13800000603 13900000603", "13800000603", true),
            ("13800000605（儿子）", "13800000605", true),
            ("见村委", "", true),
            ("1380000", "1380000", false),
            ("138000000", "", true),
            ("无", "", false),
            ("/", "", false),
            ("—", "", false),
        ] {
            let read = phone(text);
            assert_eq!((read.number.as_str(), !read.to_check.is_empty()), (number, checked), "{text}: {read:?}");
        }
    }

    #[test]
    fn one_name_and_one_number_written_in_two_ways_are_the_same() {
        for (one, other) in
            [("李 明", "李明"), ("傅\u{200B}明", "傅明"), ("阿不都·热合曼", "阿不都•热合曼"), ("Ａnna Lee", "anna lee")]
        {
            assert_eq!(name_key(one), name_key(other));
        }
        assert_ne!(name_key("李明"), name_key("李鸣"));
        for (one, other) in [("081", "81"), ("０81", "81"), ("81\u{200B}", "081"), ("A-02", "a-02")] {
            assert_eq!(number_key(one), number_key(other));
        }
        assert_ne!(number_key("A02"), number_key("A2"));
        assert_eq!(words(" Anna\u{3000} Lee "), "Anna Lee");
        assert_eq!(words("李 明\u{200B}"), "李明");
    }
}
