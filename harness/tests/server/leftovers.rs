//! A process that has a server ends in every possible way, and nothing of the server may be left.
//!
//! The process is this test program again, told by an environment variable to play a role.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use rustix::process::{Pid, Signal, kill_process};
use seqcheck::server::{self, Host, Kind, Server, Shutdown, Wanted, create_database};

use crate::support::{major, on_server, where_available};

const ROLE: &str = "SEQCHECK_TEST_ROLE";

/// How long the watchdog may take once the process is gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the other process is to do.
pub(crate) enum Role {
    /// Look for a server of this major version and print the error.
    Seek(u8),
    /// Get a server, print a word that names it, and then end as told.
    Hold { kind: Kind, end: &'static str, url: Option<String> },
}

impl Role {
    pub(crate) fn command(&self) -> Command {
        let program = std::env::current_exe().expect("the test program has a path");
        let mut command = Command::new(program);
        match self {
            Self::Seek(major) => command.env(ROLE, format!("seek {major}")),
            Self::Hold { kind, end, url } => {
                if let Some(url) = url {
                    command.env("SEQCHECK_URL", url);
                }
                command.env(ROLE, format!("hold {kind} {end}"))
            }
        };
        command
    }
}

/// Plays the role that the environment names and exits, or returns when there is none.
pub(crate) fn play_role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let words: Vec<&str> = role.split(' ').collect();
    let shutdown = Shutdown::on_signals().expect("signals can be handled");
    let code = match words[..] {
        ["seek", major] => {
            let wanted = Wanted { major: major.parse().ok(), ..Wanted::default() };
            match server::obtain(&wanted, &shutdown) {
                Ok(_) => 0,
                Err(error) => {
                    eprintln!("{error}");
                    3
                }
            }
        }
        ["hold", kind, end] => hold(kind.parse().expect("a kind"), end, &shutdown),
        _ => panic!("unknown role {role}"),
    };
    std::process::exit(code);
}

fn hold(kind: Kind, end: &str, shutdown: &Shutdown) -> i32 {
    // The parent cannot know when the work starts otherwise.
    println!("starting");
    let server = match server::obtain(&Wanted { kind, major: major(kind), ..Wanted::default() }, shutdown) {
        Ok(server) => server,
        Err(error) => {
            shutdown.let_signal_win();
            eprintln!("{error}");
            return 3;
        }
    };
    let _database = create_database(&server).expect("a scratch database");
    match &server.endpoint().host {
        Host::Unix(directory) => println!("{}", directory.display()),
        Host::Tcp(_) => println!("seqcheck-{}-", std::process::id()),
    }
    match end {
        "return" => 0,
        "panic" => panic!("as told"),
        "exit" => std::process::exit(4),
        _ => loop {
            thread::sleep(Duration::from_secs(1));
        },
    }
}

/// Ways to end: what the process does itself, the signal sent to it, and how its end must look.
const ENDS: [(&str, Option<Signal>, Expected); 7] = [
    ("return", None, Expected::Code(0)),
    ("panic", None, Expected::Code(101)),
    ("exit", None, Expected::Code(4)),
    ("interrupted", Some(Signal::INT), Expected::Code(130)),
    ("terminated", Some(Signal::TERM), Expected::Code(143)),
    ("hung-up", Some(Signal::HUP), Expected::Code(129)),
    ("killed", Some(Signal::KILL), Expected::Killed),
];

#[derive(Clone, Copy)]
enum Expected {
    Code(i32),
    Killed,
}

impl Expected {
    fn check(self, status: ExitStatus) {
        match self {
            Self::Code(code) => assert_eq!(status.code(), Some(code), "{status}"),
            Self::Killed => assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status}"),
        }
    }
}

pub(crate) fn trials(kind: Kind) -> Vec<Trial> {
    // An npm server differs from a local one only in where its programs come from.
    if kind == Kind::Npm {
        return Vec::new();
    }
    let mut trials: Vec<Trial> = ENDS
        .into_iter()
        .map(|(end, signal, expected)| {
            Trial::ignorable_test(format!("{kind}::nothing_left_when_{end}"), move || {
                where_available(kind, move || nothing_left(kind, end, signal, expected))
            })
        })
        .collect();
    trials.push(Trial::ignorable_test(format!("{kind}::nothing_left_when_interrupted_while_starting"), move || {
        where_available(kind, move || interrupted_while_starting(kind))
    }));
    if kind == Kind::Local {
        trials.push(Trial::ignorable_test("url::scratch_database_dropped_when_interrupted", || {
            on_server(Kind::Local, scratch_database_dropped)
        }));
        trials.push(Trial::ignorable_test("url::no_scratch_database_when_interrupted_while_making_it", || {
            on_server(Kind::Local, interrupted_while_making_a_database)
        }));
    }
    trials
}

/// Starts the other process and reads its lines until it says who its server is.
fn start(kind: Kind, end: &'static str, url: Option<String>) -> Result<(Child, String), Failed> {
    let mut child = Role::Hold { kind, end, url }.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    assert_eq!(lines.next().transpose()?.as_deref(), Some("starting"));
    let mark = lines.next().transpose()?.ok_or("the other process got no server")?;
    Ok((child, mark))
}

