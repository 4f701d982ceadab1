//! A hold on a server's power switch that does not keep the server alive.

use std::sync::{Arc, Weak};

use super::Source;
use super::error::ServerError;
use crate::implementation::postgres::{Power, StandbyServer};

/// Crashes and restarts a server that seqcheck has started; see [`Server::handle`](super::Server::handle).
#[derive(Debug, Clone)]
pub struct Handle(Weak<Source>);

impl Handle {
    pub(super) fn to(source: &Arc<Source>) -> Handle {
        Handle(Arc::downgrade(source))
    }

    fn act(&self, action: impl FnOnce(&Source) -> Option<Result<(), ServerError>>) -> Result<(), String> {
        let source = self.0.upgrade().ok_or("the server has been stopped")?;
        action(&source).unwrap_or(Ok(())).map_err(|error| error.to_string())
    }
}

impl Power for Handle {
    fn crash(&mut self) -> Result<(), String> {
        self.act(Source::crash)
    }

    fn restart(&mut self) -> Result<(), String> {
        self.act(Source::restart)
    }

    fn standby(&mut self) -> Result<Option<StandbyServer>, String> {
        let source = self.0.upgrade().ok_or("the server has been stopped")?;
        let standby = source.standby().transpose().map_err(|error| error.to_string())?;
        Ok(standby
            .and_then(|standby| Some(StandbyServer { endpoint: standby.endpoint()?, running: Box::new(standby) })))
    }
}
