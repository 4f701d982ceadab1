//! A process that outlives this one, only to clean up after it.
//!
//! It is a shell that reads from a pipe whose other end only this process holds. When this process dies, however it
//! dies, the pipe closes, and the shell removes what was left. A clean end tells it so and it does nothing.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::error::ServerError;

/// Stops the process named last on the pipe and removes the directory `$1`. The command line of the process must name
/// that directory: process numbers are used again, and this may run as root.
const DIRECTORY: &str = r#"
pid=
while read -r line; do
  case $line in done) exit 0 ;; *) pid=$line ;; esac
done
ours() {
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || return 1
  if [ -r "/proc/$pid/cmdline" ]; then tr '\0' ' ' <"/proc/$pid/cmdline"; else ps -o command= -p "$pid"; fi |
    grep -qF "$1"
}
ours "$1" && kill -QUIT "$pid"
tries=0
while ours "$1" && [ "$tries" -lt 60 ]; do sleep 0.1; tries=$((tries + 1)); done
ours "$1" && kill -KILL "$pid"
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
"#;

/// Removes the container `$1`, several times: the engine may still be creating it.
const CONTAINER: &str = r#"
while read -r line; do
  case $line in done) exit 0 ;; esac
done
for try in 1 2 3 4 5; do docker rm --force --volumes "$1"; sleep 1; done
"#;

/// The shell and the pipe to it.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Guards a server's directory. `PATH` needs nothing but what POSIX promises.
    pub(crate) fn over_directory(directory: &Path) -> Result<Self, ServerError> {
        Self::start(DIRECTORY, directory.as_os_str())
    }

    /// Guards a container. Where there is no `docker` command this net is missing and only the others hold.
    pub(crate) fn over_container(name: &str) -> Result<Self, ServerError> {
        Self::start(CONTAINER, OsStr::new(name))
    }

    fn start(script: &str, what: &OsStr) -> Result<Self, ServerError> {
        let shell = Command::new("sh")
            .args(["-c", script, "seqcheck-watchdog"])
            .arg(what)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Out of reach of the Ctrl-C that ends this process.
            .process_group(0)
            .spawn()
            .map_err(|error| ServerError::io("start", Path::new("sh"), error))?;
        Ok(Self { shell })
    }

    /// Names the process to stop; the one named last counts.
    pub(crate) fn watch(&mut self, process: u32) {
        self.say(&process.to_string());
    }

    /// Dismisses the watchdog: there is nothing left to remove.
    pub(crate) fn dismiss(&mut self) {
        self.say("done");
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }

    /// A watchdog that cannot be told was killed by somebody; the other nets still hold.
    fn say(&mut self, line: &str) {
        if let Some(pipe) = &mut self.shell.stdin {
            let _ = writeln!(pipe, "{line}");
        }
    }
}
