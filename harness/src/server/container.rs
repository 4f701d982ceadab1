//! A private server in a container of the official PostgreSQL image, through `testcontainers`.

use std::collections::{HashMap, VecDeque};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters::{KillContainerOptionsBuilder, RemoveContainerOptionsBuilder};
use testcontainers::core::client::docker_client_instance;
use testcontainers::core::logs::LogFrame;
use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::SyncRunner;
use testcontainers::{Container, ContainerRequest, GenericImage, ImageExt};

use super::cleanup::{self, Registration};
use super::encryption::Encryption;
use super::endpoint::{DEFAULT_PORT, Endpoint, Host};
use super::error::{ServerError, with_causes};
use super::watchdog::Watchdog;
use super::{apart, settings};

/// How long the server in it may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(20);

/// How many of its last lines are kept for an error message.
const KEPT_LINES: usize = 12;

/// Every container carries this label, with the process number of its owner as value.
const LABEL: &str = "seqcheck.owner";

/// A running container. Dropping it removes the container with its volumes.
pub(crate) struct PostgresContainer {
    container: Option<Container<GenericImage>>,
    endpoint: Endpoint,
    name: String,
    image: String,
    log: Log,
    /// How long a start may take once the image is here.
    start_limit: Duration,
    watchdog: Watchdog,
    _registration: Registration,
}

impl PostgresContainer {
    /// Starts another container in the same way.
    pub(crate) fn another(&self, major: u8) -> Result<Self, ServerError> {
        Self::start(Some(major), self.start_limit)
    }

    /// Starts a container and waits until its server accepts connections. Pulls the image if it is not here.
    pub(crate) fn start(major: Option<u8>, start_limit: Duration) -> Result<Self, ServerError> {
        let image = image_name(std::env::var("SEQCHECK_POSTGRES_IMAGE").ok().as_deref(), major);
        let name = format!("seqcheck-{}-{:08x}", std::process::id(), fastrand::u32(..));
        let log = Log::default();
        let fail = |problem: String| ServerError::Container { image: image.clone(), problem, log: log.text() };

        engine_answers().map_err(&fail)?;
        let mut watchdog = Watchdog::over_container(&name)?;
        let registration = cleanup::register({
            let name = name.clone();
            move || remove(&name)
        })?;
        let password = format!("{:032x}", fastrand::u128(..));
        let (container, port) = match start_on_free_port(|port| {
            request(&image, &name, &password, port, &log).with_startup_timeout(start_limit)
        }) {
            Ok(started) => started,
            Err(problem) => {
                // After a start that failed half-way, testcontainers leaves the container where it is.
                remove(&name);
                watchdog.dismiss();
                return Err(fail(problem));
            }
        };
        let host = match container.get_host() {
            // The port is published on IPv4, and localhost may mean ::1.
            Ok(host) if host.to_string() == "localhost" => "127.0.0.1".to_owned(),
            Ok(host) => host.to_string(),
            Err(error) => return Err(fail(with_causes(&error))),
        };
        let endpoint = Endpoint {
            host: Host::Tcp(host),
            port,
            user: "postgres".to_owned(),
            password: Some(password),
            database: "postgres".to_owned(),
            options: None,
            encryption: Encryption::Never,
        };
        let ready = Self {
            container: Some(container),
            endpoint,
            name,
            image: image.clone(),
            log: log.clone(),
            start_limit,
            watchdog,
            _registration: registration,
        };
        ready.wait_until_ready()?;
        Ok(ready)
    }

    /// Where the server listens.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The image, for reports.
    pub(crate) fn image(&self) -> &str {
        &self.image
    }

    /// Stops the server as a crash would and starts it again.
    pub(crate) fn crash(&self) -> Result<(), ServerError> {
        self.bounce("SIGQUIT")
    }

    /// Stops the server in order and starts it again.
    pub(crate) fn restart(&self) -> Result<(), ServerError> {
        self.bounce("SIGINT")
    }

    /// The server is the first process of the container, so the container stops and starts with it.
    fn bounce(&self, signal: &str) -> Result<(), ServerError> {
        let Some(container) = &self.container else { return Err(ServerError::Interrupted) };
        self.log.forget();
        blocking(async {
            let docker = docker_client_instance().await.map_err(|error| with_causes(&error))?;
            let options = KillContainerOptionsBuilder::new().signal(signal).build();
            docker.kill_container(&self.name, Some(options)).await.map_err(|error| with_causes(&error))
        })
        .map_err(|problem| self.fail(format!("cannot send it {signal}: {problem}")))?;
        let deadline = Instant::now() + STOP_LIMIT;
        while container.is_running().map_err(|error| self.fail(with_causes(&error)))? {
            if Instant::now() > deadline {
                return Err(self.fail(format!("the server did not stop within {} s", STOP_LIMIT.as_secs())));
            }
            thread::sleep(PAUSE);
        }
        container.start().map_err(|error| self.fail(with_causes(&error)))?;
        self.wait_until_ready()
    }

