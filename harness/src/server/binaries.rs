//! PostgreSQL programs installed on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::account::Account;
use super::error::{ServerError, last_lines};

/// A directory with `initdb` and `postgres` that run on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    pub(crate) directory: PathBuf,
    pub(crate) major: u8,
}

impl Binaries {
    /// Runs `postgres --version` as the account that the server will run as.
    ///
    /// # Errors
    ///
    /// What is wrong with the directory, as the end of a sentence that starts with its name.
    pub(crate) fn check(directory: &Path, account: &Account) -> Result<Self, String> {
        // A link, such as one in /usr/local/bin, says less about a server than what it leads to.
        let real =
            directory.join("postgres").canonicalize().ok().and_then(|program| Some(program.parent()?.to_owned()));
        let directory = real.filter(|place| place.join("initdb").is_file()).unwrap_or_else(|| directory.to_owned());
        for program in ["initdb", "postgres"] {
            if !directory.join(program).is_file() {
                return Err(format!("has no {program}"));
            }
        }
        if !account.reaches(&directory) {
            return Err(format!(
                "cannot be entered by {}, the user that the server runs as; move it or open its parents with chmod o+x",
                account.name()
            ));
        }
        let mut command = Command::new(directory.join("postgres"));
        account.apply(&mut command);
        let output = command
            .arg("--version")
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("has a postgres that does not run: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout);
        match major_of(&said) {
            Some(major) if output.status.success() => Ok(Self { directory, major }),
            _ => {
                let errors = String::from_utf8_lossy(&output.stderr);
                Err(format!("has a postgres that does not run: {}", last_lines(&format!("{said}{errors}"), 3)))
            }
        }
    }

    /// The first directory that works: `bindir` alone where it is given, else `PATH`, what `pg_config` names, and the
    /// usual places, newest version first.
    pub(crate) fn find(bindir: Option<&Path>, wanted: Option<u8>, account: &Account) -> Result<Self, ServerError> {
        let places = match bindir {
            Some(directory) => vec![directory.canonicalize().unwrap_or_else(|_| directory.to_owned())],
            None => usual_places(),
        };
        let mut looked = Vec::new();
        for place in places {
            match Self::check(&place, account) {
                Ok(found) if wanted.is_none_or(|major| major == found.major) => return Ok(found),
                Ok(found) => looked.push(format!("{} (has {})", place.display(), found.major)),
                Err(problem) => looked.push(format!("{} ({problem})", place.display())),
            }
        }
        if bindir.is_none() {
            looked.push("PATH, pg_config --bindir, /usr/lib/postgresql/*/bin and the like".to_owned());
        }
        Err(ServerError::NoBinaries { wanted, looked })
    }
}

/// The major version in "postgres (PostgreSQL) 15.20 (Debian ...)".
fn major_of(said: &str) -> Option<u8> {
    let version = said.split_once("(PostgreSQL) ")?.1;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

/// Every directory that holds a server, in order of preference, each once.
fn usual_places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output() {
        places.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    // Debian and Ubuntu; Red Hat; Homebrew on Apple and Intel processors; Postgres.app; FreeBSD and hand-built.
    for (parent, prefix, rest) in [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
    ] {
        places.extend(versions_under(Path::new(parent), prefix).into_iter().map(|place| place.join(rest)));
    }
    places.push(PathBuf::from("/usr/local/pgsql/bin"));
    let mut seen = Vec::new();
    // Elsewhere "has no initdb" would only repeat the whole of PATH.
    places.retain(|place| {
        let new = place.is_absolute() && place.join("postgres").is_file() && !seen.contains(place);
        seen.push(place.clone());
        new
    });
    places
}

/// The entries of `parent` named `prefix` and a number, the greatest number first.
fn versions_under(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?, entry.path())))
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major_of("something else 15.2\n"), None);
    }

    #[test]
    fn versions_come_newest_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["pgsql-9", "pgsql-16", "pgsql-13", "pgsql-old", "other-17"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let found: Vec<_> = versions_under(parent.path(), "pgsql-");
        assert_eq!(found, ["pgsql-16", "pgsql-13", "pgsql-9"].map(|name| parent.path().join(name)));
    }
}
