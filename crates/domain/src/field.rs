//! A field of a form: its name, what it is called, how it is filled in, and why it is asked.

/// The longest free text of one field, in characters.
pub const MAX_TEXT: usize = 2_000;

/// The longest time between two looks at a care case, in days: it has to be confirmed again by then.
pub const MAX_INTERVAL: u64 = 180;

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// A line.
    Line,
    /// Some lines.
    Text,
    /// A day.
    Day,
    /// A day that is not to come.
    PastDay,
    /// A day after today.
    ComingDay,
    /// A whole number.
    Number,
    /// A phone number.
    Phone,
    /// A resident ID number (GB 11643).
    IdNumber,
    /// Yes or no.
    Flag,
    /// One of a code table's rows.
    One(&'static [(&'static str, &'static str)]),
    /// Any number of a code table's rows.
    Many(&'static [(&'static str, &'static str)]),
}

/// A field of a form.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the record.
    pub name: &'static str,
    /// Its label on the form.
    pub label: &'static str,
    /// How it is filled in.
    pub input: Input,
    /// Whether the record can't do without it.
    pub wanted: bool,
    /// The purpose for which a field about a person is kept; empty where it is about no person.
    pub purpose: &'static str,
    /// Whether it is shown only where somebody asks for more.
    pub folded: bool,
    /// Whether another field decides if the record can do without it.
    pub depends: bool,
}

impl Field {
    pub(crate) const fn new(name: &'static str, label: &'static str, input: Input) -> Self {
        Self { name, label, input, wanted: false, purpose: "", folded: false, depends: false }
    }

    pub(crate) const fn wanted(self) -> Self {
        Self { wanted: true, ..self }
    }

    pub(crate) const fn folded(self) -> Self {
        Self { folded: true, ..self }
    }

    pub(crate) const fn depends(self) -> Self {
        Self { depends: true, ..self }
    }

    pub(crate) const fn about(self, purpose: &'static str) -> Self {
        Self { purpose, ..self }
    }
}

/// Returns the whole number of a text as people write it: `36`, `３６`, `36人`, `1980年`; none where it is not one number with
/// at most a unit after it.
pub fn number(text: &str) -> Option<u32> {
    let half = |letter: char| match letter {
        '０'..='９' => char::from_u32(u32::from(letter) - u32::from('０') + u32::from('0')).unwrap_or(letter),
        other => other,
    };
    let text: String = text.trim().chars().map(half).collect();
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let is_unit = unit.chars().all(|letter| letter.is_alphabetic()) && unit.chars().count() <= 2;
    digits.parse().ok().filter(|_| is_unit)
}

/// The form of a step: what it asks for, and something to say where it asks for no reason.
pub(crate) fn of_step(asks: impl Iterator<Item = Field>) -> Vec<Field> {
    let mut fields: Vec<Field> = asks.collect();
    if !fields.iter().any(|field| field.name == "why") {
        fields.push(Field::new("why", "说明", Input::Text));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in
            [("36", Some(36)), ("３６", Some(36)), ("36人", Some(36)), (" 1980年", Some(1980)), ("180公里", Some(180))]
        {
            assert_eq!(number(text), expected, "{text}");
        }
        for text in ["", "人", "三十六", "3.5", "36-40", "-1", "36人左右吧", "99999999999"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
