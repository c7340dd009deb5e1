//! 文书 as sheets of paper: white on the screen, A4 in the system's print.

use leptos::prelude::*;
use ruhu_domain::dispute::{
    DisputeFile,
    papers::{Paper, Sheet},
    sheets::{self, Block, Place},
    strokes,
};

/// Documents of a file, one after the other.
#[component]
pub fn Sheets(
    /// The file.
    file: DisputeFile,
    /// Which documents.
    sheets: Vec<Sheet>,
    /// The name of the committee.
    committee: String,
) -> impl IntoView {
    let pages = sheets.into_iter().map(|sheet| {
        let blocks = sheets::write(&file, &sheet, &committee).into_iter().map(block).collect_view();
        let class = if matches!(sheet.paper, Paper::Cover | Paper::Back) { "sheet cover" } else { "sheet" };
        view! { <article class=class><h2>{sheet.paper.label()}</h2>{blocks}</article> }
    });
    view! { <div class="sheets">{pages.collect_view()}</div> }
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Rows(rows) => {
            let row = |(name, value)| view! { <tr><th scope="row">{name}</th><td>{value}</td></tr> };
            view! { <table>{rows.into_iter().map(row).collect_view()}</table> }.into_any()
        }
        Block::Table(head, rows) => {
            let head = head.iter().map(|name| view! { <th scope="col">{*name}</th> }).collect_view();
            let cells = |row: Vec<String>| row.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view();
            let rows = rows.into_iter().map(|row| view! { <tr>{cells(row)}</tr> }).collect_view();
            view! { <table class="wide"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table> }.into_any()
        }
        Block::Head(text) => view! { <h3>{text}</h3> }.into_any(),
        Block::Text(text) => text.lines().map(|line| view! { <p>{line.to_owned()}</p> }).collect_view().into_any(),
        Block::Numbered(lines) => {
            let line = |(at, line)| view! { <p>{format!("{}．{line}", at + 1)}</p> };
            lines.into_iter().enumerate().map(line).collect_view().into_any()
        }
        Block::Marks(places) => {
            view! { <div class="marks">{places.into_iter().map(place).collect_view()}</div> }.into_any()
        }
        Block::Seal(committee, on) => view! { <div class="seal"><p>{committee}</p><p>{on}</p></div> }.into_any(),
    }
}

fn place(Place { who, strokes, thumb }: Place) -> impl IntoView {
    let mark = strokes.map(|strokes| {
        let line = |stroke: Vec<strokes::Point>| {
            let points = stroke.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
            view! { <polyline points=points/> }
        };
        let lines = strokes::read(&strokes).into_iter().map(line).collect_view();
        let class = if thumb { "mark thumb" } else { "mark" };
        let words = if thumb { "已按指印" } else { "已签名" };
        view! { <svg class=class viewBox="0 0 1000 500" role="img" aria-label=words>{lines}</svg> }
    });
    view! { <p><span>{who}"（签名）："</span>{mark}</p> }
}
