//! The extended query protocol (manual, "Message Flow", Extended Query).

use pgwire::messages::PgWireBackendMessage;
use pgwire::messages::data::{NoData, ParameterDescription};
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete, PortalSuspended,
    TARGET_TYPE_BYTE_PORTAL,
};
use pgwire::messages::response::{CommandComplete, EmptyQueryResponse};
use seqcheck_engine::{Description, Message, Outcome, Progress, Reply, Statement, TransactionStatus};

use super::connection::{Connection, Ended};
use super::outcome::{error, sqlstate};
use super::{bind, encode};

/// What is left of a portal that has run.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    /// Whether it gave rows, of which none is left.
    gives_rows: bool,
}

impl Connection {
    pub(super) async fn parse(&mut self, parse: Parse) -> Result<(), Ended> {
        let name = parse.name.unwrap_or_default();
        let statements = match self.statements(&parse.query) {
            Ok(statements) => statements,
            Err(message) => {
                self.refuse(message);
                return Ok(());
            }
        };
        match <[Statement; 1]>::try_from(statements) {
            Ok([statement]) => {
                self.empty_statements.remove(&name);
                let reply =
                    self.run(|cluster, session| cluster.parse(session, &name, &statement, &parse.type_oids)).await?;
                self.conclude(&reply, PgWireBackendMessage::ParseComplete(ParseComplete::new()));
            }
            Err(none) if none.is_empty() => {
                self.state.borrow_mut().with(self.process, |cluster, session| cluster.close_prepared(session, &name));
                self.empty_statements.insert(name);
                self.write(PgWireBackendMessage::ParseComplete(ParseComplete::new()));
            }
            Err(_) => {
                self.refuse(error(sqlstate::SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement"))
            }
        }
        Ok(())
    }

    pub(super) async fn bind(&mut self, message: Bind) -> Result<(), Ended> {
        let name = message.statement_name.clone().unwrap_or_default();
        let portal = message.portal_name.clone().unwrap_or_default();
        self.finished.remove(&portal);
        if self.empty_statements.contains(&name) {
            self.empty_portals.insert(portal);
            self.write(PgWireBackendMessage::BindComplete(BindComplete::new()));
            return Ok(());
        }
        self.empty_portals.remove(&portal);
        let types = self.description(&name).map(|(_, description)| description.parameters).unwrap_or_default();
        let values = match bind::values(&message, &types) {
            Ok(values) => values,
            Err(message) => {
                self.refuse(message);
                return Ok(());
            }
        };
        self.formats.insert(portal.clone(), message.result_column_format_codes);
        let reply = self.run(|cluster, session| cluster.bind(session, &portal, &name, values)).await?;
        self.conclude(&reply, PgWireBackendMessage::BindComplete(BindComplete::new()));
        Ok(())
    }

    pub(super) fn describe(&mut self, describe: &Describe) -> Result<(), Ended> {
        let name = describe.name.clone().unwrap_or_default();
        let is_portal = describe.target_type == TARGET_TYPE_BYTE_PORTAL;
        let (is_empty, described) = match is_portal {
            true => (self.empty_portals.contains(&name), self.portal(&name)),
            false => (self.empty_statements.contains(&name), self.description(&name)),
        };
        let description = match described {
            Some((_, description)) => description,
            None if is_empty => Description { parameters: Vec::new(), columns: None },
            None => {
                self.refuse(missing(is_portal, &name));
                return Ok(());
            }
        };
        let status = self.state.borrow().transaction_status(self.process);
        if status == TransactionStatus::Failed && description.columns.is_some() {
            let message = self.state.borrow().refusal(self.process, "");
            self.refuse(message);
            return Ok(());
        }
        let formats = match is_portal {
            true => self.formats.get(&name).cloned().unwrap_or_default(),
            false => {
                let parameters = ParameterDescription::new(description.parameters);
                self.write(PgWireBackendMessage::ParameterDescription(parameters));
                Vec::new()
            }
        };
        self.write(match &description.columns {
            None => PgWireBackendMessage::NoData(NoData::new()),
            Some(columns) => {
                let columns = columns.iter().map(|(name, type_oid)| (name.as_str(), *type_oid));
                encode::row_description(columns, &formats)
            }
        });
        Ok(())
    }

    pub(super) async fn execute(&mut self, message: &Execute) -> Result<(), Ended> {
        let name = message.name.clone().unwrap_or_default();
        if self.empty_portals.contains(&name) {
            self.write(PgWireBackendMessage::EmptyQueryResponse(EmptyQueryResponse::new()));
            return Ok(());
        }
        if let Some(finished) = self.finished.get(&name) {
            match finished.gives_rows {
                true => self.write(PgWireBackendMessage::CommandComplete(CommandComplete::new("SELECT 0".into()))),
                false => {
                    self.refuse(error(sqlstate::NOT_IN_PREREQUISITE_STATE, format!("portal \"{name}\" cannot be run")))
                }
            }
            return Ok(());
        }
        let most = usize::try_from(message.max_rows).unwrap_or(0);
        let statement = self.portal(&name).map(|(statement, _)| statement);
        let mut lines = Vec::new();
        if let Some(Statement::Copy(copy)) = &statement {
            let opened = self.run(|cluster, session| cluster.execute(session, &name, &[])).await?;
            if opened.error.is_some() {
                self.conclude(&opened, PgWireBackendMessage::NoData(NoData::new()));
                return Ok(());
            }
            match self.copy_data(copy).await? {
                Ok(given) => lines = given,
                Err(message) => {
                    self.refuse(message);
                    return Ok(());
                }
            }
        }
        let reply = self
            .run(|cluster, session| {
                let before = (most > 0).then(|| cluster.clone());
                let outcome = cluster.execute(session, &name, &lines);
                match before {
                    // PostgreSQL would have stopped in between, with the rest of the rows yet to be computed.
                    Some(before) if row_count(&outcome) > most => {
                        *cluster = before;
                        let reason = "a limit that is lower than the number of rows, in Execute,".to_owned();
                        Outcome { progress: Progress::Unsupported(reason), ..outcome }
                    }
                    _ => outcome,
                }
            })
            .await?;
        self.note_checkpoints(statement.as_slice());
        self.write_executed(&name, &reply, most);
        Ok(())
    }

    /// Sends what a portal gave, in the formats that it was bound with.
    fn write_executed(&mut self, name: &str, reply: &Reply, most: usize) {
        self.write_notices(reply);
        for result in &reply.results {
            let mut count = 0;
            if let Some(rows) = &result.rows {
                count = rows.count;
                let formats = self.formats.get(name).cloned().unwrap_or_default();
                match encode::rows(rows, &formats) {
                    Ok(rows) => rows.into_iter().for_each(|row| self.write(row)),
                    Err(message) => return self.refuse(message),
                }
            }
            self.finished.insert(name.to_owned(), Finished { gives_rows: result.rows.is_some() });
            self.write(match most > 0 && count == most {
                true => PgWireBackendMessage::PortalSuspended(PortalSuspended::new()),
                false => PgWireBackendMessage::CommandComplete(CommandComplete::new(result.tag.to_string())),
            });
        }
        if let Some(message) = &reply.error {
            self.write(encode::error(message));
            self.is_skipping = true;
        }
    }

    pub(super) fn close(&mut self, close: &Close) {
        let name = close.name.clone().unwrap_or_default();
        if close.target_type == TARGET_TYPE_BYTE_PORTAL {
            self.empty_portals.remove(&name);
            self.finished.remove(&name);
            self.state.borrow_mut().with(self.process, |cluster, session| cluster.close_portal(session, &name));
        } else {
            self.empty_statements.remove(&name);
            self.state.borrow_mut().with(self.process, |cluster, session| cluster.close_prepared(session, &name));
        }
        self.write(PgWireBackendMessage::CloseComplete(CloseComplete::new()));
    }

    pub(super) async fn sync(&mut self) -> Result<(), Ended> {
        self.is_skipping = false;
        self.run(|cluster, session| cluster.end_parts(session)).await?;
        let status = self.state.borrow().transaction_status(self.process);
        if status == TransactionStatus::Idle {
            self.empty_portals.clear();
            self.finished.clear();
            self.formats.clear();
        }
        self.ready();
        Ok(())
    }

    fn description(&self, name: &str) -> Option<(Statement, Description)> {
        let look = |cluster: &mut seqcheck_engine::Cluster, session| {
            cluster.prepared(session, name).map(|(statement, description)| (statement.clone(), description))
        };
        self.state.borrow_mut().with(self.process, look).flatten()
    }

    fn portal(&self, name: &str) -> Option<(Statement, Description)> {
        let look = |cluster: &mut seqcheck_engine::Cluster, session| {
            cluster.portal(session, name).map(|(statement, description)| (statement.clone(), description))
        };
        self.state.borrow_mut().with(self.process, look).flatten()
    }

    /// Sends `success`, or the reply's error, after which messages are skipped.
    fn conclude(&mut self, reply: &Reply, success: PgWireBackendMessage) {
        self.write_notices(reply);
        match &reply.error {
            None => self.write(success),
            Some(message) => {
                self.write(encode::error(message));
                self.is_skipping = true;
            }
        }
    }

    /// Fails a message.
    fn refuse(&mut self, message: Message) {
        let reply = self.fail(message);
        self.conclude(&reply, PgWireBackendMessage::NoData(NoData::new()));
    }
}

fn row_count(outcome: &Outcome) -> usize {
    match &outcome.progress {
        Progress::Done(reply) => {
            reply.results.last().and_then(|result| result.rows.as_ref()).map_or(0, |rows| rows.count)
        }
        _ => 0,
    }
}

fn missing(is_portal: bool, name: &str) -> Message {
    match (is_portal, name) {
        (true, _) => error(sqlstate::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist")),
        (false, "") => error(sqlstate::INVALID_SQL_STATEMENT_NAME, "unnamed prepared statement does not exist"),
        (false, _) => {
            error(sqlstate::INVALID_SQL_STATEMENT_NAME, format!("prepared statement \"{name}\" does not exist"))
        }
    }
}
