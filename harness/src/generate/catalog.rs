//! Queries on the system catalogs and on tables, as scripts about sequences have them.

use std::cell::RefCell;
use std::collections::HashMap;

use seqcheck_engine::Statement;

use super::Generator;
use super::query::text_of;
use crate::sql;

/// Queries on the catalogs. `{sequence}` and `{table}` stand for names as SQL writes them, `{relname}` for a bare one.
const CATALOG: &[&str] = &[
    "SELECT count(*) FROM pg_class WHERE relkind = 'S'",
    "SELECT relname, relpersistence FROM pg_class WHERE relkind = 'S' ORDER BY relname, relpersistence",
    "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relkind = 'S'",
    "SELECT relname, relkind FROM pg_class WHERE relname = '{relname}'",
    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind = 'S' AND n.nspname = 'public' ORDER BY c.relname",
    "SELECT relnatts FROM pg_class WHERE oid = '{sequence}'::regclass",
    "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relkind = 'S' AND relname = '{relname}')",
    "SELECT to_regclass('{sequence}'), to_regclass('{sequence}') IS NULL",
    "SELECT seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle, seqtypid::regtype FROM pg_sequence \
     WHERE seqrelid = '{sequence}'::regclass",
    "SELECT seqrelid::regclass, seqstart FROM pg_sequence",
    "SELECT c.relname, s.seqincrement FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid",
    "SELECT * FROM pg_sequence_parameters('{sequence}'::regclass)",
    "SELECT sequencename, last_value IS NULL AS unused FROM pg_sequences ORDER BY schemaname, sequencename",
    "SELECT sequencename, last_value FROM pg_sequences WHERE sequencename = '{relname}'",
    "SELECT count(*), min(increment_by), max(cache_size) FROM pg_sequences",
    "SELECT cycle, count(*) FROM pg_sequences GROUP BY cycle ORDER BY cycle",
    "SELECT DISTINCT data_type FROM pg_sequences",
    "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences ORDER BY 1",
    "SELECT sequence_name, data_type FROM information_schema.sequences UNION \
     SELECT sequencename, data_type::text FROM pg_sequences ORDER BY 1, 2",
    "SELECT nextval('{sequence}'), (SELECT seqincrement FROM pg_sequence WHERE seqrelid = '{sequence}'::regclass)",
    "SELECT CASE WHEN is_called THEN last_value ELSE 0 END, coalesce(nullif(log_cnt, 0), -1) FROM {sequence}",
    "SELECT setval('{sequence}', greatest(last_value, 1)) FROM {sequence}",
    "SELECT 'N-' || lpad(nextval('{sequence}')::text, 4, '0')",
    "SELECT array_agg(nextval('{sequence}')) FROM generate_series(1, 3)",
    "SELECT x, CASE WHEN x % 2 = 0 THEN nextval('{sequence}') END FROM generate_series(1, 3) AS g(x) ORDER BY x DESC",
    "SELECT nextval('{sequence}') UNION ALL SELECT nextval('{sequence}')",
    "SELECT s.last_value, p.increment FROM {sequence} s, pg_sequence_parameters('{sequence}'::regclass) p",
    "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY 1",
];

/// Queries on tables and their columns.
const TABLES: &[&str] = &[
    "SELECT column_name, column_default, is_nullable, data_type, is_identity, identity_generation, identity_start \
     FROM information_schema.columns WHERE table_name = '{relname}' ORDER BY table_schema, ordinal_position",
    "SELECT column_default FROM information_schema.columns WHERE column_default LIKE 'nextval%'",
    "SELECT attname, attnum, attnotnull, atthasdef, attidentity FROM pg_attribute \
     WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
    "SELECT adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = '{table}'::regclass ORDER BY adnum",
    "SELECT s.relname, a.attname, d.deptype FROM pg_class s JOIN pg_depend d ON d.objid = s.oid \
     JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
     WHERE s.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass \
     ORDER BY s.relname, a.attname",
    "SELECT table_schema, table_name FROM information_schema.tables \
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2",
    "SELECT a.id, b.id FROM {table} a JOIN {table} b ON a.id < b.id ORDER BY 1, 2",
    "SELECT a.id, b.id FROM {table} a LEFT JOIN {table} b ON b.id = a.id + 1 ORDER BY 1, 2",
    "SELECT id, count(*) FROM {table} GROUP BY id HAVING count(*) > 0 ORDER BY id",
    "SELECT DISTINCT id FROM {table}",
    "SELECT string_agg(id::text, ',' ORDER BY id) FROM {table}",
    "SELECT count(*), min(id), max(id) FROM {table} WHERE id IN (SELECT id FROM {table})",
    "SELECT id, nextval('{sequence}') FROM {table} ORDER BY id DESC",
    "SELECT setval('{sequence}', (SELECT max(id) FROM {table}))",
    "SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM {table}",
    "SELECT pg_get_serial_sequence('{table}', 'id')",
    "SELECT count(*) FROM {table} WHERE id = nextval('{sequence}')",
];

/// Queries that list what a trace has made, without names.
const LISTINGS: &[&str] = &[
    "SELECT * FROM pg_sequences ORDER BY schemaname, sequencename",
    "SELECT sequence_schema, sequence_name, data_type, start_value, minimum_value, maximum_value, increment, \
     cycle_option FROM information_schema.sequences ORDER BY sequence_schema, sequence_name",
    "SELECT n.nspname, c.relname, c.relkind, c.relpersistence FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'S', 'v') AND n.nspname IN ('public', 'a') ORDER BY n.nspname, c.relname",
    "SELECT table_schema, table_name, column_name, column_default, is_nullable, is_identity \
     FROM information_schema.columns WHERE table_schema IN ('public', 'a') \
     ORDER BY table_schema, table_name, ordinal_position",
    "SELECT s.relname, d.refobjsubid, d.deptype FROM pg_class s JOIN pg_depend d ON d.objid = s.oid \
     WHERE s.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass \
     ORDER BY s.relname, d.refobjsubid",
];

/// The most queries that are kept once they are parsed: each form with each of the few names there are.
const PARSED: usize = 10_000;

thread_local! {
    static STATEMENTS: RefCell<HashMap<String, Option<Statement>>> = RefCell::default();
}

/// The statement that a text is.
fn parsed(text: &str) -> Option<Statement> {
    STATEMENTS.with_borrow_mut(|statements| {
        if let Some(known) = statements.get(text) {
            return known.clone();
        }
        let statement = sql::parse(text).ok().and_then(|mut statements| statements.pop());
        if statements.len() < PARSED {
            statements.insert(text.to_owned(), statement.clone());
        }
        statement
    })
}

impl Generator<'_> {
    /// A query on the catalogs or on a table, with names that most often exist.
    pub(super) fn catalog_query(&mut self) -> Statement {
        let forms = match self.some_table().is_some() && self.choice.chance(1, 2) {
            true => TABLES,
            false => CATALOG,
        };
        let form = forms[self.choice.index(forms.len())];
        let (sequence, _) = self.target_name();
        let (table, _) = self.table_name();
        let named = if std::ptr::eq(forms, TABLES) { &table } else { &sequence };
        let bare = named.parts.last().map(|part| part.name().to_owned()).unwrap_or_default();
        let text = form
            .replace("{sequence}", &text_of(&sequence))
            .replace("{table}", &text_of(&table))
            .replace("{relname}", &bare);
        parsed(&text).unwrap_or_else(|| self.sequence_call())
    }

    /// A list of what there is.
    pub(super) fn listing(&mut self) -> Option<Statement> {
        parsed(LISTINGS[self.choice.index(LISTINGS.len())])
    }
}
