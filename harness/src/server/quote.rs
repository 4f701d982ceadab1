//! Paths in PostgreSQL's configuration.

use std::path::Path;

use crate::sql::quoted_identifier;

/// A directory as an element of a list in the configuration, where a comma would begin the next one.
pub(super) fn in_list(directory: &Path) -> String {
    quoted_identifier(&directory.display().to_string())
}

/// A value as the configuration file has it (manual, "Parameter Names and Values"), where a backslash escapes.
pub(super) fn in_configuration(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

/// A value as a connection string has it (manual, "Keyword/Value Connection Strings").
pub(super) fn in_connection_string(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Whether a directory can be named wherever a server is told of its socket: a connection string takes a comma for the
/// beginning of another host, however it is quoted, and the configuration has a line for each setting.
pub(super) fn is_fit_for_lists(directory: &Path) -> bool {
    directory.to_str().is_some_and(|text| !text.contains(|letter: char| letter == ',' || letter.is_control()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_takes_off_its_own_quotes() {
        let directory = Path::new("/tmp/a'b\\c\"d");
        assert_eq!(in_list(directory), "\"/tmp/a'b\\c\"\"d\"");
        assert_eq!(in_configuration(&in_list(directory)), "'\"/tmp/a''b\\\\c\"\"d\"'");
        assert_eq!(in_connection_string("/tmp/a'b\\c"), "'/tmp/a\\'b\\\\c'");
        assert!(is_fit_for_lists(directory) && !is_fit_for_lists(Path::new("/tmp/a,b")));
    }
}
