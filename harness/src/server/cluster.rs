//! A private server made from installed programs: a fresh data directory, a Unix socket, and an end.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::account::Account;
use super::binaries::Binaries;
use super::cleanup::{self, Registration};
use super::encryption::Encryption;
use super::endpoint::{DEFAULT_PORT, Endpoint, Host};
use super::error::{ServerError, last_lines, with_causes};
use super::quote::{in_configuration, in_connection_string, in_list, is_fit_for_lists};
use super::settings;
use super::watchdog::Watchdog;
use super::within;

/// How long the server may take to stop before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How long the server may take to stop when everything it has is about to be deleted.
const DISCARD_LIMIT: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(5);

/// The longest path of a socket that every supported system accepts, terminator excluded.
const LONGEST_SOCKET: usize = 103;

/// A running private server. Dropping it stops the server and deletes its files.
#[derive(Debug)]
pub(crate) struct Cluster {
    state: Arc<State>,
    _registration: Registration,
}

#[derive(Debug)]
struct State {
    binaries: Binaries,
    account: Account,
    /// Holds the data directory, the socket and the log.
    directory: PathBuf,
    /// How long `initdb`, or a start with its recovery, may take.
    start_limit: Duration,
    run: Mutex<Run>,
}

#[derive(Debug)]
struct Run {
    /// `initdb` or `postgres`, whichever is running.
    child: Option<Child>,
    watchdog: Watchdog,
    /// Set once everything is removed; nothing may be started afterwards.
    removed: bool,
}

impl Cluster {
    /// Makes a data directory and starts a server on it.
    pub(crate) fn start(binaries: Binaries, account: Account, start_limit: Duration) -> Result<Self, ServerError> {
        let cluster = Self::prepare(binaries, account, start_limit)?;
        cluster.state.initdb()?;
        cluster.state.launch()?;
        Ok(cluster)
    }

    /// Makes a place for a data directory, which goes with this value.
    fn prepare(binaries: Binaries, account: Account, start_limit: Duration) -> Result<Self, ServerError> {
        let directory = make_directory(&account)?;
        let watchdog = match Watchdog::over_directory(&directory) {
            Ok(watchdog) => watchdog,
            Err(error) => {
                let _ = fs::remove_dir_all(&directory);
                return Err(error);
            }
        };
        let run = Mutex::new(Run { child: None, watchdog, removed: false });
        let state = Arc::new(State { binaries, account, directory, start_limit, run });
        let registration = cleanup::register({
            let state = Arc::clone(&state);
            move || state.remove()
        });
        // From here on, dropping the cluster undoes whatever was done.
        match registration {
            Ok(registration) => Ok(Self { state, _registration: registration }),
            Err(error) => {
                state.remove();
                Err(error)
            }
        }
    }

    /// Makes another data directory for the same programs, and starts a server on it.
    pub(crate) fn another(&self) -> Result<Self, ServerError> {
        let State { binaries, account, start_limit, .. } = &*self.state;
        Self::start(binaries.clone(), account.clone(), *start_limit)
    }

    /// Starts a server that replays this one's log, from a base backup that begins with a checkpoint (manual, "Hot Standby").
    pub(crate) fn standby(&self) -> Result<Self, ServerError> {
        let State { binaries, account, start_limit, .. } = &*self.state;
        let standby = Self::prepare(binaries.clone(), account.clone(), *start_limit)?;
        standby.state.back_up(&self.state)?;
        standby.state.launch()?;
        Ok(standby)
    }

    /// The last line of the log that tells of a panic, of a failed assertion, or of a process that a signal has ended.
    pub(crate) fn last_failure(&self) -> Option<String> {
        let log = fs::read(self.state.log_file()).ok()?;
        let log = String::from_utf8_lossy(&log);
        // What a process said itself tells more than what the postmaster says of its end.
        let signs = ["PANIC: ", "TRAP: ", "was terminated by signal"];
        signs.iter().find_map(|sign| log.lines().rfind(|line| line.contains(sign))).map(without_prefix)
    }

    /// Where the server listens: its superuser, on its socket.
    pub(crate) fn endpoint(&self) -> Endpoint {
        self.state.endpoint()
    }

    /// Stops the server as a crash would, without a checkpoint, and starts it again (manual, section 19.5, "Immediate
    /// Shutdown").
    pub(crate) fn crash(&self) -> Result<(), ServerError> {
        self.state.stop(Signal::QUIT, STOP_LIMIT)?;
        self.state.launch()
    }

    /// Stops the server in order, with a checkpoint, and starts it again (manual, section 19.5, "Fast Shutdown").
    pub(crate) fn restart(&self) -> Result<(), ServerError> {
        self.state.stop(Signal::INT, STOP_LIMIT)?;
        self.state.launch()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.state.remove();
    }
}

