//! Servers that hang, die or talk nonsense: always an infrastructure error, always in bounded time.

#[allow(dead_code, reason = "only the scripted engine is needed here")]
mod scripted;

use scripted::{Engine, query, replies, waits};
use seqcheck::implementation::postgres::{Postgres, Settings};
use seqcheck::lockstep::{Options, Run, run};
use seqcheck::server::{Encryption, Endpoint, Host};
use seqcheck::{Implementation, Infrastructure};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// How long the tests' servers are waited for.
const PATIENCE: Duration = Duration::from_millis(300);

/// How long a test may take at most: well above what the time limits add up to, since 64 MiB of text take a busy machine
/// seconds, and well below the half minute for which the tests' servers hang.
const BOUND: Duration = Duration::from_secs(20);

/// A whole message.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("test messages are short");
    [&[tag], length.to_be_bytes().as_slice(), body].concat()
}

fn let_in() -> Vec<u8> {
    [message(b'R', &[0; 4]), message(b'K', &[0, 0, 0, 1, 0, 0, 0, 1]), message(b'Z', b"I")].concat()
}

fn nothing() -> Vec<u8> {
    [message(b'C', b"SELECT 0\0"), message(b'Z', b"I")].concat()
}

fn one_column() -> Vec<u8> {
    let field = [b"a\0".as_slice(), &[0; 4], &[0; 2], &[0, 0, 0, 20], &[0, 8], &[255; 4], &[0, 0]].concat();
    message(b'T', &[&[0, 1], field.as_slice()].concat())
}

/// Reads one message of a client, and gives its tag; the first message has none.
fn read_message(socket: &mut TcpStream, first: bool) -> Option<u8> {
    let mut tag = [0];
    if !first {
        socket.read_exact(&mut tag).ok()?;
    }
    let mut length = [0; 4];
    socket.read_exact(&mut length).ok()?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    socket.read_exact(&mut body).ok()?;
    Some(tag[0])
}

/// What a server does wrong.
#[derive(Clone, Debug)]
struct Fault {
    /// Sent in answer to a session's start-up message.
    start: Vec<u8>,
    /// Sent in answer to each query of a session.
    answer: Vec<u8>,
    /// Whether the connection stays open after the faulty part.
    hangs: bool,
}

/// Serves one connection. The first connection of a client is its control session, and is treated well.
fn serve(mut socket: TcpStream, fault: Option<Fault>) -> Option<()> {
    read_message(&mut socket, true)?;
    let start = fault.as_ref().map_or_else(let_in, |fault| fault.start.clone());
    socket.write_all(&start).ok()?;
    let lets_in = start == let_in();
    while let Some(tag) = read_message(&mut socket, false) {
        match (tag, &fault) {
            (b'X', _) => return None,
            (b'Q', None) => socket.write_all(&nothing()).ok()?,
            (b'Q', Some(fault)) => {
                socket.write_all(&fault.answer).ok()?;
                if !fault.hangs {
                    return None;
                }
            }
            _ => {}
        }
        if !lets_in && fault.as_ref().is_some_and(|fault| !fault.hangs) {
            return None;
        }
    }
    Some(())
}

fn endpoint(port: u16) -> Endpoint {
    let host = Host::Tcp("127.0.0.1".into());
    Endpoint {
        host,
        port,
        user: "u".into(),
        password: Some("p".into()),
        database: "d".into(),
        options: None,
        encryption: Encryption::Never,
    }
}

/// Starts a server whose `good` first connections are treated well.
fn start(fault: Fault, good: usize) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("the socket is bound").port();
    thread::spawn(move || {
        for (number, socket) in listener.incoming().flatten().enumerate() {
            let fault = (number >= good).then(|| fault.clone());
            thread::spawn(move || serve(socket, fault));
        }
    });
    endpoint(port)
}

fn settings() -> Settings {
    Settings { patience: PATIENCE, ..Settings::default() }
}

