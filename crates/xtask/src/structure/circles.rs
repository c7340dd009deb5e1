//! Circles between modules.

use super::parse::{Crate, ModulePath};
use petgraph::{algo::tarjan_scc, graphmap::DiGraphMap};
use std::collections::{BTreeMap, BTreeSet};

/// An arrow between two modules of one folder, with an example of an import that makes it.
type Arrows = BTreeMap<(String, String), String>;

/// The circles among the modules of each folder, in words. A module stands for all below it. What a folder's modules take
/// from its own `mod.rs`, and it from them, is no arrow: together they are one room.
pub fn circles(of: &Crate) -> Vec<String> {
    let mut folders: BTreeMap<ModulePath, Arrows> = BTreeMap::new();
    for (from, module) in &of.modules {
        for import in module.named() {
            let Some(to) = of.resolve(&import.path) else { continue };
            let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
                let example = format!("{} names {}", import.place, import.path.join("::"));
                let arrows = folders.entry(from[..shared].to_vec()).or_default();
                arrows.entry((one.clone(), other.clone())).or_insert(example);
            }
        }
    }
    folders.iter().flat_map(|(folder, arrows)| in_folder(folder, arrows)).collect()
}

fn in_folder(folder: &ModulePath, arrows: &Arrows) -> Vec<String> {
    let graph: DiGraphMap<&str, ()> = arrows.keys().map(|(from, to)| (from.as_str(), to.as_str(), ())).collect();
    let circles = tarjan_scc(&graph).into_iter().filter(|circle| circle.len() > 1);
    let words = |circle: Vec<&str>| {
        let members: BTreeSet<&str> = circle.into_iter().collect();
        let inside = arrows.iter().filter(|((from, to), _)| members.contains(&from[..]) && members.contains(&to[..]));
        let lines: Vec<String> = inside.map(|((from, to), example)| format!("  {from} → {to}: {example}")).collect();
        let names: Vec<&str> = members.into_iter().collect();
        format!("circle in crate::{}: {}\n{}", folder.join("::"), names.join(", "), lines.join("\n"))
    };
    circles.map(words).collect()
}
