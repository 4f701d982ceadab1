//! Statement to SQL text, in PostgreSQL's canonical spelling.
//!
//! One traversal serves both [`render`] and [`Statement::identifiers`], so that identifiers are visited in the order in
//! which they are written.

mod alter_table;
mod common_table;
mod data_type;
mod expression;
pub mod keyword;
mod maintenance;
mod name;
mod prepared;
mod procedural;
mod query;
mod relation;
mod role;
mod rows;
mod sequence;
mod session;
mod table;
mod type_name;
mod view;

use crate::statement::{Identifier, Query, Statement};

pub use name::{write_identifier, write_string_literal};

/// Writes `statement` as SQL without a closing semicolon: keywords in upper case, identifiers quoted only when needed.
///
/// Law, tested in the harness: parsing the text gives the same statement. The one thing that the text does not hold is
/// the data of COPY, which travels after the statement, not in it.
pub fn render(statement: &Statement) -> String {
    let mut text = String::with_capacity(96);
    write_statement(&mut text, statement);
    text
}

/// Where the traversal of a statement leads to: text, or a visitor of identifiers.
pub(crate) trait Output {
    /// Takes text that is SQL already.
    fn sql(&mut self, text: &str);
    /// Takes an identifier that the lexer will see as one.
    fn identifier(&mut self, identifier: &Identifier);
    /// Takes an identifier that would be read as a keyword where it stands.
    fn quoted(&mut self, identifier: &Identifier);
    /// Takes a string constant's value.
    fn string(&mut self, value: &str);
    /// Is told of a subquery in FROM that no alias follows.
    fn unnamed_subquery(&mut self, _query: &Query) {}
}

impl Output for String {
    fn sql(&mut self, text: &str) {
        self.push_str(text);
    }

    fn identifier(&mut self, identifier: &Identifier) {
        match identifier.written() {
            // Free to use as names, these words are still easily read as what they mean elsewhere: the end of a list of
            // names, the start of a grouping set, an operator's name, a string's escape character.
            "cascade" | "restrict" | "rollup" | "cube" | "operator" | "uescape" => self.quoted(identifier),
            written => write_identifier(self, written),
        }
    }

    fn quoted(&mut self, identifier: &Identifier) {
        name::quote(self, '"', identifier.written());
    }

    fn string(&mut self, value: &str) {
        write_string_literal(self, value);
    }
}

/// Writes any statement by its family.
pub(crate) fn write_statement(out: &mut impl Output, statement: &Statement) {
    match statement {
        Statement::CreateSequence(create) => sequence::create(out, create),
        Statement::AlterSequence(alter) => sequence::alter(out, alter),
        Statement::AlterRelation(alter) => relation::alter(out, alter),
        Statement::DropRelation(drop) => relation::drop(out, drop),
        Statement::Comment(comment) => relation::comment(out, comment),
        Statement::CreateSchema(create) => relation::create_schema(out, create),
        Statement::AlterSchema(alter) => relation::alter_schema(out, alter),
        Statement::DropSchema(drop) => relation::drop_schema(out, drop),
        Statement::CreateEnumeration(create) => data_type::create_enumeration(out, create),
        Statement::AlterType(alter) => data_type::alter(out, alter),
        Statement::DropType(drop) => data_type::drop(out, drop),
        Statement::CreateTable(create) => table::create(out, create),
        Statement::AlterTable(alter) => alter_table::alter(out, alter),
        Statement::RenameColumn(rename) => alter_table::rename_column(out, rename),
        Statement::RenameConstraint(rename) => alter_table::rename_constraint(out, rename),
        Statement::CreateRole(create) => role::create(out, create),
        Statement::DropRole(drop) => role::drop(out, drop),
        Statement::Grant(grant) => role::grant(out, grant),
        Statement::GrantRole(grant) => role::grant_role(out, grant),
        Statement::DefaultPrivileges(alter) => role::default_privileges(out, alter),
        Statement::ReassignOwned(reassign) => role::reassign_owned(out, reassign),
        Statement::DropOwned(drop) => role::drop_owned(out, drop),
        Statement::CreateView(create) => view::create(out, create),
        Statement::CreateIndex(create) => view::create_index(out, create),
        Statement::Insert(insert) => rows::insert(out, insert),
        Statement::Update(update) => rows::update(out, update),
        Statement::Delete(delete) => rows::delete(out, delete),
        Statement::Truncate(truncate) => rows::truncate(out, truncate),
        Statement::Copy(copy) => rows::copy(out, copy),
        Statement::Query(query) => query::query(out, query),
        Statement::Transaction(transaction) => session::transaction(out, transaction),
        Statement::SetParameter(set) => session::set_parameter(out, set),
        Statement::Show(name) => session::show(out, name),
        Statement::Discard(discard) => session::discard(out, *discard),
        Statement::Prepare(prepare) => prepared::prepare(out, prepare),
        Statement::Execute(execute) => prepared::execute(out, execute),
        Statement::Deallocate(deallocate) => prepared::deallocate(out, deallocate),
        Statement::Explain(explain) => prepared::explain(out, explain),
        Statement::Do(block) => procedural::anonymous_block(out, block),
        Statement::Lock(lock) => maintenance::lock(out, lock),
        Statement::CreateTableAs(create) => common_table::create(out, create),
        Statement::With(with) => common_table::with(out, with),
        Statement::Maintenance(maintenance) => maintenance::maintenance(out, maintenance),
    }
}

/// Writes `items` with `separator` between them.
fn separated<T, O: Output>(
    out: &mut O,
    separator: &str,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut O, T),
) {
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.sql(separator);
        }
        write(out, item);
    }
}

/// Writes `text` when `condition` holds.
fn sql_if(out: &mut impl Output, condition: bool, text: &str) {
    if condition {
        out.sql(text);
    }
}
