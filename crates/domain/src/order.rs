//! Sorting, and sets and maps that are put together, with little code. What the standard library makes of a sort is 3 to
//! 4 KB for every type that is sorted, also where a set or a map is collected, and a phone downloads all of it: together
//! it was a thirteenth of the app. Here one sort, of places, serves every type.

use serde_json::{Map, Value};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// Sorts; what is equal stays in its order.
pub fn sort_by<T>(items: &mut Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(items.len(), &mut |one, other| compare(&items[one], &items[other]));
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| taken[at].take()));
}

/// Sorts by what `key` makes of each; what is equal stays in its order. `key` is called once for each.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, key: impl FnMut(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let order = order(items.len(), &mut |one, other| keys[one].cmp(&keys[other]));
    let mut taken: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| taken[at].take()));
}

/// Sorts.
pub fn sort<T: Ord>(items: &mut Vec<T>) {
    sort_by(items, Ord::cmp);
}

fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|one, other| compare(*one, *other));
    order
}

/// A set of the items.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    // Inserted one by one, and not sorted first.
    set.extend(items);
    set
}

/// A map of the entries; of two with one key the last counts.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

/// An object of the fields.
pub fn object(fields: impl IntoIterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    object.extend(fields);
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sorted_is_as_the_standard_library_sorts_it() {
        // A walk through every residue, so in no order, with every key three times.
        let items: Vec<(u32, u32)> = (0..300).map(|n| (n * 37 % 100, n)).collect();
        let mut expected = items.clone();
        expected.sort_by_key(|(key, _)| *key);
        let (mut by_key, mut by) = (items.clone(), items.clone());
        sort_by_key(&mut by_key, |(key, _)| *key);
        sort_by(&mut by, |one, other| one.0.cmp(&other.0));
        assert_eq!((&by_key, &by), (&expected, &expected), "what is equal stays in its order");
        let mut whole = items.clone();
        sort(&mut whole);
        expected.sort_unstable();
        assert_eq!(whole, expected);
        assert_eq!(set(items.iter().map(|(key, _)| *key)).len(), 100);
        assert_eq!(map(items)[&0], 200, "the last counts");
        let mut nothing: Vec<u8> = Vec::new();
        sort(&mut nothing);
        assert!(nothing.is_empty());
    }
}