fn nothing_left(kind: Kind, end: &'static str, signal: Option<Signal>, expected: Expected) -> Result<(), Failed> {
    let (mut child, mark) = start(kind, end, None)?;
    if let Some(signal) = signal {
        assert!(is_left(&mark)?, "the check does not see a server that runs: {mark}");
        kill_process(Pid::from_child(&child), signal)?;
    }
    expected.check(child.wait()?);
    // An exit that runs no code of ours leaves the work to the watchdog, which needs a moment; the others do not.
    let patience = if matches!(end, "exit" | "killed") { PATIENCE } else { Duration::ZERO };
    assert_gone(&mark, patience)
}

fn interrupted_while_starting(kind: Kind) -> Result<(), Failed> {
    for delay in [0, 30, 100, 300, 600] {
        let mut command = Role::Hold { kind, end: "wait", url: None }.command();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        lines.next().transpose()?;
        thread::sleep(Duration::from_millis(delay));
        let mark = match kind {
            Kind::Container => format!("seqcheck-{}-", child.id()),
            // Named only once it is ready, but every program of it is a child of that process.
            _ => lines_of_children(child.id())?,
        };
        kill_process(Pid::from_child(&child), Signal::INT)?;
        Expected::Code(130).check(child.wait()?);
        if !mark.is_empty() {
            assert_gone(&mark, PATIENCE)?;
        }
    }
    Ok(())
}

/// The server's directory as its processes name it, or nothing when none has started yet.
fn lines_of_children(parent: u32) -> Result<String, Failed> {
    let parent = parent.to_string();
    let output = Command::new("ps").args(["-eo", "ppid=,args="]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let of_parent = text.lines().filter(|line| line.split_whitespace().next() == Some(&parent));
    let words = of_parent.flat_map(str::split_whitespace).filter(|word| word.contains("/seqcheck-"));
    Ok(words.map(|word| word.trim_end_matches("/data").to_owned()).next().unwrap_or_default())
}

fn scratch_database_dropped(server: Server) -> Result<(), Failed> {
    let count = || -> Result<i64, Failed> {
        let sql = "SELECT count(*) FROM pg_database WHERE datname LIKE 'seqcheck%'";
        Ok(server.endpoint().connect()?.query_one(sql, &[])?.get(0))
    };
    let (mut child, _) = start(Kind::Url, "wait", Some(server.endpoint().to_string()))?;
    assert_eq!(count()?, 1);
    kill_process(Pid::from_child(&child), Signal::INT)?;
    Expected::Code(130).check(child.wait()?);
    assert_eq!(count()?, 0);
    Ok(())
}

fn interrupted_while_making_a_database(server: Server) -> Result<(), Failed> {
    let mut observer = server.endpoint().connect()?;
    let mut until = |sql: &str, wanted: i64| -> Result<(), Failed> {
        let deadline = Instant::now() + PATIENCE;
        while observer.query_one(sql, &[])?.get::<_, i64>(0) != wanted {
            assert!(Instant::now() < deadline, "{sql} does not become {wanted}");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    };
    let making =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE seqcheck%' AND state = 'active'";
    let existing = "SELECT count(*) FROM pg_database WHERE datname LIKE 'seqcheck%'";
    // Whoever makes a database waits for this.
    let mut blocker = server.endpoint().connect()?;
    blocker.batch_execute("BEGIN; LOCK TABLE pg_database IN SHARE MODE")?;
    let url = Some(server.endpoint().to_string());
    let mut child = Role::Hold { kind: Kind::Url, end: "wait", url }
        .command()
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    until(making, 1)?;
    kill_process(Pid::from_child(&child), Signal::INT)?;
    until(making, 0)?;
    blocker.batch_execute("ROLLBACK")?;
    child.wait()?;
    until(existing, 0)
}

pub(crate) fn assert_gone(mark: &str, patience: Duration) -> Result<(), Failed> {
    let deadline = Instant::now() + patience;
    while is_left(mark)? {
        if Instant::now() >= deadline {
            return Err(format!("{mark} is left").into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Whether a directory, a process or a container with this mark exists.
fn is_left(mark: &str) -> Result<bool, Failed> {
    if !mark.starts_with('/') {
        let output =
            Command::new("docker").args(["ps", "--all", "--quiet", "--filter"]).arg(format!("name={mark}")).output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return Ok(!output.stdout.is_empty());
    }
    if Path::new(mark).exists() {
        return Ok(true);
    }
    let processes = match fs::read_dir("/proc") {
        Ok(entries) => entries
            .flatten()
            .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
            .map(|line| String::from_utf8_lossy(&line).into_owned())
            .collect::<Vec<_>>()
            .join("\n"),
        Err(_) => String::from_utf8(Command::new("ps").args(["-eo", "args="]).output()?.stdout)?,
    };
    Ok(processes.contains(mark))
}
