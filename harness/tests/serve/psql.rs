//! psql prints the same on both.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use postgres::{Client, NoTls};
use seqcheck::corpus::{self, Entry};
use seqcheck::lockstep::{self, Run};
use seqcheck::prepare::Prepared;
use seqcheck::server::{Endpoint, Host, Kind, Server, create_database};
use seqcheck::trace::{Action, Step};
use seqcheck_engine::{Cluster, Major};

use crate::served::Served;
use crate::support;

/// How long psql may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::ignorable_test("psql::prints_what_it_prints_against_postgresql", || {
        let Some(program) = find() else {
            return match support::required(Kind::Local) {
                true => Err(Failed::from("SEQCHECK_REQUIRE asks for local servers, but there is no psql")),
                false => Ok(support::skip(Kind::Local, "no psql in PATH or below /usr/lib/postgresql")),
            };
        };
        support::on_server(Kind::Local, |server| documented(&program, &server))
    })]
}

fn find() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let installed =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|one| one.path().join("bin"));
    on_path
        .unwrap_or_default()
        .into_iter()
        .chain(installed)
        .map(|folder| folder.join("psql"))
        .find(|file| file.is_file())
}

/// Runs every documented example on both.
fn documented(program: &PathBuf, server: &Server) -> Result<(), Failed> {
    let major = server.major();
    let mut compared = 0;
    for entry in corpus::embedded()?.iter().filter(|entry| entry.name.starts_with("documented/postgresql/")) {
        if !entry.trace.applies_to(major) {
            continue;
        }
        let served = Served::start(major);
        let of_model = print(program, &served.endpoint(), entry, major);
        let database = create_database(server)?;
        let of_server = print(program, database.endpoint(), entry, major);
        assert_eq!(of_model, without_positions(&of_server), "{}", entry.name);
        compared += 1;
    }
    assert!(compared > 40, "only {compared} examples were compared");
    Ok(())
}

/// What psql says of the places of errors; the model does not know them.
fn without_positions(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (_, said) = line.split_once("> ").unwrap_or(("", line));
        if said.starts_with("LINE ") && said[5..].starts_with(|first: char| first.is_ascii_digit()) {
            lines.next();
        } else if !said.starts_with("CONTEXT:  ") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// What the example's sessions print, one psql for each.
fn print(program: &PathBuf, endpoint: &Endpoint, entry: &Entry, major: u8) -> String {
    let steps: Vec<&Step> = entry.trace.steps.iter().filter(|step| step.applies_to(major)).collect();
    let waits = waiting_steps(&steps, major);
    let mut control = endpoint.config().connect(NoTls).expect("there is room for one more session");
    let mut sessions: BTreeMap<&str, Session> = BTreeMap::new();
    let mut text = String::new();
    for (index, step) in steps.iter().enumerate() {
        let name = step.session.as_str();
        match &step.action {
            Action::Connect { role } => {
                sessions.remove(name);
                let endpoint = Endpoint { user: role.clone().unwrap_or(endpoint.user.clone()), ..endpoint.clone() };
                sessions.insert(name, Session::open(program, &endpoint));
            }
            Action::Disconnect => drop(sessions.remove(name)),
            Action::Checkpoint => control.batch_execute("CHECKPOINT").expect("it takes checkpoints"),
            Action::Cancel | Action::Crash | Action::Restart | Action::Standby | Action::Promote => {
                panic!("{}: nothing here does this", entry.name)
            }
            Action::Query { sql, copy_data } => {
                let session = sessions.entry(name).or_insert_with(|| Session::open(program, endpoint));
                session.send(sql, copy_data);
                match waits[index] {
                    true => session.await_wait(&mut control),
                    false => session.print_to(&mut text, name),
                }
            }
        }
        for (name, session) in &mut sessions {
            if session.owes > 0 && !waits[index] {
                session.print_to(&mut text, name);
            }
        }
    }
    text
}

/// Which steps wait, as the model says; that they do is then seen on both.
fn waiting_steps(steps: &[&Step], major: u8) -> Vec<bool> {
    let prepared = Prepared::from_trace(steps.iter().copied());
    let settings = seqcheck::sql::settings(Major::new(major).unwrap());
    let run: Run = lockstep::predict(&prepared.steps, &mut Cluster::new(settings));
    run.steps.iter().map(|record| record.model.as_ref().is_some_and(|observed| observed.waits)).collect()
}

/// A psql that reads from a pipe.
struct Session {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    /// The number of the server process behind it.
    backend: i32,
    /// How many statements it has been sent whose output has not come.
    owes: usize,
}

/// The line that follows a statement's output.
const END: &str = "-- that was it --";

impl Session {
    fn open(program: &PathBuf, endpoint: &Endpoint) -> Session {
        let host = match &endpoint.host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        };
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 2>&1", "sh"])
            .arg(program)
            .args(["-X", "-h", &host, "-p", &endpoint.port.to_string(), "-U", &endpoint.user, &endpoint.database])
            .env("PGCLIENTENCODING", "UTF8")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql can be started");
        let output = process.stdout.take().unwrap();
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let input = process.stdin.take();
        let mut session = Session { process, input, lines, backend: 0, owes: 0 };
        session.write("SELECT pg_backend_pid() AS backend \\gset\n\\echo :backend\n");
        session.backend = session.line().parse().expect("psql shows a process number");
        session
    }

    fn write(&mut self, text: &str) {
        self.input.as_mut().unwrap().write_all(text.as_bytes()).expect("psql reads");
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("psql goes on")
    }

    fn send(&mut self, sql: &str, copy_data: &[String]) {
        let is_copy = sql.to_ascii_lowercase().contains("from stdin");
        let data: String = copy_data.iter().map(|line| format!("{line}\n")).collect();
        let data = if is_copy { data + "\\.\n" } else { data };
        self.write(&format!("{sql};\n{data}\\echo {END}\n"));
        self.owes += 1;
    }

    /// Adds what the statement printed.
    fn print_to(&mut self, text: &mut String, name: &str) {
        loop {
            let line = self.line();
            if line == END {
                break;
            }
            text.push_str(&format!("{name}> {line}\n"));
        }
        self.owes -= 1;
    }

    /// Returns when the server says that the session waits for another one.
    fn await_wait(&self, control: &mut Client) {
        let waits = || -> String {
            let rows = control.simple_query(&format!("SELECT pg_blocking_pids({})", self.backend)).unwrap();
            rows.iter()
                .find_map(|message| match message {
                    postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                    _ => None,
                })
                .unwrap()
        };
        let mut waits = waits;
        let begun = std::time::Instant::now();
        while waits() == "{}" {
            assert!(begun.elapsed() < PATIENCE, "the session does not wait");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Session {
    /// Ends psql, and with it the server's session.
    fn drop(&mut self) {
        self.input = None;
        let _ = self.process.wait();
    }
}
