//! Ways to get a PostgreSQL: one that runs already, one from programs on this machine, one in a container, one from npm.
//!
//! [`obtain`] gives a [`Server`], which knows where it listens and, unless somebody else runs it, can be crashed and
//! restarted. Servers that seqcheck starts are private to the run and leave nothing behind, however the run ends.
//!
//! ```no_run
//! use seqcheck::server::{self, Shutdown, Wanted};
//!
//! let shutdown = Shutdown::on_signals()?;
//! let server = server::obtain(&Wanted { major: Some(15), ..Wanted::default() }, &shutdown)?;
//! let database = server::create_database(&server)?;
//! let mut client = database.endpoint().connect()?;
//! client.batch_execute("CREATE SEQUENCE s")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod allowance;
mod binaries;
pub(crate) mod cleanup;
mod cluster;
mod container;
mod creation;
mod encryption;
mod endpoint;
mod error;
mod handle;
mod hold;
mod npm;
mod quote;
mod scratch;
mod settings;
mod wanted;
mod watchdog;

pub use cleanup::Shutdown;
pub use encryption::{Encryption, Tls};
pub use endpoint::{DEFAULT_PORT, Endpoint, Host};
pub use error::{ServerError, Unavailable};
pub use handle::Handle;
pub(crate) use scratch::has_one_database;
pub use scratch::{ScratchDatabase, TraceDatabase, create_database};
pub use wanted::{Kind, Wanted};

use std::fmt;
use std::panic::resume_unwind;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use account::Account;
use allowance::Allowance;
use binaries::Binaries;
use cluster::Cluster;
use container::PostgresContainer;
pub(crate) use error::with_causes;
use hold::Hold;

/// How long clean-up may take on a server that is deleted next, with everything in it.
const THROWAWAY_LIMIT: Duration = Duration::from_secs(3);

/// A server that answers. Dropping one that seqcheck started stops it and deletes its data.
#[derive(Debug)]
pub struct Server {
    endpoint: Endpoint,
    version: String,
    major: u8,
    superuser: bool,
    origin: String,
    /// How long it may take for anything that is asked of it outside traces.
    patience: Duration,
    /// What is left for clean-up when it hangs.
    allowance: Allowance,
    /// That no other run uses it.
    hold: Option<Hold>,
    source: Arc<Source>,
}

enum Source {
    /// Runs under somebody else's care.
    Url,
    Cluster(Cluster),
    // Boxed because it is several times as large as the others.
    Container(Box<PostgresContainer>),
}

impl Source {
    /// Crashes and starts the server, if it is ours.
    fn crash(&self) -> Option<Result<(), ServerError>> {
        match self {
            Self::Url => None,
            Self::Cluster(cluster) => Some(apart(|| cluster.crash())),
            Self::Container(container) => Some(apart(|| container.crash())),
        }
    }

    /// Stops and starts the server, if it is ours.
    fn restart(&self) -> Option<Result<(), ServerError>> {
        match self {
            Self::Url => None,
            Self::Cluster(cluster) => Some(apart(|| cluster.restart())),
            Self::Container(container) => Some(apart(|| container.restart())),
        }
    }
}

impl Source {
    /// Starts another one of the same kind, with nothing in it, if it is ours.
    fn another(&self, major: u8) -> Option<Result<Source, ServerError>> {
        match self {
            Self::Url => None,
            Self::Cluster(cluster) => Some(apart(|| cluster.another()).map(Self::Cluster)),
            Self::Container(container) => {
                Some(apart(|| container.another(major)).map(|container| Self::Container(Box::new(container))))
            }
        }
    }

    /// Starts a standby of it, if it is ours and runs on this machine.
    fn standby(&self) -> Option<Result<Source, ServerError>> {
        match self {
            Self::Url | Self::Container(_) => None,
            Self::Cluster(cluster) => Some(apart(|| cluster.standby()).map(Self::Cluster)),
        }
    }

    /// Where it listens, if it is ours.
    fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::Url => None,
            Self::Cluster(cluster) => Some(cluster.endpoint()),
            Self::Container(container) => Some(container.endpoint().clone()),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "Url",
            Self::Cluster(_) => "Cluster",
            Self::Container(_) => "Container",
        })
    }
}