    /// The log said "ready"; but on a first start the image says so of a temporary server too, which does not listen
    /// on TCP. Only a connection proves it.
    fn wait_until_ready(&self) -> Result<(), ServerError> {
        let deadline = Instant::now() + self.start_limit;
        loop {
            match self.endpoint.connect() {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(self.fail(error.to_string())),
                Err(error) => {
                    let running =
                        self.container.as_ref().is_some_and(|container| container.is_running().unwrap_or(false));
                    if !running {
                        return Err(self.fail(format!("it stopped by itself ({error})")));
                    }
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    fn fail(&self, problem: String) -> ServerError {
        ServerError::Container { image: self.image.clone(), problem, log: self.log.text() }
    }
}

impl Drop for PostgresContainer {
    fn drop(&mut self) {
        let container = self.container.take();
        apart(|| drop(container));
        // testcontainers keeps containers when its environment says so; ours are never of use to anybody.
        remove(&self.name);
        self.watchdog.dismiss();
    }
}

/// The image that `named`, the environment's `SEQCHECK_POSTGRES_IMAGE`, asks for, else the official one.
///
/// `{major}` in it stands for the major version, so that one name serves a run on several of them.
fn image_name(named: Option<&str>, major: Option<u8>) -> String {
    let named = named.map(str::trim).filter(|named| !named.is_empty()).unwrap_or("postgres:{major}");
    named.replace("{major}", &major.unwrap_or(DEFAULT_MAJOR).to_string())
}

/// The image taken when any major version will do: the newest one supported.
const DEFAULT_MAJOR: u8 = 18;

fn request(image: &str, name: &str, password: &str, port: u16, log: &Log) -> ContainerRequest<GenericImage> {
    // A colon before the last slash belongs to the port of a registry.
    let (repository, tag) = match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, "latest"),
    };
    let arguments = settings::MANAGED.iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]);
    let lines = log.clone();
    // Traces connect as roles that have no password. A port that is open to the network stays closed to them.
    let method = if engine_is_here() { "trust" } else { "" };
    GenericImage::new(repository, tag)
        .with_wait_for(WaitFor::message_on_either_std("database system is ready to accept connections"))
        .with_container_name(name)
        .with_label(LABEL, std::process::id().to_string())
        .with_env_var("POSTGRES_PASSWORD", password)
        .with_env_var("POSTGRES_HOST_AUTH_METHOD", method)
        .with_env_var("POSTGRES_INITDB_ARGS", "--no-sync --encoding=UTF8 --locale=C")
        .with_cmd(std::iter::once("postgres".to_owned()).chain(arguments))
        .with_mapped_port(port, DEFAULT_PORT.tcp())
        .with_log_consumer(move |frame: &LogFrame| lines.add(frame.bytes()))
        .with_host_config_modifier(move |host| {
            if engine_is_here() {
                // Else the port would be open to the network.
                let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some(port.to_string()) };
                host.port_bindings = Some(HashMap::from([(format!("{DEFAULT_PORT}/tcp"), Some(vec![binding]))]));
            }
        })
}

/// Says why no engine answers: later errors of `testcontainers` leave out the cause.
fn engine_answers() -> Result<(), String> {
    blocking(async {
        let docker = docker_client_instance().await.map_err(|error| with_causes(&error))?;
        docker.ping().await.map(drop).map_err(|error| with_causes(&error))
    })
    .map_err(|problem| match std::env::var("DOCKER_HOST") {
        Ok(host) if !host.is_empty() => format!("no Docker engine answers at DOCKER_HOST={host} ({problem})"),
        _ => format!("no Docker engine answers ({problem}); start it, or name one in DOCKER_HOST"),
    })
}

/// Whether the engine's loopback address is ours too: it is neither on another machine nor outside of a container that
/// we are in.
fn engine_is_here() -> bool {
    let remote = std::env::var("DOCKER_HOST").is_ok_and(|host| !host.is_empty() && !host.starts_with("unix:"));
    !remote && !Path::new("/.dockerenv").exists()
}

/// Starts a container on a port chosen by us: one chosen by the engine would change with every restart of the container.
/// Another process may take the port before the engine does, so there are a few tries.
fn start_on_free_port(
    request: impl Fn(u16) -> ContainerRequest<GenericImage>,
) -> Result<(Container<GenericImage>, u16), String> {
    let mut tries = 3;
    loop {
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = port.map_err(|error| format!("no free port: {error}"))?.port();
        let request = request(port);
        let name = request.container_name().clone().unwrap_or_default();
        tries -= 1;
        match request.start() {
            Ok(container) => return Ok((container, port)),
            Err(error) => {
                let problem = with_causes(&error);
                let taken = problem.contains("already allocated") || problem.contains("address already in use");
                if tries == 0 || !taken {
                    return Err(problem);
                }
                remove(&name);
            }
        }
    }
}

/// Removes a container and its volumes, whether or not it runs. It may be gone already, so errors say nothing.
fn remove(name: &str) {
    let _ = blocking(async {
        let docker = docker_client_instance().await.map_err(|error| with_causes(&error))?;
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        docker.remove_container(name, Some(options)).await.map_err(|error| with_causes(&error))
    });
}

/// Runs a request to the engine to its end, on any thread, also one that belongs to another runtime.
fn blocking<T: Send>(work: impl Future<Output = Result<T, String>> + Send) -> Result<T, String> {
    apart(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(work)
    })
}

/// The last lines that a container printed.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn add(&self, bytes: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(String::from_utf8_lossy(bytes).trim_end().to_owned());
        while lines.len() > KEPT_LINES {
            lines.pop_front();
        }
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_follow_the_major_version_where_they_are_told_to() {
        assert_eq!(image_name(None, Some(15)), "postgres:15");
        assert_eq!(image_name(Some(" "), None), format!("postgres:{DEFAULT_MAJOR}"));
        assert_eq!(image_name(Some("host:5000/pg:{major}-slim"), Some(13)), "host:5000/pg:13-slim");
        assert_eq!(image_name(Some("mine/postgres:15"), Some(18)), "mine/postgres:15");
    }
}
