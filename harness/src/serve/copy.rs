//! The lines of a COPY FROM STDIN (manual, "Message Flow", COPY Operations).

use pgwire::messages::copy::CopyInResponse;
use pgwire::messages::{PgWireBackendMessage, PgWireFrontendMessage};
use seqcheck_engine::Message;
use seqcheck_engine::statement::Copy;

use super::connection::{Connection, Ended, violation};
use super::outcome::{error, sqlstate};

impl Connection {
    /// Asks the client for the lines and takes them up to their end, or up to the client's failure.
    pub(super) async fn copy_data(&mut self, copy: &Copy) -> Result<Result<Vec<String>, Message>, Ended> {
        // Text format, and as many columns as the statement names; drivers do not look at their number.
        let columns = copy.columns.len();
        let answer = CopyInResponse::new(0, columns as i16, vec![0; columns]);
        self.write(PgWireBackendMessage::CopyInResponse(answer));
        let mut data = Vec::new();
        loop {
            match self.next().await? {
                PgWireFrontendMessage::CopyData(piece) => data.extend_from_slice(&piece.data),
                PgWireFrontendMessage::CopyDone(_) => break,
                PgWireFrontendMessage::CopyFail(reason) => {
                    let text = format!("COPY from stdin failed: {}", reason.message);
                    return Ok(Err(error(sqlstate::QUERY_CANCELED, text)));
                }
                // Drivers send these in advance.
                PgWireFrontendMessage::Flush(_) | PgWireFrontendMessage::Sync(_) => {}
                PgWireFrontendMessage::Terminate(_) => return Err(Ended::Closed),
                _ => return Err(violation("unexpected message type during COPY from stdin")),
            }
        }
        let Ok(text) = String::from_utf8(data) else {
            let text = "invalid byte sequence for encoding \"UTF8\"";
            return Ok(Err(error(sqlstate::CHARACTER_NOT_IN_REPERTOIRE, text)));
        };
        Ok(Ok(lines(&text)))
    }
}

/// The lines without their ends; a line of `\.` ends them.
fn lines(text: &str) -> Vec<String> {
    text.split_terminator('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .take_while(|line| *line != "\\.")
        .map(str::to_owned)
        .collect()
}
