//! The simple query protocol (manual, "Message Flow", Simple Query).

use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::response::{CommandComplete, EmptyQueryResponse};
use seqcheck_engine::statement::Maintenance;
use seqcheck_engine::{Message, Reply, Statement, StatementResult};

use super::connection::{Connection, Ended};
use super::encode;
use super::outcome::{error, sqlstate};
use crate::sql::database::database_command;
use crate::sql::{self, SqlError};

impl Connection {
    /// Runs a query and says that the next may come.
    pub(super) async fn simple_query(&mut self, text: &str) -> Result<(), Ended> {
        if let Some(command) = database_command(text) {
            let reply = self.state.borrow_mut().database_command(self.process, &command);
            self.write_reply(&reply);
        } else {
            match self.statements(text) {
                Err(message) => {
                    let reply = self.fail(message);
                    self.write_reply(&reply);
                }
                Ok(statements) if statements.is_empty() => {
                    self.write(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new()));
                }
                Ok(statements) if statements.iter().any(is_copy) => self.query_with_copy(&statements).await?,
                Ok(statements) => {
                    let reply = self.run(|cluster, session| cluster.step(session, &statements)).await?;
                    self.note_checkpoints(&statements);
                    self.write_reply(&reply);
                }
            }
        }
        self.ready();
        Ok(())
    }

    /// Reads SQL text.
    pub(super) fn statements(&self, text: &str) -> Result<Vec<Statement>, Message> {
        sql::parse(text).map_err(|problem| match problem {
            SqlError::Syntax { message, .. } => error(sqlstate::SYNTAX_ERROR, message),
            SqlError::Unsupported { what, .. } => self.state.borrow().refusal(self.process, &what),
        })
    }

    /// Runs a query that has to stop for the lines of a COPY: in parts, inside one transaction.
    async fn query_with_copy(&mut self, statements: &[Statement]) -> Result<(), Ended> {
        let mut rest = statements;
        while !rest.is_empty() {
            let plain = rest.iter().position(is_copy).unwrap_or(rest.len());
            let reply = match &rest[0] {
                Statement::Copy(copy) => {
                    rest = &rest[1..];
                    let opened = self
                        .run(|cluster, session| cluster.step_part(session, &[Statement::Copy(copy.clone())]))
                        .await?;
                    match opened.error {
                        Some(_) => Reply { results: Vec::new(), ..opened },
                        None => {
                            self.write_notices(&opened);
                            match self.copy_data(copy).await? {
                                Err(message) => self.fail(message),
                                Ok(lines) => {
                                    let mut copy = copy.clone();
                                    copy.data = lines;
                                    self.run(|cluster, session| cluster.step_part(session, &[Statement::Copy(copy)]))
                                        .await?
                                }
                            }
                        }
                    }
                }
                _ => {
                    let (first, others) = rest.split_at(plain);
                    rest = others;
                    self.run(|cluster, session| cluster.step_part(session, first)).await?
                }
            };
            self.write_reply(&reply);
            if reply.error.is_some() {
                return Ok(());
            }
        }
        self.run(|cluster, session| cluster.end_parts(session)).await?;
        Ok(())
    }

    /// Sends a whole reply, rows in text format.
    pub(super) fn write_reply(&mut self, reply: &Reply) {
        self.write_notices(reply);
        for result in &reply.results {
            self.write_result(result);
        }
        if let Some(message) = &reply.error {
            self.write(encode::error(message));
        }
    }

    fn write_result(&mut self, result: &StatementResult) {
        if let Some(rows) = &result.rows {
            let columns = rows.columns.iter().zip(&rows.types).map(|(name, type_oid)| (&**name, *type_oid));
            self.write(encode::row_description(columns, &[]));
            // Text is a format of every value.
            for row in encode::rows(rows, &[]).unwrap_or_default() {
                self.write(row);
            }
        }
        self.write(PgWireBackendMessage::CommandComplete(CommandComplete::new(result.tag.to_string())));
    }

    /// A checkpoint is one of the whole server.
    pub(super) fn note_checkpoints(&mut self, statements: &[Statement]) {
        if statements.iter().any(|statement| matches!(statement, Statement::Maintenance(Maintenance::Checkpoint))) {
            for cluster in self.state.borrow_mut().databases.values_mut() {
                cluster.checkpoint();
            }
        }
    }
}

pub(super) fn is_copy(statement: &Statement) -> bool {
    matches!(statement, Statement::Copy(_))
}
