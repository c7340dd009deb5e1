//! 手册: plain pages for the field, each naming the law it rests on. The text is a file of its own
//! (`public/handbook.txt`), so that the words weigh nothing in the app itself.
//!
//! Offices add pages of their own; they reach the phones with the sync.
//!
//! A page begins with `# name title`, then `> law`; lines are paragraphs, `- ` are points, `例：` are cases.

use crate::wire::AddedPage;

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its name in the address.
    pub name: String,
    /// 标题.
    pub title: String,
    /// 依据: the law it rests on.
    pub law: String,
    /// The content.
    pub lines: Vec<Line>,
}

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A paragraph.
    Text(String),
    /// A point of a list.
    Point(String),
    /// 例: a case.
    Case(String),
}

impl Line {
    fn read(line: &str) -> Self {
        if let Some(point) = line.strip_prefix("- ") {
            Self::Point(point.to_owned())
        } else if let Some(case) = line.strip_prefix("例：") {
            Self::Case(case.to_owned())
        } else {
            Self::Text(line.to_owned())
        }
    }

    /// Its words.
    pub fn words(&self) -> &str {
        match self {
            Self::Text(words) | Self::Point(words) | Self::Case(words) => words,
        }
    }
}

/// The pages of a handbook's text. What stands before the first page is left out.
pub fn read(text: &str) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(head) = line.strip_prefix("# ") {
            let (name, title) = head.split_once(' ').unwrap_or((head, head));
            let (name, title) = (name.to_owned(), title.to_owned());
            pages.push(Page { name, title, law: String::new(), lines: Vec::new() });
        } else if let Some(page) = pages.last_mut() {
            match line.strip_prefix("> ") {
                Some(law) => law.clone_into(&mut page.law),
                None => page.lines.push(Line::read(line)),
            }
        }
    }
    pages
}

/// The page that an office added.
pub fn added(page: &AddedPage) -> Page {
    let lines = page.text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Line::read).collect();
    let law = if page.law.is_empty() { page.from.clone() } else { format!("{}（{}）", page.law, page.from) };
    Page { name: page.id.to_string(), title: page.title.clone(), law, lines }
}

/// A page that a search finds, with the line where; none where it is the title or the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageHit<'a> {
    /// The page.
    pub page: &'a Page,
    /// The first line that has the words.
    pub line: Option<&'a Line>,
}

/// The pages with these words, those first that have them in the title; all where there are none.
pub fn search<'a>(pages: &'a [Page], words: &str) -> Vec<PageHit<'a>> {
    let words = words.trim();
    let titled = pages.iter().filter(|page| page.title.contains(words));
    let titled = titled.map(|page| PageHit { page, line: None });
    let rest = pages.iter().filter(|page| !page.title.contains(words)).filter_map(|page| {
        let line = page.lines.iter().find(|line| line.words().contains(words));
        (line.is_some() || page.law.contains(words)).then_some(PageHit { page, line })
    });
    titled.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TEXT: &str = include_str!("../../../../public/handbook.txt");

    #[test]
    fn every_page_names_a_law_says_something_and_has_an_address_of_its_own() {
        let pages = read(TEXT);
        let names: BTreeSet<&str> = pages.iter().map(|page| page.name.as_str()).collect();
        assert_eq!(names.len(), pages.len());
        for page in &pages {
            assert!(page.name.bytes().all(|b| b.is_ascii_lowercase()), "{}", page.name);
            assert!(page.law.starts_with('《') && page.law.contains('条'), "{}: {}", page.name, page.law);
            assert!(page.lines.len() >= 4, "{}", page.name);
            let long = page.lines.iter().find(|line| line.words().chars().count() > 120);
            assert!(long.is_none(), "too long to read on a phone: {long:?}");
        }
        for wanted in ["mediate", "written", "call", "fraud", "water", "fire", "rights", "refer"] {
            assert!(names.contains(wanted), "{wanted}");
        }
    }

    #[test]
    fn a_page_that_an_office_added_reads_like_the_others() {
        let id = crate::OpId::new(1, [1; 10]);
        let text = "先看水闸。\n\n- 谁管钥匙\n例：去年七月".to_owned();
        let given =
            AddedPage {
                id, from: "浉河区".into(), title: "放水".into(), law: "《水法》第二十八条".into(), text
            };
        let page = added(&given);
        assert_eq!((page.name, page.law.as_str()), (id.to_string(), "《水法》第二十八条（浉河区）"));
        let expected = [Line::Text("先看水闸。".into()), Line::Point("谁管钥匙".into()), Line::Case("去年七月".into())];
        assert_eq!(page.lines, expected);
        assert_eq!(added(&AddedPage { law: String::new(), ..given }).law, "浉河区");
    }

    #[test]
    fn a_page_is_found_by_its_title_first_then_by_what_it_says() {
        let pages = read(TEXT);
        let found = |words: &str| search(&pages, words).iter().map(|found| found.page.name.clone()).collect::<Vec<_>>();
        assert_eq!(found("溺水")[0], "water");
        assert!(found("人民调解法").contains(&"spoken".to_owned()));
        assert!(found("保护令").contains(&"violence".to_owned()));
        let line = search(&pages, "验证码")[0].line.map(Line::words);
        assert!(line.is_some_and(|line| line.contains("验证码")));
        assert_eq!(found("").len(), pages.len());
        assert!(found("没有这个词").is_empty());
    }
}