impl State {
    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            host: Host::Unix(self.directory.clone()),
            port: DEFAULT_PORT,
            user: "postgres".to_owned(),
            password: None,
            database: "postgres".to_owned(),
            options: None,
            encryption: Encryption::Never,
        }
    }

    fn initdb(&self) -> Result<(), ServerError> {
        self.spawn("initdb", |command| {
            command.arg("--pgdata").arg(self.data());
            command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        })?;
        self.wait_for("initdb")?;
        let file = self.data().join("postgresql.conf");
        OpenOptions::new()
            .append(true)
            .open(&file)
            .and_then(|mut conf| {
                let sockets = in_configuration(&in_list(&self.directory));
                writeln!(conf, "\nlisten_addresses = ''\nunix_socket_directories = {sockets}")?;
                settings::MANAGED.iter().try_for_each(|(name, value)| writeln!(conf, "{name} = '{value}'"))
            })
            .map_err(|error| ServerError::io("write", &file, error))
    }

    /// Waits until a program that was spawned has ended well.
    fn wait_for(&self, program: &str) -> Result<(), ServerError> {
        let deadline = Instant::now() + self.start_limit;
        let status = loop {
            match self.exited()? {
                Some(status) => break status,
                None if Instant::now() > deadline => return Err(self.problem(program, "did not end in time")),
                None => thread::sleep(PAUSE),
            }
        };
        match status.success() {
            true => Ok(()),
            false => Err(self.problem(program, &format!("failed ({status})"))),
        }
    }

    /// Makes the data directory of a standby out of that of a server that runs (manual, "Making a Base Backup Using the Low
    /// Level API"). The program that does this over the network is not in every package of the server.
    fn back_up(&self, primary: &State) -> Result<(), ServerError> {
        let endpoint = primary.endpoint();
        let refused = |statement: &str, error: &postgres::Error| ServerError::Refused {
            address: endpoint.to_string(),
            statement: statement.to_owned(),
            reason: with_causes(error),
        };
        let mut client = endpoint.connect()?;
        let version = "SELECT current_setting('server_version_num')::int >= 150000";
        let is_new = client.query_one(version, &[]).map_err(|error| refused(version, &error))?.get(0);
        let (start, stop) = match is_new {
            true => ("SELECT pg_backup_start('standby', true)", "SELECT labelfile FROM pg_backup_stop(false)"),
            false => {
                ("SELECT pg_start_backup('standby', true, false)", "SELECT labelfile FROM pg_stop_backup(false, false)")
            }
        };
        client.batch_execute(start).map_err(|error| refused(start, &error))?;
        self.spawn("/bin/cp", |command| {
            command.arg("-Rp").arg(primary.data()).arg(self.data());
        })?;
        self.wait_for("cp")?;
        let label: String = client.query_one(stop, &[]).map_err(|error| refused(stop, &error))?.get(0);

        let lock_file = self.data().join("postmaster.pid");
        fs::remove_file(&lock_file).map_err(|error| ServerError::io("remove", &lock_file, error))?;
        for (name, text) in [("backup_label", label.as_str()), ("standby.signal", "")] {
            let file = self.data().join(name);
            fs::write(&file, text).map_err(|error| ServerError::io("write", &file, error))?;
            self.account.give(&file)?;
        }
        let Endpoint { port, user, .. } = &endpoint;
        let host = in_connection_string(&primary.directory.display().to_string());
        let own = in_configuration(&in_list(&self.directory));
        let other = in_configuration(&format!("host={host} port={port} user={user}"));
        let file = self.data().join("postgresql.conf");
        OpenOptions::new()
            .append(true)
            .open(&file)
            .and_then(|mut conf| writeln!(conf, "\nunix_socket_directories = {own}\nprimary_conninfo = {other}"))
            .map_err(|error| ServerError::io("write", &file, error))
    }

    /// Starts the server and waits until it accepts connections.
    fn launch(&self) -> Result<(), ServerError> {
        self.spawn("postgres", |command| {
            command.arg("-D").arg(self.data());
        })?;
        let deadline = Instant::now() + self.start_limit;
        loop {
            if let Some(status) = self.exited()? {
                return Err(self.problem("the server", &format!("ended at once ({status})")));
            }
            let (endpoint, left) = (self.endpoint(), deadline.saturating_duration_since(Instant::now()));
            // One that takes the connection and then says nothing must not hold up the run.
            match within(left.max(PAUSE), &endpoint.clone(), move || endpoint.connect().map(drop)) {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    let seconds = self.start_limit.as_secs_f32();
                    return Err(self.problem("the server", &format!("was not ready after {seconds} s ({error})")));
                }
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    fn spawn(&self, program: &str, arguments: impl FnOnce(&mut Command)) -> Result<(), ServerError> {
        let log = self.log_file();
        let output = OpenOptions::new().create(true).append(true).open(&log);
        let output = output.map_err(|error| ServerError::io("open", &log, error))?;
        let errors = output.try_clone().map_err(|error| ServerError::io("open", &log, error))?;
        let path = self.binaries.directory.join(program);
        let mut command = Command::new(&path);
        arguments(&mut command);
        command.current_dir(&self.directory).stdin(Stdio::null()).stdout(output).stderr(errors);
        // A Ctrl-C in the terminal is for the harness, which then stops the server in its own way.
        command.process_group(0);
        for (name, _) in std::env::vars_os() {
            // PGDATA, PGOPTIONS, PGPORT and others would reach into the private server; locale settings would word
            // its messages in another language.
            let name_text = name.to_string_lossy();
            if name_text.starts_with("PG") || name_text.starts_with("LC_") || name_text == "LANGUAGE" {
                command.env_remove(&name);
            }
        }
        command.env("LC_ALL", "C");
        self.account.apply(&mut command);

        let mut run = self.run();
        if run.removed {
            return Err(ServerError::Interrupted);
        }
        let child = command.spawn().map_err(|error| ServerError::io("run", &path, error))?;
        run.watchdog.watch(child.id());
        run.child = Some(child);
        Ok(())
    }

    /// How the running program ended, if it did.
    fn exited(&self) -> Result<Option<ExitStatus>, ServerError> {
        let mut run = self.run();
        if run.removed {
            return Err(ServerError::Interrupted);
        }
        let Some(child) = &mut run.child else { return Ok(None) };
        let status = child.try_wait().map_err(|error| ServerError::io("wait for", &self.binaries.directory, error))?;
        if status.is_some() {
            run.child = None;
        }
        Ok(status)
    }

    fn stop(&self, signal: Signal, limit: Duration) -> Result<(), ServerError> {
        let mut run = self.run();
        if run.removed {
            return Err(ServerError::Interrupted);
        }
        if let Some(mut child) = run.child.take() {
            end(&mut child, signal, limit);
        }
        Ok(())
    }

    fn remove(&self) {
        let mut run = self.run();
        if run.removed {
            return;
        }
        run.removed = true;
        if let Some(mut child) = run.child.take() {
            end(&mut child, Signal::QUIT, DISCARD_LIMIT);
        }
        // What a killed initdb had started may write for another moment.
        for _ in 0..100 {
            if fs::remove_dir_all(&self.directory).is_ok() || !self.directory.exists() {
                run.watchdog.dismiss();
                return;
            }
            thread::sleep(PAUSE * 4);
        }
        eprintln!("seqcheck: cannot remove {}; please delete it", self.directory.display());
    }

    fn log_file(&self) -> PathBuf {
        self.directory.join("log")
    }

    fn problem(&self, what: &str, problem: &str) -> ServerError {
        let log = fs::read(self.log_file()).unwrap_or_default();
        ServerError::Program {
            what: what.to_owned(),
            problem: problem.to_owned(),
            log: last_lines(&String::from_utf8_lossy(&log), 12),
        }
    }
}

/// A line of the log without the time and the process number in front of it.
fn without_prefix(line: &str) -> String {
    let words = ["PANIC: ", "TRAP: ", "LOG: ", "FATAL: "];
    let start = words.iter().filter_map(|word| line.find(word)).min().unwrap_or_default();
    line[start..].to_owned()
}

/// Asks a process to end, and kills it when it takes too long.
fn end(child: &mut Child, signal: Signal, limit: Duration) {
    let _ = kill_process(Pid::from_child(child), signal);
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(None) => thread::sleep(PAUSE),
            Ok(Some(_)) | Err(_) => return,
        }
    }
    // The server's processes end when they see that their parent did, which those that are stopped never do.
    let children = children_of(child.id());
    let _ = child.kill();
    let _ = child.wait();
    for process in children {
        let _ = kill_process(process, Signal::KILL);
    }
}

