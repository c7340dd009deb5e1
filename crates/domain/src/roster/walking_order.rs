//! 走访顺序: the order in which the doors of a round are walked, changed by moving one door behind another.

use crate::id::RecordId;

/// How far apart two neighbours are numbered, so that others fit between them later.
const STEP: i64 = 10;

/// The numbers to write so that `moved` comes right after `after`, or first where that is none: as few as possible.
/// `doors` are in walking order, each with its number; those without one come last. Empty where nothing changes, or one
/// of the two is not there.
pub fn put_after(doors: &[(RecordId, Option<i64>)], moved: RecordId, after: Option<RecordId>) -> Vec<(RecordId, i64)> {
    let at = |id: RecordId| doors.iter().position(|(door, _)| *door == id);
    let Some(from) = at(moved) else { return Vec::new() };
    let before = from.checked_sub(1).and_then(|at| doors.get(at)).map(|(id, _)| *id);
    if after == Some(moved) || after == before || after.is_some_and(|after| at(after).is_none()) {
        return Vec::new();
    }
    let mut rest: Vec<(RecordId, Option<i64>)> = doors.iter().copied().filter(|(id, _)| *id != moved).collect();
    let to = after.and_then(|after| rest.iter().position(|(id, _)| *id == after)).map_or(0, |at| at + 1);
    rest.insert(to, (moved, None));
    let mut changed = Vec::new();
    let mut last: Option<i64> = None;
    for (place, (id, number)) in rest.iter().enumerate() {
        let fits = number.is_some_and(|number| last.is_none_or(|last| number > last));
        if fits && *id != moved {
            last = *number;
            if place > to {
                break;
            }
            continue;
        }
        if place > to && number.is_none() {
            // Those without a number come after all that have one: nothing is wrong any more.
            break;
        }
        let next = rest.get(place + 1).and_then(|(_, number)| *number).filter(|_| place == to);
        let number = match (last, next) {
            (Some(last), Some(next)) if next - last >= 2 => last + (next - last) / 2,
            (None, Some(next)) => next - STEP,
            (Some(last), _) => last + STEP,
            (None, None) => STEP,
        };
        changed.push((*id, number));
        last = Some(number);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> RecordId {
        RecordId::new(n, [0; 10])
    }

    /// The doors as they are walked after the change: by number, then as they were.
    fn walked(doors: &[(u64, Option<i64>)], moved: u64, after: Option<u64>) -> (Vec<u64>, usize) {
        let given: Vec<_> = doors.iter().map(|(n, number)| (id(*n), *number)).collect();
        let changed = put_after(&given, id(moved), after.map(id));
        let mut now: Vec<(u64, Option<i64>)> = doors.to_vec();
        for (door, number) in &mut now {
            *number = changed.iter().find(|(one, _)| *one == id(*door)).map(|(_, new)| *new).or(*number);
        }
        now.sort_by_key(|(n, number)| (number.is_none(), *number, *n));
        (now.into_iter().map(|(n, _)| n).collect(), changed.len())
    }

    #[test]
    fn a_door_comes_right_after_the_one_that_was_named_and_the_others_stay_in_order() {
        let numbered = [(1, Some(10)), (2, Some(20)), (3, Some(30)), (4, Some(40))];
        let crowded = [(1, Some(1)), (2, Some(2)), (3, Some(3)), (4, Some(4)), (5, Some(60))];
        let some = [(1, Some(5)), (2, None), (3, None), (4, None)];
        let none = [(1, None), (2, None), (3, None)];
        for (doors, moved, after, expected, most) in [
            (&numbered[..], 4, Some(1), vec![1, 4, 2, 3], 1),
            (&numbered, 1, Some(3), vec![2, 3, 1, 4], 1),
            (&numbered, 1, Some(4), vec![2, 3, 4, 1], 1),
            (&numbered, 3, None, vec![3, 1, 2, 4], 1),
            (&crowded, 4, Some(1), vec![1, 4, 2, 3, 5], 3),
            (&crowded, 1, Some(2), vec![2, 1, 3, 4, 5], 3),
            (&some, 4, Some(1), vec![1, 4, 2, 3], 1),
            (&some, 1, Some(3), vec![2, 3, 1, 4], 3),
            (&none, 3, None, vec![3, 1, 2], 1),
            (&none, 1, Some(2), vec![2, 1, 3], 2),
        ] {
            let (order, changed) = walked(doors, moved, after);
            assert_eq!(order, expected, "{moved} after {after:?} in {doors:?}");
            assert!(changed <= most, "{changed} of at most {most}: {moved} after {after:?} in {doors:?}");
        }
    }

    #[test]
    fn to_stay_or_to_go_behind_nothing_changes_nothing() {
        let doors = [(id(1), Some(1)), (id(2), Some(2))];
        for (moved, after) in [(2, Some(1)), (1, None), (1, Some(1)), (1, Some(9)), (9, Some(1))] {
            assert!(put_after(&doors, id(moved), after.map(id)).is_empty(), "{moved} after {after:?}");
        }
    }
}
