//! The folder that findings are kept in.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use seqcheck_engine::Major;
use tempfile::NamedTempFile;

use super::Finding;
use crate::export::{Format, export, extension};
use crate::report::shell_word;

/// A folder of findings: for each a trace file, and beside it a script for psql.
///
/// A file appears under its name only once it is whole, and never in the place of another one, so that neither a full disk
/// nor several runs at the same time can damage what is there.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// The arguments of `seqcheck replay` that show the findings again, with a space before each.
    arguments: String,
}

/// A finding that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}; choose another place", .path.display())]
pub struct SaveError {
    /// What was to be written.
    pub path: PathBuf,
    /// What the operating system said.
    pub error: io::Error,
}

impl Folder {
    /// The folder at this path, made when there is something to put into it. `arguments` are those that `seqcheck replay`
    /// needs to show the findings again, with a space before each.
    pub fn new(path: impl Into<PathBuf>, arguments: impl Into<String>) -> Folder {
        Folder { path: path.into(), arguments: arguments.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a finding for a server of this major version; its trace then names the file and the command that replays it.
    ///
    /// # Errors
    ///
    /// When a file cannot be written; then there is none under a name of its own, and the trace is as before.
    pub fn save(&self, finding: &mut Finding, major: Major) -> Result<PathBuf, SaveError> {
        let at = |path: &Path, error| SaveError { path: path.to_owned(), error };
        fs::create_dir_all(&self.path).map_err(|error| at(&self.path, error))?;
        for number in 1_u64.. {
            let stem = if number == 1 { finding.key().to_owned() } else { format!("{}-{number}", finding.key()) };
            let path = self.path.join(format!("{stem}.trace"));
            let script = path.with_extension(extension(&finding.trace, Format::Psql));
            if path.exists() || script.exists() {
                continue;
            }
            let file = shell_word(&path.display().to_string());
            finding.set_reproduce(Some(format!("seqcheck replay {file}{}", self.arguments)));
            let script_text = export(&finding.trace, major, Format::Psql).unwrap_or_default();
            let written =
                self.write(&finding.trace.to_string()).and_then(|trace| Ok((trace, self.write(&script_text)?)));
            let kept = written.and_then(|(trace, second)| {
                trace.persist_noclobber(&path).map_err(|error| error.error)?;
                second.persist_noclobber(&script).map_err(|error| error.error)
            });
            match kept {
                Ok(_) => return Ok(path),
                // Another run has taken the name meanwhile.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    finding.set_reproduce(None);
                    return Err(at(&path, error));
                }
            }
        }
        unreachable!("there are more numbers than files")
    }

    /// Writes a whole file under a name that nobody looks for.
    fn write(&self, text: &str) -> io::Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".").suffix(".partial");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(&self.path)?;
        file.write_all(text.as_bytes())?;
        // Some file systems find out only now that they are full.
        file.as_file().sync_all()?;
        Ok(file)
    }
}