/// The processes that a process started and that still run, where the system tells.
fn children_of(process: u32) -> Vec<Pid> {
    let list = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|number| Pid::from_raw(number.parse().ok()?)).collect()
}

/// A new directory that the account may enter, with a path short enough for a socket in it.
fn make_directory(account: &Account) -> Result<PathBuf, ServerError> {
    let socket = format!("/seqcheck-XXXXXX/.s.PGSQL.{DEFAULT_PORT}").len();
    let standard = std::env::temp_dir();
    let parents = [standard.as_path(), Path::new("/tmp"), Path::new("/var/tmp")];
    let suits = |parent: &Path| {
        parent.as_os_str().len() + socket <= LONGEST_SOCKET && is_fit_for_lists(parent) && account.reaches(parent)
    };
    let mut problem = None;
    for parent in parents.into_iter().filter(|parent| suits(parent)) {
        match tempfile::Builder::new().prefix("seqcheck-").rand_bytes(6).tempdir_in(parent) {
            Ok(directory) => {
                account.give(directory.path())?;
                return Ok(directory.keep());
            }
            Err(error) => problem = Some(ServerError::io("create a directory in", parent, error)),
        }
    }
    Err(problem.unwrap_or_else(|| ServerError::Program {
        what: standard.display().to_string(),
        problem: format!(
            "is too long a path, has a comma in it, or is closed to {}; set TMPDIR to another",
            account.name()
        ),
        log: String::new(),
    }))
}