impl Server {
    /// Keeps other runs from the server while this value lives, if somebody else runs it: what belongs to all databases of
    /// a server would show in both. Where a server knows no advisory locks, this does nothing.
    ///
    /// # Errors
    ///
    /// [`ServerError::InUse`] when another run is there already; otherwise when the server gives no answer.
    pub fn reserve(&mut self) -> Result<(), ServerError> {
        if self.is_managed() || self.hold.is_some() {
            return Ok(());
        }
        let (endpoint, patience) = (self.endpoint.clone(), self.patience);
        self.hold = within(patience + hold::AFTERGLOW, &self.endpoint, move || Hold::take(&endpoint, patience))?;
        Ok(())
    }

    /// Where it listens. The same before and after [`Server::crash`] and [`Server::restart`].
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The major version, for example 15.
    pub fn major(&self) -> u8 {
        self.major
    }

    /// The version in the server's own words (`server_version`), for example `15.18 (Debian 15.18-0+deb12u1)`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether the login is a superuser (manual, section 22.2, "Role Attributes"), as which the model answers.
    pub fn is_superuser(&self) -> bool {
        self.superuser
    }

    /// How it was obtained, for reports, for example `local binaries /usr/lib/postgresql/15/bin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether seqcheck started it, so that it can be crashed and restarted.
    pub fn is_managed(&self) -> bool {
        !matches!(*self.source, Source::Url)
    }

    /// Whether it can have a standby: seqcheck started it from programs of this machine.
    pub fn can_have_standby(&self) -> bool {
        matches!(*self.source, Source::Cluster(_))
    }

    /// Stops the server without a checkpoint and starts it again, so that it recovers from its log as after a crash
    /// (manual, section 19.5, "Immediate Shutdown"). Every connection is lost; returns when it accepts new ones.
    ///
    /// # Errors
    ///
    /// [`ServerError::NotManaged`] for a server given by its address; otherwise when it does not come back.
    pub fn crash(&self) -> Result<(), ServerError> {
        self.source.crash().unwrap_or_else(|| Err(ServerError::NotManaged(self.endpoint.to_string())))
    }

    /// Stops the server in order, with a checkpoint, and starts it again (manual, section 19.5, "Fast Shutdown").
    /// Every connection is lost; returns when it accepts new ones.
    ///
    /// # Errors
    ///
    /// As for [`Server::crash`].
    pub fn restart(&self) -> Result<(), ServerError> {
        self.source.restart().unwrap_or_else(|| Err(ServerError::NotManaged(self.endpoint.to_string())))
    }

    /// Starts another server from the same programs or image, with nothing in it yet.
    ///
    /// # Errors
    ///
    /// [`ServerError::NotManaged`] for a server given by its address; otherwise why it does not start.
    pub fn another(&self) -> Result<Server, ServerError> {
        let source = self.source.another(self.major);
        let source = source.unwrap_or_else(|| Err(ServerError::NotManaged(self.endpoint.to_string())))?;
        let endpoint = source.endpoint().unwrap_or_else(|| self.endpoint.clone());
        Server::identify(endpoint, self.origin.clone(), source, Some(self.major), self.patience)
    }

    /// What its log says last of a failure of its own: a panic, a failed assertion, or a signal that ended a process.
    /// Only for a server that was started from programs of this machine.
    pub fn last_failure(&self) -> Option<String> {
        match &*self.source {
            Source::Cluster(cluster) => cluster.last_failure(),
            Source::Url | Source::Container(_) => None,
        }
    }

    /// What crashes and restarts it on behalf of somebody who may outlive it; `None` for a server given by its address.
    pub fn handle(&self) -> Option<Handle> {
        self.is_managed().then(|| Handle::to(&self.source))
    }