/// Runs two steps in lockstep with a server that lets sessions in, and then answers like this.
fn judge(answer: Vec<u8>, hangs: bool) -> Run {
    let started = Instant::now();
    let fault = Fault { start: let_in(), answer, hangs };
    let mut postgres = Postgres::open(start(fault, 1), settings()).expect("the control session works");
    let options = Options { time_out: PATIENCE, ..Options::default() };
    let mut runs = [replies(1), waits()].map(|cue| {
        let mut engine = Engine::new([cue.clone(), cue]);
        run(&[query(0, "SELECT 1"), query(1, "SELECT 1")], &mut engine, &mut postgres, &options)
    });
    // The same server is worth a second look, and as bad as before.
    assert_eq!(runs[0].infrastructure.is_some(), runs[1].infrastructure.is_some());
    drop(postgres);
    assert!(started.elapsed() < BOUND, "it took {:?}", started.elapsed());
    std::mem::take(&mut runs[0])
}

/// Runs against such an answer; gives the error, which must end the run without any verdict.
fn fails(answer: Vec<u8>, hangs: bool) -> Infrastructure {
    let run = judge(answer, hangs);
    assert_eq!(run.divergence(), None);
    assert_eq!(run.steps.len(), 1);
    run.infrastructure.expect("the run cannot succeed")
}

#[test]
fn the_tests_server_is_good_enough_when_nothing_is_wrong() {
    assert_eq!(judge(nothing(), true).infrastructure, None);
}

#[test]
fn a_connection_that_closes_is_lost() {
    assert!(matches!(fails(Vec::new(), false), Infrastructure::Lost { .. }));
    assert!(matches!(fails(one_column(), false), Infrastructure::Lost { .. }));
}

#[test]
fn a_message_cut_short_is_a_lost_connection() {
    let column = one_column();
    for length in [1, 4, 5, column.len() - 1] {
        assert!(matches!(fails(column[..length].to_vec(), false), Infrastructure::Lost { .. }), "{length} bytes");
    }
}

#[test]
fn silence_is_a_time_out() {
    assert!(matches!(fails(Vec::new(), true), Infrastructure::TimedOut { .. }));
    assert!(matches!(fails(one_column(), true), Infrastructure::TimedOut { .. }));
    assert!(matches!(fails(one_column()[..7].to_vec(), true), Infrastructure::TimedOut { .. }));
}

#[test]
fn garbage_breaks_the_protocol() {
    let garbage: [Vec<u8>; 10] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"\0\0\0\0\0\0\0\0".to_vec(),
        b"C\xff\xff\xff\xff".to_vec(),
        b"D\x7f\xff\xff\xff".to_vec(),
        b"C\0\0\0\x03".to_vec(),
        message(b'C', b"no zero byte"),
        message(b'D', &[0, 1, 0, 0, 0, 1, b'x']),
        [one_column(), message(b'D', &[0, 2, 0, 0, 0, 1, b'x', 0, 0, 0, 1, b'y'])].concat(),
        [one_column(), message(b'D', &[0, 1, 0, 0, 0, 9, b'x'])].concat(),
        message(b'R', &[0; 4]),
    ];
    for answer in garbage {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        let error = fails(answer, true);
        assert!(matches!(error, Infrastructure::Protocol { .. }), "{shown:?}: {error}");
    }
}

#[test]
fn errors_without_what_every_error_has_break_the_protocol() {
    for body in
        [b"SERROR\0MMessage\0\0".as_slice(), b"SERROR\0C42\0MMessage\0\0", b"SERROR\0C42601\0\0", b"SERROR", b""]
    {
        let answer = [message(b'E', body), message(b'Z', b"I")].concat();
        let error = fails(answer, true);
        assert!(matches!(error, Infrastructure::Protocol { .. }), "{error}");
    }
}

