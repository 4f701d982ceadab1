//! Functions about the server that runs on the model (manual, "System Information Functions" and "Server Signaling
//! Functions").

use super::Value;
use super::function::HostFunction;
use crate::cluster::{SessionId, Signal};
use crate::error::{Result, notice, sqlstate, unsupported};
use crate::execute::Execution;
use crate::reply::Severity;

impl Execution<'_> {
    pub(super) fn host_function(&mut self, function: HostFunction, arguments: &[Value]) -> Result<Value> {
        if let (HostFunction::Setting, [Value::Text(name), ..]) = (function, arguments) {
            return self.parameter(name).map(|(_, value)| Value::text(&value));
        }
        let Some(host) = self.shared.settings.host.clone() else {
            return Err(unsupported("a function that only a server can answer"));
        };
        match (function, arguments) {
            (HostFunction::Version, _) => Ok(Value::text(&format!("PostgreSQL {}", host.version))),
            (HostFunction::ProcessId, _) => {
                self.session.process.map(|process| Value::Integer(process.into())).ok_or_else(no_process)
            }
            (HostFunction::Blocking, [Value::Integer(process), ..]) => Ok(Value::List(self.blocking(*process).into())),
            (HostFunction::Cancel, [Value::Integer(process), ..]) => self.signal(*process, Signal::Cancel),
            (HostFunction::Terminate, [Value::Integer(process), ..]) => self.signal(*process, Signal::Terminate),
            _ => Err(unsupported("a function about the server with these arguments")),
        }
    }

    /// The processes that one waits for; a prepared transaction has none, and counts as zero.
    fn blocking(&self, process: i64) -> Vec<Value> {
        let processes = &self.shared.processes;
        let Some(waiting) = processes.iter().find(|one| i64::from(one.number) == process) else { return Vec::new() };
        let number_of = |session: &SessionId| {
            let found = processes.iter().find(|one| one.session == *session).map(|one| one.number);
            let is_prepared = || self.shared.prepared.iter().any(|prepared| prepared.stand_in == *session);
            found.or_else(|| is_prepared().then_some(0))
        };
        waiting.blockers.iter().filter_map(number_of).map(|number| Value::Integer(number.into())).collect()
    }

    fn signal(&mut self, process: i64, signal: fn(i32) -> Signal) -> Result<Value> {
        let Some(found) = self.shared.processes.iter().find(|one| i64::from(one.number) == process) else {
            let text = format!("PID {process} is not a PostgreSQL backend process");
            self.notice(notice(Severity::Warning, sqlstate::WARNING, text));
            return Ok(Value::Boolean(false));
        };
        if !self.is_superuser() {
            return Err(unsupported("signals to other sessions by a role that is no superuser"));
        }
        let number = found.number;
        self.shared.signals.push(signal(number));
        Ok(Value::Boolean(true))
    }
}

fn no_process() -> crate::error::Stop {
    unsupported("the process number of a session that has none")
}
