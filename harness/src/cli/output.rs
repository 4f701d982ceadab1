//! Standard output, which a reader may close and a disk may refuse.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::AutoStream;

use super::failure::Failure;
use super::files::is_standard_output;

/// The width of reports where there is no terminal to ask, in characters.
const WIDTH: usize = 110;

/// Whether people read standard output: not when the command is quiet, nor when programs find its JSON there.
pub(super) fn is_for_people(quiet: bool, json: Option<&Path>) -> bool {
    !quiet && !json.is_some_and(is_standard_output)
}

/// Standard output, or nothing when the command is quiet. Colours appear on a terminal only, and not with `NO_COLOR`.
///
/// Writing never fails: a run goes on, for its exit code and its files, when nobody reads what it prints. What went
/// wrong is said by [`Output::finish`].
pub(super) struct Output {
    stream: Option<AutoStream<io::Stdout>>,
    error: Option<io::Error>,
}

impl Output {
    /// Standard output, or nothing unless `shown`.
    pub(super) fn new(shown: bool) -> Output {
        Output { stream: shown.then(|| AutoStream::auto(io::stdout())), error: None }
    }

    /// How many characters fit in a line.
    pub(super) fn width() -> usize {
        match terminal_size::terminal_size() {
            Some((terminal_size::Width(width), _)) if io::stdout().is_terminal() => usize::from(width).max(40),
            _ => WIDTH,
        }
    }

    /// Whether all was written. That the reader went away is no error.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let _ = self.flush();
        match self.error {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::infrastructure(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    fn note(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
            self.stream = None;
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(stream) = &mut self.stream {
            let result = stream.write_all(bytes);
            self.note(result);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(stream) = &mut self.stream {
            let result = stream.flush();
            self.note(result);
        }
        Ok(())
    }
}
