//! A signature as text: strokes of points on a pad 1,000 wide, each point as its distance from the one before. About
//! two bytes a point.

/// A point on the pad: 0 to 1,000 from the left, and as much from the top.
pub type Point = (i32, i32);

/// The most points of a signature: more are left out.
pub const MOST: usize = 3_000;

/// Strokes as text.
pub fn write(strokes: &[Vec<Point>]) -> String {
    let mut text = String::new();
    let (mut x, mut y) = (0, 0);
    for stroke in strokes {
        if !text.is_empty() {
            text.push(' ');
        }
        for point in stroke {
            number(&mut text, point.0 - x);
            number(&mut text, point.1 - y);
            (x, y) = *point;
        }
    }
    text
}

/// The strokes of a text; what is no point is passed over.
pub fn read(text: &str) -> Vec<Vec<Point>> {
    let (mut x, mut y) = (0_i32, 0_i32);
    let mut strokes = Vec::new();
    for stroke in text.split(' ') {
        let (mut points, mut digits) = (Vec::new(), stroke.bytes());
        while let (Some(dx), Some(dy)) = (next(&mut digits), next(&mut digits)) {
            (x, y) = ((x + dx).clamp(0, 2_000), (y + dy).clamp(0, 2_000));
            points.push((x, y));
        }
        if !points.is_empty() {
            strokes.push(points);
        }
    }
    strokes
}

/// Letters by their worth; the upper half says that another digit follows.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A number as digits of five bits, the lowest first; the sign is the lowest bit.
fn number(text: &mut String, value: i32) {
    let mut rest = (value << 1 ^ value >> 31).cast_unsigned();
    loop {
        let more = rest >> 5 > 0;
        let digit = (rest & 31) as usize | usize::from(more) << 5;
        text.push(char::from(DIGITS[digit]));
        rest >>= 5;
        if !more {
            return;
        }
    }
}

fn next(digits: &mut impl Iterator<Item = u8>) -> Option<i32> {
    let (mut value, mut shift) = (0_u32, 0_u32);
    loop {
        let letter = digits.next()?;
        let digit = DIGITS.iter().position(|known| *known == letter)?;
        value |= u32::try_from(digit & 31).ok()?.checked_shl(shift)?;
        shift += 5;
        if digit & 32 == 0 {
            return Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_read_back_as_they_were_drawn() {
        let strokes = vec![vec![(10, 20), (11, 25), (300, 1_000)], vec![(0, 0)], vec![(999, 3), (1_000, 0)]];
        let text = write(&strokes);
        assert_eq!(read(&text), strokes);
        assert!(text.len() < 32, "{text}");
        assert_eq!(read(""), Vec::<Vec<Point>>::new());
        for wrong in ["!", "A", "______________", "AA AAA", "\u{4e2d}"] {
            drop(read(wrong));
        }
    }
}
