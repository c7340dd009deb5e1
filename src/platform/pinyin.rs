//! Pinyin initials from the browser's own knowledge: its Chinese collation orders characters by
//! pinyin, so the initial of a character is told by which letters' first characters it lies between.

use js_sys::{Array, Function, Intl, Object};
use std::collections::HashMap;
use wasm_bindgen::{JsCast, JsValue};

/// The first character of each initial in pinyin order.
const FIRST: [(char, char); 23] = [
    ('a', '阿'),
    ('b', '八'),
    ('c', '嚓'),
    ('d', '哒'),
    ('e', '妸'),
    ('f', '发'),
    ('g', '旮'),
    ('h', '哈'),
    ('j', '讥'),
    ('k', '咔'),
    ('l', '垃'),
    ('m', '妈'),
    ('n', '拏'),
    ('o', '噢'),
    ('p', '妑'),
    ('q', '七'),
    ('r', '呥'),
    ('s', '扨'),
    ('t', '它'),
    ('w', '穵'),
    ('x', '夕'),
    ('y', '丫'),
    ('z', '帀'),
];

/// Looks up initials, each character once.
pub struct Initials {
    compare: Function,
    known: HashMap<char, Option<char>>,
}

impl Default for Initials {
    fn default() -> Self {
        let locales = Array::of1(&"zh-Hans-u-co-pinyin".into());
        let collator = Intl::Collator::new(&locales, &Object::new());
        Self { compare: collator.compare(), known: HashMap::new() }
    }
}

impl Initials {
    /// The initial of a Chinese character, in lower case; none for others.
    pub fn of(&mut self, character: char) -> Option<char> {
        if !('\u{3400}'..='\u{2FFFF}').contains(&character) {
            return None;
        }
        if let Some(known) = self.known.get(&character) {
            return *known;
        }
        let at = FIRST.partition_point(|(_, first)| self.order(*first, character) <= 0.0);
        let initial = at.checked_sub(1).map(|at| FIRST[at].0);
        self.known.insert(character, initial);
        initial
    }

    fn order(&self, a: char, b: char) -> f64 {
        let compare: &Function = self.compare.unchecked_ref();
        let order = compare.call2(&JsValue::UNDEFINED, &a.to_string().into(), &b.to_string().into());
        order.ok().and_then(|order| order.as_f64()).unwrap_or(0.0)
    }
}
