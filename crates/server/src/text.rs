//! Texts as they are shown, as codes, and as they are compared.

/// Whether a character shows nothing: marks of width and direction, soft hyphens, the mark at the beginning of a file.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
        || (letter.is_control() && !letter.is_whitespace())
}

/// Returns full-width letters, digits and signs in their usual width, and the dashes of the world as one.
pub const fn usual(letter: char) -> char {
    match letter {
        '\u{FF01}'..='\u{FF5E}' => match char::from_u32(letter as u32 - 0xFEE0) {
            Some(usual) => usual,
            None => letter,
        },
        '\u{3000}' | '\u{A0}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

const fn is_han(letter: char) -> bool {
    matches!(letter, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Returns words as they are shown: without what can't be seen and without spaces around them. Between Chinese characters
/// there are none; between the words of a Latin name one stays.
pub fn words(text: &str) -> String {
    let seen: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    let mut words = String::with_capacity(seen.len());
    for part in seen.split_whitespace() {
        let apart = |last: char, first: char| !is_han(last) && !is_han(first);
        if let (Some(last), Some(first)) = (words.chars().last(), part.chars().next())
            && apart(last, first)
        {
            words.push(' ');
        }
        words.push_str(part);
    }
    words
}

/// Returns a code or a number: in its usual width, without spaces.
pub fn code(text: &str) -> String {
    words(text).chars().map(usual).filter(|letter| !letter.is_whitespace()).collect()
}

/// Returns what two ways to write one name have in common: width, case, dots and spaces make no difference.
pub fn name_key(name: &str) -> String {
    let dot = |letter: char| {
        if matches!(letter, '•' | '・' | '‧' | '･' | '∙' | '⋅' | '．' | '.') { '·' } else { letter }
    };
    code(name).chars().map(dot).flat_map(char::to_lowercase).collect()
}
