//! From the first byte to the first ReadyForQuery (manual, "Message Flow", Start-up).

use pgwire::messages::response::{GssEncResponse, SslResponse};
use pgwire::messages::startup::{Authentication, BackendKeyData, NegotiateProtocolVersion, Startup};
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage, ProtocolVersion, SslNegotiationMetaMessage};
use seqcheck_engine::statement::{Identifier, ParameterValue, SetParameter, SetScope};
use seqcheck_engine::{Severity, Statement};

use super::connection::{Connection, Ended, violation};
use super::outcome::{fatal, sqlstate};

impl Connection {
    /// Opens the session; false when the client only wanted another one cancelled.
    pub(super) async fn start_up(&mut self) -> Result<bool, Ended> {
        loop {
            match self.next().await? {
                PgWireFrontendMessage::SslNegotiation(SslNegotiationMetaMessage::PostgresSsl(_)) => {
                    self.write(PgWireBackendMessage::SslResponse(SslResponse::Refuse));
                }
                PgWireFrontendMessage::SslNegotiation(SslNegotiationMetaMessage::PostgresGss(_)) => {
                    self.write(PgWireBackendMessage::GssEncResponse(GssEncResponse::Refuse));
                }
                PgWireFrontendMessage::SslNegotiation(SslNegotiationMetaMessage::None) => {
                    self.decoding.awaiting_frontend_ssl = false;
                }
                PgWireFrontendMessage::CancelRequest(cancel) => {
                    self.state.borrow_mut().cancel_with(cancel.pid, &cancel.secret_key);
                    return Ok(false);
                }
                PgWireFrontendMessage::Startup(startup) => {
                    self.decoding.awaiting_frontend_startup = false;
                    self.open(&startup).await?;
                    return Ok(true);
                }
                _ => return Err(violation("expected a startup message")),
            }
        }
    }

    async fn open(&mut self, startup: &Startup) -> Result<(), Ended> {
        let unknown: Vec<String> =
            startup.parameters.keys().filter(|name| name.starts_with("_pq_.")).cloned().collect();
        if startup.protocol_number_minor > 0 || !unknown.is_empty() {
            let newest = ProtocolVersion::PROTOCOL3_0.into();
            let answer = NegotiateProtocolVersion::new(newest, unknown);
            self.write(PgWireBackendMessage::NegotiateProtocolVersion(answer));
        }
        let parameter = |name: &str| startup.parameters.get(name).filter(|value| !value.is_empty());
        let Some(user) = parameter("user") else {
            let message = "no PostgreSQL user name specified in startup packet";
            return Err(Ended::Fatal(Box::new(fatal(sqlstate::INVALID_AUTHORIZATION, message))));
        };
        let database = parameter("database").unwrap_or(user);
        let opened = self.state.borrow_mut().open(user, database);
        let (process, secret, end) = opened.map_err(|refused| Ended::Fatal(Box::new(refused)))?;
        (self.process, self.end) = (process, end);
        let options = startup.parameters.get("options").map(|options| command_line(options)).unwrap_or_default();
        let own = ["user", "database", "options"];
        let others = startup
            .parameters
            .iter()
            .filter(|(name, _)| !own.contains(&name.as_str()) && !name.starts_with("_pq_."))
            .map(|(name, value)| (name.clone(), value.clone()));
        for (name, value) in options.into_iter().chain(others) {
            let statement = setting(&name, &value);
            let reply = self.run(|cluster, session| cluster.step(session, &[statement])).await?;
            if let Some(message) = reply.error {
                let message = seqcheck_engine::Message { severity: Severity::Fatal, ..message };
                return Err(Ended::Fatal(Box::new(message)));
            }
        }
        self.state.borrow_mut().with(process, |cluster, session| cluster.keep_parameters(session));
        self.write(PgWireBackendMessage::Authentication(Authentication::Ok));
        self.report_parameters();
        self.write(PgWireBackendMessage::BackendKeyData(BackendKeyData::new(process, secret)));
        Ok(())
    }
}

/// The statement that sets a parameter as the start-up does.
fn setting(name: &str, value: &str) -> Statement {
    let is_list = name.eq_ignore_ascii_case("search_path");
    let values = match is_list {
        true => value.split(',').map(|one| folded(one.trim())).collect(),
        false => vec![value.to_owned()],
    };
    Statement::SetParameter(SetParameter {
        scope: SetScope::Unspecified,
        name: Identifier::new(name.to_owned()),
        value: ParameterValue::List(values),
    })
}

/// A name of a list as SQL reads it: in lower case unless quoted.
fn folded(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_lowercase(),
    }
}

/// The settings among the options of a command line: `-c name=value` and `--name=value`; a backslash protects a space.
fn command_line(options: &str) -> Vec<(String, String)> {
    let mut words: Vec<String> = Vec::new();
    let (mut is_escaped, mut is_inside) = (false, false);
    for character in options.chars() {
        match character {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            ' ' if !is_escaped => is_inside = false,
            other => {
                if !is_inside {
                    words.push(String::new());
                    is_inside = true;
                }
                if let Some(word) = words.last_mut() {
                    word.push(other);
                }
            }
        }
        is_escaped = false;
    }
    let mut settings = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = match word.as_str() {
            "-c" => words.next().unwrap_or_default(),
            other => other.trim_start_matches("-c").trim_start_matches("--").to_owned(),
        };
        if let Some((name, value)) = text.split_once('=') {
            settings.push((name.replace('-', "_"), value.to_owned()));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_settings_of_a_command_line() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            command_line("-c search_path=a,b  -cTimeZone=UTC --application-name=my\\ shop"),
            [pair("search_path", "a,b"), pair("TimeZone", "UTC"), pair("application_name", "my shop")]
        );
    }
}
