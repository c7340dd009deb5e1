//! Resident identity numbers (公民身份号码), GB 11643-1999.

use chrono::NaiveDate;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";

/// A fault of an identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIdNumber {
    /// Not 17 digits and a digit or X.
    #[error("身份证号应为 18 位")]
    Shape,
    /// Digits 7–14 are no day of the calendar.
    #[error("身份证号中的出生日期不对")]
    BirthDate,
    /// The last character does not follow from the others: a slip in typing.
    #[error("身份证号有误，请核对")]
    Check,
}

/// The check character of the first seventeen digits; none if they are not seventeen digits.
pub fn check_character(digits: &str) -> Option<char> {
    if digits.len() != 17 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    Some(char::from(CHECKS[(sum % 11) as usize]))
}

/// The birth date in a number that holds.
///
/// # Errors
/// Fails with the first fault of the number.
pub fn check(number: &str) -> Result<NaiveDate, BadIdNumber> {
    let number = number.to_ascii_uppercase();
    if number.len() != 18 || !number.is_ascii() {
        return Err(BadIdNumber::Shape);
    }
    let expected = check_character(&number[..17]).ok_or(BadIdNumber::Shape)?;
    let birth = birth(&number[6..14]).ok_or(BadIdNumber::BirthDate)?;
    if number.ends_with(expected) { Ok(birth) } else { Err(BadIdNumber::Check) }
}

fn birth(digits: &str) -> Option<NaiveDate> {
    let number = |from: usize, to: usize| digits[from..to].parse().ok();
    NaiveDate::from_ymd_opt(digits[..4].parse().ok()?, number(4, 6)?, number(6, 8)?)
}

/// The number as a screen or an export shows it: the first three and the last two characters.
pub fn mask(number: &str) -> String {
    let characters: Vec<char> = number.chars().collect();
    let hidden = |at: usize| at >= 3 && at + 2 < characters.len();
    characters.iter().enumerate().map(|(at, character)| if hidden(at) { '*' } else { *character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_own_example_holds_and_a_slip_is_caught() {
        let birth = NaiveDate::from_ymd_opt(1949, 12, 31).expect("a day");
        assert_eq!(check("11010519491231002X"), Ok(birth));
        assert_eq!(check("11010519491231002x"), Ok(birth));
        assert_eq!(check("110105194912310020"), Err(BadIdNumber::Check));
        assert_eq!(check("11010519491331002X"), Err(BadIdNumber::BirthDate));
        assert_eq!(check("1101051949123100"), Err(BadIdNumber::Shape));
        assert_eq!(check("一二三四五六"), Err(BadIdNumber::Shape));
    }

    #[test]
    fn a_shown_number_keeps_three_and_two() {
        assert_eq!(mask("11010519491231002X"), "110*************2X");
    }
}