    /// Asks a server that answers for its version.
    fn identify(
        endpoint: Endpoint,
        origin: String,
        source: Source,
        wanted: Option<u8>,
        patience: Duration,
    ) -> Result<Self, ServerError> {
        let statement = "SELECT current_setting('server_version'), current_setting('is_superuser') = 'on'";
        let refused = |reason: String| ServerError::Refused {
            address: endpoint.to_string(),
            statement: statement.to_owned(),
            reason,
        };
        let asked = endpoint.clone();
        let ask = move || {
            let (settled, mut client) = asked.settle(patience)?;
            let answer: Result<(String, bool), postgres::Error> =
                client.query_one(statement, &[]).and_then(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
            Ok((settled, answer))
        };
        let (settled, answer) = within(patience, &endpoint, ask)?;
        let (version, superuser) = answer.map_err(|error| refused(with_causes(&error)))?;
        let digits = version.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
        let major = digits.parse().map_err(|_| refused(format!("it answered \"{version}\", which is no version")))?;
        match wanted {
            Some(wanted) if wanted != major => Err(ServerError::WrongMajor { origin, found: major, wanted }),
            _ => {
                let is_managed = !matches!(source, Source::Url);
                let allowance = Allowance::of(if is_managed { THROWAWAY_LIMIT.min(patience) } else { patience });
                let source = Arc::new(source);
                Ok(Self {
                    endpoint: settled,
                    version,
                    major,
                    superuser,
                    origin,
                    patience,
                    allowance,
                    hold: None,
                    source,
                })
            }
        }
    }
}

/// Gets the server that is asked for. [`Kind::Auto`] takes the first that works: the address if one is given, programs
/// on this machine, a container, npm.
///
/// # Errors
///
/// What failed, for one kind; [`ServerError::Unavailable`] with everything that was tried, for [`Kind::Auto`];
/// [`ServerError::Interrupted`] when a signal came in between.
pub fn obtain(wanted: &Wanted, shutdown: &Shutdown) -> Result<Server, ServerError> {
    let mut tried = Vec::new();
    let kinds = match wanted.kind {
        // An address given is meant: going on to another server when it does not answer would judge the wrong one.
        Kind::Auto if wanted.address().is_some() => vec![Kind::Url],
        Kind::Auto if wanted.bindir.is_some() => vec![Kind::Local],
        Kind::Auto => vec![Kind::Local, Kind::Container, Kind::Npm],
        kind => vec![kind],
    };
    let only = kinds.len() == 1;
    for kind in kinds {
        let obtained = apart(|| obtain_one(kind, wanted));
        if shutdown.is_requested() {
            return Err(ServerError::Interrupted);
        }
        match obtained {
            Ok(server) => return Ok(server),
            Err(error) if only || matches!(error, ServerError::Interrupted) => return Err(error),
            Err(error) => tried.push((kind, error)),
        }
    }
    Err(ServerError::Unavailable(Unavailable { major: wanted.major, tried }))
}

fn obtain_one(kind: Kind, wanted: &Wanted) -> Result<Server, ServerError> {
    let (endpoint, origin, source) = match kind {
        Kind::Url | Kind::Auto => {
            let endpoint: Endpoint = wanted.address().ok_or(ServerError::NoUrl)?.parse()?;
            (endpoint, "url".to_owned(), Source::Url)
        }
        Kind::Local => {
            let account = Account::choose()?;
            let binaries = Binaries::find(wanted.bindir.as_deref(), wanted.major, &account)?;
            let origin = format!("local binaries {}", binaries.directory.display());
            let cluster = Cluster::start(binaries, account, wanted.start_limit())?;
            (cluster.endpoint(), origin, Source::Cluster(cluster))
        }
        Kind::Container => {
            let container = PostgresContainer::start(wanted.major, wanted.start_limit())?;
            let origin = format!("container {}", container.image());
            (container.endpoint().clone(), origin, Source::Container(Box::new(container)))
        }
        Kind::Npm => {
            let account = Account::choose()?;
            let installed = npm::install(wanted.major, &account)?;
            let origin = format!("npm {}", installed.package);
            let cluster = Cluster::start(installed.binaries, account, wanted.start_limit())?;
            (cluster.endpoint(), origin, Source::Cluster(cluster))
        }
    };
    Server::identify(endpoint, origin, source, wanted.major, wanted.patience())
}

/// Runs `work` on a thread of its own and waits for it. The drivers here block, and panic on a thread that belongs to an
/// asynchronous runtime, where a caller may well be.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|panic| resume_unwind(panic)))
}

/// As [`apart`], but gives up on `work` after a while: the driver has no time limit of its own, and a server that hangs
/// would hold up the run for ever. What is given up goes on until the process ends.
fn within<T: Send + 'static>(
    limit: Duration,
    server: &Endpoint,
    work: impl FnOnce() -> Result<T, ServerError> + Send + 'static,
) -> Result<T, ServerError> {
    let (sender, receiver) = mpsc::channel();
    // Nobody listens any more when the time is over.
    thread::spawn(move || drop(sender.send(work())));
    match receiver.recv_timeout(limit) {
        Ok(result) => result,
        Err(_) => Err(ServerError::NoAnswer { address: server.to_string(), after: limit }),
    }
}

/// Lanes on several threads share one server.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Server>();
    shared::<ScratchDatabase>();
};
