//! 并入: one household or resident that was registered twice. The second record says which one it is the same as, and
//! nothing is copied or rewritten: what a phone adds late to the second is shown with the first, and to take the
//! merging back is to clear one field. Only a lead sets it ([`crate::intake`]).

use crate::id::RecordId;
use std::collections::{BTreeSet, HashMap};

/// The field that names the record which this one is the same as.
pub const SAME_AS: &str = "same_as";

/// Which records are merged into which. Records of one grid only: what is elsewhere may not be on this phone.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    into: HashMap<RecordId, RecordId>,
    from: HashMap<RecordId, BTreeSet<RecordId>>,
}

impl Merged {
    /// Notes what a record is the same as.
    pub fn put(&mut self, id: RecordId, same_as: Option<RecordId>) {
        if let Some(to) = same_as.filter(|to| *to != id) {
            self.into.insert(id, to);
            self.from.entry(to).or_default().insert(id);
        }
    }

    /// Forgets what was noted of a record. What is merged into it stays so.
    pub fn remove(&mut self, id: RecordId) {
        if let Some(to) = self.into.remove(&id)
            && let Some(from) = self.from.get_mut(&to)
        {
            from.remove(&id);
        }
    }

    /// The record that stands for this one: itself where it is the same as none. `fits` says whether the first can be
    /// merged into the second: that both are here. Where two leads merged two records into each other, the older stays.
    pub fn home(&self, id: RecordId, fits: impl Fn(RecordId, RecordId) -> bool) -> RecordId {
        let mut way = vec![id];
        loop {
            let here = way[way.len() - 1];
            let Some(to) = self.into.get(&here).copied().filter(|to| fits(here, *to)) else { return here };
            if let Some(at) = way.iter().position(|seen| *seen == to) {
                return way[at..].iter().copied().min().unwrap_or(id);
            }
            way.push(to);
        }
    }

    /// A record with those for which it stands, itself first.
    pub fn all(&self, id: RecordId, fits: impl Fn(RecordId, RecordId) -> bool) -> Vec<RecordId> {
        let mut all = vec![id];
        let mut at = 0;
        while let Some(next) = all.get(at).copied() {
            at += 1;
            for from in self.from.get(&next).into_iter().flatten() {
                if !all.contains(from) && self.home(*from, &fits) == id {
                    all.push(*from);
                }
            }
        }
        all
    }

    /// Whether nothing is merged.
    pub fn is_empty(&self) -> bool {
        self.into.is_empty()
    }
}

/// A record with all that are the same as it, whichever names the other. `each` has every record with the one it names.
pub fn together(id: RecordId, each: &[(RecordId, Option<RecordId>)]) -> BTreeSet<RecordId> {
    let mut all = BTreeSet::from([id]);
    loop {
        let before = all.len();
        for (one, other) in each.iter().filter_map(|(one, other)| Some((*one, (*other)?))) {
            if all.contains(&one) || all.contains(&other) {
                all.extend([one, other]);
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> RecordId {
        RecordId::new(n, [0; 10])
    }

    fn merged(pairs: &[(u64, u64)]) -> Merged {
        let mut merged = Merged::default();
        pairs.iter().for_each(|(from, to)| merged.put(id(*from), Some(id(*to))));
        merged
    }

    #[test]
    fn one_record_stands_for_all_that_are_the_same() {
        let chain = merged(&[(3, 2), (2, 1)]);
        let any = |_, _| true;
        assert_eq!([1, 2, 3].map(|n| chain.home(id(n), any)), [id(1); 3]);
        assert_eq!(chain.all(id(1), any), [1, 2, 3].map(id));
        assert_eq!(chain.all(id(2), any), [id(2)], "it is shown with the first");
        let without = |_, to| to != id(1);
        assert_eq!(chain.home(id(3), without), id(2), "what is not here stands for nothing");
        assert_eq!(chain.all(id(2), without), [id(2), id(3)]);
    }

    #[test]
    fn where_two_were_merged_into_each_other_one_stays() {
        let any = |_, _| true;
        for pairs in [&[(1, 2), (2, 1)][..], &[(1, 2), (2, 3), (3, 1)], &[(1, 2), (2, 1), (3, 2)]] {
            let circle = merged(pairs);
            assert_eq!([1, 2].map(|n| circle.home(id(n), any)), [id(1); 2], "{pairs:?}");
            assert_eq!(circle.all(id(1), any).len(), pairs.len().max(2), "nothing is lost: {pairs:?}");
        }
        assert_eq!(merged(&[(1, 1)]).home(id(1), any), id(1));
    }

    #[test]
    fn what_is_the_same_is_found_from_any_of_it() {
        let each = [(id(3), Some(id(2))), (id(1), None), (id(2), Some(id(1))), (id(9), Some(id(8))), (id(4), None)];
        for n in [1, 2, 3] {
            assert_eq!(together(id(n), &each), BTreeSet::from([1, 2, 3].map(id)), "{n}");
        }
        assert_eq!(together(id(4), &each), BTreeSet::from([id(4)]));
    }

    #[test]
    fn to_take_it_back_is_to_forget_it() {
        let mut chain = merged(&[(3, 2), (2, 1)]);
        chain.remove(id(2));
        assert_eq!([2, 3].map(|n| chain.home(id(n), |_, _| true)), [id(2); 2]);
        assert!(!chain.is_empty());
        chain.remove(id(3));
        assert!(chain.is_empty());
    }
}
