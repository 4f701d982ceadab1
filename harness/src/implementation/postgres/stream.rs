//! A connection whose every operation ends in bounded time, encrypted or not.

use super::tls::Session;
use crate::server::{Encryption, Endpoint, Host};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A connection, over which bytes go and come as they are or encrypted.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Socket),
    Encrypted(Box<Session>),
}

impl Stream {
    /// Connects within `patience` for each address that the host name has, and as much again for encryption.
    pub(super) fn connect(endpoint: &Endpoint, patience: Duration) -> io::Result<Stream> {
        let socket = Socket::connect(endpoint, patience)?;
        match (&endpoint.host, &endpoint.encryption) {
            (Host::Tcp(host), Encryption::Always(tls)) => {
                let session = Session::begin(socket, host, tls, Instant::now() + patience)?;
                Ok(Stream::Encrypted(Box::new(session)))
            }
            _ => Ok(Stream::Plain(socket)),
        }
    }

    /// Reads what there is, up to the buffer's length; `None` when nothing came before `deadline`, 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<Option<usize>> {
        match self {
            Stream::Plain(socket) => socket.read(buffer, deadline),
            Stream::Encrypted(session) => session.read(buffer, deadline),
        }
    }

    /// Writes everything, or fails with [`ErrorKind::TimedOut`] at `deadline`.
    pub(super) fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.write_all(bytes, deadline),
            Stream::Encrypted(session) => session.write_all(bytes, deadline),
        }
    }
}

/// A TCP or Unix-domain connection.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Runs the same method on either kind of socket.
macro_rules! on_either {
    ($stream:expr, $socket:ident => $call:expr) => {
        match $stream {
            Socket::Tcp($socket) => $call,
            Socket::Unix($socket) => $call,
        }
    };
}

impl Socket {
    fn connect(endpoint: &Endpoint, patience: Duration) -> io::Result<Socket> {
        match &endpoint.host {
            Host::Unix(folder) => {
                UnixStream::connect(folder.join(format!(".s.PGSQL.{}", endpoint.port))).map(Socket::Unix)
            }
            Host::Tcp(host) => {
                let mut last = io::Error::new(ErrorKind::NotFound, "the host name has no address");
                for address in (host.as_str(), endpoint.port).to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, patience) {
                        Ok(socket) => {
                            // Small requests would otherwise wait for the acknowledgement of earlier ones.
                            socket.set_nodelay(true)?;
                            return Ok(Socket::Tcp(socket));
                        }
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }

    /// Reads what there is, up to the buffer's length; `None` when nothing came before `deadline`, 0 at the end.
    pub(super) fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<Option<usize>> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let result = if left.is_zero() {
                on_either!(self, socket => {
                    socket.set_nonblocking(true)?;
                    let result = socket.read(buffer);
                    socket.set_nonblocking(false)?;
                    result
                })
            } else {
                on_either!(self, socket => {
                    socket.set_read_timeout(Some(left))?;
                    socket.read(buffer)
                })
            };
            match result {
                Ok(length) => return Ok(Some(length)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_time_out(&error) && left.is_zero() => return Ok(None),
                Err(error) if is_time_out(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes everything, or fails with [`ErrorKind::TimedOut`] at `deadline`.
    pub(super) fn write_all(&mut self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            let result = on_either!(self, socket => {
                socket.set_write_timeout(Some(left))?;
                socket.write(bytes)
            });
            match result {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => bytes = &bytes[length..],
                Err(error) if error.kind() == ErrorKind::Interrupted || is_time_out(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether the operating system's time-out passed; systems differ in how they say so.
fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
