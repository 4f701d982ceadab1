//! Where a server listens and how to log in.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};

use super::encryption::Encryption;
use super::error::{ServerError, with_causes};
use super::quote::in_connection_string;

/// The port that PostgreSQL listens on unless told otherwise (manual, section 20.3.1).
pub const DEFAULT_PORT: u16 = 5432;

/// How long one attempt to connect may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How to reach the machine of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an address, reached over TCP.
    Tcp(String),
    /// The directory that holds the server's Unix socket.
    Unix(PathBuf),
}

/// Everything that is needed to open a connection.
///
/// Parsed from a `postgres://` URL or from `keyword=value` pairs (manual, section 34.1.1, "Connection Strings").
/// Printing it never shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The machine or the socket directory.
    pub host: Host,
    /// The port; it is part of the socket's file name too.
    pub port: u16,
    /// The role to log in as.
    pub user: String,
    /// The password, where the server wants one.
    pub password: Option<String>,
    /// The database to connect to.
    pub database: String,
    /// Command-line options for the server process of each connection, such as `-c search_path=x`.
    pub options: Option<String>,
    /// Whether connections are encrypted.
    pub encryption: Encryption,
}

impl Endpoint {
    /// The same server and login with another database.
    pub fn with_database(&self, database: impl Into<String>) -> Self {
        Self { database: database.into(), ..self.clone() }
    }

    /// The settings of the `postgres` driver for this endpoint.
    pub fn config(&self) -> Config {
        self.async_config().into()
    }

    /// The settings of the driver for many connections at once, `tokio-postgres`.
    pub fn async_config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        match &self.host {
            Host::Tcp(name) => config.host(name),
            Host::Unix(directory) => config.host_path(directory),
        };
        config.port(self.port).user(&self.user).dbname(&self.database);
        config.ssl_mode(if self.encryption.tls().is_some() { SslMode::Require } else { SslMode::Disable });
        config.connect_timeout(CONNECT_LIMIT).application_name("seqcheck");
        if let Some(password) = &self.password {
            config.password(password);
        }
        if let Some(options) = &self.options {
            config.options(options);
        }
        config
    }

    /// Opens a connection of the harness's own, beside those of the traces.
    ///
    /// # Errors
    ///
    /// [`ServerError::Connect`] when nobody answers or the login is refused.
    pub fn connect(&self) -> Result<Client, ServerError> {
        self.connect_within(CONNECT_LIMIT)
    }

    /// As [`Endpoint::connect`], where the machine may take so long to take the connection.
    pub(crate) fn connect_within(&self, limit: Duration) -> Result<Client, ServerError> {
        self.try_to_connect(limit).map_err(|reason| ServerError::Connect { address: self.to_string(), reason })
    }

    fn try_to_connect(&self, limit: Duration) -> Result<Client, String> {
        let mut config = self.config();
        config.connect_timeout(limit);
        match self.encryption.tls() {
            Some(tls) => config.connect(tls.connector()),
            None => config.connect(NoTls),
        }
        .map_err(|error| with_causes(&error))
    }

    /// Opens the first connection, and finds out whether the others are to be encrypted, where that is left to the server.
    ///
    /// # Errors
    ///
    /// [`ServerError::Connect`] when neither kind of connection can be had.
    pub(crate) fn settle(&self, limit: Duration) -> Result<(Endpoint, Client), ServerError> {
        let attempt = |encryption: Encryption| -> Result<(Endpoint, Client), String> {
            let endpoint = Endpoint { encryption, ..self.clone() };
            endpoint.try_to_connect(limit).map(|client| (endpoint, client))
        };
        match &self.encryption {
            Encryption::Never | Encryption::Always(_) => attempt(self.encryption.clone()),
            Encryption::IfRefused(tls) => attempt(Encryption::Never).or_else(|plain| {
                attempt(Encryption::Always(tls.clone())).map_err(|encrypted| both_reasons(plain, &encrypted))
            }),
            Encryption::IfPossible(tls) => attempt(Encryption::Always(tls.clone()))
                .or_else(|encrypted| attempt(Encryption::Never).map_err(|plain| both_reasons(plain, &encrypted))),
        }
        .map_err(|reason| ServerError::Connect { address: self.to_string(), reason })
    }
}

/// Why there is neither a plain nor an encrypted connection; what the second adds, if anything.
fn both_reasons(plain: String, encrypted: &str) -> String {
    match plain == encrypted || encrypted.contains("not support TLS") {
        true => plain,
        false => format!("{plain}; with TLS: {encrypted}"),
    }
}

impl FromStr for Endpoint {
    type Err = ServerError;

