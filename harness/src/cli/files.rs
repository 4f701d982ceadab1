//! Files that the command writes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::output::Output;

/// Whether a file name, `-`, stands for standard output.
pub(super) fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}

/// Refuses files that cannot be written, one that is written twice, and one that is read.
pub(super) fn check_outputs<'p>(
    outputs: impl IntoIterator<Item = &'p PathBuf>,
    inputs: &[PathBuf],
) -> Result<(), Failure> {
    let mut known: Vec<PathBuf> = Vec::new();
    for path in outputs {
        if inputs.iter().any(|input| is_same(input, path)) {
            let path = path.display();
            return Err(Failure::input(format!("{path} is read, and would be overwritten; name another file")));
        }
        if known.iter().any(|other| is_same(other, path)) {
            let what = if is_standard_output(path) { "standard output" } else { &path.display().to_string() };
            return Err(Failure::input(format!("two reports cannot both go to {what}; name another file for one")));
        }
        check_writable(path)?;
        known.push(path.clone());
    }
    Ok(())
}

/// Whether two paths lead to one file, as far as that can be said of files that are still to be made.
fn is_same(one: &Path, other: &Path) -> bool {
    let resolved = |path: &Path| -> Option<PathBuf> {
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        path.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
    };
    match is_standard_output(one) || is_standard_output(other) {
        true => one == other,
        false => one == other || resolved(one).is_some_and(|path| Some(path) == resolved(other)),
    }
}

/// Refuses a file that cannot be written, without touching one that exists.
fn check_writable(path: &Path) -> Result<(), Failure> {
    if is_standard_output(path) {
        return Ok(());
    }
    let existed = path.exists();
    fs::OpenOptions::new().append(true).create(true).open(path).map_err(|error| Failure::cannot_write(path, &error))?;
    if !existed {
        // Should the run fail, no empty report is left behind.
        let _ = fs::remove_file(path);
    }
    Ok(())
}

/// Refuses a folder in which no file can be made. One that is missing is made only when there is something to put into
/// it, so then its nearest parent that exists must take new folders.
pub(super) fn check_folder(path: &Path) -> Result<(), Failure> {
    let mut existing = path;
    while fs::symlink_metadata(existing).is_err() {
        existing = match existing.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
    }
    tempfile::tempdir_in(existing).map(|_| ()).map_err(|error| Failure::cannot_write(path, &error_of(&error)))
}

/// The error without the random name that was tried.
fn error_of(error: &std::io::Error) -> std::io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), std::io::Error::from_raw_os_error)
}

/// Writes a whole file. A new one that cannot be written to its end is removed again.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let existed = path.exists();
    fs::write(path, text).map_err(|error| {
        if !existed {
            let _ = fs::remove_file(path);
        }
        Failure::cannot_write(path, &error)
    })
}

/// Writes a whole file, or to standard output where its name stands for that.
pub(super) fn write_or_print(path: &Path, text: &str) -> Result<(), Failure> {
    if !is_standard_output(path) {
        return write(path, text);
    }
    let mut out = Output::new(true);
    let _ = out.write_all(text.as_bytes());
    out.finish()
}
