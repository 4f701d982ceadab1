//! The readers of text: any bytes.

use seqcheck_engine::render::render;

use crate::prepare::give_copy_data;
use crate::sql;
use crate::trace::Trace;
use seqcheck_engine::Statement;

/// Reading bytes as a trace file never panics, and what is read is written and read back as an equal trace.
///
/// # Panics
///
/// When that does not hold.
pub fn trace_file(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(trace) = Trace::parse(text) else { return };
    let written = trace.to_string();
    let again = Trace::parse(&written).unwrap_or_else(|error| panic!("{error}\nin what was written:\n{written}"));
    assert_eq!(without_lines(trace), without_lines(again), "written as:\n{written}");
}

/// Writing a trace may move its steps to other lines.
fn without_lines(mut trace: Trace) -> Trace {
    for step in &mut trace.steps {
        step.line = 0;
    }
    trace
}

/// Parsing bytes as SQL never panics, errors lie within the text, and statements are rendered and parsed again to equal
/// ones. Splitting them as a psql script never panics either.
///
/// # Panics
///
/// When that does not hold.
pub fn sql_parser(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    sql::script::split(text);
    match sql::parse(text) {
        Ok(statements) => statements.iter().for_each(render_and_parse),
        Err(error) => assert!(error.offset() <= text.len(), "{error} at {} of {}", error.offset(), text.len()),
    }
}

/// The law of the syntax tree: a statement's text parses to the statement.
pub(super) fn render_and_parse(statement: &Statement) {
    let text = render(statement);
    let mut again = sql::parse(&text).unwrap_or_else(|error| panic!("{error}\nin what was rendered: {text}"));
    if let Statement::Copy(copy) = statement {
        give_copy_data(&mut again, &copy.data);
    }
    assert_eq!(again, std::slice::from_ref(statement), "rendered as: {text}");
}