    /// Reads a connection string. The user defaults to `USER` of the environment, else `postgres`; the database to the
    /// user; the host to `localhost`.
    fn from_str(text: &str) -> Result<Self, ServerError> {
        let (text, mode) = take_parameter(text, "sslmode");
        let (text, root_certificates) = take_parameter(&text, "sslrootcert");
        let config = Config::from_str(&text).map_err(|error| ServerError::BadUrl(with_causes(&error)))?;
        if config.get_hosts().len() > 1 || config.get_hostaddrs().len() > 1 {
            return Err(ServerError::BadUrl("it names several hosts, and a run judges one server".to_owned()));
        }
        let host = match (config.get_hostaddrs().first(), config.get_hosts().first()) {
            (Some(address), _) => Host::Tcp(address.to_string()),
            (None, Some(postgres::config::Host::Tcp(name))) => Host::Tcp(name.clone()),
            (None, Some(postgres::config::Host::Unix(directory))) => Host::Unix(directory.clone()),
            (None, None) => Host::Tcp("localhost".to_owned()),
        };
        let user = config
            .get_user()
            .map(str::to_owned)
            .or_else(|| std::env::var("USER").ok().filter(|user| !user.is_empty()))
            .unwrap_or_else(|| "postgres".to_owned());
        let password = match config.get_password().map(|bytes| String::from_utf8(bytes.to_vec())) {
            None => None,
            Some(Ok(password)) => Some(password),
            Some(Err(_)) => return Err(ServerError::BadUrl("the password is not UTF-8".to_owned())),
        };
        let encryption = Encryption::of_parameters(mode.as_deref(), root_certificates.as_deref())?;
        Ok(Self {
            // Sockets of the machine itself need none.
            encryption: if matches!(host, Host::Unix(_)) { Encryption::Never } else { encryption },
            host,
            port: config.get_ports().first().copied().unwrap_or(DEFAULT_PORT),
            database: config.get_dbname().unwrap_or(&user).to_owned(),
            user,
            password,
            options: config.get_options().map(str::to_owned),
        })
    }
}

/// Takes a parameter that the driver does not know, or knows only some values of, out of a connection string.
fn take_parameter(text: &str, name: &str) -> (String, Option<String>) {
    let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    let (head, parameters, separator) = match text.split_once('?') {
        Some((head, parameters)) if is_url => (Some(head), parameters, '&'),
        _ if is_url => return (text.to_owned(), None),
        _ => (None, text, ' '),
    };
    let mut found = None;
    let mut others = Vec::new();
    for parameter in parameters.split(separator) {
        match parameter.split_once('=') {
            Some((key, value)) if key == name => found = Some(value),
            _ => others.push(parameter),
        }
    }
    let others = others.join(&separator.to_string());
    let rest = match head {
        Some(head) if others.is_empty() => head.to_owned(),
        Some(head) => format!("{head}?{others}"),
        None => others,
    };
    let decode = |value: &str| match is_url {
        true => percent_decode_str(value).decode_utf8_lossy().into_owned(),
        false => value.trim_matches('\'').to_owned(),
    };
    (rest, found.map(decode))
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Tcp(name) if name.contains(':') => {
                write!(f, "postgres://{}@[{name}]:{}/{}", self.user, self.port, self.database)
            }
            Host::Tcp(name) => write!(f, "postgres://{}@{name}:{}/{}", self.user, self.port, self.database),
            Host::Unix(directory) => {
                let directory = directory.display().to_string();
                let plain = |letter: char| !letter.is_whitespace() && letter != '\'' && letter != '\\';
                let host = if directory.chars().all(plain) { directory } else { in_connection_string(&directory) };
                write!(f, "host={host} port={} user={} dbname={}", self.port, self.user, self.database)
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, ServerError> {
        text.parse()
    }

    #[test]
    fn reads_a_url() {
        let endpoint = parse("postgres://ann:s%40crit@db.example:6000/shop?options=-c%20jit%3Doff").unwrap();
        assert_eq!(endpoint.host, Host::Tcp("db.example".to_owned()));
        assert_eq!((endpoint.port, endpoint.user.as_str(), endpoint.database.as_str()), (6000, "ann", "shop"));
        assert_eq!(endpoint.password.as_deref(), Some("s@crit"));
        assert_eq!(endpoint.options.as_deref(), Some("-c jit=off"));
    }

    #[test]
    fn reads_keywords_and_fills_in_defaults() {
        let endpoint = parse("host=/run/sockets user=ann").unwrap();
        assert_eq!(endpoint.host, Host::Unix(PathBuf::from("/run/sockets")));
        assert_eq!((endpoint.port, endpoint.database.as_str()), (DEFAULT_PORT, "ann"));
    }

    #[test]
    fn reads_how_to_encrypt() {
        let encryption = |text: &str| parse(text).unwrap().encryption;
        assert!(matches!(encryption("postgres://localhost/shop"), Encryption::IfRefused(_)));
        assert!(matches!(encryption("postgres://localhost/shop?sslmode=prefer"), Encryption::IfPossible(_)));
        assert!(matches!(encryption("host=localhost sslmode=require user=ann"), Encryption::Always(_)));
        assert_eq!(encryption("postgres://localhost/shop?sslmode=disable"), Encryption::Never);
        assert_eq!(encryption("host=/run/sockets user=ann sslmode=require"), Encryption::Never);
        let missing = parse("postgres://localhost/shop?sslmode=verify-full&sslrootcert=%2Fno%2Fsuch.crt").unwrap_err();
        assert!(matches!(&missing, ServerError::BadCertificates { roots, .. } if roots == "/no/such.crt"), "{missing}");
    }

    #[test]
    fn never_shows_the_password() {
        let endpoint = parse("postgres://ann:secret@localhost/shop").unwrap();
        assert!(!format!("{endpoint} {endpoint:?}").contains("secret"));
    }

    #[test]
    fn refuses_what_it_cannot_honour() {
        assert!(matches!(parse("postgres://localhost/shop?sslmode=perhaps"), Err(ServerError::BadUrl(_))));
        assert!(matches!(parse("postgres://a,b/shop"), Err(ServerError::BadUrl(_))));
        assert!(matches!(parse("http://localhost"), Err(ServerError::BadUrl(_))));
        assert!(matches!(parse("postgres://localhost:99999/shop"), Err(ServerError::BadUrl(_))));
    }
}
