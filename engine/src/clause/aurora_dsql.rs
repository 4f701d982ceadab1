//! Where the Aurora DSQL User Guide documents the requirements that it shares with PostgreSQL.

use super::{Clause, Source};

const CREATE: &str = "Aurora DSQL User Guide: CREATE SEQUENCE";
const ALTER: &str = "Aurora DSQL User Guide: ALTER SEQUENCE";
const FUNCTIONS: &str = "Aurora DSQL User Guide: Sequence manipulation functions";
const IDENTITY: &str = "Aurora DSQL User Guide: Identity columns";

/// The pages of the guide, which begin alike.
const GUIDE: &str = "Aurora DSQL User Guide";

#[rustfmt::skip]
const SHARED: &[(Clause, &str, &str)] = &[
    (Clause::Create, CREATE, "Description"),
    (Clause::CreateInSchema, CREATE, "Description"),
    (Clause::CreateNameTaken, CREATE, "Description"),
    (Clause::SelectState, CREATE, "Description"),
    (Clause::NotUpdatable, CREATE, "Description"),
    (Clause::ViewSequences, CREATE, "Description"),
    (Clause::CreateIfNotExists, CREATE, "Parameters, IF NOT EXISTS"),
    (Clause::TypeDefault, CREATE, "Parameters, data_type"),
    (Clause::TypeGiven, CREATE, "Parameters, data_type"),
    (Clause::DefaultMinimumAscending, CREATE, "Parameters, minvalue"),
    (Clause::DefaultMinimumDescending, CREATE, "Parameters, minvalue"),
    (Clause::DefaultMaximumAscending, CREATE, "Parameters, maxvalue"),
    (Clause::DefaultMaximumDescending, CREATE, "Parameters, maxvalue"),
    (Clause::Cycle, CREATE, "Parameters, CYCLE"),
    (Clause::NoCycleMaximum, CREATE, "Parameters, NO CYCLE"),
    (Clause::NoCycleMinimum, CREATE, "Parameters, NO CYCLE"),
    (Clause::StartGiven, CREATE, "Parameters, start"),
    (Clause::StartDefault, CREATE, "Parameters, start"),
    (Clause::OwnedBy, CREATE, "Parameters, OWNED BY"),
    (Clause::OwnedBySchema, CREATE, "Parameters, OWNED BY"),
    (Clause::OwnedByDropped, CREATE, "Parameters, OWNED BY"),
    (Clause::Drop, CREATE, "Notes"),
    (Clause::ValueInBigint, CREATE, "Notes"),
    (Clause::NextvalNotRolledBack, CREATE, "Notes"),
    (Clause::SetvalNotRolledBack, CREATE, "Notes"),
    (Clause::Cached, CREATE, "Notes"),
    (Clause::CacheLostAtExit, CREATE, "Notes"),
    (Clause::CachePerSession, CREATE, "Notes"),
    (Clause::LastValueShowsReserved, CREATE, "Notes"),
    (Clause::SetvalUnnoticed, CREATE, "Notes"),
    (Clause::NextvalFirst, CREATE, "Examples"),
    (Clause::AlterOptions, ALTER, "Description"),
    (Clause::AlterIfExists, ALTER, "Parameters, IF EXISTS"),
    (Clause::RestartAtStart, ALTER, "Parameters, restart"),
    (Clause::RestartWith, ALTER, "Parameters, restart"),
    (Clause::OwnedByNone, ALTER, "Parameters, OWNED BY"),
    (Clause::OwnerTo, ALTER, "Parameters, new_owner"),
    (Clause::Rename, ALTER, "Parameters, new_name"),
    (Clause::SetSchema, ALTER, "Parameters, new_schema"),
    (Clause::Nextval, FUNCTIONS, "nextval"),
    (Clause::SetvalCalled, FUNCTIONS, "setval"),
    (Clause::SetvalUncalled, FUNCTIONS, "setval"),
    (Clause::Currval, FUNCTIONS, "currval"),
    (Clause::CurrvalUndefined, FUNCTIONS, "currval"),
    (Clause::Lastval, FUNCTIONS, "lastval"),
    (Clause::Identity, IDENTITY, "Identity columns"),
    (Clause::IdentityAlways, IDENTITY, "Identity columns"),
];

/// Whether a requirement is this dialect's alone.
pub(super) fn is_own(clause: Clause) -> bool {
    clause.source().page.starts_with(GUIDE)
}

/// Where the guide documents a requirement.
pub(super) fn source(clause: Clause) -> Option<Source> {
    if is_own(clause) {
        return Some(clause.source());
    }
    SHARED.iter().find(|(shared, ..)| *shared == clause).map(|&(_, page, section)| Source { page, section })
}
