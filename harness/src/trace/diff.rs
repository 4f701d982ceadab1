//! The difference between two lists of lines.

use std::fmt;

/// Beyond this many pairs of lines the shortest difference is not searched for.
const MOST_PAIRS: usize = 1_000_000;

/// One line of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change<'a> {
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Same(line) => write!(formatter, "  {line}"),
            Change::Removed(line) => write!(formatter, "- {line}"),
            Change::Added(line) => write!(formatter, "+ {line}"),
        }
    }
}

/// What to remove from and add to `old` to get `new`.
pub(super) fn lines<'a>(old: &'a [String], new: &'a [String]) -> Vec<Change<'a>> {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (same, old, new) = (&old[..head], &old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, end) = old.split_at(old.len() - tail);
    let new = &new[..new.len() - tail];

    let mut changes: Vec<Change<'a>> = same.iter().map(|line| Change::Same(line)).collect();
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        changes.extend(old.iter().map(|line| Change::Removed(line)));
        changes.extend(new.iter().map(|line| Change::Added(line)));
    } else {
        middle(old, new, &mut changes);
    }
    changes.extend(end.iter().map(|line| Change::Same(line)));
    changes
}

/// The difference that keeps the most lines.
fn middle<'a>(old: &'a [String], new: &'a [String], changes: &mut Vec<Change<'a>>) {
    let width = new.len() + 1;
    // For each pair of ends: how many lines a common subsequence of what remains can have.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            changes.push(Change::Same(&old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            changes.push(Change::Removed(&old[i]));
            i += 1;
        } else {
            changes.push(Change::Added(&new[j]));
            j += 1;
        }
    }
}
