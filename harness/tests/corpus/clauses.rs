//! The corpus reaches every clause, and each trace the ones that it names.

use libtest_mimic::Failed;
use seqcheck::corpus::Entry;
use seqcheck_engine::{Clause, ClauseSet, Dialect};

use crate::{MAJORS, aurora_dsql, entries, entries_of, none_of, predict, predict_with, steps_for};

/// What a trace exercises, on any major version.
fn reached(entry: &Entry) -> ClauseSet {
    let mut clauses = ClauseSet::default();
    for major in MAJORS {
        clauses.extend(predict(&steps_for(entry, major), major).clauses);
    }
    clauses
}

/// Each clause is reached by a trace that names it: one that happens to pass by does not show what it requires.
pub(crate) fn all_are_reached() -> Result<(), Failed> {
    let mut shown = ClauseSet::default();
    for entry in entries()? {
        let reached = reached(&entry);
        for clause in entry.trace.clauses().filter_map(Clause::from_id).filter(|clause| reached.contains(*clause)) {
            shown.insert(clause);
        }
    }
    let missing = Clause::of(Dialect::PostgreSql).filter(|clause| !shown.contains(*clause));
    none_of(missing.map(|clause| format!("no trace names and reaches {}", clause.id())).collect())
}

pub(crate) fn named_ones_are_reached() -> Result<(), Failed> {
    let mut complaints = Vec::new();
    for entry in entries()? {
        let reached = reached(&entry);
        for id in entry.trace.clauses() {
            match Clause::from_id(id) {
                None => complaints.push(format!("{}: there is no clause {id}", entry.name)),
                Some(clause) if !reached.contains(clause) => {
                    complaints.push(format!("{}: names {id} and does not reach it", entry.name));
                }
                Some(_) => {}
            }
        }
    }
    none_of(complaints)
}

/// The same for what Aurora DSQL documents, in traces of its own.
pub(crate) fn of_aurora_dsql() -> Result<(), Failed> {
    let (mut shown, mut complaints) = (ClauseSet::default(), Vec::new());
    for entry in entries_of(Dialect::AuroraDsql)? {
        let settings = aurora_dsql();
        let reached = predict_with(&steps_for(&entry, settings.major.number()), settings).clauses;
        for id in entry.trace.clauses() {
            match Clause::from_id(id) {
                Some(clause) if clause.source_in(Dialect::AuroraDsql).is_none() => {
                    complaints.push(format!("{}: {id} is no clause of Aurora DSQL", entry.name));
                }
                Some(clause) if reached.contains(clause) => shown.insert(clause),
                _ => complaints.push(format!("{}: names {id} and does not reach it", entry.name)),
            }
        }
    }
    let missing = Clause::of(Dialect::AuroraDsql).filter(|clause| !shown.contains(*clause));
    complaints.extend(missing.map(|clause| format!("no trace names and reaches {}", clause.id())));
    none_of(complaints)
}

pub(crate) fn have_sources() -> Result<(), Failed> {
    let mut complaints = Vec::new();
    for (index, clause) in Clause::ALL.iter().enumerate() {
        let (id, source) = (clause.id(), clause.source());
        if source.page.trim().is_empty() || source.section.trim().is_empty() {
            complaints.push(format!("{id} names no source"));
        }
        if !clause.requirement().ends_with('.') {
            complaints.push(format!("{id} has no sentence that says what it requires"));
        }
        if Clause::ALL[..index].iter().any(|other| other.id() == id) {
            complaints.push(format!("{id} is the id of two clauses"));
        }
    }
    none_of(complaints)
}