#[test]
fn a_shutdown_is_told_in_the_servers_words() {
    let body = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
    let error = fails(message(b'E', body), false);
    assert!(matches!(error, Infrastructure::Server { .. }));
    assert!(error.to_string().contains("57P01: terminating connection"), "{error}");
}

#[test]
fn a_full_disk_is_no_reply() {
    let body = b"SERROR\0VERROR\0C53100\0Mcould not extend file\0\0";
    let error = fails([message(b'E', body), message(b'Z', b"I")].concat(), true);
    assert!(matches!(error, Infrastructure::Server { .. }), "{error}");
}

/// Tries to open a server that answers the start-up message like this.
fn open(start_with: Vec<u8>, hangs: bool) -> Infrastructure {
    let started = Instant::now();
    let fault = Fault { start: start_with, answer: Vec::new(), hangs };
    let error = Postgres::open(start(fault, 0), settings()).err().expect("nobody can be let in like this");
    assert!(started.elapsed() < BOUND, "it took {:?}", started.elapsed());
    error
}

#[test]
fn a_bad_start_is_infrastructure() {
    assert!(matches!(open(Vec::new(), true), Infrastructure::TimedOut { .. }));
    assert!(matches!(open(b"N".to_vec(), true), Infrastructure::TimedOut { .. }));
    assert!(matches!(open(b"HTTP/1.1 400\r\n".to_vec(), true), Infrastructure::Protocol { .. }));
    // Authentication methods that are not known, not spoken, or out of turn.
    for method in [[0, 0, 0, 99], [0, 0, 0, 7], [0, 0, 0, 11], [0, 0, 0, 12]] {
        let error = open(message(b'R', &method), true);
        assert!(matches!(error, Infrastructure::Connect { .. } | Infrastructure::Protocol { .. }), "{error}");
    }
    let other = [[0, 0, 0, 10].as_slice(), b"SOME-OTHER\0\0"].concat();
    assert!(open(message(b'R', &other), true).to_string().contains("SOME-OTHER"));
    let starting = message(b'E', b"SFATAL\0C57P03\0Mthe database system is starting up\0\0");
    assert!(open(starting, false).to_string().contains("57P03"));
}

#[test]
fn nobody_listening_is_infrastructure() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port is free").port();
    assert!(matches!(Postgres::open(endpoint(port), settings()), Err(Infrastructure::Connect { .. })));
    let folder = Host::Unix("/nonexistent".into());
    let error = Postgres::open(Endpoint { host: folder, ..endpoint(port) }, settings()).err();
    assert!(error.is_some_and(|error| error.to_string().contains("host=/nonexistent")));
}

#[test]
fn a_server_that_does_not_read_ends_in_a_time_out() {
    /// Lets in, and then neither reads nor closes.
    fn ignore(mut socket: TcpStream) -> Option<()> {
        read_message(&mut socket, true)?;
        socket.write_all(&let_in()).ok()?;
        thread::sleep(Duration::from_secs(30));
        None
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("the socket is bound").port();
    thread::spawn(move || {
        for (number, socket) in listener.incoming().flatten().enumerate() {
            thread::spawn(move || match number {
                0 => serve(socket, None),
                _ => ignore(socket),
            });
        }
    });
    let started = Instant::now();
    let mut postgres = Postgres::open(endpoint(port), settings()).expect("the control session works");
    let options = Options { time_out: PATIENCE, ..Options::default() };
    let long = format!("SELECT '{}'", "x".repeat(64 << 20));
    let run = run(&[query(0, &long)], &mut Engine::new([replies(1)]), &mut postgres, &options);
    assert!(matches!(run.infrastructure, Some(Infrastructure::TimedOut { .. })), "{:?}", run.infrastructure);
    // Nor does it listen to the goodbye.
    let _ = postgres.connect(1, None);
    assert!(postgres.disconnect(1).is_err());
    drop(postgres);
    assert!(started.elapsed() < BOUND, "it took {:?}", started.elapsed());
}
