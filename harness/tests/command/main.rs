//! The command as strangers use it: exit codes, messages, files, and what it says of itself.

mod campaigns;
mod checks;
mod failing_servers;
mod hammers;
mod help;
mod input;
mod no_server;
mod replays;
mod shrinks;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use libtest_mimic::{Arguments, Failed, Trial, run};
use seqcheck::server::{Kind, Server};

/// The command in a folder of its own, as in a shell without a terminal.
fn seqcheck(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seqcheck"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    // What the surroundings set must not decide what is tested.
    command
        .env_remove("SEQCHECK_URL")
        .env_remove("SEQCHECK_POSTGRES_IMAGE")
        .env_remove("CI")
        .env_remove("RUST_BACKTRACE")
        .env("COLUMNS", "100");
    command
}

/// What a run gave.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Said {
    /// Holds the run to an exit code and to words on standard error.
    #[track_caller]
    fn fails(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(self.err.contains("error: "), "no error in: {}", self.err);
        for word in words {
            assert!(self.err.contains(word), "no \"{word}\" in: {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }

    /// Holds the run to an exit code without an error message.
    #[track_caller]
    fn ends(&self, code: i32) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("error: ") && !self.err.contains("panicked"), "{}", self.err);
    }
}

fn say(folder: &Path, arguments: &[&str]) -> Said {
    seqcheck(folder, arguments).output().expect("the command can be run").into()
}

/// A test in a folder of its own.
type Test = fn(&Path);
/// A test with a server, in a folder of its own.
type ServerTest = fn(Server, &Path);

fn in_folder(test: impl FnOnce(&Path)) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    test(folder.path());
    Ok(())
}

/// Trials of tests that need no server.
fn plain_trials(group: &str, tests: &[(&str, Test)]) -> Vec<Trial> {
    let trial = |&(name, test): &(&str, Test)| Trial::test(format!("{group}::{name}"), move || in_folder(test));
    tests.iter().map(trial).collect()
}

/// Trials of tests that have the command start a server with programs of this machine.
fn local_trials(group: &str, tests: &[(&str, Test)]) -> Vec<Trial> {
    let trial = |&(name, test): &(&str, Test)| {
        Trial::ignorable_test(format!("{group}::{name}"), move || {
            support::where_available(Kind::Local, || in_folder(test))
        })
    };
    tests.iter().map(trial).collect()
}

/// Trials of tests that have a server of this machine running while they run the command.
fn server_trials(group: &str, tests: &[(&str, ServerTest)]) -> Vec<Trial> {
    let trial = |&(name, test): &(&str, ServerTest)| {
        Trial::ignorable_test(format!("{group}::{name}"), move || {
            support::on_server(Kind::Local, |server| in_folder(|folder| test(server, folder)))
        })
    };
    tests.iter().map(trial).collect()
}

/// Where a server is, for the command, as somebody else.
fn address(server: &Server, user: &str) -> String {
    server.endpoint().to_string().replace("user=postgres", &format!("user={user}"))
}

fn main() {
    let mut trials: Vec<Trial> = help::trials();
    trials.extend(input::trials());
    trials.extend(no_server::trials());
    trials.extend(checks::trials());
    trials.extend(failing_servers::trials());
    trials.extend(replays::trials());
    trials.extend(hammers::trials());
    trials.extend(campaigns::trials());
    trials.extend(shrinks::trials());
    let conclusion = run(&Arguments::from_args(), trials);
    support::report_skipped();
    conclusion.exit();
}
