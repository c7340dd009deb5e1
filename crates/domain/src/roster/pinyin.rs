//! How Chinese characters are read, from a table of Unicode's (Unihan 15.0, kMandarin and kHanyuPinlu): no browser's own order of
//! characters is asked, for those differ.

/// The readings of characters, without tones.
#[derive(Clone, Debug, Default)]
pub struct Readings(Vec<(char, &'static str)>);

impl Readings {
    /// Reads the table: a line for each syllable, with the characters that are read so after it; ü is written v, as it is typed.
    pub fn read(table: &'static str) -> Self {
        let lines = table.lines().filter_map(|line| line.split_once(' '));
        let mut readings: Vec<(char, &'static str)> =
            lines.flat_map(|(syllable, characters)| characters.chars().map(move |one| (one, syllable))).collect();
        readings.sort_unstable_by_key(|(character, _)| *character);
        Self(readings)
    }

    /// Returns the usual reading of a character, in lower case; `None` where it is not in the table.
    pub fn of(&self, character: char) -> Option<&'static str> {
        let at = self.0.binary_search_by_key(&character, |(known, _)| *known).ok()?;
        self.0.get(at).map(|(_, syllable)| *syllable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::search::reading;

    const TABLE: &str = include_str!("../../../../public/pinyin.txt");

    #[test]
    fn the_table_reads_each_character_once() {
        let readings = Readings::read(TABLE);
        assert!(readings.0.len() > 21_000 && readings.0.windows(2).all(|two| two[0].0 != two[1].0));
        let plain = |syllable: &str| syllable.bytes().all(|b| b.is_ascii_lowercase());
        assert!(readings.0.iter().all(|(_, syllable)| plain(syllable) && (1..=6).contains(&syllable.len())));
        assert_eq!((readings.of('王'), readings.of('女'), readings.of('a')), (Some("wang"), Some("nv"), None));
    }

    #[test]
    fn names_are_read_as_people_read_them() {
        let readings = Readings::read(TABLE);
        for (name, read) in [
            ("王伟", "wang wei"),
            ("吴敏", "wu min"),
            ("孙小文", "sun xiao wen"),
            ("覃辉", "qin hui"),
            ("卜建国", "bu jian guo"),
            ("薄荷", "bo he"),
            ("单于明", "chan yu ming"),
            ("单明", "shan ming"),
            ("尉迟恭", "yu chi gong"),
            ("区桂兰", "ou gui lan"),
            ("仇芳", "qiu fang"),
            ("查良", "zha liang"),
            ("解放", "xie fang"),
            ("曾国藩", "zeng guo fan"),
            ("翟天", "zhai tian"),
            ("盖苏", "ge su"),
            ("朴英", "piao ying"),
            ("缪斯", "miao si"),
            ("令狐冲", "ling hu chong"),
            ("吕绿", "lv lv"),
            ("龚䶮", "gong yan"),
            ("李明", "li ming"),
            ("王建国", "wang jian guo"),
            ("张秀英", "zhang xiu ying"),
            ("曾国藩", "zeng guo fan"),
            ("单雄信", "shan xiong xin"),
            ("解晓东", "xie xiao dong"),
            ("仇英", "qiu ying"),
            ("区寄", "ou ji"),
            ("查良镛", "zha liang yong"),
            ("尉迟恭", "yu chi gong"),
            ("欧阳修", "ou yang xiu"),
            ("阿依古丽·A", "a yi gu li · a"),
            ("余华", "yu hua"),
            ("鄂尔泰", "e er tai"),
            ("吕布", "lv bu"),
            ("谷爱凌", "gu ai ling"),
            ("陈娜", "chen na"),
            ("赵女娲", "zhao nv wa"),
            ("孙略", "sun lve"),
            ("邹醉", "zou zui"),
        ] {
            assert_eq!(reading(name, &mut |character| readings.of(character)).join(" "), read, "{name}");
        }
    }
}
