//! Encrypted connections (manual, "SSL Session Encryption" in "Message Flow").

use super::stream::Socket;
use crate::server::Tls;
use bytes::{Buf, BytesMut};
use postgres_protocol::message::frontend;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Instant;

/// How much is read from the socket at once, in bytes: more than the longest record.
const READ_SIZE: usize = 20 << 10;

/// An encrypted connection that works within deadlines.
#[derive(Debug)]
pub(super) struct Session {
    socket: Socket,
    connection: ClientConnection,
    /// What has come and is not decrypted yet.
    input: BytesMut,
}

impl Session {
    /// Asks the server for encryption and agrees on it.
    pub(super) fn begin(mut socket: Socket, host: &str, tls: &Tls, deadline: Instant) -> io::Result<Session> {
        let mut request = BytesMut::new();
        frontend::ssl_request(&mut request);
        socket.write_all(&request, deadline)?;
        let mut answer = [0];
        match socket.read(&mut answer, deadline)? {
            Some(1) if answer == *b"S" => {}
            Some(1) if answer == *b"N" => return Err(io::Error::other("the server does not support TLS")),
            Some(0) => return Err(io::Error::other("the server closed the connection when it was asked for TLS")),
            Some(_) => return Err(io::Error::other("the server answered something else when it was asked for TLS")),
            None => return Err(ErrorKind::TimedOut.into()),
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(tls.client(), name).map_err(io::Error::other)?;
        let mut session = Session { socket, connection, input: BytesMut::new() };
        loop {
            session.flush(deadline)?;
            if !session.connection.is_handshaking() {
                return Ok(session);
            }
            match session.take(deadline)? {
                Some(true) => {}
                Some(false) => return Err(ErrorKind::UnexpectedEof.into()),
                None => return Err(ErrorKind::TimedOut.into()),
            }
        }
    }

    /// As [`Socket::read`].
    pub(super) fn read(&mut self, buffer: &mut [u8], deadline: Instant) -> io::Result<Option<usize>> {
        loop {
            match self.connection.reader().read(buffer) {
                Ok(length) => return Ok(Some(length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The server went without a word, as plain connections end.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(Some(0)),
                Err(error) => return Err(error),
            }
            match self.take(deadline)? {
                Some(true) => self.flush(deadline)?,
                Some(false) => return Ok(Some(0)),
                None => return Ok(None),
            }
        }
    }

    /// As [`Socket::write_all`].
    pub(super) fn write_all(&mut self, mut bytes: &[u8], deadline: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            let taken = self.connection.writer().write(bytes)?;
            bytes = &bytes[taken..];
            self.flush(deadline)?;
        }
        Ok(())
    }

    /// Decrypts what has come next; `None` when nothing came before `deadline`, `false` at the end. To be called only when
    /// everything decrypted is read.
    fn take(&mut self, deadline: Instant) -> io::Result<Option<bool>> {
        if self.input.is_empty() {
            let mut chunk = [0; READ_SIZE];
            match self.socket.read(&mut chunk, deadline)? {
                None => return Ok(None),
                Some(0) => return Ok(Some(false)),
                Some(length) => self.input.extend_from_slice(&chunk[..length]),
            }
        }
        self.connection.read_tls(&mut (&mut self.input).reader())?;
        if let Err(error) = self.connection.process_new_packets() {
            // The server is told why.
            let _ = self.flush(deadline);
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
        Ok(Some(true))
    }

    fn flush(&mut self, deadline: Instant) -> io::Result<()> {
        let mut output = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut output)?;
        }
        self.socket.write_all(&output, deadline)
    }
}
