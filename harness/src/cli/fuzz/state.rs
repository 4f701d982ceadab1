//! What a folder of findings remembers of the campaigns that filled it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;

/// The file that says where each seed's traces go on.
const STATE: &str = "campaign.json";
/// The file that one campaign at a time has locked.
const LOCK: &str = ".campaign.lock";

/// A folder that this campaign alone may use.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    remembered: Remembered,
    /// Unlocked when it is closed, however the process ends.
    _lock: File,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    /// By seed, the number of the next trace.
    next_trace: BTreeMap<u64, u64>,
}

impl State {
    /// Takes a folder, and makes it when it is missing.
    pub(super) fn open(folder: &Path) -> Result<State, Failure> {
        fs::create_dir_all(folder).map_err(|error| Failure::cannot_write(folder, &error))?;
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(|error| Failure::cannot_write(&path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::input(format!(
                    "another campaign is running in {}; wait for it, or give another folder with --findings",
                    folder.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(Failure::cannot_write(&path, &error)),
        }
        let path = folder.join(STATE);
        let remembered = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Failure::input(format!(
                    "{}:{}:{}: {error}; remove the file to begin with each seed's first trace",
                    path.display(),
                    error.line(),
                    error.column()
                ))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Remembered::default(),
            Err(error) => return Err(Failure::input(format!("cannot read {}: {error}", path.display()))),
        };
        Ok(State { folder: folder.to_owned(), remembered, _lock: lock })
    }

    /// The number of a seed's next trace.
    pub(super) fn next_trace(&self, seed: u64) -> u64 {
        self.remembered.next_trace.get(&seed).copied().unwrap_or_default()
    }

    /// Remembers where a seed goes on.
    pub(super) fn remember(&mut self, seed: u64, next: u64) -> Result<(), Failure> {
        self.remembered.next_trace.insert(seed, next);
        let text = serde_json::to_string_pretty(&self.remembered).unwrap_or_default() + "\n";
        let path = self.folder.join(STATE);
        let replace = || {
            let mut file = tempfile::Builder::new().prefix(".").suffix(".partial").tempfile_in(&self.folder)?;
            file.write_all(text.as_bytes())?;
            file.persist(&path).map_err(|error| error.error)
        };
        replace().map(|_| ()).map_err(|error: std::io::Error| Failure::cannot_write(&path, &error))
    }

    /// The keys of the findings whose files are still there.
    pub(super) fn known(&self) -> BTreeSet<String> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files
            .filter_map(|file| file.file_name().to_str()?.strip_suffix(".trace").map(str::to_owned))
            .map(|stem| match stem.rsplit_once('-') {
                // Further findings of a name have a number.
                Some((key, number)) if number.len() < 4 && number.parse::<u32>().is_ok() => key.to_owned(),
                _ => stem,
            })
            .collect()
    }
}
