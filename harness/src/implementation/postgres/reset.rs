//! The clean slate before a trace, at a small cost.
//!
//! Connections are kept: `DISCARD ALL` makes a session fresh in a fraction of what a new server process costs. One
//! prepared query then names what must go, so that a trace that left nothing behind costs one round trip.

use super::session::Session;
use crate::implementation::Infrastructure;
use seqcheck_engine::{Cell, Reply};
use std::time::Instant;

/// What the database looked like before the first trace.
#[derive(Debug)]
pub(super) struct Baseline {
    /// The statement that prepares the query for leftovers.
    prepare: String,
}

/// Describes the schema `public`: a fingerprint, and the statements that make it anew.
///
/// Its owner, privileges and comment differ between majors (since 15 the owner is `pg_database_owner`, and not everybody
/// may create in it), so they are read rather than known.
const DESCRIBE_PUBLIC: &str = "
SELECT concat_ws('|', owner, privileges, comment),
       concat_ws('; ', format('CREATE SCHEMA public AUTHORIZATION %I', owner),
                 (SELECT string_agg(format('GRANT %s ON SCHEMA public TO %s', privilege_type,
                                           CASE grantee WHEN 0 THEN 'PUBLIC'
                                           ELSE quote_ident(pg_get_userbyid(grantee)) END), '; ')
                  FROM aclexplode(nspacl)),
                 'COMMENT ON SCHEMA public IS ' || quote_literal(comment))
FROM (SELECT pg_get_userbyid(nspowner) AS owner, nspacl,
             ARRAY(SELECT item::text FROM unnest(nspacl) AS item ORDER BY 1)::text AS privileges,
             obj_description(oid, 'pg_namespace') AS comment
      FROM pg_namespace WHERE nspname = 'public') AS described";

/// The SQLSTATE of what a server does not support.
const NOT_SUPPORTED: &str = "0A000";

impl Baseline {
    /// Reads the state that [`clean`] goes back to. A server that does not know the catalogues well enough has none,
    /// unless one is `needed`.
    pub(super) fn read(
        control: &mut Session,
        deadline: Instant,
        needed: bool,
    ) -> Result<Option<Baseline>, Infrastructure> {
        let reply = control.query(DESCRIBE_PUBLIC, deadline)?;
        if !needed && reply.error.as_ref().is_some_and(|error| error.sqlstate.code() == NOT_SUPPORTED) {
            return Ok(None);
        }
        let described = table(reply)?;
        let (fingerprint, recreate) = match described.as_slice() {
            [row] => (text(row, 0), text(row, 1)),
            _ => (String::new(), String::new()),
        };
        Ok(Some(Baseline { prepare: prepare_leftovers(&fingerprint, &recreate) }))
    }

    /// Makes a new control session ready for [`clean`].
    pub(super) fn install(&self, control: &mut Session, deadline: Instant) -> Result<(), Infrastructure> {
        table(control.query(&self.prepare, deadline)?).map(|_| ())
    }
}

/// Writes the query that lists the commands that undo what a trace left, in the order in which they must run.
///
/// Temporary relations are left only by sessions that a crash has ended: all others have dropped theirs by then.
/// Whatever lies in `public` depends on it, so `pg_depend` tells whether it is empty without a look at each catalogue.
fn prepare_leftovers(fingerprint: &str, recreate: &str) -> String {
    format!(
        "PREPARE leftovers AS
WITH public AS (
    SELECT oid, concat_ws('|', pg_get_userbyid(nspowner),
                          ARRAY(SELECT item::text FROM unnest(nspacl) AS item ORDER BY 1)::text,
                          obj_description(oid, 'pg_namespace')) = {fingerprint}
                AND NOT EXISTS (SELECT FROM pg_depend
                                WHERE refclassid = 'pg_namespace'::regclass AND refobjid = pg_namespace.oid) AS clean
    FROM pg_namespace WHERE nspname = 'public')
SELECT turn, command FROM (
    SELECT 1 AS turn, format('ROLLBACK PREPARED %L', gid) AS command
    FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL
    SELECT 2, format('DROP SCHEMA %I CASCADE', nspname)
    FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
    UNION ALL
    SELECT 2, format('DROP SCHEMA %I CASCADE', nspname)
    FROM pg_namespace
    WHERE nspname ~ '^pg_temp_' AND EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid)
    UNION ALL
    SELECT 2, 'DROP SCHEMA public CASCADE' FROM public WHERE NOT clean
    UNION ALL
    SELECT 3, {recreate} WHERE NOT EXISTS (SELECT FROM public WHERE clean) AND {recreate} <> ''
    UNION ALL
    SELECT 4, CASE setrole WHEN 0 THEN format('ALTER DATABASE %I RESET ALL', current_database())
                           ELSE format('ALTER ROLE %I IN DATABASE %I RESET ALL', pg_get_userbyid(setrole),
                                       current_database()) END
    FROM pg_db_role_setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL
    SELECT 5, 'DELETE FROM pg_default_acl' WHERE EXISTS (SELECT FROM pg_default_acl)
) AS leftover ORDER BY turn",
        fingerprint = quote(fingerprint),
        recreate = quote(recreate),
    )
}

/// Drops what a trace left in the database.
pub(super) fn clean(control: &mut Session, deadline: Instant) -> Result<(), Infrastructure> {
    let leftovers = table(control.query("EXECUTE leftovers", deadline)?)?;
    let mut together = String::new();
    for row in &leftovers {
        let (turn, command) = (text(row, 0), text(row, 1));
        if turn == "1" {
            // A prepared transaction holds locks, and cannot be ended inside a transaction.
            table(control.query(&command, deadline)?)?;
        } else {
            together += &command;
            together += ";";
        }
    }
    if !together.is_empty() {
        table(control.query(&together, deadline)?)?;
    }
    Ok(())
}

/// Rolls back what a trace left prepared: its locks would be in the way of whatever comes next.
pub(super) fn end_prepared(control: &mut Session, deadline: Instant) -> Result<(), Infrastructure> {
    const FIND: &str = "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts
                        WHERE database = current_database()";
    for row in table(control.query(FIND, deadline)?)? {
        table(control.query(&text(&row, 0), deadline)?)?;
    }
    Ok(())
}

/// The rows of a reply's first result; an error becomes one of infrastructure.
pub(super) fn table(reply: Reply) -> Result<Vec<Vec<Cell>>, Infrastructure> {
    if let Some(error) = reply.error {
        return Err(Infrastructure::Reset { reason: format!("{}: {}", error.sqlstate, error.message) });
    }
    let rows = reply.results.into_iter().next().and_then(|result| result.rows).unwrap_or_default();
    Ok(rows.iter().map(<[Cell]>::to_vec).collect())
}

/// One value of a row, empty for NULL.
pub(super) fn text(row: &[Cell], column: usize) -> String {
    row.get(column).and_then(Cell::text).map(String::from).unwrap_or_default()
}

/// Writes an SQL string constant; works whatever `standard_conforming_strings` says.
pub(super) fn quote(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}
