//! The command `seqcheck serve`, and the harness on its own model.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use libtest_mimic::{Failed, Trial};
use postgres::{Client, NoTls};

use crate::served::Served;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("command::ends_with_a_signal", ends_with_a_signal),
        Trial::test("command::listens_at_a_host_name", listens_at_a_host_name),
        Trial::test("command::refuses_an_address_that_is_taken", refuses_an_address_that_is_taken),
        Trial::test("check::finds_no_divergence_of_the_model_from_itself", finds_no_divergence),
    ]
}

fn seqcheck(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seqcheck"));
    command.args(arguments).env_remove("SEQCHECK_URL").stdin(Stdio::null());
    command
}

/// The command, and the address that it prints.
fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = seqcheck(arguments).stdout(Stdio::piped()).spawn().expect("the command can be run");
    let mut first = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim().rsplit(' ').next().unwrap_or_default().to_owned();
    (child, address)
}

fn ends_with_a_signal() -> Result<(), Failed> {
    let (mut child, address) = start(&["serve", "--listen", "127.0.0.1:0", "--postgres", "14"]);
    let mut client = Client::connect(&format!("postgres://postgres@{address}/postgres"), NoTls)?;
    let version: String = client.query_one("SHOW server_version", &[])?.get(0);
    assert!(version.starts_with("14."), "{version}");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT)?;
    assert_eq!(child.wait()?.code(), Some(130));
    let error = client.batch_execute("SELECT 1").expect_err("the session is over");
    let told = error.as_db_error().map(|error| error.code().code().to_owned());
    assert!(told.is_none_or(|code| code == "57P01"), "{error}");
    Ok(())
}

fn listens_at_a_host_name() -> Result<(), Failed> {
    let (mut child, address) = start(&["serve", "--listen", "localhost:0"]);
    let client = Client::connect(&format!("postgres://postgres@{address}/postgres"), NoTls);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)?;
    child.wait()?;
    client?;
    for wrong in ["no-such-host.invalid:0", "5433"] {
        let output = seqcheck(&["serve", "--listen", wrong]).output()?;
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("such as 127.0.0.1:5433 or localhost:5433"), "{said}");
    }
    Ok(())
}

fn refuses_an_address_that_is_taken() -> Result<(), Failed> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let output = seqcheck(&["serve", "--listen", &address]).output()?;
    assert_eq!(output.status.code(), Some(3));
    let mut said = String::new();
    output.stderr.as_slice().read_to_string(&mut said)?;
    assert!(said.contains("--listen") && said.contains(&address), "{said}");
    Ok(())
}

/// The harness judges its own model over the wire: every statement's way there and back, in the whole corpus and in
/// generated traces.
fn finds_no_divergence() -> Result<(), Failed> {
    for major in [13, 15, 18] {
        let served = Served::start(major);
        let folder = tempfile::tempdir()?;
        let arguments = ["--traces", "200", "--lanes", "2", "--json", "-"];
        let output = seqcheck(&[&["check", "--url", &served.url()], &arguments[..]].concat())
            .current_dir(folder.path())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{text}\n{said}");
        let json: serde_json::Value = serde_json::from_str(&text)?;
        assert_eq!(json["conforms"], true, "{text}");
        let count = |what: &str| json["servers"][0][what].as_u64();
        assert!(count("corpus_traces").is_some_and(|count| count > 300), "{text}");
        assert_eq!(count("generated_traces"), Some(200), "{text}");
    }
    Ok(())
}
