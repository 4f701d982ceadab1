//! CREATE DATABASE and DROP DATABASE (manual, "Managing Databases").

use seqcheck_engine::{Dialect, Message, Reply, Severity, StatementResult, TransactionStatus};

use super::outcome::{error, message_of, outside, sqlstate};
use super::state::State;
use crate::sql::database::DatabaseCommand;

/// What every server has to copy new databases from.
const TEMPLATES: [&str; 2] = ["template0", "template1"];

impl State {
    /// Runs a command about databases for a session.
    pub(super) fn database_command(&mut self, number: i32, command: &DatabaseCommand) -> Reply {
        let tag = match command {
            DatabaseCommand::Create { .. } => "CREATE DATABASE",
            DatabaseCommand::Drop { .. } => "DROP DATABASE",
        };
        let done = match self.transaction_status(number) {
            // There is one database, and no other (guide, "Unsupported PostgreSQL features").
            _ if self.dialect == Dialect::AuroraDsql => {
                Err(error(sqlstate::FEATURE_NOT_SUPPORTED, format!("{tag} not supported")))
            }
            TransactionStatus::Failed => Err(self.refusal(number, tag)),
            TransactionStatus::InTransaction => {
                Err(error(sqlstate::ACTIVE_SQL_TRANSACTION, format!("{tag} cannot run inside a transaction block")))
            }
            TransactionStatus::Idle => match command {
                DatabaseCommand::Create { name, template } => self.create_database(number, name, template.as_deref()),
                DatabaseCommand::Drop { name, if_exists, force } => {
                    self.drop_database(number, name, *if_exists, *force)
                }
            },
        };
        match done {
            Ok(notices) => {
                let results = vec![StatementResult { rows: None, tag: tag.into() }];
                Reply { results, notices, error: None }
            }
            Err(message) => self.fail(number, message),
        }
    }

    fn create_database(&mut self, number: i32, name: &str, template: Option<&str>) -> Result<Vec<Message>, Message> {
        if !self.is_superuser(number) {
            return Err(error(sqlstate::INSUFFICIENT_PRIVILEGE, "permission denied to create database"));
        }
        if self.databases.contains_key(name) || TEMPLATES.contains(&name) {
            return Err(error(sqlstate::DUPLICATE_DATABASE, format!("database \"{name}\" already exists")));
        }
        match template {
            None => {}
            Some(template) if TEMPLATES.contains(&template) => {}
            Some(template) if self.databases.contains_key(template) => {
                return Err(outside("a copy of a database that is in use"));
            }
            Some(template) => {
                return Err(error(
                    sqlstate::INVALID_CATALOG_NAME,
                    format!("template database \"{template}\" does not exist"),
                ));
            }
        }
        let database = self.new_database(name);
        self.databases.insert(name.to_owned(), database);
        Ok(Vec::new())
    }

    fn drop_database(
        &mut self,
        number: i32,
        name: &str,
        if_exists: bool,
        force: bool,
    ) -> Result<Vec<Message>, Message> {
        if !self.databases.contains_key(name) {
            let absent = format!("database \"{name}\" does not exist");
            return match if_exists {
                true => Ok(vec![message_of(
                    Severity::Notice,
                    seqcheck_engine::SqlState::new("00000"),
                    absent + ", skipping",
                )]),
                false => Err(error(sqlstate::INVALID_CATALOG_NAME, absent)),
            };
        }
        if !self.is_superuser(number) {
            return Err(error(sqlstate::INSUFFICIENT_PRIVILEGE, format!("must be owner of database {name}")));
        }
        if self.processes.get(&number).is_some_and(|process| process.database == name) {
            return Err(error(sqlstate::OBJECT_IN_USE, "cannot drop the currently open database"));
        }
        let users: Vec<i32> =
            self.processes.iter().filter(|(_, process)| process.database == name).map(|(number, _)| *number).collect();
        if !users.is_empty() && !force {
            let detail = match users.len() {
                1 => "There is 1 other session using the database.".to_owned(),
                several => format!("There are {several} other sessions using the database."),
            };
            let in_use =
                error(sqlstate::OBJECT_IN_USE, format!("database \"{name}\" is being accessed by other users"));
            return Err(Message { detail: Some(detail), ..in_use });
        }
        for user in users {
            if let Some(process) = self.processes.get(&user) {
                process.end.notify_one();
            }
            self.close(user);
        }
        self.databases.remove(name);
        Ok(Vec::new())
    }

    fn is_superuser(&mut self, number: i32) -> bool {
        self.with(number, |cluster, session| cluster.parameter(session, "is_superuser")).flatten().as_deref()
            == Some("on")
    }
}
