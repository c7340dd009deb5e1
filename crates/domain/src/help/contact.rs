//! 便民电话: who helps at a place and how to call them: 一村一警一法律顾问, mediators, the clinic, the offices that
//! people are referred to. People in their office, never people recorded.

use crate::codes::code_table;

code_table! {
    /// The services that somebody is called for.
    Service {
        Police = "police", "驻村民警（辅警）";
        Lawyer = "lawyer", "法律顾问";
        Mediator = "mediator", "人民调解员";
        Clinic = "clinic", "卫生室";
        Counsel = "counsel", "心理服务";
        Justice = "justice", "司法所";
        Station = "station", "派出所";
        Relief = "relief", "民政救助";
        Work = "work", "就业服务";
        Other = "other", "其他";
    }
}

/// Numbers that answer in the whole country: what for, the number, when.
pub const NATIONAL: [(&str, &str, &str); 8] = [
    ("报警", "110", "有人身危险、正在发生的违法犯罪"),
    ("急救", "120", "急病、受伤"),
    ("火警", "119", "起火、被困"),
    ("反诈专线", "96110", "接到诈骗电话、转了钱"),
    ("公共法律服务", "12348", "法律咨询、法律援助"),
    ("心理援助", "12356", "情绪低落、想找人说说"),
    ("妇女维权", "12338", "家庭暴力、妇女儿童权益"),
    ("政务服务", "12345", "其他诉求"),
];

/// Whether it may be called: three (110) to thirteen digits, written with spaces or hyphens or without.
pub fn is_number(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (3..=13).contains(&digits) && text.len() <= 20 && text.chars().all(|c| c.is_ascii_digit() || " -".contains(c))
}

/// A number as a link that calls it (RFC 3966).
pub fn call(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    format!("tel:{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_called_without_what_only_helps_to_read_it() {
        assert_eq!(call("0376-622 0110"), "tel:03766220110");
        assert!(NATIONAL.iter().all(|(_, number, _)| is_number(number)));
        for (text, may) in
            [("110", true), ("0376-6220110", true), ("138 0000 0000", true), ("", false), ("找王医生", false)]
        {
            assert_eq!(is_number(text), may, "{text}");
        }
        assert!(!is_number("12"), "too short");
        assert!(!is_number("13800000000, 13900000000"), "one number a row");
    }
}
