//! A socket whose every operation ends in bounded time.

use crate::server::{Endpoint, Host};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A TCP or Unix-domain connection.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Runs the same method on either kind of socket.
macro_rules! on_either {
    ($stream:expr, $socket:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($socket) => $call,
            Stream::Unix($socket) => $call,
        }
    };
}

impl Stream {
    /// Connects within `patience` for each address that the host name has.
    pub(super) fn connect(endpoint: &Endpoint, patience: Duration) -> io::Result<Stream> {
        match &endpoint.host {
            Host::Unix(folder) => {
                UnixStream::connect(folder.join(format!(".s.PGSQL.{}", endpoint.port))).map(Stream::Unix)
            }
            Host::Tcp(host) => {
                let mut last = io::Error::new(ErrorKind::NotFound, "the host name has no address");
                for address in (host.as_str(), endpoint.port).to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, patience) {
                        Ok(socket) => {
                            // Small requests would otherwise wait for the acknowledgement of earlier ones.
                            socket.set_nodelay(true)?;
                            return Ok(Stream::Tcp(socket));
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
